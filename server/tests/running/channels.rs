//! Setting channels up by the API: secrets go in and never come out, wrong settings are named, the provider is asked.
#![expect(clippy::unwrap_used, reason = "test code")]
use crate::support::{Answer, Browser, World};
use axum::Router;
use axum::routing::get;
use http::{Method, StatusCode};
use openline::access::Role;
use openline::lines;
use serde_json::{Value, json};

on_both_databases!(
    a_channel_is_set_up_and_its_secrets_stay_in,
    wrong_settings_are_named_and_change_nothing,
    the_provider_says_whether_the_account_works,
    a_line_manager_pauses_and_sets_nothing_up,
    what_the_provider_said_is_kept_and_asked_for_again,
    a_message_centre_is_tried_out_by_a_bind,
);

fn settings(base: &str) -> Value {
    json!({"bot_token": "hush-hush", "secret_token": "psst", "base_url": base})
}

async fn makes(browser: &Browser, world: &World, base: &str) -> Answer {
    let body = json!({"provider": "telegram", "address": "casa_bot", "settings": settings(base)});
    browser.post(&format!("/lines/{}/channels", world.line), body).await
}

async fn a_channel_is_set_up_and_its_secrets_stay_in(world: World) {
    let admin = world.signed_in("Esteban", &[Role::Administrator]).await;
    let made = makes(&admin, &world, "https://api.telegram.example").await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let id = made.body["id"].as_str().unwrap().to_owned();
    assert_eq!((&made.body["kind"], &made.body["state"]), (&json!("telegram"), &json!("on")));
    assert!(made.body["webhook_url"].as_str().unwrap().ends_with(&format!("/hooks/{id}")));
    let text = made.body.to_string();
    assert!(!text.contains("hush") && !text.contains("psst"), "{text}");
    assert_eq!(made.body["settings"]["bot_token"], "•••");
    // What is sent back as it was shown stays; the rest is laid over.
    let url = format!("/lines/{}/channels/{id}", world.line);
    let change = json!({
        "settings": {"bot_token": "•••", "base_url": "https://other.example"},
        "delivery": {"per_second": 5.0, "unknown": "resend"},
    });
    let changed = admin.call(Method::PATCH, &url, Some(change)).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    assert_eq!(changed.body["settings"]["base_url"], "https://other.example");
    assert_eq!(changed.body["delivery"]["per_second"], 5.0);
    let lines = world.app.lines();
    let (_, channel) = lines.channel(id.parse().unwrap()).unwrap();
    let again = channels::probes(channel.account().unwrap(), jiff::Timestamp::UNIX_EPOCH);
    assert!(again[0].request.url.starts_with("https://other.example/bothush-hush/"), "the token is kept");
    // The same address twice is refused.
    let twice = makes(&admin, &world, "https://api.telegram.example").await;
    assert_eq!((twice.status, twice.problem()), (StatusCode::CONFLICT, "address-taken"));
}

async fn wrong_settings_are_named_and_change_nothing(world: World) {
    let admin = world.signed_in("Esteban", &[Role::Administrator]).await;
    let id =
        makes(&admin, &world, "https://api.telegram.example").await.body["id"].as_str().unwrap().to_owned();
    let url = format!("/lines/{}/channels/{id}", world.line);
    for (change, named) in [
        (json!({"settings": {"bot_tokn": "x"}}), "bot_tokn"),
        (json!({"settings": {"bot_token": null}}), "bot_token"),
        (json!({"settings": {"base_url": "no address"}}), "base_url"),
        (json!({"delivery": {"unknown": "wait", "per_second": -1.0}}), "per_second"),
        (json!({"delivery": {"unknown": "wait", "fail_over": [id]}}), "fail_over"),
    ] {
        let answer = admin.call(Method::PATCH, &url, Some(change.clone())).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{change} {}", answer.body);
        assert!(answer.body.to_string().contains(named), "{change} {}", answer.body);
    }
    let listed = admin.get(&format!("/lines/{}/channels", world.line)).await;
    let channel =
        listed.body["items"].as_array().unwrap().iter().find(|one| one["id"] == id).unwrap().clone();
    assert_eq!(channel["settings"]["base_url"], "https://api.telegram.example");
    assert_eq!(channel["delivery"], json!({"unknown": "wait"}));
}

