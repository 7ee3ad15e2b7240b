//! `reply_markup`: keyboards under a message and in place of the letters.
use serde_json::Value;

use super::send::Refusal;
use crate::thread::{Key, Keyboard, Place, Tap};

/// `callback_data` has 1 to 64 bytes.
const MAX_CALLBACK_BYTES: usize = 64;
/// Telegram shows no more keys than this under one message, and over all in a keyboard.
const MAX_UNDER: usize = 100;
const MAX_KEYS: usize = 300;

/// The keyboard that a message brings; `None` when it brings none and leaves the former one.
pub(super) fn keyboard(markup: Option<Value>) -> Result<Option<Keyboard>, Refusal> {
    let Some(markup) = markup.filter(|markup| !markup.is_null()) else { return Ok(None) };
    if !markup.is_object() {
        return Err(Refusal::bad("object expected as reply markup"));
    }
    if let Some(rows) = markup.get("inline_keyboard") {
        let rows = rows_of(rows, under)?;
        if rows.iter().map(Vec::len).sum::<usize>() > MAX_UNDER {
            return Err(Refusal::bad("reply markup is too long"));
        }
        return Ok(Some(Keyboard { place: Place::Under, one_time: false, rows }));
    }
    let says = |name: &str| markup.get(name).and_then(Value::as_bool).unwrap_or(false);
    if says("remove_keyboard") {
        return Ok(Some(Keyboard { place: Place::Bottom, one_time: false, rows: Vec::new() }));
    }
    let Some(rows) = markup.get("keyboard") else { return Ok(None) };
    let rows = rows_of(rows, at_bottom)?;
    match rows.iter().map(Vec::len).sum::<usize>() {
        0 => Err(Refusal::bad("reply markup is empty")),
        count if count > MAX_KEYS => Err(Refusal::bad("reply markup is too long")),
        _ => Ok(Some(Keyboard { place: Place::Bottom, one_time: says("one_time_keyboard"), rows })),
    }
}

fn rows_of(rows: &Value, key: fn(&Value) -> Result<Key, Refusal>) -> Result<Vec<Vec<Key>>, Refusal> {
    let list = |value: &Value| {
        let list = value.as_array().cloned();
        list.ok_or_else(|| Refusal::bad("can't parse reply keyboard markup JSON object"))
    };
    list(rows)?.iter().map(|row| list(row)?.iter().map(key).collect()).collect()
}

fn title(button: &Value) -> Result<String, Refusal> {
    // A bare text is a key too.
    let text = button.as_str().or_else(|| button.get("text").and_then(Value::as_str)).unwrap_or("");
    match text.trim() {
        "" => Err(Refusal::bad("can't parse keyboard button: Field \"text\" must be of type String")),
        text => Ok(text.to_owned()),
    }
}

fn key(id: &str, title: &str, tap: Tap) -> Key {
    Key { id: id.to_owned(), title: title.to_owned(), tap, sixths: 0, color: None }
}

fn under(button: &Value) -> Result<Key, Refusal> {
    let title = title(button)?;
    let text = |name: &str| button.get(name).and_then(Value::as_str);
    let page = text("url").or_else(|| button.pointer("/web_app/url").and_then(Value::as_str));
    match (text("callback_data"), page) {
        (Some(data), None) if data.is_empty() || data.len() > MAX_CALLBACK_BYTES => {
            Err(Refusal::bad("BUTTON_DATA_INVALID"))
        }
        (Some(data), None) => Ok(key(data, &title, Tap::CallBack)),
        (None, Some(url)) if url.starts_with("http://") || url.starts_with("https://") => {
            Ok(key(url, &title, Tap::Open))
        }
        (None, Some(_)) => Err(Refusal::bad("BUTTON_URL_INVALID")),
        _ => Err(Refusal::bad("Text buttons are unallowed in the inline keyboard")),
    }
}

fn at_bottom(button: &Value) -> Result<Key, Refusal> {
    let title = title(button)?;
    let asks = |name: &str| button.get(name).and_then(Value::as_bool).unwrap_or(false);
    let page = button.pointer("/web_app/url").and_then(Value::as_str);
    Ok(match page {
        Some(url) if !url.starts_with("https://") => return Err(Refusal::bad("BUTTON_URL_INVALID")),
        Some(url) => key(url, &title, Tap::Open),
        None if asks("request_location") => key(&title, &title, Tap::ShareLocation),
        None if asks("request_contact") => key(&title, &title, Tap::ShareContact),
        None => key(&title, &title, Tap::Say),
    })
}
