//! Addresses brought in for customers that are known: whose each is, is found by e-mail address or phone number.

use crate::audit;
use crate::customers::import_sites::{self, ImportedSite};
use crate::customers::register::{self, TypedSite};
use crate::customers::{Customer, store};
use crate::db::{Conn, Error, Lane, Tx};
use crate::http::undone::Undone;
use crate::http::{Answer, Refused, Site};
use crate::sheet::{Lines, cut, without_faulty};
use crate::workforce::api::import::{Brought, Ended, Item, Purpose};
use serde_json::json;
use shared::event::Actor;
use shared::ids::{CustomerId, SiteId};
use shared::problem::{FieldError, Problem, ProblemCode};
use std::collections::BTreeSet;

/// An address with the id that its row will have, and whose it is.
#[derive(Clone)]
struct New {
    line: u64,
    id: SiteId,
    customer: Customer,
    typed: TypedSite,
}

fn fault(line: u64, column: &str, code: &str, message: impl Into<String>) -> FieldError {
    FieldError { field: format!("line {line}, column {column}"), code: code.to_owned(), message: message.into() }
}

/// Who is meant, or what is wrong with how they are named.
fn owner(line: u64, named: &str, mut found: Vec<Customer>) -> Result<Customer, FieldError> {
    match (found.pop(), found.len()) {
        (Some(one), 0) => Ok(one),
        (None, _) => Err(fault(line, "customer", "unknown", format!("no customer has {named}"))),
        (Some(_), _) => {
            let message = format!("several customers have {named}: write the e-mail address of the one that is meant");
            Err(fault(line, "customer", "ambiguous", message))
        }
    }
}

/// Brings addresses in: all lines or the good ones, looked at or kept.
pub(in crate::admin::keep) async fn bring_sites(
    site: &Site,
    actor: Actor,
    bytes: &[u8],
    lines: Lines,
    purpose: &Purpose,
) -> Answer<Brought> {
    let (imported, mut faults) = import_sites::sites_and_faults(bytes).map_err(Problem::fields)?;
    let read = site.db.read(async move |conn| {
        let mut found = Vec::with_capacity(imported.len());
        for one in imported {
            let owners = store::known_by(conn, &one.customer).await?;
            found.push((one, owners));
        }
        Ok::<_, Error>(found)
    });
    let mut new = Vec::new();
    for (ImportedSite { line, customer, typed }, owners) in read.await? {
        let customer = match owner(line, &customer, owners) {
            Ok(customer) => customer,
            Err(wrong) => {
                faults.push(wrong);
                continue;
            }
        };
        match register::read_site(&typed, &customer.name, &customer.phone) {
            Ok(_) => new.push(New { line, id: site.new_id(), customer, typed }),
            Err(errors) => faults.extend(errors.into_iter().map(|error| {
                let column = error.field.rsplit('.').next().unwrap_or_default();
                fault(line, column, &error.code, error.message)
            })),
        }
    }
    let mut new = without_faulty(new, |one| one.line, &faults);
    loop {
        if !faults.is_empty() && (lines == Lines::All || new.is_empty()) {
            return Err(Problem::fields(cut(faults)).into());
        }
        match settle(site, actor, new.clone(), purpose).await {
            Ok(()) => {
                let item = |one: &New| Item { line: one.line, id: one.id.to_string(), name: one.customer.name.clone() };
                return Ok(Brought { items: new.iter().map(item).collect(), left_out: faults });
            }
            // Somebody has as many as we keep: these lines are faulty too, and the rest is kept.
            Err(Ended::Taken(too_many)) => {
                faults.extend(too_many);
                new = without_faulty(new, |one| one.line, &faults);
            }
            Err(Ended::KeptBefore) => return Err(Refused::new(ProblemCode::AlreadySettled)),
            Err(Ended::Undone(undone)) => return Err(undone.into()),
        }
    }
}

/// Judges the lines, and keeps them if that is wanted.
async fn settle(site: &Site, actor: Actor, new: Vec<New>, purpose: &Purpose) -> Result<(), Ended> {
    match purpose {
        Purpose::Preview => {
            let too_many = site.db.read(async move |conn| too_many(conn, &new).await).await?;
            if too_many.is_empty() { Ok(()) } else { Err(Ended::Taken(too_many)) }
        }
        Purpose::Keep | Purpose::KeepOnce(_) => keep(site, actor, new, purpose.clone()).await,
    }
}

/// What is wrong with lines that are right by themselves: their customer has as many addresses as we keep, with those of the
/// lines before.
async fn too_many(conn: &mut Conn, new: &[New]) -> Result<Vec<FieldError>, Error> {
    let owners: BTreeSet<CustomerId> = new.iter().map(|one| one.customer.id).collect();
    let mut n_sites = store::n_sites_of(conn, &owners).await?;
    let mut faults = Vec::new();
    for one in new {
        let n = n_sites.entry(one.customer.id).or_default();
        if *n >= store::SITES_MAX {
            let name = &one.customer.name;
            let message = format!("{name} has {} addresses, which is as many as we keep", store::SITES_MAX);
            faults.push(fault(one.line, "customer", "too_many", message));
        } else {
            *n += 1;
        }
    }
    Ok(faults)
}

async fn keep(site: &Site, actor: Actor, new: Vec<New>, purpose: Purpose) -> Result<(), Ended> {
    let now = site.now();
    let kept = async move |tx: &mut Tx| {
        purpose.claim(tx, new.len()).await?;
        let mut read = Vec::with_capacity(new.len());
        for one in &new {
            let gone = || Ended::Undone(Undone::from(ProblemCode::NotFound));
            let owner = store::lock(tx, one.customer.id).await?.ok_or_else(gone)?;
            let site = register::read_site(&one.typed, &owner.name, &owner.phone);
            read.push(site.map_err(|errors| Ended::Undone(Problem::fields(errors).into()))?);
        }
        // Their owners are held by now, so nobody adds another beside.
        let judged = too_many(tx, &new).await?;
        if !judged.is_empty() {
            return Err(Ended::Taken(judged));
        }
        for (one, site) in new.iter().zip(&read) {
            store::add_site(tx, one.id, one.customer.id, site, now).await?;
        }
        let sites: Vec<_> = new.iter().map(|one| json!({ "id": one.id, "customer": one.customer.id })).collect();
        audit::record(tx, actor, "sites.import", "sites", None, Some(json!({ "sites": sites })), now).await?;
        Ok::<(), Ended>(())
    };
    site.db.write(Lane::Bulk, kept).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_whom_nobody_or_several_are_is_told_by_line() {
        let none = owner(3, "+12125550100", Vec::new()).unwrap_err();
        assert_eq!((none.field.as_str(), none.code.as_str()), ("line 3, column customer", "unknown"));
    }
}
