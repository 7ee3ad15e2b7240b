//! Programs of the machine that convert what no library here reads or writes. Each gets one file without a name, no
//! address, no environment, little memory, and an end.
use std::ffi::OsStr;
use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::process::Command;

use super::plan::Refusal;

/// The most address space of a program, in KiB: what a file claims to be must not become the machine's memory.
const MEMORY_KIB: &str = "1572864";
/// A file system in memory, where there is one.
const IN_MEMORY: &str = "/dev/shm";
/// What a shell answers when a program is not there or may not run.
const NOT_RUN: [i32; 2] = [126, 127];

/// The program that the configuration names, or the first of these names that lies on the path. An empty name means none.
#[must_use]
pub(super) fn found(configured: Option<&Path>, names: &[&str]) -> Option<PathBuf> {
    match configured {
        Some(path) if path.as_os_str().is_empty() => None,
        Some(path) => Some(path.to_owned()),
        None => {
            let path = std::env::var_os("PATH")?;
            let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
            let at = |name: &&str| folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file());
            names.iter().find_map(at)
        }
    }
}

/// A folder for what a program is handed: in memory where that is possible, else `scratch`.
pub(super) fn folder(scratch: &Path) -> &Path {
    if Path::new(IN_MEMORY).is_dir() { Path::new(IN_MEMORY) } else { scratch }
}

/// One run of a program, which reads the file at `/dev/stdin` and writes what it makes to its standard output.
pub(super) struct Run<'a> {
    pub program: &'a Path,
    pub arguments: &'a [&'a str],
    /// Where it runs.
    pub at: &'a Path,
    pub time_limit: Duration,
    /// The most that it may make.
    pub max_bytes: u64,
}

impl Run<'_> {
    /// What the program makes of the bytes. `scratch` is a folder for the file, which has no name there.
    ///
    /// # Errors
    /// [`Refusal::NoConverter`] when it does not start, [`Refusal::TooLarge`] and [`Refusal::TooSlow`] at a limit,
    /// [`Refusal::Damaged`] when it says that it failed.
    pub(super) async fn on(&self, scratch: &Path, bytes: &[u8]) -> Result<Vec<u8>, Refusal> {
        let program = self.program.display();
        let input = nameless(folder(scratch), bytes).map_err(|error| {
            tracing::error!(%error, %program, "a file could not be handed to a program that converts");
            Refusal::TooSlow
        })?;
        let arguments = self.arguments.iter().map(OsStr::new);
        let mut child = Command::new("/bin/sh")
            .args(["-c", "ulimit -v \"$0\" && exec \"$@\"", MEMORY_KIB])
            .arg(self.program)
            .args(arguments)
            .env_clear()
            .current_dir(self.at)
            .stdin(Stdio::from(input))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| {
                tracing::error!(%error, %program, "a program that converts does not start");
                Refusal::NoConverter
            })?;
        let output = child.stdout.take().ok_or(Refusal::Damaged)?;
        let run = async {
            let mut made = Vec::new();
            let read = output.take(self.max_bytes.saturating_add(1)).read_to_end(&mut made).await;
            if read.is_err() || u64::try_from(made.len()).is_ok_and(|size| size > self.max_bytes) {
                return Err(Refusal::TooLarge);
            }
            match child.wait().await {
                Ok(status) if status.success() => Ok(made),
                Ok(status) if status.code().is_some_and(|code| NOT_RUN.contains(&code)) => {
                    tracing::error!(%program, "a program that converts is not there, or may not run");
                    Err(Refusal::NoConverter)
                }
                _ => Err(Refusal::Damaged),
            }
        };
        let made = tokio::time::timeout(self.time_limit, run).await.unwrap_or(Err(Refusal::TooSlow));
        // Nothing goes on behind a limit.
        if made.is_err() {
            drop(child.kill().await);
        }
        made
    }
}

/// A file that only this process can read, and that is gone with it.
fn nameless(folder: &Path, bytes: &[u8]) -> std::io::Result<std::fs::File> {
    let mut file = tempfile::tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.rewind()?;
    Ok(file)
}

/// A program of a test's own in place of a real one.
#[cfg(test)]
pub(super) fn script(folder: &Path, body: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let path = folder.join("converter");
    std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn with(body: &str, time_limit: Duration) -> Result<Vec<u8>, Refusal> {
        let folder = tempfile::tempdir().unwrap();
        let program = script(folder.path(), body);
        let run = Run {
            program: &program,
            arguments: &["a b", "c"],
            at: folder.path(),
            time_limit,
            max_bytes: 100,
        };
        run.on(folder.path(), b"a file").await
    }

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn a_program_gets_its_file_and_nothing_else() {
        let made = with("cat; printf ' %s %s %s.' \"$1\" \"$2\" \"$HOME\"", LONG).await.unwrap();
        assert_eq!(made, b"a file a b c .");
        let again = with("cat /dev/stdin /dev/stdin", LONG).await.unwrap();
        assert_eq!(again, b"a filea file", "the file can be read from its beginning");
        let memory = with("ulimit -v", LONG).await.unwrap();
        assert_eq!(String::from_utf8(memory).unwrap().trim(), MEMORY_KIB);
    }

    #[tokio::test]
    async fn what_fails_hangs_or_is_too_much_is_told() {
        assert_eq!(with("exit 1", LONG).await, Err(Refusal::Damaged));
        assert_eq!(with("kill -9 $$", LONG).await, Err(Refusal::Damaged));
        assert_eq!(with("cat /dev/zero", LONG).await, Err(Refusal::TooLarge));
        assert_eq!(with("while :; do :; done", Duration::from_millis(200)).await, Err(Refusal::TooSlow));
        let nowhere = Run {
            program: Path::new("/nowhere/converter"),
            arguments: &[],
            at: Path::new("/"),
            time_limit: LONG,
            max_bytes: 9,
        };
        assert_eq!(nowhere.on(Path::new("/tmp"), b"x").await, Err(Refusal::NoConverter));
    }

    #[test]
    fn an_empty_name_switches_a_program_off() {
        assert_eq!(found(Some(Path::new("")), &["sh"]), None);
        assert_eq!(found(Some(Path::new("/opt/ffmpeg")), &["sh"]), Some(PathBuf::from("/opt/ffmpeg")));
        assert!(found(None, &["no-such-program", "sh"]).is_some_and(|path| path.ends_with("sh")));
        assert_eq!(found(None, &["no-such-program"]), None);
    }
}