/// A provider that knows one token.
async fn provider() -> String {
    let routes = Router::new()
        .route(
            "/bothush-hush/getMe",
            get(|| async { axum::Json(json!({"ok": true, "result": {"id": 1, "username": "casa_bot"}})) }),
        )
        .route(
            "/bothush-hush/getWebhookInfo",
            get(|| async {
                axum::Json(json!({"ok": true, "result": {"url": "", "pending_update_count": 0}}))
            }),
        );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    format!("http://{address}")
}

async fn the_provider_says_whether_the_account_works(world: World) {
    let admin = world.signed_in("Esteban", &[Role::Administrator]).await;
    let id = makes(&admin, &world, &provider().await).await.body["id"].as_str().unwrap().to_owned();
    let url = format!("/lines/{}/channels/{id}", world.line);
    let answers = admin.post(&format!("{url}/test"), json!({})).await.body["answers"].clone();
    let all: Vec<bool> = answers.as_array().unwrap().iter().map(|one| one["ok"] == true).collect();
    assert_eq!(all, vec![true; all.len()], "{answers}");
    assert!(!all.is_empty() && answers.to_string().contains("casa_bot"), "{answers}");
    let wrong = json!({"settings": {"bot_token": "guessed"}});
    admin.call(Method::PATCH, &url, Some(wrong)).await.ok();
    let answers = admin.post(&format!("{url}/test"), json!({})).await.body["answers"].clone();
    assert_eq!(answers[0]["ok"], false, "{answers}");
    assert!(!answers.to_string().contains("guessed"), "{answers}");
}

async fn what_the_provider_said_is_kept_and_asked_for_again(world: World) {
    let admin = world.signed_in("Esteban", &[Role::Administrator]).await;
    let id = makes(&admin, &world, &provider().await).await.body["id"].as_str().unwrap().to_owned();
    let health = async || {
        let health = admin.get(&format!("/lines/{}/health", world.line)).await.ok();
        let channels = health["channels"].as_array().unwrap().clone();
        channels.into_iter().find(|one| one["id"] == id.as_str()).unwrap()
    };
    assert_eq!(health().await["provider"], Value::Null, "nobody has asked");
    // A new channel is not asked behind its administrator's back, nor twice within the time.
    assert_eq!(lines::said::ask_due(&world.app).await.unwrap(), 0);
    admin.post(&format!("/lines/{}/channels/{id}/test", world.line), json!({})).await.ok();
    let kept = health().await;
    let said = kept["provider"]["answers"].as_array().unwrap();
    assert!(said.iter().all(|one| one["ok"] == true), "{kept}");
    assert!(!kept.to_string().contains("hush"), "{kept}");
    assert_eq!(lines::said::ask_due(&world.app).await.unwrap(), 0);
    // The token is withdrawn: the next round finds out without anybody asking.
    let wrong = json!({"settings": {"bot_token": "withdrawn"}});
    admin.call(Method::PATCH, &format!("/lines/{}/channels/{id}", world.line), Some(wrong)).await.ok();
    world.app.clock.advance_seconds(lines::said::ASK_EVERY_SECONDS + 1);
    let admin = world.sign_in("Esteban").await;
    assert!(lines::said::ask_due(&world.app).await.unwrap() >= 1);
    let health = admin.get(&format!("/lines/{}/health", world.line)).await.ok();
    let channels = health["channels"].as_array().unwrap();
    let channel = channels.iter().find(|one| one["id"] == id.as_str()).unwrap();
    assert_eq!(channel["provider"]["answers"][0]["ok"], false, "{channel}");
    assert_eq!((&channel["sent_24h"], &health["templates_held"]), (&json!(0), &json!(0)));
}

