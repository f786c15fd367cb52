//! What can go wrong with the database, sorted by what the caller can do about it.

use super::checks::Refusal;
use super::constraints::Constraint;

/// Why a read or a write did not happen. Display says what failed, for logs; people are told something kinder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The queue for this work is full. Nothing was done; try later.
    #[error("the database has no room for more work")]
    Busy,
    /// It collided with other transactions again and again. Nothing was done; try again.
    #[error("the transaction kept colliding with others")]
    Again(#[source] Collision),
    /// It took longer than a transaction may. Undone.
    #[error("the transaction took too long and was undone")]
    TooSlow,
    /// The code in it panicked. Undone.
    #[error("the code in the transaction panicked and was undone: {0}")]
    Panicked(String),
    /// The connection broke at the commit: nobody knows whether it was done. Try again with the same key.
    #[error("it is not known whether the transaction was committed")]
    Lost,
    /// A value that must be unique is there already. Undone.
    #[error("{0:?} is there already")]
    Taken(Constraint),
    /// The job in whose name this was done belongs to another worker by now. Undone, and nothing to do about it.
    #[error("the lease on the job is lost")]
    StaleLease,
    /// The engine cannot be used now: unreachable, disk full. Nothing was done; try later.
    #[error("the database cannot be used now: {0}")]
    Unavailable(String),
    /// A mistake in the program. Trying again does not help.
    #[error("the database refused: {0}")]
    Bug(String),
}

/// Two transactions stood in each other's way; one was undone and can be run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a deadlock or serialization failure")]
pub struct Collision;

/// Why the database was not opened.
#[derive(Clone, Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL names no engine that we know.
    #[error("the database URL must begin with sqlite: or postgres:, like sqlite:sysops.db")]
    Url,
    /// It could lose what it acknowledged, or mangle text.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The tables could not be brought to this version.
    #[error("the database could not be migrated: {0}")]
    Migration(String),
    /// It could not be reached, or could not do what was asked.
    #[error("the database could not be opened: {0}")]
    Database(#[source] Error),
}

impl Error {
    /// Whether the same call may succeed a little later. A phone is told to come back; anything else is kept as a dead
    /// letter, so that one bad row does not wedge its outbox.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Busy | Self::Again(_) | Self::TooSlow | Self::Lost | Self::Unavailable(_) => true,
            Self::Panicked(_) | Self::Taken(_) | Self::StaleLease | Self::Bug(_) => false,
        }
    }

    /// What this error means when the commit itself failed with it.
    pub(super) fn at_commit(self) -> Self {
        match self {
            Self::Unavailable(_) | Self::Busy | Self::TooSlow => Self::Lost,
            other => other,
        }
    }
}

/// Whether a closure's own error was caused by a collision.
pub(super) fn is_collision(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut link = Some(error);
    while let Some(error) = link {
        if error.is::<Collision>() || matches!(error.downcast_ref(), Some(Error::Again(_))) {
            return true;
        }
        link = error.source();
    }
    false
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => from_engine(&*error),
            sqlx::Error::PoolTimedOut => Self::Busy,
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error.to_string()),
            other => Self::Bug(other.to_string()),
        }
    }
}

impl From<sqlx::Error> for OpenError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<Error> for OpenError {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

fn from_engine(error: &dyn sqlx::error::DatabaseError) -> Error {
    let message = error.message();
    if error.is_unique_violation() {
        return match Constraint::find(error.constraint(), message) {
            Some(constraint) => Error::Taken(constraint),
            None => Error::Bug(format!("a unique value is taken, and db/constraints.rs does not list it: {message}")),
        };
    }
    // PostgreSQL has five characters, SQLite a number whose low byte is the primary code.
    let code = error.code().unwrap_or_default();
    if code.len() == 5 {
        return match (&*code, &code[..2]) {
            ("40001" | "40P01" | "55P03", _) => Error::Again(Collision),
            ("57014" | "25P03", _) => Error::TooSlow,
            (_, "08" | "53" | "57" | "58") => Error::Unavailable(message.to_string()),
            _ => Error::Bug(format!("{message} ({code})")),
        };
    }
    match code.parse::<u32>().map(|code| code & 0xff) {
        Ok(SQLITE_BUSY | SQLITE_LOCKED) => Error::Busy,
        Ok(SQLITE_IOERR | SQLITE_FULL | SQLITE_CANTOPEN) => Error::Unavailable(message.to_string()),
        Ok(_) | Err(_) => Error::Bug(format!("{message} ({code})")),
    }
}

const SQLITE_BUSY: u32 = 5;
const SQLITE_LOCKED: u32 = 6;
const SQLITE_IOERR: u32 = 10;
const SQLITE_FULL: u32 = 13;
const SQLITE_CANTOPEN: u32 = 14;

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Transparent {
        #[error(transparent)]
        Db(#[from] Error),
    }

    #[derive(Debug, thiserror::Error)]
    enum Wrapped {
        #[error("the ticket was not filed")]
        Db(#[from] Error),
        #[error("deeper")]
        Deeper(#[source] Transparent),
    }

    #[test]
    fn a_collision_is_found_however_it_is_wrapped() {
        let again = || Error::Again(Collision);
        assert!(is_collision(&again()));
        assert!(is_collision(&Transparent::from(again())));
        assert!(is_collision(&Wrapped::from(again())));
        assert!(is_collision(&Wrapped::Deeper(again().into())));
        assert!(!is_collision(&Wrapped::from(Error::Busy)));
    }
}
