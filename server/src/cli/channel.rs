//! `openline channel …` and `openline tariffs`: channels as an operator types them. A running server takes changes up
//! by itself.
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use channels::{Field, FieldKind, Tariff, TariffRow, Tariffs};
use clap::{Args, Subcommand};
use openline::app::{Actor, App, Ctx};
use openline::config::Config;
use openline::lines::setup::{self, ProviderSays};
use openline::lines::{self, Channel, ChannelState, Delivery, Line, Link, NewChannel};
use openline::tariffs;
use uuid::Uuid;

/// The most bytes of a file that is read.
const MAX_FILE_BYTES: u64 = 1_000_000;

/// What can be done with channels.
#[derive(Subcommand)]
pub enum ChannelCommand {
    /// Names every provider, or the settings that one wants.
    Providers { provider: Option<String> },
    /// Lists the channels of every line, or of one.
    List {
        /// The line's slug.
        #[arg(long)]
        line: Option<String>,
    },
    /// Makes a channel of a line, or replaces its settings.
    Add(NewArguments),
    /// Asks the provider whether the account works; fails when it does not.
    Test { channel: Uuid },
    /// Tells the provider where to call, where a provider can be told so.
    Register { channel: Uuid },
    /// Holds everything back that a channel should send, until it is switched on.
    Pause { channel: Uuid },
    /// Switches a channel on that was paused, or that its provider stopped.
    On { channel: Uuid },
    /// Shows how a channel delivers, or replaces it with a JSON file (docs/channels.md has its keys).
    Delivery { channel: Uuid, file: Option<PathBuf> },
}

/// Arguments of `openline channel add`.
#[derive(Args)]
pub struct NewArguments {
    /// The line's slug.
    #[arg(long)]
    line: String,
    /// `webchat`, or a provider as `openline channel providers` names it.
    #[arg(long)]
    kind: String,
    /// The number (id) at the provider, or the page's name.
    #[arg(long)]
    address: String,
    /// A JSON file with the provider's settings, `-` for standard input; a web chat needs none.
    #[arg(long)]
    settings: Option<PathBuf>,
}

/// Arguments of `openline tariffs`.
#[derive(Args)]
pub struct TariffArguments {
    /// A TOML file that replaces the table (docs/channels.md); without it the table is printed in that form.
    file: Option<PathBuf>,
}

