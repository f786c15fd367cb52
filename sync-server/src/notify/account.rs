//! What customers hear about the account itself: the link that confirms an e-mail address, and that the account is going
//! to be deleted. Whoever changed their mind, or the address, in the meantime hears nothing.

use super::facts;
use super::notice::{NewNotice, Recipient};
use super::outside::Outside;
use super::plan::{Audience, Channel, Matter};
use super::render::Words;
use super::store;
use crate::customers::confirm::About;
use crate::db::{Error, Lane, Tx};
use crate::jobs::{Context, Handler, Job, Outcome, finish};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use shared::ids::CustomerId;
use shared::texts::{TextId, Value, gsm};
use shared::time::Timestamp;

/// Tells it.
pub(super) struct AccountTeller {
    pub(super) outside: Outside,
}

impl Handler for AccountTeller {
    fn run(&self, job: Job, context: Context) -> BoxFuture<'_, Outcome> {
        self.tell(job, context).boxed()
    }
}

impl AccountTeller {
    async fn tell(&self, job: Job, context: Context) -> Outcome {
        let (Ok(customer), Ok(about)) = (job.subject.parse::<CustomerId>(), job.body::<About>()) else {
            return Outcome::give_up("it does not say to whom, or what");
        };
        let (outside, now) = (self.outside.clone(), context.now());
        let told = context.db.write(Lane::Work, async move |tx| {
            let notice = notice(tx, &outside, customer, about, now).await?;
            store::tell(tx, notice.as_slice(), now).await?;
            finish(tx, &job.lease).await
        });
        told.await.into()
    }
}

async fn notice(
    tx: &mut Tx,
    outside: &Outside,
    id: CustomerId,
    about: About,
    now: Timestamp,
) -> Result<Option<NewNotice>, Error> {
    let Some(customer) = crate::customers::store::customer(tx, id).await? else { return Ok(None) };
    let Some(contact) = facts::customer(tx, id).await? else { return Ok(None) };
    let (way, link) = match about {
        About::Address { .. } => {
            let Some(email) = customer.unconfirmed() else { return Ok(None) };
            let link = format!(
                "{}/confirm/{}",
                outside.pages.public_url,
                outside.pages.links.confirm(id, email, tx.real_now())
            );
            ((Channel::Email, email.to_string()), link)
        }
        About::Leaving { at } if customer.leaving_at == Some(at) => {
            (contact.way(), format!("{}/account", outside.pages.public_url))
        }
        About::Leaving { .. } => return Ok(None),
    };
    let catalogue = contact.language.catalogue();
    let when = match about {
        About::Address { .. } => String::new(),
        About::Leaving { at } => catalogue.when(&contact.zone, at),
    };
    let args = [
        ("name", Value::Text(&contact.name)),
        ("phone", Value::Text(contact.phone.as_str())),
        ("email", Value::Text(&way.1)),
        ("when", Value::Text(&when)),
        ("link", Value::Text(&link)),
    ];
    let text = |id| catalogue.text(id, &args);
    let words = match (about, way.0) {
        (About::Address { .. }, _) => {
            let (subject, body) = (text(TextId::ConfirmSubject), text(TextId::ConfirmMail));
            Words { subject: Some(subject), body, link: Some(link.clone()) }
        }
        (About::Leaving { .. }, Channel::Sms) => {
            Words { subject: None, body: gsm::fold(&text(TextId::LeavingSms)), link: Some(link.clone()) }
        }
        (About::Leaving { .. }, Channel::Call) => Words { subject: None, body: text(TextId::LeavingCall), link: None },
        (About::Leaving { .. }, Channel::Email | Channel::Push) => {
            let (subject, body) = (text(TextId::LeavingSubject), text(TextId::LeavingMail));
            Words { subject: Some(subject), body, link: Some(link.clone()) }
        }
    };
    let to = Recipient { audience: Audience::Customer, person: id.to_string(), language: contact.language };
    Ok(Some(NewNotice { matter: Matter::Account { about }, ticket: None, seq: None, to, way, words, due_at: now }))
}
