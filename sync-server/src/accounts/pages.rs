//! Signing in and out in a browser, without scripts. A code is asked for from the same form: who forgot the password, or
//! never had one, types only who they are.

mod link;
mod reset;

use super::codes::Wish;
use super::next;
use super::sign_in::{self, Door, Proof, SignedIn};
use crate::config::Mode;
use crate::http::caller::{Caller, MaybeCaller, ended_cookie, session_cookie};
use crate::http::client::ClientAddress;
use crate::http::{Answer, Query, Refused, Site};
use crate::web::{self, Form, Frame, Viewer};
use askama::Template;
use axum::extract::{Extension, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{Router, get, post};
use serde::Deserialize;
use shared::problem::{Problem, ProblemCode};
use std::net::IpAddr;

/// The routes.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/sign-in", get(show).post(submit))
        .route("/sign-in/code", post(send_code))
        .route("/sign-out", get(ask_sign_out).post(sign_out))
        .merge(link::routes())
        .merge(reset::routes())
}

#[derive(Template)]
#[template(path = "accounts/sign_in.html")]
struct SignInPage {
    frame: Frame,
    form: Form,
}

#[derive(Template)]
#[template(path = "accounts/code.html")]
struct CodePage {
    frame: Frame,
    form: Form,
}

#[derive(Template)]
#[template(path = "accounts/sign_out.html")]
struct SignOutPage {
    frame: Frame,
    is_signed_in: bool,
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    next: String,
}

async fn show(State(site): State<Site>, Query(wanted): Query<Wanted>) -> Answer<impl IntoResponse> {
    let next = next::safe(&wanted.next).unwrap_or_default();
    web::page(&SignInPage { frame: frame(&site, "/sign-in"), form: Form::new().with("next", next) })
}

/// Signs in with what was typed: a password, or the digits of the page that asks for them.
async fn submit(
    State(site): State<Site>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    form: Form,
) -> Answer<Response> {
    let by_code = form.filled("code").is_some() || form.value("by") == "code";
    match try_sign_in(&site, &form, by_code, address).await {
        Ok(signed_in) => Ok(welcome(&site, &signed_in, form.value("next"))),
        Err(Refused(problem)) => refused(&site, form, by_code, &problem),
    }
}

async fn try_sign_in(site: &Site, form: &Form, by_code: bool, address: IpAddr) -> Answer<SignedIn> {
    let missing = |field: &str, what: &str| Problem::field(field, "required", what);
    if form.filled("login").is_none() {
        return Err(missing("login", "Please type your e-mail address or phone number.").into());
    }
    let proof = if by_code {
        let digits = form.filled("code").ok_or_else(|| missing("code", "Please type the code that we sent."))?;
        Proof::Code(digits.to_owned())
    } else if form.value("password").is_empty() {
        return Err(missing("password", "Please type your password, or let us send you a code.").into());
    } else {
        Proof::Password(form.value("password").to_owned())
    };
    sign_in::sign_in(site, form.value("login"), proof, address, Door::Page).await
}

/// Asks for a code and shows where to type it, whoever asks.
async fn send_code(
    State(site): State<Site>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    form: Form,
) -> Answer<Response> {
    if form.filled("login").is_none() {
        let problem = Problem::field("login", "required", "Please type your e-mail address or phone number first.");
        return refused(&site, form, false, &problem);
    }
    match sign_in::ask_code(&site, form.value("login"), Wish::SignIn, address).await {
        Ok(()) => Ok(web::page(&CodePage { frame: frame(&site, "/sign-in"), form })?.into_response()),
        Err(Refused(problem)) => refused(&site, form, false, &problem),
    }
}

/// The form again, with what is wrong and what was typed. What is our fault leaves as a page of its own.
fn refused(site: &Site, mut form: Form, by_code: bool, problem: &Problem) -> Answer<Response> {
    if problem.code == ProblemCode::SignInFailed {
        form.wrong("", failed(by_code));
    } else if matches!(problem.code, ProblemCode::InvalidFields | ProblemCode::RateLimited) {
        form.refuse(problem);
    } else {
        return Err(problem.clone().into());
    }
    let status = StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
    let frame = frame(site, "/sign-in");
    let page = if by_code { web::page(&CodePage { frame, form })? } else { web::page(&SignInPage { frame, form })? };
    let mut response = (status, page).into_response();
    if let Some(seconds) = problem.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    Ok(response)
}

fn failed(by_code: bool) -> &'static str {
    if by_code {
        "This code does not open. It may be mistyped, used, or older than ten minutes; you can ask for a new one."
    } else {
        "This e-mail address or phone number and this password do not belong together."
    }
}

fn welcome(site: &Site, signed_in: &SignedIn, wanted: &str) -> Response {
    let to = next::safe(wanted).unwrap_or_else(|| next::home(signed_in.person.role()));
    let cookie = session_cookie(site, signed_in.token.expose(), signed_in.minutes);
    ([(header::SET_COOKIE, cookie)], Redirect::to(to)).into_response()
}

async fn ask_sign_out(State(site): State<Site>, MaybeCaller(caller): MaybeCaller) -> Answer<impl IntoResponse> {
    web::page(&SignOutPage { frame: frame(&site, "/sign-out"), is_signed_in: caller.is_some() })
}

/// Ends the session and forgets the cookie. Twice is fine: who is not signed in is already out.
async fn sign_out(State(site): State<Site>, caller: Option<Caller>) -> Answer<impl IntoResponse> {
    if let Some(caller) = caller {
        sign_in::sign_out(&site, caller.token).await?;
    }
    Ok(([(header::SET_COOKIE, ended_cookie(&site))], Redirect::to("/")))
}

