//! Firebase Cloud Messaging as far as we use it: a token endpoint that checks the signed claim, and `messages:send` that
//! takes a push or refuses it in the ways of the real one.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, RsaPublicKeyComponents};
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::provider::{Asked, Provider, Reaction};

/// The project.
pub const PROJECT: &str = "sysops-test";
const EMAIL: &str = "push@sysops-test.iam.gserviceaccount.com";
/// A token that it gives; each later one counts up.
const TOKEN: &str = "ya29.test";
/// Made for this file alone; it opens nothing.
const TEST_KEY: &str = concat!(
    "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQCzTa+aw+ws3ffAQ4EnEipy5nkDRjwn2GmSIMqYOlUVe58frgH/hzfC",
    "USxVPbI3H2lTd66pFULXwJ2uhtjJ5yUbD/RwYbnZB/YyBcdesr5lxju8ICMjHWIAeI2URraX3cs3VX9Ph51JkAJ+1yW/snbRkosSDMtN",
    "6krH8Mk0c0kZij+dSWwTgmN09RwVe4HULXmZDuIbWEDI8d/Zfvxi/UT+51aOruWBN7Unv4g/PX1PJDXHn18eMWs5ilsdhTobmmK1IXe2",
    "nOUki8bvKF21Ob8D2FspW10RfJEEqpHb0ugEyokTUpO4dW9ZwiPavxJkw/QmC05iRRDGX6hEkoWKt/t3AgMBAAECggEABwUEwoBD1cV5",
    "yAgoKOUmtwOV9ct+N5dPSJQVtJNu9jfkrBYD+dQ0X9CwdbkhQUh6WiON0N4R8k7EnZO8/7nR5RE+M52Vpg0QMtprPuwgshuBqS22XhTt",
    "8wI5lRkiKW3mSf14cPBc4B7Zp0BQ2tXEzIfLuda5HcckecuVuVQ5vfPkMJTpbP+vD+lMNAkoFLMh0SCgW7inXaO3hl1xNccUXsG5mTRr",
    "MCPrM9Ruf3iB1loFwiyNiIKM5HUe38aJUmsIi/BCVZed6sCxDtH6ro4/LZgkOjr6vgquybY1XA1rLrVTuLPrSeP6wJr7yegkjm1v75+K",
    "Ihu8/vc0LUnMIILI6QKBgQDh5tpOfDRv7+OhIy6YhgvWXwZetV5pw+ZABOEisIQwpe59692vrGJn601XIVcvo4uZwNy4gewqcCuPxy85",
    "HRBYr7aNox09uOfsF7oozJl2GM1oyAp1pZ5NbDSwPZ+VP82/9/+tqxcBGbjFnBJM+9q0U+7EGG15AJbTceGSBfRz2wKBgQDLMXCJ93N/",
    "XZflNjZnks1K9jtE8uCv/vETjeoYU3KPpIMAauwhA1GLRJd5xeoE0fOc8OoZ1ldhoWm1nUpriIENvi/0kUt5bo3zN7YdIGiQOqH7NHyN",
    "9KyXmsF1q3TmCVHqcDJ418Vj/MJL/M+XpWUG5YeSD5E0G2QkcO5BH423lQKBgQCPjC+bAggcPVbrdTzNxRhOj7GvixbEpKxyb+dUMNC/",
    "TSHAuJn1YNhjar2JqXEKn6U8/bYENOMKkJ7NzWevpk1V3cpmNImHSDFv8B/mfyThS59zfvJOkgCG+ER+3ZnDsHihDQlWpUqH831bbPKg",
    "IsZ2IoOt7kvaQUqWcF5DeS8+UwKBgQDGvBVJK7hQU1c0PWDazo9yCQERP8gY+u4JZR0YK835xjrG1s0awOcpoq3Q0Y1Ap6Rw1ITzPlv6",
    "xmfg1PWr1Tf8HA9FUjKSk1nND6lUNZVvs5koXD6SjUOdiCQ9lbPhJi5zcMc8wDV0xQu4TI0x0ffM1gRSDF3FrCC3L6koEteGPQKBgEab",
    "pdTGwc9H4KuZC30fD6qBroJi9s08iQ0RoOWU30hxrO1/7NZbtjCwGEfkmTBrYuD7F5jYgqh4SjBvEsL5NJ8+AkB0srBZr07IjKGg6L3H",
    "ttcO8vK2mhnHreDJMQt403NH4ocC+cOeYlgog9SskKoiq44BF7yw7ZkxSWYhuFaw",
);

