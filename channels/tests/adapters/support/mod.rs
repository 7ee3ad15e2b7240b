//! One account of each provider.
use channels::{Account, Provider, Secret};
use serde_json::json;

/// An account that has every setting which the provider knows and which is a text.
pub fn account(provider: Provider) -> Account {
    let secrets = [
        "access_token",
        "account_id",
        "agent_id",
        "title",
        "client_email",
        "project_id",
        "confirmation",
        "account_sid",
        "api_key",
        "api_secret",
        "app_id",
        "app_secret",
        "application_id",
        "auth_id",
        "auth_token",
        "bot_token",
        "bot_username",
        "channel_hash",
        "channel_secret",
        "charging_level",
        "merchant_id",
        "merchant_secret",
        "org_id",
        "passphrase",
        "password",
        "private_key",
        "public_key",
        "secret",
        "sender_id",
        "service_id",
        "signing_key",
        "signing_secret",
        "token",
        "user",
        "username",
        "verify_token",
        "webhook_token",
        "secret_token",
    ];
    let numbers = ["instance_id", "carrier_id"];
    // Each takes the settings that it knows: what it calls unknown is left out.
    let mut settings = json!({"base_url": "https://api.example.org/send"});
    for name in secrets.iter().chain(&numbers) {
        let value = if numbers.contains(name) { json!(1) } else { json!("t") };
        let mut more = settings.clone();
        more[*name] = value;
        let error = Account::new(provider, "1", None, &more).err().map(|error| error.to_string());
        if !error
            .is_some_and(|error| error.contains(&format!("`{name}`, expected")) && error.contains("unknown"))
        {
            settings = more;
        }
    }
    let account = Account::new(provider, "1", Some("KE".into()), &settings);
    account.unwrap_or_else(|error| panic!("{provider}: {error}")).with_token(Secret::new("t"))
}
