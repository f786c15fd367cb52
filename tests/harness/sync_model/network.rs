//! One run: phones, the server, and the messages between them, which arrive late, twice, in another order or never.

use super::oracle::Oracle;
use super::phone::Phone;
use super::script::{Death, PHONES, Step};
use super::server::Server;
use super::tables;
use super::{Planted, Report};
use mobile::store::Applied;
use serde_json::json;
use shared::ids::{ExpertId, TicketId};
use shared::sync::{PUSH_MUTATIONS_MAX, SyncFailure, SyncReply, SyncRequest};
use std::collections::BTreeSet;
use std::path::Path;
use sync_server::db::Engine;

/// Messages under way; more are lost.
const FLYING_MAX: usize = 24;
/// New incarnations that one sync may need.
const REGISTRATIONS_MAX: usize = 4;
/// Rounds in which all phones sync until nothing is left to say.
const ROUNDS_MAX: usize = 5;

/// A message under way.
#[derive(Clone, Debug)]
enum Message {
    Ask { phone: usize, expert: ExpertId, request: Box<SyncRequest> },
    Answer { phone: usize, req: String, answer: Box<Result<SyncReply, SyncFailure>>, truth: BTreeSet<TicketId> },
}

/// A run.
pub(super) struct Run {
    pub(super) server: Server,
    pub(super) phones: Vec<Phone>,
    flying: Vec<Message>,
    pub(super) oracle: Oracle,
    pub(super) report: Report,
    /// Changes and answers that phones took.
    pub(super) n_news: usize,
    /// Something happened after which a fork is what should be found.
    may_fork: bool,
}

impl Run {
    pub(super) async fn new(engine: Engine, folder: &Path, seed: u64, planted: Planted) -> Self {
        let server = Server::new(engine, folder, seed, planted.of_server()).await;
        let mut phones = Vec::new();
        for name in 0..PHONES {
            let whose = name / 2;
            let identity = server.registers(None, server.experts[whose]).await;
            let (expert, bug, now) = (server.experts[whose], planted.of_phone(), server.now());
            phones.push(Phone::new(folder, (name, whose), expert, identity, seed, bug, now));
        }
        let (oracle, report) = (Oracle::default(), Report::default());
        Self { server, phones, flying: Vec::new(), oracle, report, n_news: 0, may_fork: false }
    }

    pub(super) async fn takes(&mut self, step: Step) {
        self.may_fork |=
            matches!(step, Step::RestorePhone(_) | Step::LoseRegistration(_) | Step::Restore | Step::SignIn(_));
        let now = self.server.now();
        match step {
            Step::File(expert) => {
                let ticket = self.server.files().await;
                self.server.offers(ticket, expert).await;
            }
            Step::Offer(ticket, expert) => self.server.offers(ticket, expert).await,
            Step::Lapse(ticket) => self.server.lapses(ticket).await,
            Step::Cancel(ticket) => self.server.cancels(ticket).await,
            Step::Minutes(minutes) => self.server.clock.advance(minutes * 60_000),
            Step::Tap(phone, ticket, tap) => {
                let n_before = self.phones[phone].n_unsent();
                if let Some(Err(_)) = self.phones[phone].taps(ticket, tap, now) {
                    self.kills(phone);
                    // A look is written down in two parts.
                    if self.phones[phone].n_unsent() != n_before && tap != super::Tap::Look {
                        self.oracle.fault(format!("phone {phone} died before it said done, and kept half of it"));
                    }
                }
            }
            Step::Poison(phone) => {
                let taken = self.phones[phone].taps(0, super::Tap::Note, now);
                match (taken, self.phones[phone].made.last_mut()) {
                    (Some(Ok(())), Some(made)) => made.poison = true,
                    (Some(Err(_)), _) => self.kills(phone),
                    (Some(Ok(())) | None, _) => {}
                }
            }
            Step::Send(phone, n_max, limit) => self.sends(phone, n_max, limit).await,
            Step::Deliver(any, again) => self.delivers(any, again, None).await,
            Step::Kill(any, death) => self.delivers(any, false, Some(death)).await,
            Step::Lose(any) => {
                if !self.flying.is_empty() {
                    self.flying.remove(any % self.flying.len());
                }
            }
            Step::LoseRegistration(phone) => {
                let phone = &self.phones[phone];
                if !phone.revoked {
                    self.server.registers(Some(phone.device()), phone.expert).await;
                }
            }
            Step::KillApp(phone) => self.kills(phone),
            Step::KillAppIn(phone, steps) => self.phones[phone].core.dies_in(steps),
            Step::SavePhone(phone) => self.phones[phone].is_saved(),
            Step::RestorePhone(phone) => {
                self.report.n_set_back += 1;
                self.phones[phone].is_set_back(now);
            }
            Step::Revoke(phone) => {
                self.server.revokes(self.phones[phone].device()).await;
                self.phones[phone].revoked = true;
            }
            Step::SignIn(phone) => self.signs_in(phone).await,
            Step::Backup => self.server.back_up().await,
            Step::Restore => self.restores().await,
            Step::Trim => {
                self.server.trims().await;
                self.oracle.n_trims += 1;
            }
            Step::Upload(phone, how) => {
                self.uploads(phone, how).await;
            }
            Step::Article(any) => self.server.edits(any).await,
            Step::Fetch(phone, dies) => self.fetches(phone, dies).await,
            Step::Days(days) => self.server.days_pass(days).await,
        }
        if let Step::Tap(phone, ..) | Step::KillApp(phone) = step {
            self.oracle.faults.extend(self.phones[phone].flicker());
        }
    }

