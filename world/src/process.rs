//! The server in a process of its own, which can be measured and killed.
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use openline::boot::Duty;
use openline::config::Config;
use tokio::net::TcpStream;

const START_WITHIN: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// A server process; it is killed when this is dropped.
pub struct Process {
    child: Child,
    listen: std::net::SocketAddr,
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Process {
    /// Runs `program serve config` (or `program accept config`), and returns when it listens. `program` is one that
    /// hands these arguments to [`serve`].
    ///
    /// # Errors
    /// When it cannot be run, ends at once, or does not listen in time.
    pub async fn start(program: &Path, config: &Path, listen: std::net::SocketAddr) -> anyhow::Result<Self> {
        Self::start_with(program, Duty::Everything, config, listen).await
    }

    /// As [`start`](Self::start), with a part of a server's duty.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn start_with(
        program: &Path,
        duty: Duty,
        config: &Path,
        listen: std::net::SocketAddr,
    ) -> anyhow::Result<Self> {
        Self::start_in(program, duty, config, listen, &[]).await
    }

    /// As [`start`](Self::start), with a part of a server's duty and with variables of the environment.
    ///
    /// # Errors
    /// As there.
    pub async fn start_in(
        program: &Path,
        duty: Duty,
        config: &Path,
        listen: std::net::SocketAddr,
        variables: &[(String, String)],
    ) -> anyhow::Result<Self> {
        let child = Command::new(program)
            .arg(match duty {
                Duty::Everything => "serve",
                Duty::AcceptOnly => "accept",
            })
            .arg(config)
            .envs(variables.iter().cloned())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("{} cannot be run", program.display()))?;
        let mut process = Self { child, listen };
        let listens = async {
            while TcpStream::connect(listen).await.is_err() {
                if let Some(status) = process.child.try_wait()? {
                    bail!("the server ended at once: {status}");
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
            Ok(())
        };
        let started = tokio::time::timeout(START_WITHIN, listens).await;
        started.context("the server does not listen")??;
        Ok(process)
    }

    /// The root of its own addresses.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.listen)
    }

    /// The process's id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to stop cleanly, and waits until it has.
    ///
    /// # Errors
    /// When it ends otherwise than well.
    pub fn stop(mut self) -> anyhow::Result<()> {
        drop(self.child.stdin.take());
        let status = self.child.wait()?;
        anyhow::ensure!(status.success(), "the server ended with {status}");
        Ok(())
    }

    /// Kills it as a power cut would: no warning, nothing is put in order.
    pub fn kill(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The body of such a process: the server as `openline serve` runs it, until its input ends (which it does when
/// whoever started it ends).
///
/// # Errors
/// When the configuration is wrong or the server cannot start.
pub async fn serve(duty: &str, config: &Path) -> anyhow::Result<()> {
    let duty = match duty {
        "serve" => Duty::Everything,
        "accept" => Duty::AcceptOnly,
        other => bail!("serve or accept, not {other}"),
    };
    let server = openline::boot::start_with(Config::read(config)?, duty).await?;
    let ended = tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
    ended.await??;
    server.stop().await;
    Ok(())
}

/// Writes a configuration file.
///
/// # Errors
/// When it cannot be written.
pub fn write_config(path: &Path, config: &Config) -> anyhow::Result<()> {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut text = format!(
        "data = {}\nlisten = {}\npublic_url = {}\ndatabase = {}\nallow_private_addresses = true\n",
        quoted(&config.data.to_string_lossy()),
        quoted(&config.listen.to_string()),
        quoted(&config.public_url),
        quoted(&config.database),
    );
    if let Some(path) = &config.master_key_file {
        text.push_str(&format!("master_key_file = {}\n", quoted(&path.to_string_lossy())));
    }
    for (key, program) in [("ffmpeg", &config.ffmpeg), ("heif_convert", &config.heif_convert)] {
        if let Some(path) = program {
            text.push_str(&format!("{key} = {}\n", quoted(&path.to_string_lossy())));
        }
    }
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
