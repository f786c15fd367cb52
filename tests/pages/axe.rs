//! Every page under axe-core, by day and by night, on a phone's and on a desk's screen.
//!
//! The walk begins at each role's first page, and at what only a message or a form leads to, and follows the links, two
//! addresses for each route. A page that no walk reaches fails. axe-core (MPL-2.0) lies beside this file, as its makers give
//! it out; nothing of it ships. `SYSOPS_TEST_SHOTS=FOLDER` keeps what each page looks like on each screen, by day and by night.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use tests::browser::Browser;
use tests::server::Server;

use crate::journeys::newcomer;
use crate::routes::{pages, pattern_of};
use crate::scene;
use crate::walk::{go, links, run, screen, sign_in};

const AXE: &str = include_str!("axe/axe.min.js");
/// Addresses of one route that are looked at.
const OF_ONE_ROUTE: usize = 2;
/// Pages of one role.
const PAGES_MAX: usize = 120;
/// What a page may weigh, without its style sheet.
const BYTES_MAX: u64 = 60 * 1024;

/// What a `GET` answers with that is no page to look at: a file, or an address that only leads on.
const NO_PAGES: [(&str, &str); 4] = [
    ("/demo/messages", "a document for programs"),
    ("/account/export.json", "a file"),
    ("/plan/charges/{id}/back", "leads on to the plan; the provider's page leads back there"),
    ("/plan/done/{checkout}", "leads on to the plan; the provider's page leads back there"),
];
/// Screens: a phone, a tablet, a desk.
const WIDTHS: [u32; 3] = [390, 768, 1280];

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
    for width in WIDTHS {
        for scheme in ["light", "dark"] {
            screen(browser, width, scheme).await;
            stays_in(browser, path, &format!("{width} {scheme}"), wrong).await;
            // The night has other colours and nothing else, and they are the same on every screen.
            let rules = match (width, scheme) {
                // A rule of WCAG 2.2 that axe leaves out unless asked.
                (_, "light") => "{ rules: { 'target-size': { enabled: true } } }",
                (390, _) => "{ runOnly: ['color-contrast'] }",
                _ => continue,
            };
            let found = faults(browser, rules).await;
            wrong.extend(found.into_iter().map(|fault| format!("{path} at {width} {scheme}: {fault}")));
        }
    }
    // 320 pixels: a desk's screen at four times its size.
    screen(browser, 320, "light").await;
    stays_in(browser, path, "320 light", wrong).await;
    keep(browser, path).await;
}

/// Keeps what it looks like on each screen, if a folder for that is named.
async fn keep(browser: &Browser, path: &str) {
    let Some(folder) = std::env::var_os("SYSOPS_TEST_SHOTS") else { return };
    let name: String = path.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '_' }).collect();
    let name = name.get(..60).unwrap_or(&name);
    for (width, scheme) in WIDTHS.into_iter().flat_map(|width| [(width, "light"), (width, "dark")]) {
        screen(browser, width, scheme).await;
        let picture = browser.page().screenshot_as_png().await.expect("the browser takes pictures");
        let file = std::path::Path::new(&folder).join(format!("{name}-{width}-{scheme}.png"));
        std::fs::write(file, picture).expect("the folder can be written");
    }
}

/// Nobody has to scroll sideways to read a line; a wide table scrolls in a frame of its own.
async fn stays_in(browser: &Browser, path: &str, at: &str, wrong: &mut Vec<String>) {
    let sideways = run(browser, "return document.documentElement.scrollWidth - window.innerWidth").await;
    if sideways.as_i64().is_none_or(|pixels| pixels > 0) {
        wrong.push(format!("{path} at {at} scrolls sideways by {sideways}"));
    }
}

