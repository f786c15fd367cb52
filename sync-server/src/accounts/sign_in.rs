//! Signing in: limits first, then the login, then the proof, then one pure decision.
//!
//! A login that nobody has, a switched-off one, a wrong password and a wrong code get one answer, after the same work.
//! Attempts are counted by what was typed and by address, in this process; codes count their own tries in the table.

use super::codes::{self, CodeChannel, Wish};
use super::handle::Handle;
use super::store::{self, Login, TokenKind};
use super::token::Token;
use super::{Person, Role};
use crate::db::{Error, Lane};
use crate::http::limits::{Limiter, address_key};
use crate::http::{Answer, Refused, Site};
use shared::ids::LoginId;
use shared::problem::{Problem, ProblemCode};
use shared::text::Name;
use std::net::IpAddr;
use std::num::NonZeroU32;

/// Attempts at one login that may come at once, and a minute after that.
const ATTEMPTS_BURST: NonZeroU32 = NonZeroU32::new(8).expect("8 is not 0");
const ATTEMPTS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(4).expect("4 is not 0");
/// Codes cost money and ring phones.
const CODES_BURST: NonZeroU32 = NonZeroU32::new(3).expect("3 is not 0");
const CODES_PER_MINUTE: NonZeroU32 = NonZeroU32::new(1).expect("1 is not 0");
/// How long a customer, and a program before it is a device, stays signed in.
pub(super) const LONG_MINUTES: i64 = 30 * 24 * 60;
/// How long staff and experts stay signed in in a browser: a working day.
const SHIFT_MINUTES: i64 = 12 * 60;

/// Counts attempts. One for the process.
pub struct SignIns {
    by_login: Limiter<String>,
    by_address: Limiter<IpAddr>,
    codes: Limiter<String>,
}

impl SignIns {
    /// With so many attempts a minute from one address; `None` counts nothing.
    pub fn new(per_address: Option<NonZeroU32>) -> Self {
        let counted = |rate| per_address.map(|_| rate);
        let burst = per_address.map_or(NonZeroU32::MIN, |rate| rate.saturating_mul(ATTEMPTS_BURST));
        Self {
            by_login: Limiter::per_minute(counted(ATTEMPTS_PER_MINUTE), ATTEMPTS_BURST),
            by_address: Limiter::per_minute(per_address, burst),
            codes: Limiter::per_minute(counted(CODES_PER_MINUTE), CODES_BURST),
        }
    }

    pub(super) fn count(&self, key: &str, address: IpAddr) -> Answer<()> {
        let counted = self.by_address.check(&address_key(address)).and_then(|()| self.by_login.check(&key.to_owned()));
        counted.map_err(|seconds| too_many(seconds, "Too many attempts to sign in."))
    }
}

fn too_many(seconds: u32, what: &str) -> Refused {
    let detail = format!("{what} Please try again in {seconds} seconds.");
    Problem::with(ProblemCode::RateLimited, detail).after_seconds(seconds).into()
}

/// Where the token goes, which decides how long it lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// A browser's cookie.
    Page,
    /// A program's header.
    Program,
}

/// How somebody proves who they are.
#[derive(Clone, PartialEq, Eq)]
pub enum Proof {
    /// By a password.
    Password(String),
    /// By the digits that were sent.
    Code(String),
}

/// Somebody signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The plain token, for its owner.
    pub token: Token,
    /// The login.
    pub login: LoginId,
    /// Who.
    pub person: Person,
    /// What to call them.
    pub name: Name,
    /// Minutes until the token ends.
    pub minutes: i64,
}

/// Signs somebody in, or refuses with one answer for every reason.
pub async fn sign_in(site: &Site, typed: &str, proof: Proof, address: IpAddr, door: Door) -> Answer<SignedIn> {
    let handle = Handle::read(typed);
    site.sign_ins.count(handle.as_ref().map_or("", Handle::key), address)?;
    let login = find(site, handle).await?;
    let proved = match proof {
        Proof::Password(password) => {
            let kept = login.as_ref().and_then(|login| login.password.clone());
            let verified = site.passwords.verify(&password, kept).await;
            verified.map_err(|_| Refused::new(ProblemCode::Busy))?
        }
        Proof::Code(digits) => redeem(site, login.as_ref().map(|login| login.id), &digits).await?,
    };
    let Some(granted) = decide(login, proved, door) else { return Err(Refused::new(ProblemCode::SignInFailed)) };
    let token = Token::new(&*site.chance);
    let (id, hash) = (granted.login.id, token.hash());
    let expires_at = site.real_now().plus_minutes(granted.minutes);
    let kind = match door {
        Door::Page => TokenKind::Session,
        Door::Program => TokenKind::Bearer,
    };
    let added = async move |tx: &mut crate::db::Tx| store::add_token(tx, id, &hash, kind, Some(expires_at)).await;
    site.db.write(lane(granted.login.person.role()), added).await?;
    let Login { person, profile, .. } = granted.login;
    Ok(SignedIn { token, login: id, person, name: profile.name, minutes: granted.minutes })
}

