//! ThinQ, now Commio (apidocs.thinq.com): form in; JSON out for texts, a form for files.
use super::kit::*;

gateway_settings! {
    /// Settings of a number at ThinQ.
    ThinqSettings as "thinq" at Some("https://api.thinq.com"), {
        account_id: String,
        user: String,
        token: Secret,
    }
}

/// Digits of a number in North America without its country code.
const NATIONAL_DIGITS: usize = 10;

fn national(number: &str) -> String {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let from = digits.len().saturating_sub(NATIONAL_DIGITS);
    digits.get(from..).unwrap_or("").to_owned()
}

impl Gateway for ThinqSettings {
    const MAX_TEXT: usize = 160;
    const FILES: Files = Files::Alone;

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        if call.get("status").is_some() || call.about() == "status" {
            let id = call.required("guid")?.to_owned();
            let word = call.required("status")?;
            let status = match word {
                "DELIVRD" => Some(Status::Delivered),
                "ENROUTE" | "ACCEPTD" => Some(Status::Sent),
                "EXPIRED" | "DELETED" | "UNDELIV" | "REJECTD" | "UNKNOWN" => Some(undelivered(word)),
                _ => None,
            };
            return reported(id, status, "status");
        }
        let from = telephone(account, call.required("from")?);
        let said = call.there("message")?;
        let mut read = Text { external_id: call.owned("guid"), from, ..Text::default() };
        match call.get("type") {
            Some("mms") if crate::media::web_address(said).is_some() => read.attachments.push(file_at(said)),
            Some("mms") if !said.contains(' ') && said.len() > MAX_WORD => {
                // The file itself, which the raw call keeps.
                return Err(Unparsable::at("message"));
            }
            _ => read.text = said.to_owned(),
        }
        Ok(read.incoming())
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let (to, from) = (national(&part.to()), national(part.from()));
        let headers = basic(&self.user, self.token.expose());
        let base = format!("{}/account/{}/product/origination", super::Common::base(self), self.account_id);
        Ok(match part.files.first() {
            Some(file) => {
                let fields = [("from_did", from.as_str()), ("to_did", &to), ("media_url", &file.url)];
                HttpRequest::post_form(format!("{base}/mms/send"), headers, fields)
            }
            None => {
                let letter = json!({"from_did": from, "to_did": to, "message": part.text});
                post(format!("{base}/sms/send"), headers, &letter)
            }
        })
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |response| Settled::taken(json::code(&json_body(response), "/guid")))
    }
}

/// A longer word without a blank is no word of a person's.
const MAX_WORD: usize = 300;
