//! Every page under axe-core, by day and by night, on a phone's and on a desk's screen.
//!
//! The walk begins at each role's first page and follows the links, two addresses for each route. A route that no walk
//! reaches fails, unless it is on the list of those that only a message or a form leads to. axe-core (MPL-2.0) lies beside
//! this file, as its makers give it out; nothing of it ships.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use tests::browser::Browser;
use tests::filing::{body, headers, token};
use tests::server::Server;
use tests::wire::Wire;

use crate::routes::{pages, pattern_of};
use crate::walk::{go, links, run, screen, sign_in};

const AXE: &str = include_str!("axe/axe.min.js");
/// Addresses of one route that are looked at.
const OF_ONE_ROUTE: usize = 2;
/// Pages of one role.
const PAGES_MAX: usize = 120;
/// What a page may weigh, without its style sheet.
const BYTES_MAX: u64 = 60 * 1024;

/// Pages that no link of another page leads to: what leads there, or what holds them.
const NOT_LINKED: [(&str, &str); 19] = [
    ("/desk", "leads on to the inbox"),
    ("/knowledge/{id}/versions/{ver}", "linked where an article was edited"),
    ("/confirm/{token}", "a mail to a new address leads there"),
    ("/survey/{token}", "a message after a visit leads there; walked in the thread"),
    ("/track/{token}", "a message leads there; walked below"),
    ("/demo/messages", "a document for programs"),
    ("/account/export.json", "a file"),
    ("/help/{id}", "linked where an article was reviewed"),
    ("/plan/charges/{id}", "linked where something was paid"),
    ("/plan/charges/{id}/back", "the provider's page leads back there"),
    ("/plan/done/{checkout}", "the provider's page leads back there"),
    ("/plans/{slug}", "linked where a plan is sold"),
    ("/sandbox/pay/{id}", "the sandbox's own page, after a plan was chosen"),
    ("/sandbox/confirm/{id}", "the sandbox's own page, after a bank asked back"),
    ("/admin/charges/{id}", "linked where something was paid"),
    ("/admin/import/{kind}", "linked beside each list"),
    ("/admin/import/{kind}/{draft}", "a chosen file leads there"),
    ("/admin/jobs/{id}", "linked where a job gave up"),
    ("/admin", "leads on to its first page"),
];

/// What is wrong with a page, in words for the test's output.
async fn faults(browser: &Browser, only: &str) -> Vec<String> {
    run(browser, &format!("{AXE}\nreturn true;")).await;
    let script = format!(
        "const done = arguments[arguments.length - 1];
         axe.run(document, {only}).then((all) => done(all.violations
           .filter((one) => one.impact === 'serious' || one.impact === 'critical')
           .map((one) => one.id + ': ' + one.help + ' at ' + one.nodes.map((node) => node.html.slice(0, 160)).join(' | '))));"
    );
    let found = browser.page().execute_async(script, Vec::new()).await;
    let found = found.unwrap_or_else(|why| panic!("axe does not run: {why}"));
    found.json().as_array().into_iter().flatten().filter_map(|one| one.as_str().map(str::to_owned)).collect()
}

/// Looks at the open page on both screens, by day and by night.
async fn look(browser: &Browser, path: &str, wrong: &mut Vec<String>) {
    let bytes = run(browser, "return new TextEncoder().encode(document.documentElement.outerHTML).length").await;
    if bytes.as_u64().is_none_or(|bytes| bytes > BYTES_MAX) {
        wrong.push(format!("{path} has {bytes} bytes"));
    }
    for (width, scheme, rules) in
        [(390, "light", "{}"), (390, "dark", "{ runOnly: ['color-contrast'] }"), (1280, "light", "{}")]
    {
        screen(browser, width, scheme).await;
        let found = faults(browser, rules).await;
        wrong.extend(found.into_iter().map(|fault| format!("{path} at {width} {scheme}: {fault}")));
        let sideways = run(browser, "return document.documentElement.scrollWidth - window.innerWidth").await;
        if sideways.as_i64().is_none_or(|pixels| pixels > 0) {
            wrong.push(format!("{path} at {width} scrolls sideways by {sideways}"));
        }
    }
}