    async fn restores(&mut self) {
        if self.server.set_back().await {
            self.report.n_set_back += 1;
            self.oracle.goes_back(&self.server).await;
            self.oracle.looks(&self.server).await;
            // A device that the restored server never heard of, or that it thinks is on.
            for phone in &mut self.phones {
                phone.revoked = !self.server.knows(phone.device()).await;
            }
        }
    }

    pub(super) fn kills(&mut self, phone: usize) {
        self.report.n_kills += 1;
        let now = self.server.now();
        let lost = self.phones[phone].is_killed(now);
        self.oracle.faults.extend(lost);
    }

    async fn signs_in(&mut self, at: usize) {
        let (device, expert) = (self.phones[at].device(), self.phones[at].expert);
        let identity = self.server.registers(Some(device), expert).await;
        self.report.n_registrations += 1;
        let lost = self.phones[at].signs_in(identity, self.server.now());
        self.oracle.faults.extend(lost);
    }

    /// The request that a phone sends now, with a new incarnation if it needs one. None: it may not sync, or it died.
    async fn asks(&mut self, at: usize, n_max: usize, limit: Option<u64>) -> Option<SyncRequest> {
        for _ in 0..REGISTRATIONS_MAX {
            let phone = &mut self.phones[at];
            match phone.next(n_max, limit) {
                Ok(request) => {
                    let faults = phone.cursor_faults(&request);
                    self.oracle.faults.extend(faults);
                    return Some(request);
                }
                Err(_) if phone.revoked => {
                    self.rescues(at).await;
                    return None;
                }
                Err(device) => {
                    let (device, inc) = self.server.registers(Some(device), phone.expert).await;
                    self.report.n_registrations += 1;
                    if self.phones[at].core.adopt(device, inc).is_err() {
                        self.kills(at);
                        return None;
                    }
                }
            }
        }
        self.oracle.fault(format!("phone {at} registers again and again"));
        None
    }

    async fn sends(&mut self, at: usize, n_max: usize, limit: u64) {
        let Some(request) = self.asks(at, n_max, Some(limit)).await else { return };
        if self.flying.len() == FLYING_MAX {
            self.flying.remove(0);
        }
        self.flying.push(Message::Ask { phone: at, expert: self.phones[at].expert, request: Box::new(request) });
    }

    async fn delivers(&mut self, any: usize, again: bool, death: Option<Death>) {
        if self.flying.is_empty() {
            return;
        }
        let at = any % self.flying.len();
        let message = if again { self.flying[at].clone() } else { self.flying.remove(at) };
        match message {
            Message::Ask { phone, expert, request } => {
                let req = request.req.clone();
                let Some(answer) = self.exchanges(expert, *request, death).await else { return };
                let truth = tables::truth(&self.server, expert).await;
                self.flying.push(Message::Answer { phone, req, answer: Box::new(answer), truth });
            }
            Message::Answer { phone, req, answer, truth } => {
                self.takes_answer(phone, &req, &answer, &truth).await;
            }
        }
    }

    /// One exchange at the server. None: it died over it.
    async fn exchanges(
        &mut self,
        expert: ExpertId,
        request: SyncRequest,
        death: Option<Death>,
    ) -> Option<Result<SyncReply, SyncFailure>> {
        let answer = self.server.answers(expert, request.clone(), death).await;
        self.report.n_requests += 1;
        if self.server.rise().await {
            self.report.n_kills += 1;
            self.oracle.looks(&self.server).await;
        }
        match &answer {
            Some(Ok(reply)) => self.oracle.hears(&request, reply),
            Some(Err(SyncFailure::Forked)) if !self.may_fork => {
                self.oracle.fault("a phone was told that it forked, and it did not");
            }
            Some(Err(SyncFailure::Refused(why))) => self.oracle.fault(format!("a phone was refused: {why}")),
            Some(Err(_)) | None => {}
        }
        answer
    }

