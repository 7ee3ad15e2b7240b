//! From messages to what a telephone says and asks. Pure.
use std::time::Duration;

use channels::NumberedChoice;
use channels::voice::{Dial, Gather, MAX_DIGITS, MAX_TRIES, Record, Script, Speech, Step, Takes};
use flow::events::Hint;
use flow::words::{Content, Language};

use super::words::{Spoken, spoken};
use super::{Asked, Talk, Waits};
use crate::consent;
use crate::lines;

/// How long a key or a word is waited for.
const WAIT: Duration = Duration::from_secs(8);
/// The longest that a person may speak after the tone.
const LONGEST_RECORDING: Duration = Duration::from_secs(180);
/// How much silence ends what she says.
const SILENCE: Duration = Duration::from_secs(6);
/// What one key can choose: 0 brings a person, so nine are left.
const ONE_KEY: usize = 9;
/// Digits where there are more choices than keys; `#` ends a shorter number.
const TWO_KEYS: u8 = 2;
/// How long the provider waits before it asks again for an answer that was not ready.
const PAUSE_SECONDS: u8 = 1;

/// The circumstances of an answer.
pub(super) struct Setting<'a> {
    pub line: &'a lines::Content,
    /// Hers, or the line's first.
    pub language: Language,
    /// Whether spoken answers are understood.
    pub speech: bool,
    /// Where her next step goes.
    pub next: String,
}

/// What follows when everything was said.
pub(super) enum Then {
    /// A flow waits for her.
    Flow(Waits),
    /// Staff has her conversation.
    Leave,
    Goodbye,
}

