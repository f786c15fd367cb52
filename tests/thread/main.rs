//! The main job through real processes: a customer's browser without scripts, the server, the expert's app in its
//! window, and a network that is cut. The app and the server are both killed with -9 on the way; nothing is lost.
//!
//! `SYSOPS_SCREENSHOTS=DIR` keeps a picture of each station of the customer's and the app's screens.

mod callers;
mod desk;
mod phones;
mod place;

use place::Place;
use std::path::PathBuf;
use tests::app::AppWindow;
use tests::browser::{Browser, Scripts};
use tests::proxy::Proxy;
use tests::wait::{LATER, SOON, eventually};
use thirtyfour::prelude::*;

#[tokio::test]
async fn one_ticket_goes_from_a_browser_to_an_offline_phone_and_back() {
    thread(Place::demo().await).await;
}

#[tokio::test]
async fn the_same_goes_through_two_servers_and_two_workers_on_postgresql_with_real_adapters() {
    thread(Place::production().await).await;
}

async fn thread(mut place: Place) {
    let network = Proxy::before(place.phones_url());
    let browser = Browser::phone(Scripts::Off).await;
    let number = report(&browser, &place).await;

    let (login, password) = place.asked_expert(&number).await;
    let data = tempfile::tempdir().expect("a folder for the app");
    let mut app = AppWindow::open(&network.url(), data.path()).await;
    app.fill("login", &login).await;
    app.tap("use-password").await;
    app.fill("password", &password).await;
    app.tap("sign-in").await;
    app.sees("No picture since the storm").await;
    picture(&app, "11-app-offer");
    app.taps_until("accept", "I am leaving now").await;
    state(&browser, "accepted").await;
    place.mail(|text| text.contains(&number) && text.contains("Expected arrival")).await;

    network.cut();
    place.power_fails();
    app.tap(&format!("ticket-{number}")).await;
    // Not "I have arrived": whoever has not left may tap that too.
    app.taps_until("depart", "On the way").await;
    app.taps_until("arrive", "Finish the visit").await;
    app.fill("note-text", "Fuse F3 was blown — “Übergang” replaced").await;
    app.tap("note-add").await;
    app.sees("3 changes safe on this phone").await;
    app.kill_9();
    app.open_again().await;
    app.sees("3 changes safe on this phone").await;
    app.tap(&format!("next-{number}")).await;
    app.tap("outcome-fixed").await;
    app.fill("summary", "Changed the fuse and tested for ten minutes.").await;
    app.tap("finish").await;
    app.sees("4 changes safe on this phone").await;
    picture(&app, "12-app-offline");

    place.power_is_back().await;
    network.restore();
    app.tap("nav-you").await;
    app.tap("sync-now").await;
    app.sees_within("Everything is safe on the server", LATER).await;
    state(&browser, "completed").await;
    shot(&browser, "04-completed").await;
    let page = browser.page().source().await.expect("the page is there");
    assert_eq!(page.matches("Übergang").count(), 1, "the note is there, once");

    survey(&browser, &place).await;
    place.ends().await;
}

/// Signs in and reports a problem; gives back the ticket's number, with the receipt still open.
async fn report(browser: &Browser, place: &Place) -> String {
    let page = browser.page();
    let mia = &place.customer;
    page.goto(format!("{}/tickets/new?category=tv", place.server.url())).await.expect("the server answers");
    type_into(browser, "login", &mia.login).await;
    type_into(browser, "password", &mia.password).await;
    press(browser).await;
    click(browser, By::Css("input[name=symptom][value=no_picture]")).await;
    click(browser, By::Id("go-on")).await;
    type_into(browser, "title", "No picture since the storm").await;
    shot(browser, "01-report").await;
    click(browser, By::Id("send")).await;
    let number = eventually("the receipt", SOON, async || {
        let found = page.find(By::Css(".number")).await.map_err(|error| error.to_string())?;
        found.text().await.map_err(|error| error.to_string())
    })
    .await;
    shot(browser, "02-receipt").await;
    number
}

/// Answers the survey by the link in the mail, and finds that it counts once.
async fn survey(browser: &Browser, place: &Place) {
    let link = &place.survey_link().await;
    browser.page().goto(link).await.expect("the link is one");
    click(browser, By::Css("input[name=working][value=yes]")).await;
    shot(browser, "05-survey").await;
    press(browser).await;
    shows(browser, "Thank you").await;
    browser.page().goto(link).await.expect("the link is one");
    shows(browser, "You already answered").await;
}

/// Loads the open page again until it shows the ticket in this state.
async fn state(browser: &Browser, word: &str) {
    eventually(&format!("the customer sees {word}"), SOON, async || {
        browser.page().refresh().await.map_err(|error| error.to_string())?;
        let found = browser.page().find(By::Css("[data-state]")).await.map_err(|error| error.to_string())?;
        let shown = found.attr("data-state").await.map_err(|error| error.to_string())?.unwrap_or_default();
        if shown == word { Ok(()) } else { Err(format!("it is {shown}")) }
    })
    .await;
}

async fn shows(browser: &Browser, text: &str) {
    eventually(&format!("the page shows {text:?}"), SOON, async || {
        let page = browser.page().source().await.map_err(|error| error.to_string())?;
        if page.contains(text) { Ok(()) } else { Err(page) }
    })
    .await;
}

async fn type_into(browser: &Browser, name: &str, text: &str) {
    eventually(&format!("the field {name}"), SOON, async || {
        let field = browser.page().find(By::Name(name)).await.map_err(|error| error.to_string())?;
        field.send_keys(text).await.map_err(|error| error.to_string())
    })
    .await;
}

async fn click(browser: &Browser, what: By) {
    eventually(&format!("{what:?}"), SOON, async || {
        let found = browser.page().find(what.clone()).await.map_err(|error| error.to_string())?;
        found.click().await.map_err(|error| error.to_string())
    })
    .await;
}

/// Presses the main button of the page's form.
async fn press(browser: &Browser) {
    click(browser, By::Css("main form .actions button")).await;
}

fn pictures() -> Option<PathBuf> {
    let folder = std::env::var_os("SYSOPS_SCREENSHOTS").map(PathBuf::from)?;
    std::fs::create_dir_all(&folder).expect("the folder of pictures can be made");
    Some(folder)
}

fn picture(app: &AppWindow, name: &str) {
    if let Some(folder) = pictures() {
        app.screenshot(&folder.join(format!("{name}.png")));
    }
}

async fn shot(browser: &Browser, name: &str) {
    if let Some(folder) = pictures() {
        browser.page().screenshot(&folder.join(format!("{name}.png"))).await.expect("the browser draws");
    }
}
