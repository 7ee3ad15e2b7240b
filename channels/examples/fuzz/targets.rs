//! What fuzzers feed: each round takes any bytes and must neither panic nor hang.
use std::time::Duration;

use channels::media::{fetch, located};
use channels::voice::{Gather, NewCall, Script, Speech, Step, Takes, call, hear, render};
use channels::{
    About, Account, Headers, HttpRequest, HttpResponse, Incoming, Outgoing, Provider, Secret, Tariffs,
    addressees, prepare, preview_on, price, probed, profile, profile_name, provider_info, receive, request,
    settle, token, verify_at,
};
use flow::words::{Attachment, Content, QuickReply, QuickReplyKind, Urn};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::mutate::{Dice, expression, mutated};
use crate::samples::{CALLS, CONTENT_TYPES, SIGNATURES, TARIFFS, WORDS};
use crate::smpp::Smpp;

/// What is fed.
pub enum Target {
    Provider { provider: Provider, accounts: Vec<Account>, settings: Vec<u8>, calls: Vec<Vec<u8>> },
    Tariffs,
    Smpp(Smpp),
}

/// How deep made-up expressions go.
const MAX_DEPTH: usize = 3;
/// The kinds of rounds of a provider.
const KINDS: usize = 8;

impl Target {
    pub fn of(provider: Provider) -> Self {
        let settings = settings(provider);
        let full = Account::new(provider, "2020", Some("KE".into()), &settings);
        let accounts: Vec<Account> = full.into_iter().chain(least(provider)).collect();
        assert!(!accounts.is_empty(), "{provider} has no account to be fed");
        let accounts = accounts.into_iter().map(|account| account.with_token(Secret::new("t"))).collect();
        let calls = CALLS.iter().map(|call| call.as_bytes().to_vec()).collect();
        Self::Provider { provider, accounts, settings: settings.to_string().into_bytes(), calls }
    }

    pub const fn tariffs() -> Self {
        Self::Tariffs
    }

    pub fn smpp() -> Self {
        Self::Smpp(Smpp::new())
    }

    pub const fn name(&self) -> &'static str {
        match self {
            Self::Provider { provider, .. } => provider.as_str(),
            Self::Tariffs => "tariffs",
            Self::Smpp(_) => channels::smpp::NAME,
        }
    }

    /// The bytes of a round, to be shown.
    pub fn input(&self, seed: u64, round: u64) -> String {
        let mut dice = Dice::of_round(seed, round);
        if let Self::Smpp(smpp) = self {
            return smpp.input(&mut dice);
        }
        dice.below(KINDS);
        String::from_utf8_lossy(&self.bytes(&mut dice)).into_owned()
    }

    fn bytes(&self, dice: &mut Dice) -> Vec<u8> {
        match self {
            Self::Provider { calls, .. } => mutated(dice, calls, WORDS),
            Self::Tariffs | Self::Smpp(_) => mutated(dice, &[TARIFFS.as_bytes().to_vec()], WORDS),
        }
    }

    /// One round.
    pub fn play(&self, dice: &mut Dice) {
        if let Self::Smpp(smpp) = self {
            return smpp.play(dice);
        }
        let kind = dice.below(KINDS);
        let bytes = self.bytes(dice);
        let Self::Provider { provider, accounts, settings, .. } = self else {
            if let Ok(tariffs) = Tariffs::parse(&String::from_utf8_lossy(&bytes)) {
                let shown = channels::preview(channels::Look::Sms, &content(dice, &bytes));
                let _ = price(&tariffs, &shown, "+593991234567", jiff::civil::date(2026, 3, 4));
            }
            return;
        };
        let account = &accounts[dice.below(accounts.len())];
        match kind {
            0..=3 => webhook(account, &incoming(dice, bytes)),
            4 => {
                let mutated = mutated(dice, std::slice::from_ref(settings), WORDS);
                if let Ok(value) = serde_json::from_slice::<Value>(&mutated) {
                    let _ = Account::new(*provider, "1", None, &value)
                        .map(|account| outgoing(&account, dice, &bytes));
                }
            }
            5 => answer(account, dice, bytes),
            6 => outgoing(account, dice, &bytes),
            _ => telephone(account, dice, &bytes),
        }
    }
}

