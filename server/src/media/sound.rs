//! Sounds as telephones take them: Ogg with Opus in one channel, made by the program `ffmpeg` where there is one.
use std::path::Path;
use std::time::Duration;

use super::plan::Refusal;
use super::program::Run;

/// Name of the program.
pub(super) const PROGRAMS: [&str; 1] = ["ffmpeg"];
/// The longest that a conversion may take.
const TIME_LIMIT: Duration = Duration::from_secs(60);
/// Enough for speech to be understood well, in bits a second.
const BITS: &str = "24k";
/// The most memory that one of its buffers may take, in bytes.
const MAX_BUFFER_BYTES: &str = "67108864";

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

/// Makes speech of a sound. `scratch` is a folder for the unpacked file, which gets no name there.
///
/// # Errors
/// Why it cannot be made.
pub(super) async fn opus(
    program: &Path,
    scratch: &Path,
    bytes: &[u8],
    content_type: &str,
    max_bytes: u64,
) -> Result<Vec<u8>, Refusal> {
    let format = reader(content_type).ok_or(Refusal::NoConverter)?;
    let arguments = [
        ["-hide_banner", "-v", "error", "-max_alloc", MAX_BUFFER_BYTES, "-threads", "1"].as_slice(),
        &["-protocol_whitelist", "file,pipe", "-f", format, "-i", "file:/dev/stdin"],
        &["-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1"],
        &["-ac", "1", "-ar", "48000", "-c:a", "libopus", "-b:a", BITS, "-application", "voip"],
        &["-f", "ogg", "pipe:1"],
    ]
    .concat();
    let run = Run { program, arguments: &arguments, at: Path::new("/"), time_limit: TIME_LIMIT, max_bytes };
    let made = run.on(scratch, bytes).await?;
    if made.starts_with(b"OggS") { Ok(made) } else { Err(Refusal::Damaged) }
}

#[cfg(test)]
mod tests {
    use super::super::program::script;
    use super::*;

    async fn with(body: &str, max_bytes: u64) -> Result<Vec<u8>, Refusal> {
        let folder = tempfile::tempdir().unwrap();
        let program = script(folder.path(), body);
        opus(&program, folder.path(), b"RIFF a sound", "audio/wav", max_bytes).await
    }

    #[tokio::test]
    async fn what_comes_back_must_be_ogg() {
        assert_eq!(with("printf OggS; cat", 1_000).await.unwrap(), b"OggSRIFF a sound");
        assert_eq!(with("printf other", 1_000).await, Err(Refusal::Damaged));
        assert_eq!(with("printf OggS; cat /dev/zero", 1_000).await, Err(Refusal::TooLarge));
        let strange = opus(Path::new("/bin/false"), Path::new("/tmp"), &[1], "audio/midi", 9).await;
        assert_eq!(strange, Err(Refusal::NoConverter));
    }
}
