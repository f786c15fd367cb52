//! The requests to Stripe, behind a breaker of their own, and never more at once than Stripe and we can bear.

use super::{Call, VERSION, Verb, call, read};
use crate::billing::outside::{Answer, Gateway, Request};
use crate::config::Stripe as Account;
use crate::db::Database;
use crate::notify::breaker::Breaker;
use crate::notify::gateway::{ask, client};
use crate::notify::outside::Unsent;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use reqwest::Client;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Charges cards by an account at Stripe.
pub struct Stripe {
    account: Account,
    client: Client,
    breaker: Mutex<Breaker>,
    slots: Semaphore,
    /// For its clock.
    db: Database,
}

impl Stripe {
    /// Of this account.
    pub fn new(account: Account, db: Database) -> Self {
        let slots = Semaphore::new(usize::try_from(account.at_once).unwrap_or(Semaphore::MAX_PERMITS));
        let client = client(Duration::from_secs(account.within_seconds.into()));
        Self { account, client, breaker: Mutex::default(), slots, db }
    }

    async fn send(&self, wanted: &Call) -> Result<read::Reply, Unsent> {
        let address = format!("{}{}", self.account.url, wanted.path);
        let request = match wanted.verb {
            Verb::Post => self.client.post(address).form(&wanted.fields),
            Verb::Get => self.client.get(address).query(&wanted.fields),
            Verb::Delete => self.client.delete(address),
        };
        let request = request.bearer_auth(self.account.secret_key.expose()).header("Stripe-Version", VERSION);
        let request = match &wanted.key {
            Some(key) => request.header("Idempotency-Key", key),
            None => request,
        };
        let answered = ask(request).await?;
        Ok(read::Reply { status: answered.status, after: answered.after, body: answered.body })
    }
}

impl Gateway for Stripe {
    fn ask(&self, request: Request) -> BoxFuture<'_, Result<Answer, Unsent>> {
        async move {
            let Ok(_slot) = self.slots.try_acquire() else {
                return Err(Unsent::Later { after: None, why: "busy: too many requests at once".to_owned() });
            };
            let replied = self.send(&call(&request)).await;
            let answered = replied.and_then(|reply| read::answer(&request, &reply));
            let now = self.db.clock().real_now();
            self.breaker.lock().unwrap_or_else(PoisonError::into_inner).heard(answered.as_ref(), now);
            answered
        }
        .boxed()
    }

    fn wait(&self) -> Option<Duration> {
        let now = self.db.clock().real_now();
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner).wait(now)
    }
}
