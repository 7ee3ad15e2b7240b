//! A connection that carries SMPP units.
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use channels::smpp::SmppSettings;
use channels::smpp::pdu::{self, Pdu};
use rustls_platform_verifier::ConfigVerifierExt as _;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// How long connecting may take, and writing one unit.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
const WRITE_WITHIN: Duration = Duration::from_secs(10);

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// The end that reads.
pub(super) struct Reader {
    half: ReadHalf<Box<dyn Stream>>,
    buffer: BytesMut,
}

/// The end that writes.
pub(super) struct Writer(WriteHalf<Box<dyn Stream>>);

/// Connects, encrypted if the settings say so.
pub(super) async fn connect(settings: &SmppSettings) -> io::Result<(Reader, Writer)> {
    let connecting = async {
        let tcp = TcpStream::connect((settings.host.as_str(), settings.port)).await?;
        tcp.set_nodelay(true)?;
        if !settings.tls {
            return Ok::<Box<dyn Stream>, io::Error>(Box::new(tcp));
        }
        let config = rustls::ClientConfig::with_platform_verifier().map_err(io::Error::other)?;
        let name =
            rustls::pki_types::ServerName::try_from(settings.host.clone()).map_err(io::Error::other)?;
        Ok(Box::new(TlsConnector::from(Arc::new(config)).connect(name, tcp).await?))
    };
    let stream = tokio::time::timeout(CONNECT_WITHIN, connecting).await.map_err(io::Error::other)??;
    let (read, write) = tokio::io::split(stream);
    Ok((Reader { half: read, buffer: BytesMut::new() }, Writer(write)))
}

impl Reader {
    /// The next unit that is there whole, and its body's bytes.
    pub fn next(&mut self) -> io::Result<Option<(Pdu, Vec<u8>)>> {
        let Some(length) = pdu::length(&self.buffer).map_err(io::Error::other)? else { return Ok(None) };
        if self.buffer.len() < length {
            return Ok(None);
        }
        let bytes = self.buffer.split_to(length);
        let unit = Pdu::decode(&bytes).map_err(io::Error::other)?;
        let body = bytes.get(pdu::HEADER_BYTES..).unwrap_or_default().to_vec();
        Ok(Some((unit, body)))
    }

    /// Waits for more bytes. Nothing is lost when this is given up.
    pub async fn fill(&mut self) -> io::Result<()> {
        self.buffer.reserve(pdu::HEADER_BYTES);
        if self.half.read_buf(&mut self.buffer).await? == 0 {
            self.buffer.advance(self.buffer.len());
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }
}

impl Writer {
    /// Writes one unit.
    pub async fn write(&mut self, unit: &Pdu) -> io::Result<()> {
        let bytes = unit.encode();
        let writing = async {
            self.0.write_all(&bytes).await?;
            self.0.flush().await
        };
        tokio::time::timeout(WRITE_WITHIN, writing).await.map_err(io::Error::other)?
    }
}
