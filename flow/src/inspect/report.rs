//! The report that editors and import checks show.
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Dependency;
use super::walk::{Collected, Found, collect};
use crate::assets::Assets;
use crate::definition::{Flow, TOP_LEVELS};
use crate::refs::FieldRef;
use crate::routers::RouterKind;
use crate::words::Language;

/// What a flow needs and gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inspection {
    pub counts: Counts,
    pub dependencies: Vec<DependencyInfo>,
    pub locals: Vec<String>,
    pub results: Vec<ResultInfo>,
    /// The results of a parent flow that expressions use.
    pub parent_refs: Vec<String>,
    pub issues: Vec<Issue>,
}

/// How large a flow is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Languages that it is translated into.
    pub languages: usize,
    pub nodes: usize,
}

/// Something that a flow points at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DependencyInfo {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uuid: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether the line no longer has it.
    #[serde(default, skip_serializing_if = "crate::refs::is_false")]
    pub missing: bool,
}

/// All dependencies of a flow.
pub type Dependencies = Vec<DependencyInfo>;

/// A result that a flow saves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultInfo {
    pub key: String,
    pub name: String,
    pub categories: Vec<String>,
    pub node_uuids: Vec<Uuid>,
}

/// Something that an author should put right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    #[serde(flatten)]
    pub kind: IssueKind,
    pub node_uuid: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action_uuid: Option<Uuid>,
    /// The translation that has it; absent for the flow's own language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    pub description: String,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum IssueKind {
    InvalidRegex { regex: String },
    LegacyVars { vars: Vec<String> },
    MissingDependency { dependency: DependencyInfo },
}

/// Inspects a flow. Without assets nothing can be missing.
#[must_use]
pub fn inspect(flow: &Flow, assets: Option<&Assets>) -> Inspection {
    let mut report = Inspection {
        counts: Counts { languages: flow.localization.languages().count(), nodes: flow.nodes.len() },
        dependencies: Vec::new(),
        locals: Vec::new(),
        results: Vec::new(),
        parent_refs: Vec::new(),
        issues: Vec::new(),
    };
    let (mut locals, mut parent_refs) = (BTreeSet::new(), BTreeSet::new());
    let mut legacy = Vec::new();
    let mut missing = Vec::new();
    for (at, node) in flow.nodes.iter().enumerate() {
        report.issues.extend(invalid_regexes(flow, at));
        let Collected { templates, mut dependencies, results, locals: set, legacy_vars, .. } =
            collect(flow, at);
        for template in templates {
            for reference in template_references(&template.what.text) {
                match reference {
                    Reference::Asset(what) => dependencies.push(Found { what, ..template.at() }),
                    Reference::ParentResult(key) => {
                        parent_refs.insert(key);
                    }
                }
            }
        }
        for found in dependencies {
            let info = info(&found.what, assets);
            if info.missing {
                missing.push(missing_issue(node.uuid, &found, &info));
            }
            let same = |held: &DependencyInfo| {
                held.kind == info.kind && held.uuid == info.uuid && held.key == info.key
            };
            if !report.dependencies.iter().any(same) {
                report.dependencies.push(info);
            }
        }
        for (name, categories) in results {
            add_result(&mut report.results, node.uuid, &name, categories);
        }
        locals.extend(set);
        legacy.extend(legacy_vars.into_iter().map(|found| Issue {
            kind: IssueKind::LegacyVars { vars: found.what },
            node_uuid: node.uuid,
            action_uuid: found.action,
            language: None,
            description: "use of expressions instead of contact query".to_owned(),
        }));
    }
    report.issues.append(&mut legacy);
    report.issues.append(&mut missing);
    report.locals = locals.into_iter().collect();
    report.parent_refs = parent_refs.into_iter().collect();
    report
}

impl<T> Found<T> {
    fn at(&self) -> Found<Dependency> {
        let what = Dependency::Global(String::new());
        Found { action: self.action, language: self.language, what }
    }
}

/// The fields and globals that a text's expressions name, and the keys of the parent's results that they use.
#[must_use]
pub fn references_of(text: &str) -> (Vec<DependencyRef>, Vec<String>) {
    let (mut assets, mut results) = (Vec::new(), Vec::new());
    for reference in template_references(text) {
        match reference {
            Reference::Asset(Dependency::Field(field)) => {
                assets.push(DependencyRef { key: field.key.to_string(), name: field.name.to_string() });
            }
            Reference::Asset(Dependency::Global(key)) => {
                assets.push(DependencyRef { key, name: String::new() })
            }
            Reference::Asset(_) => {}
            Reference::ParentResult(key) => results.push(key),
        }
    }
    (assets, results)
}

/// A field or global as a text names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DependencyRef {
    pub key: String,
    /// Empty: a text knows keys only.
    pub name: String,
}

/// Something that a text refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reference {
    Asset(Dependency),
    ParentResult(String),
}

