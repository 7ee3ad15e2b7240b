//! Signing in, staying signed in, and what every role may do on every route.
#![expect(clippy::unwrap_used, reason = "test code")]
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use crate::support::{Browser, PASSWORD, World};
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{Method, StatusCode};
use openline::access::{ABSOLUTE_SECONDS, FAILURE_WINDOW_SECONDS, Grant, IDLE_SECONDS, Role};
use openline::lines::TriageKind;
use openline::store::{Sql, Value as Stored};
use serde_json::{Value, json};
use uuid::Uuid;

on_both_databases!(
    five_wrong_passwords_close_the_door_for_a_while,
    an_address_that_tries_many_names_is_stopped,
    a_session_lives_in_a_cookie_and_ends,
    everything_but_a_get_needs_the_token,
    staff_says_when_she_is_away,
    the_administrator_keeps_the_users,
    every_route_answers_every_role_as_the_table_says,
);

async fn try_password(
    browser: &Browser,
    email: &str,
    password: &str,
    from: Option<&str>,
) -> crate::support::Answer {
    let body = json!({"email": email, "password": password}).to_string();
    let request = browser.request(Method::POST, "/session").header("content-type", "application/json");
    let mut request = request.body(Body::from(body)).unwrap();
    if let Some(from) = from {
        let address: SocketAddr = from.parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(address));
    }
    browser.send(request).await
}

async fn five_wrong_passwords_close_the_door_for_a_while(world: World) {
    world.staff("Lucia", &[Role::Agent]).await;
    world.staff("Diego", &[Role::Agent]).await;
    let browser = world.browser();
    for _ in 0..5 {
        let answer = try_password(&browser, "lucia@casa.example", "wrong", None).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.problem(), "wrong-password");
    }
    // Even the right one, in any spelling of the address.
    let answer = try_password(&browser, " LUCIA@casa.example", PASSWORD, None).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    let wait: i64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=FAILURE_WINDOW_SECONDS + 1).contains(&wait), "{wait}");
    // Nobody else is locked out, and nobody learns who exists.
    assert_eq!(try_password(&browser, "diego@casa.example", PASSWORD, None).await.status, StatusCode::OK);
    let unknown = try_password(&browser, "nobody@casa.example", "wrong", None).await;
    assert_eq!(unknown.problem(), "wrong-password");
    world.app.clock.advance_seconds(wait);
    let answer = try_password(&browser, "lucia@casa.example", PASSWORD, None).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    // A success forgets the failures before it.
    for _ in 0..4 {
        try_password(&browser, "lucia@casa.example", "wrong", None).await;
    }
    assert_eq!(try_password(&browser, "lucia@casa.example", PASSWORD, None).await.status, StatusCode::OK);
    assert_eq!(try_password(&browser, "lucia@casa.example", "wrong", None).await.problem(), "wrong-password");
}

