//! Words and fields of texts.
use crate::excellent::eval::Scope;
use crate::excellent::value::{Error, Value};
use crate::text::tokens;

use super::Arity::{Between, Exactly};
use super::Builtin;
use super::arrays::limited;

pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin::new("word", Between(2, 3), word),
    Builtin::new("word_count", Between(1, 2), word_count),
    Builtin::new("word_slice", Between(2, 4), word_slice),
    Builtin::new("remove_first_word", Exactly(1), remove_first_word),
    Builtin::new("field", Exactly(3), field),
    Builtin::new("split", Between(1, 2), split),
];

type Outcome = Result<Value, Error>;

/// The words between the delimiters in the second argument, or by the usual rule when there are none.
fn pieces<'a>(text: &'a str, delimiters: Option<&Value>) -> Result<Vec<&'a str>, Error> {
    let delimiters = delimiters.map(Value::to_text).transpose()?.unwrap_or_default();
    Ok(if delimiters.is_empty() { tokens::words(text) } else { tokens::split_by(text, &delimiters) })
}

/// `word(text, index, delimiters?)`: negative indexes count from the end.
fn word(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let text = values[0].to_text()?;
    let index = values[1].to_integer()?;
    let words = pieces(&text, values.get(2))?;
    let at = if index < 0 { index + words.len() as i64 } else { index };
    let word = usize::try_from(at).ok().and_then(|at| words.get(at)).ok_or_else(|| {
        Error::new(format!("index {index} is out of range for the number of words {}", words.len()))
    })?;
    Ok((*word).into())
}

/// `word_count(text, delimiters?)`
fn word_count(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let text = values[0].to_text()?;
    Ok(Value::Number(pieces(&text, values.get(1))?.len().into()))
}

/// `word_slice(text, start, end?, delimiters?)`: some of the words, with single spaces; a negative end is the end
/// of the text.
fn word_slice(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let text = values[0].to_text()?;
    let start = usize::try_from(values[1].to_integer()?)
        .map_err(|_| Error::new("must start with a positive index"))?;
    let end = values.get(2).map_or(Ok(-1), Value::to_integer)?;
    if end > 0 && end as usize <= start {
        return Err(Error::new("must have a end which is greater than the start"));
    }
    let words = pieces(&text, values.get(3))?;
    let end =
        usize::try_from(end).ok().filter(|end| *end > 0).map_or(words.len(), |end| end.min(words.len()));
    Ok(words.get(start.min(end)..end).unwrap_or_default().join(" ").into())
}

/// `remove_first_word(text)`: from the second word on, as it stands.
fn remove_first_word(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let text = values[0].to_text()?;
    let words = tokens::words(&text);
    let Some(second) = words.get(1) else { return Ok("".into()) };
    // Words are slices of the text.
    let start = second.as_ptr() as usize - text.as_ptr() as usize;
    Ok(text[start..].into())
}

/// `field(text, index, delimiter)`: one of the fields between delimiters, empty if there are fewer. Several spaces
/// in a row are one delimiter.
fn field(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let text = values[0].to_text()?;
    let index = values[1].to_integer()?;
    let index = usize::try_from(index).map_err(|_| Error::new("cannot use a negative index to FIELD"))?;
    let delimiter = values[2].to_text()?;
    let mut fields: Vec<&str> = text.split(&*delimiter).collect();
    if &*delimiter == " " {
        fields.retain(|field| !field.is_empty());
    }
    Ok(fields.get(index).copied().unwrap_or("").trim().into())
}

/// `split(text, delimiters?)`: the words as an array.
fn split(_: &mut Scope<'_>, values: &[Value]) -> Outcome {
    let text = values[0].to_text()?;
    limited(pieces(&text, values.get(1))?.into_iter().map(Value::from).collect())
}

#[cfg(test)]
mod tests {
    use crate::excellent::testing::check;

    #[test]
    fn words() {
        check("@(word(\"one, two; three\", 1)) @(word(\"a b\", -2)) @(word_count(\"a b 🚑\"))", "two a 3");
        check(
            "@(word(\"a b\", 2))",
            "!error calling word(...): index 2 is out of range for the number of words 2",
        );
        check("@(word_slice(\"a b c d\", 1, 3)) @(word_slice(\"a-b-c\", 1, -1, \"-\"))", "b c b c");
        check("@(remove_first_word(\"JOIN  the group!\"))@(remove_first_word(\"JOIN\"))", "the group!");
        check("@(field(\"a;b; c\", 2, \";\")) @(field(\"a   b\", 1, \" \"))", "c b");
        check("@(split(\"a|b c\", \"|\")) @(split(\"a|b c\"))", "[a, b c] [a, |, b, c]");
    }
}
