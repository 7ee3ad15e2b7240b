//! Where keys come from and go: the key store, its cache, the master key and its rotation.
use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{KEY_BYTES, Key, Purpose, VaultError};
use crate::args;
use crate::store::{FromValue, Kind, Many, Sql, Store, Ts, Tx, Value};

/// How many new persons' keys are made and stored ahead, so that meeting a person costs no extra commit.
pub const READY_KEYS: usize = 256;
/// Keys kept opened in memory.
const CACHED_KEYS: NonZeroUsize = NonZeroUsize::new(200_000).expect("not zero");
/// Keys of a day live this many days after it.
pub const DAY_KEY_DAYS: i64 = 8;
/// The installation's own key is kept as the key of this day.
const INSTALLATION: i64 = 0;
/// How many keys one transaction of a rotation wraps anew.
const ROTATION_BATCH: i64 = 1_000;

const INSERT_KEY: Many = Many {
    table: "person_key",
    columns: &[("id", Kind::Uuid), ("master", Kind::Bytes), ("wrapped", Kind::Bytes)],
    tail: "",
};
static INSERT_KEYS: Many = INSERT_KEY;
const GET_KEY: Sql = crate::sql!("SELECT master, wrapped FROM person_key WHERE id = $1");
const DELETE_KEY: Sql = crate::sql!("DELETE FROM person_key WHERE id = $1");
const GET_DAY: Sql = crate::sql!("SELECT master, wrapped FROM day_key WHERE day = $1");
const PUT_DAY: Sql = crate::sql!(
    "INSERT INTO day_key (day, master, wrapped) VALUES ($1, $2, $3) ON CONFLICT (day) DO NOTHING"
);
const DELETE_DAYS: Sql = crate::sql!("DELETE FROM day_key WHERE day > 0 AND day < $1");
const OLD_KEYS: Sql =
    crate::sql!("SELECT id, master, wrapped FROM person_key WHERE master <> $1 ORDER BY id LIMIT $2");
const REWRAP_KEY: Sql = crate::sql!("UPDATE person_key SET master = $2, wrapped = $3 WHERE id = $1");
const OLD_DAYS: Sql = crate::sql!("SELECT day, master, wrapped FROM day_key WHERE master <> $1 ORDER BY day");
const REWRAP_DAY: Sql = crate::sql!("UPDATE day_key SET master = $2, wrapped = $3 WHERE day = $1");

/// A key that wraps keys, given by file or environment and never stored.
#[derive(Clone)]
pub struct MasterKey {
    key: Key,
    /// The first 8 bytes of the SHA-256 of the key: says which one wrapped what.
    name: Vec<u8>,
}

impl MasterKey {
    /// Reads 64 hexadecimal digits; white space around them is allowed.
    ///
    /// # Errors
    /// When the text is something else; the error never quotes it.
    pub fn parse(text: &str) -> Result<Self, VaultError> {
        let bytes = Zeroizing::new(
            hex::decode(text.trim())
                .map_err(|_| VaultError::Master("a master key is 64 hexadecimal digits".into()))?,
        );
        if bytes.len() != KEY_BYTES {
            return Err(VaultError::Master("a master key is 64 hexadecimal digits (32 bytes)".into()));
        }
        let name = Sha256::digest(&bytes)[..8].to_vec();
        Ok(Self { key: Key::from_bytes(&bytes)?, name })
    }

    /// A new master key as text, for `openline` to write into its file at first start.
    ///
    /// # Errors
    /// When the machine has no randomness.
    pub fn generate_text() -> Result<Zeroizing<String>, VaultError> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        super::random(bytes.as_mut())?;
        Ok(Zeroizing::new(hex::encode(*bytes)))
    }
}

/// The master key in use, and older ones during a rotation.
#[derive(Clone)]
pub struct MasterKeys {
    pub current: MasterKey,
    pub older: Vec<MasterKey>,
}

