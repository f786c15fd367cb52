//! The tables of the search: postings that `shared::search` made, asked in one way on both engines.
//!
//! Who writes them holds the audience's row first, so numbers are given in turn and counts stay right. A search reads
//! integers, sums them to choose candidates, and leaves the order to `shared`. Common words of a search choose no
//! candidates where rarer ones do; they still count in the order.

use super::super::{Article, Asked, Audience, HITS_MAX, Hit, SEARCH_CHARS_MAX, Text};
use super::articles::{columns, from, read};
use crate::db::columns::instant;
use crate::db::{Conn, Error, Tx, values};
use crate::feed::{Entity, Kind, Op, Stream};
use crate::tickets::Ticket;
use shared::ids::ArticleId;
use shared::search::{CANDIDATES_MAX, Candidate, Facet, Known, Plan, Query, Synonyms, rank, terms_of, typo_keys};
use shared::text::{Slug, fold_key};
use shared::time::Timestamp;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{AssertSqlSafe, Row};
use std::collections::{BTreeMap, BTreeSet};

/// Rows in one statement.
const ROWS_MAX: usize = 300;
/// Words that begin as the last one does.
const BEGINNINGS_MAX: i64 = 20;
/// Words that share a key with a misspelt one.
const TYPOS_MAX: i64 = 200;
/// From so many postings on, more common words choose no candidates.
const POSTINGS_MAX: i64 = 20_000;
/// Searches that found nothing; the oldest go.
const MISSES_MAX: i64 = 1_000;
/// Under which id phones know the list of words that mean the same.
pub const SYNONYMS_ID: &str = "main";

type AnyQuery<'q> = sqlx::query::Query<'q, sqlx::Any, AnyArguments>;

/// `$from, $from + 1, …`.
fn binds(from: usize, n: usize) -> String {
    (from..from + n).map(|at| format!("${at}")).collect::<Vec<_>>().join(", ")
}

// ── writing ──

/// Holds an audience's search until the commit. Gives back how many articles it has.
pub(super) async fn lock(tx: &mut Tx, audience: Audience) -> Result<i64, Error> {
    let sql = "insert into article_audience (audience, n_articles) values ($1, 0) on conflict (audience) do nothing";
    sqlx::query(sql).bind(audience.number()).execute(tx.sql()).await?;
    let sql = format!("select n_articles from article_audience where audience = $1{}", tx.for_update());
    let row = sqlx::query(AssertSqlSafe(sql)).bind(audience.number()).fetch_one(tx.sql()).await?;
    Ok(row.try_get("n_articles")?)
}

async fn place_of(conn: &mut Conn, id: ArticleId) -> Result<i64, Error> {
    let row = sqlx::query("select place from article where id = $1").bind(id.to_string()).fetch_one(conn.sql()).await?;
    Ok(row.try_get("place")?)
}

async fn count(tx: &mut Tx, audience: Audience, by: i64) -> Result<(), Error> {
    let sql = "update article_audience set n_articles = n_articles + $2 where audience = $1";
    sqlx::query(sql).bind(audience.number()).bind(by).execute(tx.sql()).await?;
    Ok(())
}

async fn labels(conn: &mut Conn, text: &Text) -> Result<Vec<String>, Error> {
    let Some(category) = &text.category else { return Ok(vec![]) };
    let sql = "select label, 0 as n from category where slug = $1
        union all select label, 1 as n from symptom where category = $1 and slug = $2 order by n";
    let query = sqlx::query(sql).bind(category.to_string());
    let query = query.bind(text.symptom.as_ref().map(Slug::to_string).unwrap_or_default());
    query.fetch_all(conn.sql()).await?.iter().map(|row| Ok(row.try_get("label")?)).collect()
}

