//! HTTP as plain values: what a provider sent us, what is to be sent to it, and what it answered. No client and no
//! server type of any library appears in an adapter.
use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

/// Header fields: names without regard to case, several values for one name, in the order they came.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// No fields at all.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a field beside those that have the same name.
    pub fn append(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    /// The same fields and one more.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.append(name, value);
        self
    }

    /// The first value under a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Every value under a name, in order.
    pub fn get_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// All fields as they came.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        Self(fields.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

/// Names only: values hold tokens and signatures.
impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// A request, from a provider to us or from us to a provider.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpRequest {
    /// Upper case, such as `POST`.
    pub method: String,
    /// Absolute. For a webhook: exactly as the provider called it (its scheme, host, port, path and query), because
    /// Twilio signs it; behind a proxy the server puts the outer address together.
    pub url: String,
    pub headers: Headers,
    /// The raw bytes, before any decoding, because signatures are made over them.
    #[serde(with = "base64_bytes")]
    pub body: Vec<u8>,
}

impl HttpRequest {
    /// A GET without a body.
    #[must_use]
    pub fn get(url: impl Into<String>, headers: Headers) -> Self {
        Self { method: "GET".into(), url: url.into(), headers, body: Vec::new() }
    }

    /// A POST of JSON.
    #[must_use]
    pub fn post_json(url: impl Into<String>, headers: Headers, json: &serde_json::Value) -> Self {
        let headers = headers.with("Content-Type", "application/json");
        Self { method: "POST".into(), url: url.into(), headers, body: json.to_string().into_bytes() }
    }

    /// A POST of form fields, in order; a name may come several times.
    #[must_use]
    pub fn post_form<'a>(
        url: impl Into<String>,
        headers: Headers,
        fields: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let headers = headers.with("Content-Type", "application/x-www-form-urlencoded");
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        Self { method: "POST".into(), url: url.into(), headers, body: body.into_bytes() }
    }

    /// The decoded parameters of the query, in order; none when the URL cannot be read.
    #[must_use]
    pub fn query(&self) -> Vec<(String, String)> {
        Url::parse(&self.url).map_or_else(|_| Vec::new(), |url| url.query_pairs().into_owned().collect())
    }

    /// The first value of a query parameter.
    #[must_use]
    pub fn query_value(&self, name: &str) -> Option<String> {
        self.query().into_iter().find_map(|(key, value)| (key == name).then_some(value))
    }

    /// The decoded form fields of the body, in order.
    #[must_use]
    pub fn form(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(&self.body).into_owned().collect()
    }

    /// Whether the body is declared to be of a media type, parameters such as a character set aside.
    #[must_use]
    pub fn is_of_type(&self, media_type: &str) -> bool {
        self.headers.get("Content-Type").is_some_and(|declared| {
            declared.split(';').next().unwrap_or("").trim().eq_ignore_ascii_case(media_type)
        })
    }
}

/// Method, host and sizes only: path, query, header values and body may be secret or personal (Telegram's token is
/// part of the path).
impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = Url::parse(&self.url).ok();
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("host", &url.as_ref().and_then(Url::host_str).unwrap_or(""))
            .field("headers", &self.headers)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

/// An answer, from a provider to us or from us to a provider.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpResponse {
    pub status: u16,
    pub headers: Headers,
    #[serde(with = "base64_bytes")]
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// An answer with a body of some media type.
    #[must_use]
    pub fn new(status: u16, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Headers::new().with("Content-Type", media_type), body: body.into() }
    }

    /// Whether the status is one of 200 to 299.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }
}

/// Status and sizes only, as for a request.
impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpResponse")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

/// Bytes as base64 text, since JSON has no bytes.
mod base64_bytes {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map_err(|_| D::Error::custom("not base64"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_names_have_no_case_and_values_may_repeat() {
        let headers = Headers::new().with("X-Thing", "a").with("x-thing", "b");
        assert_eq!(headers.get("X-THING"), Some("a"));
        assert_eq!(headers.get_all("x-thing").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(headers.get("other"), None);
    }

    #[test]
    fn nothing_secret_is_printed_for_debugging() {
        let request = HttpRequest {
            method: "POST".into(),
            url: "https://line.example.org/verysecret/1?token=verysecret".into(),
            headers: Headers::new().with("Authorization", "Bearer verysecret"),
            body: b"verysecret".to_vec(),
        };
        assert!(!format!("{request:?}").contains("verysecret"));
        let response = HttpResponse::new(200, "text/plain", "verysecret");
        assert!(!format!("{response:?}").contains("verysecret"));
    }

    #[test]
    fn a_stored_request_comes_back_byte_for_byte() {
        let request = HttpRequest {
            method: "POST".into(),
            url: "https://line.example.org/hooks/1".into(),
            headers: Headers::new().with("A", "1").with("A", "2"),
            body: vec![0, 255, 10],
        };
        let stored = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<HttpRequest>(&stored).unwrap(), request);
    }

    #[test]
    fn forms_and_queries_are_decoded() {
        let request = HttpRequest::post_form(
            "https://a.example/x?b=%C3%A1&c=1+2",
            Headers::new(),
            [("Body", "¿qué & más?"), ("MediaUrl", "1"), ("MediaUrl", "2")],
        );
        assert_eq!(request.query_value("b").as_deref(), Some("á"));
        assert_eq!(request.query_value("c").as_deref(), Some("1 2"));
        assert_eq!(request.form().len(), 3);
        assert_eq!(request.form().first().map(|(_, v)| v.as_str()), Some("¿qué & más?"));
        assert!(request.is_of_type("application/x-www-form-urlencoded"));
    }
}
