//! Web calls of old definitions.
use serde_json::{Value as Json, json};

use super::importer::{Importer, Object, list, template, text_of, url_template};

/// What a POST without a body of its own sent, in the shape that its receivers know.
fn usual_body() -> String {
    let fields = |names: &[&str], of: &str| -> String {
        names.iter().map(|name| format!("\"{name}\", {of}.{name}")).collect::<Vec<_>>().join(", ")
    };
    let contact = fields(&["uuid", "name", "urn"], "contact");
    let run = fields(&["uuid", "created_on"], "run");
    let input = fields(&["channel", "created_on", "text", "type", "uuid"], "input");
    let urn = fields(&["path", "scheme"], "urn_parts(input.urn)");
    let urn =
        format!("if(input.urn, object({urn}, \"display\", default(format_urn(input.urn), \"\")), null)");
    let results = ["category", "category_localized", "created_on", "input", "name", "node_uuid", "value"];
    let results = results.map(|name| format!("\"{name}\"")).join(", ");
    format!(
        "@(json(object(\"contact\", object({contact}), \"flow\", run.flow, \"path\", run.path, \
         \"results\", foreach_value(results, extract_object, {results}), \"run\", object({run}), \
         \"input\", if(input, object({input}, \"urn\", {urn}, \
         \"attachments\", foreach(input.attachments, attachment_parts)), null), \
         \"channel\", default(input.channel, null))))"
    )
}

/// An action that calls an address.
pub(super) fn call(importer: &Importer<'_>, uuid: &str, old: &Json, names: [&str; 2]) -> Object {
    let [url, method] = names.map(|name| text_of(old, name));
    let method = if method.is_empty() { "POST".to_owned() } else { method.to_uppercase() };
    let mut headers = Object::new();
    if method == "POST" {
        headers.insert("Content-Type".to_owned(), "application/json".into());
    }
    for header in list(old, "webhook_headers") {
        let name = text_of(header, "name");
        if !name.is_empty() {
            headers.insert(name.to_owned(), template(importer.base_text(&header["value"])).into());
        }
    }
    let mut action = Object::new();
    action.insert("type".to_owned(), "call_webhook".into());
    action.insert("uuid".to_owned(), uuid.into());
    action.insert("url".to_owned(), url_template(url).into());
    if !headers.is_empty() {
        action.insert("headers".to_owned(), json!(headers));
    }
    if method == "POST" {
        action.insert("body".to_owned(), usual_body().into());
    }
    action.insert("method".to_owned(), method.into());
    action
}
