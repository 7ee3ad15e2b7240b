//! What providers give for a while: the token that a message is sent with, the token of a person's device, the time in
//! which she may be written to. Each on SQLite and on PostgreSQL.
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use channels::{Headers, HttpRequest};
use jiff::SignedDuration;
use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};
use world::town::Town;

use crate::webhooks::{adds, calls, counted, seconds, serve};

/// What a provider was asked and sent, in order.
#[derive(Default)]
struct Desk {
    tokens: Mutex<usize>,
    sent: Mutex<Vec<Value>>,
    /// WeChat: the time in which she may be written to is over.
    too_late: Mutex<bool>,
}

impl Desk {
    fn tokens(&self) -> usize {
        *self.tokens.lock().expect("nobody failed with it")
    }

    fn sent(&self) -> Vec<Value> {
        self.sent.lock().expect("nobody failed with it").clone()
    }
}

async fn gives_token(State(desk): State<Arc<Desk>>) -> Json<Value> {
    let mut tokens = desk.tokens.lock().expect("nobody failed with it");
    *tokens += 1;
    Json(json!({"access_token": format!("token-{tokens}"), "expires_in": 7200}))
}

async fn takes(State(desk): State<Arc<Desk>>, Json(letter): Json<Value>) -> Response {
    if *desk.too_late.lock().expect("nobody failed with it") {
        let words = json!({"errcode": 45015, "errmsg": "response out of time limit"});
        return Json(words).into_response();
    }
    let mut sent = desk.sent.lock().expect("nobody failed with it");
    sent.push(letter);
    let name = format!("projects/casa/messages/{}", sent.len());
    Json(json!({"errcode": 0, "errmsg": "ok", "name": name})).into_response()
}

/// A call of WeChat's, signed at this time.
fn on_wechat(at: i64, id: u32, text: &str) -> HttpRequest {
    let (time, nonce) = (at.to_string(), "n7");
    let mut parts = ["shown", time.as_str(), nonce];
    parts.sort_unstable();
    let signature = hex::encode(Sha1::digest(parts.concat()));
    let body = format!(
        "<xml><ToUserName>casa</ToUserName><FromUserName>oAmina</FromUserName><CreateTime>{at}</CreateTime>\
         <MsgType>text</MsgType><Content>{text}</Content><MsgId>{id}</MsgId></xml>"
    );
    HttpRequest {
        method: "POST".into(),
        url: format!("https://line.example/hooks/x?timestamp={time}&nonce={nonce}&signature={signature}"),
        headers: Headers::new().with("Content-Type", "text/xml"),
        body: body.into_bytes(),
    }
}

/// WeChat's signature is good for an hour, its token for two, and she may be written to for two days after her last
/// message: what comes too late is told as that.
async fn wechats_times_are_kept(town: Town) {
    let desk = Arc::new(Desk::default());
    let routes = Router::new().route("/token", get(gives_token)).route("/message/custom/send", post(takes));
    let base = serve(routes.with_state(desk.clone())).await;
    let settings = json!({"app_id": "wx1", "app_secret": "s", "token": "shown", "base_url": base});
    let channel = adds(&town, "wechat", "casa", settings).await;
    let at = seconds(&town);
    for (then, expected) in [(at - 7_200, 403), (at + 7_200, 403), (at, 200)] {
        assert_eq!(calls(&town, channel, &on_wechat(then, 1, "hola")).await, expected, "{}", then - at);
    }
    town.settle().await;
    assert_eq!((desk.sent().len(), desk.tokens()), (1, 1));
    assert_eq!(calls(&town, channel, &on_wechat(at, 2, "???")).await, 200);
    town.settle().await;
    assert_eq!((desk.sent().len(), desk.tokens()), (2, 1), "a token is used as long as it lasts");
    town.advance(SignedDuration::from_hours(3)).await;
    *desk.too_late.lock().expect("nobody failed with it") = true;
    assert_eq!(calls(&town, channel, &on_wechat(seconds(&town), 3, "???")).await, 200);
    town.settle().await;
    assert_eq!((desk.sent().len(), desk.tokens()), (2, 2));
    let late =
        openline::sql!("SELECT count(*) FROM message WHERE state = 7 AND reason LIKE 'window_closed%'");
    assert_eq!(counted(&town, late).await, 1);
    town.ends().await;
}

/// What an app of one's own posts.
fn by_app(about: &str, fields: &[(&str, &str)]) -> HttpRequest {
    let url = format!("https://line.example/hooks/x/{about}?token=w");
    HttpRequest::post_form(url, Headers::new(), fields.iter().copied())
}

