//! Recognising words in what people write: case, accents, punctuation and doubled spaces do not count.

/// Longest text that is looked through, in bytes; the rest of a longer one is not searched.
pub const MAX_SEARCHED_BYTES: usize = 16_384;

/// A text as words: lower case, accents off, everything that is neither letter nor digit a separator.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut end = text.len().min(MAX_SEARCHED_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut out = String::with_capacity(end);
    let mut gap = false;
    for letter in text[..end].chars().flat_map(char::to_lowercase) {
        let letter = unaccented(letter);
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
pub struct Phrase(Vec<(String, bool)>);

impl Phrase {
    /// Reads a phrase as an author writes it.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(
            text.split_whitespace()
                .flat_map(|word| {
                    let open_end = word.ends_with('*');
                    let folded = fold(word);
                    let mut parts: Vec<(String, bool)> = folded
                        .split(' ')
                        .filter(|part| !part.is_empty())
                        .map(|part| (part.to_owned(), false))
                        .collect();
                    if let Some(last) = parts.last_mut() {
                        last.1 = open_end;
                    }
                    parts
                })
                .collect(),
        )
    }

    /// Whether the phrase stands somewhere in a folded text.
    #[must_use]
    pub fn is_in(&self, folded: &[&str]) -> bool {
        if self.0.is_empty() {
            return false;
        }
        folded.windows(self.0.len()).any(|window| {
            window.iter().zip(&self.0).all(|(word, (wanted, open_end))| {
                if *open_end { word.starts_with(wanted.as_str()) } else { word == wanted }
            })
        })
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
    fn a_phrase_matches_whole_words() {
        let finds = |phrase: &str, text: &str| {
            let folded = fold(text);
            Phrase::new(phrase).is_in(&folded.split(' ').collect::<Vec<_>>())
        };
        assert!(finds("me pega", "Mi esposo me pega mucho"));
        assert!(finds("viol*", "él me violó"));
        assert!(!finds("me pega", "me pegaron una multa"));
        assert!(!finds("viol", "violeta"));
        assert!(!finds("", "nada"));
    }
}
