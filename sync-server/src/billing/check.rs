//! The ledger of money: each period of each renewal that has begun has one paid charge, or something open that has a name.
//! `sync-server check` prints it. The rules are pure; the rows come from the tables.

use super::store::{self, Row};
use crate::db::{Conn, Error};
use serde::Serialize;
use shared::time::Timestamp;

/// By how much a step may be late before it is missed: jobs come within seconds, a provider that is down may take hours.
pub const GRACE_MINUTES: i64 = 24 * 60;
/// Renewals in one read.
const ROWS_MAX: i64 = 500;
/// Faults that are named; more are only counted.
const NAMED_MAX: usize = 100;

/// The ledger at one instant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ledger {
    /// Renewals ever begun.
    pub renewals: i64,
    /// Charges in each state.
    pub charges: Vec<(String, i64)>,
    /// What is not settled, and has a name.
    pub open: Vec<store::Open>,
    /// What must not be: a period that is neither paid nor open, money without a period, a step that nobody took.
    pub faults: Vec<String>,
}

impl Ledger {
    /// Whether every period is paid or accounted for.
    pub fn balances(&self) -> bool {
        self.faults.is_empty()
    }
}

impl std::fmt::Display for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "renewals {}", self.renewals)?;
        for (state, n) in &self.charges {
            writeln!(f, "charges {state} {n}")?;
        }
        writeln!(f, "charges needing somebody {}", self.open.len())?;
        for fault in &self.faults {
            writeln!(f, "FAULT {fault}")?;
        }
        f.write_str(if self.balances() { "the money balances" } else { "THE MONEY DOES NOT BALANCE" })
    }
}

/// What is wrong with a renewal, in words.
pub fn faults(row: &Row, now: Timestamp) -> Vec<String> {
    let mut faults = Vec::new();
    let id = row.entitlement;
    let expected = i64::from(row.period) + 1;
    if row.n_paid != expected || row.last_paid != i64::from(row.period) {
        faults.push(format!(
            "{id}: {} charges are paid up to period {}, not {expected} up to {}",
            row.n_paid, row.last_paid, row.period
        ));
    }
    let ended = matches!(row.entitlement_state.as_str(), "cancelled");
    if row.until_at != row.entitled_until_at && !ended {
        faults.push(format!("{id}: paid until {} and covered until {}", row.until_at, row.entitled_until_at));
    }
    let late = |at: Timestamp| at.plus_minutes(GRACE_MINUTES) < now;
    match (row.state.as_str(), row.next_state.as_deref()) {
        ("on", None) if late(row.until_at) && !ended => {
            faults.push(format!("{id}: the period after {} has begun and has no charge", row.until_at));
        }
        ("on", Some("scheduled" | "open")) if row.next_due_at.is_some_and(late) => {
            faults.push(format!("{id}: nobody took the step that was due {}", row.next_due_at.unwrap_or_default()));
        }
        ("on", Some("given_up" | "missed")) => faults.push(format!("{id}: it renews after a charge that was given up")),
        ("over", _) if matches!(row.entitlement_state.as_str(), "active" | "grace") && late(row.until_at) => {
            faults.push(format!(
                "{id}: its last period ended {} and it is still {}",
                row.until_at, row.entitlement_state
            ));
        }
        (_, _) => {}
    }
    faults
}

/// Adds it up.
pub async fn ledger(conn: &mut Conn, now: Timestamp) -> Result<Ledger, Error> {
    let mut ledger = Ledger { charges: store::counts(conn).await?, ..Ledger::default() };
    ledger.open = store::open_items(conn, ROWS_MAX).await?;
    let mut after = String::new();
    loop {
        let rows = store::ledger_rows(conn, &after, ROWS_MAX).await?;
        ledger.renewals += i64::try_from(rows.len()).unwrap_or(0);
        for row in &rows {
            let found = faults(row, now);
            let room = NAMED_MAX.saturating_sub(ledger.faults.len());
            ledger.faults.extend(found.into_iter().take(room));
        }
        match rows.last() {
            Some(last) if rows.len() == usize::try_from(ROWS_MAX).unwrap_or(0) => after = last.entitlement.to_string(),
            Some(_) | None => return Ok(ledger),
        }
    }
}
