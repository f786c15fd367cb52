//! A customer's or an agent's browser: headless Chromium behind chromedriver, with a profile of its own.

use std::process::Command;

use serde_json::json;
use tempfile::TempDir;
use thirtyfour::prelude::*;

use crate::display::PHONE;
use crate::process::Process;
use crate::wait::LATER;

/// A browser window. Use [`Self::page`] to drive it; dropping it ends browser and driver.
pub struct Browser {
    page: WebDriver,
    driver: Process,
    profile: TempDir,
}

/// Whether pages may run scripts; our forms work without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scripts {
    /// As everybody's browser.
    On,
    /// As the careful person's.
    Off,
}

/// What the browser must not do by itself: draw on a GPU that is not there, call home, update, ask.
const FLAGS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--lang=en-US",
];

/// How often chromedriver is started before we say that it finds no port.
const DRIVER_STARTS: usize = 10;

impl Browser {
    /// Opens a browser on a screen of the phone's size, 390 pixels wide.
    pub async fn phone(scripts: Scripts) -> Self {
        Self::open(scripts, Some(PHONE)).await
    }

    /// Opens a browser on a desk's screen.
    pub async fn desk() -> Self {
        Self::open(Scripts::On, None).await
    }

    async fn open(scripts: Scripts, phone: Option<(u32, u32)>) -> Self {
        crate::tls();
        let profile = tempfile::tempdir().expect("the temporary folder can be written");
        let (driver, port) = start_driver(&profile).await;
        let capabilities = capabilities(&profile, scripts, phone);
        let page = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities).await;
        let page =
            page.unwrap_or_else(|why| panic!("the browser does not start: {why}\n  {}", driver.printed().join("\n  ")));
        Self { page, driver, profile }
    }

    /// The window.
    pub fn page(&self) -> &WebDriver {
        &self.page
    }

    /// The driver's process.
    pub fn driver(&mut self) -> &mut Process {
        &mut self.driver
    }
}

/// Starts chromedriver, and again where it finds no port: it takes a free one of IPv6 and then needs the same one of IPv4,
/// which a connection of somebody else may hold.
async fn start_driver(profile: &TempDir) -> (Process, u16) {
    let mut refused = Vec::new();
    while refused.len() < DRIVER_STARTS {
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").env("TMPDIR", profile.path());
        let mut driver = Process::start(command);
        match driver.line("its port", LATER, started).await {
            Ok(port) => return (driver, port),
            Err(why) => refused.push(why),
        }
    }
    panic!("chromedriver found no port:\n  {}", refused.join("\n  "))
}

fn capabilities(profile: &TempDir, scripts: Scripts, phone: Option<(u32, u32)>) -> Capabilities {
    let mut args: Vec<String> = FLAGS.iter().map(|flag| (*flag).to_owned()).collect();
    args.push(format!("--user-data-dir={}", profile.path().join("profile").display()));
    let mut options = json!({});
    match phone {
        Some((width, height)) => {
            // No touch: with it, and a page's scripts off, chromedriver waits for ever after a click.
            let metrics = json!({ "width": width, "height": height, "pixelRatio": 2.0, "touch": false });
            options["mobileEmulation"] = json!({ "deviceMetrics": metrics });
        }
        None => args.push("--window-size=1280,900".to_owned()),
    }
    if scripts == Scripts::Off {
        options["prefs"] = json!({ "profile.managed_default_content_settings.javascript": 2 });
    }
    options["args"] = json!(args);
    if let Some(binary) = installed(&["chromium", "chromium-browser", "google-chrome"]) {
        options["binary"] = json!(binary);
    }
    let mut capabilities = Capabilities::new();
    capabilities.set("browserName", "chrome").expect("text is JSON");
    capabilities.set("goog:chromeOptions", options).expect("it is JSON already");
    capabilities
}

/// The first of these programs on the path.
fn installed(names: &[&str]) -> Option<String> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    let mut found = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    found.find(|file| file.is_file()).map(|file| file.display().to_string())
}

/// `ChromeDriver was started successfully on port 41234.`, or that it was not for want of one.
fn started(line: &str) -> Option<Result<u16, String>> {
    if line.contains("port not available") {
        return Some(Err(line.to_owned()));
    }
    line.split_once("successfully on port ")?.1.trim_end_matches('.').parse().ok().map(Ok)
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver is killed here; a goodbye to it, which the client would wait for, is not needed.
        let _ = self.page.clone().leak();
        // Chromium leaves the driver's process group, so it is found by the profile that only it has.
        let profile = self.profile.path().display().to_string();
        self.driver.kill_9();
        for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_process = name.bytes().all(|b| b.is_ascii_digit());
            if is_process
                && std::fs::read(entry.path().join("cmdline")).is_ok_and(|line| contains(&line, profile.as_bytes()))
            {
                let _ = Command::new("kill").args(["-s", "KILL", &name]).stderr(std::process::Stdio::null()).status();
            }
        }
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
