//! Clickatell's platform (docs.clickatell.com, "One API" and its HTTP predecessor): JSON in, a GET out.
use super::call::percent_decoded;
use super::kit::*;

gateway_settings! {
    /// Settings of a two-way number at Clickatell.
    ClickatellSettings as "clickatell" at Some("https://platform.clickatell.com"), {
        api_key: Secret,
    }
}

impl Gateway for ClickatellSettings {
    const MAX_TEXT: usize = 420;

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        let body = call.json()?;
        let id = needed(&body, "/messageId")?;
        if body.get("statusCode").is_some() {
            return reported(id, json::integer(&body, "/statusCode").and_then(status), "statusCode");
        }
        let raw = text(&body, "/text").ok_or_else(|| Unparsable::at("text"))?;
        Ok(Text {
            external_id: Some(id),
            from: telephone(account, &needed(&body, "/fromNumber")?),
            text: decoded(raw, text(&body, "/charset").unwrap_or("")),
            sent_at: json::code(&body, "/timestamp").as_deref().and_then(millis),
            ..Text::default()
        }
        .incoming())
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let to = part.to_digits();
        let mut parameters =
            vec![("apiKey", self.api_key.expose()), ("to", to.as_str()), ("content", part.text)];
        if !part.from().is_empty() {
            parameters.push(("from", part.from()));
        }
        get(&format!("{}/messages/http/send", super::Common::base(self)), &parameters)
    }

    fn probes(&self) -> Vec<Probe> {
        let headers = Headers::new().with("Authorization", self.api_key.expose());
        let url = format!("{}/public-client/balance", super::Common::base(self));
        vec![balance_probe(ask(url, headers), "/balance", "/currency")]
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |response| {
            let body = json_body(response);
            let why = owned(&body, "/messages/0/error").or_else(|| owned(&body, "/error"));
            if let Some(why) = why {
                let of = ["/messages/0/errorCode", "/errorCode"];
                let code = of.into_iter().find_map(|pointer| json::code(&body, pointer));
                let class =
                    code.as_deref().and_then(|code| code.parse().ok()).map_or(ErrorClass::BadRequest, class);
                return refused(class, code, &why);
            }
            Settled::taken(owned(&body, "/messages/0/apiMessageId"))
        })
    }
}

/// Source: docs.clickatell.com/channels/one-api/one-api-errors-table.
const fn class(code: i64) -> ErrorClass {
    match code {
        1..=7 | 20 | 38 | 39 | 44 | 45 | 46 | 110 | 111 => ErrorClass::AccountBroken,
        18 | 19 => ErrorClass::Transient,
        25 | 27 | 28 | 101 => ErrorClass::Unreachable,
        26 => ErrorClass::OptedOut,
        43 => ErrorClass::Throttled,
        _ => ErrorClass::BadRequest,
    }
}

/// Source: docs.clickatell.com/channels/sms-channels/sms-api-reference, "message status codes".
fn status(code: i64) -> Option<Status> {
    Some(match code {
        2 | 8 | 11 => Status::Accepted,
        3 => Status::Sent,
        4 => Status::Delivered,
        12 => failed(ErrorClass::AccountBroken, Some("12"), "out of credit"),
        14 => failed(ErrorClass::RefusedForNow, Some("14"), "limit of messages reached"),
        1 | 5 | 6 | 7 | 9 | 10 | 13 => {
            failed(ErrorClass::Unreachable, Some(&code.to_string()), "not delivered")
        }
        _ => return None,
    })
}

/// A text in 16 bits a letter comes as percent-encoded bytes.
fn decoded(raw: &str, charset: &str) -> String {
    if !charset.eq_ignore_ascii_case("UTF-16BE") {
        return raw.to_owned();
    }
    let bytes = percent_decoded(raw.as_bytes(), true);
    let units = bytes.chunks_exact(2).map(|pair| match pair {
        [high, low] => u16::from_be_bytes([*high, *low]),
        _ => 0,
    });
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}
