//! Sign-in codes. The digits are made when they are sent, and in production nothing keeps them but the message: the notice
//! says only that a code was sent. A second attempt makes new digits, so it is a notice of its own. The same goes for the
//! link beside a customer's code in a mail.
//!
//! A customer's code waits on both ways, and here is asked which of them is open: no SMS goes to a number that takes none,
//! and no mail to an address that nobody confirmed, or a slip of the finger would hand the account to a stranger.

use super::notice::{NewNotice, NoticeState, Recipient};
use super::outside::{Message, Outside, Unsent};
use super::plan::{Audience, Channel, Matter, Way};
use super::render::{self, Beside, Words};
use super::store::{no_sms, people};
use super::{send, store};
use crate::accounts::codes::{self, CodeAddress, CodeTarget, Wish};
use crate::accounts::handle::email_key;
use crate::accounts::token::Token;
use crate::accounts::{self, Person};
use crate::customers;
use crate::db::{Conn, Error, Lane, Tx};
use crate::expert_app;
use crate::jobs::{Context, Handler, Job, Outcome};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use shared::ids::NoticeId;
use shared::texts::Language;
use shared::time::Timestamp;
use uuid::Uuid;

/// Mails about an account within an hour, after which none more asks for its address here.
const ASKS_MAX: i64 = 3;

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
        let (digits, link) = (codes::digits(&*context.db.chance()), Token::new(&*context.db.chance()));
        let kept = link.hash();
        let digest = self.outside.pages.links.code_digest(code, &digits);
        let (now, n_attempts) = (context.now(), job.n_attempts);
        let issued = context.db.write(Lane::Work, async move |tx| {
            let real_now = tx.real_now();
            let Some(target) = codes::issue(tx, code, &digest, real_now).await? else { return Ok::<_, Error>(None) };
            if !is_open(tx, &target).await? {
                // A code that never left opens nothing.
                codes::withhold(tx, code).await?;
                ask_first(tx, &target, now).await?;
                return Ok(None);
            }
            if target.link.is_some() {
                codes::keep_link(tx, code, &kept).await?;
            }
            let told = store::tell_unsent(tx, &notice(code, n_attempts, &target, now), now).await?;
            Ok(Some((told, target)))
        });
        let Some((Some(id), target)) = issued.await? else { return Ok(Outcome::Done) };
        let sent = self.send(id, code, &target, (digits.as_str(), &link)).await;
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

    async fn send(
        &self,
        id: NoticeId,
        code: Uuid,
        target: &CodeTarget,
        (digits, token): (&str, &Token),
    ) -> Result<String, Unsent> {
        let (channel, to) = way(target);
        let public_url = &self.outside.pages.public_url;
        let beside = match (target.link, target.person) {
            (Some(wish), _) => {
                let url = format!("{public_url}/sign-in/link/{}", token.expose());
                match wish {
                    Wish::SignIn => Beside::SignIn(url),
                    Wish::Reset => Beside::Reset(url),
                }
            }
            (None, Person::Expert(_)) => Beside::App(expert_app::app_link(public_url)),
            (None, Person::Customer(_) | Person::Agent(_) | Person::Admin(_)) => Beside::Nothing,
        };
        let (language, zone) = (language(target), &target.profile.zone);
        let Words { subject, body, link } = render::code(digits, target.expires_at, language, zone, channel, &beside);
        let matter = Matter::SignInCode { code, expires_at: target.expires_at };
        let message = Message { notice: id, channel, to, matter, language, ticket: None, subject, body, link };
        match self.outside.gateway(channel) {
            Ok(gateway) => gateway.send(message).await,
            Err(why) => Err(Unsent::Never { why: why.to_owned() }),
        }
    }
}

/// Where no SMS goes and only the word is missing that the address is the customer's, that is asked for: else nothing at
/// all would come, and who has a landline could never get in. Once said, the next code finds its way.
async fn ask_first(tx: &mut Tx, target: &CodeTarget, now: Timestamp) -> Result<(), Error> {
    let customer = match (target.person, &target.to) {
        (Person::Customer(customer), CodeAddress::Email(_)) => customer,
        (Person::Customer(_), CodeAddress::Sms(_)) | (Person::Expert(_) | Person::Agent(_) | Person::Admin(_), _) => {
            return Ok(());
        }
    };
    let phone = accounts::store::by_person(tx, target.person).await?.and_then(|login| login.phone);
    let hears_by_sms = match phone {
        Some(phone) => no_sms::why(tx, &phone).await?.is_none(),
        None => false,
    };
    // Whose mailbox it is, nobody knows yet: whoever types it again and again does not fill it.
    if hears_by_sms || people::n_about_account(tx, customer, now.plus_minutes(-60)).await? >= ASKS_MAX {
        return Ok(());
    }
    customers::confirm::ask(tx, customer, now).await
}

/// Whether this way leads to who asked. Our own people's always does.
async fn is_open(conn: &mut Conn, target: &CodeTarget) -> Result<bool, Error> {
    let customer = match target.person {
        Person::Customer(customer) => customer,
        Person::Expert(_) | Person::Agent(_) | Person::Admin(_) => return Ok(true),
    };
    match &target.to {
        CodeAddress::Sms(phone) => Ok(no_sms::why(conn, phone).await?.is_none()),
        CodeAddress::Email(asked) => {
            let customer = customers::store::customer(conn, customer).await?;
            let confirmed = customer.filter(|known| known.email_confirmed_at.is_some()).and_then(|known| known.email);
            Ok(confirmed.is_some_and(|email| email_key(&email) == email_key(asked)))
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
