//! What only a phone does, played to a desktop's window: links and pushes that open a ticket, the back gesture, another
//! language, colours for the sun, the camera.

use crate::world::World;
use mobile::sync::fake::PASSWORD;
use serde_json::json;
use shared::intent::Intent;
use shared::number::TicketNumber;
use tests::wait::{LATER, SOON, eventually};

#[tokio::test]
async fn a_link_opens_its_ticket_before_and_after_signing_in_and_the_back_gesture_leads_home() {
    let mut world = World::new().await;
    let ticket = world.ticket(1, &json!({"title": "Hums and clicks"}));
    world.app.has("login").await;
    world.app.phone_tells(&format!("open sysops-expert://ticket/{}", ticket.number)).await;
    world.app.fill("login", "ana@example.com").await;
    world.app.fill("password", PASSWORD).await;
    world.app.tap("sign-in").await;
    world.app.has("ticket-title").await;
    world.app.sees("Hums and clicks").await;
    world.app.phone_tells("back").await;
    world.app.has("nav-today").await;
    world.app.sees_no_more("Side door").await;
    world.app.tap("nav-you").await;
    world.app.tap("settings").await;
    world.app.has("text-200").await;
    // Escape is the same gesture on a keyboard.
    world.app.display().key("Escape");
    world.app.has("sign-out").await;
    world.app.phone_tells("back").await;
    world.app.has("duty").await;
    let unknown = TicketNumber::from_hash([77; 5]);
    world.app.phone_tells(&format!("open {}/app/ticket/{unknown}", world.network.url())).await;
    world.app.sees(&format!("Ticket {unknown} is not on this phone")).await;
    world.app.phone_tells(&format!("open https://elsewhere.example/app/ticket/{}", ticket.number)).await;
    world.app.phone_tells(&format!("open {}/app/ticket/{}", world.network.url(), ticket.number)).await;
    world.app.sees("Hums and clicks").await;
}

#[tokio::test]
async fn a_push_brings_what_is_new_without_waiting_for_the_next_poll() {
    let mut world = World::new().await;
    world.fake.world().poll_after_ms = 3_600_000;
    world.signs_in().await;
    let offer = world.offer(5);
    world.ticket(1, &offer);
    world.app.phone_tells("push").await;
    world.app.sees("Stands for").await;
}

#[tokio::test]
async fn language_colours_and_size_change_at_once_and_stay_over_a_kill() {
    let mut world = World::new().await;
    let offer = world.offer(5);
    world.ticket(1, &offer);
    let visit = json!({"phase": "on_site", "title": "Wäscht nicht"});
    let ticket = world.ticket(2, &visit);
    world.signs_in().await;
    world.app.tap("nav-you").await;
    world.app.tap("settings").await;
    world.picture("30-settings").await;
    world.app.tap("language-de").await;
    world.app.sees("Größe des Textes").await;
    world.app.tap("theme-sunlight").await;
    world.app.tap("text-125").await;
    let page = "document.documentElement.lang + ' ' + document.documentElement.dataset.theme + ' ' + document.documentElement.style.fontSize";
    eventually("the page is German, for the sun, larger", SOON, async || {
        let now = world.app.evaluate(page)?;
        if now == "de sunlight 125%" { Ok(()) } else { Err(now.to_string()) }
    })
    .await;
    world.picture("31-settings-sunlight-de").await;
    world.app.kill_9();
    world.app.open_again().await;
    assert_eq!(world.app.evaluate(page).unwrap(), "de sunlight 125%", "before anything was tapped");
    world.app.sees("Gilt noch").await;
    world.picture("32-today-sunlight-de").await;
    world.app.tap(&format!("ticket-{}", ticket.number)).await;
    world.app.sees("Dauert es länger?").await;
    world.picture("33-ticket-sunlight-de").await;
    world.app.tap("back").await;
    world.app.tap("nav-you").await;
    world.app.tap("settings").await;
    world.app.tap("theme-dark").await;
    world.app.tap("language-en").await;
    world.app.tap("text-100").await;
    world.app.sees("Size of the text").await;
    world.picture("34-settings-dark").await;
    for (tab, name) in
        [("nav-today", "35-today-dark"), ("nav-knowledge", "36-knowledge-dark"), ("nav-you", "37-you-dark")]
    {
        world.app.tap(tab).await;
        world.picture(name).await;
    }
}

/// The smallest JPEG that is one: a single grey point.
const JPEG: &str = "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AN//Z";

