//! Who hears what, and what is too late to say.

use super::*;
use shared::chance::Seeded;
use shared::ids::Id;
use shared::ticket::{NeedsHuman, Outcome};

const NOW: Timestamp = Timestamp::EPOCH;

fn id<Of>(seed: u64) -> Id<Of> {
    Id::new(NOW, &Seeded::new(seed))
}

fn visit(start_minutes: i64) -> VisitPlan {
    VisitPlan { start_at: NOW.plus_minutes(start_minutes), travel_minutes: 20, work_minutes: 60 }
}

fn life(state: State) -> Life {
    Life { state, needs_human: None, deadline_at: None, n_offers: 1, n_shut_out: 0, first: None }
}

fn offered(offer: u64) -> Life {
    life(State::Offered { offer: id(offer), expert: id(1), expires_at: NOW.plus_minutes(5), visit: visit(60) })
}

fn accepted(expert: u64) -> Life {
    life(State::Accepted { expert: id(expert), visit: visit(60), reminded: false })
}

fn en_route(expert: u64) -> Life {
    life(State::EnRoute { expert: id(expert), visit: visit(60), departed_at: NOW })
}

fn on_site(expert: u64) -> Life {
    life(State::OnSite { expert: id(expert), visit: visit(60), arrived_at: NOW })
}

fn flagged(reason: HumanReason) -> Life {
    let flag = NeedsHuman { reason, since: NOW, n_escalations: 1 };
    Life { needs_human: Some(flag), ..life(State::Waiting) }
}

#[test]
fn nothing_is_said_about_a_state_that_has_passed() {
    let offer = Matter::Offer { offer: id(9), expires_at: NOW.plus_minutes(5) };
    let said_yes = Matter::Accepted { expert: id(1), visit: visit(60) };
    let departed = Matter::Departed { expert: id(1), departed_at: NOW };
    let reminder = Matter::Reminder { expert: id(1) };
    let lost = Matter::Lost { expert: id(1), had_accepted: true };
    let done = || life(State::Completed { at: NOW, expert: Some(id(1)), outcome: Outcome::Fixed });
    let nobody = HumanReason::NoCandidate;
    let escalated = Matter::Escalated { reason: nobody, since: NOW, n: 1 };
    for (matter, life, past) in [
        (&offer, offered(9), None),
        (&offer, offered(8), Some(Past::OfferGone)),
        (&offer, accepted(1), Some(Past::OfferGone)),
        (&said_yes, accepted(1), None),
        (&said_yes, accepted(2), Some(Past::VisitMovedOn)),
        (&said_yes, en_route(1), Some(Past::VisitMovedOn)),
        (&departed, en_route(1), None),
        (&departed, en_route(2), Some(Past::VisitMovedOn)),
        (&departed, on_site(1), Some(Past::VisitMovedOn)),
        (&departed, done(), Some(Past::VisitMovedOn)),
        (&reminder, accepted(1), None),
        (&reminder, en_route(1), Some(Past::VisitMovedOn)),
        (&lost, life(State::Waiting), None),
        (&lost, accepted(2), None),
        (&lost, offered(9), Some(Past::HasItAgain)),
        (&escalated, flagged(nobody), None),
        (&escalated, flagged(HumanReason::Danger), Some(Past::Settled)),
        (&escalated, accepted(1), Some(Past::Settled)),
        (&Matter::Danger {}, flagged(HumanReason::Danger), None),
        (&Matter::Danger {}, accepted(1), Some(Past::Settled)),
        (&Matter::Survey { survey: id(5) }, done(), None),
    ] {
        assert_eq!(matter.past(Some(&life), NOW, NOW), past, "{matter:?} of {life:?}");
    }
}

#[test]
fn an_offer_is_not_rung_from_its_expiry_instant_on() {
    let expires_at = NOW.plus_minutes(5);
    let offer = Matter::Offer { offer: id(9), expires_at };
    assert_eq!(offer.past(Some(&offered(9)), expires_at.plus_millis(-1), NOW), None);
    assert_eq!(offer.past(Some(&offered(9)), expires_at, NOW), Some(Past::OfferGone));
}

