//! A server's double for tests of the app: real TCP and HTTP, one expert, a few tickets in memory, and every way in which
//! a network can answer wrongly. What an intent does to a ticket it asks of the fold that the real server shares, so it
//! cannot drift far; rules of dispatch it has none. Not in a release.

use serde_json::{Value, json};
use shared::article::ArticleDoc;
use shared::blob::Sha;
use shared::chance::Seeded;
use shared::document::{ExpertDoc, TicketDoc};
use shared::fold::{Overlay, fold, fold_expert};
use shared::ids::{DeviceId, ExpertId, TicketId};
use shared::intent::Intent;
use shared::sync::{
    Ack, Change, Cursor, Digest, Mutation, MutationResult, Patch, Pull, Stop, StreamName, SyncReply, SyncRequest,
    Unused,
};
use shared::ticket::Act;
use shared::time::Timestamp;
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{broadcast, oneshot};

use http::{Asked, Reply};

mod http;

/// What everybody's password is.
pub const PASSWORD: &str = "correct horse";
/// The code that is always sent.
pub const CODE: &str = "123456";
/// The one token that opens.
const TOKEN: &str = "token-of-the-expert";

/// How one exchange goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mood {
    /// As it should.
    Well,
    /// The work is done and the reply never arrives.
    LosesReply,
    /// The work is done and the reply ends after so many bytes of its body.
    CutsReply(usize),
    /// Somebody else answers: 200 and a page.
    Portal,
    /// The server refuses before it does anything, with this status, code and `Retry-After`.
    Refuses(u16, &'static str, Option<u32>),
    /// The work is done up to the so many-th mutation, then it stops.
    Stops(usize),
}

/// What the double knows. Tests change it freely.
pub struct World {
    /// The expert.
    pub expert: ExpertDoc,
    /// Which history this is.
    pub epoch: String,
    /// How the next exchanges go; afterwards all go well.
    pub moods: VecDeque<Mood>,
    /// Every sync request that was understood.
    pub requests: Vec<SyncRequest>,
    /// What was handed in by `rescue`.
    pub rescued: Vec<Mutation>,
    /// Mutations of one request above which it answers 413.
    pub n_mutations_max: usize,
    /// Documents of one page.
    pub page: usize,
    /// The bytes of files that came, whole or not, with how many they will be.
    pub files: BTreeMap<Sha, (Vec<u8>, usize)>,
    /// How the next parts of files go: taken, or cut off before they are.
    pub parts_cut: VecDeque<bool>,
    /// Every part that was asked for: where it began.
    pub parts: Vec<usize>,
    /// The token was taken back; only `rescue` opens.
    pub revoked: bool,
    /// The server's clock.
    pub now: Timestamp,
    /// Its digests say something else than its documents.
    pub lies_in_digests: bool,
    /// How long the phone shall wait between polls.
    pub poll_after_ms: u64,
    /// What is known; with none the double says nothing of it.
    pub articles: Vec<ArticleDoc>,
    devices: BTreeMap<(DeviceId, i64), i64>,
    results: BTreeMap<String, Ack>,
    tickets: BTreeMap<TicketId, TicketDoc>,
    feed: BTreeMap<(String, String), (i64, Option<String>)>,
    seq: i64,
    chance: Seeded,
}

/// The running double. It ends when this is dropped.
pub struct Fake {
    address: SocketAddr,
    world: Arc<Mutex<World>>,
    hints: broadcast::Sender<()>,
    _stop: oneshot::Sender<()>,
}

