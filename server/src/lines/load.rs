//! From stored files to lines in memory: content read, flows compiled, channels opened.
use std::collections::BTreeMap;
use std::sync::Arc;

use flow::assets::Assets;
use flow::env::Environment;
use flow::refs::FlowRef;
use flow::triggers::{KeywordMatch, KeywordMatchKind};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::checks::FlowProblem;
use super::sql::ChannelRow;
use super::{Channel, ChannelKind, ChannelState, Content, Delivery, Line, Lines, Link, PublicFile, words};
use crate::store::{Result, Store, StoreError};
use crate::vault::{Purpose, Vault};

/// A line's flows and what they need.
pub struct Flows {
    pub assets: Arc<Assets>,
    pub env: Environment,
    pub timezone: jiff::tz::TimeZone,
    pub main_flow: FlowRef,
    pub after_close_flow: Option<FlowRef>,
    pub voice_flow: Option<FlowRef>,
    pub keywords: Vec<(FlowRef, KeywordMatch)>,
}

/// Loads every line.
///
/// # Errors
/// When the store refuses, or stored content cannot be read by this release (with all its problems).
pub async fn load(store: &Store, vault: &Vault) -> Result<Lines> {
    let (versions, rows) = store
        .read(|tx| {
            let versions = tx.line_versions()?;
            let mut all = Vec::new();
            for (id, _) in &versions {
                all.push((*id, tx.line_files(*id)?, tx.line_channels(*id)?));
            }
            Ok((versions, all))
        })
        .await?;
    let mut lines = Vec::new();
    for (id, files, channels) in rows {
        let channels = channels
            .iter()
            .map(|row| open_channel(id, row, vault).map(Arc::new))
            .collect::<Result<Vec<_>>>()?;
        let files: BTreeMap<String, Vec<u8>> = files.into_iter().collect();
        let line = build(id, &files, channels).map_err(|problems| StoreError::Shape(problems.join("\n")))?;
        lines.push(line);
    }
    Ok(Lines::new(versions, lines))
}

fn open_channel(line_id: Uuid, row: &ChannelRow, vault: &Vault) -> Result<Channel> {
    let settings: Json = vault.installation().open_json(Purpose::Settings, &row.settings)?;
    let made = channel(row.id, line_id, &row.kind, &row.address, &settings).map_err(StoreError::Shape)?;
    let delivery = Delivery::read(&row.options)
        .map_err(|error| StoreError::Shape(format!("the channel {}: {error}", row.address)))?;
    Ok(Channel { delivery, state: row.state.clone(), ..made })
}

/// A channel from its kind, address and settings, switched on and with the usual way of delivering.
pub fn channel(
    id: Uuid,
    line_id: Uuid,
    kind: &str,
    address: &str,
    settings: &Json,
) -> std::result::Result<Channel, String> {
    let (delivery, state) = (Delivery::default(), ChannelState::On);
    if kind == "webchat" {
        let address = address.to_owned();
        let kind = ChannelKind::Webchat;
        return Ok(Channel { id, line_id, kind, address, link: Link::Own, delivery, state });
    }
    if kind == channels::smpp::NAME {
        let account = channels::smpp::Account::new(address, settings)
            .map_err(|error| format!("the settings of the channel {address} cannot be used: {error}"))?;
        let (kind, address, link) = (ChannelKind::Sms, address.to_owned(), Link::Smpp(account));
        return Ok(Channel { id, line_id, kind, address, link, delivery, state });
    }
    let provider = channels::Provider::parse(kind).ok_or_else(|| {
        let known: Vec<&str> = channels::Provider::ALL.iter().map(|provider| provider.as_str()).collect();
        format!("a channel is webchat, smpp or one of {}, not {kind}", known.join(", "))
    })?;
    let account = channels::Account::new(provider, address, None, settings)
        .map_err(|error| format!("the settings of the channel {address} cannot be used: {error}"))?;
    let kind = match channels::voice::is_telephone(&account) {
        true => ChannelKind::Voice,
        false => ChannelKind::of_scheme(channels::scheme(&account)),
    };
    let link = Link::Http(account);
    Ok(Channel { id, line_id, kind, address: address.to_owned(), link, delivery, state })
}

