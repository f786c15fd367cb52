//! Where the story happens: a demo on SQLite, whose messages stand on a page, or a server in production on PostgreSQL,
//! whose mails a mail server takes.

use serde_json::{Value, json};
use shared::time::Zone;
use sync_server::clock::Clock;
use sync_server::db::Engine;
use tests::filled::Filled;
use tests::http::client;
use tests::server::{Server, SignIn};
use tests::smtp::MailServer;
use tests::wait::{LATER, SOON, eventually};

/// The longest that a survey waits for the morning, in minutes.
const UNTIL_MORNING: i64 = 24 * 60;

/// A server with people in it.
pub(crate) struct Place {
    pub(crate) server: Server,
    pub(crate) customer: SignIn,
    experts: Vec<SignIn>,
    admin: SignIn,
    kind: Kind,
}

enum Kind {
    Demo,
    Production { filled: Filled, mails: MailServer },
}

impl Place {
    pub(crate) async fn demo() -> Self {
        let server = Server::demo(&[]).await;
        let of = |role: &str| server.sign_ins().into_iter().filter(|one| one.role == role).collect::<Vec<_>>();
        Self {
            customer: server.sign_in("customer"),
            admin: server.sign_in("admin"),
            experts: of("expert"),
            kind: Kind::Demo,
            server,
        }
    }

    /// The demo's experts, and a customer who registers and is granted a plan.
    pub(crate) async fn production() -> Self {
        let filled = Filled::new(Engine::Postgres).await;
        let mails = MailServer::start().await;
        let settings = [("SYSOPS_SMTP_URL", mails.url()), ("SYSOPS_MAIL_FROM", "help@example.com")];
        let server = Server::serve_with(&filled.fresh.url, &[], &settings).await;
        let admin = filled.of("admin").remove(0);
        let customer = registered(&server, &admin).await;
        Self { customer, experts: filled.of("expert"), admin, kind: Kind::Production { filled, mails }, server }
    }

    /// Login and password of the expert who was asked.
    pub(crate) async fn asked_expert(&self, number: &str) -> (String, String) {
        let login = match &self.kind {
            Kind::Demo => {
                let offer = self.captured("sms", |text| text.contains(number) && text.contains("New ticket")).await;
                offer["to"].as_str().expect("it went somewhere").to_owned()
            }
            // Nothing that rings is set up here: the office sees who was asked.
            Kind::Production { .. } => {
                let token = token(&self.server, &self.admin).await;
                let asked = eventually("an expert is asked", SOON, async || {
                    let tickets = ask(&self.server, &token, "/api/v1/admin/tickets?state=offered").await?;
                    let expert = tickets["items"][0]["expert"].as_str().map(str::to_owned);
                    expert.ok_or_else(|| tickets.to_string())
                });
                let path = format!("/api/v1/admin/experts/{}", asked.await);
                let expert = ask(&self.server, &token, &path).await.expect("the office sees its experts");
                expert["email"].as_str().unwrap_or_else(|| panic!("no e-mail: {expert}")).to_owned()
            }
        };
        (login, self.experts[0].password.clone())
    }

    /// The first mail to the customer that says this, with its link.
    pub(crate) async fn mail(&self, says: impl Fn(&str) -> bool) -> (String, Option<String>) {
        match &self.kind {
            Kind::Demo => {
                let mail = self.captured("email", says).await;
                let text = |name: &str| mail[name].as_str().map(str::to_owned);
                (text("body").unwrap_or_default(), text("link"))
            }
            Kind::Production { mails, .. } => {
                eventually("a mail", LATER, async || {
                    let taken = mails.taken();
                    let ours = taken.iter().filter(|mail| mail.to == self.customer.login);
                    let found = ours.map(|mail| mail.text.clone()).find(|text| says(text));
                    let link = |text: &str| text.lines().find(|line| line.starts_with("http")).map(str::to_owned);
                    found.map(|text| (text.clone(), link(&text))).ok_or_else(|| format!("taken so far: {taken:?}"))
                })
                .await
            }
        }
    }

