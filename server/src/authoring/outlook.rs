//! What the line's channels make of what a draft says, before it is published: what is shown otherwise than it is written,
//! how many SMS it takes, and what it costs.
use std::collections::HashSet;

use channels::{Look, Preview, Tariffs};
use flow::definition::FlowType;
use flow::inspect::{Written, messages};
use jiff::civil::Date;
use serde::Serialize;
use uuid::Uuid;

use super::desk::Looked;
use super::lay::Laid;
use super::simulate::degraded_of;
use super::view::{Degraded, FlowChange, Segments};
use crate::app::App;
use crate::lines::{Channel, Line, Link};
use crate::tariffs::PriceView;

/// The most messages that are listed for a channel; the dearest come first.
const MAX_LISTED: usize = 100;
/// The most messages that are looked at for a channel.
const MAX_MESSAGES: usize = 5_000;
/// How much of a message is shown, in characters.
const SHOWN_CHARS: usize = 80;

/// What one channel makes of the flows that publishing would change.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ChannelOutlook {
    pub channel: Uuid,
    pub provider: &'static str,
    /// What staff calls this kind of channel, such as `WhatsApp`.
    pub name: &'static str,
    pub address: String,
    /// Messages of these flows, each counted in each of its languages.
    pub messages: usize,
    /// Of these, how many are told of below, or would be: they take more than one SMS, are shown otherwise, or cannot be
    /// sent.
    pub noteworthy: usize,
    /// At most 100: what cannot be sent first, then the dearest.
    pub listed: Vec<MessageOutlook>,
}

/// A message that a channel does not show as it is written, or that takes several SMS.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MessageOutlook {
    pub flow: String,
    pub node: Uuid,
    pub language: String,
    /// Its first words.
    pub words: String,
    /// Expressions stand in it: with what comes in their place it can be longer or shorter.
    pub has_expressions: bool,
    /// Only on SMS.
    pub segments: Option<Segments>,
    /// What it costs today to a number of the line's own country; absent when the table of prices does not say.
    pub price: Option<PriceView>,
    pub degraded: Vec<Degraded>,
    /// It cannot be sent there at all.
    pub refused: bool,
}

/// Looks at everything that the draft's new and changed flows say.
///
/// # Errors
/// When there is no draft.
pub fn of_draft(
    app: &App,
    looked: &Looked,
    tariffs: &Tariffs,
) -> Result<Vec<ChannelOutlook>, crate::api::Problem> {
    let (_, laid) = looked.draft()?;
    let (spoken, written) = said(laid);
    let line = &looked.line;
    let day = crate::answers::today(line, app.now());
    let on = |channel: &Channel| {
        let calls = channel.account().is_some_and(|account| Look::of(account) == Look::Voice);
        // What is written is said in calls too.
        let said = written.iter().chain(spoken.iter().filter(|_| calls)).collect();
        outlook(line, channel, said, tariffs, day)
    };
    Ok(line.channels.iter().filter(|channel| channel.is_on()).map(|channel| on(channel)).collect())
}

type Said<'a> = Vec<(&'a str, Written)>;

/// What the flows that change say: by telephone, and in writing.
fn said(laid: &Laid) -> (Said<'_>, Said<'_>) {
    let changed: HashSet<Uuid> = laid
        .flows
        .iter()
        .filter(|flow| flow.change != Some(FlowChange::Same))
        .map(|flow| flow.uuid)
        .collect();
    let (mut spoken, mut written) = (Vec::new(), Vec::new());
    for flow in laid.assets.flows().filter(|flow| changed.contains(&flow.uuid)) {
        let all = messages(flow).into_iter().map(|message| (&*flow.name, message));
        match flow.kind {
            FlowType::Voice => spoken.extend(all),
            _ => written.extend(all),
        }
    }
    for said in [&mut spoken, &mut written] {
        said.truncate(MAX_MESSAGES);
    }
    (spoken, written)
}

fn outlook(
    line: &Line,
    channel: &Channel,
    said: Vec<&(&str, Written)>,
    tariffs: &Tariffs,
    day: Date,
) -> ChannelOutlook {
    let number = line.number();
    let mut listed: Vec<(u64, MessageOutlook)> = said
        .iter()
        .filter_map(|(flow, written)| {
            let preview = preview(channel, written);
            let price = channels::price(tariffs, &preview, number, day);
            let several = preview.segments.is_some_and(|segments| segments.count > 1);
            let is_plain = !several && preview.degraded.is_empty() && preview.refused.is_none();
            let cost = price.as_ref().map_or(0, |price| price.micros);
            (!is_plain).then(|| (cost, message(flow, written, preview, price)))
        })
        .collect();
    listed.sort_by_key(|(cost, message)| {
        let segments = message.segments.as_ref().map_or(0, |segments| segments.count);
        std::cmp::Reverse((message.refused, *cost, segments))
    });
    ChannelOutlook {
        channel: channel.id,
        provider: channel.provider(),
        name: channel.kind.name(),
        address: channel.address.clone(),
        messages: said.len(),
        noteworthy: listed.len(),
        listed: listed.into_iter().take(MAX_LISTED).map(|(_, message)| message).collect(),
    }
}

fn preview(channel: &Channel, written: &Written) -> Preview {
    match &channel.link {
        Link::Http(account) => channels::preview_on(account, &written.content),
        Link::Smpp(account) => channels::smpp::preview(account, &written.content),
        Link::Own => channels::preview(Look::Webchat, &written.content),
    }
}

fn message(
    flow: &str,
    written: &Written,
    preview: Preview,
    price: Option<channels::Price>,
) -> MessageOutlook {
    MessageOutlook {
        flow: flow.to_owned(),
        node: written.node,
        language: written.language.to_string(),
        words: written.content.text.chars().take(SHOWN_CHARS).collect(),
        has_expressions: written.has_expressions,
        segments: preview.segments.map(Segments::of),
        price: price.map(PriceView::of),
        refused: preview.refused.is_some(),
        degraded: degraded_of(&preview),
    }
}
