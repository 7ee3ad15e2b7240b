//! A conversation that can be played again and again.
use std::sync::Arc;

use flow::env::Environment;
use flow::resumes::WaitId;
use flow::{Assets, Call, Contact, Limits, Next, Resume, Session, Sprint, Trigger, Viewpoint};
use serde_json::{Value as Json, json};

use crate::host::{Clock, answer};

/// Questions that one conversation may ask the server.
const MAX_ASKS: usize = 1000;

/// Definitions, a person, and what she says.
pub struct Conversation {
    assets: Arc<Assets>,
    env: Environment,
    contact: Contact,
    trigger: Trigger,
    resumes: Vec<Resume>,
    limits: Limits,
}

/// What one playing came to.
#[derive(Default)]
pub struct Played {
    pub sprints: u64,
    pub events: usize,
}

impl Conversation {
    /// Reads definitions and a test.
    pub fn read(assets: &Json, test: &Json) -> Result<Self, String> {
        let env: Environment = match &test["environment"] {
            Json::Null => Environment::default(),
            json => serde_json::from_value(json.clone()).map_err(|error| format!("environment: {error}"))?,
        };
        let assets = Assets::read_in(assets, &env)
            .map_err(|problems| problems.first().map(ToString::to_string).unwrap_or_default())?;
        let contact =
            serde_json::from_value(test["contact"].clone()).map_err(|error| format!("contact: {error}"))?;
        let resumes = test["resumes"].as_array().into_iter().flatten();
        Ok(Self {
            assets: Arc::new(assets),
            env,
            contact,
            trigger: Trigger::read(&test["trigger"])?,
            resumes: resumes.map(|json| Resume::read(json, WaitId(0))).collect::<Result<_, _>>()?,
            limits: Limits::default(),
        })
    }

    /// One person who has been asked one question, for templates.
    pub fn built_in() -> Result<Self, String> {
        let id = |number: u32| format!("20000000-0000-4000-8000-{number:012}");
        let field =
            |n: u32, key: &str, kind: &str| json!({"uuid": id(n), "key": key, "name": key, "type": kind});
        let node = json!({"uuid": id(2),
            "actions": [{"uuid": id(3), "type": "set_run_result", "name": "Need", "value": "shelter", "category": "Shelter"},
                {"uuid": id(4), "type": "send_msg", "text": "Where do you sleep tonight?"}],
            "router": {"type": "switch", "operand": "@input.text", "wait": {"type": "msg"}, "result_name": "Place",
                "categories": [{"uuid": id(5), "name": "All", "exit_uuid": id(6)}], "default_category_uuid": id(5)},
            "exits": [{"uuid": id(6)}]});
        let assets = json!({
            "flows": [{"uuid": id(1), "name": "Needs", "spec_version": "14.4.2", "language": "eng", "type": "messaging",
                "expire_after_minutes": 60, "nodes": [node]}],
            "fields": [field(10, "district", "text"), field(11, "age", "number"), field(12, "arrived", "datetime")],
            "groups": [{"uuid": id(20), "name": "Families"}],
            "globals": [{"key": "hotline", "name": "Hotline", "value": "1800"}],
            "channels": [{"uuid": id(30), "name": "Line", "address": "+593990000000", "schemes": ["tel"],
                "roles": ["send", "receive"], "country": "EC"}],
        });
        let test = json!({
            "environment": {"allowed_languages": ["eng", "spa"], "timezone": "America/Guayaquil"},
            "contact": {"uuid": id(40), "name": "Amina Diallo", "language": "eng", "created_on": "2030-01-01T00:00:00Z",
                "urns": ["tel:+593991234567"], "groups": [{"uuid": id(20), "name": "Families"}],
                "fields": {"district": {"text": "Quitumbe"}, "age": {"text": "34", "number": 34},
                    "arrived": {"text": "2029-05-01", "datetime": "2029-05-01T10:00:00.000000-05:00"}}},
            "trigger": {"type": "manual", "flow": {"uuid": id(1), "name": "Needs"}, "triggered_on": "2030-01-02T00:00:00Z"},
            "resumes": [],
        });
        Self::read(&assets, &test)
    }

    /// Plays it once.
    pub fn play(&self, stored: bool) -> Result<Played, String> {
        let (mut source, mut contact) = (Clock::new(), self.contact.clone());
        let mut played = Played::default();
        let sprint = flow::start(self.call(&mut contact, &mut source), self.trigger.clone());
        let mut session = self.settle(sprint, &mut contact, &mut source, &mut played, stored)?;
        for resume in &self.resumes {
            if !session.is_waiting() {
                return Err(format!("the session ended after {} sprints", played.sprints));
            }
            let resume = match resume {
                Resume::Timeout(_) => Resume::Timeout(session.wait_id()),
                Resume::Expiration(_) => Resume::Expiration(session.wait_id()),
                other => other.clone(),
            };
            let sprint = flow::resume(self.call(&mut contact, &mut source), session, resume);
            session = self.settle(sprint, &mut contact, &mut source, &mut played, stored)?;
        }
        Ok(played)
    }

    /// Answers what the session asks, and keeps it for the next sprint.
    fn settle(
        &self,
        mut sprint: Sprint,
        contact: &mut Contact,
        source: &mut Clock,
        played: &mut Played,
        stored: bool,
    ) -> Result<Session, String> {
        played.sprints += 1;
        for _ in 0..MAX_ASKS {
            if let Some(refused) = sprint.refused {
                return Err(refused);
            }
            played.events += sprint.events.len();
            let session = keep(sprint.session, stored)?;
            let Next::Ask(ask) = &sprint.next else { return Ok(session) };
            let answer = Resume::Answer(ask.id, answer(ask));
            sprint = flow::resume(self.call(contact, source), session, answer);
        }
        Err(format!("more than {MAX_ASKS} questions to the server"))
    }

    fn call<'c>(&'c self, contact: &'c mut Contact, source: &'c mut Clock) -> Call<'c> {
        Call {
            assets: &self.assets,
            env: &self.env,
            contact,
            source,
            globals: None,
            policy: None,
            phone_call: None,
            limits: &self.limits,
        }
    }

    /// The session after its first sprint.
    pub fn begun(&self) -> Result<(Session, Clock, Arc<Contact>), String> {
        let (mut source, mut contact) = (Clock::new(), self.contact.clone());
        let sprint = flow::start(self.call(&mut contact, &mut source), self.trigger.clone());
        let session = self.settle(sprint, &mut contact, &mut source, &mut Played::default(), false)?;
        Ok((session, source, Arc::new(contact)))
    }

    /// The session as it stands, to evaluate templates in.
    pub fn viewpoint<'v>(
        &'v self,
        session: &'v Session,
        contact: &'v Arc<Contact>,
        source: &'v mut Clock,
    ) -> Result<Viewpoint<'v>, String> {
        Viewpoint::new(&self.assets, &self.env, contact, session, source)
            .ok_or_else(|| "the session has not begun".to_owned())
    }
}

fn keep(session: Session, stored: bool) -> Result<Session, String> {
    if !stored {
        return Ok(session);
    }
    Session::from_stored(&session.to_stored()).map_err(|error| error.to_string())
}
