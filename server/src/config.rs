//! One struct from one file and the environment. Unknown keys are refused; secrets may be given as file paths.
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::store::Location;
use crate::vault::{MasterKey, MasterKeys};

/// Environment variable that holds the master key, when it is not in a file.
pub const MASTER_KEY_VARIABLE: &str = "OPENLINE_MASTER_KEY";
/// Default number of PostgreSQL connections that write and that read.
const POSTGRES_WRITERS: usize = 6;
const POSTGRES_READERS: usize = 2;

/// The configuration file: TOML, five lines are enough.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The folder that holds everything kept on this machine.
    pub data: PathBuf,
    /// Where the server listens.
    #[serde(default = "default_listen")]
    pub listen: SocketAddr,
    /// The address under which people and providers reach the server, such as `https://line.example.org`.
    pub public_url: String,
    /// `sqlite` (a file in the data folder) or `postgres://user:password@host/database`.
    #[serde(default = "default_database")]
    pub database: String,
    /// A file that holds the `postgres://` address instead, so that its password is in no configuration file.
    #[serde(default)]
    pub database_file: Option<PathBuf>,
    /// A file with the certificates (PEM) of the authorities that PostgreSQL's certificate may come from, when the
    /// address says `sslmode=require`. Default: those that this machine trusts.
    #[serde(default)]
    pub database_ca_file: Option<PathBuf>,
    /// Schema of the data on PostgreSQL.
    #[serde(default = "default_schema")]
    pub schema: String,
    /// Where keys live, when they should be on another PostgreSQL server than the data.
    #[serde(default)]
    pub keys_database: Option<String>,
    /// The file of the master key. Default: `master.key` in the data folder, made at the first start. Keep a
    /// copy elsewhere: without it nothing can be read any more.
    #[serde(default)]
    pub master_key_file: Option<PathBuf>,
    /// Files of former master keys, while `openline rotate-master-key` has not run.
    #[serde(default)]
    pub former_master_key_files: Vec<PathBuf>,
    /// Whether a reverse proxy in front sets `X-Forwarded-For`; else the header is not believed.
    #[serde(default)]
    pub behind_proxy: bool,
    /// Connections to PostgreSQL that write.
    #[serde(default = "default_writers")]
    pub postgres_writers: usize,
    /// The program `ffmpeg`, by which sounds become what telephones play. Default: the one on the path, if there is one;
    /// an empty text switches it off.
    #[serde(default)]
    pub ffmpeg: Option<PathBuf>,
    /// The program `heif-dec` or `heif-convert` of libheif, by which HEIC becomes JPEG. Default and empty text as for
    /// `ffmpeg`.
    #[serde(default)]
    pub heif_convert: Option<PathBuf>,
    /// Provider addresses in private networks may be called (tests and the demo).
    #[serde(default)]
    pub allow_private_addresses: bool,
}

fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8080))
}
fn default_database() -> String {
    "sqlite".to_owned()
}
fn default_schema() -> String {
    "openline".to_owned()
}
fn default_writers() -> usize {
    POSTGRES_WRITERS
}

/// What is wrong with a configuration: where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{path}: {reason}")]
    File { path: PathBuf, reason: String },
    #[error("{key}: {reason}")]
    Key { key: &'static str, reason: String },
}

