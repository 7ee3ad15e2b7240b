//! Whatever comes in, nothing panics: arbitrary bytes, arbitrary JSON in the shape of a call, arbitrary answers.
#![expect(clippy::unwrap_used, reason = "in a test a failed unwrap is the failure")]
use channels::{Account, Headers, HttpRequest, HttpResponse, Incoming, Outgoing, Provider, media};
use flow::words::{Attachment, Content, QuickReply, QuickReplyKind};
use proptest::prelude::*;
use serde_json::{Value, json};

fn accounts() -> Vec<Account> {
    let mut all: Vec<Account> =
        Provider::ALL.iter().map(|provider| crate::support::account(*provider)).collect();
    let whatsapp = json!({"account_sid": "AC1", "auth_token": "t", "transport": "whatsapp", "mms": true});
    all.push(Account::new(Provider::Twilio, "+1", None, &whatsapp).unwrap());
    all
}

/// One account of each provider, made once.
static ACCOUNTS: std::sync::LazyLock<Vec<Account>> = std::sync::LazyLock::new(accounts);

/// Everything that a call from outside goes through.
fn take(url: &str, content_type: &str, signature: &str, body: &[u8]) {
    for method in ["POST", "GET"] {
        let headers = Headers::new()
            .with("Content-Type", content_type)
            .with("X-Hub-Signature-256", signature)
            .with("X-Twilio-Signature", signature)
            .with("Authorization", signature)
            .with("X-Viber-Content-Signature", signature)
            .with("X-Line-Signature", signature)
            .with("X-Slack-Signature", signature)
            .with("X-Slack-Request-Timestamp", "1")
            .with("Messagebird-Signature-Jwt", signature)
            .with("X-Plivo-Signature-V3", signature)
            .with("X-Plivo-Signature-V3-Nonce", "1")
            .with("X-Freshchat-Signature", signature)
            .with("X-Forwarded-Path", url);
        let request = HttpRequest { method: method.into(), url: url.into(), headers, body: body.to_vec() };
        for account in ACCOUNTS.iter() {
            let _ = channels::challenge(account, &request);
            assert!(channels::verify(account, &request).is_err(), "nobody can sign by chance");
            let _ = channels::addressees(account.provider(), &request);
            let Ok(incoming) = channels::receive(account, &request) else { continue };
            let stored = serde_json::to_string(&incoming).unwrap();
            assert_eq!(serde_json::from_str::<Vec<Incoming>>(&stored).unwrap().len(), incoming.len());
            for one in &incoming {
                let Incoming::Message(message) = one else { continue };
                assert!(!message.from.is_empty());
                for attachment in &message.attachments {
                    let _ = media::fetch(account, attachment);
                }
            }
        }
    }
}

