//! The sandbox's cards: each does what the card with these last digits does at Stripe in test mode. They are chosen by
//! name; no number is ever typed. Pure.

/// A card to try things out with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestCard {
    /// Pays.
    Works,
    /// Is always declined.
    Declined,
    /// Has not enough money.
    Funds,
    /// Is confirmed at the bank once, and pays from then on.
    ConfirmOnce,
    /// Is confirmed at the bank each time, and so never without its owner.
    ConfirmAlways,
    /// Can be left, and is declined when it is charged.
    FailsLater,
    /// Pays, and expires at the end of next month.
    ExpiresSoon,
}

impl TestCard {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Works,
        Self::Declined,
        Self::Funds,
        Self::ConfirmOnce,
        Self::ConfirmAlways,
        Self::FailsLater,
        Self::ExpiresSoon,
    ];

    /// The word in forms and documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Declined => "declined",
            Self::Funds => "funds",
            Self::ConfirmOnce => "confirm_once",
            Self::ConfirmAlways => "confirm_always",
            Self::FailsLater => "fails_later",
            Self::ExpiresSoon => "expires_soon",
        }
    }

    /// What a word means.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|card| card.word() == word)
    }

    /// Its last digits.
    pub fn last4(self) -> &'static str {
        match self {
            Self::Works => "4242",
            Self::Declined => "0002",
            Self::Funds => "9995",
            Self::ConfirmOnce => "3155",
            Self::ConfirmAlways => "3184",
            Self::FailsLater => "0341",
            Self::ExpiresSoon => "4444",
        }
    }

    /// The card with these last digits; one that is not known works.
    pub fn of_last4(last4: &str) -> Self {
        Self::ALL.into_iter().find(|card| card.last4() == last4).unwrap_or(Self::Works)
    }

    /// Who issued it.
    pub fn brand(self) -> &'static str {
        match self {
            Self::Works | Self::Declined | Self::Funds | Self::ConfirmOnce | Self::ConfirmAlways | Self::FailsLater => {
                "visa"
            }
            Self::ExpiresSoon => "mastercard",
        }
    }

    /// What it does, for the page.
    pub fn label(self) -> &'static str {
        match self {
            Self::Works => "Visa ending in 4242: it works",
            Self::Declined => "Visa ending in 0002: the bank declines it",
            Self::Funds => "Visa ending in 9995: there is not enough money",
            Self::ConfirmOnce => "Visa ending in 3155: the bank wants you to confirm once",
            Self::ConfirmAlways => "Visa ending in 3184: the bank wants you to confirm each payment",
            Self::FailsLater => "Visa ending in 0341: it can be saved, and is declined when it is charged",
            Self::ExpiresSoon => "Mastercard ending in 4444: it works, and expires next month",
        }
    }

    /// Why it is declined when it is charged: the code and the reason of a decline.
    pub(super) fn decline(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Declined | Self::FailsLater => Some(("card_declined", "generic_decline")),
            Self::Funds => Some(("card_declined", "insufficient_funds")),
            Self::Works | Self::ConfirmOnce | Self::ConfirmAlways | Self::ExpiresSoon => None,
        }
    }

    /// Whether its bank asks its owner, who is there.
    pub(super) fn asks_owner(self) -> bool {
        match self {
            Self::ConfirmOnce | Self::ConfirmAlways => true,
            Self::Works | Self::Declined | Self::Funds | Self::FailsLater | Self::ExpiresSoon => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_digits_read_back() {
        for card in TestCard::ALL {
            assert_eq!(TestCard::from_word(card.word()), Some(card));
            assert_eq!(TestCard::of_last4(card.last4()), card);
            assert!(card.label().contains(card.last4()));
        }
    }
}
