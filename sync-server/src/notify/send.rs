//! One attempt at one notice. What it is about is held against the ticket as it is now; the attempt is written before it
//! is made; one whose end nobody knows is looked up at the provider before it is made again.

use super::instead;
use super::notice::{Ended, Notice, NoticeState};
use super::outside::{Message, Outside, Unsent};
use super::plan::{Audience, Channel, not_before};
use super::store::no_sms::{self, NoSms};
use super::{facts, store};
use crate::db::{Conn, Error, Lane, Tx};
use crate::jobs::{Context, Handler, Job, Outcome, finish, postpone, unspent};
use crate::tickets;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use shared::ids::NoticeId;
use shared::time::Timestamp;
use std::time::Duration;

/// Sends what is queued on a channel.
#[derive(Clone)]
pub(super) struct Sender {
    pub(super) outside: Outside,
}

/// An attempt that has begun.
#[derive(Clone, Debug)]
struct Attempt {
    message: Message,
    n: i64,
    /// The one before may have arrived.
    is_unsure: bool,
    /// If this one fails too, the notice has failed.
    is_last: bool,
    /// So long it is tried from now on.
    patience: Duration,
}

/// What became of the wish to send.
enum Begun {
    /// The notice has ended, or ends here.
    Ended,
    /// It waits for the morning.
    Postponed,
    /// Its provider is not worth asking now.
    Wait {
        /// For so long.
        pause: Duration,
        /// Then another way begins.
        patience: Duration,
    },
    /// Send it.
    Attempt(Box<Attempt>),
}

/// How an attempt went.
struct Tried {
    sent: Result<String, Unsent>,
    /// When the provider said to come back.
    after: Option<Duration>,
}

/// Why a notice is no longer worth saying, if it is not, by the ticket as it is now.
pub async fn still_to_say(
    conn: &mut Conn,
    notice: &Notice,
    now: Timestamp,
    real_now: Timestamp,
) -> Result<Result<(), &'static str>, Error> {
    let ticket = match notice.ticket {
        Some(id) => tickets::store::get(conn, id).await?,
        None => None,
    };
    let life = ticket.as_ref().map(|ticket| &ticket.life);
    Ok(notice.matter.past(life, now, real_now).map_or(Ok(()), |past| Err(past.words())))
}

impl Handler for Sender {
    fn run(&self, job: Job, context: Context) -> BoxFuture<'_, Outcome> {
        async move {
            match self.attempt(job, context).await {
                Ok(outcome) => outcome,
                Err(error) => Outcome::retry(error),
            }
        }
        .boxed()
    }
}

impl Sender {
    async fn attempt(&self, job: Job, context: Context) -> Result<Outcome, Error> {
        let Ok(id) = job.subject.parse::<NoticeId>() else { return Ok(Outcome::give_up("its subject is no notice")) };
        let now = context.now();
        let (outside, looked) = (self.outside.clone(), job.clone());
        let begun = context.db.write(Lane::Work, async move |tx| {
            let begun = begin(tx, &outside, &looked, id, now).await?;
            match &begun {
                Begun::Ended => {
                    unspent(tx, looked.kind.lane()).await?;
                    finish(tx, &looked.lease).await?;
                }
                Begun::Postponed | Begun::Wait { .. } => unspent(tx, looked.kind.lane()).await?,
                Begun::Attempt(_) => {}
            }
            Ok::<_, Error>(begun)
        });
        let attempt = match begun.await? {
            Begun::Ended | Begun::Postponed => return Ok(Outcome::Done),
            Begun::Wait { pause, patience } => {
                let why = "its provider does not answer".to_owned();
                return Ok(Outcome::RetryWithin { after: Some(pause), within: patience, why });
            }
            Begun::Attempt(attempt) => attempt,
        };
        let Tried { sent, after } = self.send(&attempt).await;
        let outcome = match &sent {
            Ok(_) | Err(Unsent::Never { .. }) => Outcome::Done,
            Err(Unsent::Later { .. } | Unsent::Unknown { .. }) if attempt.is_last => Outcome::Done,
            Err(Unsent::Later { why, .. } | Unsent::Unknown { why }) => {
                Outcome::RetryWithin { after, within: attempt.patience, why: why.clone() }
            }
        };
        let is_done = outcome == Outcome::Done;
        let outside = self.outside.clone();
        let ended = context.db.write(Lane::Work, async move |tx| {
            record(tx, &outside, id, attempt.n, &sent, now).await?;
            if let (true, Err(Unsent::Later { why, .. } | Unsent::Unknown { why })) = (attempt.is_last, &sent) {
                instead::fail(tx, &outside, id, why, now).await?;
            }
            if is_done { finish(tx, &job.lease).await } else { Ok(()) }
        });
        ended.await?;
        Ok(outcome)
    }

    async fn send(&self, attempt: &Attempt) -> Tried {
        let gateway = match self.outside.gateway(attempt.message.channel) {
            Ok(gateway) => gateway,
            Err(why) => return Tried { sent: Err(Unsent::Never { why: why.to_owned() }), after: None },
        };
        if attempt.is_unsure {
            match gateway.look_up(attempt.message.clone()).await {
                Ok(Some(reference)) => return Tried { sent: Ok(reference), after: None },
                Ok(None) => {}
                // Whether the attempt before arrived is as open as it was: to send now could send twice.
                Err(Unsent::Later { after, why }) => return Tried { sent: Err(Unsent::Unknown { why }), after },
                Err(Unsent::Unknown { why } | Unsent::Never { why }) => {
                    return Tried { sent: Err(Unsent::Unknown { why }), after: None };
                }
            }
        }
        let sent = gateway.send(attempt.message.clone()).await;
        let after = if let Err(Unsent::Later { after, .. }) = &sent { *after } else { None };
        Tried { sent, after }
    }
}

