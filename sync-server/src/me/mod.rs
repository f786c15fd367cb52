//! What customers keep of themselves: their data, their addresses, a copy of everything we have of them, and their leave.
//!
//! Outermost, because a copy and a leave concern every capability: each owner of a table gives what it has of a customer
//! and forgets it in its own store. Nothing here moves a ticket or money. A deleted customer's tickets, visits and
//! charges stay with their numbers and times, so that the ledger balances; names, words and doors do not.

pub mod api;
pub mod export;
pub mod jobs;
pub mod leave;
pub mod pages;

#[cfg(test)]
mod link_tests;
#[cfg(test)]
mod tests;
