//! The document of calls is true: schemathesis asks every call of `/api/v1/openapi.json` with requests that fit it and
//! requests that do not, as each role and as nobody, against a real server with the demo's world. No call fails on our
//! side, answers with a status, a kind of content or a shape that the document does not name, or does for one role what is
//! another's.
//!
//! `tests/run` installs schemathesis. A run prints its seed; `SYSOPS_TEST_SEED=7` takes another one, and the same seed asks
//! the same. Needs no network of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use sync_server::http::openapi::TABLE;
use tests::filing;
use tests::http::client;
use tests::process::run;
use tests::server::{Server, SignIn};
use tests::wire::Wire;

/// Requests for one call of the role's own, and of another's, which only have to be refused.
const CASES_OF_OWN: u32 = 10;
const CASES_OF_OTHERS: u32 = 2;
const SEED: u32 = 1;
/// The document has no 5xx but 503, which a machine that is too busy may answer; see [`BUSY_PERCENT_MAX`].
const CHECKS: &str = "status_code_conformance,content_type_conformance,response_schema_conformance";
/// Calls that are not asked, and why.
const LEFT_OUT: [(&str, &str); 3] = [
    ("/api/v1/sign-out", "it ends the token, and everything after it would only be refused"),
    ("/api/v1/hints", "it is a stream that never ends"),
    ("/api/v1/desk/hints", "it is a stream that never ends"),
];
/// So many of a role's calls must have been done at least once, in percent: a run that is only refused says nothing.
const DONE_PERCENT_MIN: usize = 33;

/// So many answers may be that we are too busy: beside other tests the machine is.
const BUSY_PERCENT_MAX: usize = 5;

fn schemathesis() -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/schemathesis/bin/schemathesis");
    assert!(
        beside.exists(),
        "schemathesis is missing: `tests/run --only-install` makes {} with python3-venv and pip",
        beside.display()
    );
    beside
}

