//! Notices on both engines: each is told once, on the right channel, and not when it is too late.

use super::outside::{Gateway, Message, Outside, Unsent};
use super::plan::{Channel, Past};
use super::samples::*;
use super::{NoticeState, still_to_say, store};
use crate::accounts::store::create_login;
use crate::accounts::{NewLogin, Person, Profile, codes};
use crate::customers::NotifyBy;
use crate::db::testing::both_engines;
use crate::db::{Database, Lane};
use crate::jobs::{self, Kind, NewJob};
use crate::reactions::About;
use crate::tickets::samples::id;
use crate::workforce::{self, ShiftDay, ShiftSpec};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use shared::ids::{ExpertId, NoticeId, TicketId};
use shared::ticket::{CancelReason, Move, WithdrawReason};
use std::sync::{Arc, Mutex};

fn ana() -> ExpertId {
    id(11)
}

/// Channel and state of everything that was told about a ticket, sorted.
async fn states(db: &Database, ticket: TicketId) -> Vec<(&'static str, Channel, NoticeState)> {
    let mut states: Vec<_> =
        told(db, ticket).await.iter().map(|notice| (notice.matter.word(), notice.channel, notice.state)).collect();
    states.sort_by_key(|(word, channel, _)| (*word, *channel));
    states
}

async fn tell_again(db: &Database, kind: Kind, ticket: TicketId, seq: i64) {
    let job = NewJob::new(kind, ticket, now(db)).keyed(seq).with_body(&About { seq });
    db.write(Lane::Work, async move |tx| jobs::enqueue(tx, std::slice::from_ref(&job)).await).await.unwrap();
}

#[tokio::test]
async fn an_offer_is_told_by_push_and_sms_once_though_its_job_runs_twice() {
    both_engines(async |db| {
        people(&db, NotifyBy::Sms, None).await;
        let ticket = file(&db, 1, true, false).await;
        moved(&db, ticket, vec![offer(&db, 21, ana(), 60)]).await;
        let outside = outside(&db);
        drain(&db, registry(&outside)).await;
        tell_again(&db, Kind::NotifyExpert, ticket, 2).await;
        drain(&db, registry(&outside)).await;
        let sent = sent(&db).await;
        let mut ways: Vec<_> = sent.iter().map(|sent| (sent.channel, sent.to.as_str())).collect();
        ways.sort_unstable();
        assert_eq!(ways, [(Channel::Push, ana().to_string().as_str()), (Channel::Sms, "+12125550211")]);
        assert!(sent.iter().all(|sent| sent.body.contains("10025 New York")), "{sent:?}");
    })
    .await;
}

#[tokio::test]
async fn a_customer_hears_of_the_visit_as_they_chose() {
    for (notify_by, email, expected) in [
        (NotifyBy::Sms, Some("mia@example.com"), Some(Channel::Sms)),
        (NotifyBy::Email, Some("mia@example.com"), Some(Channel::Email)),
        (NotifyBy::Email, None, Some(Channel::Sms)),
        (NotifyBy::Call, Some("mia@example.com"), None),
    ] {
        both_engines(async |db| {
            people(&db, notify_by, email).await;
            let ticket = file(&db, 1, true, false).await;
            let yes = Move::Accept { expert: ana(), late: None };
            moved(&db, ticket, vec![offer(&db, 21, ana(), 30), yes]).await;
            drain(&db, registry(&outside(&db))).await;
            let sent = sent(&db).await;
            let channels: Vec<_> =
                sent.iter().filter(|sent| sent.body.contains("Ana Ru")).map(|sent| sent.channel).collect();
            assert_eq!(channels, expected.into_iter().collect::<Vec<_>>(), "{notify_by:?}");
            let at = now(&db);
            let calls = db.read(async move |conn| store::calls(conn, at, 10).await).await.unwrap();
            assert_eq!(calls.len(), usize::from(expected.is_none()), "{notify_by:?}");
            assert!(calls.iter().all(|call| call.body.contains("+12125550100")));
        })
        .await;
    }
}

