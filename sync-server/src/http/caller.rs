//! Who is calling, from a browser's cookie or a program's `Authorization: Bearer`.
//!
//! A handler names what it needs among its arguments: [`RequireAdmin`], [`RequireCustomer`] and so on; one that names
//! nothing is public. Nobody signed in is 401 (a page leads to sign-in), another role is 403. A token whose device was
//! switched off is refused everywhere but by [`RequireRescuer`].

use super::refused::{Answer, Refused};
use super::site::Site;
use crate::accounts::store::Session;
use crate::accounts::token::TokenHash;
use crate::accounts::{Person, Role};
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum_extra::extract::CookieJar;
use shared::event::Actor;
use shared::ids::{CustomerId, DeviceId, ExpertId, LoginId, StaffId};
use shared::problem::ProblemCode;

/// Longer ones are none of ours.
const TOKEN_BYTES_MAX: usize = 256;

/// Somebody who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The login.
    pub login: LoginId,
    /// Who.
    pub person: Person,
    /// What they are signed in with.
    pub token: TokenHash,
    /// The device that the token is bound to.
    pub device: Option<DeviceId>,
}

impl Caller {
    /// Who did it, for histories and the audit.
    pub fn actor(&self) -> Actor {
        self.person.actor()
    }

    /// Whose idempotency keys these are.
    pub fn scope(&self) -> String {
        self.person.id_text()
    }
}

/// A customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequireCustomer(pub CustomerId);

/// An expert; `device` once the token is bound to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequireExpert {
    /// Who.
    pub expert: ExpertId,
    /// On which device.
    pub device: Option<DeviceId>,
}

/// An expert, also one who was switched off: for the rescue of unsent work alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequireRescuer {
    /// Who.
    pub expert: ExpertId,
    /// On which device.
    pub device: Option<DeviceId>,
    /// Switched off.
    pub revoked: bool,
}

/// An agent or an admin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequireDesk(pub Caller);

/// An admin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequireAdmin(pub Caller);

/// Anybody; who, if they are signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaybeCaller(pub Option<Caller>);

impl RequireDesk {
    /// The member of staff.
    pub fn staff(&self) -> StaffId {
        match self.0.person {
            Person::Agent(id) | Person::Admin(id) => id,
            Person::Customer(_) | Person::Expert(_) => unreachable!("the extractor let only staff in"),
        }
    }
}

/// What the request is signed in with, looked up once for all extractors.
#[derive(Clone)]
struct Found(Option<Session>);

async fn found(parts: &mut Parts, site: &Site) -> Answer<Option<Session>> {
    if let Some(Found(session)) = parts.extensions.get::<Found>() {
        return Ok(session.clone());
    }
    let session = match presented(parts, site) {
        Some(token) if token.len() <= TOKEN_BYTES_MAX => {
            site.sessions.find(&site.db, TokenHash::of(&token), site.real_now()).await?
        }
        Some(_) | None => None,
    };
    parts.extensions.insert(Found(session.clone()));
    Ok(session)
}

/// The token as it was sent. A program's header goes before a browser's cookie.
fn presented(parts: &Parts, site: &Site) -> Option<String> {
    if let Some(value) = parts.headers.get(header::AUTHORIZATION) {
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned());
    }
    let cookie = CookieJar::from_headers(&parts.headers).get(cookie_name(site)).map(|cookie| cookie.value().to_owned());
    cookie.filter(|token| !token.is_empty())
}

async fn live(parts: &mut Parts, site: &Site) -> Answer<Caller> {
    match found(parts, site).await? {
        None => Err(Refused::new(ProblemCode::Unauthenticated)),
        Some(session) if session.revoked => Err(Refused::new(ProblemCode::DeviceRevoked)),
        Some(session) => Ok(of_session(session)),
    }
}

fn of_session(session: Session) -> Caller {
    let Session { login, person, token, device, expires_at: _, revoked: _ } = session;
    Caller { login, person, token, device }
}

fn only(roles: &str) -> Refused {
    Refused::with(ProblemCode::Forbidden, format!("This is for {roles}. Please sign in as one."))
}

impl FromRequestParts<Site> for Caller {
    type Rejection = Refused;
    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Answer<Self> {
        live(parts, site).await
    }
}

impl OptionalFromRequestParts<Site> for Caller {
    type Rejection = Refused;
    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Answer<Option<Self>> {
        Ok(found(parts, site).await?.filter(|session| !session.revoked).map(of_session))
    }
}

impl FromRequestParts<Site> for MaybeCaller {
    type Rejection = Refused;
    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Answer<Self> {
        // A program that sends a token means it; a browser's old cookie is nobody.
        if parts.headers.contains_key(header::AUTHORIZATION) {
            return live(parts, site).await.map(|caller| Self(Some(caller)));
        }
        <Caller as OptionalFromRequestParts<Site>>::from_request_parts(parts, site).await.map(Self)
    }
}

impl FromRequestParts<Site> for RequireCustomer {
    type Rejection = Refused;
    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Answer<Self> {
        match live(parts, site).await?.person {
            Person::Customer(id) => Ok(Self(id)),
            Person::Expert(_) | Person::Agent(_) | Person::Admin(_) => Err(only("customers")),
        }
    }
}

impl FromRequestParts<Site> for RequireExpert {
    type Rejection = Refused;
    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Answer<Self> {
        let caller = live(parts, site).await?;
        match caller.person {
            Person::Expert(expert) => Ok(Self { expert, device: caller.device }),
            Person::Customer(_) | Person::Agent(_) | Person::Admin(_) => Err(only("experts")),
        }
    }
}

impl FromRequestParts<Site> for RequireRescuer {
    type Rejection = Refused;
    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Answer<Self> {
        let session = found(parts, site).await?.ok_or_else(|| Refused::new(ProblemCode::Unauthenticated))?;
        match session.person {
            Person::Expert(expert) => Ok(Self { expert, device: session.device, revoked: session.revoked }),
            Person::Customer(_) | Person::Agent(_) | Person::Admin(_) => Err(only("experts")),
        }
    }
}

impl FromRequestParts<Site> for RequireDesk {
    type Rejection = Refused;
    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Answer<Self> {
        let caller = live(parts, site).await?;
        if caller.person.role().is_staff() { Ok(Self(caller)) } else { Err(only("call-centre staff and admins")) }
    }
}

impl FromRequestParts<Site> for RequireAdmin {
    type Rejection = Refused;
    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Answer<Self> {
        let caller = live(parts, site).await?;
        if caller.person.role() == Role::Admin { Ok(Self(caller)) } else { Err(only("admins")) }
    }
}

/// The session cookie's name. Under https the prefix makes browsers refuse it from a subdomain or over http.
pub fn cookie_name(site: &Site) -> &'static str {
    if site.config.is_https() { "__Host-session" } else { "session" }
}

/// The header that keeps a browser signed in for so many minutes.
pub fn session_cookie(site: &Site, token: &str, minutes: i64) -> HeaderValue {
    let secure = if site.config.is_https() { "; Secure" } else { "" };
    let (name, seconds) = (cookie_name(site), minutes.saturating_mul(60));
    let text = format!("{name}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).expect("a token is plain text")
}

/// The header that makes a browser forget its session.
pub fn ended_cookie(site: &Site) -> HeaderValue {
    session_cookie(site, "", 0)
}
