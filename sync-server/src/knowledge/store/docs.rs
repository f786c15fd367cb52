//! Articles as every expert's phone keeps them: the newest version, reviewed or not, with its product in words.

use super::super::{Article, ArticleState, Audience};
use super::articles::{columns, from, read};
use crate::db::{Conn, Error};
use shared::article::ArticleDoc;
use shared::ids::ArticleId;
use shared::text::Slug;
use sqlx::{AssertSqlSafe, Row};
use std::collections::BTreeMap;

/// Symptoms of all categories; an admin keeps a few dozen.
const LABELS_MAX: i64 = 2_000;

/// The documents of these articles, without those that are retired. `ver` of each is still to be given by its stream.
pub async fn docs(conn: &mut Conn, ids: &[ArticleId]) -> Result<Vec<ArticleDoc>, Error> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let labels = labels(conn).await?;
    let (from, _) = from(Audience::Ours);
    let binds: Vec<String> = (1..=ids.len()).map(|at| format!("${at}")).collect();
    let sql = format!(
        "select {} from {from} where a.state <> 'retired' and a.id in ({}) order by a.id",
        columns(),
        binds.join(", ")
    );
    let query = ids.iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, id| query.bind(id.to_string()));
    query.fetch_all(conn.sql()).await?.iter().map(|row| Ok(doc(read(row)?, &labels))).collect()
}

type Labels = BTreeMap<(String, String), String>;

/// Every category (its symptom is empty) and symptom in words.
async fn labels(conn: &mut Conn) -> Result<Labels, Error> {
    let sql = "select slug as category, '' as symptom, label from category
        union all select category, slug as symptom, label from symptom order by category, symptom limit $1";
    let rows = sqlx::query(sql).bind(LABELS_MAX).fetch_all(conn.sql()).await?;
    rows.iter().map(|row| Ok(((row.try_get("category")?, row.try_get("symptom")?), row.try_get("label")?))).collect()
}

fn doc(article: Article, labels: &Labels) -> ArticleDoc {
    let category = article.text.category.as_ref().map(Slug::to_string);
    let symptom = article.text.symptom.as_ref().map(Slug::to_string);
    let of = |symptom: String| labels.get(&(category.clone()?, symptom)).cloned();
    ArticleDoc {
        id: article.id,
        ver: article.ver,
        labels: of(String::new()).into_iter().chain(symptom.and_then(of)).collect(),
        reviewed: article.state == ArticleState::Published,
        text: article.text,
        author: article.author_name.to_string(),
        n_fixed: article.n_fixed,
        n_tried: article.n_tried,
        changed_at: article.changed_at,
    }
}
