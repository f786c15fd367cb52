//! Inviting, and reminding once.

use super::{REMIND_DAYS, store};
use crate::db::{Error, Lane, Tx};
use crate::jobs::{self, Context, Handler, Job, Kind, NewJob, Outcome, Registry, finish};
use crate::notify::compose::customer_recipient;
use crate::notify::outside::Pages;
use crate::notify::plan::{Matter, due_at};
use crate::notify::{NewNotice, facts, render, store as notices};
use crate::tickets::{self, Ticket};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use shared::ids::{SurveyId, TicketId};
use shared::ticket::{Outcome as Ended, State};
use shared::time::Timestamp;

/// Who asks.
#[must_use]
pub fn register(registry: Registry, pages: Pages) -> Registry {
    registry.on(Kind::SurveyInvite, Asker { pages })
}

/// The job of a reminder; that of an invitation names the event.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Again {
    #[serde(default)]
    again: Option<SurveyId>,
}

struct Asker {
    pages: Pages,
}

impl Handler for Asker {
    fn run(&self, job: Job, context: Context) -> BoxFuture<'_, Outcome> {
        self.ask(job, context).boxed()
    }
}

impl Asker {
    async fn ask(&self, job: Job, context: Context) -> Outcome {
        let (Ok(ticket), Ok(Again { again })) = (job.subject.parse::<TicketId>(), job.body::<Again>()) else {
            return Outcome::give_up("it does not name a ticket");
        };
        let (pages, now) = (self.pages.clone(), context.now());
        let asked = context.db.write(Lane::Work, async move |tx| {
            if let Some(ticket) = tickets::store::get(tx, ticket).await? {
                match again {
                    Some(survey) if store::remind(tx, survey, now).await? => {
                        tell(tx, &pages, &ticket, survey, true, now).await?;
                    }
                    Some(_) => {}
                    None => invite(tx, &pages, &ticket, now).await?,
                }
            }
            finish(tx, &job.lease).await
        });
        asked.await.into()
    }
}

/// Begins the survey of a ticket that an expert completed.
async fn invite(tx: &mut Tx, pages: &Pages, ticket: &Ticket, now: Timestamp) -> Result<(), Error> {
    let State::Completed { expert: Some(_), outcome, .. } = &ticket.life.state else { return Ok(()) };
    if *outcome == Ended::SolvedWithoutVisit {
        return Ok(());
    }
    let contact = facts::customer(tx, ticket.customer).await?;
    let reachable = contact.is_some_and(|contact| contact.survey_way().is_some());
    let Some(survey) = store::begin(tx, ticket, reachable, now).await? else { return Ok(()) };
    if !reachable {
        return Ok(());
    }
    tell(tx, pages, ticket, survey, false, now).await?;
    let again = NewJob::new(Kind::SurveyInvite, ticket.id, now.plus_minutes(REMIND_DAYS * 24 * 60));
    jobs::enqueue(tx, &[again.keyed("again").with_body(&Again { again: Some(survey) })]).await
}

async fn tell(
    tx: &mut Tx,
    pages: &Pages,
    ticket: &Ticket,
    survey: SurveyId,
    again: bool,
    now: Timestamp,
) -> Result<(), Error> {
    let Some(contact) = facts::customer(tx, ticket.customer).await? else { return Ok(()) };
    let Some(way) = contact.survey_way() else { return Ok(()) };
    let matter = if again { Matter::SurveyAgain { survey } } else { Matter::Survey { survey } };
    let due_at = due_at(&matter, ticket.urgent, &contact.zone, now);
    let about = facts::about(tx, ticket).await?;
    let words = render::survey(again, &pages.survey(survey), &about, &contact, way.0);
    let to = customer_recipient(ticket, &contact);
    let notice = NewNotice { matter, ticket: Some(ticket.id), seq: None, to, way, words, due_at };
    notices::tell(tx, &[notice], now).await?;
    Ok(())
}
