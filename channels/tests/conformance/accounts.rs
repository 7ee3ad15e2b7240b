//! The channel of a case as one of our accounts.
use channels::{Account, Provider, Secret};
use serde_json::{Value, json};

/// Where requests to the provider go; the mocks stand for it.
pub const GRAPH: &str = "http://mock.test";
/// What the harness signs calls with that RapidPro takes without looking at a signature.
pub const SECRET: &str = "harness";

/// Handlers in the data, the provider that they are here, and how settings are called there and here.
const NAMES: &[(&str, &str, &str)] = &[
    ("africastalking", "africas_talking", "username api_key is_shared"),
    ("arabiacell", "arabia_cell", "username password service_id charging_level"),
    ("bandwidth", "bandwidth", "username password account_id application_id=messaging_application_id"),
    ("burstsms", "burst_sms", "username password"),
    ("clickatell", "clickatell", "api_key"),
    ("clickmobile", "click_mobile", "username password app_id org_id base_url=send_url"),
    ("clicksend", "click_send", "username password"),
    ("dart", "dart_media", "username password"),
    ("dialog360", "dialog360", "auth_token base_url"),
    ("dmark", "dmark", "auth_token"),
    ("facebook_legacy", "messenger", "access_token=auth_token verify_token=secret"),
    ("firebase", "firebase", "title=FCM_TITLE notification=FCM_NOTIFICATION"),
    ("freshchat", "freshchat", "auth_token public_key=secret agent_id=username"),
    ("globe", "globe", "app_id app_secret passphrase"),
    ("highconnection", "high_connection", "username password"),
    ("hormuud", "hormuud", "username password"),
    ("i2sms", "i2sms", "username password channel_hash"),
    ("infobip", "infobip", "username password transliteration"),
    ("jasmin", "jasmin", "username password base_url=send_url"),
    ("jiochat", "jiochat", "app_id=jiochat_app_id app_secret=jiochat_app_secret"),
    ("justcall", "justcall", "api_key secret"),
    ("kaleyra", "kaleyra", "account_sid api_key"),
    ("kannel", "kannel", "username password base_url=send_url ignore_sent use_national"),
    ("line", "line", "access_token=auth_token channel_secret=secret"),
    ("m3tech", "m3tech", "username password"),
    (
        "macrokiosk",
        "macrokiosk",
        "username password sender_id=macrokiosk_sender_id service_id=macrokiosk_service_id",
    ),
    ("mblox", "mblox", "username password"),
    ("messagebird", "messagebird", "auth_token signing_key=secret"),
    ("messangi", "messangi", "public_key private_key instance_id carrier_id"),
    ("mtarget", "mtarget", "username password"),
    ("mtn", "mtn", "api_key auth_token cp_address"),
    ("nexmo", "vonage", "api_key=nexmo_api_key api_secret=nexmo_api_secret"),
    ("novo", "novo", "merchant_id merchant_secret secret"),
    ("playmobile", "playmobile", "username password base_url incoming_prefixes"),
    ("plivo", "plivo", "auth_id=PLIVO_AUTH_ID auth_token=PLIVO_AUTH_TOKEN"),
    ("rocketchat", "rocket_chat", "base_url bot_username secret"),
    ("slack", "slack", "bot_token verification_token"),
    ("smscentral", "sms_central", "username password"),
    ("start", "start_mobile", "username password"),
    ("telegram", "telegram", "bot_token=auth_token"),
    ("telesom", "telesom", "username password secret base_url=send_url"),
    ("thinq", "thinq", "account_id user=api_token_user token=api_token"),
    ("turn", "turn", "auth_token base_url namespace=fb_namespace"),
    ("viber", "viber", "auth_token welcome_message button_layout"),
    ("vk", "vk", "access_token=auth_token confirmation=callback_verification_string secret"),
    ("wavy", "wavy", "username auth_token"),
    ("wechat", "wechat", "app_id=wechat_app_id app_secret=wechat_app_secret token=secret"),
    ("yo", "yo", "username password"),
    ("zenvia", "zenvia", "api_key"),
];

