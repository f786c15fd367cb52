//! Each screen in each of its states, drawn to text without a window.

use super::app::Frame;
use super::hooks::{Attention, Screen, Settings, Snapshot, Status, Trouble, Ui, use_new_ui};
use super::sign_in::SignIn;
use dioxus::prelude::*;
use serde_json::{Value, json};
use shared::chance::Seeded;
use shared::document::{ExpertDoc, TicketDoc};
use shared::fold::TicketView;
use shared::ids::{ExpertId, MutationId, NoteId, TicketId};
use shared::intent::Intent;
use shared::number::TicketNumber;
use shared::sync::{MutationResult, Unused};
use shared::ticket::Act;
use shared::time::Timestamp;

const NOW: &str = "2026-03-02T14:00:00Z";
const LONG: &str = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaftschaferswessenschafe";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

pub(super) fn id(seed: u64) -> TicketId {
    TicketId::new(now(), &Seeded::new(seed))
}

pub(super) fn view(seed: u64, change: Value) -> TicketView {
    let mut doc = json!({
        "id": id(seed), "number": TicketNumber::from_hash([u8::try_from(seed).unwrap(); 5]), "ver": 1,
        "phase": "accepted", "title": "No picture", "description": "Sound is there.\nSince Monday.",
        "visit": {"start_at": "2026-03-02T19:00:00Z", "travel_minutes": 20, "work_minutes": 60},
        "product": {"category": "Television", "symptom": "No picture", "make": "Zenith", "model": "Z-9"},
        "site": {"address": ["1 Main St", "Springfield, NY 10001"], "zone": "America/New_York",
                 "access_note": "Side door"},
        "contact": {"name": "Mia Núñez", "phone": "+12125550100"}, "why_you": "You know this maker best."
    });
    doc.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    let doc: TicketDoc = serde_json::from_value(doc).unwrap();
    TicketView { doc, n_unsent: 0, doing: None, given_back: false }
}

pub(super) fn offered(seed: u64) -> TicketView {
    let offer =
        json!({"id": shared::ids::OfferId::new(now(), &Seeded::new(seed)), "expires_at": "2026-03-02T14:05:00Z"});
    view(seed, json!({"phase": "offered", "offer": offer, "urgent": true}))
}

pub(super) fn snapshot(tickets: Vec<TicketView>) -> Snapshot {
    let zone = "America/New_York".parse().unwrap();
    let expert = ExpertDoc {
        id: ExpertId::new(now(), &Seeded::new(1)),
        ver: 1,
        name: "Ana Gómez".into(),
        on_duty: true,
        zone,
        shifts: vec!["Mon 08:00–16:00".into()],
        away: vec![],
    };
    let status = Status { booted: true, last_sync_at: Some(now()), ..Status::default() };
    Snapshot { read: true, tickets, archive: Vec::new(), expert: Some(expert), status, untold_late: None }
}

#[component]
fn Fixture(snapshot: Snapshot, screens: Vec<Screen>, said: Option<String>, settings: Settings) -> Element {
    let mut ui = use_new_ui();
    use_hook(|| {
        ui.snapshot.set(snapshot);
        ui.screens.set(screens);
        ui.said.set(said);
        ui.settings.set(settings);
        ui.set_now(now());
    });
    use_context_provider(|| ui);
    rsx! { Frame {} }
}

/// A screen to be drawn.
pub(super) struct Drawn {
    pub(super) snapshot: Snapshot,
    pub(super) screen: Screen,
    pub(super) said: Option<String>,
    pub(super) settings: Settings,
}

impl Drawn {
    /// With nothing set and nothing said.
    pub(super) fn of(snapshot: Snapshot, screen: Screen) -> Self {
        Self { snapshot, screen, said: None, settings: Settings::default() }
    }

    /// What the window would show.
    pub(super) fn html(self) -> String {
        let screens = vec![Screen::Today, self.screen];
        let props = FixtureProps { snapshot: self.snapshot, screens, said: self.said, settings: self.settings };
        let mut dom = VirtualDom::new_with_props(Fixture, props);
        dom.rebuild_in_place();
        dioxus_ssr::render(&dom)
    }
}

fn draw_with(snapshot: Snapshot, screen: Screen, said: Option<&str>) -> String {
    Drawn { said: said.map(str::to_owned), ..Drawn::of(snapshot, screen) }.html()
}

fn draw(snapshot: Snapshot, screen: Screen) -> String {
    draw_with(snapshot, screen, None)
}