/// Makes an article found by an audience with this text, and no longer with an earlier one.
pub async fn index(tx: &mut Tx, id: ArticleId, audience: Audience, text: &Text) -> Result<(), Error> {
    lock(tx, audience).await?;
    let place = place_of(tx, id).await?;
    let was_there = take_out_place(tx, place, audience).await?;
    let labels = labels(tx, text).await?;
    let terms = terms_of(&text.fields(&labels));
    let ids = term_ids(tx, audience, terms.keys()).await?;
    let rows: Vec<(i64, i64)> = terms.iter().filter_map(|(stem, says)| Some((*ids.get(stem)?, *says))).collect();
    for rows in rows.chunks(ROWS_MAX) {
        let sql = format!("insert into article_posting (term, place, says) values {}", values(rows.len(), 3));
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (term, says) in rows {
            query = query.bind(*term).bind(place).bind(*says);
        }
        query.execute(tx.sql()).await?;
        let sql = format!("update article_term set n_articles = n_articles + 1 where id in ({})", binds(1, rows.len()));
        let query = rows.iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, (term, _)| query.bind(*term));
        query.execute(tx.sql()).await?;
    }
    if was_there { Ok(()) } else { count(tx, audience, 1).await }
}

/// Makes an article found no longer by an audience.
pub async fn take_out(tx: &mut Tx, id: ArticleId, audience: Audience) -> Result<(), Error> {
    lock(tx, audience).await?;
    let place = place_of(tx, id).await?;
    if take_out_place(tx, place, audience).await? {
        count(tx, audience, -1).await?;
    }
    Ok(())
}

/// Gives back whether it was there.
async fn take_out_place(tx: &mut Tx, place: i64, audience: Audience) -> Result<bool, Error> {
    let own = "select p.term from article_posting p join article_term t on t.id = p.term
        where p.place = $1 and t.audience = $2";
    let sql = format!("update article_term set n_articles = n_articles - 1 where id in ({own})");
    sqlx::query(AssertSqlSafe(sql)).bind(place).bind(audience.number()).execute(tx.sql()).await?;
    let sql = format!("delete from article_posting where place = $1 and term in ({own})");
    let gone = sqlx::query(AssertSqlSafe(sql)).bind(place).bind(audience.number()).execute(tx.sql()).await?;
    Ok(gone.rows_affected() > 0)
}

/// The numbers of stems; new ones get theirs. The caller holds the audience.
async fn term_ids<'a>(
    tx: &mut Tx,
    audience: Audience,
    stems: impl Iterator<Item = &'a String>,
) -> Result<BTreeMap<String, i64>, Error> {
    let stems: Vec<&String> = stems.collect();
    let mut ids = BTreeMap::new();
    for stems in stems.chunks(ROWS_MAX) {
        for known in known(tx, audience, &stems.iter().map(|stem| (*stem).clone()).collect::<Vec<_>>()).await? {
            ids.insert(known.stem, known.term);
        }
    }
    let new: Vec<&String> = stems.into_iter().filter(|stem| !ids.contains_key(*stem)).collect();
    if new.is_empty() {
        return Ok(ids);
    }
    // Two audiences number their words apart, so that neither waits for the other.
    let sql = "select coalesce(max(id), $1 - 2) as last from article_term where audience = $1";
    let row = sqlx::query(sql).bind(audience.number()).fetch_one(tx.sql()).await?;
    let mut last: i64 = row.try_get("last")?;
    let mut typos: Vec<(String, i64)> = Vec::new();
    for stems in new.chunks(ROWS_MAX) {
        let sql =
            format!("insert into article_term (id, audience, stem, n_articles) values {}", values(stems.len(), 4));
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for stem in stems {
            last += 2;
            typos.extend(typo_keys(stem).into_iter().map(|typo| (typo, last)));
            query = query.bind(last).bind(audience.number()).bind((*stem).clone()).bind(0_i64);
            ids.insert((*stem).clone(), last);
        }
        query.execute(tx.sql()).await?;
    }
    for typos in typos.chunks(ROWS_MAX) {
        let sql = format!("insert into article_typo (typo, term) values {}", values(typos.len(), 2));
        let query = typos
            .iter()
            .fold(sqlx::query(AssertSqlSafe(sql)), |query, (typo, term)| query.bind(typo.clone()).bind(*term));
        query.execute(tx.sql()).await?;
    }
    Ok(ids)
}

// ── searching ──

fn read_known(row: &AnyRow) -> Result<Known, Error> {
    Ok(Known { term: row.try_get("id")?, stem: row.try_get("stem")?, n_articles: row.try_get("n_articles")? })
}

