//! The desk and the office in a browser: a caller helped by keyboard alone, while the network is cut too; a caller without
//! e-mail, with scripts off; and a file of five hundred experts with seven bad lines, with scripts and without.

use super::{click, press, shot, shows, type_into};
use serde_json::json;
use std::fmt::Write as _;
use std::time::Duration;
use tests::browser::{Browser, Scripts};
use tests::http::client;
use tests::proxy::Proxy;
use tests::server::{Server, SignIn};
use tests::wait::{LATER, SOON, eventually};
use thirtyfour::prelude::*;
use tokio::time::Instant;

/// How many stops of the Tab key a control may be away.
const TABS_MAX: usize = 40;
/// A call is helped within this, from the caller's first word to the ticket's page.
const FILED_WITHIN: Duration = Duration::from_secs(30);
/// What a key takes somebody who types forty words a minute.
const KEY: Duration = Duration::from_millis(300);

async fn sign_in(browser: &Browser, url: &str, path: &str, who: &SignIn) {
    browser.page().goto(format!("{url}{path}")).await.expect("the server answers");
    type_into(browser, "login", &who.login).await;
    type_into(browser, "password", &format!("{}{}", who.password, Key::Enter.value())).await;
}

/// Types into whatever has the focus.
async fn keys(browser: &Browser, text: &str) {
    let focused = browser.page().active_element().await.expect("something has the focus");
    focused.send_keys(text).await.expect("it takes keys");
}

/// Somebody who has no ticket yet.
async fn registers(server: &Server, name: &str, phone: &str) {
    let agent = server.sign_in("agent");
    let token = tests::crash::token(server.url(), &agent.login, &agent.password).await;
    let caller = json!({ "name": name, "phone": phone, "address": { "line1": "350 5th Ave", "postal_code": "10118" } });
    let sent =
        client().post(format!("{}/api/v1/customers", server.url())).bearer_auth(token).json(&caller).send().await;
    assert!(sent.expect("the server answers").status().is_success());
}

/// Goes on with Tab to the control that says this. Gives back how many presses that took.
async fn tab_to(browser: &Browser, says: &str) -> u32 {
    for n in 1..=TABS_MAX {
        keys(browser, &Key::Tab.value().to_string()).await;
        let focused = browser.page().active_element().await.expect("something has the focus");
        if focused.text().await.unwrap_or_default().contains(says) {
            return u32::try_from(n).unwrap_or(u32::MAX);
        }
    }
    panic!("{says:?} is not reached by {TABS_MAX} tabs");
}

async fn arrives(browser: &Browser, part: &str) {
    eventually(&format!("the address holds {part}"), LATER, async || {
        let at = browser.page().current_url().await.map_err(|error| error.to_string())?;
        if at.as_str().contains(part) { Ok(()) } else { Err(at.to_string()) }
    })
    .await;
}

#[tokio::test]
async fn a_caller_is_helped_by_keyboard_alone_and_an_outage_loses_nothing() {
    let server = Server::demo(&[]).await;
    registers(&server, "Žofie Öztürk-Quaye", "212 555 0191").await;
    registers(&server, "Quincy Åberg-Quaye", "212 555 0192").await;
    let network = Proxy::before(server.url());
    let browser = Browser::desk().await;
    sign_in(&browser, &network.url(), "/desk", &server.sign_in("agent")).await;
    shows(&browser, "Who is calling?").await;
    let began = Instant::now();
    // The box has the focus, and answers while one types.
    keys(&browser, "zofie quaye").await;
    shows(&browser, "Žofie Öztürk-Quaye").await;
    keys(&browser, &Key::Down.value().to_string()).await;
    keys(&browser, &Key::Enter.value().to_string()).await;
    arrives(&browser, "/desk/callers/").await;
    let n_tabs = tab_to(&browser, "File a ticket").await;
    keys(&browser, &Key::Enter.value().to_string()).await;
    arrives(&browser, "/ticket").await;
    shows(&browser, "What is broken, and how?").await;
    keys(&browser, &format!("tele no pic{}", Key::Enter.value())).await;
    arrives(&browser, "/desk/tickets/").await;
    let (waited, n_keys) = (began.elapsed(), "zofie quaye".len() + 2 + "tele no pic".len() + 2);
    let n_keys = n_tabs + u32::try_from(n_keys).unwrap_or(u32::MAX);
    tests::say(&format!("a ticket is filed with {n_keys} keys, the machine took {waited:?} of it"));
    assert!(waited + KEY * n_keys < FILED_WITHIN, "{n_keys} keys and {waited:?} are more than {FILED_WITHIN:?}");
    shot(&browser, "21-desk-ticket").await;

    // Another call, and the network goes before the ticket is sent.
    browser.page().goto(format!("{}/desk?q=aberg", network.url())).await.expect("the server answers");
    arrives(&browser, "/desk/callers/").await;
    click(&browser, By::LinkText("File a ticket")).await;
    arrives(&browser, "/ticket").await;
    type_into(&browser, "trouble", "tele no pic").await;
    type_into(&browser, "title", "Since the storm").await;
    network.cut();
    type_into(&browser, "title", &Key::Enter.value().to_string()).await;
    shows(&browser, "is kept on this machine").await;
    shot(&browser, "22-desk-outage").await;
    network.restore();
    arrives(&browser, "/desk/tickets/").await;
    shows(&browser, "Since the storm").await;
    browser.page().goto(format!("{}/desk/tickets", network.url())).await.expect("the server answers");
    let list = browser.page().source().await.expect("the page is there");
    assert_eq!(list.matches("Since the storm").count(), 1, "it was filed once");
    server.assert_balanced();
}

