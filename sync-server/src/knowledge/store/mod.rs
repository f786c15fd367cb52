//! The tables of articles, their versions and votes, and of their search.

mod articles;
mod docs;
mod search;
#[cfg(test)]
mod tests;

pub use articles::{
    NewArticle, Version, article, begun_from, create, edit, list, lock, note_vote, of_product, put_state,
    solved_before, solved_like, versions,
};
pub use docs::docs;
pub use search::{
    Miss, SYNONYMS_ID, forget_miss, index, misses, note_miss, put_synonyms, search, suggest, synonyms, take_out,
};
