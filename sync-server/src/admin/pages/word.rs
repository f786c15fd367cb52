//! Page: recording for an expert what he says on the phone. Each form is one act; a second click finds it done.

use super::super::{names, sending, words};
use super::{frame, when};
use crate::db::Error;
use crate::http::caller::RequireDesk;
use crate::http::{Answer, Refused, Site};
use crate::sync::bounds;
use crate::sync::word::{self, Heard, NotDone, Said};
use crate::tickets::{Ticket, store};
use crate::web::form::{Choice, Form};
use crate::web::frame::Frame;
use crate::web::page;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::de::DeserializeOwned;
use serde_json::json;
use shared::ids::{ExpertId, MutationId, TicketId};
use shared::intent::Intent;
use shared::offer::DeclineReason;
use shared::problem::ProblemCode;
use shared::text::Summary;
use shared::ticket::{Act, CannotFix, Outcome, Phase, Route, route};
use shared::time::Timestamp;

#[derive(Template)]
#[template(path = "admin/word.html")]
struct WordPage {
    frame: Frame,
    ticket: Ticket,
    state: String,
    expert: Option<(ExpertId, String)>,
    /// One for each form: two forms are two acts, and a form sent twice is one.
    mids: [MutationId; 3],
    /// By how much one can be late, each with its own id: these add up.
    late: Vec<(u32, MutationId)>,
    form: Form,
    simple: Vec<(&'static str, &'static str)>,
    can_complete: bool,
    can_give_up: bool,
    can_decline: bool,
    outcomes: Vec<Choice>,
    whys: Vec<Choice>,
    called: [Choice; 2],
    reasons: Vec<Choice>,
}

fn can(phase: Option<Phase>, act: Act) -> bool {
    phase.is_some_and(|phase| matches!(route(phase, act), Route::Forward(_) | Route::Back))
}

pub(super) async fn show(
    State(site): State<Site>,
    caller: RequireDesk,
    Path(id): Path<TicketId>,
) -> Answer<Html<String>> {
    word_page(&site, &caller, id, Form::new()).await
}

async fn word_page(site: &Site, caller: &RequireDesk, id: TicketId, form: Form) -> Answer<Html<String>> {
    let read = site.db.read(async move |conn| {
        let Some(ticket) = store::get(conn, id).await? else { return Ok(None) };
        let holder = ticket.life.state.holder();
        let names = names::of(conn, holder.into_iter().collect(), [].into()).await?;
        Ok::<_, Error>(Some((names, sending::zone_of(conn, id).await?, ticket)))
    });
    let Some((names, zone, ticket)) = read.await? else { return Err(Refused::new(ProblemCode::NotFound)) };
    let (phase, at) = (ticket.life.state.phase(), |instant: Timestamp| when(&zone, instant));
    let can_be_late = matches!(phase, Some(Phase::Accepted | Phase::EnRoute | Phase::OnSite));
    let simple =
        [(Act::Accept, "accept", "Says yes"), (Act::Depart, "depart", "Left"), (Act::Arrive, "arrive", "Arrived")];
    page(&WordPage {
        frame: frame(site, "/desk/tickets", &caller.0),
        state: words::state(&ticket.life.state, &names, &at),
        expert: ticket.life.state.holder().map(|expert| (expert, names.expert(expert).to_owned())),
        mids: [site.new_id(), site.new_id(), site.new_id()],
        late: if can_be_late { [15, 30, 60].map(|minutes| (minutes, site.new_id())).into() } else { Vec::new() },
        simple: simple.into_iter().filter(|(act, ..)| can(phase, *act)).map(|(_, word, label)| (word, label)).collect(),
        can_complete: can(phase, Act::Complete),
        can_give_up: can(phase, Act::CannotFix),
        can_decline: can(phase, Act::Decline),
        outcomes: [Outcome::Fixed, Outcome::Workaround, Outcome::Replaced, Outcome::NoFault]
            .map(|outcome| Choice::new(outcome.word(), words::outcome_words(outcome)))
            .into(),
        whys: CannotFix::ALL.map(|why| Choice::new(why.word(), words::cannot_fix(why))).into(),
        called: [Choice::new("yes", "Yes, and nobody answered"), Choice::new("no", "No")],
        reasons: DeclineReason::ALL.map(|reason| Choice::new(reason.word(), words::decline(reason))).into(),
        form,
        ticket,
    })
}

/// A word of a closed list, as JSON has it.
fn choice<T: DeserializeOwned>(form: &mut Form, name: &str, what: &str) -> Option<T> {
    let chosen = serde_json::from_value(json!(form.value(name))).ok();
    if chosen.is_none() {
        form.wrong(name, what);
    }
    chosen
}

/// The intent that a form states; none where something in it is wrong.
fn intent(form: &mut Form) -> Option<Intent> {
    match form.value("act") {
        "accept" => Some(Intent::OfferAccept {}),
        "depart" => Some(Intent::TicketDepart {}),
        "arrive" => Some(Intent::TicketArrive {}),
        "late" => {
            let minutes = form.value("minutes").parse::<u32>().ok().and_then(|minutes| minutes.try_into().ok());
            if minutes.is_none() {
                form.wrong("", "Please choose by how much.");
            }
            Some(Intent::TicketLate { minutes: minutes? })
        }
        "complete" => {
            let outcome = choice(form, "outcome", "choose how it ended");
            let summary = form.read::<Summary>("summary");
            Some(Intent::TicketComplete { outcome: outcome?, summary: summary? })
        }
        "cannot_fix" => {
            let why = choice(form, "why", "choose what is in the way");
            let part = form.read_optional::<Summary>("part");
            let called = match form.value("called") {
                "yes" => Some(true),
                "no" => Some(false),
                _ => None,
            };
            (!form.has_errors()).then_some(())?;
            Some(Intent::TicketCannotFix { why: why?, skills: Vec::new(), part, until: None, called })
        }
        "decline" => {
            let reason = choice(form, "reason", "choose why");
            Some(Intent::OfferDecline { reason: reason?, skills: Vec::new() })
        }
        _ => {
            form.wrong("", "Please choose one of the buttons.");
            None
        }
    }
}

pub(super) async fn record(
    State(site): State<Site>,
    caller: RequireDesk,
    Path(ticket): Path<TicketId>,
    mut form: Form,
) -> Answer<Response> {
    let Ok(expert) = form.value("expert").parse::<ExpertId>() else {
        return Err(Refused::new(ProblemCode::Malformed));
    };
    let mid = form.value("mid").parse().unwrap_or_else(|_| site.new_id());
    let Some(intent) = intent(&mut form) else {
        let shown = word_page(&site, &caller, ticket, form).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, shown).into_response());
    };
    let (staff, actor) = (caller.staff(), caller.0.actor());
    let said = Said { mid, expert, ticket: Some(ticket), intent, staff: Some(staff), actor };
    match word::record(&site.db, &bounds(&site.config), said).await {
        Ok(Heard::Done { .. } | Heard::Already) => Ok(Redirect::to(&format!("/desk/tickets/{ticket}")).into_response()),
        Err(NotDone::Database(error)) => Err(error.into()),
        Err(why) => {
            form.wrong("", why);
            let shown = word_page(&site, &caller, ticket, form).await?;
            Ok((StatusCode::CONFLICT, shown).into_response())
        }
    }
}
