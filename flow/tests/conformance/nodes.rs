//! Single actions, routers and waits, put into a prepared flow.
use flow::events::{EventKind, MsgIn};
use flow::inspect::{inspect, localizables, templates};
use flow::refs::FlowRef;
use flow::resumes::WaitId;
use flow::{Resume, Source, Sprint, Trigger};
use serde_json::{Value as Json, json};

use crate::compare::{compare, difference};
use crate::host::{Host, limits};
use crate::sessions::{contact, environment};
use crate::{Cases, Data, Outcome, Strict, attempt};

fn standard_contact() -> Json {
    json!({"uuid": "5d76d86b-3bb9-4d5a-b822-c9d86f5d8e4f", "name": "Ryan Lewis", "status": "active", "language": "eng",
        "timezone": "America/Guayaquil",
        "urns": ["tel:+12065551212?channel=57f1078f-88aa-46f4-a59a-948a5739c03d", "twitterid:54784326227#nyaruka"],
        "groups": [{"uuid": "b7cf0d83-f1c9-411c-96fd-c511a4cfa86d", "name": "Testers"},
            {"uuid": "0ec97956-c451-48a0-a180-1ce766623e31", "name": "Males"}],
        "fields": {"gender": {"text": "Male"}}, "created_on": "2018-06-20T11:40:30.123456789-00:00"})
}

fn each(data: &Data, family: &str, run: impl Fn(&Json, &Json) -> Outcome) -> Cases {
    let assets = data.json(&format!("files/{family}/_assets.json"));
    let mut cases = Vec::new();
    for name in data.files(&format!("files/{family}")) {
        if name.starts_with('_') || !name.ends_with(".json") {
            continue;
        }
        for case in data.json(&format!("files/{family}/{name}")).as_array().unwrap() {
            let id = format!("{family}/{name}:{}", case["description"].as_str().unwrap());
            cases.push((id, attempt(|| run(&assets, case))));
        }
    }
    cases
}

pub fn actions(data: &Data) -> Cases {
    each(data, "actions", action)
}

fn action(raw_assets: &Json, case: &Json) -> Outcome {
    let voice = case["in_flow_type"] == "voice";
    let at = usize::from(voice);
    let mut raw = raw_assets.clone();
    raw["flows"][at]["nodes"][0]["actions"] = json!([case["action"]]);
    if !case["localization"].is_null() {
        raw["flows"][at]["localization"] = case["localization"].clone();
    }
    let mut env = json!({"allowed_languages": ["eng", "spa"], "default_country": "RW"});
    if case["redact_urns"] == true {
        env["redaction_policy"] = "urns".into();
    }
    let env = environment(&env);
    let read = flow::Assets::read_in(&raw, &env);
    if let Some(error) = case["read_error"].as_str() {
        return match read {
            Err(problems) if problems[0].text.ends_with(error) => Ok(Strict(true)),
            Err(problems) => Err(format!("'{}' instead of '{error}'", problems[0].text)),
            Ok(_) => Err(format!("was read, instead of '{error}'")),
        };
    }
    let assets = read.map_err(|problems| problems[0].to_string())?;
    let mut person = match &case["contact"] {
        Json::Null => standard_contact(),
        given => given.clone(),
    };
    if case["has_ticket"] == true {
        person["tickets"] = json!([{"uuid": "7f44b065-ec28-4d7a-bbb4-0bda3b75b19d", "status": "open",
            "topic": {"uuid": "472a7a73-96cb-4736-b567-056d987cc5b4", "name": "Weather"}}]);
        let group = json!({"uuid": "91564dee-e7ea-49b2-a903-598ce71b1d07", "name": "With Tickets"});
        person["groups"].as_array_mut().unwrap().push(group);
    }
    if !case["localization"].is_null() {
        person["language"] = "spa".into();
    }
    let mut host = Host::new(assets, env, contact(&person));
    host.smtp_error = case["smtp_error"].as_str().map(str::to_owned);
    host.mock(&case["http_mocks"]);
    let flow_uuid: uuid::Uuid = raw["flows"][at]["uuid"].as_str().unwrap().parse().unwrap();
    let flow = FlowRef::new(flow_uuid, raw["flows"][at]["name"].as_str().unwrap());
    let trigger = first_trigger(&mut host, flow, case, voice);
    let sprint = host.start(trigger);
    check_action(&host, &sprint, case, flow_uuid, &json!([raw, person]))
}

