//! What may happen between a phone and the server, one fault at a time, and requests as released apps wrote them.

use super::{Phone, complete};
use crate::accounts::devices;
use crate::db::Lane;
use crate::db::testing::both_engines;
use crate::dispatch::world::{SKILL, World, id};
use crate::events;
use crate::feed;
use crate::sync::{exchange, jobs};
use crate::tickets::jobs::{ARCHIVE_DAYS, archive_ended};
use crate::workforce;
use crate::workforce::store::samples::a_skill;
use shared::event::Actor;
use shared::intent::Intent;
use shared::sync::{Change, Have, MadeAt, Mutation, MutationResult, Pull, StreamName, SyncRequest, Unused};
use shared::ticket::{CancelReason, Move, Phase, ReleaseReason, VisitPlan};

/// Every kind of mutation as release 0.1.0 of the app writes it.
const REQUEST_0_1_0: &str = include_str!("../fixtures/request-0.1.0.json");

#[tokio::test]
async fn a_request_that_comes_twice_at_once_has_one_effect() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let mut phone = Phone::of(&world, ana).await;
        let ticket = world.ticket().await;
        world.round().await;
        let note = Intent::NoteAdd { note: id(77), text: "Ring twice".parse().unwrap() };
        let mutations: Vec<_> =
            [Intent::OfferAccept {}, note].iter().map(|intent| phone.mutation(intent, Some(ticket))).collect();
        let request = phone.request(mutations);
        let (one, two) = tokio::join!(
            exchange(&db, &world.bounds, ana, request.clone()),
            exchange(&db, &world.bounds, ana, request.clone()),
        );
        let (one, two) = (one.unwrap(), two.unwrap());
        let n_dup = one.acks.iter().chain(&two.acks).filter(|ack| ack.dup).count();
        assert_eq!((one.acks.len(), two.acks.len(), n_dup), (2, 2, 2), "one of them did it, the other heard of it");
        for (first, second) in one.acks.iter().zip(&two.acks) {
            assert_eq!((&first.result, first.ver), (&second.result, second.ver));
        }
        let after = world.read(ticket).await;
        assert_eq!(after.life.state.phase(), Some(Phase::Accepted));
        phone.send(vec![]).await.unwrap();
        assert_eq!(phone.tickets[&ticket.to_string()].notes.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_ticket_that_went_and_came_back_while_offline_is_one_put_and_work_on_it_counts() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let mut phone = Phone::of(&world, ana).await;
        let ticket = world.ticket().await;
        world.round().await;
        phone.taps(Intent::OfferAccept {}, ticket).await;
        world.act(ticket, Move::Release { why: ReleaseReason::Changed }).await.unwrap();
        world.round().await;
        let reply = phone.send(vec![]).await.unwrap();
        let about: Vec<_> = reply.patch.iter().filter(|patch| patch.id == ticket.to_string()).collect();
        assert_eq!(about.len(), 1, "{about:?}");
        assert!(matches!(about[0].change, Change::Put { .. }), "{about:?}");
        assert_eq!(phone.taps(Intent::TicketDepart {}, ticket).await, MutationResult::Applied);
    })
    .await;
}

#[tokio::test]
async fn a_yes_is_judged_by_a_rule_changed_a_moment_ago_and_so_is_setting_out_for_what_is_only_offered() {
    for yes in [Intent::OfferAccept {}, Intent::TicketDepart {}] {
        both_engines(async |db| {
            let world = World::new(&db).await;
            let ana = world.expert("Ana", "10003").await;
            let mut phone = Phone::of(&world, ana).await;
            let ticket = world.ticket().await;
            world.round().await;
            assert_eq!(world.holder(ticket).await, Some(ana));
            let now = world.now();
            let off = db.write(Lane::Desk, async move |tx| {
                let off = workforce::Skill { active: false, ..a_skill(SKILL, "tv") };
                workforce::store::put_skill(tx, &off, now).await
            });
            assert!(off.await.unwrap(), "and no job has carried it through yet");
            assert_ne!(phone.taps(yes.clone(), ticket).await, MutationResult::Applied, "{yes:?}");
            assert_eq!(world.holder(ticket).await, None, "{yes:?}");
        })
        .await;
    }
}

