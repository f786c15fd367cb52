//! A customer leaves. First they only say so: for two weeks they can stay after all, because a session may be stolen and
//! people change their minds. Then everything that names them is taken out of every table, and what the business must
//! keep stays without a name.
//!
//! Nobody loses an open ticket by it: a leave waits until the last one has ended. Each ticket is forgotten in a
//! transaction of its own and the customer in the last one, so that a large account holds no lock for long and a crash
//! between two of them only means that the next run does the rest.

use crate::accounts::Person;
use crate::accounts::store as accounts;
use crate::customers::confirm::About;
use crate::db::{Conn, Database, Error, Lane, Tx};
use crate::http::undone::Undone;
use crate::jobs::{self, Kind, NewJob};
use crate::knowledge::scrub;
use crate::notify::store::people as notices;
use crate::tickets::Ticket;
use crate::{audit, billing, customers, dispatch, http, plans, replies, survey, sync, tickets, workforce};
use serde_json::json;
use shared::event::Actor;
use shared::ids::{CustomerId, TicketId};
use shared::problem::ProblemCode;
use shared::text::Phone;
use shared::time::Timestamp;

/// Days in which somebody can stay after all.
pub const GRACE_DAYS: i64 = 14;
/// Tickets that are read at once.
const PAGE: i64 = 100;

/// A customer wants to be deleted. Saying it twice changes nothing. Gives back when it will be.
pub async fn begin(tx: &mut Tx, id: CustomerId, now: Timestamp) -> Result<Timestamp, Undone> {
    let is = customers::store::lock(tx, id).await?.filter(|is| is.forgotten_at.is_none());
    let is = is.ok_or_else(|| Undone::from(ProblemCode::NotFound))?;
    if let Some(at) = is.leaving_at {
        return Ok(at);
    }
    let at = now.plus_minutes(GRACE_DAYS * 24 * 60);
    customers::store::leave(tx, id, at).await?;
    // Who leaves buys no further period. Whoever stays after all can keep the plan on its page until it ends.
    for renewal in billing::store::renewals_of(tx, id).await? {
        if renewal.state == billing::RenewalState::On {
            billing::buy::end(tx, id, renewal.entitlement, Actor::Customer(id), now).await?;
        }
    }
    let job = NewJob::new(Kind::NotifyAccount, id, now).keyed("leaving");
    jobs::enqueue(tx, &[job.with_body(&About::Leaving { at })]).await?;
    let after = Some(json!({ "leaving_at": at }));
    audit::record(tx, Actor::Customer(id), "customer.leave", &format!("customer:{id}"), None, after, now).await?;
    Ok(at)
}

/// The customer stays after all.
pub async fn stay(tx: &mut Tx, id: CustomerId, now: Timestamp) -> Result<(), Undone> {
    let is = customers::store::lock(tx, id).await?.filter(|is| is.forgotten_at.is_none());
    if is.ok_or_else(|| Undone::from(ProblemCode::NotFound))?.leaving_at.is_none() {
        return Ok(());
    }
    customers::store::stay(tx, id).await?;
    audit::record(tx, Actor::Customer(id), "customer.stay", &format!("customer:{id}"), None, None, now).await?;
    Ok(())
}

/// The numbers of the open tickets that a leave waits for, at most a page.
pub async fn waits_for(conn: &mut Conn, id: CustomerId) -> Result<Vec<Ticket>, Error> {
    let open = |ticket: &Ticket| !ticket.life.state.is_ended();
    Ok(tickets_of(conn, id).await?.into_iter().filter(open).collect())
}

async fn tickets_of(conn: &mut Conn, id: CustomerId) -> Result<Vec<Ticket>, Error> {
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let page = tickets::store::of_customer(conn, id, before, PAGE).await?;
        let Some(last) = page.last() else { return Ok(all) };
        before = Some(last.id);
        all.extend(page);
    }
}

/// Deletes a customer whose time has come. Says whether it was done: not while a ticket is open, or if they stay.
pub async fn finish(db: &Database, id: CustomerId, now: Timestamp) -> Result<bool, Error> {
    let read = db.read(async move |conn| {
        let Some(is) = customers::store::customer(conn, id).await? else { return Ok::<_, Error>(None) };
        let sites = customers::store::every_site_of(conn, id).await?;
        let login = accounts::by_person(conn, Person::Customer(id)).await?;
        let codes: Vec<String> = login
            .into_iter()
            .flat_map(|login| [login.email.map(|email| email.to_string()), login.phone.map(|phone| phone.to_string())])
            .flatten()
            .collect();
        let mut names = vec![is.name.to_string(), is.phone.to_string()];
        names.extend(is.email.iter().chain(&is.email_wanted).map(ToString::to_string));
        names.extend(is.helper.iter().map(|helper| helper.name.to_string()));
        for site in &sites {
            names.extend([site.line1.to_string(), site.contact_name.to_string(), site.contact_phone.to_string()]);
            names.extend(site.line2.as_ref().map(ToString::to_string));
        }
        let mut phones = vec![is.phone.clone()];
        phones.extend(sites.iter().map(|site| site.contact_phone.clone()));
        Ok(Some((is, names, phones, codes, tickets_of(conn, id).await?)))
    });
    let Some((is, names, phones, codes, tickets)) = read.await? else { return Ok(false) };
    let is_due = is.forgotten_at.is_none() && is.leaving_at.is_some_and(|at| at <= now);
    if !is_due || tickets.iter().any(|ticket| !ticket.life.state.is_ended()) {
        return Ok(false);
    }
    let ids: Vec<TicketId> = tickets.iter().map(|ticket| ticket.id).collect();
    for ticket in tickets {
        let names = names.clone();
        db.write(Lane::Bulk, async move |tx: &mut Tx| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            tickets::store::forget(tx, &ticket, &|text| scrub(text, &names)).await
        })
        .await?;
    }
    db.write(Lane::Bulk, async move |tx: &mut Tx| forget(tx, id, &ids, &phones, &codes, now).await).await
}

async fn forget(
    tx: &mut Tx,
    id: CustomerId,
    tickets: &[TicketId],
    phones: &[Phone],
    codes: &[String],
    now: Timestamp,
) -> Result<bool, Error> {
    let is = customers::store::lock(tx, id).await?;
    let is_due = is.is_some_and(|is| is.forgotten_at.is_none() && is.leaving_at.is_some_and(|at| at <= now));
    // A ticket that was filed since then waits for the next run.
    if !is_due || tickets_of(tx, id).await?.len() != tickets.len() {
        return Ok(false);
    }
    billing::store::forget(tx, id, now).await?;
    for entitlement in plans::store::entitlements_of(tx, id).await? {
        plans::store::cancel(tx, entitlement.id).await?;
    }
    tickets::store::forget_photos(tx, tickets).await?;
    for phone in phones {
        replies::store::forget(tx, phone).await?;
    }
    notices::forget(tx, id, codes, now).await?;
    survey::store::forget(tx, id).await?;
    dispatch::by_hand::store::forget(tx, id).await?;
    workforce::store::forget(tx, id).await?;
    sync::store::forget(tx, id, tickets).await?;
    http::store::forget(tx, &id.to_string()).await?;
    accounts::forget(tx, Person::Customer(id)).await?;
    let subject = format!("customer:{id}");
    audit::forget(tx, &subject, &id.to_string()).await?;
    customers::store::forget(tx, id, now).await?;
    audit::record(tx, Actor::Server, "customer.forget", &subject, None, None, now).await?;
    Ok(true)
}