#[tokio::test]
async fn nothing_is_sent_about_what_passed_before_or_after_it_was_told() {
    both_engines(async |db| {
        people(&db, NotifyBy::Sms, None).await;
        let outside = outside(&db);
        // Withdrawn before anybody was told of the offer: nobody hears of it, and of its end only the app.
        let early = file(&db, 1, true, false).await;
        let withdraw = || Move::Withdraw { why: WithdrawReason::Staff };
        moved(&db, early, vec![offer(&db, 21, ana(), 60), withdraw()]).await;
        drain(&db, registry(&outside)).await;
        assert_eq!(states(&db, early).await, [("lost", Channel::Push, NoticeState::Sent)]);
        // Told, but withdrawn while the messages waited.
        let late = file(&db, 2, true, false).await;
        moved(&db, late, vec![offer(&db, 22, ana(), 60)]).await;
        let teller =
            super::jobs::register(jobs::Registry::new(), outside.clone(), &unbounded()).only(Kind::NotifyExpert);
        drain(&db, teller).await;
        moved(&db, late, vec![withdraw()]).await;
        drain(&db, registry(&outside)).await;
        let dropped = NoticeState::Dropped;
        let expected = [
            ("lost", Channel::Push, NoticeState::Sent),
            ("offer", Channel::Push, dropped),
            ("offer", Channel::Sms, dropped),
        ];
        assert_eq!(states(&db, late).await, expected);
        let why: Vec<_> = told(&db, late).await.into_iter().filter_map(|notice| notice.why).collect();
        assert_eq!(why, [Past::OfferGone.words(), Past::OfferGone.words()]);
    })
    .await;
}

#[tokio::test]
async fn a_night_passes_before_a_customer_hears_of_a_visit_in_the_afternoon() {
    both_engines(async |db| {
        people(&db, NotifyBy::Sms, None).await;
        let outside = outside(&db);
        let ticket = file(&db, 1, true, false).await;
        // It is 04:00 in New York; the visit is at 14:00.
        moved(&db, ticket, vec![offer(&db, 21, ana(), 600), Move::Accept { expert: ana(), late: None }]).await;
        drain(&db, registry(&outside)).await;
        let queued = ("accepted", Channel::Sms, NoticeState::Queued);
        assert!(states(&db, ticket).await.contains(&queued));
        db.clock().jump(4 * 60 * 60_000);
        drain(&db, registry(&outside)).await;
        let body = sent(&db).await.pop().unwrap().body;
        assert!(body.starts_with("Ana Ruiz will come on Mon 2 Mar, 14:00"), "{body}");
    })
    .await;
}

#[tokio::test]
async fn a_newer_call_overtakes_an_older_one_and_a_passed_one_is_not_made() {
    both_engines(async |db| {
        people(&db, NotifyBy::Call, None).await;
        let outside = outside(&db);
        let ticket = file(&db, 1, true, false).await;
        moved(&db, ticket, vec![offer(&db, 21, ana(), 30), Move::Accept { expert: ana(), late: None }]).await;
        drain(&db, registry(&outside)).await;
        moved(&db, ticket, vec![Move::Depart { expert: ana() }]).await;
        drain(&db, registry(&outside)).await;
        let at = now(&db);
        let calls = db.read(async move |conn| store::calls(conn, at, 10).await).await.unwrap();
        assert_eq!(calls.iter().map(|call| call.matter.word()).collect::<Vec<_>>(), ["departed"]);
        moved(&db, ticket, vec![Move::Arrive { expert: ana() }]).await;
        let call = calls[0].clone();
        let still = db.read(async move |conn| still_to_say(conn, &call, at, at).await).await.unwrap();
        assert_eq!(still, Err(Past::VisitMovedOn.words()));
    })
    .await;
}

#[tokio::test]
async fn an_expert_who_had_said_yes_is_told_not_to_go_and_a_second_loss_is_told_again() {
    both_engines(async |db| {
        people(&db, NotifyBy::Sms, None).await;
        let outside = outside(&db);
        let ticket = file(&db, 1, true, false).await;
        let yes = || Move::Accept { expert: ana(), late: None };
        let release = || Move::Release { why: shared::ticket::ReleaseReason::Staff };
        moved(&db, ticket, vec![offer(&db, 21, ana(), 60), yes(), release()]).await;
        drain(&db, registry(&outside)).await;
        moved(&db, ticket, vec![offer(&db, 22, ana(), 60), yes()]).await;
        moved(&db, ticket, vec![Move::Cancel { why: CancelReason::Customer }]).await;
        drain(&db, registry(&outside)).await;
        let texts: Vec<_> =
            sent(&db).await.into_iter().filter(|sent| sent.body.starts_with("Please do not go")).collect();
        assert_eq!(texts.len(), 2, "{texts:?}");
    })
    .await;
}

