//! The server's database under cuts of the power: callers who write at the same time, so that one commit serves several.

use super::{Care, Plan, Report, There, folder, is_whole, path_of, record::record, tried};
use shared::chance::Seeded;
use sqlx::Row as _;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write as _};
use std::ops::Range;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use sync_server::db::testing::frozen_clock;
use sync_server::db::{Conn, Database, Error, Lane, Migrated, OpenError, Settings, meta};
use tokio::task::JoinSet;

const FILE: &str = "server.db";
/// Who write at once.
const WRITERS: usize = 4;
/// Bytes of a row, more than fit on a page of the database.
const ROW_BYTES: usize = 9_000;
/// How the keys of the rows begin.
const KEY: &str = "power";

/// Tries it.
///
/// # Panics
/// If the program fails.
pub async fn run(plan: Plan) -> Report {
    let lived = folder();
    let root = path_of(&lived);
    let mut program = Command::new(crate::program("measure"));
    program.args(["rows", "--commits", &plan.n_commits.to_string(), "--file"]).arg(root.join(FILE));
    match plan.care {
        Care::Ours => {}
        Care::Normal => {
            program.args(["--synchronous", "normal"]);
        }
        Care::Off => {
            program.args(["--synchronous", "off"]);
        }
    }
    let record = record(&program, &root);
    drop(lived);
    tried(&record, plan, async |left: &Path| opened(left).await).await
}

fn settings(file: &Path) -> Result<Settings, OpenError> {
    let mut settings = Settings::new(&format!("sqlite:{}", file.display()), frozen_clock())?;
    // Under strace, and on a busy machine.
    settings.write_limit = Duration::from_secs(20);
    settings.read_limit = Duration::from_secs(20);
    Ok(settings)
}

/// What the program does: so many commits of two rows each, every one called done once the database said so. In two lives:
/// the second begins with what the first has tidied away.
pub async fn writes(file: &Path, n_commits: usize, synchronous: Option<&str>) -> io::Result<()> {
    let middle = n_commits / 2;
    for numbers in [0..middle, middle..n_commits] {
        life(file, numbers, synchronous).await?;
    }
    Ok(())
}

async fn life(file: &Path, numbers: Range<usize>, synchronous: Option<&str>) -> io::Result<()> {
    let settings = settings(file).map_err(io::Error::other)?;
    if let Some(level) = synchronous {
        settings.probe.wait_less(level);
    }
    let db = Database::open(settings).await.map_err(io::Error::other)?;
    db.migrate(&Seeded::new(1)).await.map_err(io::Error::other)?;
    let mut writers = JoinSet::new();
    for first in 0..WRITERS {
        let (db, numbers) = (db.clone(), numbers.clone().skip(first).step_by(WRITERS));
        writers.spawn(async move {
            for number in numbers {
                commit(&db, number).await.map_err(io::Error::other)?;
                writeln!(io::stdout(), "done {number}")?;
            }
            io::Result::Ok(())
        });
    }
    while let Some(ended) = writers.join_next().await {
        ended??;
    }
    db.close().await;
    Ok(())
}

async fn commit(db: &Database, number: usize) -> Result<(), Error> {
    db.write(Lane::Desk, async move |tx| {
        for half in ["a", "b"] {
            meta::set(tx, &format!("{KEY} {number} {half}"), &text(number)).await?;
        }
        Ok::<_, Error>(())
    })
    .await
}

fn text(number: usize) -> String {
    let word = format!("{number} ");
    word.repeat(ROW_BYTES / word.len())
}

/// Opens what is left, as a start of the server does.
async fn opened(left: &Path) -> Result<There, String> {
    let file = left.join(FILE);
    let shown = |error: OpenError| format!("{error}: {error:?}");
    let db = Database::open(settings(&file).map_err(shown)?).await.map_err(shown)?;
    let read = read(&db).await;
    db.close().await;
    let there = read?;
    is_whole(&file).await?;
    Ok(there)
}

async fn read(db: &Database) -> Result<There, String> {
    let failed = |error: Error| format!("{error}: {error:?}");
    match db.is_migrated().await.map_err(failed)? {
        Migrated::Yes => {}
        // The power was cut in the first start; the next one goes on.
        Migrated::Behind(_) => db.migrate(&Seeded::new(1)).await.map_err(|error| format!("{error}: {error:?}"))?,
        Migrated::Ahead => return Err("it has tables of a newer program".to_owned()),
    }
    let rows = db.read(async |conn| rows(conn).await).await.map_err(failed)?;
    let mut halves: BTreeMap<String, usize> = BTreeMap::new();
    for (key, value) in rows {
        let mut words = key.split(' ');
        let (Some(KEY), Some(number)) = (words.next(), words.next()) else { continue };
        let is_right = number.parse::<usize>().is_ok_and(|known| value == text(known));
        *halves.entry(number.to_owned()).or_default() += usize::from(is_right);
    }
    let whole: BTreeSet<String> = halves.iter().filter(|(_, n)| **n == 2).map(|(number, _)| number.clone()).collect();
    let halves = halves.len() - whole.len();
    Ok(There { whole, halves })
}

async fn rows(conn: &mut Conn) -> Result<Vec<(String, String)>, Error> {
    let mut rows = Vec::new();
    for row in sqlx::query("select k, v from server_meta order by k").fetch_all(conn.sql()).await? {
        rows.push((row.try_get("k")?, row.try_get("v")?));
    }
    Ok(rows)
}
