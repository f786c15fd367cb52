//! The handle on a database's own thread. SQLite waits for the disk, and a screen must not.

use super::core::Core;
use super::{
    Applied, Archived, Asked, Error, Found, KbStatus, Next, PhotoEnded, ServerClock, Shot, Status, Trouble,
    WaitingPhoto,
};
use crate::clock::Edge;
use shared::article::Text;
use shared::blob::Sha;
use shared::document::ExpertDoc;
use shared::fold::TicketView;
use shared::ids::{ArticleId, DeviceId, ExpertId, MutationId, NoteId, PhotoId, TicketId};
use shared::intent::Intent;
use shared::sync::{Location, Mutation, Patch, SyncFailure, SyncReply};
use shared::text::NoteText;
use shared::time::Timestamp;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;
use tokio::sync::{mpsc, oneshot, watch};

type Job = Box<dyn FnOnce(&mut Core) + Send>;

/// Calls that may wait for the thread.
const CALLS_MAX: usize = 256;
/// Lines of a snapshot in one call.
const KB_LINES: usize = 20;

/// A handle on one expert's database. Cheap to clone. Every call is a message to the thread that owns the database;
/// dropping the returned future does not undo it.
#[derive(Clone)]
pub struct Store {
    expert: ExpertId,
    jobs: mpsc::Sender<Job>,
    changes: watch::Receiver<u64>,
    to_send: watch::Receiver<u64>,
    server_clock: Arc<RwLock<Option<ServerClock>>>,
    edge: Edge,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("expert", &self.expert).finish_non_exhaustive()
    }
}

impl PartialEq for Store {
    /// Whether both are handles on the same open database.
    fn eq(&self, other: &Self) -> bool {
        self.jobs.same_channel(&other.jobs)
    }
}

impl Store {
    /// Gives an open database a thread of its own. It ends with the last handle.
    pub fn start(mut core: Core, edge: Edge) -> Result<Self, Error> {
        let (jobs, mut queue) = mpsc::channel::<Job>(CALLS_MAX);
        let (changed, changes) = watch::channel(0);
        let (new_work, to_send) = watch::channel(0);
        let expert = core.expert_id();
        let server_clock = Arc::new(RwLock::new(core.server_clock()?));
        let clock = Arc::clone(&server_clock);
        thread::Builder::new().name("store".into()).spawn(move || {
            while let Some(job) = queue.blocking_recv() {
                job(&mut core);
                let since = std::mem::take(&mut core.changes);
                if since.seen {
                    if let Ok(heard) = core.server_clock() {
                        *clock.write().unwrap_or_else(PoisonError::into_inner) = heard;
                    }
                    changed.send_modify(|version| *version += 1);
                }
                if since.to_send {
                    new_work.send_modify(|version| *version += 1);
                }
            }
        })?;
        Ok(Self { expert, jobs, changes, to_send, server_clock, edge })
    }

