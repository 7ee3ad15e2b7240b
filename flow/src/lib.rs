//! The flow engine: RapidPro's flow definitions, run as they are. Pure: no I/O, no clock, no randomness of
//! its own; whoever calls brings the time, the ids and the random numbers (see [`source`]).
pub mod env;
pub mod excellent;
pub mod source;
pub mod text;
pub mod words;
