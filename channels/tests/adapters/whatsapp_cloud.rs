//! WhatsApp Cloud through the public functions, with payloads of our own after Meta's documented formats.
#![expect(clippy::unwrap_used, reason = "in a test a failed unwrap is the failure")]
use channels::{
    Account, ChannelEvent, Denied, ErrorClass, Feature, Forwarded, Headers, HttpRequest, HttpResponse,
    Incoming, MediaSource, Message, MessageKind, Outgoing, Provider, Refused, Rendering, Settled, Status,
};
use flow::words::{Attachment, Content, QuickReply, QuickReplyKind};
use serde_json::{Value, json};

const NUMBER: &str = "104857600001";

fn account() -> Account {
    account_with(&json!({}))
}

fn account_with(more: &Value) -> Account {
    let mut settings = json!({"access_token": "tok", "app_secret": "app", "verify_token": "echo"});
    for (name, value) in more.as_object().unwrap() {
        settings[name] = value.clone();
    }
    Account::new(Provider::WhatsappCloud, NUMBER, Some("EC".into()), &settings).unwrap()
}

fn webhook(body: &[u8], signature: &str) -> HttpRequest {
    HttpRequest {
        method: "POST".into(),
        url: "https://line.example.org/hooks/wa".into(),
        headers: Headers::new().with("x-hub-signature-256", signature),
        body: body.to_vec(),
    }
}

/// A call with one change in it.
fn call(field: &str, value: &Value) -> HttpRequest {
    let body = json!({"object": "whatsapp_business_account", "entry": [
        {"id": "9001", "changes": [{"field": field, "value": value}]},
    ]});
    webhook(body.to_string().as_bytes(), "")
}

fn received(value: &Value) -> Vec<Incoming> {
    channels::receive(&account(), &call("messages", value)).unwrap()
}

/// What one message becomes.
fn message(more: Value) -> Message {
    let mut raw = json!({"id": "wamid.M1", "from": "593991234567", "timestamp": "1767225600"});
    for (name, value) in more.as_object().unwrap() {
        raw[name] = value.clone();
    }
    let incoming = received(&json!({
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "593 2 123 4567", "phone_number_id": NUMBER},
        "contacts": [{"wa_id": "593991234567", "profile": {"name": "Amina"}}],
        "messages": [raw],
    }));
    match incoming.as_slice() {
        [Incoming::Message(message)] => message.as_ref().clone(),
        other => panic!("{other:?}"),
    }
}

fn reply(text: &str) -> QuickReply {
    QuickReply { text: text.into(), ..QuickReply::default() }
}

fn render(content: Content) -> Rendering {
    let to = "whatsapp:593991234567".parse().unwrap();
    channels::request(&account(), &Outgoing::new(uuid::Uuid::nil(), to, content)).unwrap()
}

fn bodies(rendering: &Rendering) -> Vec<Value> {
    rendering.requests.iter().map(|request| serde_json::from_slice(&request.body).unwrap()).collect()
}

#[test]
fn only_metas_signature_over_these_bytes_is_let_in() {
    let body = br#"{"object": "whatsapp_business_account", "entry": []}"#;
    let good = channels::sign_meta("app", body);
    assert_eq!(channels::verify(&account(), &webhook(body, &good)), Ok(()));
    for (signature, denied) in [
        (channels::sign_meta("other", body), Denied::Mismatch),
        (channels::sign_meta("app", b"{}"), Denied::Mismatch),
        (good.replace("sha256=", "sha1="), Denied::Malformed),
        (good.replace("sha256=", ""), Denied::Malformed),
        ("sha256=".into(), Denied::Mismatch),
        ("sha256=zz".into(), Denied::Malformed),
        (good.get(..good.len() - 2).unwrap().into(), Denied::Mismatch),
    ] {
        assert_eq!(channels::verify(&account(), &webhook(body, &signature)), Err(denied), "{signature}");
    }
    let mut unsigned = webhook(body, "");
    unsigned.headers = Headers::new();
    assert_eq!(channels::verify(&account(), &unsigned), Err(Denied::Unsigned));
    assert_eq!((Denied::Unsigned.http_status(), Denied::Mismatch.http_status()), (401, 403));
}

