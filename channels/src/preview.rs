//! What a person will see of a message, before it is sent: read back from the very requests that the adapters write,
//! so that what is shown and what leaves cannot differ.
use flow::words::{Attachment, Content, QuickReply, QuickReplyKind, Urn};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::account::{Account, Provider, Secret};
use crate::adapter::Preparation;
use crate::choices::{choice_id, choices_numbered};
use crate::http::{Headers, HttpResponse};
use crate::outgoing::{Degraded, Feature, Outgoing, Refused};
use crate::segments::{self, Encoding};

pub(crate) mod read;

/// A provider's way of showing a message. Providers that show alike share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Look {
    Whatsapp,
    /// Text alone: choices are numbered lines, files are links.
    Sms,
    /// The line's own page: everything as it was written.
    Webchat,
    Telegram,
    Viber,
    Messenger,
    Instagram,
    Line,
    Vk,
    /// Said by telephone: choices are keys.
    Voice,
}

impl Look {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Whatsapp,
        Self::Sms,
        Self::Webchat,
        Self::Telegram,
        Self::Viber,
        Self::Messenger,
        Self::Instagram,
        Self::Line,
        Self::Vk,
        Self::Voice,
    ];

    /// The name as it is stored and asked for.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Whatsapp => "whatsapp",
            Self::Sms => "sms",
            Self::Webchat => "webchat",
            Self::Telegram => "telegram",
            Self::Viber => "viber",
            Self::Messenger => "messenger",
            Self::Instagram => "instagram",
            Self::Line => "line",
            Self::Vk => "vk",
            Self::Voice => "voice",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|look| look.as_str() == name)
    }

    /// How an account's messages look.
    #[must_use]
    pub fn of(account: &Account) -> Self {
        match (account.provider(), crate::scheme(account)) {
            (Provider::Telegram, _) => Self::Telegram,
            (Provider::Viber, _) => Self::Viber,
            (Provider::Messenger, _) => Self::Messenger,
            (Provider::Instagram, _) => Self::Instagram,
            (Provider::Line, _) => Self::Line,
            (Provider::Vk, _) => Self::Vk,
            (Provider::TwilioVoice | Provider::AfricasTalkingVoice, _) => Self::Voice,
            (_, "whatsapp") => Self::Whatsapp,
            _ => Self::Sms,
        }
    }

    /// An account that shows this way; `None` for what no provider is asked for.
    fn sample(self) -> Option<Account> {
        let (provider, settings) = match self {
            Self::Webchat | Self::Voice => return None,
            Self::Sms => (Provider::Twilio, json!({"account_sid": "AC", "auth_token": "-", "mms": false})),
            Self::Whatsapp => (
                Provider::WhatsappCloud,
                json!({"access_token": "-", "app_secret": "-", "verify_token": "-"}),
            ),
            Self::Telegram => (Provider::Telegram, json!({"bot_token": "-", "unsigned_webhooks": true})),
            Self::Viber => (Provider::Viber, json!({"auth_token": "-"})),
            Self::Messenger => {
                (Provider::Messenger, json!({"access_token": "-", "app_secret": "-", "verify_token": "-"}))
            }
            Self::Instagram => {
                (Provider::Instagram, json!({"access_token": "-", "app_secret": "-", "verify_token": "-"}))
            }
            Self::Vk => {
                (Provider::Vk, json!({"access_token": "-", "confirmation": "-", "unsigned_webhooks": true}))
            }
            Self::Line => (Provider::Line, json!({"access_token": "-", "channel_secret": "-"})),
        };
        Account::new(provider, "1", None, &settings).ok()
    }
}

/// A message as it will be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    pub look: Look,
    /// The provider, when a real account was asked: its prices come before those of the look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
    /// The texts as they leave, in order; a file's caption is one of them.
    pub parts: Vec<String>,
    /// How many messages the person gets: texts, and files that stand alone.
    pub messages: usize,
    pub choices: Vec<ShownChoice>,
    pub choice_style: ChoiceStyle,
    /// What the button says that opens the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_label: Option<String>,
    pub attachments: Vec<ShownFile>,
    /// The name of the template that is sent instead of everything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// What the provider charges the template as (`utility`, `marketing` …). Content does not know it: whoever does
    /// sets it before asking for a price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_category: Option<String>,
    /// How many minutes a call lasts at least, each one that was begun counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u32>,
    pub degraded: Vec<Degraded>,
    /// What it takes as SMS; only where it goes as SMS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segments: Option<Segments>,
    /// Why it cannot be sent this way at all, in plain words; all else is empty then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// How choices are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChoiceStyle {
    Buttons,
    List,
    /// As numbered lines of the text.
    Numbered,
    /// There is nothing to choose.
    None,
}

/// One choice as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownChoice {
    /// What comes back when it is tapped or typed: see [`crate::choice_id`].
    pub id: String,
    /// The words as they are shown; a provider may show fewer than were written.
    pub text: String,
    #[serde(rename = "type")]
    pub kind: QuickReplyKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where a link leads, or the form's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// From 1 on, for a choice that is a line of the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<usize>,
}

