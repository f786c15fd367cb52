//! Stripe as far as we use it, on a port: it takes forms with our key and version, does a request with a name once, charges
//! test cards, and tells what happened by signed calls, repeated and in any order. It can be made to fail in the ways in
//! which the real one fails. Its documents are those of the server's sandbox; a test compares them with Stripe's own
//! fixtures.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use shared::chance::{Chance, Seeded};
use sync_server::billing::sandbox::cards::TestCard;
use sync_server::billing::sandbox::people::{self, Next};
use sync_server::billing::sandbox::world::{Around, World};
use sync_server::billing::stripe::{Call, VERSION, Verb, signature};
use sync_server::clock::Clock;

use tokio::sync::watch;

use crate::http::client;
use crate::provider::{Asked, Provider, Reaction};

/// The account's secret key.
pub const KEY: &str = "sk_test_the_key_of_a_test";
/// What signs its calls.
pub const WEBHOOK_SECRET: &str = "whsec_the_secret_of_a_test";

/// How a request goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 429 with `Retry-After`, not taken.
    TooMany,
    /// 503, not taken.
    Unavailable,
    /// Taken, and answered with 500.
    BreakAfterTaking,
    /// Taken, and the socket closed.
    CloseAfterTaking,
    /// Not taken, and the socket closed.
    CloseBeforeTaking,
    /// 409: the same request is being answered.
    InUse,
    /// Taken, and answered only once [`Stripe::answers`] says so: what happened can be told before.
    AnswersLate,
}

/// Fields that Stripe's document names, of those that could be sent in their place; indexes in brackets are left out.
const FIELDS: [&str; 30] = [
    "name",
    "email",
    "metadata",
    "mode",
    "customer",
    "client_reference_id",
    "payment_method_types",
    "success_url",
    "cancel_url",
    "expires_at",
    "line_items",
    "payment_intent_data",
    "setup_intent_data",
    "amount",
    "currency",
    "payment_method",
    "description",
    "confirm",
    "off_session",
    "return_url",
    "cancellation_reason",
    "payment_intent",
    "reason",
    "limit",
    "starting_after",
    "ending_before",
    "created",
    "expand",
    "locale",
    "customer_email",
];

struct State {
    world: World,
    chance: Seeded,
    clock: Clock,
    faults: VecDeque<Fault>,
    complaints: Vec<String>,
    seen: Vec<String>,
    hangs: bool,
    /// Whether what was taken is answered.
    answers: watch::Sender<bool>,
    /// The answer that is given waits for that.
    holds: bool,
}

