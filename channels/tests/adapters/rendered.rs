//! Messages that a provider would refuse, cut off or drop as they were written, and what they become.
use channels::{Account, Headers, HttpRequest, HttpResponse, Outgoing, Provider, Secret};
use flow::words::{Attachment, Content, TemplateComponent, TemplateVariable, Templating};
use serde_json::{Value, json};

fn account(provider: Provider, settings: &Value) -> Account {
    Account::new(provider, "2020", Some("KE".into()), settings).expect("settings are good")
}

fn file(text: &str) -> Attachment {
    Attachment::parse(text).expect("it is an attachment")
}

fn to(urn: &str, content: Content) -> Outgoing {
    let id = uuid::Uuid::from_u128(0x0191_e180_7d60_7000_aded_7d8b_151c_bd50);
    Outgoing::new(id, urn.parse().expect("an address"), content)
}

fn sent(account: &Account, outgoing: &Outgoing) -> Vec<HttpRequest> {
    channels::request(account, outgoing).expect("it can be sent").requests
}

fn body(request: &HttpRequest) -> Value {
    serde_json::from_slice(&request.body).expect("it is JSON")
}

#[test]
fn instagram_counts_bytes() {
    let settings = json!({"access_token": "t", "app_secret": "s", "verify_token": "v"});
    let lengths = |provider: Provider, urn: &str, text: &str| -> Vec<usize> {
        let content = Content { text: text.into(), ..Content::default() };
        let requests = sent(&account(provider, &settings), &to(urn, content));
        requests.iter().map(|r| body(r)["message"]["text"].as_str().map_or(0, str::len)).collect()
    };
    let arabic = "نحن هنا ".repeat(120);
    for text in ["word ".repeat(300), arabic.clone(), "😀".repeat(400), "a".repeat(999)] {
        let parts = lengths(Provider::Instagram, "instagram:77", &text);
        assert!(parts.iter().all(|bytes| (1..=1000).contains(bytes)), "{parts:?}");
        // No more parts than the bytes ask for, give or take one.
        assert!(parts.len() <= text.len() / 1000 + 2, "{parts:?}");
    }
    assert_eq!(lengths(Provider::Messenger, "facebook:77", &arabic).len(), 1);
}

#[test]
fn viber_gets_large_films_as_files_and_larger_ones_as_links() {
    let bot = account(Provider::Viber, &json!({"auth_token": "t"}));
    let film = "https://line.example.org/a.mp4";
    for (megabytes, kinds) in [(26, vec!["video", "text"]), (27, vec!["file", "text"]), (51, vec!["text"])] {
        let content = Content {
            text: "mire".into(),
            attachments: vec![file(&format!("video/mp4:{film}"))],
            ..Content::default()
        };
        let mut outgoing = to("viber:a=", content);
        let headers = Headers::new().with("Content-Length", (megabytes * 1024 * 1024).to_string());
        let answer = HttpResponse { status: 200, headers, body: Vec::new() };
        outgoing.answers.insert(film.into(), answer);
        let letters: Vec<Value> = sent(&bot, &outgoing).iter().map(body).collect();
        let types: Vec<&str> = letters.iter().filter_map(|letter| letter["type"].as_str()).collect();
        assert_eq!(types, kinds, "{megabytes} MB");
        if kinds.len() == 1 {
            assert_eq!(letters[0]["text"], format!("mire\n{film}"));
        }
    }
}

#[test]
fn telegram_gets_only_files_that_it_fetches() {
    let bot = account(Provider::Telegram, &json!({"bot_token": "t", "secret_token": "s"}));
    for (attachment, method) in [
        ("application/pdf:https://a.example/b.pdf", "sendDocument"),
        ("application/zip:https://a.example/b", "sendDocument"),
        ("document:https://a.example/b.PDF?x=1", "sendDocument"),
        ("application/octet-stream:https://a.example/b.zip", "sendDocument"),
        (
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document:https://a.example/b.docx",
            "sendMessage",
        ),
        ("text/plain:https://a.example/b.txt", "sendMessage"),
        ("document:https://a.example/b.docx", "sendMessage"),
        ("audio/ogg; codecs=opus:https://a.example/b.ogg", "sendVoice"),
        ("audio/mp4:https://a.example/b.m4a", "sendAudio"),
        ("audio:https://a.example/b", "sendAudio"),
    ] {
        let content =
            Content { text: "mire".into(), attachments: vec![file(attachment)], ..Content::default() };
        let outgoing = to("telegram:7", content);
        let requests = sent(&bot, &outgoing);
        assert_eq!(requests.len(), 1, "{attachment}");
        assert!(requests[0].url.ends_with(method), "{attachment}: {}", requests[0].url);
        let form = requests[0].form();
        let address = attachment.split_once(":https").map_or("", |(_, rest)| rest);
        assert!(form.iter().any(|(_, value)| value.contains(address)), "{attachment}: {form:?}");
        let preview = channels::preview_on(&bot, &outgoing.content);
        assert!(format!("{preview:?}").contains("a.example"), "{attachment}: {preview:?}");
    }
}

