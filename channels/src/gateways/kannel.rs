//! Kannel, an SMS gateway of one's own (kannel.org/userguide, "smsbox"): parameters in, a GET out.
use super::kit::*;

gateway_settings! {
    /// Settings of a Kannel gateway; `base_url` is its `sendsms` address, with parameters of its own if it has any.
    KannelSettings as "kannel" at None, {
        username: String,
        password: Secret,
        /// Whether reports of anything less than delivery are left out.
        #[serde(default)]
        ignore_sent: bool,
        /// Which reports are asked for, as Kannel's mask; 27 (delivered, failed, sent, rejected) when absent.
        #[serde(default)]
        dlr_mask: Option<u8>,
        /// How letters are sent.
        #[serde(default)]
        encoding: KannelEncoding,
        /// Whether receivers are written without their country code.
        #[serde(default)]
        use_national: bool,
    }
}

/// How Kannel is told to send letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KannelEncoding {
    /// In 7 bits where typographic marks can be replaced, else in 16.
    #[default]
    Smart,
    /// In 16 bits, always.
    Unicode,
    /// Left to Kannel.
    Plain,
}

/// Delivered, failed, accepted and rejected by the network's centre.
const DEFAULT_MASK: u8 = 27;

/// The state that a report's code stands for.
pub(super) fn delivery(code: &str) -> Option<Status> {
    Some(match code {
        "1" => Status::Delivered,
        "2" => failed(ErrorClass::Unreachable, Some("2"), "not delivered"),
        "4" => Status::Accepted,
        "8" => Status::Sent,
        "16" => failed(ErrorClass::BadRequest, Some("16"), "rejected by the network"),
        _ => return None,
    })
}

impl Gateway for KannelSettings {
    const MAX_TEXT: usize = 1600;

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        if call.get("status").is_some() || call.about() == "status" {
            let id = own_id(call, "uuid")?;
            let status = delivery(call.required("status")?).ok_or_else(|| Unparsable::at("status"))?;
            if self.ignore_sent && matches!(status, Status::Accepted | Status::Sent) {
                return Ok(nothing("a report of less than delivery"));
            }
            return Ok(report(DeliveryReport::of_attempt(id, status)));
        }
        Ok(Text {
            external_id: call.owned("id"),
            from: telephone(account, call.any(&["sender", "from"]).ok_or_else(|| Unparsable::at("sender"))?),
            text: call.there("message").or_else(|_| call.there("text"))?.to_owned(),
            sent_at: call.get("ts").and_then(seconds),
            ..Text::default()
        }
        .incoming())
    }

    fn lettering(&self, text: String) -> String {
        if self.encoding == KannelEncoding::Smart { smart(text) } else { text }
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let to = if self.use_national { super::national_digits(&part.to()) } else { part.to() };
        let mask = self.dlr_mask.unwrap_or(DEFAULT_MASK).to_string();
        let callback = match part.callback(&[("uuid", &part.id())]) {
            callback if callback.is_empty() => callback,
            callback => format!("{callback}&status=%d"),
        };
        let mut parameters = vec![
            ("username", self.username.as_str()),
            ("password", self.password.expose()),
            ("from", part.from()),
            ("to", &to),
            ("text", part.text),
            ("dlr-url", &callback),
            ("dlr-mask", &mask),
        ];
        if part.outgoing.high_priority {
            parameters.push(("priority", "1"));
        }
        let in_sixteen_bits = match self.encoding {
            KannelEncoding::Smart => is_unicode(part.text),
            KannelEncoding::Unicode => true,
            KannelEncoding::Plain => false,
        };
        if in_sixteen_bits {
            parameters.extend([("coding", "2"), ("charset", "utf8")]);
        }
        get(super::Common::base(self), &parameters)
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |_| Settled::taken_without_id())
    }
}
