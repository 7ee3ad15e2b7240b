//! A line's own files as each channel takes them: what a channel would refuse goes as a link in the text.
use channels::{Account, Fit};
use flow::words::Content;

use crate::lines::Line;

/// Makes links of the line's own files that this account's provider does not take, by their type or their size. What
/// lies elsewhere is left as it is: nobody here knows how large it is.
pub fn fit(base: &str, line: &Line, account: &Account, content: &mut Content) {
    let mut fitting = Vec::with_capacity(content.attachments.len());
    for attachment in std::mem::take(&mut content.attachments) {
        let name = attachment.url.strip_prefix(base).and_then(|rest| rest.strip_prefix("/media/"));
        let own = name.and_then(|name| line.files.values().find(|file| file.name == name));
        let fits = own.is_none_or(|file| {
            let bytes = u64::try_from(file.body.len()).unwrap_or(u64::MAX);
            channels::fit(account, file.content_type, bytes) == Fit::AsIs
        });
        if fits {
            fitting.push(attachment);
            continue;
        }
        tracing::warn!(provider = %account.provider(), file = name, "the channel does not take this file, so it goes as a link");
        if !content.text.is_empty() {
            content.text.push('\n');
        }
        content.text.push_str(&attachment.url);
    }
    content.attachments = fitting;
}
