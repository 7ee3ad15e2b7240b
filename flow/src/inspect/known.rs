//! What the context of expressions has, without a session: the shape of `@contact`, `@results` and the rest.
use std::collections::BTreeSet;

use crate::assets::Assets;

/// What can be asked of a value.
#[derive(Debug, Clone, Copy)]
enum Shape {
    /// Anything: JSON from outside.
    Any,
    /// A text, number or time: nothing.
    Leaf,
    Keys(&'static [(&'static str, Shape)]),
    List(&'static Shape),
    Fields,
    Globals,
    Locals,
    /// The results of this flow.
    Results,
    /// The results of whatever flow entered this one or is entered by it.
    RelatedResults,
}

use Shape::{Any, Fields, Globals, Keys, Leaf, List, Locals, RelatedResults, Results};

const NAMED: Shape = Keys(&[("uuid", Leaf), ("name", Leaf)]);
const USER: Shape = Keys(&[("email", Leaf), ("first_name", Leaf), ("name", Leaf)]);
const CHANNEL: Shape = Keys(&[("uuid", Leaf), ("name", Leaf), ("address", Leaf)]);
const TICKET: Shape = Keys(&[("uuid", Leaf), ("topic", NAMED), ("assignee", USER)]);
const FLOW: Shape = Keys(&[("uuid", Leaf), ("name", Leaf), ("revision", Leaf)]);
const RESULT: Shape = Keys(&[
    ("name", Leaf),
    ("value", Leaf),
    ("category", Leaf),
    ("category_localized", Leaf),
    ("input", Leaf),
    ("extra", Any),
    ("node_uuid", Leaf),
    ("created_on", Leaf),
]);
const URNS: Shape = Keys(&[
    ("bsuid", Leaf),
    ("ext", Leaf),
    ("facebook", Leaf),
    ("fcm", Leaf),
    ("freshchat", Leaf),
    ("instagram", Leaf),
    ("jiochat", Leaf),
    ("line", Leaf),
    ("mailto", Leaf),
    ("matrix", Leaf),
    ("rocketchat", Leaf),
    ("signal", Leaf),
    ("slack", Leaf),
    ("sms", Leaf),
    ("tel", Leaf),
    ("telegram", Leaf),
    ("twitter", Leaf),
    ("twitterid", Leaf),
    ("viber", Leaf),
    ("vk", Leaf),
    ("webchat", Leaf),
    ("wechat", Leaf),
    ("whatsapp", Leaf),
]);
const CONTACT: Shape = Keys(&[
    ("channel", CHANNEL),
    ("created_on", Leaf),
    ("fields", Fields),
    ("first_name", Leaf),
    ("groups", List(&NAMED)),
    ("id", Leaf),
    ("language", Leaf),
    ("last_seen_on", Leaf),
    ("name", Leaf),
    ("ref", Leaf),
    ("status", Leaf),
    ("tickets", List(&TICKET)),
    ("timezone", Leaf),
    ("urn", Leaf),
    ("urns", List(&Leaf)),
    ("uuid", Leaf),
]);
const RELATED: Shape = Keys(&[
    ("contact", CONTACT),
    ("fields", Fields),
    ("flow", FLOW),
    ("results", RelatedResults),
    ("run", Keys(&[("status", Leaf)])),
    ("status", Leaf),
    ("urns", URNS),
    ("uuid", Leaf),
]);
const TOP: &[(&str, Shape)] = &[
    ("child", RELATED),
    ("contact", CONTACT),
    ("fields", Fields),
    ("globals", Globals),
    (
        "input",
        Keys(&[
            ("attachments", List(&Leaf)),
            ("channel", CHANNEL),
            ("created_on", Leaf),
            ("external_id", Leaf),
            ("payload", Any),
            ("text", Leaf),
            ("type", Leaf),
            ("urn", Leaf),
            ("uuid", Leaf),
        ]),
    ),
    ("legacy_extra", Any),
    ("locals", Locals),
    ("node", Keys(&[("uuid", Leaf), ("visit_count", Leaf), ("categories", List(&Leaf))])),
    ("parent", RELATED),
    ("results", Results),
    ("resume", Keys(&[("type", Leaf), ("dial", Keys(&[("status", Leaf), ("duration", Leaf)]))])),
    (
        "run",
        Keys(&[
            ("contact", CONTACT),
            ("created_on", Leaf),
            ("exited_on", Leaf),
            ("flow", FLOW),
            ("locals", Locals),
            ("path", List(&Keys(&[("node_uuid", Leaf), ("arrived_on", Leaf)]))),
            ("results", Results),
            ("status", Leaf),
            ("uuid", Leaf),
        ]),
    ),
    ("ticket", TICKET),
    (
        "trigger",
        Keys(&[
            ("type", Leaf),
            ("params", Any),
            ("keyword", Leaf),
            ("campaign", NAMED),
            ("origin", Leaf),
            ("ticket", TICKET),
            ("user", USER),
        ]),
    ),
    ("urns", URNS),
    ("webhook", Keys(&[("status", Leaf), ("headers", Any), ("json", Any)])),
];

/// The names that one flow's expressions can use.
pub(super) struct Known<'k> {
    /// `None`: every field, global and result of another flow is taken to exist.
    pub(super) assets: Option<&'k Assets>,
    pub(super) results: BTreeSet<String>,
    pub(super) related_results: &'k BTreeSet<String>,
    pub(super) locals: BTreeSet<String>,
    /// Whether the host brings a global of that name along.
    pub(super) host_global: &'k dyn Fn(&str) -> bool,
}

impl Known<'_> {
    /// What is wrong with a path from a top level, if anything is.
    pub(super) fn complaint(&self, path: &[String]) -> Option<String> {
        let mut shape = Keys(TOP);
        for (at, key) in path.iter().enumerate() {
            let so_far = || path[..at].join(".");
            shape = match shape {
                Any => return None,
                Leaf => return Some(format!("{} has no parts, so there is no '{key}' of it", so_far())),
                Keys(keys) => match keys.iter().find(|(name, _)| name == key) {
                    Some((_, shape)) => *shape,
                    None => return Some(format!("{} has no '{key}'", so_far())),
                },
                List(item) if key.parse::<i64>().is_ok() => *item,
                List(_) => return Some(format!("{} is a list and has no '{key}'", so_far())),
                Fields if self.assets.is_none_or(|assets| assets.field(key).is_some()) => Leaf,
                Fields => return Some(format!("there is no contact field '{key}'")),
                Globals if self.has_global(key) => Leaf,
                Globals => return Some(format!("there is no global '{key}'")),
                Locals if self.locals.contains(key) => Leaf,
                Locals => return Some(format!("this flow sets no local variable '{key}'")),
                Results if self.results.contains(key) => RESULT,
                Results => return Some(format!("this flow saves no result '{key}'")),
                RelatedResults if self.assets.is_none() || self.related_results.contains(key) => RESULT,
                RelatedResults => return Some(format!("no flow saves a result '{key}'")),
            };
        }
        None
    }

    fn has_global(&self, key: &str) -> bool {
        self.assets.is_none_or(|assets| assets.global(key).is_some()) || (self.host_global)(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::TOP_LEVELS;

    #[test]
    fn every_top_level_has_its_shape() {
        let names: Vec<&str> = TOP.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, TOP_LEVELS);
    }
}
