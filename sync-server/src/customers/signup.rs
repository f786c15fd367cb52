//! Registers a customer together with the login. Used by the JSON call, the page and the demo alike.
//!
//! An e-mail address signs in one person, so a second registration with it is refused. A phone may be a family's: who
//! comes second signs in by e-mail alone. A caller without e-mail is registered all the same.

use super::register::{self, By, Typed};
use super::{NewCustomer, confirm, store};
use crate::accounts::password::{Password, PasswordHash};
use crate::accounts::store as accounts;
use crate::accounts::{HandleTaken, NewLogin, Person, Profile};
use crate::audit;
use crate::db::{Error, Lane, Tx};
use crate::http::idempotency::{self, Claim, IdempotencyKey, StoredAnswer};
use crate::http::undone::Undone;
use crate::http::{Answer, Refused, Site};
use serde_json::json;
use shared::event::Actor;
use shared::ids::{CustomerId, LoginId, SiteId};
use shared::problem::{FieldError, Problem, ProblemCode};
use shared::text::BadText;
use shared::time::Timestamp;

/// The ids of a new customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Who.
    pub customer: CustomerId,
    /// The first site.
    pub site: SiteId,
    /// What they sign in as.
    pub login: LoginId,
}

/// Registers what was typed: by the customer, who needs a password, or by the staff that `actor` is.
pub async fn register(site: &Site, typed: &Typed, by: By, actor: Option<Actor>) -> Answer<Registered> {
    keyed(site, typed, by, actor, None).await
}

/// Registers a caller once, however often the form is sent under its key. With other words under the same key the first
/// registration stands.
pub async fn register_caller(
    site: &Site,
    typed: &Typed,
    actor: Actor,
    scope: String,
    key: IdempotencyKey,
) -> Answer<Registered> {
    keyed(site, typed, By::Agent, Some(actor), Some((scope, key))).await
}

async fn keyed(
    site: &Site,
    typed: &Typed,
    by: By,
    actor: Option<Actor>,
    once: Option<(String, IdempotencyKey)>,
) -> Answer<Registered> {
    let (new, password) = read(typed, by).map_err(Problem::fields)?;
    let hash = match &password {
        Some(password) => Some(site.passwords.hash(password).await.map_err(|_| Refused::new(ProblemCode::Busy))?),
        None => None,
    };
    let ids = Registered { customer: site.new_id(), site: site.new_id(), login: site.new_id() };
    let (now, real_now) = (site.now(), site.real_now());
    let actor = actor.unwrap_or(Actor::Customer(ids.customer));
    let registered = async move |tx: &mut Tx| {
        if let Some((scope, key)) = &once {
            let body = json!([ids.customer, ids.site, ids.login]).to_string();
            let answer = StoredAnswer { status: 201, body };
            match idempotency::claim(tx, scope, key, "caller", &answer, real_now).await? {
                Claim::New => {}
                Claim::Replay(first) => return of_answer(&first),
                Claim::Mismatch => return Err(ProblemCode::IdempotencyMismatch.into()),
            }
        }
        if let Err(HandleTaken::Email | HandleTaken::Phone) = keep(tx, ids, &new, hash.as_ref(), now).await? {
            let message = match by {
                By::Themselves => "Someone is registered with this e-mail address. Sign in, or have a code sent to it.",
                By::Agent => "Someone is registered with this e-mail address: search for it.",
            };
            return Err(Undone::from(Problem::field("email", "taken", message)));
        }
        if new.email.is_some() {
            confirm::ask(tx, ids.customer, now).await?;
        }
        let after = json!({ "name": new.name, "email": new.email, "phone": new.phone, "notify_by": new.notify_by });
        let subject = format!("customer:{}", ids.customer);
        audit::record(tx, actor, "customer.create", &subject, None, Some(after), now).await?;
        Ok::<_, Undone>(ids)
    };
    Ok(site.db.write(Lane::Desk, registered).await?)
}

/// Who was registered under a key before.
fn of_answer(answer: &StoredAnswer) -> Result<Registered, Undone> {
    let ids: Option<(CustomerId, SiteId, LoginId)> = serde_json::from_str(&answer.body).ok();
    let (customer, site, login) = ids.ok_or_else(|| Error::Bug("a kept answer names no customer".into()))?;
    Ok(Registered { customer, site, login })
}

/// Reads what was typed, the password included, with every fault at once.
fn read(typed: &Typed, by: By) -> Result<(NewCustomer, Option<Password>), Vec<FieldError>> {
    let password: Result<Option<Password>, BadText> = match (typed.password.is_empty(), by) {
        (true, By::Agent) => Ok(None),
        (false, _) | (true, By::Themselves) => typed.password.parse().map(Some),
    };
    let mut faults = crate::faults::Faults::default();
    let customer = register::read(typed, by).map_err(|errors| faults.extend("", errors)).ok();
    let password = faults.keep("password", password);
    customer.zip(password).ok_or_else(|| faults.into_errors())
}

/// Keeps a customer with login, in the caller's transaction. If the e-mail address is taken, the caller must undo it.
pub async fn keep(
    tx: &mut Tx,
    ids: Registered,
    new: &NewCustomer,
    password: Option<&PasswordHash>,
    now: Timestamp,
) -> Result<Result<(), HandleTaken>, Error> {
    store::create(tx, ids.customer, ids.site, new, now).await?;
    let mut login = NewLogin {
        id: ids.login,
        person: Person::Customer(ids.customer),
        profile: Profile { name: new.name.clone(), locale: new.locale.clone(), zone: new.zone.clone() },
        email: new.email.clone(),
        phone: Some(new.phone.clone()),
        password: password.cloned(),
        now: tx.real_now(),
    };
    match accounts::create_login(tx, login.clone()).await? {
        Err(HandleTaken::Phone) => {
            login.phone = None;
            accounts::create_login(tx, login).await
        }
        done @ (Ok(()) | Err(HandleTaken::Email)) => Ok(done),
    }
}
