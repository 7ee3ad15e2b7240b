//! `smsc`: a message centre that speaks SMPP on a free port, for stories. It is told what to do on its input and ends
//! with it.
use clap::Parser;

/// A message centre for stories.
#[derive(Parser)]
#[command(name = "smsc")]
struct Arguments {
    /// What the line must bind with.
    #[arg(long)]
    password: String,
    /// Answers have ids in hexadecimal, receipts in decimal digits.
    #[arg(long)]
    hex_ids: bool,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(world::smsc::run(arguments.password, arguments.hex_ids))?;
    // A read of the input that nobody ends must not keep the process.
    runtime.shutdown_background();
    Ok(())
}
