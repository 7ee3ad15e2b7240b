//! Messages that a provider would refuse, cut off or drop as they were written, and what they become.
use channels::{
    Account, Headers, HttpRequest, HttpResponse, Outgoing, Preparation, Provider, Refused, Secret,
};
use flow::words::{
    Attachment, Content, QuickReply, QuickReplyKind, TemplateComponent, TemplateVariable, Templating,
};
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
    for (megabytes, kinds) in
        [(26, vec!["video", "text"]), (27, vec!["file", "text"]), (51, vec!["text"]), (0, vec!["text"])]
    {
        let content = Content {
            text: "mire".into(),
            attachments: vec![file(&format!("video/mp4:{film}"))],
            ..Content::default()
        };
        let mut outgoing = to("viber:a=", content);
        // A server that does not tell the size is one of no length.
        let headers = match megabytes {
            0 => Headers::new(),
            some => Headers::new().with("Content-Length", (some * 1024 * 1024).to_string()),
        };
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

/// An account that writes text wherever it is told to.
fn plain_account(provider: Provider) -> Account {
    let body = r#"{"to": {{to}}, "text": {{text}}}"#;
    let settings = json!({"base_url": "https://gw.example/send", "content_type": "json", "body": body, "webhook_token": "w"});
    if provider == Provider::Http { account(provider, &settings) } else { crate::support::account(provider) }
}

/// Everything that a provider can read in some requests, in whatever form it is written there.
fn written(requests: &[HttpRequest]) -> String {
    fn collect(value: &Value, out: &mut String) {
        match value {
            Value::String(text) => {
                out.push_str(text);
                out.push('\n');
                if let Ok(inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) {
                    collect(&inner, out);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, out)),
            Value::Object(members) => members.iter().for_each(|(name, member)| {
                out.push_str(name);
                collect(member, out);
            }),
            other => out.push_str(&format!("{other}\n")),
        }
    }
    let mut out = String::new();
    for request in requests {
        let pairs = request.query().into_iter().chain(request.form());
        pairs.for_each(|(_, value)| collect(&Value::String(value), &mut out));
        if let Ok(body) = serde_json::from_slice(&request.body) {
            collect(&body, &mut out);
        }
        out.push_str(&String::from_utf8_lossy(&request.body));
        // One gateway takes the text as base64 in the path.
        for part in request.url.split('/') {
            let part = part.replace("%2F", "/").replace("%2B", "+").replace("%3D", "=");
            let decoded = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, part);
            out.push_str(&String::from_utf8(decoded.unwrap_or_default()).unwrap_or_default());
        }
    }
    out
}

fn everything() -> Content {
    let reply = |kind: QuickReplyKind, text: &str, extra: &str| QuickReply {
        kind,
        text: text.into(),
        extra: Some(extra.to_owned()).filter(|extra| !extra.is_empty()),
        ..QuickReply::default()
    };
    Content {
        text: "Karibu sana ndugu yangu".into(),
        attachments: vec![
            file("image/jpeg:https://casa.example/p.jpg"),
            file("application/pdf:https://casa.example/g.pdf"),
            file("application/msword:https://casa.example/w.doc"),
            file("audio/ogg:https://casa.example/s.ogg"),
            file("video/mp4:https://casa.example/f.mp4"),
            file("geo:-1.5,39.5"),
        ],
        quick_replies: vec![
            reply(QuickReplyKind::Text, "Maji", ""),
            reply(QuickReplyKind::Text, "Chakula", ""),
            reply(QuickReplyKind::Text, "Makazi ya muda kwa familia nzima", ""),
            reply(QuickReplyKind::Url, "Tovuti", "https://casa.example/t"),
        ],
        ..Content::default()
    }
}

/// Whom an account of this provider could write to.
fn somebody(account: &Account) -> &'static str {
    match channels::scheme(account) {
        "tel" => "tel:+254711000111",
        "whatsapp" => "whatsapp:254711000111",
        "telegram" => "telegram:7",
        "viber" => "viber:a=",
        "line" => "line:U1",
        "facebook" => "facebook:77",
        "instagram" => "instagram:77",
        "slack" => "slack:U1",
        "rocketchat" => "rocketchat:abc",
        "wechat" => "wechat:abc",
        "jiochat" => "jiochat:5",
        "vk" => "vk:12",
        "freshchat" => "freshchat:c/u",
        "fcm" => "fcm:amina",
        other => panic!("what is an address of {other}?"),
    }
}

