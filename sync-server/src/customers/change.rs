//! Changes what we know of a customer, together with the login that follows from it. Used by the customer's own pages and
//! calls; whoever of the staff does it is named in the audit.

use super::profile::{EmailChange, Profile, TypedProfile, read};
use super::{Customer, confirm, store};
use crate::accounts::store as accounts;
use crate::accounts::{HandleTaken, Person, Profile as Known};
use crate::audit;
use crate::db::Tx;
use crate::http::undone::Undone;
use serde_json::{Value, json};
use shared::event::Actor;
use shared::ids::CustomerId;
use shared::problem::{Problem, ProblemCode};
use shared::text::Email;
use shared::time::Timestamp;

/// Takes what was typed. Gives back the customer as they are then.
pub async fn apply(
    tx: &mut Tx,
    id: CustomerId,
    typed: &TypedProfile,
    actor: Actor,
    now: Timestamp,
) -> Result<Customer, Undone> {
    let is = store::lock(tx, id).await?.filter(|is| is.forgotten_at.is_none());
    let is = is.ok_or_else(|| Undone::from(ProblemCode::NotFound))?;
    let (new, email) = read(typed, &is).map_err(Problem::fields)?;
    if Profile::of(&is) != new {
        store::change(tx, &is, &new).await?;
        let profile = Known { name: new.name.clone(), locale: new.locale.clone(), zone: new.zone.clone() };
        accounts::set_profile(tx, Person::Customer(id), &profile).await?;
    }
    if is.phone != new.phone {
        sign_in_with(tx, &is, &new).await?;
    }
    match email {
        EmailChange::Stays => {}
        EmailChange::Back if is.email_wanted.is_none() => {}
        EmailChange::Back => store::want_email(tx, id, None).await?,
        EmailChange::Wanted(email) => want(tx, id, &email, now).await?,
    }
    let after = store::lock(tx, id).await?.ok_or_else(|| Undone::from(ProblemCode::NotFound))?;
    if after.ver != is.ver {
        let (before, shown) = (body(&is), body(&after));
        audit::record(tx, actor, "customer.change", &format!("customer:{id}"), Some(before), Some(shown), now).await?;
    }
    Ok(after)
}

fn body(customer: &Customer) -> Value {
    json!({
        "name": customer.name,
        "email": customer.email,
        "email_wanted": customer.email_wanted,
        "phone": customer.phone,
        "notify_by": customer.notify_by,
        "locale": customer.locale,
        "time_zone": customer.zone,
        "helper": customer.helper,
    })
}

/// A phone may be a family's: who cannot sign in with it signs in with the e-mail address alone.
async fn sign_in_with(tx: &mut Tx, is: &Customer, new: &Profile) -> Result<(), Undone> {
    let person = Person::Customer(is.id);
    match accounts::set_handles(tx, person, is.email.as_ref(), Some(&new.phone)).await? {
        Ok(()) => Ok(()),
        Err(HandleTaken::Phone) if is.email.is_some() => {
            accounts::set_handles(tx, person, is.email.as_ref(), None).await?.map_err(taken)?;
            Ok(())
        }
        Err(handle) => Err(taken(handle).into()),
    }
}

fn taken(handle: HandleTaken) -> Problem {
    let message = match handle {
        HandleTaken::Email => "Someone else signs in with this e-mail address.",
        HandleTaken::Phone => "Someone else signs in with this phone number. Add an e-mail address first.",
    };
    Problem::field(handle.field(), "taken", message)
}

/// Whether somebody else has the address is told only to who reads its mail.
async fn want(tx: &mut Tx, id: CustomerId, email: &Email, now: Timestamp) -> Result<(), Undone> {
    store::want_email(tx, id, Some(email)).await?;
    Ok(confirm::ask(tx, id, now).await?)
}
