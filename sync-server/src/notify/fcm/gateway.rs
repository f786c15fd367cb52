//! The requests to Google: for a token, and for each phone.

use super::key::{Key, NotAKey};
use super::{Pushed, body, granted, pushed, together};
use crate::accounts::devices;
use crate::config::Fcm as Account;
use crate::db::{Database, Error, Lane};
use crate::notify::gateway::{ask, client};
use crate::notify::outside::{Gateway, Message, Unsent};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use reqwest::Client;
use shared::ids::ExpertId;
use shared::time::Timestamp;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A token is renewed so long before its end.
const RENEW_BEFORE_SECONDS: i64 = 60;

/// Why there is no push.
#[derive(Debug, thiserror::Error)]
pub(in crate::notify) enum NoPush {
    /// The file.
    #[error("{0}")]
    Unread(#[from] std::io::Error),
    /// What is in it.
    #[error("{0}")]
    NotAKey(#[from] NotAKey),
}

/// Pushes to experts' phones by a Firebase project.
pub(in crate::notify) struct Fcm {
    url: String,
    key: Key,
    client: Client,
    /// For the phones' addresses, and the clock.
    db: Database,
    token: Mutex<Option<(String, Timestamp)>>,
}

impl Fcm {
    /// By the service account whose key the settings name; Google may take so long for one request.
    pub(in crate::notify) fn open(account: &Account, within: Duration, db: Database) -> Result<Self, NoPush> {
        let key = Key::parse(&std::fs::read_to_string(&account.credentials)?)?;
        Ok(Self { url: account.url.clone(), key, client: client(within), db, token: Mutex::default() })
    }

    fn held(&self) -> MutexGuard<'_, Option<(String, Timestamp)>> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token in hand, or a new one. Two that find none at once both ask, which costs a request and no more.
    async fn token(&self) -> Result<String, Unsent> {
        let now = self.db.clock().real_now();
        if let Some((token, until)) = &*self.held()
            && now < *until
        {
            return Ok(token.clone());
        }
        let form = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", &self.key.claim(now))];
        let answer = match ask(self.client.post(&self.key.token_uri).form(&form)).await {
            Ok(answer) => answer,
            // No message has left yet, whatever became of the question.
            Err(Unsent::Later { why, .. } | Unsent::Unknown { why } | Unsent::Never { why }) => {
                return Err(Unsent::Later { after: None, why });
            }
        };
        let (token, seconds) = granted(&answer)?;
        *self.held() = Some((token.clone(), now.plus_seconds(seconds - RENEW_BEFORE_SECONDS)));
        Ok(token)
    }

    async fn push(&self, message: &Message, token: &str, push_token: &str) -> Pushed {
        let address = format!("{}/v1/projects/{}/messages:send", self.url, self.key.project);
        match ask(self.client.post(address).bearer_auth(token).json(&body(message, push_token))).await {
            Ok(answer) => pushed(&answer),
            Err(unsent) => Pushed::Not(unsent),
        }
    }

    async fn push_all(&self, message: Message) -> Result<String, Unsent> {
        let Ok(expert) = message.to.parse::<ExpertId>() else {
            return Err(Unsent::Never { why: "no_expert: push goes to experts".to_owned() });
        };
        let phones = self.db.read(async move |conn| devices::reach(conn, expert).await).await.map_err(unread)?;
        if phones.is_empty() {
            return together(Vec::new());
        }
        let token = self.token().await?;
        let mut pushes = Vec::with_capacity(phones.len());
        for phone in phones {
            let push = self.push(&message, &token, &phone.push_token).await;
            match &push {
                Pushed::Gone(why) => {
                    tracing::info!(device = %phone.device, why, "a phone's push address is retired");
                    let retired = self.db.write(Lane::Work, async move |tx| {
                        devices::retire_push_token(tx, phone.device, &phone.push_token).await
                    });
                    retired.await.map_err(unread)?;
                }
                Pushed::Stranger(_) => *self.held() = None,
                Pushed::Taken(_) | Pushed::Not(_) => {}
            }
            pushes.push(push);
        }
        together(pushes)
    }
}

/// A push that may have left already may leave again: the phone drops what it knows.
fn unread(error: Error) -> Unsent {
    Unsent::Later { after: None, why: format!("database: {error}") }
}

impl Gateway for Fcm {
    fn send(&self, message: Message) -> BoxFuture<'_, Result<String, Unsent>> {
        self.push_all(message).boxed()
    }

    /// FCM cannot be asked; see the head of this folder for why that does no harm.
    fn look_up(&self, _: Message) -> BoxFuture<'_, Result<Option<String>, Unsent>> {
        std::future::ready(Ok(None)).boxed()
    }
}
