//! WhatsApp through 360dialog: Meta's Cloud API behind another address and key (docs.360dialog.com/docs/waba-messaging).
//! Its webhooks are Meta's, without a signature of their own; files are looked up and fetched through its proxy.
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::account::{Account, Secret, SettingsError, common};
use crate::adapter::Adapter;
use crate::guard::Guard;
use crate::http::{Headers, HttpRequest, HttpResponse};
use crate::incoming::{Denied, Incoming, Unparsable};
use crate::json;
use crate::media::same_origin;
use crate::outgoing::{Outgoing, Refused, Rendering, Settled};
use crate::preview::{Shown, read};
use crate::probe::{About, Probe, Reads};
use crate::whatsapp_cloud::{self, Dialect, Envelope};

/// Where the API is when the settings say nothing else.
const DEFAULT_BASE_URL: &str = "https://waba-v2.360dialog.io";

/// Settings of a number at 360dialog.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dialog360Settings {
    /// The number's API key.
    pub auth_token: Secret,
    /// See [`Guard`]: 360dialog signs nothing, but calls any address with a token in it.
    #[serde(default)]
    pub webhook_token: Option<Secret>,
    #[serde(default)]
    pub unsigned_webhooks: bool,
    /// Where the API is; 360dialog's when absent.
    #[serde(default)]
    pub base_url: Option<String>,
    /// A lower limit for the length of one text than the provider's, in UTF-16 units.
    #[serde(default)]
    pub max_text_length: Option<usize>,
}

impl Dialog360Settings {
    fn base(&self) -> &str {
        self.base_url.as_deref().unwrap_or(DEFAULT_BASE_URL).trim_end_matches('/')
    }

    fn key(&self) -> Headers {
        Headers::new().with("D360-API-KEY", self.auth_token.expose())
    }
}

impl Adapter for Dialog360Settings {
    fn scheme(&self) -> &str {
        "whatsapp"
    }

    fn check(&self, _address: &str) -> Result<(), SettingsError> {
        Guard::new(self.webhook_token.as_ref(), self.unsigned_webhooks).check("dialog360")?;
        common(self.base_url.as_deref(), self.max_text_length)
    }

    fn verify(&self, request: &HttpRequest) -> Result<(), Denied> {
        Guard::new(self.webhook_token.as_ref(), self.unsigned_webhooks).verify(request)
    }

    fn receive(&self, _account: &Account, request: &HttpRequest) -> Result<Vec<Incoming>, Unparsable> {
        whatsapp_cloud::receive(None, request)
    }

    fn request(&self, _account: &Account, outgoing: &Outgoing) -> Result<Rendering, Refused> {
        let dialect = Dialect {
            url: format!("{}/messages", self.base()),
            headers: self.key(),
            max_text_length: self.max_text_length,
            envelope: Envelope::Cloud,
        };
        whatsapp_cloud::request(&dialect, outgoing)
    }

    fn shown(&self, _outgoing: &Outgoing, request: &HttpRequest) -> Vec<Shown> {
        vec![read::whatsapp(request)]
    }

    /// 360dialog tells where it calls; that it tells it shows that the key is good.
    fn probes(&self, _account: &Account) -> Vec<Probe> {
        let request = HttpRequest::get(format!("{}/v1/configs/webhook", self.base()), self.key());
        vec![Probe::new(About::Webhook, request, Reads { webhook: "/url", ..Reads::default() })]
    }

    fn register_webhooks(&self, _account: &Account, url: &str) -> Vec<HttpRequest> {
        let at = format!("{}/v1/configs/webhook", self.base());
        vec![HttpRequest::post_json(at, self.key(), &json!({"url": url}))]
    }

    fn webhook_token(&self) -> Option<&str> {
        self.webhook_token.as_ref().map(Secret::expose)
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        whatsapp_cloud::settle(response)
    }

    fn locate(&self, _account: &Account, id: &str) -> Option<HttpRequest> {
        Some(HttpRequest::get(whatsapp_cloud::below(self.base(), id)?, self.key()))
    }

    /// Meta's address of the file, on 360dialog's host: Meta itself would not take our key.
    fn located(&self, body: &Value) -> Option<String> {
        let at_meta = Url::parse(&json::owned(body, "/url")?).ok()?;
        let query = at_meta.query().map(|query| format!("?{query}")).unwrap_or_default();
        Some(format!("{}{}{query}", self.base(), at_meta.path()))
    }

    fn credentials(&self, _account: &Account, url: &Url) -> Headers {
        if same_origin(url, Some(self.base())) { self.key() } else { Headers::new() }
    }
}
