//! Walks a flow and collects what its actions and routers show.
use uuid::Uuid;

use super::{Dependency, Visitor};
use crate::definition::{Flow, Text};
use crate::words::Language;

/// Everything that one node shows.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub(super) templates: Vec<Found<Shown>>,
    pub(super) localizables: Vec<String>,
    pub(super) dependencies: Vec<Found<Dependency>>,
    pub(super) results: Vec<(String, Vec<String>)>,
    pub(super) locals: Vec<String>,
    pub(super) legacy_vars: Vec<Found<Vec<String>>>,
}

/// A text that may hold expressions.
#[derive(Debug)]
pub(super) struct Shown {
    /// The field of the action, router or case, such as `text` or `quick_replies[1]`.
    pub(super) field: String,
    /// The action or case, for texts that can be translated.
    pub(super) item: Option<Uuid>,
    pub(super) text: String,
}

/// Something found, and where.
#[derive(Debug)]
pub(super) struct Found<T> {
    /// `None`: in the router.
    pub(super) action: Option<Uuid>,
    /// `None`: in the flow's own language.
    pub(super) language: Option<Language>,
    pub(super) what: T,
}

struct Collector<'f> {
    flow: &'f Flow,
    action: Option<Uuid>,
    out: Collected,
}

impl Collector<'_> {
    fn found<T>(&self, what: T) -> Found<T> {
        Found { action: self.action, language: None, what }
    }

    fn texts(&mut self, language: Option<Language>, item: Uuid, property: &str, texts: &[Text]) {
        for (at, text) in texts.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
            let field = if texts.len() == 1 { property.to_owned() } else { format!("{property}[{at}]") };
            let what = Shown { field, item: Some(item), text: text.raw.to_string() };
            self.out.templates.push(Found { action: self.action, language, what });
        }
    }
}

impl Visitor for Collector<'_> {
    fn template(&mut self, field: &str, text: &Text) {
        if !text.is_empty() {
            let what = Shown { field: field.to_owned(), item: None, text: text.raw.to_string() };
            let found = self.found(what);
            self.out.templates.push(found);
        }
    }

    fn templates(&mut self, item: Uuid, property: &str, texts: &[Text]) {
        self.texts(None, item, property, texts);
        for language in self.flow.localization.languages() {
            let translated = self.flow.localization.get(language, item, property).unwrap_or(&[]);
            self.texts(Some(language), item, property, translated);
        }
    }

    fn localizable(&mut self, _: Uuid, _: &str, texts: &[Text]) {
        let texts = texts.iter().filter(|text| !text.is_empty());
        self.out.localizables.extend(texts.map(|text| text.raw.to_string()));
    }

    fn dependency(&mut self, dependency: Dependency) {
        let found = self.found(dependency);
        self.out.dependencies.push(found);
    }

    fn result(&mut self, name: &str, categories: Vec<String>) {
        self.out.results.push((name.to_owned(), categories));
    }

    fn local(&mut self, name: &str) {
        self.out.locals.push(name.to_owned());
    }

    fn legacy_vars(&mut self, vars: Vec<String>) {
        let found = self.found(vars);
        self.out.legacy_vars.push(found);
    }
}

/// What a node shows, in order.
pub(super) fn collect(flow: &Flow, node: usize) -> Collected {
    let mut collector = Collector { flow, action: None, out: Collected::default() };
    for action in &flow.nodes[node].actions {
        collector.action = Some(action.uuid);
        action.visit(&mut collector);
    }
    collector.action = None;
    if let Some(router) = &flow.nodes[node].router {
        router.visit(&mut collector);
    }
    collector.out
}

/// All texts of a flow that may hold expressions, with their translations, in order.
#[must_use]
pub fn templates(flow: &Flow) -> Vec<String> {
    let texts = |node| collect(flow, node).templates.into_iter().map(|found| found.what.text);
    (0..flow.nodes.len()).flat_map(texts).collect()
}

/// All texts of a flow that can be translated, in order.
#[must_use]
pub fn localizables(flow: &Flow) -> Vec<String> {
    (0..flow.nodes.len()).flat_map(|node| collect(flow, node).localizables).collect()
}
