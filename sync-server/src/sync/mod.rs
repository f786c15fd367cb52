//! The phones' protocol: takes what experts did, says what became of it, and gives back what changed.
//!
//! A request is a push (one transaction) and a pull (one snapshot). Nothing that a phone sent is ever lost: what cannot
//! be applied is recorded for the desk, what cannot be read is a dead letter, what the app cannot send comes by
//! `rescue`. Nothing is decided by a phone's clock.

pub mod api;
mod docs;
pub mod files;
mod fold;
mod hand;
pub mod jobs;
mod join;
mod kb;
pub mod lost;
mod pull;
mod push;
pub mod store;
pub mod word;
mod wrote;

#[cfg(test)]
mod tests;

use crate::accounts::devices;
use crate::config::Config;
use crate::db::{Database, Error, Lane};
use crate::dispatch::Bounds;
use shared::ids::{DeviceId, ExpertId};
use shared::sync::{PROTO, Pull, StreamName, SyncReply, SyncRequest};

/// How often a phone asks when nothing tells it to, in milliseconds; each time up to half of it earlier or later, so that
/// phones that came back together do not stay together.
const POLL_AFTER_MS: u64 = 60_000;

/// How often a phone that was switched off asks whether it still is.
const SWITCHED_OFF_POLL_MS: u64 = 15 * 60_000;

/// The numbers of dispatch from the settings.
pub fn bounds(config: &Config) -> Bounds {
    Bounds::of(config)
}

/// Why a request was refused as a whole. The phone keeps its outbox in every case.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The device is not known, or not this expert's.
    #[error("this device is not registered")]
    UnknownDevice,
    /// It was switched off by the office.
    #[error("this device was switched off")]
    Revoked,
    /// Two installations act as one device, or a newer incarnation has taken over.
    #[error("the history of this device has split")]
    Forked,
    /// More mutations than fit.
    #[error("too many mutations at once")]
    TooMany,
    /// The database.
    #[error(transparent)]
    Database(#[from] Error),
}

/// One exchange with a phone of this expert.
pub async fn exchange(
    db: &Database,
    bounds: &Bounds,
    expert: ExpertId,
    request: SyncRequest,
) -> Result<SyncReply, Refused> {
    if request.mutations.len() > shared::sync::PUSH_MUTATIONS_MAX {
        return Err(Refused::TooMany);
    }
    let pushed = push::push(db, bounds, expert, &request).await?;
    lost::note_orphans(db, expert, request.device, &request.have.orphans).await?;
    let req = request.req.clone();
    let pulls = request.proto == PROTO;
    let (cursors, limit_bytes) = (request.cursors.clone(), request.limit_bytes);
    let asked = pull::Asked {
        cursors,
        limit_bytes,
        asks_digest: request.have.asks_digest,
        orphans: lost::named(&request.have.orphans),
    };
    let now = db.clock().business_now();
    let mut page = db.read(async move |conn| pull::page(conn, expert, &asked, now).await).await?;
    acknowledge(db, &request, &page).await?;
    if !pulls {
        page = pull::Page { epoch: page.epoch, ..pull::Page::default() };
    }
    Ok(SyncReply {
        req,
        epoch: page.epoch,
        server_time: now,
        next_n: pushed.next_n,
        acks: pushed.acks,
        stop: pushed.stop,
        pull: if pulls { Pull::Ok } else { Pull::Upgrade },
        reset: page.reset,
        drop_streams: Vec::new(),
        patch: page.patch,
        cursors: page.cursors,
        more: page.more,
        digest: page.digest,
        missing_blobs: pushed.missing_blobs,
        poll_after_ms: POLL_AFTER_MS / 2 + db.chance().below(POLL_AFTER_MS),
    })
}

/// The reply to a phone that was switched off: it keeps nothing of ours, and hands its unsent work in.
pub fn switched_off(db: &Database, epoch: String, request: &SyncRequest) -> SyncReply {
    SyncReply {
        req: request.req.clone(),
        epoch,
        server_time: db.clock().business_now(),
        next_n: 1,
        acks: Vec::new(),
        stop: None,
        pull: Pull::Ok,
        reset: Vec::new(),
        drop_streams: vec![StreamName::U, StreamName::Kb],
        patch: Vec::new(),
        cursors: std::collections::BTreeMap::new(),
        more: false,
        digest: None,
        missing_blobs: Vec::new(),
        poll_after_ms: SWITCHED_OFF_POLL_MS,
    }
}

/// The knowledge base as a phone begins with it, packed: what its route serves.
#[cfg(feature = "testing")]
pub async fn snapshot(db: &Database) -> Result<Vec<u8>, Error> {
    Ok(kb::Snapshots::default().get(db).await?.bytes.clone())
}

/// Keeps an outbox that cannot be processed, as it came. Gives back the id to quote.
pub async fn rescue(
    db: &Database,
    expert: ExpertId,
    device: Option<DeviceId>,
    outbox: String,
) -> Result<String, Error> {
    let now = db.clock().real_now();
    let kept = db.write(Lane::Sync, async move |tx| store::keep_rescue(tx, expert, device, &outbox, now).await);
    let id = kept.await?;
    tracing::warn!(%expert, rescue = %id, "a phone handed in an outbox for rescue");
    Ok(id)
}

/// The cursor in a request says what is on the device's disk: kept when it changed, so that nothing new costs no write.
async fn acknowledge(db: &Database, request: &SyncRequest, page: &pull::Page) -> Result<(), Refused> {
    let Some((stream, seq)) = page.acknowledged.clone() else { return Ok(()) };
    let (device, inc) = (request.device, request.inc);
    let known = {
        let stream = stream.clone();
        db.read(async move |conn| devices::acknowledged(conn, device, inc, &stream).await).await?
    };
    if known.is_some_and(|known| known >= seq) {
        return Ok(());
    }
    db.write(Lane::Sync, async move |tx| devices::acknowledge(tx, device, inc, &stream, seq).await).await?;
    Ok(())
}
