//! Articles, versions, votes, and how tickets like one were solved.

use super::super::{Article, ArticleState, Audience, SOLVED_MAX, Solved, Stop, Text, scrub};
use crate::db::columns::{instant, number, parsed, parsed_opt};
use crate::db::{Conn, Error, Tx};
use crate::feed::{Entity, Kind, Op, Stream};
use crate::tickets::Ticket;
use shared::event::Actor;
use shared::ids::{ArticleId, TicketId};
use shared::text::{Name, ShortLine, Slug};
use shared::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};
use std::collections::BTreeMap;

const COLUMNS: &str = "a.id, a.state, a.ver, a.public_ver, a.author_name, a.ticket, a.reviewer_name, a.review_note,
    a.n_fixed, a.n_tried, a.created_at, a.changed_at, v.title, v.problem, v.steps, v.stop, v.category, v.symptom,
    v.make, v.model";
/// Versions of one article that are shown.
const VERSIONS_MAX: i64 = 200;
/// How many solved tickets are looked at for those of the same maker.
const SOLVED_READ_MAX: i64 = 40;
/// How many are read at once for all tickets with one product and symptom.
const ALIKE_READ_MAX: i64 = 400;

fn text(row: &AnyRow) -> Result<Text, Error> {
    Ok(Text {
        title: parsed(row, "title")?,
        problem: parsed(row, "problem")?,
        steps: parsed(row, "steps")?,
        stop: parsed_opt(row, "stop")?,
        category: parsed_opt(row, "category")?,
        symptom: parsed_opt(row, "symptom")?,
        make: parsed_opt(row, "make")?,
        model: parsed_opt(row, "model")?,
    })
}

pub(super) fn read(row: &AnyRow) -> Result<Article, Error> {
    let state: String = row.try_get("state")?;
    Ok(Article {
        id: parsed(row, "id")?,
        state: ArticleState::from_word(&state).ok_or_else(|| Error::Bug(format!("article.state is {state:?}")))?,
        ver: row.try_get("ver")?,
        public_ver: row.try_get("public_ver")?,
        text: text(row)?,
        author_name: parsed(row, "author_name")?,
        ticket: parsed_opt(row, "ticket")?,
        reviewer_name: parsed_opt(row, "reviewer_name")?,
        review_note: parsed_opt(row, "review_note")?,
        n_fixed: number(row, "n_fixed")?,
        n_tried: number(row, "n_tried")?,
        created_at: instant(row, "created_at")?,
        changed_at: instant(row, "changed_at")?,
    })
}

/// The join that gives the version which an audience reads, and what to ask for so that it reads it at all.
pub(super) fn from(audience: Audience) -> (&'static str, &'static str) {
    match audience {
        Audience::Ours => ("article a join article_version v on v.article = a.id and v.ver = a.ver", "1 = 1"),
        Audience::Customers => (
            "article a join article_version v on v.article = a.id and v.ver = a.public_ver",
            "a.public_ver is not null",
        ),
    }
}

pub(super) fn columns() -> &'static str {
    COLUMNS
}

/// An article as an audience reads it. None if there is none for it; retired ones are still there for ours.
pub async fn article(conn: &mut Conn, id: ArticleId, audience: Audience) -> Result<Option<Article>, Error> {
    let (from, readable) = from(audience);
    let sql = format!("select {COLUMNS} from {from} where a.id = $1 and {readable}");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(conn.sql()).await?;
    row.as_ref().map(read).transpose()
}

