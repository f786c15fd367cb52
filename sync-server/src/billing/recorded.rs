//! A card provider whose every request leaves a line about how it ended, so that people see at the health page of any
//! server what all servers and workers met. The line holds a code and the provider's words, without anybody's address.
//! Where it cannot be written, the request counts all the same.

use super::outside::{Answer, Gateway, Request};
use super::store;
use crate::db::{Database, Error, Lane};
use crate::notify::outside::Unsent;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use std::time::Duration;

/// Characters of what a provider said that are kept.
const WHY_CHARS_MAX: usize = 200;

/// How a request to the card provider ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallEnded {
    /// It was answered; that a card is declined is an answer too.
    Answered,
    /// It was not taken.
    Failed,
    /// Nobody knows.
    Unknown,
}

impl CallEnded {
    const ALL: [Self; 3] = [Self::Answered, Self::Failed, Self::Unknown];

    /// The word in the table.
    pub fn word(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    /// What a word means.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ended| ended.word() == word)
    }
}

/// Notes how requests end.
pub(super) struct Recorded<G> {
    gateway: G,
    db: Database,
}

impl<G: Gateway> Recorded<G> {
    /// What is asked of this gateway.
    pub(super) fn new(gateway: G, db: Database) -> Self {
        Self { gateway, db }
    }
}

/// What is kept of an end: how, and why not.
fn ended(answered: &Result<Answer, Unsent>) -> (CallEnded, Option<String>) {
    match answered {
        Ok(_) => (CallEnded::Answered, None),
        Err(Unsent::Unknown { why }) => (CallEnded::Unknown, Some(nameless(why))),
        Err(Unsent::Later { why, .. } | Unsent::Never { why }) => (CallEnded::Failed, Some(nameless(why))),
    }
}

/// Without words that could be somebody's address, and not longer than a line.
fn nameless(why: &str) -> String {
    let words = why.split(' ').map(|word| if word.contains('@') { "…" } else { word });
    words.collect::<Vec<_>>().join(" ").chars().take(WHY_CHARS_MAX).collect()
}

impl<G: Gateway> Gateway for Recorded<G> {
    fn ask(&self, request: Request) -> BoxFuture<'_, Result<Answer, Unsent>> {
        async move {
            let what = request.word();
            let answered = self.gateway.ask(request).await;
            let (how, why) = ended(&answered);
            let noted = self.db.write(Lane::Work, async move |tx| {
                store::note_call(tx, what, how, why.as_deref()).await?;
                Ok::<_, Error>(())
            });
            if let Err(error) = noted.await {
                tracing::warn!(%error, what, "how a request to the card provider ended was not noted");
            }
            answered
        }
        .boxed()
    }

    fn wait(&self) -> Option<Duration> {
        self.gateway.wait()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::testing::both_engines;
    use shared::time::Timestamp;

    #[test]
    fn what_is_kept_of_an_end_names_nobody_and_is_short() {
        let never = |why: &str| ended(&Err(Unsent::Never { why: why.to_owned() }));
        let (how, why) = never("email_invalid: Invalid email address: mia@example.com, sorry");
        assert_eq!(how, CallEnded::Failed);
        assert_eq!(why.as_deref(), Some("email_invalid: Invalid email address: … sorry"));
        assert_eq!(never(&"ü".repeat(500)).1.map(|why| why.chars().count()), Some(WHY_CHARS_MAX));
        assert_eq!(ended(&Ok(Answer::NoIntent)), (CallEnded::Answered, None));
        for known in CallEnded::ALL {
            assert_eq!(CallEnded::from_word(known.word()), Some(known));
        }
    }

    /// Answers in one way only.
    struct Says(Result<Answer, Unsent>);

    impl Gateway for Says {
        fn ask(&self, _: Request) -> BoxFuture<'_, Result<Answer, Unsent>> {
            let said = self.0.clone();
            async move { said }.boxed()
        }
    }

    #[tokio::test]
    async fn each_request_leaves_a_line_and_old_lines_go() {
        both_engines(async |db| {
            let down = Unsent::Unknown { why: "timeout: nothing came".to_owned() };
            for said in [Ok(Answer::NoIntent), Err(down.clone())] {
                let recorded = Recorded::new(Says(said.clone()), db.clone());
                assert_eq!(recorded.ask(Request::Intent("pi_1".to_owned())).await, said, "the answer is passed on");
                db.clock().advance(1_000);
            }
            let read = async |since| {
                let calls = db.read(async move |conn| store::calls(conn, since).await).await.unwrap();
                calls.into_iter().map(|call| (call.ended, call.error)).collect::<Vec<_>>()
            };
            let timeout = (CallEnded::Unknown, Some("timeout: nothing came".to_owned()));
            assert_eq!(read(Timestamp::EPOCH).await, [timeout.clone(), (CallEnded::Answered, None)]);
            let before = db.clock().real_now().plus_millis(-1_500);
            db.write(Lane::Bulk, async move |tx| store::forget_calls(tx, before, 10).await).await.unwrap();
            assert_eq!(read(Timestamp::EPOCH).await, [timeout]);
        })
        .await;
    }
}
