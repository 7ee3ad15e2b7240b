//! Sends airtime to the contact's phone.
use std::collections::BTreeMap;

use serde_json::Number;
use uuid::Uuid;

use super::{Act, Answered, Outcome, online};
use crate::asks::{AskAnswer, AskKind};
use crate::assets::ChannelRole;
use crate::definition::{FlowType, Json, Reader};
use crate::engine::Turn;
use crate::events::EventKind;
use crate::inspect::Visitor;

/// Where the transfer's id is kept; empty when there is none.
const LOCAL: &str = "_new_transfer";
/// No amount is larger.
const MAX_AMOUNT: f64 = 1e15;
/// No number in a definition is larger (RapidPro's range).
const MAX_NUMBER: f64 = 1e100;

/// See the module.
#[derive(Debug)]
pub struct TransferAirtime {
    amounts: BTreeMap<String, Number>,
}

impl Act for TransferAirtime {
    const TYPE: &'static str = "transfer_airtime";

    fn read(r: &mut Reader<'_, '_>) -> Self {
        let mut amounts = BTreeMap::new();
        match r.get("amounts") {
            Some(Json::Object(map)) => {
                for (currency, amount) in map.iter() {
                    match amount {
                        Json::Number(number) if number.as_f64().is_some_and(|n| n.abs() <= MAX_NUMBER) => {
                            amounts.insert(currency.to_owned(), number.clone());
                        }
                        Json::Number(_) => r.complain("number value is out of permitted range".to_owned()),
                        _ => r.wrong("amounts", "must hold numbers"),
                    }
                }
            }
            _ => r.wrong("amounts", "is required"),
        }
        Self { amounts }
    }

    fn allowed_in(kind: FlowType) -> bool {
        online(kind)
    }

    fn check(&self) -> Result<(), String> {
        let fits = |number: &Number| number.as_f64().is_some_and(|n| (0.0..MAX_AMOUNT).contains(&n));
        match self.amounts.iter().find(|(_, amount)| !fits(amount)) {
            Some((currency, _)) => Err(format!("amount for '{currency}' is out of range")),
            None => Ok(()),
        }
    }

    fn run(&self, _: Uuid, turn: &mut Turn<'_, '_>, answered: Option<Answered>) -> Outcome {
        if let Some(Answered {
            kind: AskKind::Airtime { sender, recipient, .. },
            answer: AskAnswer::Airtime(sent),
            ..
        }) = answered
        {
            let transfer = match sent {
                Ok(reply) => {
                    turn.log(EventKind::AirtimeCreated {
                        external_id: reply.external_id,
                        sender,
                        recipient,
                        currency: reply.currency,
                        amount: reply.amount,
                        http_logs: reply.http_logs,
                    });
                    turn.engine.events.last().map(|event| event.uuid.to_string()).unwrap_or_default()
                }
                Err(text) => {
                    turn.error(text);
                    String::new()
                }
            };
            turn.set_local(LOCAL, transfer);
            return Outcome::Done;
        }
        let found = turn.engine.contact.urns.iter().find(|urn| urn.urn().scheme() == "tel").cloned();
        let Some(urn) = found else {
            turn.error("can't transfer airtime to contact without a phone number");
            turn.set_local(LOCAL, String::new());
            return Outcome::Done;
        };
        let channel = turn.engine.call.assets.channel_of(&urn, ChannelRole::Send);
        let sender = channel.map(|channel| format!("tel:{}", channel.address)).unwrap_or_default();
        let recipient = urn.urn().identity().parse().unwrap_or_else(|_| urn.urn().clone());
        Outcome::Ask(AskKind::Airtime { sender, recipient, amounts: self.amounts.clone() }, None)
    }

    fn visit(&self, _: Uuid, visitor: &mut dyn Visitor) {
        visitor.local(LOCAL);
    }
}
