//! Slack (docs.slack.dev/apis/events-api): events in, JSON out. Files are fetched with our own token and never made
//! public. A file that goes out is a link: the call that took files was withdrawn in November 2025.
use jiff::Timestamp;
use url::Url;

use super::kit::*;
use crate::signing;

/// `v0=` and the hexadecimal HMAC-SHA256 of `v0:timestamp:body`.
const SIGNATURE_HEADER: &str = "X-Slack-Signature";
const TIME_HEADER: &str = "X-Slack-Request-Timestamp";

gateway_settings! {
    /// Settings of an app in a Slack workspace.
    SlackSettings as "slack" at Some("https://slack.com/api"), {
        bot_token: Secret,
        /// Events are signed with it.
        #[serde(default)]
        signing_secret: Option<Secret>,
        /// Slack's former proof, a field of the body: used where there is no signing secret, and at set-up.
        #[serde(default)]
        verification_token: Option<Secret>,
    }
}

impl SlackSettings {
    fn knows_token(&self, body: &Value) -> Result<(), Denied> {
        let token = self.verification_token.as_ref().ok_or(Denied::Unsigned)?;
        let given = text(body, "/token").ok_or(Denied::Unsigned)?;
        signing::must_match(token.expose().as_bytes(), given.as_bytes())
    }
}

impl Gateway for SlackSettings {
    const SCHEME: &'static str = "slack";
    const MAX_TEXT: usize = 4000;

    fn signs(&self) -> bool {
        self.signing_secret.is_some() || self.verification_token.is_some()
    }

    fn verify(&self, request: &HttpRequest) -> Result<(), Denied> {
        let Some(secret) = &self.signing_secret else {
            let body: Value = serde_json::from_slice(&request.body).map_err(|_| Denied::Malformed)?;
            return match self.verification_token {
                Some(_) => self.knows_token(&body),
                None => super::Common::guard(self).verify(request),
            };
        };
        let header = request.headers.get(SIGNATURE_HEADER).ok_or(Denied::Unsigned)?;
        let time = request.headers.get(TIME_HEADER).ok_or(Denied::Unsigned)?;
        let signature = header.strip_prefix("v0=").and_then(|digits| hex::decode(digits).ok());
        let mut signed = format!("v0:{time}:").into_bytes();
        signed.extend_from_slice(&request.body);
        let expected = signing::hmac_sha256(secret.expose(), &signed);
        signing::must_match(&expected, &signature.ok_or(Denied::Malformed)?)
    }

    fn signed_for(&self, request: &HttpRequest) -> Option<(Timestamp, Timestamp)> {
        self.signing_secret.as_ref()?;
        let at = seconds(request.headers.get(TIME_HEADER)?)?;
        Some((at, at))
    }

    fn challenge(&self, request: &HttpRequest) -> Option<HttpResponse> {
        let body: Value = serde_json::from_slice(&request.body).ok()?;
        if text(&body, "/type") != Some("url_verification") {
            return None;
        }
        let known =
            if self.verification_token.is_some() { self.knows_token(&body) } else { self.verify(request) };
        Some(match known {
            Ok(()) => {
                let challenge = text(&body, "/challenge").unwrap_or("");
                HttpResponse::new(200, "text/plain; charset=utf-8", challenge)
            }
            Err(denied) => {
                HttpResponse::new(denied.http_status(), "text/plain; charset=utf-8", denied.to_string())
            }
        })
    }