/// An article in its newest version, held until the commit.
pub async fn lock(tx: &mut Tx, id: ArticleId) -> Result<Option<Article>, Error> {
    let sql = format!("select id from article where id = $1{}", tx.for_update());
    match sqlx::query(AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(tx.sql()).await? {
        Some(_) => article(tx, id, Audience::Ours).await,
        None => Ok(None),
    }
}

/// The article that was begun from a ticket by this author, so that a second click finds it.
pub async fn begun_from(conn: &mut Conn, ticket: TicketId, author: &Actor) -> Result<Option<ArticleId>, Error> {
    let sql = "select id from article where ticket = $1 and author = $2 and state <> 'retired' order by id limit 1";
    let query = sqlx::query(sql).bind(ticket.to_string()).bind(parts(author).1);
    let row = query.fetch_optional(conn.sql()).await?;
    row.map(|row| parsed(&row, "id")).transpose()
}

/// An article to begin.
#[derive(Clone, Debug)]
pub struct NewArticle {
    /// Made once by its author.
    pub id: ArticleId,
    /// What it says.
    pub text: Text,
    /// Who writes it.
    pub author: Actor,
    /// Their name.
    pub author_name: Name,
    /// The ticket it begins from.
    pub ticket: Option<TicketId>,
}

fn parts(actor: &Actor) -> (&'static str, Option<String>) {
    match actor {
        Actor::Customer(id) => ("customer", Some(id.to_string())),
        Actor::Agent(id) => ("agent", Some(id.to_string())),
        Actor::Admin(id) => ("admin", Some(id.to_string())),
        Actor::Expert(id) => ("expert", Some(id.to_string())),
        Actor::Server => ("server", None),
    }
}

/// Writes a new article as a draft. False if its id is there already.
pub async fn create(tx: &mut Tx, new: &NewArticle, now: Timestamp) -> Result<bool, Error> {
    let (role, author) = parts(&new.author);
    // Whoever writes an article holds the search's rows (`index` takes them first), so places are given in turn.
    super::search::lock(tx, Audience::Ours).await?;
    let sql = "insert into article (id, place, state, ver, category, symptom, author_role, author, author_name, ticket,
          n_fixed, n_tried, created_at, changed_at)
        values ($1, (select coalesce(max(place), 0) + 1 from article), 'draft', 1, $2, $3, $4, $5, $6, $7, 0, 0, $8, $8)
        on conflict (id) do nothing";
    let query = sqlx::query(sql).bind(new.id.to_string()).bind(new.text.category.as_ref().map(Slug::to_string));
    let query = query.bind(new.text.symptom.as_ref().map(Slug::to_string)).bind(role.to_string()).bind(author);
    let query = query.bind(new.author_name.to_string()).bind(new.ticket.map(|id| id.to_string())).bind(now.as_millis());
    if query.execute(tx.sql()).await?.rows_affected() == 0 {
        return Ok(false);
    }
    add_version(tx, new.id, 1, &new.text, &new.author_name, now).await?;
    touch(tx, new.id, Op::Put);
    Ok(true)
}

/// Adds a version. The caller holds the article.
pub async fn edit(
    tx: &mut Tx,
    article: &Article,
    state: ArticleState,
    text: &Text,
    by: &Name,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "update article set ver = $2, state = $3, category = $4, symptom = $5, changed_at = $6 where id = $1";
    let query = sqlx::query(sql).bind(article.id.to_string()).bind(article.ver + 1).bind(state.word().to_string());
    let query =
        query.bind(text.category.as_ref().map(Slug::to_string)).bind(text.symptom.as_ref().map(Slug::to_string));
    query.bind(now.as_millis()).execute(tx.sql()).await?;
    touch(tx, article.id, Op::Put);
    add_version(tx, article.id, article.ver + 1, text, by, now).await
}

async fn add_version(
    tx: &mut Tx,
    id: ArticleId,
    ver: i64,
    text: &Text,
    by: &Name,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "insert into article_version (article, ver, title, problem, steps, stop, category, symptom, make, model,
          author_name, made_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let option = |text: Option<&str>| text.map(str::to_owned);
    let query = sqlx::query(sql).bind(id.to_string()).bind(ver).bind(text.title.to_string());
    let query = query.bind(text.problem.to_string()).bind(text.steps.to_string());
    let query = query.bind(option(text.stop.as_ref().map(Stop::as_str)));
    let query = query.bind(option(text.category.as_ref().map(Slug::as_str)));
    let query = query.bind(option(text.symptom.as_ref().map(Slug::as_str)));
    let query = query.bind(option(text.make.as_ref().map(ShortLine::as_str)));
    let query = query.bind(option(text.model.as_ref().map(ShortLine::as_str)));
    query.bind(by.to_string()).bind(now.as_millis()).execute(tx.sql()).await?;
    Ok(())
}

/// Writes where an article stands after a deed. The caller holds it.
pub async fn put_state(tx: &mut Tx, article: &Article, now: Timestamp) -> Result<(), Error> {
    let sql = "update article set state = $2, public_ver = $3, reviewer_name = $4, review_note = $5, changed_at = $6
        where id = $1";
    let query = sqlx::query(sql).bind(article.id.to_string()).bind(article.state.word().to_string());
    let query = query.bind(article.public_ver).bind(article.reviewer_name.as_ref().map(ToString::to_string));
    let query = query.bind(article.review_note.as_ref().map(ToString::to_string)).bind(now.as_millis());
    query.execute(tx.sql()).await?;
    let op = match article.state {
        ArticleState::Draft | ArticleState::Review | ArticleState::Published => Op::Put,
        ArticleState::Retired => Op::Del,
    };
    touch(tx, article.id, op);
    Ok(())
}

