//! Africa's Talking (developers.africastalking.com/docs/sms): form in, JSON out; nothing is signed.
use super::kit::*;

gateway_settings! {
    /// Settings of a short code or sender id at Africa's Talking.
    AfricasTalkingSettings as "africas_talking" at Some("https://api.africastalking.com"), {
        username: String,
        api_key: Secret,
        /// A shared short code: the provider chooses the sender.
        #[serde(default)]
        is_shared: bool,
    }
}

impl Gateway for AfricasTalkingSettings {
    /// The provider divides a longer text than 160 letters itself, and the telephone puts it together again: as messages
    /// of their own its parts could come in any order.
    const MAX_TEXT: usize = 1600;

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        // A person told the provider that she wants no more of this sender's messages.
        if let (Some(number), Some(_), None) = (call.get("phoneNumber"), call.get("senderId"), call.get("id"))
        {
            let person = telephone(account, number).ok_or_else(|| Unparsable::at("phoneNumber"))?;
            let event = ChannelEvent::OptedOut { person: vec![person], about: None, at: None };
            return Ok(vec![Incoming::Event(event)]);
        }
        // Subscriptions to a premium service are the network's business.
        if let (Some(_), Some(_), None) = (call.get("updateType"), call.get("phoneNumber"), call.get("id")) {
            return Ok(nothing("a subscription began or ended"));
        }
        let id = call.required("id")?.to_owned();
        if let Some(word) = call.get("status") {
            let status = match word {
                "Success" => Some(Status::Delivered),
                "Sent" | "Submitted" => Some(Status::Sent),
                "Buffered" => Some(Status::Accepted),
                "Rejected" | "Failed" | "Expired" | "AbsentSubscriber" => Some(failure(call, word)),
                _ => None,
            };
            return reported(id, status, "status");
        }
        Ok(Text {
            external_id: Some(id),
            from: telephone(account, call.required("from")?),
            text: call.there("text")?.to_owned(),
            sent_at: call.get("date").and_then(at),
            ..Text::default()
        }
        .incoming())
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let to = part.to();
        let mut fields =
            vec![("username", self.username.as_str()), ("to", to.as_str()), ("message", part.text)];
        if !self.is_shared && !part.from().is_empty() {
            fields.push(("from", part.from()));
        }
        let headers = Headers::new().with("apikey", self.api_key.expose()).with("Accept", "application/json");
        Ok(HttpRequest::post_form(
            format!("{}/version1/messaging", super::Common::base(self)),
            headers,
            fields,
        ))
    }

    fn probes(&self) -> Vec<Probe> {
        let headers = Headers::new().with("apikey", self.api_key.expose()).with("Accept", "application/json");
        let question = get(
            &format!("{}/version1/user", super::Common::base(self)),
            &[("username", self.username.as_str())],
        );
        let question =
            question.into_iter().map(|question| HttpRequest { headers: headers.clone(), ..question });
        question.map(|question| balance_probe(question, "/UserData/balance", "")).collect()
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |response| {
            let body = json_body(response);
            let Some(recipient) = json::at(&body, "/SMSMessageData/Recipients/0") else {
                // No receiver was taken: the reason is one word.
                return match text(&body, "/SMSMessageData/Message") {
                    Some(word) => refused(class_of_word(word), Some(word.to_owned()), word),
                    None => Settled::Unknown,
                };
            };
            let word = text(recipient, "/status").unwrap_or("");
            let is_taken = matches!(json::integer(recipient, "/statusCode"), Some(100..=102));
            if word == "Success" || is_taken {
                return Settled::taken(owned(recipient, "/messageId").filter(|id| id != "None"));
            }
            let code = json::code(recipient, "/statusCode");
            let class = json::integer(recipient, "/statusCode")
                .and_then(class)
                .unwrap_or_else(|| class_of_word(word));
            refused(class, code, word)
        })
    }
}

const fn class(code: i64) -> Option<ErrorClass> {
    Some(match code {
        401 => ErrorClass::RefusedForNow,
        402 | 405 => ErrorClass::AccountBroken,
        // 409: a national list of numbers that want no advertising, which says nothing of this line.
        403 | 404 | 407 | 409 => ErrorClass::Unreachable,
        406 => ErrorClass::OptedOut,
        500 | 501 => ErrorClass::Transient,
        502 => ErrorClass::BadRequest,
        _ => return None,
    })
}

fn class_of_word(word: &str) -> ErrorClass {
    match word {
        "UserInBlackList" | "UserInBlacklist" => ErrorClass::OptedOut,
        "InsufficientBalance" | "InsufficientCredit" | "InvalidSenderId" | "UserAccountSuspended" => {
            ErrorClass::AccountBroken
        }
        "InvalidPhoneNumber"
        | "UnsupportedNumberType"
        | "CouldNotRoute"
        | "UserIsInactive"
        | "NotNetworkSubscriber"
        | "UserDoesNotExist"
        | "DoNotDisturbRejection"
        | "DeliveryFailure" => ErrorClass::Unreachable,
        "InternalServerError" | "GatewayError" => ErrorClass::Transient,
        _ => ErrorClass::BadRequest,
    }
}

fn failure(call: &Call, word: &str) -> Status {
    match call.get("failureReason") {
        Some(reason) => failed(class_of_word(reason), Some(reason), reason),
        None => undelivered(word),
    }
}
