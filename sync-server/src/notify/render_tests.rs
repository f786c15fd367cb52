//! What messages say: by whose clock, how long, and whom to ring.

use super::super::plan::NotifyBy;
use super::*;
use shared::chance::Seeded;
use shared::ids::Id;
use shared::texts::Language;
use shared::ticket::HumanReason;

const APP: &str = "https://help.example.com/app/ticket/7KM-Q2D-9XA";
const LINK: &str = "https://help.example.com/track/AZmj8HwefSqLEV9uenCcDQAAAAAAAAAAAAAAAAAAAAA";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn about(title: &str) -> About {
    let number = TicketNumber::from_hash([1, 2, 3, 4, 5]);
    About { number, title: title.into(), place: "10025 New York".into(), n_together: 1 }
}

fn mia() -> CustomerContact {
    CustomerContact {
        name: "Mia Chen".into(),
        email: None,
        phone: "+12125550100".parse().unwrap(),
        takes_sms: true,
        notify_by: NotifyBy::Sms,
        language: Language::English,
        zone: "America/New_York".parse().unwrap(),
    }
}

fn visit() -> VisitPlan {
    VisitPlan { start_at: at("2026-03-03T19:20:00Z"), travel_minutes: 20, work_minutes: 60 }
}

fn sms(expert_name: &str, departed_at: Option<Timestamp>, now: &str) -> String {
    let facts = Coming { expert_name, visit: visit(), departed_at, later: false, link: LINK };
    coming(facts, &about("No picture"), &mia(), Channel::Sms, at(now)).body
}

#[test]
fn a_customer_hears_who_comes_and_when_by_their_own_clock() {
    let later = sms("Ana Ruiz", None, "2026-03-03T15:00:00Z");
    assert!(later.starts_with("Ana Ruiz will come on Tue 3 Mar, 14:20"), "{later}");
    assert!(later.ends_with(LINK), "{later}");
    let at_once = sms("Ana Ruiz", None, "2026-03-03T18:58:00Z");
    assert!(at_once.starts_with("Ana Ruiz is on the way, arriving Tue 3 Mar, 14:20"), "{at_once}");
}

#[test]
fn after_a_departure_the_arrival_is_what_the_way_takes() {
    let left = at("2026-03-03T19:10:00Z");
    let text = sms("Ana Ruiz", Some(left), "2026-03-03T19:10:01Z");
    assert!(text.contains("arriving Tue 3 Mar, 14:30"), "{text}");
}

#[test]
fn an_sms_stays_one_message_with_long_and_foreign_names() {
    let ana = ExpertContact {
        id: Id::new(Timestamp::EPOCH, &Seeded::new(1)),
        name: "Ana".into(),
        phone: "+12125550101".parse().unwrap(),
        takes_sms: true,
        language: Language::English,
        zone: "America/New_York".parse().unwrap(),
        sms: crate::workforce::SmsRule::Always,
    };
    let long = about("The “big” television in the łiving room shows no picture at all since the storm of last night");
    let offer = Matter::Offer { offer: Id::new(Timestamp::EPOCH, &Seeded::new(2)), expires_at: visit().start_at };
    let words = to_expert(&offer, &long, Some(visit()), &ana, Channel::Sms, APP).unwrap();
    let size = gsm::measure(&words.body);
    assert!(size.is_gsm && size.n_parts == 1, "{size:?}: {}", words.body);
    let several = About { n_together: 12, ..long.clone() };
    let words = to_expert(&offer, &several, Some(visit()), &ana, Channel::Sms, APP).unwrap();
    let size = gsm::measure(&words.body);
    assert!(size.is_gsm && size.n_parts == 1, "{size:?}: {}", words.body);
    assert!(words.body.starts_with("12 new tickets at one address"), "{}", words.body);
    let expert = Id::new(Timestamp::EPOCH, &Seeded::new(1));
    for matter in [Matter::Reminder { expert }, Matter::Unheard { expert, start_at: visit().start_at }, offer.clone()] {
        for language in [Language::English, Language::German] {
            let contact = ExpertContact { language, ..ana.clone() };
            let words = to_expert(&matter, &long, Some(visit()), &contact, Channel::Sms, APP).unwrap();
            let size = gsm::measure(&words.body);
            assert!(size.is_gsm && size.n_parts == 1, "{size:?}: {}", words.body);
            assert!(words.body.contains(APP), "{}", words.body);
        }
    }
    let named = sms("Wolfeschlegelsteinhausenbergerdorff-Łukaszewska", None, "2026-03-03T15:00:00Z");
    let size = gsm::measure(&named);
    assert!(size.is_gsm && size.n_parts == 1, "{size:?}: {named}");
    let push = to_expert(&offer, &long, Some(visit()), &ana, Channel::Push, APP).unwrap();
    assert!(push.body.contains(&long.title) && push.subject.is_some());
}

