//! Tickets on both engines: what is written is read back, and every change is whole.

use super::super::samples::{filing, id};
use super::super::{Book, NewNote, Ticket, begin, check, jobs};
use super::*;
use crate::db::testing::{START_MS, both_engines};
use crate::db::{Database, Error, Lane};
use crate::events;
use crate::feed::{self, Op, Stream};
use shared::event::{Actor, Fact};
use shared::ids::{ExpertId, TicketId};
use shared::offer::{DeclineReason, OfferState};
use shared::ticket::{CancelReason, HumanReason, Move, Outcome, Refusal, State, Timing, VisitPlan};
use shared::time::Timestamp;

const NOW: i64 = START_MS;

fn now() -> Timestamp {
    Timestamp::from_millis(NOW)
}

fn visit() -> VisitPlan {
    VisitPlan { start_at: now().plus_minutes(60), travel_minutes: 20, work_minutes: 60 }
}

async fn file(db: &Database, number: u64) -> TicketId {
    let begun = begin(filing(number), now(), &Timing::default());
    let id = begun.0.id;
    let tickets = vec![begun];
    let written = db.write(Lane::Intake, async move |tx| insert(tx, &tickets).await).await.unwrap();
    assert!(written.contains(&id));
    id
}

async fn make(db: &Database, ticket: TicketId, moves: Vec<Move>, at: Timestamp) -> Result<(), Refusal> {
    db.write(Lane::Work, async move |tx| {
        let mut book = Book::open(tx, &[ticket], Timing::default()).await?;
        for to_do in &moves {
            if let Err(refusal) = book.make(ticket, to_do.clone(), Actor::Server, at) {
                return Ok::<_, Error>(Err(refusal));
            }
        }
        book.save(tx).await?;
        Ok(Ok(()))
    })
    .await
    .unwrap()
}

fn offer(number: u64, expert: ExpertId) -> Move {
    Move::Offer { offer: id(number), expert, visit: visit(), decision: None }
}

async fn read(db: &Database, ticket: TicketId) -> Ticket {
    db.read(async move |conn| get(conn, ticket).await).await.unwrap().expect("it was filed")
}

async fn states(db: &Database, ticket: TicketId) -> Vec<OfferState> {
    let offers = db.read(async move |conn| offers_of(conn, ticket, 10).await).await.unwrap();
    offers.into_iter().map(|offer| offer.state).collect()
}

async fn op_in_stream(db: &Database, expert: ExpertId) -> Vec<Op> {
    let stream = Stream::of_expert(expert);
    let page = db.read(async move |conn| feed::page(conn, &stream, 0, 10).await).await.unwrap();
    page.into_iter().map(|change| change.op).collect()
}

#[tokio::test]
async fn a_ticket_is_read_back_whole_and_a_taken_number_is_not_written() {
    both_engines(async |db| {
        let ticket = file(&db, 1).await;
        let (expected, _) = begin(filing(1), now(), &Timing::default());
        assert_eq!(read(&db, ticket).await, expected);
        let (mut other, lines) = begin(filing(2), now(), &Timing::default());
        other.number = expected.number;
        let both = vec![(other, lines), begin(filing(3), now(), &Timing::default())];
        let written = db.write(Lane::Intake, async move |tx| insert(tx, &both).await).await.unwrap();
        assert_eq!(written.into_iter().collect::<Vec<_>>(), [id(3)], "the other looks for another number");
        let ledger = db.read(async |conn| check::ledger(conn, now()).await).await.unwrap();
        assert_eq!((ledger.receipts, ledger.open), (2, 2));
        assert!(ledger.balances());
    })
    .await;
}

