//! What must hold, judged by what phones were told and by SQL of its own, not by the code that is on trial. The numbers are
//! those of sync.md, "Oracle invariants".

use super::phone::Phone;
use super::server::Server;
use super::tables::{self, Deed, Tables};
use shared::article::ArticleDoc;
use shared::ids::{DeviceId, TicketId};
use shared::sync::{Change, Cursor, Digest, MutationResult, Stop, StreamName, SyncReply, SyncRequest};
use std::collections::{BTreeMap, BTreeSet};

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
    given: BTreeMap<(DeviceId, StreamName, String), usize>,
    /// The server was set back: then numbers that it once took are missing to it.
    went_back: bool,
}

impl Oracle {
    pub(super) fn fault(&mut self, what: impl Into<String>) {
        self.faults.push(what.into());
    }

    /// 3, 9, 10 and the finality of answers: what the server said, when it said it.
    pub(super) fn hears(&mut self, request: &SyncRequest, reply: &SyncReply) {
        let (device, inc) = (request.device, request.inc);
        self.n_resets += reply.reset.len();
        for stream in &reply.reset {
            let Some(sent) = request.cursors.get(stream) else { continue };
            // 9: no stream begins anew without a cause: another history, or tombstones that went since.
            let of_now = Cursor::decode(sent).is_some_and(|cursor| cursor.epoch == reply.epoch);
            if of_now && self.given.get(&(device, *stream, sent.clone())) == Some(&self.n_trims) {
                self.fault(format!("a stream began anew without a cause: {stream:?}"));
            }
        }
        let given = reply.cursors.iter().map(|(stream, cursor)| ((device, *stream, cursor.clone()), self.n_trims));
        self.given.extend(given);
        // 10: what cannot be used is answered like everything else, and stands in nothing's way.
        if reply.stop.is_none() && reply.drop_streams.is_empty() && reply.acks.len() != request.mutations.len() {
            let (n_sent, n_answered) = (request.mutations.len(), reply.acks.len());
            self.fault(format!("{n_sent} intents went out and {n_answered} were answered"));
        }
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
        let tables = tables::read(server).await;
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
        let base = phone.core.base_tickets().expect("the store reads");
        if let Some(other) = base.iter().find(|id| !truth.iter().any(|ours| ours.to_string() == **id)) {
            self.fault(format!("phone {} keeps the document of {other}, which is not its expert's", phone.name));
        }
        if let Some(other) = shown.difference(truth).next() {
            self.fault(format!("phone {} keeps {other}, which is not its expert's", phone.name));
        }
        if let Some(missing) = truth.difference(&shown).next() {
            self.fault(format!("phone {} lacks {missing} after a whole pull", phone.name));
        }
    }

    /// Everything that holds at any instant of the server alone: 2, 3, 8.
    pub(super) async fn looks(&mut self, server: &Server) {
        let tables = tables::read(server).await;
        for (ticket, [said, kept]) in &tables.recorded {
            if said != kept {
                self.fault(format!("ticket {ticket}: {said} intents were recorded and its history has {kept}"));
            }
        }
        self.numbers(&tables);
        self.versions(&tables);
    }

    /// 8: the numbers of a stream are dense in the order of the commits, and the feed has each thing once, at its last one.
    fn numbers(&mut self, tables: &Tables) {
        let nothing = Vec::new();
        let mut last = BTreeMap::new();
        for (stream, seq) in &tables.streams {
            let log = tables.log.get(stream).unwrap_or(&nothing);
            if !log.iter().map(|(seq, _)| *seq).eq(1..=*seq) {
                self.fault(format!("stream {stream} is at {seq}, and its numbers have a gap or come twice: {log:?}"));
            }
            last.extend(log.iter().map(|(seq, thing)| ((stream, thing), *seq)));
        }
        let mut seen = BTreeSet::new();
        for (stream, thing, seq) in &tables.feed {
            if !seen.insert((stream, thing)) || last.get(&(stream, thing)) != Some(seq) {
                self.fault(format!("stream {stream} has {thing} twice, or at {seq}, which is not its last number"));
            }
        }
    }

    /// 2 and 3: everything that counted moved its ticket on by itself, in the order in which its device numbered it.
    fn versions(&mut self, tables: &Tables) {
        let mut by = BTreeMap::new();
        let mut of_device: BTreeMap<_, Vec<_>> = BTreeMap::new();
        // That something was on a screen changes nothing that a phone shows.
        let counted =
            |deed: &&Deed| deed.code == "applied" && !matches!(deed.kind.as_str(), "offer.seen" | "ticket.seen");
        for deed in tables.deeds.iter().filter(counted) {
            let now = tables.vers.get(&deed.ticket).copied().unwrap_or_default();
            match deed.ver.filter(|ver| *ver <= now) {
                None => self.fault(format!("{} made version {:?} of a ticket that is at {now}", deed.mid, deed.ver)),
                Some(ver) => {
                    if let Some(other) = by.insert((&deed.ticket, ver), &deed.mid) {
                        self.fault(format!("{other} and {} are both version {ver} of {}", deed.mid, deed.ticket));
                    }
                    of_device.entry((&deed.device, &deed.ticket)).or_default().push((deed.inc, deed.n, ver, &deed.mid));
                }
            }
        }
        for ((_, ticket), mut deeds) in of_device {
            deeds.sort_unstable();
            if let Some(pair) = deeds.windows(2).find(|pair| pair[0].2 >= pair[1].2) {
                self.fault(format!("on ticket {ticket} {} was done before {}", pair[1].3, pair[0].3));
            }
        }
    }

