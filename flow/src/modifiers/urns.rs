//! A contact's addresses and the channels they prefer.
use std::collections::BTreeMap;

use super::{Change, Route, UrnsModification};
use crate::contact::{ContactUrn, MAX_URNS, validate_urn};
use crate::events::EventKind;
use crate::refs::Ref;
use crate::words::Urn;

fn log_urns(change: &mut Change<'_>) {
    let urns = change.contact.urns.iter().map(ToString::to_string).collect();
    change.log(EventKind::ContactUrnsChanged { urns });
}

/// Moves an address to a channel and makes it the first.
pub(super) fn set_affinity(change: &mut Change<'_>, urn: &Urn, channel: &Ref) -> bool {
    let Some(at) = position(&change.contact.urns, urn) else { return false };
    let Some(channel) = change.assets.channel(channel.uuid).map(|known| known.uuid) else { return false };
    if at == 0 && change.contact.urns[0].channel == Some(channel) {
        return false;
    }
    let mut urn = change.contact.urns.remove(at);
    urn.channel = Some(channel);
    change.contact.urns.insert(0, urn);
    log_urns(change);
    true
}

/// Prefers a channel: addresses it can send to come first, and phone numbers (or those without any channel) move
/// to it.
pub(super) fn set_channel(change: &mut Change<'_>, channel: Option<&Ref>) -> bool {
    let before = change.contact.urns.clone();
    match channel {
        None => {
            for urn in &mut change.contact.urns {
                urn.channel = None;
            }
        }
        Some(wanted) => {
            let Some(channel) = change.assets.channel(wanted.uuid) else { return false };
            if !channel.can_send() {
                change.log(EventKind::error("Can't set channel that can't send as the preferred channel"));
                return false;
            }
            let (mut first, mut rest) = (Vec::new(), Vec::new());
            for mut urn in std::mem::take(&mut change.contact.urns) {
                let fits = channel.supports(urn.urn().scheme());
                if fits && (urn.urn().scheme() == "tel" || urn.channel.is_none()) {
                    urn.channel = Some(channel.uuid);
                }
                let preferred = urn.channel == Some(channel.uuid);
                if preferred { first.push(urn) } else { rest.push(urn) }
            }
            first.append(&mut rest);
            change.contact.urns = first;
        }
    }
    if change.contact.urns == before {
        return false;
    }
    log_urns(change);
    true
}

pub(super) fn change_urns(change: &mut Change<'_>, urns: &[String], how: UrnsModification) -> bool {
    let routes: Vec<Route> = urns.iter().map(|urn| Route { urn: urn.clone(), channel: None }).collect();
    change_routes(change, &routes, how)
}

pub(super) fn change_routes(change: &mut Change<'_>, routes: &[Route], how: UrnsModification) -> bool {
    let before = change.contact.urns.clone();
    let mut wanted = Vec::with_capacity(routes.len());
    for route in routes {
        let checked = ContactUrn::parse(&route.urn).ok().map(|urn| urn.normalized(change.env.country));
        let Some(mut urn) = checked.filter(|urn| validate_urn(urn.urn())) else {
            let extra = [("urn", route.urn.as_str())];
            change.log(EventKind::coded(format!("'{}' is not valid URN", route.urn), "urn:invalid", &extra));
            continue;
        };
        if let Some(channel) = &route.channel {
            urn.channel = change.assets.channel(channel.uuid).map(|known| known.uuid);
        }
        wanted.push(urn);
    }
    match how {
        UrnsModification::Remove => {
            change.contact.urns.retain(|held| position(&wanted, held.urn()).is_none());
        }
        UrnsModification::Append => append(change, wanted),
        UrnsModification::Set => {
            for urn in &mut wanted {
                if let (None, Some(at)) = (urn.channel, position(&before, urn.urn())) {
                    urn.channel = before[at].channel;
                }
            }
            change.contact.urns = Vec::new();
            append_known(change, wanted, &before);
        }
    }
    if change.contact.urns == before {
        return false;
    }
    log_urns(change);
    true
}

fn append(change: &mut Change<'_>, wanted: Vec<ContactUrn>) {
    let held = change.contact.urns.clone();
    append_known(change, wanted, &held);
}

/// Adds addresses; those that the contact held before need not be claimed again.
fn append_known(change: &mut Change<'_>, wanted: Vec<ContactUrn>, held: &[ContactUrn]) {
    for urn in wanted {
        if position(&change.contact.urns, urn.urn()).is_some() {
            continue;
        }
        if change.contact.urns.len() >= MAX_URNS {
            change.log(EventKind::error(format!("Contact has too many URNs, limit is {MAX_URNS}")));
            break;
        }
        if position(held, urn.urn()).is_none() && !(change.claim)(urn.urn()) {
            log_taken(change, urn.urn());
            continue;
        }
        change.contact.urns.push(urn);
    }
}

fn log_taken(change: &mut Change<'_>, urn: &Urn) {
    let extra = BTreeMap::from([("urn".to_owned(), urn.identity().to_owned())]);
    let text = "URN is taken by another contact".to_owned();
    change.log(EventKind::Error { text, code: "urn:taken".to_owned(), extra });
}

fn position(urns: &[ContactUrn], urn: &Urn) -> Option<usize> {
    urns.iter().position(|held| held.urn().identity() == urn.identity())
}
