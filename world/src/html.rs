//! Reads a page as far as a person without JavaScript needs it: forms, buttons, and the messages of the chat. Not
//! an HTML parser: it reads what our own well-formed pages hold.

/// A page.
#[derive(Debug, Clone, Default)]
pub struct Page {
    pub source: String,
    pub forms: Vec<Form>,
    pub messages: Vec<Message>,
}

/// A form and what it sends.
#[derive(Debug, Clone, Default)]
pub struct Form {
    pub action: String,
    /// Whether it posts; else it gets.
    pub post: bool,
    /// Hidden fields and their values.
    pub fields: Vec<(String, String)>,
    /// The field that a person writes in.
    pub text_field: Option<String>,
    pub buttons: Vec<Button>,
}

/// A submit button.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Button {
    pub name: String,
    pub value: String,
    /// What it says.
    pub label: String,
}

/// A message of the chat: a list item whose id begins with `m-`.
#[derive(Debug, Clone, Default)]
pub struct Message {
    pub id: String,
    pub from_me: bool,
    pub text: String,
    pub buttons: Vec<Button>,
    /// Kind (`audio`, `image` and the like) and address of its files.
    pub files: Vec<(String, String)>,
}

#[derive(Debug, PartialEq, Eq)]
enum Token<'a> {
    Open(&'a str, Vec<(&'a str, String)>),
    Close(&'a str),
    Text(String),
}

/// Elements whose content is no markup.
const RAW: [&str; 2] = ["script", "style"];
/// Elements that have no end.
const VOID: [&str; 9] = ["area", "br", "col", "hr", "img", "input", "link", "meta", "source"];
/// Elements that begin a line of their own in a message's text.
const BLOCKS: [&str; 7] = ["p", "div", "li", "br", "ul", "ol", "tr"];

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let entity = rest.find(';').filter(|end| *end < 10).map(|end| &rest[1..end]);
        let decoded = entity.and_then(|entity| match entity {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            "nbsp" => Some('\u{a0}'),
            _ => {
                let digits = entity.strip_prefix('#')?;
                let code = match digits.strip_prefix(['x', 'X']) {
                    Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                    None => digits.parse().ok()?,
                };
                char::from_u32(code)
            }
        });
        match (decoded, entity) {
            (Some(decoded), Some(entity)) => {
                out.push(decoded);
                rest = &rest[entity.len() + 2..];
            }
            _ => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn attributes(mut text: &str) -> Vec<(&str, String)> {
    let mut found = Vec::new();
    loop {
        text = text.trim_start_matches([' ', '\n', '\t', '\r', '/']);
        let end = text.find(['=', ' ', '\n', '\t', '\r', '/']).unwrap_or(text.len());
        if end == 0 {
            return found;
        }
        let (name, rest) = text.split_at(end);
        let Some(value) = rest.strip_prefix('=') else {
            found.push((name, String::new()));
            text = rest;
            continue;
        };
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (value, after) = match quote {
            Some(quote) => value[1..].split_once(quote).unwrap_or((&value[1..], "")),
            None => value.split_at(value.find([' ', '\n', '\t', '\r']).unwrap_or(value.len())),
        };
        found.push((name, unescape(value)));
        text = after;
    }
}

/// Where the tag that begins at the start of `text` ends; quotes may hold `>`.
fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (None, '>') => return Some(at),
            _ => {}
        }
    }
    None
}

fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(at) = rest.find('<') {
        if at > 0 {
            found.push(Token::Text(unescape(&rest[..at])));
        }
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let Some(end) = tag_end(rest) else { return found };
        let inside = &rest[1..end];
        rest = &rest[end + 1..];
        if inside.starts_with('!') {
            continue;
        }
        if let Some(name) = inside.strip_prefix('/') {
            found.push(Token::Close(name.trim()));
            continue;
        }
        let name_end = inside.find([' ', '\n', '\t', '\r', '/']).unwrap_or(inside.len());
        let (name, attributes_text) = inside.split_at(name_end);
        found.push(Token::Open(name, attributes(attributes_text)));
        if RAW.contains(&name) {
            let close = format!("</{name}");
            rest = rest.find(&close).map_or("", |at| &rest[at..]);
        }
    }
    found.push(Token::Text(unescape(rest)));
    found
}

fn value(attributes: &[(&str, String)], wanted: &str) -> String {
    attributes.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.clone()).unwrap_or_default()
}

/// Where the reading stands.
#[derive(Default)]
struct Reader {
    page: Page,
    depth: usize,
    form: Option<Form>,
    button: Option<Button>,
    /// The message that is being read, and the depth of its element.
    message: Option<(Message, usize)>,
    /// Inside an element whose words are no part of a message: a time, a status, what only readers hear.
    aside: Option<usize>,
}

