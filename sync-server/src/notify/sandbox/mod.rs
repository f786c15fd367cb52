//! The demo's provider of everything: what would be sent is kept, to be read on `/demo`. Each notice is kept once,
//! however often it is sent.

mod store;

use super::outside::{Gateway, Message, Unsent};
use crate::db::{Database, Error, Lane};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

pub use store::{Captured, captured, latest};

/// Keeps what it is given to send.
#[derive(Clone, Debug)]
pub struct Sandbox {
    db: Database,
}

impl Sandbox {
    /// Keeps it here.
    pub fn new(db: Database) -> Self {
        Self { db }
    }

    async fn keep(&self, message: Message) -> Result<String, Error> {
        let now = self.db.clock().business_now();
        self.db.write(Lane::Work, async move |tx| store::capture(tx, &message, now).await).await
    }

    async fn find(&self, message: Message) -> Result<Option<String>, Error> {
        self.db.read(async move |conn| store::of_notice(conn, message.notice).await).await
    }
}

impl Gateway for Sandbox {
    fn send(&self, message: Message) -> BoxFuture<'_, Result<String, Unsent>> {
        self.keep(message).map(|kept| kept.map_err(unsent)).boxed()
    }

    fn look_up(&self, message: Message) -> BoxFuture<'_, Result<Option<String>, Unsent>> {
        self.find(message).map(|found| found.map_err(unsent)).boxed()
    }
}

fn unsent(error: Error) -> Unsent {
    Unsent::Later { after: None, why: error.to_string() }
}
