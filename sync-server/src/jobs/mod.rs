//! Work in the background: a row that commits with the fact that causes it, run later by whichever server is free.
//!
//! A job carries an id, not a copy, and may run twice: a worker that dies is rescued after its lease, and a worker
//! that was only asleep finds its fence stale and can write nothing in the job's name. Enqueueing a key that is live
//! is a no-op, except that a job which runs at that moment runs once more, because it may have looked too early. A
//! handler says done, retry or give up; a job that gave up is a *dead job*, which an admin sees and retries. Each lane
//! has its own slots, so that one slow provider delays nobody else; within a lane the rank goes before the age, and a lane
//! may have a pace.
//!
//! Lock order: a handler that also locks an expert or a ticket does so before [`finish`], which comes last.

mod attempt;
mod backoff;
mod handler;
mod job;
mod kind;
mod pace;
mod runner;
mod store;
mod sweeps;

pub use handler::{Context, Handler, Outcome, Registry};
pub use job::{Job, Lease, NewJob, Rank};
pub use kind::{Kind, WorkLane};
pub use pace::Pace;
pub use runner::Runner;
#[cfg(test)]
pub(crate) use store::bury_all;
pub use store::{
    Backlog, DeadJob, Due, backlog, dead, dead_before, dead_job, due, enqueue, finish, forget, pace::unspent, pending,
    pending_of, postpone, retry_dead,
};
