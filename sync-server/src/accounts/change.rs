//! Changing a password: by the old one, or by a code when the old one is forgotten. Either ends the other sessions, so that
//! whoever stole one is out; devices of experts stay, because they are listed and revoked by name.

use super::codes;
use super::handle::Handle;
use super::password::{Password, PasswordHash};
use super::{Person, store};
use crate::audit;
use crate::db::{Error, Lane, Tx};
use crate::http::caller::Caller;
use crate::http::{Answer, Refused, Site};
use serde_json::json;
use shared::problem::{Problem, ProblemCode};
use shared::time::Timestamp;
use std::net::IpAddr;

/// By the old password; who never had one needs none.
pub async fn by_old(site: &Site, caller: &Caller, old: &str, new: &Password, address: IpAddr) -> Answer<()> {
    let id = caller.login;
    site.sign_ins.count(&id.to_string(), address)?;
    let login = site.db.read(async move |conn| store::login(conn, id).await).await?;
    let login = login.ok_or_else(|| Refused::new(ProblemCode::Unauthenticated))?;
    if let Some(kept) = login.password {
        let right = site.passwords.verify(old, Some(kept)).await.map_err(|_| Refused::new(ProblemCode::Busy))?;
        if !right {
            let message = "This is not your present password.";
            return Err(Problem::field("current_password", "wrong", message).into());
        }
    }
    let (hash, token) = (hash(site, new).await?, caller.token.clone());
    let (person, now) = (caller.person, site.now());
    let changed = async move |tx: &mut Tx| {
        store::set_password(tx, id, &hash).await?;
        note(tx, person, "the old one", now).await?;
        // A code or a link that somebody else asked for opens nothing any more.
        codes::end_older(tx, id).await?;
        store::end_other_tokens(tx, id, &token).await
    };
    Ok(site.db.write(Lane::Desk, changed).await?)
}

/// By a code that was sent. Every session of the login ends.
pub async fn by_code(site: &Site, typed: &str, digits: &str, new: &Password, address: IpAddr) -> Answer<()> {
    let handle = Handle::read(typed);
    site.sign_ins.count(handle.as_ref().map_or("", Handle::key), address)?;
    let login = match handle {
        Some(handle) => site.db.read(async move |conn| store::by_handle(conn, &handle).await).await?,
        None => None,
    };
    // Hashed first and for everybody: how long it takes tells nothing.
    let hash = hash(site, new).await?;
    let failed = || Refused::new(ProblemCode::SignInFailed);
    let Some(login) = login.filter(|login| login.active) else { return Err(failed()) };
    let (id, links, real_now, now) = (login.id, site.links.clone(), site.real_now(), site.now());
    let person = login.person;
    let digits: String = digits.chars().filter(|char| !char.is_whitespace()).collect();
    let changed = async move |tx: &mut Tx| {
        let right = codes::redeem(tx, id, real_now, |code| links.code_digest(code, &digits)).await?;
        if right {
            store::set_password(tx, id, &hash).await?;
            note(tx, person, "a code", now).await?;
            store::end_sessions(tx, id).await?;
        }
        Ok::<_, Error>(right)
    };
    if site.db.write(Lane::Desk, changed).await? { Ok(()) } else { Err(failed()) }
}

/// That a password was changed and by what right, never the password.
pub(super) async fn note(tx: &mut Tx, person: Person, by: &str, now: Timestamp) -> Result<(), Error> {
    let subject = format!("{}:{}", person.role().word(), person.id_text());
    audit::record(tx, person.actor(), "login.password", &subject, None, Some(json!({ "by": by })), now).await
}

/// What is kept of a password. It takes a while, and is refused where too many wait for it.
pub(super) async fn hash(site: &Site, password: &Password) -> Answer<PasswordHash> {
    site.passwords.hash(password).await.map_err(|_| Refused::new(ProblemCode::Busy))
}
