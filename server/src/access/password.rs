//! Passwords: argon2id, on a blocking thread, a few at a time.
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// Shortest password, and longest (argon2's time does not grow with it, a request's size does).
pub const MIN_PASSWORD_CHARS: usize = 12;
pub const MAX_PASSWORD_BYTES: usize = 1_024;
/// How many passwords are hashed at once: each takes 19 MB and tens of milliseconds of one core.
const HASHED_AT_ONCE: usize = 2;
static ROOM: Semaphore = Semaphore::const_new(HASHED_AT_ONCE);

/// Compared with when there is no such member of staff, so that the answer takes as long (19 MiB, 2 passes,
/// the same as [`Argon2::default`]).
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA\
                      $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

async fn off_the_runtime<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> anyhow::Result<T> {
    let _place = ROOM.acquire().await?;
    Ok(tokio::task::spawn_blocking(work).await?)
}

/// Hashes a password with a fresh salt.
///
/// # Errors
/// When the machine has no randomness or memory.
pub async fn hash(password: &str) -> anyhow::Result<String> {
    let password = Zeroizing::new(password.as_bytes().to_vec());
    off_the_runtime(move || {
        Argon2::default()
            .hash_password(&password)
            .map(|hash| hash.to_string())
            .map_err(|error| anyhow::anyhow!("a password cannot be hashed: {error}"))
    })
    .await?
}

/// Whether a password is the one that was hashed; `None` stands for somebody who does not exist.
///
/// # Errors
/// When the stored hash cannot be read.
pub async fn verify(password: &str, hash: Option<String>) -> anyhow::Result<bool> {
    let password = Zeroizing::new(password.as_bytes().to_vec());
    off_the_runtime(move || {
        let exists = hash.is_some();
        let text = hash.unwrap_or_else(|| NOBODY.to_owned());
        let parsed = PasswordHash::new(&text).map_err(|_| anyhow::anyhow!("staff.password is no hash"))?;
        let same = Argon2::default().verify_password(&password, &parsed).is_ok();
        Ok(same && exists)
    })
    .await?
}
