//! From an event to notices: reads who is concerned, and puts it in their words, on their channels.

use super::facts;
use super::notice::{NewNotice, Notice, Recipient};
use super::outside::{Outside, Pages};
use super::plan::{Audience, Channel, CustomerContact, Matter, Way, due_at, news_at, not_before};
use super::render::{self, Coming};
use super::told::{Telling, closed_by_us, his_visit, lost_visit, of_event};
use crate::db::{Conn, Error};
use crate::events;
use crate::expert_app;
use crate::matching::candidate::{Availability, of_roster};
use crate::matching::settings::Settings;
use crate::tickets::{self, Ticket};
use crate::workforce;
use shared::event::Fact;
use shared::ids::{ExpertId, TicketId};
use shared::ticket::{CancelReason, HoldReason, State, VisitPlan};
use shared::time::Timestamp;

/// Lines of a history that are read to understand the last of them.
const LINES_MAX: i64 = 200;
/// So long before he should leave it rings at any hour.
const LEAVES_SOON_MINUTES: i64 = 60;
/// Open tickets of one site that are looked at.
const TOGETHER_MAX: i64 = 50;

/// Why there is nothing to tell, where that is a fault.
#[derive(Debug, thiserror::Error)]
pub enum Untold {
    /// The database.
    #[error(transparent)]
    Database(#[from] Error),
    /// Nobody hears of what the desk left lying.
    #[error(
        "there is no admin to tell: add one with `sync-server staff add --role admin`, or set SYSOPS_ADMINS_TO_TELL"
    )]
    NoAdmin,
    /// A row that must be there is not.
    #[error("{0} is not there")]
    Missing(&'static str),
}

/// The notices about one event of a ticket, to one audience where an event concerns two. None about what concerns nobody or has passed.
pub async fn of(
    conn: &mut Conn,
    outside: &Outside,
    id: TicketId,
    seq: i64,
    to: Audience,
    now: Timestamp,
    real_now: Timestamp,
) -> Result<Vec<NewNotice>, Untold> {
    let ticket = tickets::store::get(conn, id).await?.ok_or(Untold::Missing("the ticket"))?;
    let history = events::history(conn, id, (seq - LINES_MAX).max(0), LINES_MAX.min(seq)).await?;
    if let (Audience::Customer, Some(lost)) = (to, lost_visit(&history)) {
        return looking_again(conn, outside, &ticket, lost, seq, now, real_now).await;
    }
    if let (Audience::Customer, Some(why)) = (to, closed_by_us(&history)) {
        return closed(conn, outside, &ticket, why, now).await;
    }
    let Some(telling) = of_event(&history, &ticket.life) else { return Ok(Vec::new()) };
    let (Telling::Expert(_, matter) | Telling::Customer(matter) | Telling::Admins(matter)) = &telling;
    if matter.past(Some(&ticket.life), now, real_now).is_some() {
        return Ok(Vec::new());
    }
    match telling {
        Telling::Expert(expert, matter) => {
            let visit = ticket.life.state.visit();
            let can_wait = matches!(
                matter,
                Matter::Lost { had_accepted: true, .. } | Matter::Stopped { .. } | Matter::GoOn { .. }
            );
            let rings_at = if can_wait { rings_at(conn, expert, his_visit(&history, expert), now).await? } else { now };
            let saying = Saying { matter, visit, seq, due_at: rings_at };
            to_expert(conn, &outside.pages, &ticket, expert, saying).await
        }
        Telling::Customer(matter) => {
            if let Matter::Held { why, until } = matter {
                return held(conn, outside, &ticket, why, until, now).await;
            }
            let fact = history.last().map(|line| &line.event.fact);
            let visit = if let Some(
                Fact::Accepted { visit, .. }
                | Fact::Departed { visit, .. }
                | Fact::Late { visit, .. }
                | Fact::Moved { visit, .. },
            ) = fact
            {
                Some(*visit)
            } else {
                None
            };
            let visit = visit.ok_or(Untold::Missing("the visit"))?;
            to_customer(conn, outside, &ticket, matter, visit, now).await
        }
        Telling::Admins(matter) => to_admins(conn, outside, &ticket, matter, now).await,
    }
}

/// What an expert is told.
struct Saying {
    matter: Matter,
    visit: Option<VisitPlan>,
    /// The line of the history that it is about.
    seq: i64,
    due_at: Timestamp,
}

