//! The fifth and the seventh promise, tried: many messages through a provider at its worst, while workers are killed with
//! -9 between the provider's taking and their own writing of it. Every message must be there, and because the provider's
//! list can be asked, none twice, however many workers share one database.

use std::collections::BTreeMap;
use std::time::Duration;

use shared::ids::{Id, NoticeId, SurveyId};
use shared::texts::Language;
use shared::time::Timestamp;
use sync_server::clock::Clock;
use sync_server::db::testing::Fresh;
use sync_server::db::{Engine, Error, Lane};
use sync_server::jobs::backlog;
use sync_server::notify::plan::{Audience, Channel, Matter};
use sync_server::notify::render::Words;
use sync_server::notify::{NewNotice, Recipient, store};

use crate::twilio::{Fault, Twilio};
use crate::wait::eventually;
use crate::worker::Worker;

/// A stranded job runs again within 45 s; several rounds of that.
const STUCK: Duration = Duration::from_mins(6);
/// Rows that one transaction writes.
const ROWS: usize = 100;

/// How hard it is tried.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// On which engine.
    pub engine: Engine,
    /// Messages.
    pub n_notices: usize,
    /// Kills, in turn among the workers.
    pub n_kills: usize,
    /// Workers on one database; SQLite has one.
    pub n_workers: usize,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Messages that the provider took.
    pub taken: usize,
    /// Never taken.
    pub missing: usize,
    /// Taken more than once.
    pub doubled: usize,
    /// Not told as sent in our own books.
    pub unsettled: usize,
    /// How often the provider was asked what it has.
    pub looked_up: usize,
}

impl Report {
    /// Whether the promise held.
    pub fn held(&self) -> bool {
        self.missing == 0 && self.doubled == 0 && self.unsettled == 0
    }
}

/// The number of the `n`th person.
pub fn number(n: usize) -> String {
    format!("+1212{n:07}")
}

/// Queues an SMS to each number, about something that does not pass.
///
/// # Panics
/// If the database cannot be written.
pub async fn queue(fresh: &Fresh, numbers: &[String], audience: Audience) -> BTreeMap<String, NoticeId> {
    let db = fresh.open(Clock::machine()).await;
    let mut queued = BTreeMap::new();
    for numbers in numbers.chunks(ROWS) {
        let now = db.clock().real_now();
        let notices: Vec<NewNotice> =
            numbers.iter().map(|to| asks(to, Id::new(now, &*db.chance()), audience, now)).collect();
        let write = db.write(Lane::Work, async move |tx| {
            let mut queued = Vec::new();
            for notice in &notices {
                let ids = store::tell(tx, std::slice::from_ref(notice), now).await?;
                queued.push((notice.way.1.clone(), ids[0]));
            }
            Ok::<_, Error>(queued)
        });
        queued.extend(write.await.expect("the database takes notices"));
    }
    db.close().await;
    queued
}

/// A question to a number, which never gets too late.
pub fn asks(to: &str, survey: SurveyId, audience: Audience, now: Timestamp) -> NewNotice {
    NewNotice {
        matter: Matter::Survey { survey },
        ticket: None,
        seq: None,
        to: Recipient { audience, person: to.to_owned(), language: Language::English },
        way: (Channel::Sms, to.to_owned()),
        words: Words { subject: None, body: format!("For {to}: how was it? {survey}"), link: None },
        due_at: now,
    }
}

/// Tries it.
///
/// # Panics
/// If it comes to a stand.
pub async fn run(plan: Plan) -> Report {
    let twilio = Twilio::start();
    let numbers: Vec<String> = (0..plan.n_notices).map(number).collect();
    for (n, to) in numbers.iter().enumerate() {
        match n % 50 {
            7 => twilio.fails(to, &[Fault::TooMany]),
            17 => twilio.fails(to, &[Fault::BreakAfterTaking]),
            27 => twilio.fails(to, &[Fault::CloseAfterTaking]),
            37 => twilio.fails(to, &[Fault::Unavailable]),
            _ => {}
        }
    }
    let fresh = Fresh::new(plan.engine).await;
    queue(&fresh, &numbers, Audience::Expert).await;
    let step = (plan.n_notices / (plan.n_kills + 1)).max(1);
    if plan.n_kills > 0 {
        twilio.hangs_at(step);
    }
    let mut workers: Vec<Worker> =
        (0..plan.n_workers.max(1)).map(|_| Worker::start(&fresh.url, &twilio.env())).collect();
    for n_kills in 1..=plan.n_kills {
        // It has taken a message and not answered: the worker dies between sending and writing so.
        let n = step * n_kills;
        eventually("so many are taken", STUCK, async || {
            if twilio.n_taken() >= n { Ok(()) } else { Err(format!("{} of {n}", twilio.n_taken())) }
        })
        .await;
        let n_workers = workers.len();
        let worker = &mut workers[n_kills % n_workers];
        worker.kill_9();
        if n_kills < plan.n_kills {
            twilio.hangs_at(step * (n_kills + 1));
        } else {
            twilio.goes_on();
        }
        worker.up_again();
    }
    let db = fresh.open(Clock::machine()).await;
    eventually("nothing is left to do", STUCK, async || {
        let left = db.read(backlog).await.map_err(|error: Error| error.to_string())?;
        let left: Vec<_> = left.into_iter().filter(|row| row.kind == "send_sms").collect();
        if left.is_empty() { Ok(()) } else { Err(format!("{left:?}")) }
    })
    .await;
    drop(workers);
    let unsettled = db.read(async |conn| store::lately::waiting(conn, Timestamp::from_millis(i64::MAX)).await).await;
    let failed = db.read(async |conn| store::failed(conn, None, 1_000).await).await;
    db.close().await;
    fresh.remove().await;
    let (unsettled, failed) = (unsettled.expect("it can be read"), failed.expect("it can be read"));
    let mut times: BTreeMap<String, usize> = numbers.iter().map(|to| (to.clone(), 0)).collect();
    for taken in twilio.taken() {
        *times.entry(taken.to).or_default() += 1;
    }
    Report {
        taken: twilio.n_taken(),
        missing: times.values().filter(|times| **times == 0).count(),
        doubled: times.values().filter(|times| **times > 1).count(),
        unsettled: unsettled.len() + failed.len(),
        looked_up: twilio.n_lists(),
    }
}
