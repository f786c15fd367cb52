//! The server's hints: a stream of events that says "there is something", never what. A hint only wakes the syncer, so
//! a lost one costs a poll's wait, and a false one costs a request that finds nothing.

use super::gateway::Gateway;
use super::pace::{BACK_OFF_FIRST_MS, BACK_OFF_MAX_MS, Wake};
use crate::clock::Edge;
use std::time::Duration;
use tokio::sync::mpsc;

/// A line of events is a few bytes; what is longer is not ours.
const LINE_BYTES_MAX: usize = 16 * 1024;

/// Listens for ever, and wakes the syncer at each hint and each time the stream comes back: what was said meanwhile was
/// not heard.
pub(super) async fn listen(gateway: Gateway, wakes: mpsc::Sender<Wake>, edge: Edge) {
    let mut wait_ms = BACK_OFF_FIRST_MS;
    loop {
        if let Ok(mut bytes) = gateway.hints().await {
            let mut events = Events::default();
            wait_ms = BACK_OFF_FIRST_MS;
            wake(&wakes);
            while let Some(bytes) = bytes.next().await {
                if events.take(&bytes) {
                    wake(&wakes);
                }
            }
        }
        if wakes.is_closed() {
            return;
        }
        let jitter = edge.chance.below(wait_ms);
        tokio::time::sleep(Duration::from_millis(wait_ms / 2 + jitter)).await;
        wait_ms = (wait_ms * 2).min(BACK_OFF_MAX_MS);
    }
}

/// A full queue of wakes already wakes.
fn wake(wakes: &mpsc::Sender<Wake>) {
    let _ = wakes.try_send(Wake::Hint);
}

/// Reads server-sent events as far as we need them: an event with data is a hint, comments are signs of life.
#[derive(Debug, Default)]
struct Events {
    line: Vec<u8>,
    has_data: bool,
}

impl Events {
    /// Takes bytes, wherever they were cut. Says whether an event ended in them.
    fn take(&mut self, bytes: &[u8]) -> bool {
        let mut heard = false;
        for byte in bytes {
            match byte {
                b'\n' => {
                    let line = std::mem::take(&mut self.line);
                    if line.is_empty() {
                        heard |= std::mem::take(&mut self.has_data);
                    } else {
                        self.has_data |= line.starts_with(b"data");
                    }
                }
                b'\r' => {}
                _ if self.line.len() < LINE_BYTES_MAX => self.line.push(*byte),
                _ => {}
            }
        }
        heard
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_heard_wherever_its_bytes_are_cut_and_a_comment_is_not() {
        let text = b": still here\n\nevent: dirty\r\ndata: {\"dirty\":[\"u\"]}\r\n\r\n";
        for cut in 0..text.len() {
            let mut events = Events::default();
            let heard = [&text[..cut], &text[cut..]].map(|part| events.take(part));
            assert_eq!(heard.iter().filter(|heard| **heard).count(), 1, "cut at {cut}");
        }
        let mut events = Events::default();
        assert!(!events.take(b": nothing\n\n: new\n\n"));
        assert!(!events.take(&vec![b'x'; 2 * LINE_BYTES_MAX]));
        assert!(events.line.len() <= LINE_BYTES_MAX);
    }
}
