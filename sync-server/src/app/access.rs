//! Everyone only in their own rooms: every route of the program is asked by every role, and the answer compared with the
//! table below. A route that no row speaks of fails the test, so a new one cannot be forgotten.

use super::routes;
use crate::accounts::{Person, Role};
use crate::db::Engine;
use crate::db::testing::on;
use crate::http::testing::{Client, site};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Who may ask for a path; the longest row that begins it holds, and of two the one that names the method.
pub(super) struct Row {
    /// `*` is every method.
    method: &'static str,
    /// A whole path, or with a `/` at its end everything below.
    path: &'static str,
    pub(super) who: &'static [Role],
    /// Without signing in.
    pub(super) is_public: bool,
}

const ADMIN: &[Role] = &[Role::Admin];
const DESK: &[Role] = &[Role::Agent, Role::Admin];
const CUSTOMER: &[Role] = &[Role::Customer];
const EXPERT: &[Role] = &[Role::Expert];
const OURS: &[Role] = &[Role::Expert, Role::Agent, Role::Admin];
const ASKS: &[Role] = &[Role::Customer, Role::Agent, Role::Admin];
const SIGNED_IN: &[Role] = &Role::ALL;

const fn row(method: &'static str, path: &'static str, who: &'static [Role]) -> Row {
    Row { method, path, who, is_public: false }
}

const fn public(path: &'static str) -> Row {
    Row { method: "*", path, who: &Role::ALL, is_public: true }
}

/// Open to nobody signed in and to these roles.
const fn public_to(method: &'static str, path: &'static str, who: &'static [Role]) -> Row {
    Row { method, path, who, is_public: true }
}

const TABLE: &[Row] = &[
    // Pages.
    public("/"),
    public("/assets/"),
    public("/favicon.ico"),
    public("/sign-in"),
    public("/sign-in/code"),
    public("/sign-in/link/"),
    public("/sign-out"),
    public("/register"),
    public("/password"),
    public("/password/code"),
    public("/confirm/"),
    public("/app"),
    public("/app/"),
    public("/.well-known/"),
    row("*", "/account", CUSTOMER),
    row("*", "/account/", CUSTOMER),
    public("/survey/"),
    public("/track"),
    public("/track/"),
    public("/help"),
    public("/help/"),
    public("/demo"),
    public("/demo/"),
    public("/plans"),
    public("/plans/"),
    row("POST", "/plans/{slug}", CUSTOMER),
    row("*", "/plan", CUSTOMER),
    row("*", "/plan/", CUSTOMER),
    public("/sandbox/"),
    row("*", "/tickets", CUSTOMER),
    row("*", "/tickets/", CUSTOMER),
    // Mails to admins lead there.
    row("*", "/tickets/{id}", ASKS),
    row("*", "/tickets/{id}/", ASKS),
    // Whose photo it is, is asked beside the handler.
    row("*", "/photos/", SIGNED_IN),
    row("*", "/desk", DESK),
    row("*", "/desk/", DESK),
    row("*", "/knowledge", DESK),
    row("*", "/knowledge/", DESK),
    row("POST", "/knowledge/{id}/act", ADMIN),
    row("*", "/knowledge/words", ADMIN),
    row("POST", "/knowledge/misses/forget", ADMIN),
    row("*", "/admin", ADMIN),
    row("*", "/admin/", ADMIN),
    // Monitors. Metrics are also for this machine.
    public("/healthz"),
    public("/readyz"),
    row("GET", "/metrics", ADMIN),
    // Programs.
    public("/api/v1/openapi.json"),
    public("/api/v1/sign-in"),
    public("/api/v1/sign-in/code"),
    public("/api/v1/password/reset"),
    public("/api/v1/survey/"),
    public("/api/v1/track/"),
    row("*", "/api/v1/sign-out", SIGNED_IN),
    row("*", "/api/v1/me", SIGNED_IN),
    row("DELETE", "/api/v1/me", CUSTOMER),
    public("/api/v1/confirm/"),
    row("*", "/api/v1/me/", CUSTOMER),
    row("*", "/api/v1/tickets", ASKS),
    row("*", "/api/v1/tickets/", ASKS),
    row("POST", "/api/v1/tickets/{id}/take", DESK),
    row("POST", "/api/v1/tickets/{id}/hold", DESK),
    row("POST", "/api/v1/tickets/{id}/resume", DESK),
    row("*", "/api/v1/desk/", DESK),
    row("*", "/api/v1/admin/", ADMIN),
    row("GET", "/api/v1/admin/tickets", DESK),
    row("*", "/api/v1/admin/tickets/", DESK),
    row("GET", "/api/v1/admin/skills", DESK),
    row("GET", "/api/v1/admin/skills/{id}", DESK),
    row("GET", "/api/v1/admin/areas", DESK),
    row("GET", "/api/v1/admin/areas/{id}", DESK),
    row("GET", "/api/v1/admin/holidays", DESK),
    // An expert rings in ill, and the desk keeps it for him.
    row("*", "/api/v1/admin/experts/{id}/absences", DESK),
    row("*", "/api/v1/admin/experts/{id}/absences/", DESK),
    public("/api/v1/categories"),
    public("/api/v1/plans"),
    // A customer registers; staff register a caller.
    public_to("POST", "/api/v1/customers", DESK),
    row("GET", "/api/v1/customers", DESK),
    row("*", "/api/v1/customers/", DESK),
    // What an expert said on the phone.
    row("*", "/api/v1/experts/", DESK),
    row("*", "/api/v1/device", EXPERT),
    row("*", "/api/v1/sync", EXPERT),
    row("*", "/api/v1/hints", EXPERT),
    row("*", "/api/v1/blob/", EXPERT),
    row("*", "/api/v1/kb/", EXPERT),
    row("*", "/api/v1/knowledge", OURS),
    row("*", "/api/v1/knowledge/", OURS),
    public("/api/v1/knowledge/public"),
    public("/api/v1/knowledge/public/"),
    row("*", "/api/v1/rescue", EXPERT),
];

