//! Signing in and staying so: a random token in a cookie, of which only the SHA-256 is kept.
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use serde_json::json;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use super::audit::{Noun, audit};
use super::{Role, password, staff};
use crate::api::Problem;
use crate::app::{Actor, App, Ctx};
use crate::store::{Result, StoreError, Ts, Tx};
use crate::vault;

/// A session ends after so long without a request (an open tab that only listens does not count) ...
pub const IDLE_SECONDS: i64 = 4 * 3_600;
/// ... and in any case so long after signing in: computers are shared.
pub const ABSOLUTE_SECONDS: i64 = 24 * 3_600;
/// How old the time of the last request may become before it is written anew.
const TOUCH_SECONDS: i64 = 60;
/// Bytes of randomness in a token and in a CSRF token.
const TOKEN_BYTES: usize = 32;

/// Wrong passwords for one e-mail address within [`FAILURE_WINDOW_SECONDS`]; then nobody may try for it.
pub const MAX_FAILURES_PER_EMAIL: i64 = 5;
/// The same for one address of a client. Higher: a whole office may stand behind one address, and one person
/// who mistypes must not lock everybody out.
pub const MAX_FAILURES_PER_ADDRESS: i64 = 20;
pub const FAILURE_WINDOW_SECONDS: i64 = 15 * 60;
/// Failures are kept so long at the most.
const FAILURE_KEPT_SECONDS: i64 = 24 * 3_600;

/// Whoever is signed in.
#[derive(Clone)]
pub struct Staff {
    pub id: Uuid,
    pub name: String,
    pub email: String,
    /// Whether conversations may be given to her now.
    pub available: bool,
    csrf: String,
    token_hash: Vec<u8>,
    /// The nil line stands for the whole installation.
    roles: Vec<(Uuid, Role)>,
}

/// A new session: what goes into the cookie, and whose it is.
pub struct NewSession {
    pub token: String,
    pub staff: Staff,
}

impl Staff {
    /// The token that everything but a GET must bring.
    #[must_use]
    pub fn csrf(&self) -> &str {
        &self.csrf
    }

    /// Whether a header holds this session's CSRF token.
    #[must_use]
    pub fn csrf_matches(&self, given: &str) -> bool {
        self.csrf.as_bytes().ct_eq(given.as_bytes()).into()
    }

    /// Roles on a line, without those that hold everywhere.
    #[must_use]
    pub fn roles_on(&self, line: Uuid) -> Vec<Role> {
        self.roles.iter().filter(|(on, _)| *on == line).map(|(_, role)| *role).collect()
    }

    /// Roles that hold in the whole installation.
    #[must_use]
    pub fn roles_everywhere(&self) -> Vec<Role> {
        self.roles_on(Uuid::nil())
    }

    /// Whether she runs the installation.
    #[must_use]
    pub fn is_administrator(&self) -> bool {
        self.roles.contains(&(Uuid::nil(), Role::Administrator))
    }
}

/// Name of the session's cookie: with HTTPS the browser itself guards the prefix `__Host-`.
#[must_use]
pub fn cookie_name(app: &App) -> &'static str {
    if app.config.is_https() { "__Host-openline" } else { "openline" }
}

