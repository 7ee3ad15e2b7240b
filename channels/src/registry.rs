//! The providers as a set-up form shows them: what each reaches, and which settings it wants. The fields are found in
//! the settings types themselves ([`trace`]), and what is required by trying; only the words are written here.
use std::sync::LazyLock;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::account::{Account, Provider, Settings, SettingsError};

mod trace;
mod words;

pub(crate) use trace::{Traced, fields};

/// What kind of value a setting is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    Text,
    /// A text that is never shown again.
    Secret,
    Url,
    /// A whole number, not negative.
    Number,
    /// One of [`Field::choices`].
    Choice,
    Bool,
    /// Several texts.
    List,
    /// Names and values.
    Table,
}

/// One setting of a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Field {
    pub key: &'static str,
    pub kind: FieldKind,
    /// Whether it must be there, unless one of [`Field::unless`] is.
    pub required: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unless: Vec<&'static str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub choices: &'static [&'static str],
    /// One sentence in plain words.
    pub help: &'static str,
}

/// What a channel's address is at a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AddressInfo {
    pub required: bool,
    /// One sentence in plain words.
    pub help: &'static str,
}

/// A provider as a set-up form shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProviderInfo {
    pub provider: Provider,
    /// What it calls itself.
    pub name: &'static str,
    /// The scheme of those that it reaches when the settings say nothing else: `tel`, `whatsapp` …
    pub reaches: String,
    pub address: AddressInfo,
    pub fields: Vec<Field>,
    /// Whether [`crate::probes`] has a question.
    pub can_be_tested: bool,
    /// Whether [`crate::register_webhooks`] tells the provider where to call.
    pub can_register_webhook: bool,
}

/// All providers, in the order of [`Provider::ALL`].
#[must_use]
pub fn providers() -> &'static [ProviderInfo] {
    static ALL: LazyLock<Vec<ProviderInfo>> =
        LazyLock::new(|| Provider::ALL.iter().map(|provider| info(*provider)).collect());
    &ALL
}

/// One provider.
#[must_use]
pub fn provider_info(provider: Provider) -> Option<&'static ProviderInfo> {
    providers().iter().find(|info| info.provider == provider)
}

/// A setting that every account may have: [`Account::new`] takes it out before the provider's own are read.
const COUNTRY: &str = "country";
/// The most settings that are found out one by one: more would be a circle.
const MAX_STEPS: usize = 50;
/// An address that any provider takes.
const ADDRESS: &str = "1";
/// Where the webhook would be, to find out whether the provider can be told.
const SAMPLE_WEBHOOK: &str = "https://example.org/hooks/1";

fn info(provider: Provider) -> ProviderInfo {
    let traced = Settings::fields(provider);
    let (settings, wanted) = least(provider, &traced);
    let account = |address: &str| Account::new(provider, address, None, &Value::Object(settings.clone()));
    let sample = account(ADDRESS).ok();
    let mut fields: Vec<Field> = traced
        .into_iter()
        .map(|field| {
            let wanted = wanted.iter().find(|(key, _)| *key == field.key);
            Field {
                key: field.key,
                kind: field.kind,
                required: field.required || wanted.is_some(),
                unless: wanted.map(|(_, unless)| unless.clone()).unwrap_or_default(),
                choices: field.choices,
                help: words::help(provider, field.key),
            }
        })
        .collect();
    fields.push(Field {
        key: COUNTRY,
        kind: FieldKind::Text,
        required: false,
        unless: Vec::new(),
        choices: &[],
        help: words::help(provider, COUNTRY),
    });
    ProviderInfo {
        provider,
        name: words::name(provider),
        reaches: sample.as_ref().map(|account| crate::scheme(account).to_owned()).unwrap_or_default(),
        address: AddressInfo { required: account("").is_err(), help: words::address(provider) },
        fields,
        can_be_tested: sample
            .as_ref()
            .is_some_and(|account| !crate::probes(account, Timestamp::UNIX_EPOCH).is_empty()),
        can_register_webhook: sample
            .as_ref()
            .is_some_and(|account| !crate::register_webhooks(account, SAMPLE_WEBHOOK).is_empty()),
    }
}

/// A setting that is needed beyond the shape, and the settings that would do instead.
type Wanted = (&'static str, Vec<&'static str>);

/// The least settings that are taken, and what of them the shape alone did not ask for.
fn least(provider: Provider, traced: &[Traced]) -> (Map<String, Value>, Vec<Wanted>) {
    let required = traced.iter().filter(|field| field.required);
    let mut settings: Map<String, Value> =
        required.map(|field| (field.key.to_owned(), stand_in(field))).collect();
    let mut wanted: Vec<Wanted> = Vec::new();
    for _ in 0..MAX_STEPS {
        let attempt = |settings: &Map<String, Value>| {
            Account::new(provider, ADDRESS, None, &Value::Object(settings.clone()))
        };
        let candidates: Vec<&Traced> = match attempt(&settings) {
            Err(SettingsError::Empty { field }) => traced.iter().filter(|f| f.key == field).collect(),
            // Each setting that makes this complaint go away, whether or not there is a next one.
            Err(complaint) => traced
                .iter()
                .filter(|field| {
                    let mut more = settings.clone();
                    more.insert(field.key.to_owned(), affirmed(field));
                    let left = attempt(&more).err();
                    !settings.contains_key(field.key)
                        && left != Some(complaint.clone())
                        && !matches!(left, Some(SettingsError::Shape { .. }))
                })
                .collect(),
            Ok(_) => break,
        };
        // A secret that signs is better than one in the address, and that better than none.
        let rank = |field: &&&Traced| match (field.kind, field.key) {
            (FieldKind::Secret, "webhook_token") => 1,
            (FieldKind::Secret, _) => 0,
            (FieldKind::Bool, _) => 3,
            _ => 2,
        };
        let Some(best) = candidates.iter().min_by_key(rank).copied() else { break };
        settings.insert(best.key.to_owned(), affirmed(best));
        let others = candidates.iter().map(|field| field.key).filter(|key| *key != best.key);
        wanted.push((best.key, others.collect()));
    }
    (settings, wanted)
}

/// A value that a setting of this kind takes.
fn stand_in(field: &Traced) -> Value {
    match field.kind {
        FieldKind::Text | FieldKind::Secret | FieldKind::Url => json!(trace::STAND_IN),
        FieldKind::Number => json!(trace::STAND_IN_NUMBER),
        FieldKind::Choice => json!(field.choices.first()),
        FieldKind::Bool => json!(false),
        FieldKind::List => json!([]),
        FieldKind::Table => json!({}),
    }
}

fn affirmed(field: &Traced) -> Value {
    if field.kind == FieldKind::Bool { json!(true) } else { stand_in(field) }
}