#[tokio::test]
async fn pushes_go_where_the_phone_says_by_its_next_sync_and_what_can_be_no_address_is_left_alone() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let phone = Phone::of(&world, ana).await;
        let goes_to = async || {
            let reach = db.read(async move |conn| devices::reach(conn, ana).await).await.unwrap();
            reach.into_iter().map(|target| target.push_token).collect::<Vec<_>>()
        };
        for (said, goes) in
            [(Some("first"), "first"), (Some("second"), "second"), (None, "second"), (Some(""), "second")]
        {
            let push_token = said.map(str::to_owned);
            let request = SyncRequest { push_token, ..phone.request(vec![]) };
            exchange(&db, &world.bounds, ana, request).await.unwrap();
            assert_eq!(goes_to().await, [goes], "{said:?}");
        }
        // Another expert signs in on the same installation.
        let ben = world.expert("Ben", "10003").await;
        let bens = Phone::of(&world, ben).await;
        let request = SyncRequest { push_token: Some("second".to_owned()), ..bens.request(vec![]) };
        exchange(&db, &world.bounds, ben, request).await.unwrap();
        assert_eq!(goes_to().await, [""; 0], "what is for her does not ring on his screen");
    })
    .await;
}

#[tokio::test]
async fn a_ticket_that_moved_names_who_has_it_and_keeps_the_note_that_came_late() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let mut phone = Phone::of(&world, ana).await;
        let ticket = world.ticket().await;
        world.round().await;
        phone.taps(Intent::OfferAccept {}, ticket).await;
        let ben = world.expert("Bén Öztürk", "10003").await;
        world.act(ticket, Move::Release { why: ReleaseReason::Staff }).await.unwrap();
        let visit = VisitPlan { start_at: world.now().plus_minutes(60), travel_minutes: 20, work_minutes: 30 };
        let offer = Move::Offer { offer: id(901), expert: ben, visit, decision: None };
        world.act(ticket, offer).await.unwrap();
        let note = Intent::NoteAdd { note: id(78), text: "Ring twice".parse().unwrap() };
        let note = phone.mutation(&note, Some(ticket));
        let reply = phone.send(vec![note]).await.unwrap();
        assert_eq!((&reply.acks[0].result, reply.acks[0].late), (&MutationResult::Applied, true));
        let gone = reply.patch.iter().find(|patch| patch.id == ticket.to_string()).unwrap();
        let to = Some("Bén Öztürk".to_owned());
        assert_eq!(gone.change, Change::Del { why: Some("reassigned".into()), to });
        let mut bens = Phone::of(&world, ben).await;
        bens.send(vec![]).await.unwrap();
        assert_eq!(bens.tickets[&ticket.to_string()].notes.len(), 1, "whoever has it reads it");
    })
    .await;
}

#[tokio::test]
async fn a_digest_comes_at_the_end_of_the_first_pass_and_when_a_phone_asks() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let mut phone = Phone::of(&world, ana).await;
        world.ticket().await;
        world.round().await;
        let first = phone.send(vec![]).await.unwrap();
        assert!(first.digest.is_some());
        assert!(phone.send(vec![]).await.unwrap().digest.is_none(), "not with every poll");
        let have = Have { asks_digest: true, ..Have::default() };
        let asked = SyncRequest { have, ..phone.request(vec![]) };
        let again = exchange(&db, &world.bounds, ana, asked).await.unwrap();
        assert!(again.patch.is_empty(), "nothing has changed");
        assert_eq!(again.digest, first.digest);
    })
    .await;
}

#[tokio::test]
async fn arriving_at_a_ticket_that_was_called_off_is_recorded_and_the_phone_hears_why() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let mut phone = Phone::of(&world, ana).await;
        let ticket = world.ticket().await;
        world.round().await;
        phone.taps(Intent::OfferAccept {}, ticket).await;
        world.act(ticket, Move::Cancel { why: CancelReason::Customer }).await.unwrap();
        let result = phone.taps(Intent::TicketArrive {}, ticket).await;
        assert_eq!(result, MutationResult::Recorded(Unused::Cancelled));
        assert_eq!(phone.tickets[&ticket.to_string()].phase, Phase::Cancelled, "it shows that nobody drives there");
    })
    .await;
}

#[tokio::test]
async fn two_devices_of_one_expert_say_yes_once() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let (mut phone, mut tablet) = (Phone::of(&world, ana).await, Phone::of(&world, ana).await);
        let ticket = world.ticket().await;
        world.round().await;
        assert_eq!(phone.taps(Intent::OfferAccept {}, ticket).await, MutationResult::Applied);
        assert_eq!(tablet.taps(Intent::OfferAccept {}, ticket).await, MutationResult::Noop);
        assert_eq!(tablet.tickets[&ticket.to_string()].phase, Phase::Accepted);
    })
    .await;
}

