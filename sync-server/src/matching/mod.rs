//! Which expert should come: hard rules, a cost in tenths of a minute, an exact assignment, and the reason in words.
//!
//! A round goes through the files in this order: `need` and `candidate` say what is known, `calendar` and `slot` find
//! the time, `judge` applies every hard rule, `rank` weighs whoever is left, `solve` finds the best for all tickets
//! together, `decide` ties these into one stored decision for each ticket, `explain` says it in words. `room` says which open
//! offers are worth taking back, `chain` moves what was promised when an earlier visit takes longer.
//!
//! Everything but `store.rs` and the door of `weights` is pure: it takes what is known and `now`, and gives a decision that can be stored,
//! explained and replayed. It offers nothing to anybody: that is dispatch.

pub mod calendar;
pub mod candidate;
pub mod chain;
pub mod decide;
pub mod explain;
pub mod insist;
pub mod judge;
pub mod need;
pub mod rank;
pub mod reference;
pub mod room;
pub mod settings;
pub mod slot;
pub mod solve;
pub mod store;
mod together;
pub mod weights;

#[cfg(test)]
mod samples;
