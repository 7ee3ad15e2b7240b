//! What a unit from the centre says.
use flow::words::Urn;
use serde::{Deserialize, Serialize};

use super::pdu::{Sm, tag};
use super::settings::{Account, TON_INTERNATIONAL};
use super::write::WITH_HEADER;
use super::{receipt, text};
use crate::gateways::telephone_in;
use crate::incoming::{DeliveryReport, Message, MessageKind};

/// What kind of message it is (`esm_class`, 5.2.12): the bits, a receipt, and word of a state on the way.
const KIND: u8 = 0x3c;
const RECEIPT: u8 = 0x04;
const ON_THE_WAY: u8 = 0x20;
/// Headers that join parts: with a reference of 8 and of 16 bits (3GPP TS 23.040, 9.2.3.24).
const JOINED_8: u8 = 0x00;
const JOINED_16: u8 = 0x08;
/// Stands in a text where a part of it never came.
pub const MISSING_PART: &str = "[…]";

/// One part of a longer message.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub from: Urn,
    /// The same in all parts of a message; used again after a while.
    pub reference: u16,
    /// How many parts there are, and which this is, counted from 1.
    pub total: u8,
    pub number: u8,
    /// The alphabet, and the letters in it: a letter may be cut in two by the end of a part.
    pub coding: u8,
    pub data: Vec<u8>,
}

/// Nothing of what somebody wrote.
impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Part")
            .field("total", &self.total)
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

/// What a unit says.
#[derive(Debug, Clone, PartialEq)]
pub enum Delivered {
    /// What became of a message of ours.
    Report(DeliveryReport),
    /// A person wrote.
    Whole(Box<Message>),
    /// A person wrote, and this is a part of it.
    Part(Part),
    /// It cannot be read at this place: to be kept whole.
    Unreadable(&'static str),
}

/// Reads a message or a receipt. Never panics, whatever the bytes.
#[must_use]
pub fn read(account: &Account, sm: &Sm) -> Delivered {
    if matches!(sm.esm_class & KIND, RECEIPT | ON_THE_WAY)
        || sm.parameter(tag::RECEIPTED_MESSAGE_ID).is_some()
    {
        let Some(mut report) = receipt::read(account, sm) else { return Delivered::Unreadable("receipt") };
        report.recipient = sender(account, sm).into_iter().collect();
        return Delivered::Report(report);
    }
    let Some(from) = sender(account, sm) else { return Delivered::Unreadable("source_addr") };
    let data = sm.data();
    let (header, data) = match data.split_first() {
        Some((length, rest)) if sm.esm_class & WITH_HEADER != 0 => {
            match rest.split_at_checked(usize::from(*length)) {
                Some(split) => split,
                None => return Delivered::Unreadable("header"),
            }
        }
        _ => (&[][..], data),
    };
    let joined = joined(header).or_else(|| joined_by_parameters(sm));
    match joined {
        Some((reference, total, number)) if total > 1 => Delivered::Part(Part {
            from,
            reference,
            total,
            number,
            coding: sm.data_coding,
            data: data.to_vec(),
        }),
        _ => Delivered::Whole(Box::new(whole(account, from, sm.data_coding, data))),
    }
}

fn sender(account: &Account, sm: &Sm) -> Option<Urn> {
    let digits = sm.source.digits.trim();
    let international = sm.source.ton == TON_INTERNATIONAL && !digits.starts_with('+');
    let number = if international { format!("+{digits}") } else { digits.to_owned() };
    telephone_in(account.country.as_deref(), &number)
}

fn whole(account: &Account, from: Urn, coding: u8, data: &[u8]) -> Message {
    let unsupported = |what: String| Message::new("", vec![from.clone()], MessageKind::Unsupported { what });
    match text::decode(account, coding, data) {
        None => unsupported(format!("data_coding {coding}")),
        Some(text) if text.is_empty() => unsupported("message without content".to_owned()),
        Some(text) => Message { text, ..Message::new("", vec![from.clone()], MessageKind::Text) },
    }
}

/// Reference, total and number out of a header.
fn joined(mut header: &[u8]) -> Option<(u16, u8, u8)> {
    while let [element, length, rest @ ..] = header {
        let (value, after) = rest.split_at_checked(usize::from(*length))?;
        let found = match (*element, value) {
            (JOINED_8, [reference, total, number]) => Some((u16::from(*reference), *total, *number)),
            (JOINED_16, [high, low, total, number]) => {
                Some((u16::from_be_bytes([*high, *low]), *total, *number))
            }
            _ => None,
        };
        if let Some((_, total, number)) = found
            && (1..=total).contains(&number)
        {
            return found;
        }
        header = after;
    }
    None
}

fn joined_by_parameters(sm: &Sm) -> Option<(u16, u8, u8)> {
    let reference = u16::from_be_bytes(*sm.parameter(tag::SAR_MSG_REF_NUM)?.first_chunk()?);
    let total = *sm.parameter(tag::SAR_TOTAL_SEGMENTS)?.first()?;
    let number = *sm.parameter(tag::SAR_SEGMENT_SEQNUM)?.first()?;
    (1..=total).contains(&number).then_some((reference, total, number))
}

/// The message that parts make, in whatever order they came; where some are missing, [`MISSING_PART`] stands in their
/// place. `None` without any part.
#[must_use]
pub fn join(account: &Account, parts: &[Part]) -> Option<Message> {
    let first = parts.first()?;
    let mut sorted: Vec<&Part> = parts.iter().collect();
    sorted.sort_by_key(|part| part.number);
    sorted.dedup_by_key(|part| part.number);
    let mut text = String::new();
    // Letters that were cut in two by the end of a part are whole again when their bytes stand together.
    let mut run: Option<(u8, Vec<u8>)> = None;
    let flush = |run: &mut Option<(u8, Vec<u8>)>, text: &mut String| {
        if let Some((coding, data)) = run.take() {
            text.push_str(&text::decode(account, coding, &data).unwrap_or_else(|| MISSING_PART.to_owned()));
        }
    };
    let mut next = 1_u16;
    let gap = |text: &mut String, from: u16, to: u16| (from..to).for_each(|_| text.push_str(MISSING_PART));
    for part in sorted {
        let number = u16::from(part.number);
        if number > next {
            flush(&mut run, &mut text);
            gap(&mut text, next, number);
        }
        next = number + 1;
        match &mut run {
            Some((coding, data)) if *coding == part.coding => data.extend(&part.data),
            _ => {
                flush(&mut run, &mut text);
                run = Some((part.coding, part.data.clone()));
            }
        }
    }
    flush(&mut run, &mut text);
    gap(&mut text, next, u16::from(first.total) + 1);
    Some(Message { text, ..Message::new("", vec![first.from.clone()], MessageKind::Text) })
}
