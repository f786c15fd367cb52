//! What we know about troubles: articles that grow out of tickets, and the search that finds them.
//!
//! An article is in everybody's hands here the moment it is written, marked as not reviewed, with its author; a review
//! governs only what customers read. An edit makes a new version, and the reviewed one stays with the customers until
//! the next review. Nothing is ever deleted: a wrong article is retired. Nobody's data comes in from a ticket's end:
//! summaries are shown with names, numbers and addresses taken out.

pub mod api;
pub mod change;
pub mod life;
pub mod pages;
mod scrub;
pub mod store;

pub use life::{ArticleState, Deed};
pub use scrub::scrub;

use serde::{Deserialize, Serialize};
use shared::ids::{ArticleId, TicketId};
use shared::text::{Line, Name, Prose, ShortLine, Slug, Title};
use shared::time::Timestamp;

/// What somebody sees who has the trouble.
pub type Problem = Prose<2_000>;
/// What to do, a line for each step.
pub type Steps = Prose<6_000>;
/// When to stop, and call an expert.
pub type Stop = Prose<1_000>;
/// What a reviewer says.
pub type ReviewNote = Line<500>;

/// What an article says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// The trouble in one line.
    pub title: Title,
    /// What somebody sees who has it.
    pub problem: Problem,
    /// What to do, a line for each step.
    pub steps: Steps,
    /// When to stop.
    #[serde(default)]
    pub stop: Option<Stop>,
    /// The kind of product; none means any.
    #[serde(default)]
    pub category: Option<Slug>,
    /// The symptom, of that category's list.
    #[serde(default)]
    pub symptom: Option<Slug>,
    /// The maker, where it is only about his.
    #[serde(default)]
    pub make: Option<ShortLine>,
    /// The model, where it is only about that.
    #[serde(default)]
    pub model: Option<ShortLine>,
}

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

/// How a ticket like this one was solved, without anybody's data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Solved {
    /// When.
    pub at: Timestamp,
    /// The maker.
    pub make: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// What was done.
    pub summary: String,
}

/// How many characters of a search are read.
pub const SEARCH_CHARS_MAX: usize = 200;
/// Articles on one page of a search.
pub const HITS_MAX: usize = 20;
/// Summaries beside a ticket.
pub const SOLVED_MAX: usize = 5;
