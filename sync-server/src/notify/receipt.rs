//! What a provider tells later about a message that it took. Receipts repeat, come out of order, and may come before our
//! own note that the message was taken: each only moves a notice forward, and says for whom a second way is needed.

use super::instead;
use super::notice::{Ended, NoticeState};
use super::outside::Outside;
use super::store;
use crate::db::{Error, Tx};
use shared::ids::NoticeId;
use shared::time::Timestamp;

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Receipt {
    /// It is on its way.
    Sent,
    /// The phone has it.
    Delivered,
    /// It will not arrive.
    Failed {
        /// The provider's code and what it means.
        why: String,
    },
}

/// What a receipt does to a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    To(NoticeState),
    Nothing,
}

/// Judges a receipt by where the notice is. Who has the message has it: that is never taken back, and it corrects an
/// earlier failure. A notice that was dropped stays so, whatever a message that overtook that has to tell.
fn step(state: NoticeState, receipt: &Receipt) -> Step {
    match (state, receipt) {
        (NoticeState::Queued, Receipt::Sent) => Step::To(NoticeState::Sent),
        (NoticeState::Queued | NoticeState::Sent | NoticeState::Failed, Receipt::Delivered) => {
            Step::To(NoticeState::Delivered)
        }
        (NoticeState::Queued | NoticeState::Sent, Receipt::Failed { .. }) => Step::To(NoticeState::Failed),
        (NoticeState::Sent | NoticeState::Failed, Receipt::Sent)
        | (NoticeState::Failed, Receipt::Failed { .. })
        | (NoticeState::Delivered | NoticeState::Dropped, _) => Step::Nothing,
    }
}

/// Applies a receipt of a message that the provider knows as `reference`. Gives back whether anything changed.
pub(super) async fn apply(
    tx: &mut Tx,
    outside: &Outside,
    id: NoticeId,
    reference: &str,
    receipt: &Receipt,
    now: Timestamp,
) -> Result<bool, Error> {
    let Some(notice) = store::lock(tx, id).await? else { return Ok(false) };
    let Step::To(state) = step(notice.state, receipt) else { return Ok(false) };
    if let Some((n, Ended::Attempted | Ended::Unknown)) = store::last_attempt(tx, id).await? {
        // The answer to this attempt was lost or is late: this says how it ended.
        store::end_attempt(tx, id, n, Ended::Sent, Ok(reference)).await?;
    }
    if let Receipt::Failed { why } = receipt {
        store::refuse_attempt(tx, id, reference, why).await?;
        store::move_on(tx, id, state, Some(why), now).await?;
        instead::learn(tx, &notice, why).await?;
        instead::tell(tx, outside, &notice, now).await?;
    } else {
        store::move_on(tx, id, state, None, now).await?;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_only_moves_a_notice_forward() {
        let failed = || Receipt::Failed { why: "30003: off".into() };
        for (state, receipt, expected) in [
            (NoticeState::Queued, Receipt::Sent, Some(NoticeState::Sent)),
            (NoticeState::Queued, Receipt::Delivered, Some(NoticeState::Delivered)),
            (NoticeState::Queued, failed(), Some(NoticeState::Failed)),
            (NoticeState::Sent, Receipt::Sent, None),
            (NoticeState::Sent, Receipt::Delivered, Some(NoticeState::Delivered)),
            (NoticeState::Sent, failed(), Some(NoticeState::Failed)),
            (NoticeState::Delivered, Receipt::Sent, None),
            (NoticeState::Delivered, failed(), None),
            (NoticeState::Failed, Receipt::Sent, None),
            (NoticeState::Failed, failed(), None),
            (NoticeState::Failed, Receipt::Delivered, Some(NoticeState::Delivered)),
            (NoticeState::Dropped, Receipt::Delivered, None),
        ] {
            let step = match step(state, &receipt) {
                Step::To(state) => Some(state),
                Step::Nothing => None,
            };
            assert_eq!(step, expected, "{state:?} {receipt:?}");
        }
    }
}
