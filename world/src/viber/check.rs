//! What Viber would refuse in a message, and what it shows of the rest.
use jiff::Timestamp;
use serde_json::Value;

use crate::thread::{Bubble, Key, Keyboard, Media, Place, Side, Tap};

/// The longest text, and the longest words with a picture, in characters.
const MAX_TEXT: usize = 7_000;
const MAX_CAPTION: usize = 512;
/// `tracking_data` has at most 4,000 characters, a sender's name 28, a file's name 256.
const MAX_TRACKING: usize = 4_000;
const MAX_SENDER: usize = 28;
const MAX_FILE_NAME: usize = 256;
/// How the address of a picture ends.
const PICTURE_ENDINGS: [&str; 4] = [".jpg", ".jpeg", ".png", ".gif"];
/// The largest video and file, in bytes.
const MAX_VIDEO_BYTES: u64 = 26 * 1024 * 1024;
const MAX_FILE_BYTES: u64 = 50 * 1024 * 1024;
/// A keyboard has six columns, and 24 rows at most; a key's words have 250 characters.
const COLUMNS: u64 = 6;
const MAX_ROWS: u64 = 24;
const MAX_KEY_TEXT: usize = 250;

/// A status code of Viber's and its words.
pub(super) type Refusal = (u8, String);

fn bad(why: &str) -> Refusal {
    (3, format!("badData: {why}"))
}

fn missing(what: &str) -> Refusal {
    (4, format!("missingData: {what}"))
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

fn needed<'a>(value: &'a Value, name: &str) -> Result<&'a str, Refusal> {
    text(value, name).filter(|text| !text.is_empty()).ok_or_else(|| missing(name))
}

fn bounded(value: &str, name: &str, limit: usize) -> Result<(), Refusal> {
    if value.chars().count() > limit {
        return Err(bad(&format!("{name} is longer than {limit} characters")));
    }
    Ok(())
}

/// The message as her phone shows it, without id and moment. Every message decides about the keys at the bottom: one
/// without any takes the former ones away.
pub(super) fn message(body: &Value) -> Result<Bubble, Refusal> {
    bounded(text(body, "tracking_data").unwrap_or(""), "tracking_data", MAX_TRACKING)?;
    let sender = body.pointer("/sender/name").and_then(Value::as_str).unwrap_or("");
    bounded(sender, "sender.name", MAX_SENDER)?;
    let mut bubble = Bubble::text(String::new(), Timestamp::UNIX_EPOCH, Side::Line, "");
    let kind = needed(body, "type")?;
    let media = |content_type: &str| {
        let url = needed(body, "media")?;
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(bad("media is no address"));
        }
        Ok(Media { content_type: content_type.to_owned(), url: url.to_owned(), size: None })
    };
    let size = |limit: u64| match body.get("size").and_then(Value::as_u64) {
        None | Some(0) => Err(missing("size")),
        Some(size) if size > limit => Err(bad("size is above the limit")),
        Some(_) => Ok(()),
    };
    match kind {
        "text" => {
            bubble.text = needed(body, "text")?.to_owned();
            bounded(&bubble.text, "text", MAX_TEXT)?;
        }
        "picture" => {
            let picture = media("image")?;
            // Viber goes by the ending of the address.
            let path = picture.url.split(['?', '#']).next().unwrap_or_default();
            if !PICTURE_ENDINGS.iter().any(|ending| path.ends_with(ending)) {
                return Err(bad("media is no address of a picture"));
            }
            bubble.media.push(picture);
            bubble.text = text(body, "text").unwrap_or("").to_owned();
            bounded(&bubble.text, "text", MAX_CAPTION)?;
        }
        "video" => {
            size(MAX_VIDEO_BYTES)?;
            bubble.media.push(media("video")?);
        }
        "file" => {
            size(MAX_FILE_BYTES)?;
            let name = needed(body, "file_name")?;
            bounded(name, "file_name", MAX_FILE_NAME)?;
            // Viber shows a sound as a file to be opened.
            let is_sound = ["ogg", "mp3", "oga", "m4a"].iter().any(|end| {
                needed(body, "media").is_ok_and(|url| url.split('?').next().unwrap_or(url).ends_with(end))
            });
            bubble.media.push(media(if is_sound { "audio" } else { "file" })?);
            name.clone_into(&mut bubble.text);
        }
        "location" => {
            let place = |name: &str| body.pointer(&format!("/location/{name}")).and_then(Value::as_f64);
            let (lat, lon) = (place("lat"), place("lon"));
            let (Some(lat), Some(lon)) = (lat, lon) else { return Err(missing("location")) };
            if lat.abs() > 90.0 || lon.abs() > 180.0 {
                return Err(bad("location is not on earth"));
            }
            bubble.text = format!("{lat}, {lon}");
        }
        "contact" => {
            let card = body.get("contact").ok_or_else(|| missing("contact"))?;
            bubble.text = format!("{}: {}", needed(card, "name")?, needed(card, "phone_number")?);
        }
        "url" => bubble.text = media("url")?.url,
        "sticker" => {
            let number =
                body.get("sticker_id").and_then(Value::as_u64).ok_or_else(|| missing("sticker_id"))?;
            bubble.text = format!("(sticker {number})");
        }
        _ => return Err(bad("type is not known")),
    }
    kind.clone_into(&mut bubble.kind);
    let keyboard = body.get("keyboard").filter(|keyboard| !keyboard.is_null());
    let rows = keyboard.map(rows).transpose()?.unwrap_or_default();
    let keyboard = Keyboard { place: Place::Bottom, one_time: false, rows };
    bubble.choices = keyboard.choices();
    bubble.keyboard = Some(keyboard);
    Ok(bubble)
}