async fn a_line_manager_pauses_and_sets_nothing_up(world: World) {
    let admin = world.signed_in("Esteban", &[Role::Administrator]).await;
    let manager = world.signed_in("Rosa", &[Role::LineManager]).await;
    let id =
        makes(&admin, &world, "https://api.telegram.example").await.body["id"].as_str().unwrap().to_owned();
    let url = format!("/lines/{}/channels/{id}", world.line);
    let paused = manager.call(Method::PATCH, &url, Some(json!({"on": false}))).await;
    assert_eq!((paused.status, &paused.body["state"]), (StatusCode::OK, &json!("paused")));
    assert_eq!((&paused.body["settings"], &paused.body["webhook_url"]), (&Value::Null, &Value::Null));
    let refused = manager.call(Method::PATCH, &url, Some(json!({"settings": {"bot_token": "x"}}))).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    let on = manager.call(Method::PATCH, &url, Some(json!({"on": true}))).await;
    assert_eq!(on.body["state"], "on");
    // All of it stands in the audit.
    let audit = admin.get(&format!("/lines/{}/audit", world.line)).await.body.to_string();
    for verb in ["\"create\"", "\"pause\"", "\"switch_on\""] {
        assert!(audit.contains(verb), "{verb} {audit}");
    }
}

/// A message centre that takes one password, asked for once a connection.
async fn message_centre() -> u16 {
    use channels::smpp::pdu::{Body, Pdu};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = vec![0; 200];
            let read = stream.read(&mut bytes).await.unwrap();
            let Pdu { sequence, body: Body::Bind { mode, password, .. }, .. } =
                Pdu::decode(&bytes[..read]).unwrap()
            else {
                panic!("the first unit is a bind")
            };
            let status = if password.expose() == "hush-hush" { 0 } else { 0x0e };
            let body = Body::BindResp { mode, system_id: "smsc".to_owned() };
            stream.write_all(&Pdu { status, sequence, body }.encode()).await.unwrap();
        }
    });
    port
}

async fn a_message_centre_is_tried_out_by_a_bind(world: World) {
    let admin = world.signed_in("Esteban", &[Role::Administrator]).await;
    let forms = admin.get("/providers").await.ok();
    let form = forms["items"].as_array().unwrap().iter().find(|form| form["provider"] == "smpp").unwrap();
    assert_eq!((&form["reaches"], &form["can_be_tested"]), (&json!("tel"), &json!(true)));
    let settings = json!({"host": "127.0.0.1", "port": message_centre().await, "system_id": "casa", "password": "hush-hush"});
    let body = json!({"provider": "smpp", "address": "+59325550199", "settings": settings});
    let made = admin.post(&format!("/lines/{}/channels", world.line), body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    assert_eq!((&made.body["kind"], &made.body["webhook_url"]), (&json!("sms"), &Value::Null));
    assert_eq!(
        (&made.body["settings"]["password"], &made.body["settings"]["port"]),
        (&json!("•••"), &settings["port"])
    );
    let url = format!("/lines/{}/channels/{}", world.line, made.body["id"].as_str().unwrap());
    let tested = async |settings: Value| {
        let changed = admin.call(Method::PATCH, &url, Some(json!({"settings": settings}))).await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
        let answers = admin.post(&format!("{url}/test"), json!({})).await.body["answers"].clone();
        assert!(!answers.to_string().contains("guessed"), "{answers}");
        (answers[0]["ok"].clone(), answers[0]["says"].as_str().unwrap().to_owned())
    };
    assert_eq!(tested(json!({})).await.0, true);
    let (ok, says) = tested(json!({"password": "guessed"})).await;
    assert!(ok == false && says.contains("refuses the account"), "{says}");
    // Nobody listens at a port that was free a moment ago.
    let free = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap().port();
    let (ok, says) = tested(json!({"port": free})).await;
    assert!(ok == false && says.contains("cannot be reached"), "{says}");
    let wrong = admin.call(Method::PATCH, &url, Some(json!({"settings": {"window": 0}}))).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.to_string().contains("window"), "{}", wrong.body);
}
