//! Erasure: every row about a person goes, her key is destroyed, and she gets a receipt that can be checked.
use flow::words::Content;
use serde::{Deserialize, Serialize};

use super::sql::{Erased, ErasureRow};
use crate::app::App;
use crate::contacts::Contact;
use crate::flows::Route;
use crate::inbound::Effects;
use crate::inbox;
use crate::jobs::{self, Job};
use crate::outbound;
use crate::store::{Result, Ts, Tx};

/// Letters of a receipt: none that is taken for another when read aloud or copied by hand.
const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const RECEIPT_LETTERS: usize = 10;

/// What a receipt proves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub receipt: String,
    pub at: String,
    pub messages: i64,
    pub conversations: i64,
    pub identities: i64,
}

/// Removes a person and sets the destruction of her key going; answers the receipt. The key is destroyed by a
/// job that is written in the same transaction, so that a crash in between cannot keep it.
///
/// # Errors
/// When the store refuses.
pub fn erase(tx: &mut Tx<'_>, app: &App, contact: &Contact, now: Ts) -> Result<(String, Effects)> {
    let conversations = inbox::forget(tx, app, contact.line_id, contact.id, now)?;
    let erased = Erased {
        conversations: i64::try_from(conversations).unwrap_or(i64::MAX),
        ..tx.erase_contact(contact.id)?
    };
    let receipt = new_receipt(app);
    let row = ErasureRow { line_id: contact.line_id, at: now, erased, proof: Vec::new() };
    let proof = proof(app, &receipt, &row);
    tx.insert_erasure(&receipt, &ErasureRow { proof, ..row })?;
    jobs::add(tx, app, Some(contact.line_id), &Job::DestroyKey { key: contact.key_id }, now)?;
    let effects = Effects { live: true, jobs: true, erased_keys: vec![contact.key_id], ..Effects::default() };
    Ok((receipt, effects))
}

/// FORGET: erases, and says so. The farewell is sealed with the key of the day, since the person's is gone.
pub(super) fn on_request(
    tx: &mut Tx<'_>,
    app: &App,
    route: Route<'_>,
    contact: &mut Contact,
    now: Ts,
) -> Result<Effects> {
    let urn = contact.urn(route.identity).map(|known| known.urn.clone());
    let sentence = route.line.content.sentences(contact.language).forgotten.clone();
    let (receipt, mut effects) = erase(tx, app, contact, now)?;
    contact.standing = crate::contacts::Standing::Erased;
    if let Some(urn) = urn {
        let locale = route.line.content.language(contact.language).to_string();
        let content = Content { text: sentence.replace("{receipt}", &receipt), locale, ..Content::default() };
        outbound::enqueue_farewell(tx, app, contact, route.channel.id, &urn, &content, now)?;
        effects.outbound = true;
    }
    Ok(effects)
}

fn new_receipt(app: &App) -> String {
    let mut bits = app.ids.random();
    let letters = (0..RECEIPT_LETTERS).map(|_| {
        let letter = LETTERS[usize::try_from(bits % 32).unwrap_or(0)];
        bits /= 32;
        char::from(letter)
    });
    letters.collect()
}

fn proof(app: &App, receipt: &str, row: &ErasureRow) -> Vec<u8> {
    let Erased { messages, conversations, identities } = row.erased;
    let text = format!("{receipt} {} {messages} {conversations} {identities}", row.at.0);
    app.vault.lookup_hash("erasure", row.line_id, &text)
}

/// Looks a receipt up and checks that its row is the one that was written; `None` when there is no such one.
///
/// # Errors
/// When the store refuses, or the row was changed.
pub async fn receipt(app: &App, text: &str) -> Result<Option<Receipt>> {
    let wanted = text.trim().to_uppercase();
    let key = wanted.clone();
    let Some(row) = app.store.read(move |tx| tx.erasure(&key)).await? else { return Ok(None) };
    if proof(app, &wanted, &row) != row.proof {
        return Err(crate::store::StoreError::Shape(
            "this receipt's row was changed after the erasure".into(),
        ));
    }
    Ok(Some(Receipt {
        receipt: wanted,
        at: row.at.to_rfc3339(),
        messages: row.erased.messages,
        conversations: row.erased.conversations,
        identities: row.erased.identities,
    }))
}
