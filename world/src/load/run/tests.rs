use std::net::Ipv4Addr;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use tokio::sync::mpsc;

use super::*;
use crate::serve::serve;

/// A line that greets twice, asks once for consent and from then on repeats every question.
async fn line(provider: std::net::SocketAddr, answers: usize) -> crate::serve::Serving {
    let (to, mut questions) = mpsc::unbounded_channel::<serde_json::Value>();
    let http = crate::delivery::client().unwrap();
    tokio::spawn(async move {
        while let Some(hook) = questions.recv().await {
            let message = &hook["entry"][0]["changes"][0]["value"]["messages"][0];
            let text = message["text"]["body"].as_str().unwrap().to_owned();
            for _ in 0..answers {
                let body =
                    serde_json::json!({ "to": message["from"], "text": { "body": format!("Oído: {text}") } });
                let request = http.post(format!("http://{provider}/v1.0/1/messages")).body(body.to_string());
                assert_eq!(request.send().await.unwrap().status(), 200);
            }
        }
    });
    type To = State<mpsc::UnboundedSender<serde_json::Value>>;
    async fn hook(State(to): To, body: bytes::Bytes) {
        to.send(serde_json::from_slice(&body).unwrap()).unwrap();
    }
    let router = Router::new().route("/hooks/1", post(hook)).with_state(to);
    serve((Ipv4Addr::LOCALHOST, 0).into(), router).await.unwrap()
}

async fn measured(answers: usize, rate: Option<u32>, accept_only: bool) -> Outcome {
    let provider = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let line = line(provider.local_addr().unwrap(), answers).await;
    let target = Target {
        host: line.addr.to_string(),
        path: "/hooks/1".into(),
        phone_number_id: "1".into(),
        app_secret: "s".into(),
    };
    let opening = vec!["hola".to_owned(), "Acepto".to_owned()];
    let plan =
        Plan { target, people: 20, seconds: 1, rate, in_flight: 8, connections: 4, accept_only, opening };
    tokio::task::LocalSet::new().run_until(play(plan, provider)).await.unwrap()
}

#[tokio::test]
async fn interactions_are_counted_and_nothing_is_wrong() {
    let outcome = measured(1, None, false).await;
    assert_eq!((outcome.errors, &outcome.shown), (0, &vec![]));
    assert!(outcome.interactions > 0);
    assert_eq!(outcome.latencies.count(), outcome.interactions);
}

#[tokio::test]
async fn a_doubled_answer_is_an_error() {
    let outcome = measured(2, None, false).await;
    assert!(outcome.errors > 0 && outcome.shown[0].contains("twice"), "{:?}", outcome.shown);
}

#[tokio::test]
async fn a_rate_is_kept() {
    let outcome = measured(1, Some(50), false).await;
    assert_eq!(outcome.errors, 0);
    assert!((40..=60).contains(&outcome.interactions), "{}", outcome.interactions);
}

#[tokio::test]
async fn taking_webhooks_is_measured_alone() {
    let outcome = measured(1, None, true).await;
    assert!(outcome.accepted > 0 && outcome.latencies.count() == outcome.accepted);
}
