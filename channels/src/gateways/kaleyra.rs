//! Kaleyra's WhatsApp (developers.kaleyra.io): parameters in, form out. A file is sent by its address.
use flow::words::Urn;

use super::kit::*;
use crate::whatsapp_cloud;

gateway_settings! {
    /// Settings of a WhatsApp number at Kaleyra.
    KaleyraSettings as "kaleyra" at Some("https://api.kaleyra.io"), {
        account_sid: String,
        api_key: Secret,
    }
}

impl Gateway for KaleyraSettings {
    const SCHEME: &'static str = "whatsapp";
    const MAX_TEXT: usize = 4096;
    const FILES: Files = Files::Alone;

    fn reaches(&self, urn: &Urn) -> bool {
        matches!(urn.scheme(), "whatsapp" | "tel")
    }

    fn read(&self, _account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        if let Some(word) = call.get("status") {
            let id = call.required("id")?.to_owned();
            let status = match word {
                "sent" => Status::Sent,
                "delivered" => Status::Delivered,
                "read" => Status::Read,
                "failed" | "0" => undelivered(word),
                _ => return Ok(nothing("a state that has no word here")),
            };
            return Ok(report(DeliveryReport::of(id, status)));
        }
        let from = whatsapp_cloud::identity(call.required("from")?).ok_or_else(|| Unparsable::at("from"))?;
        let kind = call.get("type").unwrap_or("");
        let url = call.get("media_url").map(|url| match kind {
            "image" | "audio" | "video" => IncomingAttachment::file(kind, url),
            _ => file_at(url),
        });
        Ok(Text {
            external_id: call.any(&["id", "message_id"]).map(str::to_owned),
            from: Some(from),
            text: call.any(&["body", "caption"]).unwrap_or("").to_owned(),
            name: call.owned("name"),
            sent_at: call.get("created_at").and_then(seconds),
            attachments: url.into_iter().collect(),
        }
        .incoming())
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let (to, callback) = (part.to_digits(), part.callback(&[]));
        let mut fields = vec![
            ("api-key", self.api_key.expose()),
            ("channel", "WhatsApp"),
            ("from", part.from()),
            ("to", to.as_str()),
            ("callback_url", callback.as_str()),
        ];
        match part.files.first() {
            Some(file) => fields.extend([("type", "media"), ("media_url", file.url.as_str())]),
            None => fields.extend([("type", "text"), ("body", part.text)]),
        }
        if part.text.contains("https://") || part.text.contains("http://") {
            fields.push(("preview_url", "true"));
        }
        let url = format!("{}/v1/{}/messages", super::Common::base(self), self.account_sid);
        Ok(HttpRequest::post_form(url, Headers::new(), fields))
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |response| Settled::taken(owned(&json_body(response), "/id")))
    }
}
