//! Feeds the engine what nobody would write, on the stable compiler:
//!
//!     cargo run --release -p flow --example fuzz -- TARGET [--seconds N] [--seed S] [--round R]
//!
//! Inputs follow from seed and round, so that a finding can be played again alone with `--seed S --round R`. A panic
//! ends the run and prints the input; a crash that takes the process along (a stack that overflows) leaves the last
//! round in `fuzz-TARGET.last` of the temporary folder (`TMPDIR`; one in memory, where the disk is slow). The same
//! targets run under `cargo +nightly fuzz` (flow/fuzz).
mod mutate;
mod targets;

use std::panic::catch_unwind;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use cpu_time::ProcessTime;

use mutate::{Dice, expression, mutated};
use targets::{TARGETS, Target, sample, stored_sample};

/// CPU time after which one input counts as a hang.
const SLOW: Duration = Duration::from_secs(2);
/// How deep made-up expressions go.
const MAX_DEPTH: usize = 6;
/// Rounds between two readings of the clock.
const ROUNDS_PER_READING: u64 = 16;

/// Feeds a target.
#[derive(Parser)]
struct Arguments {
    /// expressions, definitions, queries or stored.
    target: String,
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
    let Some((name, target)) = TARGETS.into_iter().find(|(name, _)| *name == arguments.target) else {
        let names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
        eprintln!("the targets are {}", names.join(", "));
        return ExitCode::FAILURE;
    };
    let inputs = Inputs::of(name);
    if let Some(round) = arguments.round {
        let data = inputs.make(arguments.seed, round);
        println!("{}", String::from_utf8_lossy(&data));
        target(&data);
        return ExitCode::SUCCESS;
    }
    run(name, target, &inputs, &arguments)
}

fn run(name: &str, target: Target, inputs: &Inputs, arguments: &Arguments) -> ExitCode {
    let last = std::env::temp_dir().join(format!("fuzz-{name}.last"));
    let limit = Duration::from_secs(arguments.seconds);
    let since = ProcessTime::now();
    let (mut round, mut spent) = (0_u64, Duration::ZERO);
    while spent < limit {
        if round.is_multiple_of(ROUNDS_PER_READING) {
            if let Err(error) = std::fs::write(&last, format!("seed {} round {round}\n", arguments.seed)) {
                eprintln!("{}: {error}", last.display());
            }
            let before = spent;
            spent = since.elapsed();
            if spent - before > SLOW {
                println!(
                    "{name}: rounds {} to {round} of seed {} are slow",
                    round.saturating_sub(ROUNDS_PER_READING),
                    arguments.seed
                );
                return ExitCode::FAILURE;
            }
        }
        let data = inputs.make(arguments.seed, round);
        if catch_unwind(|| target(&data)).is_err() {
            println!(
                "{name}: --seed {} --round {round} panics on:\n{}",
                arguments.seed,
                String::from_utf8_lossy(&data)
            );
            return ExitCode::FAILURE;
        }
        round += 1;
    }
    println!("{name}: {round} inputs in {} s of CPU, nothing found", arguments.seconds);
    ExitCode::SUCCESS
}

/// What inputs of a target are made from.
struct Inputs {
    samples: Vec<Vec<u8>>,
    words: Vec<&'static str>,
    functions: Vec<&'static str>,
    is_expressions: bool,
}

impl Inputs {
    fn of(target: &str) -> Self {
        let texts: &[&str] = match target {
            "expressions" => &[
                "Hello @contact.first_name, how are you?",
                "@(upper(fields.district)) @results.need.category @@ a@b.c @(",
                "@(format_date(datetime_add(now(), 3, \"D\"), \"DD MMM\")) @((x) => x * 2)(3)",
                "@(foreach(split(\"a b\", \" \"), upper)) @(if(has_text(input), json(contact), default(1/0, \"\")))",
            ],
            "queries" => &[
                "age > 18 AND language = spa",
                "(name ~ \"ami\" OR urns.tel = +593991234567) AND NOT district != \"\"",
                "created_on >= 2030-01-01 OR group = Families AND fields.arrived < \"01-02-2030\"",
            ],
            _ => &[],
        };
        let mut samples: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
        if target == "definitions" {
            samples.push(sample().to_string().into_bytes());
        }
        if target == "stored" {
            samples.push(stored_sample());
        }
        let mut words = vec![
            "@",
            "@(",
            ")",
            "(",
            "\"",
            "\\",
            ",",
            ".",
            "[",
            "]",
            "{",
            "}",
            "null",
            "-1",
            "1e999",
            "99999999999999999999",
            "\u{0}",
            "\u{202e}",
            "é",
            "١",
            "contact",
            "fields",
            "results",
            " AND ",
            " OR ",
            "=",
            "!=",
            "~",
            ">",
            "has_text",
            "20000000-0000-4000-8000-000000000002",
            "\"text\": \"@(json(contact))\"",
            "\"type\": \"send_msg\"",
            "=>",
            "eng",
        ];
        let functions = flow::excellent::functions::names();
        words.extend(&functions);
        Self { samples, words, functions, is_expressions: target == "expressions" }
    }

    fn make(&self, seed: u64, round: u64) -> Vec<u8> {
        let mut dice = Dice::of_round(seed, round);
        if self.is_expressions && dice.below(2) == 0 {
            let mut text = "@(".to_owned();
            let depth = dice.below(MAX_DEPTH);
            expression(&mut dice, depth, &self.functions, &mut text);
            text.push(')');
            return text.into_bytes();
        }
        mutated(&mut dice, &self.samples, &self.words)
    }
}