async fn known(conn: &mut Conn, audience: Audience, stems: &[String]) -> Result<Vec<Known>, Error> {
    if stems.is_empty() {
        return Ok(vec![]);
    }
    let sql = format!(
        "select id, stem, n_articles from article_term where audience = $1 and stem in ({})",
        binds(2, stems.len())
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(audience.number());
    let query = stems.iter().fold(query, |query: AnyQuery<'_>, stem| query.bind(stem.clone()));
    query.fetch_all(conn.sql()).await?.iter().map(read_known).collect()
}

async fn beginning(conn: &mut Conn, audience: Audience, beginning: &str) -> Result<Vec<Known>, Error> {
    let sql = "select id, stem, n_articles from article_term
        where audience = $1 and stem >= $2 and stem < $3 and n_articles > 0 order by n_articles desc, stem limit $4";
    let query = sqlx::query(sql).bind(audience.number()).bind(beginning.to_owned());
    let query = query.bind(format!("{beginning}\u{10ffff}")).bind(BEGINNINGS_MAX);
    query.fetch_all(conn.sql()).await?.iter().map(read_known).collect()
}

async fn misspelt(conn: &mut Conn, audience: Audience, typos: &BTreeSet<String>) -> Result<Vec<Known>, Error> {
    let mut found = Vec::new();
    for typos in typos.iter().collect::<Vec<_>>().chunks(ROWS_MAX) {
        let n = typos.len();
        let sql = format!(
            "select distinct t.id, t.stem, t.n_articles from article_typo y join article_term t on t.id = y.term
             where y.typo in ({}) and t.audience = ${} and t.n_articles > 0 order by t.n_articles desc, t.stem limit ${}",
            binds(1, n),
            n + 1,
            n + 2
        );
        let query = sqlx::query(AssertSqlSafe(sql));
        let query = typos.iter().fold(query, |query: AnyQuery<'_>, typo| query.bind((*typo).clone()));
        let rows = query.bind(audience.number()).bind(TYPOS_MAX).fetch_all(conn.sql()).await?;
        for row in &rows {
            found.push(read_known(row)?);
        }
    }
    Ok(found)
}

/// What to count for a search. Misspellings are looked up only where a word is not known as it stands.
async fn plan(conn: &mut Conn, audience: Audience, query: &Query) -> Result<(Plan, Vec<Known>), Error> {
    let sql = "select n_articles from article_audience where audience = $1";
    let row = sqlx::query(sql).bind(audience.number()).fetch_optional(conn.sql()).await?;
    let Some(n_articles) = row.map(|row| row.try_get::<i64, _>("n_articles")).transpose()? else {
        return Ok((Plan::default(), vec![]));
    };
    let lookups = query.lookups();
    let mut all = known(conn, audience, &lookups.terms.iter().cloned().collect::<Vec<_>>()).await?;
    let mut plan = query.plan(&all, n_articles);
    if plan.words.iter().any(Vec::is_empty) {
        if let Some(begun) = &lookups.beginning {
            all.extend(beginning(conn, audience, begun).await?);
        }
        all.extend(misspelt(conn, audience, &lookups.typos).await?);
        plan = query.plan(&all, n_articles);
    }
    Ok((plan, all))
}

/// The articles that a search finds, the best first.
pub async fn search(conn: &mut Conn, audience: Audience, asked: &Asked, limit: usize) -> Result<Vec<Hit>, Error> {
    let synonyms = Synonyms::read(&synonyms(conn).await?.1).unwrap_or_default();
    let typed: String = asked.text.chars().take(SEARCH_CHARS_MAX * 10).collect();
    let query = Query::read(&typed, &synonyms);
    let (plan, known) = plan(conn, audience, &query).await?;
    if plan.is_empty() {
        return Ok(vec![]);
    }
    let weights = plan.weights();
    let places = chosen(conn, &weights, &known, asked.category.as_ref()).await?;
    if places.is_empty() {
        return Ok(vec![]);
    }
    let mut says = said(conn, &places, &weights).await?;
    let mut articles = articles_at(conn, audience, &places).await?;
    let facet = |article: &Article| {
        let own = (article.text.category.as_ref().map(Slug::as_str), article.text.symptom.as_ref().map(Slug::as_str));
        Facet::of(own, (asked.category.as_ref().map(Slug::as_str), asked.symptom.as_ref().map(Slug::as_str)))
    };
    let candidates = articles.iter().map(|(place, article)| Candidate {
        id: (article.id, *place),
        terms: says.remove(place).unwrap_or_default(),
        facet: facet(article),
        fixed: (article.n_fixed, article.n_tried),
    });
    let ranked = rank(&plan, candidates.collect());
    let hit = |((_, place), score)| articles.remove(&place).map(|article| Hit { article, score });
    Ok(ranked.into_iter().take(limit.min(CANDIDATES_MAX)).filter_map(hit).collect())
}

/// The places of the articles that these words speak of most.
async fn chosen(
    conn: &mut Conn,
    weights: &BTreeMap<i64, i64>,
    known: &[Known],
    category: Option<&Slug>,
) -> Result<Vec<i64>, Error> {
    let mut terms: Vec<(i64, i64)> =
        known.iter().filter(|one| weights.contains_key(&one.term)).map(|one| (one.n_articles, one.term)).collect();
    terms.sort_unstable();
    terms.dedup();
    let mut n_postings = 0;
    let mut asked = Vec::new();
    for (n, term) in terms {
        n_postings += n;
        if n_postings > POSTINGS_MAX && !asked.is_empty() {
            break;
        }
        asked.push((term, weights[&term]));
    }
    let n = asked.len();
    let cases: Vec<String> = (0..n).map(|at| format!("when ${} then ${}", 2 * at + 1, 2 * at + 2)).collect();
    let ids: Vec<String> = (0..n).map(|at| format!("${}", 2 * at + 1)).collect();
    let of_category = match category {
        Some(_) => {
            format!("join article a on a.place = p.place and (a.category is null or a.category = ${})", 2 * n + 2)
        }
        None => String::new(),
    };
    let sql = format!(
        "select p.place, cast(sum(p.says * case p.term {} else 0 end) as bigint) as score
         from article_posting p {of_category} where p.term in ({})
         group by p.place order by score desc, p.place limit ${}",
        cases.join(" "),
        ids.join(", "),
        2 * n + 1
    );
    let query = sqlx::query(AssertSqlSafe(sql));
    let query = asked.iter().fold(query, |query: AnyQuery<'_>, (term, weight)| query.bind(*term).bind(*weight));
    let query = query.bind(i64::try_from(CANDIDATES_MAX).unwrap_or(i64::MAX));
    let query = match category {
        Some(category) => query.bind(category.to_string()),
        None => query,
    };
    query.fetch_all(conn.sql()).await?.iter().map(|row| Ok(row.try_get("place")?)).collect()
}

/// What each of these words says about each of these articles.
async fn said(
    conn: &mut Conn,
    places: &[i64],
    weights: &BTreeMap<i64, i64>,
) -> Result<BTreeMap<i64, BTreeMap<i64, i64>>, Error> {
    let sql = format!(
        "select place, term, says from article_posting where place in ({}) and term in ({})",
        binds(1, places.len()),
        binds(1 + places.len(), weights.len())
    );
    let query = sqlx::query(AssertSqlSafe(sql));
    let query = places.iter().chain(weights.keys()).fold(query, |query: AnyQuery<'_>, number| query.bind(*number));
    let mut says: BTreeMap<i64, BTreeMap<i64, i64>> = BTreeMap::new();
    for row in query.fetch_all(conn.sql()).await? {
        says.entry(row.try_get("place")?).or_default().insert(row.try_get("term")?, row.try_get("says")?);
    }
    Ok(says)
}

async fn articles_at(conn: &mut Conn, audience: Audience, places: &[i64]) -> Result<BTreeMap<i64, Article>, Error> {
    let (from, readable) = from(audience);
    let sql = format!(
        "select a.place, {} from {from} where a.place in ({}) and {readable}",
        columns(),
        binds(1, places.len())
    );
    let query = sqlx::query(AssertSqlSafe(sql));
    let query = places.iter().fold(query, |query: AnyQuery<'_>, place| query.bind(*place));
    query.fetch_all(conn.sql()).await?.iter().map(|row| Ok((row.try_get("place")?, read(row)?))).collect()
}

/// What fits a ticket: by what its customer wrote, its product and its symptom.
pub async fn suggest(conn: &mut Conn, audience: Audience, ticket: &Ticket) -> Result<Vec<Hit>, Error> {
    let product = [&ticket.make, &ticket.model].into_iter().flatten().map(ToString::to_string);
    let words = [ticket.title.to_string(), ticket.symptom_label.clone().unwrap_or_default()].into_iter().chain(product);
    let text = words.chain([ticket.description.to_string()]).collect::<Vec<_>>().join(" ");
    let asked = Asked { text, category: Some(ticket.category.clone()), symptom: ticket.symptom.clone() };
    search(conn, audience, &asked, HITS_MAX / 4).await
}

// ── what an admin keeps ──

/// The list of words that mean the same, with its version.
pub async fn synonyms(conn: &mut Conn) -> Result<(i64, String), Error> {
    let sql = "select ver, body from article_synonyms order by ver desc limit 1";
    let row = sqlx::query(sql).fetch_optional(conn.sql()).await?;
    row.map_or(Ok((0, String::new())), |row| Ok((row.try_get("ver")?, row.try_get("body")?)))
}

/// Writes the next version of the list. False if somebody else has written it since.
pub async fn put_synonyms(tx: &mut Tx, seen: i64, body: &str, now: Timestamp) -> Result<bool, Error> {
    let sql = "insert into article_synonyms (ver, body, made_at) values ($1, $2, $3) on conflict (ver) do nothing";
    let query = sqlx::query(sql).bind(seen + 1).bind(body.to_owned()).bind(now.as_millis());
    let is_new = query.execute(tx.sql()).await?.rows_affected() == 1;
    if is_new {
        tx.touch(Stream::knowledge(), Entity::new(Kind::Synonyms, SYNONYMS_ID), Op::Put);
    }
    Ok(is_new)
}

/// Notes a search that found nothing: its words alone, without anything that may be somebody's number.
pub async fn note_miss(tx: &mut Tx, audience: Audience, text: &str, now: Timestamp) -> Result<(), Error> {
    let folded: String = fold_key(&super::super::scrub(text, &[])).chars().take(SEARCH_CHARS_MAX).collect();
    if folded.is_empty() || folded.contains('\0') {
        return Ok(());
    }
    let (ours, customers) = match audience {
        Audience::Ours => (1_i64, 0_i64),
        Audience::Customers => (0, 1),
    };
    let sql = "insert into article_miss (words, n_ours, n_customers, last_at) values ($1, $2, $3, $4)
        on conflict (words) do update set n_ours = article_miss.n_ours + $2,
          n_customers = article_miss.n_customers + $3, last_at = $4";
    sqlx::query(sql).bind(folded).bind(ours).bind(customers).bind(now.as_millis()).execute(tx.sql()).await?;
    let sql = "delete from article_miss where words in
        (select words from article_miss order by last_at desc, words limit 100 offset $1)";
    sqlx::query(sql).bind(MISSES_MAX).execute(tx.sql()).await?;
    Ok(())
}

/// A search that found nothing.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Miss {
    /// Its words.
    pub words: String,
    /// How often ours looked for it.
    pub n_ours: i64,
    /// How often customers did.
    pub n_customers: i64,
    /// When last.
    pub last_at: Timestamp,
}

/// The searches that found nothing, the most asked first.
pub async fn misses(conn: &mut Conn, limit: i64) -> Result<Vec<Miss>, Error> {
    let sql = "select words, n_ours, n_customers, last_at from article_miss
        order by n_ours + n_customers desc, words limit $1";
    let read = |row: &AnyRow| {
        Ok(Miss {
            words: row.try_get("words")?,
            n_ours: row.try_get("n_ours")?,
            n_customers: row.try_get("n_customers")?,
            last_at: instant(row, "last_at")?,
        })
    };
    sqlx::query(sql).bind(limit).fetch_all(conn.sql()).await?.iter().map(read).collect()
}

/// Forgets one of them: there is an article now, or there will never be one.
pub async fn forget_miss(tx: &mut Tx, words: &str) -> Result<bool, Error> {
    let gone = sqlx::query("delete from article_miss where words = $1").bind(words.to_owned());
    Ok(gone.execute(tx.sql()).await?.rows_affected() == 1)
}
