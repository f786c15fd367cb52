//! Where the story happens: a demo on SQLite, whose messages stand on a page, or production on PostgreSQL: two servers, two
//! workers, and providers that speak the real protocols.

use serde_json::{Value, json};
use shared::time::Zone;
use sync_server::clock::Clock;
use sync_server::db::Engine;
use tests::card_numbers::card_numbers;
use tests::fcm::Fcm;
use tests::filled::Filled;
use tests::http::client;
use tests::server::{Server, SignIn};
use tests::smtp::MailServer;
use tests::stripe::Stripe;
use tests::twilio::Twilio;
use tests::wait::{LATER, SOON, eventually};
use tests::worker::Worker;

/// A card that works, as its owner types it.
const CARD: &str = "4242424242424242";
/// When the demo's customers, who live by New York's clocks, have long been awake: ten in the morning.
const AWAKE_MINUTE: u16 = 10 * 60;

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
    Production(Box<Production>),
}

/// What stands around the first server in production.
struct Production {
    filled: Filled,
    mails: MailServer,
    twilio: Twilio,
    fcm: Fcm,
    stripe: Stripe,
    /// Phones come here, browsers to the first.
    second: Server,
    workers: [Worker; 2],
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
        let (mails, twilio, fcm) = (MailServer::start().await, Twilio::start(), Fcm::start());
        let stripe = Stripe::start(Clock::machine());
        let mail = [("SYSOPS_SMTP_URL", mails.url()), ("SYSOPS_MAIL_FROM", "help@example.com")];
        // Sixty phones sign in from here.
        let more = [("SYSOPS_SIGN_INS_PER_MINUTE", "0")];
        let mut settings = [&mail[..], &twilio.env(), &fcm.env(), &stripe.env(), &more].concat();
        let url = &filled.fresh.url;
        let server = Server::serve_with(url, &["--no-worker"], &settings).await;
        let second = Server::serve_with(url, &["--no-worker"], &settings).await;
        // Links and calls of providers lead to the first server, whichever worker makes them.
        settings.push(("SYSOPS_PUBLIC_URL", server.url()));
        let workers = [Worker::start(url, &settings), Worker::start(url, &settings)];
        let (admin, experts) = (filled.of("admin").remove(0), filled.of("expert"));
        let customer = registered(&server, &stripe).await;
        for expert in &experts {
            rings(&second, expert).await;
        }
        let kind = Kind::Production(Box::new(Production { filled, mails, twilio, fcm, stripe, second, workers }));
        Self { server, customer, experts, admin, kind }
    }

    /// Where phones come to.
    pub(crate) fn phones_url(&self) -> &str {
        match &self.kind {
            Kind::Demo => self.server.url(),
            Kind::Production(production) => production.second.url(),
        }
    }

    /// The servers are gone, and half of the workers.
    pub(crate) fn power_fails(&mut self) {
        self.server.kill_9();
        if let Kind::Production(production) = &mut self.kind {
            production.second.kill_9();
            production.workers[0].kill_9();
        }
    }

    /// All are there again.
    pub(crate) async fn power_is_back(&mut self) {
        self.server.up_again().await;
        if let Kind::Production(production) = &mut self.kind {
            production.second.up_again().await;
            production.workers[0].up_again();
        }
    }

    /// Login and password of the expert who was asked.
    pub(crate) async fn asked_expert(&self, number: &str) -> (String, String) {
        let login = match &self.kind {
            Kind::Demo => {
                let offer = self.captured("sms", |text| text.contains(number) && text.contains("YES or NO")).await;
                offer["to"].as_str().expect("it went somewhere").to_owned()
            }
            Kind::Production(production) => {
                let taken = eventually("an offer by SMS", LATER, async || {
                    let taken = production.twilio.taken();
                    let offer = taken.iter().find(|sms| sms.body.contains(number) && sms.body.contains("YES or NO"));
                    offer.cloned().ok_or_else(|| format!("{taken:?}"))
                })
                .await;
                // The office sees the same: who was asked.
                let token = token(&self.server, &self.admin).await;
                let tickets = ask(&self.server, &token, "/api/v1/admin/tickets?state=offered").await;
                let tickets = tickets.expect("the office sees tickets");
                let ours =
                    tickets["items"].as_array().and_then(|items| items.iter().find(|one| one["number"] == number));
                let ours = ours.unwrap_or_else(|| panic!("{number} is not among the offered: {tickets}"));
                let path = format!("/api/v1/admin/experts/{}", ours["expert"].as_str().unwrap_or_default());
                let expert = ask(&self.server, &token, &path).await.expect("the office sees its experts");
                assert_eq!(expert["phone"], taken.to, "{expert}");
                let email = expert["email"].as_str().unwrap_or_else(|| panic!("no e-mail: {expert}")).to_owned();
                eventually("his phone rings", LATER, async || {
                    let rung = production.fcm.taken(&email);
                    if rung.iter().any(|push| push["data"]["kind"] == "offer") {
                        Ok(())
                    } else {
                        Err(format!("{rung:?}"))
                    }
                })
                .await;
                email
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
            Kind::Production(production) => {
                eventually("a mail", LATER, async || {
                    let taken = production.mails.taken();
                    let ours = taken.iter().filter(|mail| mail.to == self.customer.login);
                    let found = ours.map(|mail| mail.text.clone()).find(|text| says(text));
                    let link = |text: &str| text.lines().find(|line| line.starts_with("http")).map(str::to_owned);
                    found.map(|text| (text.clone(), link(&text))).ok_or_else(|| format!("taken so far: {taken:?}"))
                })
                .await
            }
        }
    }

    /// Where the customer is asked how it was. By day at once; the demo's clock jumps over the night, to the next day's
    /// morning whatever the hour is now: what is due in the morning and looked at in the evening waits for another one.
    pub(crate) async fn survey_link(&self) -> String {
        if let Kind::Demo = self.kind {
            let zone: Zone = "America/New_York".parse().expect("a zone");
            let today = zone.local(Clock::machine().real_now()).date;
            let jump = json!({ "to": zone.instant(today, 24 * 60 + AWAKE_MINUTE) });
            let jumped = client().post(format!("{}/demo/clock", self.server.url())).json(&jump).send().await;
            assert!(jumped.expect("the server answers").status().is_success());
        }
        let (text, link) = self.mail(|text| text.contains("Is it working?") || text.contains("is done")).await;
        link.unwrap_or_else(|| panic!("no link in {text}"))
    }

    /// The ledger balances, and nothing is left behind.
    pub(crate) async fn ends(self) {
        self.server.assert_balanced();
        if let Kind::Production(production) = &self.kind {
            no_card_number(&self.server, production);
        }
        drop(self.server);
        if let Kind::Production(production) = self.kind {
            let Production { filled, twilio, fcm, stripe, second, workers, .. } = *production;
            assert_eq!(stripe.complaints(), Vec::<String>::new(), "each request is one that Stripe allows");
            assert_eq!(twilio.complaints(), Vec::<String>::new(), "each request is one that Twilio allows");
            // The first request of each process has no token yet.
            let refused: Vec<String> = fcm.complaints().into_iter().filter(|why| why != "who are you?").collect();
            assert_eq!(refused, Vec::<String>::new(), "each request is one that Google allows");
            drop((second, workers));
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

/// An expert's phone is registered for push, under the expert's own address.
async fn rings(server: &Server, expert: &SignIn) {
    let token = token(server, expert).await;
    let me = ask(server, &token, "/api/v1/me").await.expect("an expert sees the own login");
    let email = me["email"].as_str().unwrap_or(&expert.login);
    let phone = json!({ "name": "A phone", "platform": "android", "push_token": email });
    let made = client().post(format!("{}/api/v1/device", server.url())).bearer_auth(token).json(&phone).send().await;
    let made = made.expect("the server answers");
    assert!(made.status().is_success(), "{}", made.text().await.unwrap_or_default());
}

async fn token(server: &Server, who: &SignIn) -> String {
    tests::crash::token(server.url(), &who.login, &who.password).await
}

async fn ask(server: &Server, token: &str, path: &str) -> Result<Value, String> {
    let answer = client().get(format!("{}{path}", server.url())).bearer_auth(token).send().await;
    answer.map_err(|error| error.to_string())?.json().await.map_err(|error| error.to_string())
}

/// The card was typed at the provider, and its number is nowhere with us: not in the database, not in its backup, and in
/// no line that any server or worker printed in any of its lives.
fn no_card_number(server: &Server, production: &Production) {
    let folder = tempfile::tempdir().expect("the temporary folder can be written");
    let file = folder.path().join("kept.backup");
    server.backup(&file);
    let kept = zstd::decode_all(&std::fs::read(&file).expect("it was written")[..]).expect("it is a backup");
    let kept = String::from_utf8_lossy(&kept).into_owned();
    assert!(kept.contains("nora@example.com") && kept.contains("4242"), "what was bought with the card is there");
    assert_eq!(card_numbers(&kept), Vec::<String>::new(), "in the backup");
    let printed = [server.printed(), production.second.printed()].into_iter();
    for lines in printed.chain(production.workers.iter().map(Worker::printed)) {
        assert!(!lines.is_empty(), "each says something");
        assert_eq!(card_numbers(&lines.join("\n")), Vec::<String>::new(), "in what was printed");
    }
}

/// A customer of Manhattan who registers over the API, lives by clocks that show the afternoon now (nobody is asked at
/// night how it was), hears by e-mail, and buys a plan with a card on the provider's page.
async fn registered(server: &Server, stripe: &Stripe) -> SignIn {
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
    let token = token(server, &who).await;
    let wanted = json!({ "plan": "home_plus" });
    let path = format!("{}/api/v1/me/entitlements", server.url());
    let page = client().post(path).bearer_auth(&token).json(&wanted).send().await.expect("the server answers");
    let page: Value = page.json().await.expect("the answer is a document");
    let session = page["checkout_url"].as_str().and_then(|url| url.rsplit('/').next()).unwrap_or_default();
    assert!(stripe.types(session, CARD), "the card is taken at {page}");
    let told = stripe.tells(server.url()).await;
    assert!(told.iter().all(|status| *status == 204), "{told:?}");
    eventually("the plan is paid", LATER, async || {
        let plans = ask(server, &token, "/api/v1/me/entitlements").await?;
        if plans["items"][0]["state"] == "active" { Ok(()) } else { Err(plans.to_string()) }
    })
    .await;
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
