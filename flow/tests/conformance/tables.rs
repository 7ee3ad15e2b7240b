//! Cases that the reference engine keeps in tables.
use std::collections::BTreeMap;

use flow::actions::{extract_json, parse_quick_reply};
use flow::assets::{Channel, ChannelRole, Field, MsgTemplate};
use flow::contactql::{Property, Query, Queryable, Resolver, Searched};
use flow::env::Environment;
use flow::events::EventKind;
use flow::refs::{FlowRef, Ref};
use flow::{Assets, Trigger};
use serde_json::{Value as Json, json};

use crate::common::Replay;
use crate::compare::difference;
use crate::host::Host;
use crate::sessions::{contact, environment};
use crate::{Cases, Data, Outcome, Strict, attempt, id_of};

fn same(expected: &Json, found: &Json) -> Outcome {
    difference(expected, found, "").map_or(Ok(Strict(true)), Err)
}

fn each(data: &Data, family: &str, run: impl Fn(&Json, &Json) -> Outcome) -> Cases {
    let table = data.json(&format!("tables/{family}.json"));
    let cases = table["cases"].as_array().unwrap().iter();
    cases.map(|case| (id_of(family, case), attempt(|| run(&table, case)))).collect()
}

/// The fields, groups and flows of a table's resolver.
struct Names {
    fields: Vec<Field>,
    groups: Vec<Ref>,
    flows: Vec<String>,
}

impl Names {
    fn of(json: &Json) -> Option<Self> {
        let fields = serde_json::from_value(json["fields"].clone()).ok()?;
        let list = |key: &str| json[key].as_array().cloned().unwrap_or_default();
        let name = |item: &Json| item.as_str().or(item["name"].as_str()).unwrap_or("").to_owned();
        let raw_groups = list("groups");
        let groups = raw_groups.iter().map(|group| {
            let uuid = group["uuid"].as_str().and_then(|uuid| uuid.parse().ok()).unwrap_or_default();
            Ref::new(uuid, name(group))
        });
        Some(Self { fields, groups: groups.collect(), flows: list("flows").iter().map(name).collect() })
    }
}

impl Resolver for Names {
    fn field(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|field| &*field.key == key)
    }

    fn group(&self, name: &str) -> Option<Ref> {
        self.groups.iter().find(|group| group.name.to_lowercase() == name.to_lowercase()).cloned()
    }

    fn flow(&self, name: &str) -> Option<FlowRef> {
        let found = self.flows.iter().find(|flow| flow.to_lowercase() == name.to_lowercase());
        found.map(|flow| FlowRef::new(uuid::Uuid::nil(), flow.as_str()))
    }
}

fn parse(table: &Json, case: &Json) -> (Environment, Result<Query, flow::contactql::QueryError>) {
    let env = environment(&case["env"]);
    let names = Names::of(&table["resolvers"][case["resolver"].as_str().unwrap_or("")]);
    let resolver = names.as_ref().map(|names| names as &dyn Resolver);
    let query = Query::parse(&env, case["query"].as_str().unwrap(), resolver);
    (env, query)
}

pub fn contactql_parse(data: &Data) -> Cases {
    each(data, "contactql_parse", |table, case| {
        let found = match parse(table, case).1 {
            Ok(query) => json!({"expect": query.to_string()}),
            Err(error) => json!({"error": error.text, "error_code": error.code, "error_extra": error.extra}),
        };
        let mut expected = json!({});
        for key in ["expect", "error", "error_code", "error_extra"] {
            if !case[key].is_null() {
                expected[key] = case[key].clone();
            }
        }
        if found["error_extra"].as_object().is_some_and(serde_json::Map::is_empty)
            && expected["error_extra"].is_null()
            && !expected["error"].is_null()
        {
            expected["error_extra"] = json!({});
        }
        same(&expected, &found).map_err(|difference| format!("{}: {difference}", case["query"]))
    })
}

