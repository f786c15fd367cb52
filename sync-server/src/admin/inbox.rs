//! Everything that needs a person, with what a person must know to act: grouped by cause and area, the urgent and the
//! oldest first.

use super::deeds::{self, Deed};
use super::store::{self, Task};
use super::{Item, Matter, names};
use crate::customers::{self, Site as Place};
use crate::db::{Conn, Error};
use crate::jobs;
use crate::notify::plan::Audience;
use crate::notify::{self, still_to_say};
use crate::tickets::{self, Ticket};
use crate::workforce;
use shared::ids::{AreaId, StaffId, TicketId};
use shared::ticket::Timing;
use shared::time::{Timestamp, Zone};
use std::collections::{BTreeMap, BTreeSet};

/// Of each kind, as many are shown; an inbox that is longer says so.
const KIND_MAX: i64 = 500;

/// One thing that needs a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) matter: Matter,
    pub(super) area: String,
    pub(super) urgent: bool,
    pub(super) ticket: Option<Ticket>,
    pub(super) customer: Option<Who>,
    pub(super) zone: Zone,
    pub(super) owner: Option<Owner>,
    pub(super) deeds: Vec<Deed>,
}

/// Whom to ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Who {
    pub(super) name: String,
    pub(super) phone: String,
}

/// Who takes care of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) staff: StaffId,
    pub(super) name: String,
    pub(super) taken_at: Timestamp,
}

/// What is shown of an inbox.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(super) struct Inbox {
    pub(super) groups: Vec<Group>,
    /// There is more than is shown.
    pub(super) is_cut: bool,
}

/// Entries with one cause in one area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) cause: &'static str,
    pub(super) area: String,
    pub(super) entries: Vec<Entry>,
}

/// Reads the inbox as it stands.
pub(super) async fn read(
    conn: &mut Conn,
    now: Timestamp,
    real_now: Timestamp,
    timing: &Timing,
) -> Result<Inbox, Error> {
    let mut matters = Vec::new();
    let asked = tickets::store::inbox(conn, KIND_MAX + 1).await?;
    let mut is_cut = asked.len() > usize::try_from(KIND_MAX).unwrap_or(usize::MAX);
    matters.extend(asked.into_iter().map(|ticket| Matter::Asked(Box::new(ticket))));
    let unsound = tickets::store::unsound(conn, KIND_MAX).await?;
    let unsound = tickets::store::many(conn, &unsound).await?;
    let is_asked = |ticket: &Ticket| ticket.life.needs_human.is_some();
    matters.extend(unsound.into_iter().filter(|one| !is_asked(one)).map(|one| Matter::Unowned(Box::new(one))));
    for (notices, matter) in [
        (notify::store::calls(conn, now, KIND_MAX + 1).await?, Matter::Call as fn(_) -> _),
        (notify::store::undelivered(conn, KIND_MAX + 1).await?, Matter::Undelivered as fn(_) -> _),
    ] {
        is_cut |= notices.len() > usize::try_from(KIND_MAX).unwrap_or(usize::MAX);
        for notice in notices {
            if still_to_say(conn, &notice, now, real_now).await?.is_ok() {
                matters.push(matter(notice));
            }
        }
    }
    let failed = jobs::dead(conn, KIND_MAX + 1).await?;
    is_cut |= failed.len() > usize::try_from(KIND_MAX).unwrap_or(usize::MAX);
    matters.extend(failed.into_iter().map(Matter::Failed));
    let tasks = store::tasks(conn).await?;
    let mut known = Known::default();
    let mut entries = Vec::with_capacity(matters.len());
    for matter in matters {
        entries.push(known.entry(conn, matter, &tasks, now, timing).await?);
    }
    let owners: BTreeSet<StaffId> =
        entries.iter().filter_map(|entry| entry.owner.as_ref()).map(|one| one.staff).collect();
    let names = names::of(conn, BTreeSet::new(), owners).await?;
    for owner in entries.iter_mut().filter_map(|entry| entry.owner.as_mut()) {
        names.staff(owner.staff).clone_into(&mut owner.name);
    }
    Ok(Inbox { groups: grouped(entries), is_cut })
}

/// One matter as it stands now, if it still needs a person.
pub(super) async fn matter(
    conn: &mut Conn,
    item: Item,
    now: Timestamp,
    real_now: Timestamp,
) -> Result<Option<Matter>, Error> {
    match item {
        Item::Ticket(id) => {
            let ticket = tickets::store::get(conn, id).await?;
            Ok(ticket.and_then(|ticket| {
                let unowned = ticket.life.fault().is_some();
                match (ticket.life.needs_human.is_some(), unowned) {
                    (true, _) => Some(Matter::Asked(Box::new(ticket))),
                    (false, true) => Some(Matter::Unowned(Box::new(ticket))),
                    (false, false) => None,
                }
            }))
        }
        Item::Job(id) => Ok(jobs::dead_job(conn, id).await?.map(Matter::Failed)),
        Item::Notice(id) => {
            let Some(notice) = notify::store::get(conn, id).await? else { return Ok(None) };
            if still_to_say(conn, &notice, now, real_now).await?.is_err() {
                return Ok(None);
            }
            Ok(match notice.state {
                notify::NoticeState::Failed => notice.instead.is_none().then_some(Matter::Undelivered(notice)),
                notify::NoticeState::Queued if notice.channel == notify::plan::Channel::Call => {
                    Some(Matter::Call(notice))
                }
                notify::NoticeState::Queued
                | notify::NoticeState::Sent
                | notify::NoticeState::Delivered
                | notify::NoticeState::Dropped => None,
            })
        }
    }
}

