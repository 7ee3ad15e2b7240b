//! Rocket.Chat, with RapidPro's app there: JSON both ways, known by a token in the header.
use flow::words::Urn;

use super::kit::*;
use crate::signing;

gateway_settings! {
    /// Settings of a Rocket.Chat bot; `base_url` is the app's address.
    RocketChatSettings as "rocket_chat" at None, {
        bot_username: String,
        /// Goes with every call, both ways.
        secret: Secret,
    }
}

impl Gateway for RocketChatSettings {
    const SCHEME: &'static str = "rocketchat";
    const MAX_TEXT: usize = 5000;
    const FILES: Files = Files::WithFirst;

    fn signs(&self) -> bool {
        true
    }

    fn verify(&self, request: &HttpRequest) -> Result<(), Denied> {
        let header = request.headers.get("Authorization").ok_or(Denied::Unsigned)?;
        let token = header.strip_prefix("Token ").ok_or(Denied::Malformed)?;
        signing::must_match(self.secret.expose().as_bytes(), token.as_bytes())
    }

    fn read(&self, _account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        let body = call.json()?;
        let address = needed(&body, "/user/urn")?;
        let plain = Urn::new("rocketchat", &address).map_err(|_| Unparsable::at("user.urn"))?;
        let shown =
            text(&body, "/user/username").filter(|name| !name.is_empty() && !name.contains(['#', '?']));
        let from = shown.and_then(|name| format!("{plain}#{name}").parse().ok()).unwrap_or(plain);
        let files = list(&body, "/attachments").iter().filter_map(|file| {
            let content_type = text(file, "/type").unwrap_or("application/octet-stream");
            Some(IncomingAttachment::file(content_type, text(file, "/url")?))
        });
        let read = Text {
            external_id: owned(&body, "/id"),
            from: Some(from),
            text: text(&body, "/text").unwrap_or("").to_owned(),
            name: owned(&body, "/user/full_name"),
            attachments: files.collect(),
            ..Text::default()
        };
        if read.text.is_empty() && read.attachments.is_empty() {
            return Err(Unparsable::at("text"));
        }
        Ok(read.incoming())
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let mut letter = json!({"user": part.to(), "bot": self.bot_username});
        if !part.text.is_empty() {
            letter["text"] = json!(part.text);
        }
        if !part.files.is_empty() {
            let files = part.files.iter().map(|file| json!({"type": file.content_type, "url": file.url}));
            letter["attachments"] = files.collect();
        }
        let headers = Headers::new().with("Authorization", format!("Token {}", self.secret.expose()));
        Ok(post(format!("{}/message", super::Common::base(self)), headers, &letter))
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |response| Settled::taken(owned(&json_body(response), "/id")))
    }
}
