//! Pictures as newer telephones keep them (HEIC, AVIF): unpacked by the program of libheif where the machine has one, then
//! made anew like every other picture.
use std::path::Path;
use std::time::Duration;

use super::plan::Refusal;
use super::program::{self, Run};

/// Names of the program: the newer one first.
pub(super) const PROGRAMS: [&str; 2] = ["heif-dec", "heif-convert"];
/// The longest that unpacking may take.
const TIME_LIMIT: Duration = Duration::from_secs(20);
/// The most that an unpacked picture may weigh. It is JPEG of high quality: of 40 million pixels that is some 30 MB.
const MAX_BYTES: u64 = 96 * 1024 * 1024;
/// JPEG's quality on the way: well above the quality in which it goes out.
const QUALITY: &str = "95";
/// What the program writes a file's first picture to, by the number of pictures in the file.
const OUTPUTS: [&str; 2] = ["made.jpg", "made-1.jpg"];

/// Whether this type is unpacked by the program.
#[must_use]
pub fn is_heif(content_type: &str) -> bool {
    matches!(content_type, "image/heic" | "image/heif" | "image/avif")
}

/// The size that a file says its largest picture has, in pixels; `None` when it says none. ISO 23008-12, 6.5.3: the
/// property `ispe` holds version and flags, width and height, each in four bytes.
#[must_use]
pub(super) fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    const NAME: &[u8] = b"ispe";
    const NUMBER: usize = 4;
    let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + NUMBER)?.try_into().ok()?));
    let said = |at: usize| Some((number(at + 2 * NUMBER)?, number(at + 3 * NUMBER)?));
    let places = bytes.windows(NAME.len()).enumerate().filter(|(_, word)| *word == NAME);
    places.filter_map(|(at, _)| said(at)).max_by_key(|(width, height)| u64::from(*width) * u64::from(*height))
}

/// The picture as JPEG. It stands upright, whatever is written beside it: turning is part of this format.
///
/// # Errors
/// Why it cannot be unpacked.
pub(super) async fn unpacked(program: &Path, scratch: &Path, bytes: &[u8]) -> Result<Vec<u8>, Refusal> {
    // The program takes the kind from a name's ending, so what it writes to needs a name; the pixels get none.
    let outputs = outputs(program::folder(scratch)).map_err(|error| {
        tracing::error!(%error, "a picture could not be handed to the program that unpacks it");
        Refusal::TooSlow
    })?;
    let run = Run {
        program,
        arguments: &["--quiet", "-q", QUALITY, "/dev/stdin", OUTPUTS[0]],
        at: outputs.path(),
        time_limit: TIME_LIMIT,
        max_bytes: MAX_BYTES,
    };
    let made = run.on(scratch, bytes).await?;
    if made.starts_with(&[0xff, 0xd8]) { Ok(made) } else { Err(Refusal::Damaged) }
}

/// A folder whose names lead to the program's standard output.
fn outputs(folder: &Path) -> std::io::Result<tempfile::TempDir> {
    let made = tempfile::Builder::new().prefix(".openline-").tempdir_in(folder)?;
    for name in OUTPUTS {
        std::os::unix::fs::symlink("/dev/stdout", made.path().join(name))?;
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::super::program::script;
    use super::*;

    async fn with(body: &str) -> Result<Vec<u8>, Refusal> {
        let folder = tempfile::tempdir().unwrap();
        let program = script(folder.path(), body);
        unpacked(&program, folder.path(), b"a picture").await
    }

    #[tokio::test]
    async fn what_the_program_writes_to_a_name_is_never_a_file() {
        let jpeg = "printf '\\377\\330'; cat \"$4\" > \"$5\"; test -L \"$5\"";
        assert_eq!(with(jpeg).await.unwrap(), b"\xff\xd8a picture");
        let several = "printf '\\377\\330' > made-1.jpg; test \"$1 $2 $3\" = '--quiet -q 95'";
        assert_eq!(with(several).await.unwrap(), b"\xff\xd8");
        assert_eq!(with("printf 'no jpeg' > made.jpg").await, Err(Refusal::Damaged));
    }

    #[test]
    fn a_file_says_how_large_its_largest_picture_is() {
        let ispe = |width: u32, height: u32| {
            let numbers = [0, width, height].map(u32::to_be_bytes).concat();
            [b"\0\0\0\x14ispe".as_slice(), &numbers].concat()
        };
        let file = [b"\0\0\0\x18ftypheic".to_vec(), ispe(320, 240), ispe(4032, 3024)].concat();
        assert_eq!(size(&file), Some((4032, 3024)));
        assert_eq!(size(&file[..file.len() - 1]), Some((320, 240)), "what is cut off says nothing");
        assert_eq!(size(b"ispe"), None);
    }
}
