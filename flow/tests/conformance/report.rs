//! Counts what became of recorded cases and says so, alike for `flow` and `channels`: a table by family, the ids of
//! what failed, and one line of JSON that `bin/conformance` puts last.
//!
//! `CONFORMANCE_SHOW=family` (or `all`) adds how each failing case differs; `CONFORMANCE_RAISE=1` has the floors
//! written anew.
use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

/// The cases of one family, by outcome.
#[derive(Debug, Default)]
pub struct Family {
    pub passed: usize,
    /// Of those passed, how many are equal to the last digit too: with generated ids and times. `None` where there is
    /// nothing of the kind to leave out.
    pub strict: Option<usize>,
    /// Cases that are meant to differ, and do; with the reason.
    pub deviations: Vec<(String, String)>,
    /// Case ids, and how they differ.
    pub failed: Vec<(String, String)>,
}

impl Family {
    /// How many cases there are.
    pub fn total(&self) -> usize {
        self.passed + self.deviations.len() + self.failed.len()
    }
}

/// The outcome of a suite.
#[derive(Debug)]
pub struct Report {
    suite: &'static str,
    families: Vec<(String, Family)>,
}

impl Report {
    pub fn new(suite: &'static str) -> Self {
        Self { suite, families: Vec::new() }
    }

    pub fn add(&mut self, name: &str, family: Family) {
        self.families.push((name.to_owned(), family));
    }

    /// Prints everything to standard output; the last line is the JSON.
    pub fn print(&self) {
        let show = std::env::var("CONFORMANCE_SHOW").unwrap_or_default();
        println!("\n{:<26} {:>6} {:>6} {:>10} {:>7}", "family", "passed", "failed", "deviations", "strict");
        for (name, family) in &self.families {
            let strict = family.strict.map_or_else(|| "-".to_owned(), |strict| strict.to_string());
            let (failed, deviations) = (family.failed.len(), family.deviations.len());
            println!("{name:<26} {:>6} {failed:>6} {deviations:>10} {strict:>7}", family.passed);
        }
        for (name, family) in &self.families {
            let cases = family.deviations.len();
            match family.deviations.first() {
                Some((_, why)) if cases > 1 && cases == family.total() => {
                    println!("DEVIATION {name}, all {cases} cases: {why}");
                }
                _ => family.deviations.iter().for_each(|(id, why)| println!("DEVIATION {id}: {why}")),
            }
            for (id, how) in &family.failed {
                let how = if show == "all" || show == *name { format!(": {how}") } else { String::new() };
                println!("FAILED {id}{how}");
            }
        }
        println!("strict: equal with generated ids and times too, of those passed");
        println!("{}", self.json());
    }

    fn json(&self) -> Json {
        let of = |family: &Family| json!({"passed": family.passed, "failed": family.failed.len(), "deviations": family.deviations.len()});
        let sum = |count: fn(&Family) -> usize| -> usize {
            self.families.iter().map(|(_, family)| count(family)).sum()
        };
        let families: serde_json::Map<String, Json> =
            self.families.iter().map(|(name, family)| (name.clone(), of(family))).collect();
        json!({
            "suite": self.suite,
            "passed": sum(|family| family.passed),
            "failed": sum(|family| family.failed.len()),
            "deviations": sum(|family| family.deviations.len()),
            "families": families,
        })
    }

    /// The families in which fewer cases pass than once did. A floor is `{"passed": 3, "of": 4}` and applies only to as
    /// many cases as were counted then: other data has no floors. But where most families have as many as then, the
    /// data is the same, and a family that has not is missing something.
    pub fn below(&self, floors: &BTreeMap<String, BTreeMap<String, usize>>) -> Vec<String> {
        let mut below = Vec::new();
        let mut other = Vec::new();
        for (name, floor) in floors {
            let family = self.families.iter().find(|(known, _)| known == name);
            let (passed, total) = family.map_or((0, 0), |(_, family)| (family.passed, family.total()));
            if total != floor["of"] {
                other.push(format!("{name}: {total} cases and not {}", floor["of"]));
            } else if passed < floor["passed"] {
                below.push(format!("{name}: {passed} of {total}, and {} once", floor["passed"]));
            }
        }
        if other.len() * 2 < floors.len() {
            below.extend(other);
        } else {
            println!("other data than the floors were taken from: they do not apply");
        }
        below
    }

    /// Floors at what passes now.
    pub fn floors(&self) -> Json {
        let floor = |family: &Family| json!({"passed": family.passed, "of": family.total()});
        let sorted: BTreeMap<&String, Json> =
            self.families.iter().map(|(name, family)| (name, floor(family))).collect();
        json!(sorted)
    }
}
