//! `cargo +nightly fuzz run expressions`; on the stable compiler see flow/examples/fuzz.
#![no_main]
#[expect(dead_code, reason = "the targets share one file")]
#[path = "../../examples/fuzz/targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::expressions(data));
