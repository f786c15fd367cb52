//! Offers: each invitation of a ticket to an expert, with how it ended.

use super::super::book::OfferChange;
use super::read::{instant, parsed, parsed_option};
use super::write::binds;
use crate::db::{Conn, Error, Tx};
use shared::ids::{DecisionId, ExpertId, OfferId, TicketId};
use shared::offer::{DeclineReason, OfferState};
use shared::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};
use std::collections::{BTreeMap, BTreeSet};

/// An offer as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferRow {
    /// Which.
    pub id: OfferId,
    /// Of which ticket.
    pub ticket: TicketId,
    /// To whom.
    pub expert: ExpertId,
    /// The stored choice behind it; none if a person made it.
    pub decision: Option<DecisionId>,
    /// When it was made.
    pub made_at: Timestamp,
    /// Where it stands.
    pub state: OfferState,
}

/// Which experts an offer of which ticket came back from.
pub type TurnedDownBy = BTreeMap<TicketId, BTreeSet<ExpertId>>;

/// Writes what happened to offers, in order.
pub(in super::super) async fn change_offers(tx: &mut Tx, changes: &[OfferChange]) -> Result<(), Error> {
    for change in changes {
        match change {
            OfferChange::Made(row) => make(tx, row).await?,
            OfferChange::Ended(ticket, state) => end(tx, *ticket, state).await?,
            OfferChange::AcceptedLate(ticket, expert, at) => {
                let sql = "update offer set state = 'accepted', ended_at = $3 where id = (select id from offer
                    where ticket = $1 and expert = $2 and state = 'lapsed' order by made_at desc, id desc limit 1)";
                let query = sqlx::query(sql).bind(ticket.to_string()).bind(expert.to_string()).bind(at.as_millis());
                query.execute(tx.sql()).await?;
            }
            OfferChange::Replaced(ticket, expert) => {
                let sql = "update offer set reason = $3 where id = (select id from offer where ticket = $1
                    and expert = $2 and state = 'accepted' order by made_at desc, id desc limit 1)";
                let query = sqlx::query(sql).bind(ticket.to_string()).bind(expert.to_string());
                query.bind(REPLACED.to_owned()).execute(tx.sql()).await?;
            }
            OfferChange::Seen(offer, at) => {
                let sql = "update offer set seen_at = $2 where id = $1 and seen_at is null";
                sqlx::query(sql).bind(offer.to_string()).bind(at.as_millis()).execute(tx.sql()).await?;
            }
        }
    }
    Ok(())
}

async fn make(tx: &mut Tx, row: &OfferRow) -> Result<(), Error> {
    let OfferState::Open { expires_at } = row.state else {
        return Err(Error::Bug("an offer begins open".into()));
    };
    let sql = "insert into offer (id, ticket, expert, decision, made_at, expires_at, state)
        values ($1, $2, $3, $4, $5, $6, 'open')";
    let query = sqlx::query(sql).bind(row.id.to_string()).bind(row.ticket.to_string()).bind(row.expert.to_string());
    let query = query.bind(row.decision.map(|id| id.to_string())).bind(row.made_at.as_millis());
    query.bind(expires_at.as_millis()).execute(tx.sql()).await?;
    Ok(())
}

async fn end(tx: &mut Tx, ticket: TicketId, state: &OfferState) -> Result<(), Error> {
    let (at, reason) = match state {
        OfferState::Open { .. } => return Err(Error::Bug("an open offer has not ended".into())),
        OfferState::Declined { at, reason } => (at, Some(reason.word().to_string())),
        OfferState::Accepted { at } | OfferState::Lapsed { at } | OfferState::Withdrawn { at } => (at, None),
    };
    let open = matches!(state, OfferState::Declined { .. });
    // Giving an accepted visit back declines the offer it came from; an open one is always the one that is answered.
    let sql = if open {
        "update offer set state = $2, reason = $3, ended_at = $4 where id = (select id from offer
         where ticket = $1 and state in ('open', 'accepted')
         order by case when state = 'open' then 0 else 1 end, made_at desc, id desc limit 1)"
    } else {
        "update offer set state = $2, reason = $3, ended_at = $4 where ticket = $1 and state = 'open'"
    };
    let query = sqlx::query(sql).bind(ticket.to_string()).bind(state.word().to_string()).bind(reason);
    query.bind(at.as_millis()).execute(tx.sql()).await?;
    Ok(())
}

/// The offers of a ticket, the last first.
pub async fn offers_of(conn: &mut Conn, ticket: TicketId, limit: i64) -> Result<Vec<OfferRow>, Error> {
    let sql = "select id, ticket, expert, decision, made_at, expires_at, state, reason, ended_at from offer
        where ticket = $1 order by made_at desc, id desc limit $2";
    let rows = sqlx::query(sql).bind(ticket.to_string()).bind(limit).fetch_all(conn.sql()).await?;
    rows.iter().map(read).collect()
}

