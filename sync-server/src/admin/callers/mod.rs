//! Whoever is on the phone: found by whatever they say first, seen at a glance, and helped within two minutes.
//!
//! One box takes a phone number in any form or its beginning, a name with or without accents, an e-mail address or a
//! ticket's number. Nothing here decides anything: a ticket is filed by `intake`, a caller is registered by `customers`.

pub mod api;
pub mod pages;
pub(super) mod trouble;

use super::names::{self, Names};
use crate::customers::{self, Customer, Site as Place};
use crate::db::{Conn, Error};
use crate::notify::{self, Notice};
use crate::plans::{self, Entitlement};
use crate::tickets::{Ticket, store as tickets};
use shared::ids::CustomerId;
use shared::number::{NotATicketNumber, TicketNumber};
use shared::text::fold_key;
use std::collections::BTreeSet;

/// Customers that a search shows; a longer list helps nobody, another word does.
pub(super) const FOUND_MAX: i64 = 20;
/// Tickets of a caller that are read; the open ones are among the newest.
const TICKETS_MAX: i64 = 40;
/// What was told last.
const TOLD_MAX: i64 = 12;

/// What a text in the box may mean.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The ticket with this number, and whose it is.
    pub(super) ticket: Option<Ticket>,
    /// Who may be meant.
    pub(super) customers: Vec<Hit>,
    /// More fit than are shown.
    pub(super) is_cut: bool,
    /// It looks like a ticket's number, and one character is wrong.
    pub(super) misheard: bool,
}

/// Somebody who may be meant.
#[derive(Debug)]
pub(super) struct Hit {
    /// Who.
    pub(super) customer: Customer,
    /// Where they live, in one line.
    pub(super) address: String,
    /// Their open tickets.
    pub(super) n_open: usize,
}

/// Looks up what was said.
pub(super) async fn find(conn: &mut Conn, said: &str) -> Result<Found, Error> {
    let mut found = Found::default();
    match said.parse::<TicketNumber>() {
        Ok(number) => found.ticket = tickets::by_number(conn, number).await?,
        // Nine letters may also be a name; only with a digit among them it was meant as a number.
        Err(NotATicketNumber::Check) => found.misheard = said.chars().any(|char| char.is_ascii_digit()),
        Err(NotATicketNumber::Shape) => {}
    }
    let mut customers = customers::store::search(conn, said, FOUND_MAX + 1).await?;
    if let Some(ticket) = &found.ticket {
        customers = customers::store::customer(conn, ticket.customer).await?.into_iter().collect();
    }
    let shown = usize::try_from(FOUND_MAX).unwrap_or(usize::MAX);
    found.is_cut = customers.len() > shown;
    found.misheard &= customers.is_empty();
    for customer in customers.into_iter().take(shown) {
        let main = customers::store::main_site(conn, customer.id).await?;
        let theirs = tickets::of_customer(conn, customer.id, None, TICKETS_MAX).await?;
        found.customers.push(Hit {
            address: main.map(|site| site.address_lines().join(", ")).unwrap_or_default(),
            n_open: theirs.iter().filter(|ticket| !ticket.life.state.is_ended()).count(),
            customer,
        });
    }
    Ok(found)
}

/// A caller at a glance.
#[derive(Debug)]
pub(super) struct Glance {
    pub(super) customer: Customer,
    pub(super) sites: Vec<Place>,
    /// With the names of their plans, the one that ends last first.
    pub(super) plans: Vec<(Entitlement, String)>,
    /// Not ended, the newest first.
    pub(super) open: Vec<Ticket>,
    /// Ended, the newest first.
    pub(super) past: Vec<Ticket>,
    /// What they were told last, the newest first.
    pub(super) told: Vec<Notice>,
    /// What somebody should ring them about, now or later.
    pub(super) calls: Vec<Notice>,
    /// Experts that the tickets name.
    pub(super) names: Names,
}

/// Reads it.
pub(super) async fn glance(conn: &mut Conn, id: CustomerId) -> Result<Option<Glance>, Error> {
    let Some(customer) = customers::store::customer(conn, id).await? else { return Ok(None) };
    let sold = plans::store::plans(conn).await?;
    let named = |one: Entitlement| {
        let plan = sold.iter().find(|plan| plan.id == one.plan);
        (one, plan.map_or_else(|| "A plan".to_owned(), |plan| plan.name.to_string()))
    };
    let plans = plans::store::entitlements_of(conn, id).await?.into_iter().map(named).collect();
    let theirs = tickets::of_customer(conn, id, None, TICKETS_MAX).await?;
    let experts: BTreeSet<_> =
        theirs.iter().filter_map(|ticket| ticket.life.state.holder().or(ticket.last_expert)).collect();
    let (past, open) = theirs.into_iter().partition(|ticket: &Ticket| ticket.life.state.is_ended());
    let told = notify::store::of_person(conn, &id.to_string(), TOLD_MAX).await?;
    let is_call =
        |notice: &&Notice| notice.channel == notify::plan::Channel::Call && notice.state == notify::NoticeState::Queued;
    Ok(Some(Glance {
        sites: customers::store::sites_of(conn, id).await?,
        calls: told.iter().filter(is_call).cloned().collect(),
        names: names::of(conn, experts, BTreeSet::new()).await?,
        customer,
        plans,
        open,
        past,
        told,
    }))
}

/// Products that somebody had trouble with before, each once: maker and model.
pub(super) fn products(tickets: &[&Ticket]) -> (Vec<String>, Vec<String>) {
    let distinct = |texts: Vec<String>| {
        let mut seen = BTreeSet::new();
        texts.into_iter().filter(|text| seen.insert(fold_key(text))).collect::<Vec<_>>()
    };
    let makes = tickets.iter().filter_map(|ticket| ticket.make.as_ref().map(ToString::to_string)).collect();
    let models = tickets.iter().filter_map(|ticket| ticket.model.as_ref().map(ToString::to_string)).collect();
    (distinct(makes), distinct(models))
}
