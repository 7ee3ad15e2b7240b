//! Quick replies where a channel has no buttons: numbered lines in the text, and finding out which one an answer meant.
use flow::words::{QuickReply, QuickReplyKind};
use serde::{Deserialize, Serialize};

/// One numbered line of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberedChoice {
    /// From 1 on, in the order of the quick replies.
    pub number: usize,
    /// What comes back as the choice's id wherever it is tapped or typed: see [`choice_id`].
    pub id: String,
    pub text: String,
}

/// What stands for a quick reply at the provider and comes back in [`crate::Message::choice_id`]: its id, which is
/// the same in every language, or its text where it has none. Cut where the provider's limit for ids is shorter.
#[must_use]
pub fn choice_id(reply: &QuickReply) -> &str {
    reply.id.as_deref().filter(|id| !id.is_empty()).unwrap_or(&reply.text)
}

/// The lines that the text choices of a message get on a channel without buttons. Requests for a location, forms and
/// links are no choices and get no number.
#[must_use]
pub fn choices_numbered(replies: &[QuickReply]) -> Vec<NumberedChoice> {
    replies
        .iter()
        .filter(|reply| reply.kind == QuickReplyKind::Text && !reply.text.trim().is_empty())
        .enumerate()
        .map(|(index, reply)| NumberedChoice {
            number: index + 1,
            id: choice_id(reply).to_owned(),
            text: reply.text.trim().to_owned(),
        })
        .collect()
}

/// The choice that a typed answer means: its number (`2`, `2.`, `(2)`, in any script's digits) or its words, case and
/// surrounding punctuation aside. A number that is itself the text of a choice means that choice. `None` when it
/// means none or could mean two.
#[must_use]
pub fn chosen<'a>(choices: &'a [NumberedChoice], typed: &str) -> Option<&'a NumberedChoice> {
    let wanted = plain(typed);
    if wanted.is_empty() {
        return None;
    }
    let mut by_words = choices.iter().filter(|choice| plain(&choice.text) == wanted);
    if let Some(choice) = by_words.next() {
        return by_words.next().is_none().then_some(choice);
    }
    let number = number(&wanted)?;
    choices.iter().find(|choice| choice.number == number)
}

/// The text with its choices below it, one a line.
pub(crate) fn with_numbers(text: &str, choices: &[NumberedChoice]) -> String {
    let lines: Vec<String> =
        choices.iter().map(|choice| format!("{}. {}", choice.number, choice.text)).collect();
    match (text.trim_end(), lines.is_empty()) {
        (text, true) => text.to_owned(),
        ("", false) => lines.join("\n"),
        (text, false) => format!("{text}\n\n{}", lines.join("\n")),
    }
}

/// Lower case, without punctuation at the ends: people answer `2.` and `«Sí»`.
fn plain(text: &str) -> String {
    text.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

/// The longest number that is read: a message has no thousand choices.
const MAX_NUMBER_DIGITS: usize = 3;

/// The zeros of the decimal digits that people write with here: European, Arabic, Persian and Urdu, Devanagari,
/// Bengali, Tamil, Thai, Myanmar, Khmer and full-width. In Unicode the ten digits of a script follow one another.
const ZEROS: [char; 10] = ['0', '٠', '۰', '०', '০', '௦', '๐', '၀', '០', '0'];

fn number(text: &str) -> Option<usize> {
    if text.chars().count() > MAX_NUMBER_DIGITS {
        return None;
    }
    text.chars().try_fold(0, |sum, c| {
        let digit =
            ZEROS.iter().find_map(|zero| (u32::from(c)).checked_sub(u32::from(*zero)).filter(|d| *d < 10))?;
        Some(sum * 10 + usize::try_from(digit).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replies(texts: &[&str]) -> Vec<QuickReply> {
        texts.iter().map(|text| QuickReply { text: (*text).into(), ..QuickReply::default() }).collect()
    }

    #[test]
    fn choices_become_numbered_lines() {
        let mut offered = replies(&["Papers", "Food"]);
        offered.insert(1, QuickReply { kind: QuickReplyKind::Location, ..QuickReply::default() });
        offered.push(QuickReply {
            id: Some("shelter".into()),
            text: " Shelter ".into(),
            ..QuickReply::default()
        });
        let choices = choices_numbered(&offered);
        assert_eq!(
            with_numbers("What do you need?\n", &choices),
            "What do you need?\n\n1. Papers\n2. Food\n3. Shelter"
        );
        assert_eq!(choices[2].id, "shelter");
        assert_eq!(choices[0].id, "Papers");
    }

    #[test]
    fn an_answer_finds_its_choice() {
        let choices = choices_numbered(&replies(&["Sí", "No", "No sé"]));
        for (typed, expected) in [
            ("1", Some(1)),
            (" 2. ", Some(2)),
            ("(3)", Some(3)),
            ("٢", Some(2)),
            ("۳", Some(3)),
            ("SÍ!", Some(1)),
            ("no", Some(2)),
            ("4", None),
            ("0", None),
            ("maybe", None),
            ("", None),
            ("…", None),
            ("99999999999", None),
        ] {
            assert_eq!(chosen(&choices, typed).map(|c| c.number), expected, "{typed}");
        }
    }

    #[test]
    fn a_choice_that_is_a_number_means_itself() {
        let choices = choices_numbered(&replies(&["2", "1", "3 or more"]));
        assert_eq!(chosen(&choices, "1").map(|c| c.text.as_str()), Some("1"));
        assert_eq!(chosen(&choices, "3").map(|c| c.text.as_str()), Some("3 or more"));
        let twice = choices_numbered(&replies(&["Yes", "yes"]));
        assert_eq!(chosen(&twice, "YES"), None);
    }
}