/// Cases of the data that need no credentials leave them out.
const CREDENTIALS: &[&str] = &[
    "username",
    "password",
    "api_key",
    "service_id",
    "charging_level",
    "account_id",
    "application_id",
    "app_id",
    "org_id",
    "auth_token",
    "access_token",
    "verify_token",
    "channel_hash",
    "app_secret",
    "passphrase",
    "sender_id",
    "api_secret",
    "auth_id",
    "merchant_id",
    "merchant_secret",
    "user",
    "token",
    "public_key",
    "private_key",
    "instance_id",
    "carrier_id",
    "secret",
    "base_url",
    "account_sid",
    "agent_id",
    "bot_token",
    "channel_secret",
    "title",
    "credentials",
    "bot_username",
    "confirmation",
];

pub fn account(data: &Value, case: &Value, channel: &Value) -> Result<Account, String> {
    let handler = data["handler"].as_str().unwrap_or("");
    let (provider, settings) = match handler {
        "meta" => meta(data, case, channel),
        "twiml" => (Provider::Twilio, twilio(case, channel)),
        "external" => (Provider::Http, external(channel)),
        _ => named(handler, case, channel)?,
    };
    let country = channel["country"].as_str().filter(|country| !country.is_empty()).map(str::to_owned);
    let address = channel["address"].as_str().unwrap_or("");
    let account = Account::new(provider, address, country, &settings).map_err(|error| error.to_string())?;
    let token = case["setup"]["valkey"][0][2].as_str();
    Ok(token.map_or(account.clone(), |token| account.with_token(Secret::new(token))))
}

fn meta(data: &Value, case: &Value, channel: &Value) -> (Provider, Value) {
    let (server, overrides) = (&data["server_config"], &case["handler_overrides"]);
    let mut settings = json!({
        "access_token": channel["config"]["auth_token"],
        "app_secret": server["facebook_application_secret"],
        "verify_token": server["facebook_webhook_secret"],
    });
    let (provider, length) = match case["handler_args"][0].as_str() {
        Some("FBA") => (Provider::Messenger, "maxMsgLength"),
        Some("IG") => (Provider::Instagram, "maxMsgLength"),
        _ => {
            settings["base_url"] = json!(GRAPH);
            (Provider::WhatsappCloud, "maxMsgLengthWAC")
        }
    };
    copy(&mut settings, "max_text_length", &overrides[length]);
    (provider, settings)
}

fn twilio(case: &Value, channel: &Value) -> Value {
    let config = &channel["config"];
    let whatsapp = channel["schemes"][0] == "whatsapp";
    let mut settings = json!({
        "account_sid": config["account_sid"].as_str().unwrap_or("AC"),
        "auth_token": config["auth_token"],
        "transport": if whatsapp { "whatsapp" } else { "sms" },
        "signed_webhooks": case["handler_args"][2],
    });
    copy(&mut settings, "messaging_service_sid", &config["messaging_service_sid"]);
    copy(&mut settings, "base_url", &config["send_url"]);
    copy(&mut settings, "shorten_urls", &config["link_shortening"]);
    copy(&mut settings, "max_text_length", &case["handler_overrides"]["maxMsgLength"]);
    settings
}

/// RapidPro's "external" channel: what stands there as a media type or its short name is two settings here.
fn external(channel: &Value) -> Value {
    let config = &channel["config"];
    let mut settings = json!({
        "unsigned_webhooks": true,
        "scheme": channel["schemes"][0],
        "base_url": config["send_url"].as_str().unwrap_or("http://example.com/send"),
        "plain_punctuation": config["encoding"] == "S",
    });
    for (ours, theirs) in [
        ("method", "method"),
        ("body", "body"),
        ("headers", "headers"),
        ("authorization", "send_authorization"),
        ("response_check", "mt_response_check"),
        ("max_text_length", "max_length"),
        ("use_national", "use_national"),
        ("from_field", "mo_from_field"),
        ("text_field", "mo_text_field"),
        ("date_field", "mo_date_field"),
        ("answer", "mo_response"),
        ("answer_content_type", "mo_response_content_type"),
    ] {
        copy(&mut settings, ours, &config[theirs]);
    }
    for (ours, theirs) in [("from_element", "from_xpath"), ("text_element", "text_xpath")] {
        if let Some(path) = config[theirs].as_str() {
            settings[ours] = json!(path.rsplit('/').next());
        }
    }
    match config["content_type"].as_str() {
        Some(short @ ("json" | "xml")) => settings["content_type"] = json!(short),
        Some("full") | None => {}
        Some(full) => settings["content_type_header"] = json!(full),
    }
    settings
}

