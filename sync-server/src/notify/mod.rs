//! Tells people: experts of offers, customers of who comes and when, admins of what nobody looked at.
//!
//! A notice is one intent on one channel, a delivery one attempt at it. The notice commits together with the job that
//! sends it; its key makes a second telling a no-op; what has passed by the time it would leave is dropped, not sent. A
//! channel that is not configured says so at the start, and its notices fail at once where everyone can see them:
//! nothing is pretended. This folder chooses no expert and moves no ticket.

mod account;
pub(crate) mod breaker;
mod code;
pub mod compose;
pub mod facts;
mod fcm;
pub(crate) mod gateway;
mod guard;
mod helper;
mod hours;
mod instead;
pub mod jobs;
pub mod money;
mod notice;
pub mod outside;
pub mod plan;
mod rank;
mod reasons;
mod receipt;
pub mod render;
pub mod sandbox;
mod send;
pub mod smtp;
pub mod store;
mod told;
mod twilio;
pub mod webhook;

pub use notice::{Ended, NewNotice, Notice, NoticeState, Recipient};
pub use outside::Outside;
pub use send::still_to_say;

#[cfg(test)]
mod helper_tests;
#[cfg(test)]
mod promptly_tests;
#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod ways_tests;
#[cfg(test)]
mod webhook_tests;
