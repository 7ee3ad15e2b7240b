//! The page itself, rendered on the server: everything in one response, nothing that needs a script.
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flow::words::{Attachment, Language, QuickReply, QuickReplyKind};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::thread::{Bubble, Sent, Thread, Voice};
use super::words::{self, Chosen, Words};
use crate::lines::{Line, PublicFile};
use crate::media::form::Made;
use crate::media::link;
use crate::store::Ts;

const STYLE: &str = include_str!("chat.css");
const SCRIPT: &str = include_str!("chat.js");
/// The strip that tells about new messages where no script runs.
const STRIP_STYLE: &str = "body{margin:0;padding:8px 12px;background:#fff4d6;color:#6e4400;font:600 17px/1.4 \
                           system-ui,sans-serif}body.z{background:none}";
/// The page of one file.
const FILE_STYLE: &str = "body{margin:0;padding:12px;font:17px/1.5 system-ui,sans-serif;color:#1b1f24;background:#fff}\
                          img{display:block;max-width:100%;height:auto}a{display:inline-block;padding:12px 0;color:#0a4f8c}\
                          audio{max-width:100%}@media(prefers-color-scheme:dark){body{color:#e8eaed;background:#15181c}\
                          a{color:#8ec2f5}}";
/// Its Content-Security-Policy.
pub static FILE_POLICY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "default-src 'none'; style-src '{}'; img-src 'self' data:; media-src 'self'; frame-ancestors 'none'; base-uri 'none'",
        hash(FILE_STYLE)
    )
});
/// How often the strip looks, in seconds.
const STRIP_SECONDS: u32 = 20;
/// Where "Leave now" leads: known everywhere, light, and nothing that a bystander would ask about.
pub const NEUTRAL_PAGE: &str = "https://www.wikipedia.org/";
/// Longest text of a person, in characters.
pub const MAX_TEXT_CHARS: usize = 4_096;

/// The page's Content-Security-Policy: nothing but what the page itself holds and our own server.
pub static POLICY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "default-src 'none'; style-src '{}' '{}'; script-src '{}'; connect-src 'self'; media-src 'self'; \
         img-src data:; frame-src 'self'; frame-ancestors 'self'; form-action 'self' {}; base-uri 'none'",
        hash(STYLE),
        hash(STRIP_STYLE),
        hash(SCRIPT),
        NEUTRAL_PAGE.trim_end_matches('/')
    )
});

fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

/// A sentence that the page says about what was just done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The text is on disk and no answer has come yet.
    Received,
    TooLong,
    TooFast,
    Failed,
}

/// Everything that a page shows.
pub struct View<'a> {
    pub line: &'a Line,
    pub chosen: Chosen,
    pub thread: &'a Thread,
    /// Whether older messages than the newest are shown.
    pub is_earlier: bool,
    /// What stood in the box and was not sent.
    pub draft: &'a str,
    pub status: Option<Status>,
    /// Names this form, so that sending it twice makes one message.
    pub form_id: Uuid,
    /// See [`super::session::Session::tag`]; empty before the first message.
    pub tag: String,
}

/// What a script is handed: messages as the page would show them.
#[derive(Serialize)]
pub struct News {
    items: Vec<Item>,
    choices: String,
    lang: String,
}

#[derive(Serialize)]
struct Item {
    id: Uuid,
    html: String,
}

impl News {
    /// Renders new messages.
    #[must_use]
    pub fn new(line: &Line, language: Language, bubbles: &[Bubble]) -> Self {
        let words = words::of(language);
        let items = bubbles
            .iter()
            .map(|b| Item { id: b.id, html: bubble(line, words, b, false).into_string() })
            .collect();
        let choices = bubbles.last().map_or_else(String::new, |last| choices(words, last).into_string());
        Self { items, choices, lang: language.to_string() }
    }
}

/// The address of a line's page with what is to stay in it.
#[must_use]
pub fn address(line: &Line, path: &str, chosen: Chosen) -> String {
    let slug = &line.content.slug;
    if chosen.by_link {
        format!("/chat/{slug}{path}?lang={}", chosen.language)
    } else {
        format!("/chat/{slug}{path}")
    }
}

fn with(address: &str, query: &str) -> String {
    let joint = if address.contains('?') { '&' } else { '?' };
    format!("{address}{joint}{query}")
}