async fn to_expert(
    conn: &mut Conn,
    pages: &Pages,
    ticket: &Ticket,
    expert: ExpertId,
    saying: Saying,
) -> Result<Vec<NewNotice>, Untold> {
    let Saying { matter, visit, seq, due_at } = saying;
    let contact = facts::expert(conn, expert).await?.ok_or(Untold::Missing("the expert"))?;
    let mut about = facts::about(conn, ticket).await?;
    if let Matter::Offer { expires_at, .. } = &matter {
        let together = offered_together(conn, ticket, expert, *expires_at).await?;
        // The notice of the first speaks of all.
        if together.first() != Some(&ticket.id) {
            return Ok(Vec::new());
        }
        about.n_together = together.len();
    }
    // The same visit can be lost, won and lost again; an offer names itself.
    let seq =
        matches!(matter, Matter::Lost { .. } | Matter::Reminder { .. } | Matter::Stopped { .. } | Matter::GoOn { .. })
            .then_some(seq);
    let to = Recipient { audience: Audience::Expert, person: expert.to_string(), language: contact.language };
    let link = expert_app::ticket_link(&pages.public_url, ticket.number);
    let notice = |way: (Channel, String)| {
        let words = render::to_expert(&matter, &about, visit, &contact, way.0, &link)?;
        let (matter, to) = (matter.clone(), to.clone());
        Some(NewNotice { matter, ticket: Some(ticket.id), seq, to, way, words, due_at })
    };
    Ok(contact.ways(&matter).into_iter().filter_map(notice).collect())
}

/// When an expert's phone may ring about a visit: while he works, else when he begins, and in time before he would leave.
/// Nothing rings outside his hours; the app shows it all the same.
async fn rings_at(
    conn: &mut Conn,
    expert: ExpertId,
    visit: Option<VisitPlan>,
    now: Timestamp,
) -> Result<Timestamp, Untold> {
    let Some(roster) = workforce::store::roster(conn, expert).await? else { return Ok(now) };
    let free = Availability::of(&of_roster(roster, Vec::new()), now, &Settings::default()).free;
    // Whose hours nobody has entered hears at once.
    let Some(begins_at) = free.iter().map(|period| period.from.max(now)).min() else { return Ok(now) };
    let leaves_soon_at = visit.map(|visit| visit.leave_at().plus_minutes(-LEAVES_SOON_MINUTES).max(now));
    Ok(leaves_soon_at.map_or(begins_at, |soon| soon.min(begins_at)))
}

/// We called the ticket off: its customer hears why.
async fn closed(
    conn: &mut Conn,
    outside: &Outside,
    ticket: &Ticket,
    why: CancelReason,
    now: Timestamp,
) -> Result<Vec<NewNotice>, Untold> {
    let contact = facts::customer(conn, ticket.customer).await?.ok_or(Untold::Missing("the customer"))?;
    let (about, way, matter) = (facts::about(conn, ticket).await?, contact.way(), Matter::Closed { why });
    let link = outside.pages.track(ticket.id);
    let Some(words) = render::closed(why, &link, &about, &contact, way.0) else { return Ok(Vec::new()) };
    let due_at = due_at(&matter, ticket.urgent, &contact.zone, now);
    let to = customer_recipient(ticket, &contact);
    Ok(vec![NewNotice { matter, ticket: Some(ticket.id), seq: None, to, way, words, due_at }])
}

/// The notices to an expert whose phones have not received a visit that is his.
pub async fn unheard(
    conn: &mut Conn,
    pages: &Pages,
    ticket: &Ticket,
    expert: ExpertId,
    visit: VisitPlan,
    now: Timestamp,
) -> Result<Vec<NewNotice>, Untold> {
    let matter = Matter::Unheard { expert, start_at: visit.start_at };
    let saying = Saying { matter, visit: Some(visit), seq: ticket.n_events, due_at: now };
    to_expert(conn, pages, ticket, expert, saying).await
}

/// The tickets of the same site that were offered to the same expert at once, this one among them, by id.
async fn offered_together(
    conn: &mut Conn,
    ticket: &Ticket,
    expert: ExpertId,
    until: Timestamp,
) -> Result<Vec<TicketId>, Error> {
    let open = tickets::store::of_site_open(conn, ticket.site, TOGETHER_MAX).await?;
    let with = |other: &&Ticket| matches!(other.life.state, State::Offered { expert: asked, expires_at, .. } if asked == expert && expires_at == until);
    let mut together: Vec<TicketId> = open.iter().filter(with).map(|other| other.id).collect();
    together.sort_unstable();
    Ok(together)
}

