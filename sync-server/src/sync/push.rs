//! Taking in what a phone did. One transaction for the whole request; if that fails by a fault of ours, one for each
//! mutation in order, so that a single bad one cannot wedge an outbox: it becomes a dead letter.

use super::fold::{self, Parts, Read, Verdict};
use super::hand::{Acting, Hand};
use super::store::{self, MutationRow};
use super::{Refused, store::Answer};
use crate::accounts::devices::{self, DeviceRow, PUSH_TOKEN_BYTES_MAX};
use crate::db::planted::planted;
use crate::db::{Database, Error, Lane, Tx};
use crate::dispatch::Bounds;
use crate::{blobs, workforce};
use shared::blob::Sha;
use shared::event::Actor;
use shared::ids::{DeviceId, ExpertId};
use shared::intent::Intent;
use shared::sync::{Ack, Location, MutationResult, Stop, SyncRequest};
use shared::time::Timestamp;

/// What became of a push.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Pushed {
    pub(super) next_n: i64,
    pub(super) acks: Vec<Ack>,
    pub(super) stop: Option<Stop>,
    /// Files that these mutations speak of and whose bytes are not here.
    pub(super) missing_blobs: Vec<Sha>,
}

/// How a transaction ended that wrote nothing wrong.
enum Took {
    Done(Pushed),
    Denied(Refused),
}

/// What a phone says of itself beside what its expert did: the last word counts, and none of it is an intent.
#[derive(Clone, Debug, Default)]
struct Beside {
    location: Option<Location>,
    push_token: Option<String>,
}

impl Beside {
    fn of(request: &SyncRequest) -> Self {
        // A sync never fails for this: what can be no token is left alone.
        let is_token = |token: &String| (1..=PUSH_TOKEN_BYTES_MAX).contains(&token.len());
        Self { location: request.location, push_token: request.push_token.clone().filter(is_token) }
    }

    fn is_empty(&self) -> bool {
        self.location.is_none() && self.push_token.is_none()
    }
}

/// Which phone, and when.
#[derive(Clone, Debug)]
struct Who {
    expert: ExpertId,
    device: DeviceId,
    inc: i64,
    now: Timestamp,
    real_now: Timestamp,
}

/// Takes the mutations of a request, and what it says beside them.
pub(super) async fn push(
    db: &Database,
    bounds: &Bounds,
    expert: ExpertId,
    request: &SyncRequest,
) -> Result<Pushed, Refused> {
    let (device, inc) = (request.device, request.inc);
    let row = db.read(async move |conn| devices::get(conn, device, inc).await).await?;
    if row.is_none() && db.read(async move |conn| devices::is_live(conn, device, expert).await).await? {
        // An incarnation that a restored server never gave: the device is good, so it takes a new one by itself.
        return Err(Refused::Forked);
    }
    let row = allowed(row, expert)?;
    let nothing = Pushed { next_n: row.last_n + 1, ..Pushed::default() };
    let beside = Beside::of(request);
    if request.mutations.is_empty() && beside.is_empty() {
        return Ok(nothing);
    }
    let clock = db.clock();
    let who = Who { expert, device, inc, now: clock.business_now(), real_now: clock.real_now() };
    let read: Vec<Read> = request.mutations.iter().cloned().map(fold::read).collect();
    let pushed = pushed(db, bounds, &who, &read, beside, nothing).await?;
    Ok(Pushed { missing_blobs: missing(db, &read).await?, ..pushed })
}

/// Which files these mutations speak of that are not here.
async fn missing(db: &Database, read: &[Read]) -> Result<Vec<Sha>, Error> {
    let file = |one: &Read| match &one.parts {
        Ok(Parts { intent: Intent::PhotoAdd { sha, .. }, .. }) => Some(*sha),
        Ok(_) | Err(_) => None,
    };
    let spoken_of: Vec<Sha> = read.iter().filter_map(file).collect();
    if spoken_of.is_empty() {
        return Ok(Vec::new());
    }
    let all = spoken_of.clone();
    let here = db
        .read(async move |conn| {
            if planted!(conn, NoMissing) {
                return Ok(all.into_iter().collect());
            }
            blobs::store::here(conn, &all).await
        })
        .await?;
    Ok(spoken_of.into_iter().filter(|sha| !here.contains(sha)).collect())
}

async fn pushed(
    db: &Database,
    bounds: &Bounds,
    who: &Who,
    read: &[Read],
    beside: Beside,
    nothing: Pushed,
) -> Result<Pushed, Refused> {
    match attempt(db, bounds, who, read, beside.clone()).await {
        Ok(Took::Done(pushed)) => Ok(pushed),
        Ok(Took::Denied(why)) => Err(why),
        Err(error) => match stop(&error) {
            Some(stop) => Ok(Pushed { stop: Some(stop), ..nothing }),
            None => one_by_one(db, bounds, who, (read, beside), nothing, &error).await,
        },
    }
}

/// Errors that pass by themselves: the phone sends the same again.
fn stop(error: &Error) -> Option<Stop> {
    match error {
        Error::Busy => Some(Stop::Busy),
        Error::Again(_) => Some(Stop::Again),
        Error::Unavailable(_) | Error::Lost => Some(Stop::Unavailable),
        Error::TooSlow | Error::Panicked(_) | Error::Taken(_) | Error::StaleLease | Error::Bug(_) => None,
    }
}

