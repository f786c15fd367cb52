//! Taking the report of an expert who had lost the ticket: he did it, and credit, survey and history name him. Whoever
//! has it by then is released and told. The report is found in the ticket's own history, so that nothing is taken that
//! nobody reported.

use crate::audit;
use crate::db::{Lane, Tx};
use crate::events::{self, Line};
use crate::http::Site;
use crate::http::undone::Undone;
use crate::tickets::{Book, Ticket};
use serde_json::json;
use shared::event::{Actor, Fact};
use shared::ids::{ExpertId, MutationId, TicketId};
use shared::problem::{Problem, ProblemCode};
use shared::text::Summary;
use shared::ticket::{HumanReason, Move, Outcome, Refusal};

/// Lines of a history that are searched.
const LINES_MAX: i64 = 500;

/// A report that can be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Report {
    pub(super) mutation: MutationId,
    pub(super) expert: ExpertId,
    pub(super) outcome: Outcome,
    pub(super) summary: Summary,
}

/// The reports in a history, the newest first.
pub(super) fn reports(history: &[Line]) -> Vec<Report> {
    let report = |line: &Line| {
        let Fact::WorkRecorded { expert, summary, outcome, mutation, .. } = &line.event.fact else { return None };
        let (mutation, outcome, summary) = ((*mutation)?, (*outcome)?, summary.clone()?);
        Some(Report { mutation, expert: *expert, outcome, summary })
    };
    history.iter().rev().filter_map(report).collect()
}

/// Takes a report. A second click finds it taken. Says whether anything changed.
pub(super) async fn take(site: &Site, id: TicketId, mutation: MutationId, actor: Actor) -> Result<bool, Undone> {
    let (now, timing) = (site.now(), site.config.timing.clone());
    let take = async move |tx: &mut Tx| {
        let mut book = Book::open(tx, &[id], timing.clone()).await?;
        let Some(ticket) = book.ticket(id) else { return Err(ProblemCode::NotFound.into()) };
        let n_events = ticket.n_events;
        let history = events::history(tx, id, (n_events - LINES_MAX).max(0), LINES_MAX).await?;
        let Some(report) = reports(&history).into_iter().find(|report| report.mutation == mutation) else {
            let why = "This ticket has no such report of finished work.";
            return Err(Problem::with(ProblemCode::NotFound, why).into());
        };
        let Report { expert, outcome, summary, .. } = report;
        match book.make(id, Move::TakeReport { expert, outcome, summary }, actor, now) {
            Ok(()) => {}
            Err(Refusal::Already) => return Ok(false),
            Err(refusal) => {
                let why = format!("The report cannot be taken: {refusal}.");
                return Err(Problem::with(ProblemCode::Conflict, why).into());
            }
        }
        book.save(tx).await?;
        let after = json!({ "mutation": mutation, "expert": expert });
        audit::record(tx, actor, "ticket.take_report", &format!("ticket:{id}"), None, Some(after), now).await?;
        Ok::<_, Undone>(true)
    };
    site.db.write(Lane::Desk, take).await
}

/// The newest report of a ticket about which somebody has to decide.
pub(super) fn waiting(ticket: &Ticket, history: &[Line]) -> Option<Report> {
    let asked = ticket.life.needs_human.as_ref().map(|flag| flag.reason);
    if asked == Some(HumanReason::DoneByOther) { reports(history).into_iter().next() } else { None }
}
