//! Files of experts, customers and addresses brought in: all lines or the good ones, looked at or kept. A look only reads; it
//! judges the lines by the same functions as the import itself, so that the two cannot disagree.

mod sites;

use crate::accounts::store as accounts;
use crate::audit;
use crate::customers::import::{self, ImportedCustomer};
use crate::customers::signup::{self, Registered};
use crate::db::{Conn, Error, Lane, Tx};
use crate::http::{Answer, Refused, Site};
use crate::plans::{self, NewEntitlement, Plan};
use crate::sheet::{Lines, without_faulty};
use crate::workforce::api::import::{Brought, Ended, Item, Purpose, bring_experts, fault};
use serde_json::json;
use shared::event::Actor;
use shared::ids::EntitlementId;
use shared::problem::{FieldError, Problem, ProblemCode};

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
    purpose: &Purpose,
) -> Answer<Brought> {
    match subject {
        Subject::Experts => bring_experts(site, actor, bytes, lines, purpose).await,
        Subject::Customers => bring_customers(site, actor, bytes, lines, purpose).await,
        Subject::Sites => sites::bring_sites(site, actor, bytes, lines, purpose).await,
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

async fn bring_customers(site: &Site, actor: Actor, bytes: &[u8], lines: Lines, purpose: &Purpose) -> Answer<Brought> {
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
        match settle(site, actor, new.clone(), purpose).await {
            Ok(()) => {
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

/// What is wrong with lines that are right by themselves: somebody signs in with their address. A phone may be a family's.
async fn taken(conn: &mut Conn, new: &[New]) -> Result<Vec<FieldError>, Error> {
    let emails: Vec<_> = new.iter().filter_map(|one| one.customer.email.as_ref()).collect();
    let in_use = accounts::in_use(conn, &emails, &[]).await?;
    let judged = new.iter().filter_map(|one| {
        let handle = in_use.taken(one.customer.email.as_ref(), None)?;
        Some(fault(one.line, handle))
    });
    Ok(judged.collect())
}

async fn keep(site: &Site, actor: Actor, new: Vec<New>, purpose: Purpose) -> Result<(), Ended> {
    let now = site.now();
    let kept = async move |tx: &mut Tx| {
        purpose.claim(tx, new.len()).await?;
        let judged = taken(tx, &new).await?;
        if !judged.is_empty() {
            return Err(Ended::Taken(judged));
        }
        // Whoever was registered since is told apart by the table itself.
        let mut since = Vec::new();
        for one in &new {
            if let Err(handle) = signup::keep(tx, one.ids, &one.customer, None, now).await? {
                since.push(fault(one.line, handle));
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
        if !since.is_empty() {
            return Err(Ended::Taken(since));
        }
        let names: Vec<_> =
            new.iter().map(|one| json!({ "id": one.ids.customer, "name": one.customer.name })).collect();
        let after = json!({ "customers": names });
        audit::record(tx, actor, "customers.import", "customers", None, Some(after), now).await?;
        Ok::<(), Ended>(())
    };
    site.db.write(Lane::Bulk, kept).await
}
