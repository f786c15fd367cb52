//! Which expert should come: hard rules, a cost in tenths of a minute, an exact assignment, and the reason in words.
//!
//! Everything but `store.rs` is pure: it takes what is known and `now`, and gives a decision that can be stored,
//! explained and replayed. It offers nothing to anybody: that is dispatch.

pub mod reference;
pub mod solve;
