//! Bugs planted on purpose, one at a time, so that the tests can show that they would find them. In a release this is
//! an empty struct that answers "no".

use super::Error;

/// A rule taken out.
#[cfg(any(test, feature = "planted"))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Planted {
    /// All rules stand.
    #[default]
    Nothing,
    /// Replies are taken without comparing their request (C2).
    StaleReplies,
    /// An overlay ends with the answer, not with the document (C4).
    OverlayEndsAtAck,
    /// Versions of two histories are compared (C4).
    OverlayIgnoresEpoch,
    /// A new history does not offer the journal again (C7).
    NoReoffer,
    /// A fork keeps the old numbers (C8).
    NoRenumber,
    /// A ticket that goes away takes its unsent work along (C5).
    DelTakesOutbox,
    /// A ticket that goes away is not archived (C5).
    NoArchive,
    /// A full pass sweeps whatever it did not see (C6).
    NoSweepGuard,
    /// A full pass sweeps nothing (C6).
    NoSweep,
    /// Numbers are counted from the journal, whose old rows are pruned.
    NumbersFromJournal,
    /// A tap does not wait for the disk (C1).
    NoWaitForDisk,
    /// A photo's words are written down before its bytes (C9).
    WordsBeforeBytes,
    /// A photo counts as sent once a part of it is.
    PhotoEndsEarly,
    /// The cursor of the knowledge base is kept apart from its rows.
    KbCursorFirst,
    /// A phone that was switched off keeps what it had.
    NoDrop,
}

/// What a test changes about the store. Clones share nothing.
#[derive(Debug, Default)]
pub(super) struct Probe {
    #[cfg(any(test, feature = "planted"))]
    pub(super) planted: Planted,
    /// The next transaction dies at its so many-th step.
    #[cfg(any(test, feature = "planted"))]
    pub(super) dies_in: std::cell::Cell<Option<u32>>,
}

/// Asks a probe for a bug by name; false in a release, where the names do not exist.
macro_rules! planted {
    ($probe:expr, $bug:ident) => {{
        #[cfg(any(test, feature = "planted"))]
        let has = $probe.planted == $crate::store::planted::Planted::$bug;
        #[cfg(not(any(test, feature = "planted")))]
        let has = {
            let _ = &$probe;
            false
        };
        has
    }};
}
pub(super) use planted;

impl Probe {
    /// A step of a transaction, at which a test may let it die.
    #[cfg(any(test, feature = "planted"))]
    pub(super) fn step(&self) -> Result<(), Error> {
        match self.dies_in.get() {
            Some(0) => {
                self.dies_in.set(None);
                Err(Error::Bug("killed by the test".into()))
            }
            Some(left) => {
                self.dies_in.set(Some(left - 1));
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// A step of a transaction.
    #[cfg(not(any(test, feature = "planted")))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "has a body in tests only")]
    pub(super) fn step(&self) -> Result<(), Error> {
        Ok(())
    }
}
