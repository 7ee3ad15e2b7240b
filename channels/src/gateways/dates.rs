//! Dates as gateways write them. One that cannot be read is left out: the message counts, not its date.
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// The forms that are tried for dates without a zone.
const FORMS: [&str; 6] = [
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d%H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%Y-%m-%dT%H:%M",
    "%a %b %d %Y %H:%M:%S GMT",
];

/// A date with its zone (RFC 3339, `+0000` too), or without one in UTC.
pub(crate) fn at(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let zoned = || jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%.f%z", text).ok()?.to_timestamp().ok();
    text.parse().ok().or_else(zoned).or_else(|| local(text, "UTC"))
}

/// A date without a zone, in the zone of the provider.
pub(crate) fn local(text: &str, zone: &str) -> Option<Timestamp> {
    let zone = TimeZone::get(zone).ok()?;
    // What a browser appends to its dates.
    let text = text.trim();
    let text = text.split_once("GMT").map_or_else(|| text.to_owned(), |(date, _)| format!("{date}GMT"));
    let date = FORMS.iter().find_map(|form| DateTime::strptime(form, &text).ok())?;
    date.to_zoned(zone).ok().map(|zoned| zoned.timestamp())
}

/// Seconds since 1970 as text.
pub(crate) fn seconds(text: &str) -> Option<Timestamp> {
    Timestamp::from_second(text.trim().parse().ok()?).ok()
}

/// Milliseconds since 1970 as text.
pub(crate) fn millis(text: &str) -> Option<Timestamp> {
    Timestamp::from_millisecond(text.trim().parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_many_forms() {
        for (text, expected) in [
            ("2026-03-04T05:06:07Z", Some("2026-03-04T05:06:07Z")),
            ("2026-03-04T05:06:07.250+03:00", Some("2026-03-04T02:06:07.25Z")),
            ("2026-03-04T05:06:07.250+0300", Some("2026-03-04T02:06:07.25Z")),
            ("2026-03-04 05:06:07", Some("2026-03-04T05:06:07Z")),
            ("Wed Mar 04 2026 05:06:07 GMT+0000 (UTC)", Some("2026-03-04T05:06:07Z")),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(at(text).map(|at| at.to_string()).as_deref(), expected, "{text}");
        }
        assert_eq!(local("2026-03-0405:06:07", "Asia/Kuala_Lumpur"), at("2026-03-03T21:06:07Z"));
        assert_eq!(seconds("1700000000"), millis("1700000000000"));
    }
}
