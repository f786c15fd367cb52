//! `SQLite`'s one writer: a thread of its own that takes what is queued, runs it in one transaction with a savepoint
//! each, and commits once. With many writing connections the slowest waited seconds; so it waits milliseconds.
//!
//! A closure that fails is undone by its savepoint. When the transaction itself breaks (disk full, a constraint that
//! is checked at the commit), everyone in the group runs again alone, so that only the guilty one fails.

use super::error::{Error, OpenError};
use super::lane::Lane;
use super::queue::Queue;
use super::wake::Wake;
use super::work::{Context, Ran, Work};
use sqlx::{AnyPool, Row};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::watch;

/// The most closures in one commit.
const GROUP_MAX: usize = 64;

pub(super) struct Handle {
    queue: Arc<Queue>,
    ended: watch::Receiver<bool>,
}

impl Handle {
    /// Starts the thread. It has a runtime of its own, so that a busy server does not hold up its commits.
    pub(super) fn start(pool: AnyPool, context: Context) -> Result<Self, OpenError> {
        let queue = Arc::new(Queue::new());
        let (end, ended) = watch::channel(false);
        let failed = |error: std::io::Error| OpenError::Database(Error::Unavailable(error.to_string()));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(failed)?;
        let writer = Writer { pool, context };
        let line = queue.clone();
        let thread = std::thread::Builder::new().name("sqlite-writer".into());
        let run = move || {
            runtime.block_on(async {
                loop {
                    let group = line.take(GROUP_MAX).await;
                    if group.is_empty() {
                        break;
                    }
                    writer.group(group).await;
                }
                writer.pool.close().await;
            });
            end.send_replace(true);
        };
        thread.spawn(run).map_err(failed)?;
        Ok(Self { queue, ended })
    }

    pub(super) fn submit(&self, lane: Lane, work: Box<dyn Work>) -> Result<(), Error> {
        self.queue.push(lane, work)
    }

    pub(super) async fn close(&self) {
        self.queue.close();
        // An error means that the thread is gone, which is what we wait for.
        let _ = self.ended.clone().wait_for(|ended| *ended).await;
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.queue.close();
    }
}

/// Waits until the disk has the name of the database's file. To wait for a file is to wait for its bytes: a power cut
/// soon after the first start could take a new file with all that was acknowledged in it. `SQLite` waits for the name
/// when it begins a log, which is its habit and no promise.
pub(super) async fn keep_name(pool: &AnyPool) -> Result<(), Error> {
    let sql = "select file from pragma_database_list where name = 'main'";
    let file: String = sqlx::query(sql).fetch_one(pool).await?.try_get("file")?;
    // One in memory has none.
    if cfg!(unix)
        && let Some(folder) = Path::new(&file).parent()
    {
        let kept = std::fs::File::open(folder).and_then(|folder| folder.sync_all());
        let folder = folder.display();
        match kept.map_err(|why| (why.kind(), why)) {
            Ok(()) => {}
            // Some mounts know no such wish; SQLite goes on there too.
            Err((ErrorKind::InvalidInput | ErrorKind::Unsupported | ErrorKind::PermissionDenied, why)) => {
                tracing::warn!(%folder, %why, "this disk does not say whether it keeps the names of new files");
            }
            Err((_, why)) => {
                let why = format!("the disk does not keep the folder {folder}: {why}. Use a local disk");
                return Err(Error::Unavailable(why));
            }
        }
    }
    Ok(())
}

struct Writer {
    pool: AnyPool,
    context: Context,
}

impl Writer {
    async fn group(&self, group: Vec<Box<dyn Work>>) {
        if group.len() == 1 {
            return self.one_by_one(group, false).await;
        }
        let mut tx = match self.context.begin(&self.pool).await {
            Ok(tx) => tx,
            Err(error) => return group.into_iter().for_each(|work| work.settle(Err(error.clone()))),
        };
        let mut kept: Vec<Box<dyn Work>> = Vec::new();
        let mut wakes: Vec<Wake> = Vec::new();
        let mut group = group.into_iter();
        let mut whole = true;
        // A savepoint that was gone back to serves the next; one command ends one and begins another.
        let mut savepoint = "savepoint one";
        while whole && let Some(mut work) = group.next() {
            if !savepoint.is_empty() && tx.command(savepoint).await.is_err() {
                whole = false;
                kept.push(work);
                break;
            }
            match work.run(&mut tx, self.context.limit).await {
                Ran::Kept(its_wakes) => {
                    savepoint = "release one; savepoint one";
                    wakes.extend(its_wakes);
                    kept.push(work);
                }
                // Some errors (disk full, I/O) undo the whole transaction, and then there is no savepoint to go back to.
                Ran::Undone { .. } => {
                    savepoint = "";
                    whole = tx.command("rollback to one").await.is_ok();
                    work.settle(Ok(()));
                }
            }
        }
        kept.extend(group);
        if whole && self.context.probe.before_commit().is_ok() && tx.commit().await.is_ok() {
            let heard = self.context.probe.after_commit().map_err(Error::at_commit);
            self.context.committed(kept.len(), wakes);
            for work in kept {
                work.settle(heard.clone());
            }
        } else {
            self.one_by_one(kept, true).await;
        }
    }

    async fn one_by_one(&self, group: Vec<Box<dyn Work>>, again: bool) {
        for mut work in group {
            if again {
                self.context.stats.reran();
            }
            let end = self.context.alone(&self.pool, &mut *work).await;
            work.settle(end);
        }
    }
}
