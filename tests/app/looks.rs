//! How it looks on small phones and with large text: nothing scrolls sideways, everything can be hit with a thumb.

use crate::world::World;
use serde_json::json;
use tests::app::AppWindow;

const LONG: &str = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaftschaferswessenschafe";

/// What sticks out of the page sideways, and which controls are too small for a thumb.
const FAULTS: &str = "(() => {
    const width = document.documentElement.clientWidth, faults = [];
    if (document.documentElement.scrollWidth > width) faults.push('the page is ' + document.documentElement.scrollWidth + ' wide');
    for (const el of document.querySelectorAll('#main *')) {
        const box = el.getBoundingClientRect();
        if (box.width && (box.right > width + 1 || box.left < -1)) faults.push((el.dataset.testid || el.className || el.tagName) + ' sticks out to ' + box.right);
        if (el.matches('button, a[href], input:not([type=file]), textarea, label.button') && (box.height < 43.5 || box.width < 43.5)) faults.push((el.dataset.testid || el.className) + ' is ' + box.width + 'x' + box.height);
        if (el.matches('input, textarea') && parseFloat(getComputedStyle(el).fontSize) < 16) faults.push(el.dataset.testid + ' has small letters');
    }
    return faults.join('; ');
})()";

fn is_sound(app: &mut AppWindow, station: &str) {
    for size in ["100%", "200%"] {
        let script = format!("document.documentElement.style.fontSize = '{size}', {FAULTS}");
        assert_eq!(app.evaluate(&script).expect("the page is there"), "", "{station} at {size}");
    }
    app.evaluate("document.documentElement.style.fontSize = ''").expect("the page is there");
}

#[tokio::test]
async fn nothing_sticks_out_on_a_small_phone_even_with_double_text() {
    let mut world = World::of_size((360, 740), LONG).await;
    is_sound(&mut world.app, "sign in");
    let offer = world.offer(5);
    let offered = world.ticket(1, &offer);
    let site = json!({"address": [LONG, "שדרות רוטשילד 12", "New York, NY 10001"], "zone": "America/Los_Angeles"});
    let changed = json!({"phase": "on_site", "title": LONG, "description": "لا توجد صورة على الشاشة", "site": site,
                         "contact": {"name": LONG, "phone": "+12125550100"}});
    let long = world.ticket(2, &changed);
    world.signs_in().await;
    world.app.sees("Stands for").await;
    is_sound(&mut world.app, "today");
    world.picture("20-today-360").await;
    world.app.evaluate("document.documentElement.style.fontSize = '200%'").expect("the page is there");
    world.picture("21-today-360-double").await;
    world.app.evaluate("document.documentElement.style.fontSize = ''").expect("the page is there");
    for (number, control) in [(offered.number, "decline"), (long.number, "complete"), (long.number, "cannot-fix")] {
        world.app.tap(&format!("ticket-{number}")).await;
        world.app.has("back").await;
        is_sound(&mut world.app, "ticket");
        if control == "complete" {
            world.picture("22-ticket-long").await;
        }
        world.app.tap(control).await;
        world.app.has("back").await;
        is_sound(&mut world.app, control);
        world.app.tap("nav-today").await;
    }
    for tab in ["nav-news", "nav-you"] {
        world.app.tap(tab).await;
        is_sound(&mut world.app, tab);
    }
}

#[tokio::test]
async fn a_day_is_a_line_of_visits_with_the_way_and_what_is_free_between_them() {
    let mut world = World::new().await;
    let offer = world.offer(5);
    world.ticket(1, &offer);
    for (number, title, place, minutes) in [
        (2, "Washing machine leaks", "Brooklyn, NY 11201", 50),
        (3, "No sound on one side", "New York, NY 10027", 180),
        (4, "Screen flickers when warm", "New York, NY 10001", 250),
    ] {
        let start = world.in_minutes(minutes);
        let site = json!({"address": ["12 Cherry Lane", place], "zone": "America/New_York"});
        let visit = json!({"start_at": start, "travel_minutes": 25, "work_minutes": 60});
        world.ticket(number, &json!({"title": title, "site": site, "visit": visit}));
    }
    world.signs_in().await;
    world.app.sees("25 min on the way").await;
    world.picture("50-day").await;
    world.app.evaluate("scrollTo(0, 400)").expect("the page is there");
    world.picture("51-day-below").await;
    let between = "[...document.querySelectorAll('[data-testid=\"between\"]')].map((one) => one.innerText).join(' | ')";
    let shown = world.app.evaluate(between).expect("the page is there");
    // Visits on both sides of midnight have no gap, so a run near it shows fewer.
    let shown = shown.as_str().unwrap_or_default().to_owned();
    assert!(shown.contains("25 min on the way"), "{shown}");
    is_sound(&mut world.app, "a day");
}