impl Config {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// When the file cannot be read, a key is unknown or missing, or a value cannot be used; names the place.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let problem = |reason: String| ConfigError::File { path: path.to_owned(), reason };
        let text = std::fs::read_to_string(path).map_err(|error| problem(error.to_string()))?;
        let config: Self = toml::from_str(&text).map_err(|error| problem(error.to_string()))?;
        config.check()?;
        Ok(config)
    }

    /// A configuration for one folder on this machine with everything else at its default.
    #[must_use]
    pub fn for_folder(data: PathBuf, listen: SocketAddr, public_url: String) -> Self {
        Self {
            data,
            listen,
            public_url,
            database: default_database(),
            database_file: None,
            database_ca_file: None,
            schema: default_schema(),
            keys_database: None,
            master_key_file: None,
            former_master_key_files: Vec::new(),
            behind_proxy: false,
            postgres_writers: POSTGRES_WRITERS,
            ffmpeg: None,
            heif_convert: None,
            allow_private_addresses: false,
        }
    }

    fn check(&self) -> Result<(), ConfigError> {
        let key = |key, reason: &str| Err(ConfigError::Key { key, reason: reason.to_owned() });
        if !self.public_url.starts_with("https://") && !self.public_url.starts_with("http://") {
            return key("public_url", "must begin with https:// (or http:// on one machine)");
        }
        if self.public_url.ends_with('/') {
            return key("public_url", "must not end with a slash");
        }
        if self.database != "sqlite" && !self.database.starts_with("postgres") {
            return key("database", "must be sqlite or begin with postgres://");
        }
        if self.postgres_writers == 0 || self.postgres_writers > 64 {
            return key("postgres_writers", "must lie between 1 and 64");
        }
        Ok(())
    }

    /// Whether people reach the server by HTTPS, which decides about cookies.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// Whether data or keys travel unencrypted to a PostgreSQL on another machine.
    #[must_use]
    pub fn has_plain_database_elsewhere(&self) -> bool {
        let plain = |location: Result<Location, ConfigError>| match location {
            Ok(Location::Postgres { url, .. }) => is_plain_and_elsewhere(&url),
            Ok(Location::Sqlite(_)) | Err(_) => false,
        };
        plain(self.data_location()) || plain(self.keys_location())
    }

    fn database_text(&self) -> Result<String, ConfigError> {
        match &self.database_file {
            None => Ok(self.database.clone()),
            Some(path) => std::fs::read_to_string(path)
                .map(|text| text.trim().to_owned())
                .map_err(|error| ConfigError::File { path: path.clone(), reason: error.to_string() }),
        }
    }

    /// Where the data lives.
    ///
    /// # Errors
    /// When the file with the address cannot be read.
    pub fn data_location(&self) -> Result<Location, ConfigError> {
        let database = self.database_text()?;
        Ok(if database == "sqlite" {
            Location::Sqlite(self.data.join("openline.db"))
        } else {
            Location::Postgres {
                url: database,
                schema: self.schema.clone(),
                ca_file: self.database_ca_file.clone(),
                writers: self.postgres_writers,
                readers: POSTGRES_READERS,
            }
        })
    }

    /// Where the keys live: a second file, a second schema, or another server.
    ///
    /// # Errors
    /// When the file with the address cannot be read.
    pub fn keys_location(&self) -> Result<Location, ConfigError> {
        let database = match &self.keys_database {
            Some(database) => database.clone(),
            None => self.database_text()?,
        };
        Ok(if database == "sqlite" {
            Location::Sqlite(self.data.join("keys.db"))
        } else {
            Location::Postgres {
                url: database,
                schema: format!("{}_keys", self.schema),
                ca_file: self.database_ca_file.clone(),
                writers: 2,
                readers: 1,
            }
        })
    }

    /// The master key from the environment, the file, or (at the very first start) made and written.
    ///
    /// # Errors
    /// When it cannot be read or written, or is not a key.
    pub fn master_keys(&self) -> Result<MasterKeys, ConfigError> {
        let unusable = |error: crate::vault::VaultError| ConfigError::Key {
            key: "master_key_file",
            reason: error.to_string(),
        };
        let mut older = Vec::new();
        for path in &self.former_master_key_files {
            older.push(MasterKey::parse(&read_secret(path)?).map_err(unusable)?);
        }
        if let Ok(text) = std::env::var(MASTER_KEY_VARIABLE) {
            return Ok(MasterKeys { current: MasterKey::parse(&text).map_err(unusable)?, older });
        }
        let path = self.master_key_file.clone().unwrap_or_else(|| self.data.join("master.key"));
        if !path.exists() {
            let text = MasterKey::generate_text().map_err(unusable)?;
            write_secret(&path, &text)?;
        }
        Ok(MasterKeys { current: MasterKey::parse(&read_secret(&path)?).map_err(unusable)?, older })
    }
}

fn is_plain_and_elsewhere(url: &str) -> bool {
    use tokio_postgres::config::{Host, SslMode};
    let Ok(config) = url.parse::<tokio_postgres::Config>() else { return false };
    let here = |host: &Host| match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
        Host::Unix(_) => true,
    };
    config.get_ssl_mode() != SslMode::Require && !config.get_hosts().iter().all(here)
}

fn read_secret(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path)
        .map_err(|error| ConfigError::File { path: path.to_owned(), reason: error.to_string() })
}

/// Writes a file that only its owner can read; never over an existing one.
fn write_secret(path: &Path, text: &str) -> Result<(), ConfigError> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .map_err(|error| ConfigError::File { path: path.to_owned(), reason: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("openline.toml");
        std::fs::write(&path, text).unwrap();
        Config::read(&path)
    }

    #[test]
    fn five_lines_are_enough() {
        let config = read(
            "data = \"/var/lib/openline\"\nlisten = \"0.0.0.0:8080\"\npublic_url = \"https://line.example.org\"\n\
             database = \"sqlite\"\nmaster_key_file = \"/etc/openline/master.key\"\n",
        )
        .unwrap();
        assert!(config.is_https());
    }

    #[test]
    fn a_wrong_configuration_is_refused_with_the_place() {
        for (text, named) in [
            ("data = \"d\"\npublic_url = \"https://x\"\ncolour = 1\n", "colour"),
            ("data = \"d\"\n", "public_url"),
            ("data = \"d\"\npublic_url = \"line.example.org\"\n", "public_url"),
            ("data = \"d\"\npublic_url = \"https://x/\"\n", "slash"),
            ("data = \"d\"\npublic_url = \"https://x\"\ndatabase = \"mysql://\"\n", "database"),
            ("data = \"d\"\npublic_url = \"https://x\"\nlisten = \"nowhere\"\n", "listen"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }

    #[test]
    fn a_plain_connection_to_another_machine_is_noticed() {
        for (database, noticed) in [
            ("sqlite", false),
            ("postgres://u:p@127.0.0.1/d", false),
            ("postgres://u:p@localhost/d", false),
            ("postgres://u:p@db.example.org/d", true),
            ("postgres://u:p@db.example.org/d?sslmode=prefer", true),
            ("postgres://u:p@db.example.org/d?sslmode=require", false),
        ] {
            let text = format!("data = \"d\"\npublic_url = \"https://x\"\ndatabase = \"{database}\"\n");
            assert_eq!(read(&text).unwrap().has_plain_database_elsewhere(), noticed, "{database}");
        }
    }
}