fn frame(site: &Site, here: &str) -> Frame {
    Frame::private(here).seen_by(Viewer::Nobody).in_demo(site.config.mode == Mode::Demo)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::{NewLogin, Person, Profile, store};
    use crate::db::testing::both_engines;
    use crate::db::{Database, Lane};
    use crate::http::testing::{Client, Heard, site};
    use axum::body::Body;
    use axum::http::Request;

    /// A browser on a site where Mia, a customer, has a login.
    async fn client(db: &Database) -> Client {
        let whoami = |caller: Caller| async move { caller.person.id_text() };
        let routes = routes().route("/tickets", get(whoami));
        let client = Client::new(site(db), routes);
        let hash = client.site.passwords.hash(&"maple-tin-rain".parse().unwrap()).await.unwrap();
        let new = NewLogin {
            id: client.site.new_id(),
            person: Person::Customer(client.site.new_id()),
            profile: Profile { name: "Mia".parse().unwrap(), locale: "en".into(), zone: shared::time::Zone::utc() },
            email: Some("mia@example.com".parse().unwrap()),
            phone: None,
            password: Some(hash),
            now: client.site.real_now(),
        };
        db.write(Lane::Desk, async move |tx| store::create_login(tx, new.clone()).await).await.unwrap().unwrap();
        client
    }

    async fn with_cookie(client: &Client, method: &str, path: &str, cookie: &str) -> Heard {
        let request = Request::builder().method(method).uri(path).header("cookie", cookie);
        client.send(request.body(Body::empty()).unwrap()).await
    }

    #[tokio::test]
    async fn a_page_that_needs_it_leads_to_sign_in_and_back() {
        both_engines(async |db| {
            let client = client(&db).await;
            let heard = client.get("/tickets?state=open").await;
            let at_sign_in = heard.header("location").to_owned();
            assert_eq!((heard.status.as_u16(), at_sign_in.as_str()), (303, "/sign-in?next=%2Ftickets%3Fstate%3Dopen"));
            let page = client.get(&at_sign_in).await.text();
            assert!(page.contains("name=\"next\" value=\"/tickets?state=open\""), "{page}");
            let fields =
                [("login", "Mia@example.com"), ("password", "maple-tin-rain"), ("next", "/tickets?state=open")];
            let heard = client.form("/sign-in", &fields).await;
            assert_eq!((heard.status.as_u16(), heard.header("location")), (303, "/tickets?state=open"));
            let cookie = heard.header("set-cookie");
            assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
            let session = cookie.split(';').next().unwrap().to_owned();
            assert_eq!(with_cookie(&client, "GET", "/tickets", &session).await.status.as_u16(), 200);
            let out = with_cookie(&client, "POST", "/sign-out", &session).await;
            assert!(out.status.as_u16() == 303 && out.header("set-cookie").contains("Max-Age=0"));
            assert_eq!(with_cookie(&client, "GET", "/tickets", &session).await.status.as_u16(), 303);
            assert_eq!(with_cookie(&client, "POST", "/sign-out", &session).await.status.as_u16(), 303);
        })
        .await;
    }

    #[tokio::test]
    async fn a_wrong_password_keeps_what_was_typed_and_never_leaves_the_site() {
        both_engines(async |db| {
            let client = client(&db).await;
            let fields = [("login", "mia@example.com"), ("password", "hunter2hunter2"), ("next", "/tickets")];
            let heard = client.form("/sign-in", &fields).await;
            let page = heard.text();
            assert_eq!(heard.status.as_u16(), 401);
            assert!(page.contains("do not belong together") && page.contains("value=\"mia@example.com\""), "{page}");
            assert!(page.contains("value=\"/tickets\"") && !page.contains("hunter2"), "{page}");
            for evil in ["//evil.example", "https://evil.example", "/\\evil.example"] {
                let fields = [("login", "mia@example.com"), ("password", "maple-tin-rain"), ("next", evil)];
                assert_eq!(client.form("/sign-in", &fields).await.header("location"), "/tickets");
            }
            let empty = client.form("/sign-in", &[("login", ""), ("password", "")]).await;
            assert_eq!(empty.status.as_u16(), 422);
            assert!(empty.text().contains("href=\"#f-login\""), "{}", empty.text());
        })
        .await;
    }

    #[tokio::test]
    async fn a_code_is_asked_for_from_the_same_form_by_anybody() {
        both_engines(async |db| {
            let client = client(&db).await;
            let mut pages = Vec::new();
            for login in ["mia@example.com", "nobody@example.com"] {
                let heard = client.form("/sign-in/code", &[("login", login), ("next", "/tickets")]).await;
                assert_eq!(heard.status.as_u16(), 200);
                pages.push(heard.text().replace(login, ""));
            }
            assert_eq!(pages[0], pages[1], "the page does not tell who is here");
            assert!(pages[0].contains("autocomplete=\"one-time-code\"") && pages[0].contains("value=\"/tickets\""));
            let wrong = client.form("/sign-in", &[("login", "mia@example.com"), ("by", "code"), ("code", "1")]).await;
            assert_eq!(wrong.status.as_u16(), 401);
            assert!(wrong.text().contains("one-time-code"));
            let nobody = client.form("/sign-in/code", &[("login", " ")]).await;
            assert_eq!(nobody.status.as_u16(), 422);
            let sent = db.read(async |conn| crate::jobs::backlog(conn).await).await.unwrap();
            assert_eq!(
                sent.iter().map(|row| (row.kind.as_str(), row.n_jobs)).collect::<Vec<_>>(),
                [("sign_in_code", 1)]
            );
        })
        .await;
    }
}
