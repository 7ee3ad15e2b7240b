//! Play Mobile, Uzbekistan: XML in, JSON out.
use super::kit::*;
use crate::xml::Xml;

gateway_settings! {
    /// Settings of a short code at Play Mobile; `base_url` is the operator's address there.
    PlaymobileSettings as "playmobile" at None, {
        #[serde(default)]
        username: String,
        password: Option<Secret>,
        /// Words that lead a message here and are not the person's own.
        #[serde(default)]
        incoming_prefixes: Vec<String>,
    }
}

impl PlaymobileSettings {
    /// The text without the word that led it here, unless nothing else was written.
    fn without_prefix(&self, text: &str) -> String {
        let lower = text.to_lowercase();
        let rest = self.incoming_prefixes.iter().find_map(|prefix| {
            let cut =
                lower.starts_with(&prefix.to_lowercase()).then(|| text.get(prefix.len()..)).flatten()?;
            Some(cut.trim()).filter(|rest| !rest.is_empty())
        });
        rest.unwrap_or(text.trim()).to_owned()
    }

    fn messages(&self, account: &Account, xml: &Xml) -> Result<Vec<Incoming>, Unparsable> {
        let mut read = Vec::new();
        for (element, content) in xml.pairs("message", "content") {
            let from = element.attribute("msisdn").ok_or_else(|| Unparsable::at("message.msisdn"))?;
            let text = Text {
                external_id: element.attribute("id").map(str::to_owned),
                from: telephone(account, from),
                text: self.without_prefix(content.map_or("", |content| content.text.as_str())),
                sent_at: element.attribute("submit-date").and_then(|date| local(date, "Asia/Tashkent")),
                ..Text::default()
            };
            read.push(text.one());
        }
        if read.is_empty() { Err(Unparsable::at("message")) } else { Ok(read) }
    }
}

impl Gateway for PlaymobileSettings {
    const MAX_TEXT: usize = 640;

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        self.messages(account, &call.xml()?)
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let letter = json!({"messages": [{
            "recipient": part.to_digits(),
            "message-id": part.own_id(),
            "sms": {"originator": part.from(), "content": {"text": part.text}},
        }]});
        let headers = basic(&self.username, self.password.as_ref().map_or("", Secret::expose));
        Ok(post(format!("{}/broker-api/send", super::Common::base(self)), headers, &letter))
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |_| Settled::taken_without_id())
    }
}
