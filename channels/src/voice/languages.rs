//! Which languages a provider's computer can speak, by the codes that the provider knows them under.

/// Twilio's voices (twilio.com/docs/voice/twiml/say/text-speech), with the country where the language has several: the
/// first of a language is taken where the message says none.
const TWILIO: [(&str, &str); 55] = [
    ("eng", "en-US"),
    ("eng", "en-GB"),
    ("eng", "en-AU"),
    ("eng", "en-IN"),
    ("spa", "es-MX"),
    ("spa", "es-ES"),
    ("spa", "es-US"),
    ("fra", "fr-FR"),
    ("fra", "fr-CA"),
    ("por", "pt-BR"),
    ("por", "pt-PT"),
    ("ara", "arb"),
    ("deu", "de-DE"),
    ("ita", "it-IT"),
    ("nld", "nl-NL"),
    ("pol", "pl-PL"),
    ("ron", "ro-RO"),
    ("rus", "ru-RU"),
    ("ukr", "uk-UA"),
    ("tur", "tr-TR"),
    ("hin", "hi-IN"),
    ("ben", "bn-IN"),
    ("guj", "gu-IN"),
    ("kan", "kn-IN"),
    ("mal", "ml-IN"),
    ("mar", "mr-IN"),
    ("pan", "pa-IN"),
    ("tam", "ta-IN"),
    ("tel", "te-IN"),
    ("urd", "ur-IN"),
    ("fil", "fil-PH"),
    ("tgl", "fil-PH"),
    ("ind", "id-ID"),
    ("msa", "ms-MY"),
    ("vie", "vi-VN"),
    ("tha", "th-TH"),
    ("cmn", "cmn-CN"),
    ("zho", "cmn-CN"),
    ("yue", "yue-HK"),
    ("jpn", "ja-JP"),
    ("kor", "ko-KR"),
    ("ell", "el-GR"),
    ("hun", "hu-HU"),
    ("ces", "cs-CZ"),
    ("slk", "sk-SK"),
    ("bul", "bg-BG"),
    ("srp", "sr-RS"),
    ("cat", "ca-ES"),
    ("dan", "da-DK"),
    ("swe", "sv-SE"),
    ("nob", "nb-NO"),
    ("fin", "fi-FI"),
    ("isl", "is-IS"),
    ("heb", "he-IL"),
    ("afr", "af-ZA"),
];

/// Twilio's code for a message's language (`spa-EC`): its country's voice, else another of the language.
pub(super) fn twilio(locale: &str) -> Option<&'static str> {
    let (language, country) = locale.split_once('-').unwrap_or((locale, ""));
    let voices = || TWILIO.iter().filter(|(known, _)| *known == language).map(|(_, code)| *code);
    let own = voices().find(|code| code.split_once('-').is_some_and(|(_, region)| region == country));
    own.or_else(|| voices().next())
}

/// The languages that Africa's Talking speaks without more being agreed.
pub(super) fn africas_talking(locale: &str) -> bool {
    matches!(locale.split('-').next(), Some("eng" | ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_has_its_voice_or_another_of_the_language() {
        for (locale, expected) in [
            ("spa-ES", Some("es-ES")),
            ("spa-EC", Some("es-MX")),
            ("ara-SY", Some("arb")),
            ("eng", Some("en-US")),
            ("que", None),
            ("", None),
        ] {
            assert_eq!(twilio(locale), expected, "{locale}");
        }
    }
}