/// The fields, globals and parent results that a text's expressions name.
pub(crate) fn template_references(text: &str) -> Vec<Reference> {
    let mut out = Vec::new();
    for path in crate::excellent::tools::references(text, &TOP_LEVELS) {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let field = |key: &str| {
            Reference::Asset(Dependency::Field(FieldRef { key: key.to_lowercase().into(), name: "".into() }))
        };
        let found = match path.as_slice() {
            ["fields", key]
            | ["contact" | "parent" | "child", "fields", key]
            | ["parent" | "child" | "run", "contact", "fields", key] => field(key),
            ["globals", key] => Reference::Asset(Dependency::Global(key.to_lowercase())),
            ["parent", "results", key] => Reference::ParentResult(key.to_lowercase()),
            _ => continue,
        };
        if !out.contains(&found) {
            out.push(found);
        }
    }
    out
}

fn add_result(results: &mut Vec<ResultInfo>, node: Uuid, name: &str, categories: Vec<String>) {
    let key = crate::engine::result_key(name);
    if let Some(held) = results.iter_mut().find(|result| result.key == key) {
        for category in categories {
            if !held.categories.contains(&category) {
                held.categories.push(category);
            }
        }
        if !held.node_uuids.contains(&node) {
            held.node_uuids.push(node);
        }
        return;
    }
    results.push(ResultInfo { key, name: name.to_owned(), categories, node_uuids: vec![node] });
}

fn missing_issue(node_uuid: Uuid, found: &Found<Dependency>, info: &DependencyInfo) -> Issue {
    let identity = info.key.clone().or_else(|| info.uuid.map(|uuid| uuid.to_string())).unwrap_or_default();
    let dependency = DependencyInfo { missing: false, ..info.clone() };
    Issue {
        description: format!("missing {} dependency '{identity}'", info.kind),
        kind: IssueKind::MissingDependency { dependency },
        node_uuid,
        action_uuid: found.action,
        language: found.language,
    }
}

fn info(dependency: &Dependency, assets: Option<&Assets>) -> DependencyInfo {
    let (kind, target, known): (_, _, bool) = match dependency {
        Dependency::Channel(r) => ("channel", r, assets.is_none_or(|a| a.channel(r.uuid).is_some())),
        Dependency::Contact(r) => ("contact", r, true),
        Dependency::Group(r) => ("group", r, assets.is_none_or(|a| a.group(r.uuid).is_some())),
        Dependency::Label(r) => ("label", r, assets.is_none_or(|a| a.label(r.uuid).is_some())),
        Dependency::Llm(r) => ("llm", r, assets.is_none_or(|a| a.llm(r.uuid).is_some())),
        Dependency::Optin(r) => ("optin", r, assets.is_none_or(|a| a.optin(r.uuid).is_some())),
        Dependency::Template(r) => ("template", r, assets.is_none_or(|a| a.template(r.uuid).is_some())),
        Dependency::Topic(r) => ("topic", r, assets.is_none_or(|a| a.topic(r.uuid).is_some())),
        Dependency::User(r) => ("user", r, assets.is_none_or(|a| a.user(r.uuid).is_some())),
        Dependency::Flow(flow) => {
            let known = assets.is_none_or(|assets| assets.flow(flow.uuid).is_some());
            let (uuid, name) = (Some(flow.uuid), Some(flow.name.to_string()).filter(|name| !name.is_empty()));
            return DependencyInfo { kind: "flow".to_owned(), uuid, key: None, name, missing: !known };
        }
        Dependency::Field(field) => {
            let known = assets.is_none_or(|assets| assets.field(&field.key).is_some());
            return keyed("field", &field.key, &field.name, !known);
        }
        Dependency::Global(key) => {
            let known = assets.is_none_or(|assets| assets.global(key).is_some());
            return keyed("global", key, "", !known);
        }
    };
    let name = Some(target.name.to_string()).filter(|name| !name.is_empty());
    DependencyInfo { kind: kind.to_owned(), uuid: Some(target.uuid), key: None, name, missing: !known }
}

fn keyed(kind: &str, key: &str, name: &str, missing: bool) -> DependencyInfo {
    let (key, name) = (Some(key.to_owned()), Some(name.to_owned()));
    DependencyInfo { kind: kind.to_owned(), uuid: None, key, name, missing }
}

fn invalid_regexes(flow: &Flow, node: usize) -> Vec<Issue> {
    let mut issues = Vec::new();
    let place = &flow.nodes[node];
    let Some(RouterKind::Switch(switch)) = place.router.as_ref().map(|router| &router.kind) else {
        return issues;
    };
    for case in switch.cases.iter().filter(|case| &*case.test == "has_pattern") {
        let mut check = |regex: &str, language: Option<Language>| {
            if !crate::excellent::tools::has_expressions(regex, &TOP_LEVELS) && !is_regex(regex) {
                issues.push(Issue {
                    kind: IssueKind::InvalidRegex { regex: regex.to_owned() },
                    node_uuid: place.uuid,
                    action_uuid: None,
                    language,
                    description: format!("invalid regex: {regex}"),
                });
            }
        };
        for language in flow.localization.languages() {
            if let Some([first, ..]) = flow.localization.get(language, case.uuid, "arguments") {
                check(&first.raw, Some(language));
            }
        }
        if let Some(first) = case.arguments.first() {
            check(&first.raw, None);
        }
    }
    issues
}

fn is_regex(text: &str) -> bool {
    regex::Regex::new(text).is_ok()
}
