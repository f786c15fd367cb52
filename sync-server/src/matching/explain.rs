//! A decision in words for the desk: who won and why, and for every other expert what stood against them.

use super::candidate::Origin;
use super::decide::{Considered, Decision, Judged, Outcome, Settled, best_by_terms};
use super::judge::{Lacking, Rule};
use super::rank::Terms;
use super::slot::Fit;
use serde::Serialize;
use shared::ids::{ExpertId, SkillId, TicketId};
use shared::time::{Timestamp, Zone};
use std::collections::BTreeMap;

/// The names of what a decision knows by id. Whoever is missing here is named as no longer known.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Experts.
    pub experts: BTreeMap<ExpertId, String>,
    /// Skills.
    pub skills: BTreeMap<SkillId, String>,
    /// The numbers of tickets.
    pub tickets: BTreeMap<TicketId, String>,
}

/// A decision in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// What was decided and why, in a sentence or two.
    pub summary: String,
    /// One sentence for each expert, in the decision's order.
    pub experts: Vec<String>,
}

/// Says a decision in words.
pub fn explain(decision: &Decision, names: &Names) -> Explanation {
    Explanation {
        summary: summary(decision, names),
        experts: decision.considered.iter().map(|considered| sentence(decision, considered, names)).collect(),
    }
}

/// Those who could not be sent, by what stood against them: the reason that stood against most first. A decision about
/// hundreds of experts is read so.
pub fn stood_against(decision: &Decision, names: &Names) -> Vec<(String, Vec<String>)> {
    let mut by: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for considered in &decision.considered {
        if let Judged::Excluded { broken } = &considered.judged {
            let why = rules_in_words(broken, names, &considered.zone, decision.made_at).join("; ");
            by.entry(why).or_default().push(names.expert(considered.expert).to_owned());
        }
    }
    let mut by: Vec<(String, Vec<String>)> = by.into_iter().collect();
    for (_, names) in &mut by {
        names.sort_unstable();
    }
    by.sort_by(|one, other| (other.1.len(), &one.0).cmp(&(one.1.len(), &other.0)));
    by
}

/// Each broken rule in words, told at `now` by the clocks of `zone`.
pub fn rules_in_words(broken: &[Rule], names: &Names, zone: &Zone, now: Timestamp) -> Vec<String> {
    broken.iter().map(|rule| rule_in_words(rule, names, zone, now)).collect()
}

fn summary(decision: &Decision, names: &Names) -> String {
    let fits = |considered: &&Considered| matches!(considered.judged, Judged::Ranked { .. });
    let n_fit = decision.considered.iter().filter(fits).count();
    let of = format!("{n_fit} of {} experts could be sent", decision.considered.len());
    let winner = decision.winner.map(|winner| {
        let name = names.expert(winner.expert);
        let others: Vec<&str> = others_of(decision).map(|ticket| names.ticket(ticket)).collect();
        let there = clock(winner.fit.start_at, &decision.zone, decision.made_at);
        match others.as_slice() {
            [] => format!("{name} is asked, there at {there}"),
            others => format!("{name} is asked, there at {there}, in one way with {}", others.join(", ")),
        }
    });
    let chosen = decision.winner.map(|winner| winner.expert);
    let chosen_fits = best_by_terms(decision).is_some();
    let because = match decision.outcome {
        Outcome::Cheapest => "nobody else was better for this ticket".to_owned(),
        Outcome::CheapestElsewhere { expert, ticket, extra } => format!(
            "{} would have been better by {}, but goes to {}: {}",
            names.expert(expert),
            minutes(extra),
            names.ticket(ticket),
            match decision.settled {
                Settled::Optimum => "all tickets together are served better so",
                Settled::Greedy => "that ticket came first",
            }
        ),
        Outcome::NobodyFits => "nobody keeps every rule".to_owned(),
        Outcome::AllElsewhere => "everybody who could come goes to another ticket".to_owned(),
        Outcome::ByPerson => match best_by_terms(decision).filter(|best| Some(*best) != chosen) {
            Some(best) => format!("one of us chose; the server would have asked {}", names.expert(best)),
            None if chosen_fits => "one of us chose, as the server would have".to_owned(),
            None => "one of us chose; nobody keeps every rule".to_owned(),
        },
        Outcome::NotWorthIt => "by the weights, waiting costs less than anybody's visit".to_owned(),
    };
    let first = winner.unwrap_or_else(|| "Nobody is asked".to_owned());
    let how = match decision.settled {
        Settled::Optimum => "",
        Settled::Greedy => {
            " There was no time for the best choice of all tickets together: each took its best in turn."
        }
    };
    format!("{first}: {because} ({of}).{how}")
}

/// The other tickets of the site that go in one way with this one.
fn others_of(decision: &Decision) -> impl Iterator<Item = TicketId> {
    decision.together.iter().copied().filter(|ticket| *ticket != decision.ticket)
}

fn sentence(decision: &Decision, considered: &Considered, names: &Names) -> String {
    let name = names.expert(considered.expert);
    let now = decision.made_at;
    let said = match &considered.judged {
        Judged::Excluded { broken } => rules_in_words(broken, names, &considered.zone, now).join("; "),
        Judged::Ranked { fit, terms, with_others, total, given_to } => {
            let visit = visit_in_words(fit, decision, &considered.zone, names);
            let elsewhere = given_to.map_or_else(String::new, |ticket| format!("; goes to {}", names.ticket(ticket)));
            let others = match *with_others {
                0 => String::new(),
                cost => format!(", the others there {}", minutes(cost)),
            };
            format!("{visit}; counts {}: {}{others}{elsewhere}", minutes(*total), terms_in_words(terms))
        }
    };
    format!("{name}: {said}.")
}