/// The SMS about an offer that no phone of his has acknowledged; nothing where the ticket is no longer offered to him.
pub async fn unheard_offer(
    conn: &mut Conn,
    pages: &Pages,
    ticket: &Ticket,
    expert: ExpertId,
    now: Timestamp,
) -> Result<Option<NewNotice>, Untold> {
    let State::Offered { offer, expert: asked, expires_at, visit } = ticket.life.state else { return Ok(None) };
    if asked != expert || expires_at <= now {
        return Ok(None);
    }
    let contact = facts::expert(conn, expert).await?.ok_or(Untold::Missing("the expert"))?;
    if !contact.takes_sms {
        return Ok(None);
    }
    let mut about = facts::about(conn, ticket).await?;
    let together = offered_together(conn, ticket, expert, expires_at).await?;
    if together.first() != Some(&ticket.id) {
        return Ok(None);
    }
    about.n_together = together.len();
    let matter = Matter::Offer { offer, expires_at };
    let link = expert_app::ticket_link(&pages.public_url, ticket.number);
    let words = render::to_expert(&matter, &about, Some(visit), &contact, Channel::Sms, &link);
    let Some(words) = words else { return Ok(None) };
    let to = Recipient { audience: Audience::Expert, person: expert.to_string(), language: contact.language };
    let way = (Channel::Sms, contact.phone.to_string());
    Ok(Some(NewNotice { matter, ticket: Some(ticket.id), seq: None, to, way, words, due_at: now }))
}

async fn to_customer(
    conn: &mut Conn,
    outside: &Outside,
    ticket: &Ticket,
    matter: Matter,
    visit: VisitPlan,
    now: Timestamp,
) -> Result<Vec<NewNotice>, Untold> {
    let contact = facts::customer(conn, ticket.customer).await?.ok_or(Untold::Missing("the customer"))?;
    let way = contact.way();
    visit_news(conn, outside, ticket, matter, visit, &contact, way, now)
        .await
        .map(|notice| notice.into_iter().collect())
}

/// The same news for a customer by the way beside the one that failed; nothing where there is none, or the matter has no
/// second way.
pub(super) async fn otherwise(
    conn: &mut Conn,
    outside: &Outside,
    failed: &Notice,
    now: Timestamp,
) -> Result<Option<NewNotice>, Untold> {
    let Some(id) = failed.ticket else { return Ok(None) };
    let ticket = tickets::store::get(conn, id).await?.ok_or(Untold::Missing("the ticket"))?;
    let contact = facts::customer(conn, ticket.customer).await?.ok_or(Untold::Missing("the customer"))?;
    let Some(way) = contact.other_way(failed.channel) else { return Ok(None) };
    let (matter, about) = (failed.matter.clone(), facts::about(conn, &ticket).await?);
    let link = outside.pages.track(ticket.id);
    let words = match &matter {
        Matter::Accepted { .. } | Matter::Departed { .. } | Matter::Later { .. } => {
            let Some(visit) = ticket.life.state.visit() else { return Ok(None) };
            return visit_news(conn, outside, &ticket, matter, visit, &contact, way, now).await;
        }
        Matter::LookingAgain { .. } => render::looking_again(&matter, &about, &contact, way.0, &link),
        Matter::Held { why, until } => render::held(*why, *until, &link, &about, &contact, way.0),
        Matter::Closed { why } => render::closed(*why, &link, &about, &contact, way.0),
        Matter::Survey { survey } | Matter::SurveyAgain { survey } => {
            let again = matches!(matter, Matter::SurveyAgain { .. });
            Some(render::survey(again, &outside.pages.survey(*survey), &about, &contact, way.0))
        }
        Matter::Offer { .. }
        | Matter::Lost { .. }
        | Matter::Reminder { .. }
        | Matter::Stopped { .. }
        | Matter::GoOn { .. }
        | Matter::Unheard { .. }
        | Matter::NotWorking { .. }
        | Matter::Replied { .. }
        | Matter::Escalated { .. }
        | Matter::Danger {}
        | Matter::Account { .. }
        | Matter::Money { .. }
        | Matter::SignInCode { .. } => None,
    };
    let due_at = not_before(&matter, ticket.urgent, &contact.zone, now);
    let to = customer_recipient(&ticket, &contact);
    Ok(words.map(|words| NewNotice { matter, ticket: Some(ticket.id), seq: None, to, way, words, due_at }))
}

