//! What must hold, judged by what phones were told and by SQL of its own, not by the code that is on trial. The numbers are
//! those of sync.md, "Oracle invariants".

use super::phone::Phone;
use super::server::Server;
use shared::ids::{DeviceId, ExpertId, TicketId};
use shared::sync::{Change, Cursor, Digest, MutationResult, Stop, StreamName, SyncReply};
use sqlx::Row;
use std::collections::{BTreeMap, BTreeSet};
use sync_server::db::{Conn, Error};

/// What was seen so far.
#[derive(Debug, Default)]
pub(super) struct Oracle {
    /// What became of each mutation, in the server's present history.
    answers: BTreeMap<String, MutationResult>,
    /// The last number that had an effect, by incarnation.
    last_n: BTreeMap<(DeviceId, i64), i64>,
    pub(super) faults: Vec<String>,
    pub(super) n_resets: usize,
    /// Times that tombstones were forgotten, and how many that were when each cursor was given.
    pub(super) n_trims: usize,
    given: BTreeMap<(DeviceId, String), usize>,
    /// The server was set back: then numbers that it once took are missing to it.
    went_back: bool,
}

/// What the server's tables say, read by itself.
#[derive(Debug, Default)]
struct Tables {
    answered: BTreeMap<String, String>,
    notes: BTreeMap<String, usize>,
    /// Per ticket: mutations recorded, and lines of its history that say so.
    recorded: BTreeMap<String, [i64; 2]>,
    streams: BTreeMap<String, (i64, i64)>,
    /// Tickets in an expert's stream, since when, and how far his best phone has it.
    held: Vec<Held>,
    rescued: Vec<String>,
}

#[derive(Debug)]
struct Held {
    ticket: String,
    since: Option<i64>,
    acked: Option<i64>,
}

impl Oracle {
    pub(super) fn fault(&mut self, what: impl Into<String>) {
        self.faults.push(what.into());
    }

    /// 3 and the finality of answers: what the server said, when it said it.
    pub(super) fn hears(&mut self, device: DeviceId, inc: i64, sent: Option<String>, reply: &SyncReply) {
        self.n_resets += reply.reset.len();
        if let Some(sent) = sent
            .filter(|sent| self.given.get(&(device, sent.clone())) == Some(&self.n_trims))
            .filter(|_| !reply.reset.is_empty())
        {
            // 9: no stream begins anew without a cause.
            if Cursor::decode(&sent).is_some_and(|cursor| cursor.epoch == reply.epoch) {
                self.fault("a stream began anew without a cause");
            }
        }
        self.given.extend(reply.cursors.values().map(|cursor| ((device, cursor.clone()), self.n_trims)));
        for ack in &reply.acks {
            let first = self.answers.entry(ack.mid.clone()).or_insert_with(|| ack.result.clone());
            if *first != ack.result {
                self.faults.push(format!("{} was answered {first:?} and then {:?}", ack.mid, ack.result));
            }
            let last = self.last_n.entry((device, inc)).or_default();
            if !ack.dup && ack.n <= *last {
                self.faults.push(format!("number {} came after {last}", ack.n));
            }
            *last = ack.n.max(*last);
        }
        if let Some(stop) = reply.stop.filter(|stop| *stop != Stop::Gap || !self.went_back) {
            self.faults.push(format!("a push stopped although nothing stood in its way: {stop:?}"));
        }
    }

    /// The server went back: only what its tables still know was said.
    pub(super) async fn goes_back(&mut self, server: &Server) {
        let tables = read(server).await;
        self.answers.retain(|mid, _| tables.answered.contains_key(mid));
        self.last_n.clear();
        self.went_back = true;
    }

    /// 4 and 7, after each completed pull: the phone has exactly what was its expert's when the server answered.
    pub(super) fn compares(&mut self, phone: &Phone, truth: &BTreeSet<TicketId>) {
        if phone.core.status().is_ok_and(|status| status.holding_back) {
            return;
        }
        let shown: BTreeSet<TicketId> =
            phone.core.tickets().expect("the store reads").into_iter().map(|view| view.doc.id).collect();
        if let Some(other) = shown.difference(truth).next() {
            self.fault(format!("phone {} keeps {other}, which is not its expert's", phone.name));
        }
        if let Some(missing) = truth.difference(&shown).next() {
            self.fault(format!("phone {} lacks {missing} after a whole pull", phone.name));
        }
    }

    /// Everything that holds at any instant of the server alone: 2, 8.
    pub(super) async fn looks(&mut self, server: &Server) {
        let tables = read(server).await;
        for (ticket, [said, kept]) in &tables.recorded {
            if said != kept {
                self.fault(format!("ticket {ticket}: {said} intents were recorded and its history has {kept}"));
            }
        }
        for (stream, (seq, newest)) in &tables.streams {
            if newest > seq {
                self.fault(format!("stream {stream} is at {seq} and has a change {newest}"));
            }
        }
    }

