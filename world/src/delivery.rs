//! How a fake provider brings its webhooks to the server: again and again until it hears 200, within bounds.
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;

/// A request waits this long for its answer (Twilio's limit; Meta's is of the same order).
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
/// The pause before the second try; it doubles with every further one.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How much of an answer to a webhook is read; the rest is thrown away.
const MAX_ANSWER_BYTES: usize = 64 * 1024;
/// How many webhooks that nobody took are remembered.
const MAX_UNDELIVERED: usize = 1_000;

/// One webhook call, signed and ready.
#[derive(Debug, Clone)]
pub struct Webhook {
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Bytes,
}

/// What became of a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivered {
    /// The status of the last answer; `None` when there was no answer at all.
    pub status: Option<u16>,
    /// How often it was brought.
    pub attempts: u32,
}

impl Delivered {
    /// Whether the receiver said 200 (or another 2xx).
    #[must_use]
    pub fn taken(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

/// Brings webhooks and knows how many are still under way.
#[derive(Clone)]
pub struct Carrier {
    http: reqwest::Client,
    under_way: watch::Sender<usize>,
    undelivered: Arc<Mutex<Vec<Webhook>>>,
}

/// Counts one delivery as under way until dropped.
struct UnderWay(watch::Sender<usize>);

impl UnderWay {
    fn new(count: &watch::Sender<usize>) -> Self {
        count.send_modify(|n| *n += 1);
        Self(count.clone())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.send_modify(|n| *n -= 1);
    }
}

/// An HTTP client that follows no redirect and uses no proxy.
///
/// # Errors
/// When it cannot be built.
pub fn client() -> anyhow::Result<reqwest::Client> {
    // The client wants a TLS provider even where all is plain HTTP; whoever comes second finds it there.
    drop(rustls::crypto::ring::default_provider().install_default());
    Ok(reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build()?)
}

impl Carrier {
    /// A carrier with connections of its own.
    ///
    /// # Errors
    /// When the HTTP client cannot be built.
    pub fn new() -> anyhow::Result<Self> {
        let http = client()?;
        Ok(Self { http, under_way: watch::Sender::new(0), undelivered: Arc::default() })
    }

    /// Brings a webhook up to `tries` times, until the receiver answers with 2xx.
    pub async fn bring(&self, webhook: &Webhook, tries: u32) -> Delivered {
        self.bring_and_read(webhook, tries).await.0
    }

    /// As [`bring`](Self::bring), with the last answer's body: Viber and Telegram read it.
    pub async fn bring_and_read(&self, webhook: &Webhook, tries: u32) -> (Delivered, Bytes) {
        let _counted = UnderWay::new(&self.under_way);
        let mut pause = FIRST_PAUSE;
        let mut delivered = Delivered { status: None, attempts: 0 };
        while delivered.attempts < tries.max(1) {
            if delivered.attempts > 0 {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            delivered.attempts += 1;
            let body;
            (delivered.status, body) = self.ask(webhook).await;
            if delivered.taken() {
                return (delivered, body);
            }
        }
        let mut undelivered = self.undelivered.lock().unwrap_or_else(PoisonError::into_inner);
        if undelivered.len() < MAX_UNDELIVERED {
            undelivered.push(webhook.clone());
        }
        (delivered, Bytes::new())
    }

    /// Brings a webhook once; nobody counts it as not taken when it fails.
    pub async fn ask(&self, webhook: &Webhook) -> (Option<u16>, Bytes) {
        let _counted = UnderWay::new(&self.under_way);
        self.once(webhook).await.map_or((None, Bytes::new()), |(status, body)| (Some(status), body))
    }

    /// Runs `work` in the background and counts it as under way until it ends.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let counted = UnderWay::new(&self.under_way);
        tokio::spawn(async move {
            work.await;
            drop(counted);
        });
    }

    /// Waits until nothing is under way.
    pub async fn idle(&self) {
        let _ = self.under_way.subscribe().wait_for(|n| *n == 0).await;
    }

    /// Whether something is under way at this moment.
    #[must_use]
    pub fn busy(&self) -> bool {
        *self.under_way.borrow() > 0
    }

    /// Fetches a file, as a provider does with a link that it was given; `None` when that fails.
    pub async fn fetch(&self, url: &str, limit: usize) -> Option<Bytes> {
        let mut response =
            self.http.get(url).timeout(ANSWER_WITHIN).send().await.ok()?.error_for_status().ok()?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.ok()? {
            if body.len() + chunk.len() > limit {
                return None;
            }
            body.extend_from_slice(&chunk);
        }
        Some(body.into())
    }

    /// The webhooks that were given up, oldest first.
    #[must_use]
    pub fn undelivered(&self) -> Vec<Webhook> {
        self.undelivered.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn once(&self, webhook: &Webhook) -> Option<(u16, Bytes)> {
        let mut request = self.http.post(&webhook.url).timeout(ANSWER_WITHIN).body(webhook.body.clone());
        for (name, value) in &webhook.headers {
            request = request.header(*name, value);
        }
        let response = request.send().await.ok()?;
        let status = response.status().as_u16();
        // The body is read to its end so that the connection can be used again.
        let body = response.bytes().await.unwrap_or_default();
        Some((status, body.slice(..body.len().min(MAX_ANSWER_BYTES))))
    }
}
