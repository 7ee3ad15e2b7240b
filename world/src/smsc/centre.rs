//! The message centre itself.
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io::Write as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::BytesMut;
use futures_util::StreamExt as _;
use rusmpp::pdus::{
    BindReceiverResp, BindTransceiverResp, BindTransmitterResp, DeliverSm, SubmitSm, SubmitSmResp,
};
use rusmpp::tlvs::{MessageDeliveryRequestTlvValue, TlvValue};
use rusmpp::tokio_codec::CommandCodec;
use rusmpp::types::{COctetString, OctetString};
use rusmpp::values::{DataCoding, EsmClass, Npi, Ton, UserMessageReference};
use rusmpp::{Command, CommandStatus, Pdu};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_util::codec::{Encoder as _, FramedRead};

use super::{Event, Fault, Order, Receipts, Say, letters};

/// How long a receipt is on its way when it is not held.
const RECEIPT_AFTER: Duration = Duration::from_millis(20);
/// How long before a message that was refused is brought again.
const AGAIN_AFTER: Duration = Duration::from_millis(300);
/// The message begins with a header; it is a receipt.
const WITH_HEADER: u8 = 0x40;
const RECEIPT: u8 = 0x04;

enum Out {
    Send(Box<Command>),
    Close,
}

struct Session {
    id: u32,
    out: mpsc::UnboundedSender<Out>,
    receives: bool,
}

/// Something on its way to the line.
#[derive(Clone)]
struct Parcel {
    sm: DeliverSm,
    /// Whose words it is a part of; `None` for a receipt.
    said: Option<u32>,
    /// The connection is cut when the answer should be read.
    cut: bool,
}

#[derive(Default)]
struct State {
    sessions: Vec<Session>,
    /// Connections that have bound, and whether they have said that they end.
    bound: HashMap<u32, bool>,
    faults: VecDeque<Fault>,
    receipts: Receipts,
    held: Vec<DeliverSm>,
    /// What the line has not answered yet, by the number that it travels under.
    parcels: BTreeMap<u32, Parcel>,
    /// Parts that each phone's words still have, and the phone.
    said: HashMap<u32, (usize, String)>,
    /// Parts for a phone: by receiver, reference and total.
    joining: HashMap<(String, u8, u8), BTreeMap<u8, Vec<u8>>>,
}

struct Centre {
    password: String,
    /// Whether answers have ids in hexadecimal and receipts in decimal digits.
    hex_ids: bool,
    serial: AtomicU32,
    state: Mutex<State>,
}

fn tell(event: &Event) {
    let line = serde_json::to_string(event).unwrap_or_default();
    let mut out = std::io::stdout().lock();
    // Whoever listens may have gone; the input ends then, too.
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}

/// Runs a message centre until the input ends.
///
/// # Errors
/// When no port can be had.
pub async fn run(password: String, hex_ids: bool) -> anyhow::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    tell(&Event::Listening { port: listener.local_addr()?.port() });
    let centre =
        Arc::new(Centre { password, hex_ids, serial: AtomicU32::new(0x00AB_C000), state: Mutex::default() });
    let accepting = centre.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(accepting.clone().connection(stream));
        }
    });
    let mut lines = tokio::io::BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        centre.obey(serde_json::from_str(&line)?);
    }
    Ok(())
}

impl Centre {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serial(&self) -> u32 {
        self.serial.fetch_add(1, Ordering::SeqCst)
    }

    fn obey(self: &Arc<Self>, order: Order) {
        match order {
            Order::Say(say) => self.say(&say),
            Order::Faults(faults) => self.state().faults.extend(faults),
            Order::Receipts(receipts) => self.state().receipts = receipts,
            Order::Release => {
                let mut state = self.state();
                let mut held = std::mem::take(&mut state.held);
                if state.receipts.reordered {
                    held.reverse();
                }
                state.receipts.held = false;
                drop(state);
                for sm in held {
                    self.deliver(Parcel { sm, said: None, cut: false });
                }
            }
            Order::Cut => self.cut(),
        }
    }

    fn cut(&self) {
        for session in self.state().sessions.drain(..) {
            // It may be closed already.
            let _ = session.out.send(Out::Close);
        }
    }

    /// A phone's words, in parts.
    fn say(self: &Arc<Self>, say: &Say) {
        let (coding, parts) = letters::parts(&say.text);
        let said = self.serial();
        let total = u8::try_from(parts.len()).unwrap_or(u8::MAX);
        let reference = said.to_be_bytes()[3];
        let mut numbered: Vec<(u8, Vec<u8>)> = (1..).zip(parts).collect();
        numbered.retain(|(number, _)| Some(*number) != say.without);
        if say.reversed {
            numbered.reverse();
        }
        self.state().said.insert(said, (numbered.len(), say.from.clone()));
        for (number, bytes) in numbered {
            let (esm_class, message) = match total {
                1 => (0, bytes),
                _ => (WITH_HEADER, [&[5, 0, 3, reference, total, number], bytes.as_slice()].concat()),
            };
            let sm = brought(&say.from, esm_class, coding, message);
            self.deliver(Parcel { sm, said: Some(said), cut: say.cut });
        }
    }

