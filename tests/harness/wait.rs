//! Waiting, the one way tests do it: a condition, a bound, and the last reason why it was not met.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How long most things may take on a busy machine of two cores. A healthy wait ends in a fraction of it.
pub const SOON: Duration = Duration::from_secs(45);

/// For what starts a browser or a window, or waits for a retry to come round.
pub const LATER: Duration = Duration::from_mins(1);

/// Asks until the answer is `Ok`, with short pauses that grow to a tenth of a second.
///
/// # Panics
/// After `bound`, with `what` was awaited and the last answer.
pub async fn eventually<T, F>(what: &str, bound: Duration, mut ask: F) -> T
where
    F: AsyncFnMut() -> Result<T, String>,
{
    let began = Instant::now();
    let mut pause = Duration::from_millis(5);
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(why) if began.elapsed() >= bound => panic!("waited {bound:?} in vain: {what}; in the end: {why}"),
            Err(_) => {}
        }
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(100));
    }
}
