//! Telephone calls: one script in two providers' words, what their calls say, and beginning a call.
use std::time::Duration;

use channels::voice::{
    AnsweredBy, Call, CallStatus, Dial, Direction, Gather, Heard, Input, MAX_SAY_LETTERS, MAX_STEPS, NewCall,
    Record, Script, Speech, Step, Takes, call, can_call, cancel, cancelled, forget_recording, forgotten,
    hear, is_telephone, render, settle, understands_speech,
};
use channels::{
    Account, ChoiceStyle, ErrorClass, Headers, HttpRequest, HttpResponse, Look, Outgoing, Provider, Refused,
    Settled, preview, preview_on,
};
use flow::words::{Attachment, Content, QuickReply};
use proptest::prelude::*;
use serde_json::json;

const NEXT: &str = "https://line.example.org/voice/7?session=1";

fn twilio() -> Account {
    let settings = json!({"account_sid": "AC1", "auth_token": "t"});
    Account::new(Provider::Twilio, "+15005550006", Some("EC".into()), &settings).expect("settings are good")
}

fn africas_talking() -> Account {
    let settings = json!({"username": "casa", "api_key": "k", "webhook_token": "open"});
    Account::new(Provider::AfricasTalking, "+254711082000", Some("KE".into()), &settings)
        .expect("settings are good")
}

fn twilio_voice() -> Account {
    let settings = json!({"account_sid": "AC1", "auth_token": "t"});
    Account::new(Provider::TwilioVoice, "+15005550006", None, &settings).expect("settings are good")
}

fn african_voice() -> Account {
    let settings = json!({"username": "casa", "api_key": "k", "webhook_token": "open"});
    Account::new(Provider::AfricasTalkingVoice, "+254711082000", Some("KE".into()), &settings)
        .expect("settings are good")
}

fn say(text: &str, locale: &str) -> Speech {
    Speech { text: text.into(), locale: locale.into(), audio: None }
}

fn ask(takes: Takes) -> Gather {
    Gather {
        prompt: vec![say("¿Papeles? Marque 1 & espere.", "spa-EC")],
        again: Vec::new(),
        takes,
        digits: Some(1),
        finish_key: None,
        timeout: Duration::from_secs(8),
        tries: 2,
        hints: Vec::new(),
        answer_to: NEXT.into(),
    }
}

fn xml(account: &Account, steps: Vec<Step>) -> String {
    let spoken = render(account, &Script { steps }).expect("it can be said");
    assert_eq!(spoken.response.status, 200);
    String::from_utf8(spoken.response.body).expect("it is UTF-8")
}