#[tokio::test]
async fn a_photo_of_camera_or_gallery_is_kept_offline_with_its_words_and_goes_out_once() {
    let mut world = World::new().await;
    let ticket = world.ticket(1, &json!({"phase": "on_site"}));
    world.signs_in().await;
    world.network.cut();
    world.app.tap(&format!("ticket-{}", ticket.number)).await;
    for (input, words) in [("photo-camera", "The burnt fuse"), ("photo-add", "Type plate — Größe M")] {
        world.app.fill("photo-caption", words).await;
        world.app.picks_file(input, JPEG).await;
        world.app.sees(words).await;
    }
    world.app.sees("2 changes").await;
    world.picture("40-photos").await;
    world.app.kill_9();
    world.app.open_again().await;
    world.app.tap(&format!("ticket-{}", ticket.number)).await;
    world.app.sees("Type plate — Größe M").await;
    world.network.restore();
    world.app.tap("nav-you").await;
    world.app.tap("sync-now").await;
    eventually("the server has both photos and their one file", LATER, async || {
        let world = world.fake.world();
        let n_photos = world.ticket(ticket.id).map_or(0, |doc| doc.photos.len());
        let n_files = world.files.values().filter(|(bytes, size)| bytes.len() == *size).count();
        if (n_photos, n_files) == (2, 1) { Ok(()) } else { Err(format!("{n_photos} photos, {n_files} files")) }
    })
    .await;
    world.app.sees_within("everything is safe on the server", LATER).await;
}

#[tokio::test]
async fn knowledge_is_found_offline_with_a_typo_helps_is_voted_for_and_written() {
    let mut world = World::new().await;
    world.knows("No picture but sound", "Check the backlight strip first.");
    world.knows("Washing machine leaks", "Clean the filter, then the seal.");
    let ticket = world.ticket(1, &json!({"phase": "on_site"}));
    world.signs_in().await;
    world.app.tap("nav-knowledge").await;
    world.app.sees("2 articles are on this phone").await;
    world.network.cut();
    world.app.fill("kb-search", "washin mashine leks").await;
    world.app.sees("Washing machine leaks").await;
    world.picture("41-knowledge").await;
    world.app.tap("kb-article").await;
    world.app.sees("Clean the filter, then the seal.").await;
    world.picture("42-article").await;
    world.app.tap("nav-today").await;
    world.app.tap(&format!("ticket-{}", ticket.number)).await;
    world.app.tap("kb-article").await;
    world.app.sees("Check the backlight strip first.").await;
    world.app.tap("kb-fixed").await;
    world.app.has("kb-write").await;
    world.app.tap("kb-write").await;
    world.app.fill("article-problem", "Standby light blinks twice.").await;
    world.app.fill("article-steps", "Change fuse F3.").await;
    world.picture("43-write").await;
    world.app.tap("article-keep").await;
    world.app.sees("2 changes safe on this phone").await;
    world.network.restore();
    world.app.tap("nav-you").await;
    world.app.tap("sync-now").await;
    world.app.sees_within("everything is safe on the server", LATER).await;
    let world = world.fake.world();
    let sent = world.requests.iter().flat_map(|request| &request.mutations);
    let intents: Vec<_> = sent.filter_map(|sent| Intent::parse(&sent.kind, sent.v, &sent.args).ok()).collect();
    assert!(intents.iter().any(|intent| matches!(intent, Intent::ArticleHelped { fixed: true, .. })), "{intents:?}");
    let written = |intent: &Intent| matches!(intent, Intent::ArticleDraft { text, .. } if text.steps.as_str() == "Change fuse F3.");
    assert!(intents.iter().any(written), "{intents:?}");
}

#[tokio::test]
async fn a_slip_of_the_thumb_is_taken_back_while_nobody_has_heard_of_it() {
    let mut world = World::new().await;
    let ticket = world.ticket(1, &json!({}));
    let promised = ticket.visit.expect("it has a visit").start_at;
    world.signs_in().await;
    world.network.cut();
    world.app.tap(&format!("ticket-{}", ticket.number)).await;
    world.app.has("late-60").await;
    world.app.tap("late-60").await;
    world.app.sees("1 change safe").await;
    world.app.tap("late-undo").await;
    world.app.sees("Taken back.").await;
    assert!(!world.app.has_now("late-undo"));
    // And the same way with the best of networks: what counts is what was tapped last.
    world.network.restore();
    world.app.tap("said-close").await;
    world.app.tap("late-15").await;
    eventually("the server heard of the second one", LATER, async || {
        let start = world.fake.world().ticket(ticket.id).and_then(|doc| doc.visit).map(|visit| visit.start_at);
        if start == Some(promised.plus_minutes(15)) { Ok(()) } else { Err(format!("{start:?}")) }
    })
    .await;
}
