//! A phone of the model: the app's real store on real files, and what the model remembers of it to judge it by.
//!
//! A killed app leaves its files as they are; the next life opens a copy of them. What the expert was told is done when the
//! app died is remembered here, so that it can be asked for.

use super::script::Tap;
use super::server::{copy_database, remove_database};
use mobile::store::{Applied, Core, Error, Next, Planted, Secret, SecretMemory, Secrets, Shot};
use shared::article::Text;
use shared::blob::Sha;
use shared::chance::Seeded;
use shared::ids::{DeviceId, ExpertId, Id, NoteId, PhotoId, TicketId};
use shared::intent::Intent;
use shared::offer::DeclineReason;
use shared::sync::{Change, Cursor, MadeAt, Mutation, StreamName, SyncReply, SyncRequest};
use shared::ticket::Outcome;
use shared::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// An intent that the expert was told is done.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own that the oracle asks for")]
pub(super) struct Made {
    pub(super) mid: String,
    pub(super) ticket: Option<TicketId>,
    pub(super) note: Option<NoteId>,
    /// The photo, and the name of its bytes.
    pub(super) photo: Option<(PhotoId, Sha)>,
    /// The phone went back to a copy that does not have it: only this may be lost.
    pub(super) excused: bool,
    /// It goes out as something that nobody can read.
    pub(super) poison: bool,
    /// The phone has the server's answer: after a month it may forget it.
    answered: bool,
    /// Its note was on the screen.
    shown: bool,
    /// It was unsent when the office switched the phone off, which then shows nothing any more.
    given_up: bool,
}

/// A phone.
pub(super) struct Phone {
    pub(super) name: usize,
    /// The place of its expert.
    pub(super) whose: usize,
    pub(super) expert: ExpertId,
    pub(super) core: Core,
    pub(super) made: Vec<Made>,
    /// The office has switched it off.
    pub(super) revoked: bool,
    pub(super) n_lives: u32,
    secrets: Arc<SecretMemory>,
    chance: Seeded,
    folder: PathBuf,
    saved: Option<(PathBuf, usize)>,
    planted: Planted,
    last_cursors: BTreeMap<StreamName, Cursor>,
    may_go_back: bool,
}

impl Phone {
    /// A phone on which somebody just signed in.
    pub(super) fn new(
        folder: &Path,
        (name, whose): (usize, usize),
        expert: ExpertId,
        (device, inc): (DeviceId, i64),
        seed: u64,
        planted: Planted,
        now: Timestamp,
    ) -> Self {
        let secrets = Arc::new(SecretMemory::default());
        let secret = Secret { server: "model".into(), login: "expert".into(), token: "t".into(), device, inc };
        secrets.save(expert, &secret).expect("memory takes a secret");
        let folder = folder.join(format!("phone-{name}"));
        let core = open(&folder.join("0"), expert, &secrets, planted, now);
        let mut phone = Self {
            name,
            whose,
            expert,
            core,
            made: Vec::new(),
            revoked: false,
            n_lives: 0,
            secrets,
            chance: Seeded::new(seed ^ (0xf00 + name as u64)),
            folder,
            saved: None,
            planted,
            last_cursors: BTreeMap::new(),
            may_go_back: false,
        };
        phone.core.adopt(device, inc).expect("a new phone takes its identity");
        phone
    }

    fn life(&self, n: u32) -> PathBuf {
        self.folder.join(n.to_string())
    }

    fn opens_from(&mut self, from: &Path, now: Timestamp) {
        let old = self.life(self.n_lives);
        self.n_lives += 1;
        let fresh = self.life(self.n_lives);
        std::fs::create_dir_all(&fresh).expect("the folder can be written");
        // One connection has it open, in this thread: it needs no locks.
        drop(copy_database(from, &fresh.join("core.db")));
        drop(copy_database(&old.join("kb.db"), &fresh.join("kb.db")));
        if old.join("photos").is_dir() {
            std::fs::rename(old.join("photos"), fresh.join("photos")).expect("the folder can be written");
        }
        self.core = open(&fresh, self.expert, &self.secrets, self.planted, now);
        remove_database(&old.join("core.db"));
        remove_database(&old.join("kb.db"));
    }