/// One file as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownFile {
    /// As what it is shown: `image`, `audio`, `video`, `sticker`, `document` or `location`.
    #[serde(rename = "as")]
    pub shown_as: String,
    /// Its address, or `latitude,longitude`.
    pub url: String,
    /// Which of [`Preview::parts`] stands with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<usize>,
}

/// What a message takes as SMS, over all its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segments {
    /// What is paid for.
    pub count: usize,
    /// The costliest alphabet of its parts.
    pub encoding: Encoding,
    /// Letters as a person counts them.
    pub characters: usize,
    /// Units that fit into the last segment still.
    pub left_in_last: usize,
}

/// One request, read back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) text: Option<String>,
    /// What each is shown as, and its address.
    pub(crate) files: Vec<(String, String)>,
    pub(crate) taps: Vec<Tap>,
    pub(crate) list_label: Option<String>,
    pub(crate) template: Option<String>,
}

/// Something to tap, as a request writes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tap {
    pub(crate) kind: QuickReplyKind,
    pub(crate) text: String,
    /// Where the request says one.
    pub(crate) id: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) target: Option<String>,
}

/// A message as a kind of channel shows it.
#[must_use]
pub fn preview(look: Look, content: &Content) -> Preview {
    match (look, look.sample()) {
        (_, Some(account)) => Preview { provider: None, ..preview_on(&account, content) },
        (Look::Voice, None) => as_said(content),
        (_, None) => as_written(look, content),
    }
}

/// A message as one account shows it, with its own limits.
#[must_use]
pub fn preview_on(account: &Account, content: &Content) -> Preview {
    let look = Look::of(account);
    if look == Look::Voice {
        let mut preview = Preview { provider: Some(account.provider()), ..as_said(content) };
        preview.degraded.extend(crate::voice::degraded(account, content));
        return preview;
    }
    let mut preview = empty(look);
    preview.provider = Some(account.provider());
    match layout(account, content) {
        Ok((shown, degraded)) => {
            preview.degraded = degraded;
            fill(&mut preview, shown, content);
        }
        Err(refused) => preview.refused = Some(refused.to_string()),
    }
    if preview.refused.is_none() && crate::scheme(account) == "tel" && preview.template.is_none() {
        preview.segments = Some(count(&preview.parts));
    }
    preview
}

/// The most questions that are answered for a preview: more would be a mistake of an adapter.
const MAX_QUESTIONS: usize = 50;

/// What the account's own adapter makes of the content, for somebody who can be reached. Whatever it must ask first
/// (the size of a file, a token) is answered with a stand-in.
fn layout(account: &Account, content: &Content) -> Result<(Vec<Shown>, Vec<Degraded>), Refused> {
    let scheme = crate::scheme(account);
    let path = match scheme {
        "tel" | "whatsapp" => "+15005550006",
        "freshchat" => "1/1",
        _ => "1",
    };
    let to = Urn::new(scheme, path).map_err(|_| Refused::Address)?;
    let mut outgoing = Outgoing::new(Uuid::nil(), to, content.clone());
    outgoing.reply_token = (scheme == "fcm").then(|| "-".to_owned());
    let mut account = account.clone();
    for _ in 0..MAX_QUESTIONS {
        match crate::prepare(&account, &outgoing)? {
            None => break,
            Some(Preparation::Token(_)) => account = account.with_token(Secret::new("-")),
            Some(Preparation::Ask { key, .. }) => {
                let headers = Headers::new().with("Content-Length", "1");
                outgoing.answers.insert(key, HttpResponse { status: 200, headers, body: Vec::new() });
            }
        }
    }
    let layout = account.settings.adapter().layout(&account, &outgoing)?;
    if layout.0.is_empty() { Err(Refused::Empty) } else { Ok(layout) }
}

fn empty(look: Look) -> Preview {
    Preview {
        look,
        provider: None,
        parts: Vec::new(),
        messages: 0,
        choices: Vec::new(),
        choice_style: ChoiceStyle::None,
        list_label: None,
        attachments: Vec::new(),
        template: None,
        template_category: None,
        minutes: None,
        degraded: Vec::new(),
        segments: None,
        refused: None,
    }
}

