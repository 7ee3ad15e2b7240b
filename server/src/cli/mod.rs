//! `openline …`: what an operator types.
mod backup;
mod channel;
mod doctor;
mod flow;
mod serve;
mod setup;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use openline::config::Config;

/// Chat lines for people in crisis, on your own server.
#[derive(Parser)]
#[command(name = "openline", version, about)]
struct Arguments {
    /// The configuration file.
    #[arg(long, short, env = "OPENLINE_CONFIG", default_value = "openline.toml", global = true)]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the server until it is stopped.
    Serve,
    /// Says in words what is wrong with the configuration and this machine, and what to do.
    Doctor,
    /// Brings the database up to date and ends.
    Migrate,
    /// Makes or replaces a line from its content folder.
    Import { folder: PathBuf },
    /// Works on the lines' channels: lists, makes, tests and pauses them.
    #[command(subcommand)]
    Channel(channel::ChannelCommand),
    /// Shows what sending costs, or replaces that table.
    Tariffs(channel::TariffArguments),
    /// Adds a member of staff; the password is read from standard input.
    Staff(setup::StaffArguments),
    /// Copies the data (never the keys) of a SQLite installation into a new file, while the server runs.
    Backup { file: PathBuf },
    /// Wraps every key with the present master key; afterwards former ones are useless.
    RotateMasterKey,
    /// Checks the receipt of an erasure.
    Receipt { receipt: String },
    /// Works on flow definitions, without a server: talk to them, check, migrate and test them.
    #[command(subcommand)]
    Flow(flow::FlowCommand),
}

/// Reads the arguments and carries the command out; what fails is said on standard error.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info,tokio_postgres=warn")),
        )
        .with_writer(std::io::stderr)
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("openline: the machine gives no threads: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(carry_out(arguments)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("openline: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn carry_out(arguments: Arguments) -> anyhow::Result<ExitCode> {
    if let Command::Doctor = arguments.command {
        return Ok(doctor::run(&arguments.config).await);
    }
    let command = match arguments.command {
        Command::Flow(command) => return flow::run(command),
        command => command,
    };
    let config = Config::read(&arguments.config)?;
    match command {
        Command::Doctor | Command::Flow(_) => {}
        Command::Serve => serve::run(config).await?,
        Command::Migrate => {
            openline::boot::open(config).await?;
            println!("The database is up to date.");
        }
        Command::Import { folder } => setup::import(config, &folder).await?,
        Command::Channel(command) => return channel::run(config, command).await,
        Command::Tariffs(arguments) => channel::tariffs(config, arguments).await?,
        Command::Staff(staff) => setup::staff(config, staff).await?,
        Command::Backup { file } => backup::run(&config, &file)?,
        Command::RotateMasterKey => setup::rotate(config).await?,
        Command::Receipt { receipt } => return setup::receipt(config, &receipt).await,
    }
    Ok(ExitCode::SUCCESS)
}
