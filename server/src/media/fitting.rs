//! A message's files as its channel takes them, at the last moment before it leaves: in the form that was made for the
//! channel, else as a link. A form that is not there yet is made meanwhile, and the message comes again.
use channels::Account;
use flow::words::{Attachment, Content};
use uuid::Uuid;

use super::form::{self, Form, Original};
use super::plan::{Plan, Taker, plan};
use super::{MediaState, id_of, link};
use crate::app::App;
use crate::contacts;
use crate::lines::{Channel, ChannelKind, Line, Link};
use crate::store::Result;

/// Whether a message can leave now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fitted {
    Ready,
    /// A file is being made ready.
    Preparing,
    /// The person was erased since it was taken up: nothing of it leaves, its words neither.
    Erased,
}

/// Who takes the files of a channel.
#[must_use]
pub fn taker(channel: &Channel) -> Taker<'_> {
    match (&channel.link, channel.kind) {
        (_, ChannelKind::Voice) => Taker::Call,
        // Few networks carry pictures, and they cost a multiple.
        (_, ChannelKind::Sms) | (Link::Own | Link::Smpp(_), _) => Taker::Address,
        (Link::Http(account), _) => Taker::Account(account),
    }
}

/// Puts the files of a message into the form that the channel takes. `contact` is whose files they may be.
///
/// # Errors
/// When the store refuses.
pub async fn fit(
    app: &App,
    line: &Line,
    channel: &Channel,
    contact: Uuid,
    content: &mut Content,
) -> Result<Fitted> {
    // Our own page makes its addresses itself.
    if content.attachments.is_empty() || channel.is_own() {
        return Ok(Fitted::Ready);
    }
    let mut fitting = Vec::with_capacity(content.attachments.len());
    let mut links = Vec::new();
    for attachment in &content.attachments {
        let fitted = match (id_of(&attachment.url), channel.account()) {
            (Some(id), _) => sent_file(app, channel, contact, id).await?,
            (None, Some(account)) => own_file(app, line, account, attachment).await?,
            (None, None) => One::File(attachment.clone()),
        };
        match fitted {
            One::File(file) => fitting.push(file),
            One::Link(address) => links.push(address),
            One::Gone => {}
            One::Preparing => return Ok(Fitted::Preparing),
            One::Erased => return Ok(Fitted::Erased),
        }
    }
    for address in links {
        link::append(&mut content.text, &address);
    }
    content.attachments = fitting;
    Ok(Fitted::Ready)
}

/// What becomes of one file.
enum One {
    File(Attachment),
    Link(String),
    /// Retention has removed it.
    Gone,
    Preparing,
    Erased,
}

/// A file that staff sends to a person.
async fn sent_file(app: &App, channel: &Channel, contact: Uuid, id: Uuid) -> Result<One> {
    let context = app.clone();
    let found = app.store.read(move |tx| {
        let Some(contact) = contacts::get(tx, &context, contact)? else { return Ok(None) };
        let row = tx.media(id)?.filter(|row| row.contact_id == contact.id && row.state == MediaState::Here);
        Ok(Some(row.and_then(|row| Original::of(&contact, &row))))
    });
    let original = match found.await? {
        Some(Some(original)) => original,
        Some(None) => return Ok(One::Gone),
        None => return Ok(One::Erased),
    };
    let (kind, now) = (original.content_type.as_str(), app.now());
    Ok(match plan(taker(channel), kind, original.size, app.forge.can()) {
        Plan::Send(form) => match form::known(app, &original, form).await? {
            Some(Ok(made)) => {
                let url = link::body(app, id, form, &made.content_type, now);
                One::File(Attachment { content_type: made.content_type, url })
            }
            // It was found out too late to tell whoever sent it; an address is better than silence.
            Some(Err(_)) => One::Link(link::page(app, id, now)),
            None => {
                form::begin(app, original, form);
                One::Preparing
            }
        },
        // A call speaks what it can: a picture's address would be read out letter by letter.
        Plan::Refuse(super::plan::Refusal::OnACall) => One::Gone,
        Plan::Link(_) | Plan::Refuse(_) => One::Link(link::page(app, id, now)),
    })
}

/// A file of the line's own, which lies open under its address. What lies elsewhere is left as it is: nobody here knows
/// how large it is.
async fn own_file(app: &App, line: &Line, account: &Account, attachment: &Attachment) -> Result<One> {
    let as_it_is = || One::File(attachment.clone());
    let found = line.file_at(&app.config.public_url, &attachment.url);
    let Some((_, file)) = found else { return Ok(as_it_is()) };
    let size = u64::try_from(file.body.len()).unwrap_or(u64::MAX);
    if channels::fit(account, file.content_type, size) == channels::Fit::AsIs {
        return Ok(as_it_is());
    }
    let form = match plan(Taker::Account(account), file.content_type, size, app.forge.can()) {
        Plan::Send(Form::Original) => return Ok(as_it_is()),
        Plan::Send(form) => form,
        Plan::Link(_) | Plan::Refuse(_) => return Ok(linked(account, attachment)),
    };
    let original = Original::of_line(app, line.id, file);
    Ok(match form::known(app, &original, form).await? {
        Some(Ok(made)) => {
            let name = file.name_as(&made.content_type);
            let url = format!("{}/media/{}/{name}", app.config.public_url, form.code());
            One::File(Attachment { content_type: made.content_type, url })
        }
        Some(Err(_)) => linked(account, attachment),
        None => {
            form::begin(app, original, form);
            One::Preparing
        }
    })
}

fn linked(account: &Account, attachment: &Attachment) -> One {
    tracing::warn!(provider = %account.provider(), "the channel does not take a file of the line, so it goes as a link");
    One::Link(attachment.url.clone())
}
