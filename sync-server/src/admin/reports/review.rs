//! The rows of the needs table that experts disagree with, and what an admin does about one: look, and add what was
//! missing to what the next tickets need.

use super::wrong_expert::name;
use crate::audit;
use crate::db::{Conn, Error, Tx};
use crate::tickets::store::{self, Review};
use crate::workforce::store::{self as workforce, NewNeed};
use serde_json::json;
use shared::event::Actor;
use shared::ids::{SkillId, TicketId};
use shared::skills::Level;
use shared::text::Slug;
use shared::time::Timestamp;
use std::collections::BTreeMap;

/// A row that waits for a look.
#[derive(Clone, Debug)]
pub(super) struct Open {
    pub(super) review: Review,
    pub(super) name: String,
    /// What a ticket of this row needs now, in words.
    pub(super) needs: Vec<String>,
    /// What was named as missing, how often, and whether it can be added: it is a skill of ours and not needed yet.
    pub(super) missing: Vec<Missing>,
    /// Numbers of the tickets.
    pub(super) tickets: Vec<(TicketId, String)>,
}

/// A skill that experts named.
#[derive(Clone, Debug)]
pub(super) struct Missing {
    pub(super) slug: Slug,
    pub(super) name: String,
    pub(super) n: u32,
    pub(super) can_add: bool,
}

/// Everything that waits.
pub(super) async fn read(conn: &mut Conn) -> Result<Vec<Open>, Error> {
    let reviews = store::open_reviews(conn).await?;
    let categories = workforce::categories(conn).await?;
    let skills = workforce::skills(conn).await?;
    let words: BTreeMap<SkillId, String> = skills.iter().map(|skill| (skill.id, skill.name.to_string())).collect();
    let mut open = Vec::with_capacity(reviews.len());
    for review in reviews {
        let needed = workforce::need(conn, &review.category, review.symptom.as_ref()).await?;
        let needed = needed.map(|need| need.skills).unwrap_or_default();
        let missing = review.skills.iter().map(|(slug, n)| {
            let skill = skills.iter().find(|skill| skill.active && skill.slug == *slug);
            Missing {
                slug: slug.clone(),
                name: skill.map_or_else(|| slug.to_string(), |skill| skill.name.to_string()),
                n: *n,
                can_add: skill.is_some_and(|skill| !needed.0.contains_key(&skill.id)),
            }
        });
        let tickets = store::many(conn, &review.tickets).await?;
        open.push(Open {
            name: name(&categories, &review.category, review.symptom.as_ref()),
            needs: needed.0.keys().filter_map(|id| words.get(id).cloned()).collect(),
            missing: missing.collect(),
            tickets: tickets.iter().map(|ticket| (ticket.id, ticket.number.to_string())).collect(),
            review,
        });
    }
    Ok(open)
}

/// What an admin decided about a row.
#[derive(Clone, Debug)]
pub(super) struct Look {
    pub(super) category: Slug,
    pub(super) symptom: Option<Slug>,
    /// Reports that came later stay open.
    pub(super) seen_at: Timestamp,
    /// Skills that the next tickets of this row need as well.
    pub(super) add: Vec<Slug>,
}

/// Marks the row's reports as looked at; a second click changes nothing. Gives back how many there were.
pub(super) async fn look(tx: &mut Tx, admin: Actor, look: &Look, now: Timestamp) -> Result<u64, Error> {
    let Look { category, symptom, seen_at, add } = look;
    let n = store::reviewed(tx, category, symptom.as_ref(), *seen_at, now).await?;
    if n == 0 {
        return Ok(0);
    }
    let subject = format!("need:{category}:{}", symptom.as_ref().map_or("", Slug::as_str));
    audit::record(tx, admin, "need.review", &subject, None, Some(json!({ "reports": n })), now).await?;
    let Some(row) = workforce::need(tx, category, symptom.as_ref()).await? else { return Ok(n) };
    let found = workforce::skills_by_slug(tx, add).await?;
    let new = |(_, id): &(&Slug, &SkillId)| !row.skills.0.contains_key(id);
    let added: BTreeMap<&Slug, &SkillId> = found.iter().filter(new).collect();
    if added.is_empty() {
        return Ok(n);
    }
    let mut skills = row.skills.clone();
    skills.0.extend(added.values().map(|id| (**id, Level::LEARNED)));
    let need = NewNeed {
        category: category.clone(),
        symptom: symptom.clone(),
        skills,
        work_minutes: row.work_minutes,
        urgent: row.urgent,
    };
    let ver = workforce::put_need(tx, &need, now).await?;
    let (old, new) = (json!({ "skills": row.skills }), json!({ "skills": need.skills, "ver": ver }));
    audit::record(tx, admin, "need.replace", &subject, Some(old), Some(new), now).await?;
    Ok(n)
}
