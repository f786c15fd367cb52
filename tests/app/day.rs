//! A day: sign in, say yes, lose the network, work, be killed, come back.

use crate::world::World;
use mobile::sync::fake::PASSWORD;
use serde_json::json;
use shared::ticket::{Outcome, Phase};
use tests::wait::{LATER, SOON, eventually};

#[tokio::test]
async fn work_done_offline_survives_a_kill_and_arrives_once_the_network_is_back() {
    let mut world = World::new().await;
    let ticket = world.ticket(1, &world.offer(5));
    world.app.has("login").await;
    world.picture("01-sign-in").await;
    world.signs_in().await;
    world.app.sees("Stands for").await;
    world.picture("02-offer").await;
    world.app.tap("accept").await;
    world.app.sees("I am leaving now").await;
    eventually("the server has the yes", SOON, async || {
        let accepted = world.fake.world().ticket(ticket.id).is_some_and(|doc| doc.phase == Phase::Accepted);
        accepted.then_some(()).ok_or_else(|| "not yet".to_owned())
    })
    .await;
    // And the phone has the answer: else the yes is counted as unsent below.
    world.app.sees("Everything is safe on the server").await;

    world.network.cut();
    world.app.tap(&format!("ticket-{}", ticket.number)).await;
    world.app.tap("depart").await;
    world.app.sees("I have arrived").await;
    world.app.tap("arrive").await;
    world.app.sees("Finish the visit").await;
    world.app.fill("note-text", "Fuse F3 was blown — “Übergang” replaced").await;
    world.app.tap("note-add").await;
    world.app.sees("Offline – 3 changes safe on this phone, sent when there is network").await;
    world.picture("03-offline").await;
    world.app.tap("complete").await;
    world.app.tap("outcome-fixed").await;
    world.app.fill("summary", "Changed the fuse and").await;
    world.picture("04-finish").await;

    world.app.kill_9();
    world.app.open_again().await;
    world.app.sees("Offline – 3 changes safe on this phone").await;
    world.app.tap(&format!("next-{}", ticket.number)).await;
    world.app.has("summary").await;
    let kept = "document.querySelector('[data-testid=\"summary\"]').value";
    assert_eq!(world.app.evaluate(kept).unwrap(), "Changed the fuse and", "text being typed survives");
    world.app.fill("summary", "Changed the fuse and tested for ten minutes.").await;
    world.app.tap("finish").await;
    world.app.sees("Offline – 4 changes safe on this phone").await;
    world.picture("05-ended-offline").await;

    world.network.restore();
    world.app.tap("nav-you").await;
    world.app.tap("sync-now").await;
    world.app.sees_within("Everything is safe on the server", LATER).await;
    world.picture("06-you").await;
    let done = world.fake.world().ticket(ticket.id).cloned().unwrap();
    assert_eq!(done.phase, Phase::Completed);
    assert_eq!(done.end.unwrap().outcome, Some(Outcome::Fixed));
    assert_eq!(
        done.notes.iter().map(|note| note.text.as_str()).collect::<Vec<_>>(),
        ["Fuse F3 was blown — “Übergang” replaced"]
    );
}

#[tokio::test]
async fn a_ticket_that_moved_while_offline_is_explained_and_its_note_kept() {
    let mut world = World::new().await;
    let ticket = world.ticket(1, &json!({"phase": "en_route"}));
    world.signs_in().await;
    world.app.sees("I have arrived").await;
    world.network.cut();
    world.app.tap(&format!("next-{}", ticket.number)).await;
    world.app.sees("safe on this phone").await;
    world.fake.world().take_away(ticket.id, "reassigned");
    world.network.restore();
    world.app.tap("nav-news").await;
    world.app.sees_within("had gone to somebody else", LATER).await;
    world.app.sees("Another expert has this ticket now").await;
    world.picture("07-news").await;
    world.app.tap("answer-ok").await;
    world.app.sees_no_more("had gone to somebody else").await;
}

