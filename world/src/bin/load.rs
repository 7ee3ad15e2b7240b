//! `load sqlite|postgres`: starts a server on a fresh store, plays people against it through real HTTP, and prints
//! what it carried: a table, and as the last line one JSON object.
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Parser, ValueEnum};
use openline::boot::{self, Duty};
use openline::config::Config;
use openline::lines::{self, Delivery};
use tokio::net::TcpListener;
use world::load::content;
use world::load::people::Target;
use world::load::report::{Report, peak_rss_mb, rounded};
use world::load::run::{Plan, play};
use world::postgres::{self, Database};
use world::process::{self, Process};
use world::{line, load};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Store {
    Sqlite,
    Postgres,
}

/// Measures how many interactions a second the real server carries, everything durable. One interaction: webhook
/// in, flow step, answer accepted by the fake provider.
#[derive(Parser)]
#[command(name = "load")]
struct Arguments {
    /// The database. PostgreSQL is the cluster that OPENLINE_TEST_POSTGRES names, else a private one.
    store: Store,
    /// How many people write to the line.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    people: u32,
    /// How long to measure, after all have chosen a language and agreed to the notice.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// Interactions begun per second; as many as the server carries when absent.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rate: Option<u32>,
    /// How many interactions may be under way at once.
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    in_flight: u32,
    /// Connections to the server.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    connections: u32,
    /// Measures from webhook to 200 alone: the server makes durable what comes in, and handles nothing.
    #[arg(long)]
    accept_only: bool,
}

fn main() -> anyhow::Result<()> {
    let words: Vec<_> = std::env::args_os().collect();
    if let [_, verb, config] = words.as_slice()
        && let Some(duty @ ("serve" | "accept")) = verb.to_str()
    {
        tracing_subscriber::fmt().with_max_level(tracing::Level::WARN).with_writer(std::io::stderr).init();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        return runtime.block_on(process::serve(duty, &PathBuf::from(config)));
    }
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = tokio::task::LocalSet::new().block_on(&runtime, measure(arguments))?;
    println!("{}", report.print()?);
    Ok(())
}

async fn measure(arguments: Arguments) -> anyhow::Result<Report> {
    let folder = tempfile::Builder::new().prefix("openline-load-").tempdir()?;
    let database = match arguments.store {
        Store::Sqlite => None,
        Store::Postgres => Some(Database::create().await?),
    };
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, postgres::free_port()?));
    let mut config = Config::for_folder(folder.path().join("data"), listen, format!("http://{listen}"));
    config.allow_private_addresses = true;
    if let Some(database) = &database {
        config.database.clone_from(&database.url);
    }
    let provider = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let path = prepare(&config, &format!("http://{}", provider.local_addr()?)).await?;
    let file = folder.path().join("openline.toml");
    process::write_config(&file, &config)?;
    let program = std::env::current_exe().context("this program's own file is not known")?;
    let duty = if arguments.accept_only { Duty::AcceptOnly } else { Duty::Everything };
    let server = Process::start_with(&program, duty, &file, listen).await?;
    let plan = Plan {
        target: Target {
            host: listen.to_string(),
            path,
            phone_number_id: line::PHONE_NUMBER_ID.into(),
            app_secret: line::app_secret().into(),
        },
        people: arguments.people as usize,
        seconds: arguments.seconds,
        rate: arguments.rate,
        in_flight: arguments.in_flight as usize,
        connections: arguments.connections as usize,
        accept_only: arguments.accept_only,
        opening: content::opening(),
    };
    let mut outcome = play(plan, provider).await?;
    for words in &outcome.shown {
        eprintln!("error: {words}");
    }
    let [p50_ms, p95_ms, p99_ms] = outcome.latencies.percentiles([0.5, 0.95, 0.99]);
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
    let per_second = |count: usize| rounded(count as f64 / outcome.seconds);
    let report = Report {
        store: format!("{:?}", arguments.store).to_lowercase(),
        people: arguments.people as usize,
        seconds: rounded(outcome.seconds),
        interactions: outcome.interactions,
        interactions_per_s: per_second(outcome.interactions),
        accept_per_s: per_second(outcome.accepted),
        p50_ms,
        p95_ms,
        p99_ms,
        errors: outcome.errors,
        peak_rss_mb: peak_rss_mb(server.id()).unwrap_or_default(),
    };
    drop(server);
    if let Some(database) = database {
        database.remove().await?;
    }
    Ok(report)
}

/// Makes the store with the line and its WhatsApp channel; gives the path of the webhook.
async fn prepare(config: &Config, provider: &str) -> anyhow::Result<String> {
    let (app, _) = boot::open(config.clone()).await?;
    let mut files = line::casa();
    let flows = files.get("flows.json").context("the sample line has no flows.json")?;
    let flows = load::content::with_echoing_menu(flows)?;
    files.insert("flows.json".into(), flows);
    let imported = lines::import_files(&app, files).await.context("the line cannot be imported")?;
    let path = line::whatsapp_channel(&app, imported.line_id, provider).await?;
    // What is measured is the server, not the pace at which a provider takes messages.
    let unlimited = Delivery { per_second: Some(0.0), ..Delivery::default() };
    for channel in app.lines().channels() {
        lines::set_delivery(&app, imported.line_id, channel.id, &unlimited).await?;
    }
    Ok(path)
}
