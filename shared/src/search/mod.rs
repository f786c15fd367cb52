//! Finds articles: the one analysis of text and the one order, for the phone, `SQLite` and PostgreSQL.
//!
//! No engine's full-text search is asked. Two engines never cut words alike and never weigh them alike, so each store
//! keeps a plain table of postings that this module made (`terms_of`), gives back integers, and this module ranks. All
//! arithmetic is in whole numbers and ties go to the lower id, so every store shows the same articles in the same order.
//!
//! A search goes: [`Query::read`] → the store looks up [`Query::lookups`] in its vocabulary → [`Query::plan`] → the store
//! sums postings to choose candidates → [`rank`]. A word that no article holds is looked for by its beginning and by its
//! likely misspellings. Nothing here fails: a search without a useful word has an empty plan, and finds nothing.

mod query;
mod rank;
mod spell;
mod synonyms;
mod weigh;
mod words;

pub use query::{Known, Lookups, Plan, Query, Way};
pub use rank::{Candidate, Facet, rank};
pub use spell::keys as typo_keys;
pub use synonyms::{Synonyms, Unreadable};
pub use weigh::{Field, idf, terms_of};
pub use words::{stems, tokens};

/// How many words of a search count; the rest is left out.
pub const WORDS_MAX: usize = 32;
/// How many candidates a store gives to [`rank`].
pub const CANDIDATES_MAX: usize = 200;

#[cfg(test)]
mod tests;
