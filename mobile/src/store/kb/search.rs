//! The search on the phone: looks words up as the server does, and leaves the order to `shared`.

use super::{Error, SYNONYMS, meta, read_doc};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};
use shared::article::ArticleDoc;
use shared::search::{CANDIDATES_MAX, Candidate, Facet, Known, Plan, Query, Synonyms, rank};
use shared::text::Slug;
use std::collections::{BTreeMap, BTreeSet};

/// Words that begin as the last one does.
const BEGINNINGS_MAX: usize = 20;
/// Words that share a key with a misspelt one.
const TYPOS_MAX: usize = 200;
/// From so many postings on, more common words choose no candidates.
const POSTINGS_MAX: i64 = 20_000;
/// Characters of a search that are read: a ticket's own words are one too.
const CHARS_MAX: usize = 2_000;

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// What somebody typed, or what a ticket says.
    pub text: String,
    /// Only about this product, or about any.
    pub category: Option<Slug>,
    /// Rather about this symptom.
    pub symptom: Option<Slug>,
    /// How many at most.
    pub limit: usize,
}

/// An article that was found.
pub type Found = ArticleDoc;

fn known(row: &Row<'_>) -> Result<Known, rusqlite::Error> {
    Ok(Known { term: row.get("id")?, stem: row.get("stem")?, n_articles: row.get("n_articles")? })
}

fn marks(n: usize) -> String {
    vec!["?"; n].join(", ")
}

fn texts(texts: &BTreeSet<String>) -> impl Iterator<Item = Value> {
    texts.iter().map(|text| Value::from(text.clone()))
}

fn plan(conn: &Connection, query: &Query) -> Result<(Plan, Vec<Known>), Error> {
    let n_articles: i64 = conn.query_row("select count(*) from article", [], |row| row.get(0))?;
    let lookups = query.lookups();
    let sql = format!("select id, stem, n_articles from term where stem in ({})", marks(lookups.terms.len()));
    let mut all = conn
        .prepare(&sql)?
        .query_map(params_from_iter(texts(&lookups.terms)), known)?
        .collect::<Result<Vec<_>, _>>()?;
    let mut plan = query.plan(&all, n_articles);
    // Misspellings are looked up only where a word is not known as it stands.
    if plan.words.iter().any(Vec::is_empty) {
        if let Some(begun) = &lookups.beginning {
            let sql = format!(
                "select id, stem, n_articles from term where stem >= ? and stem < ? and n_articles > 0
                 order by n_articles desc, stem limit {BEGINNINGS_MAX}"
            );
            let range = [begun.clone(), format!("{begun}\u{10ffff}")];
            all.extend(conn.prepare(&sql)?.query_map(range, known)?.collect::<Result<Vec<_>, _>>()?);
        }
        let sql = format!(
            "select distinct t.id, t.stem, t.n_articles from typo y join term t on t.id = y.term
             where y.typo in ({}) and t.n_articles > 0 order by t.n_articles desc, t.stem limit {TYPOS_MAX}",
            marks(lookups.typos.len())
        );
        let mut found = conn.prepare(&sql)?;
        all.extend(found.query_map(params_from_iter(texts(&lookups.typos)), known)?.collect::<Result<Vec<_>, _>>()?);
        plan = query.plan(&all, n_articles);
    }
    Ok((plan, all))
}

/// The places of the articles that these words speak of most.
fn chosen(
    conn: &Connection,
    weights: &BTreeMap<i64, i64>,
    known: &[Known],
    category: Option<&str>,
) -> Result<Vec<i64>, Error> {
    let mut terms: Vec<(i64, i64)> =
        known.iter().filter(|one| weights.contains_key(&one.term)).map(|one| (one.n_articles, one.term)).collect();
    terms.sort_unstable();
    terms.dedup();
    let (mut n_postings, mut asked) = (0, Vec::new());
    for (n, term) in terms {
        n_postings += n;
        if n_postings > POSTINGS_MAX && !asked.is_empty() {
            break;
        }
        asked.push((term, weights[&term]));
    }
    // The first is the product; then a number and its weight for each word.
    let cases: Vec<String> = (0..asked.len()).map(|at| format!("when ?{} then ?{}", 2 * at + 2, 2 * at + 3)).collect();
    let cases = cases.join(" ");
    let terms: Vec<String> = (0..asked.len()).map(|at| format!("?{}", 2 * at + 2)).collect();
    let sql = format!(
        "select p.place, sum(p.says * case p.term {cases} else 0 end) as score
         from posting p join article a on a.place = p.place and (?1 is null or a.category is null or a.category = ?1)
         where p.term in ({}) group by p.place order by score desc, p.place limit {CANDIDATES_MAX}",
        terms.join(", ")
    );
    let category = std::iter::once(category.map_or(Value::Null, |slug| Value::from(slug.to_owned())));
    let numbers = asked.iter().flat_map(|(term, weight)| [*term, *weight]);
    let binds = category.chain(numbers.map(Value::from));
    let mut query = conn.prepare(&sql)?;
    Ok(query.query_map(params_from_iter(binds), |row| row.get(0))?.collect::<Result<Vec<_>, _>>()?)
}

pub(super) fn search(conn: &Connection, asked: &Asked) -> Result<Vec<Found>, Error> {
    let synonyms = Synonyms::read(&meta(conn, SYNONYMS)?.unwrap_or_default()).unwrap_or_default();
    let typed: String = asked.text.chars().take(CHARS_MAX).collect();
    let (plan, known) = plan(conn, &Query::read(&typed, &synonyms))?;
    if plan.is_empty() {
        return Ok(vec![]);
    }
    let weights = plan.weights();
    let (category, symptom) = (asked.category.as_ref().map(Slug::as_str), asked.symptom.as_ref().map(Slug::as_str));
    let places = chosen(conn, &weights, &known, category)?;
    let of = |column: &str| format!("{column} in ({})", marks(places.len()));
    let sql = format!("select place, doc from article where {}", of("place"));
    let mut articles: BTreeMap<i64, ArticleDoc> = BTreeMap::new();
    let mut query = conn.prepare(&sql)?;
    let rows = query.query_map(params_from_iter(&places), |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
    for row in rows {
        let (place, text) = row?;
        if let Some(doc) = read_doc(&text) {
            articles.insert(place, doc);
        }
    }
    let sql =
        format!("select place, term, says from posting where {} and term in ({})", of("place"), marks(weights.len()));
    let mut says: BTreeMap<i64, BTreeMap<i64, i64>> = BTreeMap::new();
    let mut query = conn.prepare(&sql)?;
    let binds = places.iter().chain(weights.keys());
    let rows = query.query_map(params_from_iter(binds), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    for row in rows {
        let (place, term, said): (i64, i64, i64) = row?;
        says.entry(place).or_default().insert(term, said);
    }
    let candidates = articles.iter().map(|(place, doc)| Candidate {
        // Of equals the older one, as on the server.
        id: (doc.id, *place),
        terms: says.remove(place).unwrap_or_default(),
        facet: Facet::of(
            (doc.text.category.as_ref().map(Slug::as_str), doc.text.symptom.as_ref().map(Slug::as_str)),
            (category, symptom),
        ),
        fixed: (doc.n_fixed, doc.n_tried),
    });
    let ranked = rank(&plan, candidates.collect());
    let limit = asked.limit.min(CANDIDATES_MAX);
    Ok(ranked.into_iter().take(limit).filter_map(|((_, place), _)| articles.remove(&place)).collect())
}