    fn read(&self, _account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        let body = call.json()?;
        if text(&body, "/type") != Some("event_callback") {
            return Err(Unparsable::at("type"));
        }
        let event = body.get("event").ok_or_else(|| Unparsable::at("event"))?;
        let kind = text(event, "/type").unwrap_or("");
        if kind != "message" {
            return Ok(nothing(&format!("event {}", json::word(kind))));
        }
        // What somebody changed or took back stands one step further in, and the bot's own messages are changed by
        // Slack itself when it shows what a link leads to.
        let said = event.get("message").unwrap_or(event);
        if event.get("bot_id").or_else(|| said.get("bot_id")).is_some() {
            return Ok(nothing("a message of a bot"));
        }
        match text(event, "/subtype").unwrap_or("") {
            "message_changed" if said.get("edited").is_none() => return Ok(nothing("a preview of a link")),
            "message_deleted" | "message_replied" => {
                return Ok(nothing("a message was taken back or answered"));
            }
            _ => {}
        }
        let id = needed(&body, "/event_id")?;
        if text(event, "/channel_type") != Some("im") {
            return Ok(vec![Incoming::Event(ChannelEvent::GroupMessage { external_id: id })]);
        }
        let files = list(said, "/files").iter().filter_map(|file| {
            let content_type = text(file, "/mimetype").unwrap_or("application/octet-stream");
            let url = text(file, "/url_private_download").or_else(|| text(file, "/url_private"))?;
            let mut read = IncomingAttachment::file(content_type, url);
            read.filename = owned(file, "/name");
            Some(read)
        });
        Ok(Text {
            external_id: Some(id),
            from: text(said, "/user").and_then(|user| flow::words::Urn::new("slack", user).ok()),
            text: unescaped(text(said, "/text").unwrap_or("")),
            sent_at: json::code(&body, "/event_time").as_deref().and_then(seconds),
            attachments: files.collect(),
            ..Text::default()
        }
        .incoming())
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let headers = Headers::new().with("Authorization", format!("Bearer {}", self.bot_token.expose()));
        let letter = json!({"channel": part.to(), "text": escaped(part.text)});
        Ok(post(format!("{}/chat.postMessage", super::Common::base(self)), headers, &letter))
    }

    fn probes(&self) -> Vec<Probe> {
        let headers = Headers::new().with("Authorization", format!("Bearer {}", self.bot_token.expose()));
        let request = post(format!("{}/auth.test", super::Common::base(self)), headers, &json!({}));
        let reads =
            Reads { ok: Some(("/ok", Good::True)), name: "/team", sender: "/user", ..Reads::default() };
        vec![Probe::new(About::Account, request, reads)]
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |response| {
            let body = json_body(response);
            match (body.get("ok").and_then(Value::as_bool), owned(&body, "/error")) {
                (Some(true), _) => Settled::taken_without_id(),
                (Some(false), Some(code)) => {
                    let class = match code.as_str() {
                        "ratelimited" | "rate_limited" => ErrorClass::Throttled,
                        "internal_error" | "fatal_error" | "service_unavailable" | "request_timeout" => {
                            ErrorClass::Transient
                        }
                        "channel_not_found" | "user_not_found" | "is_archived" | "not_in_channel" => {
                            ErrorClass::Unreachable
                        }
                        "invalid_auth" | "not_authed" | "account_inactive" | "token_revoked"
                        | "token_expired" | "missing_scope" | "no_permission" | "org_login_required" => {
                            ErrorClass::AccountBroken
                        }
                        _ => ErrorClass::BadRequest,
                    };
                    class.settle(Some(code.clone()), &code, retry_after(response))
                }
                _ => Settled::Unknown,
            }
        })
    }

    fn credentials(&self, _account: &Account, url: &Url) -> Headers {
        if crate::media::is_within(url, &["slack.com"]) {
            return Headers::new().with("Authorization", format!("Bearer {}", self.bot_token.expose()));
        }
        Headers::new()
    }

    fn profile(&self, urn: &flow::words::Urn) -> Option<HttpRequest> {
        let mut request =
            get(&format!("{}/users.info", super::Common::base(self)), &[("user", &urn.path())]).ok()?;
        request.headers.append("Authorization", format!("Bearer {}", self.bot_token.expose()));
        Some(request)
    }

    fn profile_name(&self, body: &Value) -> Option<String> {
        owned(body, "/user/real_name")
    }
}

/// The three signs that Slack would read as its own.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// What a person wrote out of Slack's form of it: addresses stand in angle brackets, perhaps with the words that are
/// shown for them, and three signs are escaped.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        let Some((inside, tail)) = after.split_once('>') else { break };
        out.push_str(before);
        let (address, label) = inside.split_once('|').unwrap_or((inside, ""));
        match address.as_bytes() {
            // Somebody, a channel, or a word such as `!here`.
            [b'@' | b'#' | b'!', ..] => out.push_str(if label.is_empty() { address } else { label }),
            // The label of an address that was only written is the address itself, or its last part.
            _ if label.is_empty() || address.ends_with(label) => {
                out.push_str(if label.is_empty() { address } else { label });
            }
            _ => out.push_str(&format!("{label} ({address})")),
        }
        rest = tail;
    }
    out.push_str(rest);
    out.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}
