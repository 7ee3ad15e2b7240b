//! How much one sprint, one session, one value may take.

/// The limits of one line. [`Limits::default`] has RapidPro's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Nodes visited between a start or resume and the next wait.
    pub steps_per_sprint: u32,
    /// Starts and resumes of one session.
    pub sprints: u32,
    /// Runs of one session.
    pub runs: usize,
    /// Characters of a contact field's value; longer ones are cut.
    pub field_chars: usize,
    /// Characters of a result's value; longer ones are cut.
    pub result_chars: usize,
    /// Characters that a template may come to; longer ones are cut.
    pub template_chars: usize,
    /// Bytes of a web call's request.
    pub webhook_request_bytes: usize,
    /// Hosts that web calls may not go to.
    pub blocked_hosts: Vec<String>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps_per_sprint: 250,
            sprints: 250,
            runs: 250,
            field_chars: 640,
            result_chars: 640,
            template_chars: 10_000,
            webhook_request_bytes: 256 * 1024,
            blocked_hosts: Vec::new(),
        }
    }
}