    /// The app is killed and started again. Gives what it promised and no longer has.
    pub(super) fn is_killed(&mut self, now: Timestamp) -> Vec<String> {
        let from = self.life(self.n_lives).join("core.db");
        self.opens_from(&from, now);
        let kept: BTreeSet<String> = self.journal().into_iter().map(|(mid, _)| mid).collect();
        let lost = self.made.iter().filter(|made| !made.excused && !made.answered && !kept.contains(&made.mid));
        lost.map(|made| format!("phone {} said that {} was done and lost it", self.name, made.mid)).collect()
    }

    pub(super) fn is_saved(&mut self) {
        let file = self.folder.join("saved.db");
        remove_database(&file);
        drop(copy_database(&self.life(self.n_lives).join("core.db"), &file));
        self.saved = Some((file, self.made.len()));
    }

    /// Its files come back from their backup; the keychain is not in that.
    pub(super) fn is_set_back(&mut self, now: Timestamp) {
        let Some((file, n_made)) = self.saved.clone() else { return };
        self.opens_from(&file, now);
        for made in &mut self.made {
            made.shown = false;
        }
        for made in self.made.iter_mut().skip(n_made) {
            made.excused = true;
        }
        self.may_go_back = true;
    }

    /// Its expert signs in again, and the server gave this identity.
    pub(super) fn signs_in(&mut self, (device, inc): (DeviceId, i64), now: Timestamp) -> Vec<String> {
        let lost = self.is_killed(now);
        let known = self.secrets.load(self.expert).ok().flatten().expect("somebody signed in before");
        self.secrets.save(self.expert, &Secret { device, inc, ..known }).expect("memory takes a secret");
        self.core.adopt(device, inc).expect("a phone takes its identity");
        self.revoked = false;
        lost
    }

    pub(super) fn device(&self) -> DeviceId {
        self.core.identity().expect("the store reads").expect("somebody signed in").0
    }

    pub(super) fn journal(&self) -> Vec<(String, Option<String>)> {
        self.core.journal().expect("the journal reads")
    }

    pub(super) fn n_unsent(&self) -> usize {
        self.journal().iter().filter(|(_, code)| code.is_none()).count()
    }

    fn at(&self, now: Timestamp) -> MadeAt {
        // Each phone's clock is wrong in its own way.
        let wrong = [0, 2 * 86_400_000, -3_600_000][self.name % 3];
        MadeAt { wall: now.plus_millis(wrong), mono_ms: now.as_millis(), boot: "b".into() }
    }

    /// The expert does something. None: there is no ticket to do it to. An error: the app died.
    pub(super) fn taps(&mut self, any: usize, tap: Tap, now: Timestamp) -> Option<Result<(), Error>> {
        let tickets = self.core.tickets().expect("the store reads");
        let ticket = (!tickets.is_empty()).then(|| tickets[any % tickets.len()].doc.id);
        let at = self.at(now);
        let note: NoteId = Id::new(at.wall, &self.chance);
        let intent = match tap {
            Tap::Photo => {
                let shot = Shot { bytes: picture(note), caption: None, place: None };
                let sha = Sha::of(&shot.bytes);
                let done = self.core.take_photo(ticket?, &shot, &at, &self.chance);
                return Some(done.map(|taken| {
                    let (mid, _) = self.journal().pop().expect("it was just written down");
                    self.made.push(Made { photo: Some((taken, sha)), ..Made::new(mid, ticket) });
                }));
            }
            Tap::Article => Intent::ArticleDraft { article: Id::from_uuid(note.uuid()), text: Box::new(article(note)) },
            Tap::Note => Intent::NoteAdd { note, text: format!("note {note}").parse().expect("a short text") },
            Tap::Accept => Intent::OfferAccept {},
            Tap::Depart => Intent::TicketDepart {},
            Tap::Arrive => Intent::TicketArrive {},
            Tap::Complete => Intent::TicketComplete {
                outcome: Outcome::Fixed,
                summary: "Changed the fuse.".parse().expect("a short text"),
            },
            Tap::Decline => Intent::OfferDecline { reason: DeclineReason::Busy, skills: Vec::new() },
            Tap::Duty(on) => Intent::DutySet { on },
            Tap::Look => return Some(self.looks(ticket?, &at)),
        };
        let ticket = if intent.needs_ticket() { Some(ticket?) } else { None };
        let done = self.core.tap(&intent, ticket, None, &at, &self.chance);
        Some(done.map(|mid| {
            let note = (tap == Tap::Note).then_some(note);
            self.made.push(Made { note, ..Made::new(mid.to_string(), ticket) });
        }))
    }