fn allowed(row: Option<DeviceRow>, expert: ExpertId) -> Result<DeviceRow, Refused> {
    match row {
        None => Err(Refused::UnknownDevice),
        Some(row) if row.expert != expert => Err(Refused::UnknownDevice),
        Some(row) if row.revoked => Err(Refused::Revoked),
        Some(row) if row.inc != row.newest_inc => Err(Refused::Forked),
        Some(row) => Ok(row),
    }
}

async fn attempt(db: &Database, bounds: &Bounds, who: &Who, read: &[Read], beside: Beside) -> Result<Took, Error> {
    let (bounds, who, read) = (bounds.clone(), who.clone(), read.to_vec());
    db.write(Lane::Sync, async move |tx| take(tx, &bounds, &who, &read, &beside).await).await
}

/// One transaction for each mutation. One that still fails is kept as a dead letter.
async fn one_by_one(
    db: &Database,
    bounds: &Bounds,
    who: &Who,
    (read, beside): (&[Read], Beside),
    mut pushed: Pushed,
    first: &Error,
) -> Result<Pushed, Refused> {
    tracing::error!(device = %who.device, error = %first, "a push failed as a whole and is taken one by one");
    // What it says beside them is not lost for a bad mutation.
    if !beside.is_empty()
        && let Took::Denied(why) = attempt(db, bounds, who, &[], beside).await?
    {
        return Err(why);
    }
    for one in read {
        let took = match attempt(db, bounds, who, std::slice::from_ref(one), Beside::default()).await {
            Err(error) if stop(&error).is_none() => {
                tracing::error!(mid = %one.mutation.mid, %error, "a mutation failed and is kept as a dead letter");
                let bad = Read { parts: Err("internal: it is kept, and we were told".to_owned()), ..one.clone() };
                attempt(db, bounds, who, &[bad], Beside::default()).await
            }
            other => other,
        };
        match took {
            Ok(Took::Done(done)) => {
                pushed.next_n = done.next_n;
                pushed.acks.extend(done.acks);
                if done.stop.is_some() {
                    pushed.stop = done.stop;
                    break;
                }
            }
            Ok(Took::Denied(why)) => return Err(why),
            Err(error) => {
                pushed.stop = Some(stop(&error).unwrap_or(Stop::Unavailable));
                break;
            }
        }
    }
    Ok(pushed)
}

/// The whole push under its locks: device, expert, tickets by id.
async fn take(tx: &mut Tx, bounds: &Bounds, who: &Who, read: &[Read], beside: &Beside) -> Result<Took, Error> {
    let device = match allowed(devices::lock(tx, who.device, who.inc).await?, who.expert) {
        Ok(device) => device,
        Err(why) => return Ok(Took::Denied(why)),
    };
    let Some(expert) = workforce::lock(tx, who.expert).await? else {
        return Ok(Took::Denied(Refused::UnknownDevice));
    };
    if let Some(token) = &beside.push_token {
        devices::set_push_token(tx, who.device, Some(token)).await?;
    }
    if let Some(location) = beside.location.filter(|_| expert.on_duty) {
        // A phone whose clock is ahead would never be overtaken by a later report.
        let location = Location { at: location.at.min(who.now), ..location };
        workforce::store::set_position(tx, expert.id, &location).await?;
    }
    let mids: Vec<String> = read.iter().map(|one| store::key_of(who.expert, &one.mutation.mid)).collect();
    let mut known = store::answers(tx, who.expert, &mids).await?;
    let mut pushed = Pushed { next_n: device.last_n + 1, ..Pushed::default() };
    let acting = Acting { actor: Actor::Expert(expert.id), name: expert.name.to_string(), now: who.now };
    let usable: Vec<&Parts> = read.iter().filter_map(|one| one.parts.as_ref().ok()).collect();
    let mut hand = Hand::open(tx, bounds, &acting, expert, &usable).await?;
    let mut rows = Vec::new();
    for one in read {
        let key = store::key_of(who.expert, &one.mutation.mid);
        let n = one.mutation.n;
        if n > pushed.next_n {
            pushed.stop = Some(Stop::Gap);
            break;
        }
        if let Some(answer) = known.get(&key).filter(|_| !planted!(tx, NoMids)) {
            pushed.acks.push(answer.ack(n, one.mutation.mid.clone(), true));
        } else if n < pushed.next_n {
            if planted!(tx, NoFork) || planted!(tx, NoMids) {
                let answer = Answer { result: MutationResult::Applied, ticket: None, ver: None, late: false };
                pushed.acks.push(answer.ack(n, one.mutation.mid.clone(), true));
                continue;
            }
            // A number that was used for something else: two installations act as one device.
            return Ok(Took::Denied(Refused::Forked));
        } else {
            let verdict = match &one.parts {
                Ok(parts) => hand.apply(tx, parts, one.mutation.t.wall).await?,
                Err(why) => Verdict::rejected(why.clone()),
            };
            let answer =
                Answer { result: verdict.result, ticket: verdict.ticket, ver: verdict.ver, late: verdict.late };
            pushed.acks.push(answer.ack(n, one.mutation.mid.clone(), false));
            if !known.contains_key(&key) {
                rows.push(MutationRow { key: key.clone(), mutation: one.mutation.clone(), answer: answer.clone() });
            }
            known.insert(key, answer);
        }
        pushed.next_n = pushed.next_n.max(n + 1);
    }
    hand.book.save(tx).await?;
    store::insert(tx, who.expert, who.device, who.inc, &rows, who.real_now).await?;
    if pushed.next_n > device.last_n + 1 {
        devices::note_sync(tx, who.device, who.inc, pushed.next_n - 1, who.real_now).await?;
    }
    Ok(Took::Done(pushed))
}
