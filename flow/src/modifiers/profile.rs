//! Name, language, time zone, status, fields: what is known about the contact herself.
use std::sync::Arc;

use super::Change;
use crate::assets::Field;
use crate::contact::{ContactStatus, MAX_NAME_CHARS};
use crate::events::EventKind;
use crate::moment::Moment;
use crate::refs::FieldRef;
use crate::words::Language;

/// The first `max` characters.
pub(crate) fn cut(text: &str, max: usize) -> &str {
    // so many bytes are at most so many characters
    if text.len() <= max {
        return text;
    }
    match text.char_indices().nth(max) {
        Some((at, _)) => &text[..at],
        None => text,
    }
}

pub(super) fn set_name(change: &mut Change<'_>, name: &str) -> bool {
    let name = cut(name, MAX_NAME_CHARS);
    if change.contact.name == name {
        return false;
    }
    name.clone_into(&mut change.contact.name);
    change.log(EventKind::ContactNameChanged { name: name.to_owned() });
    true
}

pub(super) fn set_language(change: &mut Change<'_>, language: Option<&str>) -> bool {
    let language: Option<Language> = match language {
        None | Some("") => None,
        Some(code) => match code.parse() {
            Ok(language) => Some(language),
            Err(_) => return false,
        },
    };
    if change.contact.language == language {
        return false;
    }
    change.contact.language = language;
    let language = language.map(|language| language.to_string()).unwrap_or_default();
    change.log(EventKind::ContactLanguageChanged { language });
    true
}

pub(super) fn set_timezone(change: &mut Change<'_>, timezone: Option<&str>) -> bool {
    let timezone: Option<Arc<str>> = timezone.filter(|name| !name.is_empty()).map(Into::into);
    if change.contact.timezone == timezone {
        return false;
    }
    change.contact.timezone.clone_from(&timezone);
    let timezone = timezone.as_deref().unwrap_or("").to_owned();
    change.log(EventKind::ContactTimezoneChanged { timezone });
    true
}

pub(super) fn set_seen(change: &mut Change<'_>, seen_on: Moment) -> bool {
    change.contact.last_seen_on = Some(seen_on);
    change.log(EventKind::ContactLastSeenChanged { last_seen_on: seen_on });
    true
}

pub(super) fn set_status(change: &mut Change<'_>, status: ContactStatus) -> bool {
    if change.contact.status == status {
        return false;
    }
    change.contact.status = status;
    change.log(EventKind::ContactStatusChanged { status });
    true
}

pub(super) fn set_field(change: &mut Change<'_>, known: &Field, value: &str) -> bool {
    let text = cut(value, change.limits.field_chars);
    let parsed = known.parse_value(text, change.env, change.assets, change.source);
    let fields = &mut change.contact.fields;
    match (fields.get_mut(&known.key), &parsed) {
        (None, None) => return false,
        (Some(held), Some(value)) if held == value => return false,
        (Some(held), Some(value)) => held.clone_from(value),
        (None, Some(value)) => {
            fields.insert(known.key.clone(), value.clone());
        }
        (Some(_), None) => {
            fields.remove(&known.key);
        }
    }
    let field = FieldRef { key: known.key.clone(), name: known.name.clone() };
    change.log(EventKind::ContactFieldChanged { field, value: parsed });
    true
}