#[test]
fn a_sentence_to_say_names_whom_to_ring() {
    let facts = Coming { expert_name: "Ana Ruiz", visit: visit(), departed_at: None, later: false, link: LINK };
    let now = at("2026-03-03T15:00:00Z");
    let words = coming(facts, &about("No picture"), &mia(), Channel::Call, now);
    assert!(words.body.contains("ring Mia Chen at +12125550100") && words.link.is_none(), "{}", words.body);
    let words = not_working(Some("Still dark."), &about("No picture"), &mia());
    assert!(words.body.contains("Still dark.") && words.body.contains("+12125550100"), "{}", words.body);
}

#[test]
fn an_admin_hears_why_and_since_when() {
    let since = at("2026-03-03T15:00:00Z");
    let matter = Matter::Escalated { reason: HumanReason::NoCandidate, since, n: 2 };
    let words = to_admin(&matter, &about("No picture"), Language::English, &Zone::utc(), LINK).unwrap();
    assert!(words.body.contains("since Tue 3 Mar, 15:00") && words.body.contains("reminder number 2"));
    assert!(words.body.contains("No expert fits"));
    assert_eq!(
        to_admin(
            &Matter::Reminder { expert: Id::new(since, &Seeded::new(1)) },
            &about("x"),
            Language::English,
            &Zone::utc(),
            ""
        ),
        None
    );
    let german = to_admin(&matter, &about("No picture"), Language::German, &Zone::utc(), LINK).unwrap();
    assert!(german.body.contains("seit Di 3. März, 15:00") && german.body.contains("Keine Fachkraft passt"));
}

#[test]
fn a_code_is_read_out_in_threes() {
    let until = at("2026-03-03T15:10:00Z");
    let words = code("481516", until, Language::English, &Zone::utc(), Channel::Sms, &Beside::Nothing);
    assert!(words.body.starts_with("481 516 is your") && words.body.contains("until 15:10"), "{}", words.body);
    for language in [Language::English, Language::German] {
        let app = Beside::App("https://help.example.com/app".to_owned());
        let words = code("481516", until, language, &Zone::utc(), Channel::Sms, &app);
        assert!(words.body.ends_with("https://help.example.com/app"), "{}", words.body);
        let size = gsm::measure(&words.body);
        assert!(size.is_gsm && size.n_parts == 1, "{size:?}: {}", words.body);
    }
}

#[test]
fn a_mail_with_a_link_has_it_on_a_line_of_its_own_and_the_code_beside_it() {
    let (until, link) = (at("2026-03-03T15:10:00Z"), "https://help.example.com/sign-in/link/AZmj8HwefSqLEV9uenCcDQ");
    for language in [Language::English, Language::German] {
        let words = [Beside::SignIn(link.to_owned()), Beside::Reset(link.to_owned())]
            .map(|beside| code("481516", until, language, &Zone::utc(), Channel::Email, &beside));
        for words in &words {
            assert_eq!(words.link.as_deref(), Some(link));
            assert!(words.body.lines().any(|line| line.trim() == link), "{}", words.body);
            assert!(words.body.contains("481 516") && words.body.contains("15:10"), "{}", words.body);
            let subject = words.subject.as_deref().unwrap_or_default();
            assert!(!subject.is_empty() && !subject.contains("481"), "a subject is read on locked phones: {subject}");
        }
        assert_ne!(words[0], words[1], "who forgot the password is told that this is about it");
    }
}