async fn an_address_that_tries_many_names_is_stopped(world: World) {
    world.staff("Lucia", &[Role::Agent]).await;
    let browser = world.browser();
    let most = openline::access::MAX_FAILURES_PER_ADDRESS;
    for n in 0..most {
        // Long passwords are refused before they are hashed, which makes this test quick.
        let guess = "x".repeat(2_000);
        let from = format!("[2001:db8::{n:x}]:4000");
        let answer = try_password(&browser, &format!("n{n}@casa.example"), &guess, Some(&from)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{n} {}", answer.body);
    }
    let blocked = try_password(&browser, "lucia@casa.example", PASSWORD, Some("[2001:db8::ffff]:1")).await;
    assert_eq!(blocked.status, StatusCode::TOO_MANY_REQUESTS);
    let other = try_password(&browser, "lucia@casa.example", PASSWORD, Some("192.0.2.7:1")).await;
    assert_eq!(other.status, StatusCode::OK);
}

async fn a_session_lives_in_a_cookie_and_ends(world: World) {
    world.staff("Lucia", &[Role::Agent]).await;
    let mut browser = world.browser();
    assert_eq!(browser.get("/session").await.problem(), "signed-out");
    let answer = try_password(&browser, "lucia@casa.example", PASSWORD, None).await;
    let cookie = answer.headers["set-cookie"].to_str().unwrap().to_owned();
    for part in ["openline=", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert_eq!(answer.body["user"]["name"], "Lucia");
    assert_eq!(answer.body["lines"][0]["slug"], "casa");
    assert_eq!(answer.body["lines"][0]["roles"], json!(["agent"]));
    browser.keep_session(&answer);
    assert_eq!(browser.get("/session").await.status, StatusCode::OK);
    // Only a hash of the token is stored.
    let token = browser.cookie.clone().unwrap().split_once('=').unwrap().1.to_owned();
    const HASHES: Sql = openline::sql!("SELECT token_hash FROM staff_session");
    let stored = world.app.store.read(|tx| tx.rows(HASHES, &[])).await.unwrap();
    assert!(stored.iter().all(|row| row.get::<Vec<u8>>(0).unwrap() != token.as_bytes()));
    // Idle, absolute, and by hand.
    world.app.clock.advance_seconds(IDLE_SECONDS + 1);
    assert_eq!(browser.get("/session").await.problem(), "signed-out");
    let browser = world.sign_in("Lucia").await;
    for _ in 0..(ABSOLUTE_SECONDS / (IDLE_SECONDS / 2)) {
        assert_eq!(browser.get("/session").await.status, StatusCode::OK);
        world.app.clock.advance_seconds(IDLE_SECONDS / 2);
    }
    assert_eq!(browser.get("/session").await.problem(), "signed-out");
    let browser = world.sign_in("Lucia").await;
    let answer = browser.call(Method::DELETE, "/session", None).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert!(answer.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(browser.get("/session").await.problem(), "signed-out");
}

async fn everything_but_a_get_needs_the_token(world: World) {
    let lucia = world.signed_in("Lucia", &[Role::Agent]).await;
    let diego = world.signed_in("Diego", &[Role::Agent]).await;
    let id = world.person_asks("whatsapp:593991230001", "hola", None).await;
    let path = format!("/lines/{}/conversations/{id}/take", world.line);
    for token in ["", "x", &diego.csrf] {
        let mut forged = lucia.clone();
        token.clone_into(&mut forged.csrf);
        assert_eq!(forged.post(&path, json!({})).await.problem(), "csrf", "{token}");
        assert_eq!(forged.get("/session").await.status, StatusCode::OK);
    }
    assert_eq!(lucia.post(&path, json!({})).await.status, StatusCode::OK);
}

async fn staff_says_when_she_is_away(world: World) {
    let lucia = world.signed_in("Lucia", &[Role::Agent]).await;
    let diego = world.signed_in("Diego", &[Role::Agent]).await;
    let team = async || {
        let team = diego.get(&format!("/lines/{}/team", world.line)).await.ok();
        let all = team.as_array().unwrap().iter();
        all.map(|one| (one["name"].as_str().unwrap().to_owned(), one["available"] == true))
            .collect::<BTreeMap<_, _>>()
    };
    assert_eq!(lucia.get("/session").await.ok()["user"]["available"], true, "signing in says so");
    let away = lucia.call(Method::PUT, "/session/available", Some(json!({"available": false}))).await.ok();
    assert_eq!(away["user"]["available"], false);
    assert_eq!(lucia.get("/session").await.ok()["user"]["available"], false);
    assert_eq!(team().await, BTreeMap::from([("Lucia".to_owned(), false), ("Diego".to_owned(), true)]));
    let back = lucia.call(Method::PUT, "/session/available", Some(json!({"available": true}))).await.ok();
    assert_eq!(back["user"]["available"], true);
    assert!(team().await["Lucia"]);
}

async fn the_administrator_keeps_the_users(world: World) {
    let admin = world.signed_in("Esteban", &[Role::Administrator]).await;
    let wrong = |field: &'static str, value: Value| {
        let mut user = json!({"name": "Ana", "email": "ana@casa.example", "password": PASSWORD, "roles": []});
        user[field] = value;
        (field, user)
    };
    for (field, user) in [
        wrong("name", json!(" ")),
        wrong("email", json!("ana")),
        wrong("email", json!("esteban@casa.example")),
        wrong("password", json!("short")),
        wrong("roles", json!([{"line": null, "role": "agent"}])),
        wrong("roles", json!([{"line": Uuid::nil(), "role": "agent"}])),
    ] {
        let answer = admin.post("/users", user).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.body);
        assert_eq!(answer.body["field"], field);
    }
    let (_, user) = wrong("roles", json!([{"line": world.line, "role": "agent"}]));
    let made = admin.post("/users", user).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let ana = world.sign_in("Ana").await;
    let path = format!("/users/{}", made.body["id"].as_str().unwrap());
    let changed = admin.call(Method::PATCH, &path, Some(json!({"name": "Ana María"}))).await.ok();
    assert_eq!(changed["name"], "Ana María");
    assert_eq!(changed["roles"], json!([{"line": world.line, "role": "agent"}]));
    // A deactivated colleague is out at once, and cannot come back.
    admin.call(Method::PATCH, &path, Some(json!({"active": false}))).await.ok();
    assert_eq!(ana.get("/session").await.problem(), "signed-out");
    let answer = try_password(&world.browser(), "ana@casa.example", PASSWORD, None).await;
    assert_eq!(answer.problem(), "wrong-password");
    // The installation never loses its last administrator.
    let own = format!("/users/{}", admin.user);
    for change in [json!({"active": false}), json!({"roles": []})] {
        let answer = admin.call(Method::PATCH, &own, Some(change)).await;
        assert_eq!(answer.problem(), "last-administrator");
    }
    let listed = admin.get("/users").await.ok();
    let names: Vec<&str> = listed.as_array().unwrap().iter().map(|u| u["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Esteban", "Ana María"]);
}

const TABLE: &str = include_str!("../access_matrix.txt");
/// In the order of the table's columns; the first column is nobody.
const ROLES: [Role; 7] = [
    Role::Agent,
    Role::LineManager,
    Role::FlowAuthor,
    Role::CashReviewer,
    Role::ProtectionFocalPoint,
    Role::DataProtectionOfficer,
    Role::Administrator,
];

struct Expected {
    method: Method,
    path: &'static str,
    /// `-`, `here`, `restricted` or `elsewhere`.
    target: &'static str,
    statuses: Vec<u16>,
}

fn table() -> Vec<Expected> {
    let lines = TABLE.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (left, right) = line.split_once(':').expect("a colon");
            let mut left = left.split_whitespace();
            let mut next = || left.next().expect("method, path and target");
            Expected {
                method: next().parse().expect("a method"),
                path: next(),
                target: next(),
                statuses: right.split_whitespace().map(|n| n.parse().expect("a status")).collect(),
            }
        })
        .collect()
}

