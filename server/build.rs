//! Puts the console's built files into the binary: of the folder `UI_DIST`, else of `../console/dist`. A debug
//! build reads the folder when it is asked instead, so that the console can be built anew without the server.
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=UI_DIST");
    let manifest = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let folder = match std::env::var_os("UI_DIST") {
        Some(folder) => PathBuf::from(folder),
        None => manifest.join("../console/dist"),
    };
    let embeds = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let mut code = String::new();
    if embeds {
        println!("cargo::rerun-if-changed={}", folder.display());
        let mut files = Vec::new();
        list(&folder, &folder, &mut files);
        files.sort();
        code.push_str("pub static FILES: Option<&[(&str, &[u8])]> = Some(&[\n");
        for (name, path) in files {
            writeln!(code, "    ({name:?}, include_bytes!({path:?})),").expect("a string takes everything");
        }
        code.push_str("]);\n");
    } else {
        code.push_str("pub static FILES: Option<&[(&str, &[u8])]> = None;\n");
    }
    writeln!(code, "pub const FOLDER: &str = {:?};", folder.display().to_string())
        .expect("a string takes everything");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it")).join("ui.rs");
    std::fs::write(out, code).expect("the build's own folder can be written");
}

/// Files below a folder with their paths in it; nothing when it is not there.
fn list(root: &Path, folder: &Path, found: &mut Vec<(String, PathBuf)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            list(root, &path, found);
        } else if let Ok(name) = path.strip_prefix(root)
            && let Some(name) = name.to_str()
        {
            let path = path.canonicalize().unwrap_or_else(|_| path.clone());
            found.push((name.to_owned(), path));
        }
    }
}
