//! Notices put into a database directly, to be sent by a server: here only the way out is tried.

use shared::ids::{ExpertId, Id, NoticeId, SurveyId};
use shared::texts::Language;
use shared::time::Timestamp;
use std::collections::BTreeMap;
use sync_server::clock::Clock;
use sync_server::db::testing::Fresh;
use sync_server::db::{Database, Error, Lane};
use sync_server::notify::plan::{Audience, Channel, Matter};
use sync_server::notify::render::Words;
use sync_server::notify::{NewNotice, Notice, NoticeState, Recipient, store};
use tests::wait::eventually;

/// Rows that one transaction writes.
const ROWS: usize = 100;

/// The number of the `n`th person.
pub(crate) fn number(n: usize) -> String {
    format!("+1212555{n:04}")
}

/// Queues an SMS to each number, about something that does not pass.
pub(crate) async fn queue(fresh: &Fresh, numbers: &[String], audience: Audience) -> BTreeMap<String, NoticeId> {
    let db = fresh.open(Clock::machine()).await;
    let mut queued = BTreeMap::new();
    for numbers in numbers.chunks(ROWS) {
        let now = db.clock().real_now();
        let notices: Vec<NewNotice> =
            numbers.iter().map(|to| asks(to, Id::new(now, &*db.chance()), audience, now)).collect();
        let write = db.write(Lane::Work, async move |tx| {
            let mut queued = Vec::new();
            for notice in &notices {
                let ids = store::tell(tx, std::slice::from_ref(notice), now).await?;
                queued.push((notice.way.1.clone(), ids[0]));
            }
            Ok::<_, Error>(queued)
        });
        queued.extend(write.await.unwrap());
    }
    db.close().await;
    queued
}

fn asks(to: &str, survey: SurveyId, audience: Audience, now: Timestamp) -> NewNotice {
    NewNotice {
        matter: Matter::Survey { survey },
        ticket: None,
        seq: None,
        to: Recipient { audience, person: to.to_owned(), language: Language::English },
        way: (Channel::Sms, to.to_owned()),
        words: Words { subject: None, body: format!("For {to}: how was it? {survey}"), link: None },
        due_at: now,
    }
}

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
