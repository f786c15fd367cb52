//! Money given back. Pure.

use serde::Serialize;
use shared::ids::{ChargeId, RefundId};
use shared::money::Money;
use shared::text::Reason;
use shared::time::Timestamp;

/// Where a refund is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum RefundState {
    /// Decided, on its way to the provider.
    Asked,
    /// The provider gave it back.
    Done {
        /// When.
        at: Timestamp,
    },
    /// The provider could not.
    Failed {
        /// When.
        at: Timestamp,
        /// Why.
        why: String,
    },
}

impl RefundState {
    /// The word in tables and JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Done { .. } => "done",
            Self::Failed { .. } => "failed",
        }
    }

    /// Whether its money is gone, or going.
    pub fn counts(&self) -> bool {
        match self {
            Self::Asked | Self::Done { .. } => true,
            Self::Failed { .. } => false,
        }
    }
}

/// A refund.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refund {
    /// Which.
    pub id: RefundId,
    /// Of which charge.
    pub charge: ChargeId,
    /// How much.
    pub amount: Money,
    /// Why, in the words of whoever decided it.
    pub reason: Reason,
    /// Where it is.
    #[serde(flatten)]
    pub state: RefundState,
    /// When it was decided.
    pub asked_at: Timestamp,
    /// When the provider was first asked, by the real clock.
    #[serde(skip)]
    pub begun_at: Option<Timestamp>,
}

/// What can still be given back of a price.
pub(super) fn left(price: Money, refunds: &[Refund]) -> Money {
    let given: i64 =
        refunds.iter().filter(|refund| refund.state.counts()).map(|refund| refund.amount.minor_units).sum();
    Money { minor_units: (price.minor_units - given).max(0), ..price }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use shared::chance::Seeded;
    use shared::ids::Id;
    use shared::money::Currency;

    proptest! {
        #[test]
        fn never_more_is_given_back_than_was_paid(price in 1_i64..100_000, asked in prop::collection::vec((1_i64..50_000, any::<bool>()), 0..10)) {
            let money = |minor_units| Money { minor_units, currency: Currency::Usd };
            let mut refunds: Vec<Refund> = Vec::new();
            for (n, (amount, fails)) in asked.into_iter().enumerate() {
                let left = left(money(price), &refunds).minor_units;
                if amount > left {
                    continue;
                }
                let at = Timestamp::EPOCH;
                let state = if fails { RefundState::Failed { at, why: "closed".into() } } else { RefundState::Done { at } };
                let id = Id::new(at, &Seeded::new(n as u64));
                let reason = "because it was asked".parse().unwrap();
                let charge = Id::new(at, &Seeded::new(0));
                refunds.push(Refund { id, charge, amount: money(amount), reason, state, asked_at: at, begun_at: None });
            }
            let given: i64 = refunds.iter().filter(|one| one.state.counts()).map(|one| one.amount.minor_units).sum();
            prop_assert!(given <= price && given + left(money(price), &refunds).minor_units == price);
        }
    }
}
