//! The expert's app in its own window: the real binary under Xvfb, seen and touched through WebKit's inspector.
//!
//! Controls are found by `data-testid`; text is what stands inside `#main`, because the page of a debug build holds other
//! text too. Taps are synthetic events; where a real key or click matters, [`AppWindow::click_really`] uses the pointer.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU16, Ordering::Relaxed};
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use crate::display::Display;
use crate::inspector::Inspector;
use crate::process::Process;
use crate::wait::{LATER, SOON, eventually};

/// The pipe in its folder by which the app hears what a phone would tell.
const PLAYS: &str = "plays";
/// Linux's `O_NONBLOCK`.
const NONBLOCK: i32 = 0o4000;

/// Who sees nothing come of a tap for so long taps again.
const AGAIN: Duration = Duration::from_secs(5);

/// The running app.
pub struct AppWindow {
    process: Process,
    inspector: Inspector,
    display: Display,
    server: String,
    data: PathBuf,
}

impl AppWindow {
    /// Opens the app against a server (or the proxy before it), with its data in `data`, and waits until it has drawn.
    pub async fn open(server: &str, data: &Path) -> Self {
        Self::open_on(Display::start().await, server, data).await
    }

    /// The same on a screen of another size.
    pub async fn open_on(display: Display, server: &str, data: &Path) -> Self {
        let (process, inspector) = launch(server, data, &display).await;
        Self { process, inspector, display, server: server.to_owned(), data: data.to_owned() }
    }

    /// Kills the app with -9, as the system does with one it wants gone.
    pub fn kill_9(&mut self) {
        self.process.kill_9();
    }

    /// Opens it again on the same data, after [`Self::kill_9`].
    pub async fn open_again(&mut self) {
        (self.process, self.inspector) = launch(&self.server, &self.data, &self.display).await;
    }

    /// The process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// The screen it is on.
    pub fn display(&self) -> &Display {
        &self.display
    }

    /// Runs a script in the page.
    ///
    /// # Errors
    /// With what it threw, or that the page is gone.
    pub fn evaluate(&mut self, script: &str) -> Result<Value, String> {
        self.inspector.evaluate(script)
    }

