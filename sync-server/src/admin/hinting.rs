//! When the desk's pages should look again: after anything that may have moved a ticket, and not more often than a person
//! can read.

use crate::db::{Listener, Wake};
use crate::http::Site;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Between two hints.
const PAUSE: Duration = Duration::from_secs(2);

/// The hints of one page.
pub(super) struct Hints {
    listener: Listener,
    stop: CancellationToken,
    pauses: bool,
}

impl Hints {
    /// From now on.
    pub(super) fn of(site: &Site) -> Self {
        Self { listener: site.db.listen(), stop: site.stop.clone(), pauses: false }
    }

    /// The next one; none when the server stops. What happens during the pause is one hint after it.
    pub(super) async fn next(&mut self) -> Option<()> {
        if self.pauses {
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = self.stop.cancelled() => return None,
            }
            if self.listener.drain().iter().any(is_news) {
                return Some(());
            }
        }
        self.pauses = true;
        loop {
            let wake = tokio::select! {
                wake = self.listener.next() => wake?,
                () = self.stop.cancelled() => return None,
            };
            if is_news(&wake) {
                return Some(());
            }
        }
    }
}

/// A new ticket has no stream yet; what it causes is a job.
fn is_news(wake: &Wake) -> bool {
    match wake {
        Wake::Dirty(_) | Wake::Jobs | Wake::Clock | Wake::Everything => true,
        Wake::SignIns => false,
    }
}
