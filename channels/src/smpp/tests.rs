use flow::words::{Content, QuickReply};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::pdu::{Address, BindMode, Body, Pdu, Sm, tag};
use super::*;
use crate::incoming::{MessageKind, Status};
use crate::outgoing::{ErrorClass, Outgoing, Settled};

fn account_with(more: &[(&str, Value)]) -> Account {
    let mut settings =
        json!({"host": "smsc.example", "port": 2775, "system_id": "casa", "password": "hushhush"});
    for (key, value) in more {
        settings[*key] = value.clone();
    }
    Account::new("+59325550101", &settings).unwrap()
}

fn account() -> Account {
    account_with(&[])
}

fn outgoing(text: &str) -> Outgoing {
    let content = Content { text: text.to_owned(), ..Content::default() };
    Outgoing::new(Uuid::from_u128(0x1234_5678), "tel:+593991234567".parse().unwrap(), content)
}

fn sent(account: &Account, text: &str) -> Vec<Sm> {
    request(account, &outgoing(text)).unwrap().0
}

/// What the other side reads of parts that arrive in this order.
fn arrives(account: &Account, parts: Vec<Sm>) -> String {
    let mut waiting = Vec::new();
    for mut sm in parts {
        sm.source = Address { ton: 1, npi: 1, digits: "593991234567".to_owned() };
        match read(account, &sm) {
            Delivered::Whole(message) => return message.text,
            Delivered::Part(part) => waiting.push(part),
            other => panic!("{other:?}"),
        }
    }
    join(account, &waiting).unwrap().text
}

const SPANISH: &str =
    "Señora, mañana abrimos a las ocho. [Traiga su cédula] y 5 € para el bus. ¿Puede venir? ";
const ARABIC: &str = "مرحبا، يمكنك القدوم إلى المركز غدا في الساعة الثامنة صباحا مع بطاقة الهوية 😀 ";

#[test]
fn settings_are_read_and_wrong_ones_named() {
    let good = account();
    assert_eq!((good.settings.window, good.settings.enquire_link_seconds), (10, 30));
    assert!(!format!("{good:?} {:?}", good.bind(BindMode::Transceiver)).contains("hushhush"));
    let settings = json!({"host": "h", "port": 2775, "system_id": "casa", "password": "hushhush"});
    for (key, value) in [
        ("hots", json!("x")),
        ("window", json!(0)),
        ("enquire_link_seconds", json!(1)),
        ("password", json!("")),
        ("system_id", json!("a\u{0}b")),
        ("tls", json!("hushhush")),
        ("country", json!("ecuador")),
        ("port", json!(0)),
    ] {
        let mut bad = settings.clone();
        bad[key] = value;
        let error = Account::new("1", &bad).unwrap_err().to_string();
        assert!(!error.contains("hushhush"), "{error}");
    }
    assert!(Account::new("", &settings).is_err());
}

#[test]
fn the_form_and_the_settings_agree() {
    use crate::registry::FieldKind;
    let value = |field: &crate::Field| match field.kind {
        FieldKind::Text if field.key == "country" => json!("EC"),
        FieldKind::Text | FieldKind::Secret => json!("t"),
        FieldKind::Number => json!(42),
        FieldKind::Choice => json!(field.choices[0]),
        FieldKind::Bool => json!(true),
        other => panic!("{} is {other:?}", field.key),
    };
    let required: Vec<&str> = info().fields.iter().filter(|f| f.required).map(|f| f.key).collect();
    assert_eq!(required, ["host", "port", "system_id", "password"]);
    let mut whole = json!({});
    for field in &info().fields {
        assert!(field.help.ends_with('.'), "{} has no sentence", field.key);
        assert_eq!(field.kind == FieldKind::Secret, field.key == "password");
        whole[field.key] = value(field);
    }
    assert!(Account::new("2020", &whole).is_ok());
    whole["colour"] = json!("red");
    assert!(Account::new("2020", &whole).unwrap_err().to_string().contains("colour"));
}

#[test]
fn units_come_back_as_they_were() {
    let sm = Sm {
        source: Address { ton: 5, npi: 0, digits: "CASA".to_owned() },
        destination: Address { ton: 1, npi: 1, digits: "593991234567".to_owned() },
        esm_class: 0x40,
        priority: 1,
        registered_delivery: 1,
        data_coding: 8,
        short_message: vec![1, 2, 3],
        parameters: vec![(tag::USER_MESSAGE_REFERENCE, vec![1, 2])],
    };
    for body in [
        account().bind(BindMode::Transceiver),
        Body::BindResp { mode: BindMode::Receiver, system_id: "smsc".to_owned() },
        Body::SubmitSm(Box::new(sm.clone())),
        Body::DeliverSm(Box::new(sm)),
        Body::SubmitSmResp { message_id: "1A2B".to_owned() },
        Body::EnquireLink,
        Body::UnbindResp,
        Body::GenericNack,
        Body::Other { command: 0x103 },
    ] {
        let unit = Pdu { status: 0, sequence: 7, body };
        let bytes = unit.encode();
        assert_eq!(pdu::length(&bytes), Ok(Some(bytes.len())));
        assert_eq!(Pdu::decode(&bytes), Ok(unit));
    }
    assert_eq!(pdu::length(&[0, 0]), Ok(None));
    assert!(pdu::length(&[0, 0, 0, 15]).is_err());
    assert!(pdu::length(&[0x47, 0x45, 0x54, 0x20]).is_err());
}

