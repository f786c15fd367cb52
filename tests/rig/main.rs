//! The harness's own tests: a harness that does not cut, kill and see what it says would let every promise pass.

#![expect(clippy::unwrap_used, reason = "a test")]

mod browser;
mod mail;
mod network;
mod power;
mod processes;
