//! Bugs planted on purpose, one at a time, each with a script that must find it.

use super::play;
use super::script::{Step, Tap, Upload as How};
use mobile::store::Planted as OfPhone;
use sync_server::db::{Engine, Planted as OfServer};

use Step::{
    Article, Backup, Deliver, Fetch, File, Lose, Minutes, Offer, Restore, RestorePhone, SavePhone, Send, Trim, Upload,
};

/// A bug on one of the two sides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Planted {
    /// None.
    #[default]
    Nothing,
    /// In the phone's store.
    Phone(OfPhone),
    /// In the server.
    Server(OfServer),
}

impl Planted {
    pub(super) fn of_phone(self) -> OfPhone {
        match self {
            Self::Phone(bug) => bug,
            Self::Nothing | Self::Server(_) => OfPhone::Nothing,
        }
    }

    pub(super) fn of_server(self) -> OfServer {
        match self {
            Self::Server(bug) => bug,
            Self::Nothing | Self::Phone(_) => OfServer::Nothing,
        }
    }
}

const ALL: u64 = 1 << 20;

/// A phone asks and hears, with nothing else under way.
const fn sync(phone: usize) -> [Step; 3] {
    [Send(phone, 200, ALL), Deliver(0, false), Deliver(0, false)]
}

/// The same with answers of one document.
const fn slowly(phone: usize) -> [Step; 3] {
    [Send(phone, 200, 1), Deliver(0, false), Deliver(0, false)]
}

/// A note on one of the first phone's tickets.
fn note(ticket: usize) -> [Step; 1] {
    [Step::Tap(0, ticket, Tap::Note)]
}

/// A photo of one of the first phone's tickets.
fn photo(ticket: usize) -> [Step; 1] {
    [Step::Tap(0, ticket, Tap::Photo)]
}