/// JSON of any shape, with the names that Meta uses more often than chance would.
fn json_value() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec![
        "id",
        "from",
        "from_user_id",
        "type",
        "text",
        "body",
        "image",
        "audio",
        "location",
        "latitude",
        "longitude",
        "contacts",
        "wa_id",
        "user_id",
        "interactive",
        "button_reply",
        "nfm_reply",
        "response_json",
        "timestamp",
        "errors",
        "code",
        "status",
        "context",
        "system",
        "reaction",
        "message_id",
        "order",
        "button",
        "title",
        "mid",
        "message",
        "message_edit",
        "attachments",
        "payload",
        "url",
        "emails",
        "event",
        "poll",
        "message_id",
        "unsend",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        prop::sample::select(vec![
            "text",
            "image",
            "interactive",
            "system",
            "593991",
            "EC.1",
            "failed",
            "nfm_reply",
            "1"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..8)
                .prop_map(|pairs| Value::Object(pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes(
        url in "\\PC{0,40}",
        content_type in prop::sample::select(vec!["application/json", "application/x-www-form-urlencoded", ""]),
        signature in "\\PC{0,40}",
        body in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        take(&url, content_type, &signature, &body);
    }

    #[test]
    fn any_call_of_metas(
        field in prop::sample::select(vec!["messages", "user_preferences", "account_update", "calls", "x"]),
        messages in prop::collection::vec(json_value(), 0..3),
        statuses in prop::collection::vec(json_value(), 0..3),
        contacts in json_value(),
        other in json_value(),
    ) {
        let body = json!({"object": "whatsapp_business_account", "entry": [{"changes": [
            {"field": field, "value": {"messages": messages, "statuses": statuses, "contacts": contacts,
                                       "user_preferences": statuses, "errors": messages, "calls": messages}},
            {"field": field, "value": other},
        ]}, other]});
        take("https://line.example.org/x", "application/json", "sha256=00", body.to_string().as_bytes());
    }

    #[test]
    fn any_call_of_pages(object in prop::sample::select(vec!["page", "instagram"]), items in prop::collection::vec(json_value(), 0..3)) {
        let with_persons: Vec<Value> = items.iter().filter(|item| item.is_object()).cloned().map(|mut item| {
            item["sender"] = json!({"id": "7"});
            item["message"] = item.get("message").cloned().unwrap_or_else(|| item.clone());
            item
        }).collect();
        let body = json!({"object": object, "entry": [{"messaging": items}, {"messaging": with_persons, "standby": items}]});
        take("https://line.example.org/x", "application/json", "sha256=00", body.to_string().as_bytes());
    }

    #[test]
    fn any_call_of_twilios(values in prop::collection::vec("\\PC{0,30}|[0-9+.-]{1,12}|[A-Za-z0-9+/=]{60,200}", 10)) {
        let names = ["MessageSid", "From", "Body", "NumMedia", "MediaUrl0", "Latitude", "Longitude", "MessageStatus",
                     "ErrorCode", "InteractiveData"];
        for used in [names.len(), 7] {
            let fields = names.iter().copied().zip(values.iter().map(String::as_str)).take(used);
            let request = HttpRequest::post_form("https://line.example.org/x?uuid=1", Headers::new(), fields);
            take(&request.url, "application/x-www-form-urlencoded", "AAAA", &request.body);
        }
    }

    #[test]
    fn any_json(body in json_value()) {
        take("https://line.example.org/x/status?a=1", "application/json", "00", body.to_string().as_bytes());
        take("https://line.example.org/x", "application/json", "00", json!([body]).to_string().as_bytes());
        let events = json!({"event": "message", "update_id": 1, "events": [body], "message": body, "results": [body]});
        take("https://line.example.org/x", "application/json", "00", events.to_string().as_bytes());
    }

    #[test]
    fn any_answer(status in any::<u16>(), body in prop_oneof!["\\PC{0,100}", json_value().prop_map(|v| v.to_string())]) {
        for account in ACCOUNTS.iter() {
            let response = HttpResponse::new(status, "application/json", body.clone());
            let _ = channels::token(account, &response);
            let _ = channels::profile_name(account, &response);
            let _ = channels::settle(account, &response);
            let _ = media::located(account, &response);
        }
    }

    #[test]
    fn any_message_to_send(
        text in "\\PC{0,300}",
        urls in prop::collection::vec("(image|audio|geo|x)(/png)?:(https://a.example/\\PC{0,9}|[0-9.,-]{0,9})", 0..4),
        replies in prop::collection::vec(("\\PC{0,30}", prop::option::of("\\PC{0,90}"), 0..4_u8), 0..13),
        urn in prop::sample::select(vec![
            "whatsapp:5", "tel:+5", "bsuid:EC.1", "whatsapp:x", "telegram:5", "viber:a=", "line:u", "facebook:5",
            "instagram:5", "slack:U", "rocketchat:a", "wechat:a", "jiochat:5",
        ]),
    ) {
        let kinds = [QuickReplyKind::Text, QuickReplyKind::Location, QuickReplyKind::Form, QuickReplyKind::Url];
        let content = Content {
            text,
            attachments: urls.iter().filter_map(|url| Attachment::parse(url)).collect(),
            quick_replies: replies.into_iter().map(|(text, extra, kind)| QuickReply {
                kind: kinds[usize::from(kind)], id: None, text, extra,
            }).collect(),
            ..Content::default()
        };
        for account in ACCOUNTS.iter() {
            let outgoing = Outgoing::new(uuid::Uuid::nil(), urn.parse().unwrap(), content.clone());
            if let Ok(rendering) = channels::request(account, &outgoing) {
                prop_assert!((1..=channels::MAX_PARTS).contains(&rendering.requests.len()));
            }
        }
    }
}
