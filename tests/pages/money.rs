//! The way of money in a browser, each with scripts and without: somebody new confirms the address, buys a plan on the
//! provider's page and reports a problem, or the other way round; a forgotten password is replaced by the link of a mail; a
//! payment that is left half-way begins nothing, and is made once afterwards.

use serde_json::Value;
use tests::browser::Browser;
use tests::http::client;
use tests::server::Server;
use tests::wait::{SOON, eventually};
use thirtyfour::prelude::*;

use crate::journeys::{BOTH, newcomer, report};
use crate::walk::{click, go, shows, sign_in, type_into};

/// The link in the first captured mail to somebody that says this.
pub(crate) async fn mailed(server: &Server, to: &str, says: &str) -> String {
    eventually(&format!("a mail to {to} that says {says:?}"), SOON, async || {
        let answer = client().get(format!("{}/demo/messages", server.url())).send().await;
        let all: Value = answer.map_err(|error| error.to_string())?.json().await.map_err(|error| error.to_string())?;
        let messages = all["messages"].as_array().cloned().unwrap_or_default();
        let text = |one: &Value, field: &str| one[field].as_str().unwrap_or_default().to_owned();
        let fits = |one: &&Value| text(one, "to") == to && format!("{one}").contains(says);
        messages.iter().find(fits).map(|one| text(one, "link")).ok_or_else(|| format!("captured: {messages:?}"))
    })
    .await
}

/// Waits until the browser is at an address that holds this.
async fn arrives(browser: &Browser, part: &str) -> String {
    eventually(&format!("the address holds {part}"), SOON, async || {
        let at = browser.page().current_url().await.map_err(|error| error.to_string())?.to_string();
        if at.contains(part) { Ok(at) } else { Err(at) }
    })
    .await
}

async fn chooses(browser: &Browser, card: &str) {
    click(browser, By::XPath(format!("//label[contains(., '{card}')]"))).await;
    click(browser, By::Id("pay")).await;
}

/// Payments on the page of the plan.
async fn n_payments(browser: &Browser, server: &Server) -> usize {
    go(browser, &format!("{}/plan", server.url())).await;
    shows(browser, "My plan").await;
    browser.page().find_all(By::Css("a[href^='/plan/charges/']")).await.expect("the page is there").len()
}

#[tokio::test]
async fn somebody_new_confirms_the_address_buys_a_plan_and_their_ticket_is_taken_up_at_once() {
    let server = Server::demo(&[]).await;
    for (n, scripts) in BOTH.into_iter().enumerate() {
        let browser = Browser::phone(scripts).await;
        let who = newcomer(&browser, &server, 20 + n).await;
        go(&browser, &mailed(&server, &who.login, "/confirm/").await).await;
        shows(&browser, "Is this your address?").await;
        click(&browser, By::Id("yes")).await;
        shows(&browser, "is confirmed").await;

        go(&browser, &format!("{}/plans", server.url())).await;
        click(&browser, By::Css("a.button[href='/plans/home_plus']")).await;
        click(&browser, By::Id("buy")).await;
        arrives(&browser, "/sandbox/pay/").await;
        chooses(&browser, "it works").await;
        shows(&browser, "Visa ending in").await;
        assert_eq!(n_payments(&browser, &server).await, 1);
        click(&browser, By::Css("a[href^='/plan/charges/']")).await;
        shows(&browser, "199.00 USD").await;

        report(&browser, &server).await;
        let page = browser.page().source().await.expect("the page is there");
        assert!(!page.contains("data-state=\"waiting\"") || !page.contains("id=\"plans\""), "a plan covers it: {page}");
    }
    server.assert_balanced();
}

