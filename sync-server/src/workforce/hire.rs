//! Experts together with their logins: whoever is hired signs in by a code sent to his phone, whoever is switched off
//! is signed in nowhere. Each of these is one step of a transaction that the caller owns.

use super::store::{self, NewExpert};
use super::{Expert, ExpertDetails};
use crate::accounts::password::PasswordHash;
use crate::accounts::store as accounts;
use crate::accounts::{HandleTaken, NewLogin, Person, Profile};
use crate::db::{Error, Tx};
use shared::ids::{ExpertId, LoginId};
use shared::time::Timestamp;

/// What a greeting and a code need of him.
fn profile(details: &ExpertDetails) -> Profile {
    Profile { name: details.name.clone(), locale: details.locale.clone(), zone: details.home.zone.clone() }
}

/// Keeps new experts and makes their logins; without a password they sign in by code. Gives back whose e-mail address
/// or phone somebody else signs in with, by place in the list: then the caller must undo the transaction. `now` is the
/// business clock.
pub async fn hire(
    tx: &mut Tx,
    experts: &[(LoginId, NewExpert)],
    password: Option<&PasswordHash>,
    now: Timestamp,
) -> Result<Vec<(usize, HandleTaken)>, Error> {
    let new: Vec<NewExpert> = experts.iter().map(|(_, expert)| expert.clone()).collect();
    store::create_many(tx, &new, now).await?;
    let mut taken = Vec::new();
    for (at, (login, expert)) in experts.iter().enumerate() {
        let real_now = tx.real_now();
        let person = Person::Expert(expert.id);
        let new = NewLogin {
            id: *login,
            person,
            profile: profile(&expert.details),
            email: Some(expert.details.email.clone()),
            phone: Some(expert.details.phone.clone()),
            password: password.cloned(),
            now: real_now,
        };
        match accounts::create_login(tx, new).await? {
            Ok(()) if expert.active => {}
            Ok(()) => accounts::set_active(tx, person, false, real_now).await?,
            Err(handle) => taken.push((at, handle)),
        }
    }
    Ok(taken)
}

/// Puts these details in place of what was there, for his login too.
/// `now` is the business clock.
pub async fn replace(
    tx: &mut Tx,
    id: ExpertId,
    details: &ExpertDetails,
    now: Timestamp,
) -> Result<Result<(), HandleTaken>, Error> {
    let person = Person::Expert(id);
    if let Err(taken) = accounts::set_handles(tx, person, Some(&details.email), Some(&details.phone)).await? {
        return Ok(Err(taken));
    }
    accounts::set_profile(tx, person, &profile(details)).await?;
    store::replace(tx, id, details, now).await?;
    Ok(Ok(()))
}

/// Switches an expert off, with every session and device of his, or on again. Says whether that changed anything.
/// `now` is the business clock.
pub async fn set_active(tx: &mut Tx, expert: &Expert, active: bool, now: Timestamp) -> Result<bool, Error> {
    let changed = store::set_active(tx, expert.id, active, now).await?;
    if changed {
        let real_now = tx.real_now();
        accounts::set_active(tx, Person::Expert(expert.id), active, real_now).await?;
    }
    Ok(changed)
}