/// Builds a line from its files.
pub fn build(
    id: Uuid,
    files: &BTreeMap<String, Vec<u8>>,
    channels: Vec<Arc<Channel>>,
) -> std::result::Result<Line, Vec<String>> {
    let text = |path: &str| -> std::result::Result<&str, Vec<String>> {
        let bytes = files.get(path).ok_or_else(|| vec![format!("{path} is missing")])?;
        std::str::from_utf8(bytes).map_err(|_| vec![format!("{path} is not UTF-8")])
    };
    let content = Content::read(text("line.toml")?, &|path| files.contains_key(path))?;
    let flows = flows(&content, text("flows.json")?, &channels)?;
    let public = files
        .iter()
        .filter_map(|(path, body)| {
            let (content_type, ending) = public_type(path)?;
            let name = format!("{}.{ending}", &hex::encode(Sha256::digest(body))[..32]);
            Some((path.clone(), Arc::new(PublicFile { name, content_type, body: body.clone() })))
        })
        .collect();
    Ok(Line::new(id, content, flows, channels, public))
}

fn public_type(path: &str) -> Option<(&'static str, &'static str)> {
    match path.rsplit_once('.')?.1 {
        "ogg" => Some(("audio/ogg", "ogg")),
        "mp3" => Some(("audio/mpeg", "mp3")),
        "wav" => Some(("audio/wav", "wav")),
        "m4a" => Some(("audio/mp4", "m4a")),
        "jpg" | "jpeg" => Some(("image/jpeg", "jpg")),
        "png" => Some(("image/png", "png")),
        "webp" => Some(("image/webp", "webp")),
        "mp4" => Some(("video/mp4", "mp4")),
        "pdf" => Some(("application/pdf", "pdf")),
        _ => None,
    }
}

/// What definitions come to on a line: what could be read of them, and what is wrong.
pub struct Compiled {
    pub assets: Arc<Assets>,
    pub env: Environment,
    /// What keeps the line from running.
    pub problems: Vec<FlowProblem>,
    main_flow: Option<FlowRef>,
    after_close_flow: Option<FlowRef>,
    voice_flow: Option<FlowRef>,
    keywords: Vec<(FlowRef, KeywordMatch)>,
}

/// Compiles an export (or assets) with a line's channels and the topics that its flows name.
///
/// # Errors
/// When the export is no object, or `line.toml` does not go with this engine.
pub fn compile(content: &Content, export: &mut Json, channels: Vec<Json>) -> Result<Compiled, String> {
    let env: Environment = serde_json::from_value(json!({
        "timezone": content.timezone,
        "allowed_languages": content.languages,
        "default_country": content.country,
        "date_format": "DD-MM-YYYY",
        "time_format": "tt:mm",
    }))
    .map_err(|error| format!("line.toml: {error}"))?;
    let topics = topics(export);
    let object = export.as_object_mut().ok_or("flows.json: an export is a JSON object with flows")?;
    let (had_channels, had_topics) = (object.remove("channels"), object.remove("topics"));
    object.insert("channels".into(), Json::Array(channels));
    object.insert("topics".into(), Json::Array(topics));
    let (assets, unread) = Assets::read_what_is_good(export, &env);
    let mut problems: Vec<FlowProblem> =
        unread.into_iter().map(|problem| FlowProblem::unread(problem, export)).collect();
    if let Some(object) = export.as_object_mut() {
        object.remove("channels");
        object.remove("topics");
        object.extend(had_channels.map(|had| ("channels".to_owned(), had)));
        object.extend(had_topics.map(|had| ("topics".to_owned(), had)));
    }
    let mut by_name = |name: &str| {
        let flow = assets.flows().find(|flow| flow.name.as_ref() == name);
        if flow.is_none() {
            problems.push(FlowProblem::of_all(format!(
                "line.toml: the flow {name}, which the line starts by itself, is not there"
            )));
        }
        flow.map(|flow| FlowRef::new(flow.uuid, flow.name.clone()))
    };
    let main_flow = by_name(&content.main_flow);
    let after_close_flow = content.after_close_flow.as_deref().and_then(&mut by_name);
    let voice_flow = content.voice_flow.as_deref().and_then(&mut by_name);
    let keywords = keywords(export, &assets, &mut problems);
    let assets = Arc::new(assets);
    Ok(Compiled { assets, env, problems, main_flow, after_close_flow, voice_flow, keywords })
}

