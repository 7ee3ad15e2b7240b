//! WeChat official accounts (developers.weixin.qq.com/doc/offiaccount) and JioChat, which copied their API: messages in
//! as XML or JSON, customer messages out, with a token for two hours.
use std::time::Duration;

use flow::words::Urn;
use jiff::Timestamp;
use sha1::{Digest, Sha1};
use url::Url;

use super::kit::*;
use crate::adapter::{Preparation, Token};
use crate::incoming::{Message, MessageKind};
use crate::signing;

/// How long a token lasts when the provider does not say, and how much less it is used.
const TOKEN_SECONDS: u64 = 7200;
const MARGIN: u64 = 300;

gateway_settings! {
    /// Settings of an official account at WeChat.
    WechatSettings as "wechat" at Some("https://api.weixin.qq.com/cgi-bin"), {
        app_id: String,
        app_secret: Secret,
        /// What was set at WeChat to sign calls with.
        #[serde(default)]
        token: Option<Secret>,
    }
}

gateway_settings! {
    /// Settings of an account at JioChat.
    JiochatSettings as "jiochat" at Some("https://channels.jiochat.com"), {
        app_id: String,
        app_secret: Secret,
    }
}

/// SHA-1 of the token, the time and the number used once, sorted: how the provider shows that it knows the token.
fn shows_token(token: &Secret, request: &HttpRequest) -> Result<(), Denied> {
    let value = |name: &str| request.query_value(name).unwrap_or_default();
    let mut parts = [token.expose().to_owned(), value("timestamp"), value("nonce")];
    parts.sort();
    let given = request.query_value("signature").ok_or(Denied::Unsigned)?;
    signing::must_match(hex::encode(Sha1::digest(parts.concat())).as_bytes(), given.as_bytes())
}

/// When it showed that.
fn shown_at(token: Option<&Secret>, request: &HttpRequest) -> Option<(Timestamp, Timestamp)> {
    token?;
    let at = seconds(&request.query_value("timestamp")?)?;
    Some((at, at))
}

/// The answer to the call at set-up.
fn echo(token: Option<&Secret>, request: &HttpRequest) -> Option<HttpResponse> {
    let wanted = request.query_value("echostr").filter(|_| request.method == "GET")?;
    let known = token.map_or(Err(Denied::Unsigned), |token| shows_token(token, request));
    Some(match known {
        Ok(()) => HttpResponse::new(200, "text/plain; charset=utf-8", wanted),
        Err(denied) => {
            HttpResponse::new(denied.http_status(), "text/plain; charset=utf-8", denied.to_string())
        }
    })
}

/// The fields of a message, wherever they were.
fn message(
    scheme: &str,
    field: impl Fn(&str) -> Option<String>,
    file_base: &str,
) -> Result<Vec<Incoming>, Unparsable> {
    let from = field("FromUserName").ok_or_else(|| Unparsable::at("FromUserName"))?;
    let fits =
        from.bytes().all(|b| if scheme == "jiochat" { b.is_ascii_digit() } else { b.is_ascii_graphic() });
    let from = fits.then(|| Urn::new(scheme, &from).ok()).flatten();
    // Both write seconds or milliseconds.
    let time = field("CreateTime").and_then(|time| time.parse::<i64>().ok());
    let sent_at = time.and_then(|time| {
        if time < 100_000_000_000 {
            jiff::Timestamp::from_second(time).ok()
        } else {
            jiff::Timestamp::from_millisecond(time).ok()
        }
    });
    let kind = field("MsgType").ok_or_else(|| Unparsable::at("MsgType"))?;
    if kind == "event" {
        let event = field("Event").ok_or_else(|| Unparsable::at("Event"))?;
        return Ok(match (event.as_str(), from) {
            ("subscribe", Some(from)) => vec![Incoming::Event(ChannelEvent::ConversationStarted {
                person: vec![from],
                name: None,
                referral: None,
                payload: field("EventKey"),
                title: None,
                at: sent_at,
            })],
            // A key of the account's menu.
            ("CLICK", Some(from)) => {
                let id = format!("{}/{}", from.path(), time.unwrap_or_default());
                let choice_id = field("EventKey");
                let text = choice_id.clone().unwrap_or_default();
                let tapped = Message::new(id, vec![from], MessageKind::Choice);
                vec![Incoming::Message(Box::new(Message { sent_at, text, choice_id, ..tapped }))]
            }
            // She left; whoever is written to after that gets nothing, and the answer says so.
            (event, _) => nothing(&format!("event {}", json::word(event))),
        });
    }
    let id = field("MsgId").ok_or_else(|| Unparsable::at("MsgId"))?;
    let mut read = Text { external_id: Some(id), from, sent_at, ..Text::default() };
    read.text = field("Content").unwrap_or_default();
    if kind == "location" {
        let degrees = |name| field(name).and_then(|text| text.parse::<f64>().ok());
        let place = degrees("Location_X").zip(degrees("Location_Y"));
        read.attachments.extend(place.map(|(lat, long)| IncomingAttachment::place(lat, long)));
        read.text = field("Label").unwrap_or_default();
    } else if let Some(media) = field("MediaId") {
        // What WeChat understood of a voice message, where it is told to listen.
        read.text = field("Recognition").or_else(|| field("Content")).unwrap_or_default();
        let content_type = match kind.as_str() {
            "voice" => "audio",
            "shortvideo" => "video",
            kind => kind,
        };
        let mut url = Url::parse(file_base).map_err(|_| Unparsable::at("MediaId"))?;
        url.query_pairs_mut().append_pair("media_id", &media);
        read.attachments.push(IncomingAttachment::file(content_type, url));
    } else if kind == "link" {
        let lines: Vec<String> = ["Title", "Description", "Url"]
            .into_iter()
            .filter_map(&field)
            .filter(|l| !l.is_empty())
            .collect();
        read.text = lines.join("\n");
    }
    let is_empty = read.text.is_empty() && read.attachments.is_empty();
    let mut incoming = read.one();
    if let (Incoming::Message(message), true, false) = (&mut incoming, is_empty, kind == "text") {
        message.kind = MessageKind::Unsupported { what: json::word(&kind) };
    }
    Ok(vec![incoming])
}