impl Setting<'_> {
    fn words(&self) -> Spoken<'_> {
        spoken(self.line, self.language)
    }

    fn own(&self, text: &str) -> Speech {
        self.own_in(&self.words(), text)
    }

    /// One of the server's or the line's own sentences. English that stands in for another language is read as English.
    fn own_in(&self, words: &Spoken<'_>, text: &str) -> Speech {
        Speech { text: text.to_owned(), locale: words.language.to_owned(), audio: None }
    }

    /// Says what there is to say, and asks what comes next.
    pub(super) fn say(&self, contents: &[Content], then: &Then) -> Talk {
        let all: Vec<Speech> = contents.iter().flat_map(|content| self.speeches(content)).collect();
        let choices = contents.last().map(|last| channels::choices_numbered(&last.quick_replies));
        match (choices.filter(|choices| !choices.is_empty()), then) {
            (Some(choices), _) => self.offer(all, choices),
            (None, Then::Flow(Waits::Input { hint: Some(Hint::Audio) })) => {
                self.record(all, self.words().record, Asked::Recording)
            }
            (None, Then::Flow(Waits::Input { hint })) => {
                let question = contents.last().map(|last| self.speeches(last)).unwrap_or_default();
                self.ask(all, question, hint.as_ref())
            }
            (None, Then::Flow(Waits::Dial { number, ringing_seconds, longest_seconds })) => {
                let mut steps = said(all);
                steps.push(Step::Dial(Dial {
                    number: number.clone(),
                    ringing: Duration::from_secs(u64::from(*ringing_seconds)),
                    longest: Duration::from_secs(u64::from(*longest_seconds)),
                    answer_to: self.next.clone(),
                }));
                Talk { script: Script { steps }, asked: Asked::Dial, ..Talk::default() }
            }
            (None, Then::Leave) => self.record(all, self.words().leave, Asked::Leave),
            (None, Then::Goodbye) => self.part(all),
        }
    }

    /// Takes leave after what there is to say.
    pub(super) fn goodbye(&self, contents: &[Content]) -> Talk {
        self.part(contents.iter().flat_map(|content| self.speeches(content)).collect())
    }

    /// Does not take the call.
    pub(super) fn reject(&self) -> Talk {
        Talk { script: Script { steps: vec![Step::Reject] }, ..Talk::default() }
    }

    /// Something does not work: says so, and ends.
    pub(super) fn trouble(&self) -> Talk {
        let steps = vec![Step::Say(self.own(self.words().trouble)), Step::Hangup];
        Talk { script: Script { steps }, ..Talk::default() }
    }

    /// The same question again: she pressed a key that means nothing, or wants to hear it once more.
    pub(super) fn again(&self, former: &Talk, was_wrong: bool) -> Talk {
        let mut prompt = Vec::new();
        if was_wrong {
            prompt.push(self.own(self.words().again));
        }
        prompt.extend(former.question.iter().cloned());
        match &former.asked {
            Asked::Choices { choices } => {
                self.gather_choices(prompt, former.question.clone(), choices.clone())
            }
            Asked::Gate => self.gate(was_wrong),
            _ => self.ask(prompt, former.question.clone(), None),
        }
    }

    /// Asks whoever has taken a call of ours for a sign that somebody is there, without telling anything.
    pub(super) fn gate(&self, was_wrong: bool) -> Talk {
        let words = self.words();
        let question = vec![self.own(words.gate)];
        let mut prompt = Vec::new();
        if was_wrong {
            prompt.push(self.own(words.again));
        }
        prompt.extend(question.clone());
        let gather = Gather {
            takes: Takes::Digits,
            digits: Some(1),
            finish_key: None,
            ..self.gather(prompt, question.clone())
        };
        let script = Script { steps: vec![Step::Gather(gather)] };
        Talk { script, asked: Asked::Gate, question, said: Vec::new() }
    }

    /// What an answering machine hears: what the line has written for it, or nothing.
    pub(super) fn machine(&self) -> Talk {
        let words = self.words();
        let text = words.machine.map(|text| Step::Say(self.own(text)));
        let steps = text.into_iter().chain([Step::Hangup]).collect();
        Talk { script: Script { steps }, ..Talk::default() }
    }

    fn part(&self, all: Vec<Speech>) -> Talk {
        let mut steps = said(all);
        steps.push(Step::Say(self.own(self.words().goodbye)));
        steps.push(Step::Hangup);
        Talk { script: Script { steps }, ..Talk::default() }
    }

    fn offer(&self, mut all: Vec<Speech>, choices: Vec<NumberedChoice>) -> Talk {
        let mut question: Vec<Speech> = choices.iter().map(|choice| self.choice(choice)).collect();
        // Before she has chosen a language nobody can be understood, nor looked for.
        if choices.iter().all(|choice| consent::language_of(&choice.id).is_none()) {
            question.push(self.own(self.words().person));
        }
        all.extend(question.clone());
        self.gather_choices(all, question, choices)
    }

    fn choice(&self, choice: &NumberedChoice) -> Speech {
        // The choice of a language is said in that language.
        let language = consent::language_of(&choice.id).unwrap_or(self.language);
        let words = spoken(self.line, language);
        let text = words
            .choice
            .replace("{choice}", &plain(&choice.text))
            .replace("{number}", &choice.number.to_string());
        let own = self.line.voice.get(&language);
        self.own_in(&words, &own.map_or(text.clone(), |own| own.said(&text)))
    }

    fn gather_choices(&self, prompt: Vec<Speech>, again: Vec<Speech>, choices: Vec<NumberedChoice>) -> Talk {
        let is_short = choices.len() <= ONE_KEY;
        let gather = Gather {
            digits: Some(if is_short { 1 } else { TWO_KEYS }),
            finish_key: if is_short { None } else { Some('#') },
            hints: choices.iter().map(|choice| plain(&choice.text)).collect(),
            ..self.gather(prompt, again.clone())
        };
        let script = Script { steps: vec![Step::Gather(gather)] };
        Talk { script, asked: Asked::Choices { choices }, question: again, said: Vec::new() }
    }

    fn ask(&self, prompt: Vec<Speech>, question: Vec<Speech>, hint: Option<&Hint>) -> Talk {
        let (count, end) = match hint {
            Some(Hint::Digits { count, terminated_by }) => (*count, terminated_by.chars().next()),
            _ => (None, Some('#')),
        };
        let wants_digits = matches!(hint, Some(Hint::Digits { .. }));
        let gather = Gather {
            takes: if wants_digits { Takes::Digits } else { self.takes() },
            digits: count.map(|count| u8::try_from(count).unwrap_or(MAX_DIGITS)),
            finish_key: end,
            ..self.gather(prompt, question.clone())
        };
        let script = Script { steps: vec![Step::Gather(gather)] };
        Talk { script, asked: Asked::Words, question, said: Vec::new() }
    }

    fn takes(&self) -> Takes {
        if self.speech { Takes::Either } else { Takes::Digits }
    }

    fn gather(&self, prompt: Vec<Speech>, again: Vec<Speech>) -> Gather {
        Gather {
            prompt,
            again,
            takes: self.takes(),
            digits: None,
            finish_key: None,
            timeout: WAIT,
            tries: MAX_TRIES,
            hints: Vec::new(),
            answer_to: self.next.clone(),
        }
    }

    fn record(&self, all: Vec<Speech>, words: &str, asked: Asked) -> Talk {
        let mut steps = said(all);
        let question = vec![self.own(words)];
        steps.push(Step::Record(Record {
            prompt: question.clone(),
            longest: LONGEST_RECORDING,
            silence: SILENCE,
            finish_key: Some('#'),
            answer_to: self.next.clone(),
        }));
        Talk { script: Script { steps }, asked, question, said: Vec::new() }
    }

    /// What is said of one message.
    fn speeches(&self, content: &Content) -> Vec<Speech> {
        let languages =
            content.quick_replies.iter().filter_map(|reply| consent::language_of(reply.id.as_deref()?));
        let languages: Vec<Language> = languages.collect();
        if !languages.is_empty() {
            return self.in_each(&content.text, &languages);
        }
        let mut speech = Speech::of(content);
        if speech.locale.is_empty() {
            speech.locale = self.language.to_string();
        }
        let language = speech.locale.split('-').next().and_then(|code| code.parse().ok());
        let words = self.line.voice.get(&language.unwrap_or(self.language));
        speech.text = plain(&words.map_or(speech.text.clone(), |words| words.said(&speech.text)));
        if speech.is_empty() { Vec::new() } else { vec![speech] }
    }

    /// The language question: one line of it in each language. Where they do not go together it is left out, and the
    /// choices say it all.
    fn in_each(&self, text: &str, languages: &[Language]) -> Vec<Speech> {
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if lines.len() != languages.len() {
            return Vec::new();
        }
        let both = lines.into_iter().zip(languages);
        both.map(|(line, language)| Speech { text: plain(line), locale: language.to_string(), audio: None })
            .collect()
    }
}