/// A line's channels as the engine knows them.
pub fn channel_assets(content: &Content, channels: &[Arc<Channel>]) -> Vec<Json> {
    let channels = channels.iter();
    channels
        .map(|channel| {
            let id = channel.id;
            channel_asset(content, id, channel.kind.as_str(), channel.scheme(), &channel.address)
        })
        .collect()
}

/// A channel as the engine knows it.
pub fn channel_asset(content: &Content, id: Uuid, name: &str, scheme: &str, address: &str) -> Json {
    let roles: &[&str] = match name == ChannelKind::Voice.as_str() {
        true => &["send", "receive", "call", "answer"],
        false => &["send", "receive"],
    };
    json!({
        "uuid": id,
        "name": name,
        "address": address,
        "schemes": [scheme],
        "roles": roles,
        "country": content.country,
        "allow_international": true,
    })
}

fn flows(
    content: &Content,
    text: &str,
    channels: &[Arc<Channel>],
) -> std::result::Result<Flows, Vec<String>> {
    let mut export: Json =
        serde_json::from_str(text).map_err(|error| vec![format!("flows.json: {error}")])?;
    let timezone =
        jiff::tz::TimeZone::get(&content.timezone).map_err(|_| vec!["line.toml: timezone".to_owned()])?;
    let compiled =
        compile(content, &mut export, channel_assets(content, channels)).map_err(|why| vec![why])?;
    let Compiled { assets, env, problems, main_flow, after_close_flow, voice_flow, keywords } = compiled;
    match main_flow {
        Some(main_flow) if problems.is_empty() => {
            Ok(Flows { assets, env, timezone, main_flow, after_close_flow, voice_flow, keywords })
        }
        _ => Err(problems.iter().map(|problem| format!("flows.json: {problem}")).collect()),
    }
}

/// The topics that flows open tickets under, as they name them.
fn topics(export: &Json) -> Vec<Json> {
    let empty = Vec::new();
    let list = |json: &Json, key: &str| json[key].as_array().unwrap_or(&empty).clone();
    let mut topics: Vec<Json> = Vec::new();
    for flow in list(export, "flows") {
        for node in list(&flow, "nodes") {
            for action in list(&node, "actions") {
                let topic = &action["topic"];
                if action["type"] == "open_ticket" && topic.is_object() && !topics.contains(topic) {
                    topics.push(topic.clone());
                }
            }
        }
    }
    topics
}

/// Keyword triggers of an export (type `K`), in the folded form that messages are compared in.
fn keywords(export: &Json, assets: &Assets, problems: &mut Vec<FlowProblem>) -> Vec<(FlowRef, KeywordMatch)> {
    let mut found = Vec::new();
    for trigger in export["triggers"].as_array().map_or(&[][..], Vec::as_slice) {
        if trigger["trigger_type"] != "K" {
            continue;
        }
        let uuid = trigger["flow"]["uuid"].as_str().and_then(|text| text.parse::<Uuid>().ok());
        let Some(flow) = uuid.and_then(|uuid| assets.flow(uuid)) else {
            problems.push(FlowProblem::of_all("a trigger names a flow that is not in the export"));
            continue;
        };
        let kind = if trigger["match_type"] == "F" {
            KeywordMatchKind::FirstWord
        } else {
            KeywordMatchKind::OnlyWord
        };
        for word in keywords_of(trigger) {
            let reference = FlowRef::new(flow.uuid, flow.name.clone());
            found.push((reference, KeywordMatch { kind, keyword: words::fold(word) }));
        }
    }
    found
}

/// The words of a keyword trigger.
pub fn keywords_of(trigger: &Json) -> impl Iterator<Item = &str> {
    let one = trigger["keyword"].as_str().into_iter();
    one.chain(trigger["keywords"].as_array().map_or(&[][..], Vec::as_slice).iter().filter_map(Json::as_str))
}
