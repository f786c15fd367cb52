//! A person acts on things in the inbox, one transaction each: what cannot be done to one of a group leaves the others
//! alone and says why.

use super::deeds::{Deed, possible};
use super::{Item, Matter, inbox, store};
use crate::audit;
use crate::db::{Error, Lane, Tx};
use crate::http::Site;
use crate::jobs;
use crate::notify::{self, NoticeState};
use crate::tickets;
use serde::Serialize;
use serde_json::json;
use shared::event::Actor;
use shared::ids::StaffId;
use shared::text::Reason;

/// Things that one deed may be done to.
pub(super) const ITEMS_MAX: usize = 200;
/// A task that nobody ended is forgotten after so many minutes: ninety days.
const FORGOTTEN_MINUTES: i64 = 90 * 1_440;

/// After how many minutes somebody who did not answer is rung again.
const AGAIN_MINUTES: i64 = 30;

/// What came of a deed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Came {
    /// To what.
    pub(super) item: Item,
    /// It was done.
    pub(super) done: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) why: Option<String>,
}

/// Who acts.
#[derive(Clone, Copy, Debug)]
pub(super) struct By {
    pub(super) staff: StaffId,
    pub(super) actor: Actor,
}

/// Does it to each.
pub(super) async fn act(
    site: &Site,
    by: By,
    items: &[Item],
    deed: Deed,
    note: Option<&Reason>,
) -> Result<Vec<Came>, Error> {
    let mut came = Vec::with_capacity(items.len());
    for &item in items {
        let (site_of, note) = (site.clone(), note.cloned());
        let done = site.db.write(Lane::Desk, async move |tx| one(tx, &site_of, by, item, deed, note.clone()).await);
        let why = done.await?.err();
        came.push(Came { item, done: why.is_none(), why });
    }
    Ok(came)
}

const GONE: &str = "This has been taken care of already.";

/// A silent phone proves nothing.
const MAY_BE_THERE: &str = "The expert said yes and may already be there. Ring first; to send somebody else all the same, say \
    why in the note. It is kept.";

async fn one(
    tx: &mut Tx,
    site: &Site,
    by: By,
    item: Item,
    deed: Deed,
    note: Option<Reason>,
) -> Result<Result<(), String>, Error> {
    let (now, real_now) = (site.now(), site.real_now());
    let Some(matter) = inbox::matter(tx, item, now, real_now).await? else { return Ok(Err(GONE.to_owned())) };
    let since = matter.since();
    match deed {
        Deed::Take | Deed::TakeOver => {
            let task = store::take(tx, item, since, by.staff, deed == Deed::TakeOver, now).await?;
            if task.staff != by.staff {
                return Ok(Err(format!("{} takes care of it already.", colleague(tx, task.staff).await?)));
            }
        }
        Deed::GiveBack => {
            if !store::give_back(tx, item, by.staff).await? {
                return Ok(Err("You do not take care of it.".to_owned()));
            }
        }
        Deed::Settle
        | Deed::Resume
        | Deed::Release
        | Deed::Cancel
        | Deed::Said
        | Deed::Later
        | Deed::Unsaid
        | Deed::RunAgain => {
            if let Some(task) = store::task(tx, item, since).await?.filter(|task| task.staff != by.staff) {
                let who = colleague(tx, task.staff).await?;
                return Ok(Err(format!("{who} takes care of it. Take it over first.")));
            }
            if !possible(&matter, now, &site.config.timing).contains(&deed) {
                return Ok(Err("This is not possible any more: look at the ticket as it is now.".to_owned()));
            }
            if deed == Deed::Release && note.is_none() {
                return Ok(Err(MAY_BE_THERE.to_owned()));
            }
            if !carry_out(tx, site, by, &matter, deed, note.clone()).await? {
                return Ok(Err(GONE.to_owned()));
            }
            store::forget(tx, item, now.plus_minutes(-FORGOTTEN_MINUTES)).await?;
        }
    }
    let after = json!({ "deed": deed, "note": note, "cause": matter.cause() });
    audit::record(tx, by.actor, "inbox.act", &item.to_string(), None, Some(after), real_now).await?;
    Ok(Ok(()))
}

async fn carry_out(
    tx: &mut Tx,
    site: &Site,
    by: By,
    matter: &Matter,
    deed: Deed,
    note: Option<Reason>,
) -> Result<bool, Error> {
    let now = site.now();
    match (matter, deed.as_move(note)) {
        (Matter::Asked(ticket) | Matter::Unowned(ticket), Some(to_do)) => {
            let done = tickets::act(tx, ticket.id, to_do, by.actor, now, &site.config.timing).await?;
            Ok(done.is_some_and(|done| done.is_ok()))
        }
        (Matter::Call(notice) | Matter::Undelivered(notice), None) => {
            let name = colleague(tx, by.staff).await?;
            if deed == Deed::Later {
                let why = format!("{name} rang and reached nobody");
                return notify::store::call_again(tx, notice.id, now.plus_minutes(AGAIN_MINUTES), &why).await;
            }
            let (state, why) = if deed == Deed::Said {
                (NoticeState::Sent, format!("told by phone by {name}"))
            } else {
                (NoticeState::Dropped, format!("not reached by phone by {name}"))
            };
            notify::store::end_by_person(tx, notice.id, state, &why, now).await
        }
        (Matter::Failed(job), None) => jobs::retry_dead(tx, job.id).await,
        (Matter::Asked(_) | Matter::Unowned(_), None)
        | (Matter::Call(_) | Matter::Undelivered(_) | Matter::Failed(_), Some(_)) => Ok(false),
    }
}

async fn colleague(tx: &mut Tx, staff: StaffId) -> Result<String, Error> {
    let found = crate::accounts::staff::store::get(tx, staff).await?;
    Ok(found.map_or_else(|| "A colleague".to_owned(), |colleague| colleague.fields.name.to_string()))
}
