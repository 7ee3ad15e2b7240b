//! Families whose cases are values, texts and templates: compared as they are.
mod calls;
mod data;
mod source;
mod templates;
mod texts;

use std::path::Path;

use data::{Case, Data};

use crate::{Cases, Strict, attempt};

/// What became of one case: `Err` says how the outcome differs.
pub type Outcome = Result<(), String>;

/// A set of cases that are run alike.
pub struct Family {
    pub name: &'static str,
    run: fn(&Data, &Case) -> Outcome,
}

impl Family {
    /// Runs all cases of the family.
    pub fn cases(&self, data: &crate::Data) -> Cases {
        let data = Data::load(&data.0, self.name);
        let run = |case: &Case| attempt(|| (self.run)(&data, case).map(|()| Strict(true)));
        data.cases.iter().map(|case| (case.id.clone(), run(case))).collect()
    }
}

pub const FAMILIES: &[Family] = &[
    Family { name: "excellent_functions", run: templates::call },
    Family { name: "router_tests", run: templates::call },
    Family { name: "excellent_templates", run: templates::template },
    Family { name: "excellent_operators", run: templates::template },
    Family { name: "session_templates", run: templates::template },
    Family { name: "doc_examples", run: templates::documentation },
    Family { name: "excellent_types", run: calls::types },
    Family { name: "excellent_tools", run: calls::tools },
    Family { name: "numbers", run: calls::numbers },
    Family { name: "dates", run: calls::dates },
    Family { name: "environment", run: calls::environment },
    Family { name: "text", run: texts::text },
    Family { name: "phones", run: texts::phones },
    Family { name: "urns", run: texts::urns },
    Family { name: "gsm7", run: texts::gsm7 },
    Family { name: "locations", run: texts::locations },
];

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> T {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
