//! The people who play, and what they write.
use std::io::Write as _;

use crate::sign;

/// The first phone number; person `i` has the one `i` higher.
const FIRST_NUMBER: u64 = 593_900_000_000;
/// What stands before a message's number, in the message and in the answer that repeats it.
pub const MARKER: &[u8] = b"#m";

/// The WhatsApp number that plays the line, and how its webhooks are signed.
#[derive(Debug, Clone)]
pub struct Target {
    /// Host and port of the server.
    pub host: String,
    /// The path of the channel's webhook.
    pub path: String,
    pub phone_number_id: String,
    pub app_secret: String,
}

/// A webhook, ready to be posted; the buffers are used again and again.
#[derive(Debug, Default)]
pub struct Webhook {
    pub head: Vec<u8>,
    pub body: Vec<u8>,
}

/// The number of the person whom a message to `to` reaches.
#[must_use]
pub fn person_of(to: u64) -> Option<usize> {
    usize::try_from(to.checked_sub(FIRST_NUMBER)?).ok()
}

impl Webhook {
    /// Writes the webhook that brings `text` from `person`. `serial` names the message and must be new; `second`
    /// is the present Unix time.
    pub fn write(&mut self, target: &Target, person: usize, serial: u64, text: &str, second: i64) {
        let number = FIRST_NUMBER + person as u64;
        self.body.clear();
        let Target { phone_number_id, .. } = target;
        // Writing to memory cannot fail.
        let _ = write!(
            self.body,
            "{{\"object\":\"whatsapp_business_account\",\"entry\":[{{\"id\":\"900\",\"changes\":[{{\"value\":{{\
             \"messaging_product\":\"whatsapp\",\"metadata\":{{\"display_phone_number\":\"59325550100\",\
             \"phone_number_id\":\"{phone_number_id}\"}},\"contacts\":[{{\"profile\":{{\"name\":\"Persona \
             {person}\"}},\"wa_id\":\"{number}\"}}],\"messages\":[{{\"from\":\"{number}\",\"id\":\
             \"wamid.LOAD{second:x}{serial:012x}\",\"timestamp\":\"{second}\",\"text\":{{\"body\":\"{text}\"}},\
             \"type\":\"text\"}}]}},\"field\":\"messages\"}}]}}]}}"
        );
        self.head.clear();
        let _ = write!(
            self.head,
            "POST {} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\nx-hub-signature-256: \
             {}\r\ncontent-length: {}\r\n\r\n",
            target.path,
            target.host,
            sign::meta(&target.app_secret, &self.body),
            self.body.len()
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_is_metas_json() {
        let target = Target {
            host: "127.0.0.1:1".into(),
            path: "/hooks/1".into(),
            phone_number_id: "101".into(),
            app_secret: "s".into(),
        };
        let mut webhook = Webhook::default();
        webhook.write(&target, 7, 1, "hola #m1", 1_700_000_000);
        let body: serde_json::Value = serde_json::from_slice(&webhook.body).unwrap();
        let message = &body["entry"][0]["changes"][0]["value"]["messages"][0];
        assert_eq!(message["from"], "593900000007");
        assert_eq!(message["text"]["body"], "hola #m1");
        assert_eq!(person_of(593_900_000_007), Some(7));
        assert_eq!(person_of(1), None);
        assert!(webhook.head.ends_with(format!("content-length: {}\r\n\r\n", webhook.body.len()).as_bytes()));
    }
}