#[test]
fn the_signature_is_over_raw_bytes_and_not_over_meaning() {
    // The same JSON, written with an escape: another signature.
    let (escaped, plain) = (r#"{"a":"\u00e9"}"#.as_bytes(), r#"{"a":"é"}"#.as_bytes());
    let signature = channels::sign_meta("app", escaped);
    assert_eq!(channels::verify(&account(), &webhook(escaped, &signature)), Ok(()));
    assert_eq!(channels::verify(&account(), &webhook(plain, &signature)), Err(Denied::Mismatch));
}

#[test]
fn during_rotation_both_secrets_are_good() {
    let account = account_with(&json!({"previous_app_secret": "former"}));
    for (secret, good) in [("app", true), ("former", true), ("older", false)] {
        let signature = channels::sign_meta(secret, b"x");
        assert_eq!(channels::verify(&account, &webhook(b"x", &signature)).is_ok(), good, "{secret}");
    }
}

#[test]
fn the_setup_call_is_answered_with_its_challenge() {
    let get = |query: &str| {
        let url = format!("https://line.example.org/hooks/wa{query}");
        channels::challenge(&account(), &HttpRequest::get(url, Headers::new()))
    };
    let answer = get("?hub.mode=subscribe&hub.verify_token=echo&hub.challenge=1158201444").unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, b"1158201444".as_slice()));
    let wrong = get("?hub.mode=subscribe&hub.verify_token=guess&hub.challenge=1").unwrap();
    assert_eq!(wrong.status, 403);
    assert!(!wrong.body.contains(&b'1'));
    assert_eq!(get(""), None);
    assert_eq!(channels::challenge(&account(), &webhook(b"", "")), None);
}

#[test]
fn one_call_serves_several_numbers() {
    let value = |number: &str| {
        json!({"field": "messages", "value": {"metadata": {"phone_number_id": number}, "messages": [
            {"id": format!("wamid.{number}"), "from": "593991234567", "type": "text", "text": {"body": "hola"}},
        ]}})
    };
    let body =
        json!({"object": "whatsapp_business_account", "entry": [{"changes": [value(NUMBER), value("7")]}]});
    let request = webhook(body.to_string().as_bytes(), "");
    assert_eq!(channels::addressees(Provider::WhatsappCloud, &request), [NUMBER, "7"]);
    let incoming = channels::receive(&account(), &request).unwrap();
    assert_eq!(incoming.len(), 2);
    assert!(matches!(&incoming[0], Incoming::Message(m) if m.external_id == format!("wamid.{NUMBER}")));
    assert_eq!(incoming[1], Incoming::Event(ChannelEvent::ForOtherAddress { address: "7".into() }));
}

#[test]
fn a_text_is_taken_with_all_that_belongs_to_it() {
    let message = message(json!({
        "type": "text", "text": {"body": "Necesito ayuda"},
        "context": {"from": "5932", "id": "wamid.OURS", "frequently_forwarded": true, "forwarded": true},
        "referral": {"source_url": "https://fb.me/x", "source_type": "ad", "source_id": "55", "headline": "Ayuda",
                     "ctwa_clid": "AR1"},
    }));
    assert_eq!((message.text.as_str(), &message.kind), ("Necesito ayuda", &MessageKind::Text));
    assert_eq!(message.from[0].as_str(), "whatsapp:593991234567");
    assert_eq!(message.name.as_deref(), Some("Amina"));
    assert_eq!(message.sent_at.unwrap().to_string(), "2026-01-01T00:00:00Z");
    assert_eq!(message.reply_to.as_deref(), Some("wamid.OURS"));
    assert_eq!(message.forwarded, Forwarded::Frequently);
    assert_eq!(message.referral.unwrap().click_id.as_deref(), Some("AR1"));
}

