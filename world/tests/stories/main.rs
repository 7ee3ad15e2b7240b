//! People, staff and providers of the fake world against the real server, on both databases.
//!
//! One program, because each further one would be linked against everything again.

mod africas_talking;
mod calls;
mod delivery;
mod edges;
mod faults;
mod heic;
mod media;
mod media_out;
mod media_ways;
mod order;
mod postgres_tls;
mod power_cut;
mod smpp;
mod story;
mod telegram_viber;
mod tokens;
mod two_processes;
mod voice;
mod webhooks;
