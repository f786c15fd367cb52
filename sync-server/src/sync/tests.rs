//! The protocol as a phone meets it, on both engines, without HTTP.

mod articles;
mod cannot_fix;
mod corrected;
mod duty;
mod faults;
mod late;
mod pin;
mod room;
mod store_tests;
mod word;

use super::{Refused, exchange, store};
use crate::accounts::devices::{self, NewDevice, Platform};
use crate::db::testing::both_engines;
use crate::db::{Database, Error, Lane};
use crate::dispatch::world::{World, id};
use crate::events;
use serde_json::json;
use shared::document::TicketDoc;
use shared::event::Fact;
use shared::ids::{DeviceId, ExpertId, MutationId, TicketId};
use shared::intent::{Intent, VERSION};
use shared::offer::DeclineReason;
use shared::sync::{Change, Have, MadeAt, Mutation, MutationResult, Stop, StreamName, SyncReply, SyncRequest, Unused};
use shared::ticket::{HumanReason, Outcome, Phase};
use std::collections::BTreeMap;

/// A phone without a store: it remembers what it was told.
pub(super) struct Phone<'a> {
    world: &'a World,
    expert: ExpertId,
    device: DeviceId,
    inc: i64,
    pub(super) n: i64,
    cursors: BTreeMap<StreamName, String>,
    /// What it takes for unknown here.
    pub(super) orphans: Vec<String>,
    pub(super) tickets: BTreeMap<String, TicketDoc>,
}

impl<'a> Phone<'a> {
    pub(super) async fn of(world: &'a World, expert: ExpertId) -> Self {
        let new = NewDevice {
            device: None,
            expert,
            name: "Ana's phone".parse().unwrap(),
            platform: Platform::Desktop,
            push_token: None,
            now: world.db.clock().real_now(),
        };
        let registered = world.db.write(Lane::Desk, async move |tx| devices::register(tx, &new).await).await.unwrap();
        let (device, inc) = (registered.device, registered.inc);
        let (cursors, orphans, tickets) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
        Self { world, expert, device, inc, n: 0, cursors, orphans, tickets }
    }

    pub(super) fn device(&self) -> DeviceId {
        self.device
    }

    pub(super) fn mutation(&mut self, intent: &Intent, ticket: Option<TicketId>) -> Mutation {
        self.n += 1;
        let mid: MutationId =
            id(1_000_000 + u64::try_from(self.n).unwrap() + self.device.uuid().as_u64_pair().1 % 999_983 * 1_000);
        Mutation {
            n: self.n,
            mid: mid.to_string(),
            v: VERSION,
            kind: intent.kind().to_owned(),
            ticket: ticket.map(|id| id.to_string()),
            t: MadeAt { wall: self.world.now(), mono_ms: 0, boot: String::new() },
            args: intent.args(),
        }
    }

    pub(super) async fn send(&mut self, mutations: Vec<Mutation>) -> Result<SyncReply, Refused> {
        self.send_limited(mutations, None).await
    }

    /// What it would send.
    fn request(&self, mutations: Vec<Mutation>) -> SyncRequest {
        SyncRequest {
            proto: 1,
            app: "1.0.0".into(),
            device: self.device,
            inc: self.inc,
            req: "r".into(),
            cursors: self.cursors.clone(),
            limit_bytes: None,
            have: Have { orphans: self.orphans.clone(), ..Have::default() },
            mutations,
            location: None,
            push_token: None,
        }
    }

    async fn send_limited(&mut self, mutations: Vec<Mutation>, limit: Option<u64>) -> Result<SyncReply, Refused> {
        let request = SyncRequest { limit_bytes: limit, ..self.request(mutations) };
        let reply = exchange(&self.world.db, &self.world.bounds, self.expert, request).await?;
        for patch in reply.patch.iter().filter(|patch| patch.kind == "ticket") {
            match &patch.change {
                Change::Put { doc, .. } => {
                    self.tickets.insert(patch.id.clone(), serde_json::from_value(doc.clone()).unwrap());
                }
                Change::Del { .. } => {
                    self.tickets.remove(&patch.id);
                }
            }
        }
        self.cursors.extend(reply.cursors.clone());
        Ok(reply)
    }

