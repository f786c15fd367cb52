//! What must have happened before every page has something to show: a visit that is over and asks how it was, a banner, an
//! article that was changed, an address to confirm, a job that gave up, a plan that was paid for, a link that signs in.

use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};
use shared::number::TicketNumber;
use shared::time::Zone;
use sqlx::Connection as _;
use sync_server::clock::Clock;
use tests::browser::Browser;
use tests::filing;
use tests::http::client;
use tests::server::Server;
use tests::wait::{SOON, eventually};
use tests::wire::Wire;
use thirtyfour::prelude::*;

use crate::money::mailed;
use crate::walk::{click, go, type_into};

/// A minute of the day at which customers are told what can wait for the morning.
const AWAKE_MINUTE: u16 = 9 * 60;

/// Where the walks of each role begin, beside the pages that everybody knows.
pub(crate) struct Scene {
    pub(crate) nobody: Vec<String>,
    pub(crate) customer: Vec<String>,
    pub(crate) agent: Vec<String>,
    pub(crate) admin: Vec<String>,
}

/// Somebody who asks by HTTP.
struct Caller<'a> {
    server: &'a Server,
    token: String,
}

impl<'a> Caller<'a> {
    async fn of(server: &'a Server, role: &str) -> Self {
        let who = server.sign_in(role);
        Self { server, token: filing::token(server.url(), &who.login, &who.password).await }
    }

    async fn asks(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}{path}", self.server.url());
        let mut request = client().request(method, url).bearer_auth(&self.token);
        if !body.is_null() {
            request = request.json(body);
        }
        let answer = request.send().await.expect("the server answers");
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    async fn does(&self, method: Method, path: &str, body: Value) -> Value {
        let (status, said) = self.asks(method, path, &body).await;
        assert!((200..300).contains(&status), "{path}: {status} {said}");
        said
    }

