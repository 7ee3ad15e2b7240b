//! Sounds as telephones take them: Ogg with Opus in one channel, made by the program `ffmpeg` where there is one. It gets
//! no address, no environment and no file but ours, and is ended after a limit.
use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::process::Command;

use super::plan::Refusal;

/// The longest that a conversion may take.
const TIME_LIMIT: Duration = Duration::from_secs(60);
/// Enough for speech to be understood well, in bits a second.
const BITS: &str = "24k";
/// The most memory that one of its buffers may take, in bytes.
const MAX_BUFFER_BYTES: &str = "67108864";
/// A file system in memory, where there is one.
const IN_MEMORY: &str = "/dev/shm";
/// Found when the configuration names none.
const PROGRAM: &str = "ffmpeg";

/// The program that the configuration names, or the one on the path. An empty name means none.
#[must_use]
pub(super) fn program(configured: Option<&Path>) -> Option<PathBuf> {
    match configured {
        Some(path) if path.as_os_str().is_empty() => None,
        Some(path) => Some(path.to_owned()),
        None => std::env::split_paths(&std::env::var_os("PATH")?)
            .map(|folder| folder.join(PROGRAM))
            .find(|path| path.is_file()),
    }
}

/// What a sound is read as. It is never left to the program to guess: some of what it knows are lists of other files.
fn reader(content_type: &str) -> Option<&'static str> {
    Some(match content_type {
        "audio/mpeg" => "mp3",
        "audio/ogg" | "audio/opus" | "audio/vorbis" => "ogg",
        "audio/wav" => "wav",
        "audio/aac" => "aac",
        "audio/amr" => "amr",
        "audio/mp4" => "mov",
        "audio/x-flac" => "flac",
        "audio/aiff" => "aiff",
        _ => return None,
    })
}

/// Makes speech of a sound. `scratch` is a folder for the unpacked file, which has no name any more when the program
/// begins.
///
/// # Errors
/// Why it cannot be made.
pub(super) async fn opus(
    program: &Path,
    scratch: &Path,
    bytes: Vec<u8>,
    content_type: &str,
    max_bytes: u64,
) -> Result<Vec<u8>, Refusal> {
    let format = reader(content_type).ok_or(Refusal::NoConverter)?;
    let folder = if Path::new(IN_MEMORY).is_dir() { Path::new(IN_MEMORY) } else { scratch };
    let input = nameless(folder, &bytes).map_err(|error| {
        tracing::error!(%error, "a sound could not be handed to the program that converts it");
        Refusal::TooSlow
    })?;
    let mut child = Command::new(program)
        .args(["-hide_banner", "-v", "error", "-max_alloc", MAX_BUFFER_BYTES, "-threads", "1"])
        .args(["-protocol_whitelist", "file,pipe", "-f", format, "-i", "file:/dev/stdin"])
        .args(["-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1"])
        .args(["-ac", "1", "-ar", "48000", "-c:a", "libopus", "-b:a", BITS, "-application", "voip"])
        .args(["-f", "ogg", "pipe:1"])
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::from(input))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| {
            tracing::error!(%error, program = %program.display(), "the program that converts sounds does not start");
            Refusal::NoConverter
        })?;
    let output = child.stdout.take().ok_or(Refusal::Damaged)?;
    let run = async {
        let mut made = Vec::new();
        let read = output.take(max_bytes.saturating_add(1)).read_to_end(&mut made).await;
        if read.is_err() || u64::try_from(made.len()).is_ok_and(|size| size > max_bytes) {
            return Err(Refusal::TooLarge);
        }
        let ended = child.wait().await.is_ok_and(|status| status.success());
        if ended && made.starts_with(b"OggS") { Ok(made) } else { Err(Refusal::Damaged) }
    };
    let made = tokio::time::timeout(TIME_LIMIT, run).await.unwrap_or(Err(Refusal::TooSlow));
    // Nothing goes on behind a limit.
    if made.is_err() {
        drop(child.kill().await);
    }
    made
}

/// A file that only this process can read, and that is gone with it.
fn nameless(folder: &Path, bytes: &[u8]) -> std::io::Result<std::fs::File> {
    let mut file = tempfile::tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.rewind()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program of our own in place of the real one.
    fn script(folder: &Path, body: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt as _;
        let path = folder.join("converter");
        std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        path
    }

    async fn with(body: &str, max_bytes: u64) -> Result<Vec<u8>, Refusal> {
        let folder = tempfile::tempdir().unwrap();
        let program = script(folder.path(), body);
        opus(&program, folder.path(), b"RIFF a sound".to_vec(), "audio/wav", max_bytes).await
    }

    #[tokio::test]
    async fn the_program_gets_the_sound_and_nothing_else() {
        let made = with("printf OggS; cat; printf ' %s' \"$HOME\"", 1_000).await.unwrap();
        assert_eq!(made, b"OggSRIFF a sound ");
        let seeks = with("printf OggS; cat /dev/stdin", 1_000).await.unwrap();
        assert_eq!(seeks, b"OggSRIFF a sound");
    }

    #[tokio::test]
    async fn what_fails_or_is_too_much_is_told() {
        assert_eq!(with("printf OggS; exit 1", 1_000).await, Err(Refusal::Damaged));
        assert_eq!(with("printf other", 1_000).await, Err(Refusal::Damaged));
        assert_eq!(with("printf OggS; cat /dev/zero", 1_000).await, Err(Refusal::TooLarge));
        let nowhere = opus(Path::new("/nowhere/ffmpeg"), Path::new("/tmp"), vec![1], "audio/wav", 9).await;
        assert_eq!(nowhere, Err(Refusal::NoConverter));
        let strange = opus(Path::new("/bin/false"), Path::new("/tmp"), vec![1], "audio/midi", 9).await;
        assert_eq!(strange, Err(Refusal::NoConverter));
    }

    #[test]
    fn an_empty_name_switches_it_off() {
        assert_eq!(program(Some(Path::new(""))), None);
        assert_eq!(program(Some(Path::new("/opt/ffmpeg"))), Some(PathBuf::from("/opt/ffmpeg")));
    }
}
