//! By which address a call came, where that is signed.
use crate::http::HttpRequest;

/// Set by some proxies to the path (and query) that the caller used.
const FORWARDED_PATH_HEADER: &str = "X-Forwarded-Path";

/// The addresses that a provider may have signed: the request's own, with and without the scheme's usual port (providers
/// are not consistent), and each with the path that a proxy says was called. The token is needed to sign any of them, so
/// trusting the proxy's header gives nothing away.
pub(crate) fn urls_as_called(request: &HttpRequest) -> Vec<String> {
    let mut urls = port_variants(&request.url);
    if let Some(path) = request.headers.get(FORWARDED_PATH_HEADER).filter(|path| path.starts_with('/')) {
        let (origin, rest) = origin_and_rest(&request.url);
        let query =
            rest.find('?').and_then(|at| rest.get(at..)).filter(|_| !path.contains('?')).unwrap_or("");
        urls.extend(port_variants(&format!("{origin}{path}{query}")));
    }
    urls
}

fn port_variants(url: &str) -> Vec<String> {
    let (origin, rest) = origin_and_rest(url);
    let usual = if origin.starts_with("https://") { ":443" } else { ":80" };
    let has_port = origin.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    let mut urls = vec![url.to_owned()];
    match (origin.strip_suffix(usual), has_port) {
        (Some(bare), _) => urls.push(format!("{bare}{rest}")),
        (None, false) => urls.push(format!("{origin}{usual}{rest}")),
        (None, true) => {}
    }
    urls
}

/// `https://host:port` and what follows.
fn origin_and_rest(url: &str) -> (&str, &str) {
    let authority = url.find("://").map_or(0, |at| at + 3);
    let length =
        url.get(authority..).and_then(|rest| rest.find(['/', '?', '#'])).unwrap_or(url.len() - authority);
    url.split_at(authority + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart_without_changing_them() {
        assert_eq!(origin_and_rest("https://a.example:8443/x?y"), ("https://a.example:8443", "/x?y"));
        assert_eq!(origin_and_rest("https://a.example"), ("https://a.example", ""));
        assert_eq!(origin_and_rest("nonsense"), ("nonsense", ""));
        assert_eq!(port_variants("https://a.example/x"), ["https://a.example/x", "https://a.example:443/x"]);
        assert_eq!(port_variants("http://a.example:80/x"), ["http://a.example:80/x", "http://a.example/x"]);
        assert_eq!(port_variants("https://a.example:8443/x"), ["https://a.example:8443/x"]);
    }
}
