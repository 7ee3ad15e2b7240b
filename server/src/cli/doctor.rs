//! `openline doctor`: what is wrong, in words, and what to do about it.
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::ExitCode;

use openline::config::Config;

struct Findings {
    wrong: usize,
    warned: usize,
}

impl Findings {
    fn good(&self, what: &str) {
        println!("good     {what}");
    }
    fn warn(&mut self, what: &str, advice: &str) {
        self.warned += 1;
        println!("warning  {what}\n         {advice}");
    }
    fn wrong(&mut self, what: &str, advice: &str) {
        self.wrong += 1;
        println!("wrong    {what}\n         {advice}");
    }
}

/// Looks at everything that can be looked at; fails when something is wrong.
pub async fn run(path: &Path) -> ExitCode {
    let mut findings = Findings { wrong: 0, warned: 0 };
    match Config::read(path) {
        Ok(config) => {
            findings.good(&format!("{} can be read", path.display()));
            check(&mut findings, config).await;
        }
        Err(error) => {
            findings.wrong(&error.to_string(), "Mend this line; docs/configuration.md lists every key.");
        }
    }
    println!("{} wrong, {} warnings", findings.wrong, findings.warned);
    if findings.wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn check(findings: &mut Findings, config: Config) {
    check_addresses(findings, &config);
    check_folder(findings, &config);
    if findings.wrong > 0 {
        return;
    }
    match openline::boot::open(config).await {
        Ok((app, _)) => {
            findings
                .good("the database answers, its tables are up to date, and the master key fits its keys");
            check_lines(findings, &app);
            check_converters(findings, &app);
        }
        Err(error) => findings.wrong(
            &format!("{error:#}"),
            "Check that the database runs and that the master key is the one this installation began with.",
        ),
    }
}

fn check_addresses(findings: &mut Findings, config: &Config) {
    if config.is_https() {
        findings.good("people and providers reach the server by HTTPS");
    } else {
        findings.warn(
            "public_url is not https",
            "Providers call only https addresses, and sign-in cookies can be read on the way.",
        );
    }
    if config.has_plain_database_elsewhere() {
        findings.warn(
            "the connection to PostgreSQL on another machine is not encrypted",
            "Add ?sslmode=require to its address; database_ca_file names the authority when it is your own.",
        );
    }
    match std::net::TcpListener::bind(config.listen) {
        Ok(_) => findings.good(&format!("{} is free to listen on", config.listen)),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            findings
                .warn(&format!("{} is in use", config.listen), "That is right when the server runs already.");
        }
        Err(error) => findings.wrong(
            &format!("listen: {} cannot be listened on: {error}", config.listen),
            "Choose an address of this machine; ports below 1024 need a privilege.",
        ),
    }
}

fn check_folder(findings: &mut Findings, config: &Config) {
    if let Err(error) = std::fs::create_dir_all(&config.data) {
        findings.wrong(
            &format!("data: {} cannot be made: {error}", config.data.display()),
            "Make the folder and give it to the user that runs the server.",
        );
        return;
    }
    let probe = config.data.join(".doctor");
    match std::fs::write(&probe, b"x").and_then(|()| std::fs::remove_file(&probe)) {
        Ok(()) => findings.good(&format!("{} can be written", config.data.display())),
        Err(error) => findings.wrong(
            &format!("data: {} cannot be written: {error}", config.data.display()),
            "Give the folder to the user that runs the server.",
        ),
    }
    let key = config.master_key_file.clone().unwrap_or_else(|| config.data.join("master.key"));
    match std::fs::metadata(&key) {
        Ok(metadata) if metadata.permissions().mode() & 0o077 != 0 => findings.wrong(
            &format!("{} can be read by others", key.display()),
            "chmod 600 it: who has the master key and the key store can read everything.",
        ),
        Ok(_) => findings.good("only its owner can read the master key"),
        Err(_) => findings.warn(
            &format!("{} is not there yet", key.display()),
            "The first start makes it. Keep a copy elsewhere: without it nothing can be read any more.",
        ),
    }
    if config.master_key_file.is_none() {
        findings.warn(
            "the master key lies in the data folder",
            "A copy of the whole folder can be read by whoever gets it: set master_key_file to another place.",
        );
    }
}

/// The programs that convert files which staff and lines send.
fn check_converters(findings: &mut Findings, app: &openline::app::App) {
    let sounds = "sounds that a channel does not play";
    check_converter(findings, "ffmpeg", app.forge.ffmpeg(), sounds);
    check_converter(findings, "heif_convert", app.forge.heif(), "pictures as iPhones keep them (HEIC)");
}

fn check_converter(findings: &mut Findings, key: &str, program: Option<&std::path::Path>, files: &str) {
    match program {
        Some(program) if program.is_file() => {
            findings.good(&format!("{files} are converted by {}", program.display()));
        }
        Some(program) => findings.warn(
            &format!("{key}: there is no program {}", program.display()),
            &format!("Name the right one, or leave the key out: {files} are refused until then."),
        ),
        None => findings.good(&format!("{files} are refused: there is no program for them ({key})")),
    }
}

fn check_lines(findings: &mut Findings, app: &openline::app::App) {
    let lines = app.lines();
    if lines.iter().next().is_none() {
        findings.warn("there is no line yet", "openline import content/casa makes the sample line.");
    }
    for line in lines.iter() {
        let slug = &line.content.slug;
        if line.channels.is_empty() {
            findings.warn(
                &format!("the line {slug} has no channel"),
                "openline channel --line … --kind … --address … makes one.",
            );
        } else {
            findings.good(&format!("the line {slug} has {} channels", line.channels.len()));
        }
        let today = openline::answers::today(line, app.now());
        let expired: Vec<&str> = line
            .content
            .answers
            .iter()
            .filter(|answer| !openline::answers::is_valid(answer, today))
            .map(|answer| answer.key.as_str())
            .collect();
        if !expired.is_empty() {
            findings.warn(
                &format!("the line {slug} has expired answers: {}", expired.join(", ")),
                "They are never sent; verify them anew and import the content again.",
            );
        }
    }
}
