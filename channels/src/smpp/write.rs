//! A message as the units that carry it.
use flow::words::Content;
use uuid::Uuid;

use super::pdu::{Sm, tag};
use super::settings::{Account, Alphabet, LongMessages};
use super::text;
use crate::outgoing::{Degraded, Outgoing, Refused};
use crate::plain;
use crate::segments::{self, Encoding};
use crate::{Look, Preview};

/// The most parts of one message: about 4 000 letters of any alphabet.
pub const MAX_PARTS: usize = 60;
/// The message begins with a header of the phone network (5.2.12).
pub(super) const WITH_HEADER: u8 = 0x40;
/// A receipt is wanted, whatever becomes of the message (5.2.17).
const RECEIPT: u8 = 1;
/// Priority of an answer in a conversation, and of the rest.
const PRIORITY_HIGH: u8 = 1;

/// The number that a part of a message carries as its `user_message_reference`, counted from 0.
#[must_use]
pub fn reference(id: Uuid, part: usize) -> u16 {
    // The last bytes of an id are random; the parts of one message differ by their number.
    let [.., high, low] = id.into_bytes();
    u16::from_be_bytes([high, low]).wrapping_add(u16::try_from(part).unwrap_or(0))
}

/// Whether a message carried this number in one of its parts.
#[must_use]
pub fn is_reference_of(id: Uuid, number: u16) -> bool {
    usize::from(number.wrapping_sub(reference(id, 0))) < MAX_PARTS
}

/// A message as this centre needs it: choices as numbered lines, files as links, divided into parts.
///
/// # Errors
/// When the message cannot be sent by SMS at all.
pub fn request(account: &Account, outgoing: &Outgoing) -> Result<(Vec<Sm>, Vec<Degraded>), Refused> {
    if outgoing.to.scheme() != "tel" {
        return Err(Refused::Scheme);
    }
    let mut degraded = Vec::new();
    let mut text = plain::choices(&outgoing.content, &mut degraded);
    for attachment in &outgoing.content.attachments {
        text = plain::as_line(text, attachment, &mut degraded)?;
    }
    if text.trim().is_empty() {
        return Err(Refused::Empty);
    }
    let (encoding, text) = lettering(account, text);
    let blank = Sm {
        source: account.source(),
        destination: account.destination(&outgoing.to.path()),
        priority: if outgoing.high_priority { PRIORITY_HIGH } else { 0 },
        registered_delivery: RECEIPT,
        ..Sm::default()
    };
    let mut parts = divide(account, outgoing.id, &text, encoding, &blank)?;
    if account.settings.reference {
        for (number, part) in parts.iter_mut().enumerate() {
            let reference = reference(outgoing.id, number).to_be_bytes().to_vec();
            part.parameters.push((tag::USER_MESSAGE_REFERENCE, reference));
        }
    }
    Ok((parts, degraded))
}

/// What a message will look like, in the letters that it goes in at this centre. What it takes is counted for the
/// alphabet that its letters need, also where a setting asks for UCS-2 always.
#[must_use]
pub fn preview(account: &Account, content: &Content) -> Preview {
    let (_, text) = lettering(account, content.text.clone());
    crate::preview(Look::Sms, &Content { text, ..content.clone() })
}

/// The alphabet that a text goes in, and the text as it is in it.
fn lettering(account: &Account, text: String) -> (Encoding, String) {
    match account.settings.alphabet {
        Alphabet::Ucs2 => (Encoding::Ucs2, text),
        _ if text::fits_default(account, &text) => (Encoding::Gsm7, text),
        Alphabet::Exact => (Encoding::Ucs2, text),
        Alphabet::Smart => {
            let plain = segments::plain_punctuation(&text);
            let fits = text::fits_default(account, &plain);
            if fits { (Encoding::Gsm7, plain) } else { (Encoding::Ucs2, text) }
        }
    }
}

fn divide(
    account: &Account,
    id: Uuid,
    text: &str,
    encoding: Encoding,
    blank: &Sm,
) -> Result<Vec<Sm>, Refused> {
    let texts = segments::parts_in(text, encoding);
    let long = account.settings.long_messages;
    if texts.len() > MAX_PARTS {
        return Err(Refused::TooLong);
    }
    if texts.len() == 1 {
        let (data_coding, short_message) = text::encode(account, text, encoding);
        return Ok(vec![Sm { data_coding, short_message, ..blank.clone() }]);
    }
    if long == LongMessages::Payload {
        let (data_coding, payload) = text::encode(account, text, encoding);
        let parameters = vec![(tag::MESSAGE_PAYLOAD, payload)];
        return Ok(vec![Sm { data_coding, parameters, ..blank.clone() }]);
    }
    let total = u8::try_from(texts.len()).map_err(|_| Refused::TooLong)?;
    let [high, low] = reference(id, 0).to_be_bytes();
    let parts = (1_u8..).zip(texts).map(|(number, text)| {
        let (data_coding, bytes) = text::encode(account, text, encoding);
        let mut part = Sm { data_coding, ..blank.clone() };
        if long == LongMessages::Udh {
            part.esm_class = WITH_HEADER;
            // Length of the header; joined, 8-bit reference (3GPP TS 23.040, 9.2.3.24.1).
            part.short_message = vec![5, 0, 3, low, total, number];
            part.short_message.extend(bytes);
        } else {
            part.short_message = bytes;
            part.parameters = vec![
                (tag::SAR_MSG_REF_NUM, vec![high, low]),
                (tag::SAR_TOTAL_SEGMENTS, vec![total]),
                (tag::SAR_SEGMENT_SEQNUM, vec![number]),
            ];
        }
        part
    });
    Ok(parts.collect())
}