#[test]
fn a_question_is_said_as_often_as_wanted_and_then_counts_as_not_answered() {
    let written = xml(&twilio(), vec![Step::Gather(ask(Takes::Digits))]);
    assert_eq!(written.matches("<Gather ").count(), 2);
    for part in [
        r#"input="dtmf""#,
        r#"numDigits="1""#,
        r#"timeout="8""#,
        r#"finishOnKey="""#,
        r#"<Say language="es-MX">¿Papeles? Marque 1 &amp; espere.</Say>"#,
        r#"<Redirect method="POST">https://line.example.org/voice/7?session=1&amp;nothing=1</Redirect></Response>"#,
    ] {
        assert!(written.contains(part), "{part} is not in {written}");
    }
    let written = xml(&africas_talking(), vec![Step::Gather(ask(Takes::Digits))]);
    assert_eq!(written.matches("<GetDigits ").count(), 2);
    for part in [
        r#"numDigits="1""#,
        r#"callbackUrl="https://line.example.org/voice/7?session=1&amp;token=open""#,
        "nothing=1</Redirect></Response>",
    ] {
        assert!(written.contains(part), "{part} is not in {written}");
    }
    let mut endless = ask(Takes::Digits);
    (endless.tries, endless.timeout) = (200, Duration::from_secs(100_000));
    let written = xml(&twilio(), vec![Step::Gather(endless)]);
    assert_eq!(written.matches("<Gather ").count(), 3);
    assert!(written.contains(r#"timeout="60""#));
}

#[test]
fn recorded_audio_comes_before_a_computers_voice() {
    let recorded = Speech { audio: Some("https://line.example.org/a/hola.mp3".into()), ..say("Hola", "spa") };
    for account in [twilio(), africas_talking()] {
        let written = xml(&account, vec![Step::Say(recorded.clone()), Step::Hangup]);
        assert!(written.contains("hola.mp3") && !written.contains("<Say"), "{written}");
        let broken = Speech { audio: Some("file:///etc/passwd".into()), ..recorded.clone() };
        let written = xml(&account, vec![Step::Say(broken)]);
        assert!(written.contains("<Say") && !written.contains("passwd"), "{written}");
    }
}

#[test]
fn a_language_without_a_voice_is_told() {
    let quechua = Script { steps: vec![Step::Say(say("Imanalla", "que"))] };
    assert_eq!(render(&twilio(), &quechua).expect("it can be said").degraded.len(), 1);
    let spanish = Script { steps: vec![Step::Say(say("Hola", "spa"))] };
    assert!(render(&twilio(), &spanish).expect("it can be said").degraded.is_empty());
    assert_eq!(render(&africas_talking(), &spanish).expect("it can be said").degraded.len(), 1);
    let by_voice = Script { steps: vec![Step::Gather(ask(Takes::Speech))] };
    assert!(!render(&africas_talking(), &by_voice).expect("it can be said").degraded.is_empty());
}

#[test]
fn a_long_text_is_said_in_pieces_and_too_much_is_refused() {
    let long = xml(&twilio(), vec![Step::Say(say(&"palabra ".repeat(1000), "spa"))]);
    assert_eq!(long.matches("<Say").count(), 8000_usize.div_ceil(MAX_SAY_LETTERS));
    let steps = vec![Step::Hangup; MAX_STEPS + 1];
    assert_eq!(render(&twilio(), &Script { steps }), Err(Refused::TooLong));
    let steps = vec![Step::Say(say(&"&".repeat(20_000), "spa"))];
    assert_eq!(render(&twilio(), &Script { steps }), Err(Refused::TooLong));
    assert_eq!(render(&twilio(), &Script::default()), Err(Refused::Empty));
    let steps = vec![Step::Redirect { url: "nowhere".into() }];
    assert_eq!(render(&twilio(), &Script { steps }), Err(Refused::Address));
    let viber =
        Account::new(Provider::Viber, "", None, &json!({"auth_token": "t"})).expect("settings are good");
    assert!(!can_call(&viber) && can_call(&twilio()));
    assert_eq!(render(&viber, &Script { steps: vec![Step::Hangup] }), Err(Refused::Voice));
}

#[test]
fn recording_putting_through_and_hanging_up() {
    let record = Record {
        prompt: vec![say("Hable.", "spa")],
        longest: Duration::from_secs(120),
        silence: Duration::from_secs(5),
        finish_key: Some('#'),
        answer_to: NEXT.into(),
    };
    let dial = Dial {
        number: "+593991234567".into(),
        ringing: Duration::from_secs(30),
        longest: Duration::from_secs(600),
        answer_to: NEXT.into(),
    };
    let steps = vec![Step::Record(record), Step::Dial(dial), Step::Hangup, Step::Say(say("never", "eng"))];
    let written = xml(&twilio(), steps.clone());
    for part in [
        r##"maxLength="120" timeout="5" finishOnKey="#""##,
        r#"timeout="30" timeLimit="600" callerId="+15005550006"><Number>+593991234567</Number></Dial>"#,
        "<Hangup></Hangup>",
    ] {
        assert!(written.contains(part), "{part} is not in {written}");
    }
    let written = xml(&africas_talking(), steps);
    assert!(written.contains(r#"phoneNumbers="+593991234567" maxDuration="600""#), "{written}");
    assert!(
        written.contains(r##"finishOnKey="#""##) && !written.contains("never"),
        "the answer ends the call"
    );
}

fn form(fields: &[(&str, &str)]) -> HttpRequest {
    HttpRequest::post_form(NEXT, Headers::new(), fields.iter().copied())
}

fn heard(account: &Account, fields: &[(&str, &str)]) -> Call {
    hear(account, &form(fields)).expect("it can be read")
}

#[test]
fn twilio_says_what_was_pressed_spoken_and_recorded() {
    let base = [
        ("CallSid", "CA1"),
        ("From", "+593991234567"),
        ("To", "+15005550006"),
        ("CallStatus", "in-progress"),
        ("Direction", "inbound"),
    ];
    let with = |more: &[(&'static str, &'static str)]| heard(&twilio(), &[&base, more].concat());
    let pressed = with(&[("Digits", "12#")]);
    assert_eq!(pressed.input, Some(Input::Digits { digits: "12#".into() }));
    assert_eq!(pressed.person.map(|urn| urn.as_str().to_owned()).as_deref(), Some("tel:+593991234567"));
    assert!(pressed.direction == Direction::In && !pressed.is_report);
    let spoken = with(&[("SpeechResult", "papeles"), ("Confidence", "0.91")]);
    assert_eq!(spoken.input, Some(Input::Speech { text: "papeles".into(), confidence: Some(0.91) }));
    let recorded = with(&[
        ("RecordingUrl", "https://api.twilio.com/r"),
        ("RecordingDuration", "7"),
        ("Digits", "hangup"),
    ]);
    assert!(matches!(recorded.input, Some(Input::Recording { seconds: Some(7), .. })));
    assert_eq!(
        with(&[("DialCallStatus", "no-answer")]).dialled.map(|end| end.status),
        Some(CallStatus::NoAnswer)
    );
    assert_eq!(with(&[]).input, None);
    let hidden = heard(&twilio(), &[("CallSid", "CA2"), ("From", "anonymous"), ("CallStatus", "ringing")]);
    assert_eq!((hidden.person, hidden.status), (None, CallStatus::Ringing));
    let ours = [
        ("CallSid", "CA3"),
        ("To", "+593991234567"),
        ("From", "+15005550006"),
        ("Direction", "outbound-api"),
    ];
    for (word, by) in [
        ("human", AnsweredBy::Person),
        ("machine_end_beep", AnsweredBy::Machine),
        ("machine_start", AnsweredBy::Machine),
        ("fax", AnsweredBy::Machine),
        ("unknown", AnsweredBy::Unknown),
        ("", AnsweredBy::Unknown),
    ] {
        let more = [("CallStatus", "in-progress"), ("AnsweredBy", word)];
        let found = heard(&twilio(), &[&ours[..], &more].concat());
        assert_eq!(found.answered_by, (!word.is_empty()).then_some(by), "{word}");
        assert_eq!(found.line, "+15005550006");
    }
    let over =
        [("CallStatus", "completed"), ("CallDuration", "42"), ("CallbackSource", "call-progress-events")];
    let over = heard(&twilio(), &[&ours[..], &over].concat());
    assert!(over.is_report && over.status.is_over() && over.seconds == Some(42));
    assert!(hear(&twilio(), &form(&[("CallSid", "CA1")])).is_err());
}

#[test]
fn africas_talking_says_it_in_its_words() {
    let base = [
        ("isActive", "1"),
        ("sessionId", "ATVId_1"),
        ("direction", "Inbound"),
        ("callerNumber", "+254700000001"),
        ("destinationNumber", "+254711082000"),
    ];
    let with = |more: &[(&'static str, &'static str)]| heard(&africas_talking(), &[&base, more].concat());
    assert_eq!(with(&[("dtmfDigits", "2")]).input, Some(Input::Digits { digits: "2".into() }));
    assert_eq!(with(&[("nothing", "1")]).input, Some(Input::Nothing));
    assert!(matches!(
        with(&[("recordingUrl", "https://at.example/r.mp3")]).input,
        Some(Input::Recording { .. })
    ));
    // Whichever end is called the caller: the person is the one that is not the line.
    let outgoing = heard(
        &africas_talking(),
        &[
            ("isActive", "1"),
            ("sessionId", "A"),
            ("direction", "Outbound"),
            ("callerNumber", "+254711082000"),
            ("destinationNumber", "+254700000001"),
        ],
    );
    assert_eq!(outgoing.person.map(|urn| urn.as_str().to_owned()).as_deref(), Some("tel:+254700000001"));
    let over = heard(
        &africas_talking(),
        &[
            ("isActive", "0"),
            ("sessionId", "A"),
            ("callerNumber", "+254700000001"),
            ("durationInSeconds", "31"),
            ("amount", "1.25"),
            ("currencyCode", "KES"),
        ],
    );
    assert!(over.is_report && over.status == CallStatus::Completed && over.seconds == Some(31));
    assert_eq!(over.cost.map(|cost| (cost.amount, cost.currency)), Some(("1.25".into(), "KES".into())));
    let busy =
        heard(&africas_talking(), &[("isActive", "0"), ("sessionId", "A"), ("hangupCause", "USER_BUSY")]);
    assert_eq!(busy.status, CallStatus::Busy);
    assert!(hear(&africas_talking(), &form(&[("sessionId", "A")])).is_err());
}

fn new_call() -> NewCall {
    NewCall {
        id: uuid::Uuid::from_u128(5),
        to: "tel:+593991234567".parse().expect("an address"),
        answer_url: NEXT.into(),
        status_url: "https://line.example.org/voice/7/status".into(),
        detect_machine: true,
        ringing: Duration::from_secs(30),
    }
}

#[test]
fn a_call_is_begun_and_settled() {
    let request = call(&twilio(), &new_call()).expect("it can be made");
    assert!(request.url.ends_with("/2010-04-01/Accounts/AC1/Calls.json"));
    let sent = request.form();
    let value = |name: &str| sent.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    assert_eq!((value("To"), value("MachineDetection")), (Some("+593991234567"), Some("Enable")));
    assert_eq!(value("Timeout"), Some("30"));
    let request = call(&africas_talking(), &new_call()).expect("it can be made");
    assert_eq!(request.url, "https://voice.africastalking.com/call");
    let answer = |account: &Account, status: u16, body: serde_json::Value| {
        settle(account, &HttpResponse::new(status, "application/json", body.to_string()))
    };
    let begun = answer(&twilio(), 201, json!({"sid": "CA9", "status": "queued"}));
    assert!(matches!(begun, Settled::Sent { external_id, .. } if external_id == "CA9"));
    let queued = json!({"entries": [{"phoneNumber": "+254", "status": "Queued", "sessionId": "ATVId_9"}], "errorMessage": "None"});
    assert!(
        matches!(answer(&africas_talking(), 200, queued), Settled::Sent { external_id, .. } if external_id == "ATVId_9")
    );
    for (word, class) in
        [("InvalidPhoneNumber", ErrorClass::Unreachable), ("InsufficientCredit", ErrorClass::AccountBroken)]
    {
        let body = json!({"entries": [{"status": word, "sessionId": "None"}], "errorMessage": "None"});
        let settled = answer(&africas_talking(), 200, body);
        assert!(matches!(settled, Settled::Refused { class: c, .. } if c == class), "{word}: {settled:?}");
    }
    assert_eq!(answer(&africas_talking(), 200, json!({})), Settled::Unknown);
    let mut viber = new_call();
    viber.to = "viber:abc".parse().expect("an address");
    assert_eq!(call(&twilio(), &viber), Err(Refused::Scheme));
}

#[test]
fn a_preview_tells_what_is_said_and_how_long() {
    let sound =
        Attachment { content_type: "audio/mpeg".into(), url: "https://line.example.org/a.mp3".into() };
    let choice = QuickReply { text: "Papers".into(), ..QuickReply::default() };
    let mut content =
        Content { text: "Hello. ".repeat(300), quick_replies: vec![choice], ..Content::default() };
    let said = preview(Look::Voice, &content);
    assert_eq!((said.choice_style, said.parts.len(), said.minutes), (ChoiceStyle::Numbered, 2, Some(3)));
    content.attachments = vec![sound];
    let played = preview(Look::Voice, &content);
    assert_eq!((played.parts.len(), played.attachments.len(), played.minutes), (1, 1, Some(1)));
}

#[test]
fn a_number_at_africas_talking_is_a_telephone_with_a_secret_in_its_address() {
    let account = african_voice();
    assert!(is_telephone(&account) && can_call(&account) && !understands_speech(&account));
    let unguarded = json!({"username": "casa", "api_key": "k"});
    assert!(Account::new(Provider::AfricasTalkingVoice, "+254711082000", None, &unguarded).is_err());
    let asked = |query: &str| HttpRequest {
        url: format!("https://line.example.org/hooks/7{query}"),
        ..form(&[("isActive", "1"), ("sessionId", "A"), ("callerNumber", "+254700000001")])
    };
    assert!(channels::verify(&account, &asked("?token=open")).is_ok());
    assert!(channels::verify(&account, &asked("?token=opem")).is_err());
    assert!(channels::verify(&account, &asked("")).is_err());
    let id = uuid::Uuid::from_u128(9);
    let content = Content { text: "Hello".into(), ..Content::default() };
    let outgoing = Outgoing::new(id, "tel:+254700000001".parse().expect("an address"), content);
    let rendering = channels::request(&account, &outgoing).expect("a call can be begun");
    let sent = rendering.requests[0].form();
    assert!(sent.contains(&("clientRequestId".to_owned(), id.to_string())), "{sent:?}");
    assert_eq!(rendering.requests[0].headers.get("apiKey"), Some("k"));
    // What it then asks is known by our id, although it asks the number's own address.
    let back = [("isActive", "1"), ("sessionId", "A"), ("direction", "Outbound"), ("clientRequestId", "")];
    let id_text = id.to_string();
    let back = back.map(|(name, value)| (name, if name == "clientRequestId" { &id_text } else { value }));
    assert_eq!(Heard::of(&account, &form(&back)).expect("it can be read").place.ours, Some(id));
    for (body, class) in [
        (json!({"entries": [], "errorMessage": "Invalid callerId"}), ErrorClass::AccountBroken),
        (json!({"entries": [], "errorMessage": "Invalid 'to' number"}), ErrorClass::BadRequest),
        (
            json!({"entries": [{"status": "InsufficientCredit"}], "errorMessage": "None"}),
            ErrorClass::AccountBroken,
        ),
        (json!({"entries": [{"status": "DestinationNotSupported"}]}), ErrorClass::Unreachable),
    ] {
        let answer = HttpResponse::new(200, "application/json", body.to_string());
        let settled = channels::settle(&account, &answer);
        assert!(matches!(settled, Settled::Refused { class: c, .. } if c == class), "{body}: {settled:?}");
    }
    let limited = HttpResponse::new(429, "text/plain", "slow down");
    assert!(matches!(channels::settle(&account, &limited), Settled::Retry { .. }));
}

#[test]
fn what_a_telephone_cannot_do_is_told_before() {
    let choice = QuickReply { text: "Papeles".into(), ..QuickReply::default() };
    let content = Content {
        text: "Hola".into(),
        locale: "spa-EC".into(),
        quick_replies: vec![choice],
        ..Content::default()
    };
    let told = preview_on(&african_voice(), &content);
    let why: Vec<&str> = told.degraded.iter().map(|degraded| degraded.why.as_str()).collect();
    assert!(why.iter().any(|why| why.contains("no voice for this language")), "{why:?}");
    assert!(why.iter().any(|why| why.contains("keys are asked for alone")), "{why:?}");
}

#[test]
fn a_call_that_is_not_taken_is_refused_at_once() {
    let steps = vec![Step::Reject, Step::Say(say("never", "eng"))];
    assert!(xml(&twilio_voice(), steps.clone()).contains(r#"<Reject reason="busy"></Reject>"#));
    let written = xml(&african_voice(), steps);
    assert!(written.contains("<Reject></Reject>") && !written.contains("never"), "{written}");
}

#[test]
fn a_recording_that_was_ended_by_hanging_up_is_heard() {
    let over = [
        ("CallSid", "CA1"),
        ("From", "+593991234567"),
        ("CallStatus", "completed"),
        ("Direction", "inbound"),
        ("RecordingUrl", "https://api.twilio.com/r"),
        ("Digits", "hangup"),
    ];
    let call = heard(&twilio_voice(), &over);
    assert!(!call.is_report && call.status.is_over(), "{call:?}");
    assert!(matches!(call.input, Some(Input::Recording { .. })));
    let over = [("isActive", "0"), ("sessionId", "A"), ("recordingUrl", "https://at.example/r.mp3")];
    let call = heard(&african_voice(), &over);
    assert!(call.is_report && matches!(call.input, Some(Input::Recording { .. })));
}

#[test]
fn a_call_is_stopped_and_a_recording_deleted_only_where_it_is_ours() {
    let account = twilio_voice();
    let request = cancel(&account, "CA9").expect("it can be stopped");
    assert!(request.url.ends_with("/2010-04-01/Accounts/AC1/Calls/CA9.json"), "{}", request.url);
    assert_eq!(request.form(), [("Status".to_owned(), "canceled".to_owned())]);
    assert_eq!((cancel(&account, "../CA9"), cancel(&african_voice(), "A")), (None, None));
    let ours = "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE9";
    let request = forget_recording(&account, ours).expect("it can be deleted");
    assert_eq!((request.method.as_str(), request.url.as_str()), ("DELETE", &*format!("{ours}.json")));
    for other in [
        "https://api.twilio.com/2010-04-01/Accounts/AC2/Recordings/RE9",
        "https://evil.example/2010-04-01/Accounts/AC1/Recordings/RE9",
        "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/RE9",
        "nowhere",
    ] {
        assert_eq!(forget_recording(&account, other), None, "{other}");
    }
    let answer = |status| HttpResponse::new(status, "application/json", "");
    assert!([204, 404].iter().all(|status| forgotten(&answer(*status))) && !forgotten(&answer(503)));
    assert!([200, 400].iter().all(|status| cancelled(&answer(*status))) && !cancelled(&answer(503)));
}

proptest! {
    #[test]
    fn any_call_gives_an_outcome(body in prop::collection::vec(any::<u8>(), 0..200), values in prop::collection::vec("\\PC{0,20}", 12)) {
        let names = ["CallSid", "CallStatus", "Digits", "CallDuration", "Confidence", "SpeechResult", "isActive",
                     "sessionId", "durationInSeconds", "amount", "callerNumber", "DialCallDuration"];
        for account in [twilio(), africas_talking()] {
            let request = HttpRequest { body: body.clone(), ..form(&[]) };
            let _ = hear(&account, &request);
            let fields: Vec<(&str, &str)> = names.iter().copied().zip(values.iter().map(String::as_str)).collect();
            let mut known = fields.clone();
            known.extend([("CallSid", "CA1"), ("CallStatus", "busy")]);
            for fields in [fields, known] {
                if let Ok(call) = hear(&account, &form(&fields)) {
                    let stored = serde_json::to_string(&call).expect("it can be stored");
                    prop_assert!(serde_json::from_str::<Call>(&stored).is_ok());
                    let shown = format!("{call:?}");
                    prop_assert!(values[2].len() < 8 || !shown.contains(&values[2]));
                }
            }
        }
    }

    #[test]
    fn any_text_is_written_as_xml_that_can_be_read(text in "\\PC{0,60}", key in any::<char>(), tries in any::<u8>()) {
        let gather = Gather { prompt: vec![say(&text, &text)], finish_key: Some(key), tries, ..ask(Takes::Either) };
        let steps = vec![Step::Gather(gather), Step::Say(say(&format!("x{text}"), "eng"))];
        for account in [twilio(), africas_talking()] {
            let written = xml(&account, steps.clone());
            prop_assert_eq!(written.matches("</Response>").count(), 1);
            prop_assert!(!written.contains("<<") && written.ends_with("</Response>"));
        }
    }
}
