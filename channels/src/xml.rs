//! XML from outside, as a flat list of elements: gateways' calls and answers are small and need no more.
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// The deepest element, and the most elements, that are read.
const MAX_DEPTH: usize = 32;
const MAX_ELEMENTS: usize = 1000;

/// A document's elements in the order in which they begin.
pub(crate) struct Xml(Vec<Element>);

/// One element, prefixes of names left out.
pub(crate) struct Element {
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
    /// The text directly inside, without what is inside its children.
    pub(crate) text: String,
}

impl Xml {
    /// Reads a document; `None` when it is none, or larger than any gateway's. What follows the root is left out.
    pub(crate) fn parse(body: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(body).ok()?;
        let mut reader = Reader::from_str(text);
        let mut elements: Vec<Element> = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) => {
                    if open.len() >= MAX_DEPTH || elements.len() >= MAX_ELEMENTS {
                        return None;
                    }
                    open.push(elements.len());
                    elements.push(Element::of(&start)?);
                }
                Event::Empty(start) if elements.len() < MAX_ELEMENTS => elements.push(Element::of(&start)?),
                Event::Empty(_) => return None,
                Event::End(_) => {
                    open.pop()?;
                }
                Event::Text(text) => push(&mut elements, &open, &text),
                Event::CData(text) => push(&mut elements, &open, &text),
                Event::GeneralRef(name) => {
                    let name: &str = &name;
                    let plain = quick_xml::escape::unescape(&format!("&{name};")).ok()?.into_owned();
                    push(&mut elements, &open, &plain);
                }
                Event::Eof => return None,
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
            if open.is_empty() && !elements.is_empty() {
                return Some(Self(elements));
            }
        }
    }

    /// The first element of a name.
    pub(crate) fn element(&self, name: &str) -> Option<&Element> {
        self.0.iter().find(|element| element.name == name)
    }

    /// The text of the first element of a name, if it says something.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.element(name).map(|element| element.text.trim()).filter(|text| !text.is_empty())
    }

    /// Each element of a name, with the first of another name that follows before the next.
    pub(crate) fn pairs<'a>(
        &'a self,
        name: &'a str,
        inner: &'a str,
    ) -> impl Iterator<Item = (&'a Element, Option<&'a Element>)> {
        let starts = self.0.iter().enumerate().filter(move |(_, element)| element.name == name);
        starts.map(move |(at, element)| {
            let after = self.0.iter().skip(at + 1).take_while(|next| next.name != name);
            (element, after.into_iter().find(|next| next.name == inner))
        })
    }

    /// The outermost element's name.
    pub(crate) fn root(&self) -> &str {
        self.0.first().map_or("", |element| element.name.as_str())
    }
}

impl Element {
    fn of(start: &BytesStart<'_>) -> Option<Self> {
        let name = start.local_name().into_inner().to_owned();
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.ok()?;
            let key = attribute.key.local_name().into_inner().to_owned();
            let raw: &str = &attribute.value;
            attributes.push((key, quick_xml::escape::unescape(raw).ok()?.into_owned()));
        }
        Some(Self { name, attributes, text: String::new() })
    }

    /// An attribute that says something.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(key, value)| key == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }
}

fn push(elements: &mut [Element], open: &[usize], text: &str) {
    if let Some(element) = open.last().and_then(|at| elements.get_mut(*at)) {
        element.text.push_str(text);
    }
}

/// A text inside an element or an attribute.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            '\n' => out.push_str("&#xA;"),
            '\r' => out.push_str("&#xD;"),
            '\t' => out.push_str("&#x9;"),
            // Not allowed in XML 1.0 at all.
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_attributes_and_data_are_read() {
        let xml =
            Xml::parse(b"<m:a x='1&amp;2'><b><![CDATA[t <&]]></b><c>q &amp; r</c><d/></m:a>trash").unwrap();
        assert_eq!(xml.root(), "a");
        assert_eq!(xml.element("a").and_then(|a| a.attribute("x")), Some("1&2"));
        assert_eq!((xml.text("b"), xml.text("c"), xml.text("d")), (Some("t <&"), Some("q & r"), None));
        for broken in ["", "x", "<a>", "<a></b>", "<>"] {
            assert!(Xml::parse(broken.as_bytes()).is_none(), "{broken}");
        }
        assert!(Xml::parse("<a>".repeat(10_000).as_bytes()).is_none());
    }

    #[test]
    fn what_is_escaped_is_read_back() {
        let text = "a<b>&\"'\n";
        let xml = Xml::parse(format!("<t>{}</t>", escaped(text)).as_bytes()).unwrap();
        assert_eq!(xml.element("t").map(|t| t.text.as_str()), Some(text));
    }
}