/// When an offer was on the expert's screen.
pub async fn seen_at(conn: &mut Conn, offer: OfferId) -> Result<Option<Timestamp>, Error> {
    let row = sqlx::query("select seen_at from offer where id = $1").bind(offer.to_string());
    let row = row.fetch_optional(conn.sql()).await?;
    let seen: Option<i64> = row.map(|row| row.try_get("seen_at")).transpose()?.flatten();
    Ok(seen.map(Timestamp::from_millis))
}

/// Which of these tickets this expert was ever asked about.
pub async fn asked_about(conn: &mut Conn, expert: ExpertId, tickets: &[TicketId]) -> Result<BTreeSet<TicketId>, Error> {
    let sql = format!(
        "select distinct ticket from offer where ticket in ({}) and expert = ${}",
        binds(tickets.len()),
        tickets.len() + 1
    );
    let query = tickets.iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, ticket| query.bind(ticket.to_string()));
    let rows = query.bind(expert.to_string()).fetch_all(conn.sql()).await?;
    rows.iter().map(|row| parsed(row, "ticket")).collect()
}

fn read(row: &AnyRow) -> Result<OfferRow, Error> {
    let word: String = row.try_get("state")?;
    let at = Timestamp::from_millis(row.try_get::<Option<i64>, _>("ended_at")?.unwrap_or_default());
    let reason: Option<String> = row.try_get("reason")?;
    let reason = DeclineReason::ALL.into_iter().find(|known| Some(known.word()) == reason.as_deref());
    let state = match word.as_str() {
        "open" => OfferState::Open { expires_at: instant(row, "expires_at")? },
        "accepted" => OfferState::Accepted { at },
        "declined" => OfferState::Declined { at, reason: reason.unwrap_or(DeclineReason::Other) },
        "lapsed" => OfferState::Lapsed { at },
        "withdrawn" => OfferState::Withdrawn { at },
        other => return Err(Error::Bug(format!("an offer has a state {other:?}"))),
    };
    Ok(OfferRow {
        id: parsed(row, "id")?,
        ticket: parsed(row, "ticket")?,
        expert: parsed(row, "expert")?,
        decision: parsed_option(row, "decision")?,
        made_at: instant(row, "made_at")?,
        state,
    })
}

/// Why an accepted offer counts no more: one of us sends somebody else. Kept as its reason.
const REPLACED: &str = "replaced";

/// Who declined these tickets, after acceptance too.
pub async fn declined(conn: &mut Conn, tickets: &[TicketId]) -> Result<TurnedDownBy, Error> {
    came_back(conn, tickets, "state = 'declined'").await
}

/// Who let an offer of these tickets run out.
pub async fn lapsed(conn: &mut Conn, tickets: &[TicketId]) -> Result<TurnedDownBy, Error> {
    came_back(conn, tickets, "state = 'lapsed'").await
}

/// From whom one of us took these tickets to send somebody else.
pub async fn replaced(conn: &mut Conn, tickets: &[TicketId]) -> Result<TurnedDownBy, Error> {
    // Whom a person asked again since then is theirs to ask.
    let how = "state = 'accepted' and reason = 'replaced' and not exists (select 1 from offer later
        where later.ticket = offer.ticket and later.expert = offer.expert and later.decision is null
          and (later.made_at > offer.made_at or later.made_at = offer.made_at and later.id > offer.id))";
    came_back(conn, tickets, how).await
}

/// A person thinks again: this expert, who had to make way, may be asked again.
pub async fn replaced_no_more(tx: &mut Tx, ticket: TicketId, expert: ExpertId) -> Result<(), Error> {
    let sql = "update offer set reason = null where id = (select id from offer where ticket = $1 and expert = $2
        and state = 'accepted' and reason = 'replaced' order by made_at desc, id desc limit 1)";
    sqlx::query(sql).bind(ticket.to_string()).bind(expert.to_string()).execute(tx.sql()).await?;
    Ok(())
}

async fn came_back(conn: &mut Conn, tickets: &[TicketId], how: &'static str) -> Result<TurnedDownBy, Error> {
    let mut by = TurnedDownBy::new();
    for ids in tickets.chunks(500) {
        let sql = format!("select distinct ticket, expert from offer where ticket in ({}) and {how}", binds(ids.len()));
        let query = ids.iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, id| query.bind(id.to_string()));
        for row in query.fetch_all(conn.sql()).await? {
            by.entry(parsed(&row, "ticket")?).or_default().insert(parsed(&row, "expert")?);
        }
    }
    Ok(by)
}
