//! How the providers are: which are on, what waits on each, what went wrong lately and how often.
//!
//! Read from the tables alone, so it is true for every server and worker, whoever of them is asked. It names no person.

pub mod api;
pub mod pages;
#[cfg(test)]
#[path = "api_tests.rs"]
mod tests;

use crate::billing::store::{CALLS_MAX, CallMade, calls, declines};
use crate::billing::{CallEnded, outside as money};
use crate::config::{Config, Mode, Sending, SendingBounds};
use crate::db::{Conn, Error};
use crate::jobs::{self, Kind, WorkLane};
use crate::matching;
use crate::notify::Ended;
use crate::notify::outside::off_by_settings;
use crate::notify::plan::Channel;
use crate::notify::store::lately::{self, Waiting};
use crate::notify::store::no_sms;
use serde::Serialize;
use shared::time::Timestamp;
use std::collections::BTreeMap;
use std::num::NonZeroU32;

/// How far back attempts are looked at.
const LATELY_MINUTES: i64 = 24 * 60;
/// So many attempts in a row without success are no accident.
const FAILING_AFTER: usize = 3;
/// Codes that are listed for a channel.
const CODES_MAX: usize = 10;
/// Words of banks that are listed.
const CODES_LISTED: i64 = 10;
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

/// What a provider is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Part {
    Push,
    Sms,
    Email,
    Cards,
}

/// A provider and its numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Provider {
    #[serde(rename = "channel")]
    part: Part,
    /// Whom we ask; nobody where it is off.
    by: Option<&'static str>,
    #[serde(flatten)]
    standing: Standing,
    /// Notices that are due and not sent; of cards, steps of payments that are due and not done.
    n_waiting: i64,
    /// When the first of them was due, by the business clock.
    oldest_due_at: Option<Timestamp>,
    /// Sent lately; of cards, answered.
    n_sent: usize,
    last_sent_at: Option<Timestamp>,
    /// So many a second at most, from all servers together; none is no limit.
    per_second: Option<NonZeroU32>,
    /// Failed attempts lately by code, the most frequent first.
    failures: Vec<Failures>,
}

/// One attempt to reach a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Tried {
    ended: Ended,
    error: Option<String>,
    at: Timestamp,
}

impl From<CallMade> for Tried {
    fn from(CallMade { ended, error, at }: CallMade) -> Self {
        let ended = match ended {
            CallEnded::Answered => Ended::Sent,
            CallEnded::Failed => Ended::Failed,
            CallEnded::Unknown => Ended::Unknown,
        };
        Self { ended, error, at }
    }
}

/// How often banks declined a card, by their word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Declines {
    code: String,
    n: i64,
}

/// What waits for a worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Queue {
    kind: String,
    n: i64,
    /// When the first was due, by the business clock.
    oldest_due_at: Timestamp,
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
    /// Cards that banks declined lately, by their word. That is no fault of the provider.
    declines: Vec<Declines>,
    /// Calls that people of ours have still to make.
    n_calls: i64,
    /// Numbers that asked us to stop, and landlines.
    n_no_sms: i64,
    /// What is due and waits for a worker, by kind.
    jobs: Vec<Queue>,
    /// Background jobs that gave up.
    n_dead_jobs: i64,
    /// More was tried than is counted here.
    is_cut: bool,
    /// When matching last had no time for the best choice of all tickets together, by the business clock.
    last_greedy_round_at: Option<Timestamp>,
}