#[tokio::test]
async fn whoever_chose_another_time_hears_once_that_the_visit_is_taken_back_and_no_sorry() {
    both_engines(async |db| {
        people(&db, NotifyBy::Sms, None).await;
        let outside = outside(&db);
        db.clock().jump(6 * 60 * 60_000);
        let ticket = file(&db, 1, true, false).await;
        moved(&db, ticket, vec![offer(&db, 21, ana(), 90), Move::Accept { expert: ana(), late: None }]).await;
        drain(&db, registry(&outside)).await;
        let tomorrow = now(&db).plus_minutes(24 * 60);
        let windows = vec![shared::ticket::Window { from: tomorrow, until: tomorrow.plus_minutes(240) }];
        moved(&db, ticket, vec![Move::Reschedule { windows }]).await;
        drain(&db, registry(&outside)).await;
        db.clock().jump(6 * 60_000);
        drain(&db, registry(&outside)).await;
        let bodies: Vec<String> = sent(&db).await.into_iter().map(|sent| sent.body).collect();
        let taken_back = bodies.iter().filter(|body| body.starts_with("As you asked, your visit on Mon 2 Mar, 11:30"));
        assert_eq!(taken_back.count(), 1, "{bodies:?}");
        assert!(!bodies.iter().any(|body| body.contains("Sorry")), "{bodies:?}");
        assert_eq!(bodies.iter().filter(|body| body.starts_with("Please do not go")).count(), 1, "Ana is told");
    })
    .await;
}

#[tokio::test]
async fn a_visit_that_leaves_its_expert_is_told_once_with_the_new_time_or_that_of_the_next_news() {
    both_engines(async |db| {
        people(&db, NotifyBy::Sms, None).await;
        let outside = outside(&db);
        db.clock().jump(6 * 60 * 60_000);
        let yes = |expert| Move::Accept { expert, late: None };
        let release = || Move::Release { why: shared::ticket::ReleaseReason::Absent };
        let (found, open) = (file(&db, 1, true, false).await, file(&db, 2, true, false).await);
        for (ticket, number) in [(found, 21), (open, 22)] {
            moved(&db, ticket, vec![offer(&db, number, ana(), 90), yes(ana())]).await;
            drain(&db, registry(&outside)).await;
            moved(&db, ticket, vec![release()]).await;
            drain(&db, registry(&outside)).await;
        }
        moved(&db, found, vec![offer(&db, 23, id(12), 120), yes(id(12))]).await;
        db.clock().jump(6 * 60_000);
        drain(&db, registry(&outside)).await;
        let of = async |ticket| {
            let told = told(&db, ticket).await.into_iter();
            let mut sms: Vec<_> = told.filter(|told| told.audience == super::plan::Audience::Customer).collect();
            sms.sort_by_key(|notice| (notice.created_at, notice.matter.word()));
            sms.into_iter().map(|notice| (notice.matter.word(), notice.state)).collect::<Vec<_>>()
        };
        let (sent, dropped) = (NoticeState::Sent, NoticeState::Dropped);
        assert_eq!(of(found).await, [("accepted", sent), ("looking_again", dropped), ("accepted", sent)]);
        assert_eq!(of(open).await, [("accepted", sent), ("looking_again", sent)]);
        let body =
            told(&db, open).await.into_iter().find(|notice| notice.matter.word() == "looking_again").unwrap().body;
        assert!(body.starts_with("Sorry, your visit on Mon 2 Mar, 11:30 must move. News by 11:05."), "{body}");
    })
    .await;
}

