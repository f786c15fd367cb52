//! A gateway behind its breaker.

use super::breaker::Breaker;
use super::outside::{Gateway, Message, Unsent};
use crate::db::Database;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use shared::time::Timestamp;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Asks the gateway only while its provider is worth asking.
pub(super) struct Guarded<G> {
    gateway: G,
    breaker: Mutex<Breaker>,
    /// For its clock.
    db: Database,
}

impl<G: Gateway> Guarded<G> {
    /// Guards this gateway.
    pub(super) fn new(gateway: G, db: Database) -> Self {
        Self { gateway, breaker: Mutex::default(), db }
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        self.db.clock().real_now()
    }
}

impl<G: Gateway> Gateway for Guarded<G> {
    fn send(&self, message: Message) -> BoxFuture<'_, Result<String, Unsent>> {
        async move {
            let sent = self.gateway.send(message).await;
            self.breaker().heard(sent.as_ref(), self.now());
            sent
        }
        .boxed()
    }

    /// A list that answers does not end an outage: Twilio's may, while what is sent hangs.
    fn look_up(&self, message: Message) -> BoxFuture<'_, Result<Option<String>, Unsent>> {
        async move {
            let looked = self.gateway.look_up(message).await;
            match &looked {
                Ok(Some(_)) => self.breaker().found(self.now()),
                // It is sent next, and that shows.
                Ok(None) => {}
                Err(why) => self.breaker().heard::<()>(Err(why), self.now()),
            }
            looked
        }
        .boxed()
    }

    fn wait(&self) -> Option<Duration> {
        self.breaker().wait(self.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Engine;
    use crate::db::testing::on;
    use crate::notify::plan::{Channel, Matter};
    use crate::tickets::samples::id;
    use shared::texts::Language;

    /// Its list answers, and whatever is sent hangs.
    struct Hangs;

    impl Gateway for Hangs {
        fn send(&self, _: Message) -> BoxFuture<'_, Result<String, Unsent>> {
            async { Err(Unsent::Unknown { why: "timeout".into() }) }.boxed()
        }

        fn look_up(&self, _: Message) -> BoxFuture<'_, Result<Option<String>, Unsent>> {
            async { Ok(None) }.boxed()
        }
    }

    fn message() -> Message {
        Message {
            notice: id(1),
            channel: Channel::Sms,
            to: "+12125550100".into(),
            matter: Matter::Survey { survey: id(2) },
            language: Language::English,
            ticket: None,
            subject: None,
            body: "How was it?".into(),
            link: None,
        }
    }

    #[tokio::test]
    async fn a_list_that_answers_ends_no_outage_of_what_is_sent() {
        on(Engine::Sqlite, async |db| {
            let guarded = Guarded::new(Hangs, db);
            for _ in 0..5 {
                assert_eq!(guarded.wait(), None);
                guarded.send(message()).await.unwrap_err();
            }
            assert!(guarded.wait().is_some(), "five faults make a pause");
            assert_eq!(guarded.look_up(message()).await, Ok(None));
            assert!(guarded.wait().is_some(), "and the list says nothing of it");
        })
        .await;
    }
}