fn visit_in_words(fit: &Fit, decision: &Decision, zone: &Zone, names: &Names) -> String {
    let now = decision.made_at;
    let from = match fit.origin {
        Origin::Phone { at } => format!("from where the phone was at {}", clock(at, zone, now)),
        Origin::Arrival { at } => format!("from the last arrival at {}", clock(at, zone, now)),
        Origin::Home => "from the home base".to_owned(),
        Origin::Visit { ticket } => format!("after the visit for {}", names.ticket(ticket)),
    };
    let there = clock(fit.start_at, &decision.zone, now);
    let until = clock(fit.free_until, zone, now);
    format!("{} away {from}, there at {there}, works until {until}", minutes(fit.travel_tenths))
}

fn terms_in_words(terms: &Terms) -> String {
    let Terms { travel, wait, late, load, surplus, language, same_expert, kept, lapsed } = *terms;
    let parts = [
        ("way", travel),
        ("waiting", wait),
        ("after the due time", late),
        ("visits already planned", load),
        ("more skilled than needed", surplus),
        ("does not speak the language", language),
        ("was there before", same_expert),
        ("has the open offer", kept),
        ("let an offer of this ticket run out", lapsed),
    ];
    let parts = parts.into_iter().filter(|(name, cost)| *cost != 0 || *name == "way");
    parts.map(|(name, cost)| format!("{name} {}", minutes(cost))).collect::<Vec<_>>().join(", ")
}

fn rule_in_words(rule: &Rule, names: &Names, zone: &Zone, now: Timestamp) -> String {
    let clock = |at| clock(at, zone, now);
    match rule {
        Rule::Deactivated => "no longer works here".to_owned(),
        Rule::NoPlan => "the customer's plan does not cover this ticket".to_owned(),
        Rule::LacksSkills { missing } => {
            let each = missing.iter().map(|lacking| lacking_in_words(lacking, names));
            format!("lacks {}", each.collect::<Vec<_>>().join(", "))
        }
        Rule::OutsideArea => "serves no area that covers the site".to_owned(),
        Rule::Declined => "declined this ticket before".to_owned(),
        Rule::Replaced => "had this ticket, and one of us sends somebody else".to_owned(),
        Rule::Blocked => "must not visit this customer".to_owned(),
        Rule::OffDuty => "is off duty".to_owned(),
        Rule::OutsideShift { next_at: Some(at) } => format!("is not in a shift or on call now, next at {}", clock(*at)),
        Rule::OutsideShift { next_at: None } => "is not in a shift or on call now, nor in the next days".to_owned(),
        Rule::Absent { until } => format!("is away until {}", clock(*until)),
        Rule::ShiftTooShort { needed_minutes, longest_minutes } => {
            format!("way and work take {needed_minutes} min, the longest shift left is {longest_minutes} min")
        }
        Rule::NotWhenCustomerCan => "does not work when the customer can be visited".to_owned(),
        Rule::AwayThen => "an absence takes the time".to_owned(),
        Rule::NotTogether { with } => {
            let tickets: Vec<&str> = with.iter().map(|ticket| names.ticket(*ticket)).collect();
            format!("could come, but not in one way with the others there ({})", tickets.join(", "))
        }
        Rule::AskedFirst { expert, until } => {
            format!("{} knows the trouble and is asked first, until {}", names.expert(*expert), clock(*until))
        }
        Rule::Booked { by } => {
            let tickets = by.iter().map(|ticket| names.ticket(*ticket));
            format!("other visits take the time ({})", tickets.collect::<Vec<_>>().join(", "))
        }
    }
}

fn lacking_in_words(lacking: &Lacking, names: &Names) -> String {
    let skill = names.skills.get(&lacking.skill).map_or("a skill no longer known", String::as_str);
    let needed = lacking.needed.get();
    match lacking.known {
        None => format!("skill {skill}"),
        Some(known) => format!("skill {skill} at level {needed} (has level {})", known.get()),
    }
}

impl Names {
    fn expert(&self, expert: ExpertId) -> &str {
        self.experts.get(&expert).map_or("An expert no longer known", String::as_str)
    }

    fn ticket(&self, ticket: TicketId) -> &str {
        self.tickets.get(&ticket).map_or("another ticket", String::as_str)
    }
}

/// Tenths of a minute as minutes: `12 min`, `-30 min`, `0.5 min`.
fn minutes(tenths: i64) -> String {
    let sign = if tenths < 0 { "-" } else { "" };
    let (whole, tenth) = (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10);
    if tenth == 0 { format!("{sign}{whole} min") } else { format!("{sign}{whole}.{tenth} min") }
}

/// The time by the wall clock, with the day when it is not today's.
fn clock(at: Timestamp, zone: &Zone, now: Timestamp) -> String {
    let today = zone.local(at).date == zone.local(now).date;
    zone.show(at, if today { "%H:%M" } else { "%a %d %b %H:%M" })
}
