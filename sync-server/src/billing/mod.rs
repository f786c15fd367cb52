//! Money: a plan is bought on the card provider's page, later periods are charged to the card that was kept, and nothing is
//! ever charged twice.
//!
//! One charge stands for one period of an entitlement, and at the provider one payment stands for one charge: a payment
//! succeeds once, whatever is asked again. An attempt is written before it is made, and one whose end nobody knows is
//! looked up before anything else is asked. What the provider tells by itself is only a hint to look: what is true is
//! asked. What was paid counts, whenever we hear of it, and gives the period it paid for. No card number is ever here.

pub mod api;
mod attempt;
pub mod buy;
mod card;
mod charge;
pub mod check;
pub mod jobs;
pub mod outside;
pub mod pages;
mod period;
mod recorded;
mod refund;
mod renew;
mod renewal;
mod rules;
pub mod sandbox;
mod settle;
mod step;
pub mod store;
pub mod stripe;
mod tell;
pub mod webhook;

pub use attempt::{AskedBy, Attempt, AttemptState};
pub use card::Card;
pub use charge::{Charge, ChargeState, Failure};
pub use outside::{Gateway, Outside};
pub use period::Period;
pub use recorded::CallEnded;
pub use refund::{Refund, RefundState};
pub use renewal::{Renewal, RenewalState};
pub use rules::Rules;

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