impl Fake {
    /// Starts it on a free port of loopback, on a thread of its own.
    pub fn start(expert_name: &str, now: Timestamp) -> Self {
        let chance = Seeded::new(7);
        let id = ExpertId::new(now, &chance);
        let zone = "America/New_York".parse().expect("a known zone");
        let shifts = vec!["Mon–Fri 08:00–16:00".to_owned()];
        let expert = ExpertDoc { id, ver: 1, name: expert_name.to_owned(), on_duty: true, zone, shifts, away: vec![] };
        let mut world = World {
            expert,
            epoch: "e1".into(),
            moods: VecDeque::new(),
            requests: Vec::new(),
            rescued: Vec::new(),
            n_mutations_max: usize::MAX,
            page: 100,
            files: BTreeMap::new(),
            parts_cut: VecDeque::new(),
            parts: Vec::new(),
            revoked: false,
            now,
            lies_in_digests: false,
            poll_after_ms: 60_000,
            articles: Vec::new(),
            devices: BTreeMap::new(),
            results: BTreeMap::new(),
            tickets: BTreeMap::new(),
            feed: BTreeMap::new(),
            seq: 0,
            chance,
        };
        world.touch("expert", id.to_string(), None);
        let world = Arc::new(Mutex::new(world));
        let (hints, _) = broadcast::channel(16);
        let (stop, stopped) = oneshot::channel();
        let (tell, address) = std::sync::mpsc::channel();
        let (of_thread, hints_of_thread) = (Arc::clone(&world), hints.clone());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
            runtime.block_on(async move {
                let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback has a free port");
                tell.send(listener.local_addr().expect("a bound port is known")).expect("the test waits for it");
                tokio::select! {
                    () = accept(listener, of_thread, hints_of_thread) => {}
                    _ = stopped => {} // sent or dropped
                }
            });
        });
        Self { address: address.recv().expect("it starts"), world, hints, _stop: stop }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it knows, to look at or to change.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells every phone that listens that there is something.
    pub fn hint(&self) {
        // Nobody listens: nobody hears.
        let _ = self.hints.send(());
    }
}

async fn accept(listener: TcpListener, world: Arc<Mutex<World>>, hints: broadcast::Sender<()>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, Arc::clone(&world), hints.subscribe()));
    }
}

async fn serve(mut stream: TcpStream, world: Arc<Mutex<World>>, hints: broadcast::Receiver<()>) {
    let Some(asked) = http::read(&mut stream).await else { return };
    if asked.path == "/api/v1/hints" {
        return http::hints(stream, hints).await;
    }
    let reply = world.lock().unwrap_or_else(PoisonError::into_inner).answer(&asked);
    http::write(&mut stream, reply).await;
}

impl World {
    /// Puts a ticket into the expert's stream, or a new version of it.
    pub fn put(&mut self, mut ticket: TicketDoc) {
        let known = self.tickets.get(&ticket.id).map_or(0, |known| known.ver);
        ticket.ver = ticket.ver.max(known + 1);
        self.touch("ticket", ticket.id.to_string(), None);
        self.tickets.insert(ticket.id, ticket);
    }

    /// Takes a ticket out of it.
    pub fn take_away(&mut self, ticket: TicketId, why: &str) {
        self.tickets.remove(&ticket);
        self.touch("ticket", ticket.to_string(), Some(why.to_owned()));
    }

    /// A ticket as it is there.
    pub fn ticket(&self, id: TicketId) -> Option<&TicketDoc> {
        self.tickets.get(&id)
    }

    /// The mutations that had an effect or were kept, each once, by kind in the order of their ids.
    pub fn processed(&self) -> Vec<String> {
        self.results.keys().cloned().collect()
    }

    /// Begins another history that knows nothing of what was answered.
    pub fn restored_from_backup(&mut self, epoch: &str) {
        epoch.clone_into(&mut self.epoch);
        self.results.clear();
        self.devices.clear();
    }

    /// A copy of the device used numbers up to here.
    pub fn forks(&mut self) {
        for last_n in self.devices.values_mut() {
            *last_n += 100;
        }
    }

    fn touch(&mut self, kind: &str, id: String, gone: Option<String>) {
        self.seq += 1;
        self.feed.insert((kind.to_owned(), id), (self.seq, gone));
    }

