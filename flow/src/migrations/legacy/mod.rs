//! Definitions from before spec 13: RapidPro's action sets and rule sets, texts by language, and the older expressions.
//! They are rewritten as version 13.0, from where the other migrations go on.
//!
//! One file for each noun of an old definition. Nothing here fails on a text: an expression that cannot be
//! understood stays as it stands. What cannot be brought over at all (an unknown action, rule or rule set) is an error
//! that names it, so that nobody runs a flow which silently lacks a step.
mod actions;
mod arithmetic;
mod flows;
mod functions;
mod importer;
mod paths;
mod rule_sets;
mod rules;
mod syntax;
mod templates;
mod ui;
mod webhooks;

pub use flows::{is_legacy, to_13};
pub use syntax::string_literal;
pub use templates::{TemplateOptions, migrate_template};
