//! What every handler is given. Built once, in `app.rs` (and in tests); cheap to clone.

use crate::accounts::password::Passwords;
use crate::accounts::sessions::Sessions;
use crate::accounts::sign_in::SignIns;
use crate::blobs::Blobs;
use crate::config::Config;
use crate::db::Database;
use crate::http::door::Door;
use crate::links::Links;
use shared::chance::Chance;
use shared::ids::{CustomerId, Id};
use shared::time::Timestamp;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The parts of the server that handlers use.
#[derive(Clone)]
pub struct Site {
    /// What this process was told.
    pub config: Arc<Config>,
    /// The database, with the clocks in it.
    pub db: Database,
    /// For ids and tokens.
    pub chance: Arc<dyn Chance>,
    /// Tokens in links, ticket numbers.
    pub links: Links,
    /// Who is signed in, remembered for a moment.
    pub sessions: Arc<Sessions>,
    /// Counts attempts to sign in.
    pub sign_ins: Arc<SignIns>,
    /// How many tickets are taken from customers, and from whom.
    pub filings: Arc<Door<CustomerId>>,
    /// The lane of password hashes.
    pub passwords: Passwords,
    /// Photos.
    pub blobs: Blobs,
    /// Ends what has no end of its own, like streams of hints, when the server stops.
    pub stop: CancellationToken,
}

impl Site {
    /// The parts for a database, a store of files and settings.
    pub fn new(config: Config, db: Database, blobs: Blobs, chance: Arc<dyn Chance>) -> Self {
        Self {
            links: Links::new(config.secret.expose().as_bytes()),
            sessions: Arc::new(Sessions::of(&db)),
            sign_ins: Arc::new(SignIns::new(config.sign_ins_per_minute)),
            filings: Arc::new(Door::per_second(config.intake_per_second, db.clock().real_now())),
            passwords: Passwords::new(Arc::clone(&chance)),
            config: Arc::new(config),
            blobs,
            db,
            chance,
            stop: CancellationToken::new(),
        }
    }

    /// The business instant: deadlines, due times.
    pub fn now(&self) -> Timestamp {
        self.db.clock().business_now()
    }

    /// The real instant: tokens, limits.
    pub fn real_now(&self) -> Timestamp {
        self.db.clock().real_now()
    }

    /// A new id.
    pub fn new_id<Of>(&self) -> Id<Of> {
        Id::new(self.real_now(), &*self.chance)
    }

    /// The address of a page of ours, for messages and `Location`; `path` begins with a slash.
    pub fn address(&self, path: &str) -> String {
        format!("{}{path}", self.config.public_url)
    }
}

impl std::fmt::Debug for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Site").field("config", &self.config).field("db", &self.db).finish_non_exhaustive()
    }
}
