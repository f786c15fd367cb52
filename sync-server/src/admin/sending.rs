//! A person of ours sends an expert, or takes an offer back: the deed and its line in the audit in one transaction.

use super::against::{self, Naming, Said};
use crate::audit;
use crate::db::{Conn, Error, Lane};
use crate::dispatch::by_hand::{self, Against, Came, Choice, No, Undone, Wish};
use crate::http::Site;
use crate::sync;
use crate::tickets;
use crate::workforce::store as workforce;
use serde_json::json;
use shared::event::Actor;
use shared::ids::{ExpertId, OfferId, TicketId};
use shared::problem::{Problem, ProblemCode};
use shared::text::fold_key;
use shared::time::Zone;
use std::collections::BTreeMap;

/// Of those who keep every rule, and of the others, as many are shown.
pub(super) const FIT_MAX: usize = 30;
pub(super) const OTHERS_MAX: usize = 60;

/// Asks an expert, and writes down who wanted it and against what.
pub(super) async fn send(site: &Site, wish: Wish) -> Result<Came, Error> {
    let (bounds, now, real_now) = (sync::bounds(&site.config), site.now(), site.real_now());
    let (ticket, id, before) = (wish.ticket, site.new_id(), bounds.clone());
    let beside = site.db.read(async move |conn| by_hand::beside(conn, ticket, id, &before, now).await).await?;
    let write = site.db.write(Lane::Desk, async move |tx| {
        let came = by_hand::offer(tx, &wish, beside.as_ref(), &bounds, now).await?;
        if let Came::Offered { offer, against, from, .. } = &came {
            let before = json!({ "expert": from });
            let after = json!({
                "expert": wish.expert, "offer": offer, "against": against,
                "reason": wish.reason.as_ref().filter(|_| !against.is_empty()),
            });
            let subject = format!("ticket:{}", wish.ticket);
            audit::record(tx, wish.actor, "ticket.offer", &subject, Some(before), Some(after), real_now).await?;
        }
        Ok(came)
    });
    write.await
}

/// Takes an open offer back, if the expert has not seen it.
pub(super) async fn take_back(site: &Site, ticket: TicketId, offer: OfferId, actor: Actor) -> Result<Undone, Error> {
    let (timing, now, real_now) = (site.config.timing.clone(), site.now(), site.real_now());
    let write = site.db.write(Lane::Desk, async move |tx| {
        let undone = by_hand::undo(tx, ticket, offer, actor, &timing, now).await?;
        if undone == Undone::Back {
            let subject = format!("ticket:{ticket}");
            let what = Some(json!({ "offer": offer }));
            audit::record(tx, actor, "ticket.withdraw", &subject, what, None, real_now).await?;
        }
        Ok(undone)
    });
    write.await
}

/// What stands against it, said by the clocks of the ticket's site.
pub(super) async fn say(site: &Site, ticket: TicketId, expert: ExpertId, stands: Against) -> Result<Vec<Said>, Error> {
    let now = site.now();
    let read = site.db.read(async move |conn| {
        let zone = zone_of(conn, ticket).await?;
        let naming = Naming::of(conn, [expert].into(), [].into(), &[&stands]).await?;
        Ok(against::said(&stands, expert, &naming, &zone, now))
    });
    read.await
}

/// The zone that a ticket's times are told in.
pub(super) async fn zone_of(conn: &mut Conn, ticket: TicketId) -> Result<Zone, Error> {
    let Some(ticket) = tickets::store::get(conn, ticket).await? else { return Ok(Zone::utc()) };
    let place = crate::customers::store::site(conn, ticket.site).await?;
    Ok(place.map_or_else(Zone::utc, |place| place.zone))
}

/// What nothing helps against, as a problem.
pub(super) async fn refused(site: &Site, no: No) -> Result<Problem, Error> {
    let experts = match no {
        No::AtWork(expert) => [expert].into(),
        No::NoTicket | No::NoExpert | No::Ended | No::HasIt | No::LeftUs | No::TooFar | No::NotNow => [].into(),
    };
    let naming = site.db.read(async move |conn| Naming::of(conn, experts, [].into(), &[]).await).await?;
    let (code, detail) = against::no(no, &naming.people);
    Ok(Problem::with(code, detail))
}

/// Every rule and warning that needs a reason, as a problem.
pub(super) fn needs_reason(said: &[Said]) -> Problem {
    let what = "Something stands against it. Choose somebody else, or give a reason; it is kept and reported.";
    let problem = Problem::with(ProblemCode::RuleBroken, what);
    said.iter().fold(problem, |problem, one| problem.and_field("override_reason", one.code, one.sentence.clone()))
}

/// Whom one can choose from, with names.
pub(super) struct Choosing {
    pub(super) fit: Vec<Choice>,
    pub(super) others: Vec<Choice>,
    pub(super) n_fit: usize,
    pub(super) n_others: usize,
    pub(super) naming: Naming,
}

/// Reads whom one can choose from; with `name` only those whose name holds it.
pub(super) async fn choosing(
    conn: &mut Conn,
    site: &Site,
    ticket: &tickets::Ticket,
    name: &str,
) -> Result<Choosing, Error> {
    let (bounds, now) = (sync::bounds(&site.config), site.now());
    let mut choices = by_hand::choices(conn, ticket, &bounds, now).await?;
    let key = fold_key(name.trim());
    if !key.is_empty() {
        let ids: Vec<ExpertId> = choices.iter().map(|choice| choice.expert).collect();
        let experts = workforce::experts_by_ids(conn, &ids).await?;
        let keys: BTreeMap<ExpertId, String> =
            experts.iter().map(|expert| (expert.id, fold_key(expert.name.as_str()))).collect();
        choices.retain(|choice| keys.get(&choice.expert).is_some_and(|folded| folded.contains(&key)));
    }
    let (mut fit, mut others): (Vec<_>, Vec<_>) = choices.into_iter().partition(|choice| choice.broken.is_empty());
    let (n_fit, n_others) = (fit.len(), others.len());
    fit.truncate(FIT_MAX);
    others.truncate(OTHERS_MAX);
    let shown = fit.iter().chain(&others).map(|choice| choice.expert).collect();
    let against: Vec<Against> =
        others.iter().map(|choice| Against { broken: choice.broken.clone(), cautions: Vec::new() }).collect();
    let against: Vec<&Against> = against.iter().collect();
    let naming = Naming::of(conn, shown, [].into(), &against).await?;
    Ok(Choosing { fit, others, n_fit, n_others, naming })
}
