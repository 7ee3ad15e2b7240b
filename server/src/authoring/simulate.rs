//! A conversation played from its beginning on the real engine. Ids, clock and random numbers follow from the request.
use std::collections::BTreeMap;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex, PoisonError};

use channels::Tariffs;
use flow::asks::AskKind;
use flow::contact::{Contact, ContactUrn};
use flow::events::{EventKind, MsgOut};
use flow::moment::Moment;
use flow::saved::ScriptSource;
use flow::saved::stage::{Doing, Heard, Setting, Stage, USUAL_BEGINNING, Unheard};
use flow::words::{Content, Language, Urn};
use jiff::civil::Date;
use uuid::Uuid;

use super::lay::Laid;
use super::notes::{self, note};
use super::view::{
    Bubble, BubbleAttachment, BubbleChoice, BubbleFrom, ChoiceStyle, ContactNow, Cost, Degraded, Look, Note,
    ResultNow, Segments, Simulate, SimulatedContact, SimulatedStep, SimulatedTurn, Simulation, WaitKind,
    Waiting,
};
use crate::answers::AnswerGlobals;
use crate::api::Problem;
use crate::app::App;
use crate::flows::content_of;
use crate::inbound::MAX_TEXT_CHARS;
use crate::lines::Line;
use crate::tariffs::PriceView;

/// The most steps of a simulation.
pub const MAX_STEPS: usize = 200;
/// The most fields that a simulated person brings.
const MAX_FIELDS: usize = 200;

/// A simulation that was played.
pub struct Played {
    pub stage: Stage,
    pub turns: Vec<Turn>,
    /// The person before she began.
    pub contact: Contact,
    pub begins_on: Moment,
    globals: Arc<Answers>,
}

/// What one step led to.
pub struct Turn {
    /// What she said, for the talk.
    pub said: Option<(String, Vec<String>)>,
    pub heard: Heard,
    /// What the line would have done before any flow.
    before: Vec<Note>,
}

/// The line's answers as they are valid today, and which of them the flow asked for.
struct Answers {
    app: App,
    line: Arc<Line>,
    today: Date,
    language: Mutex<Option<Language>>,
    text: Mutex<String>,
    used: Mutex<BTreeMap<String, String>>,
}

impl flow::Globals for Answers {
    fn get(&self, key: &str) -> Option<String> {
        let globals = AnswerGlobals {
            app: self.app.clone(),
            line: self.line.clone(),
            language: *self.language.lock().unwrap_or_else(PoisonError::into_inner),
            today: self.today,
            text: self.text.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            earliest_end: AtomicI64::new(0),
        };
        let value = globals.get(key)?;
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.insert(key.to_owned(), value.clone());
        Some(value)
    }
}

