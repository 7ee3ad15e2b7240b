//! `@contact` and what hangs on it.
use std::collections::BTreeMap;
use std::sync::Arc;

use super::{channel, datetime, lower, names, redacts, shown_urn};
use crate::assets::{Assets, Channel, ChannelRole, FieldKind};
use crate::contact::{Contact, ContactUrn, FieldValue, Ticket};
use crate::env::Environment;
use crate::excellent::{Object, Properties, Value};
use crate::refs::Ref;
use crate::words::Urn;

/// A contact as expressions see her.
#[derive(Clone)]
pub(crate) struct ContactView {
    contact: Arc<Contact>,
    assets: Arc<Assets>,
    redact: bool,
    key: [u32; 4],
}

const KEYS: [&str; 16] = [
    "channel",
    "created_on",
    "fields",
    "first_name",
    "groups",
    "id",
    "language",
    "last_seen_on",
    "name",
    "ref",
    "status",
    "tickets",
    "timezone",
    "urn",
    "urns",
    "uuid",
];

/// The schemes that `@urns` always shows.
const SCHEMES: [&str; 20] = [
    "bsuid",
    "ext",
    "facebook",
    "fcm",
    "freshchat",
    "instagram",
    "jiochat",
    "line",
    "mailto",
    "rocketchat",
    "slack",
    "tel",
    "telegram",
    "twitter",
    "twitterid",
    "viber",
    "vk",
    "webchat",
    "wechat",
    "whatsapp",
];

impl ContactView {
    pub(super) fn new(contact: Arc<Contact>, assets: Arc<Assets>, env: &Environment) -> Self {
        Self { contact, assets, redact: redacts(env), key: env.obfuscation_key }
    }

    /// How the contact is called where nothing more is said: by name, else by address or number.
    pub(super) fn title(&self) -> Value {
        let contact = &self.contact;
        if !contact.name.is_empty() {
            return contact.name.as_str().into();
        }
        match contact.urns.first() {
            Some(urn) if !self.redact => crate::contact::format_urn(urn.urn()).into(),
            _ if contact.id != 0 => self.reference().into(),
            _ => Value::from(""),
        }
    }

    fn reference(&self) -> String {
        crate::contact::reference(self.contact.id, self.key)
    }

    pub(super) fn fields(&self) -> Value {
        Object::lazy(FieldsView(self.clone())).into()
    }

    pub(super) fn urns_by_scheme(&self) -> Value {
        let mut urns: BTreeMap<&str, Value> = SCHEMES.iter().map(|scheme| (*scheme, Value::Null)).collect();
        for urn in self.contact.urns.iter().rev() {
            urns.insert(urn.urn().scheme(), shown_urn(urn.urn(), self.redact));
        }
        Object::new(urns).into()
    }

    /// The first address that a channel can send to, and that channel.
    fn reachable(&self) -> Option<(&Urn, &Channel)> {
        let channel_of = |urn: &ContactUrn| self.assets.channel_of(urn, ChannelRole::Send);
        self.contact.urns.iter().find_map(|held| Some((held.urn(), channel_of(held)?)))
    }
}

/// A property that is a text of the contact herself; the others need more than her.
pub(super) fn plain_property(contact: &Contact, key: &str) -> Option<Value> {
    Some(match key {
        "first_name" => contact.first_name().into(),
        "name" => contact.name.as_str().into(),
        "language" => contact.language.map(|language| Value::from(language.as_str())).into(),
        _ => return None,
    })
}

/// The value of one of the line's fields.
pub(super) fn field(contact: &Contact, assets: &Assets, key: &str) -> Option<Value> {
    let field = assets.field(&lower(key))?;
    Some(match contact.fields.get(&field.key) {
        Some(value) => typed(value, field.kind),
        None => Value::Null,
    })
}

