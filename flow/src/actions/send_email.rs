//! Has an e-mail sent.
use uuid::Uuid;

use super::{Act, Answered, Outcome, online};
use crate::asks::{AskAnswer, AskKind};
use crate::definition::{FlowType, Reader, Text};
use crate::engine::Turn;
use crate::events::EventKind;
use crate::inspect::Visitor;

/// The longest subject, in characters.
const MAX_SUBJECT_CHARS: usize = 255;
/// The longest body, in characters.
const MAX_BODY_CHARS: usize = 10_000;

/// See the module.
#[derive(Debug)]
pub struct SendEmail {
    addresses: Vec<Text>,
    subject: Text,
    body: Text,
}

impl Act for SendEmail {
    const TYPE: &'static str = "send_email";

    fn read(r: &mut Reader<'_, '_>) -> Self {
        let addresses = r.texts("addresses");
        if addresses.is_empty() {
            r.wrong("addresses", "must have a minimum of 1 items");
        }
        let subject = r.required("subject");
        r.at_most("subject", subject, MAX_SUBJECT_CHARS);
        let body = r.required("body");
        r.at_most("body", body, MAX_BODY_CHARS);
        Self { addresses, subject: Text::new(subject), body: Text::new(body) }
    }

    fn allowed_in(kind: FlowType) -> bool {
        online(kind)
    }

    fn run(&self, uuid: Uuid, turn: &mut Turn<'_, '_>, answered: Option<Answered>) -> Outcome {
        if let Some(Answered {
            kind: AskKind::Email { to, subject, body },
            answer: AskAnswer::Email(sent),
            ..
        }) = answered
        {
            match sent {
                Ok(()) => turn.log(EventKind::EmailSent { to, subject, body }),
                Err(text) => turn.error(format!("Unable to send email: {text}")),
            }
            return Outcome::Done;
        }
        let (subject, _) = turn.localized_one(uuid, "subject", &self.subject);
        let subject = one_line(&turn.eval(subject));
        if subject.is_empty() {
            turn.error("Email subject evaluated to empty string, skipping");
            return Outcome::Done;
        }
        let (body, _) = turn.localized_one(uuid, "body", &self.body);
        let body = turn.eval(body);
        if body.is_empty() {
            turn.error("Email body evaluated to empty string, skipping");
            return Outcome::Done;
        }
        let mut to = Vec::new();
        for address in &self.addresses {
            let address = turn.eval(address);
            if address.is_empty() {
                turn.error("Email address evaluated to empty string, skipping");
                continue;
            }
            to.push(address.strip_prefix("mailto:").unwrap_or(&address).to_owned());
        }
        if to.is_empty() { Outcome::Done } else { Outcome::Ask(AskKind::Email { to, subject, body }, None) }
    }

    fn visit(&self, uuid: Uuid, visitor: &mut dyn Visitor) {
        for address in &self.addresses {
            visitor.template("addresses", address);
        }
        visitor.both(uuid, "subject", std::slice::from_ref(&self.subject));
        visitor.both(uuid, "body", std::slice::from_ref(&self.body));
    }
}

/// A subject has no line breaks: they could add headers.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