/// A running Stripe.
pub struct Stripe {
    state: Arc<Mutex<State>>,
    provider: Provider,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Stripe {
    /// Starts one without customers, on this clock.
    pub fn start(clock: Clock) -> Self {
        let (faults, complaints, seen) = (VecDeque::new(), Vec::new(), Vec::new());
        let (world, chance) = (World::default(), Seeded::new(7));
        let answers = watch::Sender::new(true);
        let state = State { world, chance, clock, faults, complaints, seen, hangs: false, answers, holds: false };
        let state = Arc::new(Mutex::new(state));
        let shared = state.clone();
        let provider = Provider::start(move |asked| {
            let mut state = lock(&shared);
            let reaction = state.react(&asked);
            let held = std::mem::take(&mut state.holds).then(|| state.answers.subscribe());
            drop(state);
            async move {
                if let Some(mut answers) = held {
                    // Whoever drops the provider ends the waiting too.
                    let _ = answers.wait_for(|answers| *answers).await;
                }
                reaction
            }
        });
        Self { state, provider }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        self.provider.url()
    }

    /// The settings of a server that charges by it.
    pub fn env(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("SYSOPS_STRIPE_URL", self.provider.url()),
            ("SYSOPS_STRIPE_SECRET_KEY", KEY),
            ("SYSOPS_STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET),
        ]
    }

    /// The next requests that charge or give back go wrong like this.
    pub fn fails(&self, faults: &[Fault]) {
        let mut state = lock(&self.state);
        state.faults.extend(faults);
        state.answers.send_replace(!faults.contains(&Fault::AnswersLate));
    }

    /// Answers what it has taken and not answered.
    pub fn answers(&self) {
        lock(&self.state).answers.send_replace(true);
    }

    /// From now on it answers nothing.
    pub fn hangs(&self) {
        lock(&self.state).hangs = true;
    }

    /// What was wrong with requests that the real one would refuse.
    pub fn complaints(&self) -> Vec<String> {
        lock(&self.state).complaints.clone()
    }

    /// Requests so far, `POST /v1/customers`.
    pub fn seen(&self) -> Vec<String> {
        lock(&self.state).seen.clone()
    }

    /// Somebody pays on a page with the card whose number this is; true where the page is done with.
    pub fn types(&self, session: &str, number: &str) -> bool {
        let card = TestCard::of_last4(number.get(number.len().saturating_sub(4)..).unwrap_or_default());
        let next = self.with(|world, around| match people::chooses(world, session, card, around) {
            Next::Bank(_) => people::answers(world, session, true, around),
            next => next,
        });
        matches!(next, Next::Away(_))
    }

    /// Somebody confirms a payment at their bank.
    pub fn confirms(&self, intent: &str) {
        self.with(|world, around| people::answers(world, intent, true, around));
    }

    /// A customer's bank asks a payment back.
    pub fn disputes(&self, intent: &str, state: &str) {
        self.with(|world, around| people::disputes(world, intent, state, around));
    }

    fn with<T>(&self, act: impl FnOnce(&mut World, &mut Around<'_>) -> T) -> T {
        lock(&self.state).with(act)
    }

    /// Its documents of a kind.
    pub fn documents(&self, kind: &str) -> Vec<Value> {
        lock(&self.state).world.of(kind).into_iter().map(|(_, doc)| doc.body.clone()).collect()
    }

    /// Tells what happened and was not told yet, the newest first and each twice. Gives back the server's answers.
    ///
    /// # Panics
    /// If the server does not answer.
    pub async fn tells(&self, server: &str) -> Vec<u16> {
        let (mut events, now) = {
            let state = lock(&self.state);
            (state.world.untold(), state.clock.real_now())
        };
        events.reverse();
        let mut answers = Vec::new();
        for (id, event) in events {
            for _ in 0..2 {
                let body = event.to_string();
                let header = signature::header(WEBHOOK_SECRET, body.as_bytes(), now);
                answers.push(tell(server, &header, body).await);
            }
            lock(&self.state).world.told(&id);
        }
        answers
    }
}

/// Calls the server as Stripe does.
///
/// # Panics
/// If the server does not answer.
pub async fn tell(server: &str, signature: &str, body: String) -> u16 {
    let call = client().post(format!("{server}/webhooks/stripe")).header("Stripe-Signature", signature);
    call.header("content-type", "application/json")
        .body(body)
        .send()
        .await
        .expect("the server answers")
        .status()
        .as_u16()
}

impl State {
    fn with<T>(&mut self, act: impl FnOnce(&mut World, &mut Around<'_>) -> T) -> T {
        let Self { world, chance, clock, .. } = self;
        let now = clock.real_now();
        let mut name = || format!("{:016x}{:08x}", chance.next_u64(), chance.next_u64() >> 32);
        let business_now = clock.business_now();
        act(world, &mut Around { now, business_now, name: &mut name, pages: "https://checkout.stripe.test" })
    }

    fn refuse(&mut self, status: u16, words: String) -> Reaction {
        self.complaints.push(words.clone());
        said(status, &json!({ "error": { "type": "invalid_request_error", "message": words } }))
    }

    fn react(&mut self, asked: &Asked) -> Reaction {
        self.seen.push(format!("{} {}", asked.method, asked.path));
        if self.hangs {
            return Reaction::Hang;
        }
        let verb = match asked.method.as_str() {
            "POST" => Verb::Post,
            "GET" => Verb::Get,
            "DELETE" => Verb::Delete,
            other => return self.refuse(405, format!("{other} is not allowed")),
        };
        let posts = verb == Verb::Post;
        if asked.header("authorization") != format!("Bearer {KEY}") {
            return self.refuse(401, "Invalid API Key provided".to_owned());
        }
        if asked.header("stripe-version") != VERSION {
            return self.refuse(400, "no version is pinned".to_owned());
        }
        let fields = if posts { asked.form() } else { asked.query.clone() };
        let known = |name: &str| FIELDS.contains(&name.split('[').next().unwrap_or_default());
        if let Some((name, _)) = fields.iter().find(|(name, _)| !known(name)) {
            return self.refuse(400, format!("Received unknown parameter: {name}"));
        }
        let key = Some(asked.header("idempotency-key").to_owned()).filter(|key| !key.is_empty());
        if posts && key.is_none() {
            return self.refuse(400, format!("{} changes something and has no key", asked.path));
        }
        let money = posts && (asked.path.starts_with("/v1/payment_intents") || asked.path == "/v1/refunds");
        let fault = if money { self.faults.pop_front() } else { None };
        match fault {
            Some(Fault::TooMany) => {
                let body = json!({ "error": { "type": "invalid_request_error", "code": "rate_limit" } }).to_string();
                return Reaction::Answer { status: 429, headers: vec![("retry-after", "1".to_owned())], body };
            }
            Some(Fault::Unavailable) => return said(503, &json!({ "error": { "type": "api_error" } })),
            Some(Fault::InUse) => {
                let error = json!({ "type": "idempotency_error", "code": "idempotency_key_in_use" });
                return said(409, &json!({ "error": error }));
            }
            Some(Fault::CloseBeforeTaking) => return Reaction::Close,
            Some(Fault::BreakAfterTaking | Fault::CloseAfterTaking | Fault::AnswersLate) | None => {}
        }
        self.holds = fault == Some(Fault::AnswersLate);
        let call = Call { verb, path: asked.path.clone(), fields, key };
        let (status, body) = self.with(|world, around| world.answer(&call, around));
        match fault {
            Some(Fault::BreakAfterTaking) => said(500, &json!({ "error": { "type": "api_error" } })),
            Some(Fault::CloseAfterTaking) => Reaction::Close,
            Some(
                Fault::TooMany | Fault::Unavailable | Fault::InUse | Fault::CloseBeforeTaking | Fault::AnswersLate,
            )
            | None => said(status, &body),
        }
    }
}

fn said(status: u16, body: &Value) -> Reaction {
    Reaction::Answer { status, headers: Vec::new(), body: body.to_string() }
}
