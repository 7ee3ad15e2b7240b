//! Macrokiosk, Malaysia: form in, JSON out; its dates are Malaysian.
use super::kit::*;

gateway_settings! {
    /// Settings of a short or long code at Macrokiosk.
    MacrokioskSettings as "macrokiosk" at Some("https://www.etracker.cc"), {
        username: String,
        password: Secret,
        sender_id: String,
        service_id: String,
    }
}

impl Gateway for MacrokioskSettings {
    const MAX_TEXT: usize = 1600;

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        let id = call.required("msgid")?.to_owned();
        if let Some(word) = call.get("status") {
            let status = match word {
                "PROCESSING" => Status::Accepted,
                "ACCEPTED" => Status::Sent,
                "DELIVERED" => Status::Delivered,
                "UNDELIVERED" => undelivered(word),
                _ => return Ok(nothing("a state that has no word here")),
            };
            return Ok(report(DeliveryReport::of(id, status)));
        }
        // The two kinds of numbers have their own names for everything.
        let (ours, from) = match call.get("longcode") {
            Some(code) => (code, call.required("msisdn")?),
            None => (call.required("shortcode")?, call.required("from")?),
        };
        if ours != account.address {
            return Ok(vec![Incoming::Event(ChannelEvent::ForOtherAddress { address: ours.to_owned() })]);
        }
        Ok(Text {
            external_id: Some(id),
            from: telephone(account, from),
            text: call.there("text")?.to_owned(),
            sent_at: call.get("time").and_then(|time| local(time, "Asia/Kuala_Lumpur")),
            ..Text::default()
        }
        .incoming())
    }

    /// Its sign for "taken, and nothing to answer".
    fn accepted(&self, _request: &HttpRequest) -> HttpResponse {
        HttpResponse::new(200, "text/plain; charset=utf-8", "-1")
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let letter = json!({
            "user": self.username,
            "pass": self.password.expose(),
            "to": part.to_digits(),
            "text": part.text,
            "from": self.sender_id,
            "servid": self.service_id,
            "type": if is_unicode(part.text) { "5" } else { "0" },
        });
        Ok(post(format!("{}/bulksms/send", super::Common::base(self)), Headers::new(), &letter))
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |response| Settled::taken(json::code(&json_body(response), "/MsgID")))
    }
}
