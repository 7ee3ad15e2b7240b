//! What a flow needs and gives: the things it points at, its results, its texts, and what is wrong with it.
mod expressions;
mod known;
mod messages;
mod report;
mod walk;

pub use expressions::check_expressions;
pub use messages::{Written, messages};

pub use report::{
    Dependencies, DependencyInfo, Inspection, Issue, IssueKind, ResultInfo, inspect, references_of,
};
pub use walk::{localizables, templates};

use uuid::Uuid;

use crate::definition::{Pointer, Text};
use crate::refs::{FieldRef, FlowRef, Ref};

/// Something that a flow points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dependency {
    Channel(Ref),
    Contact(Ref),
    Field(FieldRef),
    Flow(FlowRef),
    Global(String),
    Group(Ref),
    Label(Ref),
    Llm(Ref),
    Optin(Ref),
    Template(Ref),
    Topic(Ref),
    User(Ref),
}

/// Is shown everything of an action or router, in the order of its fields.
pub(crate) trait Visitor {
    /// A text that may hold expressions, and the field that it stands in; empty ones are not shown.
    fn template(&mut self, field: &str, text: &Text);
    /// Texts that may hold expressions, and their translations.
    fn templates(&mut self, item: Uuid, property: &str, texts: &[Text]);
    /// Texts that can be translated.
    fn localizable(&mut self, item: Uuid, property: &str, texts: &[Text]);
    /// Something that is pointed at.
    fn dependency(&mut self, dependency: Dependency);
    /// A result that is saved, with the categories it can have.
    fn result(&mut self, name: &str, categories: Vec<String>);
    /// A local variable that is set.
    fn local(&mut self, name: &str);
    /// Recipients in the way of old flows.
    fn legacy_vars(&mut self, vars: Vec<String>);

    /// Texts that may hold expressions and can be translated.
    fn both(&mut self, item: Uuid, property: &str, texts: &[Text]) {
        self.templates(item, property, texts);
        self.localizable(item, property, texts);
    }

    /// Groups, fixed or named.
    fn groups(&mut self, groups: &[Pointer]) {
        for group in groups {
            match group {
                Pointer::Fixed(group) => self.dependency(Dependency::Group(group.clone())),
                Pointer::Named(name) => self.template("groups", name),
            }
        }
    }
}
