//! Where time, ids and random numbers come from. The engine never draws its own, so that a sprint can be
//! replayed: the same inputs and the same source give the same events.
use jiff::Timestamp;
use uuid::Uuid;

/// The caller's clock, id maker and dice. The order of calls is part of goflow's observable behaviour (its
/// tests mock all three), so the engine asks for each value exactly where goflow does.
pub trait Source {
    /// The present moment; two calls may give the same value, never an earlier one.
    fn now(&mut self) -> Timestamp;
    /// A time-ordered id (version 7), for sessions, runs, events and messages.
    fn uuid_v7(&mut self) -> Uuid;
    /// An id and the moment for one event, as [`Self::uuid_v7`] and then [`Self::now`] give them. A source whose ids
    /// and moments come from one clock can read it once for both.
    fn stamp(&mut self) -> (Uuid, Timestamp) {
        (self.uuid_v7(), self.now())
    }
    /// A random id (version 4), for sprints and steps.
    fn uuid_v4(&mut self) -> Uuid;
    /// A uniform random integer in `0..bound`; `bound` is at least 1.
    fn random_below(&mut self, bound: u64) -> u64;
    /// A uniform random number in `[0, 1)` with 53 significant bits.
    fn random_unit(&mut self) -> f64;
}
