//! The one syncer. It waits until a sync is due, then sends and applies until nothing is left; it never overlaps with
//! itself, and a lease in the database keeps a second process of this app out. Every failure leaves the outbox as it
//! is, and the next try sends the same bytes.

use super::gateway::{Gateway, Registration};
use super::hints;
use super::library;
use super::pace::{Pace, Tried, Wake};
use super::photos;
use crate::clock::Edge;
use crate::platform::Platform;
use crate::store::{Applied, Error, Next, Store, Trouble};
use shared::sync::{
    Location, PUSH_MUTATIONS_MAX, Stop, StreamName, SyncFailure, SyncReply, SyncRequest, SyncServer as _,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

/// The lease is so long, and renewed while a request is under way: after a kill nobody waits longer than this.
const LEASE_MS: i64 = 15_000;
/// How often it is renewed.
const RENEW: Duration = Duration::from_secs(5);
/// Requests of one try. A first sync of 10,000 tickets needs a dozen.
const REQUESTS_MAX: usize = 100;
/// New incarnations within one try: one is normal after a restore, more is a fault.
const REGISTRATIONS_MAX: usize = 3;
/// Wakes that may wait; more say nothing new.
const WAKES_MAX: usize = 16;
/// A place is sent again after so many metres …
const MOVED_KM: f64 = 0.3;
/// … or so many minutes.
const STANDING_MINUTES: i64 = 5;

/// The syncer of one signed-in expert. It runs until the last clone is dropped.
#[derive(Clone, Debug)]
pub struct Syncer {
    wakes: mpsc::Sender<Wake>,
    _tasks: Arc<JoinSet<()>>,
}

impl PartialEq for Syncer {
    fn eq(&self, other: &Self) -> bool {
        self.wakes.same_channel(&other.wakes)
    }
}

impl Syncer {
    /// Starts it on the present runtime. The gateway already speaks for this expert.
    pub fn start(store: Store, gateway: Gateway, platform: Arc<dyn Platform>, edge: Edge) -> Self {
        let (wakes, woken) = mpsc::channel(WAKES_MAX);
        let mut tasks = JoinSet::new();
        let holder = format!("{:016x}", edge.chance.next_u64());
        let runner = Runner {
            store: store.clone(),
            gateway: gateway.clone(),
            platform,
            edge: edge.clone(),
            holder,
            told: None,
            told_push: None,
            fetching: None,
        };
        tasks.spawn(runner.run(woken));
        tasks.spawn(photos::run(store.clone(), gateway.clone(), edge.clone()));
        tasks.spawn(hints::listen(gateway, wakes.clone(), edge));
        Self { wakes, _tasks: Arc::new(tasks) }
    }

    /// Asks for a sync. Never waits.
    pub fn wake(&self, wake: Wake) {
        // A full queue already wakes.
        let _ = self.wakes.try_send(wake);
    }
}

/// One try, and then a round over the photos that wait, for whoever cannot keep a syncer running: a phone's background
/// job, a script.
pub async fn once(store: &Store, gateway: &Gateway, platform: &Arc<dyn Platform>, edge: &Edge) -> Result<Tried, Error> {
    once_as(format!("{:016x}", edge.chance.next_u64()), store, gateway, platform, edge).await
}

/// The same for whoever knows that no other process of this installation is alive under this word: after a kill it need
/// not wait until its own lease has run out.
pub async fn once_as(
    holder: String,
    store: &Store,
    gateway: &Gateway,
    platform: &Arc<dyn Platform>,
    edge: &Edge,
) -> Result<Tried, Error> {
    let mut runner = Runner {
        store: store.clone(),
        gateway: gateway.clone(),
        platform: Arc::clone(platform),
        edge: edge.clone(),
        holder,
        told: None,
        told_push: None,
        fetching: None,
    };
    let tried = runner.sync().await?;
    if matches!(tried, Tried::Done { .. }) {
        photos::once(store, gateway).await?;
    }
    Ok(tried)
}

/// Drives the store and the gateway.
pub(super) struct Runner {
    pub(super) store: Store,
    pub(super) gateway: Gateway,
    pub(super) platform: Arc<dyn Platform>,
    pub(super) edge: Edge,
    /// The random word under which it holds the lease.
    pub(super) holder: String,
    /// The place that the server was told last.
    pub(super) told: Option<Location>,
    /// Where the server was told that pushes go, since this start of the app.
    pub(super) told_push: Option<String>,
    /// The knowledge base is being fetched.
    pub(super) fetching: Option<JoinHandle<()>>,
}

impl Runner {
    async fn run(mut self, mut woken: mpsc::Receiver<Wake>) {
        let mut pace = Pace::start(self.mono());
        let mut to_send = self.store.to_send();
        loop {
            let wait = u64::try_from(pace.due_at() - self.mono()).unwrap_or(0);
            tokio::select! {
                wake = woken.recv() => match wake {
                    Some(wake) => pace.wake(wake, self.mono(), &*self.edge.chance),
                    None => return,
                },
                changed = to_send.changed() => match changed {
                    Ok(()) => pace.wake(Wake::Tap, self.mono(), &*self.edge.chance),
                    Err(_) => return, // the store has closed
                },
                () = tokio::time::sleep(Duration::from_millis(wait)) => {
                    to_send.borrow_and_update();
                    match self.sync().await {
                        Ok(tried) => pace.tried(&tried, self.mono(), &*self.edge.chance),
                        Err(Error::Closed) => return,
                        Err(error) => {
                            tracing::error!(%error, "the phone's store stopped a sync");
                            let failed = Tried::Failed(SyncFailure::Busy { retry_after_ms: None });
                            pace.tried(&failed, self.mono(), &*self.edge.chance);
                        }
                    }
                }
            }
        }
    }

    fn mono(&self) -> i64 {
        self.edge.clock.now().mono_ms
    }

    /// One try: until nothing is left, or it fails.
    pub(super) async fn sync(&mut self) -> Result<Tried, Error> {
        if !self.store.lease(self.holder.clone(), LEASE_MS).await? {
            return Ok(Tried::Elsewhere);
        }
        let tried = self.exchanges().await;
        self.store.release(self.holder.clone()).await?;
        if matches!(tried, Ok(Tried::Done { .. })) && self.fetching.as_ref().is_none_or(JoinHandle::is_finished) {
            // Beside the sync: a large file on a slow network delays no tap.
            let (store, gateway) = (self.store.clone(), self.gateway.clone());
            self.fetching = Some(tokio::spawn(async move { library::fetch(&store, &gateway).await }));
        }
        tried
    }

    async fn exchanges(&mut self) -> Result<Tried, Error> {
        let mut n_max = PUSH_MUTATIONS_MAX;
        let mut n_registrations = 0;
        for _ in 0..REQUESTS_MAX {
            let location = self.location().await?;
            let mut request = match self.store.next(n_max, location).await? {
                Next::Send(request) => request,
                Next::Register(device) => {
                    n_registrations += 1;
                    let registered = if n_registrations > REGISTRATIONS_MAX {
                        Err(SyncFailure::Busy { retry_after_ms: None })
                    } else {
                        self.register(device).await?
                    };
                    match registered {
                        Ok(()) => continue,
                        Err(failure) => return self.could_not(failure).await,
                    }
                }
            };
            // What is known is a cache: a fault of it is no fault of the sync.
            if let Ok(Some(cursor)) = self.store.kb_cursor().await {
                request.cursors.insert(StreamName::Kb, cursor);
            }
            let push_token = self.platform.push_token().filter(|token| self.told_push.as_ref() != Some(token));
            request.push_token.clone_from(&push_token);
            let (req, n_sent) = (request.req.clone(), request.mutations.len());
            match self.send(request).await? {
                Ok(reply) => {
                    // A server that stopped early may have kept nothing of it.
                    if reply.stop.is_none() {
                        self.told = location.or(self.told);
                        self.told_push = push_token.or_else(|| self.told_push.take());
                    }
                    if let Some(tried) = self.take(reply).await? {
                        return Ok(tried);
                    }
                }
                Err(SyncFailure::TooLarge) if n_sent > 1 => {
                    self.store.failed(req, SyncFailure::TooLarge).await?;
                    n_max = n_sent / 2;
                }
                Err(SyncFailure::TooLarge) => {
                    let refused =
                        SyncFailure::Refused("One entry is too large for the server. The office must help.".into());
                    self.store.failed(req, refused.clone()).await?;
                    return Ok(Tried::Failed(refused));
                }
                Err(SyncFailure::Forked) => self.store.failed(req, SyncFailure::Forked).await?,
                Err(failure) => {
                    self.store.failed(req, failure.clone()).await?;
                    if failure == SyncFailure::SignIn {
                        self.rescue().await?;
                    }
                    return Ok(Tried::Failed(failure));
                }
            }
        }
        Ok(Tried::Unfinished)
    }

    /// One request, with the lease renewed until it ends.
    async fn send(&self, request: SyncRequest) -> Result<Result<SyncReply, SyncFailure>, Error> {
        let mut exchange = std::pin::pin!(self.gateway.sync(request));
        loop {
            tokio::select! {
                done = &mut exchange => return Ok(done),
                () = tokio::time::sleep(RENEW) => {
                    self.store.lease(self.holder.clone(), LEASE_MS).await?;
                }
            }
        }
    }

    /// Takes a reply in. Gives how the try ended, or nothing if it goes on.
    async fn take(&mut self, reply: SyncReply) -> Result<Option<Tried>, Error> {
        let (poll_after_ms, stop) = (reply.poll_after_ms, reply.stop);
        let speaks_of_kb = reply.cursors.contains_key(&StreamName::Kb)
            || reply.reset.contains(&StreamName::Kb)
            || reply.drop_streams.contains(&StreamName::Kb);
        let knowledge = speaks_of_kb.then(|| reply.clone());
        let taken = match self.store.apply(reply).await? {
            // Somebody else took the lease and moved on; his work is as good.
            Applied::Stale => return Ok(Some(Tried::Elsewhere)),
            Applied::Taken(taken) => taken,
        };
        if let Some(reply) = knowledge
            && let Err(error) = self.store.kb_take(reply).await
        {
            tracing::warn!(%error, "what came of the knowledge base was not kept; it comes again");
        }
        if taken.switched_off {
            self.rescue().await?;
            return Ok(Some(Tried::Done { poll_after_ms }));
        }
        if taken.more {
            return Ok(None);
        }
        match stop {
            Some(Stop::Busy | Stop::Again | Stop::Unavailable) => {
                return Ok(Some(Tried::Failed(SyncFailure::Busy { retry_after_ms: None })));
            }
            // A gap with nothing to mend it: ask again, later.
            Some(Stop::Gap) if taken.n_answered == 0 => {
                return Ok(Some(Tried::Failed(SyncFailure::Busy { retry_after_ms: None })));
            }
            Some(Stop::Gap) | None => {}
        }
        let goes_on = taken.n_answered > 0 && self.store.has_unsent().await?;
        Ok((!goes_on).then_some(Tried::Done { poll_after_ms }))
    }

    async fn register(&self, device: shared::ids::DeviceId) -> Result<Result<(), SyncFailure>, Error> {
        let registration = Registration {
            device_id: Some(device),
            name: self.platform.name(),
            platform: self.platform.kind().to_owned(),
            push_token: self.platform.push_token(),
        };
        match self.gateway.register(&registration).await {
            Ok(registered) => {
                if let Some(token) = registered.token {
                    self.store.renew_token(token.clone()).await?;
                    self.gateway.set_token(token);
                }
                self.store.adopt(registered.device_id, registered.inc).await?;
                Ok(Ok(()))
            }
            Err(failure) => Ok(Err(failure.into())),
        }
    }

    /// A failure outside a sync request: shown, and tried again later.
    async fn could_not(&self, failure: SyncFailure) -> Result<Tried, Error> {
        self.store.trouble(Trouble::of(&failure)).await?;
        if failure == SyncFailure::SignIn {
            self.rescue().await?;
        }
        Ok(Tried::Failed(failure))
    }

    /// Hands in what may not be synced any more. If that fails too, it stays here and is tried at the next sync.
    async fn rescue(&self) -> Result<(), Error> {
        for _ in 0..REQUESTS_MAX {
            let unsent = self.store.to_rescue().await?;
            let Some(last) = unsent.last().map(|mutation| mutation.n) else { return Ok(()) };
            let Some((device, inc)) = self.store.identity().await? else { return Ok(()) };
            if let Err(failure) = self.gateway.rescue(device, inc, &unsent).await {
                tracing::info!(%failure, "unsent work could not be handed in yet");
                return Ok(());
            }
            self.store.rescued(last).await?;
        }
        Ok(())
    }

    /// Where the phone is, if the expert is on duty and it is news.
    async fn location(&self) -> Result<Option<Location>, Error> {
        let on_duty = self.store.expert().await?.is_some_and(|expert| expert.on_duty);
        self.platform.use_location(on_duty);
        let here = self.platform.location().filter(|_| on_duty);
        Ok(here.filter(|here| is_news(self.told.as_ref(), here)))
    }
}

/// Whether a place is worth telling: otherwise every poll would write on the server.
fn is_news(told: Option<&Location>, here: &Location) -> bool {
    told.is_none_or(|told| {
        told.place.km_to(here.place) >= MOVED_KM || here.at.minutes_since(told.at) >= STANDING_MINUTES
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::place::Place;
    use shared::time::Timestamp;

    #[test]
    fn a_place_is_news_after_a_way_or_a_while() {
        let at = |lon: f64, minutes| Location {
            place: Place::from_degrees(40.7, lon).unwrap(),
            accuracy_m: 10,
            at: Timestamp::EPOCH.plus_minutes(minutes),
        };
        let told = at(-74.0, 0);
        assert!(is_news(None, &told));
        assert!(!is_news(Some(&told), &at(-74.001, 4)), "84 metres");
        assert!(is_news(Some(&told), &at(-74.004, 1)), "337 metres");
        assert!(is_news(Some(&told), &at(-74.0, 5)));
    }
}
