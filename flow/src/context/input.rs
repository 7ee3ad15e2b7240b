//! `@input`: the contact's last message.
use std::sync::Arc;

use super::{channel, datetime, lower, names, redacts, shown_urn};
use crate::assets::Assets;
use crate::env::Environment;
use crate::excellent::{Object, Properties, Value};
use crate::session::Input;

struct InputView {
    input: Arc<Input>,
    assets: Arc<Assets>,
    redact: bool,
}

const KEYS: [&str; 9] =
    ["attachments", "channel", "created_on", "external_id", "payload", "text", "type", "urn", "uuid"];

pub(super) fn view(input: Option<&Arc<Input>>, assets: &Arc<Assets>, env: &Environment) -> Value {
    match input {
        Some(input) => {
            let view = InputView { input: input.clone(), assets: assets.clone(), redact: redacts(env) };
            Object::lazy(view).into()
        }
        None => Value::Null,
    }
}

/// A property that is a text of the message itself.
pub(super) fn plain_property(input: &Input, key: &str) -> Option<Value> {
    (key == "text").then(|| Value::Text(input.text.clone()))
}

impl Properties for InputView {
    fn get(&self, key: &str) -> Option<Value> {
        let input = &self.input;
        Some(match &*lower(key) {
            "attachments" => Value::array(input.attachments.iter().map(|file| Value::from(file.as_str()))),
            "channel" => {
                let known = input.channel.as_ref().and_then(|held| self.assets.channel(held.uuid));
                known.map_or(Value::Null, channel)
            }
            "created_on" => datetime(input.created_on),
            "external_id" => input.external_id.as_str().into(),
            "payload" => Object::new::<&str>([]).into(),
            "text" => Value::Text(input.text.clone()),
            "type" => "msg".into(),
            "urn" => input.urn.as_ref().map(|urn| shown_urn(urn, self.redact)).into(),
            "uuid" => input.uuid.to_string().into(),
            _ => return None,
        })
    }

    fn keys(&self) -> Vec<Arc<str>> {
        names(&KEYS)
    }

    fn default_value(&self) -> Option<Value> {
        let mut parts = Vec::new();
        if !self.input.text.is_empty() {
            parts.push(self.input.text.as_str());
        }
        parts.extend(
            self.input.attachments.iter().map(|file| file.split_once(':').map_or("", |(_, url)| url)),
        );
        Some(parts.join("\n").into())
    }
}
