//! The phone's files: bytes come in parts beside the mutations that speak of them, before or after. A phone that was
//! switched off may still send what its handed-in work speaks of, and nothing else.

pub mod api;
#[cfg(test)]
mod api_tests;

use crate::blobs;
use crate::db::{Database, Error, Lane};
use crate::tickets::{Book, store};
use shared::blob::Sha;
use shared::event::Actor;
use shared::ids::{ExpertId, TicketId};
use shared::ticket::Timing;

/// Whether this expert may look at a picture: it is on a ticket that he has, or he took it.
async fn may_see(db: &Database, expert: ExpertId, sha: Sha) -> Result<bool, Error> {
    db.read(async move |conn| {
        let photos = store::of_sha(conn, sha).await?;
        if photos.iter().any(|photo| photo.author == Actor::Expert(expert)) {
            return Ok(true);
        }
        let tickets: Vec<TicketId> = photos.iter().map(|photo| photo.ticket).collect();
        let tickets = store::many(conn, &tickets).await?;
        Ok(tickets.iter().any(|ticket| ticket.stream_of == Some(expert)))
    })
    .await
}

/// Whether a phone that was switched off may send this file: work of his speaks of it, and it is not here.
async fn is_missed(db: &Database, expert: ExpertId, sha: Sha) -> Result<bool, Error> {
    db.read(async move |conn| {
        let photos = store::of_sha(conn, sha).await?;
        let is_here = !blobs::store::here(conn, &[sha]).await?.is_empty();
        Ok(!is_here && photos.iter().any(|photo| photo.author == Actor::Expert(expert)))
    })
    .await
}

/// The bytes have come: whoever has a ticket that shows them hears of it. Said again whenever a phone is told so, because
/// a server may die between the file and this.
pub async fn arrived(db: &Database, timing: &Timing, sha: Sha) -> Result<(), Error> {
    let photos = db.read(async move |conn| store::of_sha(conn, sha).await).await?;
    let tickets: Vec<TicketId> = photos.iter().map(|photo| photo.ticket).collect();
    if tickets.is_empty() {
        return Ok(());
    }
    let timing = timing.clone();
    db.write(Lane::Sync, async move |tx| {
        let mut book = Book::open(tx, &tickets, timing.clone()).await?;
        for ticket in &tickets {
            book.refresh(*ticket);
        }
        book.save(tx).await
    })
    .await
}
