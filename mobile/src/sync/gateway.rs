//! The one door to the network. Says what an answer means and changes nothing: no answer, a cut one, a hotel's sign-in
//! page or a proxy's error are all "offline", because none of them is the server speaking. The outbox is kept in every
//! case, so nothing here ever loses work.

use super::wire::{self, Answer};
use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Method, RequestBuilder, Response, Url};
use rustls::{ClientConfig, RootCertStore};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::blob::Sha;
use shared::ids::DeviceId;
use shared::problem::ProblemCode;
use shared::sync::{Mutation, SyncFailure, SyncReply, SyncRequest, SyncServer};
use std::io::Write as _;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// Bytes of an answer that we are ready to hold: a page of one mebibyte, and room for one document that is larger.
const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Bytes of a packed snapshot: a hundred thousand articles.
const SNAPSHOT_BYTES_MAX: usize = 96 * 1024 * 1024;
/// Smaller bodies are sent as they are.
const PACK_FROM_BYTES: usize = 1_000;

/// How long a network may keep us waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For the next bytes of an answer. The server's hints send a sign of life more often than this.
    pub read: Duration,
    /// For a whole exchange: a full page over a network of the countryside.
    pub whole: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), read: Duration::from_secs(45), whole: Duration::from_mins(3) }
    }
}

/// Text that is not the address of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a server's address: one looks like https://squad.example.com")]
pub struct NotAServer;

/// The server over HTTP, for one sign-in. Clones share the connections and the token.
#[derive(Clone)]
pub struct Gateway {
    client: Client,
    server: String,
    token: Arc<RwLock<String>>,
    patience: Patience,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway").field("server", &self.server).finish_non_exhaustive()
    }
}

/// What a device says of itself when it registers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Registration {
    /// Known from an earlier sign-in of the same expert on this phone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_id: Option<DeviceId>,
    /// What the office calls it.
    pub name: String,
    /// `android`, `ios` or `desktop`: the server knows no others.
    pub platform: String,
    /// Where pushes go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub push_token: Option<String>,
}

/// What the server made of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Registered {
    /// The device.
    pub device_id: DeviceId,
    /// Its incarnation.
    pub inc: i64,
    /// A token in place of the one that asked.
    #[serde(default)]
    pub token: Option<String>,
}

/// What the server says of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// It has all of it.
    Whole,
    /// It goes on here.
    At(u64),
    /// The part did not fit; it goes on here.
    Elsewhere(u64),
    /// The whole was not what was announced: it begins again.
    Again,
}

/// Where a part begins.
const OFFSET: &str = "upload-offset";

/// How a person proves who he is.
#[derive(Clone, PartialEq, Eq)]
pub enum Proof {
    /// By password.
    Password(String),
    /// By the code that was sent to him.
    Code(String),
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Password(_) => "Password(…)",
            Self::Code(_) => "Code(…)",
        })
    }
}

/// A sign-in.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Admitted {
    /// Proves it from now on.
    pub token: String,
    /// `expert` for this app.
    pub role: String,
    /// Who, as an id or with one.
    pub person: Value,
}

/// The only constructor of an HTTP client in the app. reqwest's own one panics on Android at the first HTTPS call, and
/// anywhere without a TLS provider for the whole process, so the provider (ring) and the roots are given here.
#[expect(clippy::disallowed_methods, reason = "the one constructor, with its own TLS")]
fn client(patience: Patience) -> Client {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent(concat!("sysops-expert-app/", env!("CARGO_PKG_VERSION")))
        // A redirect is a portal's doing; followed, its page would come as an answer of ours.
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(patience.connect)
        .read_timeout(patience.read)
        .build()
        .expect("the settings are constant")
}

impl Gateway {
    /// To the server at this address.
    pub fn new(server: &str) -> Result<Self, NotAServer> {
        Self::with_patience(server, Patience::default())
    }