#[tokio::test]
async fn an_app_that_is_too_old_is_heard_and_told_to_update() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let mut phone = Phone::of(&world, ana).await;
        let ticket = world.ticket().await;
        world.round().await;
        let mutation = phone.mutation(&complete(), Some(ticket));
        let request = SyncRequest { proto: 0, ..phone.request(vec![mutation]) };
        let reply = exchange(&db, &world.bounds, ana, request).await.unwrap();
        assert_eq!(reply.pull, Pull::Upgrade);
        assert_eq!(reply.acks[0].result, MutationResult::Applied, "its work is taken");
        assert!(reply.patch.is_empty() && reply.cursors.is_empty() && reply.reset.is_empty(), "and its place stays");
    })
    .await;
}

#[tokio::test]
async fn a_ticket_leaves_the_phone_ninety_days_after_its_end_and_nothing_else_does() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let mut phone = Phone::of(&world, ana).await;
        let ticket = world.ticket().await;
        world.round().await;
        phone.taps(complete(), ticket).await;
        let timing = &world.bounds.timing;
        world.minutes_pass(u64::try_from(ARCHIVE_DAYS * 1_440 - 1).unwrap());
        archive_ended(&db, timing).await.unwrap();
        phone.send(vec![]).await.unwrap();
        assert!(phone.tickets.contains_key(&ticket.to_string()), "a minute before");
        world.minutes_pass(2);
        archive_ended(&db, timing).await.unwrap();
        let reply = phone.send(vec![]).await.unwrap();
        let gone = reply.patch.iter().find(|patch| patch.id == ticket.to_string()).unwrap();
        assert_eq!(gone.change, Change::Del { why: Some("archived".into()), to: None });
        assert_eq!(world.read(ticket).await.life.state.phase(), Some(Phase::Completed), "it is still here");
        archive_ended(&db, timing).await.unwrap();
        assert!(phone.send(vec![]).await.unwrap().patch.is_empty(), "once");
    })
    .await;
}

#[tokio::test]
async fn a_phone_that_comes_back_after_120_days_begins_anew_and_all_its_work_counts_or_is_kept() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let (ana, ben) = (world.expert("Ana", "10003").await, world.expert("Ben", "10463").await);
        let (mut away, mut here) = (Phone::of(&world, ana).await, Phone::of(&world, ana).await);
        let (his, moved) = (world.ticket().await, world.ticket().await);
        let visit = |in_hours: i64| VisitPlan {
            start_at: world.now().plus_minutes(in_hours * 60),
            travel_minutes: 20,
            work_minutes: 30,
        };
        for (number, ticket) in [(901, his), (902, moved)] {
            let offer = Move::Offer { offer: id(number), expert: ana, visit: visit(1), decision: None };
            world.act(ticket, offer).await.unwrap();
            world.act(ticket, Move::Accept { expert: ana, late: None }).await.unwrap();
        }
        away.send(vec![]).await.unwrap();
        assert_eq!(away.tickets.len(), 2);
        world.act(moved, Move::Release { why: ReleaseReason::Staff }).await.unwrap();
        let offer = Move::Offer { offer: id(903), expert: ben, visit: visit(2), decision: None };
        world.act(moved, offer).await.unwrap();
        world.act(moved, Move::Accept { expert: ben, late: None }).await.unwrap();
        here.send(vec![]).await.unwrap();
        let day = 24 * 60;
        world.minutes_pass(120 * day);
        let before = db.clock().real_now().plus_minutes(-jobs::TOMBSTONE_DAYS * 24 * 60);
        let n_gone = db.write(Lane::Bulk, async move |tx| feed::trim(tx, before, 100).await).await.unwrap();
        assert!(n_gone > 0, "nobody can be told any more that it moved");
        let note = |number, text: &str| Intent::NoteAdd { note: id(number), text: text.parse().unwrap() };
        let work = [(note(81, "Ring twice"), his), (complete(), his), (note(82, "A fuse"), moved), (complete(), moved)];
        let work: Vec<_> = work.iter().map(|(intent, ticket)| away.mutation(intent, Some(*ticket))).collect();
        let reply = away.send(work).await.unwrap();
        let answers: Vec<_> = reply.acks.iter().map(|ack| (ack.result.clone(), ack.late)).collect();
        let (applied, reassigned) = (MutationResult::Applied, MutationResult::Recorded(Unused::Reassigned));
        assert_eq!(answers, [(applied.clone(), false), (applied.clone(), false), (applied, true), (reassigned, false)]);
        assert_eq!(reply.reset, [StreamName::U]);
        assert!(reply.patch.iter().all(|patch| patch.id != moved.to_string()), "{:?}", reply.patch);
        assert_eq!(away.tickets[&his.to_string()].phase, Phase::Completed);
        assert_eq!(away.send(vec![]).await.unwrap().reset, [], "once");
        assert_eq!(here.send(vec![]).await.unwrap().reset, [], "who heard of it in time goes on where he was");
    })
    .await;
}

