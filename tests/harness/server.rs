//! The server under test, as a process of its own: `demo` on SQLite, `serve` on either engine; killed and started again.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::process::{Output, Process, run};
use crate::wait::LATER;

/// A running server, its data, and how it was started.
pub struct Server {
    args: Vec<String>,
    env: Vec<(String, String)>,
    /// Taken while it is down.
    process: Option<Process>,
    /// What it printed before it was killed.
    printed_before: Vec<String>,
    url: String,
    data: TempDir,
}

/// A sign-in that `demo` prints: `role login password`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// `customer`, `agent`, `admin` or `expert`.
    pub role: String,
    /// The e-mail or phone to sign in with.
    pub login: String,
    /// The password.
    pub password: String,
}

/// A secret for links, where a test has no need of its own.
const SECRET: &str = "Zm9yIHRlc3RzIG9ubHksIGxvbmcgZW5vdWdoIQ";

impl Server {
    /// Starts `demo` with an empty data folder of its own and waits until it answers: its people and lists, without a past
    /// unless `more` says otherwise.
    pub async fn demo(more: &[&str]) -> Self {
        let mut args = vec!["demo".to_owned()];
        if !more.contains(&"--past") {
            args.extend(["--past".to_owned(), "0".to_owned()]);
        }
        args.extend(more.iter().map(|arg| (*arg).to_owned()));
        Self::start(args, Vec::new(), true).await
    }

    /// Starts `serve` on a database, after `migrate`; `env` are settings (`SYSOPS_…`).
    pub async fn serve(database_url: &str, env: &[(&str, &str)]) -> Self {
        Self::serve_with(database_url, &[], env).await
    }

    /// The same with more arguments, like `--no-worker`.
    pub async fn serve_with(database_url: &str, args: &[&str], env: &[(&str, &str)]) -> Self {
        let mut settings: Vec<(String, String)> =
            env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        settings.push(("SYSOPS_DATABASE_URL".to_owned(), database_url.to_owned()));
        if !settings.iter().any(|(name, _)| name == "SYSOPS_SECRET") {
            settings.push(("SYSOPS_SECRET".to_owned(), SECRET.to_owned()));
        }
        let mut migrate = Command::new(crate::program("sync-server"));
        migrate.arg("migrate").envs(settings.iter().cloned());
        let migrated = run(migrate);
        assert!(migrated.success, "migrate failed: {}{}", migrated.stdout, migrated.stderr);
        let args = ["serve"].iter().chain(args).map(|&arg| arg.to_owned()).collect();
        Self::start(args, settings, false).await
    }

    async fn start(args: Vec<String>, env: Vec<(String, String)>, is_demo: bool) -> Self {
        crate::tls();
        let data = tempfile::tempdir().expect("the temporary folder can be written");
        let mut server = Self { args, env, process: None, printed_before: Vec::new(), url: String::new(), data };
        if is_demo {
            let folder = server.data.path().display().to_string();
            server.args.extend(["--data".to_owned(), folder]);
        }
        let own = server.data.path().join("own").display().to_string();
        server.env.push(("SYSOPS_DATA_DIR".to_owned(), own));
        server.up_on("0").await;
        server
    }

    async fn up_on(&mut self, port: &str) {
        let mut command = Command::new(crate::program("sync-server"));
        command.args(&self.args).envs(self.env.iter().cloned());
        if self.args[0] == "demo" {
            command.args(["--port", port]);
        } else {
            command.env("SYSOPS_BIND", format!("127.0.0.1:{port}"));
        }
        let mut process = Process::start(command);
        process.ready(LATER).await.trim_end_matches('/').clone_into(&mut self.url);
        self.process = Some(process);
    }

    /// Where it answers, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its data folder (`demo` keeps its database there).
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// The process.
    ///
    /// # Panics
    /// If it is down.
    pub fn process(&mut self) -> &mut Process {
        self.process.as_mut().expect("the server is up")
    }

    /// How much memory it holds, in MiB.
    ///
    /// # Panics
    /// If it is down.
    pub fn memory_mib(&mut self) -> u64 {
        self.memory_kib() / 1_024
    }

    /// The same in KiB.
    ///
    /// # Panics
    /// If it is down.
    pub fn memory_kib(&mut self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process().id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next()).and_then(|kib| kib.parse::<u64>().ok());
        kib.unwrap_or(0)
    }

    /// Kills it with -9, as a power cut would.
    pub fn kill_9(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill_9();
            self.printed_before.extend(process.printed());
        }
    }

    /// All lines that it has printed, of both outputs and all its lives.
    pub fn printed(&self) -> Vec<String> {
        let now = self.process.as_ref().map(Process::printed).unwrap_or_default();
        self.printed_before.iter().cloned().chain(now).collect()
    }

    /// Backs its database up into a file.
    ///
    /// # Panics
    /// If that cannot be done.
    pub fn backup(&self, file: &Path) {
        let mut command = Command::new(crate::program("sync-server"));
        command.arg("backup").arg(file).envs(self.env.iter().cloned());
        let done = run(command);
        assert!(done.success, "backup failed: {}{}", done.stdout, done.stderr);
    }

    /// Starts it again after [`Self::kill_9`], on the port it had, with the data it had.
    pub async fn up_again(&mut self) {
        assert!(self.process.is_none(), "the server is up");
        let port = self.url.rsplit(':').next().expect("the URL has a port").to_owned();
        self.up_on(&port).await;
    }

    /// The sign-ins it printed.
    pub fn sign_ins(&self) -> Vec<SignIn> {
        let printed = self.process.as_ref().map(Process::printed).unwrap_or_default();
        printed.iter().filter_map(|line| SignIn::read(line)).collect()
    }

    /// The first printed sign-in of a role.
    ///
    /// # Panics
    /// If it printed none.
    pub fn sign_in(&self, role: &str) -> SignIn {
        let all = self.sign_ins();
        all.iter()
            .find(|one| one.role == role)
            .unwrap_or_else(|| panic!("no sign-in for {role} was printed: {all:?}"))
            .clone()
    }

    /// Runs `check` on its database, up or down: the ledger, and whether it balances.
    pub fn check(&self) -> Output {
        let mut command = Command::new(crate::program("sync-server"));
        command.arg("check").envs(self.env.iter().cloned());
        if self.args[0] == "demo" {
            command.arg("--data").arg(self.data.path());
        }
        run(command)
    }

    /// The ledger balances.
    ///
    /// # Panics
    /// If it does not; shows it.
    pub fn assert_balanced(&self) {
        let check = self.check();
        assert!(check.success, "the ledger does not balance:\n{}{}", check.stdout, check.stderr);
    }
}

impl SignIn {
    fn read(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let (role, login, password) = (words.next()?, words.next()?, words.next()?);
        let known = matches!(role, "customer" | "agent" | "admin" | "expert") && words.next().is_none();
        known.then(|| Self { role: role.to_owned(), login: login.to_owned(), password: password.to_owned() })
    }
}

#[test]
fn a_line_with_a_role_a_login_and_a_password_is_a_sign_in() {
    let read = SignIn::read("expert ana@example.org maple-tin-rain").expect("it is one");
    assert_eq!((read.role.as_str(), read.login.as_str()), ("expert", "ana@example.org"));
    assert_eq!(SignIn::read("expert pages are at http://127.0.0.1:8080/"), None);
}
