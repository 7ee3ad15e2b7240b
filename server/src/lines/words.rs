//! Recognising words in what people write: case, accents, punctuation and doubled spaces do not count.

use std::collections::HashMap;

/// Longest text that is looked through, in bytes; the rest of a longer one is not searched.
pub const MAX_SEARCHED_BYTES: usize = 16_384;

/// A text as words: lower case, accents off, everything that is neither letter nor digit a separator.
#[must_use]
pub fn fold(text: &str) -> String {
    plain(text, unaccented)
}

/// As [`fold`], with accents as they were written.
#[must_use]
pub fn lower(text: &str) -> String {
    plain(text, |letter| letter)
}

fn plain(text: &str, change: impl Fn(char) -> char) -> String {
    let mut end = text.len().min(MAX_SEARCHED_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut out = String::with_capacity(end);
    let mut gap = false;
    for letter in text[..end].chars().flat_map(char::to_lowercase) {
        let letter = change(letter);
        if letter.is_alphanumeric() {
            if gap && !out.is_empty() {
                out.push(' ');
            }
            gap = false;
            out.push(letter);
        } else if !is_mark(letter) {
            gap = true;
        }
    }
    out
}

/// A combining mark belongs to the letter before it and separates nothing.
fn is_mark(letter: char) -> bool {
    matches!(u32::from(letter), 0x0300..=0x036f | 0x064b..=0x065f | 0x0670 | 0x200c | 0x200d | 0xfe0f)
}

fn unaccented(letter: char) -> char {
    match letter {
        'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ñ' => 'n',
        'ç' => 'c',
        other => other,
    }
}

/// A phrase to look for, word by word; a word that ends in `*` matches any ending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase(Vec<Word>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Word {
    folded: String,
    accented: String,
    open_end: bool,
}

/// A text to look in, as it was spelt.
pub struct Spelt(Vec<(String, String)>);

impl Spelt {
    /// Takes a text apart into words.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let words = lower(text);
        Self(words.split(' ').map(|word| (fold(word), word.to_owned())).collect())
    }
}

impl Phrase {
    /// Reads a phrase as an author writes it.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut words = Vec::new();
        for written in text.split_whitespace() {
            let open_end = written.ends_with('*');
            let accented = lower(written);
            let parts: Vec<&str> = accented.split(' ').filter(|part| !part.is_empty()).collect();
            words.extend(parts.iter().enumerate().map(|(at, part)| Word {
                folded: fold(part),
                accented: (*part).to_owned(),
                open_end: open_end && at + 1 == parts.len(),
            }));
        }
        Self(words)
    }

    /// Whether a folded text begins with the phrase.
    fn begins(&self, folded: &[&str]) -> bool {
        folded.len() >= self.0.len()
            && folded.iter().zip(&self.0).all(|(written, word)| {
                if word.open_end { written.starts_with(&word.folded) } else { *written == word.folded }
            })
    }

    /// Whether the phrase stands somewhere in a text, where an accent that was left out does not count but one
    /// that was written does: somebody who writes "me quitó" does not ask for the office in Quito.
    #[must_use]
    pub fn is_spelt_in(&self, text: &Spelt) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let fits = |(folded, written): &(String, String), word: &Word| {
            let (have, wanted) =
                if folded == written { (folded, &word.folded) } else { (written, &word.accented) };
            if word.open_end { have.starts_with(wanted.as_str()) } else { have == wanted }
        };
        text.0.windows(self.0.len()).any(|window| window.iter().zip(&self.0).all(|(w, word)| fits(w, word)))
    }
}

/// Many phrases, each with what it stands for, looked for at once: what a text costs does not grow with their number.
#[derive(Debug, Clone)]
pub struct Lookout<T> {
    phrases: Vec<(Phrase, T)>,
    /// Phrases by their first word.
    closed: HashMap<String, Vec<usize>>,
    /// Phrases whose first word has an open end.
    open: Vec<usize>,
}

impl<T> Lookout<T> {
    /// Phrases in the order in which they count.
    #[must_use]
    pub fn new(phrases: Vec<(Phrase, T)>) -> Self {
        let mut closed: HashMap<String, Vec<usize>> = HashMap::new();
        let mut open = Vec::new();
        for (at, (phrase, _)) in phrases.iter().enumerate() {
            match phrase.0.first() {
                Some(word) if word.open_end => open.push(at),
                Some(word) => closed.entry(word.folded.clone()).or_default().push(at),
                None => {}
            }
        }
        Self { phrases, closed, open }
    }

    /// What the first phrase stands for that is somewhere in a folded text.
    #[must_use]
    pub fn first_in(&self, folded: &[&str]) -> Option<&T> {
        let mut best: Option<usize> = None;
        for (start, word) in folded.iter().enumerate() {
            let closed = self.closed.get(*word).into_iter().flatten();
            for at in closed.chain(&self.open).copied() {
                if best.is_none_or(|best| at < best) && self.phrases[at].0.begins(&folded[start..]) {
                    best = Some(at);
                }
            }
        }
        best.map(|at| &self.phrases[at].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_punctuation_do_not_count() {
        for (text, folded) in [
            ("  ¡ALTO!  ", "alto"),
            ("Me  pegó, ayer…", "me pego ayer"),
            ("niño", "nino"),
            ("nin\u{0303}o", "nino"),
            ("", ""),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    #[test]
    fn an_accent_that_was_written_counts() {
        let finds = |phrase: &str, text: &str| Phrase::new(phrase).is_spelt_in(&Spelt::new(text));
        assert!(finds("Quito", "la oficina de quito"));
        assert!(!finds("Quito", "mi vecino me quitó el perro"));
        assert!(finds("cédula", "perdí la cedula"));
        assert!(finds("cédula", "perdí la CÉDULA"));
        assert!(finds("regulariz*", "quiero regularizarme"));
    }

    #[test]
    fn the_phrase_that_counts_first_is_found() {
        let phrases = ["me pega", "viol*", "mi esposo me pega", "pega*"];
        let lookout = Lookout::new(phrases.into_iter().map(|text| (Phrase::new(text), text)).collect());
        let finds = |text: &str| {
            let folded = fold(text);
            lookout.first_in(&folded.split(' ').collect::<Vec<_>>()).copied()
        };
        assert_eq!(finds("mi esposo me pega"), Some("me pega"));
        assert_eq!(finds("pegamento"), Some("pega*"));
        assert_eq!(finds("violencia: me pega"), Some("me pega"));
        assert_eq!(finds("me"), None);
        assert_eq!(finds(""), None);
    }

    #[test]
    fn a_phrase_matches_whole_words() {
        let finds = |phrase: &str, text: &str| {
            let folded = fold(text);
            let lookout = Lookout::new(vec![(Phrase::new(phrase), ())]);
            lookout.first_in(&folded.split(' ').collect::<Vec<_>>()).is_some()
        };
        assert!(finds("me pega", "Mi esposo me pega mucho"));
        assert!(finds("viol*", "él me violó"));
        assert!(!finds("me pega", "me pegaron una multa"));
        assert!(!finds("viol", "violeta"));
        assert!(!finds("", "nada"));
    }
}
