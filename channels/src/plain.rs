//! A message as plain text, for channels that have nothing to tap and take no files: choices become numbered lines,
//! links and files lines of the text.
use flow::words::{Attachment, Content, QuickReplyKind};

use crate::choices::{choices_numbered, with_numbers};
use crate::media::web_address;
use crate::outgoing::{Degraded, Feature, Refused};

/// The text with a file or a place as its last line.
pub(crate) fn as_line(
    text: String,
    attachment: &Attachment,
    degraded: &mut Vec<Degraded>,
) -> Result<String, Refused> {
    let place = attachment.content_type == "geo";
    if !place && web_address(&attachment.url).is_none() {
        return Err(Refused::Attachment);
    }
    let what = if place { "the place" } else { "the file" };
    degraded.push(Degraded::new(Feature::Media, format!("{what} is a line of the text")));
    Ok(add_line(text, &attachment.url))
}

/// The text with what can be tapped elsewhere as lines below it.
pub(crate) fn choices(content: &Content, degraded: &mut Vec<Degraded>) -> String {
    let numbered = choices_numbered(&content.quick_replies);
    if !numbered.is_empty() {
        degraded.push(Degraded::new(
            Feature::QuickReplies,
            "there are no buttons here; choices are numbered lines",
        ));
    }
    let mut text = with_numbers(&content.text, &numbered);
    for reply in &content.quick_replies {
        let (what, why) = match reply.kind {
            QuickReplyKind::Text => continue,
            QuickReplyKind::Location => (
                Feature::LocationRequest,
                "a place cannot be asked for by button here; the text must ask for it",
            ),
            QuickReplyKind::Form => (Feature::Form, "there are no forms here; the form is left out"),
            QuickReplyKind::Url => {
                (Feature::Link, "there are no buttons here; the link is a line of the text")
            }
        };
        degraded.push(Degraded::new(what, why));
        if reply.kind == QuickReplyKind::Url
            && let Some(url) = reply.extra.as_deref().filter(|url| web_address(url).is_some())
        {
            let label = reply.text.trim();
            let line = if label.is_empty() { url.to_owned() } else { format!("{label}: {url}") };
            text = add_line(text, &line);
        }
    }
    text
}

pub(crate) fn add_line(text: String, line: &str) -> String {
    if text.is_empty() { line.to_owned() } else { format!("{text}\n{line}") }
}