/// Values by the name of their property.
struct Values(BTreeMap<String, Vec<Searched<'static>>>);

impl Queryable for Values {
    fn values<'s>(&'s self, _: &Environment, property: &Property) -> flow::contactql::Values<'s> {
        let name = match property {
            Property::Attribute(attribute) => attribute.as_str(),
            Property::Scheme(scheme) => scheme,
            Property::Field { key, .. } => key,
        };
        self.0.get(name).cloned().unwrap_or_default().into()
    }
}

pub fn contactql_evaluate(data: &Data) -> Cases {
    each(data, "contactql_evaluate", |table, case| {
        let (env, query) = parse(table, case);
        let query = query.map_err(|error| format!("{}: {error}", case["query"]))?;
        let mut values = BTreeMap::new();
        for (name, list) in table["objects"][case["object"].as_str().unwrap()].as_object().unwrap() {
            let value = |item: &Json| match (&item["$number"], &item["$datetime"]) {
                (Json::String(number), _) => Searched::Number(number.parse().unwrap()),
                (_, Json::String(time)) => Searched::Time(time.parse().unwrap()),
                _ => Searched::Text(item.as_str().unwrap().to_owned().into()),
            };
            values.insert(name.clone(), list.as_array().unwrap().iter().map(value).collect());
        }
        let found = query.evaluate(&env, &Values(values));
        same(&json!(case["expect"] == true), &json!(found)).map_err(|_| format!("{}: {found}", case["query"]))
    })
}

pub fn contactql_contact(data: &Data) -> Cases {
    let assets = Assets::read(&data.json("fixtures.json")["fixture"]["assets"]);
    let assets = assets.unwrap_or_else(|problems| panic!("{problems:?}"));
    each(data, "contactql_contact", |_, case| {
        let mut env = case["env"].clone();
        if !case["redaction"].is_null() {
            env["redaction_policy"] = case["redaction"].clone();
        }
        let env = environment(&env);
        let found = match Query::parse(&env, case["query"].as_str().unwrap(), Some(&assets)) {
            Ok(query) => json!({"expect": query.matches(&env, &contact(&case["contact"]))}),
            Err(error) => json!({"error": error.text}),
        };
        let key = if case["error"].is_null() { "expect" } else { "error" };
        same(&case[key], &found[key]).map_err(|difference| format!("{}: {difference} {found}", case["query"]))
    })
}

pub fn contactql_inspect(data: &Data) -> Cases {
    each(data, "contactql_inspect", |table, case| {
        let query = parse(table, case).1.map_err(|error| error.to_string())?;
        let names = Names::of(&table["resolvers"][case["resolver"].as_str().unwrap_or("")]);
        let resolver = names.as_ref().map(|names| names as &dyn Resolver);
        same(&case["expect"], &serde_json::to_value(query.inspect(resolver)).unwrap())
    })
}

pub fn channel_selection(data: &Data) -> Cases {
    each(data, "channel_selection", |_, case| {
        let assets = Assets::read(&json!({"channels": case["channels"]})).map_err(|p| p[0].to_string())?;
        let role = if case["role"] == "send" { ChannelRole::Send } else { ChannelRole::Receive };
        let preferred = case["preferred"]["uuid"].as_str().map(|uuid| uuid.parse().unwrap());
        let urn = case["urn"].as_str().unwrap().parse().unwrap();
        let found = assets.channel_for(&urn, preferred, role).map(|channel| channel.name.to_string());
        same(&case["expect"], &json!(found))
    })
}

pub fn localisation(data: &Data) -> Cases {
    each(data, "localisation", |_, case| {
        let mut raw = data.json(&format!("files/engine/{}", case["assets"].as_str().unwrap()));
        raw["flows"][0]["nodes"][0]["actions"][0] = case["action"].clone();
        let env = environment(&json!({"allowed_languages": case["allowed_languages"]}));
        let assets = Assets::read_in(&raw, &env).map_err(|p| p[0].to_string())?;
        let person = contact(&json!({"uuid": "5d76d86b-3bb9-4d5a-b822-c9d86f5d8e4f", "name": "Bob",
            "language": case["contact_language"], "created_on": "2018-06-20T11:40:30Z"}));
        let mut host = Host::new(assets, env, person);
        let uuid = raw["flows"][0]["uuid"].as_str().unwrap().parse().unwrap();
        let now = host.source.now.into();
        let sprint = host.start(Trigger::manual(FlowRef::new(uuid, ""), now, None, ""));
        let msg = sprint.events.iter().find_map(|event| match &event.kind {
            EventKind::MsgCreated { msg, .. } => Some(msg),
            _ => None,
        });
        same(&case["expect"], &serde_json::to_value(msg).unwrap())
    })
}