impl MasterKeys {
    fn wrap(&self, key: &Key) -> Result<(Vec<u8>, Vec<u8>), VaultError> {
        Ok((self.current.name.clone(), self.current.key.seal(Purpose::Wrap, key.0.as_ref())?))
    }

    fn unwrap(&self, master: &[u8], wrapped: &[u8]) -> Result<Key, VaultError> {
        let found = std::iter::once(&self.current).chain(&self.older).find(|key| key.name == master);
        let master = found.ok_or_else(|| VaultError::WrongMaster(hex::encode(master)))?;
        Key::from_bytes(&Zeroizing::new(master.key.open(Purpose::Wrap, wrapped)?))
    }
}

/// The keys of persons and days. Cheap to clone.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    store: Store,
    masters: MasterKeys,
    installation: Key,
    lookup: Key,
    persons: Mutex<LruCache<Uuid, Arc<Key>>>,
    days: Mutex<LruCache<i64, Arc<Key>>>,
    ready: Mutex<VecDeque<(Uuid, Arc<Key>)>>,
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A panic elsewhere cannot leave a cache half changed: every change is one call.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wrapped_row(tx: &mut Tx<'_>, sql: Sql, id: Value) -> crate::store::Result<Option<(Vec<u8>, Vec<u8>)>> {
    tx.row(sql, &[id])?.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
}

impl Vault {
    /// Opens the key store with the master key and makes the installation's own key at the first start.
    ///
    /// # Errors
    /// When the master key does not fit, or the store cannot be read.
    pub fn open(store: Store, masters: MasterKeys) -> Result<Self, VaultError> {
        let installation = day_key(&store, &masters, INSTALLATION, true)?;
        let lookup = Key::from_bytes(&installation.hash(&[b"look-up of identities"]))?;
        Ok(Self(Arc::new(Inner {
            store,
            masters,
            installation,
            lookup,
            persons: Mutex::new(LruCache::new(CACHED_KEYS)),
            days: Mutex::new(LruCache::new(NonZeroUsize::MIN.saturating_add(15))),
            ready: Mutex::new(VecDeque::new()),
        })))
    }

    /// The key of the installation itself: provider secrets, staff names.
    #[must_use]
    pub fn installation(&self) -> &Key {
        &self.0.installation
    }

    /// The keyed hash under which something is looked up: an identity of a line, a provider's id of a channel.
    #[must_use]
    pub fn lookup_hash(&self, kind: &str, scope: Uuid, text: &str) -> Vec<u8> {
        self.0.lookup.hash(&[kind.as_bytes(), scope.as_bytes(), text.as_bytes()])
    }

    /// A person's key. Blocks its thread while the key store is read; meant for the threads of the data store.
    ///
    /// # Errors
    /// [`VaultError::Erased`] when it was destroyed.
    pub fn person(&self, id: Uuid) -> Result<Arc<Key>, VaultError> {
        if let Some(key) = locked(&self.0.persons).get(&id) {
            return Ok(key.clone());
        }
        let row = self.0.store.read_blocking(move |tx| wrapped_row(tx, GET_KEY, Value::from(id)))?;
        let (master, wrapped) = row.ok_or(VaultError::Erased)?;
        let key = Arc::new(self.0.masters.unwrap(&master, &wrapped)?);
        locked(&self.0.persons).put(id, key.clone());
        Ok(key)
    }

    /// A person's key when it is in memory; never blocks.
    #[must_use]
    pub fn person_cached(&self, id: Uuid) -> Option<Arc<Key>> {
        locked(&self.0.persons).get(&id).cloned()
    }

    /// A key for a person who is met for the first time: already stored, never given out before.
    ///
    /// # Errors
    /// When none is ready and making some fails.
    pub fn new_person(&self) -> Result<(Uuid, Arc<Key>), VaultError> {
        let ready = locked(&self.0.ready).pop_front();
        let (id, key) = match ready {
            Some(pair) => pair,
            None => {
                self.make_ready()?;
                locked(&self.0.ready).pop_front().ok_or(VaultError::Random)?
            }
        };
        locked(&self.0.persons).put(id, key.clone());
        Ok((id, key))
    }