/// How a push goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The app was removed.
    Unregistered,
    /// Too many, with `Retry-After`.
    QuotaExceeded,
    /// Down for a moment.
    Unavailable,
    /// The access token is no longer good.
    TokenExpired,
}

#[derive(Default)]
struct State {
    taken: Vec<Value>,
    faults: BTreeMap<String, VecDeque<Fault>>,
    n_tokens: usize,
    complaints: Vec<String>,
    n_hanging: usize,
    hangs: bool,
}

/// A running FCM.
pub struct Fcm {
    state: Arc<Mutex<State>>,
    provider: Provider,
    credentials: NamedTempFile,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Fcm {
    /// Starts one, and writes the file of a service account that it knows.
    ///
    /// # Panics
    /// If the temporary folder cannot be written.
    pub fn start() -> Self {
        let state: Arc<Mutex<State>> = Arc::default();
        let shared = state.clone();
        let provider = Provider::start(move |asked| {
            let reaction = lock(&shared).react(&asked);
            async move { reaction }
        });
        let lines: Vec<&str> =
            TEST_KEY.as_bytes().chunks(64).map(|line| str::from_utf8(line).expect("ASCII")).collect();
        let document = json!({
            "type": "service_account",
            "project_id": PROJECT,
            "client_email": EMAIL,
            "private_key": format!("-----BEGIN {0}-----\n{1}\n-----END {0}-----\n", "PRIVATE KEY", lines.join("\n")),
            "token_uri": format!("{}/token", provider.url()),
        });
        let credentials = NamedTempFile::new().expect("the temporary folder can be written");
        std::fs::write(credentials.path(), document.to_string()).expect("the temporary folder can be written");
        Self { state, provider, credentials }
    }

    /// The settings of a server that pushes by it.
    ///
    /// # Panics
    /// If the temporary folder's name is no text.
    pub fn env(&self) -> Vec<(&'static str, &str)> {
        let file = self.credentials.path().to_str().expect("a temporary file has a plain name");
        vec![("SYSOPS_FCM_URL", self.provider.url()), ("SYSOPS_FCM_CREDENTIALS", file)]
    }

    /// The next pushes to a phone go wrong like this, one after the other.
    pub fn fails(&self, phone: &str, faults: &[Fault]) {
        lock(&self.state).faults.entry(phone.to_owned()).or_default().extend(faults);
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        self.provider.url()
    }

    /// The file of the service account.
    pub fn credentials(&self) -> &Path {
        self.credentials.path()
    }

    /// From now on it answers no push.
    pub fn hangs(&self) {
        lock(&self.state).hangs = true;
    }

    /// How many pushes wait for an answer that never comes.
    pub fn n_hanging(&self) -> usize {
        lock(&self.state).n_hanging
    }

    /// What it took for a phone.
    pub fn taken(&self, phone: &str) -> Vec<Value> {
        let taken = &lock(&self.state).taken;
        taken.iter().filter(|message| message["token"] == json!(phone)).cloned().collect()
    }

    /// How many tokens it gave.
    pub fn n_tokens(&self) -> usize {
        lock(&self.state).n_tokens
    }

    /// What was wrong with requests.
    pub fn complaints(&self) -> Vec<String> {
        lock(&self.state).complaints.clone()
    }
}

impl State {
    fn react(&mut self, asked: &Asked) -> Reaction {
        let send = format!("/v1/projects/{PROJECT}/messages:send");
        match (asked.method.as_str(), asked.path.as_str()) {
            ("POST", "/token") => self.give_token(asked),
            ("POST", path) if path == send => self.take(asked),
            (method, path) => self.refuse(404, "NOT_FOUND", format!("{method} {path} is not there")),
        }
    }

