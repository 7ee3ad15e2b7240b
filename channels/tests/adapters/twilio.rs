//! Twilio through the public functions, with calls of our own after its documented formats.
#![expect(clippy::unwrap_used, reason = "in a test a failed unwrap is the failure")]
use channels::{
    Account, ChannelEvent, Denied, ErrorClass, Feature, Headers, HttpRequest, Incoming, MediaSource,
    MessageKind, Outgoing, Provider, Refused, Rendering, Status,
};
use flow::words::{
    Attachment, Content, QuickReply, QuickReplyKind, TemplateComponent, TemplateVariable, Templating,
};
use serde_json::{Value, json};

const URL: &str = "https://line.example.org/hooks/sms";

fn account(more: &Value) -> Account {
    let mut settings = json!({"account_sid": "AC1", "auth_token": "tok"});
    for (name, value) in more.as_object().unwrap() {
        settings[name] = value.clone();
    }
    Account::new(Provider::Twilio, "+15005550006", Some("EC".into()), &settings).unwrap()
}

fn sms() -> Account {
    account(&json!({}))
}

fn whatsapp() -> Account {
    account(&json!({"transport": "whatsapp"}))
}

/// A call as Twilio makes it to `url`, signed for `signed_url`.
fn call(url: &str, signed_url: &str, token: &str, fields: &[(&str, &str)]) -> HttpRequest {
    let request = HttpRequest::post_form(url, Headers::new(), fields.iter().copied());
    let signature = channels::sign_twilio(token, signed_url, &request.form());
    HttpRequest { headers: request.headers.clone().with("X-Twilio-Signature", signature), ..request }
}

fn received(account: &Account, fields: &[(&str, &str)]) -> Vec<Incoming> {
    channels::receive(account, &call(URL, URL, "tok", fields)).unwrap()
}

fn send(account: &Account, urn: &str, content: Content) -> Result<Rendering, Refused> {
    channels::request(account, &Outgoing::new(uuid::Uuid::nil(), urn.parse().unwrap(), content))
}

fn field(request: &HttpRequest, name: &str) -> Vec<String> {
    request.form().into_iter().filter(|(key, _)| key == name).map(|(_, value)| value).collect()
}

fn text(text: &str) -> Content {
    Content { text: text.into(), ..Content::default() }
}

#[test]
fn only_twilios_signature_over_url_and_fields_is_let_in() {
    let fields = [("Body", "¿qué & más?"), ("From", "+593991")];
    assert_eq!(channels::verify(&sms(), &call(URL, URL, "tok", &fields)), Ok(()));
    assert_eq!(channels::verify(&sms(), &call(URL, URL, "other", &fields)), Err(Denied::Mismatch));
    let elsewhere = call(URL, "https://line.example.org/hooks/other", "tok", &fields);
    assert_eq!(channels::verify(&sms(), &elsewhere), Err(Denied::Mismatch));
    let mut changed = call(URL, URL, "tok", &fields);
    changed.body = b"Body=other&From=%2B593991".to_vec();
    assert_eq!(channels::verify(&sms(), &changed), Err(Denied::Mismatch));
    let bare = HttpRequest::post_form(URL, Headers::new(), fields);
    assert_eq!(channels::verify(&sms(), &bare), Err(Denied::Unsigned));
    let odd = HttpRequest { headers: bare.headers.clone().with("X-Twilio-Signature", "%%%"), ..bare };
    assert_eq!(channels::verify(&sms(), &odd), Err(Denied::Malformed));
}

