//! The ways to change an article: begin, edit, do a deed, vote. Each is one transaction with its line in the audit and
//! its words in the search.

use super::life::Deed;
use super::store::{self, NewArticle};
use super::{Article, Audience, ReviewNote, Text};
use crate::audit;
use crate::db::{Error, Tx};
use crate::http::undone::{Undone, refuse_stale};
use crate::tickets::{self, Ticket};
use crate::workforce;
use serde_json::{Value, json};
use shared::event::Actor;
use shared::ids::{ArticleId, TicketId};
use shared::problem::{Problem, ProblemCode};
use shared::search::Synonyms;
use shared::text::Name;
use shared::time::Timestamp;

/// Who does it.
#[derive(Clone, Debug)]
pub struct By {
    /// For the audit.
    pub actor: Actor,
    /// As people know them.
    pub name: Name,
}

fn shown(article: &Article) -> Result<Value, Error> {
    serde_json::to_value(article).map_err(|error| Error::Bug(format!("a line of the audit: {error}")))
}

async fn record(
    tx: &mut Tx,
    by: &By,
    what: &str,
    before: Option<&Article>,
    after: &Article,
    now: Timestamp,
) -> Result<(), Error> {
    let subject = format!("article:{}", after.id);
    let before = before.map(shown).transpose()?;
    audit::record(tx, by.actor, what, &subject, before, Some(shown(after)?), now).await
}

/// Refuses a product or symptom that is not on the list.
async fn refuse_unknown(tx: &mut Tx, text: &Text) -> Result<(), Undone> {
    let Some(slug) = &text.category else {
        return match text.symptom {
            Some(_) => Err(Problem::field("symptom", "order", "Choose the product before its symptom.").into()),
            None => Ok(()),
        };
    };
    let categories = workforce::store::categories(tx).await?;
    let Some(category) = categories.iter().find(|category| category.slug == *slug) else {
        return Err(Problem::field("category", "unknown", format!("There is no product {slug}.")).into());
    };
    match &text.symptom {
        Some(symptom) if !category.symptoms.iter().any(|known| known.slug == *symptom) => {
            Err(Problem::field("symptom", "unknown", format!("{slug} has no symptom {symptom}.")).into())
        }
        Some(_) | None => Ok(()),
    }
}

/// Begins an article. The same id again gives the article that is there, so that it can be sent twice.
pub async fn begin(tx: &mut Tx, new: &NewArticle, now: Timestamp) -> Result<Article, Undone> {
    refuse_unknown(tx, &new.text).await?;
    if let Some(ticket) = new.ticket
        && tickets::store::get(tx, ticket).await?.is_none()
    {
        return Err(Problem::field("ticket", "unknown", "There is no such ticket.").into());
    }
    let is_new = store::create(tx, new, now).await?;
    let article = store::article(tx, new.id, Audience::Ours).await?;
    let article = article.ok_or_else(|| Undone::from(ProblemCode::NotFound))?;
    if is_new {
        store::index(tx, new.id, Audience::Ours, &new.text).await?;
        let by = By { actor: new.author, name: new.author_name.clone() };
        record(tx, &by, "article.begin", None, &article, now).await?;
    }
    Ok(article)
}

/// Writes another version. Customers go on reading the reviewed one.
pub async fn edit(
    tx: &mut Tx,
    id: ArticleId,
    text: &Text,
    seen: Option<i64>,
    by: &By,
    now: Timestamp,
) -> Result<Article, Undone> {
    refuse_unknown(tx, text).await?;
    let before = store::lock(tx, id).await?.ok_or_else(|| Undone::from(ProblemCode::NotFound))?;
    refuse_stale(seen, before.ver)?;
    let Some(state) = before.state.edited() else {
        return Err(Problem::with(ProblemCode::Conflict, "This article is retired. Restore it first.").into());
    };
    if before.text == *text {
        return Ok(before);
    }
    store::edit(tx, &before, state, text, &by.name, now).await?;
    store::index(tx, id, Audience::Ours, text).await?;
    let after = Article { state, ver: before.ver + 1, text: text.clone(), changed_at: now, ..before.clone() };
    record(tx, by, "article.edit", Some(&before), &after, now).await?;
    Ok(after)
}

/// Does a deed. `seen` is the version that was reviewed: what was written since is not published unread.
pub async fn act(
    tx: &mut Tx,
    id: ArticleId,
    deed: Deed,
    seen: Option<i64>,
    note: Option<&ReviewNote>,
    by: &By,
    now: Timestamp,
) -> Result<Article, Undone> {
    let before = store::lock(tx, id).await?.ok_or_else(|| Undone::from(ProblemCode::NotFound))?;
    refuse_stale(seen, before.ver)?;
    if deed.needs_note() && note.is_none() {
        return Err(Problem::field("note", "required", "Say why in a sentence, for whoever wrote it.").into());
    }
    let Some(state) = before.state.after(deed) else {
        let detail = format!("This does not fit: the article is \"{}\" by now.", before.state.label());
        return Err(Problem::with(ProblemCode::Conflict, detail).into());
    };
    let mut after = Article {
        state,
        public_ver: deed.public_ver(before.ver, before.public_ver),
        changed_at: now,
        ..before.clone()
    };
    match deed {
        Deed::Publish | Deed::Return | Deed::Retire => {
            after.reviewer_name = Some(by.name.clone());
            after.review_note = note.cloned();
        }
        Deed::Submit | Deed::Restore => {}
    }
    store::put_state(tx, &after, now).await?;
    match deed {
        Deed::Publish => store::index(tx, id, Audience::Customers, &after.text).await?,
        Deed::Retire => {
            store::take_out(tx, id, Audience::Ours).await?;
            store::take_out(tx, id, Audience::Customers).await?;
        }
        Deed::Restore => store::index(tx, id, Audience::Ours, &after.text).await?,
        Deed::Submit | Deed::Return => {}
    }
    record(tx, by, &format!("article.{}", deed.word()), Some(&before), &after, now).await?;
    Ok(after)
}