#[test]
fn telegram_answers_a_message_that_was_deleted_since() {
    let bot = account(Provider::Telegram, &json!({"bot_token": "t", "secret_token": "s"}));
    let mut outgoing = to("telegram:7", Content { text: "hola".into(), ..Content::default() });
    let fields = |outgoing: &Outgoing| {
        let form = sent(&bot, outgoing)[0].form();
        form.into_iter().filter(|(name, _)| name.contains("reply")).collect::<Vec<_>>()
    };
    assert_eq!(fields(&outgoing).len(), 1, "only the keyboard is taken away");
    outgoing.reply_to = Some("5".into());
    let expected = [("reply_to_message_id", "5"), ("allow_sending_without_reply", "true")];
    for (name, value) in expected {
        assert!(fields(&outgoing).contains(&(name.to_owned(), value.to_owned())), "{name}");
    }
}

#[test]
fn each_part_has_an_id_of_its_own_where_the_same_id_would_be_dropped() {
    let text = "neno ".repeat(700);
    let content = Content { text, ..Content::default() };
    let outgoing = to("tel:+254711000111", content);
    let infobip = account(Provider::Infobip, &json!({"api_key": "k", "webhook_token": "w"}));
    let mtn = json!({"api_key": "k", "auth_token": "s", "webhook_token": "w"});
    let mtn = account(Provider::Mtn, &mtn).with_token(Secret::new("t"));
    let playmobile =
        json!({"username": "u", "password": "p", "base_url": "https://p.example", "webhook_token": "w"});
    let playmobile = account(Provider::Playmobile, &playmobile);
    for (account, pointer) in [
        (&infobip, "/messages/0/destinations/0/messageId"),
        (&mtn, "/clientCorrelator"),
        (&playmobile, "/messages/0/message-id"),
    ] {
        // A longer text than MTN's parts allow is refused as a whole; this one has fewer.
        let outgoing = if account.provider() == Provider::Mtn {
            to("tel:+254711000111", Content { text: "neno ".repeat(70), ..Content::default() })
        } else {
            outgoing.clone()
        };
        let requests = sent(account, &outgoing);
        let mut ids: Vec<String> =
            requests.iter().filter_map(|r| body(r).pointer(pointer)?.as_str().map(str::to_owned)).collect();
        assert_eq!(ids[0], outgoing.id.to_string(), "{}", account.provider());
        assert!(ids.len() == requests.len() && ids.len() > 1, "{}", account.provider());
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), requests.len(), "{}", account.provider());
    }
}

#[test]
fn a_text_of_several_sms_is_one_message_where_the_provider_divides_it() {
    let at = json!({"username": "u", "api_key": "k", "webhook_token": "w"});
    let at = account(Provider::AfricasTalking, &at);
    let outgoing = to("tel:+254711000111", Content { text: "neno ".repeat(100), ..Content::default() });
    assert_eq!(sent(&at, &outgoing).len(), 1);
}

#[test]
fn slack_is_not_told_what_looks_like_its_own_signs() {
    let slack = account(Provider::Slack, &json!({"bot_token": "x", "signing_secret": "s"}));
    let content = Content { text: "1 < 2 & <!channel>".into(), ..Content::default() };
    let letter = body(&sent(&slack, &to("slack:U1", content))[0]);
    assert_eq!(letter["text"], "1 &lt; 2 &amp; &lt;!channel&gt;");
}

#[test]
fn a_template_with_a_code_to_copy() {
    let settings = json!({"access_token": "t", "app_secret": "s", "verify_token": "v"});
    let cloud = account(Provider::WhatsappCloud, &settings);
    let component = TemplateComponent {
        kind: "button/copy_code".into(),
        name: "button.1".into(),
        variables: [("1".to_owned(), 0)].into_iter().collect(),
    };
    let templating = Templating {
        name: "voucher".into(),
        external_id: None,
        locale: "es".into(),
        components: vec![component],
        variables: vec![TemplateVariable { kind: "text".into(), value: "AB-12".into() }],
    };
    let content = Content { templating: Some(templating), ..Content::default() };
    let letter = body(&sent(&cloud, &to("whatsapp:254711000111", content))[0]);
    let expected = json!({"type": "button", "sub_type": "copy_code", "index": "1",
        "parameters": [{"type": "coupon_code", "coupon_code": "AB-12"}]});
    assert_eq!(letter["template"]["components"][0], expected);
}