fn token_of(body: &Value) -> Option<Token> {
    let seconds = json::integer(body, "/expires_in").and_then(|seconds| u64::try_from(seconds).ok());
    let lasts = Duration::from_secs(seconds.unwrap_or(TOKEN_SECONDS).saturating_sub(MARGIN));
    Some(Token { token: Secret::new(owned(body, "/access_token")?), lasts })
}

fn letter(part: &Part) -> Value {
    json!({"touser": part.to(), "msgtype": "text", "text": {"content": part.text}})
}

fn settled(response: &HttpResponse) -> Settled {
    content_or_status(response, |response| {
        let body = json_body(response);
        match json::integer(&body, "/errcode") {
            None | Some(0) => Settled::taken_without_id(),
            Some(code) => {
                let class = match code {
                    -1 => ErrorClass::Transient,
                    45009 | 45011 => ErrorClass::Throttled,
                    45015 | 45047 => ErrorClass::WindowClosed,
                    40003 | 43004 => ErrorClass::Unreachable,
                    40001 | 40014 | 42001 | 40013 | 48001 | 50001 | 50002 => ErrorClass::AccountBroken,
                    _ => ErrorClass::BadRequest,
                };
                class.settle(Some(code.to_string()), text(&body, "/errmsg").unwrap_or(""), None)
            }
        }
    })
}

impl Gateway for WechatSettings {
    const SCHEME: &'static str = "wechat";
    const MAX_TEXT: usize = 600;

    fn signs(&self) -> bool {
        self.token.is_some()
    }

    fn verify(&self, request: &HttpRequest) -> Result<(), Denied> {
        match &self.token {
            // A harness of old calls may carry no signature; WeChat's own always do.
            Some(token) if !self.unsigned_webhooks => shows_token(token, request),
            _ => super::Common::guard(self).verify(request),
        }
    }

    fn signed_for(&self, request: &HttpRequest) -> Option<(Timestamp, Timestamp)> {
        shown_at(self.token.as_ref().filter(|_| !self.unsigned_webhooks), request)
    }

    fn challenge(&self, request: &HttpRequest) -> Option<HttpResponse> {
        echo(self.token.as_ref(), request)
    }

    fn read(&self, _account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        let xml = call.xml()?;
        let files = format!("{}/media/get", super::Common::base(self));
        message("wechat", |name| xml.text(name).map(str::to_owned), &files)
    }

    fn accepted(&self, _request: &HttpRequest) -> HttpResponse {
        HttpResponse::new(200, "text/plain; charset=utf-8", "")
    }

    fn prepare(&self, account: &Account, _outgoing: &Outgoing) -> Result<Option<Preparation>, Refused> {
        let parameters = [
            ("grant_type", "client_credential"),
            ("appid", self.app_id.as_str()),
            ("secret", self.app_secret.expose()),
        ];
        let question = get(&format!("{}/token", super::Common::base(self)), &parameters)?;
        Ok(account.token.is_none().then_some(Preparation::Token(question)))
    }

    fn token(&self, body: &Value) -> Option<Token> {
        token_of(body)
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let token = part.account.token.as_ref().ok_or(Refused::Token)?;
        let url = format!("{}/message/custom/send", super::Common::base(self));
        let url =
            Url::parse_with_params(&url, [("access_token", token.expose())]).map_err(|_| Refused::Address)?;
        Ok(post(url.into(), Headers::new(), &letter(part)))
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        settled(response)
    }

    fn profile_name(&self, body: &Value) -> Option<String> {
        owned(body, "/nickname")
    }
}

impl Gateway for JiochatSettings {
    const SCHEME: &'static str = "jiochat";
    const MAX_TEXT: usize = 600;

    fn challenge(&self, request: &HttpRequest) -> Option<HttpResponse> {
        echo(Some(&self.app_secret), request)
    }

    fn read(&self, _account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        let body = call.json()?;
        let files = format!("{}/media/download.action", super::Common::base(self));
        message("jiochat", |name| json::code(&body, &format!("/{name}")), &files)
    }

    fn prepare(&self, account: &Account, _outgoing: &Outgoing) -> Result<Option<Preparation>, Refused> {
        let letter = json!({
            "grant_type": "client_credentials",
            "client_id": self.app_id,
            "client_secret": self.app_secret.expose(),
        });
        let question =
            || post(format!("{}/auth/token.action", super::Common::base(self)), Headers::new(), &letter);
        Ok(account.token.is_none().then(|| Preparation::Token(question())))
    }

    fn token(&self, body: &Value) -> Option<Token> {
        token_of(body)
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let token = part.account.token.as_ref().ok_or(Refused::Token)?;
        let headers = Headers::new().with("Authorization", format!("Bearer {}", token.expose()));
        Ok(post(format!("{}/custom/custom_send.action", super::Common::base(self)), headers, &letter(part)))
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        settled(response)
    }

    fn credentials(&self, account: &Account, url: &Url) -> Headers {
        match &account.token {
            Some(token) if crate::media::same_origin(url, Some(super::Common::base(self))) => {
                Headers::new().with("Authorization", format!("Bearer {}", token.expose()))
            }
            _ => Headers::new(),
        }
    }

    fn profile_name(&self, body: &Value) -> Option<String> {
        owned(body, "/nickname")
    }
}