#[tokio::test]
async fn whoever_has_forgotten_the_password_opens_the_link_of_the_mail_and_chooses_another() {
    let server = Server::demo(&[]).await;
    for (n, scripts) in BOTH.into_iter().enumerate() {
        let browser = Browser::phone(scripts).await;
        let mut who = newcomer(&browser, &server, 40 + n).await;
        go(&browser, &mailed(&server, &who.login, "/confirm/").await).await;
        click(&browser, By::Id("yes")).await;
        shows(&browser, "is confirmed").await;
        browser.page().delete_all_cookies().await.expect("the browser forgets");

        go(&browser, &format!("{}/password", server.url())).await;
        type_into(&browser, "login", &who.login).await;
        click(&browser, By::Id("send")).await;
        shows(&browser, "a code is on its way").await;
        let link = mailed(&server, &who.login, "/sign-in/link/").await;
        go(&browser, &link).await;
        type_into(&browser, "password", "short").await;
        click(&browser, By::Id("set")).await;
        shows(&browser, "Please look at this again").await;
        who.password = "amber-kettle-morning".to_owned();
        type_into(&browser, "password", &who.password).await;
        click(&browser, By::Id("set")).await;
        shows(&browser, "Your password is set").await;
        go(&browser, &link).await;
        shows(&browser, "This link no longer works").await;
        browser.page().delete_all_cookies().await.expect("the browser forgets");
        sign_in(&browser, server.url(), &who).await;
    }
    server.assert_balanced();
}

#[tokio::test]
async fn whoever_reports_first_is_led_to_a_plan_and_their_ticket_is_taken_up_once_it_is_paid() {
    let server = Server::demo(&[]).await;
    for (n, scripts) in BOTH.into_iter().enumerate() {
        let browser = Browser::phone(scripts).await;
        newcomer(&browser, &server, 60 + n).await;
        report(&browser, &server).await;
        let ticket = browser.page().current_url().await.expect("a page is open").to_string();
        click(&browser, By::Id("plans")).await;
        arrives(&browser, "/plans").await;
        click(&browser, By::Css("a.button[href='/plans/home_plus']")).await;
        click(&browser, By::Id("buy")).await;
        arrives(&browser, "/sandbox/pay/").await;
        chooses(&browser, "it works").await;
        shows(&browser, "Visa ending in").await;
        eventually("the ticket no longer waits for a plan", SOON, async || {
            go(&browser, &ticket).await;
            let waits = browser.page().find_all(By::Id("plans")).await.map_err(|error| error.to_string())?.len();
            if waits == 0 { Ok(()) } else { Err("it offers plans".to_owned()) }
        })
        .await;
    }
    server.assert_balanced();
}

#[tokio::test]
async fn a_payment_left_half_way_begins_nothing_and_is_made_once_when_somebody_comes_back() {
    let server = Server::demo(&[]).await;
    for (n, scripts) in BOTH.into_iter().enumerate() {
        let browser = Browser::phone(scripts).await;
        newcomer(&browser, &server, 30 + n).await;
        let offer = format!("{}/plans/home_plus", server.url());
        go(&browser, &offer).await;
        click(&browser, By::Id("buy")).await;
        let provider = arrives(&browser, "/sandbox/pay/").await;
        // The page is closed, without a word to anybody.
        assert_eq!(n_payments(&browser, &server).await, 0);
        shows(&browser, "You have no plan yet").await;
        // Left by its own button, it says that nothing was paid.
        go(&browser, &provider).await;
        click(&browser, By::Id("leave")).await;
        shows(&browser, "Nothing was paid").await;
        assert_eq!(n_payments(&browser, &server).await, 0);

        // Back again, the first card is declined, and the next one pays.
        go(&browser, &offer).await;
        click(&browser, By::Id("buy")).await;
        let provider = arrives(&browser, "/sandbox/pay/").await;
        chooses(&browser, "declines it").await;
        arrives(&browser, "/sandbox/pay/").await;
        assert_eq!(n_payments(&browser, &server).await, 0);
        go(&browser, &provider).await;
        chooses(&browser, "it works").await;
        shows(&browser, "Visa ending in").await;
        // The button of the browser leads back to a page that takes no second payment.
        go(&browser, &provider).await;
        let second = browser.page().find(By::Id("pay")).await;
        assert!(second.is_err(), "the page is over");
        go(&browser, &offer).await;
        shows(&browser, "You have this plan already").await;
        assert_eq!(n_payments(&browser, &server).await, 1, "it was paid once");
    }
    server.assert_balanced();
}
