//! Passwords: what may be one, and argon2id on a lane of two.
//!
//! A hash costs 20 ms of one core and 19 MiB by design. Two permits bound what a wave of sign-ins takes from everyone
//! else; who would wait behind too many others is told that the server is busy.

use argon2::password_hash::phc;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use serde::{Deserialize, Deserializer};
use shared::chance::Chance;
use shared::text::BadText;
use std::str::FromStr;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Hashes computed at once.
const RUNNING_MAX: usize = 2;
/// Hashes that wait or run; with 20 ms each the last waits about a second.
const WAITING_MAX: usize = 100;
const CHARS_MIN: usize = 10;
/// Enough for any sentence, little enough to hash.
const CHARS_MAX: usize = 200;
const SALT_BYTES: usize = 16;
/// A hash of nothing known, with our parameters: what a login that nobody has is checked against, to cost the same.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlzIQ$\
                       4sXl0c2m8mJYhQpJrCkqH1mC0bqGxv1b9a8Z7Y6X5W4";

/// A password that may be set. It never shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl FromStr for Password {
    type Err = BadText;
    fn from_str(text: &str) -> Result<Self, BadText> {
        let n_chars = text.chars().count();
        let distinct = text.chars().collect::<std::collections::BTreeSet<_>>().len();
        if text.is_empty() {
            Err(BadText::Empty)
        } else if n_chars > CHARS_MAX {
            Err(BadText::TooLong { max: CHARS_MAX })
        } else if n_chars < CHARS_MIN {
            Err(BadText::Shape { expected: "a password needs at least 10 characters; a few words make a good one" })
        } else if distinct < 4 || text.chars().all(|char| char.is_ascii_digit()) {
            Err(BadText::Shape { expected: "this password is easily guessed; a few words make a good one" })
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password")
    }
}

/// What is kept of a password.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    pub(super) fn from_row(text: String) -> Self {
        Self(text)
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash")
    }
}

/// More wait for a hash than may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many people are signing in at once")]
pub struct TooMany;

/// The lane. Clones share it.
#[derive(Clone)]
pub struct Passwords {
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    chance: Arc<dyn Chance>,
}

impl Passwords {
    /// One for the process.
    pub fn new(chance: Arc<dyn Chance>) -> Self {
        let semaphore = |n| Arc::new(Semaphore::new(n));
        Self { running: semaphore(RUNNING_MAX), waiting: semaphore(WAITING_MAX), chance }
    }

    /// The hash to keep.
    pub async fn hash(&self, password: &Password) -> Result<PasswordHash, TooMany> {
        let text = password.0.clone();
        let mut salt = [0; SALT_BYTES];
        self.chance.fill(&mut salt);
        self.run(move || hash(&text, &salt)).await
    }

    /// Whether it is the password. Without a hash (nobody has that login, or no password was set) it is not, and to
    /// say so takes as long.
    pub async fn verify(&self, typed: &str, kept: Option<PasswordHash>) -> Result<bool, TooMany> {
        let text = typed.to_owned();
        self.run(move || {
            let hash = kept.as_ref().map_or(NOBODYS, PasswordHash::as_str);
            let right = text.len() <= CHARS_MAX * 4 && matches(&text, hash);
            right && kept.is_some()
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, TooMany> {
        let _place = self.waiting.try_acquire().map_err(|_| TooMany)?;
        let permit = Arc::clone(&self.running).acquire_owned().await.expect("the semaphore is never closed");
        let running = tokio::task::spawn_blocking(move || {
            // Held here, not by the caller: who goes away frees no core.
            let _permit = permit;
            work()
        });
        Ok(running.await.expect("hashing does not panic, and the runtime outlives its callers"))
    }
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passwords")
    }
}

fn hash(text: &str, salt: &[u8]) -> PasswordHash {
    let hash = Argon2::default().hash_password_with_salt(text.as_bytes(), salt);
    PasswordHash(hash.expect("the parameters and the salt's length are right").to_string())
}

fn matches(text: &str, hash: &str) -> bool {
    let hash = phc::PasswordHash::new(hash);
    hash.is_ok_and(|hash| Argon2::default().verify_password(text.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::chance::Seeded;

    #[tokio::test]
    async fn a_password_is_recognised_and_never_shown() {
        let lane = Passwords::new(Arc::new(Seeded::new(1)));
        let password: Password = "zwölf Boxkämpfer".parse().unwrap();
        let hash = lane.hash(&password).await.unwrap();
        assert_ne!(hash, lane.hash(&password).await.unwrap(), "each has its own salt");
        assert_eq!(lane.verify("zwölf Boxkämpfer", Some(hash.clone())).await, Ok(true));
        assert_eq!(lane.verify("zwolf Boxkampfer", Some(hash.clone())).await, Ok(false));
        assert_eq!(lane.verify(&"x".repeat(10_000), Some(hash.clone())).await, Ok(false));
        assert!(!format!("{password:?} {hash:?}").contains("Box"));
    }

    #[tokio::test]
    async fn a_login_that_nobody_has_costs_the_same_work() {
        let nobodys = phc::PasswordHash::new(NOBODYS).expect("it is a hash");
        let ours = hash("some words", b"0123456789abcdef");
        let ours = phc::PasswordHash::new(ours.as_str()).unwrap();
        assert_eq!((nobodys.algorithm, nobodys.params), (ours.algorithm, ours.params));
        assert_eq!(nobodys.hash.map(|hash| hash.len()), ours.hash.map(|hash| hash.len()));
        assert_eq!(Passwords::new(Arc::new(Seeded::new(1))).verify("some words", None).await, Ok(false));
    }

    #[test]
    fn what_is_easily_guessed_may_not_be_set() {
        for bad in ["", "short", "aaaaaaaaaaaa", "123456789012", &"long ".repeat(60)] {
            assert!(bad.parse::<Password>().is_err(), "{bad}");
        }
    }
}