fn named(handler: &str, case: &Value, channel: &Value) -> Result<(Provider, Value), String> {
    let (_, name, keys) = NAMES
        .iter()
        .find(|(known, _, _)| *known == handler)
        .ok_or_else(|| format!("no adapter for {handler}"))?;
    let provider = Provider::parse(name).ok_or_else(|| format!("no adapter for {handler}"))?;
    let (config, overrides) = (&channel["config"], &case["handler_overrides"]);
    let mut settings = json!({});
    for key in keys.split(' ') {
        let (ours, theirs) = key.split_once('=').unwrap_or((key, key));
        let otherwise =
            if CREDENTIALS.contains(&ours) && config[theirs].is_null() && case["channel"].is_null() {
                if handler == "messangi" { json!(1) } else { json!("http://mock.test") }
            } else {
                Value::Null
            };
        let otherwise = if handler == "messangi" && ours.ends_with("_key") { json!("k") } else { otherwise };
        let value = if config[theirs].is_null() { &otherwise } else { &config[theirs] };
        copy(&mut settings, ours, value);
    }
    copy(&mut settings, "max_text_length", &overrides["maxMsgLength"]);
    match handler {
        "firebase" => {
            // RapidPro keeps the whole file of the service account; here its values are settings.
            let file = &config["FCM_CREDENTIALS_JSON"];
            for name in ["project_id", "client_email", "private_key"] {
                settings[name] = json!(file[name].as_str().unwrap_or("x"));
            }
            settings["unsigned_webhooks"] = json!(true);
        }
        "facebook_legacy" => {
            settings["app_secret"] = json!(SECRET);
            settings["base_url"] = json!("https://graph.facebook.com/v3.3");
            settings["verify_token"] = json!(config["secret"].as_str().unwrap_or(SECRET));
        }
        "slack" => settings["signing_secret"] = json!(SECRET),
        "messagebird" if case["handler_args"][2] == false => {
            settings["unsigned_webhooks"] = json!(true);
            settings.as_object_mut().map(|settings| settings.remove("signing_key"));
        }
        "line" => {
            settings["channel_secret"] = json!(config["secret"].as_str().unwrap_or(SECRET));
        }
        "zenvia" => {
            let whatsapp = channel["channel_type"] == "ZVW";
            settings["transport"] = json!(if whatsapp { "whatsapp" } else { "sms" });
            settings["unsigned_webhooks"] = json!(true);
        }
        "viber" => copy(&mut settings, "max_caption_length", &overrides["descriptionMaxLength"]),
        "telegram" => {
            copy(&mut settings, "base_url", &overrides["apiURL"]);
            settings["unsigned_webhooks"] = json!(true);
        }
        "jiochat" | "wechat" | "vk" => {
            settings["unsigned_webhooks"] = json!(true);
            copy(&mut settings, "base_url", &overrides["sendURL"]);
            copy(&mut settings, "base_url", &overrides["apiBaseURL"]);
        }
        "freshchat" if case["handler_args"][2] == false => {
            settings["unsigned_webhooks"] = json!(true);
            settings.as_object_mut().map(|settings| settings.remove("public_key"));
        }
        "wechat_" | "rocketchat" | "novo" | "freshchat" | "messagebird" => {}
        _ => settings["unsigned_webhooks"] = json!(true),
    }
    Ok((provider, settings))
}

fn copy(settings: &mut Value, name: &str, value: &Value) {
    if !value.is_null() {
        settings[name] = value.clone();
    }
}
