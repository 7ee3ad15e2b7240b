//! Reading back what an adapter wrote into a request.
use flow::words::{Attachment, QuickReplyKind};
use serde_json::Value;

use super::{Shown, Tap};
use crate::http::HttpRequest;
use crate::json::{list, owned, text};

fn body(request: &HttpRequest) -> Value {
    serde_json::from_slice(&request.body).unwrap_or(Value::Null)
}

/// As what a file is shown where the provider says nothing.
pub(crate) fn shown_as(file: &Attachment) -> &'static str {
    match file.content_type.split('/').next().unwrap_or("") {
        "geo" => "location",
        "image" => "image",
        "audio" => "audio",
        "video" => "video",
        _ => "document",
    }
}

fn place(value: &Value, latitude: &str, longitude: &str) -> String {
    let degrees = |pointer: &str| crate::json::at(value, pointer).map(Value::to_string).unwrap_or_default();
    format!("{},{}", degrees(latitude), degrees(longitude))
}

/// One call of WhatsApp's `/messages`, in Meta's form or in that of the former on-premises API.
pub(crate) fn whatsapp(request: &HttpRequest) -> Shown {
    let body = body(request);
    let kind = text(&body, "/type").unwrap_or("").to_owned();
    let payload = body.get(&kind).unwrap_or(&Value::Null);
    match kind.as_str() {
        "template" => Shown { template: owned(payload, "/name"), ..Shown::default() },
        "text" => Shown { text: owned(payload, "/body"), ..Shown::default() },
        "location" => {
            let file = ("location".to_owned(), place(payload, "/latitude", "/longitude"));
            Shown { files: vec![file], ..Shown::default() }
        }
        "interactive" => interactive(payload),
        _ => Shown {
            text: owned(payload, "/caption"),
            files: owned(payload, "/link").map(|link| (kind, link)).into_iter().collect(),
            ..Shown::default()
        },
    }
}

fn interactive(payload: &Value) -> Shown {
    let header = payload.get("header").unwrap_or(&Value::Null);
    let kind = text(header, "/type").unwrap_or("");
    let file = owned(header, &format!("/{kind}/link")).map(|link| (kind.to_owned(), link));
    let tap = |kind: QuickReplyKind, words: &str, target: Option<String>| Tap {
        kind,
        text: words.to_owned(),
        target,
        ..Tap::default()
    };
    let parameter = |name: &str| owned(payload, &format!("/action/parameters/{name}"));
    let row = |row: &Value| Tap {
        text: owned(row, "/title").unwrap_or_default(),
        id: owned(row, "/id"),
        description: owned(row, "/description"),
        ..Tap::default()
    };
    let taps = match text(payload, "/type").unwrap_or("") {
        "button" => list(payload, "/action/buttons").iter().filter_map(|b| b.get("reply")).map(row).collect(),
        "list" => list(payload, "/action/sections").iter().flat_map(|s| list(s, "/rows")).map(row).collect(),
        "location_request_message" => vec![tap(QuickReplyKind::Location, "", None)],
        "flow" => {
            let label = parameter("flow_cta").unwrap_or_default();
            vec![tap(QuickReplyKind::Form, &label, parameter("flow_id"))]
        }
        "cta_url" => {
            let label = parameter("display_text").unwrap_or_default();
            vec![tap(QuickReplyKind::Url, &label, parameter("url"))]
        }
        _ => Vec::new(),
    };
    Shown {
        text: owned(payload, "/body/text"),
        files: file.into_iter().collect(),
        taps,
        list_label: owned(payload, "/action/button"),
        template: None,
    }
}

/// One call of Twilio's `Messages.json`.
pub(crate) fn twilio(request: &HttpRequest, types: &[Attachment]) -> Shown {
    let mut shown = Shown::default();
    for (name, value) in request.form() {
        match name.as_str() {
            "Body" => shown.text = Some(value),
            "MediaUrl" => {
                let file = types.iter().find(|file| file.url == value);
                shown.files.push((file.map_or("document", shown_as).to_owned(), value));
            }
            "ContentSid" => shown.template = Some(value),
            _ => {}
        }
    }
    shown
}

/// One call of Telegram's Bot API.
pub(crate) fn telegram(request: &HttpRequest) -> Shown {
    let mut shown = Shown::default();
    let (mut latitude, mut longitude) = (None, None);
    for (name, value) in request.form() {
        match name.as_str() {
            "text" | "caption" => shown.text = Some(value),
            "photo" => shown.files.push(("image".to_owned(), value)),
            "voice" => shown.files.push(("audio".to_owned(), value)),
            "video" | "audio" | "document" => shown.files.push((name, value)),
            "latitude" => latitude = Some(value),
            "longitude" => longitude = Some(value),
            "reply_markup" => shown.taps = keyboard(&serde_json::from_str(&value).unwrap_or(Value::Null)),
            _ => {}
        }
    }
    if let (Some(latitude), Some(longitude)) = (latitude, longitude) {
        shown.files.push(("location".to_owned(), format!("{latitude},{longitude}")));
    }
    shown
}