/// A body with which the verb succeeds for whoever may use it.
fn body_for(world: &World, method: &Method, path: &str, user: Uuid, identity: &str) -> Option<Value> {
    if *method == Method::GET || *method == Method::DELETE {
        return None;
    }
    let id = world.app.id();
    if path.contains("/flows") {
        return Some(flow_body(path));
    }
    if path.ends_with("/channels/{id}") {
        return Some(json!({}));
    }
    Some(match path.rsplit('/').next().expect("a last part") {
        "session" => json!({"email": "lucia@casa.example", "password": PASSWORD}),
        "users" => json!({"name": "N", "email": format!("{id}@x.example"), "password": "short", "roles": []}),
        "{id}" => json!({"name": "Changed"}),
        "assign" => json!({"user": if path.contains("restricted") { Value::Null } else { json!(user) }}),
        "available" => json!({"available": false}),
        "preview" => json!({"text": "Hola"}),
        "tariffs" => json!({"rows": [], "version": ""}),
        "reply" => json!({"text": "Hola", "expected_last_id": Uuid::max(), "client_id": id}),
        "note" => json!({"text": "A note", "client_id": id}),
        "snooze" => json!({"until": null}),
        "topic" => json!({"topic": "health"}),
        "refer" => json!({"kind": "violence", "note": "please look"}),
        "draft" => json!({"text": "Bue"}),
        "channels" => json!({"provider": "webchat", "address": id}),
        "reveal" => json!({"identity": identity, "reason": "to call her"}),
        "presence" => json!({"doing": "reading"}),
        _ => json!({}),
    })
}