/// What a person reads: the text without the tags.
pub(super) fn text(html: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for char in html.chars() {
        match char {
            '<' => inside = true,
            '>' => inside = false,
            _ if !inside => out.push(char),
            _ => {}
        }
    }
    out.replace("&#39;", "'").replace("&#x27;", "'").replace("&amp;", "&")
}

#[test]
fn an_empty_day_says_whether_it_is_empty_or_only_not_fetched_yet() {
    let mut day = snapshot(vec![]);
    assert!(text(&draw(day.clone(), Screen::Today)).contains("No visit is planned. New offers appear here"));
    day.expert.as_mut().unwrap().on_duty = false;
    let off = draw(day.clone(), Screen::Today);
    assert!(text(&off).contains("You are off duty") && off.contains("aria-checked=false"));
    let fresh = Snapshot { status: Status::default(), expert: None, ..day };
    let fresh = text(&draw(fresh, Screen::Today));
    assert!(fresh.contains("Getting your tickets") && fresh.contains("are being fetched"), "{fresh}");
}

#[test]
fn a_corrected_address_is_marked_on_today_and_on_the_ticket() {
    let site = json!({"address": ["20 W 34th St"], "zone": "America/New_York", "corrected": true});
    let moved = snapshot(vec![view(1, json!({ "site": site }))]);
    assert!(text(&draw(moved.clone(), Screen::Today)).contains("Address corrected"));
    let ticket = text(&draw(moved, Screen::Ticket(id(1))));
    assert!(ticket.contains("Address corrected") && ticket.contains("This is the right one"), "{ticket}");
}

#[test]
fn ill_is_one_tap_and_then_the_screen_says_until_when() {
    let mut day = snapshot(vec![]);
    let html = draw(day.clone(), Screen::You);
    for testid in ["sick-today", "sick-tomorrow", "sick-three"] {
        assert!(html.contains(&format!("data-testid=\"{testid}\"")), "{testid}");
    }
    let expert = day.expert.as_mut().unwrap();
    expert.away = vec![shared::document::AwayDoc { from: now(), until: now().plus_minutes(60) }];
    let away = draw(day, Screen::You);
    assert!(text(&away).contains("You are away until Today"), "{}", text(&away));
    assert!(!away.contains("sick-today"));
}

#[test]
fn offers_come_first_with_the_time_they_stand_and_visits_have_one_next_step() {
    let on_the_way = view(2, json!({"phase": "en_route"}));
    let html = draw(snapshot(vec![on_the_way, offered(3), view(4, json!({"phase": "completed"}))]), Screen::Today);
    let shown = text(&html);
    let place = |part: &str| shown.find(part).unwrap_or_else(|| panic!("no {part} in {shown}"));
    assert!(place("Offers") < place("Visits") && place("Visits") < place("Ended"));
    assert!(shown.contains("Stands for 5:00") && shown.contains("Urgent"));
    assert!(shown.contains("Today 14:00") && shown.contains("I have arrived"), "{shown}");
    assert!(!shown.contains("Finish the visit"), "one step at a time");
    for testid in ["accept", "decline", "duty", "sync-line", "nav-today", "nav-news", "nav-you"] {
        assert!(html.contains(&format!("data-testid=\"{testid}\"")), "{testid}");
    }
}

#[test]
fn a_thousand_visits_are_drawn_a_page_at_a_time() {
    let many = |n: u64| {
        snapshot(
            (10..10 + n)
                .map(|seed| {
                    let mut view = view(2, json!({}));
                    view.doc.id = id(seed);
                    view
                })
                .collect(),
        )
    };
    let html = draw(many(1_000), Screen::Today);
    assert_eq!(html.matches("data-testid=\"card\"").count(), 30);
    assert!(text(&html).contains("Show more (970 are below)"));
    assert!(!draw(many(30), Screen::Today).contains("data-testid=\"more\""));
}

#[test]
fn an_offer_that_ran_out_says_so_and_may_still_be_accepted() {
    let mut late = offered(3);
    late.doc.offer.as_mut().unwrap().expires_at = now();
    let html = draw(snapshot(vec![late]), Screen::Ticket(id(3)));
    assert!(text(&html).contains("The time is up") && html.contains("data-testid=\"accept\""));
}