    fn refuse(&mut self, status: u16, code: &str, words: String) -> Reaction {
        self.complaints.push(words.clone());
        refusal(status, code, &words)
    }

    fn give_token(&mut self, asked: &Asked) -> Reaction {
        let form = asked.form();
        let field = |name: &str| form.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value);
        let uri = format!("http://{}/token", asked.header("host"));
        if field("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" || !is_signed(field("assertion"), &uri)
        {
            return self.refuse(400, "invalid_grant", "the claim is not the account's".to_owned());
        }
        self.n_tokens += 1;
        let token = format!("{TOKEN}.{}", self.n_tokens);
        let body = json!({ "access_token": token, "expires_in": 3_599, "token_type": "Bearer" });
        Reaction::Answer { status: 200, headers: Vec::new(), body: body.to_string() }
    }

    fn take(&mut self, asked: &Asked) -> Reaction {
        if asked.header("authorization") != format!("Bearer {TOKEN}.{}", self.n_tokens) {
            return self.refuse(401, "UNAUTHENTICATED", "who are you?".to_owned());
        }
        if self.hangs {
            self.n_hanging += 1;
            return Reaction::Hang;
        }
        let message = serde_json::from_slice::<Value>(&asked.body).unwrap_or_default()["message"].clone();
        let Some(phone) = message["token"].as_str().map(str::to_owned) else {
            return self.refuse(400, "INVALID_ARGUMENT", "the message names no token".to_owned());
        };
        let only_text = |data: &Value| data.as_object().is_some_and(|data| data.values().all(Value::is_string));
        if !only_text(&message["data"]) {
            return self.refuse(400, "INVALID_ARGUMENT", "data holds only text".to_owned());
        }
        match self.faults.get_mut(&phone).and_then(VecDeque::pop_front) {
            Some(Fault::Unregistered) => refusal(404, "UNREGISTERED", "Requested entity was not found."),
            Some(Fault::QuotaExceeded) => late(429, "QUOTA_EXCEEDED"),
            Some(Fault::Unavailable) => late(503, "UNAVAILABLE"),
            Some(Fault::TokenExpired) => refusal(401, "UNAUTHENTICATED", "Request had invalid credentials."),
            None => {
                self.taken.push(message);
                let name = format!("projects/{PROJECT}/messages/{}", self.taken.len());
                Reaction::Answer { status: 200, headers: Vec::new(), body: json!({ "name": name }).to_string() }
            }
        }
    }
}

fn is_signed(claim: &str, uri: &str) -> bool {
    let pair = RsaKeyPair::from_pkcs8(&STANDARD.decode(TEST_KEY).expect("it is base64")).expect("it is a key");
    let public: RsaPublicKeyComponents<Vec<u8>> = pair.public().into();
    let Some((signed, signature)) = claim.rsplit_once('.') else { return false };
    let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
    let payload = signed.split_once('.').and_then(|(_, payload)| URL_SAFE_NO_PAD.decode(payload).ok());
    let claims = payload.and_then(|payload| serde_json::from_slice::<Value>(&payload).ok()).unwrap_or_default();
    let lasts = claims["exp"].as_i64().zip(claims["iat"].as_i64()).is_some_and(|(end, start)| end - start <= 3_600);
    let says = claims["iss"] == json!(EMAIL) && claims["aud"] == json!(uri) && lasts;
    says && public.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature).is_ok()
}

fn error(status: u16, code: &str, words: &str) -> String {
    let detail = json!({ "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code });
    json!({ "error": { "code": status, "message": words, "status": code, "details": [detail] } }).to_string()
}

fn refusal(status: u16, code: &str, words: &str) -> Reaction {
    Reaction::Answer { status, headers: Vec::new(), body: error(status, code, words) }
}

fn late(status: u16, code: &str) -> Reaction {
    Reaction::Answer { status, headers: vec![("retry-after", "1".to_owned())], body: error(status, code, "later") }
}
