//! Patterns as flow authors know them, in the dialect of this crate's regular expressions.
//!
//! RapidPro's patterns are RE2's: `\d`, `\w`, `\s` and `\b` mean ASCII, and a `[` within a class is a plain character.

/// The same pattern for the regex crate.
pub(super) fn translated(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut letters = pattern.chars().peekable();
    // Whether within a class, and how many of its characters have been seen.
    let mut class: Option<usize> = None;
    while let Some(letter) = letters.next() {
        match (letter, class) {
            ('\\', _) => match letters.next() {
                Some('Q') => literal(&mut out, &mut letters),
                Some(escaped) => escape(&mut out, escaped, class.is_some()),
                None => out.push('\\'),
            },
            ('[', None) => {
                class = Some(0);
                out.push('[');
                if letters.peek() == Some(&'^') {
                    letters.next();
                    out.push('^');
                }
                continue;
            }
            ('[', Some(_)) if letters.peek() == Some(&':') => {
                out.push('[');
                for letter in letters.by_ref() {
                    out.push(letter);
                    if letter == ']' {
                        break;
                    }
                }
            }
            // A closing bracket that comes first is one of the characters.
            (']', Some(0)) => out.push_str("\\]"),
            (']', Some(_)) => {
                class = None;
                out.push(']');
            }
            ('[' | '&' | '~', Some(_)) => {
                out.push('\\');
                out.push(letter);
            }
            (letter, _) => out.push(letter),
        }
        class = class.map(|seen| seen + 1);
    }
    out
}

fn escape(out: &mut String, escaped: char, in_class: bool) {
    const WORD: &str = "0-9A-Za-z_";
    const SPACE: &str = r"\t\n\x0C\r ";
    match escaped {
        'd' if in_class => out.push_str("0-9"),
        'w' if in_class => out.push_str(WORD),
        's' if in_class => out.push_str(SPACE),
        'd' => out.push_str("[0-9]"),
        'w' => out.push_str(&format!("[{WORD}]")),
        's' => out.push_str(&format!("[{SPACE}]")),
        'D' => out.push_str("[^0-9]"),
        'W' => out.push_str(&format!("[^{WORD}]")),
        'S' => out.push_str(&format!("[^{SPACE}]")),
        'b' if !in_class => out.push_str(r"(?-u:\b)"),
        '<' | '>' => out.push(escaped),
        _ => {
            out.push('\\');
            out.push(escaped);
        }
    }
}

/// Everything up to `\E` stands for itself.
fn literal(out: &mut String, letters: &mut impl Iterator<Item = char>) {
    let mut text = String::new();
    for letter in letters {
        text.push(letter);
        if text.ends_with("\\E") {
            text.truncate(text.len() - 2);
            break;
        }
    }
    out.push_str(&regex::escape(&text));
}

#[cfg(test)]
mod tests {
    use super::super::compile_pattern;

    #[test]
    fn patterns_mean_what_authors_expect() {
        for (pattern, text, fits) in [
            (r"^\d+$", "123", true),
            (r"^\d+$", "١٢٣", false),
            (r"^[\w.]+$", "a.b", true),
            (r"^[^\s]+$", "a b", false),
            (r"[[(]x", "[x", true),
            (r"[]x]", "]", true),
            (r"^[[:alpha:]]+$", "abc", true),
            (r"\bjoin\b", "please JOIN!", true),
            (r"\Qa.b\E+", "a.bb", true),
            (r"a\<b", "a<b", true),
            (r"[&&~~]", "&", true),
        ] {
            assert_eq!(compile_pattern(pattern).map(|regex| regex.is_match(text)), Ok(fits), "{pattern}");
        }
    }
}
