//! Processes are heard, killed with their children, and waits end.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tests::process::Process;
use tests::wait::{SOON, eventually};

fn shell(script: &str) -> Process {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    Process::start(command)
}

#[tokio::test]
async fn ready_gives_the_url_and_kill_takes_the_children_along() {
    let mut process = shell("sleep 1000 & echo child $!; echo ready http://127.0.0.1:1; wait");
    assert_eq!(process.ready(SOON).await, "http://127.0.0.1:1");
    let child: u32 = process.line("its child", SOON, |line| line.strip_prefix("child ")?.parse().ok()).await;
    process.kill_9();
    eventually("the child is gone", SOON, async || {
        let stat = std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        // Z: it has ended and nobody has asked for its end yet.
        if stat.is_empty() || stat.contains(") Z") { Ok(()) } else { Err(stat) }
    })
    .await;
}

#[tokio::test]
async fn a_process_ends_by_itself_and_can_be_stopped_by_a_signal() {
    let mut process = shell("trap 'echo bye; exit 3' TERM; echo up; while :; do sleep 0.05; done");
    process.line("up", SOON, |line| (line == "up").then_some(())).await;
    process.signal("TERM");
    assert_eq!(process.end(SOON).await.code(), Some(3));
    process.line("bye", SOON, |line| (line == "bye").then_some(())).await;
}

#[tokio::test]
#[should_panic(expected = "it ended (exit status: 1) and printed:\n  no database")]
async fn a_wait_in_vain_says_what_was_printed_last() {
    let mut process = shell("echo no database >&2; exit 1");
    process.end(SOON).await;
    process.ready(Duration::from_millis(200)).await;
}

#[tokio::test]
#[should_panic(expected = "waited 30ms in vain: the sky falls; in the end: it holds")]
async fn a_wait_ends_at_its_bound_with_the_last_reason() {
    eventually::<(), _>("the sky falls", Duration::from_millis(30), async || Err("it holds".to_owned())).await;
}

#[tokio::test]
#[should_panic(expected = "tests/run installs it")]
async fn a_program_that_is_not_there_says_how_to_get_it() {
    assert!(!Path::new("/no/such/program").exists());
    Process::start(Command::new("/no/such/program"));
}