impl Played {
    /// The verified answers that the flow asked for, by the names of their globals.
    pub fn answers_used(&self) -> BTreeMap<String, String> {
        self.globals.used.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Plays a conversation.
///
/// # Errors
/// When there is no such flow, too many steps, or the person cannot be read.
pub fn play(app: &App, line: &Arc<Line>, laid: &Laid, request: &Simulate) -> Result<Played, Problem> {
    if request.steps.len() > MAX_STEPS {
        return Err(Problem::field("steps", format!("At most {MAX_STEPS} steps.")));
    }
    let flow = laid.assets.flow(request.flow);
    let flow = flow.ok_or_else(|| Problem::field("flow", "There is no such flow, or it cannot be read."))?;
    let begins_on: Moment = match &request.begins_on {
        None => USUAL_BEGINNING.into(),
        Some(text) => {
            text.parse().map_err(|_| Problem::field("begins_on", "This is no time of RFC 3339."))?
        }
    };
    let contact = person(line, laid, &request.contact, request.look, begins_on)?;
    let globals = Arc::new(Answers {
        app: app.clone(),
        line: line.clone(),
        today: crate::answers::today(line, app.now()),
        language: Mutex::new(contact.language),
        text: Mutex::default(),
        used: Mutex::default(),
    });
    let mut stage = Stage::asking(Setting {
        assets: laid.assets.clone(),
        env: laid.env.clone(),
        contact: contact.clone(),
        begins_on: begins_on.at,
        globals: globals.clone(),
    });
    let heard = stage.start(flow, None);
    let mut turns = vec![Turn { said: None, heard, before: Vec::new() }];
    for step in &request.steps {
        *globals.language.lock().unwrap_or_else(PoisonError::into_inner) = stage.contact().language;
        turns.push(turn(line, &mut stage, &globals, step));
    }
    Ok(Played { stage, turns, contact, begins_on, globals })
}

fn person(
    line: &Line,
    laid: &Laid,
    wanted: &SimulatedContact,
    look: Look,
    begins_on: Moment,
) -> Result<Contact, Problem> {
    if wanted.fields.len() > MAX_FIELDS {
        return Err(Problem::field("contact", format!("At most {MAX_FIELDS} fields.")));
    }
    let language = match wanted.language.as_deref().filter(|code| !code.is_empty()) {
        None => Some(line.content.languages[0]),
        Some(code) => {
            let language: Result<Language, _> = code.parse();
            Some(language.map_err(|_| {
                Problem::field("contact", "A language is an ISO 639-3 code of three letters.")
            })?)
        }
    };
    let urn = match look {
        Look::Whatsapp => "whatsapp:15005550006",
        Look::Sms | Look::Voice => "tel:+15005550006",
        Look::Webchat => "webchat:simulator",
    };
    let urn: Urn = urn.parse().map_err(|_| Problem::internal())?;
    let mut source = ScriptSource::new(begins_on.at, 1);
    let values = wanted.fields.iter().filter_map(|(key, text)| {
        let field = laid.assets.field(key)?;
        Some((field.key.clone(), field.parse_value(text, &laid.env, &laid.assets, &mut source)?))
    });
    let mut contact = Contact {
        uuid: Uuid::from_u128(1),
        name: wanted.name.clone().unwrap_or_default(),
        language,
        created_on: begins_on,
        urns: vec![ContactUrn::new(urn)],
        ..Contact::default()
    };
    contact.fields = values.collect();
    Ok(contact)
}

fn turn(line: &Line, stage: &mut Stage, globals: &Answers, step: &SimulatedStep) -> Turn {
    // as the line cuts what somebody writes
    let cut = |text: &String| text.chars().take(MAX_TEXT_CHARS).collect::<String>();
    let (doing, said) = match step {
        SimulatedStep::Says(text) => {
            let text = cut(text);
            let said = (text.clone(), Vec::new());
            (Doing::Says { text, attachments: Vec::new() }, Some(said))
        }
        SimulatedStep::Taps(choice) => {
            let said = (cut(choice), Vec::new());
            (Doing::Taps { choice: choice.clone(), attachments: Vec::new() }, Some(said))
        }
        SimulatedStep::Sends(files) => {
            let said = (String::new(), files.clone());
            (Doing::Says { text: String::new(), attachments: files.clone() }, Some(said))
        }
        SimulatedStep::SilentUntil(silence) => (Doing::Silent(*silence), None),
        SimulatedStep::Answers(answer) => (Doing::Answers(answer.clone()), None),
    };
    let before = said.as_ref().map_or_else(Vec::new, |(text, _)| the_line_hears(line, text));
    if let Some((text, _)) = &said {
        globals.text.lock().unwrap_or_else(PoisonError::into_inner).clone_from(text);
    }
    Turn { heard: stage.does(doing), said, before }
}

/// What the line itself would make of a message, before any flow.
fn the_line_hears(line: &Line, text: &str) -> Vec<Note> {
    let mut notes = Vec::new();
    if line.command(text).is_some() {
        notes.push(note(
            "line",
            "On the line this is a word that the server answers itself: no flow gets it.",
        ));
    }
    if line.triage(text).is_some() {
        notes.push(note(
            "line",
            "On the line this speaks of danger: it goes to the protection team, and no flow gets it.",
        ));
    }
    notes
}

/// On what a simulation is shown: the line's own channel of a look where it has one, and what that costs.
pub struct On<'a> {
    look: channels::Look,
    account: Option<&'a channels::Account>,
    number: &'a str,
    tariffs: &'a Tariffs,
    day: Date,
}

impl<'a> On<'a> {
    /// The look on a line, today.
    #[must_use]
    pub fn new(app: &App, line: &'a Line, look: Look, tariffs: &'a Tariffs) -> Self {
        let look = match look {
            Look::Whatsapp => channels::Look::Whatsapp,
            Look::Sms => channels::Look::Sms,
            Look::Webchat => channels::Look::Webchat,
            Look::Voice => channels::Look::Voice,
        };
        let accounts = line.channels.iter().filter_map(|channel| channel.account());
        let account = accounts.into_iter().find(|account| channels::Look::of(account) == look);
        let number = line.number();
        Self { look, account, number, tariffs, day: crate::answers::today(line, app.now()) }
    }

