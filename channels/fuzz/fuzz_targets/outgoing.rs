//! JSON as the content of a message to send, on every channel.
#![no_main]
use channels::{Account, Outgoing, Provider, segments};
use flow::words::Content;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(content) = serde_json::from_slice::<Content>(bytes) else { return };
    assert_eq!(segments::parts(&content.text).concat(), content.text);
    let meta = serde_json::json!({"access_token": "t", "app_secret": "s", "verify_token": "v"});
    let sms = serde_json::json!({"account_sid": "AC1", "auth_token": "t"});
    let whatsapp = serde_json::json!({"account_sid": "AC1", "auth_token": "t", "transport": "whatsapp"});
    for (provider, settings) in
        [(Provider::WhatsappCloud, meta), (Provider::Twilio, sms), (Provider::Twilio, whatsapp)]
    {
        let account = Account::new(provider, "1", None, &settings).expect("the settings are good");
        let to = "tel:+1".parse().expect("an address");
        if let Ok(rendering) =
            channels::request(&account, &Outgoing::new(uuid::Uuid::nil(), to, content.clone()))
        {
            assert!((1..=channels::MAX_PARTS).contains(&rendering.requests.len()));
        }
    }
});