    /// The same with other limits of time.
    pub fn with_patience(server: &str, patience: Patience) -> Result<Self, NotAServer> {
        let server = server.trim().trim_end_matches('/');
        let url = Url::parse(server).map_err(|_| NotAServer)?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(NotAServer);
        }
        Ok(Self { client: client(patience), server: server.to_owned(), token: Arc::default(), patience })
    }

    /// Its address, without a slash at the end.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Speaks as the one to whom this token was given, in all clones.
    pub fn set_token(&self, token: impl Into<String>) {
        *self.token.write().unwrap_or_else(PoisonError::into_inner) = token.into();
    }

    /// The same door for another sign-in.
    #[must_use]
    pub fn for_token(&self, token: impl Into<String>) -> Self {
        Self { token: Arc::new(RwLock::new(token.into())), ..self.clone() }
    }

    /// Signs in.
    pub async fn sign_in(&self, login: &str, proof: &Proof) -> Answer<Admitted> {
        let body = match proof {
            Proof::Password(password) => json!({ "login": login, "password": password }),
            Proof::Code(code) => json!({ "login": login, "code": code }),
        };
        self.post("sign-in", &body).await
    }

    /// Has a code sent to this person.
    pub async fn send_code(&self, login: &str) -> Answer<()> {
        self.post::<Ignored>("sign-in/code", &json!({ "login": login })).await.map(|_| ())
    }

    /// Registers this device, or gives it a new incarnation.
    pub async fn register(&self, registration: &Registration) -> Answer<Registered> {
        self.post("device", registration).await
    }

    /// Hands in work that may not be synced any more. Kept by the server as it is.
    pub async fn rescue(&self, device: DeviceId, inc: i64, mutations: &[Mutation]) -> Answer<()> {
        let body = json!({ "device": device, "inc": inc, "mutations": mutations });
        self.post::<Ignored>("rescue", &body).await.map(|_| ())
    }

    /// How far an upload is.
    pub(super) async fn upload_stands(&self, sha: Sha) -> Answer<Part> {
        self.upload(self.request(Method::HEAD, &format!("blob/{sha}"))).await
    }

    /// Sends the bytes from `at` on of a file of `size`.
    pub(super) async fn send_part(&self, sha: Sha, at: u64, size: u64, bytes: Vec<u8>) -> Answer<Part> {
        let request = self.request(Method::PATCH, &format!("blob/{sha}"));
        let request = request.header(CONTENT_TYPE, "application/offset+octet-stream");
        self.upload(request.header(OFFSET, at).header("upload-length", size).body(bytes)).await
    }

    async fn upload(&self, request: RequestBuilder) -> Answer<Part> {
        let request = request.timeout(self.patience.whole).header(ACCEPT, "application/problem+json");
        let response = request.send().await.map_err(|_| wire::Failure::Offline)?;
        let status = response.status().as_u16();
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let at: Option<u64> = header(OFFSET).and_then(|text| text.parse().ok());
        let is_whole = header("upload-complete").as_deref() == Some("?1");
        let (kind, retry_after) = (content_type(&response), retry_after(&response));
        match (status, at) {
            (200 | 201, Some(_)) if is_whole => return Ok(Part::Whole),
            (200 | 204, Some(at)) => return Ok(Part::At(at)),
            (409, Some(at)) => return Ok(Part::Elsewhere(at)),
            // Somebody between the phone and the server: only the server knows where an upload stands.
            (200..=299, None) => return Err(wire::Failure::Offline),
            (_, _) => {}
        }
        let body = read(response, ANSWER_BYTES_MAX).await?;
        match wire::failure(status, &kind, retry_after, &body) {
            wire::Failure::Problem(problem) if problem.code == ProblemCode::ChecksumMismatch => Ok(Part::Again),
            failure => Err(failure),
        }
    }

    /// A small view of a photo that somebody else took.
    pub(super) async fn view(&self, sha: Sha) -> Answer<Vec<u8>> {
        let request = self.request(Method::GET, &format!("blob/{sha}?size=small")).timeout(self.patience.whole);
        let response = request.send().await.map_err(|_| wire::Failure::Offline)?;
        let (status, kind, retry_after) = (response.status().as_u16(), content_type(&response), retry_after(&response));
        let body = read(response, ANSWER_BYTES_MAX).await?;
        if status == 200 && kind == "image/jpeg" {
            return Ok(body);
        }
        Err(wire::failure(status, &kind, retry_after, &body))
    }

    /// The knowledge base as one file, packed.
    pub(super) async fn snapshot(&self) -> Answer<Vec<u8>> {
        let request = self.request(Method::GET, "kb/main/snapshot").timeout(self.patience.whole);
        let response = request.send().await.map_err(|_| wire::Failure::Offline)?;
        let (status, kind) = (response.status().as_u16(), content_type(&response));
        let retry_after = retry_after(&response);
        let body = read(response, SNAPSHOT_BYTES_MAX).await?;
        if status == 200 && kind == "application/zstd" {
            return Ok(body);
        }
        Err(wire::failure(status, &kind, retry_after, &body))
    }

    /// Opens the stream of hints. Its bytes come by [`HintBytes::next`].
    pub(super) async fn hints(&self) -> Answer<HintBytes> {
        let request = self.request(Method::GET, "hints").header(ACCEPT, "text/event-stream");
        let response = request.send().await.map_err(|_| wire::Failure::Offline)?;
        let (status, kind) = (response.status().as_u16(), content_type(&response));
        if status == 200 && kind.starts_with("text/event-stream") {
            return Ok(HintBytes(response));
        }
        let retry_after = retry_after(&response);
        let body = read(response, ANSWER_BYTES_MAX).await?;
        Err(wire::failure(status, &kind, retry_after, &body))
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}/api/v1/{path}", self.server));
        let token = self.token.read().unwrap_or_else(PoisonError::into_inner);
        if token.is_empty() { request } else { request.header(AUTHORIZATION, format!("Bearer {token}")) }
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Answer<T> {
        let body = serde_json::to_vec(body).expect("messages have only text keys");
        let request = self.request(Method::POST, path).timeout(self.patience.whole);
        let request = request.header(CONTENT_TYPE, "application/json").header(ACCEPT, "application/json");
        let request = if body.len() < PACK_FROM_BYTES {
            request.body(body)
        } else {
            request.header(CONTENT_ENCODING, "gzip").body(pack(&body))
        };
        let response = request.send().await.map_err(|_| wire::Failure::Offline)?;
        let (status, kind, retry_after) = (response.status().as_u16(), content_type(&response), retry_after(&response));
        let body = read(response, ANSWER_BYTES_MAX).await?;
        wire::answer(status, &kind, retry_after, &body)
    }
}

