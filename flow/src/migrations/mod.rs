//! Brings definitions of older spec versions to the present one, one small step after the other.
pub mod copies;
pub mod legacy;
mod routers;
mod templates;
mod texts;

use serde_json::{Map, Value as Json};
use uuid::Uuid;

use crate::definition::{Arena, Flow, Json as Part, Problem};

/// A spec version: major, minor, patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32, pub u32);

/// The version that this engine runs.
pub const PRESENT: Version = Version(14, 4, 2);
/// The oldest version that is migrated step by step.
const OLDEST: Version = Version(13, 0, 0);
/// The oldest version that can be read at all: see [`legacy`].
const OLDEST_READ: Version = Version(11, 0, 0);

/// The most minutes that a messaging flow may wait.
const MAX_MESSAGING_MINUTES: u64 = 20_160;
/// The fewest minutes that a messaging flow may wait.
const MIN_MESSAGING_MINUTES: u64 = 5;
/// The most minutes that a voice flow may wait.
const MAX_VOICE_MINUTES: u64 = 15;

type Object = Map<String, Json>;

/// What a step works with.
pub(super) struct Step<'m> {
    pub(super) flow: &'m mut Object,
    pub(super) new_uuid: &'m mut dyn FnMut() -> Uuid,
}

type Migration = fn(&mut Step<'_>);

const MIGRATIONS: [(Version, Migration); 15] = [
    (Version(13, 1, 0), templates::name_templating),
    (Version(13, 2, 0), texts::undetermined_language),
    (Version(13, 3, 0), texts::webhook_json),
    (Version(13, 4, 0), templates::into_components),
    (Version(13, 5, 0), templates::out_of_components),
    (Version(13, 6, 0), texts::cut_names),
    (Version(13, 6, 1), texts::cut_result_references),
    (Version(14, 0, 0), expiry),
    (Version(14, 1, 0), routers::split_by_webhook),
    (Version(14, 2, 0), routers::ticket_notes),
    (Version(14, 3, 0), routers::split_by_local),
    (Version(14, 3, 1), texts::join_words),
    (Version(14, 4, 0), routers::no_all_urns),
    (Version(14, 4, 1), routers::split_by_webhook_status),
    (Version(14, 4, 2), routers::split_by_default_status),
];

impl Version {
    /// Reads `13.1.0`; missing parts are 0.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(|part| part.parse::<u32>().ok());
        let version =
            Self(parts.next()??, parts.next().unwrap_or(Some(0))?, parts.next().unwrap_or(Some(0))?);
        parts.next().is_none().then_some(version)
    }

    /// Whether definitions of this version can be read, migrated if need be.
    #[must_use]
    pub fn is_supported(self) -> bool {
        self >= OLDEST_READ && (self.0, self.1) <= (PRESENT.0, PRESENT.1)
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// The spec version of a definition.
#[must_use]
pub fn version_of(flow: &Json) -> Option<Version> {
    Version::parse(flow.get("spec_version")?.as_str()?)
}

/// Migrates a definition up to a version; one that is already there stays as it is. `new_uuid` names parts that had
/// no id before.
///
/// # Errors
/// When the definition says no version, or one that cannot be migrated.
pub fn migrate(flow: Json, to: Version, new_uuid: &mut dyn FnMut() -> Uuid) -> Result<Json, String> {
    migrate_from("", flow, to, new_uuid)
}

/// Like [`migrate`]; `media` is the address under which files lie that definitions from before spec 13 name by a
/// relative address (empty: those addresses stay as they are). See [`media_of`].
///
/// # Errors
/// As for [`migrate`].
pub fn migrate_from(
    media: &str,
    mut flow: Json,
    to: Version,
    new_uuid: &mut dyn FnMut() -> Uuid,
) -> Result<Json, String> {
    if legacy::is_legacy(&flow) {
        flow = legacy::to_13(&flow, media, new_uuid)?;
    }
    let Some(from) = version_of(&flow) else {
        return Err("unable to read flow header: field 'spec_version' is required".to_owned());
    };
    if from < OLDEST {
        return Err(format!("spec version {from} is from before {OLDEST} and cannot be read"));
    }
    let Some(object) = flow.as_object_mut() else {
        return Err("a flow definition must be an object".to_owned());
    };
    let mut step = Step { flow: object, new_uuid };
    for (version, migration) in MIGRATIONS {
        if version > from && version <= to {
            migration(&mut step);
            step.flow.insert("spec_version".to_owned(), Json::String(version.to_string()));
        }
    }
    Ok(flow)
}

/// Where the server that wrote an export keeps its files: under `/media` of the `site` that the export names. Empty
/// when it names none.
#[must_use]
pub fn media_of(export: &Json) -> String {
    media_under(export.get("site").and_then(Json::as_str))
}

pub(crate) fn media_under(site: Option<&str>) -> String {
    let site = site.unwrap_or("").trim_end_matches('/');
    if site.starts_with("https://") || site.starts_with("http://") {
        format!("{site}/media")
    } else {
        String::new()
    }
}

/// Migrates a definition to the present version and reads it.
///
/// # Errors
/// Everything that is wrong with it.
pub fn migrate_and_read(raw: &Json) -> Result<Flow, Vec<Problem>> {
    migrate_and_read_json(&Part::of(raw, &Arena::default()), "")
}

/// Like [`migrate_and_read`], with relative addresses of files under `media`. Only what has to change is copied.
pub(crate) fn migrate_and_read_json(raw: &Part<'_>, media: &str) -> Result<Flow, Vec<Problem>> {
    let text = |key: &str| raw.get(key).and_then(Part::as_str).unwrap_or("");
    let flow = if text("name").is_empty() { text("uuid") } else { text("name") };
    let problem =
        |text: String| vec![Problem { flow: flow.to_owned(), node: None, place: String::new(), text }];
    let version = Version::parse(text("spec_version"));
    if let Some(version) = version.filter(|version| !version.is_supported() && *version > PRESENT) {
        return Err(problem(format!(
            "spec version {version} is newer than {PRESENT}, which this engine runs"
        )));
    }
    if version.is_some_and(|version| version >= PRESENT) {
        return Flow::read_json(raw);
    }
    let old = raw.to_value();
    let mut new_uuid = steady_ids(&old);
    Flow::read(&migrate_from(media, old, PRESENT, &mut new_uuid).map_err(problem)?)
}

/// Ids for parts that had none. They follow from the flow's own id: a definition that is read again has the same ones,
/// and two flows never share any.
pub fn steady_ids(raw: &Json) -> impl FnMut() -> Uuid + use<> {
    let text = raw.pointer("/metadata/uuid").or_else(|| raw.get("uuid")).and_then(Json::as_str);
    let flow = text.and_then(|text| text.parse::<Uuid>().ok()).unwrap_or_default().as_u128();
    let mut count = 0_u128;
    move || {
        count += 1;
        // an odd factor: different counts never come to the same
        let mixed = flow ^ count.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        uuid::Builder::from_random_bytes(mixed.to_be_bytes()).into_uuid()
    }
}

impl Step<'_> {
    /// The nodes of the flow.
    pub(super) fn nodes(&mut self) -> impl Iterator<Item = &mut Object> {
        objects(self.flow.get_mut("nodes"))
    }

    /// The actions of all nodes.
    pub(super) fn actions(&mut self) -> impl Iterator<Item = &mut Object> {
        self.nodes().flat_map(|node| objects(node.get_mut("actions")))
    }

    /// The translations of each language.
    pub(super) fn translations(&mut self) -> impl Iterator<Item = &mut Object> {
        let languages = self.flow.get_mut("localization").and_then(Json::as_object_mut);
        languages.into_iter().flat_map(|languages| languages.values_mut().filter_map(Json::as_object_mut))
    }
}

/// The objects of a list.
pub(super) fn objects(list: Option<&mut Json>) -> impl Iterator<Item = &mut Object> {
    list.and_then(Json::as_array_mut).into_iter().flatten().filter_map(Json::as_object_mut)
}

/// A text of an object.
pub(super) fn text<'o>(object: &'o Object, key: &str) -> &'o str {
    object.get(key).and_then(Json::as_str).unwrap_or("")
}

/// Flows wait for as long as their type allows. Where nothing is said, nothing is written: readers know what is usual.
fn expiry(step: &mut Step<'_>) {
    let minutes = step.flow.get("expire_after_minutes").and_then(Json::as_u64).unwrap_or(0);
    let fitting = match (text(step.flow, "type"), minutes) {
        (_, 0) => return,
        ("messaging", minutes) => minutes.clamp(MIN_MESSAGING_MINUTES, MAX_MESSAGING_MINUTES),
        ("voice", minutes) => minutes.min(MAX_VOICE_MINUTES),
        _ => 0,
    };
    step.flow.insert("expire_after_minutes".to_owned(), Json::from(fitting));
}
