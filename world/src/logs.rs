//! What a server in this process writes into its log, for stories that look for what must, or must not, stand there.
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Everything that was logged; clones are the same one.
#[derive(Debug, Clone, Default)]
pub struct Logs(Arc<Mutex<Vec<u8>>>);

impl Logs {
    /// Listens, in the words of `RUST_LOG`. Whoever is first in a process says to what; all stories of it hear the same.
    #[must_use]
    pub fn listen(filter: &str) -> Self {
        static LISTENING: OnceLock<Logs> = OnceLock::new();
        let begin = || {
            let logs = Self::default();
            let writer = logs.clone();
            let filter = tracing_subscriber::EnvFilter::new(filter);
            let set = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false);
            drop(set.with_writer(move || writer.clone()).try_init());
            logs
        };
        LISTENING.get_or_init(begin).clone()
    }

    /// What was logged so far.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// In how many lines these words stand.
    #[must_use]
    pub fn count(&self, words: &str) -> usize {
        String::from_utf8_lossy(&self.bytes()).lines().filter(|line| line.contains(words)).count()
    }
}

impl std::io::Write for Logs {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
