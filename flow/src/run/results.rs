//! What a run has learnt.
use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;

use super::RunResult;

/// What a run that learns anything usually learns.
const USUAL_RESULTS: usize = 4;
/// What it usually learns in one sprint.
const NEXT_RESULTS: usize = 2;

/// The results of a run by their snake-cased names, in the order of these. There are a few dozen at most: a list is
/// read, written and searched quicker than a tree.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunResults(Vec<(SmolStr, RunResult)>);

impl RunResults {
    /// No results.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Room for so many results and those of the next sprint.
    pub(crate) fn with_capacity(count: usize) -> Self {
        Self(Vec::with_capacity(count + NEXT_RESULTS))
    }

    fn find(&self, key: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(held, _)| held.as_str().cmp(key))
    }

    /// The result of that key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&RunResult> {
        self.find(key).ok().map(|at| &self.0[at].1)
    }

    /// The key as it is held, if there is such a result.
    pub(crate) fn key(&self, key: &str) -> Option<&SmolStr> {
        self.find(key).ok().map(|at| &self.0[at].0)
    }

    /// Saves a result; gives the one that it replaces.
    pub fn insert(&mut self, key: SmolStr, result: RunResult) -> Option<RunResult> {
        match self.find(&key) {
            Ok(at) => Some(std::mem::replace(&mut self.0[at].1, result)),
            Err(at) => {
                if self.0.is_empty() {
                    self.0.reserve(USUAL_RESULTS);
                }
                self.0.insert(at, (key, result));
                None
            }
        }
    }

    /// Adds a result behind all others; `false`, and nothing is added, when it does not belong there.
    pub(crate) fn push_last(&mut self, key: SmolStr, result: RunResult) -> bool {
        let belongs = self.0.last().is_none_or(|(last, _)| *last < key);
        if belongs {
            self.0.push((key, result));
        }
        belongs
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> <&Self as IntoIterator>::IntoIter {
        self.into_iter()
    }

    pub fn keys(&self) -> impl Iterator<Item = &SmolStr> {
        self.0.iter().map(|(key, _)| key)
    }

    pub fn values(&self) -> impl Iterator<Item = &RunResult> {
        self.0.iter().map(|(_, result)| result)
    }
}

type Pair<'r> = (&'r SmolStr, &'r RunResult);

impl<'r> IntoIterator for &'r RunResults {
    type Item = Pair<'r>;
    type IntoIter =
        std::iter::Map<std::slice::Iter<'r, (SmolStr, RunResult)>, fn(&'r (SmolStr, RunResult)) -> Pair<'r>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter().map(|(key, result)| (key, result))
    }
}

impl Serialize for RunResults {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self)
    }
}

impl<'de> Deserialize<'de> for RunResults {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let sorted = BTreeMap::<SmolStr, RunResult>::deserialize(deserializer)?;
        Ok(Self(sorted.into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moment::Moment;

    fn result(value: &str) -> RunResult {
        RunResult {
            name: "Age".into(),
            value: value.into(),
            category: SmolStr::default(),
            category_localized: SmolStr::default(),
            node_uuid: uuid::Uuid::nil(),
            input: SmolStr::default(),
            extra: None,
            created_on: Moment::default(),
        }
    }

    #[test]
    fn results_stand_in_the_order_of_their_keys() {
        let mut results = RunResults::default();
        for key in ["need", "age", "place"] {
            assert_eq!(results.insert(key.into(), result(key)), None);
        }
        assert_eq!(results.insert("age".into(), result("7")).map(|old| old.value), Some("age".into()));
        assert_eq!(results.keys().collect::<Vec<_>>(), ["age", "need", "place"]);
        assert_eq!(results.get("age").map(|age| &*age.value), Some("7"));
        assert_eq!(results.get("name"), None);
        assert!(!results.push_last("place".into(), result("")) && !results.push_last("b".into(), result("")));
        assert!(results.push_last("z".into(), result("")));
        let json = serde_json::to_string(&results).unwrap();
        assert_eq!(serde_json::from_str::<RunResults>(&json).unwrap(), results);
    }
}