#[test]
fn a_refusal_without_a_body_is_read() {
    let bytes = [0, 0, 0, 16, 0x80, 0, 0, 4, 0, 0, 0, 0x58, 0, 0, 0, 9];
    let unit = Pdu::decode(&bytes).unwrap();
    assert_eq!((unit.status, unit.sequence), (0x58, 9));
    assert_eq!(unit.body, Body::SubmitSmResp { message_id: String::new() });
}

#[test]
fn long_texts_arrive_whole_in_any_order_however_they_are_divided() {
    for long in ["udh", "sar", "payload"] {
        for (text, coding) in [(SPANISH, 0), (ARABIC, 8), ("Aquí la escuchamos. ", 8)] {
            let account = account_with(&[("long_messages", json!(long)), ("alphabet", json!("exact"))]);
            let text = text.repeat(6);
            let mut parts = sent(&account, &text);
            assert_eq!(parts.len() == 1, long == "payload");
            assert!(parts.iter().all(|part| part.data_coding == coding && part.short_message.len() <= 159));
            parts.reverse();
            assert_eq!(arrives(&account, parts), text.trim_end());
        }
    }
}

#[test]
fn a_part_that_never_came_leaves_a_mark() {
    let mut parts = sent(&account(), &ARABIC.repeat(3));
    let whole = arrives(&account(), parts.clone());
    parts.remove(1);
    let text = arrives(&account(), parts);
    assert!(text.contains(MISSING_PART) && whole.starts_with(text.split(MISSING_PART).next().unwrap()));
    let first = sent(&account(), &"a".repeat(400)).swap_remove(0);
    assert_eq!(arrives(&account(), vec![first]), format!("{}[…][…]", "a".repeat(153)));
}

#[test]
fn an_alphabet_is_chosen_by_setting() {
    assert_eq!(sent(&account(), "it’s open")[0].data_coding, 0);
    assert_eq!(sent(&account_with(&[("alphabet", json!("exact"))]), "it’s open")[0].data_coding, 8);
    assert_eq!(sent(&account_with(&[("alphabet", json!("ucs2"))]), "open")[0].data_coding, 8);
    let latin1 = account_with(&[("default_alphabet", json!("latin1"))]);
    assert_eq!(sent(&latin1, "mañana")[0].short_message, b"ma\xf1ana");
    assert_eq!(sent(&account(), "@ñ€")[0].short_message, [0, 0x7d, 0x1b, 0x65]);
    // A Greek capital is in the GSM alphabet and not in ISO 8859-1.
    assert_eq!(sent(&latin1, "Δ")[0].data_coding, 8);
}

#[test]
fn addresses_have_their_kind() {
    let sm = sent(&account(), "hola").swap_remove(0);
    assert_eq!((sm.source.ton, sm.source.npi, sm.source.digits.as_str()), (1, 1, "59325550101"));
    assert_eq!((sm.destination.ton, sm.destination.digits.as_str()), (1, "593991234567"));
    let settings = json!({"host": "h", "port": 1, "system_id": "s", "password": "p", "source_npi": 8});
    let of = |address: &str| Account::new(address, &settings).unwrap().source();
    assert_eq!((of("CASA").ton, of("2345").ton, of("2345").npi), (5, 3, 8));
}

#[test]
fn choices_become_numbered_lines() {
    let reply =
        |text: &str| -> QuickReply { serde_json::from_value(json!({"type": "text", "text": text})).unwrap() };
    let mut message = outgoing("¿Acepta?");
    message.content.quick_replies = vec![reply("Si"), reply("No")];
    let (parts, degraded) = request(&account(), &message).unwrap();
    assert_eq!(arrives(&account(), parts), "¿Acepta?\n\n1. Si\n2. No");
    assert_eq!(degraded.len(), 1);
}

fn receipt(text: &str, more: Vec<(u16, Vec<u8>)>) -> Sm {
    let source = Address { ton: 1, npi: 1, digits: "593991234567".to_owned() };
    Sm { source, esm_class: 4, short_message: text.into(), parameters: more, ..Sm::default() }
}

