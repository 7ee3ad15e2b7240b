//! HTTP/1.1 as far as the measurement needs it: a client that posts over one open connection, and a provider
//! that accepts messages.
use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What one request or answer may have at most; the server's are far smaller.
const MAX_MESSAGE_BYTES: usize = 1024 * 1024;
const READ_BYTES: usize = 16 * 1024;

fn broken(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// The value of `content-length` in a head; 0 when there is none.
fn content_length(head: &[u8]) -> io::Result<usize> {
    for line in head.split(|b| *b == b'\n') {
        let Some(colon) = line.iter().position(|b| *b == b':') else { continue };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"content-length") {
            let value = std::str::from_utf8(value).ok().and_then(|value| value.parse().ok());
            return value
                .filter(|n| *n <= MAX_MESSAGE_BYTES)
                .ok_or_else(|| broken("a strange content-length"));
        }
        if name.eq_ignore_ascii_case(b"transfer-encoding") {
            return Err(broken("a body in chunks, which the load generator does not read"));
        }
    }
    Ok(0)
}

/// A connection and what has been read from it but not used yet.
pub struct Wire {
    stream: TcpStream,
    read: Vec<u8>,
    write: Vec<u8>,
}

impl Wire {
    /// Takes over a connection.
    #[must_use]
    pub fn new(stream: TcpStream) -> Self {
        let _ = stream.set_nodelay(true);
        Self { stream, read: Vec::with_capacity(READ_BYTES), write: Vec::with_capacity(4096) }
    }

    /// Reads one request or answer; gives the lengths of its head and of the whole, which lie at the front of
    /// [`Wire::bytes`]. `None` when the other side closed between two of them.
    ///
    /// # Errors
    /// When the connection breaks, or what came is not HTTP/1.1 with a content-length.
    pub async fn receive(&mut self) -> io::Result<Option<(usize, usize)>> {
        let mut lengths = None;
        loop {
            if lengths.is_none()
                && let Some(at) = find(&self.read, b"\r\n\r\n")
            {
                let head = at + 4;
                lengths = Some((head, head + content_length(&self.read[..at])?));
            }
            if let Some((head, whole)) = lengths
                && self.read.len() >= whole
            {
                return Ok(Some((head, whole)));
            }
            if self.read.len() > MAX_MESSAGE_BYTES {
                return Err(broken("a message that is too long"));
            }
            self.read.reserve(READ_BYTES);
            if self.stream.read_buf(&mut self.read).await? == 0 {
                return if self.read.is_empty() { Ok(None) } else { Err(broken("a connection cut short")) };
            }
        }
    }

    /// What was read and not dropped yet.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.read
    }

    /// Forgets the first `n` bytes.
    pub fn done(&mut self, n: usize) {
        self.read.drain(..n);
    }

    /// Writes head and body as one piece.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn send(&mut self, head: &[u8], body: &[u8]) -> io::Result<()> {
        self.write.clear();
        self.write.extend_from_slice(head);
        self.write.extend_from_slice(body);
        self.stream.write_all(&self.write).await
    }

    /// Posts and waits for the answer's status.
    ///
    /// # Errors
    /// When the connection breaks or the answer is not HTTP.
    pub async fn post(&mut self, head: &[u8], body: &[u8]) -> io::Result<u16> {
        self.send(head, body).await?;
        let Some((head, whole)) = self.receive().await? else {
            return Err(broken("closed without an answer"));
        };
        let status = self.read[..head].get(9..12).and_then(|status| std::str::from_utf8(status).ok());
        let status = status.and_then(|status| status.parse().ok()).ok_or_else(|| broken("not HTTP"))?;
        self.done(whole);
        Ok(status)
    }
}

/// The digits that follow `marker`, as a number.
#[must_use]
pub fn number_after(text: &[u8], marker: &[u8]) -> Option<u64> {
    let rest = &text[find(text, marker)? + marker.len()..];
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_behind_its_marker() {
        let body = br#"{"to":"593900000012","text":{"body":"Recibido #m000123."}}"#;
        assert_eq!(number_after(body, b"\"to\":\""), Some(593_900_000_012));
        assert_eq!(number_after(body, b"#m"), Some(123));
        assert_eq!(number_after(body, b"nothing"), None);
    }

    #[test]
    fn the_length_of_a_body_is_read_whatever_the_case() {
        assert_eq!(content_length(b"POST / HTTP/1.1\r\nContent-Length: 12\r\n").unwrap(), 12);
        assert_eq!(content_length(b"HTTP/1.1 200 OK\r\n").unwrap(), 0);
        assert!(content_length(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n").is_err());
        assert!(content_length(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n").is_err());
    }
}
