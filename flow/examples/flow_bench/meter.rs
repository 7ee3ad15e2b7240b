//! CPU time and memory of this process.
use std::time::Duration;

use cpu_time::ProcessTime;

/// Reading the clock is a system call: it is read once in so many rounds.
const ROUNDS_PER_READING: u64 = 64;

/// CPU time to spend on one figure.
pub struct Budget {
    since: ProcessTime,
    limit: Duration,
    rounds: u64,
    spent: Duration,
}

impl Budget {
    /// A budget that begins now.
    pub fn seconds(secs: f64) -> Self {
        let limit = Duration::from_secs_f64(secs.clamp(0.01, 3600.0));
        Self { since: ProcessTime::now(), limit, rounds: 0, spent: Duration::ZERO }
    }

    /// Whether there is time for another round.
    pub fn lasts(&mut self) -> bool {
        if self.rounds.is_multiple_of(ROUNDS_PER_READING) {
            self.spent = self.since.elapsed();
        }
        self.rounds += 1;
        self.spent < self.limit
    }

    /// The time spent, shared among so many.
    pub fn nanoseconds_each(&self, count: u64) -> u64 {
        u64::try_from(self.spent.as_nanos() / u128::from(count.max(1))).unwrap_or(u64::MAX)
    }
}

/// The most memory that this process ever held, in MB of 1 000 000 bytes; 0 where there is no `/proc`.
pub fn peak_rss_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u32>().ok()).unwrap_or(0);
    (f64::from(kib) * 1024.0 / 10_000.0).round() / 100.0
}