/// Follows the links from here. Gives back the routes that were seen.
async fn walk(browser: &Browser, url: &str, begin: &[&str], wrong: &mut Vec<String>) -> BTreeSet<String> {
    let patterns = pages();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut known: BTreeSet<String> = begin.iter().map(|path| (*path).to_owned()).collect();
    let mut ahead: VecDeque<String> = known.iter().cloned().collect();
    let mut n_pages = 0;
    while let Some(path) = ahead.pop_front() {
        let plain = path.split('?').next().unwrap_or_default();
        let Some(pattern) = pattern_of(plain, &patterns) else { continue };
        // What ends the session, or is a file.
        if ["/account/export.json", "/demo/messages"].contains(&pattern) || n_pages >= PAGES_MAX {
            continue;
        }
        if seen.get(pattern).is_some_and(|n| *n >= OF_ONE_ROUTE) {
            continue;
        }
        n_pages += 1;
        go(browser, &format!("{url}{path}")).await;
        let there = "return location.pathname + ' ' + performance.getEntriesByType('navigation')[0].responseStatus";
        if run(browser, there).await != format!("{plain} 200") {
            // Another role's, or an address that leads on: looked at where it belongs.
            continue;
        }
        *seen.entry(pattern.to_owned()).or_default() += 1;
        look(browser, &path, wrong).await;
        for link in links(browser, url).await {
            if known.insert(link.clone()) {
                ahead.push_back(link);
            }
        }
    }
    seen.into_keys().collect()
}

/// A ticket of the demo's customer: its page, and its private page.
async fn ticket(server: &Server) -> [String; 2] {
    let who = server.sign_in("customer");
    let token = token(server.url(), &who.login, &who.password).await;
    let mut wire = Wire::open(server.url()).await.expect("the server is up");
    let filed = wire.post("/api/v1/tickets", &headers(&token, "pages"), &body("pages")).await.expect("it answers");
    let filed: serde_json::Value = serde_json::from_str(&filed.body).unwrap_or_default();
    let track = filed["track_url"].as_str().unwrap_or_else(|| panic!("nothing was filed: {filed}"));
    let id = filed["id"].as_str().unwrap_or_default();
    [format!("/tickets/{id}"), track.trim_start_matches(server.url()).to_owned()]
}

#[tokio::test]
async fn no_page_has_a_serious_fault_for_anybody_scrolls_sideways_or_weighs_too_much() {
    let server = Server::demo(&[]).await;
    let [own, by_link] = ticket(&server).await;
    let (mut wrong, mut seen) = (Vec::new(), BTreeSet::new());
    for role in ["nobody", "customer", "agent", "admin"] {
        let browser = Browser::desk().await;
        let begin: &[&str] = match role {
            "nobody" => &[
                "/",
                "/sign-in",
                "/register",
                "/track",
                "/help",
                "/demo",
                "/password",
                "/sign-out",
                &by_link,
                "/confirm/x",
            ],
            "customer" => &[
                "/tickets",
                &own,
                "/account",
                "/tickets/new?category=tv",
                "/tickets/new?category=tv&symptom=no_picture",
                "/plans",
                "/plan",
            ],
            "agent" => &["/desk/inbox", "/desk/lost", "/desk/callers/new", "/knowledge"],
            _ => &["/admin/experts", "/admin/reports", "/admin/health", "/admin/surveys", "/admin/charges"],
        };
        if role != "nobody" {
            sign_in(&browser, server.url(), &server.sign_in(role)).await;
        }
        seen.extend(walk(&browser, server.url(), begin, &mut wrong).await);
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
    let excused: BTreeSet<String> = NOT_LINKED.iter().map(|(pattern, _)| (*pattern).to_owned()).collect();
    let missed: Vec<String> =
        pages().difference(&seen).filter(|pattern| !excused.contains(*pattern)).cloned().collect();
    assert!(missed.is_empty(), "no walk comes to these pages: link them, or say why not: {missed:?}");
}
