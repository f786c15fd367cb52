//! Twilio as far as we use it: messages are taken and listed, what became of them is told by signed calls. It refuses
//! what the real one does not know, and can be made to fail in each of the ways in which the real one fails.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha1::Sha1;
use shared::time::Timestamp;

use crate::document::{Part, fault_of_answer, fault_of_fields};
use crate::http::client;
use crate::provider::{Asked, Provider, Reaction};

/// The account that it knows.
pub const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
/// The account's secret.
pub const SECRET: &str = "the secret of a test's account";
/// The number that sends.
pub const FROM: &str = "+15005550006";

/// Characters of one message.
const BODY_CHARS_MAX: usize = 1_600;

/// How a sending goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 429 with `Retry-After`, not taken.
    TooMany,
    /// Taken, and answered with 500.
    BreakAfterTaking,
    /// Taken, and never answered.
    HangAfterTaking,
    /// Taken, and the socket closed.
    CloseAfterTaking,
    /// 503, not taken.
    Unavailable,
    /// The number does not exist.
    NoSuchNumber,
}

/// A message that it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Its id.
    pub sid: String,
    /// To whom.
    pub to: String,
    /// What it says.
    pub body: String,
    /// Where to tell what became of it.
    pub callback: String,
    /// When.
    at: Timestamp,
}

#[derive(Default)]
struct State {
    taken: Vec<Taken>,
    faults: BTreeMap<String, VecDeque<Fault>>,
    complaints: Vec<String>,
    n_lists: usize,
    hang_at: Option<usize>,
}

/// A running Twilio.
pub struct Twilio {
    state: Arc<Mutex<State>>,
    provider: Provider,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Twilio {
    /// Starts one without messages.
    pub fn start() -> Self {
        let state: Arc<Mutex<State>> = Arc::default();
        let shared = state.clone();
        let provider = Provider::start(move |asked| {
            let reaction = lock(&shared).react(&asked);
            async move { reaction }
        });
        Self { state, provider }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        self.provider.url()
    }

    /// The settings of a server that sends by it.
    pub fn env(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("SYSOPS_TWILIO_URL", self.provider.url()),
            ("SYSOPS_TWILIO_ACCOUNT_SID", ACCOUNT),
            ("SYSOPS_TWILIO_AUTH_TOKEN", SECRET),
            ("SYSOPS_TWILIO_FROM", FROM),
            // As fast as it goes: what a pace does is tried elsewhere.
            ("SYSOPS_SMS_PER_SECOND", "0"),
        ]
    }

    /// The next messages to a number go wrong like this, one after the other.
    pub fn fails(&self, to: &str, faults: &[Fault]) {
        lock(&self.state).faults.entry(to.to_owned()).or_default().extend(faults);
    }

    /// Takes the message that is the `n`th in all, and answers neither it nor any after it until [`Self::goes_on`].
    pub fn hangs_at(&self, n: usize) {
        lock(&self.state).hang_at = Some(n);
    }

    /// Answers again.
    pub fn goes_on(&self) {
        lock(&self.state).hang_at = None;
    }

    /// What it took.
    pub fn taken(&self) -> Vec<Taken> {
        lock(&self.state).taken.clone()
    }

    /// How many it took.
    pub fn n_taken(&self) -> usize {
        lock(&self.state).taken.len()
    }

    /// How often its list was asked for.
    pub fn n_lists(&self) -> usize {
        lock(&self.state).n_lists
    }

    /// What was wrong with requests that the real one would refuse.
    pub fn complaints(&self) -> Vec<String> {
        lock(&self.state).complaints.clone()
    }

    /// Tells the server what became of a message, signed with this secret. Gives back the server's status.
    ///
    /// # Panics
    /// If the server does not answer.
    pub async fn tells(&self, message: &Taken, status: &str, error_code: Option<&str>, secret: &str) -> u16 {
        let mut fields = vec![
            ("AccountSid", ACCOUNT.to_owned()),
            ("ApiVersion", "2010-04-01".to_owned()),
            ("From", FROM.to_owned()),
            ("MessageSid", message.sid.clone()),
            ("MessageStatus", status.to_owned()),
            ("SmsSid", message.sid.clone()),
            ("SmsStatus", status.to_owned()),
            ("To", message.to.clone()),
        ];
        fields.extend(error_code.map(|code| ("ErrorCode", code.to_owned())));
        fields.sort();
        let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).expect("any key will do");
        mac.update(message.callback.as_bytes());
        for (name, value) in &fields {
            mac.update(name.as_bytes());
            mac.update(value.as_bytes());
        }
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        let call = client().post(&message.callback).header("X-Twilio-Signature", signature).form(&fields);
        call.send().await.expect("the server answers").status().as_u16()
    }
}

