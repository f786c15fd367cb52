//! What an article says, as server and phone keep it: the same text, the same words in the search.

use crate::ids::ArticleId;
use crate::search::Field;
use crate::text::{Prose, ShortLine, Slug, Title};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What somebody sees who has the trouble.
pub type Problem = Prose<2_000>;
/// What to do, a line for each step.
pub type Steps = Prose<6_000>;
/// When to stop, and call an expert.
pub type Stop = Prose<1_000>;

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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Stop>,
    /// The kind of product; none means any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Slug>,
    /// The symptom, of that category's list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symptom: Option<Slug>,
    /// The maker, where it is only about his.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub make: Option<ShortLine>,
    /// The model, where it is only about that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ShortLine>,
}

impl Text {
    /// What is searched of it, and how much a word counts there. `labels` are its product and symptom in words.
    pub fn fields<'a>(&'a self, labels: &'a [String]) -> Vec<Field<'a>> {
        let mut fields = vec![
            Field { text: self.title.as_str(), weight: 5 },
            Field { text: self.problem.as_str(), weight: 2 },
            Field { text: self.steps.as_str(), weight: 1 },
        ];
        fields.extend(self.stop.as_ref().map(|stop| Field { text: stop.as_str(), weight: 1 }));
        for product in [&self.make, &self.model].into_iter().flatten() {
            fields.push(Field { text: product.as_str(), weight: 3 });
        }
        fields.extend(labels.iter().map(|label| Field { text: label, weight: 2 }));
        fields
    }
}

/// An article as every expert's phone keeps it. Fields are only ever added, with a default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArticleDoc {
    /// Which.
    pub id: ArticleId,
    /// Grows with each change, votes too.
    pub ver: i64,
    /// What it says.
    pub text: Text,
    /// Its product and symptom in words, where it has any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Somebody has reviewed this text.
    #[serde(default)]
    pub reviewed: bool,
    /// Who began it.
    pub author: String,
    /// In how many tickets it fixed what was wrong.
    #[serde(default)]
    pub n_fixed: u32,
    /// In how many it was tried.
    #[serde(default)]
    pub n_tried: u32,
    /// When its text last changed.
    pub changed_at: Timestamp,
}

/// How a ticket like this one was solved, without anybody's data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Solved {
    /// When.
    pub at: Timestamp,
    /// The maker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub make: Option<String>,
    /// The model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What was done.
    pub summary: String,
}

/// The words that mean the same, as the admins keep them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SynonymsDoc {
    /// Grows with each change.
    pub ver: i64,
    /// The list, a line for each group.
    pub body: String,
}