#[test]
fn the_query_the_port_and_the_proxys_path_are_part_of_what_is_signed() {
    let fields = [("Body", "x")];
    let with_query = "https://line.example.org/hooks/sms?uuid=1&x=%20";
    assert_eq!(channels::verify(&sms(), &call(with_query, with_query, "tok", &fields)), Ok(()));
    assert_eq!(channels::verify(&sms(), &call(with_query, URL, "tok", &fields)), Err(Denied::Mismatch));
    let with_port = "https://line.example.org:443/hooks/sms";
    assert_eq!(channels::verify(&sms(), &call(URL, with_port, "tok", &fields)), Ok(()));
    assert_eq!(channels::verify(&sms(), &call(with_port, URL, "tok", &fields)), Ok(()));
    let odd_port = "https://line.example.org:8443/hooks/sms";
    assert_eq!(channels::verify(&sms(), &call(URL, odd_port, "tok", &fields)), Err(Denied::Mismatch));
    let mut proxied = call(URL, "https://line.example.org/public/sms", "tok", &fields);
    assert_eq!(channels::verify(&sms(), &proxied), Err(Denied::Mismatch));
    proxied.headers.append("X-Forwarded-Path", "/public/sms");
    assert_eq!(channels::verify(&sms(), &proxied), Ok(()));
}

#[test]
fn during_rotation_both_tokens_are_good_and_a_service_may_sign_nothing() {
    let rotating = account(&json!({"previous_auth_token": "former"}));
    for (token, good) in [("tok", true), ("former", true), ("older", false)] {
        assert_eq!(channels::verify(&rotating, &call(URL, URL, token, &[])).is_ok(), good, "{token}");
    }
    let trusting = account(&json!({"signed_webhooks": false}));
    assert_eq!(channels::verify(&trusting, &HttpRequest::post_form(URL, Headers::new(), [])), Ok(()));
}

#[test]
fn a_json_body_is_held_by_its_hash_in_the_url() {
    let body = br#"{"a": 1}"#;
    let url = format!("{URL}?bodySHA256={}", channels::twilio_body_sha256(body));
    let mut request = HttpRequest::post_json(url.clone(), Headers::new(), &json!({}));
    request.body = body.to_vec();
    request.headers.append("X-Twilio-Signature", channels::sign_twilio("tok", &url, &[]));
    assert_eq!(channels::verify(&sms(), &request), Ok(()));
    request.body = br#"{"a": 2}"#.to_vec();
    assert_eq!(channels::verify(&sms(), &request), Err(Denied::Mismatch));
    // Without the hash the body would be anybody's.
    let mut bare = HttpRequest::post_json(URL, Headers::new(), &json!({"a": 1}));
    bare.headers.append("X-Twilio-Signature", channels::sign_twilio("tok", URL, &[]));
    assert_eq!(channels::verify(&sms(), &bare), Err(Denied::Mismatch));
}

#[test]
fn an_sms_with_files_is_taken() {
    let incoming = received(
        &sms(),
        &[
            ("MessageSid", "MM1"),
            ("SmsStatus", "received"),
            ("From", "+593991234567"),
            ("To", "+15005550006"),
            ("Body", "mi carta"),
            ("NumMedia", "2"),
            ("MediaUrl0", "https://api.twilio.com/m/0"),
            ("MediaContentType0", "image/jpeg"),
            ("MediaUrl1", "https://api.twilio.com/m/1"),
        ],
    );
    let Incoming::Message(message) = &incoming[0] else { panic!("{incoming:?}") };
    assert_eq!((message.external_id.as_str(), message.from[0].as_str()), ("MM1", "tel:+593991234567"));
    assert_eq!((message.text.as_str(), &message.kind), ("mi carta", &MessageKind::Image));
    assert_eq!(message.attachments.len(), 2);
    assert_eq!(message.attachments[1].content_type, "application/octet-stream");
    assert_eq!(message.attachments[0].source, MediaSource::Url { url: "https://api.twilio.com/m/0".into() });
    assert_eq!(message.sent_at, None);
    let answer = channels::accepted(&sms(), &call(URL, URL, "tok", &[]));
    assert_eq!(answer.headers.get("content-type"), Some("text/xml; charset=utf-8"));
}

