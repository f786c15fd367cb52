//! What customers do most, each with scripts and without: somebody new registers and reports a problem step by step;
//! whoever has the link chooses another time and says that nobody needs to come; an account is copied, left and kept.

use tests::browser::{Browser, Scripts};
use tests::server::{Server, SignIn};
use thirtyfour::prelude::*;

use crate::walk::{click, go, shows, sign_in, type_into};

pub(crate) const BOTH: [Scripts; 2] = [Scripts::On, Scripts::Off];

/// Registers somebody and signs them in.
pub(crate) async fn newcomer(browser: &Browser, server: &Server, n: usize) -> SignIn {
    let who = SignIn {
        role: "customer".to_owned(),
        login: format!("zoe{n}@example.com"),
        password: "quiet-lamp-harbour".to_owned(),
    };
    go(browser, &format!("{}/register", server.url())).await;
    for (name, text) in [
        ("name", "Zoë Núñez-Ægisdóttir"),
        ("email", who.login.as_str()),
        ("phone", &format!("(212) 555-01{n:02}")),
        ("line1", "215 W 100th St"),
        ("postal_code", "10025"),
        ("password", who.password.as_str()),
    ] {
        type_into(browser, name, text).await;
    }
    click(browser, By::Id("send")).await;
    shows(browser, "Sign in").await;
    sign_in(browser, server.url(), &who).await;
    who
}

/// Reports a problem step by step; gives back the link that may be passed on.
pub(crate) async fn report(browser: &Browser, server: &Server) -> String {
    go(browser, &format!("{}/tickets/new", server.url())).await;
    click(browser, By::Css("a.tile[href='/tickets/new?category=tv']")).await;
    click(browser, By::Id("go-on")).await;
    shows(browser, "Please choose what fits best").await;
    click(browser, By::Css("input[name=symptom][value=no_picture]")).await;
    type_into(browser, "make", "Łumen").await;
    click(browser, By::Id("go-on")).await;
    shows(browser, "Step 2 of 2").await;
    click(browser, By::Id("send")).await;
    shows(browser, "Please look at this again").await;
    type_into(browser, "title", "No picture since the storm – né").await;
    click(browser, By::Id("send")).await;
    shows(browser, "We have your report").await;
    let link = browser.page().find(By::LinkText("keep this link")).await.expect("the receipt has a link");
    link.attr("href").await.expect("it can be read").expect("it leads somewhere")
}

#[tokio::test]
async fn somebody_new_reports_a_problem_and_whoever_has_the_link_chooses_another_time_and_calls_it_off() {
    let server = Server::demo(&[]).await;
    for (n, scripts) in BOTH.into_iter().enumerate() {
        let browser = Browser::phone(scripts).await;
        newcomer(&browser, &server, n).await;
        let link = report(&browser, &server).await;
        // A helper with the link alone, on another phone.
        let helper = Browser::phone(scripts).await;
        go(&helper, &link).await;
        click(&helper, By::Css("#another-time summary")).await;
        click(&helper, By::Css("#another-time fieldset.day:last-of-type label")).await;
        click(&helper, By::Id("reschedule")).await;
        shows(&helper, "You chose when we may come").await;
        // The second report of the same kind is told of the first.
        go(&browser, &format!("{}/tickets/new?category=tv&symptom=none", server.url())).await;
        shows(&browser, "This is open already").await;
        go(&browser, &format!("{}/tickets/new", server.url())).await;
        shows(&browser, "One of your products").await;
        go(&helper, &link).await;
        click(&helper, By::XPath("//summary[contains(., 'Cancel this ticket')]")).await;
        click(&helper, By::Id("cancel")).await;
        shows(&helper, "Nobody will come").await;
    }
    server.assert_balanced();
}

#[tokio::test]
async fn an_account_is_changed_copied_left_and_kept_with_scripts_and_without() {
    let server = Server::demo(&[]).await;
    for (n, scripts) in BOTH.into_iter().enumerate() {
        let browser = Browser::phone(scripts).await;
        let who = newcomer(&browser, &server, n).await;
        go(&browser, &format!("{}/account", server.url())).await;
        shows(&browser, &format!("Is {} your address?", who.login)).await;
        click(&browser, By::LinkText("Name a helper")).await;
        type_into(&browser, "helper.name", "Łukasz").await;
        click(&browser, By::Id("send")).await;
        shows(&browser, "Please give a phone number or an e-mail address of your helper").await;
        type_into(&browser, "helper.email", "lukasz@example.com").await;
        click(&browser, By::Id("send")).await;
        shows(&browser, "Łukasz hears the news").await;
        click(&browser, By::LinkText("Copy or delete my data")).await;
        click(&browser, By::Id("leave")).await;
        shows(&browser, "Please tick that you are sure").await;
        click(&browser, By::Css("label[for=f-sure]")).await;
        click(&browser, By::Id("leave")).await;
        shows(&browser, "We delete your account and your data on").await;
        click(&browser, By::Id("stay")).await;
        shows(&browser, "Your account stays").await;
    }
}