/// What a bug's fault must say, and the script that shows it.
type Tale = (Planted, &'static str, fn() -> Vec<Step>);

/// Every bug of the list in sync.md, and those of the store beside it.
pub const BUGS: [Tale; 24] = [
    (Planted::Server(OfServer::NoMids), "and then", || {
        // Done and not heard of; then a new incarnation sends it again.
        let unheard = [Step::Tap(0, 0, Tap::Accept), Send(0, 200, ALL), Deliver(0, false), Lose(0), Step::SignIn(0)];
        [&[File(0)], &sync(0)[..], &unheard, &sync(0)].concat()
    }),
    (Planted::Server(OfServer::NoFork), "no longer shows", || {
        [&[File(0)], &sync(0)[..], &[SavePhone(0)], &note(0), &sync(0), &[RestorePhone(0)], &note(0), &sync(0)].concat()
    }),
    (Planted::Server(OfServer::NoEpoch), "keeps", || {
        [&[Backup, File(0)], &sync(0)[..], &[Restore], &sync(0), &sync(0)].concat()
    }),
    (Planted::Server(OfServer::NoHorizon), "keeps", || {
        [&[File(0)], &sync(0)[..], &[Offer(0, 1), Trim], &sync(0)].concat()
    }),
    (Planted::Server(OfServer::NoDel), "keeps", || [&[File(0)], &sync(0)[..], &[Offer(0, 1)], &sync(0)].concat()),
    (Planted::Server(OfServer::NoBootHead), "without a cause", || {
        let tickets = [File(0), File(0), File(0), Offer(2, 1), Trim];
        [&tickets[..], &slowly(0), &slowly(0), &slowly(0)].concat()
    }),
    (Planted::Server(OfServer::NoMore), "digest", || [&[File(0), File(0)], &slowly(0)[..], &slowly(0)].concat()),
    (Planted::Server(OfServer::KbNoEpoch), "articles", || {
        [&[Backup, Article(0)], &sync(0)[..], &[Fetch(0, false), Restore], &sync(0)].concat()
    }),
    (Planted::Server(OfServer::NoMissing), "photo", || {
        let sent = [&photo(0)[..], &sync(0), &[Upload(0, How::Rest)]].concat();
        [&[File(0)], &sync(0)[..], &[Backup], &sent, &[Restore], &sync(0)].concat()
    }),
    (Planted::Server(OfServer::OrphansUnanswered), "nobody knows", || {
        // In the restored history the other expert still has it.
        [&[File(1), Backup, Offer(0, 0)], &sync(0)[..], &note(0), &[Restore], &sync(0), &sync(0)].concat()
    }),
    (Planted::Phone(OfPhone::WordsBeforeBytes), "kept half", || {
        [&[File(0)], &sync(0)[..], &[Step::KillAppIn(0, 3)], &photo(0)].concat()
    }),
    (Planted::Phone(OfPhone::PhotoEndsEarly), "photo", || {
        [&[File(0)], &sync(0)[..], &photo(0), &sync(0), &[Upload(0, How::Half)]].concat()
    }),
    (Planted::Phone(OfPhone::KbCursorFirst), "articles", || {
        let begun = [&[Article(0)], &sync(0)[..], &[Fetch(0, false), Article(3)]].concat();
        [&begun[..], &[Step::KillAppIn(0, 2)], &sync(0)].concat()
    }),
    (Planted::Phone(OfPhone::NoDrop), "switched off and keeps", || {
        [&[File(0)], &sync(0)[..], &[Step::Revoke(0)], &sync(0)].concat()
    }),
    (Planted::Phone(OfPhone::NoReoffer), "is lost", || {
        [&[File(0)], &sync(0)[..], &[Backup], &note(0), &sync(0), &[Restore], &sync(0), &sync(0)].concat()
    }),
    (Planted::Phone(OfPhone::NoRenumber), "push stopped", || {
        [&[File(0)], &sync(0)[..], &note(0), &sync(0), &note(0), &[Step::SignIn(0)], &sync(0)].concat()
    }),
    (Planted::Phone(OfPhone::OverlayEndsAtAck), "no longer shows", || {
        [&[File(0), File(0)], &sync(0)[..], &note(0), &note(1), &slowly(0)].concat()
    }),
    (Planted::Phone(OfPhone::OverlayIgnoresEpoch), "no longer shows", || {
        // In the restored history the tickets have fewer versions than the phone has seen.
        let again = [Offer(0, 0), Offer(1, 0), Offer(2, 0)];
        let notes = [note(0), note(1), note(2)].concat();
        let begun = [&[File(0), File(0), File(0), Backup][..], &again, &again, &sync(0)].concat();
        [&begun[..], &notes, &[Restore], &slowly(0), &slowly(0), &slowly(0)].concat()
    }),
    (Planted::Phone(OfPhone::StaleReplies), "went back", || {
        // An answer from before the phone went on comes while another one is awaited.
        let first = [Offer(0, 0), Send(0, 200, ALL), Deliver(0, false)];
        let second = [Offer(0, 1), Send(0, 200, ALL), Deliver(1, false), Deliver(1, false)];
        let late = [Send(0, 200, ALL), Deliver(0, false), Send(0, 200, ALL)];
        [&[File(0)], &sync(0)[..], &first, &second, &late].concat()
    }),
    (Planted::Phone(OfPhone::DelTakesOutbox), "are left", || reassigned_with_unsent_work().to_vec()),
    (Planted::Phone(OfPhone::NoArchive), "neither shows nor archives", || reassigned_with_unsent_work().to_vec()),
    (Planted::Phone(OfPhone::NoSweepGuard), "at once", || {
        [&[Backup][..], &[File(0); 22], &sync(0), &[Restore], &sync(0)].concat()
    }),
    (Planted::Phone(OfPhone::NoSweep), "digest", || {
        [&[File(0)], &sync(0)[..], &[Offer(0, 1), Trim], &sync(0)].concat()
    }),
    (Planted::Phone(OfPhone::NumbersFromJournal), "it did not", || {
        let month = [Minutes(31 * 1_440)];
        [&[File(0)], &sync(0)[..], &note(0), &sync(0), &month, &sync(0), &note(0), &sync(0)].concat()
    }),
];

/// The ticket goes to somebody else while the second of two notes is unsent.
fn reassigned_with_unsent_work() -> [Step; 10] {
    let [ask, hear, take] = sync(0);
    let [one] = note(0);
    [File(0), ask, hear, take, one, one, Offer(0, 1), Send(0, 1, ALL), hear, take]
}

/// What the model says of this bug's script, with the bug in it or without.
pub async fn found(tale: Tale, planted: Planted) -> Vec<String> {
    play(Engine::Sqlite, &tale.2(), 1, planted).await.faults
}
