//! Plans and money in a customer's words. Pure.

use crate::billing::attempt::Attempt;
use crate::billing::{Charge, ChargeState, Failure, Renewal, RenewalState};
use crate::plans::{Entitlement, EntitlementState, Plan};
use shared::ids::{ChargeId, PlanId};
use shared::time::Timestamp;

pub(super) fn period(months: u32) -> String {
    match months {
        1 => "a month".to_owned(),
        12 => "a year".to_owned(),
        months if months % 12 == 0 => format!("{} years", months / 12),
        months => format!("{months} months"),
    }
}

pub(super) fn sites(n: u32) -> String {
    if n == 1 { "one address".to_owned() } else { format!("up to {n} addresses") }
}

pub(super) fn days(n: u32) -> String {
    if n == 1 { "one day".to_owned() } else { format!("{n} days") }
}

/// What just happened, by the word in the address.
pub(super) fn news(word: &str) -> Option<&'static str> {
    match word {
        "bought" => {
            Some("Thank you. Your plan is paid and covers you. Tickets that waited for it go on by themselves.")
        }
        "card" => Some("Your new card is kept. Later payments are charged to it."),
        "paid" => Some("Thank you. Your payment went through."),
        "left" => Some("Nothing was paid. You can try again at any time."),
        "waiting" => {
            Some("Your payment is being confirmed, which takes a few seconds. Please look at this page again.")
        }
        "ended" => Some("Your plan runs until its paid period ends, and nothing is charged after it."),
        "kept" => Some("Your plan goes on. It is charged when the paid period ends."),
        _ => None,
    }
}

/// What a customer can do about a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Can {
    /// End it.
    End,
    /// Take that back.
    Keep,
    /// Nothing.
    Nothing,
}

/// A payment that did not go through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unpaid {
    pub(super) charge: ChargeId,
    pub(super) price: String,
    pub(super) why: String,
    pub(super) until: String,
    /// The next try by itself, where there is one.
    pub(super) next: Option<String>,
    /// The bank waits for a confirmation.
    pub(super) confirms: bool,
}

/// A plan that a customer has or had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mine {
    pub(super) entitlement: String,
    pub(super) name: String,
    pub(super) state: &'static str,
    pub(super) is_over: bool,
    pub(super) sentence: String,
    pub(super) can: Can,
    pub(super) unpaid: Option<Unpaid>,
}

impl Mine {
    pub(super) fn can_end(&self) -> bool {
        self.can == Can::End
    }

    pub(super) fn can_keep(&self) -> bool {
        self.can == Can::Keep
    }
}

fn name_of(plans: &[Plan], id: PlanId) -> String {
    plans.iter().find(|plan| plan.id == id).map_or_else(|| "Plan".to_owned(), |plan| plan.name.to_string())
}

pub(super) fn mine(
    entitlements: &[Entitlement],
    renewals: &[Renewal],
    charges: &[Charge],
    plans: &[Plan],
    open: &[(ChargeId, Option<Attempt>)],
    now: Timestamp,
    day: &impl Fn(Timestamp) -> String,
) -> Vec<Mine> {
    let one = |entitlement: &Entitlement| {
        let renewal = renewals.iter().find(|one| one.entitlement == entitlement.id);
        let next = charges.iter().find(|one| one.entitlement == entitlement.id && !one.state.is_ended());
        let price = next
            .map(|one| one.price)
            .or_else(|| plans.iter().find(|plan| plan.id == entitlement.plan).map(|plan| plan.price));
        let price = price.map(|price| price.to_string()).unwrap_or_default();
        let until = day(entitlement.until_at);
        let unpaid = next.and_then(|charge| unpaid(charge, open, day));
        let is_running = matches!(entitlement.state, EntitlementState::Active | EntitlementState::Grace);
        let (state, sentence, can) = match renewal.map(|renewal| renewal.state).filter(|_| is_running) {
            Some(RenewalState::On) if unpaid.is_some() => ("Payment open", String::new(), Can::End),
            Some(RenewalState::On) if now < entitlement.from_at => (
                "Begins soon",
                format!("It covers from {} until {until} and then renews for {price}.", day(entitlement.from_at)),
                Can::End,
            ),
            Some(RenewalState::On) => {
                ("Active", format!("It is paid until {until} and then renews for {price}."), Can::End)
            }
            Some(RenewalState::Ends) if now < entitlement.until_at => {
                ("Ends", format!("It covers until {until}. Nothing is charged after that."), Can::Keep)
            }
            Some(RenewalState::Ends | RenewalState::Over) => ("Ended", format!("It ended on {until}."), Can::Nothing),
            None if is_running && now < entitlement.until_at => {
                ("Active", format!("It covers you until {until}. You pay nothing for it."), Can::Nothing)
            }
            None => ("Ended", format!("It ended on {until}."), Can::Nothing),
        };
        Mine {
            entitlement: entitlement.id.to_string(),
            name: name_of(plans, entitlement.plan),
            state,
            is_over: state == "Ended",
            sentence,
            can,
            unpaid,
        }
    };
    entitlements.iter().map(one).collect()
}

fn unpaid(charge: &Charge, open: &[(ChargeId, Option<Attempt>)], day: &impl Fn(Timestamp) -> String) -> Option<Unpaid> {
    let ChargeState::Open { next_at, gives_up_at, failure, .. } = charge.state else { return None };
    let last = open.iter().find(|(id, _)| *id == charge.id).and_then(|(_, last)| last.as_ref());
    let under_way = last.is_some_and(|last| !last.state.is_ended());
    Some(Unpaid {
        charge: charge.id,
        price: charge.price.to_string(),
        why: failure.words().to_owned(),
        until: day(gives_up_at),
        next: (next_at < gives_up_at && !under_way).then(|| day(next_at)),
        confirms: failure == Failure::Confirm,
    })
}

/// A charge in the history, or on its receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) id: ChargeId,
    pub(super) plan: String,
    pub(super) price: String,
    pub(super) state: &'static str,
    pub(super) is_good: bool,
    pub(super) when: String,
    pub(super) from: String,
    pub(super) until: String,
    pub(super) receipt: String,
    pub(super) card: Option<String>,
}

pub(super) fn charge_line(charge: &Charge, plans: &[Plan], day: &impl Fn(Timestamp) -> String) -> Line {
    let (state, at) = match charge.state {
        ChargeState::Scheduled => ("To come", charge.due_at),
        ChargeState::Open { first_at, .. } => ("Not paid yet", first_at),
        ChargeState::Paid { at } => ("Paid", at),
        ChargeState::GivenUp { at, .. } => ("Not paid", at),
        ChargeState::Missed { at } => ("Not charged", at),
        ChargeState::Cancelled { at } => ("Called off", at),
    };
    Line {
        id: charge.id,
        plan: name_of(plans, charge.plan),
        price: charge.price.to_string(),
        state,
        is_good: state == "Paid",
        when: day(at),
        from: day(charge.from_at),
        until: day(charge.until_at),
        receipt: charge.receipt(),
        card: charge.card.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_said_as_people_say_them() {
        assert_eq!([period(1), period(12), period(24), period(6)], ["a month", "a year", "2 years", "6 months"]);
        assert_eq!([sites(1), sites(3), days(1), days(14)], ["one address", "up to 3 addresses", "one day", "14 days"]);
        assert!(news("bought").is_some() && news("<script>").is_none());
    }
}
