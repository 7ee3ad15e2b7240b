//! The set-up form and the settings that it fills agree, for every provider; and an account can be tried out.
use channels::{
    About, Account, Field, FieldKind, HttpResponse, Provider, ProviderInfo, probed, probes, provider_info,
    providers, register_webhooks, registered, webhook_address,
};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

fn value(field: &Field) -> Value {
    match field.kind {
        FieldKind::Text | FieldKind::Secret => json!("some-text"),
        FieldKind::Url => json!("https://gateway.example.org/send"),
        FieldKind::Number => json!(42),
        FieldKind::Choice => json!(field.choices[0]),
        FieldKind::Bool => json!(true),
        FieldKind::List => json!(["a"]),
        FieldKind::Table => json!({}),
    }
}

fn required(info: &ProviderInfo) -> Map<String, Value> {
    let fields = info.fields.iter().filter(|field| field.required);
    fields.map(|field| (field.key.to_owned(), value(field))).collect()
}

fn read(info: &ProviderInfo, settings: &Map<String, Value>) -> Result<Account, String> {
    let address = if info.address.required { "1055512345" } else { "" };
    Account::new(info.provider, address, None, &Value::Object(settings.clone()))
        .map_err(|error| error.to_string())
}

#[test]
fn what_the_form_requires_is_enough_and_nothing_of_it_too_much() {
    assert_eq!(providers().len(), Provider::ALL.len());
    for info in providers() {
        let whole = required(info);
        // A Twilio channel without an address needs a messaging service: the form says so at the address.
        let account = read(info, &whole);
        assert!(account.is_ok() || info.provider == Provider::Twilio, "{}: {account:?}", info.provider);
        for field in info.fields.iter().filter(|field| field.required) {
            let mut less = whole.clone();
            less.remove(field.key);
            assert!(read(info, &less).is_err(), "{} does not need {}", info.provider, field.key);
            for other in &field.unless {
                let other = info.fields.iter().find(|f| f.key == *other).expect("it names another field");
                let mut instead = less.clone();
                instead.insert(other.key.to_owned(), value(other));
                assert!(read(info, &instead).is_ok(), "{}: {} instead", info.provider, other.key);
            }
        }
    }
}

#[test]
fn every_field_of_the_form_is_known_and_no_other() {
    for info in providers() {
        assert!(!info.fields.is_empty() && !info.name.is_empty() && !info.address.help.is_empty());
        let mut whole = required(info);
        for field in &info.fields {
            assert!(!field.help.is_empty(), "{} {} has no sentence", info.provider, field.key);
            assert!(
                field.help.ends_with('.') || field.help.ends_with('…'),
                "{} {}",
                info.provider,
                field.key
            );
            assert_eq!(field.kind == FieldKind::Choice, !field.choices.is_empty(), "{}", field.key);
            let known = if field.key == "country" { json!("KE") } else { value(field) };
            whole.insert(field.key.to_owned(), known);
        }
        let account = Account::new(info.provider, "1", None, &Value::Object(whole.clone()));
        assert!(account.is_ok(), "{}: {account:?}", info.provider);
        whole.insert("colour".into(), json!("red"));
        let error = read(info, &whole).expect_err("an unknown setting is refused");
        assert!(error.contains("colour"), "{}: {error}", info.provider);
    }
}

#[test]
fn what_must_stay_secret_is_marked() {
    for info in providers() {
        for field in &info.fields {
            let sounds_secret =
                ["password", "secret", "private_key", "api_secret", "access_token", "bot_token"]
                    .iter()
                    .any(|word| field.key.ends_with(word));
            assert!(
                !sounds_secret || field.kind == FieldKind::Secret,
                "{} {} is {:?}",
                info.provider,
                field.key,
                field.kind
            );
        }
    }
    let twilio = provider_info(Provider::Twilio).expect("it is there");
    let transport = twilio.fields.iter().find(|field| field.key == "transport").expect("it is there");
    assert_eq!(transport.choices, ["sms", "whatsapp"]);
    let guard = provider_info(Provider::AfricasTalking).expect("it is there");
    let token = guard.fields.iter().find(|field| field.key == "webhook_token").expect("it is there");
    assert!(token.required && token.unless == ["unsigned_webhooks"], "{token:?}");
}

#[test]
fn the_registry_can_be_shown_as_json() {
    let shown = serde_json::to_value(providers()).expect("it can be written");
    assert_eq!(shown[0]["provider"], "whatsapp_cloud");
    assert_eq!(shown[0]["reaches"], "whatsapp");
    assert!(shown[0]["can_be_tested"].as_bool().expect("a bool"));
}

fn of(provider: Provider) -> Account {
    let info = provider_info(provider).expect("it is there");
    let settings = Value::Object(required(info));
    Account::new(provider, "1055512345", None, &settings).expect("it is enough")
}

fn answer(status: u16, body: &Value) -> HttpResponse {
    HttpResponse::new(status, "application/json", body.to_string())
}

