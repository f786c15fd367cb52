//! The ledger: every receipt is an open, a completed or a cancelled ticket; every open one has an owner and a deadline;
//! no deadline passes without an answer. `sync-server check` prints it, a sweep looks every half minute.

use super::store::{self, Counts};
use crate::db::{Conn, Error};
use serde::Serialize;
use shared::time::Timestamp;

/// By how much a deadline may be late before it is missed: the sweep comes every two seconds, a busy server later.
pub const GRACE_SECONDS: i64 = 60;

/// The ledger at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Ledger {
    /// Tickets ever received.
    pub receipts: i64,
    /// Neither completed nor cancelled.
    pub open: i64,
    /// Completed.
    pub completed: i64,
    /// Cancelled.
    pub cancelled: i64,
    /// Open without a deadline, or ended with one.
    pub unowned: i64,
    /// A minute or more past their deadline.
    pub overdue: i64,
}

impl Ledger {
    /// Whether nothing is lost.
    pub fn balances(&self) -> bool {
        self.receipts == self.open + self.completed + self.cancelled && self.unowned == 0 && self.overdue == 0
    }
}

impl std::fmt::Display for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { receipts, open, completed, cancelled, unowned, overdue } = self;
        writeln!(f, "receipts {receipts}\nopen {open}\ncompleted {completed}\ncancelled {cancelled}")?;
        writeln!(f, "unowned {unowned}\noverdue {overdue}")?;
        f.write_str(if self.balances() { "the ledger balances" } else { "THE LEDGER DOES NOT BALANCE" })
    }
}

/// Adds it up.
pub async fn ledger(conn: &mut Conn, now: Timestamp) -> Result<Ledger, Error> {
    let Counts { receipts, open, completed, cancelled, unowned, overdue } =
        store::counts(conn, now.plus_seconds(-GRACE_SECONDS)).await?;
    Ok(Ledger { receipts, open, completed, cancelled, unowned, overdue })
}
