//! Measures the engine: CPU time of sprints, templates and definitions, one JSON line a figure.
//!
//!     flow_bench --assets A.json --test T.json [--secs S] [--mode mem|stored]
//!     flow_bench --expr TEMPLATE...
//!     flow_bench --load A.json
//!
//! A test file is RapidPro's own form for engine tests: `{environment, contact, trigger, resumes}`, so that another
//! engine can be measured beside this one on the same two files. One thread; the time is the process's own.
mod conversation;
mod host;
mod meter;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use flow::Assets;
use flow::definition::Text;
use serde_json::{Value as Json, json};

use conversation::Conversation;
use meter::{Budget, peak_rss_mb};

/// The allocator that the engine has in the product: every program of the server allocates with it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What happens to the session between two sprints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// It stays in memory.
    Mem,
    /// It is written in the form that is kept and read back, as a server does.
    Stored,
}

/// Measures the flow engine.
#[derive(Parser)]
struct Arguments {
    /// Definitions, in RapidPro's JSON.
    #[arg(long, requires = "test")]
    assets: Option<PathBuf>,
    /// A conversation with them.
    #[arg(long, requires = "assets")]
    test: Option<PathBuf>,
    /// Seconds of CPU to spend on each figure.
    #[arg(long, default_value_t = 3.0)]
    secs: f64,
    /// Both unless one is named.
    #[arg(long)]
    mode: Option<Mode>,
    /// Evaluates templates in a built-in session.
    #[arg(long, num_args = 1.., value_name = "TEMPLATE")]
    expr: Vec<String>,
    /// Reads and checks definitions from their JSON text.
    #[arg(long, value_name = "FILE")]
    load: Vec<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("flow-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), String> {
    if let (Some(assets), Some(test)) = (&arguments.assets, &arguments.test) {
        let conversation = Conversation::read(&json_of(assets)?, &json_of(test)?)?;
        let modes = arguments.mode.map_or(vec![Mode::Mem, Mode::Stored], |mode| vec![mode]);
        for mode in modes {
            sprints(&conversation, mode, arguments.secs)?;
        }
    } else if arguments.expr.is_empty() && arguments.load.is_empty() {
        return Err("nothing to measure: --assets and --test, --expr or --load".to_owned());
    }
    for template in &arguments.expr {
        expression(template, arguments.secs)?;
    }
    for path in &arguments.load {
        load(path, arguments.secs)?;
    }
    Ok(())
}

/// Plays the conversation again and again.
fn sprints(conversation: &Conversation, mode: Mode, secs: f64) -> Result<(), String> {
    let stored = mode == Mode::Stored;
    let once = conversation.play(stored)?;
    let mut budget = Budget::seconds(secs);
    let (mut sprints, mut conversations) = (0_u64, 0_u64);
    while budget.lasts() {
        sprints += again(conversation, stored)?;
        conversations += 1;
    }
    print_line(json!({
        "mode": if stored { "stored" } else { "mem" },
        "ns_per_sprint_cpu": budget.nanoseconds_each(sprints),
        "sprints": sprints,
        "conversations": conversations,
        "events_per_conversation": once.events,
        "peak_rss_mb": peak_rss_mb(),
    }));
    Ok(())
}

/// One round, under a name that a profiler can ask for: what is done only once is not in it.
#[inline(never)]
fn again(conversation: &Conversation, stored: bool) -> Result<u64, String> {
    Ok(conversation.play(stored)?.sprints)
}

fn expression(template: &str, secs: f64) -> Result<(), String> {
    let world = Conversation::built_in()?;
    let text = Text::new(template);
    let (session, mut source, contact) = world.begun()?;
    let mut view = world.viewpoint(&session, &contact, &mut source)?;
    let (result, problems) = view.evaluate(&text);
    if !problems.is_empty() {
        eprintln!("{template}: {}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "));
    }
    let mut budget = Budget::seconds(secs);
    let mut evaluations = 0_u64;
    while budget.lasts() {
        std::hint::black_box(view.evaluate(std::hint::black_box(&text)));
        evaluations += 1;
    }
    let each = budget.nanoseconds_each(evaluations);
    let mut budget = Budget::seconds(secs);
    let mut compilations = 0_u64;
    while budget.lasts() {
        std::hint::black_box(Text::new(std::hint::black_box(template)));
        compilations += 1;
    }
    print_line(json!({
        "mode": "expr",
        "template": template,
        "result": result,
        "ns_per_evaluation_cpu": each,
        "ns_per_compilation_cpu": budget.nanoseconds_each(compilations),
        "evaluations": evaluations,
        "peak_rss_mb": peak_rss_mb(),
    }));
    Ok(())
}

fn load(path: &Path, secs: f64) -> Result<(), String> {
    let text = text_of(path)?;
    let read = |text: &str| -> Result<Assets, String> {
        Assets::from_json(text.as_bytes())
            .map_err(|problems| problems.first().map(ToString::to_string).unwrap_or_default())
    };
    let definitions = read(&text)?.flows().count();
    let mut budget = Budget::seconds(secs);
    let mut reads = 0_u64;
    while budget.lasts() {
        std::hint::black_box(read(std::hint::black_box(&text))?);
        reads += 1;
    }
    print_line(json!({
        "mode": "load",
        "file": path.display().to_string(),
        "bytes": text.len(),
        "definitions": definitions,
        "ns_per_file_cpu": budget.nanoseconds_each(reads),
        "ns_per_definition_cpu": budget.nanoseconds_each(reads * definitions.max(1) as u64),
        "reads": reads,
        "peak_rss_mb": peak_rss_mb(),
    }));
    Ok(())
}

fn print_line(figure: Json) {
    println!("{figure}");
}

fn text_of(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn json_of(path: &Path) -> Result<Json, String> {
    serde_json::from_str(&text_of(path)?).map_err(|error| format!("{}: {error}", path.display()))
}