/// A message, unless the case says otherwise.
fn first_trigger(host: &mut Host, flow: FlowRef, case: &Json, voice: bool) -> Trigger {
    if voice {
        host.phone_call = Some(
            serde_json::from_value(
                json!({"uuid": "01978a2f-ad9a-7f2e-ad44-6e7547078cec", "urn": "tel:+12065551212",
                "channel": {"uuid": "57f1078f-88aa-46f4-a59a-948a5739c03d", "name": "My Android Phone"}}),
            )
            .unwrap(),
        );
    }
    if case["no_input"] == true || case["as_batch"] == true || voice {
        let now = host.source.now().into();
        let mut trigger = Trigger::manual(flow, now, None, "");
        trigger.batch = case["as_batch"] == true;
        return trigger;
    }
    let uuid = host.source.uuid_v7();
    let received_on: flow::moment::Moment = host.source.now().into();
    let attachments = [
        "image/jpeg:http://http://s3.amazon.com/bucket/test.jpg",
        "audio/mp3:http://s3.amazon.com/bucket/test.mp3",
    ];
    let msg = MsgIn {
        urn: Some("tel:+12065551212".parse().unwrap()),
        text: "Hi everybody".to_owned(),
        attachments: attachments.map(str::to_owned).to_vec(),
        ..MsgIn::default()
    };
    let mut trigger = Trigger::msg(flow, uuid, received_on, msg, None);
    trigger.triggered_on = host.source.now().into();
    trigger
}

fn check_action(host: &Host, sprint: &Sprint, case: &Json, flow: uuid::Uuid, inputs: &Json) -> Outcome {
    let mut strict = true;
    let mut check = |what: &str, expected: &Json, found: Json| -> Result<(), String> {
        match compare(expected, &found, inputs) {
            Ok(Strict(same)) => strict &= same,
            Err(difference) => return Err(format!("{what}{difference}")),
        }
        Ok(())
    };
    let events = &sprint.events[1..sprint.events.len().saturating_sub(1).max(1)];
    check("events", &case["events"], serde_json::to_value(events).unwrap())?;
    let run = &sprint.session.runs[0];
    if !case["webhook"].is_null() {
        check("webhook", &case["webhook"], serde_json::to_value(&run.webhook).unwrap())?;
    }
    if !case["contact_after"].is_null() {
        check("contact", &case["contact_after"], serde_json::to_value(&host.contact).unwrap())?;
    }
    if !case["locals_after"].is_null() {
        check("locals", &case["locals_after"], serde_json::to_value(&run.locals).unwrap())?;
    }
    inspected(host, case, flow)?;
    Ok(Strict(strict))
}

fn inspected(host: &Host, case: &Json, flow: uuid::Uuid) -> Result<(), String> {
    let flow = host.assets.flow(flow).unwrap();
    let listed = |texts: Vec<String>| if texts.is_empty() { Json::Null } else { json!(texts) };
    let found = [
        ("templates", listed(templates(flow))),
        ("localizables", listed(localizables(flow))),
        ("inspection", serde_json::to_value(inspect(flow, Some(&host.assets))).unwrap()),
    ];
    for (what, found) in found {
        let expected = &case[what];
        if what == "inspection" && expected.is_null() {
            continue;
        }
        if let Some(difference) = difference(expected, &found, what) {
            return Err(difference);
        }
    }
    Ok(())
}

pub fn routers(data: &Data) -> Cases {
    each(data, "routers", router)
}