async fn read(conn: &mut Conn, config: &Config, now: Timestamp, real_now: Timestamp) -> Result<Health, Error> {
    let since = real_now.plus_minutes(-LATELY_MINUTES);
    let waiting = lately::waiting(conn, now).await?;
    let tried = lately::tried(conn, since).await?;
    let called: Vec<Tried> = calls(conn, since).await?.into_iter().map(Tried::from).collect();
    let declined = declines(conn, since, CODES_LISTED).await?;
    let dead = jobs::backlog(conn).await?.into_iter().filter(|row| row.state == "dead");
    let due = jobs::due(conn, now).await?;
    let is_cut = is_full(tried.len(), lately::ATTEMPTS_MAX) || is_full(called.len(), CALLS_MAX);
    let channel = |(channel, part, bounds): (Channel, Part, SendingBounds)| {
        let tried = tried.iter().filter(|one| one.channel == channel);
        let tried = tried.map(|one| Tried { ended: one.ended, error: one.error.clone(), at: one.at });
        let queue = of(&waiting, channel).map(|row| (row.n, row.oldest_due_at));
        provider(
            part,
            by(config, part),
            off_by_settings(config, channel),
            queue,
            bounds.per_second,
            &tried.collect::<Vec<_>>(),
        )
    };
    let Sending { push, sms, mail } = config.sending;
    let channels =
        [(Channel::Push, Part::Push, push), (Channel::Sms, Part::Sms, sms), (Channel::Email, Part::Email, mail)];
    let mut providers: Vec<Provider> = channels.into_iter().map(channel).collect();
    let off = money::off_by_settings(config);
    providers.push(provider(Part::Cards, by(config, Part::Cards), off, card_queue(&due), None, &called));
    Ok(Health {
        providers,
        declines: declined.into_iter().map(|(code, n)| Declines { code, n }).collect(),
        n_calls: of(&waiting, Channel::Call).map_or(0, |calls| calls.n),
        n_no_sms: no_sms::count(conn).await?,
        jobs: due
            .into_iter()
            .map(|row| Queue { kind: row.kind, n: row.n_jobs, oldest_due_at: row.first_due_at })
            .collect(),
        n_dead_jobs: dead.map(|row| row.n_jobs).sum(),
        last_greedy_round_at: matching::store::last_greedy(conn, now.plus_minutes(-LATELY_MINUTES)).await?,
        is_cut,
    })
}

fn is_full(n: usize, max: i64) -> bool {
    i64::try_from(n).is_ok_and(|n| n >= max)
}

fn of(waiting: &[Waiting], channel: Channel) -> Option<&Waiting> {
    waiting.iter().find(|row| row.channel == channel)
}

/// How many steps of payments are due, and since when.
fn card_queue(due: &[jobs::Due]) -> Option<(i64, Timestamp)> {
    let of_cards = |row: &&jobs::Due| Kind::from_word(&row.kind).is_some_and(|kind| kind.lane() == WorkLane::Cards);
    let first = due.iter().filter(of_cards).map(|row| row.first_due_at).min()?;
    Some((due.iter().filter(of_cards).map(|row| row.n_jobs).sum(), first))
}

/// Whom we ask.
fn by(config: &Config, part: Part) -> Option<&'static str> {
    let providers = &config.providers;
    let (is_set, name) = match part {
        Part::Push => (providers.fcm.is_some(), "fcm"),
        Part::Sms => (providers.twilio.is_some(), "twilio"),
        Part::Email => (providers.smtp.is_some(), "smtp"),
        Part::Cards => (providers.stripe.is_some(), "stripe"),
    };
    match config.mode {
        Mode::Demo => Some("sandbox"),
        Mode::Serve => is_set.then_some(name),
    }
}

fn provider(
    part: Part,
    by: Option<&'static str>,
    off: Option<&'static str>,
    queue: Option<(i64, Timestamp)>,
    per_second: Option<NonZeroU32>,
    tried: &[Tried],
) -> Provider {
    let sent = || tried.iter().filter(|one| one.ended == Ended::Sent);
    Provider {
        part,
        by,
        standing: off.map_or_else(|| standing(tried), |how| Standing::Off { how }),
        n_waiting: queue.map_or(0, |(n, _)| n),
        oldest_due_at: queue.map(|(_, first)| first),
        n_sent: sent().count(),
        last_sent_at: sent().next().map(|one| one.at),
        per_second,
        failures: failures(tried),
    }
}

/// By the newest attempts; one that is still under way says nothing.
fn standing(tried: &[Tried]) -> Standing {
    let ended: Vec<&Tried> = tried.iter().filter(|one| one.ended != Ended::Attempted).collect();
    let failed: Vec<&&Tried> = ended.iter().take_while(|one| one.ended != Ended::Sent).collect();
    match failed.last() {
        Some(first) if failed.len() >= FAILING_AFTER => Standing::Failing { since: first.at },
        Some(_) => Standing::Up,
        None if ended.is_empty() => Standing::Idle,
        None => Standing::Up,
    }
}

fn failures(tried: &[Tried]) -> Vec<Failures> {
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
