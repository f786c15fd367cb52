//! Claims due jobs, runs their handlers and settles them.
//!
//! One loop claims for all lanes, many jobs with one commit; each job is a task that waits for a slot of its lane. A
//! second loop keeps the leases alive, so that slow claims do not cost them. Both end with the stop token: what runs
//! has a while to end, the rest is given back.

use super::attempt::{self, Held};
use super::handler::{Context, Registry};
use super::job::{Job, Lease, Rank};
use super::kind::{Kind, WorkLane};
use super::pace::Pace;
use super::store::{self, Now};
use super::sweeps;
use crate::db::{Database, Error, Lane, Listener, Tx, Wake};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

mod drain;

/// How long a due job may go unnoticed when nobody wakes the runner.
const POLL_EVERY: Duration = Duration::from_secs(1);
/// The pause after a wake, in which more of a burst gathers into one claim.
const GATHER: Duration = Duration::from_millis(3);
/// A third of the lease.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(10);
/// With the lease of 30 s and the poll, stranded jobs run again within 45 s.
const RESCUE_EVERY: Duration = Duration::from_secs(5);
/// How long running handlers may take to end when the server stops.
const GRACE: Duration = Duration::from_secs(10);
/// Of a lane a server holds so many for each that runs at once, so that one commit claims many.
const HELD_FOR_EACH_SLOT: usize = 3;

/// Runs jobs on this server.
pub struct Runner {
    context: Context,
    registry: Registry,
    kinds: Vec<Kind>,
    slots: BTreeMap<WorkLane, Arc<Semaphore>>,
    held: Held,
}

impl Runner {
    /// A runner for the kinds that the registry has handlers for.
    pub fn new(db: Database, registry: Registry) -> Self {
        let slots = WorkLane::ALL.map(|lane| (lane, Arc::new(Semaphore::new(registry.running_max(lane))))).into();
        let kinds = registry.kinds();
        Self { context: Context { db }, registry, kinds, slots, held: Held::default() }
    }

    /// Runs jobs until `stop`. Claims nothing after it; what does not end within the grace period is given back.
    pub async fn run(&self, stop: CancellationToken) {
        let beat_stop = CancellationToken::new();
        let heartbeat = tokio::spawn(heartbeat(self.db().clone(), self.held.clone(), beat_stop.clone()));
        let mut tasks = JoinSet::new();
        self.claim_until(&stop, &mut tasks).await;
        let end = async {
            while let Some(ended) = tasks.join_next().await {
                report(ended);
            }
        };
        if tokio::time::timeout(GRACE, end).await.is_err() {
            tracing::warn!(jobs = self.held.count(), "some jobs did not end in time and are given back");
        }
        tasks.shutdown().await;
        beat_stop.cancel();
        report(heartbeat.await);
        let leases = self.held.take_all();
        let released = self.db().write(Lane::Desk, async move |tx| store::release(tx, &leases).await).await;
        if let Err(error) = released {
            tracing::warn!(%error, "held jobs were not given back; they run again when their leases end");
        }
    }

    async fn claim_until(&self, stop: &CancellationToken, tasks: &mut JoinSet<()>) {
        let mut wakes = self.db().listen();
        let mut rescue_at = Instant::now();
        let mut poll = tokio::time::interval(POLL_EVERY);
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        // Lanes that may have more; a lane is looked at again when half of what it holds is done.
        let mut look: BTreeSet<WorkLane> = WorkLane::ALL.into();
        loop {
            if look.len() == WorkLane::ALL.len() {
                self.tend(&mut rescue_at).await;
            }
            let hungry: Vec<WorkLane> = look.iter().copied().filter(|lane| self.room(*lane) > 0).collect();
            if !hungry.is_empty() && !stop.is_cancelled() {
                match self.claim(&hungry).await {
                    Ok(jobs) => {
                        // A lane that gave nothing is empty for now.
                        let gave = |lane: &WorkLane| jobs.iter().any(|job| job.kind.lane() == *lane);
                        look.retain(|lane| !hungry.contains(lane) || gave(lane));
                        self.spawn(jobs, stop, tasks);
                    }
                    Err(error) => {
                        tracing::warn!(%error, "no jobs were claimed");
                        look.clear();
                    }
                }
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                Some(ended) = tasks.join_next() => report(ended),
                () = std::future::ready(()), if look.iter().any(|lane| self.room(*lane) > 0) => {}
                () = woken(&mut wakes) => {
                    tokio::time::sleep(GATHER).await;
                    wakes.drain();
                    look = WorkLane::ALL.into();
                }
                _ = poll.tick() => look = WorkLane::ALL.into(),
            }
        }
    }

    /// Sweeps whose period has come, and stranded jobs. A failure is tried again at the next poll.
    async fn tend(&self, rescue_at: &mut Instant) {
        if Instant::now() < *rescue_at {
            return;
        }
        *rescue_at = Instant::now() + RESCUE_EVERY;
        if let Err(error) = sweeps::enqueue_due(self.db(), &self.registry).await {
            tracing::warn!(%error, "sweeps were not enqueued");
        }
        match sweeps::rescue(self.db()).await {
            Ok(0) => {}
            Ok(jobs) => tracing::warn!(jobs, "stranded jobs were put back"),
            Err(error) => tracing::warn!(%error, "stranded jobs were not looked for"),
        }
    }

