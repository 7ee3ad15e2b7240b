//! PostgreSQL for stories and load: the cluster that `OPENLINE_TEST_POSTGRES` names, else a private one in a
//! temporary folder, with durability left on. Nothing is ever skipped: without PostgreSQL the caller fails.
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::sync::OnceCell;
use tokio_postgres::{Config, NoTls};

/// The variable that names a cluster by the address of a database whose user may make others.
pub const VARIABLE: &str = "OPENLINE_TEST_POSTGRES";
const ADMIN: &str = "openline";
const START_WITHIN: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Enough for the towns of one test process beside each other.
const MAX_CONNECTIONS: u32 = 300;

/// Runs until its input ends, which it does when this process ends, however it ends; then the cluster is stopped
/// and its folder removed.
const KEEPER: &str = r#"
folder=$1; shift
"$@" >"$folder/server.log" 2>&1 </dev/null &
cluster=$!
cat >/dev/null
kill -QUIT "$cluster" 2>/dev/null
wait "$cluster" 2>/dev/null
rm -rf "$folder"
"#;

/// A private cluster; it stops when this is dropped or the process ends.
pub struct Cluster {
    url: String,
    keeper: Child,
    /// Its end is what stops the cluster.
    line: Option<ChildStdin>,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.line.take());
        // The shell needs a moment to stop the cluster; nothing can be done if it fails.
        let _ = self.keeper.wait();
    }
}

/// The folder of PostgreSQL's programs: Debian's newest, else where `initdb` in PATH lives.
fn programs() -> anyhow::Result<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|entry| {
            Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin")))
        })
        .filter(|(_, folder)| folder.join("initdb").exists())
        .max_by_key(|(version, _)| *version);
    if let Some((_, folder)) = newest {
        return Ok(folder);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).find(|folder| folder.join("initdb").exists());
    found.with_context(|| {
        format!("PostgreSQL is missing: install the package postgresql, or let {VARIABLE} name a cluster")
    })
}

fn is_root() -> bool {
    std::fs::read_to_string("/proc/self/status")
        .is_ok_and(|status| status.lines().any(|line| line.starts_with("Uid:\t0\t")))
}

/// PostgreSQL refuses to run as root; Debian's package makes the user `postgres`.
fn as_owner(program: &Path) -> Vec<std::ffi::OsString> {
    let mut words: Vec<std::ffi::OsString> = Vec::new();
    if is_root() {
        let drop_root = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"];
        words.extend(drop_root.map(Into::into));
    }
    words.push(program.into());
    words
}

fn command(words: &[std::ffi::OsString]) -> Command {
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]);
    command
}

