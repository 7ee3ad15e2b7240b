//! The units that travel (PDUs, chapter 4): a header of 16 bytes and a body.
use std::fmt;

use crate::account::Secret;

/// The length of the header, in bytes.
pub const HEADER_BYTES: usize = 16;
/// The longest unit that is read, in bytes: a message of 64 KB with all its fields.
pub const MAX_BYTES: usize = 80 * 1024;
/// The most optional parameters that are read of one unit.
const MAX_PARAMETERS: usize = 64;
/// Set in the command of every answer.
const ANSWER: u32 = 0x8000_0000;

/// Optional parameters (5.3.2) that are used.
pub mod tag {
    pub const RECEIPTED_MESSAGE_ID: u16 = 0x001e;
    pub const USER_MESSAGE_REFERENCE: u16 = 0x0204;
    pub const SAR_MSG_REF_NUM: u16 = 0x020c;
    pub const SAR_TOTAL_SEGMENTS: u16 = 0x020e;
    pub const SAR_SEGMENT_SEQNUM: u16 = 0x020f;
    pub const NETWORK_ERROR_CODE: u16 = 0x0423;
    pub const MESSAGE_PAYLOAD: u16 = 0x0424;
    pub const MESSAGE_STATE: u16 = 0x0427;
}

/// In which directions a session works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BindMode {
    Receiver,
    Transmitter,
    Transceiver,
}

impl BindMode {
    const fn command(self) -> u32 {
        match self {
            Self::Receiver => 0x01,
            Self::Transmitter => 0x02,
            Self::Transceiver => 0x09,
        }
    }
}

/// An address with its kind.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Address {
    /// Type of number (5.2.5).
    pub ton: u8,
    /// Numbering plan (5.2.6).
    pub npi: u8,
    pub digits: String,
}

/// The kind only: a number is personal.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address").field("ton", &self.ton).field("npi", &self.npi).finish_non_exhaustive()
    }
}

/// A short message, in either direction.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Sm {
    pub source: Address,
    pub destination: Address,
    pub esm_class: u8,
    pub priority: u8,
    pub registered_delivery: u8,
    pub data_coding: u8,
    pub short_message: Vec<u8>,
    /// Optional parameters in their order.
    pub parameters: Vec<(u16, Vec<u8>)>,
}

impl Sm {
    /// An optional parameter's value.
    #[must_use]
    pub fn parameter(&self, tag: u16) -> Option<&[u8]> {
        self.parameters.iter().find(|(known, _)| *known == tag).map(|(_, value)| value.as_slice())
    }

    /// The message, wherever in the unit it stands.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        match self.parameter(tag::MESSAGE_PAYLOAD) {
            Some(payload) if self.short_message.is_empty() => payload,
            _ => &self.short_message,
        }
    }
}

/// Nothing of what somebody wrote, and no numbers.
impl fmt::Debug for Sm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sm")
            .field("esm_class", &self.esm_class)
            .field("data_coding", &self.data_coding)
            .field("bytes", &self.data().len())
            .finish_non_exhaustive()
    }
}

/// What a unit is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    Bind {
        mode: BindMode,
        system_id: String,
        password: Secret,
        system_type: String,
        version: u8,
    },
    BindResp {
        mode: BindMode,
        system_id: String,
    },
    Unbind,
    UnbindResp,
    EnquireLink,
    EnquireLinkResp,
    SubmitSm(Box<Sm>),
    /// `message_id` is empty when the centre gave none.
    SubmitSmResp {
        message_id: String,
    },
    DeliverSm(Box<Sm>),
    DeliverSmResp,
    /// The centre did not understand a unit.
    GenericNack,
    /// A command that nothing is done about, or one whose body cannot be read.
    Other {
        command: u32,
    },
}

/// One unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pdu {
    /// `command_status`; 0 is success, and always 0 in a request.
    pub status: u32,
    pub sequence: u32,
    pub body: Body,
}

/// Why bytes are no unit: the connection cannot be used any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what came is no SMPP unit: its length is {length}")]
pub struct NoUnit {
    pub length: usize,
}

/// How long the unit is that begins here, in bytes with its header; `None` while that is not there yet.
///
/// # Errors
/// When the length cannot be one.
pub fn length(bytes: &[u8]) -> Result<Option<usize>, NoUnit> {
    let Some(first) = bytes.first_chunk::<4>() else { return Ok(None) };
    let length = usize::try_from(u32::from_be_bytes(*first)).unwrap_or(usize::MAX);
    if (HEADER_BYTES..=MAX_BYTES).contains(&length) { Ok(Some(length)) } else { Err(NoUnit { length }) }
}

impl Pdu {
    /// A request or a successful answer.
    #[must_use]
    pub const fn new(sequence: u32, body: Body) -> Self {
        Self { status: 0, sequence, body }
    }

    /// Reads one whole unit. A body that cannot be read becomes [`Body::Other`]: it can still be answered.
    ///
    /// # Errors
    /// When there is not even a header.
    pub fn decode(bytes: &[u8]) -> Result<Self, NoUnit> {
        let mut reader = Reader(bytes);
        let header = (|| Some((reader.u32()?, reader.u32()?, reader.u32()?, reader.u32()?)))();
        let (_, command, status, sequence) = header.ok_or(NoUnit { length: bytes.len() })?;
        let body = body(command, &mut reader).unwrap_or(Body::Other { command });
        Ok(Self { status, sequence, body })
    }

    /// The unit as it travels.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![0; 4];
        put_u32(&mut out, self.body.command());
        put_u32(&mut out, self.status);
        put_u32(&mut out, self.sequence);
        self.body.put(&mut out);
        let length = u32::try_from(out.len()).unwrap_or(u32::MAX).to_be_bytes();
        if let Some(first) = out.first_chunk_mut::<4>() {
            *first = length;
        }
        out
    }
}

