//! What we know of a card: enough to name it to its owner and to see when it expires. Never its number. Pure.

use serde::Serialize;
use shared::time::{Timestamp, Zone};

/// A card that the provider keeps for us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Card {
    /// The provider's reference.
    #[serde(skip)]
    pub method: String,
    /// Who issued it, like `visa`.
    pub brand: String,
    /// Its last four digits.
    pub last4: String,
    /// The year in which it expires.
    pub exp_year: u16,
    /// The month after whose last day it no longer works, from 1.
    pub exp_month: u8,
}

impl Card {
    /// The card as its owner knows it: `Visa ending in 4242`.
    pub fn name(&self) -> String {
        let brand = match self.brand.as_str() {
            "visa" => "Visa",
            "mastercard" => "Mastercard",
            "amex" => "American Express",
            "discover" => "Discover",
            "diners" => "Diners Club",
            "jcb" => "JCB",
            "unionpay" => "UnionPay",
            _ => "Card",
        };
        format!("{brand} ending in {}", self.last4)
    }

    /// The month in which it expires, as a card says it: `08/30`.
    pub fn expiry(&self) -> String {
        format!("{:02}/{:02}", self.exp_month, self.exp_year % 100)
    }

    /// Whether it no longer works at an instant, by the calendar of its owner.
    pub fn has_expired_by(&self, at: Timestamp, zone: &Zone) -> bool {
        let date = zone.local(at).date;
        (i32::from(date.year()), i32::from(date.month())) > (i32::from(self.exp_year), i32::from(self.exp_month))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn visa() -> Card {
        Card { method: "pm_1".into(), brand: "visa".into(), last4: "4242".into(), exp_year: 2027, exp_month: 2 }
    }

    #[test]
    fn a_card_works_until_its_month_ends_where_its_owner_lives() {
        let zone: Zone = "America/New_York".parse().unwrap();
        let expired = |at: &str| visa().has_expired_by(at.parse().unwrap(), &zone);
        assert!(!expired("2027-02-28T23:00:00Z"));
        assert!(!expired("2027-03-01T04:59:59Z"), "in New York it is still February");
        assert!(expired("2027-03-01T05:00:00Z"));
        assert_eq!((visa().name().as_str(), visa().expiry().as_str()), ("Visa ending in 4242", "02/27"));
    }
}
