//! Choosing experts and offering tickets: the hands of matching.
//!
//! A round looks at everything on one snapshot and decides without holding anything; then each winner is judged once
//! more under the locks of his day and of the ticket before the offer is made, so two rounds, two servers or a late yes
//! never book one expert twice. What a round could not do the next one does: a sweep makes sure that there is a next.

pub mod api;
mod away;
mod behind;
pub mod by_hand;
mod facts;
pub mod jobs;
mod late;
pub mod mend;
mod recheck;
mod room;
mod round;
mod store;
mod under_way;
mod unheard;

pub use away::catch_up;
pub use facts::{Bounds, Known, candidates};
pub use late::visit as late_visit;
pub use round::run as run_round;
pub use under_way::{about, under_way};

/// Whether a phone of a ticket's holder has received it, by what his devices acknowledged; none if nobody holds it.
pub async fn delivered(
    conn: &mut crate::db::Conn,
    ticket: shared::ids::TicketId,
) -> Result<Option<bool>, crate::db::Error> {
    store::has_it(conn, ticket).await
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod world;
