//! Our adapters against providers that speak the real protocols and fail in the real ways, through a server of its own
//! process.

#![expect(clippy::unwrap_used, reason = "a test")]

mod apart;
mod cards;
mod kills;
mod notices;
mod push;
mod shop;
mod sms;
mod start;
