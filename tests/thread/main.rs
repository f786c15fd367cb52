//! The main job through real processes: a customer's browser without scripts, the server, the expert's app in its
//! window, and a network that is cut. The app and the server are both killed with -9 on the way; nothing is lost.
//!
//! `SYSOPS_SCREENSHOTS=DIR` keeps a picture of each station of the customer's and the app's screens.

mod phones;

use serde_json::{Value, json};
use std::path::PathBuf;
use tests::app::AppWindow;
use tests::browser::{Browser, Scripts};
use tests::http::client;
use tests::proxy::Proxy;
use tests::server::Server;
use tests::wait::{LATER, SOON, eventually};
use thirtyfour::prelude::*;

/// The longest that a survey waits for the morning, in minutes.
const UNTIL_MORNING: i64 = 24 * 60;

#[tokio::test]
async fn one_ticket_goes_from_a_browser_to_an_offline_phone_and_back() {
    let mut server = Server::demo(&[]).await;
    let network = Proxy::before(server.url());
    let browser = Browser::phone(Scripts::Off).await;
    let number = report(&browser, &server).await;

    let (phone, password) = asked_expert(&server, &number).await;
    let data = tempfile::tempdir().expect("a folder for the app");
    let mut app = AppWindow::open(&network.url(), data.path()).await;
    app.fill("login", &phone).await;
    app.tap("use-password").await;
    app.fill("password", &password).await;
    app.tap("sign-in").await;
    app.sees("No picture since the storm").await;
    picture(&app, "11-app-offer");
    app.tap("accept").await;
    app.sees("I am leaving now").await;
    state(&browser, "accepted").await;
    message(&server, "email", |text| text.contains(&number) && text.contains("Expected arrival")).await;

    network.cut();
    server.kill_9();
    app.tap(&format!("ticket-{number}")).await;
    app.tap("depart").await;
    app.sees("I have arrived").await;
    app.tap("arrive").await;
    app.sees("Finish the visit").await;
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

    server.up_again().await;
    network.restore();
    app.tap("nav-you").await;
    app.tap("sync-now").await;
    app.sees_within("Everything is safe on the server", LATER).await;
    state(&browser, "completed").await;
    shot(&browser, "04-completed").await;
    let page = browser.page().source().await.expect("the page is there");
    assert_eq!(page.matches("Übergang").count(), 1, "the note is there, once");

    survey(&browser, &server).await;
    server.assert_balanced();
}

/// Signs in and reports a problem; gives back the ticket's number, with the receipt still open.
async fn report(browser: &Browser, server: &Server) -> String {
    let page = browser.page();
    let mia = server.sign_in("customer");
    page.goto(format!("{}/tickets/new?category=tv", server.url())).await.expect("the server answers");
    type_into(browser, "login", &mia.login).await;
    type_into(browser, "password", &mia.password).await;
    press(browser).await;
    type_into(browser, "title", "No picture since the storm").await;
    shot(browser, "01-report").await;
    click(browser, By::Css("input[name=symptom][value=no_picture]")).await;
    press(browser).await;
    let number = eventually("the receipt", SOON, async || {
        let found = page.find(By::Css(".number")).await.map_err(|error| error.to_string())?;
        found.text().await.map_err(|error| error.to_string())
    })
    .await;
    shot(browser, "02-receipt").await;
    number
}

/// The expert who was asked: the number that got the SMS, and the demo's password.
async fn asked_expert(server: &Server, number: &str) -> (String, String) {
    let offer = message(server, "sms", |text| text.contains(number) && text.contains("Please answer")).await;
    (offer["to"].as_str().expect("it went somewhere").to_owned(), server.sign_in("expert").password)
}

/// Answers the survey by the link in the mail, and finds that it counts once.
async fn survey(browser: &Browser, server: &Server) {
    let jump = json!({ "minutes": UNTIL_MORNING });
    let jumped = client().post(format!("{}/demo/clock", server.url())).json(&jump).send().await;
    assert!(jumped.expect("the server answers").status().is_success());
    let mail = message(server, "email", |text| text.contains("Is it working?")).await;
    let link = mail["link"].as_str().expect("it has a link");
    browser.page().goto(link).await.expect("the link is one");
    click(browser, By::Css("input[name=working][value=yes]")).await;
    shot(browser, "05-survey").await;
    press(browser).await;
    shows(browser, "Thank you").await;
    browser.page().goto(link).await.expect("the link is one");
    shows(browser, "You already answered").await;
}

/// The first captured message of a channel that says this.
async fn message(server: &Server, channel: &str, says: impl Fn(&str) -> bool) -> Value {
    let url = format!("{}/demo/messages", server.url());
    eventually(&format!("a message by {channel}"), SOON, async || {
        let answer = client().get(&url).send().await.map_err(|error| error.to_string())?;
        let all: Value = answer.json().await.map_err(|error| error.to_string())?;
        let messages = all["messages"].as_array().cloned().unwrap_or_default();
        let fits = |one: &&Value| one["channel"] == channel && says(one["body"].as_str().unwrap_or_default());
        messages.iter().find(fits).cloned().ok_or_else(|| format!("captured so far: {messages:?}"))
    })
    .await
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