#[tokio::test]
async fn a_phones_clock_that_is_days_off_and_runs_back_decides_nothing() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let mut phone = Phone::of(&world, ana).await;
        let ticket = world.ticket().await;
        world.round().await;
        let acts = [Intent::OfferAccept {}, Intent::TicketDepart {}, Intent::TicketArrive {}, complete()];
        let mut work = Vec::new();
        for (act, minutes_off) in acts.iter().zip([2 * 1_440, -180, -40 * 1_440, 1]) {
            let mutation = phone.mutation(act, Some(ticket));
            let t = MadeAt { wall: world.now().plus_minutes(minutes_off), ..mutation.t.clone() };
            work.push(Mutation { t, ..mutation });
        }
        let reply = phone.send(work).await.unwrap();
        assert!(reply.acks.iter().all(|ack| ack.result == MutationResult::Applied), "{:?}", reply.acks);
        let doc = &phone.tickets[&ticket.to_string()];
        assert_eq!((doc.phase, doc.end.as_ref().map(|end| end.at)), (Phase::Completed, Some(world.now())));
        let lines = db.read(async move |conn| events::history(conn, ticket, 0, 100).await).await.unwrap();
        let his: Vec<_> = lines.iter().filter(|line| matches!(line.actor, Actor::Expert(_))).collect();
        assert!(his.len() >= 4 && his.iter().all(|line| line.at == world.now()), "{his:?}");
    })
    .await;
}

#[tokio::test]
async fn a_request_of_release_0_1_0_is_taken_for_ever() {
    both_engines(async |db| {
        let world = World::new(&db).await;
        let ana = world.expert("Ana", "10003").await;
        let phone = Phone::of(&world, ana).await;
        let (ticket, other) = (world.ticket().await, world.ticket().await);
        world.round().await;
        let text = REQUEST_0_1_0.replace("{device}", &phone.device().to_string());
        let text = text.replace("{ticket}", &ticket.to_string()).replace("{other}", &other.to_string());
        let request: SyncRequest = serde_json::from_str(&text).unwrap();
        let kinds: std::collections::BTreeSet<&str> = request.mutations.iter().map(|one| one.kind.as_str()).collect();
        assert_eq!(kinds.len(), 14, "{kinds:?}");
        let reply = exchange(&db, &world.bounds, ana, request.clone()).await.unwrap();
        assert_eq!((reply.stop, reply.acks.len()), (None, request.mutations.len()));
        for (sent, ack) in request.mutations.iter().zip(&reply.acks) {
            assert!(!matches!(ack.result, MutationResult::Rejected(_)), "{}: {:?}", sent.kind, ack.result);
        }
        let applied = |kind: &str| {
            let at = request.mutations.iter().position(|one| one.kind == kind).unwrap();
            reply.acks[at].result == MutationResult::Applied
        };
        for kind in ["offer.accept", "ticket.depart", "ticket.arrive", "note.add", "photo.add", "ticket.complete"] {
            assert!(applied(kind), "{kind}");
        }
        let (device, inc) = (request.device, request.inc);
        let row = db.read(async move |conn| devices::get(conn, device, inc).await).await.unwrap().unwrap();
        assert_eq!(row.last_n, i64::try_from(request.mutations.len()).unwrap());
        // Sent again, as after a lost reply.
        let again = exchange(&db, &world.bounds, ana, request).await.unwrap();
        assert!(again.acks.iter().all(|ack| ack.dup));
        let _ = Lane::Sync;
    })
    .await;
}
