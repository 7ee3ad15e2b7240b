//! Feeds the adapters what nobody would send, on the stable compiler:
//!
//!     cargo run --release -p channels --example fuzz -- TARGET [--seconds N] [--seed S] [--round R]
//!
//! A target is a provider (`whatsapp_cloud`, `kannel` …), `smpp`, `tariffs`, or `all` for each of them in turn. For a provider
//! each round is one of: bytes as a webhook call, bytes as settings, bytes as an answer to our requests, words as a
//! message to send. Every one must give an outcome: a panic ends the run and prints the input. Inputs follow from seed
//! and round, so that a finding can be played again alone with `--seed S --round R`. The targets of channels/fuzz run
//! under `cargo +nightly fuzz`.
#[path = "../../../flow/examples/fuzz/mutate.rs"]
mod mutate;
mod samples;
mod smpp;
mod targets;

use std::panic::catch_unwind;
use std::process::ExitCode;
use std::time::Duration;

use channels::Provider;
use clap::Parser;
use cpu_time::ProcessTime;

use mutate::Dice;
use targets::Target;

/// CPU time after which one input counts as a hang.
const SLOW: Duration = Duration::from_secs(2);
/// Rounds between two readings of the clock.
const ROUNDS_PER_READING: u64 = 64;

/// Feeds a target.
#[derive(Parser)]
struct Arguments {
    /// A provider's name, smpp, tariffs, or all.
    target: String,
    /// Of CPU time, for each target.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Plays one round only and prints its input.
    #[arg(long)]
    round: Option<u64>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let known = |provider: &Provider| arguments.target == "all" || provider.as_str() == arguments.target;
    let mut targets: Vec<Target> = Provider::ALL.iter().copied().filter(known).map(Target::of).collect();
    if ["all", "tariffs"].contains(&arguments.target.as_str()) {
        targets.push(Target::tariffs());
    }
    if ["all", "smpp"].contains(&arguments.target.as_str()) {
        targets.push(Target::smpp());
    }
    if targets.is_empty() {
        eprintln!("the targets are all, smpp, tariffs, and the providers' names");
        return ExitCode::FAILURE;
    }
    let mut total = 0;
    for target in targets {
        if let Some(round) = arguments.round {
            println!("{}", target.input(arguments.seed, round));
            target.play(&mut Dice::of_round(arguments.seed, round));
            continue;
        }
        match run(&target, &arguments) {
            Some(rounds) => total += rounds,
            None => return ExitCode::FAILURE,
        }
    }
    println!("{total} inputs in all, nothing found");
    ExitCode::SUCCESS
}

fn run(target: &Target, arguments: &Arguments) -> Option<u64> {
    let limit = Duration::from_secs(arguments.seconds);
    let since = ProcessTime::now();
    let (mut round, mut spent) = (0_u64, Duration::ZERO);
    while spent < limit {
        if round.is_multiple_of(ROUNDS_PER_READING) {
            let before = spent;
            spent = since.elapsed();
            if spent - before > SLOW {
                let first = round.saturating_sub(ROUNDS_PER_READING);
                println!("{}: rounds {first} to {round} of seed {} are slow", target.name(), arguments.seed);
                return None;
            }
        }
        if catch_unwind(|| target.play(&mut Dice::of_round(arguments.seed, round))).is_err() {
            let (name, seed) = (target.name(), arguments.seed);
            println!("{name}: --seed {seed} --round {round} panics on:\n{}", target.input(seed, round));
            return None;
        }
        round += 1;
    }
    println!("{:<16} {round:>9} inputs in {} s of CPU", target.name(), arguments.seconds);
    Some(round)
}