    fn answer(&mut self, asked: &Asked) -> Reply {
        let body = &asked.body;
        match asked.path.as_str() {
            "/api/v1/sign-in" if body["password"] == PASSWORD || body["code"] == CODE => Reply::json(
                &json!({ "token": TOKEN, "role": "expert", "person": self.expert.id, "name": self.expert.name }),
            ),
            "/api/v1/sign-in" => Reply::problem(401, "sign_in_failed", None),
            "/api/v1/sign-in/code" => Reply::json(&json!({})),
            "/api/v1/rescue" => match serde_json::from_value(body["mutations"].clone()) {
                Ok(mutations) => {
                    self.rescued.extend::<Vec<Mutation>>(mutations);
                    Reply::json(&json!({}))
                }
                Err(_) => Reply::problem(400, "malformed", None),
            },
            _ if self.revoked => Reply::problem(401, "device_revoked", None),
            _ if asked.token.as_deref() != Some(TOKEN) => Reply::problem(401, "unauthenticated", None),
            path if path.starts_with("/api/v1/blob/") => self.file(asked),
            "/api/v1/device" => self.register(body),
            "/api/v1/sync" => self.exchange(body),
            _ => Reply::problem(404, "not_found", None),
        }
    }

    fn file(&mut self, asked: &Asked) -> Reply {
        let name = asked.path.trim_start_matches("/api/v1/blob/").split('?').next().unwrap_or_default();
        let Ok(sha) = name.parse::<Sha>() else { return Reply::problem(400, "malformed", None) };
        let (bytes, size) = self.files.entry(sha).or_default();
        let is_whole = !bytes.is_empty() && bytes.len() == *size;
        match (asked.method.as_str(), asked.upload) {
            ("HEAD", _) => Reply::upload(200, bytes.len(), is_whole),
            ("GET", _) if is_whole => Reply::picture(bytes.clone()),
            ("PATCH", Some((at, length))) => {
                self.parts.push(at);
                if self.parts_cut.pop_front().unwrap_or(false) {
                    return Reply::upload(204, 0, false).lost();
                }
                if at != bytes.len() {
                    return Reply::upload(409, bytes.len(), false);
                }
                bytes.extend(&asked.raw);
                *size = length;
                if bytes.len() < length {
                    return Reply::upload(204, bytes.len(), false);
                }
                if Sha::of(bytes) != sha {
                    bytes.clear();
                    return Reply::problem(422, "checksum_mismatch", None);
                }
                if !bytes.starts_with(&[0xff, 0xd8, 0xff]) {
                    return Reply::problem(415, "unsupported_media_type", None);
                }
                Reply::upload(201, length, true)
            }
            (_, _) => Reply::problem(404, "not_found", None),
        }
    }

    fn register(&mut self, body: &Value) -> Reply {
        if !["android", "ios", "desktop"].iter().any(|known| body["platform"] == *known) {
            return Reply::problem(422, "invalid_fields", None);
        }
        let known: Option<DeviceId> = serde_json::from_value(body["device_id"].clone()).ok();
        let device = known.unwrap_or_else(|| DeviceId::new(self.now, &self.chance));
        let inc = self.devices.keys().filter(|(id, _)| *id == device).map(|(_, inc)| inc + 1).max().unwrap_or(0);
        self.devices.insert((device, inc), 0);
        Reply::json(&json!({ "device_id": device, "inc": inc }))
    }

