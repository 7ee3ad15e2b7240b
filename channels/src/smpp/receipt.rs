//! Delivery receipts: the text of appendix B, or optional parameters that say the same.
use super::pdu::{Sm, tag};
use super::settings::Account;
use super::text;
use crate::incoming::{DeliveryReport, Status};
use crate::outgoing::{ErrorClass, without_numbers};

/// What a receipt says; `None` when no id can be found in it.
pub(super) fn read(account: &Account, sm: &Sm) -> Option<DeliveryReport> {
    let words = text::decode(account, sm.data_coding, sm.data()).unwrap_or_default();
    let by_parameter = sm.parameter(tag::RECEIPTED_MESSAGE_ID).map(until_zero);
    let by_text = || field(&words, "id:");
    let id = by_parameter.filter(|id| !id.is_empty()).or_else(by_text).filter(|id| !id.is_empty())?;
    let state = sm.parameter(tag::MESSAGE_STATE).and_then(<[u8]>::first).copied();
    let state = state.map(|number| word(number).to_owned()).or_else(|| field(&words, "stat:"));
    let code = network_error(sm).or_else(|| field(&words, "err:"));
    let status = status(state.as_deref().unwrap_or(""), code);
    let id = account.settings.receipt_ids.canonical(&id);
    let reference = sm.parameter(tag::USER_MESSAGE_REFERENCE).and_then(<[u8]>::first_chunk::<2>);
    Some(DeliveryReport {
        reference: reference.copied().map(u16::from_be_bytes),
        ..DeliveryReport::of(id, status)
    })
}

fn until_zero(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(bytes.get(..end).unwrap_or(bytes)).into_owned()
}

/// The word after a label of the receipt's text; what our own message said, at its end, is not looked at.
fn field(words: &str, label: &str) -> Option<String> {
    let lower = words.to_ascii_lowercase();
    let head = lower.find(" text:").map_or(lower.as_str(), |at| lower.get(..at).unwrap_or(&lower));
    let at = head.match_indices(label).map(|(at, _)| at).find(|at| {
        let before = at.checked_sub(1).and_then(|before| head.as_bytes().get(before));
        before.is_none_or(|b| !b.is_ascii_alphanumeric())
    })?;
    // Lower case has as many bytes, and the id keeps its case.
    let rest = words.get(at + label.len()..)?;
    rest.split_whitespace().next().map(str::to_owned)
}

/// `message_state` (5.2.28) as the text writes it.
const fn word(state: u8) -> &'static str {
    match state {
        1 => "ENROUTE",
        2 => "DELIVRD",
        3 => "EXPIRED",
        4 => "DELETED",
        5 => "UNDELIV",
        6 => "ACCEPTD",
        8 => "REJECTD",
        _ => "UNKNOWN",
    }
}

/// `network_error_code`: which network, and its code.
fn network_error(sm: &Sm) -> Option<String> {
    let [network, high, low] = *sm.parameter(tag::NETWORK_ERROR_CODE)?.first_chunk::<3>()?;
    let code = u16::from_be_bytes([high, low]);
    (code != 0).then(|| format!("{network}/{code}"))
}

fn status(state: &str, code: Option<String>) -> Status {
    let failed = |class: ErrorClass| Status::Failed {
        class,
        code: code
            .clone()
            .filter(|code| !code.trim_start_matches('0').is_empty())
            .map(|code| without_numbers(&code)),
        detail: without_numbers(state),
    };
    match state.to_ascii_uppercase().as_str() {
        "DELIVRD" | "DELIVERED" => Status::Delivered,
        "EXPIRED" | "UNDELIV" | "UNDELIVERABLE" | "DELETED" => failed(ErrorClass::Unreachable),
        "REJECTD" | "REJECTED" => failed(ErrorClass::RefusedForNow),
        "ACCEPTD" | "ACCEPTED" => Status::Accepted,
        // On its way, or the centre does not know: nothing to give the message up for.
        _ => Status::Sent,
    }
}
