//! A person with a phone, in a story's words: `amina.texts("hola").await; amina.sees("¿En qué idioma").await`.
//!
//! What goes wrong panics, with the whole conversation so far: these are a test's own words, not a library for
//! anything that runs for long.
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;

use crate::browser::Browser;
use crate::meta::{self, Said};
use crate::smsc;
use crate::telegram;
use crate::telephone::{CallState, Telephone};
use crate::thread::{Bubble, Choice, Side, Thread};
use crate::twilio;
use crate::viber;

/// How long a person waits for an answer before the story fails, in real time.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long a recording takes that she leaves.
const RECORDED_SECONDS: u64 = 5;
/// How often a person on the web chat without JavaScript presses "Show new messages".
const RELOAD_EVERY: Duration = Duration::from_millis(30);

/// Knows when everything that was set in motion has come to rest: no event, job, outgoing message or webhook
/// is left to handle.
pub trait Quiet: Send + Sync {
    /// Waits for that moment.
    fn settle(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// What a person talks to the line with.
pub enum Device {
    WhatsApp(meta::Handset),
    Sms(twilio::Handset),
    Telegram(telegram::Handset),
    Viber(viber::Handset),
    /// SMS by a message centre of the network.
    Centre(smsc::Handset),
    Web(Box<Browser>),
    /// Calls, both ways.
    Telephone(Telephone),
}

/// A person who talks to the line.
pub struct Person {
    name: String,
    device: Device,
    /// How many bubbles she has looked at.
    seen: Mutex<usize>,
    quiet: Arc<dyn Quiet>,
}

impl Person {
    /// A person called `name`; what her device shows already counts as seen.
    #[must_use]
    pub fn new(name: &str, device: Device, quiet: Arc<dyn Quiet>) -> Self {
        let person = Self { name: name.to_owned(), device, seen: Mutex::new(0), quiet };
        person.look_up_to(person.thread().len());
        person
    }

    /// Her conversation with the line.
    #[must_use]
    pub fn thread(&self) -> &Thread {
        match &self.device {
            Device::WhatsApp(phone) => phone.thread(),
            Device::Sms(phone) => phone.thread(),
            Device::Telegram(phone) => phone.thread(),
            Device::Viber(phone) => phone.thread(),
            Device::Centre(phone) => phone.thread(),
            Device::Web(browser) => browser.thread(),
            Device::Telephone(phone) => phone.thread(),
        }
    }

    /// Her name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Everything said so far, oldest first.
    #[must_use]
    pub fn conversation(&self) -> Vec<Bubble> {
        self.thread().bubbles()
    }

    /// Writes to the line; returns when the line has taken it (answered the webhook with 200).
    ///
    /// # Panics
    /// When the line does not take it.
    pub async fn texts(&self, text: &str) {
        let taken = match &self.device {
            Device::WhatsApp(phone) => phone.say(Said::Text(text.to_owned())).await.taken(),
            Device::Sms(phone) => phone.say(text).await.taken(),
            Device::Telegram(phone) => phone.say(telegram::Said::Text(text.to_owned())).await.taken(),
            Device::Viber(phone) => phone.say(viber::Said::Text(text.to_owned())).await.taken(),
            Device::Centre(phone) => phone.say(text).await,
            Device::Web(browser) => browser.say(text).await.is_ok(),
            Device::Telephone(phone) => {
                phone.speaks(text);
                true
            }
        };
        assert!(taken, "the line did not take {:?} from {}\n{}", text, self.name, self.so_far());
    }

    /// Writes something that the provider brings to the line twice.
    ///
    /// # Panics
    /// When the line does not take it, or on the web, where nobody brings anything twice.
    pub async fn texts_and_it_comes_twice(&self, text: &str) {
        let taken = match &self.device {
            Device::WhatsApp(phone) => phone.say_twice(Said::Text(text.to_owned())).await.taken(),
            Device::Sms(phone) => phone.say_twice(text).await.taken(),
            Device::Telegram(phone) => phone.say_twice(telegram::Said::Text(text.to_owned())).await.taken(),
            Device::Viber(phone) => phone.say_twice(viber::Said::Text(text.to_owned())).await.taken(),
            Device::Centre(_) => panic!("a message centre is told so by its own orders"),
            Device::Web(_) | Device::Telephone(_) => panic!("nobody brings that twice"),
        };
        assert!(taken, "the line did not take {:?} from {}\n{}", text, self.name, self.so_far());
    }

    /// Taps the newest choice with this title or id: a button or list row on WhatsApp, a key on Telegram and Viber, a
    /// button on the web page; by SMS she answers with the number that the menu gives it.
    ///
    /// # Panics
    /// When no such choice was offered, or the line does not take the answer.
    pub async fn taps(&self, choice: &str) {
        let taken = match &self.device {
            Device::WhatsApp(phone) => match self.offered(choice) {
                Some((bubble, choice)) if bubble.kind == "list" => {
                    phone.say(Said::Row { choice, context: bubble.id }).await.taken()
                }
                Some((bubble, choice)) => {
                    phone.say(Said::Button { choice, context: bubble.id }).await.taken()
                }
                None => self.not_offered(choice),
            },
            Device::Sms(phone) => match self.numbered(choice) {
                Some(number) => phone.say(&number).await.taken(),
                None => self.not_offered(choice),
            },
            Device::Telegram(phone) => {
                match self.offered(choice).and_then(|(bubble, choice)| phone.tap(&bubble.id, &choice.id)) {
                    Some(said) => phone.say(said).await.taken(),
                    None => self.not_offered(choice),
                }
            }
            Device::Viber(phone) => {
                match self.offered(choice).and_then(|(bubble, choice)| phone.tap(&bubble.id, &choice.id)) {
                    Some(said) => phone.say(said).await.taken(),
                    None => self.not_offered(choice),
                }
            }
            Device::Centre(phone) => match self.numbered(choice) {
                Some(number) => phone.say(&number).await,
                None => self.not_offered(choice),
            },
            Device::Telephone(phone) => match self.waits_for_key(choice).await {
                Some(key) => {
                    phone.presses(&key);
                    true
                }
                None => self.not_offered(choice),
            },
            Device::Web(browser) => match browser.tap(choice).await {
                Ok(true) => true,
                Ok(false) => self.not_offered(choice),
                Err(_) => false,
            },
        };
        assert!(taken, "the line did not take the choice {choice:?} of {}\n{}", self.name, self.so_far());
    }

    /// Sends a file (a voice note, a photograph); `kind` is WhatsApp's word for it.
    ///
    /// # Panics
    /// When the line does not take it, or on the web page, where this person does not know how.
    pub async fn sends_file(&self, kind: &'static str, content_type: &str, bytes: Bytes) {
        let content = content_type.to_owned();
        let taken = match &self.device {
            Device::WhatsApp(phone) => {
                phone.say(Said::File { kind, content_type: content, bytes, caption: None }).await.taken()
            }
            Device::Sms(phone) => phone.say_file("", content_type, bytes).await.taken(),
            Device::Telegram(phone) => {
                phone.say(telegram::Said::file(kind, content_type, bytes)).await.taken()
            }
            Device::Viber(phone) => phone.say(viber::Said::file(kind, content_type, bytes)).await.taken(),
            Device::Centre(_) | Device::Web(_) => panic!("{} does not know how to send a file", self.name),
            Device::Telephone(phone) => {
                phone.records(bytes, RECORDED_SECONDS);
                true
            }
        };
        assert!(taken, "the line did not take a file from {}\n{}", self.name, self.so_far());
    }

    /// Her telephone, for calls.
    ///
    /// # Panics
    /// When she has something else.
    #[must_use]
    pub fn telephone(&self) -> &Telephone {
        let Device::Telephone(phone) = &self.device else { panic!("{} has no telephone", self.name) };
        phone
    }

    /// Waits until her call stands so.
    ///
    /// # Panics
    /// When it does not in time.
    pub async fn is_in_a_call_that_is(&self, wanted: CallState) {
        let until = tokio::time::timeout(PATIENCE, self.telephone().until(wanted)).await;
        assert!(until.is_ok(), "{}'s call is not {wanted:?}\n{}", self.name, self.so_far());
    }

    /// Sends anything that WhatsApp can.
    ///
    /// # Panics
    /// When the line does not take it, or this is no WhatsApp phone.
    pub async fn says(&self, said: Said) {
        let Device::WhatsApp(phone) = &self.device else { panic!("{} is not on WhatsApp", self.name) };
        assert!(phone.say(said).await.taken(), "the line did not take it\n{}", self.so_far());
    }

    /// Does anything that can be done on Telegram.
    ///
    /// # Panics
    /// When the line does not take it, or this is no phone with Telegram.
    pub async fn does_on_telegram(&self, said: telegram::Said) {
        let Device::Telegram(phone) = &self.device else { panic!("{} is not on Telegram", self.name) };
        assert!(phone.say(said).await.taken(), "the line did not take it\n{}", self.so_far());
    }

    /// Does anything that can be done on Viber.
    ///
    /// # Panics
    /// When the line does not take it, or this is no phone with Viber.
    pub async fn does_on_viber(&self, said: viber::Said) {
        let Device::Viber(phone) = &self.device else { panic!("{} is not on Viber", self.name) };
        assert!(phone.say(said).await.taken(), "the line did not take it\n{}", self.so_far());
    }

    /// Waits until the line has said something that holds `words` and that she has not looked at yet; that
    /// message and all before it then count as seen.
    ///
    /// # Panics
    /// When it does not come in time.
    pub async fn sees(&self, words: &str) -> Bubble {
        let found = self.wait_for(|bubble| bubble.text.contains(words)).await;
        found.unwrap_or_else(|| {
            panic!("{} waited in vain for {words:?}\n{}", self.name, self.so_far());
        })
    }

    /// As [`sees`](Self::sees), but it must be in the very next message of the line.
    ///
    /// # Panics
    /// When the next message does not hold `words`, or none comes in time.
    pub async fn sees_next(&self, words: &str) -> Bubble {
        let found = self.wait_for(|_| true).await;
        let next = found.unwrap_or_else(|| {
            panic!("{} waited in vain for {words:?}\n{}", self.name, self.so_far());
        });
        assert!(next.text.contains(words), "{} expected {words:?} next\n{}", self.name, self.so_far());
        next
    }

    /// Waits for a message with an audio file whose content type starts with `audio`.
    ///
    /// # Panics
    /// When it does not come in time.
    pub async fn hears_audio(&self) -> Bubble {
        let audio =
            |bubble: &Bubble| bubble.media.iter().any(|media| media.content_type.starts_with("audio"));
        let found = self.wait_for(audio).await;
        found.unwrap_or_else(|| panic!("{} waited in vain for a voice\n{}", self.name, self.so_far()))
    }

    /// Waits until everything has come to rest, then there must be nothing from the line that she has not seen.
    ///
    /// # Panics
    /// When the line has said more.
    pub async fn sees_nothing_more(&self) {
        self.quiet.settle().await;
        self.reload().await;
        let more = self.unseen().into_iter().map(|(_, bubble)| bubble.text).collect::<Vec<_>>();
        assert!(more.is_empty(), "{} did not expect {more:?}\n{}", self.name, self.so_far());
    }

    /// The choices that the newest message of the line with choices offers.
    #[must_use]
    pub fn choices(&self) -> Vec<Choice> {
        let newest =
            self.conversation().into_iter().rev().find(|b| b.from == Side::Line && !b.choices.is_empty());
        newest.map(|bubble| bubble.choices).unwrap_or_default()
    }

    /// The conversation in plain words.
    #[must_use]
    pub fn so_far(&self) -> String {
        format!("--- {}'s conversation so far ---\n{}---", self.name, self.thread().transcript(&self.name))
    }

    async fn wait_for(&self, wanted: impl Fn(&Bubble) -> bool) -> Option<Bubble> {
        let mut changes = self.thread().watch();
        let search = async {
            loop {
                changes.mark_unchanged();
                if let Some((at, bubble)) = self.unseen().into_iter().find(|(_, bubble)| wanted(bubble)) {
                    self.look_up_to(at + 1);
                    return bubble;
                }
                match &self.device {
                    Device::Web(_) => {
                        self.reload().await;
                        if !changes.has_changed().unwrap_or(false) {
                            tokio::time::sleep(RELOAD_EVERY).await;
                        }
                    }
                    _ => {
                        let _ = changes.changed().await;
                    }
                }
            }
        };
        tokio::time::timeout(PATIENCE, search).await.ok()
    }

    async fn reload(&self) {
        if let Device::Web(browser) = &self.device {
            // A page that cannot be loaded shows nothing new; the wait then ends in its own message.
            let _ = browser.reload().await;
        }
    }

    fn unseen(&self) -> Vec<(usize, Bubble)> {
        let seen = *self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let bubbles = self.conversation().into_iter().enumerate().skip(seen);
        bubbles.filter(|(_, bubble)| bubble.from == Side::Line).collect()
    }

    fn look_up_to(&self, count: usize) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = count;
    }

    /// The newest choice with this title or id, and the message that offers it.
    fn offered(&self, wanted: &str) -> Option<(Bubble, Choice)> {
        let line = self.conversation().into_iter().rev().filter(|bubble| bubble.from == Side::Line);
        for bubble in line {
            if let Some(choice) = bubble.choices.iter().find(|c| c.title == wanted || c.id == wanted).cloned()
            {
                return Some((bubble, choice));
            }
        }
        None
    }

    /// The number in front of this choice in the newest menu sent by SMS: `2. Papeles`, `2) Papeles`, `2 Papeles`.
    fn numbered(&self, wanted: &str) -> Option<String> {
        let line = self.conversation().into_iter().rev().filter(|bubble| bubble.from == Side::Line);
        line.flat_map(|bubble| bubble.text.lines().map(ToOwned::to_owned).collect::<Vec<_>>()).find_map(
            |line| {
                let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
                let (number, rest) = line.split_at(digits);
                let title = rest.trim_start_matches(['.', ')', ':', '-']).trim();
                (digits > 0 && title == wanted).then(|| number.to_owned())
            },
        )
    }

    /// As [`key_of`](Self::key_of), once it was said: choices come one after the other.
    async fn waits_for_key(&self, wanted: &str) -> Option<String> {
        let mut changes = self.thread().watch();
        let search = async {
            loop {
                changes.mark_unchanged();
                if let Some(key) = self.key_of(wanted) {
                    return key;
                }
                let _ = changes.changed().await;
            }
        };
        tokio::time::timeout(PATIENCE, search).await.ok()
    }

    /// The key that was named with a choice in a call: `Para Papeles, marque 2.`
    fn key_of(&self, wanted: &str) -> Option<String> {
        let line = self.conversation().into_iter().rev().filter(|bubble| bubble.from == Side::Line);
        let mut named = line.filter(|bubble| bubble.text.contains(wanted));
        named.find_map(|bubble| {
            let digits: String = bubble.text.chars().rev().skip(1).take_while(char::is_ascii_digit).collect();
            (!digits.is_empty()).then(|| digits.chars().rev().collect())
        })
    }

    fn not_offered(&self, choice: &str) -> ! {
        panic!("nobody offered {choice:?} to {}\n{}", self.name, self.so_far())
    }
}
