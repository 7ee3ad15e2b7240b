//! A contact as the engine sees her, and the engine's clock, ids and dice.
use flow::contact::{Contact as Person, ContactUrn, FieldValue};
use flow::refs::Ref;
use flow::source::Source;
use jiff::Timestamp;
use uuid::Uuid;

use super::Route;
use crate::app::App;
use crate::contacts::Contact;
use crate::store::Ts;

/// The engine's source, on the server's clock and randomness.
pub struct AppSource<'a>(&'a App);

impl<'a> AppSource<'a> {
    /// A source over the server's own.
    #[must_use]
    pub fn new(app: &'a App) -> Self {
        Self(app)
    }
}

impl Source for AppSource<'_> {
    fn now(&mut self) -> Timestamp {
        self.0.now().to_timestamp()
    }
    fn uuid_v7(&mut self) -> Uuid {
        self.0.id()
    }
    fn stamp(&mut self) -> (Uuid, Timestamp) {
        let now = self.0.now();
        (self.0.ids.next(now), now.to_timestamp())
    }
    fn uuid_v4(&mut self) -> Uuid {
        let bits = (u128::from(self.0.ids.random()) << 64) | u128::from(self.0.ids.random());
        uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
    }
    fn random_below(&mut self, bound: u64) -> u64 {
        // The bias of a remainder is below 2^-40 for every bound that a flow can ask for.
        self.0.ids.random() % bound.max(1)
    }
    fn random_unit(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits are what a double holds")]
        let bits = (self.0.ids.random() >> 11) as f64;
        bits / 9_007_199_254_740_992.0
    }
}

/// The contact for one sprint; the address that she wrote from comes first, so that answers go there.
pub fn to_engine(contact: &Contact, route: Route<'_>, now: Ts) -> Person {
    let mut urns: Vec<ContactUrn> = Vec::with_capacity(contact.profile.urns.len());
    for known in &contact.profile.urns {
        let mut urn = ContactUrn::new(known.urn.clone());
        urn.channel = Some(if known.identity == route.identity { route.channel.id } else { known.channel });
        if known.identity == route.identity { urns.insert(0, urn) } else { urns.push(urn) }
    }
    let groups = contact.profile.groups.iter();
    Person {
        uuid: contact.id,
        name: contact.profile.name.clone().unwrap_or_default(),
        language: contact.language,
        created_on: contact.created_at.to_timestamp().into(),
        last_seen_on: Some(now.to_timestamp().into()),
        urns,
        groups: groups
            .filter_map(|id| route.line.assets.group(*id))
            .map(|group| Ref::new(group.uuid, group.name.clone()))
            .collect(),
        fields: contact
            .profile
            .fields
            .iter()
            // A value that cannot be read any more is as good as none; it stays in the profile.
            .filter_map(|(key, value)| {
                Some((key.as_str().into(), serde_json::from_value::<FieldValue>(value.clone()).ok()?))
            })
            .collect(),
        ..Person::default()
    }
}
