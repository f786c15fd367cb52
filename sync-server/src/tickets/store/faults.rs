//! Faults of ours as no move makes them, for tests of who notices.

use crate::db::{Error, Tx};
use shared::ids::TicketId;

/// An open ticket loses its deadline, and with it whoever is to act next.
pub(crate) async fn loses_its_owner(tx: &mut Tx, ticket: TicketId) -> Result<(), Error> {
    let life = r#"{"state":{"state":"waiting"},"needs_human":null,"deadline_at":null,"n_offers":0}"#;
    let sql = "update ticket set deadline_at = null, life = $2 where id = $1";
    sqlx::query(sql).bind(ticket.to_string()).bind(life.to_owned()).execute(tx.sql()).await?;
    Ok(())
}
