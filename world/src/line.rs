//! The sample line Casa and its place in the world: content, channels at the fake providers, staff.
use std::collections::BTreeMap;

use anyhow::Context as _;
use openline::access::{self, Grant, Role};
use openline::app::{Actor, App, Ctx};
use openline::lines::{self, NewChannel};
use rust_embed::RustEmbed;
use serde_json::json;
use uuid::Uuid;

use crate::africas_talking::{self, AfricasTalking};
use crate::meta::{self, Meta};
use crate::providers::Providers;
use crate::telegram::{self, Telegram};
use crate::twilio::{self, Twilio};
use crate::viber::{self, Viber};

/// The id of the line's WhatsApp number at the fake Meta.
pub const PHONE_NUMBER_ID: &str = "100200300400500";
/// The fake Twilio account.
pub const ACCOUNT_SID: &str = "AC0000000000000000000000000000ca5a";
const WHATSAPP_NUMBER: &str = "+593 2 555 0100";
const SMS_NUMBER: &str = "+59325550101";
/// The number at the fake Africa's Talking, where a story sets it up.
const AFRICAN_NUMBER: &str = "+254711082000";
const AFRICAN_KEY: &str = "demo-api-key";
const AFRICAN_TOKEN: &str = "demo-webhook-token";
/// The number behind the demo's message centre.
const CENTRE_NUMBER: &str = "+59325550199";
const BUSINESS_ACCOUNT_ID: &str = "900800700600500";
/// Secrets of fakes that listen on this machine only.
const ACCESS_TOKEN: &str = "demo-access-token";
const APP_SECRET: &str = "demo-app-secret";
/// What the line's WhatsApp channel expects when its webhook is set up.
pub const VERIFY_TOKEN: &str = "demo-verify-token";
const AUTH_TOKEN: &str = "demo-auth-token";
/// The bot of the line at the fake Telegram.
pub const TELEGRAM_TOKEN: &str = "7000000001:demo-telegram-bot";
const TELEGRAM_SECRET: &str = "demo-secret-token";
const TELEGRAM_USERNAME: &str = "casa_demo_bot";
/// The bot of the line at the fake Viber.
pub const VIBER_TOKEN: &str = "demo-viber-token-0001";

/// `content/casa` of the project: on disk in a debug build, inside the binary in a release.
#[derive(RustEmbed)]
#[folder = "../content/casa"]
struct Casa;

/// All files of the sample line, by their path in its folder.
#[must_use]
pub fn casa() -> BTreeMap<String, Vec<u8>> {
    Casa::iter().filter_map(|path| Some((path.to_string(), Casa::get(&path)?.data.into_owned()))).collect()
}

/// How much of a recording a town has: nobody listens there, and every reload of the line would read all of it.
const RECORDING_BYTES: usize = 2_048;

/// As [`casa`], with the beginnings of its recordings: for towns.
#[must_use]
pub fn light_casa() -> BTreeMap<String, Vec<u8>> {
    let mut files = casa();
    for body in files.iter_mut().filter(|(path, _)| path.starts_with("audio/")).map(|(_, body)| body) {
        body.truncate(RECORDING_BYTES);
    }
    files
}

/// A member of the line's team who can sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    pub name: String,
    pub email: String,
    pub password: String,
    pub roles: Vec<Role>,
}

/// The line, set up.
#[derive(Debug, Clone)]
pub struct Ready {
    pub id: Uuid,
    pub slug: String,
    pub name: String,
    pub team: Vec<Login>,
}

/// The password of a demo account: its own name, so that it can be remembered and is none for real use.
#[must_use]
pub fn password(email: &str) -> String {
    let name = email.split('@').next().unwrap_or(email);
    format!("{name}-opens-casa")
}

/// Imports content, makes the line's channels at the fakes (or points existing ones at them) and the team's
/// accounts.
///
/// # Errors
/// When the content is wrong or the store refuses.
pub async fn set_up(
    app: &App,
    files: BTreeMap<String, Vec<u8>>,
    providers: &Providers,
) -> anyhow::Result<Ready> {
    let known: Vec<Uuid> = app.lines().iter().map(|line| line.id).collect();
    let imported = lines::import_files(app, files).await.context("the line's content cannot be imported")?;
    let public = app.config.public_url.clone();
    whatsapp(app, imported.line_id, &providers.meta, &public).await?;
    sms(app, imported.line_id, &providers.twilio, &public).await?;
    telephone(app, imported.line_id, &providers.twilio, &public).await?;
    telegram(app, imported.line_id, &providers.telegram, &public).await?;
    viber(app, imported.line_id, &providers.viber, &public).await?;
    let webchat = NewChannel { kind: "webchat".into(), address: imported.slug.clone(), settings: json!({}) };
    lines::add_channel(app, imported.line_id, &webchat).await?;
    let lines = app.lines();
    let line = lines.get(imported.line_id).context("the line is gone")?;
    // In the line's own first language, as its people know it.
    let first = line.content.languages.first();
    let name = first.and_then(|language| line.content.name.get(language)).cloned().unwrap_or_default();
    let team: Vec<Login> = line
        .content
        .team
        .iter()
        .map(|member| Login {
            name: member.name.clone(),
            email: member.email.clone(),
            password: password(&member.email),
            roles: member.roles.clone(),
        })
        .collect();
    if !known.contains(&imported.line_id) {
        // Hashing a password is slow on purpose; all at once they keep the demo's start short.
        let employed = team.iter().map(|login| employ(app, imported.line_id, login));
        futures_util::future::try_join_all(employed).await?;
    }
    Ok(Ready { id: imported.line_id, slug: imported.slug, name, team })
}