    /// What must hold when all faults are over and every phone has synced: 1, 2, 4, 5.
    pub(super) async fn judges(&mut self, server: &Server, phones: &[Phone]) {
        self.looks(server).await;
        let tables = read(server).await;
        for phone in phones {
            for made in phone.made.iter().filter(|made| !made.excused) {
                let code = tables.answered.get(&made.mid).map(String::as_str);
                if code.is_none() {
                    self.fault(format!("phone {}'s {} is lost", phone.name, made.mid));
                }
                if made.poison && code.is_some_and(|code| code != "rejected") {
                    self.fault(format!("what nobody can read was answered {code:?}"));
                }
                let Some(note) = made.note else { continue };
                let n = tables.notes.get(&note.to_string()).copied().unwrap_or_default();
                let wanted = usize::from(matches!(code, Some("applied" | "noop")));
                if n != wanted {
                    self.fault(format!(
                        "phone {}'s note {} is there {n} times, answered {code:?}",
                        phone.name, made.mid
                    ));
                }
            }
        }
        for held in &tables.held {
            if held.since.is_none_or(|since| held.acked.is_none_or(|acked| acked < since)) {
                self.fault(format!("nobody's phone has said that it has {}: {held:?}", held.ticket));
            }
        }
        for phone in phones {
            self.compares_whole(phone, &server.whole_stream(phone.whose).await);
        }
    }

    /// 4: byte for byte what a phone that begins from nothing would show.
    fn compares_whole(&mut self, phone: &Phone, whole: &SyncReply) {
        let mut theirs = BTreeMap::new();
        let mut vers = Vec::new();
        for patch in &whole.patch {
            let Change::Put { ver, doc } = &patch.change else { continue };
            vers.push((patch.kind.clone(), patch.id.clone(), *ver));
            if patch.kind == "ticket" {
                theirs.insert(patch.id.clone(), doc.clone());
            }
        }
        let ours: BTreeMap<String, serde_json::Value> = phone
            .core
            .tickets()
            .expect("the store reads")
            .into_iter()
            .map(|view| (view.doc.id.to_string(), serde_json::to_value(&view.doc).expect("a document is JSON")))
            .collect();
        if ours != theirs {
            let differs = ours.iter().find(|(id, doc)| theirs.get(*id) != Some(doc));
            self.fault(format!("phone {} shows {differs:?}, which its server does not have so", phone.name));
        }
        let digest = Digest::of(vers.iter().map(|(kind, id, ver)| (kind.as_str(), id.as_str(), *ver)));
        let said = whole.digest.as_ref().and_then(|all| all.get(&StreamName::U));
        if said != Some(&digest) {
            self.fault(format!("the digest {said:?} is not that of the stream"));
        }
    }

    /// Whether `rescue` has these unsent intents of a phone that was switched off.
    pub(super) async fn finds_rescued(&mut self, server: &Server, phone: &Phone) {
        if self.went_back {
            return; // what was handed in may have gone with the history in which it was; the phone still has it
        }
        let tables = read(server).await;
        for (mid, code) in phone.journal() {
            if code.is_none() && !tables.rescued.iter().any(|body| body.contains(&mid)) {
                self.fault(format!("phone {} was switched off, and its unsent {mid} was not handed in", phone.name));
            }
        }
    }
}

/// The tickets in an expert's stream.
pub(super) async fn truth(server: &Server, expert: ExpertId) -> BTreeSet<TicketId> {
    let read = async move |conn: &mut Conn| {
        let sql = "select id from ticket where stream_of = $1";
        let rows = sqlx::query(sql).bind(expert.to_string()).fetch_all(conn.sql()).await?;
        rows.iter().map(|row| Ok::<_, Error>(row.try_get::<String, _>("id")?.parse().expect("ids are ids"))).collect()
    };
    server.db.read(read).await.expect("the database can be read")
}

async fn read(server: &Server) -> Tables {
    server.db.read(async |conn| tables(conn).await).await.expect("the database can be read")
}

async fn tables(conn: &mut Conn) -> Result<Tables, Error> {
    let mut found = Tables::default();
    for row in sqlx::query("select mid, code from mutation").fetch_all(conn.sql()).await? {
        found.answered.insert(row.try_get("mid")?, row.try_get("code")?);
    }
    for row in sqlx::query("select id from note").fetch_all(conn.sql()).await? {
        *found.notes.entry(row.try_get("id")?).or_default() += 1;
    }
    for (at, sql) in [
        "select ticket, count(*) as n from mutation where code = 'recorded' and ticket is not null group by ticket",
        "select ticket, count(*) as n from event where kind = 'work_recorded' group by ticket",
    ]
    .into_iter()
    .enumerate()
    {
        for row in sqlx::query(sql).fetch_all(conn.sql()).await? {
            found.recorded.entry(row.try_get("ticket")?).or_default()[at] = row.try_get("n")?;
        }
    }
    let sql = "select s.id, s.seq, coalesce(max(f.seq), 0) as newest from stream s left join feed f on f.stream = s.id
        group by s.id, s.seq";
    for row in sqlx::query(sql).fetch_all(conn.sql()).await? {
        found.streams.insert(row.try_get("id")?, (row.try_get("seq")?, row.try_get("newest")?));
    }
    let sql = "select t.id, f.since_seq as since, (select max(a.seq) from device d
            join device_ack a on a.device = d.id and a.inc = d.newest_inc
            where d.expert = t.stream_of and d.revoked = 0 and a.stream = 'u:' || t.stream_of) as acked
        from ticket t left join feed f on f.stream = 'u:' || t.stream_of and f.id = t.id and f.op = 'put'
        where t.stream_of is not null";
    for row in sqlx::query(sql).fetch_all(conn.sql()).await? {
        let held = Held { ticket: row.try_get("id")?, since: row.try_get("since")?, acked: row.try_get("acked")? };
        found.held.push(held);
    }
    for row in sqlx::query("select body from rescue").fetch_all(conn.sql()).await? {
        found.rescued.push(row.try_get("body")?);
    }
    Ok(found)
}
