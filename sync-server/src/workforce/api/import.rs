//! Experts from a spreadsheet: all of it is kept or nothing, or with `?good_only=true` the good lines. `?preview=true` only
//! reads, and judges the lines by the same function as the import itself. And the other way: experts to a spreadsheet.

use super::{Words, days};
use crate::accounts::store as accounts;
use crate::accounts::{HandleTaken, codes};
use crate::audit;
use crate::db::{Conn, Error, Lane, Tx};
use crate::http::caller::RequireAdmin;
use crate::http::undone::Undone;
use crate::http::{Answer, Json, Query, Refused, Site};
use crate::sheet::{self, Lines};
use crate::workforce::import::{self, Known};
use crate::workforce::store::{self, NewExpert};
use crate::workforce::{Roster, hire};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{Router, get, post};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::event::Actor;
use shared::ids::LoginId;
use shared::problem::{FieldError, Problem, ProblemCode};
use shared::text::Name;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/api/v1/admin/import/experts", post(import_experts))
        .route("/api/v1/admin/export/experts", get(export_experts))
}

/// How a file is brought in.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct How {
    /// It is told what would come of it, and nothing is written.
    pub(crate) preview: bool,
    /// Lines with a fault are left out, and told.
    pub(crate) good_only: bool,
}

impl How {
    /// What is to come of the file.
    pub(crate) fn purpose(&self) -> Purpose {
        if self.preview { Purpose::Preview } else { Purpose::Keep }
    }

    /// Which lines are wanted.
    pub(crate) fn lines(&self) -> Lines {
        if self.good_only { Lines::Good } else { Lines::All }
    }
}

/// What is to come of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It is told what would come of it, and nothing is written.
    Preview,
    /// Its lines are kept.
    Keep,
    /// The lines of the file that waits under this id are kept, once.
    KeepOnce(String),
}

impl Purpose {
    /// Says first in a transaction that keeps so many lines that the file is kept, or that it was kept before.
    pub(crate) async fn claim(&self, tx: &mut Tx, n_lines: usize) -> Result<(), Ended> {
        let Self::KeepOnce(id) = self else { return Ok(()) };
        if sheet::store::keep(tx, id, n_lines).await? { Ok(()) } else { Err(Ended::KeptBefore) }
    }
}

/// Why an import was undone.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Ended {
    /// As any write can be.
    #[error(transparent)]
    Undone(#[from] Undone),
    /// A first click kept the file.
    #[error("the file was kept before")]
    KeptBefore,
    /// Somebody signs in with what stands in these lines.
    #[error("somebody signs in with some of this already")]
    Taken(Vec<FieldError>),
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Self::Undone(error.into())
    }
}

/// A line that was kept, or would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// The line.
    pub(crate) line: u64,
    /// Whom it made.
    pub(crate) id: String,
    /// Their name.
    pub(crate) name: Name,
}

/// What came of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Brought {
    /// What was kept, or would be.
    pub(crate) items: Vec<Item>,
    /// What is wrong with the lines that were left out.
    pub(crate) left_out: Vec<FieldError>,
}

/// Refuses what does not say that it is a file of values.
pub(crate) fn read_csv(headers: &HeaderMap) -> Answer<()> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if content_type.split(';').next().unwrap_or_default().trim() == "text/csv" {
        return Ok(());
    }
    Err(Refused::with(ProblemCode::UnsupportedMediaType, "Send the file as text/csv."))
}

/// The answer to a file.
pub(crate) fn said(brought: &Brought, preview: bool) -> Response {
    let left_out: Vec<Value> = brought
        .left_out
        .iter()
        .map(|fault| json!({ "field": fault.field, "code": fault.code, "message": fault.message }))
        .collect();
    let n = brought.items.len();
    if preview {
        let items: Vec<Value> =
            brought.items.iter().map(|item| json!({ "line": item.line, "name": item.name })).collect();
        return Json(json!({ "would_create": n, "items": items, "left_out": left_out })).into_response();
    }
    let items: Vec<Value> =
        brought.items.iter().map(|item| json!({ "line": item.line, "id": item.id, "name": item.name })).collect();
    (StatusCode::CREATED, Json(json!({ "created": n, "items": items, "left_out": left_out }))).into_response()
}

/// A file to save.
pub(crate) fn csv_file(name: &str, text: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, text).into_response()
}