fn random_text() -> Result<String, vault::VaultError> {
    let mut bytes = [0; TOKEN_BYTES];
    vault::random(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

fn hash_of(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// What is counted: an e-mail address, and where the request came from (a whole /64 of IPv6, which one
/// household has). Only keyed hashes are stored.
fn limit_keys(app: &App, email: &str, address: Option<IpAddr>) -> Vec<(Vec<u8>, i64)> {
    let hashed = |kind, text: &str| app.vault.lookup_hash(kind, Uuid::nil(), text);
    let email = email.trim().to_lowercase();
    let mut keys = vec![(hashed("sign-in e-mail", &email), MAX_FAILURES_PER_EMAIL)];
    let place = match address.map(|address| address.to_canonical()) {
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => hex::encode(&address.octets()[..8]),
        None => return keys,
    };
    keys.push((hashed("sign-in address", &place), MAX_FAILURES_PER_ADDRESS));
    keys
}

/// Writes a failure for every key ahead of the check, so that tries at the same time count too; answers the
/// ids of these rows, or the problem when there were too many before.
fn reserve(tx: &mut Tx<'_>, app: &App, keys: &[(Vec<u8>, i64)], now: Ts) -> Result<Vec<Uuid>> {
    let since = now.plus_seconds(-FAILURE_WINDOW_SECONDS);
    let mut rows = Vec::with_capacity(keys.len());
    for (key, most) in keys {
        let (count, first) = tx.sign_in_failures(key, since)?;
        if count >= *most {
            let free = first.unwrap_or(now).plus_seconds(FAILURE_WINDOW_SECONDS);
            let wait = free.seconds_since(now) + 1;
            return Err(Problem::too_many("Too many wrong passwords. Wait before the next try.", wait).into());
        }
        let id = app.id();
        tx.insert_failure(id, key, now)?;
        rows.push(id);
    }
    tx.delete_old_failures(now.plus_seconds(-FAILURE_KEPT_SECONDS))?;
    Ok(rows)
}

/// Checks e-mail address and password and makes a session.
///
/// # Errors
/// A [`Problem`]: 401 for a wrong pair, 429 after too many of them.
pub async fn sign_in(
    app: &App,
    email: &str,
    password: &str,
    address: Option<IpAddr>,
) -> Result<NewSession, Problem> {
    let now = app.now();
    let keys = limit_keys(app, email, address);
    let hash = staff::email_hash(app, email);
    let (inner, counted) = (app.clone(), keys.clone());
    let (reserved, found) = app
        .store
        .write(move |tx| {
            let reserved = reserve(tx, &inner, &counted, now)?;
            let row = tx.staff_by_email(&hash)?.filter(|row| row.active);
            Ok((reserved, row.map(|row| (row.id, row.password))))
        })
        .await?;
    let (id, stored) = found.map_or((None, None), |(id, stored)| (Some(id), Some(stored)));
    let fits = if password.len() > password::MAX_PASSWORD_BYTES {
        false
    } else {
        password::verify(password, stored).await.map_err(StoreError::Other)?
    };
    let Some(id) = id.filter(|_| fits) else {
        return Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "wrong-password",
            "The e-mail address or the password is wrong.",
        ));
    };
    let (token, csrf) = (random_text()?, random_text()?);
    let token_hash = hash_of(&token);
    let inner = app.clone();
    app.store
        .write(move |tx| {
            if let Some((email_key, _)) = keys.first() {
                tx.delete_failures(email_key)?;
            }
            for row in &reserved {
                tx.delete_failure(*row)?;
            }
            tx.delete_old_sessions(now.plus_seconds(-IDLE_SECONDS), now.plus_seconds(-ABSOLUTE_SECONDS))?;
            tx.insert_session(token_hash.clone(), id, &csrf, now)?;
            tx.set_available(id, true)?;
            audit_session(tx, &inner, id, "sign_in", now)
        })
        .await?;
    let staff = session(app, &token).await?.ok_or_else(Problem::signed_out)?;
    Ok(NewSession { token, staff })
}

fn audit_session(tx: &mut Tx<'_>, app: &App, staff: Uuid, verb: &str, now: Ts) -> Result<()> {
    let ctx = Ctx { actor: Actor::Staff(staff), now };
    let mut lines: Vec<Uuid> = tx.staff_roles(staff)?.into_iter().map(|(line, _)| line).collect();
    lines.dedup();
    for line in lines {
        let line_id = if line.is_nil() { None } else { Some(line) };
        let noun = Noun { line_id, kind: "session", id: staff, restricted: false };
        audit(tx, app, ctx, verb, noun, &json!({}))?;
    }
    Ok(())
}

/// Whose session a token is; `None` when there is none or it has ended.
///
/// # Errors
/// When the store refuses.
pub async fn session(app: &App, token: &str) -> Result<Option<Staff>> {
    let now = app.now();
    let hash = hash_of(token);
    let inner = app.clone();
    let found = app.store.read(move |tx| by_hash(tx, &inner, &hash, now)).await?;
    let Some((staff, seen_at)) = found else { return Ok(None) };
    if now.seconds_since(seen_at) >= TOUCH_SECONDS {
        let hash = staff.token_hash.clone();
        app.store.write(move |tx| tx.touch_session(&hash, now)).await?;
    }
    Ok(Some(staff))
}

fn by_hash(tx: &mut Tx<'_>, app: &App, hash: &[u8], now: Ts) -> Result<Option<(Staff, Ts)>> {
    let (seen, created) = (now.plus_seconds(-IDLE_SECONDS), now.plus_seconds(-ABSOLUTE_SECONDS));
    let Some(row) = tx.session(hash, seen, created)? else { return Ok(None) };
    let person = staff::opened(app, &row.sealed)?;
    let staff = Staff {
        id: row.staff,
        name: person.name,
        email: person.email,
        available: row.available,
        csrf: row.csrf,
        token_hash: hash.to_vec(),
        roles: tx.staff_roles(row.staff)?,
    };
    Ok(Some((staff, row.seen_at)))
}

/// Reads a session anew, for a stream that stays open while roles change and sessions end. Does not count as
/// a request.
///
/// # Errors
/// When the store refuses.
pub fn still(tx: &mut Tx<'_>, app: &App, staff: &Staff, now: Ts) -> Result<Option<Staff>> {
    Ok(by_hash(tx, app, &staff.token_hash, now)?.map(|(staff, _)| staff))
}

/// Says whether conversations may be given to her now. Nobody is signed out by it.
///
/// # Errors
/// When the store refuses.
pub async fn set_available(app: &App, staff: &Staff, available: bool) -> Result<()> {
    let (inner, id, now) = (app.clone(), staff.id, app.now());
    let verb = if available { "available" } else { "away" };
    app.store
        .write(move |tx| {
            tx.set_available(id, available)?;
            audit_session(tx, &inner, id, verb, now)
        })
        .await
}

/// Ends a session.
///
/// # Errors
/// When the store refuses.
pub async fn sign_out(app: &App, staff: &Staff) -> Result<()> {
    let (inner, id, hash, now) = (app.clone(), staff.id, staff.token_hash.clone(), app.now());
    app.store
        .write(move |tx| {
            tx.delete_session(&hash)?;
            tx.set_available(id, false)?;
            audit_session(tx, &inner, id, "sign_out", now)
        })
        .await
}