/// Firebase names a device by a token that changes: answers go to the newest. The token that they are sent with is asked
/// for once an hour.
async fn a_devices_newest_token_is_used(town: Town) {
    let desk = Arc::new(Desk::default());
    let routes = Router::new()
        .route("/token", post(gives_token))
        .route("/v1/projects/{project}/messages:send", post(takes));
    let base = serve(routes.with_state(desk.clone())).await;
    let settings = json!({
        "project_id": "casa", "client_email": "line@casa.example", "private_key": key(), "title": "Casa",
        "webhook_token": "w", "base_url": base, "token_url": format!("{base}/token"),
    });
    let channel = adds(&town, "firebase", "casa", settings).await;
    let writes = |device: &'static str| {
        by_app("receive", &[("from", "amina"), ("msg", "hola"), ("fcm_token", device)])
    };
    let devices = || -> Vec<String> {
        let sent = desk.sent();
        sent.iter().map(|letter| letter["message"]["token"].as_str().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(calls(&town, channel, &writes("old")).await, 200);
    town.settle().await;
    assert_eq!(devices(), ["old"]);
    let registers = by_app("register", &[("urn", "amina"), ("fcm_token", "new")]);
    assert_eq!(calls(&town, channel, &registers).await, 200);
    town.settle().await;
    let again = by_app("receive", &[("from", "amina"), ("msg", "???")]);
    assert_eq!(calls(&town, channel, &again).await, 200);
    town.settle().await;
    assert_eq!((devices(), desk.tokens()), (vec!["old".to_owned(), "new".to_owned()], 1));
    town.ends().await;
}

/// A key that signs for nobody, made for this story.
fn key() -> String {
    let kind = "PRIVATE KEY";
    format!("-----BEGIN {kind}-----\n{KEY}-----END {kind}-----\n")
}

const KEY: &str = "\
MIIEogIBAAKCAQEApGx4g9YRyHPf7TFtmiRrAyCHLc9B58nixEN7YhcMOmCL4n78HgJcoVjCYRpYAHX8lb9nAwQi/nHMx/FE\n\
M92PjFizkZlE0uKYnxtbxcrruL6Gclhvlqrl55TcYdioNU0POvlg8MQLZ/F9N1R8GrozPNKHGRW2G4id1jWnGCkncDXOXPv8\n\
fF14luyB48+z6s+1v0J1g/8rSbDuhZGz+cLfA+q+ioIlmEQxeF2PXrDC3D8GlXICRgXCwAVrB43UCv68k/PwFOWnSyze8DNE\n\
+jDwPE6CCdSTOdcGdYp44iD2bH0Ch3NuA1fL17BAakNsq7vMPpLUxhRv9TgfX8oNHcTE3wIDAQABAoIBADhBoK5C1QzHkKsg\n\
CUb/BNoqC/ZBfmQm7/6EtDdoeVeT5uiU2AAQgM73hnIgyFFIDSbTORSQGsUB/LXAN7yjJtU3GCFN1n1s6BkwDCNNfX9VOLzw\n\
wyVCzayBgzG7JjouZnKgFmnqOZjTyCrhLiEa6iL6SRztD8S15oL/Em+yzPqX8bCDuYagUCV40qR0zrVWxrsgKxX9gmScmP4V\n\
mUyIrquuQdJ44UdSe3kvy2p59dsLISLB+2UFEjiPZMBJS0Ffqso9dtv3O1p1PocfqZVdUIaFxGVGbmOv1K1yerG9M3HgVs6P\n\
bKbePmd8X3gnSdNbde207RBVFE0yOWjj1cX2VbECgYEA2C93h3VJBUX8QuSnF2JDZyrEQ9cC0GiL3R1wWMM1YzT5+ij1QugX\n\
X3yRtbbNNSLxjCm/liKvnyGpmOjvGBATe2ejmpXikvUGHC16DjTwvzYAh6p21qSyNaQDeNKNOqFkIojQKRBDs4y3U0nVg6qm\n\
dCDTEIKRpLBBPi9xh5sYQLkCgYEAwrSV3gwX/gWcRhsxewAcd3nwQeLGcLUEzvnKhtuylgdaGslvhjKvDfizAv4922pa9Z8G\n\
mNuZXsYDh946f+Wmd1jcBJpU3bjMLf6xq7aGMIBWAUd77TeOsP8c76QTxXxBP6KATA8S5JyjvuTTIddiwjMclpfnEoe8Svnf\n\
ioB99lcCgYBMAuyRGUDydLgMwR6rDybJ6HSXscrQgmHi/g3Zd9GWrzLRrYMG4loNfdwxuzON4lpxwOAXJtz/I7PhCs2+dTCU\n\
bE1O9jJzH2nlkGvhAOZBJPisutgMAl6Sk7eQzN9RZRuzNM2UEp7rS6fNxiEnqWHbZQsxO+d/s2VNOxs85eByKQKBgBzV9eQe\n\
0mbSmeRgHqHi0FR5gLWhSlZi2MV2hSIX44kIqbWR46xyUS62iHyG/s5CIBqEZMu6qio5FUjIBs3uSwsd4+fim3MC7WpacCHI\n\
NHN2bkZeOeJV+hIIllZ/bFYxItCz1mBtUxT8hdu9s+8tIPk17KP490XtSFuqSgsPIJidAoGACeUZGNv1N+720sO63vEuoLJc\n\
rA8ji/E/1PyGy8MUHNWZ8CU9vkQn3xJ1vUIdkO/Rcd/kSFsX7RO+CO+hDl39jwqWod+Dur7zyNC+hXRH6+Qsbkkc/18lftKv\n\
+ZOzmbhJxx/W2xS7aFMZj7/7VCompcIFKuOH2irCteSzaYsZSTM=\n";

world::stories!(wechats_times_are_kept, a_devices_newest_token_is_used);
