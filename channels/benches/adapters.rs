//! What one message costs in CPU: taking a webhook call in (signature and parsing) and writing one (rendering), and
//! counting the segments of a text.
//!
//!     cargo bench -p channels --bench adapters
use channels::{Account, Headers, HttpRequest, Outgoing, Provider, segments, sign_meta, sign_twilio};
use flow::words::{Content, QuickReply};
use serde_json::json;
use uuid::Uuid;

/// The one that the server allocates with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const URL: &str = "https://line.example.org/hooks/7";

fn main() {
    divan::main();
}

fn account(provider: Provider) -> Account {
    let settings = match provider {
        Provider::WhatsappCloud => {
            json!({"access_token": "EAAG", "app_secret": "s3cret", "verify_token": "v"})
        }
        Provider::Twilio => json!({"account_sid": "AC0123456789abcdef", "auth_token": "s3cret"}),
        _ => json!({"bot_token": "123456:AAE", "secret_token": "s3cret"}),
    };
    Account::new(provider, "1055512345", None, &settings).expect("settings are good")
}

fn webhook(provider: Provider) -> HttpRequest {
    match provider {
        Provider::WhatsappCloud => {
            let body = json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{
            "field": "messages", "value": {
                "messaging_product": "whatsapp",
                "metadata": {"display_phone_number": "15550783881", "phone_number_id": "1055512345"},
                "contacts": [{"profile": {"name": "Amina"}, "wa_id": "593991234567", "user_id": "EC.1a2B3c"}],
                "messages": [{
                    "from": "593991234567", "id": "wamid.HBgMNTkzOTkxMjM0NTY3FQIAEhggQTk5",
                    "timestamp": "1772600767", "type": "text",
                    "text": {"body": "Buenos días, ¿dónde puedo renovar mi visa de refugiada?"}}],
            }}]}]});
            let body = body.to_string().into_bytes();
            let headers = Headers::new().with("X-Hub-Signature-256", sign_meta("s3cret", &body));
            HttpRequest { body, ..HttpRequest::post_json(URL, headers, &json!(null)) }
        }
        Provider::Twilio => {
            let fields = [
                ("ToCountry", "EC"),
                ("SmsMessageSid", "SM0123456789abcdef0123456789abcdef"),
                ("NumMedia", "0"),
                ("SmsSid", "SM0123456789abcdef0123456789abcdef"),
                ("SmsStatus", "received"),
                ("Body", "Buenos días, ¿dónde puedo renovar mi visa de refugiada?"),
                ("To", "+15005550006"),
                ("NumSegments", "1"),
                ("MessageSid", "SM0123456789abcdef0123456789abcdef"),
                ("AccountSid", "AC0123456789abcdef"),
                ("From", "+593991234567"),
                ("ApiVersion", "2010-04-01"),
            ];
            let mut request = HttpRequest::post_form(URL, Headers::new(), fields);
            request.headers.append("X-Twilio-Signature", sign_twilio("s3cret", URL, &request.form()));
            request
        }
        _ => {
            let body = json!({"update_id": 900_001, "message": {
                "message_id": 41, "date": 1_772_600_767,
                "from": {"id": 77_123_456, "is_bot": false, "first_name": "Amina", "username": "amina", "language_code": "es"},
                "chat": {"id": 77_123_456, "first_name": "Amina", "username": "amina", "type": "private"},
                "text": "Buenos días, ¿dónde puedo renovar mi visa de refugiada?"}});
            let headers = Headers::new().with("X-Telegram-Bot-Api-Secret-Token", "s3cret");
            HttpRequest::post_json(URL, headers, &body)
        }
    }
}

fn outgoing(provider: Provider) -> Outgoing {
    let to = match provider {
        Provider::WhatsappCloud => "whatsapp:593991234567",
        Provider::Twilio => "tel:+593991234567",
        _ => "telegram:77123456",
    };
    let choice = |(id, text): (&str, &str)| QuickReply {
        id: Some(id.into()),
        text: text.into(),
        ..QuickReply::default()
    };
    let content = Content {
        text: "La renovación se hace en la Dirección Zonal. ¿Qué necesita ahora?".into(),
        quick_replies: [("papers", "Papeles"), ("food", "Comida"), ("staff", "Una persona")]
            .map(choice)
            .to_vec(),
        locale: "spa-EC".into(),
        ..Content::default()
    };
    let mut outgoing = Outgoing::new(Uuid::from_u128(7), to.parse().expect("an address"), content);
    outgoing.status_callback = Some(URL.to_owned());
    outgoing
}

const PROVIDERS: [Provider; 3] = [Provider::WhatsappCloud, Provider::Twilio, Provider::Telegram];

#[divan::bench(args = PROVIDERS)]
fn receive(bencher: divan::Bencher<'_, '_>, provider: Provider) {
    let (account, request) = (account(provider), webhook(provider));
    channels::verify(&account, &request).expect("it is signed");
    bencher.bench(|| {
        let taken = channels::verify(divan::black_box(&account), divan::black_box(&request));
        (taken, channels::receive(&account, &request))
    });
}

#[divan::bench(args = PROVIDERS)]
fn request(bencher: divan::Bencher<'_, '_>, provider: Provider) {
    let (account, outgoing) = (account(provider), outgoing(provider));
    bencher.bench(|| channels::request(divan::black_box(&account), divan::black_box(&outgoing)));
}

#[divan::bench(args = ["gsm7", "ucs2", "gsm7 with marks"])]
fn count_160_letters(bencher: divan::Bencher<'_, '_>, alphabet: &str) {
    let text = match alphabet {
        "gsm7" => "We open at nine. Bring your papers with you, please. ".repeat(4),
        "ucs2" => "Мы открываемся в девять. Возьмите с собой документы. ".repeat(4),
        _ => "¿Dónde está? (sí/no) [1] ñandú, señora: £5 + €3 @ casa "
            .replace(['ó', 'á', 'í', 'ú'], "e")
            .repeat(4),
    };
    let text: String = text.chars().take(160).collect();
    bencher.bench(|| segments::count(divan::black_box(&text)));
}
