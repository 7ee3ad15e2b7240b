//! Language codes: three letters (ISO 639-3, as RapidPro has them) and two letters (ISO 639-1, as providers have them).

use crate::words::Language;

/// A text that is not the code of a language.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownLanguage {
    #[error("iso-639-3 codes must be 3 characters, got: {0}")]
    Length(String),
    #[error("unrecognized language code: {0}")]
    Code(String),
}

/// The language of that ISO 639-3 code.
///
/// # Errors
/// When the standard has no such code.
pub fn parse(code: &str) -> Result<Language, UnknownLanguage> {
    if code.chars().count() != 3 {
        return Err(UnknownLanguage::Length(code.to_owned()));
    }
    let unknown = || UnknownLanguage::Code(code.to_owned());
    if !is_known(code) {
        return Err(unknown());
    }
    code.parse().map_err(|_| unknown())
}

/// Whether the standard has this code.
#[must_use]
pub fn is_known(code: &str) -> bool {
    isolang::Language::from_639_3(code).is_some() || matches!(code, "mul" | "und" | "mis" | "zxx")
}

/// Forms of languages that have a code of their own, and the code under which most data knows them.
const FORMS: &[(&str, &str)] = &[
    ("als", "sqi"),
    ("arb", "ara"),
    ("ayr", "aym"),
    ("azj", "aze"),
    ("ekk", "est"),
    ("fuc", "ful"),
    ("gug", "grn"),
    ("kmr", "kur"),
    ("kpv", "kom"),
    ("lvs", "lav"),
    ("plt", "mlg"),
    ("zsm", "msa"),
    ("khk", "mon"),
    ("nor", "nob"),
    ("npi", "nep"),
    ("gaz", "orm"),
    ("ory", "ori"),
    ("pes", "fas"),
    ("prs", "fas"),
    ("pbt", "pus"),
    ("pst", "pus"),
    ("swh", "swa"),
    ("uzn", "uzb"),
    ("ydd", "yid"),
];

/// The two-letter code of a language, if it (or the language that it is a form of) has one.
#[must_use]
pub fn two_letters(code: &str) -> Option<&'static str> {
    let general = FORMS.iter().find(|(form, _)| *form == code).map_or(code, |(_, general)| general);
    isolang::Language::from_639_3(general)?.to_639_1()
}

/// The three-letter code of a language of two letters.
#[must_use]
pub fn three_letters(code: &str) -> Option<&'static str> {
    isolang::Language::from_639_1(code).map(|language| language.to_639_3())
}

/// The shortest code of a language: two letters where there are such, else the three.
#[must_use]
pub fn shortest(code: &str) -> &str {
    two_letters(code).unwrap_or(code)
}

/// Where a language is assumed to be spoken when nothing is said, for the languages of many countries.
const MAIN_COUNTRIES: &[(&str, &str)] = &[
    ("en", "US"),
    ("es", "ES"),
    ("fr", "FR"),
    ("pt", "BR"),
    ("ar", "EG"),
    ("zh", "CN"),
    ("de", "DE"),
    ("it", "IT"),
    ("nl", "NL"),
    ("sw", "TZ"),
    ("bn", "BD"),
    ("ur", "PK"),
    ("ta", "IN"),
    ("ru", "RU"),
    ("so", "SO"),
    ("ti", "ET"),
];

/// The one of the available locales (`en-US`, `es_EC`, `fra-CA`...) that fits the preferred ones best: same language
/// and country, then the language alone, then in its main country, then in any; the preferred ones in their order.
/// When none fits, the first available.
#[must_use]
pub fn best_locale<'a>(preferred: &[&str], available: &[&'a str]) -> Option<&'a str> {
    let parsed: Vec<(&'a str, String, String)> = available
        .iter()
        .map(|locale| {
            let (language, country) = split_locale(locale);
            (*locale, language, country)
        })
        .collect();
    for wanted in preferred {
        let (language, country) = split_locale(wanted);
        let main = MAIN_COUNTRIES.iter().find(|(l, _)| *l == language).map_or("", |(_, country)| *country);
        let rank = |other: &str| match other {
            other if other == country => 0,
            "" => 1,
            other if other == main => 2,
            _ => 3,
        };
        let best = parsed.iter().filter(|(_, l, _)| *l == language).min_by_key(|(_, _, other)| rank(other));
        if let Some((locale, ..)) = best {
            return Some(locale);
        }
    }
    available.first().copied()
}

fn split_locale(locale: &str) -> (String, String) {
    let (language, country) = locale.split_once(['-', '_']).unwrap_or((locale, ""));
    (shortest(&language.to_lowercase()).to_owned(), country.to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_two_and_three_letters() {
        assert_eq!(two_letters("spa"), Some("es"));
        assert_eq!(two_letters("prs"), Some("fa"));
        assert_eq!(three_letters("ku"), Some("kur"));
        assert_eq!(shortest("rhg"), "rhg");
        assert!(FORMS.iter().all(|(form, _)| two_letters(form).is_some()));
        assert_eq!(parse("rhg").map(|l| l.to_string()), Ok("rhg".to_owned()));
        assert_eq!(parse("qqz"), Err(UnknownLanguage::Code("qqz".to_owned())));
        assert_eq!(parse("es"), Err(UnknownLanguage::Length("es".to_owned())));
    }

    #[test]
    fn the_nearest_locale_is_taken() {
        assert_eq!(best_locale(&["por", "spa-EC"], &["en", "es", "es_EC"]), Some("es_EC"));
        assert_eq!(best_locale(&["fra-CD"], &["fr-CA", "fr"]), Some("fr"));
        assert_eq!(best_locale(&["ukr"], &["de", "en"]), Some("de"));
        assert_eq!(best_locale(&["ukr"], &[]), None);
    }
}
