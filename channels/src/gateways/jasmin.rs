//! Jasmin, an SMS gateway of one's own (docs.jasminsms.com/en/latest/apis/http): form in, a GET out. Texts come in the
//! phone network's own alphabets.
use super::kit::*;
use crate::segments::gsm7_text;

gateway_settings! {
    /// Settings of a Jasmin gateway; `base_url` is where messages are sent, such as `http://jasmin.example:1401/send`.
    JasminSettings as "jasmin" at None, {
        username: String,
        password: Secret,
    }
}

impl Gateway for JasminSettings {
    const MAX_TEXT: usize = 1600;

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        let id = call.required("id")?.to_owned();
        if ["dlvrd", "err", "message_status"].iter().any(|name| call.get(name).is_some()) {
            return reported(id, state(call), "message_status");
        }
        call.any(&["To", "to"]).ok_or_else(|| Unparsable::at("To"))?;
        let from = call.any(&["From", "from"]).ok_or_else(|| Unparsable::at("From"))?;
        Ok(Text {
            external_id: Some(id),
            from: telephone(account, from),
            text: said(call),
            ..Text::default()
        }
        .incoming())
    }

    /// Jasmin calls again until it reads this.
    fn accepted(&self, _request: &HttpRequest) -> HttpResponse {
        HttpResponse::new(200, "text/plain; charset=utf-8", "ACK/Jasmin")
    }

    fn lettering(&self, text: String) -> String {
        smart(text)
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let (to, callback) = (part.to_digits(), part.callback(&[]));
        let units: String = part.text.encode_utf16().map(|unit| format!("{unit:04x}")).collect();
        let mut parameters = vec![
            ("username", self.username.as_str()),
            ("password", self.password.expose()),
            ("from", part.from()),
            ("to", &to),
            ("dlr", "yes"),
            ("dlr-url", &callback),
            ("dlr-level", "2"),
            ("dlr-method", "POST"),
        ];
        if is_unicode(part.text) {
            parameters.extend([("coding", "8"), ("hex-content", &units)]);
        } else {
            parameters.extend([("coding", "0"), ("content", part.text)]);
        }
        get(super::Common::base(self), &parameters)
    }

    fn probes(&self) -> Vec<Probe> {
        // The address is that of sending; the balance is beside it.
        let Some(root) = super::Common::base(self).strip_suffix("/send") else { return Vec::new() };
        let parameters = [("username", self.username.as_str()), ("password", self.password.expose())];
        let question = get(&format!("{root}/balance"), &parameters);
        question.into_iter().map(|question| balance_probe(question, "/balance", "")).collect()
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        // No connection goes to the receiver's network.
        if response.status == 412 {
            return ErrorClass::Unreachable.settle(None, "there is no route to the receiver", None);
        }
        content_or_status(response, |response| {
            let body = String::from_utf8_lossy(&response.body);
            match body.trim().split_once(' ') {
                Some(("Success", id)) => Settled::taken(Some(id.trim_matches('"').to_owned())),
                Some(("Error", why)) => refused(ErrorClass::BadRequest, None, why),
                _ => Settled::Unknown,
            }
        })
    }
}

fn state(call: &Call) -> Option<Status> {
    let word = call.get("message_status").unwrap_or("");
    let table = [
        ("DELIVRD", Status::Delivered),
        ("ACCEPTD", Status::Sent),
        ("ENROUTE", Status::Sent),
        ("UNDELIV", undelivered(word)),
        ("EXPIRED", undelivered(word)),
        ("DELETED", undelivered(word)),
        ("REJECTD", undelivered(word)),
        ("UNKNOWN", undelivered(word)),
    ];
    statuses(&table, word).or_else(|| {
        let is_set = |name| call.get(name).is_some_and(|value| value.bytes().any(|b| b != b'0'));
        match (is_set("dlvrd"), is_set("err")) {
            (true, _) => Some(Status::Delivered),
            (false, true) => Some(failed(ErrorClass::Unreachable, call.get("err"), "not delivered")),
            (false, false) => None,
        }
    })
}

/// The text of a message in its coding: 0 is the phone network's 7-bit alphabet, 8 is 16 bits a letter.
fn said(call: &Call) -> String {
    let content = call.get("content").unwrap_or("");
    match call.get("coding") {
        Some("0") => gsm7_text(content),
        Some("8") => {
            let bytes = call.get("binary").and_then(|digits| hex::decode(digits).ok());
            let units: Option<Vec<u16>> = bytes.map(|bytes| {
                let pair = |pair: &[u8]| pair.iter().fold(0_u16, |unit, byte| (unit << 8) | u16::from(*byte));
                bytes.chunks_exact(2).map(pair).collect()
            });
            units.map_or_else(|| content.to_owned(), |units| String::from_utf16_lossy(&units))
        }
        _ => content.to_owned(),
    }
}
