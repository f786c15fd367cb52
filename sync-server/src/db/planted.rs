//! Rules taken out and crashes planted on purpose, one at a time and for one open database, so that the tests can show that
//! they would find them. Without the feature `planted` this is an empty struct: the names do not exist, nothing is asked.

#[cfg(feature = "planted")]
use super::error::Error;
#[cfg(feature = "planted")]
use std::sync::{Arc, Mutex, PoisonError};

/// A rule of the phones' protocol that is taken out.
#[cfg(feature = "planted")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Planted {
    /// All rules stand.
    #[default]
    Nothing,
    /// A mutation is known by its number alone, not by its id (S2).
    NoMids,
    /// A number that was used for something else is taken as the same (S2).
    NoFork,
    /// A cursor of another history counts (S6).
    NoEpoch,
    /// Tombstones go and nobody who is behind them starts anew (S6).
    NoHorizon,
    /// While it boots, a phone counts as far as its page (S6).
    NoBootHead,
    /// A ticket that leaves an expert leaves his stream without a word.
    NoDel,
    /// A pull ends its page without saying that there is more.
    NoMore,
    /// The knowledge base goes on from a cursor of another history.
    KbNoEpoch,
    /// Nobody is told that a photo's bytes are missing.
    NoMissing,
    /// A phone that takes another's ticket for unknown is left in that belief.
    OrphansUnanswered,
}

/// Where a server dies.
#[cfg(feature = "planted")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// Before the so many-th commit from now on, counted from 0.
    BeforeCommit(u32),
    /// After it, before anybody hears of it.
    AfterCommit(u32),
}

#[cfg(feature = "planted")]
#[derive(Debug, Default)]
struct Plan {
    bug: Planted,
    crash: Option<Crash>,
    dead: bool,
    synchronous: Option<String>,
}

/// What a test changes about an open database. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Probe {
    #[cfg(feature = "planted")]
    plan: Arc<Mutex<Plan>>,
}

/// Asks whether a bug is planted; false without the feature, where the names do not exist.
macro_rules! planted {
    ($conn:expr, $bug:ident) => {{
        #[cfg(feature = "planted")]
        let has = $conn.probe().has($crate::db::Planted::$bug);
        #[cfg(not(feature = "planted"))]
        let has = {
            let _ = &$conn;
            false
        };
        has
    }};
}
pub(crate) use planted;

#[cfg(feature = "planted")]
impl Probe {
    /// Takes a rule out.
    pub fn plant(&self, bug: Planted) {
        self.plan().bug = bug;
    }

    /// Lets the database die there, or nowhere. Dead it answers nothing, as a killed server does; open its files anew.
    pub fn crash(&self, at: Option<Crash>) {
        self.plan().crash = at;
    }

    /// Lets `SQLite` wait for the disk less than it must: `normal` or `off`. For a database that is opened after this.
    pub fn wait_less(&self, level: &str) {
        self.plan().synchronous = Some(level.to_owned());
    }

    /// Whether it died.
    pub fn is_dead(&self) -> bool {
        self.plan().dead
    }

    pub(crate) fn has(&self, bug: Planted) -> bool {
        self.plan().bug == bug
    }

    pub(super) fn alive(&self) -> Result<(), Error> {
        if self.is_dead() { Err(dead()) } else { Ok(()) }
    }

    pub(super) fn before_commit(&self) -> Result<(), Error> {
        self.pass(|at| matches!(at, Crash::BeforeCommit(0)), |at| at)
    }

    pub(super) fn after_commit(&self) -> Result<(), Error> {
        self.pass(
            |at| matches!(at, Crash::AfterCommit(0)),
            |at| match at {
                Crash::BeforeCommit(left) => Crash::BeforeCommit(left.saturating_sub(1)),
                Crash::AfterCommit(left) => Crash::AfterCommit(left.saturating_sub(1)),
            },
        )
    }

    pub(super) async fn loosen(&self, writes: &sqlx::AnyPool) -> Result<(), Error> {
        let level = self.plan().synchronous.clone();
        if let Some(level) = level {
            // Only on a pool of one connection, as SQLite's is, does this change all that is written.
            sqlx::query(sqlx::AssertSqlSafe(format!("pragma synchronous = {level}"))).execute(writes).await?;
        }
        Ok(())
    }

    fn pass(&self, dies: impl Fn(Crash) -> bool, next: impl Fn(Crash) -> Crash) -> Result<(), Error> {
        let mut plan = self.plan();
        if plan.crash.is_some_and(dies) {
            plan.dead = true;
        }
        plan.crash = plan.crash.map(next);
        if plan.dead { Err(dead()) } else { Ok(()) }
    }

    fn plan(&self) -> std::sync::MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(feature = "planted")]
fn dead() -> Error {
    Error::Unavailable("the server was killed by the test".into())
}

#[cfg(not(feature = "planted"))]
#[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "have bodies with the feature only")]
impl Probe {
    pub(super) fn alive(&self) -> Result<(), super::error::Error> {
        Ok(())
    }

    pub(super) fn before_commit(&self) -> Result<(), super::error::Error> {
        Ok(())
    }

    pub(super) fn after_commit(&self) -> Result<(), super::error::Error> {
        Ok(())
    }
}