#[test]
fn a_code_ends_by_the_real_clock() {
    let code = Matter::SignInCode { code: Uuid::nil(), expires_at: NOW.plus_minutes(10) };
    assert_eq!(code.past(None, NOW.plus_minutes(1_000), NOW.plus_minutes(9)), None);
    assert_eq!(code.past(None, NOW, NOW.plus_minutes(10)), Some(Past::Expired));
}

fn mia(notify_by: NotifyBy, email: Option<&str>) -> CustomerContact {
    CustomerContact {
        name: "Mia Chen".into(),
        email: email.map(|email| email.parse().unwrap()),
        phone: "+12125550100".parse().unwrap(),
        takes_sms: true,
        notify_by,
        language: Language::English,
        zone: "America/New_York".parse().unwrap(),
    }
}

#[test]
fn a_customer_is_told_by_the_way_they_chose() {
    let mail = Some("mia@example.com");
    let (sms, email) = (Channel::Sms, Channel::Email);
    for (contact, told, asked) in [
        (mia(NotifyBy::Sms, mail), sms, Some(email)),
        (mia(NotifyBy::Sms, None), sms, Some(sms)),
        (mia(NotifyBy::Email, mail), email, Some(email)),
        (mia(NotifyBy::Email, None), sms, Some(sms)),
        (mia(NotifyBy::Call, mail), Channel::Call, Some(email)),
        (mia(NotifyBy::Call, None), Channel::Call, None),
    ] {
        assert_eq!(contact.way().0, told, "{contact:?}");
        assert_eq!(contact.survey_way().map(|way| way.0), asked, "{contact:?}");
    }
}

#[test]
fn a_number_that_takes_no_sms_is_written_to_by_mail_or_rung_and_a_failed_way_has_at_most_one_beside_it() {
    let mail = Some("mia@example.com");
    let landline = |notify_by, email| CustomerContact { takes_sms: false, ..mia(notify_by, email) };
    assert_eq!(landline(NotifyBy::Sms, mail).way().0, Channel::Email);
    assert_eq!(landline(NotifyBy::Sms, None).way().0, Channel::Call);
    assert_eq!(landline(NotifyBy::Email, None).way().0, Channel::Call);
    assert_eq!(landline(NotifyBy::Sms, None).survey_way(), None);
    let other = |contact: &CustomerContact, failed| contact.other_way(failed).map(|way| way.0);
    let both = mia(NotifyBy::Sms, mail);
    assert_eq!(other(&both, Channel::Sms), Some(Channel::Email));
    assert_eq!(other(&both, Channel::Email), Some(Channel::Sms));
    assert_eq!(other(&mia(NotifyBy::Sms, None), Channel::Sms), None);
    assert_eq!(other(&landline(NotifyBy::Email, mail), Channel::Email), None);
}

#[test]
fn an_expert_is_rung_twice_for_what_he_must_not_miss() {
    let ana = ExpertContact {
        id: id(1),
        name: "Ana Ruiz".into(),
        phone: "+12125550101".parse().unwrap(),
        takes_sms: true,
        language: Language::English,
        zone: Zone::utc(),
        sms: SmsRule::Always,
    };
    let channels = |matter: &Matter| ana.ways(matter).into_iter().map(|way| way.0).collect::<Vec<_>>();
    let both = [Channel::Push, Channel::Sms];
    assert_eq!(channels(&Matter::Offer { offer: id(9), expires_at: NOW }), both);
    assert_eq!(channels(&Matter::Lost { expert: id(1), had_accepted: true }), both);
    assert_eq!(channels(&Matter::Lost { expert: id(1), had_accepted: false }), [Channel::Push]);
    let stopped = ExpertContact { takes_sms: false, ..ana.clone() };
    assert_eq!(stopped.ways(&Matter::Reminder { expert: id(1) }).len(), 1, "he asked us to stop");
    let patient = ExpertContact { sms: SmsRule::IfUnheard, ..ana.clone() };
    let first = |matter: &Matter| patient.ways(matter).into_iter().map(|way| way.0).collect::<Vec<_>>();
    assert_eq!(first(&Matter::Offer { offer: id(9), expires_at: NOW }), [Channel::Push], "the SMS waits");
    assert_eq!(first(&Matter::Lost { expert: id(1), had_accepted: true }), both);
}

