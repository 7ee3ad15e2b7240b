//! What sending costs: the administrators' table, and what staff and flow authors see of it before anything is sent.
#![expect(clippy::unwrap_used, reason = "test code")]
use crate::flows::{author, brings, export, id, must_have, path, shelter};
use crate::support::{Answer, Browser, World};
use http::{Method, StatusCode};
use openline::access::Role;
use openline::lines::{self, NewChannel};
use serde_json::{Value, json};
use uuid::Uuid;

on_both_databases!(
    the_table_is_replaced_as_a_whole_and_wrong_rows_are_named,
    a_reply_tells_its_parts_and_its_price,
    a_simulation_tells_what_the_conversation_costs,
    a_draft_tells_what_channels_make_of_it,
);

fn row(channel: &str, to: &str, unit: &str, price: &str, from: &str) -> Value {
    json!({"channel": channel, "to": to, "unit": unit, "price": price, "currency": "USD", "valid_from": from})
}

async fn puts(browser: &Browser, rows: Value, version: &Value) -> Answer {
    browser.call(Method::PUT, "/tariffs", Some(json!({"rows": rows, "version": version}))).await
}

/// An administrator writes a table; what the world's day is decides which rows are valid.
async fn priced(world: &World, rows: Value) {
    let admin = world.signed_in("Esteban", &[Role::Administrator]).await;
    let now = admin.get("/tariffs").await.ok();
    puts(&admin, rows, &now["version"]).await.ok();
}

