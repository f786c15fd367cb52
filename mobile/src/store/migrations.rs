//! Brings a phone's database to this release. `pragma user_version` counts the files that were applied; each goes with
//! its count in one transaction, so a kill in between leaves either release's shape, never half of one.

use super::Error;
use rusqlite::{Connection, TransactionBehavior};

include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

pub(super) fn apply(conn: &mut Connection) -> Result<(), Error> {
    let done: u32 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    // A newer release's database opens: it only added things.
    for (number, file) in (1_u32..).zip(FILES).filter(|(number, _)| *number > done) {
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.execute_batch(file)?;
        tx.pragma_update(None, "user_version", number)?;
        tx.commit()?;
    }
    Ok(())
}