    /// Where the customer is asked how it was. By day at once; the demo's clock jumps over the night.
    pub(crate) async fn survey_link(&self) -> String {
        if let Kind::Demo = self.kind {
            let jump = json!({ "minutes": UNTIL_MORNING });
            let jumped = client().post(format!("{}/demo/clock", self.server.url())).json(&jump).send().await;
            assert!(jumped.expect("the server answers").status().is_success());
        }
        let (text, link) = self.mail(|text| text.contains("Is it working?") || text.contains("is done")).await;
        link.unwrap_or_else(|| panic!("no link in {text}"))
    }

    /// The ledger balances, and nothing is left behind.
    pub(crate) async fn ends(self) {
        self.server.assert_balanced();
        drop(self.server);
        if let Kind::Production { filled, .. } = self.kind {
            filled.fresh.remove().await;
        }
    }

    /// The first captured message of a channel that says this.
    async fn captured(&self, channel: &str, says: impl Fn(&str) -> bool) -> Value {
        let url = format!("{}/demo/messages", self.server.url());
        eventually(&format!("a message by {channel}"), SOON, async || {
            let answer = client().get(&url).send().await.map_err(|error| error.to_string())?;
            let all: Value = answer.json().await.map_err(|error| error.to_string())?;
            let messages = all["messages"].as_array().cloned().unwrap_or_default();
            let fits = |one: &&Value| one["channel"] == channel && says(one["body"].as_str().unwrap_or_default());
            messages.iter().find(fits).cloned().ok_or_else(|| format!("captured so far: {messages:?}"))
        })
        .await
    }
}

async fn token(server: &Server, who: &SignIn) -> String {
    tests::crash::token(server.url(), &who.login, &who.password).await
}

async fn ask(server: &Server, token: &str, path: &str) -> Result<Value, String> {
    let answer = client().get(format!("{}{path}", server.url())).bearer_auth(token).send().await;
    answer.map_err(|error| error.to_string())?.json().await.map_err(|error| error.to_string())
}

/// A customer of Manhattan who registers over the API, lives by clocks that show the afternoon now (nobody is asked at
/// night how it was), hears by e-mail, and is granted a plan by an admin.
async fn registered(server: &Server, admin: &SignIn) -> SignIn {
    let zone = afternoon();
    let who = SignIn {
        role: "customer".to_owned(),
        login: "nora@example.com".to_owned(),
        password: "quiet-lamp-harbour".to_owned(),
    };
    let body = json!({
        "name": "Nora Ægisdóttir-Núñez", "email": who.login, "password": who.password, "phone": "+1 212 555 0190",
        "notify_by": "email", "locale": "en", "time_zone": zone.name(),
        "address": { "line1": "215 W 100th St", "city": "New York", "postal_code": "10025", "country": "US" },
    });
    let answer = client().post(format!("{}/api/v1/customers", server.url())).json(&body).send().await;
    let answer = answer.expect("the server answers");
    let status = answer.status();
    let made: Value = answer.json().await.expect("the answer is a document");
    assert_eq!(status.as_u16(), 201, "{made}");
    let id = made["id"].as_str().unwrap_or_else(|| panic!("no id: {made}"));
    let grant = json!({ "plan": "home_plus", "reason": "Registered for the test." });
    let path = format!("{}/api/v1/admin/customers/{id}/entitlements", server.url());
    let granted = client().post(path).bearer_auth(token(server, admin).await).json(&grant).send().await;
    let granted = granted.expect("the server answers");
    assert!(granted.status().is_success(), "{}", granted.text().await.unwrap_or_default());
    who
}

/// A zone whose clocks show about one in the afternoon.
fn afternoon() -> Zone {
    let hour = i32::from(Zone::utc().local(Clock::machine().real_now()).minute / 60);
    // The signs of these zones are the other way round: Etc/GMT-2 is two hours ahead of UTC.
    let name = match hour - 13 {
        0 => "Etc/GMT".to_owned(),
        behind => format!("Etc/GMT{behind:+}"),
    };
    name.parse().unwrap_or_else(|_| panic!("{name} is no zone"))
}