/// Says whether an article fixed a ticket; once for each ticket. False if this ticket has said so before.
pub async fn vote(
    tx: &mut Tx,
    id: ArticleId,
    ticket: &Ticket,
    fixed: bool,
    by: &By,
    now: Timestamp,
) -> Result<bool, Undone> {
    let before = store::lock(tx, id).await?.ok_or_else(|| Undone::from(ProblemCode::NotFound))?;
    let is_new = store::note_vote(tx, id, ticket.id, by.actor, fixed, now).await?;
    if is_new {
        let after = store::article(tx, id, Audience::Ours).await?.unwrap_or_else(|| before.clone());
        record(tx, by, "article.vote", Some(&before), &after, now).await?;
    }
    Ok(is_new)
}

/// The longest list of words that mean the same, in bytes: the page that changes it holds it whole.
const SYNONYMS_BYTES_MAX: usize = 48 * 1024;

/// Keeps the list of words that mean the same on top of the version that was seen; 0 is "none yet". Gives back its number.
pub async fn keep_synonyms(tx: &mut Tx, seen: i64, body: &str, by: Actor, now: Timestamp) -> Result<i64, Undone> {
    if body.len() > SYNONYMS_BYTES_MAX || body.contains('\0') {
        return Err(Problem::field("body", "too_long", "The list is too long: at most 48 KiB of text.").into());
    }
    if let Err(error) = Synonyms::read(body) {
        return Err(Problem::field("body", "invalid", error.to_string()).into());
    }
    let (ver, before) = store::synonyms(tx).await?;
    if ver == seen && before == body {
        return Ok(ver);
    }
    if ver != seen || !store::put_synonyms(tx, ver, body, now).await? {
        let detail =
            "Somebody has changed the list since you opened it. Read it again, then make your change once more.";
        return Err(Problem::with(ProblemCode::Stale, detail).into());
    }
    let (old, new) = (Some(json!({ "body": before })), Some(json!({ "body": body })));
    audit::record(tx, by, "article.synonyms", "article:synonyms", old, new, now).await?;
    Ok(ver + 1)
}

/// Takes a search that found nothing off the list.
pub async fn forget_miss(tx: &mut Tx, words: &str, by: Actor, now: Timestamp) -> Result<(), Undone> {
    if !store::forget_miss(tx, words).await? {
        return Err(Undone::from(ProblemCode::NotFound));
    }
    let before = Some(json!({ "words": words }));
    audit::record(tx, by, "article.forget_miss", "article:misses", before, None, now).await?;
    Ok(())
}

/// What an article from a ticket opens with: product, trouble and what was done, without the customer's data.
pub fn text_from(ticket: &Ticket, names: &[&str]) -> Option<Text> {
    let product = ticket.make.as_ref().map_or_else(String::new, |make| format!(" ({make})"));
    let trouble = super::scrub(ticket.description.as_str(), names);
    let done = ticket.summary.as_ref().map(|summary| super::scrub(summary.as_str(), names));
    let cut = |text: String, max: usize| text.chars().take(max).collect::<String>();
    Some(Text {
        title: cut(super::scrub(ticket.title.as_str(), names), 140).parse().ok()?,
        problem: cut(format!("{}{product}: {trouble}", ticket.category_label), 2_000).parse().ok()?,
        steps: cut(done.unwrap_or_else(|| "1. ".to_owned()), 6_000).parse().ok()?,
        stop: None,
        category: Some(ticket.category.clone()),
        symptom: ticket.symptom.clone(),
        make: ticket.make.clone(),
        model: ticket.model.clone(),
    })
}

/// The names and addresses that a ticket's text may hold.
pub async fn names_of(conn: &mut crate::db::Conn, ticket: &Ticket) -> Result<Vec<String>, Error> {
    let customer = crate::customers::store::customer(conn, ticket.customer).await?;
    let site = crate::customers::store::site(conn, ticket.site).await?;
    let mut names: Vec<String> = customer.into_iter().map(|one| one.name.to_string()).collect();
    if let Some(site) = site {
        names.extend([site.contact_name.to_string(), site.line1.to_string(), site.city.to_string()]);
    }
    Ok(names)
}

/// A ticket, or the problem that there is none.
pub async fn ticket(conn: &mut crate::db::Conn, id: TicketId) -> Result<Ticket, Undone> {
    let found = tickets::store::get(conn, id).await?;
    found.ok_or_else(|| Problem::field("ticket", "unknown", "There is no such ticket.").into())
}
