//! Notices put into a database directly, to be sent by a server: here only the way out is tried.

use shared::ids::{ExpertId, Id, NoticeId};
use sync_server::db::{Database, Lane};
use sync_server::notify::plan::{Audience, Channel};
use sync_server::notify::{Notice, NoticeState, store};
use tests::notices::asks;
use tests::wait::eventually;

pub(crate) use tests::notices::{number, queue};

/// Queues a push to an expert's phones, about something that does not pass.
pub(crate) async fn queue_push(db: &Database, expert: ExpertId) -> NoticeId {
    let now = db.clock().real_now();
    let mut notice = asks(&expert.to_string(), Id::new(now, &*db.chance()), Audience::Expert, now);
    notice.way.0 = Channel::Push;
    notice.words.subject = Some("How was it?".to_owned());
    let write = db.write(Lane::Work, async move |tx| store::tell(tx, std::slice::from_ref(&notice), now).await);
    write.await.unwrap()[0]
}

/// A notice as it is.
pub(crate) async fn notice(db: &Database, id: NoticeId) -> Notice {
    db.read(async move |conn| store::get(conn, id).await).await.unwrap().unwrap()
}

/// Waits until a notice is in this state.
pub(crate) async fn comes_to(db: &Database, id: NoticeId, state: NoticeState, bound: std::time::Duration) -> Notice {
    eventually(&format!("a notice is {state:?}"), bound, async || {
        let notice = notice(db, id).await;
        if notice.state == state { Ok(notice) } else { Err(format!("{notice:?}")) }
    })
    .await
}
