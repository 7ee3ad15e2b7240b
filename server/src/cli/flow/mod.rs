//! `openline flow …`: what an author types.
mod check;
mod definitions;
mod migrate;
mod saved;
mod talk;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

/// What to do with flow definitions.
#[derive(Subcommand)]
pub enum FlowCommand {
    /// Talk to a flow in the terminal: the real engine, nothing is sent.
    Run {
        /// Definitions in RapidPro's JSON: an export, assets, or one flow.
        file: PathBuf,
        /// Who talks: a contact in RapidPro's JSON; absent: somebody without a name.
        #[arg(long = "as", value_name = "CONTACT")]
        contact: Option<PathBuf>,
        /// The flow's name or uuid, where the file has several.
        #[arg(long)]
        flow: Option<String>,
    },
    /// Says what is wrong with definitions, each with flow, node and field; fails when anything is.
    Check {
        file: PathBuf,
        /// A global that the line brings along besides those of the file; `answer_*` stands for all that begin so.
        #[arg(long = "global", value_name = "NAME")]
        globals: Vec<String>,
    },
    /// Prints definitions of older versions as the present version.
    Migrate {
        file: PathBuf,
        /// Where files lie that definitions from before spec 13 name by a relative address; absent: under `/media` of
        /// the `site` that the export names.
        #[arg(long, value_name = "URL")]
        media: Option<String>,
    },
    /// Plays saved conversations and shows what came otherwise than expected.
    Test {
        /// A folder of saved conversations (`*.json`).
        folder: PathBuf,
        /// The definitions; absent: `flows.json` in the folder or beside it.
        #[arg(long)]
        flows: Option<PathBuf>,
    },
}

/// Carries the command out. A check or test that finds something fails.
pub fn run(command: FlowCommand) -> anyhow::Result<ExitCode> {
    match command {
        FlowCommand::Run { file, contact, flow } => talk::run(&file, contact.as_deref(), flow.as_deref()),
        FlowCommand::Check { file, globals } => check::run(&file, &globals),
        FlowCommand::Migrate { file, media } => migrate::run(&file, media.as_deref()),
        FlowCommand::Test { folder, flows } => saved::run(&folder, flows.as_deref()),
    }
}