    /// Stores keys ahead when fewer than half are ready.
    ///
    /// # Errors
    /// When the key store refuses.
    pub fn make_ready(&self) -> Result<(), VaultError> {
        if locked(&self.0.ready).len() > READY_KEYS / 2 {
            return Ok(());
        }
        let mut rows = Vec::with_capacity(READY_KEYS);
        let mut pairs = VecDeque::with_capacity(READY_KEYS);
        for _ in 0..READY_KEYS {
            let mut id = [0; 16];
            super::random(&mut id)?;
            let id = uuid::Builder::from_random_bytes(id).into_uuid();
            let key = Key::generate()?;
            let (master, wrapped) = self.0.masters.wrap(&key)?;
            rows.push(vec![Value::from(id), Value::from(master), Value::from(wrapped)]);
            pairs.push_back((id, Arc::new(key)));
        }
        self.0.store.write_blocking(move |tx| tx.insert_many(&INSERT_KEYS, rows.clone()))?;
        locked(&self.0.ready).append(&mut pairs);
        Ok(())
    }

    /// Destroys a person's key. When this returns, nothing sealed with it can be opened any more.
    ///
    /// # Errors
    /// When the key store refuses; the key then still exists.
    pub async fn destroy_person(&self, id: Uuid) -> Result<(), VaultError> {
        self.0.store.write(move |tx| tx.run(DELETE_KEY, args![id])).await?;
        self.forget_cached(id);
        Ok(())
    }

    /// Drops a key from this process's memory, when another process has destroyed it.
    pub fn forget_cached(&self, id: Uuid) {
        locked(&self.0.persons).pop(&id);
    }

    /// The key of a UTC day (see [`Ts::day`]), made when it is the first time.
    ///
    /// # Errors
    /// [`VaultError::Erased`] when the day is so long ago that its key was destroyed.
    pub fn day(&self, day: i64, now: Ts) -> Result<Arc<Key>, VaultError> {
        if day < now.day() - DAY_KEY_DAYS || day <= INSTALLATION {
            return Err(VaultError::Erased);
        }
        if let Some(key) = locked(&self.0.days).get(&day) {
            return Ok(key.clone());
        }
        let key = Arc::new(day_key(&self.0.store, &self.0.masters, day, day >= now.day() - 1)?);
        locked(&self.0.days).put(day, key.clone());
        Ok(key)
    }

    /// Destroys the keys of days that have passed; returns how many.
    ///
    /// # Errors
    /// When the key store refuses.
    pub async fn destroy_old_days(&self, now: Ts) -> Result<u64, VaultError> {
        let first_kept = now.day() - DAY_KEY_DAYS;
        let gone = self.0.store.write(move |tx| tx.run(DELETE_DAYS, args![first_kept])).await?;
        locked(&self.0.days).clear();
        Ok(gone)
    }

    /// Wraps every key anew with the current master key; returns how many were wrapped by an older one.
    ///
    /// # Errors
    /// When a key was wrapped by a master key that was not given.
    pub fn rotate(&self) -> Result<u64, VaultError> {
        let mut rotated = 0;
        loop {
            let inner = self.0.clone();
            let count = self.0.store.write_blocking(move |tx| inner.rotate_batch(tx))?;
            rotated += count;
            if count == 0 {
                return Ok(rotated);
            }
        }
    }
}

impl Inner {
    fn rotate_batch(&self, tx: &mut Tx<'_>) -> crate::store::Result<u64> {
        let name = self.masters.current.name.clone();
        let mut count = 0;
        let persons = tx.rows(OLD_KEYS, args![name.clone(), ROTATION_BATCH])?;
        let days = tx.rows(OLD_DAYS, args![name])?;
        for (rows, update) in [(persons, REWRAP_KEY), (days, REWRAP_DAY)] {
            for row in rows {
                let key = self.masters.unwrap(&row.get::<Vec<u8>>(1)?, &row.get::<Vec<u8>>(2)?)?;
                let (master, wrapped) = self.masters.wrap(&key)?;
                let id = row.get::<Value>(0)?;
                tx.run(update, &[id, Value::from(master), Value::from(wrapped)])?;
                count += 1;
            }
        }
        Ok(count)
    }
}