#[test]
fn a_person_without_a_phone_number_is_not_lost() {
    let from = |message: Value, contact: Value| {
        let value = json!({"contacts": [contact], "messages": [message]});
        match received(&value).as_slice() {
            [Incoming::Message(message)] => message.from.iter().map(|urn| urn.as_str().to_owned()).collect(),
            [Incoming::Event(ChannelEvent::NoSender { .. })] => Vec::new(),
            other => panic!("{other:?}"),
        }
    };
    let text = |more: Value| {
        let mut message = json!({"id": "wamid.1", "type": "text", "text": {"body": "x"}});
        for (name, value) in more.as_object().unwrap() {
            message[name] = value.clone();
        }
        message
    };
    assert_eq!(
        from(text(json!({"from_user_id": "EC.7Ab"})), json!({"user_id": "EC.7Ab"})),
        ["whatsapp:EC.7Ab"]
    );
    assert_eq!(
        from(text(json!({"from": "593991", "from_user_id": "EC.7Ab"})), json!({"wa_id": "593991"})),
        ["whatsapp:593991", "whatsapp:EC.7Ab"]
    );
    assert_eq!(
        from(text(json!({"from_user_id": "EC.7", "from_parent_user_id": "EC.ENT.8"})), json!({})),
        ["whatsapp:EC.7", "whatsapp:EC.ENT.8"]
    );
    // Nobody in the message, one person in the call: it is she.
    assert_eq!(from(text(json!({})), json!({"user_id": "EC.7Ab"})), ["whatsapp:EC.7Ab"]);
    // A sender that cannot be read is not taken for somebody else.
    assert!(from(text(json!({"from": "??"})), json!({"wa_id": "593991"})).is_empty());
}

#[test]
fn files_become_placeholders() {
    for (kind, content, expected, content_type) in [
        (
            "image",
            json!({"id": "M1", "mime_type": "image/jpeg", "sha256": "q=", "caption": "mi cédula"}),
            MessageKind::Image,
            "image/jpeg",
        ),
        (
            "audio",
            json!({"id": "M1", "mime_type": "audio/ogg; codecs=opus", "voice": true}),
            MessageKind::Voice,
            "audio/ogg; codecs=opus",
        ),
        (
            "audio",
            json!({"id": "M1", "mime_type": "audio/mpeg", "voice": false}),
            MessageKind::Audio,
            "audio/mpeg",
        ),
        ("video", json!({"id": "M1", "mime_type": "video/mp4"}), MessageKind::Video, "video/mp4"),
        (
            "document",
            json!({"id": "M1", "mime_type": "application/pdf", "filename": "carta.pdf"}),
            MessageKind::Document,
            "application/pdf",
        ),
        (
            "sticker",
            json!({"id": "M1", "mime_type": "image/webp", "animated": false}),
            MessageKind::Sticker,
            "image/webp",
        ),
        ("image", json!({"id": "M1"}), MessageKind::Image, "image"),
    ] {
        let message = message(json!({"type": kind, kind: content}));
        assert_eq!(message.kind, expected);
        let file = &message.attachments[0];
        assert_eq!(
            (file.content_type.as_str(), &file.source),
            (content_type, &MediaSource::Id { id: "M1".into(), url: None })
        );
        assert_eq!(message.text, content["caption"].as_str().unwrap_or(""));
        assert_eq!(file.filename.as_deref(), content["filename"].as_str());
    }
}

#[test]
fn what_was_tapped_is_known_by_its_id() {
    let button = message(json!({"type": "interactive", "interactive": {
        "type": "button_reply", "button_reply": {"id": "papers", "title": "Documentos"}}}));
    assert_eq!((button.choice_id.as_deref(), button.text.as_str()), (Some("papers"), "Documentos"));
    let row = message(json!({"type": "interactive", "interactive": {
        "type": "list_reply", "list_reply": {"id": "food", "title": "Comida", "description": "Dónde y cuándo"}}}));
    assert_eq!((row.choice_id.as_deref(), &row.kind), (Some("food"), &MessageKind::Choice));
    let template = message(json!({"type": "button", "button": {"text": "Sí", "payload": "yes-1"}}));
    assert_eq!((template.choice_id.as_deref(), template.text.as_str()), (Some("yes-1"), "Sí"));
    let form = message(json!({"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {
        "name": "flow", "body": "Sent", "response_json": "{\"household\": 4}"}}}));
    assert_eq!((form.form, form.kind), (Some(json!({"household": 4})), MessageKind::Form));
}

