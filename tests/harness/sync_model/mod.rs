//! The offline promise as a model over the real code: the app's store on real files, the server's database and the functions
//! behind its routes, the fold that both share, and between them a network, crashes and restores that a seed draws.
//!
//! Nothing is simulated but the network and the people. A run ends with all faults over: then every phone must drain within
//! a bound, and nothing may be lost, doubled, stale or another expert's. A failing script is made short by taking steps out
//! as long as it still fails. Photos go beside the messages, in parts; the knowledge base has its own stream and its snapshot.
//! Not in the model: time of day, concurrency within one server.

mod beside;
mod disk;
mod load;
mod network;
mod oracle;
mod phone;
mod planted;
mod script;
mod server;
mod tables;
mod world;

pub use load::{Loaded, load};
pub use planted::{BUGS, Planted, found};
pub use script::{Death, Step, Tap, Upload, draw};

use network::Run;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use sync_server::db::Engine;

/// Steps are taken out of a failing script in so many runs at most.
const SHRINKS_MAX: usize = 200;

/// What came of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Where its numbers start.
    pub seed: u64,
    /// Intents that were made.
    pub n_made: usize,
    /// Requests that the server answered.
    pub n_requests: usize,
    /// Times that an app or the server was killed.
    pub n_kills: usize,
    /// Times that a phone or the server went back to a copy.
    pub n_set_back: usize,
    /// Times that a phone took a new incarnation.
    pub n_registrations: usize,
    /// Times that a stream began anew.
    pub n_resets: usize,
    /// Photos whose bytes came to the server.
    pub n_photos: usize,
    /// Times that a phone fetched the knowledge base.
    pub n_fetched: usize,
    /// What should not be, in the order in which it was seen.
    pub faults: Vec<String>,
}

impl Report {
    /// Adds what another run did.
    pub fn add(&mut self, other: &Self) {
        self.n_made += other.n_made;
        self.n_requests += other.n_requests;
        self.n_kills += other.n_kills;
        self.n_set_back += other.n_set_back;
        self.n_registrations += other.n_registrations;
        self.n_resets += other.n_resets;
        self.n_photos += other.n_photos;
        self.n_fetched += other.n_fetched;
    }
}

/// Plays a script. The seed gives ids alone.
pub async fn play(engine: Engine, script: &[Step], seed: u64, planted: Planted) -> Report {
    let folder = world::folder();
    let mut run = Run::new(engine, folder.path(), seed, planted).await;
    for step in script {
        // Boxed: these futures hold one another too deep for the compiler.
        Box::pin(run.takes(*step)).await;
        if !run.oracle.faults.is_empty() {
            break;
        }
    }
    if run.oracle.faults.is_empty() {
        Box::pin(run.heals()).await;
    }
    run.ends(seed).await
}

/// Plays the script of a seed.
pub async fn run(engine: Engine, seed: u64) -> Report {
    play(engine, &draw(seed), seed, Planted::default()).await
}

/// Plays these seeds on so many threads, and hands each report over as it comes.
///
/// # Panics
/// If a run does.
pub fn run_many(engine: Engine, seeds: Range<u64>, n_threads: usize, each: impl Fn(Report) + Sync) {
    let next = AtomicU64::new(seeds.start);
    std::thread::scope(|scope| {
        for n in 0..n_threads.max(1) {
            let (next, each) = (&next, &each);
            scope.spawn(move || {
                crate::cores::stay_on(n);
                let runtime = runtime();
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed >= seeds.end {
                        return;
                    }
                    each(runtime.block_on(run(engine, seed)));
                }
            });
        }
    });
}

fn runtime() -> tokio::runtime::Runtime {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("the machine has room for a runtime")
}

/// The shortest script found that still fails as this seed's does, with what it says. Nothing if the seed does not fail.
pub fn shrink(engine: Engine, seed: u64) -> Option<(Vec<Step>, Vec<String>)> {
    let runtime = runtime();
    let fails = |script: &[Step]| {
        let report = runtime.block_on(play(engine, script, seed, Planted::default()));
        (!report.faults.is_empty()).then_some(report.faults)
    };
    let mut script = draw(seed);
    let mut faults = fails(&script)?;
    let (mut size, mut n_runs) = (script.len() / 2, 0);
    while size > 0 {
        let mut at = 0;
        while at < script.len() && n_runs < SHRINKS_MAX {
            n_runs += 1;
            let shorter = [&script[..at], &script[(at + size).min(script.len())..]].concat();
            match fails(&shorter) {
                Some(still) => (script, faults) = (shorter, still),
                None => at += size,
            }
        }
        size /= 2;
    }
    Some((script, faults))
}
