//! Sign-in codes. The digits are made when they are sent, and in production nothing keeps them but the message: the notice
//! says only that a code was sent. A second attempt makes new digits, so it is a notice of its own.

use super::notice::{NewNotice, NoticeState, Recipient};
use super::outside::{Message, Outside, Unsent};
use super::plan::{Audience, Channel, Matter, Way};
use super::render::{self, Words};
use super::{send, store};
use crate::accounts::codes::{self, CodeAddress, CodeTarget};
use crate::db::{Error, Lane, Tx};
use crate::expert_app;
use crate::jobs::{Context, Handler, Job, Outcome};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use shared::ids::NoticeId;
use shared::texts::Language;
use shared::time::Timestamp;
use uuid::Uuid;

/// What the notice says in place of the code.
const HIDDEN: &str = "(a sign-in code)";

/// Sends codes.
#[derive(Clone)]
pub(super) struct CodeSender {
    pub(super) outside: Outside,
}

impl Handler for CodeSender {
    fn run(&self, job: Job, context: Context) -> BoxFuture<'_, Outcome> {
        async move {
            match self.attempt(&job, &context).await {
                Ok(outcome) => outcome,
                Err(error) => Outcome::retry(error),
            }
        }
        .boxed()
    }
}

impl CodeSender {
    async fn attempt(&self, job: &Job, context: &Context) -> Result<Outcome, Error> {
        let Ok(code) = job.subject.parse::<Uuid>() else { return Ok(Outcome::give_up("its subject is no code")) };
        let digits = codes::digits(&*context.db.chance());
        let digest = self.outside.pages.links.code_digest(code, &digits);
        let (now, n_attempts) = (context.now(), job.n_attempts);
        let issued = context.db.write(Lane::Work, async move |tx| {
            let real_now = tx.real_now();
            let Some(target) = codes::issue(tx, code, &digest, real_now).await? else { return Ok::<_, Error>(None) };
            let told = store::tell_unsent(tx, &notice(code, n_attempts, &target, now), now).await?;
            Ok(Some((told, target)))
        });
        let Some((Some(id), target)) = issued.await? else { return Ok(Outcome::Done) };
        let sent = self.send(id, code, &target, &digits).await;
        let outcome = match &sent {
            Ok(_) | Err(Unsent::Never { .. }) => Outcome::Done,
            Err(Unsent::Later { after, why }) => Outcome::Retry { after: *after, why: why.clone() },
            Err(Unsent::Unknown { why }) => Outcome::retry(why),
        };
        let outside = self.outside.clone();
        let recorded = context.db.write(Lane::Work, async move |tx| record(tx, &outside, id, &sent, now).await);
        recorded.await?;
        Ok(outcome)
    }

    async fn send(&self, id: NoticeId, code: Uuid, target: &CodeTarget, digits: &str) -> Result<String, Unsent> {
        let (channel, to) = way(target);
        let app = target.is_expert.then(|| expert_app::app_link(&self.outside.pages.public_url));
        let (language, zone) = (language(target), &target.profile.zone);
        let Words { subject, body, link } =
            render::code(digits, target.expires_at, language, zone, channel, app.as_deref());
        let matter = Matter::SignInCode { code, expires_at: target.expires_at };
        let message = Message { notice: id, channel, to, matter, language, ticket: None, subject, body, link };
        match self.outside.gateway(channel) {
            Ok(gateway) => gateway.send(message).await,
            Err(why) => Err(Unsent::Never { why: why.to_owned() }),
        }
    }
}

fn way(target: &CodeTarget) -> Way {
    match &target.to {
        CodeAddress::Sms(phone) => (Channel::Sms, phone.to_string()),
        CodeAddress::Email(email) => (Channel::Email, email.to_string()),
    }
}

fn language(target: &CodeTarget) -> Language {
    Language::of_locale(&target.profile.locale)
}

fn notice(code: Uuid, n_attempts: i64, target: &CodeTarget, now: Timestamp) -> NewNotice {
    let way = way(target);
    let to = Recipient { audience: Audience::Customer, person: way.1.clone(), language: language(target) };
    let words = Words { subject: None, body: HIDDEN.to_owned(), link: None };
    let matter = Matter::SignInCode { code, expires_at: target.expires_at };
    NewNotice { matter, ticket: None, seq: Some(n_attempts), to, way, words, due_at: now }
}

/// A failed attempt ends its notice: the next one has other digits.
async fn record(
    tx: &mut Tx,
    outside: &Outside,
    id: NoticeId,
    sent: &Result<String, Unsent>,
    now: Timestamp,
) -> Result<(), Error> {
    send::record(tx, outside, id, 1, sent, now).await?;
    if let Err(why) = sent {
        store::end(tx, id, NoticeState::Failed, Some(&why.to_string()), now).await?;
    }
    Ok(())
}