#[test]
fn places_cards_reactions_and_orders_are_kept() {
    let place = message(
        json!({"type": "location", "location": {"latitude": -0.18, "longitude": -78.46, "name": "Quito"}}),
    );
    assert_eq!(place.attachments[0].as_attachment().unwrap().to_string(), "geo:-0.180000,-78.460000");
    let cards = message(json!({"type": "contacts", "contacts": [
        {"name": {"formatted_name": "Oficina; Norte"}, "phones": [{"phone": "+593 2 111", "wa_id": "5932111"}]}]}));
    assert_eq!(cards.text, "Oficina; Norte +593 2 111");
    let MediaSource::Inline { text } = &cards.attachments[0].source else { panic!() };
    assert!(text.contains("FN:Oficina\\; Norte\r\nTEL:+593 2 111\r\n"));
    let reaction =
        message(json!({"type": "reaction", "reaction": {"message_id": "wamid.OURS", "emoji": "👍"}}));
    assert_eq!(reaction.kind, MessageKind::Reaction { emoji: "👍".into(), on: "wamid.OURS".into() });
    let order =
        message(json!({"type": "order", "order": {"catalog_id": "1", "text": "dos", "product_items": []}}));
    assert_eq!((order.text.as_str(), order.kind), ("dos", MessageKind::Order));
}

