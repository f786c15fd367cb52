//! How the providers are: which channels are on, what waits on each, what went wrong lately and how often.
//!
//! Read from the tables alone, so it is true for every server and worker, whoever of them is asked. It names no person.

pub mod api;
pub mod pages;
#[cfg(test)]
#[path = "api_tests.rs"]
mod tests;

use crate::config::Config;
use crate::db::{Conn, Error};
use crate::jobs;
use crate::matching;
use crate::notify::Ended;
use crate::notify::outside::off_by_settings;
use crate::notify::plan::Channel;
use crate::notify::store::lately::{self, Tried, Waiting};
use serde::Serialize;
use shared::time::Timestamp;
use std::collections::BTreeMap;

/// How far back attempts are looked at.
const LATELY_MINUTES: i64 = 24 * 60;
/// So many attempts in a row without success are no accident.
const FAILING_AFTER: usize = 3;
/// Codes that are listed for a channel.
const CODES_MAX: usize = 10;
/// A code is a word, not a sentence.
const CODE_CHARS_MAX: usize = 32;

/// How a channel is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
enum Standing {
    /// Not set up.
    Off {
        /// What to set.
        how: &'static str,
    },
    /// Nothing was tried lately.
    Idle,
    /// It works.
    Up,
    /// The last attempts all failed.
    Failing {
        /// When the first of them began, by the real clock.
        since: Timestamp,
    },
}

/// A channel and its numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Provider {
    channel: Channel,
    #[serde(flatten)]
    standing: Standing,
    /// Notices that are due and not sent.
    n_waiting: i64,
    /// When the first of them was due, by the business clock.
    oldest_due_at: Option<Timestamp>,
    /// Sent lately.
    n_sent: usize,
    last_sent_at: Option<Timestamp>,
    /// Failed attempts lately by code, the most frequent first.
    failures: Vec<Failures>,
}

/// How often an attempt failed with a code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Failures {
    code: String,
    n: usize,
    /// What the provider said the last time.
    last: String,
}

/// How everything outside is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Health {
    providers: Vec<Provider>,
    /// Calls that people of ours have still to make.
    n_calls: i64,
    /// Background jobs that gave up.
    n_dead_jobs: i64,
    /// More was tried than is counted here.
    is_cut: bool,
    /// When matching last had no time for the best choice of all tickets together, by the business clock.
    last_greedy_round_at: Option<Timestamp>,
}

async fn read(conn: &mut Conn, config: &Config, now: Timestamp, real_now: Timestamp) -> Result<Health, Error> {
    let waiting = lately::waiting(conn, now).await?;
    let tried = lately::tried(conn, real_now.plus_minutes(-LATELY_MINUTES)).await?;
    let dead = jobs::backlog(conn).await?.into_iter().filter(|row| row.state == "dead");
    let provider = |channel| provider(channel, off_by_settings(config, channel), &waiting, &tried);
    Ok(Health {
        providers: [Channel::Push, Channel::Sms, Channel::Email].map(provider).into(),
        n_calls: of(&waiting, Channel::Call).map_or(0, |calls| calls.n),
        n_dead_jobs: dead.map(|row| row.n_jobs).sum(),
        last_greedy_round_at: matching::store::last_greedy(conn, now.plus_minutes(-LATELY_MINUTES)).await?,
        is_cut: tried.len() >= usize::try_from(lately::ATTEMPTS_MAX).unwrap_or(usize::MAX),
    })
}

fn of(waiting: &[Waiting], channel: Channel) -> Option<&Waiting> {
    waiting.iter().find(|row| row.channel == channel)
}

fn provider(channel: Channel, off: Option<&'static str>, waiting: &[Waiting], tried: &[Tried]) -> Provider {
    let tried: Vec<&Tried> = tried.iter().filter(|one| one.channel == channel).collect();
    let sent: Vec<&&Tried> = tried.iter().filter(|one| one.ended == Ended::Sent).collect();
    let waiting = of(waiting, channel);
    Provider {
        channel,
        standing: off.map_or_else(|| standing(&tried), |how| Standing::Off { how }),
        n_waiting: waiting.map_or(0, |row| row.n),
        oldest_due_at: waiting.map(|row| row.oldest_due_at),
        n_sent: sent.len(),
        last_sent_at: sent.first().map(|one| one.at),
        failures: failures(&tried),
    }
}

/// By the newest attempts; one that is still under way says nothing.
fn standing(tried: &[&Tried]) -> Standing {
    let ended: Vec<&&Tried> = tried.iter().filter(|one| one.ended != Ended::Attempted).collect();
    let failed: Vec<&&&Tried> = ended.iter().take_while(|one| one.ended != Ended::Sent).collect();
    match failed.last() {
        Some(first) if failed.len() >= FAILING_AFTER => Standing::Failing { since: first.at },
        Some(_) => Standing::Up,
        None if ended.is_empty() => Standing::Idle,
        None => Standing::Up,
    }
}

fn failures(tried: &[&Tried]) -> Vec<Failures> {
    let mut by_code: BTreeMap<&str, Failures> = BTreeMap::new();
    for one in tried {
        let (Ended::Failed | Ended::Unknown, Some(error)) = (one.ended, &one.error) else { continue };
        let code = code(error);
        let entry = by_code.entry(code);
        // The newest comes first, and its words stay.
        entry.or_insert_with(|| Failures { code: code.to_owned(), n: 0, last: error.clone() }).n += 1;
    }
    let mut failures: Vec<Failures> = by_code.into_values().collect();
    failures.sort_by_key(|one| std::cmp::Reverse(one.n));
    failures.truncate(CODES_MAX);
    failures
}

/// What stands before the colon, if that is one word.
fn code(error: &str) -> &str {
    let code = error.split_once(':').map_or(error, |(code, _)| code).trim();
    let is_word = !code.is_empty() && code.len() <= CODE_CHARS_MAX && !code.contains(char::is_whitespace);
    if is_word { code } else { "other" }
}
