//! One attempt at one notice. What it is about is held against the ticket as it is now; the attempt is written before it
//! is made; one whose end nobody knows is looked up at the provider before it is made again.

use super::notice::{Ended, Notice, NoticeState};
use super::outside::{Message, Outside, Unsent};
use super::store;
use crate::db::{Conn, Error, Lane, Tx};
use crate::jobs::{Context, Handler, Job, Outcome, finish};
use crate::tickets;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use shared::ids::NoticeId;
use shared::time::Timestamp;

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
            let attempt = begin(tx, &outside, id, now).await?;
            if attempt.is_none() {
                finish(tx, &looked.lease).await?;
            }
            Ok::<_, Error>(attempt)
        });
        let Some(attempt) = begun.await? else { return Ok(Outcome::Done) };
        let sent = self.send(&attempt).await;
        let outcome = match &sent {
            Ok(_) | Err(Unsent::Never { .. }) => Outcome::Done,
            Err(Unsent::Later { after, why }) => Outcome::Retry { after: *after, why: why.clone() },
            Err(Unsent::Unknown { why }) => Outcome::retry(why),
        };
        let is_done = outcome == Outcome::Done;
        let ended = context.db.write(Lane::Work, async move |tx| {
            record(tx, id, attempt.n, &sent, now).await?;
            if is_done { finish(tx, &job.lease).await } else { Ok(()) }
        });
        ended.await?;
        Ok(outcome)
    }

    async fn send(&self, attempt: &Attempt) -> Result<String, Unsent> {
        let gateway = match self.outside.gateway(attempt.message.channel) {
            Ok(gateway) => gateway,
            Err(why) => return Err(Unsent::Never { why: why.to_owned() }),
        };
        if attempt.is_unsure
            && let Some(reference) = gateway.look_up(attempt.message.clone()).await?
        {
            return Ok(reference);
        }
        gateway.send(attempt.message.clone()).await
    }
}

/// Looks whether the notice should still leave, and writes that an attempt begins. None: it has ended.
async fn begin(tx: &mut Tx, outside: &Outside, id: NoticeId, now: Timestamp) -> Result<Option<Attempt>, Error> {
    let Some(notice) = store::lock(tx, id).await?.filter(|notice| notice.state == NoticeState::Queued) else {
        return Ok(None);
    };
    let real_now = tx.real_now();
    if let Err(why) = still_to_say(tx, &notice, now, real_now).await? {
        store::end(tx, id, NoticeState::Dropped, Some(why), now).await?;
        return Ok(None);
    }
    if let Err(why) = outside.gateway(notice.channel) {
        tracing::warn!(notice = %id, kind = notice.matter.word(), why, "a notice cannot be sent");
        store::end(tx, id, NoticeState::Failed, Some(why), now).await?;
        return Ok(None);
    }
    let last = store::last_attempt(tx, id).await?;
    let is_unsure = last.is_some_and(|(_, ended)| matches!(ended, Ended::Attempted | Ended::Unknown));
    let n = last.map_or(1, |(n, _)| n + 1);
    store::begin_attempt(tx, id, n).await?;
    Ok(Some(Attempt { message: message(notice), n, is_unsure }))
}

fn message(notice: Notice) -> Message {
    let Notice { id, channel, to_address, matter, ticket, subject, body, link, .. } = notice;
    Message { notice: id, channel, to: to_address, matter, ticket, subject, body, link }
}

/// Writes how an attempt ended, and with it the notice where that is its end.
pub(super) async fn record(
    tx: &mut Tx,
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
            store::end(tx, id, NoticeState::Failed, Some(why), now).await?;
        }
    }
    Ok(())
}