    /// Brings something to the line, now or as soon as it is connected.
    fn deliver(self: &Arc<Self>, parcel: Parcel) {
        let number = self.serial();
        self.state().parcels.insert(number, parcel);
        self.bring(number);
    }

    fn bring(&self, number: u32) {
        let state = self.state();
        let Some(parcel) = state.parcels.get(&number) else { return };
        if let Some(session) = state.sessions.iter().find(|session| session.receives) {
            let command = Command::new(CommandStatus::EsmeRok, number, parcel.sm.clone());
            let _ = session.out.send(Out::Send(Box::new(command)));
        }
    }

    /// The line has answered something that was brought.
    fn answered(self: &Arc<Self>, number: u32, status: CommandStatus) {
        let mut state = self.state();
        let Some(parcel) = state.parcels.get_mut(&number) else { return };
        if parcel.cut {
            parcel.cut = false;
            drop(state);
            self.cut();
            return;
        }
        if status != CommandStatus::EsmeRok {
            drop(state);
            let centre = self.clone();
            tokio::spawn(async move {
                tokio::time::sleep(AGAIN_AFTER).await;
                centre.bring(number);
            });
            return;
        }
        let said = parcel.said;
        state.parcels.remove(&number);
        if let Some(said) = said
            && let Some((left, from)) = state.said.get_mut(&said)
        {
            *left -= 1;
            if *left == 0 {
                let from = from.clone();
                state.said.remove(&said);
                drop(state);
                tell(&Event::Taken { from });
            }
        }
    }

    async fn connection(self: Arc<Self>, stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let id = self.serial();
        let (read, mut write) = stream.into_split();
        let mut commands = FramedRead::new(read, CommandCodec::new());
        let (out, mut outgoing) = mpsc::unbounded_channel();
        loop {
            tokio::select! {
                command = commands.next() => match command {
                    Some(Ok(command)) => self.take(id, command, &out),
                    _ => break,
                },
                Some(next) = outgoing.recv() => match next {
                    Out::Send(command) => {
                        let mut bytes = BytesMut::new();
                        if CommandCodec::new().encode(*command, &mut bytes).is_err()
                            || write.write_all(&bytes).await.is_err()
                        {
                            break;
                        }
                    }
                    Out::Close => break,
                },
            }
        }
        let mut state = self.state();
        state.sessions.retain(|session| session.id != id);
        let ended = state.bound.remove(&id);
        drop(state);
        if let Some(asked) = ended {
            tell(&Event::Unbound { asked });
        }
    }

    fn take(self: &Arc<Self>, session: u32, command: Command, out: &mpsc::UnboundedSender<Out>) {
        let (number, status) = (command.sequence_number(), command.status());
        let answer = |status: CommandStatus, pdu: Pdu| {
            let _ = out.send(Out::Send(Box::new(Command::new(status, number, pdu))));
        };
        let system_id = || COctetString::from_string("smsc".to_owned()).unwrap_or_default();
        let checked = |password: &str| {
            if password == self.password { CommandStatus::EsmeRok } else { CommandStatus::EsmeRinvpaswd }
        };
        let (status, receives, resp): (_, _, Pdu) = match command.pdu() {
            Some(Pdu::BindTransceiver(bind)) => {
                let resp = BindTransceiverResp::builder().system_id(system_id()).build();
                (checked(bind.password.as_str()), true, resp.into())
            }
            Some(Pdu::BindReceiver(bind)) => {
                let resp = BindReceiverResp::builder().system_id(system_id()).build();
                (checked(bind.password.as_str()), true, resp.into())
            }
            Some(Pdu::BindTransmitter(bind)) => {
                let resp = BindTransmitterResp::builder().system_id(system_id()).build();
                (checked(bind.password.as_str()), false, resp.into())
            }
            Some(Pdu::EnquireLink) => return answer(CommandStatus::EsmeRok, Pdu::EnquireLinkResp),
            Some(Pdu::Unbind) => {
                if let Some(asked) = self.state().bound.get_mut(&session) {
                    *asked = true;
                }
                answer(CommandStatus::EsmeRok, Pdu::UnbindResp);
                let _ = out.send(Out::Close);
                return;
            }
            Some(Pdu::DeliverSmResp(_)) => return self.answered(number, status),
            Some(Pdu::SubmitSm(sm)) => return self.submitted(sm, out, number),
            _ => return,
        };
        answer(status, resp);
        if status != CommandStatus::EsmeRok {
            return;
        }
        let mut state = self.state();
        state.bound.insert(session, false);
        state.sessions.push(Session { id: session, out: out.clone(), receives });
        drop(state);
        tell(&Event::Bound { receives });
        if receives {
            // What the line has not answered comes again.
            let waiting: Vec<u32> = self.state().parcels.keys().copied().collect();
            for number in waiting {
                self.bring(number);
            }
        }
    }

