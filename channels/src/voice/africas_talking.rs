//! A script as Africa's Talking's XML (developers.africastalking.com/docs/voice/actions). There is no hanging up: the
//! call ends where the answer ends.
use super::{
    Dial, Gather, MAX_CALL, MAX_DIGITS, MAX_RECORDING, MAX_TRIES, MAX_WAIT, NO_VOICE, Record, Script, Speech,
    Step, Takes, Writer, key, languages, no_voice, whole, without_answer,
};
use crate::outgoing::Degraded;

pub(super) fn write(script: &Script, address: &str, degraded: &mut Vec<Degraded>) -> String {
    let mut xml = Writer::new();
    for step in &script.steps {
        match step {
            Step::Say(speech) => say(&mut xml, speech, degraded),
            Step::Play { url } => play(&mut xml, url),
            Step::Gather(asked) => gather(&mut xml, asked, degraded),
            Step::Record(asked) => record(&mut xml, asked, degraded),
            Step::Dial(other) => dial(&mut xml, other, address),
            Step::Redirect { url } => xml.text("Redirect", &[], url),
            Step::Pause { .. } => {}
            Step::Reject => {
                xml.open("Reject", &[]);
                xml.close("Reject");
                break;
            }
            Step::Hangup => break,
        }
    }
    xml.finish()
}

fn play(xml: &mut Writer, url: &str) {
    xml.open("Play", &[("url", url.to_owned())]);
    xml.close("Play");
}

fn say(xml: &mut Writer, speech: &Speech, degraded: &mut Vec<Degraded>) {
    if let Some(url) = speech.recording() {
        return play(xml, url);
    }
    if !languages::africas_talking(&speech.locale) {
        no_voice(NO_VOICE, degraded);
    }
    for part in speech.spoken() {
        xml.text("Say", &[("voice", "woman".to_owned())], part);
    }
}

fn gather(xml: &mut Writer, asked: &Gather, degraded: &mut Vec<Degraded>) {
    match asked.takes {
        Takes::Digits => {}
        Takes::Either => {
            no_voice("the provider does not understand speech; keys are asked for alone", degraded)
        }
        Takes::Speech => no_voice("the provider does not understand speech; a key is asked for", degraded),
    }
    let mut attributes = vec![
        ("timeout", whole(asked.timeout, MAX_WAIT).to_string()),
        ("callbackUrl", asked.answer_to.clone()),
    ];
    if let Some(digits) = asked.digits {
        attributes.push(("numDigits", digits.clamp(1, MAX_DIGITS).to_string()));
    }
    if let Some(key) = key(asked.finish_key) {
        attributes.push(("finishOnKey", key.to_string()));
    }
    for attempt in 0..asked.tries.clamp(1, MAX_TRIES) {
        xml.open("GetDigits", &attributes);
        for speech in asked.said_at(attempt) {
            say(xml, speech, degraded);
        }
        xml.close("GetDigits");
    }
    xml.text("Redirect", &[], &without_answer(&asked.answer_to));
}

fn record(xml: &mut Writer, asked: &Record, degraded: &mut Vec<Degraded>) {
    let mut attributes = vec![
        ("maxLength", whole(asked.longest, MAX_RECORDING).to_string()),
        ("timeout", whole(asked.silence, MAX_WAIT).to_string()),
        ("trimSilence", "true".to_owned()),
        ("playBeep", "true".to_owned()),
        ("callbackUrl", asked.answer_to.clone()),
    ];
    if let Some(key) = key(asked.finish_key) {
        attributes.push(("finishOnKey", key.to_string()));
    }
    xml.open("Record", &attributes);
    for speech in &asked.prompt {
        say(xml, speech, degraded);
    }
    xml.close("Record");
}

fn dial(xml: &mut Writer, other: &Dial, address: &str) {
    let mut attributes = vec![
        ("phoneNumbers", other.number.clone()),
        ("maxDuration", whole(other.longest, MAX_CALL).to_string()),
        ("record", "false".to_owned()),
    ];
    if !address.is_empty() {
        attributes.push(("callerId", address.to_owned()));
    }
    xml.open("Dial", &attributes);
    xml.close("Dial");
    // Reached when nobody took the call.
    xml.text("Redirect", &[], &without_answer(&other.answer_to));
}
