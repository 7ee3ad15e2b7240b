//! What is shown before sending is what leaves.
use channels::segments::Encoding;
use channels::tariff::Unit;
use channels::{Account, ChoiceStyle, Look, Preview, Provider, Tariffs, preview, preview_on, price};
use flow::words::{Attachment, Content, QuickReply, QuickReplyKind, Templating};
use jiff::civil::{Date, date};
use serde_json::json;

fn choices(texts: &[&str]) -> Vec<QuickReply> {
    let choice = |(i, text): (usize, &&str)| QuickReply {
        id: Some(format!("c{i}")),
        text: (*text).into(),
        ..QuickReply::default()
    };
    texts.iter().enumerate().map(choice).collect()
}

fn content(text: &str, texts: &[&str]) -> Content {
    Content { text: text.into(), quick_replies: choices(texts), ..Content::default() }
}

fn ids(preview: &Preview) -> Vec<&str> {
    preview.choices.iter().map(|choice| choice.id.as_str()).collect()
}

#[test]
fn one_message_has_many_looks() {
    let asked = content("What do you need?", &["Papers", "Food", "A place to sleep"]);
    for (look, style) in [
        (Look::Whatsapp, ChoiceStyle::Buttons),
        (Look::Sms, ChoiceStyle::Numbered),
        (Look::Webchat, ChoiceStyle::Buttons),
        (Look::Telegram, ChoiceStyle::Buttons),
        (Look::Viber, ChoiceStyle::Buttons),
        (Look::Messenger, ChoiceStyle::Buttons),
        (Look::Instagram, ChoiceStyle::Buttons),
        (Look::Line, ChoiceStyle::Buttons),
    ] {
        let shown = preview(look, &asked);
        assert_eq!(shown.choice_style, style, "{look:?}");
        assert_eq!(ids(&shown), ["c0", "c1", "c2"], "{look:?}");
        assert_eq!(shown.parts.len(), 1, "{look:?}");
        assert_eq!(shown.segments.is_some(), look == Look::Sms, "{look:?}");
        assert_eq!(Look::parse(look.as_str()), Some(look));
    }
    let sms = preview(Look::Sms, &asked);
    assert_eq!(sms.parts[0], "What do you need?\n\n1. Papers\n2. Food\n3. A place to sleep");
    assert_eq!(sms.choices[2].number, Some(3));
    assert!(!sms.degraded.is_empty());
}