/// What an author of flows sends.
fn flow_body(path: &str) -> Value {
    let simulation = json!({"source": "published", "flow": Uuid::nil(), "look": "sms"});
    match path.rsplit('/').next().expect("a last part") {
        "publish" => json!({"version": 1}),
        "simulate" => simulation,
        "from-simulation" => json!({"name": "A talk", "simulation": simulation}),
        "{slug}" => json!({"name": "A talk", "flow": "menu", "steps": []}),
        _ => json!({}),
    }
}

/// An event that was set aside on the line, to be replayed or discarded.
async fn set_aside(world: &World, channel: Uuid) -> Uuid {
    const INSERT: Sql = openline::sql!(
        "INSERT INTO inbound (id, channel_id, external_hash, lane, part, state, attempts, retry_at, received_at, \
         day, payload, error) VALUES ($1, $2, $3, $3, 0, 2, 9, 0, 0, 0, $3, 'why')"
    );
    let id = world.app.id();
    let bytes = Stored::from(id.as_bytes().to_vec());
    let args = [Stored::from(id), Stored::from(channel), bytes];
    world.app.store.write(move |tx| tx.run(INSERT, &args)).await.expect("it is set aside");
    id
}

/// A sending of the line that nobody is in.
async fn sending(world: &World) -> Uuid {
    let content = flow::words::Content { text: "Hola".into(), ..Default::default() };
    let begun = openline::bulk::begin(&world.app, world.line, "News", content, vec![], world.app.now()).await;
    begun.expect("a sending begins")
}

/// A conversation of a target, fresh for every call, and an identity of its person.
async fn fresh(world: &World, target: &str, number: u32) -> (Uuid, String) {
    let address = format!("whatsapp:59399{number:07}");
    let id = match target {
        "elsewhere" => world.person_asks_elsewhere(&format!("webchat:p{number}"), "hola").await,
        "restricted" => world.person_asks(&address, "me pega", Some(TriageKind::Violence)).await,
        _ => world.person_asks(&address, "hola", None).await,
    };
    const IDENTITY: Sql = openline::sql!(
        "SELECT i.id FROM identity i JOIN conversation c ON c.contact_id = i.contact_id WHERE c.id = $1"
    );
    let row = world.app.store.read(move |tx| tx.one(IDENTITY, &[Stored::from(id)])).await.expect("a row");
    (id, row.get::<Uuid>(0).expect("an id").to_string())
}

