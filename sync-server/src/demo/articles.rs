//! The demo's articles: read from its own files, begun and published as an admin would. Those that are there already stay
//! as people edited them.

use crate::db::{Error, Lane, Tx};
use crate::http::Site;
use crate::http::undone::Undone;
use crate::knowledge::change::{self, By};
use crate::knowledge::store::{self, NewArticle};
use crate::knowledge::{Audience, Deed, Text};
use shared::chance::Seeded;
use shared::event::Actor;
use shared::ids::{ArticleId, Id};
use shared::text::Slug;
use shared::time::Timestamp;
use std::sync::LazyLock;

const FILES: [&str; 5] = [
    include_str!("../../demo-data/articles/screens.md"),
    include_str!("../../demo-data/articles/sound-and-games.md"),
    include_str!("../../demo-data/articles/phones-and-tablets.md"),
    include_str!("../../demo-data/articles/computers-and-printers.md"),
    include_str!("../../demo-data/articles/network-and-home.md"),
];
const SYNONYMS: &str = include_str!("../../demo-data/synonyms.txt");
/// Articles in one write: it must stay short.
const WRITE_MAX: usize = 5;
/// Who wrote them.
const AUTHOR: &str = "The editors";

/// Reads a file: `# title`, then `product:`, `problem:`, a `- ` for each step, `stop:`.
fn read(file: &str) -> Vec<Text> {
    file.split("\n# ").map(|part| article(part.trim_start_matches("# "))).collect()
}

fn article(part: &str) -> Text {
    let mut lines = part.lines();
    let title = lines.next().unwrap_or_default();
    let (mut product, mut problem, mut stop) = ("", "", None);
    let mut steps = Vec::new();
    for line in lines {
        if let Some(step) = line.strip_prefix("- ") {
            steps.push(step);
        } else if let Some((key, value)) = line.split_once(": ") {
            match key {
                "product" => product = value,
                "problem" => problem = value,
                "stop" => stop = Some(value),
                other => panic!("the demo's article {title} has a line {other}"),
            }
        }
    }
    let (category, symptom) = product.split_once(" / ").map_or((product, None), |(one, two)| (one, Some(two)));
    let expect = "the demo's articles are tested";
    Text {
        title: title.parse().expect(expect),
        problem: problem.parse().expect(expect),
        steps: steps.join("\n").parse().expect(expect),
        stop: stop.map(|stop| stop.parse().expect(expect)),
        category: Some(category.parse().expect(expect)),
        symptom: symptom.map(|symptom| symptom.parse().expect(expect)),
        make: None,
        model: None,
    }
}

/// All of them.
pub(super) fn texts() -> Vec<Text> {
    FILES.into_iter().flat_map(read).collect()
}

fn id(number: usize) -> ArticleId {
    let number = u64::try_from(number).unwrap_or_default();
    Id::new(Timestamp::EPOCH, &Seeded::new(0x00a7_71c1_e000_u64.wrapping_add(number)))
}

/// One of the articles about this product and symptom, or about the product at least; `pick` says which.
pub(super) fn about(category: &Slug, symptom: Option<&Slug>, pick: u64) -> Option<ArticleId> {
    static TEXTS: LazyLock<Vec<Text>> = LazyLock::new(texts);
    let of = |exact: bool| {
        let fits =
            |text: &&Text| text.category.as_ref() == Some(category) && (!exact || text.symptom.as_ref() == symptom);
        TEXTS.iter().enumerate().filter(|(_, text)| fits(text)).map(|(at, _)| at).collect::<Vec<_>>()
    };
    let fitting = Some(of(true)).filter(|exact| !exact.is_empty()).unwrap_or_else(|| of(false));
    let at = pick.checked_rem(u64::try_from(fitting.len()).ok()?)?;
    fitting.get(usize::try_from(at).ok()?).map(|at| id(*at))
}

/// Puts them into the demo's world, and the words that mean the same.
pub(super) async fn make(site: &Site) -> Result<(), Error> {
    let texts: Vec<(usize, Text)> = texts().into_iter().enumerate().collect();
    let n_texts = texts.len();
    let is_there = site.db.read(async move |conn| store::article(conn, id(n_texts - 1), Audience::Ours).await).await?;
    if is_there.is_some() {
        return Ok(());
    }
    let now = site.now();
    site.db.write(Lane::Bulk, async move |tx| store::put_synonyms(tx, 0, SYNONYMS, now).await.map(drop)).await?;
    for texts in texts.chunks(WRITE_MAX) {
        let texts = texts.to_vec();
        let put = site.db.write(Lane::Bulk, async move |tx: &mut Tx| {
            for (number, text) in &texts {
                put(tx, *number, text, now).await?;
            }
            Ok::<_, Undone>(())
        });
        put.await.map_err(|undone| match undone {
            Undone::Database(error) => error,
            Undone::Refused(problem) => Error::Bug(format!("the demo's articles: {problem}")),
        })?;
    }
    Ok(())
}

async fn put(tx: &mut Tx, number: usize, text: &Text, now: Timestamp) -> Result<(), Undone> {
    let by = By { actor: Actor::Server, name: AUTHOR.parse().expect("it is a name") };
    if store::article(tx, id(number), Audience::Ours).await?.is_some() {
        return Ok(());
    }
    let new =
        NewArticle { id: id(number), text: text.clone(), author: by.actor, author_name: by.name.clone(), ticket: None };
    change::begin(tx, &new, now).await?;
    change::act(tx, id(number), Deed::Publish, None, None, &by, now).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Engine;
    use crate::db::testing::on;
    use crate::http::testing::site;
    use crate::knowledge::Asked;

    /// What customers type, and what its article is called.
    const SEARCHES: &str = include_str!("../../demo-data/articles/searches.txt");

    #[tokio::test]
    async fn customers_find_the_right_article_in_their_own_words() {
        on(Engine::Sqlite, async |db| {
            let site = site(&db);
            super::super::world::make(&site, 7).await.unwrap();
            make(&site).await.unwrap();
            make(&site).await.unwrap();
            assert_eq!(texts().len(), 65);
            let (mut n, mut n_first, mut n_five, mut wrong) = (0, 0, 0, Vec::new());
            for line in SEARCHES.lines().filter(|line| !line.is_empty()) {
                let (words, title) = line.split_once(" => ").unwrap();
                assert!(texts().iter().any(|text| text.title.as_str() == title), "{title}");
                let asked = Asked { text: words.to_owned(), ..Asked::default() };
                let hits =
                    db.read(async move |conn| store::search(conn, Audience::Customers, &asked, 5).await).await.unwrap();
                let at = hits.iter().position(|hit| hit.article.text.title.as_str() == title);
                n += 1;
                n_first += usize::from(at == Some(0));
                n_five += usize::from(at.is_some());
                if at != Some(0) {
                    let first = hits.first().map_or(String::new(), |hit| hit.article.text.title.to_string());
                    wrong.push(format!("{words}: {at:?}, first {first}"));
                }
            }
            let said = format!("{n_first} first and {n_five} in five of {n}\n{}", wrong.join("\n"));
            assert!(n >= 60 && n_first * 100 >= n * 75 && n_five * 100 >= n * 95, "{said}");
        })
        .await;
    }
}