#[test]
fn nobody_is_woken_for_what_can_wait() {
    let zone: Zone = "America/New_York".parse().unwrap();
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let survey = Matter::Survey { survey: id(5) };
    for (now, due) in [
        ("2026-03-03T20:59:00-05:00", "2026-03-03T20:59:00-05:00"),
        ("2026-03-03T21:00:00-05:00", "2026-03-04T08:00:00-05:00"),
        ("2026-03-04T07:59:00-05:00", "2026-03-04T08:00:00-05:00"),
        ("2026-03-04T08:00:00-05:00", "2026-03-04T08:00:00-05:00"),
        // The night in which the clocks change is an hour shorter.
        ("2026-03-07T22:00:00-05:00", "2026-03-08T08:00:00-04:00"),
    ] {
        assert_eq!(due_at(&survey, true, &zone, at(now)), at(due), "{now}");
    }
    let night = at("2026-03-03T22:00:00-05:00");
    let told = |urgent: bool, start: &str| {
        let visit = VisitPlan { start_at: at(start), travel_minutes: 20, work_minutes: 60 };
        due_at(&Matter::Accepted { expert: id(1), visit }, urgent, &zone, night)
    };
    assert_eq!(told(false, "2026-03-04T10:00:00-05:00"), at("2026-03-04T08:00:00-05:00"));
    assert_eq!(told(true, "2026-03-04T10:00:00-05:00"), night);
    assert_eq!(told(false, "2026-03-03T23:00:00-05:00"), night, "somebody would be at the door before the message");
    let departed = Matter::Departed { expert: id(1), departed_at: night };
    assert_eq!(due_at(&departed, false, &zone, night), night);
}

#[test]
fn what_failed_in_the_evening_is_not_tried_again_at_night() {
    let zone: Zone = "America/New_York".parse().unwrap();
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let looking = |start: &str| Matter::LookingAgain { start_at: at(start), news_at: NOW, as_asked: false };
    let (day, night) = (at("2026-03-03T20:58:00-05:00"), at("2026-03-03T21:00:00-05:00"));
    let (morning, noon) = (at("2026-03-04T08:00:00-05:00"), "2026-03-04T12:00:00-05:00");
    assert_eq!(not_before(&looking(noon), false, &zone, day), day, "the minutes of waiting are not added again");
    assert_eq!(not_before(&looking(noon), false, &zone, night), morning);
    assert_eq!(not_before(&looking(noon), true, &zone, night), night);
    assert_eq!(not_before(&looking("2026-03-03T22:00:00-05:00"), false, &zone, night), night);
    assert_eq!(not_before(&Matter::Survey { survey: id(5) }, false, &zone, night), morning);
    let departed = Matter::Departed { expert: id(1), departed_at: night };
    assert_eq!(not_before(&departed, false, &zone, night), night);
}

#[test]
fn offers_go_before_who_is_on_the_way_and_questions_last() {
    let offer = rank(&Matter::Offer { offer: id(9), expires_at: NOW });
    let departed = rank(&Matter::Departed { expert: id(1), departed_at: NOW });
    assert!(offer < departed && departed < rank(&Matter::Survey { survey: id(5) }));
}

#[test]
fn a_matter_survives_its_table() {
    for matter in [
        Matter::Offer { offer: id(9), expires_at: NOW },
        Matter::Escalated { reason: HumanReason::CannotFix { why: shared::ticket::CannotFix::Part }, since: NOW, n: 2 },
        Matter::Danger {},
    ] {
        let json = serde_json::to_value(&matter).unwrap();
        assert_eq!(json["kind"], matter.word());
        assert_eq!(serde_json::from_value::<Matter>(json).unwrap(), matter);
    }
}
