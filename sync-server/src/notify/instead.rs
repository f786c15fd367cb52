//! A second way for what did not arrive: a customer whose SMS failed gets the same by e-mail. Where there is no second
//! way, or it fails too, the notice stays failed and a person of ours rings.

use super::compose::{self, Untold};
use super::helper;
use super::notice::{Notice, NoticeState};
use super::outside::Outside;
use super::plan::{Audience, Channel};
use super::store;
use crate::db::{Error, Tx};
use crate::jobs::Kind;
use shared::ids::NoticeId;
use shared::time::Timestamp;

/// For so long a customer's SMS is tried before an e-mail goes in its place.
const SMS_PATIENCE_MINUTES: i64 = 5;
/// All other notices are tried until shortly before their job would die: then they fail where people look.
const BEFORE_DEATH_MINUTES: i64 = 60;

/// How many minutes after the first attempt a notice that is still not sent has failed for good.
pub(super) fn patience_minutes(kind: Kind, channel: Channel, audience: Audience) -> i64 {
    match (channel, audience) {
        (Channel::Sms, Audience::Customer) => SMS_PATIENCE_MINUTES,
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
    tell(tx, outside, &notice, now).await
}

/// Says what this notice said by another way, where there is one and it is still worth saying.
pub(super) async fn tell(tx: &mut Tx, outside: &Outside, notice: &Notice, now: Timestamp) -> Result<(), Error> {
    if helper::is_copy(notice) {
        return Ok(());
    }
    let is_first_way = matches!((notice.channel, notice.audience), (Channel::Sms, Audience::Customer));
    let real_now = tx.real_now();
    if !is_first_way || super::still_to_say(tx, notice, now, real_now).await?.is_err() {
        return Ok(());
    }
    let again = match compose::by_mail(tx, outside, notice, now).await {
        Ok(again) => again,
        Err(Untold::Database(error)) => return Err(error),
        Err(error @ (Untold::NoAdmin | Untold::Missing(_))) => {
            tracing::warn!(notice = %notice.id, %error, "what failed cannot be said by e-mail");
            None
        }
    };
    let Some(again) = again else { return Ok(()) };
    if let Some(id) = store::tell(tx, std::slice::from_ref(&again), now).await?.first() {
        store::set_instead(tx, notice.id, *id).await?;
    }
    Ok(())
}