impl FromValue for Value {
    fn from_value(value: &Value) -> Result<Self, crate::store::StoreError> {
        Ok(value.clone())
    }
}

/// Reads a day's key, or makes it when `make`; when two processes make it at once, the first one's counts.
fn day_key(store: &Store, masters: &MasterKeys, day: i64, make: bool) -> Result<Key, VaultError> {
    let read = move |tx: &mut Tx<'_>| wrapped_row(tx, GET_DAY, Value::from(day));
    if let Some((master, wrapped)) = store.read_blocking(read)? {
        return masters.unwrap(&master, &wrapped);
    }
    if !make {
        return Err(VaultError::Erased);
    }
    let (master, wrapped) = masters.wrap(&Key::generate()?)?;
    store.write_blocking(move |tx| tx.run(PUT_DAY, args![day, master.clone(), wrapped.clone()]))?;
    let (master, wrapped) = store.read_blocking(read)?.ok_or(VaultError::Erased)?;
    masters.unwrap(&master, &wrapped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Location, Part};

    fn vault(folder: &std::path::Path, masters: MasterKeys) -> Result<Vault, VaultError> {
        let store = Store::open(&Location::Sqlite(folder.join("keys.db")), Part::Keys)?;
        Vault::open(store, masters)
    }

    fn master() -> MasterKey {
        MasterKey::parse(&MasterKey::generate_text().unwrap()).unwrap()
    }

    #[test]
    fn a_destroyed_key_is_gone_from_the_file_too() {
        let folder = tempfile::tempdir().unwrap();
        let masters = MasterKeys { current: master(), older: vec![] };
        let vault = vault(folder.path(), masters).unwrap();
        let (id, key) = vault.new_person().unwrap();
        let sealed = key.seal(Purpose::Message, b"hola").unwrap();
        assert_eq!(vault.person(id).unwrap().open(Purpose::Message, &sealed).unwrap(), b"hola");
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(vault.destroy_person(id)).unwrap();
        assert!(matches!(vault.person(id), Err(VaultError::Erased)));
    }

    #[test]
    fn a_rotation_makes_the_old_master_key_useless() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (master(), master());
        let first = vault(folder.path(), MasterKeys { current: old.clone(), older: vec![] }).unwrap();
        let (id, _) = first.new_person().unwrap();
        drop(first);
        let second =
            vault(folder.path(), MasterKeys { current: new.clone(), older: vec![old.clone()] }).unwrap();
        assert_eq!(second.rotate().unwrap(), READY_KEYS as u64 + 1);
        drop(second);
        let third = vault(folder.path(), MasterKeys { current: new, older: vec![] }).unwrap();
        assert!(third.person(id).is_ok());
        drop(third);
        let fourth = vault(folder.path(), MasterKeys { current: old, older: vec![] });
        assert!(matches!(fourth, Err(VaultError::WrongMaster(_))));
    }

    #[test]
    fn the_key_of_a_day_is_destroyed_when_the_day_is_eight_days_old() {
        let folder = tempfile::tempdir().unwrap();
        let vault = vault(folder.path(), MasterKeys { current: master(), older: vec![] }).unwrap();
        let now = Ts(20_000 * 86_400_000_000);
        assert!(vault.day(20_000, now).is_ok());
        let later = now.plus_seconds(9 * 86_400);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert_eq!(runtime.block_on(vault.destroy_old_days(later)).unwrap(), 1);
        assert!(matches!(vault.day(20_000, later), Err(VaultError::Erased)));
        assert!(matches!(vault.day(20_001, later), Err(VaultError::Erased)));
    }
}