    fn exchange(&mut self, body: &Value) -> Reply {
        let mood = self.moods.pop_front().unwrap_or(Mood::Well);
        let stops_at = match mood {
            Mood::Portal => return Reply::page(),
            Mood::Refuses(status, code, retry_after) => return Reply::problem(status, code, retry_after),
            Mood::Stops(n) => n,
            Mood::Well | Mood::LosesReply | Mood::CutsReply(_) => usize::MAX,
        };
        let Ok(request) = serde_json::from_value::<SyncRequest>(body.clone()) else {
            return Reply::problem(400, "malformed", None);
        };
        if request.mutations.len() > self.n_mutations_max {
            return Reply::problem(413, "too_large", None);
        }
        let reply = match self.sync(&request, stops_at) {
            Some(reply) => Reply::json(&serde_json::to_value(reply).expect("replies have only text keys")),
            None => return Reply::problem(409, "device_forked", None),
        };
        self.requests.push(request);
        match mood {
            Mood::LosesReply => reply.lost(),
            Mood::CutsReply(bytes) => reply.cut_after(bytes),
            Mood::Well | Mood::Portal | Mood::Refuses(..) | Mood::Stops(_) => reply,
        }
    }

    /// An exchange by the rules of S2; nothing for a fork.
    fn sync(&mut self, request: &SyncRequest, stops_at: usize) -> Option<SyncReply> {
        let key = (request.device, request.inc);
        let mut last_n = *self.devices.entry(key).or_insert(0);
        let (mut acks, mut stop) = (Vec::new(), None);
        for (place, mutation) in request.mutations.iter().enumerate() {
            if place >= stops_at {
                stop = Some(Stop::Busy);
                break;
            }
            let known = self.results.get(&mutation.mid).cloned();
            if mutation.n <= last_n {
                acks.push(Ack { n: mutation.n, dup: true, ..known? });
            } else if mutation.n == last_n + 1 {
                let ack = match known {
                    Some(known) => Ack { n: mutation.n, dup: true, ..known },
                    None => self.apply(mutation),
                };
                self.results.entry(mutation.mid.clone()).or_insert_with(|| ack.clone());
                acks.push(ack);
                last_n = mutation.n;
            } else {
                stop = Some(Stop::Gap);
                break;
            }
        }
        self.devices.insert(key, last_n);
        let cursor = request.cursors.get(&StreamName::U).and_then(|text| Cursor::decode(text));
        let cursor = cursor.filter(|cursor| cursor.epoch == self.epoch);
        let resets = cursor.is_none() && request.cursors.contains_key(&StreamName::U);
        let from = cursor.map_or(0, |cursor| cursor.seq);
        let (mut patch, seq, more) = self.page(from);
        let known = format!("kb-{}", self.articles.len());
        let kb_is_news = !self.articles.is_empty() && request.cursors.get(&StreamName::Kb) != Some(&known);
        if kb_is_news {
            patch.extend(self.articles.iter().map(|article| Patch {
                s: StreamName::Kb,
                kind: "article".into(),
                id: article.id.to_string(),
                change: Change::Put { ver: article.ver, doc: json!(article) },
            }));
        }
        let cursor = Cursor { v: 1, epoch: self.epoch.clone(), seq, boot_head: None };
        Some(SyncReply {
            req: request.req.clone(),
            epoch: self.epoch.clone(),
            server_time: self.now,
            next_n: last_n + 1,
            acks,
            stop,
            pull: Pull::Ok,
            reset: if resets { vec![StreamName::U] } else { Vec::new() },
            drop_streams: Vec::new(),
            patch,
            cursors: [(StreamName::U, cursor.encode())]
                .into_iter()
                .chain(kb_is_news.then_some((StreamName::Kb, known)))
                .collect(),
            more,
            digest: (!more && (from == 0 || request.have.asks_digest)).then(|| self.digest()),
            missing_blobs: self.missing(request),
            poll_after_ms: self.poll_after_ms,
        })
    }

    fn digest(&self) -> BTreeMap<StreamName, Digest> {
        let here = self.feed.iter().filter(|(_, (_, gone))| gone.is_none());
        let versions = here.filter_map(|((kind, id), _)| Some((kind, id, self.document(kind, id)?.0)));
        let lie = i64::from(self.lies_in_digests);
        let digest = Digest::of(versions.map(|(kind, id, ver)| (kind.as_str(), id.as_str(), ver + lie)));
        [(StreamName::U, digest)].into()
    }

