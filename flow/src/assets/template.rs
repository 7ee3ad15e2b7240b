//! Message templates that a provider has approved.
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use uuid::Uuid;

use super::Channel;
use crate::events::MsgTemplating;
use crate::refs::Ref;
use crate::words::{QuickReply, QuickReplyKind, TemplateComponent, TemplateVariable};

/// A template in all its translations.
#[derive(Debug, Clone, Deserialize)]
pub struct MsgTemplate {
    pub uuid: Uuid,
    #[serde(default)]
    pub name: Arc<str>,
    #[serde(default)]
    pub translations: Vec<TemplateTranslation>,
}

/// A template in one language on one channel.
#[derive(Debug, Clone, Deserialize)]
pub struct TemplateTranslation {
    pub channel: Ref,
    /// Such as `spa` or `spa-EC`.
    #[serde(default)]
    pub locale: String,
    #[serde(default)]
    pub components: Vec<Component>,
    #[serde(default)]
    pub variables: Vec<Variable>,
}

/// A part of a template.
#[derive(Debug, Clone, Deserialize)]
pub struct Component {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub content: String,
    /// What stands for a variable in the content (`1` for `{{1}}`) to the variable's index.
    #[serde(default)]
    pub variables: BTreeMap<String, usize>,
}

/// A gap to be filled.
#[derive(Debug, Clone, Deserialize)]
pub struct Variable {
    #[serde(rename = "type")]
    pub kind: String,
}

/// What the person sees of a filled template.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preview {
    pub text: String,
    pub attachments: Vec<String>,
    pub quick_replies: Vec<QuickReply>,
}

impl MsgTemplate {
    /// A pointer to this template.
    #[must_use]
    pub fn to_ref(&self) -> Ref {
        Ref { uuid: self.uuid, name: self.name.clone() }
    }

    /// The translation for a channel that fits the wanted locales best: the exact one, the same language, else
    /// the channel's first.
    #[must_use]
    pub fn find_translation(&self, channel: &Channel, locales: &[String]) -> Option<&TemplateTranslation> {
        let of_channel = || self.translations.iter().filter(|t| t.channel.uuid == channel.uuid);
        let language = |locale: &str| locale.split('-').next().unwrap_or("").to_owned();
        for wanted in locales {
            let exact = of_channel().find(|t| t.locale == *wanted);
            let near = || of_channel().find(|t| language(&t.locale) == language(wanted));
            if let Some(found) = exact.or_else(near) {
                return Some(found);
            }
        }
        of_channel().next()
    }

    /// Fills the gaps of a translation; missing values are empty, surplus ones are left out.
    #[must_use]
    pub fn templating(&self, translation: &TemplateTranslation, values: &[String]) -> MsgTemplating {
        let variables = translation.variables.iter().enumerate().map(|(at, variable)| TemplateVariable {
            kind: variable.kind.clone(),
            value: values.get(at).cloned().unwrap_or_default(),
        });
        let components = translation.components.iter().filter(|component| !component.variables.is_empty());
        MsgTemplating {
            template: self.to_ref(),
            components: components
                .map(|c| TemplateComponent {
                    kind: c.kind.clone(),
                    name: c.name.clone(),
                    variables: c.variables.clone(),
                })
                .collect(),
            variables: variables.collect(),
        }
    }
}

impl TemplateTranslation {
    /// What the person will see.
    #[must_use]
    pub fn preview(&self, variables: &[TemplateVariable]) -> Preview {
        let mut preview = Preview::default();
        let mut texts = Vec::new();
        for component in &self.components {
            let mut content = component.content.clone();
            for (key, index) in &component.variables {
                let Some(variable) = variables.get(*index) else { continue };
                if variable.kind == "text" {
                    content = content.replace(&format!("{{{{{key}}}}}"), &variable.value);
                } else if variable
                    .value
                    .split_once(':')
                    .is_some_and(|(kind, url)| !kind.is_empty() && !url.is_empty())
                {
                    preview.attachments.push(variable.value.clone());
                }
            }
            if content.is_empty() {
                continue;
            }
            if component.kind.starts_with("button/") {
                let kind = QuickReplyKind::Text;
                preview.quick_replies.push(QuickReply { kind, text: content, ..QuickReply::default() });
            } else {
                texts.push(content);
            }
        }
        preview.text = texts.join("\n\n");
        preview
    }
}