/// Every expert's phone hears of it.
fn touch(tx: &mut Tx, id: ArticleId, op: Op) {
    tx.touch(Stream::knowledge(), Entity::new(Kind::Article, id), op);
}

/// Articles in their newest version, the newest first; `before` is the last one of the page before.
pub async fn list(
    conn: &mut Conn,
    state: Option<ArticleState>,
    before: Option<ArticleId>,
    limit: i64,
) -> Result<Vec<Article>, Error> {
    let (from, _) = from(Audience::Ours);
    let sql = format!(
        "select {COLUMNS} from {from} where ($1 = '' or a.state = $1) and ($2 = '' or a.id < $2)
         order by a.id desc limit $3"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(state.map_or("", ArticleState::word).to_string());
    let query = query.bind(before.map(|id| id.to_string()).unwrap_or_default()).bind(limit);
    query.fetch_all(conn.sql()).await?.iter().map(read).collect()
}

/// What customers read about a product, by title.
pub async fn of_product(conn: &mut Conn, category: &Slug, limit: i64) -> Result<Vec<Article>, Error> {
    let (from, readable) = from(Audience::Customers);
    let sql =
        format!("select {COLUMNS} from {from} where v.category = $1 and {readable} order by v.title, a.id limit $2");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(category.to_string()).bind(limit);
    query.fetch_all(conn.sql()).await?.iter().map(read).collect()
}

/// A version of an article.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Version {
    /// Its number.
    pub ver: i64,
    /// What it says.
    #[serde(flatten)]
    pub text: Text,
    /// Who wrote it.
    pub author_name: Name,
    /// When.
    pub made_at: Timestamp,
}

/// The versions of an article, the newest first.
pub async fn versions(conn: &mut Conn, id: ArticleId) -> Result<Vec<Version>, Error> {
    let sql = "select ver, title, problem, steps, stop, category, symptom, make, model, author_name, made_at
        from article_version where article = $1 order by ver desc limit $2";
    let rows = sqlx::query(sql).bind(id.to_string()).bind(VERSIONS_MAX).fetch_all(conn.sql()).await?;
    let read = |row: &AnyRow| {
        let (author_name, made_at) = (parsed(row, "author_name")?, instant(row, "made_at")?);
        Ok(Version { ver: row.try_get("ver")?, text: text(row)?, author_name, made_at })
    };
    rows.iter().map(read).collect()
}

/// Notes whether an article fixed a ticket. False if this ticket has said so before; the first answer stays.
pub async fn note_vote(
    tx: &mut Tx,
    id: ArticleId,
    ticket: TicketId,
    voter: Actor,
    fixed: bool,
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "insert into article_vote (article, ticket, voter, fixed, at) values ($1, $2, $3, $4, $5)
        on conflict (article, ticket) do nothing";
    let query = sqlx::query(sql).bind(id.to_string()).bind(ticket.to_string());
    let query = query.bind(parts(&voter).1.unwrap_or_default()).bind(i64::from(fixed)).bind(now.as_millis());
    if query.execute(tx.sql()).await?.rows_affected() == 0 {
        return Ok(false);
    }
    let sql = "update article set n_tried = n_tried + 1, n_fixed = n_fixed + $2 where id = $1";
    sqlx::query(sql).bind(id.to_string()).bind(i64::from(fixed)).execute(tx.sql()).await?;
    touch(tx, id, Op::Put);
    Ok(true)
}

/// How the last tickets with the same product and symptom were solved, those of the same maker first.
pub async fn solved_like(conn: &mut Conn, ticket: &Ticket) -> Result<Vec<Solved>, Error> {
    let ended = ended_like(conn, &ticket.category, ticket.symptom.as_ref(), None, SOLVED_READ_MAX + 1).await?;
    Ok(solved(ended.iter().filter(|one| one.ticket != ticket.id), ticket))
}