    /// The text that a person sees now.
    pub fn text(&mut self) -> Result<String, String> {
        let text = self.evaluate("(document.querySelector('#main') || document.body).innerText")?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Waits until the text on the screen contains `part`.
    pub async fn sees(&mut self, part: &str) {
        self.sees_within(part, SOON).await;
    }

    /// The same with a bound of one's own.
    pub async fn sees_within(&mut self, part: &str, bound: Duration) {
        eventually(&format!("the app shows {part:?}"), bound, async || {
            let text = self.text()?;
            if text.contains(part) { Ok(()) } else { Err(format!("it shows:\n{text}")) }
        })
        .await;
    }

    /// Waits until the text on the screen does not contain `part` any more.
    pub async fn sees_no_more(&mut self, part: &str) {
        eventually(&format!("the app shows {part:?} no more"), SOON, async || {
            let text = self.text()?;
            if text.contains(part) { Err(format!("it shows:\n{text}")) } else { Ok(()) }
        })
        .await;
    }

    /// Waits until there is a control with this id that can be used.
    pub async fn has(&mut self, id: &str) {
        self.act(id, "true").await;
    }

    /// Whether there is a control with this id now.
    pub fn has_now(&mut self, id: &str) -> bool {
        let script = format!("document.querySelector({}) !== null", selector(id));
        self.evaluate(&script).is_ok_and(|value| value == true)
    }

    /// Taps a control as soon as it is there and enabled.
    pub async fn tap(&mut self, id: &str) {
        self.act(id, "(el.click(), true)").await;
    }

    /// Taps a control, and again as a person does where nothing came of it, until the screen shows this. What the screen
    /// showed before the first tap does not count, so choose words that only the tap brings.
    pub async fn taps_until(&mut self, id: &str, part: &str) {
        let tap = format!(
            "(() => {{ const el = document.querySelector({}); return el && !el.disabled ? (el.click(), true) : false; }})()",
            selector(id)
        );
        let mut tapped_at: Option<Instant> = None;
        eventually(&format!("the app shows {part:?} after a tap on {id}"), LATER, async || {
            let text = self.text()?;
            if tapped_at.is_some() && text.contains(part) {
                return Ok(());
            }
            if tapped_at.is_none_or(|at| at.elapsed() > AGAIN) && self.evaluate(&tap)? == true {
                tapped_at = Some(Instant::now());
            }
            Err(format!("it shows:\n{text}"))
        })
        .await;
    }

    /// Replaces what an input, a text area or a choice holds, and tells the page as a person's typing would.
    pub async fn fill(&mut self, id: &str, text: &str) {
        let value = Value::from(text);
        let script = format!(
            "(() => {{ el.focus(); \
             const proto = el.tagName === 'TEXTAREA' ? HTMLTextAreaElement : el.tagName === 'SELECT' ? HTMLSelectElement : HTMLInputElement; \
             Object.getOwnPropertyDescriptor(proto.prototype, 'value').set.call(el, {value}); \
             el.dispatchEvent(new Event('input', {{bubbles: true}})); \
             el.dispatchEvent(new Event('change', {{bubbles: true}})); return true; }})()"
        );
        self.act(id, &script).await;
    }

    /// Clicks in the middle of a control with the real pointer; afterwards it has the keyboard's focus.
    pub async fn click_really(&mut self, id: &str) {
        let script = "(() => { el.scrollIntoView({block: 'center'}); const r = el.getBoundingClientRect(); \
                      return [Math.round(r.left + r.width / 2), Math.round(r.top + r.height / 2)]; })()";
        let at = self.act(id, script).await;
        let pixel = |n: usize| u32::try_from(at[n].as_i64().unwrap_or(0)).expect("the control is on the screen");
        self.display.click(pixel(0), pixel(1));
    }

    /// Plays what a phone would tell: `push`, `open LINK`, `back`, `resume`, `token WORD`, `place LAT,LON`.
    pub async fn phone_tells(&mut self, line: &str) {
        let pipe = self.data.join(PLAYS);
        eventually("the app listens to its phone", SOON, async || {
            // Without waiting: a pipe that nobody reads refuses.
            let mut pipe = std::fs::OpenOptions::new()
                .write(true)
                .custom_flags(NONBLOCK)
                .open(&pipe)
                .map_err(|why| why.to_string())?;
            writeln!(pipe, "{line}").map_err(|why| why.to_string())
        })
        .await;
    }

    /// Chooses a file (its bytes in base64) in a file input, as the camera or the gallery would.
    pub async fn picks_file(&mut self, id: &str, base64: &str) {
        let script = format!(
            "(() => {{ const bytes = Uint8Array.from(atob('{base64}'), char => char.charCodeAt(0)); \
             const chosen = new DataTransfer(); chosen.items.add(new File([bytes], 'photo.jpg', {{type: 'image/jpeg'}})); \
             el.files = chosen.files; el.dispatchEvent(new Event('change', {{bubbles: true}})); return true; }})()"
        );
        self.act(id, &script).await;
    }

    /// Saves what is on the screen as a PNG.
    pub fn screenshot(&self, to: &Path) {
        self.display.screenshot(to);
    }

    async fn act(&mut self, id: &str, script: &str) -> Value {
        let script = format!(
            "(() => {{ const el = document.querySelector({}); return el && !el.disabled ? {script} : null; }})()",
            selector(id)
        );
        eventually(&format!("the app has the control {id}"), SOON, async || match self.evaluate(&script)? {
            Value::Null => Err(format!("it shows:\n{}", self.text()?)),
            value => Ok(value),
        })
        .await
    }
}

fn selector(id: &str) -> Value {
    Value::from(format!("[data-testid=\"{id}\"]"))
}

async fn launch(server: &str, data: &Path, display: &Display) -> (Process, Inspector) {
    let port = free_port();
    let pipe = data.join(PLAYS);
    if !pipe.exists() {
        let made = Command::new("mkfifo").arg(&pipe).status();
        assert!(made.is_ok_and(|made| made.success()), "a pipe at {}", pipe.display());
    }
    let mut command = Command::new(crate::program("expert-app"));
    command
        .args(["--server", server])
        .arg("--data")
        .arg(data)
        .env("SYSOPS_APP_SIZE", display.size())
        .env("SYSOPS_APP_PLAYS", &pipe)
        .env("LC_ALL", "C.UTF-8") // English, whatever this machine speaks
        .env("DISPLAY", display.name())
        .env("GDK_BACKEND", "x11")
        .env("LIBGL_ALWAYS_SOFTWARE", "1")
        .env("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1") // a container has no user namespaces; the page is ours
        .env("WEBKIT_INSPECTOR_HTTP_SERVER", format!("127.0.0.1:{port}"))
        .env_remove("WAYLAND_DISPLAY");
    let mut process = Process::start(command);
    let inspector = eventually("the app opens its window", LATER, async || {
        if let Some(status) = process.ended() {
            panic!("the app ended ({status}) and printed:\n  {}", process.printed().join("\n  "));
        }
        let mut inspector = Inspector::connect(port)?;
        let drawn = inspector.evaluate("(document.querySelector('#main') || {}).childElementCount > 0")?;
        if drawn == true { Ok(inspector) } else { Err("it has drawn nothing yet".to_owned()) }
    })
    .await;
    (process, inspector)
}

/// A port of loopback that nobody has at this moment, below those that the system gives to connections: nobody gets it
/// between this look and the app's own.
fn free_port() -> u16 {
    let from = u16::try_from(std::process::id() % 100).expect("under 100") * 100 + 10_000;
    let mut ports = std::iter::from_fn(|| Some(from + N_GIVEN.fetch_add(1, Relaxed))).take(100);
    ports.find(|&port| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok()).expect("loopback has a free port")
}

/// How many ports were looked at, so that none is given twice.
static N_GIVEN: AtomicU16 = AtomicU16::new(0);