async fn import_experts(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Query(how): Query<How>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer<Response> {
    read_csv(&headers)?;
    let brought = bring_experts(&site, admin.actor(), &body, how.lines(), &how.purpose()).await?;
    Ok(said(&brought, how.preview))
}

/// An expert of a line, with the id that the login will have.
type New = (u64, LoginId, NewExpert);

/// Brings experts in: all lines or the good ones, looked at or kept.
pub(crate) async fn bring_experts(
    site: &Site,
    actor: Actor,
    bytes: &[u8],
    lines: Lines,
    purpose: &Purpose,
) -> Answer<Brought> {
    let known = site.db.read(async |conn| {
        let (skills, areas) = (store::skills(conn).await?, store::areas(conn).await?);
        Ok::<_, Error>(Known::of(&skills, &areas))
    });
    let (imported, mut faults) = import::experts_and_faults(bytes, &known.await?).map_err(Problem::fields)?;
    let numbers: Vec<u64> = imported.iter().map(|expert| expert.line).collect();
    let new = import::new_experts(imported, &*site.chance, site.real_now());
    let mut new: Vec<New> = numbers.into_iter().zip(new).map(|(line, expert)| (line, site.new_id(), expert)).collect();
    loop {
        if !faults.is_empty() && (lines == Lines::All || new.is_empty()) {
            return Err(Problem::fields(sheet::cut(faults)).into());
        }
        match settle(site, actor, new.clone(), purpose).await {
            Ok(()) => {
                let item = |(line, _, expert): &New| Item {
                    line: *line,
                    id: expert.id.to_string(),
                    name: expert.details.name.clone(),
                };
                return Ok(Brought { items: new.iter().map(item).collect(), left_out: faults });
            }
            // Somebody signs in with such a number already: these lines are faulty too, and the rest is kept.
            Err(Ended::Taken(taken)) => {
                faults.extend(taken);
                new = sheet::without_faulty(new, |(line, ..)| *line, &faults);
            }
            Err(Ended::KeptBefore) => return Err(Refused::new(ProblemCode::AlreadySettled)),
            Err(Ended::Undone(undone)) => return Err(undone.into()),
        }
    }
}

/// Judges the lines, and keeps them if that is wanted.
async fn settle(site: &Site, actor: Actor, new: Vec<New>, purpose: &Purpose) -> Result<(), Ended> {
    match purpose {
        Purpose::Preview => {
            let taken = site.db.read(async move |conn| taken(conn, &new).await).await?;
            if taken.is_empty() { Ok(()) } else { Err(Ended::Taken(taken)) }
        }
        Purpose::Keep | Purpose::KeepOnce(_) => keep(site, actor, new, purpose.clone()).await,
    }
}

/// The fault of a line that names somebody else's handle.
pub(crate) fn fault(line: u64, handle: HandleTaken) -> FieldError {
    FieldError {
        field: format!("line {line}, column {}", handle.field()),
        code: "taken".to_owned(),
        message: handle.to_string(),
    }
}

/// What is wrong with lines that are right by themselves: somebody signs in with what they name.
async fn taken(conn: &mut Conn, new: &[New]) -> Result<Vec<FieldError>, Error> {
    let emails: Vec<_> = new.iter().map(|(_, _, expert)| &expert.details.email).collect();
    let phones: Vec<_> = new.iter().map(|(_, _, expert)| &expert.details.phone).collect();
    let in_use = accounts::in_use(conn, &emails, &phones).await?;
    let judged = new.iter().filter_map(|(line, _, expert)| {
        let handle = in_use.taken(Some(&expert.details.email), Some(&expert.details.phone))?;
        Some(fault(*line, handle))
    });
    Ok(judged.collect())
}

async fn keep(site: &Site, actor: Actor, new: Vec<New>, purpose: Purpose) -> Result<(), Ended> {
    let now = site.now();
    let items: Vec<Value> = new
        .iter()
        .map(|(line, _, expert)| json!({ "line": line, "id": expert.id, "name": expert.details.name }))
        .collect();
    let after = json!({ "experts": items });
    let kept = async move |tx: &mut Tx| {
        purpose.claim(tx, new.len()).await?;
        let judged = taken(tx, &new).await?;
        if !judged.is_empty() {
            return Err(Ended::Taken(judged));
        }
        let hired: Vec<(LoginId, NewExpert)> = new.iter().map(|(_, login, expert)| (*login, expert.clone())).collect();
        // Whoever was registered since is told apart by the table itself.
        let since = hire::hire(tx, &hired, None, now).await?;
        if !since.is_empty() {
            return Err(Ended::Taken(since.into_iter().map(|(at, handle)| fault(new[at].0, handle)).collect()));
        }
        // The first thing that an expert hears from us is how to sign in. Whoever is switched off hears of it later.
        for (login, _) in hired.iter().filter(|(_, expert)| expert.active) {
            codes::request(tx, *login, codes::CodeChannel::Sms, now).await?;
        }
        audit::record(tx, actor, "experts.import", "experts", None, Some(after.clone()), now).await?;
        Ok::<(), Ended>(())
    };
    site.db.write(Lane::Bulk, kept).await
}

/// All active experts in the form that the import reads.
async fn export_experts(State(site): State<Site>, _: RequireAdmin) -> Answer<impl IntoResponse> {
    let (rosters, words) =
        site.db.read(async |conn| Ok::<_, Error>((store::rosters(conn).await?, Words::load(conn).await?))).await?;
    let text = write(&rosters, &words).map_err(Refused::internal)?;
    Ok(csv_file("experts.csv", text))
}

fn write(rosters: &[Roster], words: &Words) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let names = import::EXPERT_COLUMNS.map(|column| column.name);
    writer.write_record(names)?;
    for Roster { expert, skills, areas, shifts, .. } in rosters {
        let skills: Vec<String> = words.skills(skills).iter().map(|(word, level)| format!("{word}:{level}")).collect();
        let areas: Vec<&str> = words.areas(areas).into_iter().collect();
        writer.write_record([
            expert.name.as_str(),
            expert.email.as_str(),
            expert.phone.as_str(),
            &expert.home_postal_code,
            &expert.languages.join(";"),
            &skills.join(";"),
            &areas.join(";"),
            &days::in_words(shifts, false),
            &days::in_words(shifts, true),
            if expert.active { "yes" } else { "no" },
            expert.sms.word(),
            &expert.locale,
        ])?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}