    async fn call<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Core) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(move |core: &mut Core| {
            // A panic rolls the open transaction back and must not take the thread with it.
            let done = catch_unwind(AssertUnwindSafe(|| job(core)));
            let done = done.unwrap_or_else(|_| Err(Error::Bug("a call of the store panicked".into())));
            // The caller may be gone; what was done stays done.
            let _ = answer.send(done);
        });
        self.jobs.send(job).await.map_err(|_| Error::Closed)?;
        answered.await.map_err(|_| Error::Closed)?
    }

    /// Whose it is.
    pub fn expert_id(&self) -> ExpertId {
        self.expert
    }

    /// Moves at each change that a screen may show. Read, then wait for it, then read again.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.clone()
    }

    /// Moves when there is something new to send.
    pub fn to_send(&self) -> watch::Receiver<u64> {
        self.to_send.clone()
    }

    /// Now, by the server's business clock: count down to `expires_at` from this. By the phone's own clock until the
    /// server was heard for the first time.
    pub fn business_now(&self) -> Timestamp {
        let at = self.edge.clock.now();
        let heard = self.server_clock.read().unwrap_or_else(PoisonError::into_inner);
        heard.as_ref().map_or(at.wall, |clock| clock.now(&at))
    }

    /// Writes down what the expert did. On the disk and in the views when this returns `Ok`; not saved at all when it
    /// returns an error. Sync sends it by itself.
    pub async fn tap(&self, intent: Intent, ticket: Option<TicketId>) -> Result<MutationId, Error> {
        self.tap_with(intent, ticket, None).await
    }

    /// The same for an act whose text was being typed under this key: the draft is forgotten in the same transaction.
    pub async fn tap_draft(
        &self,
        intent: Intent,
        ticket: Option<TicketId>,
        key: impl Into<String>,
    ) -> Result<MutationId, Error> {
        self.tap_with(intent, ticket, Some(key.into())).await
    }

    async fn tap_with(
        &self,
        intent: Intent,
        ticket: Option<TicketId>,
        draft: Option<String>,
    ) -> Result<MutationId, Error> {
        let edge = self.edge.clone();
        self.call(move |core| core.tap(&intent, ticket, draft.as_deref(), &edge.clock.now(), &*edge.chance)).await
    }

    /// Adds a note to a ticket, and forgets the draft of this key.
    pub async fn add_note(
        &self,
        ticket: TicketId,
        text: NoteText,
        key: impl Into<String>,
    ) -> Result<MutationId, Error> {
        let note = NoteId::new(self.edge.wall(), &*self.edge.chance);
        self.tap_draft(Intent::NoteAdd { note, text }, Some(ticket), key).await
    }

    /// The ticket whose last report of being late can still be taken back: no request carried it yet.
    pub async fn untold_late(&self) -> Result<Option<TicketId>, Error> {
        self.call(|core| core.untold_late()).await
    }

    /// Writes down that he is late, and holds it back until [`Self::let_go`] (or the next start), so that a slip of the
    /// thumb can be taken back.
    pub async fn tap_held(&self, intent: Intent, ticket: TicketId) -> Result<MutationId, Error> {
        let edge = self.edge.clone();
        self.call(move |core| core.tap_held(&intent, ticket, &edge.clock.now(), &*edge.chance)).await
    }

    /// Lets what was held go out.
    pub async fn let_go(&self) -> Result<(), Error> {
        self.call(Core::let_go).await
    }

    /// Takes the last report of being late back. False if the server may know it; then nothing changed.
    pub async fn take_back_late(&self, ticket: TicketId) -> Result<bool, Error> {
        self.call(move |core| core.take_back_late(ticket)).await
    }

    /// Keeps a photo of a ticket, bytes and words. On the disk when this returns `Ok`. Sync sends both by itself.
    pub async fn take_photo(&self, ticket: TicketId, shot: Shot) -> Result<PhotoId, Error> {
        let edge = self.edge.clone();
        self.call(move |core| core.take_photo(ticket, &shot, &edge.clock.now(), &*edge.chance)).await
    }

    /// The bytes that show a photo, if this phone has them.
    pub async fn photo(&self, sha: Sha) -> Result<Option<Vec<u8>>, Error> {
        self.call(move |core| Ok(core.photo_file(sha).map(std::fs::read).transpose()?)).await
    }

    /// Notes that a ticket and its offer were on the screen. May be called at each drawing; it is said once.
    pub async fn saw(&self, ticket: TicketId) -> Result<(), Error> {
        let edge = self.edge.clone();
        self.call(move |core| core.saw(ticket, &edge.clock.now(), &*edge.chance)).await
    }

    /// An answer in [`Status::attention`] was read.
    pub async fn mark_seen(&self, mid: MutationId) -> Result<(), Error> {
        self.call(move |core| core.mark_seen(mid)).await
    }

    /// Every ticket the expert holds, the next visit first; ended ones too, while the server keeps them in his stream.
    pub async fn tickets(&self) -> Result<Vec<TicketView>, Error> {
        self.call(|core| core.tickets()).await
    }

    /// One of them.
    pub async fn ticket(&self, id: TicketId) -> Result<Option<TicketView>, Error> {
        self.call(move |core| core.ticket(id)).await
    }

    /// Tickets that went away while own work on them was unsent or its answer unread, newest first.
    pub async fn archive(&self) -> Result<Vec<Archived>, Error> {
        self.call(|core| core.archive()).await
    }

    /// The expert himself, unsent duty included; nothing before the first sync.
    pub async fn expert(&self) -> Result<Option<ExpertDoc>, Error> {
        self.call(|core| core.expert()).await
    }

    /// The state of sync: freshness, unsent work, trouble, answers to read.
    pub async fn status(&self) -> Result<Status, Error> {
        self.call(|core| core.status()).await
    }

    /// Saves text being typed, at each edit. An empty text is forgotten. Keys are the screens' own.
    pub async fn save_draft(&self, key: impl Into<String>, text: impl Into<String>) -> Result<(), Error> {
        let (key, text, now) = (key.into(), text.into(), self.edge.wall());
        self.call(move |core| core.in_room_made(|core| core.save_draft(&key, &text, now))).await
    }

    /// Text that was being typed under this key.
    pub async fn draft(&self, key: impl Into<String>) -> Result<Option<String>, Error> {
        let key = key.into();
        self.call(move |core| core.draft(&key)).await
    }

    /// All text being typed, by key.
    pub async fn drafts(&self) -> Result<BTreeMap<String, String>, Error> {
        self.call(|core| core.drafts()).await
    }

    /// Writes an article from a ticket, and forgets the drafts of these keys.
    pub async fn write_article(&self, ticket: TicketId, text: Text, keys: Vec<String>) -> Result<(), Error> {
        let article = ArticleId::new(self.edge.wall(), &*self.edge.chance);
        self.tap(Intent::ArticleDraft { article, text: Box::new(text) }, Some(ticket)).await?;
        for key in keys {
            self.save_draft(key, "").await?;
        }
        Ok(())
    }

    /// How much of the knowledge base is here.
    pub async fn kb_status(&self) -> Result<KbStatus, Error> {
        self.call(|core| core.kb_status()).await
    }

    /// Articles for these words, the best first. Works without a network.
    pub async fn search(&self, asked: Asked) -> Result<Vec<Found>, Error> {
        let found = move |core: &mut Core| {
            let found = core.kb_search(&asked);
            core.kb_mended(found)
        };
        self.call(found).await
    }

    /// An article.
    pub async fn article(&self, id: ArticleId) -> Result<Option<Found>, Error> {
        let found = move |core: &mut Core| {
            let found = core.kb_article(id);
            core.kb_mended(found)
        };
        self.call(found).await
    }

    // ── for the syncer ──

    /// Photos whose bytes wait to go out, the oldest first.
    pub async fn photos_to_send(&self) -> Result<Vec<WaitingPhoto>, Error> {
        self.call(|core| core.photos_to_send()).await
    }

    /// Notes how a photo's bytes ended.
    pub async fn photo_ended(&self, sha: Sha, ended: PhotoEnded) -> Result<(), Error> {
        let now = self.business_now();
        self.call(move |core| core.photo_ended(sha, &ended, now)).await
    }

    /// Photos of others that this phone has no view of.
    pub async fn photos_to_fetch(&self) -> Result<Vec<Sha>, Error> {
        self.call(|core| core.photos_to_fetch()).await
    }

    /// Keeps a small view of one.
    pub async fn keep_view(&self, sha: Sha, bytes: Vec<u8>) -> Result<(), Error> {
        self.call(move |core| core.keep_view(sha, &bytes)).await
    }

    /// Up to where the knowledge base is here.
    pub async fn kb_cursor(&self) -> Result<Option<String>, Error> {
        let known = |core: &mut Core| {
            let known = core.kb_cursor();
            core.kb_mended(known)
        };
        self.call(known).await
    }

    /// Takes what a reply brings of the knowledge base.
    pub async fn kb_take(&self, reply: SyncReply) -> Result<(), Error> {
        let taken = move |core: &mut Core| {
            let taken = core.kb_take(&reply);
            core.kb_mended(taken)
        };
        self.call(taken).await
    }

    /// Reads a snapshot in, some lines at a time, so that no tap waits for it.
    pub async fn kb_import(&self, patches: Vec<Patch>, cursor: String) -> Result<(), Error> {
        let done = self.kb_import_in(patches, cursor).await;
        if matches!(done, Err(Error::Full)) {
            // It takes no room from what the expert does, and is not fetched again and again.
            self.call(|core| Ok(core.makes_room())).await?;
        }
        done
    }

    async fn kb_import_in(&self, patches: Vec<Patch>, cursor: String) -> Result<(), Error> {
        self.call(Core::kb_begin).await?;
        for some in patches.chunks(KB_LINES) {
            let some = some.to_vec();
            self.call(move |core| core.kb_read_in(&some)).await?;
        }
        self.call(move |core| core.kb_finish(&cursor)).await
    }

    /// Whether anything waits to go out, receipts included.
    pub async fn has_unsent(&self) -> Result<bool, Error> {
        self.call(|core| core.has_unsent()).await
    }

    /// The next request, if there is something to send or to ask.
    pub async fn next(&self, n_max: usize, location: Option<Location>) -> Result<Next, Error> {
        let chance = Arc::clone(&self.edge.chance);
        self.call(move |core| core.next(n_max, location, &*chance)).await
    }

    /// Takes a reply in, in one transaction.
    pub async fn apply(&self, reply: SyncReply) -> Result<Applied, Error> {
        let at = self.edge.clock.now();
        self.call(move |core| core.in_room_made(|core| core.apply(&reply, &at))).await
    }

    /// Notes that a request got no reply.
    pub async fn failed(&self, req: String, failure: SyncFailure) -> Result<(), Error> {
        self.call(move |core| core.failed(&req, &failure)).await
    }

    /// Shows, or stops showing, what is in the way of sync.
    pub async fn trouble(&self, trouble: Option<Trouble>) -> Result<(), Error> {
        self.call(move |core| core.trouble(trouble)).await
    }

    /// Takes the identity that the server gave this installation.
    pub async fn adopt(&self, device: DeviceId, inc: i64) -> Result<(), Error> {
        self.call(move |core| core.in_room_made(|core| core.adopt(device, inc))).await
    }

    /// Under which device and incarnation this phone speaks.
    pub async fn identity(&self) -> Result<Option<(DeviceId, i64)>, Error> {
        self.call(|core| core.identity()).await
    }

    /// Keeps a token that the server gave in place of the old one.
    pub async fn renew_token(&self, token: String) -> Result<(), Error> {
        self.call(move |core| core.renew_token(token)).await
    }

    /// Takes the right to sync; false while somebody else has it.
    pub async fn lease(&self, holder: String, for_ms: i64) -> Result<bool, Error> {
        let now = self.edge.wall();
        self.call(move |core| core.in_room_made(|core| core.lease(&holder, for_ms, now))).await
    }

    /// Gives the right to sync back.
    pub async fn release(&self, holder: String) -> Result<(), Error> {
        self.call(move |core| core.release(&holder)).await
    }

    /// What a phone that may not sync any more hands in.
    pub async fn to_rescue(&self) -> Result<Vec<Mutation>, Error> {
        self.call(|core| core.to_rescue()).await
    }

    /// Notes that all up to here was handed in.
    pub async fn rescued(&self, upto: i64) -> Result<(), Error> {
        self.call(move |core| core.rescued(upto)).await
    }
}
