//! A site on a test's database, and a caller that speaks to routes in process, through all layers.

use super::site::Site;
use super::{Gate, HttpSettings, openapi, protect};
use crate::accounts::store::{TokenKind, add_token, bind_to_device, by_person, create_login};
use crate::accounts::token::Token;
use crate::accounts::{NewLogin, Person, Profile};
use crate::blobs::Blobs;
use crate::config::{Config, Secret};
use crate::db::{Database, Lane};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::response::Response;
use serde_json::Value;
use shared::chance::Seeded;
use shared::ids::DeviceId;
use shared::problem::Problem;
use std::fmt::Write as _;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt as _;

/// A site as the demo has it, with a fixed secret and repeatable chance.
pub fn site(db: &Database) -> Site {
    let secret = Secret::from("a secret of the tests, long enough".to_owned());
    let config = Config::demo(PathBuf::from("unused"), 4000, secret);
    Site::new(config, db.clone(), Blobs::in_memory(), Arc::new(Seeded::new(42)))
}

/// Speaks to routes in process.
#[derive(Clone)]
pub struct Client {
    router: Router,
    /// What the routes were given.
    pub site: Site,
    bearer: Option<String>,
    is_checked: bool,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Heard {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its bytes.
    pub body: Vec<u8>,
}

impl Client {
    /// Nobody, speaking to these routes.
    pub fn new(site: Site, routes: Router<Site>) -> Self {
        let settings = HttpSettings {
            public_origin: site.config.public_url.clone(),
            trusted_proxies: 0,
            requests_per_second: None,
            request_burst: NonZeroU32::MIN,
            body_bytes_max: 1 << 20,
            handler_timeout: Duration::from_secs(20),
        };
        let router = protect(routes.with_state(site.clone()), &Gate::new(settings, Arc::clone(&site.chance)));
        Self { router, site, bearer: None, is_checked: false }
    }

    /// The same routes, as somebody who is signed in by a bearer token. Who has no login gets one.
    pub async fn signed_in(&self, person: Person) -> Self {
        self.signed_in_with(person, None).await
    }

    /// The same with a token that is bound to a device.
    pub async fn signed_in_on(&self, person: Person, device: DeviceId) -> Self {
        self.signed_in_with(person, Some(device)).await
    }

    async fn signed_in_with(&self, person: Person, device: Option<DeviceId>) -> Self {
        let id = self.site.new_id();
        let token = Token::new(&*self.site.chance);
        let hash = token.hash();
        let signed_in = self.site.db.write(Lane::Desk, async move |tx| {
            let login = match by_person(tx, person).await? {
                Some(login) => login.id,
                None => {
                    let (name, zone) = ("Somebody".parse().expect("it is a name"), shared::time::Zone::utc());
                    let profile = Profile { name, locale: "en".into(), zone };
                    let now = tx.real_now();
                    let new = NewLogin { id, person, profile, email: None, phone: None, password: None, now };
                    create_login(tx, new).await?.expect("nobody can have no handle");
                    id
                }
            };
            add_token(tx, login, &hash, TokenKind::Bearer, None).await?;
            match device {
                Some(device) => bind_to_device(tx, &hash, device).await,
                None => Ok(()),
            }
        });
        signed_in.await.expect("the database takes a token");
        self.with_bearer(token.expose())
    }

    /// The same routes; what is sent and answered must be as the table of calls says (`http/openapi/calls.api`).
    #[must_use]
    pub fn checked(&self) -> Self {
        Self { is_checked: true, ..self.clone() }
    }

    /// The same routes with this token.
    #[must_use]
    pub fn with_bearer(&self, token: &str) -> Self {
        Self { bearer: Some(token.to_owned()), ..self.clone() }
    }

    /// Asks.
    pub async fn get(&self, path: &str) -> Heard {
        self.send(Request::get(path).body(Body::empty()).expect("the path is right")).await
    }

    /// Asks with a cookie that an answer set.
    pub async fn get_with_cookie(&self, path: &str, cookie: &str) -> Heard {
        let request = Request::get(path).header(header::COOKIE, cookie);
        self.send(request.body(Body::empty()).expect("the path is right")).await
    }

    /// Sends a JSON document.
    pub async fn json(&self, method: &str, path: &str, body: &Value) -> Heard {
        let request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).expect("the path is right")).await
    }

    /// Sends a form, as a page of ours does. Keys and values are encoded here.
    pub async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Heard {
        let body: Vec<String> =
            fields.iter().map(|(key, value)| format!("{}={}", encoded(key), encoded(value))).collect();
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(body.join("&"))).expect("the path is right")).await
    }

    /// Sends any request.
    ///
    /// # Panics
    /// If it is checked, and a call is not what the table says of it.
    pub async fn send(&self, request: Request<Body>) -> Heard {
        let (parts, body) = request.into_parts();
        let sent = to_bytes(body, 16 << 20).await.expect("the body is short");
        let (method, path) = (parts.method.to_string(), parts.uri.path().to_owned());
        let (head, body) = self.answer(Request::from_parts(parts, Body::from(sent.clone()))).await.into_parts();
        let body = to_bytes(body, 16 << 20).await.expect("the body is short");
        if self.is_checked
            && let Some(call) = openapi::of_request(&method, &path)
            && let Some(wrong) = openapi::shape::wrong(call, &sent, head.status.as_u16(), &body)
        {
            panic!("{method} {path} is not as calls.api says: {wrong}");
        }
        Heard { status: head.status, headers: head.headers, body: body.to_vec() }
    }

    /// Sends any request and reads no body, which a stream would never end.
    pub async fn head_of(&self, request: Request<Body>) -> (StatusCode, HeaderMap) {
        let (parts, _) = self.answer(request).await.into_parts();
        (parts.status, parts.headers)
    }

    async fn answer(&self, mut request: Request<Body>) -> Response {
        if let Some(token) = &self.bearer {
            let value = format!("Bearer {token}").parse().expect("a token is plain");
            request.headers_mut().insert(header::AUTHORIZATION, value);
        }
        self.router.clone().oneshot(request).await.expect("the router answers everything")
    }
}

impl Heard {
    /// The body as a document.
    ///
    /// # Panics
    /// If it is none.
    pub fn value(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|why| panic!("{why}: {}", self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as a problem document.
    pub fn problem(&self) -> Problem {
        Problem::read(self.status.as_u16(), &self.body)
    }

    /// A header's text, empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// As forms carry it.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => out.push(char::from(byte)),
            _ => write!(out, "%{byte:02X}").expect("writing to a string works"),
        }
        out
    })
}