fn fill(preview: &mut Preview, shown: Vec<Shown>, content: &Content) {
    preview.messages = shown.len();
    let mut taps = Vec::new();
    for one in shown {
        let text = one.text.filter(|text| !text.is_empty());
        let caption = text.as_ref().map(|_| preview.parts.len());
        let mut files = one.files.into_iter();
        preview.attachments.extend(
            files
                .next()
                .map(|(shown_as, url)| ShownFile { shown_as, url, caption })
                .into_iter()
                .chain(files.map(|(shown_as, url)| ShownFile { shown_as, url, caption: None })),
        );
        preview.parts.extend(text);
        preview.list_label = one.list_label.or(preview.list_label.take());
        preview.template = one.template.or(preview.template.take());
        taps.extend(one.taps);
    }
    let has_choices = taps.iter().any(|tap| tap.kind == QuickReplyKind::Text);
    preview.choices = taps.into_iter().map(|tap| choice(tap, content)).collect();
    if preview.template.is_some() {
        return;
    }
    let numbered = if has_choices { Vec::new() } else { choices_numbered(&content.quick_replies) };
    preview.choice_style = match (numbered.is_empty(), preview.choices.is_empty()) {
        (false, _) => ChoiceStyle::Numbered,
        (true, true) => ChoiceStyle::None,
        (true, false) if preview.list_label.is_some() => ChoiceStyle::List,
        (true, false) => ChoiceStyle::Buttons,
    };
    let lines = numbered.into_iter().map(|line| ShownChoice {
        id: line.id,
        text: line.text,
        kind: QuickReplyKind::Text,
        description: None,
        target: None,
        number: Some(line.number),
    });
    preview.choices.splice(0..0, lines);
}

/// A request may leave the id out where its words come back (Telegram): then the content knows it.
fn choice(tap: Tap, content: &Content) -> ShownChoice {
    let same = |reply: &&QuickReply| reply.kind == tap.kind && reply.text.trim() == tap.text;
    let id = tap.id.or_else(|| content.quick_replies.iter().find(same).map(|r| choice_id(r).to_owned()));
    ShownChoice {
        id: id.unwrap_or_else(|| tap.text.clone()),
        text: tap.text,
        kind: tap.kind,
        description: tap.description,
        target: tap.target,
        number: None,
    }
}

/// The line's own page shows what was written.
fn as_written(look: Look, content: &Content) -> Preview {
    let mut preview = empty(look);
    let text = Some(content.text.trim().to_owned()).filter(|text| !text.is_empty());
    let tap = |reply: &QuickReply| Tap {
        kind: reply.kind,
        text: reply.text.trim().to_owned(),
        id: Some(choice_id(reply).to_owned()),
        description: reply.extra.clone().filter(|_| reply.kind == QuickReplyKind::Text),
        target: reply.extra.clone().filter(|_| reply.kind != QuickReplyKind::Text),
    };
    let files = content.attachments.iter().map(|file| (read::shown_as(file).to_owned(), file.url.clone()));
    let shown = Shown {
        text,
        files: files.collect(),
        taps: content.quick_replies.iter().map(tap).collect(),
        ..Shown::default()
    };
    if shown == Shown::default() {
        preview.refused = Some(Refused::Empty.to_string());
    } else {
        fill(&mut preview, vec![shown], content);
    }
    preview
}

/// Seconds of a minute that was begun.
const MINUTE: u32 = 60;

/// A telephone says one thing after another; what a computer says is a part, what is recorded a file.
fn as_said(content: &Content) -> Preview {
    let mut preview = empty(Look::Voice);
    let speech = crate::voice::Speech::of(content);
    let degraded = &mut preview.degraded;
    let with_choices = Content { text: String::new(), attachments: Vec::new(), ..content.clone() };
    let choices = crate::plain::choices(&with_choices, degraded);
    for file in content.attachments.iter().filter(|file| !file.content_type.starts_with("audio")) {
        let why = format!("a file of this kind ({}) cannot be said; it is left out", read::shown_as(file));
        degraded.push(Degraded::new(Feature::Media, why));
    }
    let mut shown: Vec<Shown> = Vec::new();
    if let Some(url) = speech.audio.clone() {
        shown.push(Shown { files: vec![("audio".to_owned(), url)], ..Shown::default() });
    }
    let mut said: Vec<String> = speech.spoken().into_iter().map(str::to_owned).collect();
    said.extend((!choices.is_empty()).then_some(choices));
    shown.extend(said.into_iter().map(|text| Shown { text: Some(text), ..Shown::default() }));
    let script = crate::voice::Script { steps: vec![crate::voice::Step::Say(speech)] };
    preview.minutes = Some(script.seconds().max(1).div_ceil(MINUTE));
    if shown.is_empty() {
        preview.refused = Some(Refused::Empty.to_string());
        return preview;
    }
    fill(&mut preview, shown, content);
    preview
}

fn count(parts: &[String]) -> Segments {
    let counts: Vec<_> = parts.iter().map(|part| segments::count(part)).collect();
    let wide = counts.iter().any(|count| count.encoding == Encoding::Ucs2);
    Segments {
        count: counts.iter().map(|count| count.parts).sum(),
        encoding: if wide { Encoding::Ucs2 } else { Encoding::Gsm7 },
        characters: parts.iter().map(|part| part.chars().count()).sum(),
        left_in_last: counts.last().map_or(0, |count| count.left),
    }
}

/// One part of a gateway's message.
pub(crate) fn gateway_part(text: &str, files: &[&Attachment], taps: Vec<Tap>) -> Shown {
    Shown {
        text: Some(text.to_owned()),
        files: files.iter().map(|file| (read::shown_as(file).to_owned(), file.url.clone())).collect(),
        taps,
        ..Shown::default()
    }
}