    /// How many jobs to claim for a lane; none until half of what it may hold is done.
    fn room(&self, lane: WorkLane) -> usize {
        let (held, held_max) = (self.held.count_in(lane), self.registry.running_max(lane) * HELD_FOR_EACH_SLOT);
        if held * 2 > held_max { 0 } else { held_max - held }
    }

    /// Claims what is due in these lanes, with one commit and only if there is something.
    async fn claim(&self, lanes: &[WorkLane]) -> Result<Vec<Job>, Error> {
        let clock = self.db().clock();
        let now = Now { business: clock.business_now(), real: clock.real_now() };
        let (kinds, lanes) = (self.kinds.clone(), lanes.to_vec());
        if kinds.is_empty() {
            return Ok(Vec::new());
        }
        let due = self.db().read(async move |conn| store::due_lanes(conn, &lanes, &kinds, now).await).await?;
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let wanted: Vec<Wanted> = due
            .into_iter()
            .map(|(lane, ranks)| Wanted { lane, ranks, room: self.room(lane), pace: self.registry.pace(lane) })
            .collect();
        let kinds = self.kinds.clone();
        let claimed = self.db().write(Lane::Work, async move |tx| {
            let mut jobs = Vec::new();
            for wanted in &wanted {
                jobs.extend(claim_lane(tx, wanted, &kinds, now).await?);
            }
            Ok::<_, Error>(jobs)
        });
        claimed.await
    }

    fn spawn(&self, jobs: Vec<Job>, stop: &CancellationToken, tasks: &mut JoinSet<()>) {
        for job in jobs {
            let lost = self.held.add(&job);
            let slot = self.slots[&job.kind.lane()].clone();
            let handler = self.registry.handler(&job);
            let (context, held, stop) = (self.context.clone(), self.held.clone(), stop.clone());
            tasks.spawn(async move {
                let turn = tokio::select! {
                    biased;
                    () = stop.cancelled() => return, // still held: given back at the end
                    () = lost.cancelled() => None,
                    turn = slot.acquire() => turn.ok(),
                };
                if turn.is_some() {
                    attempt::run(handler, &job, &context, &lost).await;
                }
                held.remove(&job.lease);
            });
        }
    }

    fn db(&self) -> &Database {
        &self.context.db
    }
}

/// What is claimed of one lane.
struct Wanted {
    lane: WorkLane,
    ranks: Vec<Rank>,
    room: usize,
    pace: Option<Pace>,
}

/// Claims of one lane, rank by rank, as much as there is room for and its pace allows.
async fn claim_lane(tx: &mut Tx, wanted: &Wanted, kinds: &[Kind], now: Now) -> Result<Vec<Job>, Error> {
    let (mut room, mut spent) = (wanted.room, 0);
    if let Some(pace) = wanted.pace {
        let (allowed, so_far) = store::pace::room(tx, wanted.lane, pace).await?;
        (room, spent) = (room.min(allowed), so_far);
    }
    let mut jobs = Vec::new();
    for rank in &wanted.ranks {
        if room > jobs.len() {
            jobs.extend(store::claim(tx, wanted.lane, *rank, kinds, room - jobs.len(), now).await?);
        }
    }
    if let (Some(pace), false) = (wanted.pace, jobs.is_empty()) {
        store::pace::spend(tx, wanted.lane, pace, spent, jobs.len()).await?;
    }
    Ok(jobs)
}

/// Waits for a wake that concerns jobs.
async fn woken(wakes: &mut Listener) {
    loop {
        match wakes.next().await {
            Some(Wake::Jobs | Wake::Clock | Wake::Everything) => return,
            Some(Wake::Dirty(_) | Wake::SignIns) => {}
            None => std::future::pending().await,
        }
    }
}

/// Extends the leases of what is held; a job whose lease is lost is stopped where it stands.
async fn heartbeat(db: Database, held: Held, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(HEARTBEAT_EVERY) => {}
        }
        let leases = held.leases();
        if leases.is_empty() {
            continue;
        }
        let ours = extend(&db, leases.clone()).await;
        match ours {
            Ok(ours) => leases.iter().filter(|lease| !ours.contains(&lease.job)).for_each(|lease| held.lose(lease)),
            Err(error) => tracing::warn!(%error, "leases were not extended"),
        }
    }
}

async fn extend(db: &Database, leases: Vec<Lease>) -> Result<BTreeSet<shared::ids::JobId>, Error> {
    // Not behind other work: a lease that ends is work done twice.
    let extended = db.write(Lane::Desk, async move |tx| store::extend(tx, &leases).await);
    Ok(extended.await?.into_iter().collect())
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && !error.is_cancelled()
    {
        tracing::error!(%error, "a task of the job runner panicked; its job runs again when its lease ends");
    }
}

#[cfg(test)]
mod tests;
