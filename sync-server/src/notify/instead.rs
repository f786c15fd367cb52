//! A second way for what did not arrive: a customer whose SMS failed gets the same by e-mail, and the other way round.
//! Where there is no second way, or it fails too, the notice stays failed and a person of ours rings.

use super::compose::{self, Untold};
use super::helper;
use super::notice::{Notice, NoticeState};
use super::outside::Outside;
use super::plan::{Audience, Channel, rank};
use super::store;
use super::store::no_sms::{self, NoSms};
use crate::db::{Error, Tx};
use crate::jobs::{Kind, Rank};
use shared::ids::NoticeId;
use shared::time::Timestamp;

/// For so long a customer's SMS is tried before an e-mail goes in its place.
const SMS_PATIENCE_MINUTES: i64 = 5;
/// For so long an e-mail about a visit is tried before an SMS goes in its place.
const MAIL_PATIENCE_MINUTES: i64 = 15;
/// All other notices are tried until shortly before their job would die: then they fail where people look.
const BEFORE_DEATH_MINUTES: i64 = 60;

/// How many minutes after the first attempt a notice that is still not sent has failed for good.
pub(super) fn patience_minutes(kind: Kind, notice: &Notice) -> i64 {
    match (notice.channel, notice.audience) {
        (Channel::Sms, Audience::Customer) => SMS_PATIENCE_MINUTES,
        (Channel::Email, Audience::Customer) if rank(&notice.matter) < Rank::Rest => MAIL_PATIENCE_MINUTES,
        (Channel::Sms, Audience::Expert | Audience::Staff) | (Channel::Push | Channel::Email | Channel::Call, _) => {
            (kind.tried_for_minutes() - BEFORE_DEATH_MINUTES).max(1)
        }
    }
}

/// Ends a queued notice as failed, and says the same by another way where there is one.
pub(super) async fn fail(tx: &mut Tx, outside: &Outside, id: NoticeId, why: &str, now: Timestamp) -> Result<(), Error> {
    let Some(notice) = store::lock(tx, id).await?.filter(|notice| notice.state == NoticeState::Queued) else {
        return Ok(());
    };
    tracing::warn!(notice = %id, kind = notice.matter.word(), channel = notice.channel.word(), why, "a notice failed");
    store::end(tx, id, NoticeState::Failed, Some(why), now).await?;
    learn(tx, &notice, why).await?;
    tell(tx, outside, &notice, now).await
}

/// Keeps what a provider's refusal says about the number itself, so that nothing is tried there again.
pub(super) async fn learn(tx: &mut Tx, notice: &Notice, why: &str) -> Result<(), Error> {
    match (notice.channel, NoSms::told_by(why), notice.to_address.parse()) {
        (Channel::Sms, Some(no_sms), Ok(phone)) => no_sms::stop(tx, &phone, no_sms).await,
        (Channel::Sms | Channel::Push | Channel::Email | Channel::Call, _, _) => Ok(()),
    }
}

/// Says what this notice said by another way, where there is one and it is still worth saying.
pub(super) async fn tell(tx: &mut Tx, outside: &Outside, notice: &Notice, now: Timestamp) -> Result<(), Error> {
    if helper::is_copy(notice) {
        return Ok(());
    }
    let real_now = tx.real_now();
    if notice.audience != Audience::Customer
        || store::is_instead(tx, notice.id).await?
        || super::still_to_say(tx, notice, now, real_now).await?.is_err()
    {
        return Ok(());
    }
    let again = match compose::otherwise(tx, outside, notice, now).await {
        Ok(again) => again,
        Err(Untold::Database(error)) => return Err(error),
        Err(error @ (Untold::NoAdmin | Untold::Missing(_))) => {
            tracing::warn!(notice = %notice.id, %error, "what failed cannot be said by another way");
            None
        }
    };
    let Some(again) = again else { return Ok(()) };
    if let Some(id) = store::tell(tx, std::slice::from_ref(&again), now).await?.first() {
        store::set_instead(tx, notice.id, *id).await?;
    }
    Ok(())
}