/// Sends a message to somebody at every provider that takes texts, and looks for these words in what is sent.
fn all_is_sent(content: &Content, words: &[&str]) {
    let texts =
        Provider::ALL.iter().filter(|p| !matches!(p, Provider::TwilioVoice | Provider::AfricasTalkingVoice));
    for provider in texts {
        let account = plain_account(*provider);
        let mut outgoing = to(somebody(&account), content.clone());
        outgoing.reply_token = (*provider == Provider::Firebase).then(|| "device".to_owned());
        while let Ok(Some(Preparation::Ask { key, .. })) = channels::prepare(&account, &outgoing) {
            let headers = Headers::new().with("Content-Length", "1000");
            outgoing.answers.insert(key, HttpResponse { status: 200, headers, body: Vec::new() });
        }
        match channels::request(&account, &outgoing) {
            Ok(rendering) => {
                let written = written(&rendering.requests);
                for word in words {
                    assert!(written.contains(word), "{provider}: {word} is not in\n{written}");
                }
            }
            // Then all of it is refused, and the author learns it: keys alone have nothing to hang on where they are keys.
            Err(Refused::TooLong) => {}
            Err(Refused::Empty) if content.text.is_empty() && content.attachments.is_empty() => {}
            Err(refused) => panic!("{provider}: {refused}"),
        }
    }
}

/// What a person was to read or tap is in the requests somewhere, whatever the provider can do.
#[test]
fn nothing_that_was_written_is_left_out() {
    let (text, choices) =
        ("Karibu sana ndugu yangu", ["Maji", "Chakula", "Makazi ya muda kwa familia nzima"]);
    let link = "https://casa.example/t";
    let files = [
        "https://casa.example/p.jpg",
        "https://casa.example/g.pdf",
        "https://casa.example/w.doc",
        "https://casa.example/s.ogg",
        "https://casa.example/f.mp4",
        "-1.5",
        "39.5",
    ];
    let all = everything();
    all_is_sent(&all, &[&[text, link], &choices[..], &files[..]].concat());
    let silent = Content { text: String::new(), ..all.clone() };
    all_is_sent(&silent, &[&[link], &choices[..], &files[..]].concat());
    for attachment in &all.attachments {
        let one = Content { attachments: vec![attachment.clone()], ..all.clone() };
        all_is_sent(&one, &[&[text, link], &choices[..]].concat());
        let bare = Content { quick_replies: Vec::new(), ..one.clone() };
        all_is_sent(&bare, &[text]);
        let choices_only = Content { quick_replies: all.quick_replies[..3].to_vec(), ..one };
        all_is_sent(&choices_only, &[&[text], &choices[..]].concat());
    }
    let without_files = Content { attachments: Vec::new(), ..all.clone() };
    all_is_sent(&without_files, &[&[text, link], &choices[..]].concat());
    let choices_alone = Content { text: String::new(), ..without_files };
    all_is_sent(&choices_alone, &[&[link], &choices[..]].concat());
}

#[test]
fn no_choice_is_left_out_however_many_there_are() {
    for count in [1, 3, 4, 10, 11, 13, 14, 25, 73, 201] {
        let labels: Vec<String> = (0..count).map(|i| format!("Chaguo{i:03}")).collect();
        let reply = |label: &String| QuickReply { text: label.clone(), ..QuickReply::default() };
        let quick_replies: Vec<QuickReply> = labels.iter().map(reply).collect();
        let words: Vec<&str> = labels.iter().map(String::as_str).collect();
        let content = Content { text: "Unahitaji nini?".into(), quick_replies, ..Content::default() };
        all_is_sent(&content, &words);
        let picture = vec![file("image/jpeg:https://casa.example/p.jpg")];
        all_is_sent(&Content { attachments: picture, ..content }, &words);
    }
}

#[test]
fn a_long_text_is_sent_to_its_last_word() {
    let words: Vec<String> = (0..250).map(|i| format!("neno{i:03}")).collect();
    let content = Content { text: words.join(" "), ..Content::default() };
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    all_is_sent(&content, &words);
    let picture = vec![file("image/jpeg:https://casa.example/p.jpg")];
    let choice = vec![QuickReply { text: "Sawa".into(), ..QuickReply::default() }];
    all_is_sent(&Content { attachments: picture, quick_replies: choice, ..content }, &words);
}