#[test]
fn a_ticket_shows_all_that_is_needed_at_the_door() {
    let note = json!([{"id": NoteId::new(now(), &Seeded::new(5)), "author": "Desk", "at": NOW, "text": "Ring twice"}]);
    let html = draw(snapshot(vec![view(2, json!({ "notes": note }))]), Screen::Ticket(id(2)));
    let shown = text(&html);
    for part in [
        "No picture",
        "Today 14:00 – 15:00",
        "Leave by Today 13:40",
        "1 Main St",
        "Springfield, NY 10001",
        "Side door",
        "Mia Núñez",
        "+12125550100",
        "Zenith Z-9",
        "Since Monday.",
        "You know this maker best.",
        "Ring twice",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert!(html.contains("href=\"tel:+12125550100\"") && html.contains("data-testid=\"depart\""));
    assert!(html.contains("data-testid=\"note-text\"") && html.contains("data-testid=\"decline\""));
}

#[test]
fn what_is_unsent_or_given_back_is_said_where_it_is() {
    let mut accepting = view(2, json!({}));
    (accepting.n_unsent, accepting.doing) = (1, Some(Act::Accept));
    let mut back = view(3, json!({}));
    back.given_back = true;
    let shown = text(&draw(snapshot(vec![accepting, back]), Screen::Today));
    assert!(shown.contains("Accepting …") && shown.contains("Not sent yet") && shown.contains("Given back"), "{shown}");
}

#[test]
fn who_has_said_yes_can_say_late_with_one_thumb_and_who_was_only_asked_or_has_finished_cannot() {
    for (phase, asks) in [("accepted", "Running late?"), ("en_route", "Running late?"), ("on_site", "Takes longer?")] {
        let html = draw(snapshot(vec![view(2, json!({"phase": phase}))]), Screen::Ticket(id(2)));
        let buttons = [15, 30, 60].map(|minutes| html.contains(&format!("data-testid=\"late-{minutes}\"")));
        assert!(text(&html).contains(asks) && buttons == [true; 3], "{phase}: {html}");
    }
    let mut slip = snapshot(vec![view(2, json!({}))]);
    assert!(!draw(slip.clone(), Screen::Ticket(id(2))).contains("late-undo"));
    slip.untold_late = Some(id(2));
    assert!(draw(slip, Screen::Ticket(id(2))).contains("data-testid=\"late-undo\""));
    let mut back = view(2, json!({}));
    back.given_back = true;
    for view in [offered(2), view(2, json!({"phase": "completed"})), back] {
        assert!(!draw(snapshot(vec![view]), Screen::Ticket(id(2))).contains("data-testid=\"late-"));
    }
}

#[test]
fn long_names_markup_and_right_to_left_text_stay_text() {
    let title = format!("<b>{LONG}</b>");
    let arabic = view(2, json!({"title": title, "contact": {"name": "محمد عبد الله"}, "description": "לא עובד"}));
    let mut snapshot = snapshot(vec![arabic]);
    snapshot.expert.as_mut().unwrap().name = LONG.into();
    let html = draw(snapshot, Screen::Ticket(id(2)));
    assert!(!html.contains("<b>") && html.contains("&lt;b&gt;") | html.contains("&#60;b&#62;"), "{html}");
    assert!(html.contains("dir=\"auto\">محمد عبد الله") && html.contains("dir=\"auto\">לא עובד"));
}

#[test]
fn a_ticket_that_went_says_why_and_that_the_work_is_kept() {
    let mut snapshot = snapshot(vec![]);
    snapshot.archive = vec![super::hooks::Archived {
        doc: Some(view(2, json!({})).doc),
        id: id(2).to_string(),
        why: Some("reassigned".into()),
        holder: Some("Ben Okafor".into()),
        at: now(),
        orphan: false,
        n_unsent: 2,
        n_kept: 1,
    }];
    for screen in [Screen::Ticket(id(2)), Screen::News] {
        let shown = text(&draw(snapshot.clone(), screen));
        assert!(shown.contains("Ben Okafor has this ticket now."), "{shown}");
        assert!(shown.contains("is safe on this phone"), "{shown}");
    }
    assert!(text(&draw(snapshot.clone(), Screen::Ticket(id(9)))).contains("This ticket is no longer yours."));
    // Until a restored server has said what it knows, nobody knows that it does not know the ticket.
    snapshot.archive[0].orphan = true;
    let shown = text(&draw(snapshot, Screen::Ticket(id(2))));
    assert!(shown.contains("this ticket is not yours") && !shown.contains("Ben Okafor"), "{shown}");
}

#[test]
fn news_say_what_he_did_and_what_became_of_it() {
    let mut snapshot = snapshot(vec![view(2, json!({}))]);
    let answer = |seed, intent, result| Attention {
        mid: MutationId::new(now(), &Seeded::new(seed)),
        ticket: Some(id(2)),
        intent: Some(intent),
        made_at: now(),
        result,
    };
    let text_of = "Fuse changed".parse().unwrap();
    snapshot.status.attention = vec![
        answer(1, Intent::TicketArrive {}, MutationResult::Recorded(Unused::Reassigned)),
        answer(
            2,
            Intent::NoteAdd { note: NoteId::new(now(), &Seeded::new(8)), text: text_of },
            MutationResult::Rejected("too many notes".into()),
        ),
    ];
    let html = draw(snapshot.clone(), Screen::News);
    let shown = text(&html);
    for part in [
        "You arrived",
        "had gone to somebody else",
        "You wrote a note",
        "too many notes",
        "Fuse changed",
        "Write it again",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert!(draw(snapshot, Screen::Today).contains("2 to read"));
    assert!(text(&draw(Snapshot::default(), Screen::News)).contains("Nothing new"));
}

#[test]
fn every_reason_is_one_tap() {
    let day = snapshot(vec![view(2, json!({"phase": "on_site"}))]);
    let no = draw(day.clone(), Screen::Decline(id(2)));
    for word in ["busy", "too_far", "skill", "ill", "other"] {
        assert!(no.contains(&format!("data-testid=\"reason-{word}\"")), "{word}");
    }
    let cannot = draw(day.clone(), Screen::CannotFix(id(2)));
    for word in ["skill", "part", "no_access", "wrong_address", "unsafe"] {
        assert!(cannot.contains(&format!("data-testid=\"why-{word}\"")), "{word}");
    }
    let finish = draw(day, Screen::Complete(id(2)));
    for testid in ["outcome-fixed", "outcome-workaround", "outcome-replaced", "outcome-no_fault", "summary", "finish"] {
        assert!(finish.contains(&format!("data-testid=\"{testid}\"")), "{testid}");
    }
}

#[test]
fn trouble_is_said_on_every_screen_and_never_hides_the_work() {
    let mut day = snapshot(vec![view(2, json!({}))]);
    day.status.problem = Some(Trouble::SignIn);
    day.status.n_unsent = 3;
    for screen in [Screen::Today, Screen::News, Screen::You, Screen::Ticket(id(2)), Screen::Complete(id(2))] {
        let shown = text(&draw(day.clone(), screen));
        assert!(shown.contains("3 changes safe on this phone – please sign in again"), "{screen:?}: {shown}");
    }
    assert!(draw(day.clone(), Screen::You).contains("data-testid=\"sign-in-again\""));
    let said = draw_with(day, Screen::Today, Some("This phone's storage is full"));
    assert!(said.contains("role=\"alert\"") && text(&said).contains("storage is full"));
}

#[component]
fn AtTheDoor() -> Element {
    let ui: Ui = use_new_ui();
    use_context_provider(|| ui);
    rsx! { SignIn { again: false } }
}

#[test]
fn signing_in_says_that_it_needs_a_network() {
    let mut dom = VirtualDom::new(AtTheDoor);
    dom.rebuild_in_place();
    let html = dioxus_ssr::render(&dom);
    assert!(text(&html).contains("Signing in needs a network. After that, everything works without one."));
    for testid in ["login", "password", "use-code", "use-password", "sign-in"] {
        assert!(html.contains(&format!("data-testid=\"{testid}\"")), "{testid}");
    }
    assert!(html.contains("autocomplete=\"current-password\""));
}

/// Every control has words: a button or a field without any says nothing to a screen reader.
#[test]
fn every_control_has_a_name_and_every_button_a_test_id() {
    let day = snapshot(vec![offered(3), view(2, json!({"phase": "on_site"}))]);
    let screens = [
        Screen::Today,
        Screen::News,
        Screen::You,
        Screen::Ticket(id(2)),
        Screen::Ticket(id(3)),
        Screen::Decline(id(2)),
        Screen::CannotFix(id(2)),
        Screen::Complete(id(2)),
        Screen::Settings,
        Screen::Knowledge,
        Screen::Write(id(2)),
        Screen::SignInAgain,
    ];
    for screen in screens {
        let html = draw(day.clone(), screen);
        for button in html.split("<button").skip(1) {
            let (tag, rest) = button.split_once('>').unwrap();
            let words = text(rest.split("</button>").next().unwrap());
            assert!(!words.trim().is_empty(), "{screen:?}: {tag}");
            assert!(tag.contains("data-testid=") || !tag.contains("on"), "{screen:?}: {tag}");
        }
        for field in ["<input", "<textarea"] {
            for at in html.match_indices(field).map(|(at, _)| at) {
                let (open, closed) = (html[..at].matches("<label").count(), html[..at].matches("</label").count());
                let tag = html[at..].split('>').next().unwrap();
                let id = tag.split(" id=\"").nth(1).and_then(|rest| rest.split('"').next());
                let is_named = id.is_some_and(|id| html.contains(&format!("for=\"{id}\"")));
                assert!(open > closed || is_named, "{screen:?}: a {field} without a label");
            }
        }
    }
}

/// The page may be zoomed and reaches behind a phone's rounded corners, with the distances kept.
#[test]
fn the_page_can_be_zoomed_and_keeps_off_the_corners() {
    let page = super::page("lang=\"en\"");
    assert!(page.contains("viewport-fit=cover") && !page.contains("user-scalable") && !page.contains("maximum-scale"));
    assert!(page.contains("safe-area-inset-bottom") && page.contains("100dvh") && !page.contains("100vh"));
    assert!(page.contains("prefers-color-scheme: dark") && page.contains("prefers-reduced-motion"));
    assert!(page.contains("id=\"main\"") && page.contains("</body>"));
}

#[test]
fn who_has_arrived_sets_the_pin_by_one_tap_and_navigation_keeps_to_the_address() {
    let there = draw(snapshot(vec![view(2, json!({"phase": "on_site"}))]), Screen::Ticket(id(2)));
    assert!(there.contains("data-testid=\"pin\"") && text(&there).contains("I am at the door: set the pin here"));
    let on_the_way = draw(snapshot(vec![view(2, json!({"phase": "en_route"}))]), Screen::Ticket(id(2)));
    assert!(!on_the_way.contains("data-testid=\"pin\""));
    let mut pinned = view(2, json!({"phase": "on_site"}));
    pinned.doc.site.place = shared::place::Place::from_degrees(40.7484, -73.9857).ok();
    pinned.doc.site.pinned = true;
    let html = draw(snapshot(vec![pinned.clone()]), Screen::Ticket(id(2)));
    assert!(text(&html).contains("The pin was set at the door.") && text(&html).contains("Set the pin here again"));
    let link = html.split("data-testid=\"navigate\"").next().unwrap().rsplit("<a ").next().unwrap();
    assert!(!link.contains("40.7484"), "{link}");
    pinned.doc.phase = shared::ticket::Phase::Accepted;
    let next_time = draw(snapshot(vec![pinned]), Screen::Ticket(id(2)));
    assert!(text(&next_time).contains("The pin was set at the door."), "whoever comes next knows it");
}

#[test]
fn whoever_must_wait_for_the_office_sees_it_first_of_all() {
    let html = draw(snapshot(vec![view(2, json!({"phase": "accepted", "stopped": true}))]), Screen::Ticket(id(2)));
    let (stop, depart) = (html.find("data-testid=\"stopped\"").unwrap(), html.find("data-testid=\"depart\"").unwrap());
    assert!(stop < depart && text(&html).contains("Wait until the office tells you."));
    let free = draw(snapshot(vec![view(2, json!({"phase": "accepted"}))]), Screen::Ticket(id(2)));
    assert!(!free.contains("data-testid=\"stopped\""));
}

#[test]
fn what_is_known_stands_beside_a_ticket_and_an_article_begins_from_it() {
    let solved = json!({ "solved": [{ "at": NOW, "make": "LG", "summary": "Changed the backlight strip." }] });
    let html = draw(snapshot(vec![view(3, solved)]), Screen::Ticket(id(3)));
    assert!(
        text(&html).contains("How the last ones were solved") && text(&html).contains("Changed the backlight strip.")
    );
    assert!(html.contains("kb-write"));
    let html = draw(snapshot(vec![view(3, json!({}))]), Screen::Write(id(3)));
    assert!(html.contains("No picture") && text(&html).contains("as not reviewed"), "{html}");
    let html = draw(snapshot(vec![]), Screen::Write(id(3)));
    assert!(text(&html).contains("no longer on this phone"));
    let html = draw(snapshot(vec![]), Screen::Knowledge);
    assert!(text(&html).contains("The articles are being fetched"), "{html}");
}