/// All settings that the form knows, with values of their kinds.
fn settings(provider: Provider) -> Value {
    use channels::FieldKind;
    let mut settings = json!({});
    for field in provider_info(provider).map_or(&[][..], |info| info.fields.as_slice()) {
        settings[field.key] = match field.kind {
            _ if field.key == "country" => json!("KE"),
            FieldKind::Text | FieldKind::Secret => json!("t"),
            FieldKind::Url => json!("https://api.example.org/send"),
            FieldKind::Number => json!(100),
            FieldKind::Choice => json!(field.choices.last()),
            FieldKind::Bool => json!(true),
            FieldKind::List => json!(["join"]),
            FieldKind::Table => json!({}),
        };
    }
    settings
}

/// The account with nothing that can be left out.
fn least(provider: Provider) -> Option<Account> {
    let known = settings(provider);
    let fields = provider_info(provider)?.fields.iter().filter(|field| field.required);
    let least: Value = fields.map(|field| (field.key.to_owned(), known[field.key].clone())).collect();
    Account::new(provider, "2020", None, &least).ok()
}

fn incoming(dice: &mut Dice, bytes: Vec<u8>) -> HttpRequest {
    let as_query = dice.below(3) == 0;
    let headers = SIGNATURES
        .iter()
        .fold(Headers::new().with("Content-Type", dice.one_of(CONTENT_TYPES)), |headers, name| {
            headers.with(*name, dice.one_of(WORDS))
        });
    let path = dice.one_of(&["receive", "status", "delivered", "stopped", "failed", "register", ""]);
    let query =
        if as_query { String::from_utf8_lossy(&bytes).into_owned() } else { "token=t&uuid=1".to_owned() };
    let url = format!("https://line.example.org/hooks/7/{path}?{query}");
    let method = dice.one_of(&["POST", "POST", "GET", "PUT", ""]).to_owned();
    let body = if as_query { Vec::new() } else { bytes };
    HttpRequest { method, url, headers, body }
}

/// Everything that a call from outside goes through.
fn webhook(account: &Account, request: &HttpRequest) {
    let _ = channels::challenge(account, request);
    let _ = verify_at(account, request, Timestamp::UNIX_EPOCH);
    let _ = addressees(account.provider(), request);
    let _ = channels::accepted(account, request);
    let Ok(incoming) = receive(account, request) else { return };
    let stored = serde_json::to_string(&incoming).expect("what came in can be stored");
    let again: Vec<Incoming> = serde_json::from_str(&stored).expect("what was stored can be read");
    assert_eq!(again.len(), incoming.len());
    for one in incoming {
        let Incoming::Message(message) = one else { continue };
        assert!(!message.from.is_empty(), "a message has a sender");
        let _ = profile(account, &message.from[0]);
        for attachment in &message.attachments {
            let _ = fetch(account, attachment);
        }
    }
}

fn answer(account: &Account, dice: &mut Dice, bytes: Vec<u8>) {
    let status =
        [200, 201, 202, 204, 301, 400, 401, 403, 404, 409, 429, 500, 502, 503, 599, 0][dice.below(16)];
    let headers =
        Headers::new().with("Retry-After", dice.one_of(WORDS)).with("Content-Length", dice.one_of(WORDS));
    let response = HttpResponse { status, headers, body: bytes };
    let _ = settle(account, &response);
    let _ = token(account, &response);
    let _ = located(account, &response);
    let _ = profile_name(account, &response);
    let _ = channels::voice::settle(account, &response);
    for about in [About::Account, About::Balance, About::Webhook] {
        let _ = probed(account, about, &response);
    }
}

