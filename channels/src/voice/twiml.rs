//! A script as TwiML (twilio.com/docs/voice/twiml).
use super::{
    Dial, Gather, MAX_CALL, MAX_DIGITS, MAX_RECORDING, MAX_RINGING, MAX_TRIES, MAX_WAIT, NO_VOICE, Record,
    Script, Speech, Step, Takes, Writer, key, languages, no_voice, whole, without_answer,
};
use crate::outgoing::Degraded;

pub(super) fn write(script: &Script, address: &str, degraded: &mut Vec<Degraded>) -> String {
    let mut xml = Writer::new();
    for step in &script.steps {
        match step {
            Step::Say(speech) => say(&mut xml, speech, degraded),
            Step::Play { url } => xml.text("Play", &[], url),
            Step::Gather(asked) => gather(&mut xml, asked, degraded),
            Step::Record(asked) => record(&mut xml, asked, degraded),
            Step::Dial(other) => dial(&mut xml, other, address),
            Step::Pause { seconds } => {
                xml.open("Pause", &[("length", seconds.to_string())]);
                xml.close("Pause");
            }
            Step::Redirect { url } => redirect(&mut xml, url),
            Step::Reject => {
                xml.open("Reject", &[("reason", "busy".to_owned())]);
                xml.close("Reject");
            }
            Step::Hangup => {
                xml.open("Hangup", &[]);
                xml.close("Hangup");
            }
        }
    }
    xml.finish()
}

fn redirect(xml: &mut Writer, url: &str) {
    xml.text("Redirect", &[("method", "POST".to_owned())], url);
}

fn say(xml: &mut Writer, speech: &Speech, degraded: &mut Vec<Degraded>) {
    if let Some(url) = speech.recording() {
        return xml.text("Play", &[], url);
    }
    let language = languages::twilio(&speech.locale);
    if language.is_none() && !speech.locale.is_empty() {
        no_voice(NO_VOICE, degraded);
    }
    let attributes: Vec<_> = language.map(|code| ("language", code.to_owned())).into_iter().collect();
    for part in speech.spoken() {
        xml.text("Say", &attributes, part);
    }
}

fn gather(xml: &mut Writer, asked: &Gather, degraded: &mut Vec<Degraded>) {
    let input = match asked.takes {
        Takes::Digits => "dtmf",
        Takes::Speech => "speech",
        Takes::Either => "dtmf speech",
    };
    let mut attributes = vec![
        ("input", input.to_owned()),
        ("action", asked.answer_to.clone()),
        ("method", "POST".to_owned()),
        ("timeout", whole(asked.timeout, MAX_WAIT).to_string()),
        // Without it Twilio takes `#` for the end.
        ("finishOnKey", key(asked.finish_key).map(String::from).unwrap_or_default()),
    ];
    if let Some(digits) = asked.digits.filter(|_| asked.takes != Takes::Speech) {
        attributes.push(("numDigits", digits.clamp(1, MAX_DIGITS).to_string()));
    }
    if asked.takes != Takes::Digits {
        attributes.push(("speechTimeout", "auto".to_owned()));
        let locale = asked.prompt.first().map_or("", |speech| speech.locale.as_str());
        attributes.extend(languages::twilio(locale).map(|code| ("language", code.to_owned())));
        if !asked.hints.is_empty() {
            attributes.push(("hints", asked.hints.join(", ")));
        }
    }
    for attempt in 0..asked.tries.clamp(1, MAX_TRIES) {
        xml.open("Gather", &attributes);
        for speech in asked.said_at(attempt) {
            say(xml, speech, degraded);
        }
        xml.close("Gather");
    }
    redirect(xml, &without_answer(&asked.answer_to));
}

fn record(xml: &mut Writer, asked: &Record, degraded: &mut Vec<Degraded>) {
    for speech in &asked.prompt {
        say(xml, speech, degraded);
    }
    let attributes = [
        ("action", asked.answer_to.clone()),
        ("method", "POST".to_owned()),
        ("maxLength", whole(asked.longest, MAX_RECORDING).to_string()),
        ("timeout", whole(asked.silence, MAX_WAIT).to_string()),
        ("finishOnKey", key(asked.finish_key).map(String::from).unwrap_or_default()),
        ("playBeep", "true".to_owned()),
    ];
    xml.open("Record", &attributes);
    xml.close("Record");
    // Twilio goes on here when nothing was said.
    redirect(xml, &without_answer(&asked.answer_to));
}

fn dial(xml: &mut Writer, other: &Dial, address: &str) {
    let mut attributes = vec![
        ("action", other.answer_to.clone()),
        ("method", "POST".to_owned()),
        ("timeout", whole(other.ringing, MAX_RINGING).to_string()),
        ("timeLimit", whole(other.longest, MAX_CALL).to_string()),
    ];
    // The other side sees the line's number and never the person's.
    if !address.is_empty() {
        attributes.push(("callerId", address.to_owned()));
    }
    xml.open("Dial", &attributes);
    xml.text("Number", &[], &other.number);
    xml.close("Dial");
}