    fn submitted(self: &Arc<Self>, sm: &SubmitSm, out: &mpsc::UnboundedSender<Out>, number: u32) {
        let fault = self.state().faults.pop_front();
        let serial = self.serial();
        let (answered, reported) = if self.hex_ids {
            (format!("{serial:X}"), serial.to_string())
        } else {
            (serial.to_string(), serial.to_string())
        };
        let resp = |status, id: &str| {
            let message_id = COctetString::from_string(id.to_owned()).unwrap_or_default();
            let resp = SubmitSmResp::builder().message_id(message_id).build();
            let _ = out.send(Out::Send(Box::new(Command::new(status, number, resp))));
        };
        match fault {
            Some(Fault::Throttled) => return resp(CommandStatus::EsmeRthrottled, ""),
            Some(Fault::Dropped) => return,
            Some(Fault::CutBefore) => return self.cut(),
            Some(Fault::LostAnswer) => {}
            Some(Fault::CutAfter) => self.cut(),
            Some(Fault::Undeliverable) | None => resp(CommandStatus::EsmeRok, &answered),
        }
        let undeliverable = fault == Some(Fault::Undeliverable);
        if !undeliverable {
            self.arrives(sm, &reported);
        }
        self.report(sm, &reported, if undeliverable { "UNDELIV" } else { "DELIVRD" });
    }

    /// A part comes to a phone; with the last one the message shows.
    fn arrives(&self, sm: &SubmitSm, id: &str) {
        let to = sm.destination_addr.as_str().to_owned();
        let coding = u8::from(sm.data_coding);
        let payload = sm.tlvs().iter().find_map(|tlv| match tlv.value() {
            Some(TlvValue::MessagePayload(payload)) => Some(payload.value.clone().into_vec()),
            _ => None,
        });
        let bytes = payload.unwrap_or_else(|| sm.short_message().clone().into_vec());
        let whole = if u8::from(sm.esm_class) & WITH_HEADER == 0 {
            bytes
        } else {
            let [5, 0, 3, reference, total, number, part @ ..] = bytes.as_slice() else { return };
            let mut state = self.state();
            let key = (to.clone(), *reference, *total);
            let there = state.joining.entry(key.clone()).or_default();
            there.insert(*number, part.to_vec());
            if there.len() < usize::from(*total) {
                return;
            }
            state.joining.remove(&key).unwrap_or_default().into_values().collect::<Vec<_>>().concat()
        };
        tell(&Event::Got { id: id.to_owned(), to, text: letters::read(coding, &whole) });
    }

    fn report(self: &Arc<Self>, sm: &SubmitSm, id: &str, state: &str) {
        let receipts = self.state().receipts;
        let text = format!(
            "id:{id} sub:001 dlvrd:001 submit date:2611220530 done date:2611220531 stat:{state} err:000 text:..."
        );
        let mut receipt = brought(sm.destination_addr.as_str(), RECEIPT, 0, text.into_bytes());
        let reference = sm.tlvs().iter().find_map(|tlv| match tlv.value() {
            Some(TlvValue::UserMessageReference(reference)) => Some(reference.value),
            _ => None,
        });
        if let Some(reference) = reference.filter(|_| receipts.reference) {
            let reference = UserMessageReference::new(reference);
            receipt.push_tlv(MessageDeliveryRequestTlvValue::UserMessageReference(reference));
        }
        let copies = if receipts.doubled { 2 } else { 1 };
        for _ in 0..copies {
            if receipts.held {
                self.state().held.push(receipt.clone());
                continue;
            }
            let (centre, sm) = (self.clone(), receipt.clone());
            tokio::spawn(async move {
                tokio::time::sleep(RECEIPT_AFTER).await;
                centre.deliver(Parcel { sm, said: None, cut: false });
            });
        }
    }
}

/// A unit for the line, from a phone.
fn brought(from: &str, esm_class: u8, coding: u8, message: Vec<u8>) -> DeliverSm {
    let from = from.trim_start_matches('+').to_owned();
    DeliverSm::builder()
        .source_addr_ton(Ton::International)
        .source_addr_npi(Npi::Isdn)
        .source_addr(COctetString::from_string(from).unwrap_or_default())
        .esm_class(EsmClass::from(esm_class))
        .data_coding(DataCoding::from(coding))
        .short_message(OctetString::from_vec(message).unwrap_or_default())
        .build()
}
