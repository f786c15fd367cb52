//! The offline promise, tried with processes: phones that are killed with -9 while they write and sync, a server that is
//! killed too, and a line between them that is cut at some byte. Then every fault is over, every phone sends what waits,
//! and what an expert was told is done must be on the server once, photos with their bytes, and on no phone alone.
//!
//! A fault comes with some line that a phone printed, drawn anew each time; what else is going on then is the machine's
//! choice. That is what the model of the protocol cannot try: real threads, sockets, locks and disks.

use crate::process::Process;
use crate::proxy::{Proxy, Way};
use crate::server::Server;
use crate::sync_model::{Loaded, load};
use crate::wait::{LATER, eventually};
use shared::chance::{Chance, Seeded};
use shared::ids::DeviceId;
use sqlx::Row;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use sync_server::db::{Conn, Database, Engine, Error};
use tempfile::TempDir;

/// How hard it is tried.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// On which engine.
    pub engine: Engine,
    /// Phones of one expert, at once.
    pub n_phones: usize,
    /// Kills and cuts.
    pub n_faults: usize,
    /// Where its numbers start.
    pub seed: u64,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Phones that were killed.
    pub n_phone_kills: usize,
    /// Times that the server was.
    pub n_server_kills: usize,
    /// Times that the line was cut.
    pub n_cuts: usize,
    /// Tries to sync that came to their end, and that failed.
    pub n_synced: usize,
    /// See there.
    pub n_failed: usize,
    /// Notes of which the expert was told that they are done.
    pub n_done: usize,
    /// Photos of which he was.
    pub n_photos: usize,
    /// Said to be done, and not on the server.
    pub lost: usize,
    /// On the server, and nobody wrote them; or twice in a ticket's history.
    pub doubled: usize,
    /// Photos on the server without their bytes.
    pub without_bytes: usize,
    /// Databases of phones that were found damaged.
    pub damaged: usize,
}

impl Report {
    /// Whether the promise held.
    pub fn held(&self) -> bool {
        self.lost + self.doubled + self.without_bytes + self.damaged == 0
    }
}

/// Tickets that the expert has.
const TICKETS: usize = 8;
/// Lines that a phone prints between two faults, at most.
const LINES_MAX: u64 = 30;
/// Bytes that still pass a line that is about to be cut, at most.
const BYTES_MAX: u64 = 3_000;

/// One phone, over all its lives.
struct Phone {
    arguments: Vec<String>,
    _data: TempDir,
    process: Option<Process>,
    /// Of the lives that are over.
    printed: Vec<String>,
}

impl Phone {
    fn new(loaded: &Loaded, (device, inc, token): (DeviceId, i64, String), url: &str, picture: &str) -> Self {
        let data = tempfile::tempdir().expect("the temporary folder can be written");
        let folder = data.path().display().to_string();
        let arguments = [
            ("--server", url.to_owned()),
            ("--data", folder),
            ("--expert", loaded.expert.to_string()),
            ("--token", token),
            ("--device", device.to_string()),
            ("--inc", inc.to_string()),
            ("--picture", picture.to_owned()),
        ];
        let arguments = arguments.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect();
        Self { arguments, _data: data, process: None, printed: Vec::new() }
    }

    fn starts(&mut self, more: &[&str]) {
        let mut command = Command::new(crate::program("phone"));
        command.args(&self.arguments).args(more);
        self.process = Some(Process::start(command));
    }

    fn is_killed(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill_9();
            // Its last lines are read by a thread that ends with its pipe.
            drain(&process, &mut self.printed);
        }
    }

    /// Waits until it has printed so many lines more.
    async fn prints(&mut self, n_more: usize) {
        let process = self.process.as_mut().expect("the phone lives");
        let target = process.printed().len() + n_more;
        eventually("a phone goes on", LATER, async || {
            let printed = process.printed();
            match process.ended() {
                Some(status) => panic!("a phone ended by itself ({status}): {:?}", printed.last()),
                None if printed.len() >= target => Ok(()),
                None => Err(format!("{} of {target} lines, the last {:?}", printed.len(), printed.last())),
            }
        })
        .await;
    }

    /// Sends what waits, and ends.
    async fn drains(&mut self) {
        self.is_killed();
        self.starts(&["--drain"]);
        let process = self.process.as_mut().expect("it was started");
        process.line("drained", LATER, |line| (line == "drained").then_some(())).await;
        self.is_killed();
    }
}

fn drain(process: &Process, into: &mut Vec<String>) {
    into.extend(process.printed());
}

