//! `openline serve`.
use openline::config::Config;

/// Runs until Ctrl-C or SIGTERM, then stops cleanly.
pub async fn run(config: Config) -> anyhow::Result<()> {
    let public = config.public_url.clone();
    let server = openline::boot::start(config).await?;
    println!("Openline answers on {} as {public}", server.address);
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    println!("Stopping…");
    server.stop().await;
    Ok(())
}