#[test]
fn a_whatsapp_message_brings_names_choices_and_origin() {
    let incoming = received(
        &whatsapp(),
        &[
            ("MessageSid", "SM1"),
            ("From", "whatsapp:+593991234567"),
            ("ExternalUserId", "whatsapp:EC.9"),
            ("ProfileName", "Amina"),
            ("Body", "Sí"),
            ("ButtonText", "Sí"),
            ("ButtonPayload", "yes"),
            ("OriginalRepliedMessageSid", "SM0"),
            ("Forwarded", "true"),
            ("ReferralSourceId", "77"),
        ],
    );
    let Incoming::Message(message) = &incoming[0] else { panic!("{incoming:?}") };
    let from: Vec<&str> = message.from.iter().map(flow::words::Urn::as_str).collect();
    assert_eq!(from, ["whatsapp:593991234567", "whatsapp:EC.9"]);
    assert_eq!((message.choice_id.as_deref(), &message.kind), (Some("yes"), &MessageKind::Choice));
    assert_eq!(message.reply_to.as_deref(), Some("SM0"));
    assert_eq!(message.referral.as_ref().unwrap().source_id.as_deref(), Some("77"));
    let place = received(
        &whatsapp(),
        &[
            ("MessageSid", "SM2"),
            ("From", "whatsapp:+593991"),
            ("Latitude", "-0.18"),
            ("Longitude", "-78.46"),
        ],
    );
    let Incoming::Message(message) = &place[0] else { panic!("{place:?}") };
    assert_eq!(message.kind, MessageKind::Location);
    assert_eq!(message.attachments[0].as_attachment().unwrap().url, "-0.180000,-78.460000");
}

#[test]
fn a_stop_word_is_a_message_and_a_wish() {
    let incoming = received(
        &sms(),
        &[("MessageSid", "SM1"), ("From", "+593991"), ("Body", "STOP"), ("OptOutType", "STOP")],
    );
    assert!(matches!(&incoming[0], Incoming::Message(message) if message.text == "STOP"));
    assert!(matches!(&incoming[1], Incoming::Event(ChannelEvent::OptedOut { about: None, .. })));
    let back = received(
        &sms(),
        &[("MessageSid", "SM1"), ("From", "+593991"), ("Body", "START"), ("OptOutType", "START")],
    );
    assert!(matches!(&back[1], Incoming::Event(ChannelEvent::OptedIn { .. })));
}

#[test]
fn empty_and_broken_calls_leave_a_mark() {
    let empty = received(&sms(), &[("MessageSid", "SM1"), ("From", "+593991")]);
    assert!(matches!(&empty[0], Incoming::Message(m) if matches!(m.kind, MessageKind::Unsupported { .. })));
    let lost = received(&sms(), &[("MessageSid", "SM1"), ("From", "+593991"), ("NumMedia", "1")]);
    assert!(matches!(&lost[0], Incoming::Message(m) if matches!(m.kind, MessageKind::Unsupported { .. })));
    let nobody = received(&sms(), &[("MessageSid", "SM1"), ("From", "sip:x@y"), ("Body", "x")]);
    assert!(matches!(&nobody[0], Incoming::Event(ChannelEvent::NoSender { .. })));
    for (fields, place) in [(vec![("From", "+593991")], "MessageSid"), (vec![("MessageSid", "SM1")], "From")]
    {
        let error = channels::receive(&sms(), &call(URL, URL, "tok", &fields)).unwrap_err();
        assert_eq!(error.place, place);
    }
    let many = received(&sms(), &[("MessageSid", "SM1"), ("From", "+593991"), ("NumMedia", "99999999")]);
    assert_eq!(many.len(), 1);
}

