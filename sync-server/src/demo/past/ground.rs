//! What the month that was is told from: who has which plan where, what goes wrong, who could come. Read from the demo's
//! files and from what the world's steps have made of them.

use super::super::people;
use crate::config::Config;
use crate::customers::import::ImportedCustomer;
use crate::customers::{NewCustomer, NotifyBy};
use crate::dispatch::Bounds;
use crate::links::Links;
use crate::matching::candidate::Candidate;
use crate::plans::Plan;
use crate::sheet::{Column, Sheet};
use crate::workforce::Area;
use crate::workforce::import::{Catalogue, ImportedNeed};
use shared::ids::{AreaId, CustomerId, EntitlementId, SiteId};
use shared::problem::FieldError;
use shared::text::{Description, ShortLine, Slug, Summary, Title};
use shared::ticket::Outcome;
use std::collections::BTreeSet;

/// Kinds of trouble in the file at most.
const TROUBLES_MAX: usize = 200;

/// A customer, as far as a ticket of theirs needs it.
#[derive(Clone, Debug)]
pub(super) struct Who {
    pub(super) customer: CustomerId,
    pub(super) site: SiteId,
    pub(super) new: NewCustomer,
    pub(super) areas: BTreeSet<AreaId>,
    /// With which hours their plan promises somebody, for which products (none: all).
    pub(super) plan: Option<(EntitlementId, u32, Vec<Slug>)>,
}

impl Who {
    /// Whether a survey reaches them.
    pub(super) fn is_reachable(&self) -> bool {
        self.new.email.is_some() || self.new.notify_by == NotifyBy::Sms
    }
}

/// Something that goes wrong, in a customer's words, and how an expert ends it.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
    pub(super) make: Option<ShortLine>,
    pub(super) title: Title,
    pub(super) description: Description,
    pub(super) outcome: Outcome,
    pub(super) summary: Summary,
    pub(super) category_label: String,
    pub(super) symptom_label: Option<String>,
    pub(super) need: ImportedNeed,
}

/// Everything.
pub(super) struct Ground {
    pub(super) people: Vec<Who>,
    pub(super) troubles: Vec<Trouble>,
    pub(super) candidates: Vec<Candidate>,
    pub(super) bounds: Bounds,
    pub(super) links: Links,
}

impl Ground {
    /// From the files and the experts as they are kept.
    pub(super) fn new(
        seed: u64,
        (catalogue, plans, customers): (&Catalogue, &[Plan], &[ImportedCustomer]),
        candidates: Vec<Candidate>,
        (config, links): (&Config, Links),
    ) -> Self {
        let people = customers.iter().enumerate().map(|(at, one)| who(seed, at, one, catalogue, plans)).collect();
        let troubles = troubles(catalogue).expect("a test reads the demo's files");
        // As they begin: what they hold in this month is told, not read.
        let candidates = candidates.into_iter().map(|one| Candidate { visits: vec![], arrival: None, ..one }).collect();
        Self { people, troubles, candidates, bounds: Bounds::of(config), links }
    }
}

fn who(seed: u64, at: usize, imported: &ImportedCustomer, catalogue: &Catalogue, plans: &[Plan]) -> Who {
    let ids = people::ids(seed, at);
    let address = &imported.customer.site.address;
    let covers = |area: &&Area| {
        let of = |prefix: &crate::workforce::PostalPrefix| {
            prefix.country == address.country && address.postal_code.starts_with(&prefix.prefix)
        };
        area.postal.iter().any(of)
    };
    let plan = imported.plan.as_ref().and_then(|slug| plans.iter().find(|plan| plan.slug == *slug));
    Who {
        customer: ids.registered.customer,
        site: ids.registered.site,
        areas: catalogue.areas.iter().filter(covers).map(|area| area.id).collect(),
        plan: plan.map(|plan| (ids.entitlement, plan.promise_hours, plan.categories.clone())),
        new: imported.customer.clone(),
    }
}

/// What goes wrong, from its file, each with its row of the table of needs.
pub(super) fn troubles(catalogue: &Catalogue) -> Result<Vec<Trouble>, Vec<FieldError>> {
    let columns = ["category", "symptom", "make", "title", "description", "outcome", "summary"].map(Column::required);
    let sheet = Sheet::read(include_bytes!("../../../demo-data/troubles.csv"), &columns, TROUBLES_MAX)?;
    let mut faults = crate::faults::Faults::default();
    let mut troubles = Vec::new();
    for line in sheet.lines() {
        let cell = |column: &str| line.cell(column);
        let row = |symptom: &str| {
            catalogue.needs.iter().find(|one| {
                one.need.category.as_str() == cell("category")
                    && one.need.symptom.as_ref().map_or("", Slug::as_str) == symptom
            })
        };
        let (Some(category), Some(need)) = (row(""), row(cell("symptom"))) else {
            faults.add(&line.place("symptom"), "unknown", "there is no such row in the table of needs");
            continue;
        };
        let title = faults.keep(&line.place("title"), cell("title").parse());
        let description = faults.keep(&line.place("description"), cell("description").parse());
        let summary = faults.keep(&line.place("summary"), cell("summary").parse());
        let outcome = [Outcome::Fixed, Outcome::Workaround, Outcome::Replaced, Outcome::NoFault]
            .into_iter()
            .find(|outcome| outcome.word() == cell("outcome"));
        let (Some(title), Some(description), Some(summary), Some(outcome)) = (title, description, summary, outcome)
        else {
            continue;
        };
        troubles.push(Trouble {
            make: cell("make").parse().ok(),
            title,
            description,
            outcome,
            summary,
            category_label: category.label.to_string(),
            symptom_label: need.need.symptom.as_ref().map(|_| need.label.to_string()),
            need: need.clone(),
        });
    }
    if faults.is_empty() { Ok(troubles) } else { Err(faults.into_errors()) }
}
