//! Money as whole minor units (cents) of a named currency. There is no floating point and no conversion.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A currency that plans may be sold in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Currency {
    /// US dollar.
    Usd,
    /// Euro.
    Eur,
}

impl Currency {
    /// The ISO 4217 code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Usd => "USD",
            Self::Eur => "EUR",
        }
    }
}

/// An amount. Negative amounts are refunds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Hundredths of the currency's unit.
    pub minor_units: i64,
    /// Which currency.
    pub currency: Currency,
}

impl Money {
    /// The sum; nothing for two currencies or past the range of 64 bits.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        if self.currency != other.currency {
            return None;
        }
        let minor_units = self.minor_units.checked_add(other.minor_units)?;
        Some(Self { minor_units, ..self })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.minor_units < 0 { "-" } else { "" };
        let units = self.minor_units.unsigned_abs();
        write!(f, "{sign}{}.{:02} {}", units / 100, units % 100, self.currency.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_with_two_places_and_a_sign() {
        let money = |minor_units| Money { minor_units, currency: Currency::Usd };
        for (units, text) in [(0, "0.00 USD"), (5, "0.05 USD"), (-5, "-0.05 USD"), (123_456, "1234.56 USD")] {
            assert_eq!(money(units).to_string(), text);
        }
    }

    #[test]
    fn two_currencies_have_no_sum() {
        let dollar = Money { minor_units: 1, currency: Currency::Usd };
        let euro = Money { minor_units: 1, currency: Currency::Eur };
        assert_eq!(dollar.checked_add(euro), None);
        assert_eq!(dollar.checked_add(dollar).map(|sum| sum.minor_units), Some(2));
    }
}
