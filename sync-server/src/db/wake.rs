//! Wakes: "look again", sent after a commit. They carry no facts and may be lost; whoever listens also looks by itself
//! now and then. On PostgreSQL they reach the other servers too.

use crate::feed::Stream;
use tokio::sync::{broadcast, mpsc, oneshot};

/// Whom to wake.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Wake {
    /// Jobs were enqueued.
    Jobs,
    /// The business clock jumped.
    Clock,
    /// Somebody's sign-in ended or changed.
    SignIns,
    /// A stream has new rows.
    Dirty(Stream),
    /// Some wakes were lost: assume any.
    Everything,
}

impl Wake {
    /// One word, for the way to other servers.
    pub(super) fn word(&self) -> String {
        match self {
            Self::Jobs => "jobs".into(),
            Self::Clock => "clock".into(),
            Self::SignIns => "sign_ins".into(),
            Self::Dirty(stream) => stream.as_str().into(),
            Self::Everything => "everything".into(),
        }
    }

    /// The wake that a word means; a newer server's word may mean anything.
    pub(super) fn from_word(word: &str) -> Self {
        match word {
            "jobs" => Self::Jobs,
            "clock" => Self::Clock,
            "sign_ins" => Self::SignIns,
            _ => Stream::parse(word).map_or(Self::Everything, Self::Dirty),
        }
    }
}

/// How many wakes a slow listener may be behind before they become [`Wake::Everything`].
const BEHIND_MAX: usize = 1_024;

#[derive(Clone)]
pub(super) struct Bus {
    here: broadcast::Sender<Wake>,
    elsewhere: Option<Elsewhere>,
}

/// The way to the other servers.
#[derive(Clone)]
pub(super) struct Elsewhere {
    pub(super) wakes: mpsc::Sender<Wake>,
    pub(super) stop: mpsc::Sender<oneshot::Sender<()>>,
}

impl Bus {
    /// A bus that stays in this process.
    pub(super) fn local() -> Self {
        Self { here: broadcast::Sender::new(BEHIND_MAX), elsewhere: None }
    }

    pub(super) fn shared(self, elsewhere: Elsewhere) -> Self {
        Self { elsewhere: Some(elsewhere), ..self }
    }

    pub(super) fn listen(&self) -> Listener {
        Listener(self.here.subscribe())
    }

    /// Never waits: a full line to the other servers drops the wake, and they look by themselves.
    pub(super) fn send(&self, wake: Wake) {
        if let Some(elsewhere) = &self.elsewhere {
            let _ = elsewhere.wakes.try_send(wake.clone());
        }
        self.send_here(wake);
    }

    pub(super) fn send_here(&self, wake: Wake) {
        // An error means that nobody listens.
        let _ = self.here.send(wake);
    }

    pub(super) async fn close(&self) {
        if let Some(elsewhere) = &self.elsewhere {
            let (done, is_done) = oneshot::channel();
            if elsewhere.stop.send(done).await.is_ok() {
                let _ = is_done.await;
            }
        }
    }
}

/// Hears wakes.
#[derive(Debug)]
pub struct Listener(broadcast::Receiver<Wake>);

impl Listener {
    /// The next wake. Nothing means that the database was closed.
    pub async fn next(&mut self) -> Option<Wake> {
        match self.0.recv().await {
            Ok(wake) => Some(wake),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(Wake::Everything),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }

    /// The wakes that are there already, at most as many as may be behind.
    pub fn drain(&mut self) -> Vec<Wake> {
        let mut wakes = Vec::new();
        loop {
            match self.0.try_recv() {
                Ok(wake) => wakes.push(wake),
                Err(broadcast::error::TryRecvError::Lagged(_)) => wakes.push(Wake::Everything),
                Err(broadcast::error::TryRecvError::Empty | broadcast::error::TryRecvError::Closed) => return wakes,
            }
            if wakes.len() >= BEHIND_MAX {
                return wakes;
            }
        }
    }
}