#[expect(clippy::too_many_arguments, reason = "each is a fact of the news, read by different callers")]
async fn visit_news(
    conn: &mut Conn,
    outside: &Outside,
    ticket: &Ticket,
    matter: Matter,
    visit: VisitPlan,
    contact: &CustomerContact,
    way: Way,
    now: Timestamp,
) -> Result<Option<NewNotice>, Untold> {
    let (expert, departed_at) = match &matter {
        Matter::Accepted { expert, .. } => (*expert, None),
        Matter::Departed { expert, departed_at } => (*expert, Some(*departed_at)),
        Matter::Later { expert, .. } => (*expert, None),
        Matter::Offer { .. }
        | Matter::Lost { .. }
        | Matter::Reminder { .. }
        | Matter::Stopped { .. }
        | Matter::GoOn { .. }
        | Matter::Unheard { .. }
        | Matter::LookingAgain { .. }
        | Matter::Held { .. }
        | Matter::Closed { .. }
        | Matter::Survey { .. }
        | Matter::SurveyAgain { .. }
        | Matter::NotWorking { .. }
        | Matter::Replied { .. }
        | Matter::Escalated { .. }
        | Matter::Danger {}
        | Matter::Account { .. }
        | Matter::Money { .. }
        | Matter::SignInCode { .. } => return Ok(None),
    };
    let expert = facts::expert(conn, expert).await?.ok_or(Untold::Missing("the expert"))?;
    let about = facts::about(conn, ticket).await?;
    let due_at = due_at(&matter, ticket.urgent, &contact.zone, now);
    let link = outside.pages.track(ticket.id);
    let later = matches!(matter, Matter::Later { .. });
    let facts = Coming { expert_name: &expert.name, visit, departed_at, later, link: &link };
    let words = render::coming(facts, &about, contact, way.0, due_at);
    let to = customer_recipient(ticket, contact);
    Ok(Some(NewNotice { matter, ticket: Some(ticket.id), seq: None, to, way, words, due_at }))
}

/// The customer of a visit that left its expert hears of it once: with the new time if somebody is found soon, else
/// that it moves, and when they hear again.
async fn looking_again(
    conn: &mut Conn,
    outside: &Outside,
    ticket: &Ticket,
    (visit, as_asked): (VisitPlan, bool),
    seq: i64,
    now: Timestamp,
    real_now: Timestamp,
) -> Result<Vec<NewNotice>, Untold> {
    let contact = facts::customer(conn, ticket.customer).await?.ok_or(Untold::Missing("the customer"))?;
    let plan = |news_at| Matter::LookingAgain { start_at: visit.start_at, news_at, as_asked };
    let due_at = due_at(&plan(now), ticket.urgent, &contact.zone, now);
    let matter = plan(news_at(ticket.urgent, &contact.zone, due_at));
    if matter.past(Some(&ticket.life), now, real_now).is_some() {
        return Ok(Vec::new());
    }
    let about = facts::about(conn, ticket).await?;
    let link = outside.pages.track(ticket.id);
    let way = contact.way();
    let words = render::looking_again(&matter, &about, &contact, way.0, &link);
    let to = customer_recipient(ticket, &contact);
    Ok(words
        .map(|words| NewNotice { matter, ticket: Some(ticket.id), seq: Some(seq), to, way, words, due_at })
        .into_iter()
        .collect())
}

/// Why the visit could not be finished, and what the customer can do about it.
async fn held(
    conn: &mut Conn,
    outside: &Outside,
    ticket: &Ticket,
    why: HoldReason,
    until: Timestamp,
    now: Timestamp,
) -> Result<Vec<NewNotice>, Untold> {
    let contact = facts::customer(conn, ticket.customer).await?.ok_or(Untold::Missing("the customer"))?;
    let (about, way, matter) = (facts::about(conn, ticket).await?, contact.way(), Matter::Held { why, until });
    let link = outside.pages.track(ticket.id);
    let Some(words) = render::held(why, until, &link, &about, &contact, way.0) else { return Ok(Vec::new()) };
    let due_at = due_at(&matter, ticket.urgent, &contact.zone, now);
    let to = customer_recipient(ticket, &contact);
    Ok(vec![NewNotice { matter, ticket: Some(ticket.id), seq: None, to, way, words, due_at }])
}

/// A ticket's customer as the one who is told.
pub fn customer_recipient(ticket: &Ticket, contact: &CustomerContact) -> Recipient {
    Recipient { audience: Audience::Customer, person: ticket.customer.to_string(), language: contact.language }
}

async fn to_admins(
    conn: &mut Conn,
    outside: &Outside,
    ticket: &Ticket,
    matter: Matter,
    now: Timestamp,
) -> Result<Vec<NewNotice>, Untold> {
    let admins = facts::admins(conn, &outside.admins_to_tell).await?;
    if admins.is_empty() {
        return Err(Untold::NoAdmin);
    }
    let about = facts::about(conn, ticket).await?;
    let link = facts::desk_link(&outside.pages, ticket);
    let notice = |admin: facts::AdminContact| {
        let words = render::to_admin(&matter, &about, admin.language, &admin.zone, &link)?;
        let to = Recipient { audience: Audience::Staff, person: admin.person, language: admin.language };
        let way = (Channel::Email, admin.email.to_string());
        Some(NewNotice { matter: matter.clone(), ticket: Some(ticket.id), seq: None, to, way, words, due_at: now })
    };
    Ok(admins.into_iter().filter_map(notice).collect())
}
