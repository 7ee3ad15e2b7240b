//! Approved templates, the only thing that may be sent outside the 24 hours after a person's last message.
use flow::words::{Attachment, TemplateComponent, TemplateVariable, Templating};
use serde_json::{Value, json};

use crate::media::filename;
use crate::outgoing::Refused;

/// The `template` object of a message.
pub(super) fn payload(templating: &Templating, locale: &str) -> Result<Value, Refused> {
    let code = match templating.locale.as_str() {
        "" => meta_code(locale),
        code => code.to_owned(),
    };
    let mut payload = json!({
        "name": templating.name,
        // Meta refuses every other policy.
        "language": {"policy": "deterministic", "code": code},
    });
    let mut components = Vec::new();
    for component in &templating.components {
        if let Some(component) = one(component, &templating.variables)? {
            components.push(component);
        }
    }
    if !components.is_empty() {
        payload["components"] = Value::Array(components);
    }
    Ok(payload)
}

/// Meta's code of a message's language (`spa-EC` -> `es_EC`) for a template that says none itself; English for a
/// language that Meta has no code for.
fn meta_code(locale: &str) -> String {
    let (language, country) = locale.split_once('-').unwrap_or((locale, ""));
    let short = isolang::Language::from_639_3(language).and_then(|language| language.to_639_1());
    match (short, country) {
        (None, _) => "en".to_owned(),
        (Some(short), "") => short.to_owned(),
        (Some(short), country) => format!("{short}_{country}"),
    }
}

/// One component with its parameters; `None` when it takes none, since Meta wants it left out then.
fn one(component: &TemplateComponent, variables: &[TemplateVariable]) -> Result<Option<Value>, Refused> {
    if component.variables.is_empty() {
        return Ok(None);
    }
    let mut named: Vec<(&str, &TemplateVariable)> = Vec::new();
    for (name, index) in &component.variables {
        named.push((name, variables.get(*index).ok_or(Refused::TemplateVariable)?));
    }
    // Numbered variables go by number: as text, "10" would come before "2".
    named.sort_by_key(|(name, _)| name.parse::<usize>().unwrap_or(usize::MAX));
    let (kind, sub_type) = component.kind.split_once('/').unwrap_or((&component.kind, ""));
    let parameters = named
        .into_iter()
        .map(|(name, variable)| parameter(kind, sub_type, name, variable))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Some(if kind == "button" {
        let index = component.name.rsplit('.').next().unwrap_or("0");
        json!({"type": "button", "sub_type": sub_type, "index": index, "parameters": parameters})
    } else {
        json!({"type": kind, "parameters": parameters})
    }))
}

fn parameter(kind: &str, sub_type: &str, name: &str, variable: &TemplateVariable) -> Result<Value, Refused> {
    let mut parameter = match variable.kind.as_str() {
        file @ ("image" | "video" | "document") => {
            let url = Attachment::parse(&variable.value)
                .filter(|attachment| !attachment.url.starts_with("//"))
                .map_or_else(|| variable.value.clone(), |attachment| attachment.url);
            let mut media = json!({"link": url});
            if file == "document" {
                media["filename"] = json!(filename(&url));
            }
            return Ok(json!({"type": file, file: media}));
        }
        _ if variable.value.is_empty() => return Err(Refused::TemplateVariable),
        _ if kind == "button" && sub_type == "quick_reply" => {
            return Ok(json!({"type": "payload", "payload": variable.value}));
        }
        _ if kind == "button" && sub_type == "copy_code" => {
            return Ok(json!({"type": "coupon_code", "coupon_code": variable.value}));
        }
        _ => json!({"type": "text", "text": variable.value}),
    };
    // Templates with named variables (since 2024) want the name said.
    if kind != "button" && name.parse::<usize>().is_err() {
        parameter["parameter_name"] = json!(name);
    }
    Ok(parameter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn templating(kind: &str, name: &str, keys: &[&str], variables: &[(&str, &str)]) -> Templating {
        Templating {
            name: "appointment".into(),
            external_id: None,
            locale: "es".into(),
            components: vec![TemplateComponent {
                kind: kind.into(),
                name: name.into(),
                variables: keys.iter().enumerate().map(|(i, key)| ((*key).to_owned(), i)).collect(),
            }],
            variables: variables
                .iter()
                .map(|(kind, value)| TemplateVariable { kind: (*kind).into(), value: (*value).into() })
                .collect(),
        }
    }

    #[test]
    fn variables_go_by_number() {
        let keys = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"];
        let values: Vec<_> = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"].map(|v| ("text", v)).to_vec();
        let payload = payload(&templating("body/text", "body", &keys, &values), "").unwrap();
        let parameters =
            crate::json::at(&payload, "/components/0/parameters").and_then(Value::as_array).unwrap();
        assert_eq!(parameters[1]["text"], "b");
        assert_eq!(parameters[9]["text"], "j");
    }

    #[test]
    fn a_template_without_a_language_goes_in_the_messages() {
        let mut template = templating("body", "body", &[], &[]);
        let code = |template: &Templating, locale: &str| {
            payload(template, locale).unwrap()["language"]["code"].as_str().unwrap().to_owned()
        };
        assert_eq!(code(&template, "fra"), "es");
        template.locale.clear();
        for (locale, expected) in [("spa-EC", "es_EC"), ("fra", "fr"), ("bnt", "en"), ("", "en")] {
            assert_eq!(code(&template, locale), expected, "{locale}");
        }
    }

    #[test]
    fn named_variables_and_documents() {
        let named = payload(&templating("body", "body", &["office"], &[("text", "Quito")]), "").unwrap();
        assert_eq!(
            named["components"][0]["parameters"][0],
            json!({"type": "text", "text": "Quito", "parameter_name": "office"})
        );
        let file = ("document", "application/pdf:https://line.example.org/a/gu%C3%ADa.pdf");
        let document = payload(&templating("header/media", "header", &["1"], &[file]), "").unwrap();
        assert_eq!(
            document["components"][0]["parameters"][0]["document"],
            json!({"link": "https://line.example.org/a/gu%C3%ADa.pdf", "filename": "guía.pdf"})
        );
        let bare = ("image", "https://line.example.org/a.png");
        let image = payload(&templating("header/media", "header", &["1"], &[bare]), "").unwrap();
        assert_eq!(
            image["components"][0]["parameters"][0]["image"]["link"],
            "https://line.example.org/a.png"
        );
    }

    #[test]
    fn a_missing_or_empty_variable_is_refused_before_the_provider_does() {
        assert_eq!(payload(&templating("body", "body", &["1"], &[]), ""), Err(Refused::TemplateVariable));
        assert_eq!(
            payload(&templating("body", "body", &["1"], &[("text", "")]), ""),
            Err(Refused::TemplateVariable)
        );
    }
}
