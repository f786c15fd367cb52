//! Wakes between servers on one PostgreSQL: `notify` after the commit, from one connection, batched (inside the
//! transactions it cost three quarters of the throughput), and `listen` on another.

use super::error::OpenError;
use super::wake::{Bus, Elsewhere, Wake};
use sqlx::postgres::{PgConnection, PgListener};
use sqlx::{Connection, Executor, Row};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

const CHANNEL: &str = "sysops_wake";
/// Wakes in one message; with words of at most 40 bytes this stays below PostgreSQL's 8,000.
const BATCH_MAX: usize = 150;
const WAITING_MAX: usize = 4_096;
const RECONNECT_AFTER: Duration = Duration::from_secs(1);

/// Connects both ways.
pub(super) async fn start(url: &str) -> Result<Bus, OpenError> {
    let mut listener = PgListener::connect(url).await?;
    listener.listen(CHANNEL).await?;
    let mut sender = PgConnection::connect(url).await?;
    // The server's number for this connection tells our own messages from those of others.
    let me: i32 = (&mut sender).fetch_one("select pg_backend_pid() as pid").await?.try_get("pid")?;
    let (wakes, waiting) = mpsc::channel(WAITING_MAX);
    let (stop, stopped) = mpsc::channel(1);
    let bus = Bus::local();
    tokio::spawn(run(url.to_string(), me, listener, sender, waiting, stopped, bus.clone()));
    Ok(bus.shared(Elsewhere { wakes, stop }))
}

async fn run(
    url: String,
    me: i32,
    mut listener: PgListener,
    sender: PgConnection,
    mut waiting: mpsc::Receiver<Wake>,
    mut stopped: mpsc::Receiver<oneshot::Sender<()>>,
    bus: Bus,
) {
    let mut sender = Some(sender);
    let mut batch = Vec::new();
    loop {
        tokio::select! {
            stop = stopped.recv() => {
                if let Some(sender) = sender {
                    let _ = sender.close().await;
                }
                drop(listener);
                if let Some(done) = stop {
                    let _ = done.send(());
                }
                return;
            }
            n = waiting.recv_many(&mut batch, BATCH_MAX) => {
                if n == 0 {
                    return;
                }
                let message = message(me, &mut batch);
                sender = tell(&url, sender, &message).await;
            }
            heard = listener.try_recv() => match heard {
                Ok(Some(notification)) => hear(me, notification.payload()).into_iter().for_each(|wake| bus.send_here(wake)),
                // The connection was lost and is there again: who knows what was said.
                Ok(None) => bus.send_here(Wake::Everything),
                Err(error) => {
                    tracing::warn!(%error, "wakes of other servers are not heard; jobs and phones look by themselves");
                    tokio::time::sleep(RECONNECT_AFTER).await;
                }
            }
        }
    }
}

/// Sends a message, on a new connection if the old one is gone. A message that cannot be sent is dropped.
async fn tell(url: &str, sender: Option<PgConnection>, message: &str) -> Option<PgConnection> {
    let mut connection = match sender {
        Some(connection) => connection,
        None => PgConnection::connect(url).await.ok()?,
    };
    let sent = sqlx::query("select pg_notify($1, $2)").bind(CHANNEL).bind(message).execute(&mut connection).await;
    sent.is_ok().then_some(connection)
}

/// Who says it, then each wake once.
fn message(me: i32, batch: &mut Vec<Wake>) -> String {
    let mut words: Vec<String> = batch.drain(..).map(|wake| wake.word()).collect();
    words.sort_unstable();
    words.dedup();
    format!("{me} {}", words.join(" "))
}

/// The wakes in a message of someone else.
fn hear(me: i32, message: &str) -> Vec<Wake> {
    let mut words = message.split(' ');
    if words.next() == Some(&me.to_string()) {
        return Vec::new();
    }
    words.map(Wake::from_word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::Stream;

    #[test]
    fn a_message_says_each_wake_once_and_is_not_heard_by_its_sender() {
        let kb = Wake::Dirty(Stream::knowledge());
        let text = message(7, &mut vec![Wake::Jobs, kb.clone(), Wake::Jobs]);
        assert_eq!(text, "7 jobs kb:main");
        assert_eq!(hear(8, &text), [Wake::Jobs, kb]);
        assert_eq!(hear(7, &text), []);
        assert_eq!(hear(8, "7 news"), [Wake::Everything]);
    }
}