#[tokio::test]
async fn an_offer_moves_through_streams_and_its_end_is_kept() {
    both_engines(async |db| {
        let (ana, ben) = (id(11), id(12));
        let ticket = file(&db, 1).await;
        make(&db, ticket, vec![offer(21, ana)], now()).await.unwrap();
        assert_eq!(op_in_stream(&db, ana).await, [Op::Put]);
        let decline = Move::Decline { expert: ana, reason: DeclineReason::TooFar };
        make(&db, ticket, vec![decline], now().plus_minutes(1)).await.unwrap();
        assert_eq!(op_in_stream(&db, ana).await, [Op::Del]);
        let at = now().plus_minutes(2);
        make(&db, ticket, vec![offer(22, ben), Move::Accept { expert: ben, late: None }], at).await.unwrap();
        assert_eq!(op_in_stream(&db, ben).await, [Op::Put]);
        let declined_at = now().plus_minutes(1);
        let ended = OfferState::Declined { at: declined_at, reason: DeclineReason::TooFar };
        assert_eq!(states(&db, ticket).await, [OfferState::Accepted { at }, ended]);
        let declined = db.read(async move |conn| declined(conn, &[ticket]).await).await.unwrap();
        assert_eq!(declined[&ticket].iter().copied().collect::<Vec<_>>(), [ana]);
        let held = db.read(async move |conn| held_by(conn, &[ben], 10).await).await.unwrap();
        assert_eq!(held.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_completed_ticket_stays_on_its_experts_phone_and_a_cancelled_offer_does_not() {
    both_engines(async |db| {
        let ana = id(11);
        let (done, called_off) = (file(&db, 1).await, file(&db, 2).await);
        let complete =
            Move::Complete { expert: ana, outcome: Outcome::Fixed, summary: "New fuse — 3 A.".parse().unwrap() };
        make(&db, done, vec![offer(21, ana), complete], now()).await.unwrap();
        let cancel = Move::Cancel { why: CancelReason::Customer };
        make(&db, called_off, vec![offer(22, ana)], now()).await.unwrap();
        make(&db, called_off, vec![cancel], now()).await.unwrap();
        let stream = Stream::of_expert(ana);
        let page = db.read(async move |conn| feed::page(conn, &stream, 0, 10).await).await.unwrap();
        let ops: Vec<_> = page.iter().map(|change| (change.entity.id.clone(), change.op)).collect();
        assert_eq!(ops, [(done.to_string(), Op::Put), (called_off.to_string(), Op::Del)]);
        assert_eq!(read(&db, done).await.summary.unwrap().as_str(), "New fuse — 3 A.");
        assert_eq!(states(&db, called_off).await, [OfferState::Withdrawn { at: now() }]);
        let facts = db.read(async move |conn| events::history(conn, done, 0, 20).await).await.unwrap();
        let words: Vec<_> = facts.iter().map(|line| (line.event.fact.word(), line.event.skipped)).collect();
        let skipped = [("accepted", true), ("departed", true), ("arrived", true), ("completed", false)];
        assert_eq!(words[2..], skipped);
        let ledger = db.read(async |conn| check::ledger(conn, now()).await).await.unwrap();
        assert!(ledger.balances());
        assert_eq!((ledger.completed, ledger.cancelled), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn a_late_yes_counts_for_the_lapsed_offer() {
    both_engines(async |db| {
        let ana = id(11);
        let ticket = file(&db, 1).await;
        make(&db, ticket, vec![offer(21, ana)], now()).await.unwrap();
        db.clock().advance(6 * 60_000);
        jobs::answer_deadlines(&db, &Timing::default()).await.unwrap();
        assert_eq!(read(&db, ticket).await.life.state, State::Waiting);
        let at = now().plus_minutes(7);
        make(&db, ticket, vec![Move::Accept { expert: ana, late: Some(visit()) }], at).await.unwrap();
        assert_eq!(states(&db, ticket).await, [OfferState::Accepted { at }]);
        assert_eq!(op_in_stream(&db, ana).await, [Op::Put]);
    })
    .await;
}

#[tokio::test]
async fn a_note_is_kept_once_and_the_phone_hears_of_it() {
    both_engines(async |db| {
        let ana = id(11);
        let ticket = file(&db, 1).await;
        make(&db, ticket, vec![offer(21, ana)], now()).await.unwrap();
        let before = read(&db, ticket).await;
        for _ in 0..2 {
            db.write(Lane::Sync, async move |tx| {
                let known = known_notes(tx, &[id(31)]).await?;
                let mut book = Book::open(tx, &[ticket], Timing::default()).await?;
                if !known.contains(&id(31)) {
                    book.note(NewNote {
                        id: id(31),
                        ticket,
                        author: Actor::Expert(ana),
                        author_name: "Ana Núñez".into(),
                        text: "Ring twice,\nthe bell is weak".parse().unwrap(),
                        late: false,
                        at: now(),
                    });
                }
                book.save(tx).await
            })
            .await
            .unwrap();
        }
        let notes = db.read(async move |conn| notes(conn, &[ticket], 10).await).await.unwrap();
        assert_eq!(notes.len(), 1);
        assert_eq!(notes[0].text, "Ring twice,\nthe bell is weak");
        assert_eq!(read(&db, ticket).await.ver, before.ver + 1);
    })
    .await;
}

#[tokio::test]
async fn every_deadline_is_answered_until_a_person_is_asked_and_asked_again() {
    both_engines(async |db| {
        let ticket = file(&db, 1).await;
        let timing = Timing::default();
        db.clock().jump(11 * 60_000);
        jobs::answer_deadlines(&db, &timing).await.unwrap();
        let asked = read(&db, ticket).await.life;
        assert_eq!(asked.needs_human.as_ref().map(|flag| flag.reason), Some(HumanReason::NoCandidate));
        let inbox = db.read(async |conn| inbox(conn, 10).await).await.unwrap();
        assert_eq!(inbox.len(), 1);
        for n in 1..=3 {
            db.clock().jump(31 * 60_000);
            jobs::answer_deadlines(&db, &timing).await.unwrap();
            let escalated = read(&db, ticket).await.life.needs_human.map(|flag| flag.n_escalations);
            assert_eq!(escalated, Some(n));
        }
    })
    .await;
}

#[tokio::test]
async fn a_ticket_without_a_deadline_is_found_and_given_back_to_somebody() {
    both_engines(async |db| {
        let (lost, mangled) = (file(&db, 1).await, file(&db, 2).await);
        db.write(Lane::Work, async move |tx| {
            for (ticket, life) in [
                (lost, Some(r#"{"state":{"state":"waiting"},"needs_human":null,"deadline_at":null,"n_offers":0}"#)),
                (mangled, None),
            ] {
                let sql = "update ticket set deadline_at = null, life = coalesce($2, life) where id = $1";
                let query = sqlx::query(sql).bind(ticket.to_string()).bind(life.map(ToString::to_string));
                query.execute(tx.sql()).await?;
            }
            Ok::<_, Error>(())
        })
        .await
        .unwrap();
        let unowned = async || db.read(async |conn| check::ledger(conn, now()).await).await.unwrap().unowned;
        assert_eq!(unowned().await, 2);
        jobs::mend_ledger(&db, &Timing::default()).await.unwrap();
        assert_eq!(unowned().await, 0);
        assert_eq!(read(&db, lost).await.life.fault(), None);
        let facts = db.read(async move |conn| events::history(conn, lost, 1, 9).await).await.unwrap();
        assert!(matches!(facts[0].event.fact, Fact::NeedsHuman { .. }));
    })
    .await;
}
