//! Sign-in, the signed-in person, devices and staff, as JSON.

use super::codes::Wish;
use super::devices::{self, NewDevice, PUSH_TOKEN_BYTES_MAX, Platform, Registered};
use super::password::Password;
use super::sign_in::{self, Door, Proof, SignedIn};
use super::{Person, change, store};
use crate::db::{Error, Lane, Tx};
use crate::http::caller::{Caller, RequireExpert};
use crate::http::client::ClientAddress;
use crate::http::{Answer, Json, Refused, Site};
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{Router, get, post};
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::ids::{DeviceId, ExpertId};
use shared::problem::{Problem, ProblemCode};
use shared::text::{Name, ShortLine};

pub(crate) mod staff;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/api/v1/sign-in", post(sign_in))
        .route("/api/v1/sign-in/code", post(ask_code))
        .route("/api/v1/sign-out", post(sign_out))
        .route("/api/v1/password/reset", post(reset_password))
        .route("/api/v1/me", get(me))
        .route("/api/v1/device", post(device))
        .merge(staff::routes())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignInBody {
    login: String,
    #[serde(default)]
    password: Option<String>,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    device: Option<DeviceBody>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeviceBody {
    #[serde(default)]
    device_id: Option<DeviceId>,
    name: ShortLine,
    platform: Platform,
    #[serde(default)]
    push_token: Option<String>,
}

async fn sign_in(
    State(site): State<Site>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    Json(body): Json<SignInBody>,
) -> Answer<impl IntoResponse> {
    let proof = match (body.password, body.code) {
        (Some(password), None) => Proof::Password(password),
        (None, Some(code)) => Proof::Code(code),
        (None, None) => return Err(Problem::field("password", "required", "Send a password or a code.").into()),
        (Some(_), Some(_)) => {
            return Err(Problem::field("code", "ambiguous", "Send either a password or a code, not both.").into());
        }
    };
    if let Some(device) = &body.device {
        check(device)?;
    }
    let signed_in = sign_in::sign_in(&site, &body.login, proof, address, Door::Program).await?;
    let registered = match (body.device, signed_in.person) {
        (Some(device), Person::Expert(expert)) => Some(register(&site, expert, device, signed_in.token.hash()).await?),
        (Some(_) | None, _) => None,
    };
    Ok(Json(SignInAnswer::of(signed_in, registered)))
}

#[derive(Serialize)]
struct SignInAnswer {
    token: String,
    role: super::Role,
    person: String,
    name: Name,
    #[serde(flatten)]
    device: Option<Registered>,
}

impl SignInAnswer {
    fn of(signed_in: SignedIn, device: Option<Registered>) -> Self {
        Self {
            token: signed_in.token.expose().to_owned(),
            role: signed_in.person.role(),
            person: signed_in.person.id_text(),
            name: signed_in.name,
            device,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeBody {
    login: String,
}

/// 202 whoever asks: the code comes if the login is somebody's.
async fn ask_code(
    State(site): State<Site>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    Json(body): Json<CodeBody>,
) -> Answer<StatusCode> {
    sign_in::ask_code(&site, &body.login, Wish::SignIn, address).await?;
    Ok(StatusCode::ACCEPTED)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResetBody {
    login: String,
    code: String,
    password: Password,
}

async fn reset_password(
    State(site): State<Site>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    Json(body): Json<ResetBody>,
) -> Answer<StatusCode> {
    change::by_code(&site, &body.login, &body.code, &body.password, address).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn sign_out(State(site): State<Site>, caller: Caller) -> Answer<StatusCode> {
    sign_in::sign_out(&site, caller.token).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn me(State(site): State<Site>, caller: Caller) -> Answer<impl IntoResponse> {
    let id = caller.login;
    let login = site.db.read(async move |conn| store::login(conn, id).await).await?;
    let login = login.ok_or_else(|| Refused::new(ProblemCode::Unauthenticated))?;
    Ok(Json(json!({
        "role": login.person.role(),
        "person": login.person.id_text(),
        "name": login.profile.name,
        "email": login.email,
        "phone": login.phone,
        "locale": login.profile.locale,
        "time_zone": login.profile.zone,
        "device_id": caller.device,
        "has_password": login.password.is_some(),
    })))
}

async fn device(
    State(site): State<Site>,
    RequireExpert { expert, device: _ }: RequireExpert,
    caller: Caller,
    Json(body): Json<DeviceBody>,
) -> Answer<impl IntoResponse> {
    check(&body)?;
    Ok(Json(register(&site, expert, body, caller.token).await?))
}

fn check(body: &DeviceBody) -> Answer<()> {
    let long = body.push_token.as_ref().is_some_and(|token| token.len() > PUSH_TOKEN_BYTES_MAX);
    if long { Err(Problem::field("push_token", "too_long", "This is no push token.").into()) } else { Ok(()) }
}

/// Registers the installation and binds the token to it in one transaction: a device without a token could not be
/// revoked, a token without its device would end.
async fn register(
    site: &Site,
    expert: ExpertId,
    body: DeviceBody,
    token: super::token::TokenHash,
) -> Result<Registered, Error> {
    let now = site.real_now();
    let new = NewDevice {
        device: body.device_id,
        expert,
        name: body.name,
        platform: body.platform,
        push_token: body.push_token.filter(|token| !token.is_empty()),
        now,
    };
    let registered = async move |tx: &mut Tx| {
        let registered = devices::register(tx, &new).await?;
        store::bind_to_device(tx, &token, registered.device).await?;
        Ok(registered)
    };
    site.db.write(Lane::Sync, registered).await
}

#[cfg(test)]
mod tests;
