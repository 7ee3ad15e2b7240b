//! One flow, compiled.
use std::sync::Arc;

use serde_json::Value;
use smallvec::SmallVec;
use uuid::Uuid;

use super::json::{Arena, Json, Object};
use super::reader::Reader;
use super::{FlowType, Localization, Problem, Translations};
use crate::actions::Action;
use crate::refs::FlowRef;
use crate::routers::Router;
use crate::words::Language;

/// The longest name of a flow, in characters.
const MAX_NAME_CHARS: usize = 64;
/// The minutes that a messaging flow waits where nothing is said: a wait that ended at once would help nobody.
const USUAL_MESSAGING_MINUTES: u32 = 4_320;
/// The same for a voice flow.
const USUAL_VOICE_MINUTES: u32 = 15;
/// The most nodes of a flow.
const MAX_NODES: usize = 1000;
/// The most actions of a node.
const MAX_ACTIONS: usize = 100;
/// The most exits of a node.
const MAX_EXITS: usize = 100;

/// A flow definition, compiled and checked.
#[derive(Debug)]
pub struct Flow {
    pub uuid: Uuid,
    pub name: Arc<str>,
    pub revision: u64,
    pub kind: FlowType,
    /// The language that the texts themselves are in.
    pub language: Language,
    /// After so many minutes without an answer a waiting run expires; 0: at once when the wait is checked.
    pub expire_after_minutes: u32,
    pub nodes: Vec<Node>,
    pub localization: Localization,
    /// The places of the nodes, sorted by their ids.
    index: Vec<(Uuid, usize)>,
}

/// A place in a flow: some actions, then a way out.
#[derive(Debug)]
pub struct Node {
    pub uuid: Uuid,
    pub actions: Vec<Action>,
    pub router: Option<Router>,
    pub exits: Vec<Exit>,
}

/// A way out of a node.
#[derive(Debug)]
pub struct Exit {
    pub uuid: Uuid,
    /// The index of the node it leads to; `None` where the run ends.
    pub to: Option<usize>,
    destination: Option<Uuid>,
}

impl Flow {
    /// The node's place among the nodes.
    #[must_use]
    pub fn node_index(&self, uuid: Uuid) -> Option<usize> {
        place_of(&self.index, uuid)
    }

    /// A pointer to this flow as it is now.
    #[must_use]
    pub fn to_ref(&self) -> FlowRef {
        FlowRef { uuid: self.uuid, name: self.name.clone(), revision: self.revision }
    }

    /// What of an item is translated into the wanted languages, as far as these come before the flow's own.
    pub(crate) fn translations(&self, wanted: &[Language], item: Uuid) -> Translations<'_> {
        let mut items = SmallVec::new();
        for language in wanted.iter().take_while(|language| **language != self.language) {
            if let Some(item) = self.localization.item(*language, item) {
                items.push((*language, item));
            }
        }
        Translations { items, own: self.language }
    }

    /// Reads a definition of the present spec version.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the definition.
    pub fn read(json: &Value) -> Result<Self, Vec<Problem>> {
        Self::read_json(&Json::of(json, &Arena::default()))
    }

    /// Like [`Flow::read`].
    pub(crate) fn read_json(json: &Json<'_>) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let flow = FlowReader { name: String::new(), problems: &mut problems }.read(json);
        match flow {
            Some(flow) if problems.is_empty() => Ok(flow),
            _ => Err(problems),
        }
    }
}

fn place_of(index: &[(Uuid, usize)], node: Uuid) -> Option<usize> {
    index.binary_search_by_key(&node.as_u128(), |(uuid, _)| uuid.as_u128()).ok().map(|at| index[at].1)
}

struct FlowReader<'p> {
    name: String,
    problems: &'p mut Vec<Problem>,
}