    /// A ticket is on the screen, which is written down once or twice, or was before. 1: that may not be lost either.
    fn looks(&mut self, ticket: TicketId, at: &MadeAt) -> Result<(), Error> {
        let before: BTreeSet<String> = self.journal().into_iter().map(|(mid, _)| mid).collect();
        let done = self.core.saw(ticket, at, &self.chance);
        let new = self.journal().into_iter().map(|(mid, _)| mid).filter(|mid| !before.contains(mid));
        let new: Vec<Made> = new.map(|mid| Made::new(mid, Some(ticket))).collect();
        self.made.extend(new);
        done
    }

    /// What it sends, or the device that must be registered first. An own request has a limit and its poison in it.
    pub(super) fn next(&mut self, n_max: usize, limit: Option<u64>) -> Result<SyncRequest, DeviceId> {
        match self.core.next(n_max, None, &self.chance).expect("the store reads") {
            Next::Register(device) => Err(device),
            Next::Send(mut request) => {
                if limit.is_some() {
                    request.limit_bytes = limit;
                }
                if let Some(cursor) = self.core.kb_cursor().expect("the store reads") {
                    request.cursors.insert(StreamName::Kb, cursor);
                }
                for mutation in &mut request.mutations {
                    self.poisons(mutation);
                }
                Ok(request)
            }
        }
    }

    fn poisons(&self, mutation: &mut Mutation) {
        if self.made.iter().any(|made| made.poison && made.mid == mutation.mid) {
            mutation.kind = "ticket.explode".into();
        }
    }

    /// 8: a cursor may only go forward within one history, unless a pass began or the phone was set back.
    pub(super) fn cursor_faults(&mut self, request: &SyncRequest) -> Vec<String> {
        let decoded = request.cursors.iter().filter_map(|(stream, text)| Some((*stream, Cursor::decode(text)?)));
        let now: BTreeMap<StreamName, Cursor> = decoded.collect();
        let before = std::mem::replace(&mut self.last_cursors, now.clone());
        let free = std::mem::take(&mut self.may_go_back);
        let mut faults = Vec::new();
        for (stream, now) in now {
            let Some(before) = before.get(&stream).filter(|before| before.epoch == now.epoch) else { continue };
            if !free && now.seq < before.seq {
                let (name, from, to) = (self.name, before.seq, now.seq);
                faults.push(format!("phone {name}'s cursor of {stream:?} went back from {from} to {to}"));
            }
        }
        faults
    }

    pub(super) fn applies(&mut self, reply: &SyncReply, now: Timestamp) -> Result<Applied, Error> {
        self.may_go_back |= !reply.reset.is_empty();
        let at = self.at(now);
        self.core.apply(reply, &at)
    }

    /// How many tickets it holds, and whether it holds back a sweep.
    pub(super) fn holds(&self) -> (usize, bool) {
        let n = self.core.tickets().expect("the store reads").len();
        (n, self.core.status().is_ok_and(|status| status.holding_back))
    }

    /// 37: nearly everything goes only if the server leaves it out twice.
    pub(super) fn lost_at_once(&self, (n_before, held_back): (usize, bool), reply: &SyncReply) -> Option<String> {
        let n_gone = n_before.saturating_sub(self.holds().0);
        let said = reply.patch.iter().filter(|patch| matches!(patch.change, Change::Del { .. })).count();
        (n_gone > 20 && n_gone * 2 > n_before && said < n_gone && !held_back)
            .then(|| format!("phone {} let {n_gone} of {n_before} tickets go at once", self.name))
    }

