//! The channel of a case as one of our accounts.
use channels::{Account, Provider};
use serde_json::{Value, json};

/// Where requests to the provider go; the mocks stand for it.
pub const GRAPH: &str = "http://mock.test";

pub fn account(data: &Value, case: &Value, channel: &Value) -> Result<Account, String> {
    let server = &data["server_config"];
    let config = &channel["config"];
    let overrides = &case["handler_overrides"];
    let (provider, settings) = if data["source"]["path"] == "handlers/meta" {
        let mut settings = json!({
            "access_token": config["auth_token"],
            "app_secret": server["facebook_application_secret"],
            "verify_token": server["facebook_webhook_secret"],
            "base_url": GRAPH,
        });
        copy(&mut settings, "max_text_length", &overrides["maxMsgLengthWAC"]);
        (Provider::WhatsappCloud, settings)
    } else {
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
        copy(&mut settings, "max_text_length", &overrides["maxMsgLength"]);
        (Provider::Twilio, settings)
    };
    let country = channel["country"].as_str().filter(|country| !country.is_empty()).map(str::to_owned);
    let address = channel["address"].as_str().unwrap_or("");
    Account::new(provider, address, country, &settings).map_err(|error| error.to_string())
}

fn copy(settings: &mut Value, name: &str, value: &Value) {
    if !value.is_null() {
        settings[name] = value.clone();
    }
}
