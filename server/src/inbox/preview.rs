//! What a reply will be on the person's channel, before it is sent: its parts, what it costs, what is left out.
use std::borrow::Cow;
use std::sync::Arc;

use channels::{Look, Preview};
use flow::words::{Attachment, Content};
use serde::Serialize;
use uuid::Uuid;

use super::read;
use crate::access::Held;
use crate::app::App;
use crate::lines::{Channel, Link};
use crate::media::form::{Form, Original};
use crate::media::out::Becomes;
use crate::media::{self, link};
use crate::store::{Result, Ts, Tx};
use crate::tariffs::{self, PriceView};

/// A reply as the person's channel will show it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReplyPreview {
    /// The texts that leave, in order.
    pub parts: Vec<String>,
    /// How many messages the person gets.
    pub messages: usize,
    /// Only where it goes as SMS.
    pub segments: Option<ReplySegments>,
    /// What the channel cannot show as it is written, in plain words.
    pub degraded: Vec<String>,
    /// Why it cannot be sent at all; all else is empty then.
    pub refused: Option<String>,
    /// Absent when the table of prices does not say.
    pub price: Option<PriceView>,
    /// What becomes of each file.
    pub files: Vec<Becomes>,
}

/// What a text takes as SMS.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReplySegments {
    /// What is paid for.
    pub count: usize,
    /// `gsm7`, or `ucs2` with fewer letters a segment.
    pub encoding: &'static str,
    pub characters: usize,
    /// Letters that fit into the last segment still.
    pub left_in_last: usize,
}

/// Shows a reply before it is sent.
///
/// # Errors
/// When the store refuses, or there is no address to answer to.
pub fn preview(
    tx: &mut Tx<'_>,
    app: &App,
    held: &Held,
    text: &str,
    files: Vec<Becomes>,
    now: Ts,
) -> Result<ReplyPreview> {
    let to = read::address(tx, held)?;
    let lines = app.lines();
    let channel = lines.channel(to.channel_id).map(|(_, channel)| channel);
    let content = content(app, channel.is_some_and(|channel| channel.is_own()), text, &files, now);
    let preview = match channel.map(|channel| &channel.link) {
        Some(Link::Http(account)) => channels::preview_on(account, &content),
        Some(Link::Smpp(account)) => channels::smpp::preview(account, &content),
        Some(Link::Own) | None => channels::preview(Look::Webchat, &content),
    };
    let number = held.contact().urn(to.id).filter(|known| is_number(known.urn.scheme()));
    let number = number.map_or(Cow::Borrowed(""), |known| known.urn.path_text());
    let day = crate::answers::today(held.access().line(), now);
    let price = tariffs::price(&tariffs::tariffs(tx)?, &preview, &number, day);
    Ok(view(preview, price, files))
}

/// The message as it would leave: files that the channel carries beside the text, addresses of others in it.
fn content(app: &App, own: bool, text: &str, files: &[Becomes], now: Ts) -> Content {
    let mut content = Content { text: text.to_owned(), ..Content::default() };
    for file in files.iter().filter(|file| !file.is_refused() && !own) {
        let kind = file.content_type.clone().unwrap_or_default();
        if file.how == "link" {
            link::append(&mut content.text, &link::page(app, file.id, now));
        } else {
            let url = link::body(app, file.id, Form::Original, &kind, now);
            content.attachments.push(Attachment { content_type: kind, url });
        }
    }
    content
}

/// The person's channel, and the files of an unsent reply.
pub type Unsent = (Option<Arc<Channel>>, Vec<(Uuid, Original)>);

/// Reads what [`become_on_channel`] needs.
///
/// # Errors
/// A [`Problem`] when a file is not there, or there is no address to answer to.
pub fn unsent(tx: &mut Tx<'_>, app: &App, held: &Held, ids: &[Uuid]) -> Result<Unsent> {
    if ids.is_empty() {
        return Ok((None, Vec::new()));
    }
    let to = read::address(tx, held)?;
    let channel = app.lines().channel(to.channel_id).map(|(_, channel)| channel.clone());
    Ok((channel, media::out::originals(tx, held, ids)?))
}

/// What becomes of files on the person's channel; they are made so.
///
/// # Errors
/// When the store refuses.
pub async fn become_on_channel(app: &App, (channel, files): Unsent) -> Result<Vec<Becomes>> {
    let mut become_so = Vec::with_capacity(files.len());
    if let Some(channel) = channel {
        for (id, original) in &files {
            become_so.push(media::out::becomes(app, &channel, *id, original).await?);
        }
    }
    Ok(become_so)
}

fn is_number(scheme: &str) -> bool {
    matches!(scheme, "tel" | "whatsapp")
}

fn view(preview: Preview, price: Option<PriceView>, files: Vec<Becomes>) -> ReplyPreview {
    ReplyPreview {
        segments: preview.segments.map(|segments| ReplySegments {
            count: segments.count,
            encoding: segments.encoding.as_str(),
            characters: segments.characters,
            left_in_last: segments.left_in_last,
        }),
        parts: preview.parts,
        messages: preview.messages,
        degraded: preview.degraded.into_iter().map(|one| one.why).collect(),
        refused: preview.refused,
        price,
        files,
    }
}