impl Body {
    const fn command(&self) -> u32 {
        match self {
            Self::Bind { mode, .. } => mode.command(),
            Self::BindResp { mode, .. } => mode.command() | ANSWER,
            Self::SubmitSm(_) => 0x04,
            Self::SubmitSmResp { .. } => 0x04 | ANSWER,
            Self::DeliverSm(_) => 0x05,
            Self::DeliverSmResp => 0x05 | ANSWER,
            Self::Unbind => 0x06,
            Self::UnbindResp => 0x06 | ANSWER,
            Self::EnquireLink => 0x15,
            Self::EnquireLinkResp => 0x15 | ANSWER,
            Self::GenericNack => ANSWER,
            Self::Other { command } => *command,
        }
    }

    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Bind { system_id, password, system_type, version, .. } => {
                put_text(out, system_id);
                put_text(out, password.expose());
                put_text(out, system_type);
                out.push(*version);
                put_address(out, &Address::default());
            }
            Self::BindResp { system_id, .. } => put_text(out, system_id),
            Self::SubmitSmResp { message_id } => put_text(out, message_id),
            // The field of an id, which is not used here.
            Self::DeliverSmResp => out.push(0),
            Self::SubmitSm(sm) | Self::DeliverSm(sm) => put_sm(out, sm),
            Self::Unbind
            | Self::UnbindResp
            | Self::EnquireLink
            | Self::EnquireLinkResp
            | Self::GenericNack
            | Self::Other { .. } => {}
        }
    }
}

fn body(command: u32, reader: &mut Reader<'_>) -> Option<Body> {
    let mode = |command: u32| match command & !ANSWER {
        0x01 => BindMode::Receiver,
        0x02 => BindMode::Transmitter,
        _ => BindMode::Transceiver,
    };
    Some(match command {
        0x01 | 0x02 | 0x09 => Body::Bind {
            mode: mode(command),
            system_id: reader.text()?,
            password: Secret::new(reader.text()?),
            system_type: reader.text()?,
            version: reader.u8()?,
        },
        0x8000_0001 | 0x8000_0002 | 0x8000_0009 => {
            Body::BindResp { mode: mode(command), system_id: reader.text().unwrap_or_default() }
        }
        0x04 => Body::SubmitSm(Box::new(sm(reader)?)),
        // A refusal has no body, and some centres leave the last byte of an id out.
        0x8000_0004 => {
            Body::SubmitSmResp { message_id: reader.text().unwrap_or_else(|| lossy(reader.rest())) }
        }
        0x05 => Body::DeliverSm(Box::new(sm(reader)?)),
        0x8000_0005 => Body::DeliverSmResp,
        0x06 => Body::Unbind,
        0x8000_0006 => Body::UnbindResp,
        0x15 => Body::EnquireLink,
        0x8000_0015 => Body::EnquireLinkResp,
        0x8000_0000 => Body::GenericNack,
        _ => return None,
    })
}

fn sm(reader: &mut Reader<'_>) -> Option<Sm> {
    let _service_type = reader.text()?;
    let (source, destination) = (reader.address()?, reader.address()?);
    let esm_class = reader.u8()?;
    let _protocol_id = reader.u8()?;
    let priority = reader.u8()?;
    let (_schedule, _validity) = (reader.text()?, reader.text()?);
    let registered_delivery = reader.u8()?;
    let _replace = reader.u8()?;
    let data_coding = reader.u8()?;
    let _canned = reader.u8()?;
    let length = usize::from(reader.u8()?);
    let short_message = reader.take(length)?.to_vec();
    let mut parameters = Vec::new();
    while parameters.len() < MAX_PARAMETERS
        && let Some(tag) = reader.u16()
        && let Some(length) = reader.u16()
        && let Some(value) = reader.take(usize::from(length))
    {
        parameters.push((tag, value.to_vec()));
    }
    Some(Sm {
        source,
        destination,
        esm_class,
        priority,
        registered_delivery,
        data_coding,
        short_message,
        parameters,
    })
}

fn put_sm(out: &mut Vec<u8>, sm: &Sm) {
    // service_type
    out.push(0);
    put_address(out, &sm.source);
    put_address(out, &sm.destination);
    // protocol_id, then no schedule and no end of validity.
    out.extend([sm.esm_class, 0, sm.priority, 0, 0]);
    // replace_if_present_flag and sm_default_msg_id are not used.
    out.extend([sm.registered_delivery, 0, sm.data_coding, 0]);
    let message = sm.short_message.get(..255).unwrap_or(&sm.short_message);
    out.push(u8::try_from(message.len()).unwrap_or(u8::MAX));
    out.extend(message);
    for (tag, value) in &sm.parameters {
        let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
        out.extend(tag.to_be_bytes());
        out.extend(length.to_be_bytes());
        out.extend(value.get(..usize::from(length)).unwrap_or(value));
    }
}

fn put_u32(out: &mut Vec<u8>, number: u32) {
    out.extend(number.to_be_bytes());
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    out.extend(text.bytes().filter(|b| *b != 0));
    out.push(0);
}

fn put_address(out: &mut Vec<u8>, address: &Address) {
    out.extend([address.ton, address.npi]);
    put_text(out, &address.digits);
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(*self.take(2)?.first_chunk()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(*self.take(4)?.first_chunk()?))
    }

    /// A text up to its zero byte.
    fn text(&mut self) -> Option<String> {
        let end = self.0.iter().position(|b| *b == 0)?;
        let text = self.take(end)?;
        self.take(1)?;
        Some(lossy(text))
    }

    fn address(&mut self) -> Option<Address> {
        Some(Address { ton: self.u8()?, npi: self.u8()?, digits: self.text()? })
    }
}
