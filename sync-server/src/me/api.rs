//! What customers keep of themselves, as JSON. `PATCH /me` serves everybody's password too.

use super::{export, leave};
use crate::accounts::password::Password;
use crate::accounts::{Person, change as password};
use crate::customers::api::whole;
use crate::customers::confirm::{self, Confirmed};
use crate::customers::profile::TypedProfile;
use crate::customers::{change, store};
use crate::db::{Lane, Tx};
use crate::http::caller::{Caller, RequireCustomer};
use crate::http::client::ClientAddress;
use crate::http::undone::Undone;
use crate::http::{Answer, Json, Refused, Site};
use crate::notify::store::people::n_about_account;
use axum::extract::{Extension, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{Router, get, patch, post};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::CustomerId;
use shared::problem::{Problem, ProblemCode};

/// Mails about the address to one customer in an hour.
const MAILS_MAX: i64 = 5;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/api/v1/me", patch(change_me).delete(begin_leave))
        .route("/api/v1/me/profile", get(profile))
        .route("/api/v1/me/confirm", post(send_again))
        .route("/api/v1/me/export", get(whole_copy))
        .route("/api/v1/me/stay", post(stay))
        .route("/api/v1/confirm/{token}", post(confirm_address))
}

/// What is to be other; what is left out stays.
#[derive(Deserialize)]
struct Change {
    #[serde(default)]
    current_password: String,
    #[serde(default)]
    new_password: Option<Password>,
    #[serde(flatten)]
    profile: serde_json::Map<String, Value>,
}

async fn change_me(
    State(site): State<Site>,
    caller: Caller,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    Json(wanted): Json<Change>,
) -> Answer<Response> {
    let typed = read_profile(wanted.profile)?;
    if let Some(new) = &wanted.new_password {
        password::by_old(&site, &caller, &wanted.current_password, new, address).await?;
    }
    let Some(typed) = typed else {
        return match wanted.new_password {
            Some(_) => Ok(StatusCode::NO_CONTENT.into_response()),
            None => Err(Problem::field("new_password", "required", "Say what is to change.").into()),
        };
    };
    let Person::Customer(id) = caller.person else {
        return Err(Refused::with(ProblemCode::Forbidden, "Only customers change this here. Ask an admin."));
    };
    keep(&site, &caller, id, typed).await?;
    Ok(shown(&site, id).await?.into_response())
}

fn read_profile(fields: serde_json::Map<String, Value>) -> Answer<Option<TypedProfile>> {
    if fields.is_empty() {
        return Ok(None);
    }
    let read = serde_json::from_value(Value::Object(fields));
    read.map(Some).map_err(|why| Problem::with(ProblemCode::Malformed, why.to_string()).into())
}

/// Takes what a customer typed about themselves.
pub(super) async fn keep(site: &Site, caller: &Caller, id: CustomerId, typed: TypedProfile) -> Answer<()> {
    let (actor, now) = (caller.actor(), site.now());
    let kept = async move |tx: &mut Tx| change::apply(tx, id, &typed, actor, now).await;
    site.db.write(Lane::Desk, kept).await?;
    Ok(())
}

async fn shown(site: &Site, id: CustomerId) -> Answer<Json<Value>> {
    let found = site.db.read(async move |conn| whole(conn, id).await).await?;
    found.map(Json).ok_or_else(|| Refused::new(ProblemCode::NotFound))
}

async fn profile(State(site): State<Site>, RequireCustomer(id): RequireCustomer) -> Answer<Json<Value>> {
    shown(&site, id).await
}

/// Sends the link to the address that waits once more.
pub(super) async fn ask_again(site: &Site, id: CustomerId) -> Answer<()> {
    let now = site.now();
    let asked = async move |tx: &mut Tx| {
        let is = store::lock(tx, id).await?.ok_or_else(|| Undone::from(ProblemCode::NotFound))?;
        if is.unconfirmed().is_none() {
            return Err(Problem::with(ProblemCode::AlreadySettled, "Your address is confirmed already.").into());
        }
        if n_about_account(tx, id, now.plus_minutes(-60)).await? >= MAILS_MAX {
            let detail = "We wrote to you several times already. Look into the folder for unwanted mail, or try again \
                          in an hour.";
            return Err(Problem::with(ProblemCode::RateLimited, detail).after_seconds(3_600).into());
        }
        Ok::<_, Undone>(confirm::ask(tx, id, now).await?)
    };
    site.db.write(Lane::Desk, asked).await?;
    Ok(())
}

async fn send_again(State(site): State<Site>, RequireCustomer(id): RequireCustomer) -> Answer<StatusCode> {
    ask_again(&site, id).await?;
    Ok(StatusCode::ACCEPTED)
}

async fn confirm_address(State(site): State<Site>, Path(token): Path<String>) -> Answer<Json<Value>> {
    match confirmed(&site, token).await? {
        Confirmed::Yes(email) => Ok(Json(json!({ "email": email }))),
        Confirmed::Taken => {
            Err(Refused::with(ProblemCode::Conflict, "Someone else signs in with this e-mail address."))
        }
        Confirmed::Over => Err(Refused::new(ProblemCode::Gone)),
    }
}

/// Takes the word of whoever opened the link.
pub(super) async fn confirmed(site: &Site, token: String) -> Answer<Confirmed> {
    let (links, now) = (site.links.clone(), site.now());
    let done = site.db.write(Lane::Desk, async move |tx| confirm::confirm(tx, &links, &token, now).await);
    Ok(done.await?)
}

async fn whole_copy(State(site): State<Site>, RequireCustomer(id): RequireCustomer) -> Answer<Response> {
    file(&site, id).await
}

/// The copy as a file.
pub(super) async fn file(site: &Site, id: CustomerId) -> Answer<Response> {
    let copy = export::export(site, id).await?.ok_or_else(|| Refused::new(ProblemCode::NotFound))?;
    let text = serde_json::to_vec_pretty(&copy).map_err(Refused::internal)?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"sysops-squad-my-data.json\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, text).into_response())
}

async fn begin_leave(
    State(site): State<Site>,
    RequireCustomer(id): RequireCustomer,
) -> Answer<(StatusCode, Json<Value>)> {
    let now = site.now();
    let at = site.db.write(Lane::Desk, async move |tx: &mut Tx| leave::begin(tx, id, now).await).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "leaving_at": at }))))
}

async fn stay(State(site): State<Site>, RequireCustomer(id): RequireCustomer) -> Answer<Json<Value>> {
    let now = site.now();
    site.db.write(Lane::Desk, async move |tx: &mut Tx| leave::stay(tx, id, now).await).await?;
    shown(&site, id).await
}
