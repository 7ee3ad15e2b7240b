//! `openline flow run`: a conversation in the terminal.
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use flow::asks::WebhookReply;
use flow::env::Environment;
use flow::events::{EventKind, MsgIn, MsgOut};
use flow::saved::ScriptSource;
use flow::{
    Ask, AskAnswer, AskKind, Assets, Call, Contact, Event, Flow, Limits, Next, Resume, Session, Sprint,
    Trigger,
};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::definitions;

/// Questions to the outside that one answer may lead to.
const MAX_ASKS: usize = 100;

pub fn run(file: &Path, contact: Option<&Path>, flow: Option<&str>) -> anyhow::Result<ExitCode> {
    let read = definitions::read(file)?;
    let (assets, problems) = Assets::read_what_is_good(&read.assets, &Environment::default());
    for problem in &problems {
        eprintln!("{problem}");
    }
    let assets = Arc::new(assets);
    let flow = choose(&assets, flow)?;
    let contact: Contact = match contact {
        Some(path) => {
            let mut json = definitions::read_json(path)?;
            if let Some(map) = json.as_object_mut() {
                map.entry("uuid").or_insert_with(|| Uuid::from_u128(1).to_string().into());
            }
            serde_json::from_value(json).with_context(|| format!("{} is no contact", path.display()))?
        }
        None => serde_json::from_value(json!({"uuid": Uuid::from_u128(1)}))?,
    };
    let env = Environment {
        allowed_languages: std::iter::once(flow.language)
            .chain(flow.localization.languages().filter(|code| *code != flow.language))
            .collect(),
        ..Environment::default()
    };
    let source = ScriptSource::new(now(), u64::from(std::process::id()));
    let mut talk = Talk { assets, env, contact, source, limits: Limits::default(), wait: None };
    talk.go(&flow)?;
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::disallowed_methods, reason = "a person at a terminal has the machine's clock")]
fn now() -> Timestamp {
    Timestamp::now()
}

fn choose(assets: &Assets, wanted: Option<&str>) -> anyhow::Result<Arc<Flow>> {
    let mut flows: Vec<_> = assets.flows().collect();
    flows.sort_by(|a, b| a.name.cmp(&b.name));
    let names = || flows.iter().map(|flow| format!("'{}'", flow.name)).collect::<Vec<_>>().join(", ");
    match (wanted, flows.as_slice()) {
        (_, []) => anyhow::bail!("the file holds no flow that can be run"),
        (None, [only]) => Ok(Arc::clone(only)),
        (None, _) => anyhow::bail!("which flow? --flow with one of {}", names()),
        (Some(wanted), _) => flows
            .iter()
            .find(|flow| *flow.name == *wanted || flow.uuid.to_string() == wanted)
            .map(|flow| Arc::clone(flow))
            .with_context(|| format!("there is no flow '{wanted}', but {}", names())),
    }
}

/// What is typed next; `None` at the end of the input.
fn read_line() -> std::io::Result<Option<String>> {
    let mut line = String::new();
    Ok((std::io::stdin().read_line(&mut line)? > 0).then_some(line))
}

struct Talk {
    assets: Arc<Assets>,
    env: Environment,
    contact: Contact,
    source: ScriptSource,
    limits: Limits,
    /// When the wait ends by itself: times out, expires.
    wait: Option<(Option<Timestamp>, Timestamp)>,
}