#[test]
fn receipts_are_read_from_text_and_from_parameters() {
    let text = "id:0123456789 sub:001 dlvrd:001 submit date:2611220530 done date:2611220531 stat:DELIVRD err:000 text:id:9 stat:UNDELIV";
    let Delivered::Report(report) = read(&account(), &receipt(text, Vec::new())) else { panic!("a report") };
    assert_eq!((report.external_id.as_str(), &report.status), ("0123456789", &Status::Delivered));
    assert_eq!(report.recipient.len(), 1);
    let parameters = vec![
        (tag::RECEIPTED_MESSAGE_ID, b"1a2b\0".to_vec()),
        (tag::MESSAGE_STATE, vec![5]),
        (tag::NETWORK_ERROR_CODE, vec![3, 0, 27]),
        (tag::USER_MESSAGE_REFERENCE, vec![1, 2]),
    ];
    let hex = account_with(&[("receipt_ids", json!("hex")), ("answer_ids", json!("decimal"))]);
    let Delivered::Report(report) = read(&hex, &receipt("", parameters)) else { panic!("a report") };
    assert_eq!((report.external_id.as_str(), report.reference), ("6699", Some(258)));
    let Status::Failed { class, code, .. } = report.status else { panic!("a failure") };
    assert_eq!((class, code.as_deref()), (ErrorClass::Unreachable, Some("3/27")));
    let Settled::Sent { external_id, .. } = settle(&hex, 0, "0000006699") else { panic!("sent") };
    assert_eq!(external_id, "6699");
    assert_eq!(read(&account(), &receipt("nothing", Vec::new())), Delivered::Unreadable("receipt"));
}

#[test]
fn a_person_may_write_what_looks_like_a_receipt() {
    let sm = Sm { esm_class: 0, ..receipt("id:1 stat:DELIVRD", Vec::new()) };
    assert!(
        matches!(read(&account(), &sm), Delivered::Whole(message) if message.text == "id:1 stat:DELIVRD")
    );
}

#[test]
fn what_is_no_text_is_still_shown() {
    let sm = Sm { esm_class: 0, data_coding: 4, ..receipt("x", Vec::new()) };
    let Delivered::Whole(message) = read(&account(), &sm) else { panic!("a message") };
    assert_eq!(message.kind, MessageKind::Unsupported { what: "data_coding 4".to_owned() });
    let nameless = Sm { source: Address { ton: 5, npi: 0, digits: "BANK".to_owned() }, ..sm };
    assert_eq!(read(&account(), &nameless), Delivered::Unreadable("source_addr"));
}

#[test]
fn answers_have_their_consequences() {
    for (status, expected) in [
        (0x58, ErrorClass::Throttled),
        (0x14, ErrorClass::Throttled),
        (0x08, ErrorClass::Transient),
        (0x0b, ErrorClass::BadRequest),
        (0x01, ErrorClass::BadRequest),
        (0x0a, ErrorClass::AccountBroken),
        (0xfe, ErrorClass::Unreachable),
        (0x0432, ErrorClass::Transient),
    ] {
        assert_eq!(class(status), expected, "{status:#x}");
    }
    assert!(refuses_account(0x0e) && !refuses_account(0x05) && !refuses_account(0x0d));
}

proptest! {
    #[test]
    fn any_bytes_have_an_outcome(bytes in proptest::collection::vec(any::<u8>(), 0..300), command in 0_u8..0x16) {
        let mut framed = vec![0, 0, 0, 0, 0, 0, 0, command, 0, 0, 0, 0, 0, 0, 0, 1];
        framed.extend(&bytes);
        for bytes in [bytes, framed] {
            let _ = pdu::length(&bytes);
            if let Ok(Pdu { body: Body::DeliverSm(sm) | Body::SubmitSm(sm), .. }) = Pdu::decode(&bytes)
                && let Delivered::Part(part) = read(&account(), &sm)
            {
                let _ = join(&account(), &[part]);
            }
        }
    }

    #[test]
    fn any_short_message_has_an_outcome(
        esm_class in any::<u8>(), data_coding in any::<u8>(), data in proptest::collection::vec(any::<u8>(), 0..160),
    ) {
        let sm = Sm { esm_class, data_coding, short_message: data, ..receipt("", Vec::new()) };
        if let Delivered::Part(part) = read(&account(), &sm) {
            prop_assert!(join(&account(), &[part.clone(), part]).is_some());
        }
    }

    #[test]
    fn every_text_arrives(text in "[a-z€\\[жñ😀ة ]{1,400}") {
        prop_assume!(!text.trim().is_empty());
        let account = account_with(&[("alphabet", json!("exact"))]);
        prop_assert_eq!(arrives(&account, sent(&account, &text)), text.trim_end());
    }
}