impl Properties for ContactView {
    fn get(&self, key: &str) -> Option<Value> {
        let contact = &self.contact;
        Some(match &*lower(key) {
            "channel" => self.reachable().map_or(Value::Null, |(_, found)| channel(found)),
            "created_on" => datetime(contact.created_on),
            "fields" => self.fields(),
            "first_name" => contact.first_name().into(),
            "groups" => Value::array(contact.groups.iter().map(named)),
            "id" => contact.id.to_string().into(),
            "language" => contact.language.map(|language| Value::from(language.as_str())).into(),
            "last_seen_on" => contact.last_seen_on.map(datetime).into(),
            "name" => contact.name.as_str().into(),
            "ref" => self.reference().into(),
            "status" => contact.status.as_str().into(),
            "tickets" => match contact.open_ticket() {
                Some(open) => Value::array([ticket(open, &self.assets)]),
                None => Value::array([]),
            },
            "timezone" => contact.timezone.as_ref().map(Value::from).into(),
            "urn" => self.reachable().map(|(urn, _)| shown_urn(urn, self.redact)).into(),
            "urns" => Value::array(contact.urns.iter().map(|urn| shown_urn(urn.urn(), self.redact))),
            "uuid" => contact.uuid.to_string().into(),
            _ => return None,
        })
    }

    fn keys(&self) -> Vec<Arc<str>> {
        names(&KEYS)
    }

    fn default_value(&self) -> Option<Value> {
        Some(self.title())
    }

    fn deprecation(&self, key: &str) -> Option<Arc<str>> {
        match key {
            "id" => Some("@contact.id is deprecated, use @contact.ref instead".into()),
            "tickets" => Some("@contact.tickets is deprecated, use @ticket instead".into()),
            _ => None,
        }
    }
}

fn named(thing: &Ref) -> Value {
    Object::new([("uuid", Value::from(thing.uuid.to_string())), ("name", Value::from(&thing.name))]).into()
}

/// A ticket as expressions see it.
pub(super) fn ticket(ticket: &Ticket, assets: &Assets) -> Value {
    let topic = ticket.topic.as_ref().map(|topic| {
        let name = Value::from(&topic.name);
        Object::with_default(name.clone(), [("uuid", Value::from(topic.uuid.to_string())), ("name", name)])
    });
    let assignee = ticket.assignee.as_ref().map(|assignee| user(assignee, assets));
    Object::new([
        ("uuid", Value::from(ticket.uuid.to_string())),
        ("topic", topic.into()),
        ("assignee", assignee.into()),
    ])
    .into()
}

/// A member of staff as expressions see her.
pub(super) fn user(user: &Ref, assets: &Assets) -> Value {
    let known = assets.user(user.uuid);
    let name = known.map_or_else(|| user.name.clone(), |known| known.name.clone());
    let email = known.map_or_else(|| Arc::from(""), |known| known.email.clone());
    let first: Arc<str> = name.split_whitespace().next().unwrap_or("").into();
    let title = if name.is_empty() { email.clone() } else { name.clone() };
    Object::with_default(
        Value::from(title),
        [("email", Value::from(email)), ("first_name", Value::from(first)), ("name", Value::from(name))],
    )
    .into()
}

/// `@fields`: a value for every field of the line, absent ones null.
struct FieldsView(ContactView);

impl Properties for FieldsView {
    fn get(&self, key: &str) -> Option<Value> {
        field(&self.0.contact, &self.0.assets, key)
    }

    fn keys(&self) -> Vec<Arc<str>> {
        self.0.assets.fields().map(|field| field.key.clone()).collect()
    }

    fn default_value(&self) -> Option<Value> {
        let ContactView { contact, assets, .. } = &self.0;
        let mut lines = String::new();
        for field in assets.fields() {
            let Some(value) = contact.fields.get(&field.key) else { continue };
            let value = typed(value, field.kind);
            if value.is_null() {
                continue;
            }
            if !lines.is_empty() {
                lines.push('\n');
            }
            lines.push_str(&field.name);
            lines.push_str(": ");
            lines.push_str(&value.render());
        }
        Some(lines.into())
    }
}

fn typed(value: &FieldValue, kind: FieldKind) -> Value {
    let text = |text: &Option<Arc<str>>| text.clone().map(Value::from).into();
    match kind {
        FieldKind::Text => Value::Text(value.text.clone()),
        FieldKind::Number => {
            value.number.as_ref().and_then(|number| number.0.parse().ok().map(Value::Number)).into()
        }
        FieldKind::Datetime => value.datetime.map(datetime).into(),
        FieldKind::State => text(&value.state),
        FieldKind::District => text(&value.district),
        FieldKind::Ward => text(&value.ward),
    }
}
