//! Patterns with stars, such as `http://example.org/*`.

/// Whether a text fits a pattern, in which a star stands for any characters.
#[must_use]
pub fn matches(text: &str, pattern: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(first) = pieces.next() else { return text.is_empty() };
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut last: Option<&str> = None;
    for piece in pieces {
        if let Some(middle) = last {
            match rest.find(middle) {
                Some(at) => rest = &rest[at + middle.len()..],
                None => return false,
            }
        }
        last = Some(piece);
    }
    match last {
        Some(end) => rest.ends_with(end),
        None => rest.is_empty(),
    }
}

/// The pattern that fits a text and says most: without star before with one, then the longest.
#[must_use]
pub fn most_specific<'a>(text: &str, patterns: &[&'a str]) -> Option<&'a str> {
    let fitting = patterns.iter().copied().filter(|pattern| matches(text, pattern));
    fitting.max_by_key(|pattern| (!pattern.contains('*'), pattern.len(), std::cmp::Reverse(*pattern)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_anything() {
        for (text, pattern, fits) in [
            ("abc", "a*c", true),
            ("abcd", "a*c", false),
            ("a", "a*a", false),
            ("xaxbx", "*a*b*", true),
            ("", "*", true),
            ("a", "", false),
        ] {
            assert_eq!(matches(text, pattern), fits, "{text} {pattern}");
        }
        assert_eq!(most_specific("http://x/a", &["*", "http://x/*", "http://x/a", "b"]), Some("http://x/a"));
        assert_eq!(most_specific("z", &["a*"]), None);
    }
}