async fn employ(app: &App, line: Uuid, login: &Login) -> anyhow::Result<()> {
    let ctx = Ctx { actor: Actor::Operator, now: app.now() };
    let roles: Vec<Grant> = login.roles.iter().map(|role| Grant { line: Some(line), role: *role }).collect();
    let made = access::create_staff(app, ctx, &login.name, &login.email, &login.password, &roles).await;
    made.map(drop).with_context(|| format!("{} cannot be given an account", login.email))
}

/// Makes the WhatsApp channel, or points it at another provider address; gives the path of its webhook.
///
/// # Errors
/// When the store refuses.
pub async fn whatsapp_channel(app: &App, line: Uuid, provider: &str) -> anyhow::Result<String> {
    let channel = NewChannel {
        kind: "whatsapp_cloud".into(),
        address: PHONE_NUMBER_ID.into(),
        settings: json!({
            "access_token": ACCESS_TOKEN,
            "app_secret": APP_SECRET,
            "verify_token": VERIFY_TOKEN,
            "base_url": format!("{provider}/v24.0"),
        }),
    };
    Ok(format!("/hooks/{}", lines::add_channel(app, line, &channel).await?))
}

async fn whatsapp(app: &App, line: Uuid, meta: &Meta, public: &str) -> anyhow::Result<()> {
    let path = whatsapp_channel(app, line, &meta.base_url()).await?;
    meta.add_account(meta::Account {
        phone_number_id: PHONE_NUMBER_ID.into(),
        display_phone_number: WHATSAPP_NUMBER.into(),
        business_account_id: BUSINESS_ACCOUNT_ID.into(),
        token: ACCESS_TOKEN.into(),
        app_secret: APP_SECRET.into(),
        webhook_url: format!("{public}{path}"),
    });
    Ok(())
}

async fn sms(app: &App, line: Uuid, twilio: &Twilio, public: &str) -> anyhow::Result<()> {
    let channel = NewChannel {
        kind: "twilio".into(),
        address: SMS_NUMBER.into(),
        settings: json!({
            "account_sid": ACCOUNT_SID,
            "auth_token": AUTH_TOKEN,
            "base_url": twilio.base_url(),
        }),
    };
    let id = lines::add_channel(app, line, &channel).await?;
    twilio.add_account(twilio::Account {
        sid: ACCOUNT_SID.into(),
        token: AUTH_TOKEN.into(),
        number: SMS_NUMBER.into(),
        // The most tries that Twilio grants: a restart of the server then loses nothing.
        webhook_url: format!("{public}/hooks/{id}#rc=5"),
    });
    Ok(())
}

/// The SMS number, for calls: with a provider one number carries both.
async fn telephone(app: &App, line: Uuid, twilio: &Twilio, public: &str) -> anyhow::Result<()> {
    let channel = NewChannel {
        kind: "twilio_voice".into(),
        address: SMS_NUMBER.into(),
        settings: json!({
            "account_sid": ACCOUNT_SID,
            "auth_token": AUTH_TOKEN,
            "base_url": twilio.base_url(),
        }),
    };
    let id = lines::add_channel(app, line, &channel).await?;
    let hook = format!("{public}/hooks/{id}");
    twilio.set_voice_hook(ACCOUNT_SID, &hook, &format!("{hook}/status"));
    Ok(())
}

