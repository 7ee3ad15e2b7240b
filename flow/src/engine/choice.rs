//! Which of the quick replies that were offered an answer means, in whatever language they were shown.
use crate::events::MsgIn;
use crate::session::{Offered, Session};
use crate::words::QuickReplyKind;

/// The longest number that is read: a message has no thousand choices.
const MAX_NUMBER_DIGITS: usize = 3;

/// The zeros of the decimal digits that people write with here: European, Arabic, Persian and Urdu, Devanagari,
/// Bengali, Tamil, Thai, Myanmar, Khmer, N'Ko and full-width. In Unicode the ten digits of a script follow one another.
const ZEROS: [char; 11] = ['0', '٠', '۰', '०', '০', '௦', '๐', '၀', '០', '߀', '\u{ff10}'];

/// The base-language text of the offered choice that a message stands for: by the id of the button that was tapped,
/// by the place it had, by the text it showed, or by a number typed in answer to a numbered list. `None` when it means
/// none, or could mean two.
pub(super) fn chosen_text(session: &Session, msg: &MsgIn) -> Option<String> {
    let offered = &session.offered;
    if offered.is_empty() {
        return None;
    }
    let tapped = msg.choice_id.as_ref().and_then(|id| by_id(offered, id));
    tapped.or_else(|| typed(offered, &msg.text)).map(|choice| choice.base.clone())
}

fn by_id<'o>(offered: &'o [Offered], id: &str) -> Option<&'o Offered> {
    let same_id = offered.iter().find(|choice| choice.shown.id.as_deref() == Some(id));
    // a reply without an id of its own comes back with its text, which channels may cut
    let same_text = || offered.iter().find(|choice| choice.shown.id.is_none() && choice.shown.text == id);
    same_id.or_else(same_text).or_else(|| offered.get(id.parse::<usize>().ok()?))
}

/// The choice whose words or number was typed; case and surrounding punctuation do not count. A number that is itself
/// the text of a choice means that choice.
fn typed<'o>(offered: &'o [Offered], text: &str) -> Option<&'o Offered> {
    let wanted = plain(text);
    if wanted.is_empty() {
        return None;
    }
    let mut same_words = offered.iter().filter(|choice| plain(&choice.shown.text) == wanted);
    if let Some(choice) = same_words.next() {
        return same_words.next().is_none().then_some(choice);
    }
    let place = number(&wanted)?.checked_sub(1)?;
    // as channels without buttons number them: requests for a location, forms and links get no number
    let is_numbered =
        |choice: &&Offered| choice.shown.kind == QuickReplyKind::Text && !choice.shown.text.trim().is_empty();
    offered.iter().filter(is_numbered).nth(place)
}

fn plain(text: &str) -> String {
    text.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

/// A whole number that was typed in any script's digits.
fn number(text: &str) -> Option<usize> {
    if text.chars().count() > MAX_NUMBER_DIGITS {
        return None;
    }
    text.chars().try_fold(0, |number, letter| Some(number * 10 + digit(letter)?))
}

fn digit(letter: char) -> Option<usize> {
    let above = |zero: &char| u32::from(letter).checked_sub(u32::from(*zero)).filter(|digit| *digit < 10);
    ZEROS.iter().find_map(above).map(|digit| digit as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::QuickReply;

    fn offer(shown: &str, base: &str) -> Offered {
        Offered {
            shown: QuickReply { text: shown.to_owned(), ..QuickReply::default() },
            base: base.to_owned(),
        }
    }

    #[test]
    fn words_and_numbers_find_their_choice() {
        let mut offered = vec![offer("Yes", "Sí"), offer("No", "No"), offer("I don't know", "No sé")];
        offered.insert(
            1,
            Offered {
                shown: QuickReply { kind: QuickReplyKind::Location, ..QuickReply::default() },
                base: String::new(),
            },
        );
        for (text, expect) in [
            ("yes", Some("Sí")),
            (" YES! ", Some("Sí")),
            ("1.", Some("Sí")),
            ("(2)", Some("No")),
            ("٣", Some("No sé")),
            ("۲", Some("No")),
            ("\u{ff11}", Some("Sí")),
            ("3", Some("No sé")),
            ("4", None),
            ("0", None),
            ("9999", None),
            ("yes please", None),
            ("…", None),
        ] {
            assert_eq!(typed(&offered, text).map(|choice| choice.base.as_str()), expect, "{text}");
        }
        assert!(typed(&[offer("Yes", "a"), offer("yes", "b")], "YES").is_none());
        let numbers = [offer("2", "two"), offer("1", "one")];
        assert_eq!(typed(&numbers, "1").map(|choice| choice.base.as_str()), Some("one"));
    }

    #[test]
    fn buttons_find_their_choice_by_id_by_text_and_by_place() {
        let mut offered = vec![offer("Yes", "Sí"), offer("No", "No")];
        offered[0].shown.id = Some("yes".to_owned());
        let base = |id: &str| by_id(&offered, id).map(|choice| choice.base.as_str());
        assert_eq!(
            (base("yes"), base("No"), base("1"), base("old")),
            (Some("Sí"), Some("No"), Some("No"), None)
        );
    }
}
