//! Contact fields, and how a text becomes a field's value.
use std::sync::Arc;

use serde::Deserialize;
use uuid::Uuid;

use super::Assets;
use crate::contact::{FieldNumber, FieldValue};
use crate::env::Environment;
use crate::moment::Moment;
use crate::source::Source;
use crate::text::locations::Hierarchy;
use crate::text::{dates, numbers};

/// A field that contacts may have a value of.
#[derive(Debug, Clone, Deserialize)]
pub struct Field {
    #[serde(default)]
    pub uuid: Option<Uuid>,
    pub key: Arc<str>,
    #[serde(default)]
    pub name: Arc<str>,
    #[serde(rename = "type", default)]
    pub kind: FieldKind,
}

/// What a field's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldKind {
    #[default]
    Text,
    Number,
    Datetime,
    State,
    District,
    Ward,
}

impl FieldKind {
    /// As definitions write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Datetime => "datetime",
            Self::State => "state",
            Self::District => "district",
            Self::Ward => "ward",
        }
    }
}

impl Field {
    /// Reads a text as a value of this field; `None` for an empty text. A text that is no number (date, place)
    /// is kept as text all the same.
    #[must_use]
    pub fn parse_value(
        &self,
        text: &str,
        env: &Environment,
        assets: &Assets,
        source: &mut dyn Source,
    ) -> Option<FieldValue> {
        if text.is_empty() {
            return None;
        }
        let number = numbers::plain(text);
        // read for every type: the type may change, and whether the clock is asked must not depend on it
        let datetime = dates::find_datetime(env, text, true, &mut || source.now());
        let mut value = FieldValue { text: text.into(), ..FieldValue::default() };
        value.number = number.map(|number| FieldNumber(smol_str::format_smolstr!("{number}")));
        value.datetime = datetime.map(|zoned| Moment { at: zoned.timestamp(), offset: zoned.offset() });
        if let (FieldKind::State | FieldKind::District | FieldKind::Ward, Some(places)) =
            (self.kind, assets.locations())
        {
            self.place(text, places, &mut value);
        }
        Some(value)
    }

    fn place(&self, text: &str, places: &Hierarchy, value: &mut FieldValue) {
        let level = match self.kind {
            FieldKind::State => 1,
            FieldKind::District => 2,
            _ => 3,
        };
        let Some(path) = places.find_in_text(text, level, None) else { return };
        let part = |levels: usize| -> Arc<str> {
            path.split(" > ").take(levels + 1).collect::<Vec<_>>().join(" > ").into()
        };
        value.state = Some(part(1));
        value.district = (level >= 2).then(|| part(2));
        value.ward = (level >= 3).then(|| part(3));
    }
}
