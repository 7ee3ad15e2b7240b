//! Tests of words and texts.
use std::borrow::Cow;

use crate::excellent::functions::Arity::Exactly;
use crate::excellent::functions::Builtin;
use crate::excellent::{Scope, Value};
use crate::text::collation::{collate, collated};
use crate::text::tokens;

use super::{Outcome, matched, matched_if_some, unmatched};

pub(super) const TESTS: &[Builtin] = &[
    Builtin::new("has_error", Exactly(1), has_error),
    Builtin::new("has_text", Exactly(1), has_text),
    Builtin::new("has_only_text", Exactly(2), has_only_text),
    Builtin::new("has_beginning", Exactly(2), has_beginning),
    Builtin::new("has_any_word", Exactly(2), has_any_word),
    Builtin::new("has_all_words", Exactly(2), has_all_words),
    Builtin::new("has_phrase", Exactly(2), has_phrase),
    Builtin::new("has_only_phrase", Exactly(2), has_only_phrase),
];

/// `has_error(value)`: the match is the error's message.
fn has_error(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    Ok(match &values[0] {
        Value::Error(error) => matched(Value::from(&error.0)),
        _ => unmatched(),
    })
}

/// `has_text(text)`: anything but blank space.
fn has_text(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let text = values[0].to_text()?;
    let text = text.trim();
    Ok(if text.is_empty() { unmatched() } else { matched(text) })
}

/// `has_only_text(text, other)`: letter by letter the same.
fn has_only_text(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let (text, other) = (values[0].to_text()?, values[1].to_text()?);
    Ok(if text == other { matched(Value::Text(text)) } else { unmatched() })
}

/// `has_beginning(text, beginning)`: in any case of letters; blank space around both does not count.
fn has_beginning(scope: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let (text, beginning) = (values[0].to_text()?, values[1].to_text()?);
    let (text, beginning) = (text.trim(), beginning.trim());
    let letters = beginning.chars().count();
    if letters == 0 {
        return Ok(unmatched());
    }
    let start: String = text.chars().take(letters).collect();
    let same = collate(&start, scope.env.input_collation) == collate(beginning, scope.env.input_collation);
    Ok(if same { matched(start) } else { unmatched() })
}

/// The words of an answer and the words looked for, the latter and a copy of the former made comparable.
struct Words<'a> {
    written: Vec<&'a str>,
    compared: Vec<Cow<'a, str>>,
    wanted: Vec<Cow<'a, str>>,
}

impl<'a> Words<'a> {
    fn of(text: &'a str, test: &'a str, scope: &Scope<'_>) -> Self {
        let comparable = |word: &&'a str| collated(word, scope.env.input_collation);
        let written = tokens::words(text);
        let compared = written.iter().map(comparable).collect();
        Self { written, compared, wanted: tokens::words(test).iter().map(comparable).collect() }
    }

    fn found(&self) -> String {
        let wanted = |at: &usize| self.wanted.contains(&self.compared[*at]);
        let words: Vec<&str> = (0..self.written.len()).filter(wanted).map(|at| self.written[at]).collect();
        words.join(" ")
    }
}

/// `has_any_word(text, words)`: the match is all words of the text that are among them.
fn has_any_word(scope: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let (text, test) = (values[0].to_text()?, values[1].to_text()?);
    let found = Words::of(&text, &test, scope).found();
    Ok(if found.is_empty() { unmatched() } else { matched(found) })
}

/// `has_all_words(text, words)`: in any order.
fn has_all_words(scope: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let (text, test) = (values[0].to_text()?, values[1].to_text()?);
    let words = Words::of(&text, &test, scope);
    let all = words.wanted.iter().all(|wanted| words.compared.contains(wanted));
    Ok(if all { matched(words.found()) } else { unmatched() })
}

/// `has_phrase(text, phrase)`: the words in this order with nothing between; the empty phrase is in every text.
fn has_phrase(scope: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let (text, test) = (values[0].to_text()?, values[1].to_text()?);
    let words = Words::of(&text, &test, scope);
    let length = words.wanted.len();
    if length == 0 {
        return Ok(matched(""));
    }
    let at = words.compared.windows(length).position(|window| window == words.wanted);
    Ok(matched_if_some(at.map(|at| words.written[at..at + length].join(" "))))
}

/// `has_only_phrase(text, phrase)`: these words in this order and no other.
fn has_only_phrase(scope: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let (text, test) = (values[0].to_text()?, values[1].to_text()?);
    let words = Words::of(&text, &test, scope);
    Ok(if words.compared == words.wanted { matched(words.written.join(" ")) } else { unmatched() })
}

#[cfg(test)]
mod tests {
    use crate::excellent::testing::check;

    #[test]
    fn words() {
        check(
            "@(has_any_word(\"YES please\", \"sure yes ok\").match) @(has_any_word(\"yesterday\", \"yes\"))",
            "YES false",
        );
        check("@(has_all_words(\"b x A\", \"a b\").match) @(has_all_words(\"a\", \"a b\"))", "b A false");
        check(
            "@(has_phrase(\"I am Very tired\", \"am very\").match) @(has_phrase(\"very am\", \"am very\"))",
            "am Very false",
        );
        check(
            "@(has_only_phrase(\" Stop! \", \"stop\").match) @(has_only_phrase(\"stop it\", \"stop\"))",
            "Stop false",
        );
        check(
            "@(has_beginning(\" Join quito\", \"JOIN\").match) @(has_beginning(\"jo\", \"join\"))",
            "Join false",
        );
        check(
            "@(has_text(\" \")) @(has_text(\" a \").match) @(has_only_text(\"A\", \"a\"))",
            "false a false",
        );
        check("@(has_error(1 / 0).match) @(has_error(1))", "division by zero false");
        check("@(has_phrase(1 / 0, \"x\"))", "!error calling has_phrase(...): division by zero");
    }
}