pub(super) fn row_of(method: &str, path: &str) -> Option<&'static Row> {
    let speaks = |row: &&Row| {
        (row.method == "*" || row.method == method)
            && (row.path == path || row.path.len() > 1 && row.path.ends_with('/') && path.starts_with(row.path))
    };
    TABLE.iter().filter(speaks).max_by_key(|row| (row.path.len(), row.method == method))
}

/// Every route in the sources: method and path.
pub(super) fn in_sources() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    found
}

fn walk(folder: &Path, found: &mut BTreeSet<(String, String)>) {
    for entry in fs::read_dir(folder).expect("the sources are there") {
        let path = entry.expect("an entry can be read").path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let is_test = name.contains("test") || name == "access";
            if !is_test {
                let text = fs::read_to_string(&path).expect("a source is text");
                read(text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default(), found);
            }
        }
    }
}

/// The routes of one source: each `.route("path", get(..).post(..))`. Webhooks are opened by a signature, not by a role.
fn read(text: &str, found: &mut BTreeSet<(String, String)>) {
    for after in text.split(".route(").skip(1) {
        let Some(path) = after.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next()) else { continue };
        if path.starts_with("/webhooks/") {
            continue;
        }
        let mut depth = 1;
        let end = after.find(|char| {
            depth += i32::from(char == '(') - i32::from(char == ')');
            depth == 0
        });
        let call: String = after[..end.unwrap_or(after.len())].split_whitespace().collect();
        let methods = ["get", "post", "put", "patch", "delete"];
        let named = |method: &&&str| [",", ".", "::"].iter().any(|before| call.contains(&format!("{before}{method}(")));
        let before = found.len();
        for method in methods.iter().filter(named) {
            found.insert((method.to_uppercase(), path.to_owned()));
        }
        assert!(found.len() > before || path == "/", "no method is seen in .route({call}");
    }
}

/// Paths with something in place of each parameter.
fn filled(path: &str) -> String {
    const ID: &str = "0199a3f0-7c1e-7d2a-8b11-5f6e7a8b9c0d";
    path.split('/').map(|part| if part.starts_with('{') { ID } else { part }).collect::<Vec<_>>().join("/")
}

#[derive(Debug, PartialEq)]
enum Door {
    Open,
    SignInFirst,
    Forbidden,
}

