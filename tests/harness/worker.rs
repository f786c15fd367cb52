//! A worker: a process that does background jobs and nothing else; killed, put to sleep and started again.

use std::process::Command;

use crate::process::Process;

/// A worker and how it was started.
pub struct Worker {
    env: Vec<(String, String)>,
    /// Taken while it is down.
    process: Option<Process>,
    /// What it printed before it was killed.
    printed_before: Vec<String>,
}

/// A secret for links, the same as the servers'.
const SECRET: &str = "Zm9yIHRlc3RzIG9ubHksIGxvbmcgZW5vdWdoIQ";

impl Worker {
    /// Starts one on a migrated database; `env` are settings (`SYSOPS_…`).
    pub fn start(database_url: &str, env: &[(&str, &str)]) -> Self {
        let mut settings: Vec<(String, String)> =
            env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        settings.push(("SYSOPS_DATABASE_URL".to_owned(), database_url.to_owned()));
        if !settings.iter().any(|(name, _)| name == "SYSOPS_SECRET") {
            settings.push(("SYSOPS_SECRET".to_owned(), SECRET.to_owned()));
        }
        let mut worker = Self { env: settings, process: None, printed_before: Vec::new() };
        worker.up_again();
        worker
    }

    /// The process.
    ///
    /// # Panics
    /// If it is down.
    pub fn process(&mut self) -> &mut Process {
        self.process.as_mut().expect("the worker is up")
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

    /// Starts it again after [`Self::kill_9`].
    ///
    /// # Panics
    /// If it is up.
    pub fn up_again(&mut self) {
        assert!(self.process.is_none(), "the worker is up");
        let mut command = Command::new(crate::program("sync-server"));
        command.arg("worker").envs(self.env.iter().cloned());
        self.process = Some(Process::start(command));
    }
}