/// Looks whether the notice should still leave, and whether it can now, and writes that an attempt begins.
async fn begin(tx: &mut Tx, outside: &Outside, job: &Job, id: NoticeId, now: Timestamp) -> Result<Begun, Error> {
    let Some(notice) = store::lock(tx, id).await?.filter(|notice| notice.state == NoticeState::Queued) else {
        return Ok(Begun::Ended);
    };
    let real_now = tx.real_now();
    if let Err(why) = still_to_say(tx, &notice, now, real_now).await? {
        store::end(tx, id, NoticeState::Dropped, Some(why), now).await?;
        return Ok(Begun::Ended);
    }
    if let Some(at) = not_yet(tx, &notice, now).await? {
        store::postpone(tx, id, at).await?;
        postpone(tx, &job.lease, at).await?;
        return Ok(Begun::Postponed);
    }
    if let Some(why) = takes_none(tx, &notice).await? {
        instead::fail(tx, outside, id, why.sentence(), now).await?;
        return Ok(Begun::Ended);
    }
    let gateway = match outside.gateway(notice.channel) {
        Ok(gateway) => gateway,
        Err(why) => {
            instead::fail(tx, outside, id, why, now).await?;
            return Ok(Begun::Ended);
        }
    };
    let patience = instead::patience_minutes(job.kind, &notice);
    let until = job.started_at.plus_minutes(patience);
    let (is_last, patience) = (real_now >= until, left(real_now, until));
    // Last of all: who need not wait is the one who finds out whether the provider is back.
    if let Some(pause) = gateway.wait() {
        if is_last {
            instead::fail(tx, outside, id, "unreachable: its provider has not answered for a while", now).await?;
            return Ok(Begun::Ended);
        }
        return Ok(Begun::Wait { pause, patience });
    }
    let last = store::last_attempt(tx, id).await?;
    let is_unsure = last.is_some_and(|(_, ended)| matches!(ended, Ended::Attempted | Ended::Unknown));
    let n = last.map_or(1, |(n, _)| n + 1);
    store::begin_attempt(tx, id, n).await?;
    Ok(Begun::Attempt(Box::new(Attempt { message: message(notice), n, is_unsure, is_last, patience })))
}

/// From now until then; a moment at least.
fn left(now: Timestamp, until: Timestamp) -> Duration {
    Duration::from_millis(u64::try_from(until.millis_since(now)).unwrap_or_default()).max(Duration::from_secs(1))
}

/// The morning for which a customer's notice waits, where it is night there by now: it was due by day and could not leave.
async fn not_yet(conn: &mut Conn, notice: &Notice, now: Timestamp) -> Result<Option<Timestamp>, Error> {
    if notice.audience != Audience::Customer {
        return Ok(None);
    }
    let ticket = match notice.ticket {
        Some(id) => tickets::store::get(conn, id).await?,
        None => None,
    };
    let customer = ticket.as_ref().map(|ticket| ticket.customer).or_else(|| notice.person.parse().ok());
    let Some(customer) = customer else { return Ok(None) };
    let Some(contact) = facts::customer(conn, customer).await? else { return Ok(None) };
    let urgent = ticket.is_some_and(|ticket| ticket.urgent);
    let at = not_before(&notice.matter, urgent, &contact.zone, now);
    Ok((at > now).then_some(at))
}

/// Why the number of an SMS takes none, if so: it was told while the message waited.
async fn takes_none(conn: &mut Conn, notice: &Notice) -> Result<Option<NoSms>, Error> {
    match (notice.channel, notice.to_address.parse()) {
        (Channel::Sms, Ok(phone)) => no_sms::why(conn, &phone).await,
        (Channel::Sms | Channel::Push | Channel::Email | Channel::Call, _) => Ok(None),
    }
}

fn message(notice: Notice) -> Message {
    let Notice { id, channel, to_address, matter, language, ticket, subject, body, link, .. } = notice;
    Message { notice: id, channel, to: to_address, matter, language, ticket, subject, body, link }
}

/// Writes how an attempt ended, and with it the notice where that is its end.
pub(super) async fn record(
    tx: &mut Tx,
    outside: &Outside,
    id: NoticeId,
    n: i64,
    sent: &Result<String, Unsent>,
    now: Timestamp,
) -> Result<(), Error> {
    match sent {
        Ok(reference) => {
            store::end_attempt(tx, id, n, Ended::Sent, Ok(reference)).await?;
            store::end(tx, id, NoticeState::Sent, None, now).await?;
        }
        Err(Unsent::Later { why, .. }) => store::end_attempt(tx, id, n, Ended::Failed, Err(why)).await?,
        Err(Unsent::Unknown { why }) => store::end_attempt(tx, id, n, Ended::Unknown, Err(why)).await?,
        Err(Unsent::Never { why }) => {
            store::end_attempt(tx, id, n, Ended::Failed, Err(why)).await?;
            instead::fail(tx, outside, id, why, now).await?;
        }
    }
    Ok(())
}