impl Reader {
    fn open(&mut self, name: &str, attributes: &[(&str, String)]) {
        let void = VOID.contains(&name);
        if !void {
            self.depth += 1;
        }
        // The page marks a message as `<li class="m" id="m-…">`, the person's own ones with a class `y` more.
        let classes = value(attributes, "class");
        if let Some(id) = value(attributes, "id").strip_prefix("m-")
            && name == "li"
        {
            let from_me = classes.split(' ').any(|class| class == "y");
            self.message = Some((Message { id: id.to_owned(), from_me, ..Message::default() }, self.depth));
        }
        let is_aside = matches!(name, "time" | "small");
        if (self.message.is_some() || self.button.is_some()) && self.aside.is_none() && is_aside {
            self.aside = Some(self.depth);
        }
        self.control(name, attributes);
        let Some((message, _)) = &mut self.message else { return };
        if BLOCKS.contains(&name) && !message.text.is_empty() && !message.text.ends_with('\n') {
            message.text.push('\n');
        }
        let address = match name {
            "audio" | "video" | "img" | "source" => value(attributes, "src"),
            "a" if attributes.iter().any(|(name, _)| *name == "data-type") => value(attributes, "href"),
            _ => String::new(),
        };
        if !address.is_empty() {
            let kind = match (name, value(attributes, "data-type"), value(attributes, "type")) {
                (_, kind, _) if !kind.is_empty() => kind,
                (_, _, kind) if !kind.is_empty() => kind,
                ("img", _, _) => "image".to_owned(),
                (name, _, _) => name.to_owned(),
            };
            message.files.push((kind, address));
        }
    }

    fn control(&mut self, name: &str, attributes: &[(&str, String)]) {
        let field = (value(attributes, "name"), value(attributes, "value"));
        match name {
            "form" => {
                let post = value(attributes, "method").eq_ignore_ascii_case("post");
                self.form = Some(Form { action: value(attributes, "action"), post, ..Form::default() });
            }
            "input" => {
                let Some(form) = &mut self.form else { return };
                match value(attributes, "type").as_str() {
                    "hidden" => form.fields.push(field),
                    "" | "text" => form.text_field = Some(field.0),
                    "submit" => {
                        let button = Button { label: field.1.clone(), name: field.0, value: field.1 };
                        form.buttons.push(button);
                    }
                    _ => {}
                }
            }
            "textarea" => {
                if let Some(form) = &mut self.form {
                    form.text_field = Some(field.0);
                }
            }
            "button" if value(attributes, "type") != "button" => {
                self.button = Some(Button { name: field.0, value: field.1, label: String::new() });
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "form" => self.page.forms.extend(self.form.take()),
            "button" => {
                if let Some(mut button) = self.button.take() {
                    button.label = button.label.trim().to_owned();
                    if let Some((message, _)) = &mut self.message {
                        message.buttons.push(button.clone());
                    }
                    if let Some(form) = &mut self.form {
                        form.buttons.push(button);
                    }
                }
            }
            _ => {}
        }
        if self.aside == Some(self.depth) {
            self.aside = None;
        }
        if self.message.as_ref().is_some_and(|(_, depth)| *depth == self.depth)
            && let Some((mut message, _)) = self.message.take()
        {
            message.text = message.text.trim().to_owned();
            self.page.messages.push(message);
        }
        self.depth = self.depth.saturating_sub(1);
    }

    fn text(&mut self, text: &str) {
        if self.aside.is_some() {
            return;
        }
        if let Some(button) = &mut self.button {
            button.label.push_str(text);
        } else if let Some((message, _)) = &mut self.message {
            message.text.push_str(text);
        }
    }
}

/// Reads a page.
#[must_use]
pub fn read(source: &str) -> Page {
    let mut reader = Reader::default();
    for token in tokens(source) {
        match token {
            Token::Open(name, attributes) => reader.open(name, &attributes),
            Token::Close(name) => reader.close(name),
            Token::Text(text) => reader.text(&text),
        }
    }
    reader.page.source = source.to_owned();
    reader.page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_buttons_and_messages_are_read() {
        let page = read(
            r#"<!doctype html><style>a > b {}</style><ol>
            <li class="m y" id="m-1"><p>hola &amp; adiós</p><small>You · 10:00</small></li>
            <li class="m" id="m-2"><p>¿Idioma?<br>Language?</p>
              <form method="post" action="/chat/casa"><input type=hidden name=key value="a&#39;b">
              <button name="choice" value="spa"><span>Español</span><small>el idioma</small></button><button name="choice" value="eng">English</button></form>
              <audio src="/media/x.ogg" controls></audio></li></ol>
            <form method=post action=/chat/casa><textarea name="text"></textarea><button>Send</button></form>"#,
        );
        assert_eq!(page.messages.len(), 2);
        assert!(page.messages[0].from_me);
        assert_eq!(page.messages[0].text, "hola & adiós");
        assert_eq!(page.messages[1].text, "¿Idioma?\nLanguage?");
        assert_eq!(page.messages[1].buttons[1].label, "English");
        assert_eq!(page.messages[1].files, [("audio".to_owned(), "/media/x.ogg".to_owned())]);
        assert_eq!(page.forms.len(), 2);
        assert_eq!(page.forms[0].fields, [("key".to_owned(), "a'b".to_owned())]);
        assert_eq!(page.forms[1].text_field.as_deref(), Some("text"));
        assert!(page.forms[1].post && page.forms[1].action == "/chat/casa");
    }

    #[test]
    fn broken_pages_do_no_harm() {
        for source in
            ["", "<", "<a", "</", "<a b=\"c", "&", "&#xffffffff;", "<li id=m->", "</li></li>", "<!--"]
        {
            let _ = read(source);
        }
    }
}
