//! Who is reading and who is writing, in this process's memory: a courtesy that may be lost, never relied on.
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

use super::view::Present;
use crate::store::Ts;

/// Who has not said anything for so long is away. The console repeats "writing" every 20 s.
pub const WRITING_SECONDS: i64 = 30;
pub const READING_SECONDS: i64 = 15 * 60;
/// Conversations that presence is kept of; past that nothing more is taken until some expire.
const MAX_CONVERSATIONS: usize = 10_000;
/// People in one conversation.
const MAX_PEOPLE: usize = 50;

/// What somebody does in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Doing {
    Reading,
    Writing,
    Away,
}

/// Everybody's presence.
#[derive(Default)]
pub struct Presence(Mutex<Table>);

#[derive(Default)]
struct Table {
    version: u64,
    conversations: HashMap<Uuid, Room>,
}

struct Room {
    line: Uuid,
    version: u64,
    people: HashMap<Uuid, Place>,
}

struct Place {
    /// Until when she counts as reading, and as writing.
    reading: Ts,
    writing: Ts,
    shown: Doing,
}

impl Place {
    fn doing(&self, now: Ts) -> Doing {
        if now < self.writing {
            Doing::Writing
        } else if now < self.reading {
            Doing::Reading
        } else {
            Doing::Away
        }
    }
}

impl Room {
    fn present(&self, now: Ts) -> Present {
        let mut present = Present::default();
        for (id, place) in &self.people {
            match place.doing(now) {
                Doing::Away => continue,
                Doing::Writing => present.writers.push(*id),
                Doing::Reading => {}
            }
            present.readers.push(*id);
        }
        present.readers.sort();
        present.writers.sort();
        present
    }
}

impl Presence {
    fn table(&self) -> std::sync::MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what somebody does; whether anything changed for others.
    pub fn say(&self, line: Uuid, conversation: Uuid, staff: Uuid, doing: Doing, now: Ts) -> bool {
        let mut table = self.table();
        if table.conversations.len() >= MAX_CONVERSATIONS && !table.conversations.contains_key(&conversation)
        {
            return false;
        }
        let next = table.version + 1;
        let room = table.conversations.entry(conversation).or_insert_with(|| Room {
            line,
            version: 0,
            people: HashMap::new(),
        });
        if room.people.len() >= MAX_PEOPLE && !room.people.contains_key(&staff) {
            return false;
        }
        let place = room.people.entry(staff).or_insert(Place {
            reading: Ts(i64::MIN),
            writing: Ts(i64::MIN),
            shown: Doing::Away,
        });
        (place.reading, place.writing) = match doing {
            Doing::Away => (now, now),
            Doing::Reading => (now.plus_seconds(READING_SECONDS), now),
            Doing::Writing => (now.plus_seconds(READING_SECONDS), now.plus_seconds(WRITING_SECONDS)),
        };
        if place.shown == doing {
            return false;
        }
        place.shown = doing;
        room.version = next;
        table.version = next;
        true
    }

    /// Who is in a conversation now.
    #[must_use]
    pub fn of(&self, conversation: Uuid, now: Ts) -> Present {
        self.table().conversations.get(&conversation).map(|room| room.present(now)).unwrap_or_default()
    }

    /// The present version, for a stream that begins.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.table().version
    }

    /// Conversations of a line in which somebody came, went or began to write since a version, and the version
    /// that this brings up to. Whoever fell silent is noticed here.
    pub fn changed_since(&self, line: Uuid, version: u64, now: Ts) -> (Vec<(Uuid, Present)>, u64) {
        let mut table = self.table();
        let next = table.version + 1;
        let mut expired = false;
        for room in table.conversations.values_mut() {
            for place in room.people.values_mut() {
                let doing = place.doing(now);
                if place.shown != doing {
                    place.shown = doing;
                    room.version = next;
                    expired = true;
                }
            }
        }
        if expired {
            table.version = next;
        }
        let changed = table
            .conversations
            .iter()
            .filter(|(_, room)| room.line == line && room.version > version)
            .map(|(id, room)| (*id, room.present(now)))
            .collect();
        let reached = table.version;
        // Empty rooms stay until every stream has had the time to hear of them.
        table.conversations.retain(|_, room| {
            room.version + FORGOTTEN_AFTER_VERSIONS > reached
                || room.people.values().any(|place| place.doing(now) != Doing::Away)
        });
        (changed, reached)
    }
}

/// How many changes later a conversation that everybody left is forgotten.
const FORGOTTEN_AFTER_VERSIONS: u64 = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    #[test]
    fn who_falls_silent_is_away_and_everybody_hears_it() {
        let presence = Presence::default();
        let (line, conversation, lucia) = (id(1), id(2), id(3));
        let start = Ts(1_000_000_000);
        assert!(presence.say(line, conversation, lucia, Doing::Writing, start));
        assert!(!presence.say(line, conversation, lucia, Doing::Writing, start.plus_seconds(20)));
        let (changed, seen) = presence.changed_since(line, 0, start.plus_seconds(21));
        assert_eq!(changed, [(conversation, Present { readers: vec![lucia], writers: vec![lucia] })]);
        assert_eq!(presence.changed_since(id(9), 0, start).0, []);
        let later = start.plus_seconds(20 + WRITING_SECONDS);
        let (changed, seen) = presence.changed_since(line, seen, later);
        assert_eq!(changed, [(conversation, Present { readers: vec![lucia], writers: vec![] })]);
        assert_eq!(presence.changed_since(line, seen, later).0, []);
        assert!(presence.say(line, conversation, lucia, Doing::Away, later));
        assert_eq!(presence.of(conversation, later), Present::default());
    }
}
