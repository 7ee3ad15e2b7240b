//! The fields of a call, wherever the provider puts them.
use serde_json::Value;

use crate::http::HttpRequest;
use crate::incoming::Unparsable;
use crate::json;
use crate::xml::Xml;

/// The most parts of a multipart body that are read.
const MAX_PARTS: usize = 50;

/// A webhook call, read on demand as form, JSON or XML.
pub(crate) struct Call<'a> {
    pub(crate) request: &'a HttpRequest,
    fields: Vec<(String, String)>,
}

impl<'a> Call<'a> {
    /// The parameters of the query and the fields of a form in the body, together: gateways are free with both.
    pub(crate) fn of(request: &'a HttpRequest) -> Self {
        let query = request.url.split_once('?').map_or("", |(_, query)| query);
        let query = query.split('#').next().unwrap_or("");
        let mut fields = decode(query.as_bytes());
        if let Some(boundary) = boundary(request) {
            fields.extend(multipart(&request.body, &boundary));
        } else if request.method == "POST" && !is_structured(&request.body) {
            fields.extend(decode(&request.body));
        }
        Self { request, fields }
    }

    /// The fields, and the top of a JSON body as further ones.
    pub(crate) fn fields_and_json(&self) -> Vec<(String, String)> {
        let body = self.json().unwrap_or(Value::Null);
        let in_json = body.as_object().into_iter().flatten();
        let in_json = in_json.filter_map(|(name, value)| {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                _ => return None,
            };
            (!text.is_empty()).then(|| (name.clone(), text))
        });
        self.fields.iter().cloned().chain(in_json).collect()
    }

    /// The same call with these fields.
    pub(crate) fn with(&self, fields: Vec<(String, String)>) -> Self {
        Self { request: self.request, fields }
    }

    /// The first value of a field that is not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// The first of several fields that has a value.
    pub(crate) fn any(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.get(name))
    }

    pub(crate) fn owned(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// A field that may be empty but must be there.
    pub(crate) fn there(&self, name: &str) -> Result<&str, Unparsable> {
        let found = self.fields.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).ok_or_else(|| Unparsable::at(name))
    }

    /// A field that must be there and say something.
    pub(crate) fn required(&self, name: &str) -> Result<&str, Unparsable> {
        self.get(name).ok_or_else(|| Unparsable::at(name))
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Result<Value, Unparsable> {
        serde_json::from_slice(&self.request.body).map_err(|_| Unparsable::at("body"))
    }

    /// The body as XML.
    pub(crate) fn xml(&self) -> Result<Xml, Unparsable> {
        Xml::parse(&self.request.body).ok_or_else(|| Unparsable::at("body"))
    }

    /// The last word of the address's path, such as `status`.
    pub(crate) fn about(&self) -> &str {
        let path = self.request.url.split(['?', '#']).next().unwrap_or("");
        path.trim_end_matches('/').rsplit('/').next().unwrap_or("")
    }
}

/// A text of a JSON body that must be there and say something.
pub(crate) fn needed(body: &Value, pointer: &str) -> Result<String, Unparsable> {
    json::code(body, pointer).ok_or_else(|| Unparsable::at(pointer.trim_start_matches('/')))
}

fn is_structured(body: &[u8]) -> bool {
    let first = body.iter().find(|b| !b.is_ascii_whitespace());
    matches!(first, Some(b'{' | b'[' | b'<'))
}

/// Form encoding whose bytes are UTF-8, or else Latin-1, which some gateways still send.
fn decode(encoded: &[u8]) -> Vec<(String, String)> {
    let pairs = encoded.split(|b| *b == b'&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let at = pair.iter().position(|b| *b == b'=').unwrap_or(pair.len());
            let (name, value) = pair.split_at(at);
            (plain(name), plain(value.get(1..).unwrap_or(&[])))
        })
        .collect()
}

fn plain(encoded: &[u8]) -> String {
    let bytes = percent_decoded(encoded, true);
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => error.into_bytes().into_iter().map(char::from).collect(),
    }
}

/// The bytes behind percent signs; a lone percent sign stands for itself.
pub(crate) fn percent_decoded(encoded: &[u8], plus_is_blank: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some((first, after)) = rest.split_first() {
        let value = match after {
            [high, low, ..] if *first == b'%' => hex_digit(*high).zip(hex_digit(*low)),
            _ => None,
        };
        match value {
            Some((high, low)) => {
                out.push(high * 16 + low);
                rest = after.get(2..).unwrap_or(&[]);
            }
            None => {
                out.push(if *first == b'+' && plus_is_blank { b' ' } else { *first });
                rest = after;
            }
        }
    }
    out
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// The boundary of a multipart form.
fn boundary(request: &HttpRequest) -> Option<String> {
    let declared = request.headers.get("Content-Type")?;
    let (media_type, parameters) = declared.split_once(';')?;
    if !media_type.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let value = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("boundary="))?;
    Some(value.trim_matches('"').to_owned()).filter(|value| !value.is_empty())
}

/// The text fields of a multipart form (RFC 7578).
fn multipart(body: &[u8], boundary: &str) -> Vec<(String, String)> {
    let body = String::from_utf8_lossy(body);
    let delimiter = format!("--{boundary}");
    let parts = body.split(delimiter.as_str()).skip(1).take(MAX_PARTS);
    parts
        .filter_map(|part| {
            let (head, content) = part.split_once("\r\n\r\n").or_else(|| part.split_once("\n\n"))?;
            let (_, name) = head.split_once("name=\"")?;
            let (name, _) = name.split_once('"')?;
            let content =
                content.strip_suffix("\r\n").or_else(|| content.strip_suffix('\n')).unwrap_or(content);
            Some((name.to_owned(), content.to_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Headers;

    fn post(content_type: &str, body: &[u8]) -> HttpRequest {
        HttpRequest {
            method: "POST".into(),
            url: "https://line.example.org/hooks/1/status?a=1".into(),
            headers: Headers::new().with("Content-Type", content_type),
            body: body.to_vec(),
        }
    }

    #[test]
    fn fields_come_from_query_and_body_in_any_encoding() {
        let request = post("application/x-www-form-urlencoded", b"b=caf%E9&c=caf%C3%A9+ol%25&d=100%&e");
        let call = Call::of(&request);
        let all: Vec<_> = ["a", "b", "c", "d"].iter().map(|name| call.get(name)).collect();
        assert_eq!(all, [Some("1"), Some("café"), Some("café ol%"), Some("100%")]);
        assert_eq!((call.get("e"), call.there("e").ok(), call.about()), (None, Some(""), "status"));
    }

    #[test]
    fn a_multipart_form_has_fields_too() {
        let body = b"--xx\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nuno\r\ndos\r\n--xx--\r\n";
        let request = post("multipart/form-data; boundary=xx", body);
        assert_eq!(Call::of(&request).get("text"), Some("uno\r\ndos"));
    }
}
