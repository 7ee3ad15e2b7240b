//! The demo: the real server beside fake providers, with the sample line Casa and a page of phones.
use std::io::IsTerminal as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use clap::Parser;
use openline::boot::{self, Server};
use openline::config::Config;
use world::clock::Clock;
use world::line::{self, Ready};
use world::phones::{Line, Phones, Place};
use world::providers::Providers;
use world::serve::serve;
use world::smsc::Smsc;

/// Stands in a folder that the demo made, so that `--fresh` deletes nothing else.
const MARK: &str = ".openline-demo";
/// The first word with which the demo runs itself as its message centre.
const CENTRE: &str = "smsc";
/// What the line binds to that centre with; it listens on this machine only.
const CENTRE_PASSWORD: &str = "hushhush";
/// A clean stop takes no longer than this.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// The real server beside fake providers, with the sample line Casa: a console, a page of phones and a public web
/// chat, all on this machine. A second start goes on with the data of the first.
#[derive(Parser)]
#[command(name = "demo")]
struct Arguments {
    /// The console and the web chat listen on this port of 127.0.0.1, the page of phones on the next one.
    #[arg(long, default_value_t = 8080, value_parser = clap::value_parser!(u16).range(1..=65_534))]
    port: u16,
    /// The folder that keeps everything.
    #[arg(long, env = "OPENLINE_DATA", default_value = "demo-data")]
    data: PathBuf,
    /// Throws the data away and begins anew.
    #[arg(long)]
    fresh: bool,
}

/// Everything that runs; it stops when this is dropped, the server when it is told.
struct Demo {
    server: Server,
    line: Ready,
    console: String,
    phones: String,
    _phones: world::serve::Serving,
}

fn main() -> anyhow::Result<()> {
    if std::env::args().nth(1).as_deref() == Some(CENTRE) {
        return world::smsc::serve(std::env::args().skip(1));
    }
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let demo = start(&arguments).await?;
        print!("{}", words(&demo, &arguments.data));
        wait_for_the_end().await?;
        println!("\nStopping …");
        let stopped = tokio::time::timeout(STOP_WITHIN, demo.server.stop()).await;
        stopped.context("the server did not stop in time; nothing is lost, the next start goes on")
    })?;
    println!("Stopped. The data is in {}.", arguments.data.display());
    Ok(())
}

async fn wait_for_the_end() -> anyhow::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// Makes the data folder, or takes it as it is; `fresh` empties it first, if the demo made it.
fn folder(path: &Path, fresh: bool) -> anyhow::Result<()> {
    let mark = path.join(MARK);
    let used = path.read_dir().is_ok_and(|mut entries| entries.next().is_some());
    if used && !mark.exists() {
        bail!("{} holds something that is not the demo's; choose another folder with --data", path.display());
    }
    if fresh && used {
        std::fs::remove_dir_all(path).with_context(|| format!("cannot empty {}", path.display()))?;
    }
    std::fs::create_dir_all(path).with_context(|| format!("cannot make {}", path.display()))?;
    std::fs::write(&mark, "Made by the Openline demo; --fresh deletes this folder.\n")
        .with_context(|| format!("cannot write {}", mark.display()))
}

async fn start(arguments: &Arguments) -> anyhow::Result<Demo> {
    let here = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let (listen, phones_listen) = (here(arguments.port), here(arguments.port + 1));
    for taken in [listen, phones_listen] {
        let free = std::net::TcpListener::bind(taken).is_ok();
        ensure!(free, "port {} is in use, perhaps by another demo; choose another with --port", taken.port());
    }
    folder(&arguments.data, arguments.fresh)?;
    let data = std::path::absolute(&arguments.data)?;
    let mut config = Config::for_folder(data.clone(), listen, format!("http://{listen}"));
    config.allow_private_addresses = true;
    let clock = Clock::new();
    let providers = Providers::start(&clock).await?;
    let server = boot::start(config).await?;
    let ready = line::set_up(&server.app, line::casa(), &providers).await?;
    let console = format!("http://{listen}");
    let places = vec![
        Place { name: "Console of the team".into(), url: format!("{console}/console/") },
        Place { name: "Public web chat".into(), url: format!("{console}/chat/{}", ready.slug) },
    ];
    let to = Line {
        name: ready.name.clone(),
        phone_number_id: line::PHONE_NUMBER_ID.into(),
        account_sid: line::ACCOUNT_SID.into(),
        telegram_token: line::TELEGRAM_TOKEN.into(),
        viber_token: line::VIBER_TOKEN.into(),
    };
    let centre = centre(&clock).await?;
    line::at_a_centre(&server.app, ready.id, centre.port(), CENTRE_PASSWORD).await?;
    let phones = Phones::open(providers, Some(centre), to, places, Some(&data))?;
    let serving = serve(phones_listen, phones.routes()).await?;
    let phones = format!("http://{phones_listen}");
    Ok(Demo { server, line: ready, console, phones, _phones: serving })
}

/// A network's message centre, in a process of its own as they are.
async fn centre(clock: &Clock) -> anyhow::Result<Smsc> {
    let mut command = tokio::process::Command::new(std::env::current_exe()?);
    // Ctrl-C is for the demo, which takes leave of its centre.
    command.arg(CENTRE).process_group(0);
    Smsc::start_as(command, CENTRE_PASSWORD, true, clock.clone()).await
}

/// What to open and who can sign in.
fn words(demo: &Demo, data: &Path) -> String {
    let Demo { line, console, phones, .. } = demo;
    let slug = &line.slug;
    let mut text = format!(
        "\nThe demo of Openline runs. Its sample line: {}.\n\n\
         \x20 Phones (be the people who write)  {phones}/\n\
         \x20 Console (be the team)             {console}/console/\n\
         \x20 Public web chat                   {console}/chat/{slug}\n\n\
         Sign in to the console as\n",
        line.name
    );
    let width = line.team.iter().map(|login| login.email.len()).max().unwrap_or(0);
    let passwords = line.team.iter().map(|login| login.password.len()).max().unwrap_or(0);
    for login in &line.team {
        let roles: Vec<String> = login.roles.iter().map(|role| role.as_str().replace('_', " ")).collect();
        text.push_str(&format!(
            "  {:width$}  password {:passwords$}  {} ({})\n",
            login.email,
            login.password,
            login.name,
            roles.join(", ")
        ));
    }
    text.push_str(&format!("\nThe data is kept in {}. Ctrl-C stops; --fresh begins anew.\n", data.display()));
    text
}