#[tokio::test]
async fn admins_hear_of_danger_even_without_a_plan_and_of_what_nobody_looked_at() {
    both_engines(async |db| {
        people(&db, NotifyBy::Sms, None).await;
        let ticket = file(&db, 1, false, true).await;
        let safe = file(&db, 2, true, false).await;
        drain(&db, registry(&outside(&db))).await;
        let mails = sent(&db).await;
        assert_eq!(mails.len(), 1, "{mails:?}");
        assert_eq!((mails[0].channel, mails[0].to.as_str()), (Channel::Email, "ada@example.com"));
        assert!(mails[0].subject.as_ref().unwrap().starts_with("Danger reported"));
        assert!(mails[0].link.as_ref().unwrap().ends_with(&format!("/desk/tickets/{ticket}")));
        assert!(told(&db, safe).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn where_the_settings_name_whom_to_tell_they_hear_of_it_and_no_other_admin() {
    both_engines(async |db| {
        people(&db, NotifyBy::Sms, None).await;
        let ticket = file(&db, 1, true, true).await;
        let named = vec!["duty@example.com".parse().unwrap()];
        drain(&db, registry(&Outside { admins_to_tell: named, ..outside(&db) })).await;
        let mails = sent(&db).await.into_iter().filter(|sent| sent.channel == Channel::Email);
        assert_eq!(mails.map(|sent| sent.to).collect::<Vec<_>>(), ["duty@example.com"], "not Ada");
        assert!(told(&db, ticket).await.iter().any(|notice| notice.matter.word() == "danger"));
    })
    .await;
}

#[tokio::test]
async fn the_alarm_about_danger_goes_out_though_an_expert_is_asked_first() {
    both_engines(async |db| {
        people(&db, NotifyBy::Sms, None).await;
        let ticket = file(&db, 1, true, true).await;
        let yes = Move::Accept { expert: ana(), late: None };
        moved(&db, ticket, vec![offer(&db, 21, ana(), 60), yes]).await;
        drain(&db, registry(&outside(&db))).await;
        let danger = sent(&db).await.into_iter().filter(|sent| sent.to == "ada@example.com").count();
        assert_eq!(danger, 1, "a person hears of it whoever drives there");
    })
    .await;
}

#[tokio::test]
async fn whoever_did_not_ask_for_it_hears_that_their_ticket_was_closed_and_why() {
    both_engines(async |db| {
        people(&db, NotifyBy::Sms, None).await;
        let word = async |number: u64, why: CancelReason| {
            let ticket = file(&db, number, why != CancelReason::NoPlan, false).await;
            moved(&db, ticket, vec![Move::Cancel { why }]).await;
            drain(&db, registry(&outside(&db))).await;
            told(&db, ticket).await.into_iter().map(|notice| notice.body).collect::<Vec<_>>()
        };
        assert!(word(1, CancelReason::NoPlan).await[0].contains("no plan covers it"));
        assert!(word(2, CancelReason::Staff).await[0].contains("cancelled by our office"));
        assert_eq!(word(3, CancelReason::Customer).await, [""; 0], "it is no news");
    })
    .await;
}

/// This expert works from nine to five on every day.
async fn by_day(db: &Database, expert: ExpertId) {
    let hours = |weekday: u8| {
        let spec = ShiftSpec { day: ShiftDay::Weekly(weekday), start_minute: 540, end_minute: 1_020, on_call: false };
        spec.with_id(id(3_000 + u64::from(weekday)))
    };
    let rows: Vec<_> = (1..=7).map(hours).collect();
    let write = db.write(Lane::Desk, async move |tx| {
        let now = tx.real_now();
        workforce::store::replace_shifts(tx, expert, &rows, now).await
    });
    write.await.unwrap();
}

#[tokio::test]
async fn nothing_rings_at_night_for_a_visit_that_is_lost_tomorrow_and_at_once_for_one_that_is_near() {
    both_engines(async |db| {
        people(&db, NotifyBy::Sms, None).await;
        by_day(&db, ana()).await;
        let lost_at = async |number: u64, minutes: i64| {
            let ticket = file(&db, number, true, false).await;
            let yes = Move::Accept { expert: ana(), late: None };
            moved(&db, ticket, vec![offer(&db, 20 + number, ana(), minutes), yes]).await;
            moved(&db, ticket, vec![Move::Cancel { why: CancelReason::Customer }]).await;
            drain(&db, registry(&outside(&db))).await;
            let lost: Vec<_> =
                told(&db, ticket).await.into_iter().filter(|notice| notice.matter.word() == "lost").collect();
            assert!(!lost.is_empty());
            lost[0].due_at.minutes_since(now(&db))
        };
        let zone: shared::time::Zone = "America/New_York".parse().unwrap();
        let local = zone.local(now(&db));
        let until_nine = (9 * 60 - i64::from(local.minute)).rem_euclid(1_440);
        assert!(!(9 * 60..17 * 60).contains(&local.minute), "the stories begin at night: {}", local.minute);
        assert_eq!(lost_at(1, until_nine + 300).await, until_nine, "when the shift begins");
        assert_eq!(lost_at(2, 70).await, 0, "he would leave in less than an hour");
    })
    .await;
}

#[tokio::test]
async fn a_channel_that_is_off_fails_where_everybody_can_see_it() {
    both_engines(async |db| {
        people(&db, NotifyBy::Sms, None).await;
        let mut outside = outside(&db);
        outside.sms = Err("SMS is off");
        let ticket = file(&db, 1, true, false).await;
        moved(&db, ticket, vec![offer(&db, 21, ana(), 60)]).await;
        drain(&db, registry(&outside)).await;
        let failed = db.read(async |conn| store::failed(conn, None, 10).await).await.unwrap();
        let seen: Vec<_> = failed.iter().map(|notice| (notice.channel, notice.why.as_deref())).collect();
        assert_eq!(seen, [(Channel::Sms, Some("SMS is off"))]);
        assert_eq!(sent(&db).await.len(), 1, "push still works");
    })
    .await;
}

/// A provider that takes the message and loses its answer, once.
#[derive(Default)]
struct Forgetful {
    taken: Mutex<Vec<NoticeId>>,
}

impl Gateway for Forgetful {
    fn send(&self, message: Message) -> BoxFuture<'_, Result<String, Unsent>> {
        self.taken.lock().unwrap().push(message.notice);
        async { Err(Unsent::Unknown { why: "the connection broke".into() }) }.boxed()
    }

    fn look_up(&self, message: Message) -> BoxFuture<'_, Result<Option<String>, Unsent>> {
        let is_there = self.taken.lock().unwrap().contains(&message.notice);
        async move { Ok(is_there.then(|| "SM1".to_owned())) }.boxed()
    }
}

#[tokio::test]
async fn a_message_whose_answer_was_lost_is_looked_up_and_not_sent_twice() {
    both_engines(async |db| {
        people(&db, NotifyBy::Sms, None).await;
        let provider = Arc::new(Forgetful::default());
        let mut outside = outside(&db);
        outside.sms = Ok(provider.clone());
        let ticket = file(&db, 1, true, false).await;
        moved(&db, ticket, vec![offer(&db, 21, ana(), 60)]).await;
        for _ in 0..3 {
            drain(&db, registry(&outside)).await;
            // Past the wait before a retry; the offer is still open.
            db.clock().advance(30_000);
        }
        let sms: Vec<_> = states(&db, ticket).await.into_iter().filter(|state| state.1 == Channel::Sms).collect();
        assert_eq!(sms, [("offer", Channel::Sms, NoticeState::Sent)]);
        assert_eq!(provider.taken.lock().unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_code_is_in_its_message_and_nowhere_else() {
    both_engines(async |db| {
        let login = id(77);
        let write = db.write(Lane::Desk, async move |tx| {
            let profile =
                Profile { name: "Ana".parse().unwrap(), locale: "en".into(), zone: "America/Denver".parse().unwrap() };
            let phone = Some("+12125550211".parse().unwrap());
            let (person, now) = (Person::Expert(id(11)), tx.real_now());
            let new = NewLogin { id: login, person, profile, email: None, phone, password: None, now };
            create_login(tx, new).await?.expect("nobody has her number");
            codes::request(tx, login, codes::CodeChannel::Sms, now).await
        });
        write.await.unwrap();
        let outside = outside(&db);
        drain(&db, registry(&outside)).await;
        let message = sent(&db).await.pop().expect("the code was sent");
        let digits: String = message.body.chars().filter(char::is_ascii_digit).take(6).collect();
        let notice = message.notice;
        let notice = db.read(async move |conn| store::get(conn, notice).await).await.unwrap().unwrap();
        assert_eq!((notice.state, notice.body.contains(&digits[..3])), (NoticeState::Sent, false));
        let links = outside.pages.links.clone();
        let redeemed = db.write(Lane::Desk, async move |tx| {
            let (links, digits) = (links.clone(), digits.clone());
            let now = tx.real_now();
            codes::redeem(tx, login, now, move |code| links.code_digest(code, &digits)).await
        });
        assert!(redeemed.await.unwrap(), "the digits of the message open the door");
    })
    .await;
}