    /// Files that a request's mutations speak of and that are not here.
    fn missing(&self, request: &SyncRequest) -> Vec<Sha> {
        let file = |mutation: &Mutation| match Intent::parse(&mutation.kind, mutation.v, &mutation.args) {
            Ok(Intent::PhotoAdd { sha, .. }) => Some(sha),
            Ok(_) | Err(_) => None,
        };
        let is_here = |sha: &Sha| self.files.get(sha).is_some_and(|(bytes, size)| bytes.len() == *size && *size > 0);
        request.mutations.iter().filter_map(file).filter(|sha| !is_here(sha)).collect()
    }

    fn page(&self, from: i64) -> (Vec<Patch>, i64, bool) {
        let mut rows: Vec<_> = self.feed.iter().filter(|(_, (seq, _))| *seq > from).collect();
        rows.sort_by_key(|(_, (seq, _))| *seq);
        let more = rows.len() > self.page;
        rows.truncate(self.page);
        let seq = rows.last().map_or(from, |(_, (seq, _))| *seq);
        let patch = rows.into_iter().map(|((kind, id), (_, gone))| {
            let change = match self.document(kind, id).filter(|_| gone.is_none()) {
                Some((ver, doc)) => Change::Put { ver, doc },
                None => Change::Del { why: gone.clone(), to: None },
            };
            Patch { s: StreamName::U, kind: kind.clone(), id: id.clone(), change }
        });
        (patch.collect(), seq, more)
    }

    fn document(&self, kind: &str, id: &str) -> Option<(i64, Value)> {
        if kind == "expert" {
            return Some((self.expert.ver, json!(self.expert)));
        }
        let ticket = self.tickets.get(&id.parse().ok()?)?;
        Some((ticket.ver, json!(ticket)))
    }

    fn apply(&mut self, mutation: &Mutation) -> Ack {
        let ticket: Option<TicketId> = mutation.ticket.as_ref().and_then(|id| id.parse().ok());
        let (result, ver) = match (Intent::parse(&mutation.kind, mutation.v, &mutation.args), mutation.mid.parse()) {
            (Err(bad), _) => (MutationResult::Rejected(bad.to_string()), None),
            (Ok(_), Err(_)) => (MutationResult::Rejected("no id".into()), None),
            (Ok(intent), Ok(mid)) => {
                let own = Overlay { mid, intent, made_at: mutation.t.wall, acked: true };
                self.carry_out(ticket, &own)
            }
        };
        Ack { n: mutation.n, mid: mutation.mid.clone(), result, dup: false, ticket, ver, late: false }
    }

    fn carry_out(&mut self, ticket: Option<TicketId>, own: &Overlay) -> (MutationResult, Option<i64>) {
        if matches!(own.intent, Intent::DutySet { .. } | Intent::ExpertSick { .. }) {
            self.expert = fold_expert(&self.expert, std::slice::from_ref(own));
            self.expert.ver += 1;
            self.touch("expert", self.expert.id.to_string(), None);
            return (MutationResult::Applied, Some(self.expert.ver));
        }
        if own.intent.is_receipt() || matches!(own.intent, Intent::ArticleDraft { .. } | Intent::ArticleHelped { .. }) {
            return (MutationResult::Applied, None);
        }
        let known = ticket.and_then(|id| self.tickets.get(&id));
        let Some(known) = known else {
            let kept = matches!(own.intent, Intent::NoteAdd { .. } | Intent::PhotoAdd { .. });
            let result = if kept { MutationResult::Applied } else { MutationResult::Recorded(Unused::Reassigned) };
            return (result, None);
        };
        let mut after = fold(known, &self.expert.name, std::slice::from_ref(own)).doc;
        after.ver += 1;
        let (id, ver) = (after.id, after.ver);
        if matches!(own.intent.act(), Some(Act::Decline | Act::CannotFix)) {
            self.take_away(id, "released");
        } else {
            self.put(after);
        }
        (MutationResult::Applied, Some(ver))
    }
}