/// Carries a command out.
pub async fn run(config: Config, command: ChannelCommand) -> anyhow::Result<ExitCode> {
    if let ChannelCommand::Providers { provider } = &command {
        providers(provider.as_deref())?;
        return Ok(ExitCode::SUCCESS);
    }
    let app = openline::boot::open(config).await?.0;
    match command {
        ChannelCommand::Providers { .. } => {}
        ChannelCommand::List { line } => list(&app, line.as_deref())?,
        ChannelCommand::Add(new) => add(&app, new).await?,
        ChannelCommand::Test { channel } => return test(&app, channel).await,
        ChannelCommand::Register { channel } => return register(&app, channel).await,
        ChannelCommand::Pause { channel } => switch(&app, channel, false).await?,
        ChannelCommand::On { channel } => switch(&app, channel, true).await?,
        ChannelCommand::Delivery { channel, file } => delivery(&app, channel, file.as_deref()).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn read(path: &Path) -> anyhow::Result<String> {
    let is_input = path == Path::new("-");
    let place = if is_input { "standard input".to_owned() } else { path.display().to_string() };
    let source: Box<dyn std::io::Read> = if is_input {
        Box::new(std::io::stdin())
    } else {
        Box::new(std::fs::File::open(path).with_context(|| place.clone())?)
    };
    let mut text = String::new();
    source.take(MAX_FILE_BYTES + 1).read_to_string(&mut text).with_context(|| place.clone())?;
    anyhow::ensure!(text.len() as u64 <= MAX_FILE_BYTES, "{place} is larger than a megabyte");
    Ok(text)
}

fn find(app: &App, id: Uuid) -> anyhow::Result<(Arc<Line>, Arc<Channel>)> {
    let found = app.lines().channel(id).cloned();
    found.with_context(|| format!("there is no channel {id}; `openline channel list` names them"))
}

fn providers(wanted: Option<&str>) -> anyhow::Result<()> {
    let (all, smpp) = (channels::providers(), channels::smpp::info());
    let Some(wanted) = wanted else {
        println!("{:<22} {:<12} Our own page", "webchat", "webchat");
        for info in all {
            println!("{:<22} {:<12} {}", info.provider.as_str(), info.reaches, info.name);
        }
        println!("{:<22} {:<12} {}", smpp.provider, smpp.reaches, smpp.name);
        return Ok(());
    };
    if wanted == smpp.provider {
        form(smpp.provider, smpp.name, smpp.reaches, smpp.address.help, &smpp.fields);
        return Ok(());
    }
    let info = all.iter().find(|info| info.provider.as_str() == wanted);
    let info = info.with_context(|| format!("there is no provider {wanted}"))?;
    form(wanted, info.name, &info.reaches, info.address.help, &info.fields);
    Ok(())
}

fn form(provider: &str, name: &str, reaches: &str, address: &str, fields: &[Field]) {
    println!("{name} ({provider}): reaches {reaches}");
    println!("  address: {address}");
    for field in fields {
        let kind = match field.kind {
            FieldKind::Secret => ", secret",
            _ => "",
        };
        let need = if field.required { "required" } else { "optional" };
        println!("  {} ({need}{kind}): {}", field.key, field.help);
    }
}

fn list(app: &App, wanted: Option<&str>) -> anyhow::Result<()> {
    let lines = app.lines();
    if let Some(slug) = wanted {
        lines.by_slug(slug).with_context(|| format!("there is no line {slug}"))?;
    }
    for line in lines.iter().filter(|line| wanted.is_none_or(|slug| line.content.slug == slug)) {
        println!("{}", line.content.slug);
        for channel in &line.channels {
            let state = match &channel.state {
                ChannelState::Stopped { reason, at } => {
                    format!("stopped since {}: {reason}", at.to_rfc3339())
                }
                other => other.as_str().to_owned(),
            };
            println!("  {}  {:<16} {:<24} {state}", channel.id, channel.provider(), channel.address);
        }
    }
    Ok(())
}

async fn add(app: &App, new: NewArguments) -> anyhow::Result<()> {
    let settings = match &new.settings {
        None => serde_json::json!({}),
        Some(path) => serde_json::from_str(&read(path)?).with_context(|| path.display().to_string())?,
    };
    let line = app.lines().by_slug(&new.line).map(|line| line.id);
    let line = line.with_context(|| format!("there is no line {}; import it first", new.line))?;
    let wanted = NewChannel { kind: new.kind, address: new.address, settings };
    let id = lines::add_channel(app, line, &wanted).await?;
    println!("Channel {id}");
    let (_, channel) = find(app, id)?;
    match (setup::webhook_url(app, &channel), &channel.link) {
        (Some(url), _) => println!("The provider must call {url}"),
        (None, Link::Smpp(_)) => println!("A running server connects to it within seconds."),
        (None, _) => println!("The page is {}/chat/{}", app.config.public_url, new.line),
    }
    Ok(())
}

fn tell(says: &ProviderSays) {
    let sign = if says.ok { "ok " } else { "NO " };
    println!("{sign} {}: {}", says.about, says.says);
    for (name, value) in [("quality", &says.quality), ("webhook", &says.webhook), ("warning", &says.warning)]
    {
        if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
            println!("    {name}: {value}");
        }
    }
    if let Some(left) = &says.balance {
        println!("    balance: {} {}", left.amount, left.currency.as_deref().unwrap_or_default());
    }
}

async fn test(app: &App, id: Uuid) -> anyhow::Result<ExitCode> {
    let (_, channel) = find(app, id)?;
    let answers = setup::test(app, &channel).await?;
    answers.iter().for_each(tell);
    if answers.is_empty() {
        println!("This provider answers no questions: send a message to see whether it works.");
    }
    Ok(if answers.iter().all(|says| says.ok) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn register(app: &App, id: Uuid) -> anyhow::Result<ExitCode> {
    let (_, channel) = find(app, id)?;
    let Some(says) = setup::register(app, &channel).await else {
        let url = setup::webhook_url(app, &channel).unwrap_or_default();
        println!("This provider is told at its own site: {url}");
        return Ok(ExitCode::FAILURE);
    };
    tell(&says);
    Ok(if says.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn switch(app: &App, id: Uuid, on: bool) -> anyhow::Result<()> {
    let (line, channel) = find(app, id)?;
    let changed = lines::switch_channel(app, line.id, id, on).await?;
    let word = if on { "on" } else { "paused" };
    println!("{} is {word}{}.", channel.address, if changed { "" } else { " already" });
    Ok(())
}

async fn delivery(app: &App, id: Uuid, file: Option<&Path>) -> anyhow::Result<()> {
    let (line, channel) = find(app, id)?;
    if let Some(path) = file {
        let delivery = Delivery::read(&read(path)?).map_err(anyhow::Error::msg)?;
        lines::set_delivery(app, line.id, id, &delivery).await?;
        println!("{}", serde_json::to_string_pretty(&delivery)?);
    } else {
        println!("{}", serde_json::to_string_pretty(&channel.delivery)?);
    }
    Ok(())
}

/// Shows or replaces the table of prices.
pub async fn tariffs(config: Config, arguments: TariffArguments) -> anyhow::Result<()> {
    let app = openline::boot::open(config).await?.0;
    let Some(path) = &arguments.file else {
        let stored = app.store.read(tariffs::stored).await?;
        stored.rows.iter().for_each(print_row);
        return Ok(());
    };
    let table = Tariffs::parse(&read(path)?)?;
    let rows: Vec<TariffRow> = table.rows().iter().map(Tariff::written).collect();
    anyhow::ensure!(rows.len() <= tariffs::MAX_ROWS, "at most {} rows are kept", tariffs::MAX_ROWS);
    let (count, context) = (rows.len(), app.clone());
    let ctx = Ctx { actor: Actor::Operator, now: app.now() };
    app.store.write(move |tx| tariffs::replace(tx, &context, ctx, &rows)).await?;
    println!("{count} prices.");
    Ok(())
}

/// Values hold no quotes: they were checked when they were written.
fn print_row(row: &TariffRow) {
    println!("[[tariff]]\nchannel = \"{}\"", row.channel);
    if !row.to.is_empty() {
        println!("to = \"{}\"", row.to);
    }
    println!("unit = \"{}\"\nprice = \"{}\"\ncurrency = \"{}\"", row.unit, row.price, row.currency);
    println!("valid_from = {}\n", row.valid_from);
}
