//! Signing in: who it is, which device this is, and the database that belongs to both. The only thing in the app that
//! works only with a network. A failure leaves the phone as it was.

use super::gateway::{Gateway, Proof, Registration};
use super::wire::Failure;
use crate::platform::Platform;
use crate::store::{self, Installation, Secret, Store};
use serde_json::Value;
use shared::ids::ExpertId;
use shared::problem::ProblemCode;

/// Why nobody was signed in, in words for him.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SignInFailure {
    /// Nobody answered.
    #[error(
        "There is no network, or the server does not answer. Signing in needs a network; everything after it does not."
    )]
    Offline,
    /// Login and proof do not belong together.
    #[error("That did not work. Please check what you typed: your e-mail or phone number, and your password or code.")]
    Wrong,
    /// A customer or a person of the office.
    #[error("This account is not an expert's. Customers and the office sign in on the web page.")]
    NotAnExpert,
    /// Too often, or the server is busy.
    #[error("Please wait {} and try again.", minutes(*.seconds))]
    Wait {
        /// So many seconds.
        seconds: u32,
    },
    /// The server's own words.
    #[error("{0}")]
    Refused(String),
    /// The phone could not keep it.
    #[error("{}", capital(&.0.to_string()))]
    Phone(#[source] store::Error),
}

fn minutes(seconds: u32) -> String {
    match seconds.div_ceil(60) {
        0 | 1 => "a minute".into(),
        minutes => format!("{minutes} minutes"),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

impl From<Failure> for SignInFailure {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Offline => Self::Offline,
            Failure::Refused(why) => Self::Refused(why),
            Failure::Problem(problem) if problem.code == ProblemCode::SignInFailed => Self::Wrong,
            Failure::Problem(problem) if problem.code.is_passing() => {
                Self::Wait { seconds: problem.retry_after.unwrap_or(60) }
            }
            Failure::Problem(problem) => match problem.errors.first() {
                Some(error) => Self::Refused(error.message.clone()),
                None => Self::Refused(problem.detail.unwrap_or_else(|| problem.code.title().to_owned())),
            },
        }
    }
}

impl From<store::Error> for SignInFailure {
    fn from(error: store::Error) -> Self {
        Self::Phone(error)
    }
}

/// Has a code sent.
pub async fn send_code(gateway: &Gateway, login: &str) -> Result<(), SignInFailure> {
    gateway.send_code(login.trim()).await.map_err(SignInFailure::from)
}

/// Signs an expert in on this phone: token, device, database. The gateway then speaks for him. What he left unsent here
/// earlier goes out by itself.
pub async fn sign_in(
    gateway: &Gateway,
    installation: &Installation,
    platform: &dyn Platform,
    login: &str,
    proof: &Proof,
) -> Result<Store, SignInFailure> {
    let login = login.trim();
    let admitted = gateway.sign_in(login, proof).await?;
    let expert = expert_of(&admitted.person).filter(|_| admitted.role == "expert").ok_or(SignInFailure::NotAnExpert)?;
    let known = installation.secret_of(expert)?.filter(|secret| secret.server == gateway.server());
    let his = gateway.for_token(&*admitted.token);
    let registration = Registration {
        device_id: known.map(|secret| secret.device),
        name: platform.name(),
        platform: platform.kind().to_owned(),
        push_token: platform.push_token(),
    };
    let registered = his.register(&registration).await?;
    let token = registered.token.unwrap_or(admitted.token);
    let secret = Secret {
        server: gateway.server().to_owned(),
        login: login.to_owned(),
        token: token.clone(),
        device: registered.device_id,
        inc: registered.inc,
    };
    let installation = installation.clone();
    let signed_in = tokio::task::spawn_blocking(move || installation.sign_in(expert, &secret)).await;
    let (store, salvage) = signed_in.map_err(|_| store::Error::Bug("signing in was interrupted".into()))??;
    if let Some(salvage) = salvage {
        tracing::warn!(?salvage, "the database of this expert was damaged");
    }
    gateway.set_token(token);
    Ok(store)
}

/// The expert's id, however the server writes a person.
fn expert_of(person: &Value) -> Option<ExpertId> {
    let id = person.as_str().or_else(|| person["expert"].as_str()).or_else(|| person["id"].as_str())?;
    id.parse().ok()
}