#[test]
fn reports_bring_back_our_own_id() {
    let id = uuid::Uuid::from_u128(5);
    let report = |fields: &[(&str, &str)]| {
        let url = format!("{URL}?uuid={id}");
        let all: Vec<(&str, &str)> =
            [("MessageSid", "SM1"), ("To", "+593991")].into_iter().chain(fields.iter().copied()).collect();
        channels::receive(&sms(), &call(&url, &url, "tok", &all)).unwrap()
    };
    for (word, expected) in
        [("queued", Status::Accepted), ("sent", Status::Sent), ("delivered", Status::Delivered)]
    {
        let incoming = report(&[("MessageStatus", word)]);
        let Incoming::Report(report) = &incoming[0] else { panic!("{incoming:?}") };
        assert_eq!((report.attempt, &report.status), (Some(id), &expected));
    }
    let failed = report(&[
        ("MessageStatus", "undelivered"),
        ("ErrorCode", "30005"),
        ("ErrorMessage", "Unknown +593991234567"),
    ]);
    let Incoming::Report(failed) = &failed[0] else { panic!() };
    assert_eq!(
        failed.status,
        Status::Failed {
            class: ErrorClass::Unreachable,
            code: Some("30005".into()),
            detail: "Unknown +…".into(),
        }
    );
    let blocked = report(&[("MessageStatus", "failed"), ("ErrorCode", "21610")]);
    assert!(
        matches!(&blocked[1], Incoming::Event(ChannelEvent::OptedOut { person, .. }) if person[0].as_str() == "tel:+593991")
    );
}

#[test]
fn marketing_alone_can_be_switched_off() {
    let incoming = received(
        &whatsapp(),
        &[
            ("MessageSid", "SM1"),
            ("To", "whatsapp:+593991"),
            ("MessageStatus", "failed"),
            ("ErrorCode", "63033"),
        ],
    );
    let Incoming::Event(ChannelEvent::OptedOut { about, .. }) = &incoming[1] else { panic!("{incoming:?}") };
    assert_eq!(about.as_deref(), Some("marketing_messages"));
    assert_eq!(channels::opted_out_of(Provider::Twilio, Some("21610")), None);
    assert_eq!(channels::opted_out_of(Provider::WhatsappCloud, Some("131050")), Some("marketing_messages"));
}

#[test]
fn an_sms_goes_out_with_our_id_in_the_callback() {
    let mut outgoing = Outgoing::new(uuid::Uuid::from_u128(5), "tel:+593991".parse().unwrap(), text("Hola"));
    outgoing.status_callback = Some("https://line.example.org/hooks/sms?a=b".into());
    let rendering = channels::request(&sms(), &outgoing).unwrap();
    let request = &rendering.requests[0];
    assert_eq!(request.url, "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json");
    assert_eq!(request.headers.get("authorization"), Some("Basic QUMxOnRvaw=="));
    assert_eq!(
        field(request, "StatusCallback"),
        [format!("https://line.example.org/hooks/sms?a=b&uuid={}", outgoing.id)]
    );
    assert_eq!(
        (field(request, "To"), field(request, "From")),
        (vec!["+593991".into()], vec!["+15005550006".into()])
    );
    outgoing.status_callback = Some("ftp://x".into());
    assert_eq!(channels::request(&sms(), &outgoing), Err(Refused::StatusCallback));
    assert_eq!(send(&sms(), "whatsapp:593991", text("x")), Err(Refused::Scheme));
    assert_eq!(send(&sms(), "tel:+593991", text("  ")), Err(Refused::Empty));
}

#[test]
fn choices_places_and_links_become_lines() {
    let reply = |kind, text: &str, extra: Option<&str>| QuickReply {
        kind,
        id: None,
        text: text.into(),
        extra: extra.map(str::to_owned),
    };
    let content = Content {
        text: "¿Qué necesita?".into(),
        quick_replies: vec![
            reply(QuickReplyKind::Text, "Papeles", None),
            reply(QuickReplyKind::Url, "Mapa", Some("https://line.example.org/m")),
            reply(QuickReplyKind::Text, "Comida", None),
            reply(QuickReplyKind::Location, "", None),
        ],
        attachments: vec![
            Attachment::parse("audio/ogg:https://line.example.org/a.ogg").unwrap(),
            Attachment::parse("geo:-0.18,-78.46").unwrap(),
        ],
        ..Content::default()
    };
    let rendering = send(&sms(), "tel:+593991", content).unwrap();
    assert_eq!(
        field(&rendering.requests[0], "Body"),
        [
            "¿Qué necesita?\n\n1. Papeles\n2. Comida\nMapa: https://line.example.org/m\nhttps://line.example.org/a.ogg\n-0.18,-78.46"
        ]
    );
    let features: Vec<Feature> = rendering.degraded.iter().map(|degraded| degraded.what).collect();
    assert_eq!(
        features,
        [Feature::QuickReplies, Feature::Link, Feature::LocationRequest, Feature::Media, Feature::Media]
    );
}