async fn door(client: &Client, method: &str, path: &str) -> Door {
    let kind = if path.starts_with("/api/") { "application/json" } else { "application/x-www-form-urlencoded" };
    let body = if path.starts_with("/api/") { "{}" } else { "" };
    let request = Request::builder().method(method).uri(filled(path)).header(header::CONTENT_TYPE, kind);
    let request = request.header("idempotency-key", "access").body(Body::from(body)).unwrap();
    let (status, headers) = client.head_of(request).await;
    let to = headers.get(header::LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match status {
        StatusCode::UNAUTHORIZED => Door::SignInFirst,
        StatusCode::FORBIDDEN => Door::Forbidden,
        _ if to.starts_with("/sign-in?") => Door::SignInFirst,
        _ => Door::Open,
    }
}

#[tokio::test]
async fn every_route_opens_to_its_roles_and_to_nobody_else() {
    let known = in_sources();
    assert!(known.len() > 15, "the routes were not found: {known:?}");
    on(Engine::Sqlite, async |db| {
        let nobody = Client::new(site(&db), routes());
        let mut wrong = Vec::new();
        for (method, path) in &known {
            let Some(row) = row_of(method, path) else {
                wrong.push(format!("{method} {path}: no row of app/access.rs says who may ask"));
                continue;
            };
            let expected = if row.is_public { Door::Open } else { Door::SignInFirst };
            let found = door(&nobody, method, path).await;
            if found != expected {
                wrong.push(format!("{method} {path}: {found:?} to nobody, not {expected:?}"));
            }
            for role in Role::ALL {
                // A new sign-in each time: some of the routes end it.
                let person = Person::of(role, &nobody.site.new_id::<()>().to_string()).unwrap();
                let found = door(&nobody.signed_in(person).await, method, path).await;
                let expected = if row.who.contains(&role) { Door::Open } else { Door::Forbidden };
                if found != expected {
                    wrong.push(format!("{method} {path}: {found:?} to {role:?}, not {expected:?}"));
                }
            }
        }
        assert!(wrong.is_empty(), "\n  {}\n", wrong.join("\n  "));
    })
    .await;
}

/// Whoever looks for a fact begins at one page: it leads to every list that admins have.
#[tokio::test]
async fn the_admins_first_page_leads_to_every_list() {
    on(Engine::Sqlite, async |db| {
        let client = Client::new(site(&db), routes());
        let id = client.site.new_id::<()>().to_string();
        let page = client.signed_in(Person::of(Role::Admin, &id).unwrap()).await.get("/admin").await.text();
        let is_list = |path: &str| path.starts_with("/admin/") && path.matches('/').count() == 2 && !path.contains('{');
        let lists = in_sources().into_iter().filter(|(method, path)| method == "GET" && is_list(path));
        let lists: Vec<String> = lists.map(|(_, path)| path).collect();
        assert!(lists.len() > 10, "{lists:?}");
        let missing: Vec<_> = lists.iter().filter(|path| !page.contains(&format!("href=\"{path}\""))).collect();
        assert!(missing.is_empty(), "{missing:?}");
    })
    .await;
}

#[test]
fn the_document_names_every_route_and_every_route_is_in_it() {
    let routes: BTreeSet<(String, String)> =
        in_sources().into_iter().filter(|(_, path)| path.starts_with("/api/v1/")).collect();
    let calls: BTreeSet<(String, String)> =
        crate::http::openapi::TABLE.iter().map(|call| (call.method.clone(), call.path.clone())).collect();
    let missing: Vec<_> = routes.difference(&calls).collect();
    let gone: Vec<_> = calls.difference(&routes).collect();
    assert!(missing.is_empty(), "add a line to http/openapi/calls.api for each of {missing:#?}");
    assert!(gone.is_empty(), "no route is there for these lines of http/openapi/calls.api: {gone:#?}");
    for call in crate::http::openapi::TABLE.iter() {
        let row = row_of(&call.method, &call.path).expect("every route has a row");
        let who: BTreeSet<&str> = call.who.iter().map(String::as_str).filter(|who| *who != "all").collect();
        let may: BTreeSet<&str> = row.who.iter().map(|role| role.word()).collect();
        assert_eq!(row.is_public, call.is_public(), "{} {}", call.method, call.path);
        assert!(
            row.is_public || who == may,
            "{} {}: {who:?} in calls.api, {may:?} in this table",
            call.method,
            call.path
        );
    }
}

#[test]
fn routes_are_read_from_sources() {
    let mut found = BTreeSet::new();
    read(
        "Router::new().route(\"/a\", get(list).post(create))\n  .route(\n \"/b/{id}\",\n axum::routing::put(x),\n)",
        &mut found,
    );
    let found: Vec<(&str, &str)> = found.iter().map(|(method, path)| (method.as_str(), path.as_str())).collect();
    assert_eq!(found, [("GET", "/a"), ("POST", "/a"), ("PUT", "/b/{id}")]);
}
