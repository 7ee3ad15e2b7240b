//! Verified answers: which is valid now, and which fits what somebody wrote. An expired answer never goes out.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use flow::words::Language;
use jiff::civil::Date;

use crate::app::App;
use crate::lines::words::{Phrase, Spelt, lower};
use crate::lines::{Answer, Line};
use crate::store::Ts;

/// How many points an answer needs to be taken for what was asked.
const ENOUGH: usize = 2;
/// A keyword counts this much, a word of the title half of it.
const KEYWORD_POINTS: usize = 2;
/// Words of a title that are too short tell nothing.
const MIN_TITLE_WORD: usize = 5;

type Phrases = BTreeMap<Language, Vec<Phrase>>;

/// A line's answers, prepared for matching: the keywords and the title's words of each.
pub struct Index(Vec<(Phrases, Phrases)>);

impl Index {
    /// Prepares the answers of a line, in their order.
    #[must_use]
    pub fn new(answers: &[Answer]) -> Self {
        Self(
            answers
                .iter()
                .map(|answer| {
                    let keywords = answer.keywords.iter();
                    let keywords = keywords
                        .map(|(language, words)| (*language, words.iter().map(|w| Phrase::new(w)).collect()));
                    let titles = answer.title.iter().map(|(language, title)| {
                        let words = lower(title);
                        let long = words.split(' ').filter(|word| word.chars().count() >= MIN_TITLE_WORD);
                        (*language, long.map(Phrase::new).collect())
                    });
                    (keywords.collect(), titles.collect())
                })
                .collect(),
        )
    }
}

/// Whether an answer may go out on a day.
#[must_use]
pub fn is_valid(answer: &Answer, today: Date) -> bool {
    today <= answer.valid_until
}

/// The day in the line's time zone.
#[must_use]
pub fn today(line: &Line, now: Ts) -> Date {
    now.to_timestamp().to_zoned(line.timezone.clone()).date()
}

/// The moment at which an answer stops being valid: the end of its last day in the line's time zone.
#[must_use]
pub fn valid_until(line: &Line, answer: &Answer) -> Option<Ts> {
    let end = answer.valid_until.tomorrow().ok()?.to_zoned(line.timezone.clone()).ok()?;
    Some(Ts::from(end.timestamp()))
}

/// The valid answer that fits a text best; words of every language of the line are understood. `None` when
/// none fits well enough, or two fit equally well.
#[must_use]
pub fn find<'a>(line: &'a Line, text: &str, today: Date) -> Option<&'a Answer> {
    let words = Spelt::new(text);
    let mut best: Option<(usize, &Answer)> = None;
    let mut tied = false;
    for (answer, (keywords, titles)) in line.content.answers.iter().zip(&line.answer_index.0) {
        if !is_valid(answer, today) {
            continue;
        }
        let hits = |phrases: &Phrases| {
            phrases
                .values()
                .map(|list| list.iter().filter(|phrase| phrase.is_spelt_in(&words)).count())
                .max()
                .unwrap_or(0)
        };
        let points = hits(keywords) * KEYWORD_POINTS + hits(titles);
        match best {
            Some((most, _)) if points < most => {}
            Some((most, _)) if points == most => tied = true,
            _ => {
                best = Some((points, answer));
                tied = false;
            }
        }
    }
    best.filter(|(points, _)| *points >= ENOUGH && !tied).map(|(_, answer)| answer)
}

/// What flows see as `@globals.answer_…`: the line's verified answers, valid now, in the person's language.
pub struct AnswerGlobals {
    pub app: App,
    pub line: Arc<Line>,
    pub language: Option<Language>,
    pub today: Date,
    /// What the person wrote last.
    pub text: String,
    /// When the first of the answers that were given out stops being valid.
    /// (Microseconds; 0: none.)
    pub earliest_end: AtomicI64,
}

impl AnswerGlobals {
    /// When the first of the answers given out so far stops being valid.
    #[must_use]
    pub fn earliest_end(&self) -> Option<Ts> {
        let micros = self.earliest_end.load(Ordering::Relaxed);
        (micros > 0).then_some(Ts(micros))
    }

    fn part(&self, answer: &Answer, part: &str) -> Option<String> {
        let language = self.line.content.language(self.language);
        let value = match part {
            "" => {
                let ends = self.earliest_end().into_iter().chain(valid_until(&self.line, answer));
                self.earliest_end.store(ends.min().map_or(0, |end| end.0), Ordering::Relaxed);
                answer.text.get(&language).cloned()
            }
            "title" => answer.title.get(&language).cloned(),
            "audio" => answer
                .audio
                .get(&language)
                .and_then(|path| self.line.files.get(path))
                .map(|file| format!("{}/media/{}", self.app.config.public_url, file.name)),
            _ => None,
        };
        Some(value.unwrap_or_default())
    }
}

impl flow::Globals for AnswerGlobals {
    fn get(&self, key: &str) -> Option<String> {
        let name = key.strip_prefix("answer_")?;
        if let Some(part) = name.strip_prefix("found") {
            let part = part.trim_start_matches('_');
            return match find(&self.line, &self.text, self.today) {
                Some(answer) => self.part(answer, part),
                None => Some(String::new()),
            };
        }
        let of = |name: &str| self.line.content.answers.iter().find(|answer| answer.key == name);
        let (answer, part) = match of(name) {
            Some(answer) => (answer, ""),
            None => {
                let (name, part) = name.rsplit_once('_')?;
                (of(name)?, part)
            }
        };
        if is_valid(answer, self.today) { self.part(answer, part) } else { Some(String::new()) }
    }
}