#[test]
fn files_go_as_mms_or_one_by_one_on_whatsapp() {
    let content = || Content {
        text: "mapa".into(),
        attachments: ["image/png:https://line.example.org/1.png", "image/png:https://line.example.org/2.png"]
            .iter()
            .filter_map(|text| Attachment::parse(text))
            .collect(),
        ..Content::default()
    };
    let mms = send(&account(&json!({"mms": true})), "tel:+593991", content()).unwrap();
    assert_eq!((mms.requests.len(), field(&mms.requests[0], "MediaUrl").len()), (1, 2));
    let wa = send(&whatsapp(), "whatsapp:593991", content()).unwrap();
    assert_eq!(wa.requests.len(), 2);
    assert_eq!(field(&wa.requests[0], "Body"), ["mapa"]);
    assert_eq!(field(&wa.requests[0], "To"), ["whatsapp:+593991"]);
    assert!(field(&wa.requests[1], "Body").is_empty());
    let voice = Content {
        attachments: vec![Attachment::parse("audio/ogg:https://line.example.org/a.ogg").unwrap()],
        ..content()
    };
    let wa = send(&whatsapp(), "whatsapp:EC.9", voice).unwrap();
    assert_eq!(field(&wa.requests[1], "Body"), ["mapa"]);
    assert_eq!(field(&wa.requests[0], "To"), ["whatsapp:EC.9"]);
}

#[test]
fn a_long_text_is_split() {
    let rendering = send(&sms(), "tel:+593991", text(&"palabra ".repeat(500))).unwrap();
    assert_eq!(rendering.requests.len(), 3);
    assert!(rendering.requests.iter().all(|request| field(request, "Body")[0].len() <= 1600));
}

#[test]
fn a_template_goes_by_its_id() {
    let templating = |external_id: Option<&str>| Templating {
        name: "cita".into(),
        external_id: external_id.map(str::to_owned),
        locale: "es".into(),
        components: vec![TemplateComponent {
            kind: "body".into(),
            name: "body".into(),
            variables: [("2".to_owned(), 0), ("10".to_owned(), 1), ("1".to_owned(), 2)].into(),
        }],
        variables: ["b", "j", "a"]
            .map(|value| TemplateVariable { kind: "text".into(), value: value.into() })
            .to_vec(),
    };
    let content =
        |id| Content { text: "Su cita".into(), templating: Some(templating(id)), ..Content::default() };
    let rendering = send(&whatsapp(), "whatsapp:593991", content(Some("HX1"))).unwrap();
    assert_eq!(field(&rendering.requests[0], "ContentSid"), ["HX1"]);
    assert_eq!(field(&rendering.requests[0], "ContentVariables"), [r#"{"1":"a","2":"b","10":"j"}"#]);
    assert!(field(&rendering.requests[0], "Body").is_empty());
    assert_eq!(send(&whatsapp(), "whatsapp:593991", content(None)), Err(Refused::TemplateId));
    let sms = send(&sms(), "tel:+593991", content(None)).unwrap();
    assert_eq!(field(&sms.requests[0], "Body"), ["Su cita"]);
    let mut short = content(Some("HX1"));
    short.templating.as_mut().unwrap().variables.clear();
    assert_eq!(send(&whatsapp(), "whatsapp:593991", short), Err(Refused::TemplateVariable));
}