fn router(raw_assets: &Json, case: &Json) -> Outcome {
    let mut raw = raw_assets.clone();
    raw["flows"][0]["nodes"][0]["router"] = case["router"].clone();
    if !case["localization"].is_null() {
        raw["flows"][0]["localization"] = case["localization"].clone();
    }
    let env = environment(&json!({"allowed_languages": ["eng", "spa"], "default_country": "RW"}));
    let read = flow::Assets::read_in(&raw, &env);
    if let Some(error) = case["read_error"].as_str() {
        return match read {
            Err(problems) if problems[0].text.ends_with(error) => Ok(Strict(true)),
            Err(problems) => Err(format!("'{}' instead of '{error}'", problems[0].text)),
            Ok(_) => Err(format!("was read, instead of '{error}'")),
        };
    }
    let mut person = standard_contact();
    if raw["groups"].as_array().is_some() {
        person["groups"] = json!([]);
    }
    let mut host = Host::new(read.map_err(|problems| problems[0].to_string())?, env, contact(&person));
    host.limits = limits(256);
    host.contact.groups.clear();
    let flow: uuid::Uuid = "16f6eee7-9843-4333-bad2-1d7fd636452c".parse().unwrap();
    let now = host.source.now().into();
    let sprint = host.start(Trigger::manual(FlowRef::new(flow, "Router Tester"), now, None, ""));
    let events = &sprint.events[1..sprint.events.len().saturating_sub(1).max(1)];
    let expected = json!({"events": case["events"], "results": case["results"]});
    let found = json!({"events": events, "results": sprint.session.runs[0].results});
    let outcome = compare(&expected, &found, &json!([raw, person]))?;
    inspected(&host, case, flow)?;
    Ok(outcome)
}

pub fn resumes(data: &Data) -> Cases {
    each(data, "resumes", resume)
}

fn resume(raw_assets: &Json, case: &Json) -> Outcome {
    let mut raw = raw_assets.clone();
    let flow: uuid::Uuid = case["flow_uuid"].as_str().unwrap().parse().unwrap();
    let flows = raw["flows"].as_array_mut().unwrap();
    let raw_flow = flows.iter_mut().find(|raw| raw["uuid"] == case["flow_uuid"]).unwrap();
    raw_flow["nodes"][0]["router"]["wait"] = case["wait"].clone();
    let voice = raw_flow["type"] == "voice";
    let name = raw_flow["name"].as_str().unwrap().to_owned();
    let env = environment(&json!({}));
    let assets = crate::sessions::assets(&raw, &env)?;
    let person = json!({"uuid": "5d76d86b-3bb9-4d5a-b822-c9d86f5d8e4f", "name": "Bob", "language": "eng",
        "status": "active", "created_on": "2018-06-20T11:40:30Z"});
    let mut host = Host::new(assets, env, contact(&person));
    host.limits = limits(256);
    let now = host.source.now().into();
    let case_voice = json!({"no_input": true});
    let trigger = if voice {
        first_trigger(&mut host, FlowRef::new(flow, name), &case_voice, true)
    } else {
        Trigger::manual(FlowRef::new(flow, name), now, None, "")
    };
    let sprint = host.start(trigger);
    let wait: WaitId = sprint.session.wait_id();
    let sprint = host.resume(sprint.session, Resume::read(&case["resume"], wait)?);
    if let Some(error) = case["resume_error"].as_str() {
        if sprint.refused.as_deref() != Some(error) {
            return Err(format!("{:?} instead of '{error}'", sprint.refused));
        }
    }
    let mut events = sprint.events;
    if matches!(events.last().map(|event| &event.kind), Some(EventKind::RunEnded { .. })) {
        events.pop();
    }
    let mut expected = json!({"run_status": case["run_status"], "session_status": case["session_status"]});
    let mut found =
        json!({"run_status": sprint.session.runs[0].status, "session_status": sprint.session.status});
    if !case["events"].is_null() {
        expected["events"] = case["events"].clone();
        found["events"] = serde_json::to_value(events).unwrap();
    }
    compare(&expected, &found, &json!([raw, person, case["resume"]]))
}