impl State {
    fn react(&mut self, asked: &Asked) -> Reaction {
        let path = format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json");
        let credentials = format!("Basic {}", STANDARD.encode(format!("{ACCOUNT}:{SECRET}")));
        if asked.path != path {
            return self.refuse(404, 20404, format!("{} is not there", asked.path));
        }
        if asked.header("authorization") != credentials {
            return self.refuse(401, 20003, "who are you?".to_owned());
        }
        match asked.method.as_str() {
            "POST" => self.take(asked),
            "GET" => self.list(asked),
            other => self.refuse(405, 20004, format!("{other} is not allowed")),
        }
    }

    fn refuse(&mut self, status: u16, code: i64, words: String) -> Reaction {
        self.complaints.push(words.clone());
        refusal(status, code, &words)
    }

    fn take(&mut self, asked: &Asked) -> Reaction {
        let form = asked.form();
        let is_form = asked.header("content-type").starts_with("application/x-www-form-urlencoded");
        if let Some(fault) = fault_of_fields(Part::Create, &form) {
            return self.refuse(400, 20001, fault);
        }
        let field = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        let (Some(to), Some(body), true) = (field("To"), field("Body"), is_form) else {
            return self.refuse(400, 21604, "'To' and 'Body' are required, in a form".to_owned());
        };
        if !to.starts_with('+') || !to[1..].chars().all(|digit| digit.is_ascii_digit()) {
            return self.refuse(400, 21211, format!("{to} is not a number"));
        }
        if body.is_empty() || body.chars().count() > BODY_CHARS_MAX {
            return self.refuse(400, 21617, "the body is too long or empty".to_owned());
        }
        if field("From").as_deref() != Some(FROM) {
            return self.refuse(400, 21606, "the sender is not the account's".to_owned());
        }
        let fault = self.faults.get_mut(&to).and_then(VecDeque::pop_front);
        match fault {
            Some(Fault::TooMany) => {
                let body = json!({ "code": 20429, "message": "Too Many Requests", "status": 429 }).to_string();
                return Reaction::Answer { status: 429, headers: vec![("retry-after", "1".to_owned())], body };
            }
            Some(Fault::Unavailable) => return refusal(503, 20503, "Service Unavailable"),
            Some(Fault::NoSuchNumber) => return refusal(400, 21211, "The 'To' number is not a valid phone number."),
            Some(Fault::BreakAfterTaking | Fault::HangAfterTaking | Fault::CloseAfterTaking) | None => {}
        }
        let sid = format!("SM{:032x}", self.taken.len() + 1);
        let at = sync_server::clock::Clock::machine().real_now();
        let callback = field("StatusCallback").unwrap_or_default();
        self.taken.push(Taken { sid, to, body, callback, at });
        if self.hang_at.is_some_and(|n| self.taken.len() >= n) {
            return Reaction::Hang;
        }
        match fault {
            Some(Fault::BreakAfterTaking) => refusal(500, 20500, "Internal Server Error"),
            Some(Fault::HangAfterTaking) => Reaction::Hang,
            Some(Fault::CloseAfterTaking) => Reaction::Close,
            Some(Fault::TooMany | Fault::Unavailable | Fault::NoSuchNumber) | None => {
                let message = self.taken.last().map(shown).unwrap_or_default();
                Reaction::Answer { status: 201, headers: Vec::new(), body: message.to_string() }
            }
        }
    }

    fn list(&mut self, asked: &Asked) -> Reaction {
        self.n_lists += 1;
        if let Some(fault) = fault_of_fields(Part::List, &asked.query) {
            return self.refuse(400, 20001, fault);
        }
        let filter = |name: &str| asked.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        let since = filter("DateSent>").map(|since| since.parse::<Timestamp>());
        let Ok(since) = since.transpose() else {
            return self.refuse(400, 20001, "DateSent is no time".to_owned());
        };
        let to = filter("To");
        let chosen = self.taken.iter().rev().filter(|one| to.as_ref().is_none_or(|to| *to == one.to));
        let chosen = chosen.filter(|one| since.is_none_or(|since| one.at >= since));
        let n_max = filter("PageSize").and_then(|n| n.parse().ok()).unwrap_or(50);
        let messages: Vec<Value> = chosen.take(n_max).map(shown).collect();
        let body = json!({ "messages": messages, "page": 0, "page_size": n_max, "next_page_uri": null }).to_string();
        Reaction::Answer { status: 200, headers: Vec::new(), body }
    }
}

fn refusal(status: u16, code: i64, words: &str) -> Reaction {
    let more_info = format!("https://www.twilio.com/docs/errors/{code}");
    let body = json!({ "code": code, "message": words, "more_info": more_info, "status": status });
    Reaction::Answer { status, headers: Vec::new(), body: body.to_string() }
}

/// A message as the real one shows it.
fn shown(message: &Taken) -> Value {
    let shown = json!({
        "account_sid": ACCOUNT,
        "api_version": "2010-04-01",
        "body": message.body,
        "direction": "outbound-api",
        "error_code": null,
        "error_message": null,
        "from": FROM,
        "num_segments": "1",
        "sid": message.sid,
        "status": "queued",
        "to": message.to,
    });
    assert_eq!(fault_of_answer(Part::Message, &shown), None, "the fake answers as the real one");
    shown
}