impl View<'_> {
    /// The whole page.
    #[must_use]
    pub fn render(&self) -> String {
        let words = words::of(self.chosen.language);
        let body = html! {
            body {
                (header(self.line, self.chosen))
                main {
                    (self.intro(words))
                    (self.messages(words))
                    (self.composer(words))
                }
                script { (PreEscaped(SCRIPT)) }
            }
        };
        document(self.name(), words, STYLE, &body, None)
    }

    fn name(&self) -> &str {
        line_name(self.line, self.chosen.language)
    }

    fn intro(&self, words: &Words) -> Markup {
        let number = &self.line.content.emergency_number;
        html! {
            div.i.k {
                p { (words.about) " " a href=(address(self.line, "/notice", self.chosen)) { (words.notice) } }
                @if !number.is_empty() {
                    p { (words.danger) " " a href={ "tel:" (dialled(number)) } { bdi { (number) } } }
                }
                @if self.line.content.languages.len() > 1 { (self.languages(words)) }
            }
        }
    }

    fn languages(&self, words: &Words) -> Markup {
        let names = &self.line.content.language_names;
        let name = |language: &Language| names.get(language).cloned().unwrap_or_else(|| language.to_string());
        let slug = &self.line.content.slug;
        html! {
            details {
                summary { (words.language) ": " bdi { (name(&self.chosen.language)) } }
                ul {
                    @for language in &self.line.content.languages {
                        li { a href={ "/chat/" (slug) "?lang=" (language) } lang=(words::tag(*language)) dir=(words::dir(*language)) { (name(language)) } }
                    }
                }
            }
        }
    }

    fn messages(&self, words: &Words) -> Markup {
        let here = address(self.line, "", self.chosen);
        let bubbles = &self.thread.bubbles;
        // After a send the page opens at the person's own last message, with the answer below it.
        let end = bubbles.iter().rposition(|b| b.voice == Voice::Person).or(bubbles.len().checked_sub(1));
        html! {
            section.l {
                h2 { (words.thread) }
                @if self.thread.has_earlier && let Some(first) = bubbles.first() {
                    p.k { a href=(with(&here, &format!("before={}", first.id))) { (words.earlier) } }
                }
                div role="log" aria-label=(words.thread) {
                    @if bubbles.is_empty() && !self.is_earlier { p #g { (words.greeting) } }
                    ul #ms {
                        @for (at, b) in bubbles.iter().enumerate() {
                            (bubble(self.line, words, b, Some(at) == end))
                        }
                    }
                }
                @if self.is_earlier { p.k { a href={ (here) "#end" } { (words.newest) } } }
            }
        }
    }

    fn composer(&self, words: &Words) -> Markup {
        let here = address(self.line, "", self.chosen);
        let lang = if self.chosen.by_link { self.chosen.language.to_string() } else { String::new() };
        let strip = with(&address(self.line, "/new", self.chosen), &format!("after={}", self.thread.last()));
        html! {
            form.f #f method="post" action=(here) data-lang=(lang) data-page=(self.chosen.language) data-after=(self.thread.last())
                data-tag=(self.tag) data-live=(if self.is_earlier { "0" } else { "1" })
                data-words=(script_words(words)) {
                input type="hidden" name="id" value=(self.form_id);
                div #q role="group" aria-label=(words.choose) {
                    @if !self.is_earlier {
                        @match self.thread.bubbles.last() {
                            Some(last) => (choices(words, last)),
                            None => button name="choice" value=(words.start_text) { (words.start) },
                        }
                    }
                }
                label for="t" { (words.write) }
                textarea #t name="text" rows="2" maxlength=(MAX_TEXT_CHARS) dir="auto" autocomplete="off" { (self.draft) }
                div.r {
                    button.p { (words.send) }
                    button.n name="refresh" value="1" { (words.show_new) }
                }
                @if !self.tag.is_empty() && !self.is_earlier {
                    noscript { iframe src=(strip) title=(words.show_new) {} }
                }
                p #s role="status" { (self.status.map_or("", |status| status_words(words, status))) }
            }
        }
    }
}

fn status_words(words: &Words, status: Status) -> &str {
    match status {
        Status::Received => &words.received,
        Status::TooLong => &words.too_long,
        Status::TooFast => &words.too_fast,
        Status::Failed => &words.failed,
    }
}

/// The words that the script needs.
fn script_words(words: &Words) -> String {
    serde_json::json!({
        "sending": words.sending,
        "sent": words.sent,
        "waiting": words.waiting,
        "not_sent": words.not_sent,
        "too_long": words.too_long,
        "too_fast": words.too_fast,
        "failed": words.failed,
    })
    .to_string()
}