    fn preview(&self, content: &Content) -> channels::Preview {
        match self.account {
            Some(account) => channels::preview_on(account, content),
            None => channels::preview(self.look, content),
        }
    }

    fn price(&self, preview: &channels::Preview) -> Option<channels::Price> {
        channels::price(self.tariffs, preview, self.number, self.day)
    }
}

/// Sums by currency; what would not fit into a number is left out.
#[derive(Default)]
struct Costs(BTreeMap<String, u64>);

impl Costs {
    fn add(&mut self, price: &channels::Price) {
        let sum = self.0.entry(price.currency.clone()).or_default();
        *sum = sum.saturating_add(price.micros);
    }

    fn view(self) -> Vec<Cost> {
        self.0
            .into_iter()
            .map(|(currency, micros)| Cost { amount: channels::amount(micros), currency })
            .collect()
    }
}

/// How a simulation is shown.
#[must_use]
pub fn shown(played: &Played, on: &On<'_>) -> Simulation {
    let session = played.stage.session();
    let mut costs = Costs::default();
    let turns = played.turns.iter().enumerate().map(|(at, turn)| {
        let mut bubbles: Vec<Bubble> = turn.said.iter().map(|(text, files)| of_person(text, files)).collect();
        let mut notes: Vec<Note> =
            turn.before.iter().map(|before| note(&before.kind, before.text.clone())).collect();
        for event in &turn.heard.events {
            if let EventKind::MsgCreated { msg, .. } | EventKind::IvrCreated { msg } = &event.kind {
                bubbles.push(of_line(msg, on, &mut costs));
            }
            notes.extend(notes::of(event, session));
        }
        notes.extend(turn.heard.unheard.as_ref().map(unheard));
        SimulatedTurn { step: at.checked_sub(1), bubbles, notes }
    });
    let turns = turns.collect();
    let waiting = waiting(&played.stage);
    Simulation {
        turns,
        ended: waiting.is_none(),
        waiting,
        contact: now(played.stage.contact()),
        results: results(played),
        costs: costs.view(),
    }
}

/// Whether the flow is over.
#[must_use]
pub fn is_over(played: &Played) -> bool {
    waiting(&played.stage).is_none()
}

/// The results as they are in the end.
#[must_use]
pub fn results(played: &Played) -> Vec<ResultNow> {
    let runs = played.stage.session().map(|session| session.runs.as_slice()).unwrap_or_default();
    let results: BTreeMap<_, _> = runs.iter().flat_map(|run| &run.results).collect();
    let shown = results.into_iter().map(|(key, result)| ResultNow {
        key: key.to_string(),
        name: result.name.to_string(),
        value: result.value.to_string(),
        category: result.category.to_string(),
    });
    shown.collect()
}

fn unheard(why: &Unheard) -> Note {
    match why {
        Unheard::Refused(reason) => note("unheard", format!("The flow did not take it: {reason}.")),
        other => note("unheard", format!("The flow did not take it: {other}.")),
    }
}

fn now(contact: &Contact) -> ContactNow {
    ContactNow {
        name: contact.name.clone(),
        language: contact.language.map(|language| language.to_string()),
        fields: contact.fields.iter().map(|(key, value)| (key.to_string(), value.text.to_string())).collect(),
        groups: contact.groups.iter().map(|group| group.name.to_string()).collect(),
    }
}

fn waiting(stage: &Stage) -> Option<Waiting> {
    if let Some(ask) = stage.asked() {
        let about = match &ask.kind {
            AskKind::Webhook { method, url, .. } => format!("webhook {method} {url}"),
            AskKind::Llm { llm, .. } => format!("llm {}", llm.name),
            AskKind::Airtime { amounts, .. } => {
                let amounts: Vec<String> =
                    amounts.iter().map(|(currency, amount)| format!("{amount} {currency}")).collect();
                format!("airtime {}", amounts.join(" or "))
            }
            AskKind::Email { to, subject, .. } => format!("email to {}: {subject}", to.join(", ")),
            AskKind::ClaimUrn { urn } => format!("claim of {urn}"),
        };
        return Some(Waiting { kind: WaitKind::Answer, about: Some(about), timeout_seconds: None });
    }
    let wait = stage.wait().filter(|_| stage.session().is_some_and(flow::Session::is_waiting))?;
    Some(Waiting {
        kind: if wait.dial { WaitKind::Dial } else { WaitKind::Message },
        about: None,
        timeout_seconds: wait.timeout_at.map(|at| at.as_second() - stage.now().as_second()),
    })
}

fn attachments(content: &Content) -> Vec<BubbleAttachment> {
    let attachments = content.attachments.iter();
    attachments
        .map(|file| BubbleAttachment { content_type: file.content_type.clone(), url: file.url.clone() })
        .collect()
}

fn of_person(text: &str, files: &[String]) -> Bubble {
    let files = files.iter().filter_map(|file| flow::words::Attachment::parse(file));
    let content = Content { attachments: files.collect(), ..Content::default() };
    Bubble {
        from: BubbleFrom::Person,
        text: text.to_owned(),
        parts: vec![text.to_owned()],
        choices: Vec::new(),
        choice_style: ChoiceStyle::None,
        attachments: attachments(&content),
        degraded: Vec::new(),
        segments: None,
        price: None,
    }
}

fn of_line(msg: &MsgOut, on: &On<'_>, costs: &mut Costs) -> Bubble {
    let content = content_of(msg);
    let preview = on.preview(&content);
    let price = on.price(&preview);
    price.iter().for_each(|price| costs.add(price));
    let degraded = degraded_of(&preview);
    Bubble {
        from: BubbleFrom::Line,
        text: msg.text.clone(),
        parts: preview.parts,
        choices: preview
            .choices
            .into_iter()
            .map(|choice| BubbleChoice { id: choice.id, text: choice.text })
            .collect(),
        choice_style: match preview.choice_style {
            channels::ChoiceStyle::Buttons => ChoiceStyle::Buttons,
            channels::ChoiceStyle::List => ChoiceStyle::List,
            channels::ChoiceStyle::Numbered => ChoiceStyle::Numbered,
            channels::ChoiceStyle::None => ChoiceStyle::None,
        },
        attachments: attachments(&content),
        degraded,
        segments: preview.segments.map(Segments::of),
        price: price.map(PriceView::of),
    }
}

/// What is shown otherwise than it is written, or why nothing can be sent.
pub fn degraded_of(preview: &channels::Preview) -> Vec<Degraded> {
    let word = |value: serde_json::Result<serde_json::Value>| {
        value.ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
    };
    let shown = preview.degraded.iter();
    let shown =
        shown.map(|one| Degraded { what: word(serde_json::to_value(one.what)), why: one.why.clone() });
    let refused = preview.refused.iter().map(|why| Degraded { what: "message".to_owned(), why: why.clone() });
    shown.chain(refused).collect()
}