    pub(super) async fn taps(&mut self, intent: Intent, ticket: TicketId) -> MutationResult {
        let mutation = self.mutation(&intent, Some(ticket));
        let reply = self.send(vec![mutation]).await.unwrap();
        reply.acks[0].result.clone()
    }
}

fn complete() -> Intent {
    Intent::TicketComplete { outcome: Outcome::Fixed, summary: "Changed the fuse.".parse().unwrap() }
}

#[tokio::test]
async fn an_offer_arrives_and_the_work_comes_back() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana Núñez", "10003").await;
        let mut phone = Phone::of(&world, ana).await;
        phone.send(vec![]).await.unwrap();
        let ticket = world.ticket().await;
        world.round().await;
        phone.send(vec![]).await.unwrap();
        let doc = &phone.tickets[&ticket.to_string()];
        assert_eq!(doc.phase, Phase::Offered);
        assert_eq!(doc.site.address, ["350 5th Ave", "New York, NY 10001"]);
        let rings = (doc.contact.name.as_str(), doc.contact.phone.as_deref());
        assert_eq!(rings, ("Nora Ægir", Some("+12125550198")), "whoever is there, not whoever filed it");
        assert!(doc.why_you.as_ref().unwrap().contains("min away"), "{:?}", doc.why_you);
        for (intent, phase) in [
            (Intent::OfferAccept {}, Phase::Accepted),
            (Intent::TicketDepart {}, Phase::EnRoute),
            (Intent::TicketArrive {}, Phase::OnSite),
            (complete(), Phase::Completed),
        ] {
            assert_eq!(phone.taps(intent, ticket).await, MutationResult::Applied);
            assert_eq!(phone.tickets[&ticket.to_string()].phase, phase);
        }
        let end = phone.tickets[&ticket.to_string()].end.clone().unwrap();
        assert_eq!(end.summary.as_deref(), Some("Changed the fuse."));
    })
    .await;
}

#[tokio::test]
async fn a_follow_up_brings_what_was_done_before() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana Núñez", "10003").await;
        let mut phone = Phone::of(&world, ana).await;
        let first = world.ticket().await;
        world.round().await;
        phone.taps(complete(), first).await;
        assert_eq!(phone.tickets[&first.to_string()].earlier, None);
        let first = world.read(first).await;
        let second = world.file(|filing| filing.follows = Some(crate::tickets::Earlier::of(&first))).await;
        world.round().await;
        phone.send(vec![]).await.unwrap();
        let earlier = phone.tickets[&second.to_string()].earlier.clone().unwrap();
        assert_eq!((earlier.number, earlier.by_you), (first.number, true));
        assert_eq!(earlier.end.summary.as_deref(), Some("Changed the fuse."));
    })
    .await;
}

#[tokio::test]
async fn work_done_offline_comes_in_one_push_and_a_repeat_changes_nothing() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let mut phone = Phone::of(&world, ana).await;
        let ticket = world.ticket().await;
        world.round().await;
        let intents = [Intent::OfferAccept {}, Intent::TicketDepart {}, Intent::TicketArrive {}, complete()];
        let mut mutations: Vec<_> = intents.iter().map(|intent| phone.mutation(intent, Some(ticket))).collect();
        let note = Intent::NoteAdd { note: id(77), text: "The bell is weak.".parse().unwrap() };
        mutations.push(phone.mutation(&note, Some(ticket)));
        let first = phone.send(mutations.clone()).await.unwrap();
        assert!(first.acks.iter().all(|ack| ack.result == MutationResult::Applied), "{:?}", first.acks);
        assert_eq!(first.next_n, 6);
        let before = world.read(ticket).await;
        let again = phone.send(mutations).await.unwrap();
        assert!(again.acks.iter().all(|ack| ack.dup), "{:?}", again.acks);
        let results =
            |reply: &SyncReply| reply.acks.iter().map(|ack| (ack.n, ack.result.clone(), ack.ver)).collect::<Vec<_>>();
        assert_eq!(results(&first), results(&again), "the answers of then");
        assert_eq!(world.read(ticket).await, before);
    })
    .await;
}