fn document(title: &str, words: &Words, style: &str, body: &Markup, refresh: Option<u32>) -> String {
    html! {
        (DOCTYPE)
        html lang=(words.tag) dir=(words.dir) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                @if let Some(seconds) = refresh { meta http-equiv="refresh" content=(seconds); }
                title { (title) }
                // Keeps browsers from asking for an icon, which would be a second request.
                link rel="icon" href="data:,";
                style { (PreEscaped(style)) }
            }
            (body)
        }
    }
    .into_string()
}

fn line_name(line: &Line, language: Language) -> &str {
    line.content.name.get(&line.content.language(Some(language))).map_or("", String::as_str)
}

fn header(line: &Line, chosen: Chosen) -> Markup {
    let words = words::of(chosen.language);
    html! {
        header {
            h1 { (line_name(line, chosen.language)) }
            form #x method="post" action=(address(line, "/leave", chosen))
                data-base={ "/chat/" (line.content.slug) } data-out=(NEUTRAL_PAGE) {
                button.x title=(words.leave_hint) { (words.leave) }
            }
        }
    }
}

/// What a phone dials: digits and a leading plus.
fn dialled(number: &str) -> String {
    number.chars().filter(|c| c.is_ascii_digit() || matches!(c, '+' | '*' | '#')).collect()
}

fn bubble(line: &Line, words: &Words, b: &Bubble, is_end: bool) -> Markup {
    let (label, is_own) = match b.voice {
        Voice::Person => (words.you.as_str(), true),
        Voice::Bot => (words.automatic.as_str(), false),
        Voice::Staff => (words.team.as_str(), false),
    };
    html! {
        li.m.y[is_own] id={ "m-" (b.id) } {
            @if is_end { span #end {} }
            div.b {
                @match &b.content {
                    Some(content) => {
                        @if !content.text.is_empty() {
                            p dir="auto" { @if is_own { (content.text) } @else { (linked(&content.text)) } }
                        }
                        @for attachment in &content.attachments { (file_link(line, words, attachment)) }
                        @for file in &b.files { (sent_link(words, file)) }
                    }
                    None => p { (if is_own { &words.not_kept } else { &words.unreadable }) },
                }
            }
            small { (label) @if let Some(time) = time_of_day(line, b.at) { " · " bdi { (time) } } }
        }
    }
}

/// Hours and minutes where the line is.
fn time_of_day(line: &Line, at: Ts) -> Option<String> {
    let zone = jiff::tz::TimeZone::get(&line.content.timezone).ok()?;
    let time = at.to_timestamp().to_zoned(zone);
    Some(format!("{:02}:{:02}", time.hour(), time.minute()))
}

/// The choices of a message that still waits for an answer.
fn choices(words: &Words, last: &Bubble) -> Markup {
    let replies = match (&last.content, last.voice) {
        (Some(content), Voice::Bot | Voice::Staff) => content.quick_replies.as_slice(),
        _ => &[],
    };
    html! { @for reply in replies { (choice(words, reply)) } }
}

fn choice(words: &Words, reply: &QuickReply) -> Markup {
    let value = reply.id.as_ref().unwrap_or(&reply.text);
    match reply.kind {
        QuickReplyKind::Text if !reply.text.is_empty() => html! {
            button name="choice" value=(value) {
                span dir="auto" { (reply.text) }
                @if let Some(extra) = &reply.extra { small dir="auto" { (extra) } }
            }
        },
        QuickReplyKind::Url => match &reply.extra {
            Some(url) if is_web_address(url) => html! {
                a href=(url) rel="noreferrer noopener" dir="auto" {
                    (if reply.text.is_empty() { words.file.as_str() } else { reply.text.as_str() })
                }
            },
            _ => html! {},
        },
        // A browser can neither be asked for a place by a plain form nor show a provider's form.
        QuickReplyKind::Text | QuickReplyKind::Location | QuickReplyKind::Form => html! {},
    }
}

fn is_web_address(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// A text with its web addresses as links.
fn linked(text: &str) -> Markup {
    let words = text.split_inclusive(char::is_whitespace);
    html! {
        @for word in words {
            @if let Some(start) = word.find("https://").or_else(|| word.find("http://")) {
                @let (before, rest) = word.split_at(start);
                @let end = rest.trim_end_matches(|c: char| c.is_whitespace() || ".,;:!?)]»”’\"'>".contains(c)).len();
                @let (url, tail) = rest.split_at(end);
                (before) a href=(url) rel="noreferrer noopener" { (url) } (tail)
            } @else { (word) }
        }
    }
}

/// A file as a link that says what it costs; nothing is loaded by itself.
fn file_link(line: &Line, words: &Words, attachment: &Attachment) -> Markup {
    let is_audio = attachment.content_type.starts_with("audio");
    let label = if is_audio { &words.listen } else { &words.file };
    match own_file(line, &attachment.url) {
        Some(file) => html! {
            p { a.a href={ "/media/" (file.name) } data-type=(file.content_type) {
                (label) ", " bdi { (file.body.len().div_ceil(1_024)) " KB" }
            } }
        },
        None if is_web_address(&attachment.url) => html! {
            p { a href=(attachment.url) rel="noreferrer noopener" { (label) } }
        },
        None => html! {},
    }
}

/// A file that staff sent, as a link to its page.
fn sent_link(words: &Words, file: &Sent) -> Markup {
    html! {
        p { a href=(file.url) data-type=(file.content_type) rel="noreferrer noopener" {
            (label(words, &file.content_type))
            @if let Some(size) = file.size { ", " bdi { (kilobytes(size)) } }
        } }
    }
}

/// What is done with a file of this kind.
fn label<'a>(words: &'a Words, content_type: &str) -> &'a str {
    match content_type.split('/').next() {
        Some("image") => &words.photo,
        Some("audio") => &words.listen,
        _ => &words.file,
    }
}

