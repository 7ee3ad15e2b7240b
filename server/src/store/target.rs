//! Which PostgreSQL, and how it is reached.
use std::path::Path;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls_platform_verifier::ConfigVerifierExt as _;
use tokio::runtime::Runtime;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::postgres::refused;
use super::{Result, StoreError};

/// How long one statement may take before the server gives it up, in ms.
const STATEMENT_TIMEOUT_MS: u32 = 60_000;
/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A database and a schema in it.
#[derive(Clone)]
pub struct Target {
    config: tokio_postgres::Config,
    schema: String,
    /// Absent: the connection is not encrypted.
    tls: Option<MakeRustlsConnect>,
}

impl Target {
    /// Reads an address. With `sslmode=require` in it the connection is encrypted and the server must show a
    /// certificate of the authorities in `ca_file`, or of those that this machine trusts; else it is plain, which is
    /// right on one machine only.
    ///
    /// # Errors
    /// When the address, the schema's name or the authorities cannot be used.
    pub fn new(url: &str, schema: &str, ca_file: Option<&Path>) -> Result<Self> {
        if !schema.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
            return Err(StoreError::Shape(
                "a schema's name holds lower-case letters, digits and _ only".into(),
            ));
        }
        let mut config: tokio_postgres::Config = url
            .parse()
            .map_err(|_| StoreError::Database("the database address cannot be read".to_owned()))?;
        config.application_name("openline").connect_timeout(CONNECT_TIMEOUT);
        let tls = match config.get_ssl_mode() {
            SslMode::Require => Some(MakeRustlsConnect::new(trust(ca_file)?)),
            _ => {
                config.ssl_mode(SslMode::Disable);
                None
            }
        };
        Ok(Self { config, schema: schema.to_owned(), tls })
    }

    /// The schema's name.
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// A connection whose statements see the schema.
    pub fn connect(&self, runtime: &Runtime, read_only: bool) -> Result<Client> {
        // The tasks end when the client is dropped or the server goes; `is_closed` tells.
        let client = match &self.tls {
            Some(tls) => {
                let connected = runtime.block_on(self.config.connect(tls.clone()));
                let (client, connection) = connected.map_err(|e| unreachable(&e))?;
                runtime.spawn(async move { drop(connection.await) });
                client
            }
            None => {
                let connected = runtime.block_on(self.config.connect(NoTls));
                let (client, connection) = connected.map_err(|e| unreachable(&e))?;
                runtime.spawn(async move { drop(connection.await) });
                client
            }
        };
        let set = format!(
            "SET search_path TO \"{}\"; SET statement_timeout = {STATEMENT_TIMEOUT_MS}; \
             SET default_transaction_read_only = {}; SET plan_cache_mode = {};",
            self.schema,
            if read_only { "on" } else { "off" },
            // The writers' statements are few and each has its index: planning one anew costs more than running it.
            if read_only { "auto" } else { "force_generic_plan" }
        );
        runtime.block_on(client.batch_execute(&set)).map_err(|e| refused(&e))?;
        Ok(client)
    }
}

/// Why there is no connection, with the reason below it (a certificate's, for instance).
fn unreachable(error: &tokio_postgres::Error) -> StoreError {
    match std::error::Error::source(error) {
        Some(source) if error.as_db_error().is_none() => StoreError::Database(format!("{error}: {source}")),
        _ => refused(error),
    }
}

fn trust(ca_file: Option<&Path>) -> Result<rustls::ClientConfig> {
    // Only the first caller installs it; a second one finds it there.
    drop(rustls::crypto::ring::default_provider().install_default());
    let Some(path) = ca_file else {
        return rustls::ClientConfig::with_platform_verifier().map_err(|error| {
            StoreError::Database(format!("this machine's certificate authorities cannot be read: {error}"))
        });
    };
    let unusable = |reason: String| StoreError::Database(format!("{}: {reason}", path.display()));
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| unusable(error.to_string()))? {
        let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
        roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(unusable("holds no certificate".to_owned()));
    }
    Ok(rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
}