#[test]
fn four_choices_are_a_list_and_eleven_are_lines_on_whatsapp() {
    let list = preview(Look::Whatsapp, &content("Which?", &["a", "b", "c", "d"]));
    assert_eq!((list.choice_style, ids(&list).len()), (ChoiceStyle::List, 4));
    assert!(list.list_label.is_some());
    let names: Vec<String> = (0..11).map(|i| format!("choice {i}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let lines = preview(Look::Whatsapp, &content("Which?", &names));
    assert_eq!((lines.choice_style, lines.choices.len()), (ChoiceStyle::Numbered, 11));
    assert!(lines.parts[0].ends_with("11. choice 10"));
}

#[test]
fn files_links_and_requests_are_shown_as_they_go() {
    let mut asked = content("Look at this", &[]);
    asked.attachments = vec![
        Attachment { content_type: "image/png".into(), url: "https://line.example.org/a.png".into() },
        Attachment { content_type: "video/mp4".into(), url: "https://line.example.org/a.mp4".into() },
    ];
    for look in [Look::Whatsapp, Look::Telegram, Look::Viber, Look::Messenger, Look::Webchat] {
        let shown = preview(look, &asked);
        let kinds: Vec<&str> = shown.attachments.iter().map(|file| file.shown_as.as_str()).collect();
        assert_eq!(kinds, ["image", "video"], "{look:?}: {shown:?}");
    }
    let captioned = preview(Look::Whatsapp, &asked);
    assert_eq!((captioned.attachments[0].caption, captioned.messages), (Some(0), 2));
    let sms = preview(Look::Sms, &asked);
    assert!(sms.attachments.is_empty() && sms.parts[0].contains("https://line.example.org/a.mp4"));

    let link = QuickReply {
        kind: QuickReplyKind::Url,
        text: "Open".into(),
        extra: Some("https://line.example.org/".into()),
        ..QuickReply::default()
    };
    let place = QuickReply { kind: QuickReplyKind::Location, ..QuickReply::default() };
    let mut one = content("Go", &[]);
    one.quick_replies = vec![link];
    for look in [Look::Whatsapp, Look::Telegram, Look::Viber, Look::Line, Look::Webchat] {
        let shown = preview(look, &one);
        assert_eq!(shown.choices[0].target.as_deref(), Some("https://line.example.org/"), "{look:?}");
    }
    one.quick_replies = vec![place];
    assert_eq!(preview(Look::Whatsapp, &one).choices[0].kind, QuickReplyKind::Location);
    assert_eq!(preview(Look::Sms, &one).choice_style, ChoiceStyle::None);
}

#[test]
fn segments_are_counted_over_all_parts() {
    let shown = preview(Look::Sms, &content(&"a".repeat(161), &[]));
    let segments = shown.segments.unwrap();
    assert_eq!((segments.count, segments.encoding, segments.characters), (2, Encoding::Gsm7, 161));
    assert_eq!(segments.left_in_last, 145);
    assert_eq!(preview(Look::Sms, &content("señal ñ", &[])).segments.unwrap().encoding, Encoding::Gsm7);
    assert_eq!(preview(Look::Sms, &content("ж", &[])).segments.unwrap().encoding, Encoding::Ucs2);
}

#[test]
fn what_cannot_be_sent_says_why() {
    for look in Look::ALL {
        let shown = preview(look, &Content::default());
        assert!(shown.refused.is_some() && shown.parts.is_empty(), "{look:?}");
    }
}

/// Every text and file that the adapter writes is in the preview, for every provider.
#[test]
fn every_provider_shows_what_it_sends() {
    let asked = content("What do you need, ¿qué necesita?", &["Papers", "Food"]);
    for provider in Provider::ALL {
        let account = crate::support::account(*provider);
        let shown = preview_on(&account, &asked);
        assert_eq!(shown.refused, None, "{provider}");
        assert!(shown.parts.concat().contains("necesita"), "{provider}: {shown:?}");
        assert!(shown.choices.iter().any(|choice| choice.text == "Papers"), "{provider}: {shown:?}");
        assert_eq!(shown.provider, Some(*provider));
    }
}

const TABLE: &str = r#"
[[tariff]]
channel = "sms"
unit = "segment"
price = "0.10"
currency = "USD"
valid_from = 2026-01-01

[[tariff]]
channel = "sms"
to = "+593"
unit = "segment"
price = "0.0742"
currency = "USD"
valid_from = 2026-01-01

[[tariff]]
channel = "sms"
to = "+593"
unit = "segment"
price = "0.08"
currency = "USD"
valid_from = 2027-01-01

[[tariff]]
channel = "twilio"
unit = "segment"
price = "0.0075"
currency = "USD"
valid_from = 2026-01-01

[[tariff]]
channel = "whatsapp"
unit = "message"
price = "0"
currency = "EUR"
valid_from = 2025-07-01

[[tariff]]
channel = "whatsapp"
to = "+593"
unit = "template:marketing"
price = "0.074"
currency = "EUR"
valid_from = 2025-07-01
"#;

#[test]
fn prices_go_by_prefix_and_day() {
    let tariffs = Tariffs::parse(TABLE).unwrap();
    let two = preview(Look::Sms, &content(&"a".repeat(161), &[]));
    let cost = |preview: &Preview, to: &str, day: Date| {
        price(&tariffs, preview, to, day).map(|price| (price.micros, price.currency))
    };
    let usd = |micros: u64| Some((micros, "USD".to_owned()));
    assert_eq!(cost(&two, "+593991234567", date(2026, 5, 1)), usd(148_400));
    assert_eq!(cost(&two, "593991234567", date(2027, 1, 1)), usd(160_000));
    assert_eq!(cost(&two, "+254700000000", date(2026, 5, 1)), usd(200_000));
    assert_eq!(cost(&two, "+593991234567", date(2025, 12, 31)), None);

    let settings = json!({"account_sid": "AC1", "auth_token": "t"});
    let account = Account::new(Provider::Twilio, "+15005550006", None, &settings).unwrap();
    let own = preview_on(&account, &content("hola", &[]));
    assert_eq!(cost(&own, "+593991234567", date(2026, 5, 1)), usd(7_500));

    let day = date(2026, 5, 1);
    let free = preview(Look::Whatsapp, &content("hola", &[]));
    assert_eq!(cost(&free, "+593991234567", day), Some((0, "EUR".to_owned())));
    let templating = Templating {
        name: "reminder".into(),
        external_id: None,
        locale: "es".into(),
        components: Vec::new(),
        variables: Vec::new(),
    };
    let mut template =
        preview(Look::Whatsapp, &Content { templating: Some(templating), ..Content::default() });
    assert_eq!(template.template.as_deref(), Some("reminder"));
    assert_eq!(cost(&template, "+593991234567", day), None, "the price of a plain message is no template's");
    template.template_category = Some("marketing".into());
    let found = price(&tariffs, &template, "+593991234567", day).unwrap();
    assert_eq!((found.micros, found.unit), (74_000, Unit::Template("marketing".into())));
}

#[test]
fn a_mistake_in_the_table_is_told_with_its_line() {
    for (from, to, line) in [
        ("channel = \"sms\"", "channel = \"smoke\"", 3),
        ("to = \"+593\"", "to = \"593\"", 11),
        ("price = \"0.0742\"", "price = 0.0742", 13),
        ("currency = \"EUR\"", "currency = \"Euro\"", 37),
        ("valid_from = 2027-01-01", "valid_from = 2027-02-30", 23),
        ("valid_from = 2027-01-01", "valid_from = 2026-01-01", 17),
        ("unit = \"message\"", "unit = \"letter\"", 35),
        ("unit = \"message\"", "colour = \"red\"", 35),
    ] {
        let error = Tariffs::parse(&TABLE.replacen(from, to, 1)).unwrap_err();
        assert!(error.line.abs_diff(line) <= 1, "{from} -> {to}: {error}");
    }
}