#[tokio::test]
async fn a_gap_stops_and_a_number_used_twice_is_a_fork() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let mut phone = Phone::of(&world, ana).await;
        let seen = Intent::DutySet { on: true };
        let one = phone.mutation(&seen, None);
        let two = phone.mutation(&seen, None);
        let three = phone.mutation(&seen, None);
        let reply = phone.send(vec![one, three]).await.unwrap();
        assert_eq!((reply.stop, reply.next_n, reply.acks.len()), (Some(Stop::Gap), 2, 1));
        phone.send(vec![two]).await.unwrap();
        phone.n = 1;
        let other = Mutation { mid: id::<shared::ids::of::Mutation>(31).to_string(), ..phone.mutation(&seen, None) };
        assert!(matches!(phone.send(vec![other]).await, Err(Refused::Forked)));
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_read_is_kept_as_a_dead_letter_and_wedges_nothing() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let mut phone = Phone::of(&world, ana).await;
        let ticket = world.ticket().await;
        world.round().await;
        let mut strange = phone.mutation(&Intent::OfferAccept {}, Some(ticket));
        strange.kind = "ticket.explode".into();
        strange.args = json!({"a\u{0}b": "\u{0}"});
        strange.mid = "no id at all \u{0} \u{7}".into();
        let unknown = phone.mutation(&Intent::OfferAccept {}, Some(id(4_711)));
        let good = phone.mutation(&Intent::OfferAccept {}, Some(ticket));
        let all = vec![strange, unknown, good];
        let reply = phone.send(all.clone()).await.unwrap();
        let results: Vec<_> = reply.acks.iter().map(|ack| ack.result.clone()).collect();
        assert!(matches!(results[0], MutationResult::Rejected(_)), "{results:?}");
        assert_eq!(results[1..], [MutationResult::Recorded(Unused::UnknownTicket), MutationResult::Applied]);
        let letters = db.read(async |conn| store::dead_letters(conn, 10).await).await.unwrap();
        assert_eq!(letters.len(), 1);
        assert!(letters[0].body.contains("ticket.explode"));
        let again = phone.send(all).await.unwrap();
        assert!(again.acks.iter().all(|ack| ack.dup));
    })
    .await;
}

#[tokio::test]
async fn a_late_yes_is_granted_while_nobody_has_the_ticket() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let mut phone = Phone::of(&world, ana).await;
        let ticket = world.ticket().await;
        world.round().await;
        world.minutes_pass(6);
        // The sweep has not come by yet; then the ticket waits; both are late.
        assert_eq!(phone.taps(Intent::OfferAccept {}, ticket).await, MutationResult::Applied);
        assert_eq!(world.read(ticket).await.life.state.word(), "accepted");
        let lines = db.read(async move |conn| events::history(conn, ticket, 0, 20).await).await.unwrap();
        assert!(lines.iter().any(|line| matches!(line.event.fact, Fact::Accepted { late: true, .. })));
    })
    .await;
}

#[tokio::test]
async fn a_late_yes_and_work_on_a_ticket_that_another_has_are_recorded_and_told_to_the_desk() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let (ana, ben) = (world.expert("Ana", "10003").await, world.expert("Ben", "10463").await);
        let mut phone = Phone::of(&world, ana).await;
        let mut bens = Phone::of(&world, ben).await;
        let ticket = world.ticket().await;
        world.round().await;
        let late = phone.mutation(&Intent::OfferAccept {}, Some(ticket));
        world.minutes_pass(6);
        let (now, timing) = (world.now(), world.bounds.timing.clone());
        db.write(Lane::Work, async move |tx| {
            let mut book = crate::tickets::Book::open(tx, &[ticket], timing.clone()).await?;
            book.overdue(ticket, now).unwrap();
            book.save(tx).await?;
            crate::workforce::store::set_duty(tx, ana, false, now).await?;
            Ok::<_, Error>(())
        })
        .await
        .unwrap();
        world.round().await;
        assert_eq!(world.holder(ticket).await, Some(ben));
        assert_eq!(bens.taps(Intent::OfferAccept {}, ticket).await, MutationResult::Applied);
        let done = phone.mutation(&complete(), Some(ticket));
        let note =
            phone.mutation(&Intent::NoteAdd { note: id(78), text: "It was the fuse.".parse().unwrap() }, Some(ticket));
        let reply = phone.send(vec![late, done, note]).await.unwrap();
        let results: Vec<_> = reply.acks.iter().map(|ack| (ack.result.clone(), ack.late)).collect();
        let reassigned = MutationResult::Recorded(Unused::Reassigned);
        assert_eq!(results, [(reassigned.clone(), false), (reassigned, false), (MutationResult::Applied, true)]);
        let gone = reply.patch.iter().find(|patch| patch.id == ticket.to_string()).map(|patch| &patch.change);
        let told = Change::Del { why: Some("reassigned".into()), to: Some("Ben".into()) };
        assert_eq!(gone, Some(&told), "in the same answer");
        let life = world.read(ticket).await.life;
        assert_eq!(life.state.word(), "accepted", "Ben still has it");
        assert_eq!(life.needs_human.map(|flag| flag.reason), Some(HumanReason::DoneByOther));
    })
    .await;
}