impl FlowReader<'_> {
    fn problem(&mut self, node: Option<Uuid>, place: &str, text: String) {
        let node = node.map(|uuid| uuid.to_string());
        self.problems.push(Problem { flow: self.name.clone(), node, place: place.to_owned(), text });
    }

    fn read(mut self, json: &Json<'_>) -> Option<Flow> {
        let Some(map) = json.as_object() else {
            self.problem(None, "", "a flow definition must be an object".to_owned());
            return None;
        };
        self.name = ["name", "uuid"].iter().find_map(|key| map.get(key)?.as_str()).unwrap_or("").to_owned();
        let mut flow = self.header(map)?;
        match Localization::read(map.get("localization")) {
            Ok(localization) => flow.localization = localization,
            Err(text) => self.problem(None, "localization", text),
        }
        let nodes = match map.get("nodes") {
            Some(Json::Array(nodes)) => *nodes,
            _ => &[],
        };
        if nodes.len() > MAX_NODES {
            self.problem(
                None,
                "nodes",
                format!("flow can't have more than {MAX_NODES} nodes (has {})", nodes.len()),
            );
            return None;
        }
        if let Some(at) = nodes.iter().position(|node| node.as_object().is_none()) {
            self.problem(None, "nodes", format!("field 'nodes[{at}]' is required"));
            return None;
        }
        for node in nodes.iter().filter_map(Json::as_object) {
            if let Some(node) = self.node(node, flow.kind) {
                if flow.nodes.iter().any(|other| other.uuid == node.uuid) {
                    self.problem(Some(node.uuid), "", format!("node UUID {} isn't unique", node.uuid));
                }
                flow.nodes.push(node);
            }
        }
        self.link(&mut flow);
        Some(flow)
    }

    fn header(&mut self, map: Object<'_>) -> Option<Flow> {
        let mut wrong = Vec::new();
        let mut r = Reader::new(map, &mut wrong);
        let uuid = r.required_uuid("uuid");
        let name = r.required("name");
        r.at_most("name", name, MAX_NAME_CHARS);
        let revision = r.number("revision").unwrap_or(0);
        let expire_after_minutes = r.number("expire_after_minutes").unwrap_or(0);
        if !wrong.is_empty() {
            self.problem(None, "", format!("unable to read flow header: {}", wrong.join(", ")));
            return None;
        }
        let mut r = Reader::new(map, &mut wrong);
        let language = r.required("language").parse();
        if language.is_err() && r.get("language").is_some() {
            r.wrong("language", "is not a valid language code");
        }
        let kind = FlowType::parse(r.required("type"));
        if kind.is_none() && r.get("type").is_some() {
            r.wrong("type", "is not a valid flow type");
        }
        if !wrong.is_empty() {
            self.problem(None, "", wrong.join(", "));
        }
        Some(Flow {
            uuid,
            name: name.into(),
            revision,
            kind: kind?,
            language: language.ok()?,
            expire_after_minutes: match (expire_after_minutes, kind?) {
                (0, FlowType::Messaging) => USUAL_MESSAGING_MINUTES,
                (0, FlowType::Voice) => USUAL_VOICE_MINUTES,
                (minutes, _) => u32::try_from(minutes).unwrap_or(u32::MAX),
            },
            nodes: Vec::new(),
            localization: Localization::default(),
            index: Vec::new(),
        })
    }

    fn node(&mut self, map: Object<'_>, kind: FlowType) -> Option<Node> {
        let before = self.problems.len();
        let mut wrong = Vec::new();
        let mut r = Reader::new(map, &mut wrong);
        let uuid = r.required_uuid("uuid");
        let exits = r.each("exits", |r| Exit {
            uuid: r.required_uuid("uuid"),
            to: None,
            destination: r.uuid("destination_uuid"),
        });
        if r.list("exits").is_empty() {
            r.wrong("exits", "must have a minimum of 1 items");
        } else if r.list_at_most("exits", MAX_EXITS).len() > MAX_EXITS {
            return None;
        }
        let raw_actions = r.list_at_most("actions", MAX_ACTIONS);
        if !wrong.is_empty() {
            self.problem(Some(uuid), "", format!("unable to read node: {}", wrong.join(", ")));
        }
        let mut actions = Vec::with_capacity(raw_actions.len());
        for (at, raw) in raw_actions.iter().enumerate() {
            match Action::read(raw) {
                Ok(action) => actions.push(action),
                Err(text) => {
                    self.problem(
                        Some(uuid),
                        &format!("actions[{at}]"),
                        format!("unable to read action[{at}]: {text}"),
                    );
                }
            }
        }
        let router = match map.get("router") {
            None | Some(Json::Null) => None,
            Some(raw) => match Router::read(raw, &exits) {
                Ok(router) => Some(router),
                Err((false, text)) => {
                    self.problem(Some(uuid), "router", format!("unable to read router: {text}"));
                    None
                }
                Err((true, text)) => {
                    self.problem(
                        Some(uuid),
                        "router",
                        format!("invalid node[uuid={uuid}]: invalid router: {text}"),
                    );
                    None
                }
            },
        };
        if self.problems.len() == before {
            self.check_node(uuid, &actions, router.as_ref(), kind);
        }
        Some(Node { uuid, actions, router, exits })
    }

    fn check_node(&mut self, node: Uuid, actions: &[Action], router: Option<&Router>, kind: FlowType) {
        for (at, action) in actions.iter().enumerate() {
            let place = format!("actions[{at}]");
            let name = action.kind.type_name();
            if !action.kind.allowed_in(kind) {
                let text =
                    format!("action type '{name}' is not allowed in a flow of type '{}'", kind.as_str());
                self.problem(Some(node), &place, format!("invalid node[uuid={node}]: {text}"));
            } else if let Err(text) = action.kind.check() {
                let text = format!("invalid action[uuid={}, type={name}]: {text}", action.uuid);
                self.problem(Some(node), &place, format!("invalid node[uuid={node}]: {text}"));
            }
        }
        if let Some(wait) = router.and_then(|router| router.wait.as_ref())
            && !wait.allowed_in(kind)
        {
            let (wait, kind) = (wait.type_name(), kind.as_str());
            let text = format!("wait type '{wait}' is not allowed in a flow of type '{kind}'");
            self.problem(Some(node), "router", format!("invalid node[uuid={node}]: invalid router: {text}"));
        }
    }

    /// Turns the destinations of exits into indexes.
    fn link(&mut self, flow: &mut Flow) {
        flow.index = flow.nodes.iter().enumerate().map(|(at, node)| (node.uuid, at)).collect();
        flow.index.sort_unstable();
        for at in 0..flow.nodes.len() {
            for exit in 0..flow.nodes[at].exits.len() {
                let Some(destination) = flow.nodes[at].exits[exit].destination else { continue };
                match place_of(&flow.index, destination) {
                    Some(to) => flow.nodes[at].exits[exit].to = Some(to),
                    None => {
                        let node = flow.nodes[at].uuid;
                        let text = format!("destination {destination} of exit isn't a known node");
                        self.problem(Some(node), "exits", format!("invalid node[uuid={node}]: {text}"));
                    }
                }
            }
        }
    }
}
