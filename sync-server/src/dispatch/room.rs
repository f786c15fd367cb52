//! Before a round: offers that nobody has seen are taken back where their experts are needed more elsewhere. The round
//! that follows finds their tickets waiting like any other.

use super::facts::{Bounds, Known};
use super::round::within;
use crate::db::{Database, Error, Lane};
use crate::matching::decide::Batch;
use crate::matching::need::Need;
use crate::matching::room::taken_back;
use crate::tickets::{Book, store};
use crate::workforce;
use shared::event::Actor;
use shared::ids::Id;
use shared::ticket::{Move, State, WithdrawReason};

/// Takes back what is worth it of these offers. Gives back how many that were.
pub(super) async fn make(db: &Database, bounds: &Bounds, known: &Known, offered: Vec<Need>) -> Result<usize, Error> {
    let known = known.clone();
    let round = Batch {
        id: Id::new(db.clock().real_now(), &*db.chance()),
        made_at: db.clock().business_now(),
        settings: bounds.settings,
        weights: known.weights.unwrap_or(bounds.weights),
        needs: known.needs,
        candidates: known.candidates,
    };
    let mut n_back = 0;
    // Where the time is not enough for the best, every offer stays.
    let chosen = within(bounds.budget, move |stop| taken_back(&round, &offered, &stop)).await?;
    for (ticket, expert) in chosen {
        let (timing, now) = (bounds.timing.clone(), db.clock().business_now());
        let back = db.write(Lane::Work, async move |tx| {
            if workforce::lock(tx, expert).await?.is_none() {
                return Ok(false);
            }
            let mut book = Book::open(tx, &[ticket], timing.clone()).await?;
            let state = book.ticket(ticket).map(|ticket| ticket.life.state.clone());
            let Some(State::Offered { offer, expert: his, .. }) = state else { return Ok(false) };
            if his != expert || store::seen_at(tx, offer).await?.is_some() {
                return Ok(false);
            }
            let withdraw = Move::Withdraw { why: WithdrawReason::NeededElsewhere };
            if book.make(ticket, withdraw, Actor::Server, now).is_err() {
                return Ok(false);
            }
            book.save(tx).await?;
            Ok::<_, Error>(true)
        });
        n_back += usize::from(back.await?);
    }
    Ok(n_back)
}