impl Talk {
    fn call(&mut self) -> Call<'_> {
        Call {
            assets: &self.assets,
            env: &self.env,
            contact: &mut self.contact,
            source: &mut self.source,
            globals: None,
            policy: None,
            phone_call: None,
            limits: &self.limits,
        }
    }

    fn go(&mut self, flow: &Flow) -> anyhow::Result<()> {
        println!(
            "'{}'. You are {}. /timeout and /expire end a wait, /quit ends all.",
            flow.name,
            self.title()
        );
        let trigger = Trigger::manual(flow.to_ref(), now().into(), None, "ui");
        let sprint = flow::start(self.call(), trigger);
        let mut session = self.settle(sprint)?;
        while session.is_waiting() {
            print!("> ");
            std::io::stdout().flush()?;
            let Some(line) = read_line()? else { break };
            self.source.wait_until(now());
            let resume = match (line.trim(), self.wait) {
                ("/quit", _) => break,
                ("/timeout", Some((Some(at), _))) => {
                    self.source.wait_until(at);
                    Resume::Timeout(session.wait_id())
                }
                ("/timeout", _) => {
                    println!("  (this wait has no timeout)");
                    continue;
                }
                ("/expire", Some((_, at))) => {
                    self.source.wait_until(at);
                    Resume::Expiration(session.wait_id())
                }
                (text, _) => self.message(text),
            };
            let sprint = flow::resume(self.call(), session, resume);
            session = self.settle(sprint)?;
        }
        println!("({})", if session.is_waiting() { "left while it waits" } else { "the flow has ended" });
        Ok(())
    }

    fn title(&self) -> String {
        match (self.contact.name.as_str(), self.contact.language) {
            ("", None) => "somebody".to_owned(),
            ("", Some(language)) => format!("somebody who speaks {language}"),
            (name, None) => name.to_owned(),
            (name, Some(language)) => format!("{name} ({language})"),
        }
    }

    fn message(&self, text: &str) -> Resume {
        let urn = self.contact.urns.first().map(|held| held.urn().clone());
        let msg = MsgIn { urn, text: text.to_owned(), ..MsgIn::default() };
        Resume::Msg { uuid: Uuid::from_u128(2), received_on: now().into(), msg }
    }

    /// Shows what happened and has questions to the outside answered at the terminal.
    fn settle(&mut self, mut sprint: Sprint) -> anyhow::Result<Session> {
        for _ in 0..MAX_ASKS {
            if let Some(refused) = &sprint.refused {
                println!("  ! {refused}");
            }
            sprint.events.iter().for_each(show);
            let ask = match sprint.next {
                Next::Wait { timeout_at, expires_at, .. } => {
                    self.wait = Some((timeout_at, expires_at));
                    return Ok(sprint.session);
                }
                Next::Ended => return Ok(sprint.session),
                Next::Ask(ask) => ask,
            };
            let answer = answer(&ask)?;
            sprint = flow::resume(self.call(), sprint.session, Resume::Answer(ask.id, answer));
        }
        anyhow::bail!("the flow has asked the outside more than {MAX_ASKS} times")
    }
}

/// A web call is answered by whoever sits at the terminal; nothing else leaves the machine.
fn answer(ask: &Ask) -> anyhow::Result<AskAnswer> {
    let nothing = || "nothing is called from the terminal".to_owned();
    Ok(match &ask.kind {
        AskKind::Webhook { method, url, body, .. } => {
            println!("  ? {method} {url} {body}");
            print!("  status and body, such as: 200 {{\"ok\": true}} (nothing: no connection) > ");
            std::io::stdout().flush()?;
            let line = read_line()?.unwrap_or_default();
            let (status, body) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
            AskAnswer::Webhook(WebhookReply {
                status_code: status.parse().unwrap_or(0),
                body: body.as_bytes().to_vec(),
                ..WebhookReply::default()
            })
        }
        AskKind::Llm { .. } => AskAnswer::Llm(Err(nothing())),
        AskKind::Airtime { .. } => AskAnswer::Airtime(Err(nothing())),
        AskKind::Email { to, subject, .. } => {
            println!("  ? e-mail to {}: {subject}", to.join(", "));
            AskAnswer::Email(Ok(()))
        }
        AskKind::ClaimUrn { .. } => AskAnswer::ClaimUrn(true),
    })
}

fn show(event: &Event) {
    match &event.kind {
        EventKind::MsgCreated { msg, .. } | EventKind::IvrCreated { msg } => show_message(msg),
        EventKind::Error { text, extra, .. } => {
            let expression = extra.get("expression").map(|source| format!(" {source}")).unwrap_or_default();
            println!("  ! {text}{expression}");
        }
        EventKind::Failure { text } => println!("  !! the flow stopped: {text}"),
        EventKind::Warning { text, .. } => println!("  ! {text}"),
        EventKind::RunResultChanged { name, value, category, .. } => {
            println!(
                "  · {name} = {value}{}",
                if category.is_empty() { String::new() } else { format!(" ({category})") }
            );
        }
        EventKind::ContactFieldChanged { field, value } => {
            println!("  · field {} = {}", field.key, value.as_ref().map_or("", |value| &value.text));
        }
        EventKind::RunStarted { flow, .. } => println!("  · {} begins", flow.name),
        EventKind::TicketOpened { .. } => println!("  · a ticket is opened"),
        EventKind::RunEnded { .. } | EventKind::MsgWait { .. } => {}
        other => {
            let name = serde_json::to_value(other).ok();
            println!(
                "  · {}",
                name.as_ref().and_then(|json| json["type"].as_str()).unwrap_or("something happened")
            );
        }
    }
}

fn show_message(msg: &MsgOut) {
    for line in msg.text.lines() {
        println!("< {line}");
    }
    for file in &msg.attachments {
        println!("< [{file}]");
    }
    let choices = msg.quick_replies.iter().filter(|reply| !reply.text.is_empty()).enumerate();
    for (at, reply) in choices {
        println!("<   {}. {}", at + 1, reply.text);
    }
}
