//! Development only: a small world around the server. Fake providers that keep state and speak the real wire
//! formats with real signatures, people with phones, a clock to advance, staff at their desks. Story tests, the
//! demo and the load generator all live in it; nothing here ships inside the server.
//!
//! ```text
//! Person (story API) ── Handset ── providers::Providers ══ signed HTTP ══ the server under test
//!                    └─ Browser ══ the public web chat page without JavaScript ══╝
//! ```
pub mod africas_talking;
pub mod browser;
pub mod clock;
pub mod delivery;
pub mod fault;
pub mod html;
pub mod line;
pub mod load;
pub mod logs;
pub mod meta;
pub mod person;
pub mod phones;
pub mod postgres;
pub mod process;
pub mod providers;
pub mod serve;
pub mod sign;
pub mod smsc;
pub mod staff;
pub mod telegram;
pub mod telephone;
pub mod thread;
pub mod town;
pub mod twilio;
pub mod viber;
