//! Everything that we have of a customer, as one document: from one snapshot, in words and fields that they know from the
//! pages. What belongs to others, like an expert's phone or the notes between us, is not in it.

use crate::customers::api::{document, site_document};
use crate::db::{Conn, Error};
use crate::events::{self, Line};
use crate::http::Site;
use crate::intake::photos::PHOTOS_MAX;
use crate::notify::store::people as notices;
use crate::tickets::Ticket;
use crate::tickets::store::{NoteRow, PhotoRow};
use crate::{billing, customers, plans, survey, tickets, workforce};
use serde_json::{Value, json};
use shared::event::Actor;
use shared::ids::{CustomerId, ExpertId};
use std::collections::BTreeMap;

/// Rows that are read at once.
const PAGE: i64 = 200;
/// Rows of one kind in one export: far more than anybody has.
const ROWS_MAX: usize = 20_000;
/// Lines of one ticket's history.
const LINES_MAX: i64 = 1_000;
/// Payments.
const CHARGES_MAX: i64 = 20_000;
/// Surveys.
const SURVEYS_MAX: i64 = 20_000;

/// Writes the document; none if there is no such customer.
pub async fn export(site: &Site, id: CustomerId) -> Result<Option<Value>, Error> {
    let (now, address) = (site.now(), site.config.public_url.clone());
    let read = site.db.read(async move |conn| {
        let Some(customer) = customers::store::customer(conn, id).await? else { return Ok::<_, Error>(None) };
        let sites = customers::store::every_site_of(conn, id).await?;
        let entitlements = plans::store::entitlements_of(conn, id).await?;
        Ok(Some(json!({
            "made_at": now,
            "made_by": address,
            "customer": document(&customer),
            "sites": sites.iter().map(|site| with_use(site_document(site), site.active)).collect::<Vec<_>>(),
            "entitlements": entitlements,
            "payments": billing::store::of_customer(conn, id, CHARGES_MAX).await?,
            "tickets": tickets_of(conn, id).await?,
            "messages": messages_of(conn, id).await?,
            "surveys": survey::store::of_customer(conn, id, SURVEYS_MAX).await?,
        })))
    });
    read.await
}

fn with_use(mut site: Value, active: bool) -> Value {
    site["in_use"] = active.into();
    site
}

async fn tickets_of(conn: &mut Conn, id: CustomerId) -> Result<Vec<Value>, Error> {
    let (mut all, mut before, mut names) = (Vec::new(), None, BTreeMap::new());
    loop {
        let page = tickets::store::of_customer(conn, id, before, PAGE).await?;
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        for ticket in &page {
            let lines = events::history(conn, ticket.id, 0, LINES_MAX).await?;
            let notes = tickets::store::notes(conn, &[ticket.id], LINES_MAX).await?;
            let photos = tickets::store::photos(conn, &[ticket.id], PHOTOS_MAX).await?;
            if let Some(expert) = ticket.last_expert
                && let std::collections::btree_map::Entry::Vacant(free) = names.entry(expert)
            {
                let found = workforce::store::expert(conn, expert).await?;
                free.insert(found.map(|expert| expert.name.to_string()).unwrap_or_default());
            }
            let mut document = ticket_document(ticket, &lines, &notes, &names);
            document["photos"] = photos.iter().map(photo_document).collect();
            all.push(document);
        }
        if all.len() >= ROWS_MAX {
            break;
        }
    }
    Ok(all)
}

fn ticket_document(ticket: &Ticket, lines: &[Line], notes: &[NoteRow], names: &BTreeMap<ExpertId, String>) -> Value {
    json!({
        "id": ticket.id,
        "number": ticket.number,
        "site": ticket.site,
        "category": ticket.category_label,
        "symptom": ticket.symptom_label,
        "make": ticket.make,
        "model": ticket.model,
        "title": ticket.title,
        "description": ticket.description,
        "access_note": ticket.access_note,
        "urgent": ticket.urgent,
        "state": ticket.life.state.word(),
        "filed_at": ticket.filed_at,
        "ended_at": ticket.ended_at,
        "summary": ticket.summary,
        "last_expert": ticket.last_expert.and_then(|expert| names.get(&expert)),
        "windows": ticket.windows,
        "history": lines.iter().map(line_document).collect::<Vec<_>>(),
        "notes": notes.iter().map(note_document).collect::<Vec<_>>(),
    })
}

/// What happened and when; who of ours it was stands with the ticket.
fn line_document(line: &Line) -> Value {
    json!({ "at": line.at, "what": line.event.fact.word(), "by": role(line.actor) })
}

fn note_document(note: &NoteRow) -> Value {
    json!({ "at": note.at, "by": role(note.author), "name": note.author_name, "text": note.text })
}

/// The picture itself is behind its address, for who is signed in.
fn photo_document(photo: &PhotoRow) -> Value {
    json!({ "at": photo.at, "by": role(photo.author), "caption": photo.caption, "path": format!("/photos/{}", photo.id) })
}

fn role(actor: Actor) -> &'static str {
    match actor {
        Actor::Customer(_) => "customer",
        Actor::Agent(_) | Actor::Admin(_) => "staff",
        Actor::Expert(_) => "expert",
        Actor::Server => "server",
    }
}

async fn messages_of(conn: &mut Conn, id: CustomerId) -> Result<Vec<Value>, Error> {
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let page = notices::of_customer(conn, id, before, PAGE).await?;
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        all.extend(page.iter().map(|notice| {
            json!({
                "at": notice.created_at,
                "about": notice.matter.word(),
                "ticket": notice.ticket,
                "channel": notice.channel,
                "to": notice.to_address,
                "subject": notice.subject,
                "text": notice.body,
                "link": notice.link,
                "state": notice.state,
            })
        }));
        if all.len() >= ROWS_MAX {
            break;
        }
    }
    Ok(all)
}