fn kilobytes(size: i64) -> String {
    format!("{} KB", u64::try_from(size).unwrap_or(0).div_ceil(1_024))
}

/// Everything that the page of a file shows.
pub struct FilePage<'a> {
    pub language: Language,
    /// Where it lies, for what follows.
    pub address: &'a str,
    /// What staff said is in it.
    pub description: &'a str,
    pub small: Option<&'a Made>,
    pub whole: (&'a str, &'a Made),
}

impl FilePage<'_> {
    /// The page: a small picture, and the whole file one tap away. Nothing else is loaded.
    #[must_use]
    pub fn render(&self) -> String {
        let words = words::of(self.language);
        let (form, made) = self.whole;
        let size = kilobytes(i64::try_from(made.size).unwrap_or(0));
        let whole = format!("{}/{form}/{}", self.address, link::name(&made.content_type));
        let alt = if self.description.is_empty() { words.photo.as_str() } else { self.description };
        let body = html! {
            body {
                main {
                    @if let Some(small) = self.small {
                        img src={ (self.address) "/small/photo.jpg" } alt=(alt) width=[small.width] height=[small.height];
                    }
                    @if !self.description.is_empty() { p dir="auto" { (self.description) } }
                    @if made.content_type.starts_with("audio/") {
                        audio controls preload="none" src=(whole) {}
                    }
                    p { a href=(whole) {
                        (if self.small.is_some() { words.original.as_str() } else { label(words, &made.content_type) })
                        ", " bdi { (size) }
                    } }
                }
            }
        };
        document(&words.file, words, FILE_STYLE, &body, None)
    }
}

/// The line's own file that an address leads to: by its name under `/media/`, or by its path in the content.
fn own_file<'a>(line: &'a Line, url: &str) -> Option<&'a PublicFile> {
    if let Some(file) = line.files.get(url) {
        return Some(file);
    }
    let name = url.rsplit_once("/media/")?.1;
    line.files.values().find(|file| file.name == name).map(|file| &**file)
}

/// What the line keeps and why, in its long form.
#[must_use]
pub fn notice(line: &Line, chosen: Chosen) -> String {
    let words = words::of(chosen.language);
    let notice = &line.content.notice;
    let body = match notice.texts.get(&line.content.language(Some(chosen.language))) {
        Some(notice) => notice,
        None => return String::new(),
    };
    let text = if body.full.trim().is_empty() { &body.text } else { &body.full };
    let page = html! {
        body {
            (header(line, chosen))
            main.i {
                p.k { a href=(address(line, "", chosen)) { (words.back) } }
                section.k {
                    h2 { (words.notice) }
                    @for paragraph in text.trim().split("\n\n") { p dir="auto" { (linked(paragraph)) } }
                    @if let Some(audio) = &body.audio {
                        (file_link(line, words, &Attachment { content_type: "audio".into(), url: audio.clone() }))
                    }
                    p { (words.version) " " bdi { (notice.version) } }
                }
                p.k { a href=(address(line, "", chosen)) { (words.back) } }
            }
            script { (PreEscaped(SCRIPT)) }
        }
    };
    document(line_name(line, chosen.language), words, STYLE, &page, None)
}

/// The strip inside the page of a browser without script.
#[must_use]
pub fn strip(language: Language, has_news: bool) -> String {
    let words = words::of(language);
    let body = html! {
        body.z[!has_news] { @if has_news { (words.new) } }
    };
    let refresh = (!has_news).then_some(STRIP_SECONDS);
    document(&words.show_new, words, STRIP_STYLE, &body, refresh)
}
