//! What a message centre may send, and what may be sent by one.
use channels::smpp::pdu::{Address, Body, Pdu, Sm, length, tag};
use channels::smpp::{Account, Delivered, MAX_PARTS, Part, join, read, request, settle};
use channels::{Incoming, Outgoing};
use flow::words::Urn;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::mutate::{Dice, mutated};
use crate::samples::WORDS;
use crate::targets::content;

/// The kinds of rounds.
const KINDS: usize = 6;

/// The target.
pub struct Smpp {
    accounts: Vec<Account>,
    settings: Vec<u8>,
    units: Vec<Vec<u8>>,
}

impl Smpp {
    pub fn new() -> Self {
        let least = json!({"host": "h.example", "port": 2775, "system_id": "s", "password": "p"});
        let all = json!({
            "host": "h.example", "port": 2775, "tls": true, "system_id": "s", "password": "p", "system_type": "t",
            "bind": "transmitter+receiver", "source_ton": 1, "source_npi": 1, "dest_ton": 1, "dest_npi": 1,
            "window": 20, "enquire_link_seconds": 30, "answer_seconds": 30, "alphabet": "exact",
            "default_alphabet": "latin1", "long_messages": "sar", "answer_ids": "hex", "receipt_ids": "decimal",
            "reference": false, "country": "KE",
        });
        let mut whole = least.clone();
        whole["long_messages"] = json!("payload");
        let settings = all.to_string().into_bytes();
        let account = |settings: &Value| Account::new("+59325550101", settings).expect("it can be used");
        Self { accounts: [&least, &all, &whole].map(account).to_vec(), settings, units: units() }
    }

    pub fn input(&self, dice: &mut Dice) -> String {
        dice.below(KINDS);
        hex(&mutated(dice, &self.units, WORDS))
    }

    pub fn play(&self, dice: &mut Dice) {
        let kind = dice.below(KINDS);
        let bytes = mutated(dice, &self.units, WORDS);
        let account = &self.accounts[dice.below(self.accounts.len())];
        match kind {
            0..=2 => arrives(account, &bytes),
            3 => {
                let settings = mutated(dice, std::slice::from_ref(&self.settings), WORDS);
                if let Ok(settings) = serde_json::from_slice::<Value>(&settings)
                    && let Ok(account) = Account::new(dice.one_of(WORDS), &settings)
                {
                    leaves(&account, dice, &bytes);
                }
            }
            4 => leaves(account, dice, &bytes),
            _ => {
                let status = [0, 0x58, 0x14, 0x0b, 0x0e, u32::MAX][dice.below(6)];
                let _ = settle(account, status, &String::from_utf8_lossy(&bytes));
            }
        }
    }
}

/// Units of all kinds, as a centre sends them.
fn units() -> Vec<Vec<u8>> {
    let source = Address { ton: 1, npi: 1, digits: "254700000001".to_owned() };
    let blank = Sm { source, ..Sm::default() };
    let receipt = b"id:0A1B sub:001 dlvrd:001 submit date:2611220530 done date:2611220531 stat:DELIVRD err:000 text:hola";
    let of = |more: Sm| Body::DeliverSm(Box::new(more));
    [
        of(Sm { short_message: b"hola".to_vec(), ..blank.clone() }),
        of(Sm { esm_class: 4, short_message: receipt.to_vec(), ..blank.clone() }),
        of(Sm {
            esm_class: 0x40,
            data_coding: 8,
            short_message: vec![5, 0, 3, 7, 3, 2, 6, 0x45, 6, 0x31],
            ..blank.clone()
        }),
        of(Sm {
            esm_class: 0x40,
            short_message: vec![9, 8, 4, 1, 7, 2, 1, 0x24, 1, 1, b'a', 0x1b, 0x65],
            ..blank.clone()
        }),
        of(Sm {
            parameters: vec![
                (tag::SAR_MSG_REF_NUM, vec![0, 7]),
                (tag::SAR_TOTAL_SEGMENTS, vec![2]),
                (tag::SAR_SEGMENT_SEQNUM, vec![1]),
                (tag::MESSAGE_PAYLOAD, b"hola".to_vec()),
            ],
            ..blank.clone()
        }),
        of(Sm {
            esm_class: 4,
            parameters: vec![
                (tag::RECEIPTED_MESSAGE_ID, b"1a2b\0".to_vec()),
                (tag::MESSAGE_STATE, vec![5]),
                (tag::NETWORK_ERROR_CODE, vec![3, 0, 27]),
                (tag::USER_MESSAGE_REFERENCE, vec![1, 2]),
            ],
            ..blank
        }),
        Body::SubmitSmResp { message_id: "1A2B".to_owned() },
        Body::EnquireLink,
        Body::Unbind,
        Body::GenericNack,
    ]
    .into_iter()
    .map(|body| Pdu::new(7, body).encode())
    .collect()
}

/// Everything that a unit goes through.
fn arrives(account: &Account, bytes: &[u8]) {
    let _ = length(bytes);
    let Ok(unit) = Pdu::decode(bytes) else { return };
    let again = unit.encode();
    assert!(length(&again).is_ok_and(|whole| whole == Some(again.len())), "a unit knows its length");
    let (Body::DeliverSm(sm) | Body::SubmitSm(sm)) = unit.body else { return };
    match read(account, &sm) {
        Delivered::Whole(message) => stored(&Incoming::Message(message)),
        Delivered::Report(report) => stored(&Incoming::Report(report)),
        Delivered::Part(part) => {
            let kept = serde_json::to_vec(&part).expect("a part can be stored");
            let part: Part = serde_json::from_slice(&kept).expect("what was stored can be read");
            let next = Part { number: part.number.wrapping_add(1), ..part.clone() };
            let whole = join(account, &[next, part]).expect("parts make a message");
            stored(&Incoming::Message(Box::new(whole)));
        }
        Delivered::Unreadable(_) => {}
    }
}

fn stored(incoming: &Incoming) {
    let kept = serde_json::to_vec(incoming).expect("what came in can be stored");
    let again: Incoming = serde_json::from_slice(&kept).expect("what was stored can be read");
    assert_eq!(&again, incoming);
}

/// A message as parts; whoever gets them all has the whole message.
fn leaves(account: &Account, dice: &mut Dice, bytes: &[u8]) {
    let path = dice.one_of(&["+593991234567", "593991234567", "2020", "1", "💥"]);
    let Ok(to) = Urn::new("tel", path) else { return };
    let message = Outgoing::new(Uuid::from_u128(7), to, content(dice, bytes));
    let Ok((parts, _)) = request(account, &message) else { return };
    assert!(!parts.is_empty() && parts.len() <= MAX_PARTS);
    let source = Address { ton: 1, npi: 1, digits: "254700000001".to_owned() };
    let mut joined = Vec::new();
    let count = parts.len();
    for sm in parts {
        let unit = Pdu::new(1, Body::SubmitSm(Box::new(sm)));
        let Ok(Pdu { body: Body::SubmitSm(mut sm), .. }) = Pdu::decode(&unit.encode()) else {
            panic!("a part of ours can be read")
        };
        sm.source = source.clone();
        if let Delivered::Part(part) = read(account, &sm) {
            joined.push(part);
        }
    }
    assert!(count == 1 || joined.len() == count, "each of several parts says which it is");
    let _ = join(account, &joined);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