/// A message of words out of the bytes.
pub fn content(dice: &mut Dice, bytes: &[u8]) -> Content {
    let text = String::from_utf8_lossy(bytes);
    let mut words = text.split(['&', '"', '=', ':', ',']);
    let mut word = || words.next().unwrap_or("").to_owned();
    let kinds = [
        QuickReplyKind::Text,
        QuickReplyKind::Text,
        QuickReplyKind::Location,
        QuickReplyKind::Form,
        QuickReplyKind::Url,
    ];
    let mut quick_replies = Vec::new();
    for _ in 0..dice.below(14) {
        let kind = kinds[dice.below(kinds.len())];
        let link = || Some("https://line.example.org/".to_owned());
        let extra = if dice.below(2) == 0 { Some(word()) } else { link() };
        let id = (dice.below(2) == 0).then(&mut word);
        quick_replies.push(QuickReply { kind, id, text: word(), extra });
    }
    let types = ["image/png", "image/webp", "audio/ogg", "video/mp4", "application/pdf", "geo", "", "x/y"];
    let mut attachments = Vec::new();
    for _ in 0..dice.below(4) {
        let url = if dice.below(2) == 0 { word() } else { "https://line.example.org/a.png".to_owned() };
        attachments.push(Attachment { content_type: types[dice.below(types.len())].to_owned(), url });
    }
    let mut whole = if dice.below(4) == 0 { text.repeat(1 + dice.below(40)) } else { word() };
    if dice.below(8) == 0 {
        // A text whose expressions nobody evaluated.
        expression(dice, MAX_DEPTH, &["upper", "if"], &mut whole);
    }
    Content { text: whole, attachments, quick_replies, templating: None, locale: word() }
}

fn outgoing(account: &Account, dice: &mut Dice, bytes: &[u8]) {
    let path = dice.one_of(&["+593991234567", "593991234567", "EC.1a", "1/1", "abc=", "1", "💥"]);
    let Ok(to) = Urn::new(channels::scheme(account), path) else { return };
    let content = content(dice, bytes);
    let _ = preview_on(account, &content);
    let mut message = Outgoing::new(Uuid::from_u128(7), to, content);
    message.reply_token = (dice.below(2) == 0).then(|| "r".to_owned());
    message.reply_to = (dice.below(4) == 0).then(|| "m".to_owned());
    message.status_callback = (dice.below(2) == 0).then(|| "https://line.example.org/r".to_owned());
    let _ = prepare(account, &message);
    if let Ok(rendering) = request(account, &message) {
        assert!(!rendering.requests.is_empty() && rendering.requests.len() <= channels::MAX_PARTS);
        for request in &rendering.requests {
            assert!(request.url.starts_with("http"), "no address: {}", request.url);
        }
    }
}

fn telephone(account: &Account, dice: &mut Dice, bytes: &[u8]) {
    let _ = hear(account, &incoming(dice, bytes.to_vec()));
    let text = String::from_utf8_lossy(bytes).into_owned();
    let speech = Speech { text: text.clone(), locale: dice.one_of(WORDS).to_owned(), audio: None };
    let gather = Gather {
        prompt: vec![speech.clone()],
        again: Vec::new(),
        takes: [Takes::Digits, Takes::Speech, Takes::Either][dice.below(3)],
        digits: u8::try_from(dice.below(256)).ok(),
        finish_key: text.chars().next(),
        timeout: Duration::from_secs(dice.below(1_000_000) as u64),
        tries: u8::try_from(dice.below(256)).unwrap_or(0),
        hints: vec![text],
        answer_to: "https://line.example.org/v".to_owned(),
    };
    let _ = render(account, &Script { steps: vec![Step::Say(speech), Step::Gather(gather), Step::Hangup] });
    let Ok(to) = "tel:+593991234567".parse() else { return };
    let (answer_url, status_url) = ("https://line.example.org/v".to_owned(), dice.one_of(WORDS).to_owned());
    let new =
        NewCall { id: Uuid::nil(), to, answer_url, status_url, detect_machine: true, ringing: Duration::MAX };
    let _ = call(account, &new);
}
