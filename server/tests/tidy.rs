//! The rules of the house that a compiler does not check.
#![expect(clippy::unwrap_used, reason = "test code")]
use std::path::{Path, PathBuf};
use std::process::Command;

/// The longest source file, in lines: past it, it is two things.
const MAX_FILE_LINES: usize = 900;
/// Crates that can reach a file, a socket, a clock or randomness: none may be below `flow` or `channels`.
const IO_CRATES: [&str; 18] = [
    "tokio",
    "mio",
    "socket2",
    "reqwest",
    "hyper",
    "axum",
    "rusqlite",
    "tokio-postgres",
    "getrandom",
    "rand",
    "async-std",
    "smol",
    "ureq",
    "curl",
    "openssl",
    "rustls",
    "tempfile",
    "chrono",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn crates_below(package: &str) -> Vec<String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args([
            "tree",
            "--offline",
            "--package",
            package,
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn the_pure_rooms_can_do_no_io() {
    for package in ["flow", "channels"] {
        let below = crates_below(package);
        assert!(below.len() > 10, "cargo tree told too little: {below:?}");
        let found: Vec<&String> = below.iter().filter(|name| IO_CRATES.contains(&name.as_str())).collect();
        assert!(found.is_empty(), "{package} depends on {found:?}");
    }
    let of_channels = crates_below("channels");
    assert!(of_channels.contains(&"flow".to_owned()));
    assert!(!crates_below("flow").contains(&"channels".to_owned()));
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !["target", "node_modules", "dist", ".git"].contains(&name.as_str()) {
            sources(&path, found);
        } else if path
            .extension()
            .is_some_and(|ending| ["rs", "svelte", "ts"].contains(&&*ending.to_string_lossy()))
        {
            found.push(path);
        }
    }
}

#[test]
fn files_are_one_thing_each_and_keep_no_promises() {
    let mut all = Vec::new();
    for room in ["flow", "channels", "server", "world", "console"] {
        sources(&root().join(room), &mut all);
    }
    assert!(all.len() > 100, "only {} files were found", all.len());
    let mut wrong = Vec::new();
    for path in all {
        let text = std::fs::read_to_string(&path).unwrap();
        if text.lines().count() > MAX_FILE_LINES {
            wrong.push(format!("{} has {} lines", path.display(), text.lines().count()));
        }
        for word in
            [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("#[ig", "nore"), concat!("#[al", "low")]
        {
            if text.contains(word) {
                wrong.push(format!("{} holds {word}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_the_architecture_names_exists() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let paths = text
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| word.contains('/') && !word.contains([' ', '{', '(']));
    let mut count = 0;
    for path in paths {
        assert!(root().join(path).exists(), "ARCHITECTURE.md names {path}");
        count += 1;
    }
    assert!(count > 20, "only {count} paths were found");
}

#[test]
fn channels_use_only_the_words_of_flow() {
    let mut all = Vec::new();
    sources(&root().join("channels/src"), &mut all);
    for path in all {
        let text = std::fs::read_to_string(&path).unwrap();
        for line in
            text.lines().filter(|line| line.contains("flow::") && !line.trim_start().starts_with("//"))
        {
            assert!(line.contains("flow::words"), "{}: {line}", path.display());
        }
    }
}
