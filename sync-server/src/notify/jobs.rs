//! The jobs of notices: an event becomes notices, a notice a message.

use super::account::AccountTeller;
use super::code::CodeSender;
use super::compose::{self, Untold};
use super::helper;
use super::outside::Outside;
use super::plan::Audience;
use super::send::Sender;
use super::store;
use crate::config::{Sending, SendingBounds};
use crate::db::Lane;
use crate::jobs::{Context, Handler, Job, Kind, Outcome, Pace, Registry, WorkLane, finish};
use crate::reactions::About;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use shared::ids::TicketId;

/// Who tells and who sends, and how fast.
#[must_use]
pub fn register(registry: Registry, outside: Outside, sending: &Sending) -> Registry {
    let teller = || Teller { outside: outside.clone() };
    let sender = || Sender { outside: outside.clone() };
    let channels = [(WorkLane::Push, sending.push), (WorkLane::Sms, sending.sms), (WorkLane::Mail, sending.mail)];
    let bounded = |registry: Registry, (lane, bounds): (WorkLane, SendingBounds)| {
        let at_once = usize::try_from(bounds.at_once).unwrap_or(usize::MAX);
        registry.paced(lane, bounds.per_second.map(Pace::new)).at_once(lane, at_once)
    };
    channels
        .into_iter()
        .fold(registry, bounded)
        .on(Kind::NotifyExpert, teller())
        .on(Kind::NotifyCustomer, teller())
        .on(Kind::NotifyAdmins, teller())
        .on(Kind::NotifyAccount, AccountTeller { outside: outside.clone() })
        .on(Kind::SendPush, sender())
        .on(Kind::SendSms, sender())
        .on(Kind::SendMail, sender())
        .on(Kind::SignInCode, CodeSender { outside: outside.clone() })
}

/// Turns an event into notices.
struct Teller {
    outside: Outside,
}

impl Handler for Teller {
    fn run(&self, job: Job, context: Context) -> BoxFuture<'_, Outcome> {
        self.tell(job, context).boxed()
    }
}

impl Teller {
    async fn tell(&self, job: Job, context: Context) -> Outcome {
        let (Ok(ticket), Ok(About { seq })) = (job.subject.parse::<TicketId>(), job.body::<About>()) else {
            return Outcome::give_up("it does not name a ticket and an event");
        };
        let to = if job.kind == Kind::NotifyCustomer { Audience::Customer } else { Audience::Expert };
        let (outside, now) = (self.outside.clone(), context.now());
        let told = context.db.write(Lane::Work, async move |tx| {
            let real_now = tx.real_now();
            let mut notices = compose::of(tx, &outside, ticket, seq, to, now, real_now).await?;
            notices.extend(helper::copies(tx, &outside, ticket, &notices).await?);
            store::tell(tx, &notices, now).await?;
            Ok::<_, Untold>(finish(tx, &job.lease).await?)
        });
        match told.await {
            Ok(()) => Outcome::Done,
            Err(Untold::Database(error)) => Outcome::retry(error),
            // An admin may be added in the meantime.
            Err(error @ Untold::NoAdmin) => Outcome::retry(error),
            Err(error @ Untold::Missing(_)) => Outcome::give_up(error),
        }
    }
}