impl Cluster {
    /// Makes and starts a cluster.
    ///
    /// # Errors
    /// When PostgreSQL is missing or does not start, with its own words.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_with(None).await
    }

    /// As [`start`](Self::start); the cluster shows this certificate (PEM) to whoever asks for encryption.
    ///
    /// # Errors
    /// As there.
    pub async fn start_encrypted(certificate: &str, key: &str) -> anyhow::Result<Self> {
        Self::start_with(Some((certificate, key))).await
    }

    /// The address of a database whose user may make others.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    async fn start_with(certificate: Option<(&str, &str)>) -> anyhow::Result<Self> {
        let programs = programs()?;
        let folder = tempfile::Builder::new().prefix("openline-postgres-").tempdir()?.keep();
        let password = random_hex()?;
        let password_file = folder.join("password");
        writeln!(std::fs::File::create(&password_file)?, "{password}")?;
        if let Some((certificate, key)) = certificate {
            std::fs::write(folder.join("server.crt"), certificate)?;
            let mut file = std::fs::OpenOptions::new();
            let mut file = file.write(true).create_new(true).mode(0o600).open(folder.join("server.key"))?;
            file.write_all(key.as_bytes())?;
        }
        if is_root() {
            let owned = Command::new("chown").args(["-R", "postgres:"]).arg(&folder).status()?;
            anyhow::ensure!(owned.success(), "{} cannot be given to the user postgres", folder.display());
        }
        let made = command(&as_owner(&programs.join("initdb")))
            .current_dir(&folder)
            .arg("--pgdata=data")
            .args(["--username", ADMIN, "--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256"])
            .arg("--pwfile=password")
            .output()
            .context("initdb cannot be run")?;
        if !made.status.success() {
            bail!("initdb failed: {}", String::from_utf8_lossy(&made.stderr));
        }
        let port = free_port()?;
        let mut words = as_owner(&programs.join("postgres"));
        words.extend(["-D".into(), folder.join("data").into()]);
        let port_text = port.to_string();
        for (name, value) in [
            ("port", port_text.as_str()),
            ("listen_addresses", "127.0.0.1"),
            ("unix_socket_directories", ""),
            ("max_connections", &MAX_CONNECTIONS.to_string()),
            ("shared_buffers", "256MB"),
        ] {
            words.extend(["-c".into(), format!("{name}={value}").into()]);
        }
        if certificate.is_some() {
            let file = |name: &str| folder.join(name).to_string_lossy().into_owned();
            for (name, value) in [
                ("ssl", "on".to_owned()),
                ("ssl_cert_file", file("server.crt")),
                ("ssl_key_file", file("server.key")),
            ] {
                words.extend(["-c".into(), format!("{name}={value}").into()]);
            }
        }
        let mut keeper = Command::new("sh")
            .args(["-c", KEEPER, "keeper"])
            .arg(&folder)
            .args(&words)
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("sh cannot be run")?;
        let line = keeper.stdin.take();
        let url = format!("postgres://{ADMIN}:{password}@127.0.0.1:{port}/postgres");
        let cluster = Self { url, keeper, line };
        cluster.wait(&folder).await?;
        Ok(cluster)
    }

    async fn wait(&self, folder: &Path) -> anyhow::Result<()> {
        let answers = async {
            while connect(&self.url).await.is_err() {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        if tokio::time::timeout(START_WITHIN, answers).await.is_err() {
            let log = std::fs::read_to_string(folder.join("server.log")).unwrap_or_default();
            bail!("PostgreSQL did not start: {log}");
        }
        Ok(())
    }
}

fn random_hex() -> anyhow::Result<String> {
    use std::io::Read as _;
    let mut bytes = [0; 16];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(hex::encode(bytes))
}

/// A port that nobody listens on at this moment.
///
/// # Errors
/// When there is none.
pub fn free_port() -> anyhow::Result<u16> {
    use std::hash::{BuildHasher as _, RandomState};
    // Below those that systems give to connections: one of them may go to a connection before it is listened on.
    const FIRST: u64 = 12_000;
    const COUNT: u64 = 20_000;
    const TRIES: usize = 100;
    for _ in 0..TRIES {
        let port = u16::try_from(FIRST + RandomState::new().hash_one(0_u8) % COUNT)?;
        if std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    anyhow::bail!("no port is free")
}

async fn connect(url: &str) -> anyhow::Result<tokio_postgres::Client> {
    let config: Config = url.parse()?;
    let (client, connection) = config.connect(NoTls).await?;
    // Ends with the client.
    tokio::spawn(connection);
    Ok(client)
}

/// The cluster of this process.
static CLUSTER: OnceCell<(String, Option<Cluster>)> = OnceCell::const_new();

async fn cluster() -> anyhow::Result<&'static str> {
    let started = CLUSTER.get_or_try_init(|| async {
        match std::env::var(VARIABLE) {
            Ok(url) if !url.is_empty() => anyhow::Ok((url, None)),
            _ => {
                let cluster = Cluster::start().await?;
                Ok((cluster.url.clone(), Some(cluster)))
            }
        }
    });
    Ok(&started.await?.0)
}

/// An empty database of its own.
#[derive(Debug, Clone)]
pub struct Database {
    /// `postgres://user:password@host/name`.
    pub url: String,
    name: String,
}

impl Database {
    /// Makes an empty database in this process's cluster.
    ///
    /// # Errors
    /// When there is no cluster, or it refuses.
    pub async fn create() -> anyhow::Result<Self> {
        static SERIAL: AtomicU32 = AtomicU32::new(0);
        let cluster = cluster().await?;
        let serial = SERIAL.fetch_add(1, Ordering::SeqCst);
        let name = format!("town_{}_{serial}", std::process::id());
        let client =
            connect(cluster).await.with_context(|| format!("{VARIABLE} names no PostgreSQL that answers"))?;
        client.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
        client.batch_execute(&format!("CREATE DATABASE {name}")).await?;
        let (root, query) = cluster.split_once('?').unwrap_or((cluster, ""));
        let server = root.rsplit_once('/').map_or(root, |(server, _)| server);
        let query = if query.is_empty() { String::new() } else { format!("?{query}") };
        Ok(Self { url: format!("{server}/{name}{query}"), name })
    }

    /// Drops it, whoever is still connected.
    ///
    /// # Errors
    /// When the cluster refuses.
    pub async fn remove(self) -> anyhow::Result<()> {
        let client = connect(cluster().await?).await?;
        Ok(client.batch_execute(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn databases_come_and_go() {
        let database = Database::create().await.unwrap();
        let client = connect(&database.url).await.unwrap();
        let row = client.query_one("SELECT current_database()", &[]).await.unwrap();
        assert_eq!(row.get::<_, String>(0), database.name);
        let row = client.query_one("SHOW synchronous_commit", &[]).await.unwrap();
        assert_eq!(row.get::<_, String>(0), "on");
        database.remove().await.unwrap();
    }
}