pub fn quick_replies(data: &Data) -> Cases {
    each(data, "quick_replies", |_, case| {
        let argument = &case["args"][0];
        let found = match argument.as_str() {
            Some(text) => serde_json::to_value(parse_quick_reply(text)).unwrap(),
            None => {
                let reply: flow::words::QuickReply =
                    serde_json::from_value(argument.clone()).map_err(|e| e.to_string())?;
                match case["op"].as_str() {
                    Some("to_text" | "as_text" | "marshal_text") => {
                        flow::actions::quick_reply_text(&reply).into()
                    }
                    _ => serde_json::to_value(reply).unwrap(),
                }
            }
        };
        same(&case["expect"], &found)
    })
}

pub fn whatsapp_templating(data: &Data) -> Cases {
    each(data, "whatsapp_templating", |_, case| {
        let template: MsgTemplate =
            serde_json::from_value(case["template"].clone()).map_err(|e| e.to_string())?;
        if case["op"] == "find_translation" {
            let channel: Channel =
                serde_json::from_value(case["channel"].clone()).map_err(|e| e.to_string())?;
            let locales: Vec<String> = serde_json::from_value(case["locales"].clone()).unwrap();
            let found = template.find_translation(&channel, &locales).map(|found| found.locale.clone());
            return same(&case["expect"], &json!(found));
        }
        let values: Vec<String> = serde_json::from_value(case["variables"].clone()).unwrap();
        let translation = &template.translations[0];
        let templating = template.templating(translation, &values);
        let preview = translation.preview(&templating.variables);
        let mut shown = json!({"text": preview.text});
        if !preview.quick_replies.is_empty() {
            shown["quick_replies"] = json!(preview.quick_replies);
        }
        if !preview.attachments.is_empty() {
            shown["attachments"] = json!(preview.attachments);
        }
        same(&json!([case["expect"], case["preview"]]), &json!([templating, shown]))
    })
}

pub fn inspect_templates(data: &Data) -> Cases {
    each(data, "inspect_templates", |_, case| {
        let (assets, results) = flow::inspect::references_of(case["args"][0].as_str().unwrap());
        same(&case["expect"], &json!([assets, results]))
    })
}

pub fn webhook_json(data: &Data) -> Cases {
    each(data, "webhook_json", |_, case| {
        let bytes: Vec<u8> = serde_json::from_value(case["args"][0].clone()).unwrap();
        same(&case["expect"], &json!(extract_json(&bytes).unwrap_or_default()))
    })
}

pub fn field_values(data: &Data) -> Cases {
    let assets = Assets::read(&data.json("fixtures.json")["fixture"]["assets"]);
    let assets = assets.unwrap_or_else(|problems| panic!("{problems:?}"));
    each(data, "field_values", |_, case| {
        let field: Field = serde_json::from_value(case["field"].clone()).unwrap();
        let env = environment(&case["env"]);
        let found = field.parse_value(case["value"].as_str().unwrap(), &env, &assets, &mut Replay::new());
        same(&case["expect"], &serde_json::to_value(found).unwrap())
    })
}

/// Contacts are searched in SQL: what the reference makes of a query for Elasticsearch is counted and not made.
pub fn contactql_es(data: &Data) -> Cases {
    let mut cases = Vec::new();
    for name in data.files("files/contactql_es") {
        for case in data.json(&format!("files/contactql_es/{name}")).as_array().unwrap() {
            let id = format!("contactql_es/{name}:{}", case["description"].as_str().unwrap());
            cases.push((id, Err("not translated".to_owned())));
        }
    }
    cases
}
