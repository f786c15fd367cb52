//! Files of experts, customers and addresses brought in: all lines or the good ones, tried or kept. A try does everything and then
//! undoes it, so that it can say nothing else than the import itself.

mod sites;

use crate::audit;
use crate::customers::import::{self, ImportedCustomer};
use crate::customers::signup::{self, Registered};
use crate::db::{Lane, Tx};
use crate::http::{Answer, Site};
use crate::plans::{self, NewEntitlement, Plan};
use crate::sheet::{Lines, without_faulty};
use crate::workforce::api::import::{Brought, Ended, Item, bring_experts};
use serde_json::json;
use shared::event::Actor;
use shared::ids::EntitlementId;
use shared::problem::{FieldError, Problem};

/// What a file is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// Experts.
    Experts,
    /// Customers with their first address.
    Customers,
    /// More addresses of customers that are known.
    Sites,
}

impl Subject {
    /// The word in addresses.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Experts => "experts",
            Self::Customers => "customers",
            Self::Sites => "sites",
        }
    }

    /// What a word means.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        [Self::Experts, Self::Customers, Self::Sites].into_iter().find(|subject| subject.word() == word)
    }
}

/// Brings a file in.
pub(crate) async fn bring(
    site: &Site,
    actor: Actor,
    subject: Subject,
    bytes: &[u8],
    lines: Lines,
    is_try: bool,
) -> Answer<Brought> {
    match subject {
        Subject::Experts => bring_experts(site, actor, bytes, lines, is_try).await,
        Subject::Customers => bring_customers(site, actor, bytes, lines, is_try).await,
        Subject::Sites => sites::bring_sites(site, actor, bytes, lines, is_try).await,
    }
}

/// A customer with the ids that the rows will have, and the plan that is granted.
#[derive(Clone)]
struct New {
    line: u64,
    ids: Registered,
    customer: crate::customers::NewCustomer,
    plan: Option<(EntitlementId, Plan)>,
}

async fn bring_customers(site: &Site, actor: Actor, bytes: &[u8], lines: Lines, is_try: bool) -> Answer<Brought> {
    let (imported, mut faults) = import::customers_and_faults(bytes).map_err(Problem::fields)?;
    let sold = site.db.read(async |conn| plans::store::plans(conn).await).await?;
    let mut new = Vec::with_capacity(imported.len());
    for ImportedCustomer { line, customer, plan } in imported {
        let plan = match plan {
            None => None,
            Some(slug) => match sold.iter().find(|plan| plan.slug == slug && plan.active) {
                Some(plan) => Some((site.new_id(), plan.clone())),
                None => {
                    faults.push(FieldError {
                        field: format!("line {line}, column plan"),
                        code: "unknown".to_owned(),
                        message: format!("there is no plan {slug} on sale"),
                    });
                    continue;
                }
            },
        };
        let ids = Registered { customer: site.new_id(), site: site.new_id(), login: site.new_id() };
        new.push(New { line, ids, customer, plan });
    }
    let mut new = without_faulty(new, |one| one.line, &faults);
    loop {
        if !faults.is_empty() && (lines == Lines::All || new.is_empty()) {
            return Err(Problem::fields(crate::sheet::cut(faults)).into());
        }
        match keep(site, actor, new.clone(), is_try).await {
            Ok(()) | Err(Ended::Tried) => {
                let items = new.iter().map(|one| Item {
                    line: one.line,
                    id: one.ids.customer.to_string(),
                    name: one.customer.name.clone(),
                });
                return Ok(Brought { items: items.collect(), left_out: faults });
            }
            // Somebody signs in with such an address already: these lines are faulty too, and the rest is kept.
            Err(Ended::Taken(taken)) => {
                faults.extend(taken);
                new = without_faulty(new, |one| one.line, &faults);
            }
            Err(Ended::Undone(undone)) => return Err(undone.into()),
        }
    }
}

async fn keep(site: &Site, actor: Actor, new: Vec<New>, is_try: bool) -> Result<(), Ended> {
    let now = site.now();
    let kept = async move |tx: &mut Tx| {
        let mut taken = Vec::new();
        for one in &new {
            if let Err(handle) = signup::keep(tx, one.ids, &one.customer, None, now).await? {
                taken.push(FieldError {
                    field: format!("line {}, column {}", one.line, handle.field()),
                    code: "taken".to_owned(),
                    message: handle.to_string(),
                });
                continue;
            }
            if let Some((id, plan)) = &one.plan {
                let customer = one.ids.customer;
                let until_at = one.customer.zone.months_later(now, plan.period_months);
                let reason = "Imported from a file.".parse().ok();
                let grant = NewEntitlement {
                    id: *id,
                    customer,
                    plan: plan.id,
                    from_at: now,
                    until_at,
                    grace_until_at: None,
                    reason,
                };
                plans::store::grant(tx, grant, now).await?;
            }
        }
        if !taken.is_empty() {
            return Err(Ended::Taken(taken));
        }
        let names: Vec<_> =
            new.iter().map(|one| json!({ "id": one.ids.customer, "name": one.customer.name })).collect();
        let after = json!({ "customers": names });
        audit::record(tx, actor, "customers.import", "customers", None, Some(after), now).await?;
        if is_try { Err(Ended::Tried) } else { Ok::<(), Ended>(()) }
    };
    site.db.write(Lane::Bulk, kept).await
}
