//! What becomes of a message that its first way does not take: the other way, by day, and then a person; on both engines.

use super::outside::{Gateway, Message, Unsent};
use super::plan::{Audience, Channel};
use super::samples::*;
use super::store::no_sms::{self, NoSms};
use super::{Notice, NoticeState, store};
use crate::customers::NotifyBy;
use crate::db::testing::both_engines;
use crate::db::{Database, Error, Lane};
use crate::tickets::samples::id;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use shared::ids::{ExpertId, TicketId};
use shared::ticket::{CancelReason, HoldReason, Move, Timing};
use std::sync::{Arc, Mutex};

const MINUTE: u64 = 60_000;

/// A provider that answers in one way only.
struct Refuses {
    with: Unsent,
    n_asked: Mutex<usize>,
}

impl Refuses {
    fn with(with: Unsent) -> Arc<Self> {
        Arc::new(Self { with, n_asked: Mutex::default() })
    }

    fn n_asked(&self) -> usize {
        *self.n_asked.lock().unwrap()
    }
}

impl Gateway for Refuses {
    fn send(&self, _: Message) -> BoxFuture<'_, Result<String, Unsent>> {
        *self.n_asked.lock().unwrap() += 1;
        let with = self.with.clone();
        async move { Err(with) }.boxed()
    }

    fn look_up(&self, _: Message) -> BoxFuture<'_, Result<Option<String>, Unsent>> {
        async { Ok(None) }.boxed()
    }
}

fn never(why: &str) -> Unsent {
    Unsent::Never { why: why.to_owned() }
}

fn later() -> Unsent {
    Unsent::Later { after: None, why: "503: down".to_owned() }
}

fn ana() -> ExpertId {
    id(11)
}

/// What the customer was told of a ticket: matter, channel, state.
async fn customers(db: &Database, ticket: TicketId) -> Vec<(&'static str, Channel, NoticeState)> {
    let told = told(db, ticket).await.into_iter().filter(|notice| notice.audience == Audience::Customer);
    let mut told: Vec<_> = told.map(|notice| (notice.matter.word(), notice.channel, notice.state)).collect();
    told.sort_by_key(|(word, channel, _)| (*word, *channel));
    told
}

async fn undelivered(db: &Database) -> Vec<Notice> {
    db.read(async |conn| store::undelivered(conn, 10).await).await.unwrap()
}

async fn accepted(db: &Database, number: u64, minutes: i64) -> TicketId {
    let ticket = file(db, number, true, false).await;
    moved(db, ticket, vec![offer(db, 20 + number, ana(), minutes), Move::Accept { expert: ana(), late: None }]).await;
    ticket
}

#[tokio::test]
async fn a_mail_about_a_visit_that_does_not_leave_goes_by_sms_within_minutes_and_else_to_a_person() {
    both_engines(async |db| {
        people(&db, NotifyBy::Email, Some("mia@example.com")).await;
        db.clock().jump(6 * 60 * MINUTE);
        let mut outside = outside(&db);
        outside.mail = Ok(Refuses::with(later()));
        let ticket = accepted(&db, 1, 90).await;
        for _ in 0..16 {
            drain(&db, registry(&outside)).await;
            db.clock().advance(MINUTE);
        }
        drain(&db, registry(&outside)).await;
        let (failed, sent) = (NoticeState::Failed, NoticeState::Sent);
        let both = [("accepted", Channel::Sms, sent), ("accepted", Channel::Email, failed)];
        assert_eq!(customers(&db, ticket).await, both);
        assert_eq!(undelivered(&db).await, [], "it arrived by the other way");
        outside.sms = Ok(Refuses::with(never("21211: no such number")));
        let other = accepted(&db, 2, 90).await;
        for _ in 0..17 {
            drain(&db, registry(&outside)).await;
            db.clock().advance(MINUTE);
        }
        let neither = [("accepted", Channel::Sms, failed), ("accepted", Channel::Email, failed)];
        assert_eq!(customers(&db, other).await, neither, "there and back once, not for ever");
        let left = undelivered(&db).await;
        let left: Vec<_> = left.iter().map(|notice| (notice.audience, notice.channel, notice.ticket)).collect();
        assert!(left.contains(&(Audience::Customer, Channel::Sms, Some(other))), "{left:?}");
    })
    .await;
}

#[tokio::test]
async fn every_kind_of_news_has_its_second_way() {
    both_engines(async |db| {
        people(&db, NotifyBy::Sms, Some("mia@example.com")).await;
        db.clock().jump(6 * 60 * MINUTE);
        let mut outside = outside(&db);
        outside.sms = Ok(Refuses::with(never("30003: the phone is off")));
        let moved_away = accepted(&db, 1, 240).await;
        drain(&db, registry(&outside)).await;
        moved(&db, moved_away, vec![Move::Release { why: shared::ticket::ReleaseReason::Absent }]).await;
        drain(&db, registry(&outside)).await;
        db.clock().advance(6 * MINUTE);
        drain(&db, registry(&outside)).await;
        let by_mail: Vec<_> =
            customers(&db, moved_away).await.into_iter().filter(|one| one.1 == Channel::Email).collect();
        assert_eq!(
            by_mail,
            [("accepted", Channel::Email, NoticeState::Sent), ("looking_again", Channel::Email, NoticeState::Sent)]
        );
        let held = accepted(&db, 2, 30).await;
        let until = now(&db).plus_minutes(24 * 60);
        let cannot =
            Move::CannotFix { expert: ana(), why: shared::ticket::CannotFix::NoAccess, part: None, until: Some(until) };
        moved(&db, held, vec![Move::Depart { expert: ana() }, Move::Arrive { expert: ana() }, cannot]).await;
        drain(&db, registry(&outside)).await;
        let told = customers(&db, held).await;
        assert!(told.contains(&("held", Channel::Email, NoticeState::Sent)), "{told:?} {:?}", HoldReason::NoAccess);
    })
    .await;
}