/// The keys of a keyboard, a row as soon as its columns are full.
fn rows(keyboard: &Value) -> Result<Vec<Vec<Key>>, Refusal> {
    if text(keyboard, "Type") != Some("keyboard") {
        return Err(bad("keyboard.Type"));
    }
    let buttons = keyboard.get("Buttons").and_then(Value::as_array).filter(|buttons| !buttons.is_empty());
    let mut rows = vec![Vec::new()];
    let mut used = 0;
    for button in buttons.ok_or_else(|| missing("keyboard.Buttons"))? {
        let number = |name: &str, default: u64| match button.get(name) {
            None => Some(default),
            Some(Value::String(text)) => text.parse().ok(),
            Some(value) => value.as_u64(),
        };
        let columns = number("Columns", COLUMNS).filter(|columns| (1..=COLUMNS).contains(columns));
        let columns = columns.ok_or_else(|| bad("keyboard.Buttons.Columns"))?;
        if used + columns > COLUMNS {
            rows.push(Vec::new());
            used = 0;
        }
        used += columns;
        let key = key(button, u8::try_from(columns).unwrap_or(6))?;
        if let Some(row) = rows.last_mut() {
            row.push(key);
        }
    }
    if rows.len() as u64 > MAX_ROWS {
        return Err(bad("keyboard has too many rows"));
    }
    Ok(rows)
}

fn key(button: &Value, sixths: u8) -> Result<Key, Refusal> {
    let id = needed(button, "ActionBody")?.to_owned();
    let tap = match text(button, "ActionType").unwrap_or("reply") {
        "reply" => Tap::Say,
        "open-url" => Tap::Open,
        "location-picker" => Tap::ShareLocation,
        "share-phone" => Tap::ShareContact,
        _ => return Err(bad("keyboard.Buttons.ActionType")),
    };
    let words = text(button, "Text").unwrap_or("");
    bounded(words, "keyboard.Buttons.Text", MAX_KEY_TEXT)?;
    let color = text(button, "BgColor").map(ToOwned::to_owned);
    let is_color = |color: &String| color.len() == 7 && color.starts_with('#') && color.is_ascii();
    if color.as_ref().is_some_and(|color| !is_color(color)) {
        return Err(bad("keyboard.Buttons.BgColor"));
    }
    Ok(Key { id, title: without_tags(words), tap, sixths, color })
}

/// The words of a key whose look is given in HTML.
fn without_tags(words: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in words.chars() {
        match c {
            '<' => inside = true,
            '>' if inside => inside = false,
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").trim().to_owned()
}
