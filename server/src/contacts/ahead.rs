//! Reading ahead: the people of many messages in two statements instead of two a message.
use std::collections::{BTreeSet, HashMap};

use flow::words::Urn;
use uuid::Uuid;

use super::sql::ContactRow;
use super::{Contact, identity_hash};
use crate::app::App;
use crate::store::{Result, Tx};

/// Whom a hash belongs to: her identity and her contact.
type Owner = (Uuid, Uuid);

/// Identities and contacts as they stood when they were read. Each is given out once: whoever asks again must see what
/// was changed meanwhile in the same transaction, and reads for herself.
#[derive(Default)]
pub struct Ahead {
    /// Who is behind a line's hash; `None`: nobody had it.
    identities: HashMap<(Uuid, Vec<u8>), Option<Owner>>,
    contacts: HashMap<Uuid, ContactRow>,
}

impl Ahead {
    /// Reads who is behind these addresses, and locks their rows until the end of the transaction, in the order of
    /// their ids, so that two transactions cannot wait for each other.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn read<'a>(
        tx: &mut Tx<'_>,
        app: &App,
        people: impl Iterator<Item = (Uuid, &'a [Urn])>,
    ) -> Result<Self> {
        let mut asked: HashMap<Uuid, BTreeSet<Vec<u8>>> = HashMap::new();
        for (line_id, urns) in people {
            let hashes = urns.iter().map(|urn| identity_hash(app, line_id, urn));
            asked.entry(line_id).or_default().extend(hashes);
        }
        let mut ahead = Self::default();
        let mut ids = BTreeSet::new();
        for (line_id, hashes) in asked {
            for (hash, identity, contact) in tx.identities_by_hash(line_id, hashes.iter().cloned())? {
                ids.insert(contact);
                ahead.identities.insert((line_id, hash), Some((identity, contact)));
            }
            for hash in hashes {
                ahead.identities.entry((line_id, hash)).or_insert(None);
            }
        }
        for row in tx.contacts_locked(ids.into_iter().collect())? {
            ahead.contacts.insert(row.id()?, row);
        }
        Ok(ahead)
    }

    pub(super) fn identity(&mut self, tx: &mut Tx<'_>, line_id: Uuid, hash: &[u8]) -> Result<Option<Owner>> {
        match self.identities.remove(&(line_id, hash.to_vec())) {
            Some(known) => Ok(known),
            None => tx.identity_by_hash(line_id, hash),
        }
    }

    /// A contact by id, locked; as [`super::get_locked`], and nobody is given what stood before any more.
    ///
    /// # Errors
    /// When the store refuses, or her key is gone although she is not erased.
    pub fn contact_locked(&mut self, tx: &mut Tx<'_>, app: &App, id: Uuid) -> Result<Option<Contact>> {
        self.contact(tx, id)?.map(|row| row.open(app)).transpose().map(Option::flatten)
    }

    pub(super) fn contact(&mut self, tx: &mut Tx<'_>, id: Uuid) -> Result<Option<ContactRow>> {
        match self.contacts.remove(&id) {
            Some(row) => Ok(Some(row)),
            None => tx.contact(id, true),
        }
    }
}