    /// 17: own unsent work on a ticket that went away stays in sight, in the archive.
    pub(super) fn hides(&self) -> Vec<String> {
        let unsent: BTreeSet<String> =
            self.journal().into_iter().filter(|(_, code)| code.is_none()).map(|(mid, _)| mid).collect();
        let shown = self.core.tickets().expect("the store reads").into_iter().map(|view| view.doc.id.to_string());
        let kept = self.core.archive().expect("the store reads").into_iter().map(|archived| archived.id);
        let seen: BTreeSet<String> = shown.chain(kept).collect();
        // What was answered once and is offered again to a restored server need not have its ticket.
        let own = self
            .made
            .iter()
            .filter(|made| !made.excused && !made.answered && !made.given_up && unsent.contains(&made.mid));
        let hidden = own.filter(|made| made.ticket.is_some_and(|ticket| !seen.contains(&ticket.to_string())));
        hidden
            .map(|made| format!("phone {} neither shows nor archives the ticket of {}", self.name, made.mid))
            .collect()
    }

    /// The office has switched it off: what is unsent is handed in, and nothing is shown.
    pub(super) fn gives_up(&mut self) {
        let unsent: BTreeSet<String> =
            self.journal().into_iter().filter(|(_, code)| code.is_none()).map(|(mid, _)| mid).collect();
        for made in self.made.iter_mut().filter(|made| unsent.contains(&made.mid)) {
            made.given_up = true;
        }
    }

    /// Whether it has the bug that a photo counts as sent once a part of it is.
    pub(super) fn ends_early(&self) -> bool {
        self.planted == Planted::PhotoEndsEarly
    }

    /// Whether it knows that it is switched off.
    pub(super) fn is_off(&self) -> bool {
        self.core.status().is_ok_and(|status| status.switched_off)
    }

    /// Own notes that were on the screen and are not, although nothing took them back.
    pub(super) fn flicker(&mut self) -> Vec<String> {
        let answers: BTreeMap<String, Option<String>> = self.journal().into_iter().collect();
        let views: BTreeMap<TicketId, BTreeSet<NoteId>> = self
            .core
            .tickets()
            .expect("the store reads")
            .into_iter()
            .map(|view| (view.doc.id, view.doc.notes.iter().map(|note| note.id).collect()))
            .collect();
        let mut faults = Vec::new();
        for made in self.made.iter_mut().filter(|made| !made.excused) {
            made.answered |= answers.get(&made.mid).is_some_and(Option::is_some);
            let Some((note, notes)) = made.note.zip(made.ticket.and_then(|ticket| views.get(&ticket))) else {
                continue;
            };
            let unused = answers.get(&made.mid).cloned().flatten();
            if matches!(unused.as_deref(), Some("recorded" | "rejected")) {
                continue;
            }
            if made.shown && !notes.contains(&note) {
                faults.push(format!("phone {} no longer shows its own note {}", self.name, made.mid));
            }
            made.shown = notes.contains(&note);
        }
        faults
    }
}

impl Made {
    fn new(mid: String, ticket: Option<TicketId>) -> Self {
        Self {
            mid,
            ticket,
            note: None,
            photo: None,
            excused: false,
            poison: false,
            answered: false,
            shown: false,
            given_up: false,
        }
    }
}

/// A small picture that is like no other: the bytes behind its end are nobody's business.
fn picture(note: NoteId) -> Vec<u8> {
    static PLAIN: OnceLock<Vec<u8>> = OnceLock::new();
    let plain = PLAIN.get_or_init(|| sync_server::blobs::samples::plain_jpeg(8, 8));
    [plain.as_slice(), note.to_string().as_bytes()].concat()
}

fn article(note: NoteId) -> Text {
    let said = serde_json::json!({ "title": format!("Case {note}"), "problem": "It is dark.", "steps": "Wait." });
    serde_json::from_value(said).expect("it is a text")
}

fn open(folder: &Path, expert: ExpertId, secrets: &Arc<SecretMemory>, planted: Planted, now: Timestamp) -> Core {
    let (mut core, salvage) = Core::open(folder, expert, Arc::clone(secrets) as _, now).expect("a phone's files open");
    assert_eq!(salvage, None, "no file was damaged");
    core.plant(planted);
    core
}