fn seed() -> u32 {
    std::env::var("SYSOPS_TEST_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(SEED)
}

/// Somebody who asks; nobody has no token.
#[derive(Clone)]
struct Asking {
    url: String,
    role: &'static str,
    token: Option<String>,
    person: String,
    /// The token of a ticket's link.
    track: String,
}

impl Asking {
    async fn of(server: &Server, role: &'static str, track: &str) -> Self {
        let (url, track) = (server.url().to_owned(), track.to_owned());
        if role == "nobody" {
            return Self { url, role, token: None, person: String::new(), track };
        }
        let SignIn { login, password, .. } = server.sign_in(role);
        let signed_in = super::sign_in(server, &login, &password).await;
        let text = |field: &str| signed_in[field].as_str().unwrap_or_else(|| panic!("{signed_in}")).to_owned();
        Self { url, role, token: Some(text("token")), person: text("person"), track }
    }

    /// Its own calls stand under these words in the document.
    fn tags(&self) -> Vec<&str> {
        if self.role == "nobody" { vec!["all"] } else { vec!["all", self.role] }
    }

    /// The calls that are its own, or those that are not.
    fn calls(&self, own: bool) -> BTreeSet<String> {
        let left_out = |path: &str| LEFT_OUT.iter().any(|(known, _)| *known == path);
        let calls = TABLE.iter().filter(|call| !left_out(&call.path));
        let of = calls.filter(|call| call.who.iter().any(|who| self.tags().contains(&who.as_str())) == own);
        of.map(|call| format!("{} {}", call.method, call.path)).collect()
    }

    /// Asks all of them, and gives back how often each was answered with which status.
    fn ask(&self, own: bool) -> BTreeMap<String, BTreeMap<i64, usize>> {
        let (folder, seed) = (tempfile::tempdir().expect("there is room"), seed());
        let har = folder.path().join("asked.har");
        let mut command = Command::new(schemathesis());
        command.current_dir(folder.path());
        command.args(["run", &format!("{}/api/v1/openapi.json", self.url), "--no-color", "--warnings", "off"]);
        command.args(["--phases", "fuzzing", "--checks", CHECKS, "--continue-on-failure", "--no-shrink"]);
        // One worker: with more, Python 3.11 counts the depth of its recursion over all threads, and fails.
        command.args(["--generation-database", "none", "--request-timeout", "60", "--workers", "1"]);
        // How long it took to think of a request says how busy the machine is.
        command.args(["--suppress-health-check", "all"]);
        let n_cases = if own { CASES_OF_OWN } else { CASES_OF_OTHERS };
        command.args(["--max-examples", &n_cases.to_string(), "--seed", &seed.to_string()]);
        for tag in self.tags() {
            command.args([if own { "--include-tag" } else { "--exclude-tag" }, tag]);
        }
        for (path, _) in LEFT_OUT {
            command.args(["--exclude-path", path]);
        }
        if let Some(token) = &self.token {
            command.arg("--header").arg(format!("Authorization: Bearer {token}"));
        }
        command.args(["--report", "har", "--report-har-path"]).arg(&har);
        let hooks = Path::new(env!("CARGO_MANIFEST_DIR")).join("server/contract");
        command.env("SCHEMATHESIS_HOOKS", "known").env("PYTHONPATH", hooks).env("PYTHONDONTWRITEBYTECODE", "1");
        command.env("CONTRACT_URL", &self.url).env("CONTRACT_TOKEN", self.token.as_deref().unwrap_or_default());
        command.env("CONTRACT_PERSON", &self.person).env("CONTRACT_TRACK", &self.track);
        let ran = run(command);
        assert!(
            ran.success,
            "as {}, seed {seed}: an answer is not as the document says\n{}\n{}",
            self.role, ran.stdout, ran.stderr
        );
        answers(&har)
    }

    /// Asks everything and judges what was seen.
    async fn asks_all(self) {
        let asking = self.clone();
        let both = tokio::task::spawn_blocking(move || (asking.ask(true), asking.ask(false)));
        let (own, others) = both.await.expect("it ends");
        let asked = |answers: &BTreeMap<String, _>| answers.keys().cloned().collect::<BTreeSet<String>>();
        assert_eq!(asked(&others), self.calls(false), "as {}: asked and there", self.role);
        let n = |only: Option<i64>| {
            let all = own.values().chain(others.values()).flatten();
            all.filter(|(status, _)| only.is_none_or(|only| only == **status)).map(|(_, n)| n).sum::<usize>()
        };
        assert!(n(Some(503)) * 100 <= n(None) * BUSY_PERCENT_MAX, "as {}, too busy too often", self.role);
        let done = |by: &BTreeMap<i64, usize>| by.keys().any(|status| (200..400).contains(status));
        let wrong: Vec<_> = others.iter().filter(|(_, by)| done(by)).collect();
        assert!(wrong.is_empty(), "as {}, calls of others were done: {wrong:#?}", self.role);

        assert_eq!(asked(&own), self.calls(true), "as {}: asked and there", self.role);
        let never: Vec<_> = own.iter().filter(|(_, by)| !done(by)).collect();
        let n_done = own.len() - never.len();
        tests::say(&format!(
            "as {}, seed {}: {} calls asked, {n_done} done, {} of others refused; never done: {never:?}",
            self.role,
            seed(),
            own.len(),
            others.len()
        ));
        assert!(
            n_done * 100 >= own.len() * DONE_PERCENT_MIN,
            "as {}, only {n_done} of {} calls were ever done, so little was seen: {never:#?}",
            self.role,
            own.len()
        );
        let Some(token) = &self.token else { return };
        let me = client().get(format!("{}/api/v1/me", self.url)).bearer_auth(token).send().await;
        let status = me.expect("the server is up").status();
        assert_eq!(status, 200, "{} was signed out on the way, and saw nothing after", self.role);
    }
}

/// How often each call was answered with each status.
fn answers(har: &Path) -> BTreeMap<String, BTreeMap<i64, usize>> {
    let read = std::fs::read(har).unwrap_or_else(|why| panic!("{}: {why}", har.display()));
    let har: Value = serde_json::from_slice(&read).expect("the report is a document");
    let mut answers: BTreeMap<String, BTreeMap<i64, usize>> = BTreeMap::new();
    for entry in har["log"]["entries"].as_array().into_iter().flatten() {
        let url = entry["request"]["url"].as_str().unwrap_or_default();
        let path = url.splitn(4, '/').nth(3).unwrap_or_default().split(['?', '#']).next().unwrap_or_default();
        let method = entry["request"]["method"].as_str().unwrap_or_default();
        let status = entry["response"]["status"].as_i64().unwrap_or_default();
        *answers.entry(call_of(method, &format!("/{path}"))).or_default().entry(status).or_default() += 1;
    }
    answers
}

/// The call of the document that a request was: a line without parameters goes before one with.
fn call_of(method: &str, path: &str) -> String {
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |own: &str| {
        let own: Vec<&str> = own.split('/').collect();
        own.len() == parts.len() && own.iter().zip(&parts).all(|(own, asked)| own.starts_with('{') || own == asked)
    };
    let calls = TABLE.iter().filter(|call| call.method == method && fits(&call.path));
    let call = calls.min_by_key(|call| call.path.matches('{').count());
    call.map_or_else(|| format!("{method} {path}"), |call| format!("{method} {}", call.path))
}

/// The token of a ticket's link, which opens the calls of a ticket without signing in.
async fn track(server: &Server) -> String {
    let who = server.sign_in("customer");
    let token = filing::token(server.url(), &who.login, &who.password).await;
    let mut wire = Wire::open(server.url()).await.expect("the server is up");
    let headers = filing::headers(&token, "contract");
    let filed = wire.post("/api/v1/tickets", &headers, &filing::body("contract")).await.expect("it answers");
    let filed: Value = serde_json::from_str(&filed.body).unwrap_or_default();
    let url = filed["track_url"].as_str().unwrap_or_else(|| panic!("nothing was filed: {filed}"));
    url.rsplit('/').next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn no_call_fails_or_answers_what_the_document_does_not_say() {
    let server = Server::demo(&["--past", "2"]).await;
    let track = track(&server).await;
    // Everybody signs in before anything is changed; admins come last, for they switch others off.
    let mut all = Vec::new();
    for role in ["nobody", "customer", "expert", "agent", "admin"] {
        all.push(Asking::of(&server, role, &track).await);
    }
    let admin = all.pop().expect("there are five");
    let mut at_once = tokio::task::JoinSet::new();
    for asking in all {
        at_once.spawn(asking.asks_all());
    }
    at_once.join_all().await;
    admin.asks_all().await;
    server.assert_balanced();
}
