//! Reads what a telephone is told to do: well-formed elements, attributes and text, no more of XML than providers' answers hold.

/// The deepest nesting that is read, and the most elements.
const MAX_DEPTH: usize = 16;
const MAX_ELEMENTS: usize = 1_000;

/// An element.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub children: Vec<Element>,
    /// Its own text, that of its children left out.
    pub text: String,
}

impl Element {
    pub(crate) fn attribute(&self, wanted: &str) -> Option<&str> {
        self.attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
    }

    pub(crate) fn number(&self, wanted: &str) -> Option<u64> {
        self.attribute(wanted)?.parse().ok()
    }
}

/// The document's root; `None` when it is not well-formed.
pub(crate) fn read(source: &str) -> Option<Element> {
    let mut open: Vec<Element> = Vec::new();
    let mut rest = source.trim_start_matches('\u{feff}').trim();
    let mut count = 0;
    while let Some(at) = rest.find('<') {
        let text = unescape(&rest[..at])?;
        match open.last_mut() {
            Some(element) => element.text.push_str(&text),
            None if !text.trim().is_empty() => return None,
            None => {}
        }
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('?') {
            rest = after.split_once("?>")?.1;
            continue;
        }
        if let Some(after) = rest.strip_prefix("!--") {
            rest = after.split_once("-->")?.1;
            continue;
        }
        let (tag, after) = rest.split_once('>')?;
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            let mut closed = open.pop().filter(|element| element.name == name.trim())?;
            closed.text = closed.text.trim().to_owned();
            match open.last_mut() {
                Some(parent) => parent.children.push(closed),
                None => return rest.trim().is_empty().then_some(closed),
            }
            continue;
        }
        count += 1;
        if open.len() >= MAX_DEPTH || count > MAX_ELEMENTS {
            return None;
        }
        let (tag, is_empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let element = begin(tag)?;
        match (is_empty, open.last_mut()) {
            (false, _) => open.push(element),
            (true, Some(parent)) => parent.children.push(element),
            (true, None) => return rest.trim().is_empty().then_some(element),
        }
    }
    None
}

fn begin(tag: &str) -> Option<Element> {
    let (name, mut rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
    let mut element = Element { name: name.to_owned(), ..Element::default() };
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return (!element.name.is_empty()).then_some(element);
        }
        let (name, value) = rest.split_once('=')?;
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, after) = value[1..].split_once(quote)?;
        element.attributes.push((name.trim().to_owned(), unescape(value)?));
        rest = after;
    }
}

fn unescape(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, entity)) = rest.split_once('&') {
        out.push_str(before);
        let (entity, after) = entity.split_once(';')?;
        out.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            code => {
                let code = code.strip_prefix('#')?;
                let number = match code.strip_prefix('x') {
                    Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                    None => code.parse().ok()?,
                };
                char::from_u32(number)?
            }
        });
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn elements_attributes_and_text_are_read() {
        let source = "<?xml version=\"1.0\"?><Response><Gather action=\"/a?b=1&amp;c=2\" numDigits='1'>\
                      <Say language=\"es-MX\">¿S&#xed; o no?</Say></Gather><Hangup/></Response>";
        let root = read(source).unwrap();
        assert_eq!((root.name.as_str(), root.children.len()), ("Response", 2));
        let gather = &root.children[0];
        assert_eq!((gather.attribute("action"), gather.number("numDigits")), (Some("/a?b=1&c=2"), Some(1)));
        assert_eq!(gather.children[0].text, "¿Sí o no?");
        for broken in ["", "x", "<a>", "<a></b>", "<a b=c/>", "<a>&nope;</a>", "<a/><b/>", "</a>"] {
            assert_eq!(read(broken), None, "{broken}");
        }
    }
}