    async fn gets(&self, path: &str) -> Value {
        self.does(Method::GET, path, Value::Null).await
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// Sets the scene on a demo.
pub(crate) async fn set(server: &Server) -> Scene {
    let (mia, agent, admin) =
        (Caller::of(server, "customer").await, Caller::of(server, "agent").await, Caller::of(server, "admin").await);
    let [own, by_link] = file(&mia, "scene").await;
    let [over, _] = file(&mia, "over").await;
    visit(&agent, &admin, &over).await;
    let banner = banner(&agent).await;
    let article = article(&admin).await;
    bury(server.data()).await;
    let job = admin.gets("/api/v1/admin/jobs").await;
    let public = admin.gets("/api/v1/knowledge/public?q=television").await;
    let confirm = confirm(server).await;
    let survey = survey(server).await;
    // Last: they live ten minutes.
    let enter = one_time(server, 97, "/sign-in/code").await;
    let reset = one_time(server, 98, "/password/code").await;
    let help = format!("/help/{}", text(&public["items"][0]["id"]));
    let in_app = format!("/app/ticket/{}", TicketNumber::from_hash([1, 2, 3, 4, 5]));
    Scene {
        nobody: vec![by_link, confirm, survey, help, in_app, enter, reset],
        customer: vec![format!("/tickets/{own}"), format!("/tickets/{over}")],
        agent: vec![format!("/desk/banners/{banner}")],
        admin: vec![article, format!("/admin/jobs/{}", text(&job["items"][0]["id"]))],
    }
}

/// Files a ticket; gives back its id and its private page.
async fn file(mia: &Caller<'_>, key: &str) -> [String; 2] {
    let mut wire = Wire::open(mia.server.url()).await.expect("the server is up");
    let filed = wire.post("/api/v1/tickets", &filing::headers(&mia.token, key), &filing::body(key)).await;
    let filed: Value = serde_json::from_str(&filed.expect("it answers").body).unwrap_or_default();
    [text(&filed["id"]), text(&filed["track_url"]).trim_start_matches(mia.server.url()).to_owned()]
}

/// Somebody goes there and repairs it, as the desk hears on the phone; at any hour, so a rule may have to be overridden.
async fn visit(agent: &Caller<'_>, admin: &Caller<'_>, ticket: &str) {
    let experts = admin.gets("/api/v1/admin/experts?limit=5").await;
    let anybody = text(&experts["items"][0]["id"]);
    let expert = eventually("somebody is asked", SOON, async || {
        let now = agent.gets(&format!("/api/v1/tickets/{ticket}")).await;
        if let Some(asked) = now["expert"].as_str() {
            return Ok(asked.to_owned());
        }
        let offer = json!({ "expert": anybody, "override_reason": "The scene needs somebody" });
        let (_, said) = agent.asks(Method::POST, &format!("/api/v1/admin/tickets/{ticket}/offer"), &offer).await;
        Err(format!("{now} {said}"))
    })
    .await;
    for (kind, args) in [
        ("offer.accept", json!({})),
        ("ticket.depart", json!({})),
        ("ticket.arrive", json!({})),
        ("ticket.complete", json!({ "outcome": "fixed", "summary": "A new fuse." })),
    ] {
        let act = json!({ "kind": kind, "ticket": ticket, "args": args });
        agent.does(Method::POST, &format!("/api/v1/experts/{expert}/acts"), act).await;
    }
}

async fn banner(agent: &Caller<'_>) -> String {
    let areas = agent.gets("/api/v1/admin/areas").await;
    let until = Clock::machine().real_now().plus_minutes(60);
    let banner =
        json!({ "areas": [areas["items"][0]["id"]], "text": "The storm: we come, later than usual.", "until": until });
    text(&agent.does(Method::POST, "/api/v1/desk/banners", banner).await["id"])
}

/// An article that was changed: the page that compares its first version with the present one.
async fn article(admin: &Caller<'_>) -> String {
    let listed = admin.gets("/api/v1/admin/articles?limit=1").await;
    let (id, ver) = (text(&listed["items"][0]["id"]), listed["items"][0]["ver"].clone());
    let path = format!("/api/v1/admin/articles/{id}");
    let known = admin.gets(&path).await;
    let changed =
        json!({ "title": known["title"], "problem": known["problem"], "steps": "Pull the plug, wait, try again." });
    admin.does(Method::PUT, &path, json!({ "ver": ver, "text": changed })).await;
    let versions = admin.gets(&format!("{path}/versions")).await;
    format!("/knowledge/{id}/versions/{}", versions["items"][0]["ver"])
}

/// One job gave up.
async fn bury(data: &Path) {
    sqlx::any::install_default_drivers();
    let url = format!("sqlite:{}", data.join("sysops.db").display());
    let mut db = sqlx::AnyConnection::connect(&url).await.expect("the demo's database is there");
    let sql = "update job set state = 'dead', dead_at = 1, last_error = 'nothing but a test' where id in
        (select id from job where state = 'ready' order by due_at desc limit 1)";
    let done = sqlx::query(sql).execute(&mut db).await.expect("it can be written");
    assert_eq!(done.rows_affected(), 1, "there was a job");
    db.close().await.expect("it closes");
}

/// The link in the first captured message that holds this.
async fn link(server: &Server, part: &str) -> String {
    let found = eventually(&format!("a message with {part}"), SOON, async || {
        let answer = client().get(format!("{}/demo/messages", server.url())).send().await;
        let all: Value = answer.map_err(|error| error.to_string())?.json().await.map_err(|error| error.to_string())?;
        let mut links = all["messages"].as_array().into_iter().flatten().filter_map(|one| one["link"].as_str());
        links.find(|link| link.contains(part)).map(str::to_owned).ok_or_else(|| format!("captured: {all}"))
    })
    .await;
    found.trim_start_matches(server.url()).to_owned()
}

async fn confirm(server: &Server) -> String {
    registers(server, 99).await;
    link(server, "/confirm/").await
}

/// Somebody new; gives back the address.
async fn registers(server: &Server, n: u8) -> String {
    let email = format!("zoe{n}@example.com");
    let body = json!({ "name": "Zoë", "email": email, "phone": format!("+121255501{n}"), "password": "quiet-lamp-harbour",
        "address": { "line1": "215 W 100th St", "postal_code": "10025" } });
    let answer = client().post(format!("{}/api/v1/customers", server.url())).json(&body).send().await;
    assert_eq!(answer.expect("the server answers").status(), 201);
    email
}

/// Somebody new confirms the address and asks on this page; gives back the link of the mail.
async fn one_time(server: &Server, n: u8, page: &str) -> String {
    let email = registers(server, n).await;
    let posts = async |path: &str, body: String| {
        let request = client().post(format!("{}{path}", server.url())).body(body);
        let answer = request.header("content-type", "application/x-www-form-urlencoded").send().await;
        assert_eq!(answer.expect("the server answers").status(), 200, "{path}");
    };
    let path_in = |link: String| link.trim_start_matches(server.url()).to_owned();
    posts(&path_in(mailed(server, &email, "/confirm/").await), String::new()).await;
    posts(page, format!("login={email}")).await;
    path_in(mailed(server, &email, "/sign-in/link/").await)
}

async fn survey(server: &Server) -> String {
    // To a morning, whatever the hour is now: what is due in the morning and looked at in the evening waits for another one.
    let zone: Zone = "America/New_York".parse().expect("a zone");
    let today = zone.local(Clock::machine().real_now()).date;
    let jump = json!({ "to": zone.instant(today, 24 * 60 + AWAKE_MINUTE) });
    let jumped = client().post(format!("{}/demo/clock", server.url())).json(&jump).send().await;
    assert!(jumped.expect("the server answers").status().is_success());
    link(server, "/survey/").await
}

/// Buys a plan on the sandbox's pages; `look` is called on each page that is passed on the way.
pub(crate) async fn buys(browser: &Browser, url: &str, mut look: impl AsyncFnMut(&Browser)) {
    go(browser, &format!("{url}/plans")).await;
    click(browser, By::Css("a.button[href^='/plans/']")).await;
    look(browser).await;
    click(browser, By::Id("buy")).await;
    arrives(browser, "/sandbox/pay/").await;
    look(browser).await;
    // A card whose bank asks its owner.
    click(browser, By::XPath("//label[contains(., 'confirm once')]")).await;
    click(browser, By::Id("pay")).await;
    arrives(browser, "/sandbox/confirm/").await;
    look(browser).await;
    click(browser, By::Id("yes")).await;
    arrives(browser, "/plan?news=").await;
}

/// Chooses a file to bring in, and stops before it is kept.
pub(crate) async fn chooses_a_file(browser: &Browser, url: &str) {
    let folder = tempfile::tempdir().expect("a folder for the file");
    let file = folder.path().join("experts.csv");
    let lines = "name;email;phone;postal_code\nZoë;zoe1@example.com;+1 646 555 0101;10025\nBad;bad;1;0\n";
    std::fs::write(&file, lines).expect("the file can be written");
    go(browser, &format!("{url}/admin/import/experts")).await;
    type_into(browser, "file", &file.display().to_string()).await;
    click(browser, By::Id("send")).await;
    arrives(browser, "/admin/import/experts/").await;
}

async fn arrives(browser: &Browser, part: &str) {
    eventually(&format!("the address holds {part}"), SOON, async || {
        let at = browser.page().current_url().await.map_err(|error| error.to_string())?.to_string();
        if at.contains(part) { Ok(()) } else { Err(at) }
    })
    .await;
}
