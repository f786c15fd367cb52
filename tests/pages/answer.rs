//! What a customer says afterwards, in a browser with scripts and without: it is not working, so somebody comes again, and
//! an answer counts once.

use tests::browser::{Browser, Scripts};
use tests::http::client;
use tests::server::{Server, SignIn};
use tests::wait::{LATER, eventually};
use thirtyfour::prelude::*;

use crate::journeys::report;
use crate::walk::{click, go, shows, sign_in};

async fn post(server: &Server, path: &str, form: &[(&str, &str)]) {
    let sent = client().post(format!("{}{path}", server.url())).form(form).send().await.expect("the server answers");
    assert!(sent.status().is_redirection(), "{path}: {}", sent.status());
}

/// Looks at a ticket that nobody was asked about yet, before the clock goes an hour on: at night nobody is asked.
const LOOKS: usize = 40;

/// The experts answer by themselves, and the clock goes on as they drive and work, until the open page of a ticket says
/// that it is done. While somebody is asked it stands still: offers lapse.
async fn is_done(browser: &Browser, server: &Server) {
    let mut n_looks = 0;
    eventually("the visit is over", LATER * 2, async || {
        n_looks += 1;
        browser.page().refresh().await.map_err(|error| error.to_string())?;
        let found = browser.page().find(By::Css("[data-state]")).await.map_err(|error| error.to_string())?;
        let state = found.attr("data-state").await.map_err(|error| error.to_string())?.unwrap_or_default();
        let ahead = match state.as_str() {
            "completed" => return Ok(()),
            "waiting" if n_looks % LOOKS == 0 => "60",
            "accepted" => "15",
            "en_route" | "on_site" => "5",
            _ => return Err(format!("it is {state}")),
        };
        post(server, "/demo/clock", &[("minutes", ahead)]).await;
        Err(format!("it is {state}"))
    })
    .await;
}

/// The link to the survey on the ticket's page, which is there once it was sent: not by night.
async fn survey(browser: &Browser, server: &Server) -> String {
    eventually("the page asks whether it works", LATER, async || {
        browser.page().refresh().await.map_err(|error| error.to_string())?;
        let Ok(link) = browser.page().find(By::Id("survey")).await else {
            post(server, "/demo/clock", &[("minutes", "30")]).await;
            return Err("it does not ask".to_owned());
        };
        link.attr("href").await.map_err(|error| error.to_string())?.ok_or_else(|| "it leads nowhere".to_owned())
    })
    .await
}

async fn says_no(browser: &Browser, server: &Server, who: &SignIn) {
    sign_in(browser, server.url(), who).await;
    report(browser, server).await;
    is_done(browser, server).await;
    let ticket = browser.page().current_url().await.expect("the page has an address").to_string();
    let link = survey(browser, server).await;
    go(browser, &format!("{}{}", server.url(), link.trim_start_matches(server.url()))).await;
    let ask = browser.page().current_url().await.expect("the page has an address").to_string();
    // Nothing chosen is said beside the question, and nothing was answered by that.
    click(browser, By::Css("main form .actions button")).await;
    shows(browser, "Please choose yes or no").await;
    click(browser, By::Css("input[name=working][value=no]")).await;
    click(browser, By::Css("main form .actions button")).await;
    shows(browser, "We send somebody again").await;
    click(browser, By::Css("main .actions a")).await;
    shows(browser, "We come again about what").await;
    go(browser, &ask).await;
    shows(browser, "You already answered").await;
    go(browser, &ticket).await;
    shows(browser, "It did not stay fixed").await;
}

#[tokio::test]
async fn whoever_says_that_it_is_not_working_is_visited_again_with_scripts() {
    let server = Server::demo(&[]).await;
    post(&server, "/demo/answering", &[("who", "all")]).await;
    says_no(&Browser::phone(Scripts::On).await, &server, &server.sign_in("customer")).await;
    server.assert_balanced();
}

#[tokio::test]
async fn whoever_says_that_it_is_not_working_is_visited_again_without_scripts() {
    let server = Server::demo(&[]).await;
    post(&server, "/demo/answering", &[("who", "all")]).await;
    says_no(&Browser::phone(Scripts::Off).await, &server, &server.sign_in("customer")).await;
    server.assert_balanced();
}