#[test]
fn what_cannot_be_shown_leaves_a_mark() {
    for (raw, what) in [
        (json!({"type": "unsupported", "errors": [{"code": 131_051}]}), "unsupported"),
        (json!({"type": "unsupported", "unsupported": {"type": "video_note"}}), "video_note"),
        (json!({"type": "hologram", "hologram": {}}), "hologram"),
        (json!({}), "message without a type"),
        (json!({"type": "text"}), "text"),
        (json!({"type": "image", "image": {"mime_type": "image/png"}}), "image"),
        (json!({"type": "location", "location": {"latitude": "north"}}), "location"),
        (
            json!({"type": "interactive", "interactive": {"type": "call_permission_reply"}}),
            "call_permission_reply",
        ),
        (
            json!({"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {"response_json": "{"}}}),
            "nfm_reply",
        ),
    ] {
        assert_eq!(message(raw).kind, MessageKind::Unsupported { what: what.into() });
    }
}

#[test]
fn a_message_that_cannot_be_read_does_not_hide_the_others() {
    let text = |id: Value| json!({"id": id, "from": "593991", "type": "text", "text": {"body": "x"}});
    let value = json!({"messages": [text(json!(5)), text(json!("wamid.1")), text(json!("wamid.1")), "junk"]});
    let incoming = received(&value);
    let place = |k: usize| format!("entry[0].changes[0].value.messages[{k}].id");
    assert_eq!(incoming.len(), 3, "{incoming:?}");
    assert_eq!(incoming[0], Incoming::Event(ChannelEvent::Unreadable { place: place(0) }));
    assert!(matches!(&incoming[1], Incoming::Message(message) if message.external_id == "wamid.1"));
    assert_eq!(incoming[2], Incoming::Event(ChannelEvent::Unreadable { place: place(3) }));
}

#[test]
fn a_call_that_is_no_call_names_the_place_and_not_the_content() {
    for (body, place) in [
        ("secret words", "body"),
        (r#"{"object": "page", "entry": []}"#, "object"),
        (r#"{"object": "whatsapp_business_account"}"#, "entry"),
    ] {
        let error = channels::receive(&account(), &webhook(body.as_bytes(), "")).unwrap_err();
        assert_eq!(error.place, place);
        assert!(!error.to_string().contains("secret"));
    }
}

#[test]
fn reports_bring_back_our_own_id() {
    let ours = uuid::Uuid::from_u128(7);
    let status = |status: &str, more: Value| {
        let mut raw = json!({"id": "wamid.OUT", "status": status, "timestamp": "1767225600",
            "recipient_id": "593991", "recipient_user_id": "EC.9", "biz_opaque_callback_data": ours.to_string()});
        for (name, value) in more.as_object().unwrap() {
            raw[name] = value.clone();
        }
        received(&json!({"statuses": [raw]}))
    };
    for (word, expected) in [
        ("sent", Status::Sent),
        ("delivered", Status::Delivered),
        ("read", Status::Read),
        ("played", Status::Read),
    ] {
        let incoming = status(word, json!({}));
        let Incoming::Report(report) = &incoming[0] else { panic!("{incoming:?}") };
        assert_eq!((report.attempt, &report.status), (Some(ours), &expected));
        assert_eq!(report.recipient.len(), 2);
    }
    let failed = status(
        "failed",
        json!({"errors": [{"code": 131_047, "title": "Re-engagement message",
        "error_data": {"details": "More than 24 hours since 593991234567 wrote"}}]}),
    );
    let Incoming::Report(report) = &failed[0] else { panic!() };
    assert_eq!(
        report.status,
        Status::Failed {
            class: ErrorClass::WindowClosed,
            code: Some("131047".into()),
            detail: "More than 24 hours since … wrote".into(),
        }
    );
    let stopped = status("failed", json!({"errors": [{"code": 131_050}]}));
    assert!(
        matches!(&stopped[0], Incoming::Event(ChannelEvent::OptedOut { person, .. }) if person.len() == 2)
    );
    assert!(matches!(status("teleported", json!({}))[0], Incoming::Event(ChannelEvent::Other { .. })));
}

#[test]
fn news_about_persons_templates_and_the_account_are_events() {
    let event = |field: &str, value: Value| match channels::receive(&account(), &call(field, &value))
        .unwrap()
        .as_slice()
    {
        [Incoming::Event(event)] => event.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        event(
            "message_template_status_update",
            json!({"event": "PAUSED", "message_template_name": "cita",
            "message_template_language": "es", "reason": "NONE"})
        ),
        ChannelEvent::TemplateStatus {
            name: "cita".into(),
            language: "es".into(),
            status: "paused".into(),
            reason: None
        }
    );
    assert_eq!(
        event("phone_number_quality_update", json!({"event": "DOWNGRADE", "current_limit": "TIER_1K"})),
        ChannelEvent::Quality { change: "downgrade".into(), limit: Some("tier_1k".into()) }
    );
    assert!(matches!(
        event("account_update", json!({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}})),
        ChannelEvent::Account { change, detail: Some(detail) } if change == "disabled_update" && detail == "disable"
    ));
    assert!(matches!(
        event("user_preferences", json!({"user_preferences": [
            {"wa_id": "593991", "category": "marketing_messages", "value": "stop", "timestamp": 1_767_225_600}]})),
        ChannelEvent::OptedOut { about: Some(about), at: Some(_), .. } if about == "marketing_messages"
    ));
    assert!(matches!(
        event("messages", json!({"messages": [{"id": "wamid.S", "from": "593991", "type": "system",
            "system": {"type": "user_changed_number", "wa_id": "593992", "body": "…"}}]})),
        ChannelEvent::IdentityChanged { from, to, .. }
            if from[0].as_str() == "whatsapp:593991" && to[0].as_str() == "whatsapp:593992"
    ));
    assert!(matches!(
        event("messages", json!({"errors": [{"code": 130_429, "title": "Rate limit hit"}]})),
        ChannelEvent::Error { class: ErrorClass::Throttled, .. }
    ));
    assert_eq!(
        event("security", json!({"event": "X"})),
        ChannelEvent::Other { what: "field security".into() }
    );
}

#[test]
fn what_is_received_can_be_stored_and_read_again() {
    let incoming = received(&json!({
        "contacts": [{"wa_id": "593991", "profile": {"name": "A"}, "identity_key_hash": "h"}],
        "messages": [{"id": "1", "from": "593991", "type": "location", "location": {"latitude": 1.5, "longitude": 2}}],
        "statuses": [{"id": "2", "status": "failed"}, {"id": "3", "status": "sent"}],
        "errors": [{"code": 1}],
    }));
    assert_eq!(incoming.len(), 4);
    let stored = serde_json::to_string(&incoming).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Incoming>>(&stored).unwrap(), incoming);
    assert!(!format!("{incoming:?}").contains("593991"));
}

#[test]
fn a_text_goes_out_with_our_id_and_the_answered_message() {
    let to = "whatsapp:EC.7Ab".parse().unwrap();
    let mut outgoing =
        Outgoing::new(uuid::Uuid::from_u128(9), to, Content { text: "Hola".into(), ..Content::default() });
    outgoing.reply_to = Some("wamid.HERS".into());
    let rendering = channels::request(&account(), &outgoing).unwrap();
    let request = &rendering.requests[0];
    assert_eq!(request.url, format!("https://graph.facebook.com/v24.0/{NUMBER}/messages"));
    assert_eq!(request.headers.get("Authorization"), Some("Bearer tok"));
    assert_eq!(
        bodies(&rendering),
        [json!({
            "messaging_product": "whatsapp", "recipient_type": "individual", "recipient": "EC.7Ab", "type": "text",
            "text": {"body": "Hola", "preview_url": false}, "context": {"message_id": "wamid.HERS"},
            "biz_opaque_callback_data": uuid::Uuid::from_u128(9).to_string(),
        })]
    );
}

#[test]
fn who_cannot_be_reached_is_refused_before_sending() {
    for (urn, expected) in [
        ("telegram:5", Refused::Scheme),
        ("whatsapp:somebody", Refused::Address),
        ("tel:mybank", Refused::Address),
    ] {
        let content = Content { text: "x".into(), ..Content::default() };
        let outgoing = Outgoing::new(uuid::Uuid::nil(), urn.parse().unwrap(), content);
        assert_eq!(channels::request(&account(), &outgoing), Err(expected), "{urn}");
    }
    let nothing = Outgoing::new(uuid::Uuid::nil(), "whatsapp:5".parse().unwrap(), Content::default());
    assert_eq!(channels::request(&account(), &nothing), Err(Refused::Empty));
    let text = "word ".repeat(20_000);
    let endless = Outgoing::new(
        uuid::Uuid::nil(),
        "whatsapp:5".parse().unwrap(),
        Content { text, ..Content::default() },
    );
    assert_eq!(channels::request(&account(), &endless), Err(Refused::TooLong));
}

#[test]
fn three_short_choices_are_buttons() {
    let mut choices = vec![reply("Documentos"), reply("Comida"), reply("Otra cosa")];
    choices[0].id = Some("papers".into());
    let rendering =
        render(Content { text: "¿Qué necesita?".into(), quick_replies: choices, ..Content::default() });
    let body = &bodies(&rendering)[0];
    assert_eq!(body["interactive"]["type"], "button");
    assert_eq!(
        body["interactive"]["action"]["buttons"][0]["reply"],
        json!({"id": "papers", "title": "Documentos"})
    );
    assert_eq!(
        body["interactive"]["action"]["buttons"][1]["reply"],
        json!({"id": "Comida", "title": "Comida"})
    );
    assert!(rendering.degraded.is_empty());
}

#[test]
fn more_or_longer_choices_are_a_list() {
    let list = |quick_replies: Vec<QuickReply>| {
        let content =
            Content { text: "Elija".into(), quick_replies, locale: "spa-EC".into(), ..Content::default() };
        let body = bodies(&render(content)).remove(0);
        assert_eq!(body["interactive"]["type"], "list", "{body}");
        body["interactive"]["action"].clone()
    };
    let four = list(["a", "b", "c", "d"].map(reply).to_vec());
    assert_eq!(four["button"], "Menú");
    assert_eq!(four["sections"][0]["rows"].as_array().unwrap().len(), 4);
    let long = list(vec![reply("Quiero hablar con una persona del equipo")]);
    assert_eq!(
        long["sections"][0]["rows"][0],
        json!({"id": "Quiero hablar con una persona del equipo", "title": "Quiero hablar con una p…",
               "description": "Quiero hablar con una persona del equipo"})
    );
    let extra = QuickReply { extra: Some("De lunes a viernes".into()), ..reply("Oficina") };
    assert_eq!(list(vec![extra])["sections"][0]["rows"][0]["description"], "De lunes a viernes");
    // Two buttons with one title are refused by WhatsApp; two rows are not.
    let twins = ["a", "b"].map(|id| QuickReply { id: Some(id.into()), ..reply("Más") }).to_vec();
    assert_eq!(list(twins)["sections"][0]["rows"][1]["id"], "b");
}

#[test]
fn what_fits_no_list_is_numbered() {
    let eleven: Vec<QuickReply> = (1..=11).map(|i| reply(&format!("Opción {i}"))).collect();
    let cases = [
        (eleven, "11. Opción 11"),
        (vec![reply(&"larga ".repeat(20)), reply("no")], "2. no"),
        (vec![reply("sí"), reply("sí")], "2. sí"),
    ];
    for (quick_replies, line) in cases {
        let rendering = render(Content { text: "Elija".into(), quick_replies, ..Content::default() });
        let body = &bodies(&rendering)[0];
        assert_eq!(body["type"], "text");
        assert!(body["text"]["body"].as_str().unwrap().ends_with(line), "{body}");
        assert_eq!(rendering.degraded[0].what, Feature::QuickReplies);
    }
    let silent = render(Content { quick_replies: vec![reply("sí"), reply("no")], ..Content::default() });
    assert_eq!(bodies(&silent)[0]["text"]["body"], "1. sí\n2. no");
}

#[test]
fn a_location_request_a_form_and_a_link() {
    let one = |kind, text: &str, extra: &str| QuickReply {
        kind,
        id: None,
        text: text.into(),
        extra: Some(extra.into()),
    };
    let location = one(QuickReplyKind::Location, "", "");
    let link = one(QuickReplyKind::Url, "Mapa", "https://line.example.org/map");
    let rendering = render(Content {
        text: "¿Dónde está?".into(),
        quick_replies: vec![location, link],
        ..Content::default()
    });
    let body = &bodies(&rendering)[0];
    assert_eq!(body["interactive"]["action"]["name"], "send_location");
    assert_eq!(body["interactive"]["body"]["text"], "¿Dónde está?\nMapa: https://line.example.org/map");
    assert_eq!(rendering.degraded[0].what, Feature::Link);
    let nowhere = one(QuickReplyKind::Url, "Mapa", "javascript:alert(1)");
    let rendering =
        render(Content { text: "Hola".into(), quick_replies: vec![nowhere], ..Content::default() });
    assert_eq!(
        (bodies(&rendering)[0]["type"].clone(), rendering.degraded[0].what),
        (json!("text"), Feature::Link)
    );
}

#[test]
fn files_go_with_a_caption_where_they_can_have_one() {
    let file = |text: &str| Attachment::parse(text).unwrap();
    let send = |text: &str, attachments: Vec<Attachment>| {
        let rendering = render(Content { text: text.into(), attachments, ..Content::default() });
        let kinds: Vec<String> =
            bodies(&rendering).iter().map(|b| b["type"].as_str().unwrap().to_owned()).collect();
        (kinds.join(" "), bodies(&rendering), rendering.degraded)
    };
    let image = || file("image/png:https://line.example.org/a.png");
    let (kinds, bodies, _) = send("mapa", vec![image(), image()]);
    assert_eq!((kinds.as_str(), &bodies[0]["image"]["caption"]), ("image image", &json!("mapa")));
    let (kinds, _, degraded) = send("mapa", vec![file("audio/ogg:https://line.example.org/a.ogg"), image()]);
    assert_eq!((kinds.as_str(), degraded[0].what), ("audio image text", Feature::Caption));
    let (kinds, _, degraded) = send(&"x".repeat(1025), vec![image()]);
    assert_eq!((kinds.as_str(), degraded[0].what), ("image text", Feature::Caption));
    let (kinds, _, degraded) = send("", vec![file("image/heic:https://line.example.org/a.heic")]);
    assert_eq!((kinds.as_str(), degraded[0].what), ("document", Feature::Media));
    let (kinds, bodies, _) =
        send("", vec![file("geo:-0.18,-78.46"), file("image/webp:https://line.example.org/s.webp")]);
    assert_eq!((kinds.as_str(), &bodies[0]["location"]["latitude"]), ("location sticker", &json!(-0.18)));
    for wrong in ["image:a.png", "image:file:///etc/passwd", "geo:100,200", "geo:here"] {
        let content = Content { attachments: vec![file(wrong)], ..Content::default() };
        let outgoing = Outgoing::new(uuid::Uuid::nil(), "whatsapp:5".parse().unwrap(), content);
        assert_eq!(channels::request(&account(), &outgoing), Err(Refused::Attachment), "{wrong}");
    }
}

#[test]
fn a_long_text_is_split_and_its_end_has_the_buttons() {
    let text = "palabra ".repeat(700);
    let rendering = render(Content { text, quick_replies: vec![reply("Sí")], ..Content::default() });
    let bodies = bodies(&rendering);
    let (last, former) = bodies.split_last().unwrap();
    assert!(former.iter().all(|body| body["text"]["body"].as_str().unwrap().len() <= 4096));
    assert_eq!(last["interactive"]["type"], "button");
    assert!(last["interactive"]["body"]["text"].as_str().unwrap().len() <= 1024);
}

#[test]
fn another_graph_can_stand_in() {
    let account = account_with(&json!({"base_url": "http://127.0.0.1:9000/v24.0/"}));
    let content = Content { text: "x".into(), ..Content::default() };
    let outgoing = Outgoing::new(uuid::Uuid::nil(), "tel:+593991".parse().unwrap(), content);
    let rendering = channels::request(&account, &outgoing).unwrap();
    assert_eq!(rendering.requests[0].url, format!("http://127.0.0.1:9000/v24.0/{NUMBER}/messages"));
    assert_eq!(bodies(&rendering)[0]["to"], "593991");
    let answer = HttpResponse::new(200, "application/json", r#"{"messages": [{"id": "wamid.X"}]}"#);
    assert!(matches!(channels::settle(&account, &answer), Settled::Sent { .. }));
}

#[test]
fn a_message_that_was_changed_or_taken_back_names_the_former_one() {
    let changed = message(json!({"type": "edit", "edit": {"original_message_id": "wamid.A", "message": {
        "type": "text", "text": {"body": "calle 15"}}}}));
    assert_eq!((changed.edits.as_deref(), changed.text.as_str()), (Some("wamid.A"), "calle 15"));
    assert_eq!((changed.external_id.as_str(), changed.kind), ("wamid.M1", MessageKind::Text));
    let back = message(json!({"type": "revoke", "revoke": {"original_message_id": "wamid.A"}}));
    assert_eq!(back.edits.as_deref(), Some("wamid.A"));
    assert_eq!(back.kind, MessageKind::Unsupported { what: channels::TAKEN_BACK.into() });
    // Without a content that can be read it is still shown.
    let odd = message(json!({"type": "edit", "edit": {"original_message_id": "wamid.A"}}));
    assert!(matches!(odd.kind, MessageKind::Unsupported { .. }), "{odd:?}");
}