fn keyboard(markup: &Value) -> Vec<Tap> {
    let rows = list(markup, "/keyboard").iter().chain(list(markup, "/inline_keyboard"));
    let buttons = rows.filter_map(Value::as_array).flatten();
    let tap = |button: &Value| {
        let form = owned(button, "/web_app/url");
        let link = owned(button, "/url");
        let place = button.get("request_location").and_then(Value::as_bool) == Some(true);
        Tap {
            kind: match (&form, &link, place) {
                (Some(_), _, _) => QuickReplyKind::Form,
                (None, Some(_), _) => QuickReplyKind::Url,
                (None, None, true) => QuickReplyKind::Location,
                (None, None, false) => QuickReplyKind::Text,
            },
            text: owned(button, "/text").unwrap_or_default(),
            target: form.or(link),
            ..Tap::default()
        }
    };
    buttons.map(tap).collect()
}

/// One call of VK's `messages.send`.
pub(crate) fn vk(request: &HttpRequest) -> Shown {
    let keyboard = request.query_value("keyboard").and_then(|keyboard| serde_json::from_str(&keyboard).ok());
    let keyboard: Value = keyboard.unwrap_or(Value::Null);
    let tap = |button: &Value| {
        let action = button.get("action").unwrap_or(&Value::Null);
        let payload =
            text(action, "/payload").and_then(|payload| serde_json::from_str::<String>(payload).ok());
        let kind = match text(action, "/type").unwrap_or("") {
            "location" => QuickReplyKind::Location,
            "open_link" => QuickReplyKind::Url,
            _ => QuickReplyKind::Text,
        };
        Tap {
            kind,
            text: owned(action, "/label").or_else(|| payload.clone()).unwrap_or_default(),
            id: payload.filter(|_| kind == QuickReplyKind::Text),
            target: owned(action, "/link"),
            description: None,
        }
    };
    let rows = list(&keyboard, "/buttons").iter().filter_map(Value::as_array);
    Shown {
        text: request.query_value("message"),
        taps: rows.flatten().map(tap).collect(),
        ..Shown::default()
    }
}

/// One call of Viber's `send_message`.
pub(crate) fn viber(request: &HttpRequest) -> Shown {
    let body = body(request);
    let kind = match text(&body, "/type").unwrap_or("") {
        "picture" => "image",
        "file" => "document",
        kind => kind,
    };
    let place = (kind == "location").then(|| place(&body, "/location/lat", "/location/lon"));
    let tap = |button: &Value| {
        let target = owned(button, "/ActionBody");
        let kind = match text(button, "/ActionType").unwrap_or("") {
            "open-url" => QuickReplyKind::Url,
            "location-picker" => QuickReplyKind::Location,
            _ => QuickReplyKind::Text,
        };
        Tap {
            kind,
            text: owned(button, "/Text").unwrap_or_default(),
            id: None,
            target: target.filter(|_| kind == QuickReplyKind::Url),
            description: None,
        }
    };
    Shown {
        text: owned(&body, "/text"),
        files: owned(&body, "/media").or(place).map(|url| (kind.to_owned(), url)).into_iter().collect(),
        taps: list(&body, "/keyboard/Buttons").iter().map(tap).collect(),
        ..Shown::default()
    }
}

/// One call of Messenger's Send API.
pub(crate) fn messenger(request: &HttpRequest) -> Shown {
    let body = body(request);
    let kind = match text(&body, "/message/attachment/type").unwrap_or("") {
        "file" => "document",
        kind => kind,
    };
    let file = owned(&body, "/message/attachment/payload/url").map(|url| (kind.to_owned(), url));
    let tap = |reply: &Value| Tap {
        text: owned(reply, "/title").unwrap_or_default(),
        id: owned(reply, "/payload"),
        ..Tap::default()
    };
    Shown {
        text: owned(&body, "/message/text"),
        files: file.into_iter().collect(),
        taps: list(&body, "/message/quick_replies").iter().map(tap).collect(),
        ..Shown::default()
    }
}

/// One call of LINE's, which holds several messages.
pub(crate) fn line(request: &HttpRequest) -> Vec<Shown> {
    let tap = |item: &Value| {
        let action = item.get("action").unwrap_or(&Value::Null);
        Tap {
            kind: match text(action, "/type").unwrap_or("") {
                "location" => QuickReplyKind::Location,
                "uri" => QuickReplyKind::Url,
                _ => QuickReplyKind::Text,
            },
            text: owned(action, "/label").unwrap_or_default(),
            target: owned(action, "/uri"),
            ..Tap::default()
        }
    };
    let one = |message: &Value| {
        let kind = text(message, "/type").unwrap_or("").to_owned();
        Shown {
            text: owned(message, "/text"),
            files: owned(message, "/originalContentUrl").map(|url| (kind, url)).into_iter().collect(),
            taps: list(message, "/quickReply/items").iter().map(tap).collect(),
            ..Shown::default()
        }
    };
    list(&body(request), "/messages").iter().map(one).collect()
}
