//! Mblox, now Sinch's REST API for SMS (XMS): JSON both ways.
use super::kit::*;

gateway_settings! {
    /// Settings of a service plan at Mblox or Sinch.
    MbloxSettings as "mblox" at Some("https://api.mblox.com/xms"), {
        /// The service plan's id.
        username: String,
        /// The API token.
        password: Secret,
    }
}

impl Gateway for MbloxSettings {
    const MAX_TEXT: usize = 459;

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        let body = call.json()?;
        match text(&body, "/type").unwrap_or("") {
            "recipient_delivery_report_sms" | "delivery_report_sms" => {
                let word = needed(&body, "/status")?;
                let code = json::code(&body, "/code").filter(|code| code != "0");
                let status = match word.as_str() {
                    "Queued" => Some(Status::Accepted),
                    "Dispatched" => Some(Status::Sent),
                    "Delivered" => Some(Status::Delivered),
                    // What stays unknown for good is not sent again here, but may go another way.
                    "Aborted" | "Rejected" | "Failed" | "Expired" | "Cancelled" | "Deleted" | "Unknown" => {
                        Some(failed(ErrorClass::Unreachable, code.as_deref(), &word))
                    }
                    _ => None,
                };
                reported(needed(&body, "/batch_id")?, status, "status")
            }
            "mo_text" | "mo_binary" => Ok(Text {
                external_id: Some(needed(&body, "/id")?),
                from: telephone(account, &needed(&body, "/from")?),
                text: text(&body, "/body").unwrap_or("").to_owned(),
                sent_at: text(&body, "/received_at").and_then(at),
                ..Text::default()
            }
            .incoming()),
            _ => Err(Unparsable::at("type")),
        }
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let letter = json!({
            "from": part.from(), "to": [part.to_digits()], "body": part.text, "delivery_report": "per_recipient",
        });
        let headers = Headers::new().with("Authorization", format!("Bearer {}", self.password.expose()));
        let url = format!("{}/v1/{}/batches", super::Common::base(self), self.username);
        Ok(post(url, headers, &letter))
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        let body = json_body(response);
        if let Some(code) = owned(&body, "/code").filter(|_| !response.is_success() && response.status != 429)
        {
            let why = text(&body, "/text").unwrap_or("");
            return class_of_status(response.status).settle(Some(code), why, retry_after(response));
        }
        content_or_status(response, |_| Settled::taken(owned(&body, "/id")))
    }
}