async fn every_route_answers_every_role_as_the_table_says(world: World) {
    let rows = table();
    every_operation_has_its_rows(&rows);
    let mut browsers = vec![world.browser()];
    for role in ROLES {
        let name = if role == Role::Agent { "Lucia" } else { role.as_str() };
        browsers.push(world.signed_in(name, &[role]).await);
    }
    let somebody = world.staff("Somebody", &[Role::Agent]).await;
    let mut number = 0;
    let mut wrong = Vec::new();
    for row in &rows {
        assert_eq!(row.statuses.len(), browsers.len(), "{} {}", row.method, row.path);
        for (at, (browser, expected)) in browsers.iter().zip(&row.statuses).enumerate() {
            number += 1;
            let line = if row.target == "elsewhere" { world.elsewhere } else { world.line };
            let mut path = row.path.replace("{line}", &line.to_string());
            let mut identity = String::new();
            path = path.replace("{slug}", "a-talk").replace("{media}", &Uuid::nil().to_string());
            if row.path.contains("conversations/{id}") {
                let (id, of_person) = fresh(&world, row.target, number).await;
                path = path.replace("{id}", &id.to_string());
                identity = of_person;
                if path.ends_with("reopen") {
                    close(&browsers, &path, row.target).await;
                }
            } else if row.path.contains("set-aside/{id}") {
                let id = set_aside(&world, world.webchat).await;
                path = path.replace("{id}", &id.to_string());
            } else if row.path.contains("channels/{id}") {
                path = path.replace("{id}", &world.webchat.to_string());
            } else if row.path.contains("sendings/{id}") {
                path = path.replace("{id}", &sending(&world).await.to_string());
            } else {
                path = path.replace("{id}", &somebody.to_string());
            }
            let mut url = path.trim_start_matches("/api/v1").to_owned();
            match row.path.rsplit('/').next() {
                Some("events") => url = format!("{url}?line={line}"),
                Some("conversations") => url.push_str("?view=all"),
                _ => {}
            }
            let who = if at == 0 { "nobody" } else { ROLES[at - 1].as_str() };
            // Signing out would end the walk for whoever does it.
            let browser = match (row.path.ends_with("/session"), &row.method) {
                (true, &Method::DELETE) if at > 0 => {
                    let name = if who == "agent" { "Lucia" } else { who };
                    world.sign_in(name).await
                }
                _ => browser.clone(),
            };
            let place = if row.target == "restricted" {
                format!("{}/restricted/{}", row.path, row.path)
            } else {
                row.path.to_owned()
            };
            let body = body_for(&world, &row.method, &place, browser.user, &identity);
            let answer = browser.call(row.method.clone(), &url, body).await;
            if answer.status.as_u16() != *expected {
                wrong.push(format!(
                    "{} {} {} {who}: expected {expected}, was {} {}",
                    row.method, row.path, row.target, answer.status, answer.body
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The conversation of a path is closed by somebody who may.
async fn close(browsers: &[Browser], path: &str, target: &str) {
    if target != "elsewhere" {
        let focal_point = &browsers[5];
        let url = path.trim_start_matches("/api/v1").replace("/reopen", "/close");
        focal_point.post(&url, json!({})).await.ok();
    }
}

/// A new route without rows fails here.
fn every_operation_has_its_rows(rows: &[Expected]) {
    let document: Value = serde_json::to_value(openline::api::document()).unwrap();
    let mut wanted = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys().filter(|key| key.len() <= 6) {
            let targets: &[&str] = if path.contains("/conversations/{id}") {
                &["here", "restricted", "elsewhere"]
            } else if path.contains("{line}") || path.ends_with("/events") {
                &["here", "elsewhere"]
            } else {
                &["-"]
            };
            wanted.extend(
                targets.iter().map(|target| (path.clone(), method.to_uppercase(), (*target).to_owned())),
            );
        }
    }
    let mut have = BTreeMap::new();
    for row in rows {
        let key = (row.path.to_owned(), row.method.to_string(), row.target.to_owned());
        assert!(have.insert(key.clone(), ()).is_none(), "{key:?} stands twice in access_matrix.txt");
    }
    let have: BTreeSet<_> = have.into_keys().collect();
    let missing: Vec<_> = wanted.difference(&have).collect();
    assert!(missing.is_empty(), "no row in access_matrix.txt for {missing:#?}");
    let unknown: Vec<_> = have.difference(&wanted).collect();
    assert!(unknown.is_empty(), "access_matrix.txt has rows for no route: {unknown:#?}");
}

/// The grant's shape is part of the contract.
#[test]
fn a_grant_names_its_line() {
    let grant = Grant { line: None, role: Role::Administrator };
    assert_eq!(serde_json::to_value(grant).unwrap(), json!({"line": null, "role": "administrator"}));
}
