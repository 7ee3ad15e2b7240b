//! Statements over `result_count` and `flow_problem`.
use uuid::Uuid;

use crate::args;
use crate::store::{Result, Sql, Ts, Tx};

const COUNT: Sql = crate::sql!(
    "INSERT INTO result_count (line_id, flow, result, category, day, n) VALUES ($1, $2, $3, $4, $5, 1) \
     ON CONFLICT (line_id, flow, result, category, day) DO UPDATE SET n = result_count.n + 1"
);
const PROBLEM: Sql = crate::sql!(
    "INSERT INTO flow_problem (line_id, flow, text, last_at, n) VALUES ($1, $2, $3, $4, 1) \
     ON CONFLICT (line_id, flow, text) DO UPDATE SET n = flow_problem.n + 1, last_at = excluded.last_at"
);

/// The longest problem text that is kept, in characters.
const MAX_PROBLEM_CHARS: usize = 300;

impl Tx<'_> {
    /// Counts that a result got a category, without saying whose.
    pub(super) fn count_result(
        &mut self,
        line_id: Uuid,
        flow: &str,
        result: &str,
        category: &str,
        day: i64,
    ) -> Result<()> {
        self.later(COUNT, args![line_id, flow, result, category, day])
    }

    /// Keeps a mistake for the flow's author. Quoted values are taken out: they may be a person's.
    pub(super) fn note_problem(&mut self, line_id: Uuid, flow: &str, text: &str, now: Ts) -> Result<()> {
        let text: String = without_quotes(text).chars().take(MAX_PROBLEM_CHARS).collect();
        self.later(PROBLEM, args![line_id, flow, text, now])
    }
}

/// A text with everything between quotation marks replaced by `…`, and runs of digits too.
fn without_quotes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut quoted = None;
    let mut digits = 0;
    for letter in text.chars() {
        match quoted {
            Some(mark) if letter == mark => {
                quoted = None;
                out.push(letter);
            }
            Some(_) => {}
            None if letter == '"' || letter == '\'' => {
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
    #[test]
    fn values_are_taken_out_of_problems() {
        for (text, kept) in [
            (
                "error calling NUMBER(...): unable to convert \"Amina\" to a number",
                "error calling NUMBER(...): unable to convert \"…\" to a number",
            ),
            ("tel 593991234567 fails", "tel 5939 fails"),
            ("plain", "plain"),
        ] {
            assert_eq!(super::without_quotes(text), kept);
        }
    }
}