#[tokio::test]
async fn what_cannot_be_fixed_takes_two_taps_and_a_wrong_password_is_said() {
    let mut world = World::new().await;
    let first = world.ticket(1, &json!({"phase": "on_site"}));
    let second = world.ticket(2, &json!({"phase": "on_site", "title": "Washing machine leaks"}));
    world.app.fill("login", "ana@example.com").await;
    world.app.fill("password", "guess").await;
    world.app.tap("sign-in").await;
    world.app.sees("Please check what you typed").await;
    world.picture("08-wrong-password").await;
    world.app.fill("password", PASSWORD).await;
    world.app.tap("sign-in").await;
    world.app.tap(&format!("ticket-{}", first.number)).await;
    world.app.tap("cannot-fix").await;
    world.picture("09-cannot-fix").await;
    world.app.tap("why-no_access").await;
    world.app.sees("Did you ring first?").await;
    world.picture("09-no-access").await;
    world.app.tap("called-yes").await;
    world.app.tap(&format!("ticket-{}", second.number)).await;
    world.app.tap("cannot-fix").await;
    world.app.tap("why-part").await;
    world.app.fill("part-name", "Drain pump").await;
    world.picture("10-part").await;
    world.app.tap("until-week").await;
    world.app.sees("No visit is planned").await;
    world.app.tap("duty").await;
    world.app.sees("You are off duty").await;
    world.app.sees("Everything is safe on the server").await;
    assert!(!world.fake.world().expert.on_duty);
}

#[tokio::test]
async fn signing_out_with_unsent_work_warns_and_keeps_it() {
    let mut world = World::new().await;
    world.signs_in().await;
    world.network.cut();
    world.app.tap("duty").await;
    world.app.sees("safe on this phone").await;
    world.app.tap("nav-you").await;
    world.app.tap("sign-out").await;
    world.app.sees("1 change has not reached the server").await;
    world.picture("11-sign-out").await;
    world.app.tap("sign-out-anyway").await;
    world.app.has("login").await;
    world.network.restore();
    world.signs_in().await;
    assert!(!world.fake.world().expert.on_duty, "it went out with the next sign-in");
}

#[tokio::test]
async fn fast_typing_loses_no_letter() {
    let mut world = World::new().await;
    let ticket = world.ticket(1, &json!({"phase": "on_site"}));
    world.signs_in().await;
    world.app.tap(&format!("ticket-{}", ticket.number)).await;
    world.app.click_really("note-text").await;
    let typed = "pump vibration bearing 4711-0815 pump vibration bearing";
    world.app.display().type_text(typed);
    eventually("the field holds what was typed", SOON, async || {
        let value = world.app.evaluate("document.querySelector('[data-testid=\"note-text\"]').value")?;
        if value == typed { Ok(()) } else { Err(value.to_string()) }
    })
    .await;
    world.app.tap("note-add").await;
    eventually("the server has the note", SOON, async || {
        let notes = world.fake.world().ticket(ticket.id).map(|doc| doc.notes.clone()).unwrap_or_default();
        if notes.iter().any(|note| note.text == typed) { Ok(()) } else { Err(format!("{notes:?}")) }
    })
    .await;
}

#[tokio::test]
async fn late_is_one_tap_without_a_network_and_a_mended_address_is_marked_until_it_was_seen() {
    let mut world = World::new().await;
    let site =
        json!({"address": ["20 W 34th St", "New York, NY 10001"], "zone": "America/New_York", "corrected": true});
    let ticket = world.ticket(1, &json!({"site": site}));
    let promised = ticket.visit.expect("it has a visit").start_at;
    world.signs_in().await;
    world.app.has("corrected").await;
    world.network.cut();
    world.app.tap(&format!("ticket-{}", ticket.number)).await;
    world.app.sees("This is the right one").await;
    world.app.sees("Running late?").await;
    world.picture("13-late").await;
    world.app.tap("late-30").await;
    world.app.sees("safe on this phone").await;
    world.app.kill_9();
    world.app.open_again().await;
    world.app.sees("safe on this phone").await;
    world.network.restore();
    world.app.sees_within("Everything is safe on the server", LATER).await;
    let late = world.fake.world().ticket(ticket.id).and_then(|doc| doc.visit).expect("it still has its visit");
    assert_eq!(late.start_at, promised.plus_minutes(30), "it arrived, once");
}