/// Tries it.
///
/// # Panics
/// If a phone or the server does not come back, or gets nowhere.
pub async fn run(plan: Plan) -> Report {
    let loaded = load(plan.engine, TICKETS).await;
    let hand = loaded.open().await;
    let mut server = Server::serve_with(&loaded.fresh.url, &["--no-worker"], &[]).await;
    let line = Proxy::before(server.url());
    let shared = tempfile::tempdir().expect("the temporary folder can be written");
    let picture = shared.path().join("picture.jpg");
    std::fs::write(&picture, sync_server::blobs::samples::plain_jpeg(32, 24)).expect("the folder can be written");
    let picture = picture.display().to_string();
    let mut phones =
        vec![Phone::new(&loaded, (loaded.device, loaded.inc, loaded.token.clone()), &line.url(), &picture)];
    for _ in 1..plan.n_phones {
        let another = loaded.another_phone(&hand).await;
        phones.push(Phone::new(&loaded, another, &line.url(), &picture));
    }
    for phone in &mut phones {
        phone.starts(&[]);
    }
    let chance = Seeded::new(plan.seed);
    let mut report = Report::default();
    for _ in 0..plan.n_faults {
        let at = usize::try_from(chance.below(phones.len() as u64)).unwrap_or(0);
        let n_lines = usize::try_from(1 + chance.below(LINES_MAX)).unwrap_or(1);
        phones[at].prints(n_lines).await;
        match chance.below(10) {
            0..5 => {
                phones[at].is_killed();
                phones[at].starts(&[]);
                report.n_phone_kills += 1;
            }
            5..7 => {
                server.kill_9();
                server.up_again().await;
                report.n_server_kills += 1;
            }
            _ => {
                let way = if chance.below(2) == 0 { Way::ToServer } else { Way::ToClient };
                line.cut_after(way, chance.below(BYTES_MAX));
                phones[at].prints(n_lines).await;
                line.restore();
                report.n_cuts += 1;
            }
        }
    }
    line.restore();
    for phone in &mut phones {
        phone.drains().await;
    }
    judge(&hand, &phones, &mut report).await;
    // No worker answers deadlines here, so tickets are late; but each has its owner.
    let check = server.check();
    assert!(check.stdout.contains("\nunowned 0\n"), "{}{}", check.stdout, check.stderr);
    drop(server);
    hand.close().await;
    loaded.fresh.remove().await;
    report
}

/// What the server has, read by SQL of its own.
#[derive(Default)]
struct There {
    notes: BTreeSet<String>,
    /// How often the history speaks of each note or photo.
    told: BTreeMap<String, usize>,
    /// Photos, and whether their bytes are there.
    photos: BTreeMap<String, bool>,
}

async fn judge(db: &Database, phones: &[Phone], report: &mut Report) {
    let there = db.read(async |conn| read(conn).await).await.expect("the database can be read");
    let lines = || phones.iter().flat_map(|phone| &phone.printed);
    let said = |word: &str| -> BTreeSet<String> {
        lines().filter_map(|line| line.strip_prefix(word)?.strip_prefix(' ').map(str::to_owned)).collect()
    };
    let (taps, done, photos) = (said("taps"), said("done"), said("photo"));
    report.n_done = done.len();
    report.n_photos = photos.len();
    report.n_synced = lines().filter(|line| *line == "synced").count();
    report.n_failed = lines().filter(|line| *line == "failed").count();
    report.damaged = lines().filter(|line| line.starts_with("damaged")).count();
    report.lost = done.iter().filter(|id| !there.notes.contains(*id)).count()
        + photos.iter().filter(|id| !there.photos.contains_key(*id)).count();
    report.doubled =
        there.notes.iter().filter(|id| !taps.contains(*id)).count() + there.told.values().filter(|n| **n > 1).count();
    report.without_bytes = there.photos.values().filter(|is_here| !**is_here).count();
}

async fn read(conn: &mut Conn) -> Result<There, Error> {
    let mut there = There::default();
    for row in sqlx::query("select id from note").fetch_all(conn.sql()).await? {
        there.notes.insert(row.try_get("id")?);
    }
    let sql = "select body from event where kind in ('note_added', 'photo_added')";
    for row in sqlx::query(sql).fetch_all(conn.sql()).await? {
        *there.told.entry(row.try_get("body")?).or_default() += 1;
    }
    let sql = "select p.id, case when b.sha is null then 0 else 1 end as here
        from photo p left join blob b on b.sha = p.sha";
    for row in sqlx::query(sql).fetch_all(conn.sql()).await? {
        there.photos.insert(row.try_get("id")?, row.try_get::<i64, _>("here")? == 1);
    }
    Ok(there)
}
