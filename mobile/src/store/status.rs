//! What the sync line of every screen says: how fresh the data is, what is unsent, what is wrong, what to read.

use super::journal::{self, Attention};
use super::{Error, documents, meta, photos};
use crate::sync::step::Sweep;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use shared::sync::{MadeAt, SyncFailure};
use shared::time::Timestamp;

/// The state of sync as the screen shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each shown by itself")]
pub struct Status {
    /// The first full pass has come in: before that, an empty list says nothing.
    pub booted: bool,
    /// The last reply that was taken, by the phone's wall clock.
    pub last_sync_at: Option<Timestamp>,
    /// Pieces of work that the server does not have yet; receipts are none.
    pub n_unsent: u32,
    /// Photos whose bytes the server does not have yet.
    pub n_photos: u32,
    /// Photos that cannot be sent, a sentence each.
    pub photo_troubles: Vec<String>,
    /// When the oldest of them was made, by the phone's clock.
    pub unsent_since: Option<Timestamp>,
    /// Why the last try gave nothing; none after a success.
    pub problem: Option<Trouble>,
    /// The app must be updated to see changes; own work still goes out.
    pub must_update: bool,
    /// The account was switched off: tickets are gone from the phone, unsent work goes to the office.
    pub switched_off: bool,
    /// The server suddenly had very little; what it no longer sent is kept until a second look confirms it.
    pub holding_back: bool,
    /// Tickets that this release cannot read.
    pub n_unreadable: u32,
    /// Answers that the expert should read.
    pub attention: Vec<Attention>,
}

/// Why a try to sync gave nothing. The outbox is kept in each case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// No network, or nobody answers.
    Offline,
    /// The server asks for patience.
    Busy,
    /// He must sign in again.
    SignIn,
    /// The server refused; the sentence is for people.
    Refused(String),
}

impl Trouble {
    /// What an exchange's failure means for the screen; nothing for what sync mends by itself.
    pub fn of(failure: &SyncFailure) -> Option<Self> {
        match failure {
            SyncFailure::Offline => Some(Self::Offline),
            SyncFailure::Busy { .. } => Some(Self::Busy),
            SyncFailure::SignIn => Some(Self::SignIn),
            SyncFailure::Refused(why) => Some(Self::Refused(why.clone())),
            SyncFailure::Forked | SyncFailure::TooLarge => None,
        }
    }
}

/// The server's business clock as it was heard last. The phone counts down from it, so that an expert whose phone is
/// wrong by two days still sees how long an offer stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerClock {
    /// What it said.
    pub server_time: Timestamp,
    /// When that was, by the phone.
    pub heard: MadeAt,
}

impl ServerClock {
    /// What it says now. Within one run of the app the wall clock is not asked; after a restart it is all there is.
    pub fn now(&self, at: &MadeAt) -> Timestamp {
        let passed = if at.boot == self.heard.boot {
            at.mono_ms - self.heard.mono_ms
        } else {
            at.wall.millis_since(self.heard.wall)
        };
        self.server_time.plus_millis(passed.max(0))
    }
}

/// A phone compares itself with a digest so often, by the server's clock.
const DIGEST_EVERY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Whether it has not for so long. Before the first full pass the server tells by itself.
pub(super) fn asks_digest(conn: &Connection) -> Result<bool, Error> {
    let compared: Option<Timestamp> = meta::get(conn, meta::DIGEST_AT)?;
    let heard: Option<ServerClock> = meta::get(conn, meta::SERVER_CLOCK)?;
    let since = compared.zip(heard).map(|(compared, heard)| heard.server_time.millis_since(compared));
    // A clock that went back says nothing: compare now.
    Ok(since.is_some_and(|since| !(0..DIGEST_EVERY_MS).contains(&since)))
}

pub(super) fn status(conn: &Connection) -> Result<Status, Error> {
    let sweep: Option<Sweep> = meta::get(conn, meta::SWEEP)?;
    Ok(Status {
        booted: meta::get(conn, meta::BOOTED)?.unwrap_or(false),
        last_sync_at: meta::get(conn, meta::LAST_SYNC)?,
        n_unsent: journal::n_unsent(conn, None)?,
        n_photos: photos::n_waiting(conn)?,
        photo_troubles: photos::troubles(conn)?,
        unsent_since: journal::unsent_since(conn)?,
        problem: meta::get(conn, meta::PROBLEM)?,
        must_update: meta::get(conn, meta::UPGRADE)?.unwrap_or(false),
        switched_off: meta::text(conn, meta::RESCUED)?.is_some(),
        holding_back: sweep.is_some_and(|sweep| sweep.confirming),
        n_unreadable: documents::n_unreadable(conn)?,
        attention: journal::attention(conn)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_clock_runs_on_whatever_happens_to_the_phones() {
        let at = |wall: i64, mono_ms: i64, boot: &str| MadeAt {
            wall: Timestamp::from_millis(wall),
            mono_ms,
            boot: boot.into(),
        };
        let clock = ServerClock { server_time: Timestamp::from_millis(1_000_000), heard: at(5_000, 100, "a") };
        assert_eq!(clock.now(&at(999_999_999, 350, "a")), Timestamp::from_millis(1_000_250), "wall clock was set");
        assert_eq!(clock.now(&at(5_400, 7, "b")), Timestamp::from_millis(1_000_400), "restarted");
        assert_eq!(clock.now(&at(10, 7, "b")), Timestamp::from_millis(1_000_000), "never backwards");
    }
}