/// The provider asks again a little later: the answer is not ready.
pub(super) fn later(poll: String) -> Script {
    Script { steps: vec![Step::Pause { seconds: PAUSE_SECONDS }, Step::Redirect { url: poll }] }
}

fn said(all: Vec<Speech>) -> Vec<Step> {
    all.into_iter().map(Step::Say).collect()
}

/// A text without marks that a computer's voice would read out.
fn plain(text: &str) -> String {
    let kept = text.chars().filter(|letter| !matches!(letter, '•' | '*' | '_' | '#' | '·' | '▪'));
    kept.collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use flow::words::{Attachment, QuickReply};

    use super::*;
    use crate::lines::test_content;

    fn setting(line: &lines::Content) -> Setting<'_> {
        let language = line.languages[0];
        Setting { line, language, speech: true, next: "https://line.example.org/hooks/1/next?step=1".into() }
    }

    fn reply(id: &str, text: &str) -> QuickReply {
        QuickReply { id: Some(id.to_owned()), text: text.to_owned(), ..QuickReply::default() }
    }

    fn menu() -> Content {
        let quick_replies = vec![reply("papers", "Papeles"), reply("rights", "Mis derechos")];
        Content {
            text: "• Elija un tema".into(), locale: "spa".into(), quick_replies, ..Content::default()
        }
    }

    fn prompt(talk: &Talk) -> Vec<(&str, &str)> {
        let Some(Step::Gather(gather)) = talk.script.steps.last() else { panic!("{talk:?}") };
        gather.prompt.iter().map(|speech| (speech.locale.as_str(), speech.text.as_str())).collect()
    }

    #[test]
    fn choices_are_keys_and_keep_their_ids() {
        let line = test_content();
        let talk = setting(&line).say(&[menu()], &Then::Goodbye);
        assert_eq!(
            prompt(&talk),
            [
                ("spa", "Elija un tema"),
                ("spa", "Para Papeles, marque 1."),
                ("spa", "Para conocer sus derechos, marque 2."),
                ("spa", "Para hablar con una persona, marque cero."),
            ]
        );
        let Asked::Choices { choices } = &talk.asked else { panic!("{talk:?}") };
        assert_eq!(choices[1].id, "rights");
        let again = setting(&line).again(&talk, true);
        assert_eq!(prompt(&again)[0], ("spa", "No le entendimos."));
        assert_eq!(again.asked, talk.asked);
        assert_eq!(prompt(&again).len(), 4);
    }

    #[test]
    fn each_language_is_offered_in_itself() {
        let line = test_content();
        let quick_replies = vec![reply("language:spa", "Español"), reply("language:eng", "English")];
        let text = "Hola, ¿en qué idioma?\nHello, which language?".to_owned();
        let question = Content { text, quick_replies, ..Content::default() };
        let talk = setting(&line).say(std::slice::from_ref(&question), &Then::Goodbye);
        assert_eq!(
            prompt(&talk),
            [
                ("spa", "Hola, ¿en qué idioma?"),
                ("eng", "Hello, which language?"),
                ("spa", "Para Español, marque 1."),
                ("eng", "For English, press 2."),
            ]
        );
        let one_line = Content { text: "Hola. Hello.".into(), ..question };
        assert_eq!(prompt(&setting(&line).say(&[one_line], &Then::Goodbye)).len(), 2);
    }

    #[test]
    fn what_a_flow_waits_for_is_asked_so() {
        let line = test_content();
        let setting = setting(&line);
        let waits = |hint| Then::Flow(Waits::Input { hint });
        let text = Content { text: "¿Su edad?".into(), ..Content::default() };
        let digits = Hint::Digits { count: Some(2), terminated_by: String::new() };
        let talk = setting.say(std::slice::from_ref(&text), &waits(Some(digits)));
        let [Step::Gather(gather)] = talk.script.steps.as_slice() else { panic!("{talk:?}") };
        assert_eq!((gather.digits, gather.takes, gather.finish_key), (Some(2), Takes::Digits, None));
        let talk = setting.say(std::slice::from_ref(&text), &waits(None));
        let [Step::Gather(gather)] = talk.script.steps.as_slice() else { panic!("{talk:?}") };
        assert_eq!((gather.digits, gather.takes, gather.finish_key), (None, Takes::Either, Some('#')));
        let talk = setting.say(std::slice::from_ref(&text), &waits(Some(Hint::Audio)));
        assert!(matches!(talk.script.steps.as_slice(), [Step::Say(_), Step::Record(_)]), "{talk:?}");
        let talk = setting.say(&[text], &Then::Leave);
        assert_eq!(talk.asked, Asked::Leave);
    }

    #[test]
    fn a_recording_that_telephones_play_comes_before_the_computers_voice() {
        let line = test_content();
        let file = |kind: &str, name: &str| Attachment {
            content_type: kind.into(),
            url: format!("https://line.example.org/media/{name}"),
        };
        let with = |file| Content { text: "Hola".into(), attachments: vec![file], ..Content::default() };
        let said = |content| {
            let talk = setting(&line).say(&[content], &Then::Goodbye);
            let Some(Step::Say(speech)) = talk.script.steps.first() else { panic!("{talk:?}") };
            speech.audio.clone()
        };
        assert!(said(with(file("audio/mpeg", "a.mp3"))).is_some());
        assert!(said(with(file("audio/ogg", "a.ogg"))).is_none());
    }

    #[test]
    fn what_is_written_for_reading_is_said_otherwise() {
        let mut line = test_content();
        let instead = [("escriba AYUDA", "marque cero"), ("Si no, escriba AYUDA.", "Si no, llame otra vez.")];
        let instead = instead.map(|(written, said)| (written.to_owned(), said.to_owned())).into();
        line.voice.insert(line.languages[0], super::super::VoiceWords { instead, ..Default::default() });
        let said = |text: &str| {
            let content = Content { text: text.into(), locale: "spa".into(), ..Content::default() };
            let talk = setting(&line).say(&[content], &Then::Goodbye);
            let Some(Step::Say(speech)) = talk.script.steps.first() else { panic!("{talk:?}") };
            speech.text.clone()
        };
        assert_eq!(said("Abre a las 8. Si puede, escriba AYUDA."), "Abre a las 8. Si puede, marque cero.");
        assert_eq!(said("Venga. Si no, escriba AYUDA."), "Venga. Si no, llame otra vez.");
        let instead = [("Para Papeles,".to_owned(), "Para saber de sus papeles,".to_owned())].into();
        line.voice.insert(line.languages[0], super::super::VoiceWords { instead, ..Default::default() });
        let talk = setting(&line).say(&[menu()], &Then::Goodbye);
        assert_eq!(prompt(&talk)[1], ("spa", "Para saber de sus papeles, marque 1."));
    }

    #[test]
    fn a_machine_hears_nothing_that_the_line_has_not_written() {
        let mut line = test_content();
        assert_eq!(setting(&line).machine().script.steps, [Step::Hangup]);
        let own = super::super::VoiceWords { machine: Some("Llame al 123.".into()), ..Default::default() };
        line.voice.insert(line.languages[0], own);
        assert_eq!(setting(&line).machine().script.steps.len(), 2);
    }
}
