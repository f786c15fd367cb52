//! What we know about troubles: articles that grow out of tickets, and the search that finds them.
//!
//! An article is in everybody's hands here the moment it is written, marked as not reviewed, with its author; a review
//! governs only what customers read. An edit makes a new version, and the reviewed one stays with the customers until
//! the next review. Nothing is ever deleted: a wrong article is retired. Nobody's data comes in from a ticket's end:
//! summaries are shown with names, numbers and addresses taken out.

pub mod api;
pub mod change;
mod diff;
pub mod life;
pub mod pages;
mod scrub;
pub mod store;

pub use life::{ArticleState, Deed};
pub use scrub::scrub;
pub use shared::article::{Problem, Solved, Steps, Stop, Text};

use serde::Serialize;
use shared::ids::{ArticleId, TicketId};
use shared::text::{Line, Name, Slug};
use shared::time::Timestamp;

/// What a reviewer says.
pub type ReviewNote = Line<500>;

/// Who reads, and so which version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Experts and staff: the newest version, reviewed or not.
    Ours,
    /// Customers and anybody: the reviewed version.
    Customers,
}

impl Audience {
    fn number(self) -> i64 {
        match self {
            Self::Ours => 0,
            Self::Customers => 1,
        }
    }
}

/// An article in one of its versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Article {
    /// Which.
    pub id: ArticleId,
    /// Where it stands.
    pub state: ArticleState,
    /// The newest version.
    pub ver: i64,
    /// The version that customers read.
    pub public_ver: Option<i64>,
    /// What it says.
    #[serde(flatten)]
    pub text: Text,
    /// Who began it.
    pub author_name: Name,
    /// The ticket it began from.
    pub ticket: Option<TicketId>,
    /// Who reviewed it last.
    pub reviewer_name: Option<Name>,
    /// What they said.
    pub review_note: Option<ReviewNote>,
    /// In how many tickets it fixed what was wrong.
    pub n_fixed: u32,
    /// In how many it was tried.
    pub n_tried: u32,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it last changed.
    pub changed_at: Timestamp,
}

/// An article that a search found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// The article.
    #[serde(flatten)]
    pub article: Article,
    /// How well it fits; only to compare with others of the same search.
    pub score: i64,
}

/// What an article is looked for with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// What somebody typed.
    pub text: String,
    /// Only about this product, or about any.
    pub category: Option<Slug>,
    /// Rather about this symptom.
    pub symptom: Option<Slug>,
}

/// How many characters of a search are read.
pub const SEARCH_CHARS_MAX: usize = 200;
/// Articles on one page of a search.
pub const HITS_MAX: usize = 20;
/// Summaries beside a ticket.
pub const SOLVED_MAX: usize = 5;