#[tokio::test]
async fn a_declined_offer_leaves_the_phone_and_going_off_duty_moves_open_offers() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let (ana, ben) = (world.expert("Ana", "10003").await, world.expert("Ben", "10463").await);
        let (mut phone, mut bens) = (Phone::of(&world, ana).await, Phone::of(&world, ben).await);
        let ticket = world.ticket().await;
        world.round().await;
        phone.send(vec![]).await.unwrap();
        let decline = Intent::OfferDecline { reason: DeclineReason::Skill, skills: vec![] };
        assert_eq!(phone.taps(decline, ticket).await, MutationResult::Applied);
        assert!(phone.tickets.is_empty());
        world.round().await;
        bens.send(vec![]).await.unwrap();
        assert_eq!(bens.tickets.len(), 1);
        let off = bens.mutation(&Intent::DutySet { on: false }, None);
        bens.send(vec![off]).await.unwrap();
        assert!(bens.tickets.is_empty());
        assert_eq!(world.holder(ticket).await, None);
    })
    .await;
}

#[tokio::test]
async fn a_first_sync_comes_in_pages_and_its_digest_agrees() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let mut experts = Vec::new();
        for n in 0..3 {
            experts.push(world.expert(&format!("Expert {n}"), "10003").await);
        }
        let mut phone = Phone::of(&world, experts[0]).await;
        for _ in 0..9 {
            world.ticket().await;
            world.round().await;
        }
        let mut n_requests = 0;
        let digest = loop {
            let reply = phone.send_limited(vec![], Some(1)).await.unwrap();
            n_requests += 1;
            if !reply.more {
                break reply.digest.expect("the last page of a first sync carries it");
            }
        };
        let held = phone.tickets.len();
        assert!(held >= 1 && n_requests > held, "{held} tickets in {n_requests} requests");
        let theirs = &digest[&StreamName::U];
        assert_eq!(usize::try_from(theirs.count).unwrap(), held + 1, "and the expert himself");
        let stream = crate::feed::Stream::of_expert(experts[0]);
        let (device, inc) = (phone.device, phone.inc);
        phone.send(vec![]).await.unwrap();
        let acked = db.read(async move |conn| devices::acknowledged(conn, device, inc, &stream).await).await.unwrap();
        assert!(acked.is_some(), "the cursor of a finished pass is the receipt");
    })
    .await;
}

#[tokio::test]
async fn a_cursor_of_another_history_starts_anew() {
    both_engines(async |db: Database| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let mut phone = Phone::of(&world, ana).await;
        phone.send(vec![]).await.unwrap();
        db.write(Lane::Desk, async |tx| crate::db::meta::replace_epoch(tx, "e2").await).await.unwrap();
        let reply = phone.send(vec![]).await.unwrap();
        assert_eq!((reply.reset, reply.epoch.as_str()), (vec![StreamName::U], "e2"));
        assert_eq!(phone.send(vec![]).await.unwrap().reset, []);
    })
    .await;
}

