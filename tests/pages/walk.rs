//! Walking through pages: signing in, typing, pressing, and reading where a page leads.

use serde_json::{Value, json};
use tests::browser::Browser;
use tests::server::SignIn;
use tests::wait::{SOON, eventually};
use thirtyfour::prelude::*;

/// Signs in, and waits until that is done.
pub(crate) async fn sign_in(browser: &Browser, url: &str, who: &SignIn) {
    go(browser, &format!("{url}/sign-in")).await;
    type_into(browser, "login", &who.login).await;
    type_into(browser, "password", &who.password).await;
    click(browser, By::Css("main form .actions button")).await;
    eventually("being signed in", SOON, async || {
        let found = browser.page().find(By::Css("form[action='/sign-out']")).await;
        found.map(drop).map_err(|error| error.to_string())
    })
    .await;
}

/// Opens an address.
pub(crate) async fn go(browser: &Browser, address: &str) {
    browser.page().goto(address).await.unwrap_or_else(|why| panic!("{address}: {why}"));
}

/// Types into the field with this name.
pub(crate) async fn type_into(browser: &Browser, name: &str, text: &str) {
    eventually(&format!("the field {name}"), SOON, async || {
        let field = browser.page().find(By::Name(name)).await.map_err(|error| error.to_string())?;
        field.send_keys(text).await.map_err(|error| error.to_string())
    })
    .await;
}

/// Clicks.
pub(crate) async fn click(browser: &Browser, what: By) {
    eventually(&format!("{what:?}"), SOON, async || {
        let found = browser.page().find(what.clone()).await.map_err(|error| error.to_string())?;
        found.scroll_into_view().await.map_err(|error| error.to_string())?;
        found.click().await.map_err(|error| error.to_string())
    })
    .await;
}

/// Waits until the page says this.
pub(crate) async fn shows(browser: &Browser, text: &str) {
    eventually(&format!("the page shows {text:?}"), SOON, async || {
        let page = browser.page().source().await.map_err(|error| error.to_string())?;
        if page.contains(text) { Ok(()) } else { Err(page) }
    })
    .await;
}

/// Runs a script of the test's and gives back what it returns; the page's policy does not bind the driver.
pub(crate) async fn run(browser: &Browser, script: &str) -> Value {
    let done = browser.page().execute(script, Vec::new()).await;
    done.unwrap_or_else(|why| panic!("the script does not run: {why}")).json().clone()
}

/// Day or night, and how wide the screen is.
pub(crate) async fn screen(browser: &Browser, width: u32, scheme: &str) {
    let tools = browser.page().cdp();
    let size = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
    let done = tools.send_raw("Emulation.setDeviceMetricsOverride", size).await;
    done.unwrap_or_else(|why| panic!("the screen cannot be set: {why}"));
    // Without motion: colours that are still on their way are nobody's contrast.
    let media = json!({ "features": [
        { "name": "prefers-color-scheme", "value": scheme },
        { "name": "prefers-reduced-motion", "value": "reduce" },
    ] });
    let done = tools.send_raw("Emulation.setEmulatedMedia", media).await;
    done.unwrap_or_else(|why| panic!("the colours cannot be set: {why}"));
}

/// Where the page leads on this server: paths with their queries, each once.
pub(crate) async fn links(browser: &Browser, url: &str) -> Vec<String> {
    let found = run(browser, "return [...document.querySelectorAll('a[href]')].map((one) => one.href)").await;
    let mut paths: Vec<String> = found
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|href| href.as_str()?.strip_prefix(url))
        .map(|path| path.split('#').next().unwrap_or_default().to_owned())
        .filter(|path| path.starts_with('/'))
        .collect();
    paths.sort();
    paths.dedup();
    paths
}
