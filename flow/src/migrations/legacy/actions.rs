//! Old actions.
use serde_json::{Value as Json, json};

use super::importer::{Importer, Object, attachment, list, media_url, template, text_of};
use super::{paths, webhooks};

/// In the recipients of an action, somebody who is no contact yet.
const NEW_CONTACT: &str = "@new_contact";

/// Rewrites an action; `None` for those that nothing does any more.
///
/// # Errors
/// When its type is unknown.
pub(super) fn rewrite(importer: &mut Importer<'_>, old: &Json) -> Result<Option<Json>, String> {
    let uuid = importer.uuid_of(old, "uuid");
    let kind = text_of(old, "type");
    let action = |kind: &str, rest: Json| -> Json {
        let mut action = json!({"type": kind, "uuid": uuid});
        if let (Json::Object(action), Json::Object(rest)) = (&mut action, rest) {
            action.extend(rest);
        }
        action
    };
    Ok(Some(match kind {
        "reply" => action("send_msg", Json::Object(message(importer, &uuid, old))),
        "send" => {
            let mut rest = message(importer, &uuid, old);
            rest.remove("all_urns");
            recipients(&mut rest, old);
            action("send_broadcast", Json::Object(rest))
        }
        "trigger-flow" => {
            let mut rest = Object::new();
            recipients(&mut rest, old);
            rest.insert("flow".to_owned(), reference(&old["flow"]));
            if list(old, "variables").iter().any(|variable| variable_text(variable) == NEW_CONTACT) {
                rest.insert("create_contact".to_owned(), true.into());
            }
            action("start_session", Json::Object(rest))
        }
        "flow" => action("enter_flow", json!({"flow": reference(&old["flow"]), "terminal": true})),
        "say" => action("say_msg", spoken(importer, &uuid, old)),
        "play" => action(
            "play_audio",
            json!({"audio_url": importer.text(&uuid, "audio_url", &old["url"], template)}),
        ),
        "email" => {
            let addresses: Vec<String> =
                list(old, "emails").iter().filter_map(Json::as_str).map(template).collect();
            let subject = template(importer.base_text(&old["subject"]));
            let body = template(importer.base_text(&old["msg"]));
            action("send_email", json!({"addresses": addresses, "subject": subject, "body": body}))
        }
        "save" => action_of_save(old, &action),
        "lang" => action("set_contact_language", json!({"language": text_of(old, "lang")})),
        "channel" => {
            let channel = json!({"uuid": text_of(old, "channel"), "name": text_of(old, "name")});
            action("set_contact_channel", json!({"channel": channel}))
        }
        "add_group" => action("add_contact_groups", json!({"groups": named(list(old, "groups"))})),
        "del_group" => {
            let groups = named(list(old, "groups"));
            let mut rest = json!({"groups": groups});
            // an empty list meant every group
            if groups.is_empty() {
                rest["all_groups"] = true.into();
            }
            action("remove_contact_groups", rest)
        }
        "add_label" => action("add_input_labels", json!({"labels": named(list(old, "labels"))})),
        "api" => Json::Object(webhooks::call(importer, &uuid, old, ["webhook", "action"])),
        // the end of a session of a kind of channel that is no more
        "end_ussd" => return Ok(None),
        other => return Err(format!("an action of the unknown type '{other}' cannot be brought over")),
    }))
}

/// What is said in a call, with its recording.
fn spoken(importer: &mut Importer<'_>, uuid: &str, old: &Json) -> Json {
    let mut rest = json!({"text": importer.text(uuid, "text", &old["msg"], template)});
    let media = importer.media;
    let audio = importer.text(uuid, "audio_url", &old["recording"], |address| media_url(media, address));
    if !audio.is_empty() {
        rest["audio_url"] = audio.into();
    }
    rest
}

/// Text, attachments and quick replies of a message.
fn message(importer: &mut Importer<'_>, uuid: &str, old: &Json) -> Object {
    let mut rest = Object::new();
    rest.insert("text".to_owned(), importer.text(uuid, "text", &old["msg"], template).into());
    let media = importer.media;
    let attachment = importer.text(uuid, "attachments", &old["media"], |old| attachment(media, old));
    if !attachment.is_empty() {
        rest.insert("attachments".to_owned(), json!([attachment]));
    }
    let replies = importer.texts(uuid, "quick_replies", list(old, "quick_replies"));
    if !replies.is_empty() {
        rest.insert("quick_replies".to_owned(), replies.into());
    }
    if old["send_all"] == true {
        rest.insert("all_urns".to_owned(), true.into());
    }
    rest
}

/// A flow, group or contact by id and name.
fn reference(old: &Json) -> Json {
    json!({"uuid": text_of(old, "uuid"), "name": text_of(old, "name")})
}

/// Groups or labels: fixed ones by id, others by a name that may be an expression.
fn named(old: &[Json]) -> Vec<Json> {
    let one = |old: &Json| match old {
        Json::String(name) => json!({"name_match": template(name)}),
        old if text_of(old, "uuid").is_empty() => json!({"name_match": template(text_of(old, "name"))}),
        old => reference(old),
    };
    old.iter().map(one).collect()
}

fn variable_text(variable: &Json) -> &str {
    variable.as_str().unwrap_or_else(|| text_of(variable, "id"))
}

fn recipients(rest: &mut Object, old: &Json) {
    let contacts: Vec<Json> = list(old, "contacts")
        .iter()
        .filter(|contact| !text_of(contact, "uuid").is_empty())
        .map(reference)
        .collect();
    if !contacts.is_empty() {
        rest.insert("contacts".to_owned(), contacts.into());
    }
    let groups = named(list(old, "groups"));
    if !groups.is_empty() {
        rest.insert("groups".to_owned(), groups.into());
    }
    let variables: Vec<String> = list(old, "variables")
        .iter()
        .map(variable_text)
        .filter(|variable| !variable.is_empty() && *variable != NEW_CONTACT)
        .map(template)
        .collect();
    if !variables.is_empty() {
        rest.insert("legacy_vars".to_owned(), variables.into());
    }
}

/// Saving a value about the contact: a name, an address or a field.
fn action_of_save(old: &Json, action: &dyn Fn(&str, Json) -> Json) -> Json {
    let value = template(text_of(old, "value"));
    match text_of(old, "field") {
        "name" => action("set_contact_name", json!({"name": value})),
        "first_name" => {
            action("set_contact_name", json!({"name": format!("{value} @(word_slice(contact.name, 1, -1))")}))
        }
        "tel_e164" => action("add_contact_urn", json!({"scheme": "tel", "path": value})),
        scheme if paths::is_scheme(scheme) => {
            action("add_contact_urn", json!({"scheme": scheme, "path": value}))
        }
        key => {
            let field = json!({"key": key, "name": text_of(old, "label")});
            action("set_contact_field", json!({"field": field, "value": value}))
        }
    }
}
