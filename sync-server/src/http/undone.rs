//! Why a handler's write was undone: the database could not do it, or what was found inside forbids it. A refusal that
//! is decided in the transaction is returned as its error, so that nothing of the rest is kept.

use super::refused::Refused;
use crate::db::Error;
use shared::problem::{Problem, ProblemCode};

/// The error of a handler's write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undone {
    /// The database.
    #[error(transparent)]
    Database(#[from] Error),
    /// What was found there forbids it.
    #[error(transparent)]
    Refused(#[from] Problem),
}

impl From<ProblemCode> for Undone {
    fn from(code: ProblemCode) -> Self {
        Self::Refused(Problem::new(code))
    }
}

impl From<Undone> for Refused {
    fn from(undone: Undone) -> Self {
        match undone {
            Undone::Database(error) => error.into(),
            Undone::Refused(problem) => problem.into(),
        }
    }
}

/// Refuses an edit of an older version than the one that is there; who names none edits whatever is there.
pub fn refuse_stale(seen: Option<i64>, there: i64) -> Result<(), Undone> {
    match seen {
        Some(seen) if seen != there => {
            let detail =
                format!("You saw version {seen}, by now it is version {there}: read it again, then edit that.");
            Err(Problem::with(ProblemCode::Stale, detail).into())
        }
        Some(_) | None => Ok(()),
    }
}