/// Follows the links from here. Gives back the routes that were seen.
async fn walk(browser: &Browser, url: &str, begin: &[String], wrong: &mut Vec<String>) -> BTreeSet<String> {
    let patterns = pages();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut known: BTreeSet<String> = begin.iter().cloned().collect();
    let mut ahead: VecDeque<String> = known.iter().cloned().collect();
    let mut n_pages = 0;
    while let Some(path) = ahead.pop_front() {
        let plain = path.split('?').next().unwrap_or_default();
        let Some(pattern) = pattern_of(plain, &patterns) else { continue };
        if NO_PAGES.iter().any(|(known, _)| *known == pattern) || n_pages >= PAGES_MAX {
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

/// Where each role begins whatever happened before.
fn known(role: &str) -> &'static [&'static str] {
    match role {
        "nobody" => {
            &["/", "/sign-in", "/register", "/track", "/help", "/demo", "/password", "/sign-out", "/confirm/x", "/app"]
        }
        "customer" => &[
            "/tickets",
            "/account",
            "/tickets/new?category=tv",
            "/tickets/new?category=tv&symptom=no_picture",
            "/plans",
            "/plan",
        ],
        "agent" => &["/desk", "/desk/inbox", "/desk/lost", "/desk/callers/new", "/knowledge"],
        _ => &[
            "/admin",
            "/admin/experts",
            "/admin/reports",
            "/admin/health",
            "/admin/surveys",
            "/admin/charges",
            "/admin/import/experts",
        ],
    }
}

/// The route of the page that is open.
async fn route(browser: &Browser) -> (String, String) {
    let path = run(browser, "return location.pathname").await.as_str().unwrap_or_default().to_owned();
    let route = pattern_of(&path, &pages()).unwrap_or_default().to_owned();
    (path, route)
}

#[tokio::test]
async fn no_page_has_a_serious_fault_for_anybody_scrolls_sideways_or_weighs_too_much() {
    let server = Server::demo(&[]).await;
    let scene = scene::set(&server).await;
    let (mut wrong, mut seen) = (Vec::new(), BTreeSet::new());
    for (role, own) in
        [("nobody", scene.nobody), ("customer", scene.customer), ("agent", scene.agent), ("admin", scene.admin)]
    {
        let browser = Browser::desk().await;
        let known = known(role).iter().map(|path| (*path).to_owned());
        // What the scene made goes first: of each route only a few are looked at.
        let begin: Vec<String> = own.into_iter().chain(known).collect();
        match role {
            "customer" => {
                let who = newcomer(&browser, &server, 50).await;
                scene::buys(&browser, server.url(), async |browser| {
                    let (path, route) = route(browser).await;
                    look(browser, &path, &mut wrong).await;
                    seen.insert(route);
                })
                .await;
                seen.extend(walk(&browser, server.url(), &["/plan".to_owned()], &mut wrong).await);
                drop((browser, who));
                let browser = Browser::desk().await;
                sign_in(&browser, server.url(), &server.sign_in(role)).await;
                seen.extend(walk(&browser, server.url(), &begin, &mut wrong).await);
                continue;
            }
            "agent" | "admin" => sign_in(&browser, server.url(), &server.sign_in(role)).await,
            _ => {}
        }
        if role == "nobody" {
            // No walk stops at a page that says that something is gone.
            let path = "/sign-in/link/x";
            go(&browser, &format!("{}{path}", server.url())).await;
            look(&browser, path, &mut wrong).await;
        }
        if role == "admin" {
            scene::chooses_a_file(&browser, server.url()).await;
            let (path, route) = route(&browser).await;
            look(&browser, &path, &mut wrong).await;
            seen.insert(route);
        }
        seen.extend(walk(&browser, server.url(), &begin, &mut wrong).await);
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
    let none: BTreeSet<String> = NO_PAGES.iter().map(|(pattern, _)| (*pattern).to_owned()).collect();
    let missed: Vec<String> = pages().difference(&seen).filter(|pattern| !none.contains(*pattern)).cloned().collect();
    assert!(missed.is_empty(), "no walk comes to these pages: {missed:?}");
}
