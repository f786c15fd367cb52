//! A program under test: started, listened to, killed the hard way.
//!
//! Each runs in a process group of its own, and dropping it kills the whole group, so that a browser's children go with
//! it. What it prints is kept (the last lines are shown when a wait fails) and can be waited for.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::wait::eventually;

/// A running program, or one that has ended.
pub struct Process {
    name: String,
    child: Child,
    printed: Arc<Mutex<Vec<String>>>,
}

/// Lines that a failed wait shows.
const SHOWN: usize = 30;

/// How long after a program's end its last line may still be on its way to us.
const LAST_WORDS: Duration = Duration::from_secs(2);

impl Process {
    /// Starts a program with nothing on its input.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start(mut command: Command) -> Self {
        let name = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child =
            command.spawn().unwrap_or_else(|why| panic!("{name} does not start: {why}; tests/run installs it"));
        let printed = Arc::default();
        if let Some(out) = child.stdout.take() {
            listen(out, &printed);
        }
        if let Some(err) = child.stderr.take() {
            listen(err, &printed);
        }
        Self { name, child, printed }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// All lines it has printed so far, of both outputs.
    pub fn printed(&self) -> Vec<String> {
        self.printed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for a line that `read` makes sense of.
    ///
    /// # Panics
    /// After `bound`, or soon after the program has ended without printing it; shows what it printed last.
    pub async fn line<T>(&mut self, what: &str, bound: Duration, read: impl Fn(&str) -> Option<T>) -> T {
        let name = self.name.clone();
        let mut ended_before = None;
        eventually(&format!("{name} prints {what}"), bound, async || {
            let printed = self.printed();
            if let Some(found) = printed.iter().find_map(|line| read(line)) {
                return Ok(found);
            }
            let last = printed[printed.len().saturating_sub(SHOWN)..].join("\n  ");
            // What it printed last may be heard a moment after its end.
            let ended = self.ended().map(|status| (status, *ended_before.get_or_insert_with(Instant::now)));
            match ended {
                None => Err(format!("it runs and printed:\n  {last}")),
                Some((status, at)) if at.elapsed() < LAST_WORDS => {
                    Err(format!("it ended ({status}) and printed:\n  {last}"))
                }
                Some((status, _)) => panic!("{name} ended ({status}) before {what} and printed:\n  {last}"),
            }
        })
        .await
    }

    /// Waits for `ready URL`, which our programs print when they answer, and returns the URL.
    pub async fn ready(&mut self, bound: Duration) -> String {
        self.line("`ready URL`", bound, |line| line.strip_prefix("ready ").map(|url| url.trim().to_owned())).await
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child can be asked")
    }

    /// Waits until it ends by itself.
    pub async fn end(&mut self, bound: Duration) -> ExitStatus {
        let name = self.name.clone();
        eventually(&format!("{name} ends"), bound, async || self.ended().ok_or_else(|| "it runs".to_owned())).await
    }

    /// Kills it as a power cut would, it and its children, and waits until it is gone.
    pub fn kill_9(&mut self) {
        // At once, without another program between; then whoever it started.
        let _ = self.child.kill();
        self.signal_group("KILL");
        self.child.wait().expect("a killed child can be waited for");
    }

    /// Sends a signal by its name (`TERM`, `STOP`, `CONT`) to it and its children.
    pub fn signal(&mut self, name: &str) {
        if self.ended().is_none() {
            self.signal_group(name);
        }
    }

    fn signal_group(&self, name: &str) {
        let group = format!("-{}", self.child.id());
        // It may end between the question and the signal; then there is nobody to hear it, which is fine.
        let _ = Command::new("kill").args(["-s", name, "--", &group]).stderr(Stdio::null()).status();
    }
}

impl Drop for Process {
    #[expect(clippy::print_stdout, reason = "shown with the failed test, whose own output is captured where this runs")]
    fn drop(&mut self) {
        self.kill_9();
        if std::thread::panicking() {
            let printed = self.printed();
            let last = &printed[printed.len().saturating_sub(SHOWN)..];
            println!("-- {} printed last:\n  {}", self.name, last.join("\n  "));
        }
    }
}

fn listen(stream: impl Read + Send + 'static, printed: &Arc<Mutex<Vec<String>>>) {
    let printed = printed.clone();
    std::thread::spawn(move || {
        // Bytes, not `lines()`: a program that prints something else than UTF-8 must not end the listening.
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while stream.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            printed.lock().unwrap_or_else(PoisonError::into_inner).push(text);
            line.clear();
        }
    });
}

/// Runs a program to its end and returns its output, for the short ones (`check`, `xdotool`).
///
/// # Panics
/// If it cannot be started.
pub fn run(mut command: Command) -> Output {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|why| panic!("{name} does not start: {why}"));
    Output {
        success: output.status.success(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// What a program that ran to its end left behind.
#[derive(Debug, Clone)]
pub struct Output {
    /// Whether it ended with 0.
    pub success: bool,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}
