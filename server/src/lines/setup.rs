//! Setting a channel up: its settings as a form shows and sends them, and asking its provider whether they work.
use channels::{About, Balance, Field, FieldKind, Probed};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{Channel, Link, NewChannel, add_channel};
use crate::app::App;
use crate::outbound;
use crate::store::{Result, StoreError};
use crate::vault::Purpose;

/// What stands for a secret that is set.
pub const HIDDEN: &str = "•••";

/// What a provider says about an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProviderSays {
    /// `account`, `balance` or `webhook`.
    pub about: String,
    pub ok: bool,
    /// In plain words.
    pub says: String,
    /// The provider's word for the number's standing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balance: Option<BalanceLeft>,
    /// Where the provider calls; empty: nobody yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
}

/// What is left to spend, as the provider writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BalanceLeft {
    pub amount: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

impl ProviderSays {
    fn new(about: About, probed: Probed) -> Self {
        let about = match about {
            About::Account => "account",
            About::Balance => "balance",
            About::Webhook => "webhook",
        };
        let Probed { ok, says, quality, balance, webhook, warning, .. } = probed;
        let balance = balance.map(|Balance { amount, currency }| BalanceLeft { amount, currency });
        Self { about: about.to_owned(), ok, says, quality, balance, webhook, warning }
    }

    fn silent(about: About) -> Self {
        let says = "the provider does not answer; try again in a minute".to_owned();
        Self { ok: false, says, ..Self::new(about, Probed::nothing()) }
    }
}

/// Where a channel's provider must call.
#[must_use]
pub fn webhook_url(app: &App, channel: &Channel) -> Option<String> {
    let account = channel.account()?;
    Some(channels::webhook_address(account, &hook(app, channel)))
}

fn hook(app: &App, channel: &Channel) -> String {
    format!("{}/hooks/{}", app.config.public_url, channel.id)
}

/// Asks the provider whether the account works, and what it says of itself; empty where nothing can be asked. The
/// answers are kept for the line's health.
///
/// # Errors
/// When the store refuses.
pub async fn test(app: &App, channel: &Channel) -> Result<Vec<ProviderSays>> {
    let account = match &channel.link {
        Link::Own => return Ok(Vec::new()),
        Link::Http(account) => account,
        Link::Smpp(account) => return message_centre(app, channel, account).await,
    };
    let at = app.now().to_timestamp();
    let mut says = Vec::new();
    for probe in channels::probes(account, at) {
        says.push(match outbound::ask(app, &probe.request).await {
            Some(answer) => ProviderSays::new(probe.about, channels::probed(account, probe.about, &answer)),
            None => ProviderSays::silent(probe.about),
        });
    }
    if !says.is_empty() {
        keep_said(app, channel.id, &says).await?;
    }
    Ok(says)
}

/// Whether a message centre takes the account: by the session that there is, else by one that is made and ended. A
/// second session beside the first is not tried, since some centres end the first one then.
async fn message_centre(
    app: &App,
    channel: &Channel,
    account: &channels::smpp::Account,
) -> Result<Vec<ProviderSays>> {
    let tried = match app.smpp.is_bound(channel.id) {
        true => Ok(()),
        false => crate::smpp::try_out(account).await,
    };
    message_centre_said(app, channel.id, tried).await
}

/// Keeps whether a message centre takes the account, for the line's health.
///
/// # Errors
/// When the store refuses.
pub(crate) async fn message_centre_said(
    app: &App,
    channel: Uuid,
    tried: std::result::Result<(), String>,
) -> Result<Vec<ProviderSays>> {
    let ok = tried.is_ok();
    let says = tried.err().unwrap_or_else(|| "the message centre takes the account".to_owned());
    let says = vec![ProviderSays { ok, says, ..ProviderSays::new(About::Account, Probed::nothing()) }];
    keep_said(app, channel, &says).await?;
    Ok(says)
}

async fn keep_said(app: &App, channel: Uuid, says: &[ProviderSays]) -> Result<()> {
    let text = serde_json::to_string(says).map_err(|_| StoreError::Shape("provider_said".into()))?;
    let now = app.now();
    app.store.write(move |tx| tx.put_provider_said(channel, &text, now)).await
}

/// Tells the provider where to call; `None` where only a person can do that, at the provider's own site.
pub async fn register(app: &App, channel: &Channel) -> Option<ProviderSays> {
    let account = channel.account()?;
    let mut says = None;
    // Some providers are told of each kind of call by itself; the first that is refused is told to the operator.
    for request in channels::register_webhooks(account, &hook(app, channel)) {
        let told = match outbound::ask(app, &request).await {
            Some(answer) => ProviderSays::new(About::Webhook, channels::registered(account, &answer)),
            None => ProviderSays::silent(About::Webhook),
        };
        if !told.ok {
            return Some(told);
        }
        says = Some(told);
    }
    says
}

/// A channel's settings as they may be shown: a secret only as [`HIDDEN`].
///
/// # Errors
/// When the store refuses or the settings cannot be opened.
pub async fn settings_shown(app: &App, channel: &Channel) -> Result<Map<String, Json>> {
    let mut settings = stored(app, channel.line_id, channel.id).await?;
    let fields = fields(channel);
    for field in fields {
        let is_open = !matches!(field.kind, FieldKind::Secret | FieldKind::Table);
        if let Some(value) = settings.get_mut(field.key).filter(|_| !is_open) {
            *value = Json::String(HIDDEN.to_owned());
        }
    }
    // What no field describes is not known to be harmless.
    let known = |key: &String| fields.iter().any(|field| field.key == key);
    settings.retain(|key, _| known(key) || key == "country");
    Ok(settings)
}

/// The settings that a channel's form has.
fn fields(channel: &Channel) -> &'static [Field] {
    match &channel.link {
        Link::Own => &[],
        Link::Http(account) => channels::provider_info(account.provider()).map_or(&[], |info| &info.fields),
        Link::Smpp(_) => &channels::smpp::info().fields,
    }
}

/// What a provider asks for when its webhook is set up by hand, so that it can be copied there.
///
/// # Errors
/// As [`settings_shown`].
pub async fn verify_token(app: &App, channel: &Channel) -> Result<Option<String>> {
    let settings = stored(app, channel.line_id, channel.id).await?;
    Ok(settings.get("verify_token").and_then(Json::as_str).map(str::to_owned))
}

async fn stored(app: &App, line_id: Uuid, id: Uuid) -> Result<Map<String, Json>> {
    let sealed = app.store.read(move |tx| tx.channel_settings(id, line_id)).await?;
    let sealed = sealed.ok_or_else(|| StoreError::Shape("the line has no such channel".into()))?;
    let settings: Json = app.vault.installation().open_json(Purpose::Settings, &sealed)?;
    Ok(settings.as_object().cloned().unwrap_or_default())
}

/// Lays what a form sent over a channel's settings: what it left out, or sent as [`HIDDEN`], stays; `null` removes.
/// Saving switches a stopped channel on again.
///
/// # Errors
/// When the outcome cannot be used, with the field's name; nothing is changed then.
pub async fn change_settings(app: &App, channel: &Channel, sent: Map<String, Json>) -> Result<()> {
    let mut settings = stored(app, channel.line_id, channel.id).await?;
    for (key, value) in sent {
        match value {
            Json::Null => drop(settings.remove(&key)),
            Json::String(text) if text == HIDDEN => {}
            value => drop(settings.insert(key, value)),
        }
    }
    let new = NewChannel {
        kind: channel.provider().to_owned(),
        address: channel.address.clone(),
        settings: Json::Object(settings),
    };
    add_channel(app, channel.line_id, &new).await.map(drop)
}