#[tokio::test]
async fn what_could_not_leave_in_the_evening_waits_for_the_morning_with_fresh_patience() {
    both_engines(async |db| {
        people(&db, NotifyBy::Sms, None).await;
        // From 04:00 to 20:58 in New York; the visit is tomorrow at noon.
        db.clock().jump((16 * 60 + 58) * MINUTE);
        let down = Refuses::with(later());
        let mut outside = outside(&db);
        let well = outside.sms.clone();
        outside.sms = Ok(down.clone());
        let ticket = accepted(&db, 1, 15 * 60 + 2).await;
        drain(&db, registry(&outside)).await;
        let asked_by_day = down.n_asked();
        for _ in 0..4 {
            db.clock().advance(MINUTE);
            drain(&db, registry(&outside)).await;
        }
        let asked = down.n_asked();
        db.clock().advance(3 * 60 * MINUTE);
        outside.sms = well;
        drain(&db, registry(&outside)).await;
        assert!(asked_by_day >= 1 && asked >= asked_by_day);
        assert_eq!(customers(&db, ticket).await, [("accepted", Channel::Sms, NoticeState::Queued)], "nobody is woken");
        db.clock().advance(8 * 60 * MINUTE);
        drain(&db, registry(&outside)).await;
        assert_eq!(customers(&db, ticket).await, [("accepted", Channel::Sms, NoticeState::Sent)]);
    })
    .await;
}

#[tokio::test]
async fn a_number_that_asked_us_to_stop_gets_nothing_more_and_is_written_to_or_rung() {
    both_engines(async |db| {
        people(&db, NotifyBy::Sms, None).await;
        db.clock().jump(6 * 60 * MINUTE);
        let stopped = Refuses::with(never("21610: the number asked us to stop"));
        let mut outside = outside(&db);
        outside.sms = Ok(stopped.clone());
        accepted(&db, 1, 90).await;
        drain(&db, registry(&outside)).await;
        let mia = "+12125550100".parse().unwrap();
        let known = db.read(async move |conn| no_sms::why(conn, &mia).await).await.unwrap();
        assert_eq!(known, Some(NoSms::Stop), "the provider said so");
        let asked = stopped.n_asked();
        let second = accepted(&db, 2, 90).await;
        drain(&db, registry(&outside)).await;
        let told = customers(&db, second).await;
        assert_eq!(told, [("accepted", Channel::Call, NoticeState::Queued)], "a person rings");
        assert_eq!(stopped.n_asked(), asked, "nobody of them is asked again");
        let write = db.write(Lane::Work, async move |tx| {
            let mia = "+12125550100".parse().unwrap();
            no_sms::start(tx, &mia).await?;
            no_sms::stop(tx, &mia, NoSms::Landline).await?;
            no_sms::stop(tx, &mia, NoSms::Stop).await?;
            no_sms::stop(tx, &mia, NoSms::Landline).await?;
            Ok::<_, Error>((no_sms::why(tx, &mia).await?, no_sms::count(tx).await?))
        });
        let (why, count) = write.await.unwrap();
        assert!(why == Some(NoSms::Stop) && count == 1, "a wish is stronger than the network: {why:?} {count}");
    })
    .await;
}

#[tokio::test]
async fn whoever_buys_no_plan_in_time_hears_by_day_that_the_ticket_is_closed_and_nobody_else_does() {
    both_engines(async |db| {
        people(&db, NotifyBy::Sms, Some("mia@example.com")).await;
        let mut outside = outside(&db);
        let timing = Timing::default();
        let (late, left) = (file(&db, 1, false, false).await, file(&db, 2, true, false).await);
        moved(&db, left, vec![Move::Cancel { why: CancelReason::Customer }]).await;
        let wait = u64::try_from(timing.no_plan_minutes).unwrap() * MINUTE;
        // The first time a person is asked, the second time it is closed: at four in the morning.
        for _ in 0..2 {
            db.clock().jump(wait);
            crate::tickets::jobs::answer_deadlines(&db, &timing).await.unwrap();
            drain(&db, registry(&outside)).await;
        }
        assert_eq!(customers(&db, late).await, [("closed", Channel::Sms, NoticeState::Queued)], "Mia sleeps");
        outside.sms = Ok(Refuses::with(never("30003: the phone is off")));
        db.clock().jump(5 * 60 * MINUTE);
        drain(&db, registry(&outside)).await;
        let told = [("closed", Channel::Sms, NoticeState::Failed), ("closed", Channel::Email, NoticeState::Sent)];
        assert_eq!(customers(&db, late).await, told);
        let mail = sent(&db).await.pop().unwrap();
        assert!(mail.body.contains("nothing was charged") && mail.link.unwrap().contains("/track/"), "{}", mail.body);
        assert_eq!(customers(&db, left).await, [], "who cancelled it knows");
    })
    .await;
}