#[tokio::test]
async fn who_reports_ill_gives_back_offers_and_visits_of_that_time_and_is_asked_no_more() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let mut phone = Phone::of(&world, ana).await;
        let ticket = world.ticket().await;
        world.round().await;
        assert_eq!(phone.taps(Intent::OfferAccept {}, ticket).await, MutationResult::Applied);
        let ben = world.expert("Ben", "10463").await;
        let ill = Intent::ExpertSick { until: world.now().plus_minutes(24 * 60) };
        let report = phone.mutation(&ill, None);
        let reply = phone.send(vec![report.clone()]).await.unwrap();
        assert_eq!(reply.acks[0].result, MutationResult::Applied);
        let doc = reply.patch.iter().find(|patch| patch.kind == "expert").map(|patch| patch.change.clone());
        let Some(Change::Put { doc, .. }) = doc else { panic!("the phone sees that he is away: {:?}", reply.patch) };
        assert_eq!(doc["away"].as_array().map(Vec::len), Some(1), "{doc}");
        let registry = crate::dispatch::jobs::register(
            crate::jobs::Registry::new(),
            &world.bounds,
            &crate::notify::samples::pages(),
        );
        crate::jobs::Runner::new(db.clone(), registry).drain().await.unwrap();
        assert_eq!(world.holder(ticket).await, Some(ben));
        // The same report again, and a second tap, add nothing.
        assert!(phone.send(vec![report]).await.unwrap().acks[0].dup);
        let again = phone.mutation(&ill, None);
        assert_eq!(phone.send(vec![again]).await.unwrap().acks[0].result, MutationResult::Noop);
        let too_long = Intent::ExpertSick { until: world.now().plus_minutes(60 * 24 * 60) };
        let too_long = phone.mutation(&too_long, None);
        let refused = phone.send(vec![too_long]).await.unwrap().acks[0].result.clone();
        assert!(matches!(refused, MutationResult::Rejected(_)), "{refused:?}");
        let now = world.now();
        let absences =
            db.read(async move |conn| crate::workforce::store::absences(conn, ana, now, 9).await).await.unwrap();
        assert_eq!(absences.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_phone_that_has_everything_up_to_a_forgotten_tombstone_is_not_sent_all_of_it_at_each_poll() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let mut phone = Phone::of(&world, ana).await;
        let ticket = world.ticket().await;
        world.round().await;
        world.act(ticket, shared::ticket::Move::Cancel { why: shared::ticket::CancelReason::Customer }).await.unwrap();
        let before = db.clock().real_now().plus_millis(1);
        db.write(Lane::Bulk, async move |tx| crate::feed::trim(tx, before, 100).await).await.unwrap();
        assert_eq!(phone.send(vec![]).await.unwrap().reset, [], "it had nothing");
        let again = phone.send(vec![]).await.unwrap();
        assert_eq!((again.reset, again.patch), (vec![], vec![]));
    })
    .await;
}

#[tokio::test]
async fn an_incarnation_that_a_restored_server_never_gave_is_taken_anew_and_another_experts_is_not() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let (ana, ben) = (world.expert("Ana", "10003").await, world.expert("Ben", "10463").await);
        let mut phone = Phone::of(&world, ana).await;
        phone.inc = 7;
        assert!(matches!(phone.send(vec![]).await, Err(Refused::Forked)));
        phone.expert = ben;
        assert!(matches!(phone.send(vec![]).await, Err(Refused::UnknownDevice)));
    })
    .await;
}

#[tokio::test]
async fn two_phones_with_the_same_nonsense_for_an_id_do_not_stand_in_each_others_way() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let (ana, ben) = (world.expert("Ana", "10003").await, world.expert("Ben", "10463").await);
        for expert in [ana, ben] {
            let mut phone = Phone::of(&world, expert).await;
            let mut strange = phone.mutation(&Intent::DutySet { on: true }, None);
            strange.mid = String::new();
            let reply = phone.send(vec![strange]).await.unwrap();
            assert!(matches!(reply.acks[0].result, MutationResult::Rejected(_)), "{reply:?}");
            assert_eq!((reply.stop, reply.next_n), (None, 2));
        }
    })
    .await;
}