    /// A phone hears an answer. True if it should ask again at once.
    async fn takes_answer(
        &mut self,
        at: usize,
        req: &str,
        answer: &Result<SyncReply, SyncFailure>,
        truth: &BTreeSet<TicketId>,
    ) -> bool {
        let now = self.server.now();
        let phone = &mut self.phones[at];
        let (before, n_unsent) = (phone.holds(), phone.n_unsent());
        match answer {
            Ok(reply) => match phone.applies(reply, now) {
                Ok(Applied::Stale) => false,
                Ok(Applied::Taken(taken)) => {
                    self.n_news += reply.patch.len() + reply.acks.len();
                    if self.phones[at].core.kb_take(reply).is_err() {
                        self.kills(at);
                        return false;
                    }
                    if taken.switched_off {
                        self.phones[at].gives_up();
                        self.oracle.finds_dropped(&self.phones[at]);
                        self.rescues(at).await;
                        return false;
                    }
                    let phone = &mut self.phones[at];
                    // 10: whatever the answer was, the queue is shorter by it.
                    let n_left = phone.n_unsent();
                    if taken.n_answered > 0 && n_left + taken.n_answered != n_unsent {
                        let n_answered = taken.n_answered;
                        self.oracle
                            .fault(format!("of {n_unsent} unsent {n_answered} were answered, and {n_left} are left"));
                    }
                    self.oracle.faults.extend(phone.flicker());
                    self.oracle.faults.extend(phone.hides());
                    self.oracle.faults.extend(phone.lost_at_once(before, reply));
                    if taken.disagrees {
                        self.oracle.fault(format!("phone {at} has something else than the server's digest says"));
                    }
                    if !taken.more {
                        self.oracle.compares(&self.phones[at], truth);
                    }
                    taken.more
                }
                Err(_) => {
                    self.kills(at);
                    false
                }
            },
            Err(failure) => {
                if phone.core.failed(req, failure).is_err() {
                    self.oracle.fault(format!("phone {at} could not take a failure"));
                }
                if *failure == SyncFailure::SignIn {
                    self.rescues(at).await;
                }
                *failure == SyncFailure::Forked
            }
        }
    }

    pub(super) async fn rescues(&mut self, at: usize) {
        loop {
            let phone = &mut self.phones[at];
            let unsent = phone.core.to_rescue().expect("the store reads");
            let Some(last) = unsent.last().map(|mutation| mutation.n) else { return };
            let (expert, device) = (phone.expert, phone.device());
            self.server.rescues(expert, device, json!({ "mutations": unsent }).to_string()).await;
            self.phones[at].core.rescued(last).expect("the store writes");
        }
    }

    /// All faults are over: everybody syncs until nothing is left to say, within a bound.
    pub(super) async fn heals(&mut self) {
        self.flying.clear();
        for at in 0..self.phones.len() {
            self.kills(at);
            if self.phones[at].revoked {
                self.drains(at).await;
                self.rescues(at).await;
                self.oracle.finds_rescued(&self.server, &self.phones[at]).await;
                self.may_fork = true;
                self.signs_in(at).await;
            }
        }
        for round in 0..ROUNDS_MAX {
            let n_before = self.n_news;
            for at in 0..self.phones.len() {
                self.drains(at).await;
                self.sends_the_rest(at).await;
            }
            if self.n_news == n_before {
                break; // and what was new the round before is acknowledged by this one
            }
            if round + 1 == ROUNDS_MAX {
                self.oracle.fault("phones tell each other news for ever");
            }
        }
        if self.oracle.faults.is_empty() {
            self.oracle.judges(&self.server, &self.phones).await;
        }
    }

    /// 9: one sync without faults takes as many requests as its work needs, and two.
    async fn drains(&mut self, at: usize) {
        let (mut n_left, mut n_registrations) = (self.room(at), self.report.n_registrations);
        loop {
            let Some(request) = self.asks(at, PUSH_MUTATIONS_MAX, None).await else { return };
            if self.report.n_registrations > n_registrations {
                // Everything is numbered anew and goes out again.
                n_registrations = self.report.n_registrations;
                n_left += self.room(at);
            }
            if n_left == 0 {
                return self.oracle.fault(format!("phone {at} does not drain"));
            }
            n_left -= 1;
            let (req, expert) = (request.req.clone(), self.phones[at].expert);
            let Some(answer) = self.exchanges(expert, request, None).await else { return };
            let truth = tables::truth(&self.server, expert).await;
            let more = self.takes_answer(at, &req, &answer, &truth).await;
            let goes_on = answer.is_ok() && !self.phones[at].is_off() && self.phones[at].n_unsent() > 0;
            if !self.oracle.faults.is_empty() || (!more && !goes_on) {
                return;
            }
        }
    }

    fn room(&self, at: usize) -> usize {
        self.phones[at].n_unsent().div_ceil(PUSH_MUTATIONS_MAX) + 2
    }

    pub(super) async fn ends(self, seed: u64) -> Report {
        let n_made = self.phones.iter().map(|phone| phone.made.len()).sum();
        let (faults, n_resets) = (self.oracle.faults, self.oracle.n_resets);
        drop(self.phones);
        self.server.ends().await;
        Report { seed, n_made, n_resets, faults, ..self.report }
    }
}
