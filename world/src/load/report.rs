//! What was measured: a table for people and one JSON object for scripts.
use std::time::Duration;

use serde::Serialize;

/// The last line of the output.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub store: String,
    pub people: usize,
    pub seconds: f64,
    /// Answers that the fake provider accepted within the measured time.
    pub interactions: usize,
    pub interactions_per_s: f64,
    /// Webhooks answered with 200 within the measured time, per second.
    pub accept_per_s: f64,
    /// From the start of the webhook to the accepted answer; with `--accept-only` to the webhook's 200.
    pub p50_ms: f64,
    pub p95_ms: f64,
    pub p99_ms: f64,
    pub errors: usize,
    /// The most memory that the server held, in MB of 1 000 000 bytes.
    pub peak_rss_mb: f64,
}

/// Latencies, each kept, so that percentiles are exact.
#[derive(Debug, Default)]
pub struct Latencies(Vec<u32>);

impl Latencies {
    /// Notes one latency.
    pub fn add(&mut self, latency: Duration) {
        self.0.push(u32::try_from(latency.as_micros()).unwrap_or(u32::MAX));
    }

    /// How many were noted.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The latencies in milliseconds below which these shares (0 to 1) of all lie; 0 when there are none.
    #[must_use]
    pub fn percentiles<const N: usize>(&mut self, shares: [f64; N]) -> [f64; N] {
        self.0.sort_unstable();
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an index into a list that fits memory"
        )]
        shares.map(|share| {
            let rank = (share * self.0.len() as f64).ceil() as usize;
            let micros = self.0.get(rank.saturating_sub(1)).copied().unwrap_or(0);
            f64::from(micros) / 1000.0
        })
    }
}

impl Report {
    /// The table and the JSON object, which is the last line.
    ///
    /// # Errors
    /// Never in practice: a report is always JSON.
    pub fn print(&self) -> anyhow::Result<String> {
        let rows = [
            ("store", self.store.clone()),
            ("people", self.people.to_string()),
            ("measured", format!("{:.1} s", self.seconds)),
            ("interactions", self.interactions.to_string()),
            ("interactions per second", format!("{:.0}", self.interactions_per_s)),
            ("webhooks taken per second", format!("{:.0}", self.accept_per_s)),
            ("median latency", format!("{:.1} ms", self.p50_ms)),
            ("95 % below", format!("{:.1} ms", self.p95_ms)),
            ("99 % below", format!("{:.1} ms", self.p99_ms)),
            ("errors", self.errors.to_string()),
            ("server's peak memory", format!("{:.0} MB", self.peak_rss_mb)),
        ];
        let mut text = String::new();
        for (name, value) in rows {
            text.push_str(&format!("{name:<28}{value:>16}\n"));
        }
        text.push_str(&serde_json::to_string(self)?);
        Ok(text)
    }
}

/// Rounds for print.
#[must_use]
pub fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// The most memory that a process ever held, in MB of 1 000 000 bytes; `None` where there is no `/proc`.
#[must_use]
pub fn peak_rss_mb(pid: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u32 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(rounded(f64::from(kib) * 1024.0 / 1_000_000.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_exact() {
        let mut latencies = Latencies::default();
        for ms in (1..=100).rev() {
            latencies.add(Duration::from_millis(ms));
        }
        assert_eq!(latencies.percentiles([0.5, 0.95, 0.99, 1.0]), [50.0, 95.0, 99.0, 100.0]);
        assert_eq!(Latencies::default().percentiles([0.5]), [0.0]);
    }
}