/// An answer whose body says nothing.
struct Ignored;

impl<'de> Deserialize<'de> for Ignored {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

/// The bytes of the stream of hints as they come in.
#[derive(Debug)]
pub(super) struct HintBytes(Response);

impl HintBytes {
    /// The next bytes; nothing once the stream has ended or nothing came for too long.
    pub(super) async fn next(&mut self) -> Option<Vec<u8>> {
        self.0.chunk().await.ok().flatten().map(Vec::from)
    }
}

impl SyncServer for Gateway {
    async fn sync(&self, request: SyncRequest) -> Result<SyncReply, SyncFailure> {
        self.post("sync", &request).await.map_err(SyncFailure::from)
    }
}

fn pack(body: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(body).and_then(|()| packer.finish()).expect("writing to memory works")
}

fn content_type(response: &Response) -> String {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.unwrap_or_default().trim().to_ascii_lowercase()
}

/// Seconds to wait. The header's other form, a date, is no use to a phone whose clock may be days off.
fn retry_after(response: &Response) -> Option<u64> {
    response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
}

/// A whole body, as long as it is not absurd. A body that ends early is no answer.
async fn read(mut response: Response, bytes_max: usize) -> Answer<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(bytes) = response.chunk().await.map_err(|_| wire::Failure::Offline)? {
        if body.len() + bytes.len() > bytes_max {
            return Err(wire::Failure::Refused("the server's answer is too large for this phone".into()));
        }
        body.extend_from_slice(&bytes);
    }
    Ok(body)
}