/// The same for tickets that phones keep, each as of its own last change: so it is the same for whoever had it then and
/// whoever reads it anew, and nothing has to be sent again whenever a ticket like it ends. A question for each product
/// and symptom, not for each ticket: a first sync brings ten thousand.
pub async fn solved_before(conn: &mut Conn, tickets: &[&Ticket]) -> Result<BTreeMap<TicketId, Vec<Solved>>, Error> {
    let mut alike: BTreeMap<(&Slug, Option<&Slug>), Vec<&Ticket>> = BTreeMap::new();
    for ticket in tickets {
        alike.entry((&ticket.category, ticket.symptom.as_ref())).or_default().push(ticket);
    }
    let mut found = BTreeMap::new();
    for ((category, symptom), tickets) in alike {
        let limit = if tickets.len() == 1 { SOLVED_READ_MAX + 1 } else { ALIKE_READ_MAX };
        let latest = tickets.iter().map(|ticket| ticket.changed_at).max();
        let ended = ended_like(conn, category, symptom, latest, limit).await?;
        let is_all = i64::try_from(ended.len()).is_ok_and(|n| n < limit);
        for ticket in tickets {
            let is_before = |one: &&Ended| one.ticket != ticket.id && one.solved.at < ticket.changed_at;
            let n = ended.iter().filter(is_before).count();
            // One that did not change for long may have its like further back than was read for all.
            let reaches = is_all || i64::try_from(n).is_ok_and(|n| n >= SOLVED_READ_MAX);
            let own = if reaches {
                solved(ended.iter().filter(is_before), ticket)
            } else {
                let at = Some(ticket.changed_at);
                let ended = ended_like(conn, category, symptom, at, SOLVED_READ_MAX + 1).await?;
                solved(ended.iter().filter(is_before), ticket)
            };
            found.insert(ticket.id, own);
        }
    }
    Ok(found)
}

/// A ticket that was solved.
struct Ended {
    ticket: TicketId,
    solved: Solved,
}

/// The last tickets with this product and symptom that were solved before then, the newest first.
async fn ended_like(
    conn: &mut Conn,
    category: &Slug,
    symptom: Option<&Slug>,
    before: Option<Timestamp>,
    limit: i64,
) -> Result<Vec<Ended>, Error> {
    // Written out for each case: only so is the index of use.
    let is_same = if symptom.is_some() { "t.symptom = $4" } else { "t.symptom is null" };
    let sql = format!(
        "select t.id, t.make, t.model, t.summary, t.ended_at, c.name, s.line1, s.city, s.contact_name
         from ticket t join customer c on c.id = t.customer join site s on s.id = t.site
         where t.category = $1 and {is_same} and t.summary is not null and t.state = 'completed' and t.ended_at < $2
         order by t.ended_at desc, t.id desc limit $3"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(category.to_string());
    let query = query.bind(before.map_or(i64::MAX, Timestamp::as_millis)).bind(limit);
    let query = match symptom {
        Some(symptom) => query.bind(symptom.to_string()),
        None => query,
    };
    let read = |row: &AnyRow| {
        let text = |column: &str| row.try_get::<String, _>(column);
        let (name, line1, city, contact) = (text("name")?, text("line1")?, text("city")?, text("contact_name")?);
        let solved = Solved {
            at: instant(row, "ended_at")?,
            make: row.try_get("make")?,
            model: row.try_get("model")?,
            summary: scrub(&text("summary")?, &[&name, &line1, &city, &contact]),
        };
        Ok(Ended { ticket: parsed(row, "id")?, solved })
    };
    query.fetch_all(conn.sql()).await?.iter().map(read).collect()
}

/// Of these, the newest first, what a ticket shows.
fn solved<'a>(ended: impl Iterator<Item = &'a Ended>, ticket: &Ticket) -> Vec<Solved> {
    let mut solved: Vec<Solved> = Vec::new();
    for Ended { solved: one, .. } in ended.take(usize::try_from(SOLVED_READ_MAX).unwrap_or_default()) {
        // The same words five times say it once.
        if !solved.iter().any(|known| known.summary == one.summary) {
            solved.push(one.clone());
        }
    }
    let make = ticket.make.as_ref().map(|make| shared::text::fold_key(make.as_str()));
    let is_same = |one: &Solved| one.make.as_ref().map(|own| shared::text::fold_key(own)) == make;
    solved.sort_by_cached_key(|one| !is_same(one));
    solved.truncate(SOLVED_MAX);
    solved
}
