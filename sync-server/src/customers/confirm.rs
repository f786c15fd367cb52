//! Whether an e-mail address is the customer's: a link goes there, and a button behind it says so. Opening the link alone
//! confirms nothing, because mail scanners follow links.

use super::store;
use crate::accounts::store as accounts;
use crate::accounts::{HandleTaken, Person};
use crate::audit;
use crate::db::{Conn, Error, Tx};
use crate::jobs::{self, Kind, NewJob};
use crate::links::Links;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::ids::CustomerId;
use shared::text::Email;
use shared::time::Timestamp;

/// What a message about the account is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// The link that confirms an address.
    Address {
        /// When it was asked for.
        asked_at: Timestamp,
    },
    /// The account is going to be deleted.
    Leaving {
        /// When.
        at: Timestamp,
    },
}

/// Sends the link to the address that waits, if one does.
pub async fn ask(tx: &mut Tx, id: CustomerId, now: Timestamp) -> Result<(), Error> {
    let job = NewJob::new(Kind::NotifyAccount, id, now).keyed("address");
    jobs::enqueue(tx, &[job.with_body(&About::Address { asked_at: now })]).await
}

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stands {
    /// The address waits for a word.
    Waits(Email),
    /// It was confirmed before.
    Done(Email),
    /// Another address is wanted by now, its time is over, or the link is not whole.
    Over,
}

/// What a link is about; changes nothing.
pub async fn look(conn: &mut Conn, links: &Links, token: &str, real_now: Timestamp) -> Result<Stands, Error> {
    let Some(id) = links.asked_to_confirm(token) else { return Ok(Stands::Over) };
    let Some(is) = store::customer(conn, id).await? else { return Ok(Stands::Over) };
    let opens = |email: &&Email| links.confirms(token, id, email, real_now);
    if let Some(wanted) = is.email_wanted.as_ref().filter(opens) {
        return Ok(Stands::Waits(wanted.clone()));
    }
    Ok(match is.email.as_ref().filter(opens) {
        Some(email) if is.email_confirmed_at.is_none() => Stands::Waits(email.clone()),
        Some(email) => Stands::Done(email.clone()),
        None => Stands::Over,
    })
}

/// What came of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// The address counts, since now or before.
    Yes(Email),
    /// Somebody else signs in with it.
    Taken,
    /// The link leads nowhere.
    Over,
}

/// The owner of the mailbox says that it is the customer's.
pub async fn confirm(tx: &mut Tx, links: &Links, token: &str, now: Timestamp) -> Result<Confirmed, Error> {
    let Some(id) = links.asked_to_confirm(token) else { return Ok(Confirmed::Over) };
    if store::lock(tx, id).await?.is_none() {
        return Ok(Confirmed::Over);
    }
    let real_now = tx.real_now();
    let email = match look(tx, links, token, real_now).await? {
        Stands::Waits(email) => email,
        Stands::Done(email) => return Ok(Confirmed::Yes(email)),
        Stands::Over => return Ok(Confirmed::Over),
    };
    let person = Person::Customer(id);
    let (was, phone) = accounts::by_person(tx, person).await?.map_or((None, None), |login| (login.email, login.phone));
    match accounts::set_handles(tx, person, Some(&email), phone.as_ref()).await? {
        Ok(()) => {}
        Err(HandleTaken::Email | HandleTaken::Phone) => {
            store::want_email(tx, id, None).await?;
            return Ok(Confirmed::Taken);
        }
    }
    store::confirm_email(tx, id, &email, now).await?;
    let (before, after) = (json!({ "email": was }), json!({ "email": email }));
    let subject = format!("customer:{id}");
    audit::record(tx, person.actor(), "customer.email", &subject, Some(before), Some(after), now).await?;
    Ok(Confirmed::Yes(email))
}
