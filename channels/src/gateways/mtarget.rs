//! Mtarget, France: form in, a GET out. A part of a long message is a message of its own: one that is lost holds the
//! others back no longer.
use super::kit::*;

gateway_settings! {
    /// Settings of a service at Mtarget.
    MtargetSettings as "mtarget" at Some("https://api-public.mtarget.fr"), {
        username: String,
        password: Secret,
    }
}

impl Gateway for MtargetSettings {
    const MAX_TEXT: usize = 765;

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        if let Some(code) = call.get("Status") {
            let status = match code {
                "0" => Some(Status::Accepted),
                "1" | "2" => Some(Status::Sent),
                "3" => Some(Status::Delivered),
                "4" | "6" => Some(failed(ErrorClass::Unreachable, Some(code), "not delivered")),
                _ => None,
            };
            return reported(call.required("MsgId")?.to_owned(), status, "Status");
        }
        let from = telephone(account, call.required("Msisdn")?);
        if let (Some(person), Some("Stop")) = (&from, call.get("Keyword")) {
            let event = ChannelEvent::OptedOut { person: vec![person.clone()], about: None, at: None };
            return Ok(vec![Incoming::Event(event)]);
        }
        let text = call.there("Content")?.to_owned();
        Ok(Text { external_id: call.owned("MsgId"), from, text, ..Text::default() }.incoming())
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let to = part.to();
        let parameters = [
            ("username", self.username.as_str()),
            ("password", self.password.expose()),
            ("msisdn", &to),
            ("msg", part.text),
            ("serviceid", part.from()),
            ("allowunicode", "true"),
        ];
        get(&format!("{}/api-sms.json", super::Common::base(self)), &parameters)
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        content_or_status(response, |response| {
            let body = json_body(response);
            match json::code(&body, "/results/0/code").as_deref() {
                Some("0") => Settled::taken(json::code(&body, "/results/0/ticket")),
                None => Settled::Unknown,
                code => {
                    let class = match code {
                        Some("1" | "2") => ErrorClass::AccountBroken,
                        _ => ErrorClass::BadRequest,
                    };
                    let why = text(&body, "/results/0/reason").unwrap_or("");
                    refused(class, code.map(str::to_owned), why)
                }
            }
        })
    }
}
