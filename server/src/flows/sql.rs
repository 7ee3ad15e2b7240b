//! Statements over `result_tally`, `result_count` and `flow_problem`.
use std::collections::BTreeMap;

use uuid::Uuid;

use crate::args;
use crate::store::{Kind, Many, Result, Sql, StoreError, Ts, Tx};

static TALLY: Many = Many {
    table: "result_tally",
    columns: &[
        ("id", Kind::Uuid),
        ("line_id", Kind::Uuid),
        ("flow", Kind::Text),
        ("result", Kind::Text),
        ("category", Kind::Text),
        ("day", Kind::Int),
    ],
    tail: "",
};
const TALLIES: Sql =
    crate::sql!("SELECT id, line_id, flow, result, category, day FROM result_tally ORDER BY id LIMIT $1");
const TALLIED: Sql = crate::sql!("DELETE FROM result_tally WHERE id {in_uuids:$1}");
const COUNT: Sql = crate::sql!(
    "INSERT INTO result_count (line_id, flow, result, category, day, n) VALUES ($1, $2, $3, $4, $5, $6) \
     ON CONFLICT (line_id, flow, result, category, day) DO UPDATE SET n = result_count.n + excluded.n"
);
const PROBLEM: Sql = crate::sql!(
    "INSERT INTO flow_problem (line_id, flow, text, last_at, n, stopped) VALUES ($1, $2, $3, $4, 1, $5) \
     ON CONFLICT (line_id, flow, text) DO UPDATE SET n = flow_problem.n + 1, last_at = excluded.last_at, \
     stopped = excluded.stopped"
);

/// The longest problem text that is kept, in characters.
const MAX_PROBLEM_CHARS: usize = 300;

impl Tx<'_> {
    /// Counts that a result got a category, without saying whose.
    pub(super) fn count_result(
        &mut self,
        id: Uuid,
        line_id: Uuid,
        flow: &str,
        result: &str,
        category: &str,
        day: i64,
    ) -> Result<()> {
        self.insert_later(&TALLY, args![id, line_id, flow, result, category, day].to_vec())
    }

    /// Adds up to `limit` counted results to their counters; returns how many.
    ///
    /// # Errors
    /// When the store refuses, or another process has added the same ones up: nothing is counted twice.
    pub fn add_up_results(&mut self, limit: i64) -> Result<usize> {
        let mut sums: BTreeMap<(Uuid, String, String, String, i64), i64> = BTreeMap::new();
        let mut ids: Vec<Uuid> = Vec::new();
        for row in self.rows(TALLIES, args![limit])? {
            ids.push(row.get(0)?);
            *sums.entry((row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)).or_default() += 1;
        }
        let count = ids.len();
        if count == 0 {
            return Ok(0);
        }
        if self.run(TALLIED, args![ids])? != count as u64 {
            return Err(StoreError::Again("another process adds the results up".into()));
        }
        for ((line_id, flow, result, category, day), n) in sums {
            self.later(COUNT, args![line_id, flow, result, category, day, n])?;
        }
        Ok(count)
    }

    /// Keeps a mistake for the flow's author, and whether it stopped the flow. Quoted values are taken out: they may be
    /// a person's.
    pub(super) fn note_problem(
        &mut self,
        line_id: Uuid,
        flow: &str,
        text: &str,
        stopped: bool,
        now: Ts,
    ) -> Result<()> {
        let text: String = without_quotes(text).chars().take(MAX_PROBLEM_CHARS).collect();
        self.later(PROBLEM, args![line_id, flow, text, now, stopped])
    }
}

/// A text with everything between quotation marks replaced by `…`, and runs of digits too. An apostrophe inside a word
/// is no quotation mark.
fn without_quotes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut quoted = None;
    let mut digits = 0;
    let mut before = ' ';
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let in_a_word = |beside: char| letter == '\'' && beside.is_alphanumeric();
        let ends_here = !letters.peek().is_some_and(|next| in_a_word(*next));
        let begins_here = !in_a_word(before);
        before = letter;
        match quoted {
            Some(mark) if letter == mark && ends_here => {
                quoted = None;
                out.push(letter);
            }
            Some(_) => {}
            None if (letter == '"' || letter == '\'') && begins_here => {
                quoted = Some(letter);
                out.push(letter);
                out.push('…');
            }
            None if letter.is_ascii_digit() => {
                digits += 1;
                if digits < 5 {
                    out.push(letter);
                }
                continue;
            }
            None => out.push(letter),
        }
        digits = 0;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Location, Part, Store};

    #[test]
    fn values_are_taken_out_of_problems() {
        for (text, kept) in [
            (
                "error calling NUMBER(...): unable to convert \"Amina\" to a number",
                "error calling NUMBER(...): unable to convert \"…\" to a number",
            ),
            ("tel 593991234567 fails", "tel 5939 fails"),
            ("plain", "plain"),
            ("can't find 'Amina's house' or \"it's\" here", "can't find '…' or \"…\" here"),
        ] {
            assert_eq!(without_quotes(text), kept);
        }
    }

    #[test]
    fn results_are_added_up_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&Location::Sqlite(folder.path().join("openline.db")), Part::Data).unwrap();
        let line = Uuid::from_u128(1);
        let counted = |from: u128, to: u128| {
            let tally = move |tx: &mut Tx<'_>| {
                (from..to).try_for_each(|n| {
                    let category = if n % 3 == 0 { "Papers" } else { "Health" };
                    tx.count_result(Uuid::from_u128(n), line, "Menu", "choice", category, 20_779)
                })
            };
            store.write_blocking(tally).unwrap();
        };
        let sum = crate::sql!("SELECT n FROM result_count WHERE category = 'Papers'");
        counted(0, 9);
        assert_eq!(store.write_blocking(|tx| tx.add_up_results(5)).unwrap(), 5);
        assert_eq!(store.write_blocking(|tx| tx.add_up_results(5)).unwrap(), 4);
        counted(9, 12);
        assert_eq!(store.write_blocking(|tx| tx.add_up_results(5)).unwrap(), 3);
        assert_eq!(store.write_blocking(|tx| tx.add_up_results(5)).unwrap(), 0);
        let papers: i64 = store.read_blocking(move |tx| tx.one(sum, &[])?.get(0)).unwrap();
        assert_eq!(papers, 4);
    }
}
