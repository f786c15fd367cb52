//! How an article moves: draft → review → published → retired, and what customers read meanwhile. Pure.

use serde::{Deserialize, Serialize};

/// Where an article's newest version stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArticleState {
    /// Being written. Ours read it as not reviewed.
    Draft,
    /// Waits for somebody's review.
    Review,
    /// Customers read it.
    Published,
    /// Wrong or out of date; nobody finds it.
    Retired,
}

/// What can be done to an article besides editing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Hands it in for review.
    Submit,
    /// Gives it to customers.
    Publish,
    /// Gives it back to be mended, with a note.
    Return,
    /// Takes it away from everybody.
    Retire,
    /// Takes it up again.
    Restore,
}

impl ArticleState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Draft, Self::Review, Self::Published, Self::Retired];

    /// The word in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Review => "review",
            Self::Published => "published",
            Self::Retired => "retired",
        }
    }

    /// What a word means.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// For people of ours.
    pub fn label(self) -> &'static str {
        match self {
            Self::Draft => "Not reviewed",
            Self::Review => "Waits for review",
            Self::Published => "Published",
            Self::Retired => "Retired",
        }
    }

    /// Where an edit leaves it; none if it cannot be edited. What was published is reviewed again before customers see it.
    pub fn edited(self) -> Option<Self> {
        match self {
            Self::Draft => Some(Self::Draft),
            Self::Review | Self::Published => Some(Self::Review),
            Self::Retired => None,
        }
    }

    /// Where a deed leaves it; none if the deed does not fit.
    pub fn after(self, deed: Deed) -> Option<Self> {
        match (self, deed) {
            (Self::Draft, Deed::Submit) => Some(Self::Review),
            (Self::Draft | Self::Review, Deed::Publish) => Some(Self::Published),
            (Self::Review, Deed::Return) | (Self::Retired, Deed::Restore) => Some(Self::Draft),
            (Self::Draft | Self::Review | Self::Published, Deed::Retire) => Some(Self::Retired),
            (Self::Draft, Deed::Return | Deed::Restore)
            | (Self::Review, Deed::Submit | Deed::Restore)
            | (Self::Published, Deed::Submit | Deed::Publish | Deed::Return | Deed::Restore)
            | (Self::Retired, Deed::Submit | Deed::Publish | Deed::Return | Deed::Retire) => None,
        }
    }
}

impl Deed {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Submit, Self::Publish, Self::Return, Self::Retire, Self::Restore];

    /// The word in addresses and the audit.
    pub fn word(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Publish => "publish",
            Self::Return => "return",
            Self::Retire => "retire",
            Self::Restore => "restore",
        }
    }

    /// What a word means.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|deed| deed.word() == word)
    }

    /// Whether it needs a sentence that says why.
    pub fn needs_note(self) -> bool {
        match self {
            Self::Return | Self::Retire => true,
            Self::Submit | Self::Publish | Self::Restore => false,
        }
    }

    /// The version that customers read afterwards.
    pub fn public_ver(self, ver: i64, public_ver: Option<i64>) -> Option<i64> {
        match self {
            Self::Publish => Some(ver),
            Self::Retire => None,
            Self::Submit | Self::Return | Self::Restore => public_ver,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_article_moves_as_the_table_says() {
        use ArticleState::{Draft, Published, Retired, Review};
        let table = [
            (Draft, [Some(Review), Some(Published), None, Some(Retired), None]),
            (Review, [None, Some(Published), Some(Draft), Some(Retired), None]),
            (Published, [None, None, None, Some(Retired), None]),
            (Retired, [None, None, None, None, Some(Draft)]),
        ];
        for (state, after) in table {
            assert_eq!(Deed::ALL.map(|deed| state.after(deed)), after, "{state:?}");
            assert_eq!(ArticleState::from_word(state.word()), Some(state));
        }
        assert_eq!(ArticleState::ALL.map(ArticleState::edited), [Some(Draft), Some(Review), Some(Review), None]);
    }

    #[test]
    fn only_a_review_changes_what_customers_read() {
        let public = Deed::ALL.map(|deed| deed.public_ver(3, Some(2)));
        assert_eq!(public, [Some(2), Some(3), Some(2), None, Some(2)]);
    }
}
