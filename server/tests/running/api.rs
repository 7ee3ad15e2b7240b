//! The shell of the API: problems for everything that is wrong, headers on everything.
#![expect(clippy::unwrap_used, reason = "test code")]
use crate::support::World;
use axum::body::Body;
use http::{Method, StatusCode};
use openline::access::Role;
use serde_json::json;

on_both_databases!(whatever_is_wrong_is_a_problem, the_document_is_made_from_the_code);

async fn whatever_is_wrong_is_a_problem(world: World) {
    let nobody = world.browser();
    let agent = world.signed_in("Lucia", &[Role::Agent]).await;
    let line = world.line;
    let raw = |method: Method, path: &str, kind: &str, body: Vec<u8>| {
        agent.request(method, path).header("content-type", kind).body(Body::from(body)).unwrap()
    };
    let long = format!("{{\"email\": \"{}\", \"password\": \"\"}}", "x".repeat(70_000)).into_bytes();
    for (request, status, kind) in [
        (raw(Method::GET, "/nothing", "text/plain", vec![]), 404, "not-found"),
        (raw(Method::GET, "/lines/what/counts", "text/plain", vec![]), 404, "not-found"),
        (raw(Method::PUT, "/session", "text/plain", vec![]), 405, "method-not-allowed"),
        (raw(Method::POST, "/session", "application/json", b"{\"email\": ".to_vec()), 400, "bad-json"),
        (raw(Method::POST, "/session", "application/json", b"{\"email\": 7}".to_vec()), 422, "wrong-value"),
        (raw(Method::POST, "/session", "application/json", b"\xff{}".to_vec()), 400, "bad-json"),
        (raw(Method::POST, "/session", "text/plain", b"{}".to_vec()), 415, "not-json"),
        (raw(Method::POST, "/session", "application/json", long), 413, "too-large"),
        (raw(Method::GET, "/events", "text/plain", vec![]), 400, "bad-query"),
        (
            raw(Method::GET, &format!("/lines/{line}/conversations?view=best"), "text/plain", vec![]),
            400,
            "bad-query",
        ),
        (
            raw(
                Method::GET,
                &format!("/lines/{line}/conversations?view=all&after=xyz"),
                "text/plain",
                vec![],
            ),
            400,
            "bad-cursor",
        ),
    ] {
        let place = format!("{} {}", request.method(), request.uri());
        let answer = agent.send(request).await;
        assert_eq!(answer.status.as_u16(), status, "{place} {}", answer.body);
        assert_eq!(answer.problem(), kind, "{place}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{place}");
        assert_eq!(answer.headers["cache-control"], "no-store", "{place}");
    }
    // A value that cannot be read is never repeated: it may be somebody's.
    let answer = nobody.post("/session", json!({"email": {"secret": "amina@example.org"}})).await;
    assert!(!answer.body.to_string().contains("amina"), "{}", answer.body);
}

async fn the_document_is_made_from_the_code(world: World) {
    let answer = world.browser().get("/openapi.json").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body["openapi"].as_str().unwrap().starts_with("3."));
    let paths = answer.body["paths"].as_object().unwrap();
    for path in ["/api/v1/session", "/api/v1/events", "/api/v1/lines/{line}/conversations/{id}/reply"] {
        assert!(paths.contains_key(path), "{path}");
    }
    // Every reference leads somewhere.
    let text = answer.body.to_string();
    for name in text.split("#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(answer.body["components"]["schemas"].get(name).is_some(), "{name} is described nowhere");
    }
}