/// The lane of a person's own writes.
pub(super) fn lane(role: Role) -> Lane {
    match role {
        Role::Agent | Role::Admin => Lane::Desk,
        Role::Expert => Lane::Sync,
        Role::Customer => Lane::Intake,
    }
}

async fn find(site: &Site, handle: Option<Handle>) -> Answer<Option<Login>> {
    let Some(handle) = handle else { return Ok(None) };
    Ok(site.db.read(async move |conn| store::by_handle(conn, &handle).await).await?)
}

async fn redeem(site: &Site, login: Option<LoginId>, typed: &str) -> Answer<bool> {
    let digits: String = typed.chars().filter(|char| !char.is_whitespace()).collect();
    let (Some(login), links, now) = (login, site.links.clone(), site.real_now()) else { return Ok(false) };
    let redeemed = async move |tx: &mut crate::db::Tx| {
        codes::redeem(tx, login, now, |code| links.code_digest(code, &digits)).await
    };
    Ok(site.db.write(Lane::Sync, redeemed).await?)
}

/// What a decision grants.
#[derive(Debug)]
struct Granted {
    login: Login,
    minutes: i64,
}

/// Who was found, and whether they proved it; `None` is the one refusal.
fn decide(found: Option<Login>, proved: bool, door: Door) -> Option<Granted> {
    let login = found.filter(|login| login.active && proved)?;
    let minutes = match (door, login.person.role()) {
        (Door::Program, _) | (Door::Page, Role::Customer) => LONG_MINUTES,
        (Door::Page, Role::Expert | Role::Agent | Role::Admin) => SHIFT_MINUTES,
    };
    Some(Granted { login, minutes })
}

/// Asks for a code, and of a customer with a mailbox for a link. The answer is the same whether anybody has this login, so
/// it tells nothing about who is here.
pub async fn ask_code(site: &Site, typed: &str, wish: Wish, address: IpAddr) -> Answer<()> {
    let handle = Handle::read(typed);
    let key = handle.as_ref().map_or("", Handle::key).to_owned();
    site.sign_ins.count(&key, address)?;
    site.sign_ins.codes.check(&key).map_err(|seconds| too_many(seconds, "A code was just sent."))?;
    let login = find(site, handle).await?.filter(|login| login.active);
    let (Some(login), now) = (login, site.now()) else { return Ok(()) };
    let (id, channels) = (login.id, CodeChannel::of(&login, wish));
    if channels.is_empty() {
        return Ok(());
    }
    let asked = async move |tx: &mut crate::db::Tx| codes::request_all(tx, id, &channels, now).await;
    Ok(site.db.write(lane(login.person.role()), asked).await?)
}

/// Signs out.
pub async fn sign_out(site: &Site, token: super::token::TokenHash) -> Result<(), Error> {
    site.db.write(Lane::Desk, async move |tx| store::end_token(tx, &token).await).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::Profile;
    use shared::chance::Seeded;
    use shared::ids::Id;
    use shared::time::Timestamp;

    fn login(role: Role, active: bool) -> Login {
        let id = Id::<()>::new(Timestamp::from_millis(1), &Seeded::new(1));
        Login {
            id: Id::from_uuid(id.uuid()),
            person: Person::of(role, &id.to_string()).unwrap(),
            profile: Profile { name: "Mia".parse().unwrap(), locale: "en".into(), zone: shared::time::Zone::utc() },
            email: None,
            phone: None,
            password: None,
            active,
        }
    }

    #[test]
    fn only_an_active_login_with_its_proof_is_let_in_and_for_how_long() {
        let cases = [
            (None, true, Door::Page, None),
            (Some(login(Role::Customer, true)), false, Door::Page, None),
            (Some(login(Role::Customer, false)), true, Door::Page, None),
            (Some(login(Role::Customer, true)), true, Door::Page, Some(LONG_MINUTES)),
            (Some(login(Role::Admin, true)), true, Door::Page, Some(SHIFT_MINUTES)),
            (Some(login(Role::Expert, true)), true, Door::Page, Some(SHIFT_MINUTES)),
            (Some(login(Role::Expert, true)), true, Door::Program, Some(LONG_MINUTES)),
        ];
        for (found, proved, door, minutes) in cases {
            let granted = decide(found, proved, door).map(|granted| granted.minutes);
            assert_eq!(granted, minutes);
        }
    }
}
