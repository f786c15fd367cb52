//! A day at the desk, by keyboard alone: a ticket comes up by itself, somebody is chosen with the rules' word beside each
//! name, and the offer is taken back before its expert has seen it.

use serde_json::{Value, json};
use tests::browser::Browser;
use tests::http::client;
use tests::server::{Server, SignIn};
use thirtyfour::prelude::*;

use super::{shot, shows, type_into};

/// Tickets that are filed until the desk is faster than the server.
const TICKETS_MAX: usize = 4;

/// Presses of the tab key within which everything on a page must be reached.
const TABS_MAX: usize = 400;

#[tokio::test]
async fn the_desk_offers_by_keyboard_on_a_day_that_is_live_and_takes_it_back_before_it_is_seen() {
    let server = Server::demo(&[]).await;
    let browser = Browser::desk().await;
    let page = browser.page();
    page.goto(format!("{}/desk/day", server.url())).await.expect("the server answers");
    let agent = server.sign_in("agent");
    type_into(&browser, "login", &agent.login).await;
    type_into(&browser, "password", &agent.password).await;
    keys(&browser, Key::Enter).await;
    shows(&browser, "Experts at work").await;
    run(&browser, "window.neverLoadedAgain = true").await;

    let mut is_reached = false;
    for n in 0..TICKETS_MAX {
        let number = filed(&server, &server.sign_in("customer"), n).await;
        shows(&browser, &number).await;
        assert_eq!(run(&browser, "return window.neverLoadedAgain").await, json!(true), "the page was not loaded again");
        shot(&browser, &format!("21-desk-day-{n}")).await;
        // The list may be drawn anew until somebody's focus is in it; and by day the server may be faster, so that the
        // ticket has an expert and needs nobody's choice.
        is_reached = reaches(&browser, "#live a.link[href$='/offer']", &number).await;
        if is_reached {
            break;
        }
    }
    assert!(is_reached, "what waits is reached by the tab key");
    keys(&browser, Key::Enter).await;
    shows(&browser, "Who keeps every rule").await;
    let fits = page.find_all(By::Css("#f-expert > .choices input[name=expert]")).await.expect("the list is there");
    assert!(!fits.is_empty(), "somebody keeps every rule");
    let against = page.source().await.expect("the page is there");
    assert!(against.contains("class=\"against\""), "and beside who does not stands why");
    tab_to(&browser, "input[name=expert]", "").await;
    // At night only one may keep every rule, and arrows have nowhere to go.
    keys(&browser, Key::Space).await;
    let chosen = run(&browser, "return document.activeElement.checked").await;
    assert_eq!(chosen, json!(true), "the space bar chooses");
    shot(&browser, "22-desk-choose").await;
    keys(&browser, Key::Enter).await;

    shows(&browser, "Take the offer back").await;
    tab_to(&browser, "form[action$='/take-back'] button", "").await;
    keys(&browser, Key::Enter).await;
    shows(&browser, "one of us took it back").await;
    shot(&browser, "23-desk-taken-back").await;
}

/// Files the n-th ticket as a customer does, by the endpoint; gives back its number.
async fn filed(server: &Server, customer: &SignIn, n: usize) -> String {
    let url = |path: &str| format!("{}/api/v1{path}", server.url());
    let known = json!({ "login": customer.login, "password": customer.password });
    let answer = client().post(url("/sign-in")).json(&known).send().await.expect("the server answers");
    let token: Value = answer.json().await.expect("it is JSON");
    let token = token["token"].as_str().expect("a token").to_owned();
    let ticket = json!({ "category": "tv", "product": {}, "title": "Stripes across the picture", "description": "" });
    let sent =
        client().post(url("/tickets")).bearer_auth(token).header("idempotency-key", format!("a-day-at-the-desk-{n}"));
    let answer: Value = sent.json(&ticket).send().await.expect("the server answers").json().await.expect("it is JSON");
    answer["number"].as_str().unwrap_or_else(|| panic!("no number: {answer}")).to_owned()
}

async fn tab_to(browser: &Browser, css: &str, says: &str) {
    assert!(reaches(browser, css, says).await, "{css} {says} is not reached by the tab key");
}

/// Presses the tab key until this has the focus and says that; false if it never does.
async fn reaches(browser: &Browser, css: &str, says: &str) -> bool {
    for _ in 0..TABS_MAX {
        let focused = "const at = document.activeElement; return [at.matches(arguments[0]), at.textContent]";
        let at = browser.page().execute(focused, vec![json!(css)]).await.expect("the page runs scripts");
        let (is_it, text): (bool, Option<String>) = at.convert().expect("it is a pair");
        if is_it && text.is_some_and(|text| text.contains(says)) {
            return true;
        }
        keys(browser, Key::Tab).await;
    }
    false
}

async fn keys(browser: &Browser, key: Key) {
    let focused = browser.page().active_element().await.expect("something has the focus");
    focused.send_keys(key + "").await.expect("keys can be pressed");
}

async fn run(browser: &Browser, script: &str) -> Value {
    browser.page().execute(script, vec![]).await.expect("the page runs scripts").json().clone()
}