#[test]
fn an_account_is_tried_out_without_sending() {
    for (provider, about, body, expected) in [
        (
            Provider::WhatsappCloud,
            About::Account,
            json!({"id": "1", "verified_name": "Casa", "display_phone_number": "+1 5", "quality_rating": "GREEN"}),
            "the provider knows this account as Casa, +1 5",
        ),
        (
            Provider::Twilio,
            About::Account,
            json!({"sid": "AC1", "friendly_name": "Line"}),
            "the provider knows this account as Line",
        ),
        (
            Provider::Telegram,
            About::Webhook,
            json!({"ok": true, "result": {"url": "", "pending_update_count": 0}}),
            "the provider calls no address yet",
        ),
        (
            Provider::Viber,
            About::Account,
            json!({"status": 0, "name": "Casa"}),
            "the provider knows this account as Casa",
        ),
        (Provider::Vonage, About::Balance, json!({"value": 10.28}), "the provider tells the balance"),
        (
            Provider::AfricasTalking,
            About::Balance,
            json!({"UserData": {"balance": "KES 1785.50"}}),
            "the provider tells the balance",
        ),
    ] {
        let found = probed(&of(provider), about, &answer(200, &body));
        assert!(found.ok, "{provider}: {found:?}");
        assert_eq!(found.says, expected, "{provider}");
    }
    let kes = answer(200, &json!({"UserData": {"balance": "KES 1785.50"}}));
    let balance = probed(&of(Provider::AfricasTalking), About::Balance, &kes).balance.expect("it is told");
    assert_eq!((balance.amount.as_str(), balance.currency.as_deref()), ("1785.50", Some("KES")));
    let quality = answer(200, &json!({"id": "1", "quality_rating": "RED"}));
    assert_eq!(
        probed(&of(Provider::WhatsappCloud), About::Account, &quality).quality.as_deref(),
        Some("red")
    );
}

#[test]
fn wrong_credentials_are_told_apart_from_a_provider_that_is_down() {
    use channels::ErrorClass::{AccountBroken, Throttled, Transient};
    let telegram = of(Provider::Telegram);
    for (status, body, class) in [
        (401, json!({"ok": false, "description": "Unauthorized"}), AccountBroken),
        (200, json!({"ok": false, "description": "no"}), AccountBroken),
        (429, json!({}), Throttled),
        (503, json!(null), Transient),
    ] {
        let found = probed(&telegram, About::Account, &answer(status, &body));
        assert_eq!((found.ok, found.class), (false, Some(class)), "{status}");
    }
    let words = probed(&telegram, About::Account, &answer(401, &json!({"description": "no +593991234567"})));
    assert!(!words.says.contains("593991234567"), "{}", words.says);
}

#[test]
fn the_provider_is_told_where_to_call() {
    let url = "https://line.example.org/hooks/7";
    for provider in
        [Provider::Telegram, Provider::Viber, Provider::Line, Provider::Dialog360, Provider::Android]
    {
        let info = provider_info(provider).expect("it is there");
        assert!(info.can_register_webhook, "{provider}");
        let requests = register_webhooks(&of(provider), url);
        assert!(!requests.is_empty(), "{provider}");
        assert!(requests.iter().all(|one| String::from_utf8_lossy(&one.body).contains(url)), "{provider}");
    }
    assert!(register_webhooks(&of(Provider::Telegram), "no address").is_empty());
    let telegram = register_webhooks(&of(Provider::Telegram), url).remove(0);
    let letter: Value = serde_json::from_slice(&telegram.body).expect("it is JSON");
    assert_eq!(letter["secret_token"], "some-text");
    assert!(registered(&of(Provider::Telegram), &answer(200, &json!({"ok": true, "result": true}))).ok);
    assert!(!registered(&of(Provider::Viber), &answer(200, &json!({"status": 1}))).ok);
    assert!(registered(&of(Provider::Line), &answer(200, &json!({}))).ok);
    // Who signs nothing gets an address with the token in it; who signs gets the plain one.
    assert_eq!(webhook_address(&of(Provider::Kannel), url), format!("{url}?token=some-text"));
    assert_eq!(webhook_address(&of(Provider::WhatsappCloud), url), url);
}

#[test]
fn probes_are_well_formed_and_any_answer_gives_an_outcome() {
    for provider in Provider::ALL {
        let account = crate::support::account(*provider);
        for probe in probes(&account, Timestamp::UNIX_EPOCH) {
            assert!(probe.request.url.starts_with("http"), "{provider}");
            for body in ["", "null", "[]", "{}", "{\"ok\": true}", "<html>", "{\"error\": {\"message\": 1}}"]
            {
                for status in [200, 204, 301, 400, 401, 404, 429, 500, 599] {
                    let found = probed(&account, probe.about, &HttpResponse::new(status, "", body));
                    assert!(!found.says.is_empty() && (found.ok == found.class.is_none()), "{provider}");
                }
            }
        }
    }
}
