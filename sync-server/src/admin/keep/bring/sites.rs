//! Addresses brought in for customers that are known: whose each is, is found by e-mail address or phone number.

use crate::audit;
use crate::customers::import_sites::{self, ImportedSite};
use crate::customers::register::{self, TypedSite};
use crate::customers::{Customer, store};
use crate::db::{Error, Lane, Tx};
use crate::http::undone::Undone;
use crate::http::{Answer, Site};
use crate::sheet::{Lines, cut, without_faulty};
use crate::workforce::api::import::{Brought, Ended, Item};
use serde_json::json;
use shared::event::Actor;
use shared::ids::SiteId;
use shared::problem::{FieldError, Problem, ProblemCode};

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

/// Brings addresses in: all lines or the good ones, tried or kept.
pub(in crate::admin::keep) async fn bring_sites(
    site: &Site,
    actor: Actor,
    bytes: &[u8],
    lines: Lines,
    is_try: bool,
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
    let new = without_faulty(new, |one| one.line, &faults);
    if !faults.is_empty() && (lines == Lines::All || new.is_empty()) {
        return Err(Problem::fields(cut(faults)).into());
    }
    match keep(site, actor, new.clone(), is_try).await {
        Ok(()) | Err(Ended::Tried) => {
            let item = |one: &New| Item { line: one.line, id: one.id.to_string(), name: one.customer.name.clone() };
            Ok(Brought { items: new.iter().map(item).collect(), left_out: faults })
        }
        Err(Ended::Taken(errors)) => Err(Problem::fields(errors).into()),
        Err(Ended::Undone(undone)) => Err(undone.into()),
    }
}

async fn keep(site: &Site, actor: Actor, new: Vec<New>, is_try: bool) -> Result<(), Ended> {
    let now = site.now();
    let kept = async move |tx: &mut Tx| {
        for one in &new {
            let gone = || Ended::Undone(Undone::from(ProblemCode::NotFound));
            let owner = store::lock(tx, one.customer.id).await?.ok_or_else(gone)?;
            let read = register::read_site(&one.typed, &owner.name, &owner.phone);
            let read = read.map_err(|errors| Ended::Undone(Problem::fields(errors).into()))?;
            let n_sites = store::sites_of(tx, owner.id).await?.len();
            if i64::try_from(n_sites).is_ok_and(|n| n >= store::SITES_MAX) {
                let message = format!("{} has {} addresses, which is as many as we keep", owner.name, store::SITES_MAX);
                return Err(Ended::Taken(vec![fault(one.line, "customer", "too_many", message)]));
            }
            store::add_site(tx, one.id, owner.id, &read, now).await?;
        }
        let sites: Vec<_> = new.iter().map(|one| json!({ "id": one.id, "customer": one.customer.id })).collect();
        audit::record(tx, actor, "sites.import", "sites", None, Some(json!({ "sites": sites })), now).await?;
        if is_try { Err(Ended::Tried) } else { Ok::<(), Ended>(()) }
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
