//! A screen nobody sees, the size of a phone, with a real pointer and keyboard.

use std::path::Path;
use std::process::Command;

use crate::process::{Process, run};
use crate::wait::SOON;

/// An X server of its own for one test.
pub struct Display {
    name: String,
    size: (u32, u32),
    _server: Process,
}

/// Width and height of the phone we draw for, in pixels.
pub const PHONE: (u32, u32) = (390, 844);

impl Display {
    /// Starts a screen of a phone's size.
    pub async fn start() -> Self {
        Self::of_size(PHONE).await
    }

    /// Starts a screen of this width and height; the X server chooses a free number.
    pub async fn of_size((width, height): (u32, u32)) -> Self {
        let mut command = Command::new("Xvfb");
        let screen = format!("{width}x{height}x24");
        command.args(["-displayfd", "1", "-screen", "0", &screen, "-nolisten", "tcp", "-noreset"]);
        let mut server = Process::start(command);
        let number: u32 = server.line("its number", SOON, |line| line.trim().parse().ok()).await;
        Self { name: format!(":{number}"), size: (width, height), _server: server }
    }

    /// Its name for `DISPLAY`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its width and height, as `390x844`.
    pub fn size(&self) -> String {
        format!("{}x{}", self.size.0, self.size.1)
    }

    /// Presses the pointer's first button at a point.
    pub fn click(&self, x: u32, y: u32) {
        self.xdotool(&["mousemove", &x.to_string(), &y.to_string(), "click", "1"]);
    }

    /// Types text with real key events, a few milliseconds apart, as a fast typist or a scanner does.
    pub fn type_text(&self, text: &str) {
        self.xdotool(&["type", "--delay", "4", "--", text]);
    }

    /// Presses one key by its X name (`Tab`, `Return`).
    pub fn key(&self, name: &str) {
        self.xdotool(&["key", name]);
    }

    /// Saves what is on the screen as a PNG.
    ///
    /// # Panics
    /// If the picture cannot be taken.
    pub fn screenshot(&self, to: &Path) {
        let mut command = Command::new("import");
        command.args(["-display", &self.name, "-window", "root"]).arg(to);
        let taken = run(command);
        assert!(taken.success, "no screenshot: {}", taken.stderr);
    }

    fn xdotool(&self, args: &[&str]) {
        let mut command = Command::new("xdotool");
        command.args(args).env("DISPLAY", &self.name);
        let done = run(command);
        assert!(done.success, "xdotool {args:?}: {}", done.stderr);
    }
}