async fn helps_without_e_mail(browser: &Browser, server: &Server, phone: &str) {
    sign_in(browser, server.url(), "/desk", &server.sign_in("agent")).await;
    type_into(browser, "q", &format!("{phone}{}", Key::Enter.value())).await;
    shows(browser, "Nobody is known by this").await;
    click(browser, By::LinkText("New caller")).await;
    type_into(browser, "name", "Žofie O'Brien-Núñez").await;
    type_into(browser, "line1", "350 5th Ave").await;
    type_into(browser, "postal_code", "10118").await;
    click(browser, By::Css("input[name=notify_by][value=call]")).await;
    press(browser).await;
    shows(browser, "Ticket for Žofie").await;
    type_into(browser, "trouble", "tele no pic").await;
    type_into(browser, "description", "It smells of smoke").await;
    press(browser).await;
    arrives(browser, "/desk/tickets/").await;
    shows(browser, "Danger").await;
}

#[tokio::test]
async fn a_caller_without_e_mail_is_registered_and_helped_with_scripts_and_without() {
    let server = Server::demo(&[]).await;
    helps_without_e_mail(&Browser::phone(Scripts::Off).await, &server, "212 555 0188").await;
    helps_without_e_mail(&Browser::phone(Scripts::On).await, &server, "212 555 0189").await;
    server.assert_balanced();
}

/// A file of five hundred experts, seven of them with a postal code that is none.
fn five_hundred(tag: &str) -> String {
    let mut text = String::from("name;email;phone;postal_code;skills;areas;shifts\n");
    for at in 0..500 {
        let code = if at % 80 == 7 { "00000" } else { "10025" };
        writeln!(
            text,
            "Žofie {at};{tag}{at}@example.com;+1 646 {}{at:04};{code};;;Mon-Fri 08:00-16:00",
            if tag == "a" { "555 " } else { "556 " }
        )
        .expect("writing to a string works");
    }
    text
}

/// A busy server says so and when to come back: the page is loaded again, as its reader would.
async fn shows_in_the_end(browser: &Browser, text: &str) {
    eventually(&format!("the page shows {text:?}"), LATER, async || {
        let page = browser.page().source().await.map_err(|error| error.to_string())?;
        if page.contains(text) {
            return Ok(());
        }
        if page.contains("This is not available at the moment.") {
            browser.page().refresh().await.map_err(|error| error.to_string())?;
        }
        Err(page)
    })
    .await;
}

async fn imports(browser: &Browser, server: &Server, tag: &str) {
    let folder = tempfile::tempdir().expect("a folder for the file");
    let file = folder.path().join("experts.csv");
    std::fs::write(&file, five_hundred(tag)).expect("the file can be written");
    sign_in(browser, server.url(), "/admin/import/experts", &server.sign_in("admin")).await;
    type_into(browser, "file", &file.display().to_string()).await;
    press(browser).await;
    shows_in_the_end(browser, "493 lines are good. 7 lines have something wrong").await;
    shows(browser, "line 9, column postal_code").await;
    shot(browser, &format!("23-import-{tag}")).await;
    click(browser, By::Id("keep")).await;
    // All of them or none in one write, which has its bound: on a busy machine the page asks to send it again.
    eventually("the experts are there", Duration::from_mins(3), async || {
        let page = browser.page().source().await.map_err(|error| error.to_string())?;
        if page.contains("Please try again in") {
            browser.page().back().await.map_err(|error| error.to_string())?;
            click(browser, By::Id("keep")).await;
        }
        if page.contains("493 experts were added.") { Ok(()) } else { Err(page) }
    })
    .await;
    browser.page().goto(format!("{}/admin/experts?q=zofie+499", server.url())).await.expect("the server answers");
    eventually("the last line is an expert", SOON, async || {
        let page = browser.page().source().await.map_err(|error| error.to_string())?;
        if page.contains("Žofie 499") { Ok(()) } else { Err(page) }
    })
    .await;
}

#[tokio::test]
async fn of_five_hundred_experts_with_seven_bad_lines_the_good_are_brought_in_with_and_without_scripts() {
    let server = Server::demo(&[]).await;
    imports(&Browser::desk().await, &server, "a").await;
    imports(&Browser::phone(Scripts::Off).await, &server, "b").await;
}
