//! Experts from a spreadsheet: all of it is kept, or nothing. `?preview=true` does everything and then undoes it, so
//! that a preview can say nothing else than the import itself. And the other way: experts to a spreadsheet.

use super::{Words, days, shown};
use crate::audit;
use crate::db::{Error, Lane, Tx};
use crate::faults::Faults;
use crate::http::caller::RequireAdmin;
use crate::http::undone::Undone;
use crate::http::{Answer, Json, Refused, Site};
use crate::sheet;
use crate::workforce::import::{self, Known};
use crate::workforce::store::{self, NewExpert};
use crate::workforce::{Roster, hire};
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{Router, get, post};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::ids::LoginId;
use shared::problem::{Problem, ProblemCode};

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/api/v1/admin/import/{kind}", post(import_experts))
        .route("/api/v1/admin/export/experts", get(export_experts))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct How {
    #[serde(default)]
    preview: bool,
}

/// Why an import was undone.
#[derive(Debug, thiserror::Error)]
enum Ended {
    /// As any write can be.
    #[error(transparent)]
    Undone(#[from] Undone),
    /// It was only tried.
    #[error("it was only tried")]
    Tried,
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Self::Undone(error.into())
    }
}

async fn import_experts(
    State(site): State<Site>,
    RequireAdmin(admin): RequireAdmin,
    Path(kind): Path<String>,
    Query(How { preview }): Query<How>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer<Response> {
    if kind != "experts" {
        return Err(Refused::with(
            ProblemCode::NotFound,
            "Only experts can be imported: /api/v1/admin/import/experts.",
        ));
    }
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if content_type.split(';').next().unwrap_or_default().trim() != "text/csv" {
        return Err(Refused::with(ProblemCode::UnsupportedMediaType, "Send the file as text/csv."));
    }
    let known = site.db.read(async |conn| {
        let (skills, areas) = (store::skills(conn).await?, store::areas(conn).await?);
        Ok::<_, Error>(Known::of(&skills, &areas))
    });
    let imported = import::experts(&body, &known.await?).map_err(Problem::fields)?;
    let lines: Vec<u64> = imported.iter().map(|expert| expert.line).collect();
    let new: Vec<(LoginId, NewExpert)> = import::new_experts(imported, &*site.chance, site.real_now())
        .into_iter()
        .map(|expert| (site.new_id(), expert))
        .collect();
    let items: Vec<Value> = new
        .iter()
        .zip(&lines)
        .map(|((_, expert), line)| json!({ "line": line, "id": expert.id, "name": expert.details.name }))
        .collect();
    let now = site.now();
    let after = json!({ "experts": shown(&items)? });
    let kept = async move |tx: &mut Tx| {
        let taken = hire::hire(tx, &new, None, now).await?;
        if !taken.is_empty() {
            let mut faults = Faults::default();
            for (at, handle) in taken {
                faults.add(&format!("line {}, column {}", lines[at], handle.field()), "taken", handle);
            }
            return Err(Ended::Undone(Problem::fields(sheet::bounded(faults)).into()));
        }
        audit::record(tx, admin.actor(), "experts.import", "experts", None, Some(after.clone()), now).await?;
        if preview { Err(Ended::Tried) } else { Ok(()) }
    };
    match site.db.write(Lane::Bulk, kept).await {
        Ok(()) => Ok((StatusCode::CREATED, Json(json!({ "created": items.len(), "items": items }))).into_response()),
        Err(Ended::Tried) => {
            let lines: Vec<Value> =
                items.iter().map(|item| json!({ "line": item["line"], "name": item["name"] })).collect();
            Ok(Json(json!({ "would_create": lines.len(), "items": lines })).into_response())
        }
        Err(Ended::Undone(undone)) => Err(undone.into()),
    }
}

/// All active experts in the form that the import reads.
async fn export_experts(State(site): State<Site>, _: RequireAdmin) -> Answer<impl IntoResponse> {
    let (rosters, words) =
        site.db.read(async |conn| Ok::<_, Error>((store::rosters(conn).await?, Words::load(conn).await?))).await?;
    let text = write(&rosters, &words).map_err(Refused::internal)?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"experts.csv\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, text))
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
        ])?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}
