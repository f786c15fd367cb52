//! The PostgreSQL for tests where none is given: a cluster in a temporary folder, reached by a socket, that stops and
//! vanishes when this process ends, however it ends, because a shell waits for the end of a pipe.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// The variable that names a PostgreSQL for tests.
pub(super) const VARIABLE: &str = "SYSOPS_TEST_POSTGRES";

const SCRIPT: &str = include_str!("cluster.sh");

/// The URL of a database `postgres` whose role may create databases.
pub(super) fn url() -> &'static str {
    static URL: OnceLock<(String, Option<Child>)> = OnceLock::new();
    let (url, _keeps_the_pipe_open) = URL.get_or_init(|| match std::env::var(VARIABLE) {
        Ok(url) => (url, None),
        Err(_) => match start() {
            Ok((url, child)) => (url, Some(child)),
            Err(why) => panic!("{why}"),
        },
    });
    url
}

fn start() -> Result<(String, Child), String> {
    let bin = binaries().ok_or_else(|| {
        format!(
            "store tests run on PostgreSQL too, and it is not installed here: install the package `postgresql` \
             (version 15 or newer), or set {VARIABLE} to the URL of one whose role may create databases"
        )
    })?;
    let bin = bin.display().to_string();
    let mut command = match other_user()? {
        Some(user) => {
            let mut command = Command::new("runuser");
            command.args(["-u", user, "--", "sh", "-c", SCRIPT, "cluster", &bin]);
            command
        }
        None => {
            let mut command = Command::new("sh");
            command.args(["-c", SCRIPT, "cluster", &bin]);
            command
        }
    };
    // Not in a folder that the other user may not enter.
    command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("the shell that starts PostgreSQL: {error}"))?;
    let stdout = child.stdout.take().ok_or("the shell has an output")?;
    let mut folder = String::new();
    let read = BufReader::new(stdout).read_line(&mut folder);
    match read {
        Ok(n) if n > 0 => Ok((format!("postgres:///postgres?host={}&user=postgres", folder.trim()), child)),
        Ok(_) | Err(_) => Err("PostgreSQL for tests did not start; the reason is above".into()),
    }
}

/// PostgreSQL refuses to run as root, so root hands it to someone else.
fn other_user() -> Result<Option<&'static str>, String> {
    if number(&["-u"]).as_deref() != Some("0") {
        return Ok(None);
    }
    let found = ["postgres", "nobody"].into_iter().find(|user| number(&["-u", user]).is_some());
    found.map(Some).ok_or_else(|| "PostgreSQL refuses to run as root, and there is no user postgres or nobody".into())
}

fn number(args: &[&str]) -> Option<String> {
    let output = Command::new("id").args(args).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
}

/// The folder of the newest version's programs: where Debian has them, else on the path.
fn binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    found.sort();
    let on_path = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let folders = found.into_iter().rev().map(|(_, folder)| folder).chain(on_path.into_iter().flatten());
    let has = |folder: &Path| folder.join("initdb").is_file() && folder.join("postgres").is_file();
    folders.into_iter().find(|folder| has(folder))
}

/// A line to whoever watches the tests.
#[expect(clippy::print_stderr, reason = "tests talk to the person who runs them")]
pub(super) fn say(line: &str) {
    eprintln!("{line}");
}