/// A second number for calls, at Africa's Talking; gives the channel's id.
///
/// # Errors
/// When the store refuses.
pub async fn african_telephone(
    app: &App,
    line: Uuid,
    provider: &AfricasTalking,
    public: &str,
) -> anyhow::Result<Uuid> {
    let channel = NewChannel {
        kind: "africas_talking_voice".into(),
        address: AFRICAN_NUMBER.into(),
        settings: json!({
            "username": "casa",
            "api_key": AFRICAN_KEY,
            "webhook_token": AFRICAN_TOKEN,
            "base_url": provider.base_url(),
        }),
    };
    let id = lines::add_channel(app, line, &channel).await?;
    provider.set_account(africas_talking::Account {
        username: "casa".into(),
        api_key: AFRICAN_KEY.into(),
        number: AFRICAN_NUMBER.into(),
        callback_url: format!("{public}/hooks/{id}?token={AFRICAN_TOKEN}"),
    });
    Ok(id)
}

/// The line's number at a network whose message centre listens here.
///
/// # Errors
/// When the store refuses.
pub async fn at_a_centre(app: &App, line: Uuid, port: u16, password: &str) -> anyhow::Result<Uuid> {
    let channel = NewChannel {
        kind: "smpp".into(),
        address: CENTRE_NUMBER.into(),
        settings: json!({
            "host": "127.0.0.1", "port": port, "system_id": "casa", "password": password,
            "answer_ids": "hex", "receipt_ids": "decimal",
        }),
    };
    Ok(lines::add_channel(app, line, &channel).await?)
}

async fn telegram(app: &App, line: Uuid, telegram: &Telegram, public: &str) -> anyhow::Result<()> {
    let channel = NewChannel {
        kind: "telegram".into(),
        address: TELEGRAM_USERNAME.into(),
        settings: json!({
            "bot_token": TELEGRAM_TOKEN,
            "secret_token": TELEGRAM_SECRET,
            "base_url": telegram.base_url(),
        }),
    };
    let id = lines::add_channel(app, line, &channel).await?;
    telegram.add_bot(telegram::Bot {
        token: TELEGRAM_TOKEN.into(),
        username: TELEGRAM_USERNAME.into(),
        name: "Casa".into(),
    });
    let hook = telegram::Hook {
        url: format!("{public}/hooks/{id}"),
        secret_token: Some(TELEGRAM_SECRET.into()),
        allowed_updates: Vec::new(),
    };
    telegram.set_hook(TELEGRAM_TOKEN, hook);
    Ok(())
}

async fn viber(app: &App, line: Uuid, viber: &Viber, public: &str) -> anyhow::Result<()> {
    let channel = NewChannel {
        kind: "viber".into(),
        address: "casa".into(),
        settings: json!({ "auth_token": VIBER_TOKEN, "sender_name": "Casa", "base_url": viber.base_url() }),
    };
    let id = lines::add_channel(app, line, &channel).await?;
    viber.add_bot(viber::Bot { token: VIBER_TOKEN.into(), name: "Casa".into() });
    viber.set_hook(VIBER_TOKEN, &format!("{public}/hooks/{id}"));
    Ok(())
}

/// What the load generator signs its webhooks with.
#[must_use]
pub fn app_secret() -> &'static str {
    APP_SECRET
}

#[cfg(test)]
mod tests {
    use super::casa;

    /// Every text in a value.
    fn texts(json: &serde_json::Value, found: &mut Vec<String>) {
        match json {
            serde_json::Value::String(text) => found.push(text.clone()),
            serde_json::Value::Array(list) => list.iter().for_each(|one| texts(one, found)),
            serde_json::Value::Object(fields) => fields.values().for_each(|one| texts(one, found)),
            _ => {}
        }
    }

    #[test]
    fn nobody_is_told_on_the_telephone_to_write() {
        let files = casa();
        let own = std::str::from_utf8(&files["line.toml"]).expect("it is UTF-8");
        let content = openline::lines::Content::read(own, &|_| true).expect("it is a line's content");
        let flows = serde_json::from_slice(&files["flows.json"]).expect("it is JSON");
        let mut said = Vec::new();
        texts(&flows, &mut said);
        said.extend(content.answers.iter().flat_map(|answer| answer.text.values().cloned()));
        said.extend(content.notice.texts.values().map(|notice| notice.text.clone()));
        said.extend(content.triage.iter().flat_map(|rule| rule.reply.values().cloned()));
        for (language, own) in &content.texts {
            said.extend(
                [&own.consent_declined, &own.started, &own.unsupported, &own.forgotten].map(Clone::clone),
            );
            said.push(own.conversation_closed.clone());
            said.push(own.stopped.replace("{word}", &content.words[language].start[0]));
        }
        let reads = [
            "scriba",
            "scríba",
            "scribir",
            "scribiendo",
            " write",
            "Write ",
            "writing",
            "lea esto",
            "read this",
        ];
        for text in said {
            let heard = content.voice.values().fold(text, |text, voice| voice.said(&text));
            let found = reads.iter().find(|word| heard.contains(*word));
            assert!(found.is_none(), "{found:?} is said: {heard}");
        }
    }
}
