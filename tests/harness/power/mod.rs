//! The promise that a killed process cannot test: what was acknowledged is there after the power was cut. A kill leaves
//! the system's memory, and with it all that was written and never waited for.
//!
//! A program with our real store runs once under `strace` ([`record`]); from the record the folder is built as it would
//! be after a cut at any moment, with any mixture of what was not waited for ([`disk`]); the real store opens it again.
//! It must open whole, with all that had been called done and with nothing by halves.

pub mod disk;
pub mod phone;
pub mod record;
pub mod server;

use disk::{Cut, Fate, below};
use record::Record;
use shared::chance::{Chance, Seeded};
use sqlx::{Connection as _, Row as _};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// How hard it is tried.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Commits of the program.
    pub n_commits: usize,
    /// Cuts of the power.
    pub n_cuts: usize,
    /// How much the program waits for the disk.
    pub care: Care,
    /// Where its numbers start.
    pub seed: u64,
}

/// How much a store waits for the disk. All but the first are for showing that the loss would be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Care {
    /// As it is.
    Ours,
    /// `SQLite`'s `normal`: never for a commit.
    Normal,
    /// Never.
    Off,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Cuts of the power.
    pub n_cuts: usize,
    /// Those of them behind the first commit that was called done.
    pub n_late: usize,
    /// Commits that the program called done.
    pub n_done: usize,
    /// Commits that had been called done before a cut and were not there after it, over all cuts.
    pub lost: usize,
    /// Commits of which a part was there.
    pub halves: usize,
    /// Folders that did not open, or not whole.
    pub damaged: usize,
    /// The first few findings, with what repeats them.
    pub findings: Vec<String>,
}

/// Findings that a report shows.
const SHOWN: usize = 5;

impl Report {
    /// Whether the promise held.
    pub fn held(&self) -> bool {
        self.lost + self.halves + self.damaged == 0
    }

    fn found(&mut self, cut: &Cut, what: &str) {
        if self.findings.len() < SHOWN {
            self.findings.push(format!("cut before call {}, {:?}: {what}", cut.at, cut.fate));
        }
    }
}

/// What a store had after a cut.
#[derive(Debug, Default)]
pub struct There {
    /// Commits that were there whole, by what the program calls them.
    pub whole: BTreeSet<String>,
    /// Those of which a part was there.
    pub halves: usize,
}

/// Tries cuts of one run. `open` opens what is left with the real store; an error is damage.
async fn tried(record: &Record, plan: Plan, open: impl AsyncFn(&Path) -> Result<There, String>) -> Report {
    let done: Vec<(usize, &str)> =
        record.said.iter().filter_map(|(at, line)| Some((*at, line.strip_prefix("done ")?))).collect();
    assert!(done.len() >= plan.n_commits, "it did not call done what it was to do: {:?}", record.said.last());
    let mut report = Report { n_cuts: plan.n_cuts, n_done: done.len(), ..Report::default() };
    let room = folder();
    for turn in 0..plan.n_cuts {
        let cut = cut(record, &done, plan.seed, turn);
        let left = room.path().join(turn.to_string());
        record.disk.rebuild(&cut, &left).expect("the temporary folder can be written");
        let known: Vec<&str> = done.iter().filter(|(at, _)| *at < cut.at).map(|(_, name)| *name).collect();
        report.n_late += usize::from(!known.is_empty());
        match open(left.as_path()).await {
            Ok(there) => {
                let lost = known.iter().filter(|name| !there.whole.contains(**name)).count();
                if lost + there.halves > 0 {
                    report.found(&cut, &format!("{lost} of {} lost, {} by halves", known.len(), there.halves));
                }
                report.lost += lost;
                report.halves += there.halves;
            }
            Err(why) => {
                report.found(&cut, &why);
                report.damaged += 1;
            }
        }
        std::fs::remove_dir_all(&left).expect("the temporary folder can be written");
    }
    report
}

/// The cut of a turn: right behind something that was called done, in the first start, or anywhere.
fn cut(record: &Record, done: &[(usize, &str)], seed: u64, turn: usize) -> Cut {
    let chance = Seeded::new(seed.wrapping_mul(1_000_003).wrapping_add(turn as u64));
    let first = done.first().map_or(record.end, |(at, _)| *at);
    let at = match turn % 8 {
        0 => below(&chance, first + 1),
        1..4 => done.get(below(&chance, done.len())).map_or(record.end, |(at, _)| at + 1),
        _ => below(&chance, record.end + 1),
    };
    let fate = match chance.below(4) {
        0 => Fate::AllLost,
        1 => Fate::AllKept,
        _ => Fate::Mixed,
    };
    Cut { at, fate, chance }
}

/// Whether a database of `SQLite` is whole, by its own check.
async fn is_whole(file: &Path) -> Result<(), String> {
    sqlx::any::install_default_drivers();
    let look = async || -> Result<String, sqlx::Error> {
        let mut db = sqlx::AnyConnection::connect(&format!("sqlite:{}", file.display())).await?;
        let found = sqlx::query("pragma integrity_check").fetch_one(&mut db).await?.try_get(0)?;
        db.close().await?;
        Ok(found)
    };
    match look().await {
        Ok(word) if word == "ok" => Ok(()),
        Ok(found) => Err(found),
        Err(error) => Err(error.to_string()),
    }
}

/// An empty folder in memory, where there is one: what is rebuilt need not survive anything, and hundreds of it are made.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("the temporary folder can be written")
}

/// Its path as the system writes it.
fn path_of(folder: &TempDir) -> PathBuf {
    folder.path().canonicalize().expect("the folder is there")
}