async fn the_table_is_replaced_as_a_whole_and_wrong_rows_are_named(world: World) {
    let admin = world.signed_in("Esteban", &[Role::Administrator]).await;
    let empty = admin.get("/tariffs").await.ok();
    assert_eq!(empty["rows"], json!([]));
    let rows = json!([
        row("sms", "", "segment", "0.05", "2026-01-01"),
        row("twilio", "+593", "segment", "0.0742", "2026-01-01"),
    ]);
    let kept = puts(&admin, rows.clone(), &empty["version"]).await.ok();
    assert_eq!(kept["rows"], rows);
    assert_eq!(admin.get("/tariffs").await.ok(), kept);
    // Whoever saw an older table is told so, and nothing is lost.
    let late = puts(&admin, json!([]), &empty["version"]).await;
    assert_eq!((late.status, late.problem()), (StatusCode::CONFLICT, "changed-meanwhile"));
    for (bad, column) in [
        (row("smoke", "", "segment", "1", "2026-01-01"), "channel"),
        (row("sms", "593", "segment", "1", "2026-01-01"), "to"),
        (row("sms", "", "letter", "1", "2026-01-01"), "unit"),
        (row("sms", "", "segment", "-1", "2026-01-01"), "price"),
        (row("sms", "", "segment", "1", "soon"), "valid_from"),
        (row("sms", "", "segment", "0.06", "2026-01-01"), "channel"),
    ] {
        let table = json!([row("sms", "", "segment", "0.05", "2026-01-01"), bad]);
        let refused = puts(&admin, table, &kept["version"]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
        assert_eq!((&refused.body["row"], &refused.body["column"]), (&json!(1), &json!(column)));
    }
    assert_eq!(admin.get("/tariffs").await.ok()["rows"], rows);
}

async fn sms(world: &World) -> Uuid {
    let settings = json!({"account_sid": "AC1", "auth_token": "t", "mms": false});
    let new = NewChannel { kind: "twilio".into(), address: "+593900000001".into(), settings };
    lines::add_channel(&world.app, world.line, &new).await.unwrap()
}

async fn a_reply_tells_its_parts_and_its_price(mut world: World) {
    priced(
        &world,
        json!([
            row("sms", "", "segment", "0.05", "2026-01-01"),
            row("sms", "+593", "segment", "0.0742", "2026-01-01"),
            row("sms", "+593", "segment", "9", "2226-01-01"),
        ]),
    )
    .await;
    let lucia = world.signed_in("Lucia", &[Role::Agent]).await;
    // On WhatsApp nothing is counted in segments, and the table says nothing of it.
    let chat = world.person_asks("whatsapp:593991234567", "hola", None).await;
    let path = |id: Uuid| format!("/lines/{}/conversations/{id}/preview", world.line);
    let shown = lucia.post(&path(chat), json!({"text": "Buenos días"})).await.ok();
    assert_eq!((&shown["segments"], &shown["price"]), (&Value::Null, &Value::Null));
    assert_eq!(shown["parts"], json!(["Buenos días"]));
    let whatsapp = world.whatsapp;
    world.whatsapp = sms(&world).await;
    let by_sms = world.person_asks("tel:+593987654321", "hola", None).await;
    world.whatsapp = whatsapp;
    let path = format!("/lines/{}/conversations/{by_sms}/preview", world.line);
    let short = lucia.post(&path, json!({"text": "Venga el lunes"})).await.ok();
    assert_eq!(short["segments"]["count"], 1);
    assert_eq!(short["segments"]["encoding"], "gsm7");
    assert_eq!(short["price"]["amount"], "0.0742", "the longest beginning, the newest day that has come");
    // 71 letters of which one is none of GSM's: two segments of UCS-2.
    let long = format!("{}你", "a".repeat(70));
    let long = lucia.post(&path, json!({"text": long})).await.ok();
    assert_eq!((&long["segments"]["count"], &long["segments"]["encoding"]), (&json!(2), &json!("ucs2")));
    assert_eq!((&long["price"]["amount"], &long["price"]["count"]), (&json!("0.1484"), &json!(2)));
    for wrong in ["", "  ", &"a".repeat(5_000)] {
        let refused = lucia.post(&path, json!({"text": wrong})).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}

async fn a_simulation_tells_what_the_conversation_costs(world: World) {
    sms(&world).await;
    priced(&world, json!([row("sms", "+593", "segment", "0.05", "2026-01-01")])).await;
    let flor = world.signed_in("Flor", &[Role::FlowAuthor]).await;
    let flows = flor.get(&format!("/lines/{}/flows", world.line)).await.ok();
    let first = flows["published"]["flows"][0]["uuid"].clone();
    assert!(first.is_string(), "{flows}");
    let path = format!("/lines/{}/flows/simulate", world.line);
    let request =
        |look: &str| json!({"source": "published", "flow": first, "look": look, "steps": [], "contact": {}});
    let told = flor.post(&path, request("sms")).await.ok();
    let bubbles: Vec<&Value> = told["turns"][0]["bubbles"].as_array().unwrap().iter().collect();
    let segments: u64 = bubbles.iter().map(|one| one["segments"]["count"].as_u64().unwrap()).sum();
    assert!(segments > 0, "{told}");
    let each = bubbles.iter().map(|one| one["price"]["count"].as_u64().unwrap()).sum::<u64>();
    assert_eq!(each, segments);
    let expected = channels::amount(50_000 * segments);
    assert_eq!(told["costs"], json!([{"amount": expected, "currency": "USD"}]));
    let chat = flor.post(&path, request("webchat")).await.ok();
    assert_eq!(chat["costs"], json!([]));
}

async fn a_draft_tells_what_channels_make_of_it(world: World) {
    priced(&world, json!([row("sms", "+593", "segment", "0.0742", "2026-01-01")])).await;
    sms(&world).await;
    let flor = author(&world).await;
    let outlook = path(&world, "/draft/outlook");
    assert_eq!(flor.get(&outlook).await.status, StatusCode::CONFLICT, "there is no draft");
    let mut flow = shelter(&format!("¿Necesita refugio? {}", "Es gratis. ".repeat(20)));
    flow["localization"] = json!({"eng": {id(10): {"text": ["We have a bed."]}}});
    brings(&world, &flor, &export(&[flow])).await;
    let told = flor.get(&outlook).await.ok();
    let of = |provider: &str| {
        let all = told.as_array().unwrap();
        all.iter()
            .find(|one| one["provider"] == provider)
            .unwrap_or_else(|| panic!("no {provider}: {told:#}"))
    };
    // Three texts: the question, the offer in two languages. Flows that do not change are not told of.
    assert_eq!(of("whatsapp_cloud")["messages"], 3);
    assert_eq!(of("whatsapp_cloud")["listed"], json!([]), "WhatsApp shows all as it is written");
    let sms = of("twilio");
    assert_eq!(sms["noteworthy"], 1, "{sms:#}");
    let one = &sms["listed"][0];
    assert_eq!(
        (&one["flow"], &one["node"], &one["language"]),
        (&json!("shelter"), &json!(id(2)), &json!("spa"))
    );
    assert!(one["words"].as_str().unwrap().starts_with("¿Necesita refugio? Es gratis."));
    // The choice *Sí* makes all letters dear.
    assert_eq!((&one["segments"]["count"], &one["segments"]["encoding"]), (&json!(4), &json!("ucs2")));
    assert_eq!(one["price"]["currency"], "USD", "{one:#}");
    assert_eq!(one["price"]["amount"], "0.2968");
    must_have(&one["degraded"], &json!({"what": "quick_replies"}));
    assert_eq!((&one["refused"], &one["has_expressions"]), (&json!(false), &json!(false)));
}