/// Whom a notice was for: who is rung is not always the ticket's customer.
async fn whom(conn: &mut Conn, notice: &notify::Notice) -> Result<Option<Who>, Error> {
    Ok(match notice.audience {
        Audience::Expert => match notice.person.parse() {
            Ok(id) => {
                notify::facts::expert(conn, id).await?.map(|one| Who { name: one.name, phone: one.phone.to_string() })
            }
            Err(_) => None,
        },
        Audience::Customer => match notice.person.parse() {
            Ok(id) => {
                notify::facts::customer(conn, id).await?.map(|one| Who { name: one.name, phone: one.phone.to_string() })
            }
            Err(_) => None,
        },
        // It is for us; whom to ring stands in its words.
        Audience::Staff => None,
    })
}

/// By urgency and age, groups where the first entry of each stands.
fn grouped(mut entries: Vec<Entry>) -> Vec<Group> {
    entries.sort_by_key(|entry| (!entry.urgent, entry.matter.since(), entry.matter.item()));
    let mut groups: Vec<Group> = Vec::new();
    for entry in entries {
        let cause = entry.matter.cause();
        match groups.iter_mut().find(|group| group.cause == cause && group.area == entry.area) {
            Some(group) => group.entries.push(entry),
            None => groups.push(Group { cause, area: entry.area.clone(), entries: vec![entry] }),
        }
    }
    groups
}

/// What was read for this inbox.
#[derive(Default)]
struct Known {
    tickets: BTreeMap<TicketId, Option<Ticket>>,
    coverage: workforce::store::Coverage,
    names: Option<BTreeMap<AreaId, String>>,
}

impl Known {
    async fn entry(
        &mut self,
        conn: &mut Conn,
        matter: Matter,
        tasks: &BTreeMap<String, Task>,
        now: Timestamp,
        timing: &Timing,
    ) -> Result<Entry, Error> {
        let ticket = self.ticket(conn, &matter).await?;
        let (mut customer, mut place) = (None, None);
        if let Some(ticket) = &ticket {
            customer = customers::store::customer(conn, ticket.customer).await?;
            place = customers::store::site(conn, ticket.site).await?;
        }
        let whom = match &matter {
            Matter::Call(notice) | Matter::Undelivered(notice) => self::whom(conn, notice).await?,
            Matter::Asked(_) | Matter::Unowned(_) | Matter::Failed(_) => None,
        };
        let customer = customer.map(|one| Who { name: one.name.to_string(), phone: one.phone.to_string() });
        let who = place
            .as_ref()
            .map(|place| Who { name: place.contact_name.to_string(), phone: place.contact_phone.to_string() });
        let task = tasks.get(&matter.item().to_string()).filter(|task| task.since == matter.since());
        Ok(Entry {
            area: self.area(conn, place.as_ref()).await?,
            urgent: ticket.as_ref().is_some_and(|ticket| ticket.urgent),
            zone: place.map_or_else(Zone::utc, |place| place.zone),
            owner: task.map(|task| Owner { staff: task.staff, name: String::new(), taken_at: task.taken_at }),
            deeds: deeds::possible(&matter, now, timing),
            customer: whom.or(customer).or(who),
            ticket,
            matter,
        })
    }

    async fn ticket(&mut self, conn: &mut Conn, matter: &Matter) -> Result<Option<Ticket>, Error> {
        if let Matter::Asked(ticket) | Matter::Unowned(ticket) = matter {
            return Ok(Some((**ticket).clone()));
        }
        let Some(id) = matter.ticket() else { return Ok(None) };
        if let Some(ticket) = self.tickets.get(&id) {
            return Ok(ticket.clone());
        }
        let ticket = tickets::store::get(conn, id).await?;
        self.tickets.insert(id, ticket.clone());
        Ok(ticket)
    }

    async fn area(&mut self, conn: &mut Conn, place: Option<&Place>) -> Result<String, Error> {
        const NOWHERE: &str = "outside every area";
        let Some(place) = place else { return Ok(NOWHERE.to_owned()) };
        if self.names.is_none() {
            let areas = workforce::store::areas(conn).await?;
            self.names = Some(areas.into_iter().map(|area| (area.id, area.name.to_string())).collect());
        }
        let covering = self.coverage.of(conn, &place.country, &place.postal_code, place.at()).await?;
        let names = self.names.as_ref().into_iter();
        let mut named: Vec<String> =
            names.flat_map(|names| covering.iter().filter_map(|id| names.get(id).cloned())).collect();
        named.sort();
        Ok(if named.is_empty() { NOWHERE.to_owned() } else { named.join(", ") })
    }
}

#[cfg(test)]
mod tests;
