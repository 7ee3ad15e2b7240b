//! An SMPP channel as a set-up form shows it. Its fields are found in [`SmppSettings`] itself; only the words are here.
use std::sync::LazyLock;

use serde::Serialize;

use super::settings::SmppSettings;
use crate::registry::{AddressInfo, Field, FieldKind, fields};

/// What [`crate::ProviderInfo`] is for providers that are spoken to by HTTP, with the same words when it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SmppInfo {
    pub provider: &'static str,
    pub name: &'static str,
    pub reaches: &'static str,
    pub address: AddressInfo,
    pub fields: Vec<Field>,
    /// Whether an account can be tried out without sending: by a bind.
    pub can_be_tested: bool,
    /// Never: a message centre calls no address.
    pub can_register_webhook: bool,
}

/// The form.
#[must_use]
pub fn info() -> &'static SmppInfo {
    static INFO: LazyLock<SmppInfo> = LazyLock::new(|| SmppInfo {
        provider: super::NAME,
        name: "SMS by SMPP (straight to a network)",
        reaches: "tel",
        address: AddressInfo {
            required: true,
            help: "What messages are from: the number, the short code or the name of letters that the network has given you.",
        },
        fields: all(),
        can_be_tested: true,
        can_register_webhook: false,
    });
    &INFO
}

/// A setting that is taken out before [`SmppSettings`] are read.
const COUNTRY: &str = "country";

fn all() -> Vec<Field> {
    let field = |key, kind, required, choices| Field {
        key,
        kind,
        required,
        unless: Vec::new(),
        choices,
        help: help(key),
    };
    let traced = fields::<SmppSettings>().into_iter();
    let mut all: Vec<Field> =
        traced.map(|traced| field(traced.key, traced.kind, traced.required, traced.choices)).collect();
    all.push(field(COUNTRY, FieldKind::Text, false, &[]));
    all
}

fn help(key: &str) -> &'static str {
    match key {
        "host" => "The name or the address of the network's message centre.",
        "port" => "Its port; 2775 is usual, 3550 where the connection is encrypted.",
        "tls" => "Whether the connection is encrypted; without it everybody on the way can read along.",
        "system_id" => "The name of your account there.",
        "password" => "Its password.",
        "system_type" => "The kind of system, when the network asks for one; at most 12 letters.",
        "bind" => "One connection for both directions, or one for each, as the network wants it.",
        "source_ton" => "Type of number of your address (0 to 6); left empty it is found from the address.",
        "source_npi" => "Numbering plan of your address; left empty it is found from the address.",
        "dest_ton" => "Type of number of receivers; left empty it is found from each number.",
        "dest_npi" => "Numbering plan of receivers; left empty it is 1 (E.164).",
        "window" => "How many messages may wait for their answers at once; 10 unless the contract says more.",
        "enquire_link_seconds" => {
            "After how many seconds the link is asked whether it is alive; 30 if left empty."
        }
        "answer_seconds" => {
            "How many seconds the network may take to answer a message before it counts as unknown; 30 if left empty."
        }
        "alphabet" => {
            "smart: typographic marks are replaced where that makes a message cheaper; exact: nothing is replaced; ucs2: always 16 bits a letter."
        }
        "default_alphabet" => {
            "What letters without a named alphabet are at this network; gsm7 nearly everywhere."
        }
        "long_messages" => {
            "How long messages are divided: udh (usual), sar, or payload when the network divides them itself."
        }
        "answer_ids" => {
            "How the network writes a message's id in its answer, when it writes it otherwise in receipts."
        }
        "receipt_ids" => "How the network writes a message's id in its delivery receipts.",
        "reference" => {
            "Whether messages carry a number (user_message_reference) by which a lost answer is found again; on unless the network refuses it."
        }
        COUNTRY => "The country, as KE, that numbers without a country code belong to.",
        _ => "",
    }
}