    /// What must hold when all faults are over and every phone has synced: 1, 2, 4, 5.
    pub(super) async fn judges(&mut self, server: &Server, phones: &[Phone]) {
        self.looks(server).await;
        let tables = tables::read(server).await;
        for phone in phones {
            for made in phone.made.iter().filter(|made| !made.excused) {
                let code = tables.answered.get(&made.mid).map(String::as_str);
                if code.is_none() {
                    self.fault(format!("phone {}'s {} is lost", phone.name, made.mid));
                }
                if made.poison && code.is_some_and(|code| code != "rejected") {
                    self.fault(format!("what nobody can read was answered {code:?}"));
                }
                let is_used = matches!(code, Some("applied" | "noop"));
                if let Some((photo, _)) = made.photo {
                    let found = tables.photos.get(&photo.to_string()).copied().unwrap_or_default();
                    if found != if is_used { (1, true) } else { (0, false) } {
                        let mid = &made.mid;
                        self.fault(format!("phone {}'s photo {mid} is there {found:?}, answered {code:?}", phone.name));
                    }
                }
                let Some(note) = made.note else { continue };
                let on = tables.notes.get(&note.to_string()).map_or(&[][..], Vec::as_slice);
                let own: Vec<String> = made.ticket.filter(|_| is_used).iter().map(ToString::to_string).collect();
                if on != own {
                    let (name, mid) = (phone.name, &made.mid);
                    self.fault(format!("phone {name}'s note {mid} is on {on:?}, not {own:?}, answered {code:?}"));
                }
            }
        }
        for held in &tables.held {
            if held.since.is_none_or(|since| held.acked.is_none_or(|acked| acked < since)) {
                self.fault(format!("nobody's phone has said that it has {}: {held:?}", held.ticket));
            }
        }
        for phone in phones {
            self.compares_library(phone, &server.articles().await);
            for gone in phone.core.archive().expect("the store reads").into_iter().filter(|gone| gone.orphan) {
                let told = tables.orphans.contains(&(gone.id.clone(), phone.expert.to_string()));
                if tables.vers.contains_key(&gone.id) {
                    self.fault(format!(
                        "phone {} says that nobody knows ticket {}, which is here",
                        phone.name, gone.id
                    ));
                } else if !told {
                    self.fault(format!("phone {} alone knows ticket {}, and nobody was told", phone.name, gone.id));
                }
            }
            self.compares_whole(phone, &server.whole_stream(phone.whose).await);
        }
    }

    /// The same for the knowledge base, document by document.
    fn compares_library(&mut self, phone: &Phone, all: &[ArticleDoc]) {
        let ours = phone.core.kb_articles().expect("the knowledge base reads");
        let theirs: BTreeMap<_, _> = all.iter().map(|article| (article.id, article)).collect();
        let ours: BTreeMap<_, _> = ours.iter().map(|article| (article.id, article)).collect();
        if ours != theirs {
            let differs = theirs.iter().find(|(id, doc)| ours.get(*id) != Some(*doc));
            let (n_ours, n_theirs) = (ours.len(), theirs.len());
            self.fault(format!("phone {} has {n_ours} of {n_theirs} articles, or another {differs:?}", phone.name));
        }
    }

    /// 7: a phone that was switched off keeps nothing but its own work.
    pub(super) fn finds_dropped(&mut self, phone: &Phone) {
        let n_tickets = phone.core.tickets().expect("the store reads").len();
        let n_articles = phone.core.kb_status().expect("the store reads").n_articles;
        if n_tickets > 0 || n_articles > 0 {
            self.fault(format!("phone {} was switched off and keeps {n_tickets} and {n_articles}", phone.name));
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
        let here = phone.core.digest().expect("the store reads");
        if here != digest {
            self.fault(format!("phone {}'s digest is {here:?} and that of its stream {digest:?}", phone.name));
        }
    }

    /// Whether `rescue` has these unsent intents of a phone that was switched off.
    pub(super) async fn finds_rescued(&mut self, server: &Server, phone: &Phone) {
        if self.went_back {
            return; // what was handed in may have gone with the history in which it was; the phone still has it
        }
        let tables = tables::read(server).await;
        for (mid, code) in phone.journal() {
            if code.is_none() && !tables.rescued.iter().any(|body| body.contains(&mid)) {
                self.fault(format!("phone {} was switched off, and its unsent {mid} was not handed in", phone.name));
            }
        }
    }
}
