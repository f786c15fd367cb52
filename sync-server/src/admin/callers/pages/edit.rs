//! What we know of a caller, changed on their word: name, phone, e-mail, how they hear from us, and who helps them.

use crate::admin::pages::frame;
use crate::customers::helper::TypedHelper;
use crate::customers::profile::{HelperChange, TypedProfile};
use crate::customers::{Customer, change, store};
use crate::db::{Lane, Tx};
use crate::http::caller::RequireDesk;
use crate::http::undone::Undone;
use crate::http::{Answer, Refused, Site};
use crate::web::form::{Choice, Form};
use crate::web::page;
use crate::web::records::{Input, Kind, Part, Record, To};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use shared::ids::CustomerId;
use shared::problem::ProblemCode;

async fn known(site: &Site, id: CustomerId) -> Answer<Customer> {
    let found = site.db.read(async move |conn| store::customer(conn, id).await).await?;
    found.ok_or_else(|| Refused::new(ProblemCode::NotFound))
}

fn edit_page(site: &Site, caller: &RequireDesk, id: CustomerId, name: &str, form: Form) -> Record {
    let by = vec![
        Choice::new("sms", "By SMS, only to a mobile phone"),
        Choice::new("call", "By a call"),
        Choice::new("email", "By e-mail"),
    ];
    let inputs = vec![
        Input::line("name", "Name"),
        Input::new("phone", "Phone", Kind::Line("tel")).must(),
        Input::new("email", "E-mail", Kind::Line("email")).hint("Counts once they open the link that is sent there."),
        Input::new("notify_by", "How they hear from us", Kind::Select(by)),
        Input::new("helper_name", "Who helps them", Kind::Line("text"))
            .hint("Hears the news of the tickets too. Empty name, phone and e-mail: nobody."),
        Input::new("helper_phone", "The helper's phone", Kind::Line("tel")),
        Input::new("helper_email", "The helper's e-mail", Kind::Line("email")),
    ];
    let back = format!("/desk/callers/{id}");
    Record {
        frame: frame(site, "/desk", &caller.0),
        title: format!("Change {name}"),
        back: To::new(&*back, "Back to the caller"),
        said: String::new(),
        facts: Vec::new(),
        links: Vec::new(),
        parts: vec![Part::new("", format!("{back}/edit"), "Save", inputs)],
        blocks: Vec::new(),
        form,
    }
}

/// The form, with what we know.
pub(super) async fn form(
    State(site): State<Site>,
    caller: RequireDesk,
    Path(id): Path<CustomerId>,
) -> Answer<Html<String>> {
    let is = known(&site, id).await?;
    let mut form = Form::new()
        .with("name", is.name.as_str())
        .with("phone", crate::phone::show(&is.phone))
        .with("email", is.email.as_ref().map_or("", |email| email.as_str()))
        .with("notify_by", is.notify_by.word());
    if let Some(helper) = &is.helper {
        form = form
            .with("helper_name", helper.name.as_str())
            .with("helper_phone", helper.phone.as_ref().map(crate::phone::show).unwrap_or_default())
            .with("helper_email", helper.email.as_ref().map_or("", |email| email.as_str()));
    }
    page(&edit_page(&site, &caller, id, is.name.as_str(), form))
}

/// Takes what was typed.
pub(super) async fn send(
    State(site): State<Site>,
    caller: RequireDesk,
    Path(id): Path<CustomerId>,
    mut form: Form,
) -> Answer<Response> {
    let text = |name: &str| form.value(name).trim().to_owned();
    let helper = TypedHelper { name: text("helper_name"), phone: text("helper_phone"), email: text("helper_email") };
    let typed = TypedProfile {
        name: Some(text("name")),
        phone: Some(text("phone")),
        email: form.filled("email").map(str::to_owned),
        notify_by: Some(text("notify_by")),
        helper: HelperChange::Somebody(helper),
        ..TypedProfile::default()
    };
    let (actor, now) = (caller.0.actor(), site.now());
    let changed = async move |tx: &mut Tx| change::apply(tx, id, &typed, actor, now).await;
    let changed: Result<Customer, Undone> = site.db.write(Lane::Desk, changed).await;
    match changed.map_err(Refused::from) {
        Ok(_) => Ok(Redirect::to(&format!("/desk/callers/{id}")).into_response()),
        Err(Refused(mut problem)) if problem.code == ProblemCode::InvalidFields => {
            for error in &mut problem.errors {
                error.field = error.field.replace('.', "_");
            }
            form.refuse(&problem);
            let name = known(&site, id).await?.name;
            let page = page(&edit_page(&site, &caller, id, name.as_str(), form))?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(other) => Err(other),
    }
}
