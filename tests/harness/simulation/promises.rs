//! Who must hear of what: each promise is told, each change once, nobody is told what has passed, nobody is woken.

use super::checker::People;
use super::following::{At, Followed, Visit};
use super::reading::{LineRow, NoticeRow, Reading};
use shared::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use sync_server::customers::NotifyBy;

/// Minutes of the day between which customers may be told what can wait.
const AWAKE: std::ops::Range<u16> = 8 * 60..21 * 60;

/// What was told so far.
#[derive(Default)]
pub(super) struct Told {
    /// Ticket, kind, person and what it is about.
    said: BTreeSet<(String, String, String, String)>,
}

/// A telling that must have happened.
struct Due {
    kind: &'static str,
    person: String,
    about: String,
}

impl Told {
    /// What the notices of this instant do wrong.
    pub(super) fn look(
        &mut self,
        reading: &Reading,
        tickets: &BTreeMap<String, Followed>,
        people: &People<'_>,
        now: Timestamp,
    ) -> Vec<String> {
        let mut faults = Vec::new();
        let made = || reading.notices.iter().filter(|row| row.created_at == now.as_millis());
        for row in made() {
            let about = about(&row.kind, &row.matter, now);
            self.said.insert((row.ticket.clone(), row.kind.clone(), row.person.clone(), about));
        }
        let mut n_causes: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for line in &reading.lines {
            for kind in kinds(&line.kind) {
                *n_causes.entry((&line.ticket, kind)).or_default() += 1;
            }
            let Some(ticket) = tickets.get(&line.ticket) else { continue };
            for due in due(line, ticket, people, now) {
                if due.person == STAFF {
                    // Whoever was found in the same instant has answered the question.
                    let asks = reading.tickets.iter().find(|row| row.id == line.ticket);
                    let asks = asks.and_then(|row| row.needs_human.as_deref());
                    if asks != line.facts["reason"].as_str() {
                        continue;
                    }
                    let told = made().any(|row| row.ticket == line.ticket && row.kind == due.kind);
                    if !told {
                        faults.push(format!("ticket {}: nobody of ours was told {}", line.ticket, due.kind));
                    }
                    continue;
                }
                let key = (line.ticket.clone(), due.kind.to_owned(), due.person.clone(), due.about);
                // Tickets of one site that go in one way are offered with one notice; a customer here has one site.
                let with_another = due.kind == "offer"
                    && made().any(|row| {
                        let of_customer = |other: &Followed| other.customer == ticket.customer;
                        row.kind == "offer"
                            && row.person == due.person
                            && tickets.get(&row.ticket).is_some_and(of_customer)
                    });
                if !self.said.contains(&key) && !with_another {
                    faults.push(format!("ticket {}: {} was not told {}", line.ticket, due.person, due.kind));
                }
            }
        }
        let mut n_told: BTreeMap<(&str, &str, &str, &str), usize> = BTreeMap::new();
        for row in made() {
            *n_told.entry((&row.ticket, &row.kind, &row.person, &row.channel)).or_default() += 1;
        }
        for ((ticket, kind, person, channel), n) in n_told {
            // Reminders of the survey, danger and what a survey brings have no line of their own.
            if ["survey_again", "danger", "not_working", "unheard"].contains(&kind) {
                continue;
            }
            let causes = n_causes.get(&(ticket, kind)).copied().unwrap_or_default();
            if n > causes {
                faults.push(format!("ticket {ticket}: {person} was told {kind} {n} times by {channel} for {causes}"));
            }
        }
        // When somebody of ours rings is theirs to choose.
        let left =
            |row: &&NoticeRow| row.state == "sent" && row.channel != "call" && row.ended_at == Some(now.as_millis());
        for row in reading.notices.iter().filter(left) {
            if let Some(ticket) = tickets.get(&row.ticket) {
                faults.extend(out_of_place(row, ticket, people, now));
            }
        }
        faults
    }
}

const STAFF: &str = "staff";

/// The kinds of notice that a line may cause.
fn kinds(line: &str) -> &'static [&'static str] {
    match line {
        "accepted" => &["accepted"],
        "departed" => &["departed"],
        "offered" => &["offer"],
        "withdrawn" | "solved_without_visit" => &["lost"],
        "cancelled" => &["lost", "closed"],
        "released" => &["lost", "looking_again"],
        "declined" => &["looking_again"],
        "held" => &["held"],
        "late" | "moved" => &["later"],
        "reminded" => &["reminder"],
        // Of work that somebody else reports done; most of these lines are about something else.
        "needs_human" => &["stopped"],
        "settled" => &["go_on"],
        "escalated" => &["escalated"],
        "completed" => &["survey"],
        _ => &[],
    }
}

/// Whom a line must be told to, if what it says still holds at the end of its instant.
fn due(line: &LineRow, ticket: &Followed, people: &People<'_>, now: Timestamp) -> Vec<Due> {
    if line.skipped {
        return Vec::new();
    }
    let expert = line.facts["expert"].as_str().unwrap_or_default().to_owned();
    let customer = || ticket.customer.clone();
    let one = |kind, person, about| vec![Due { kind, person, about }];
    match (line.kind.as_str(), &ticket.at) {
        ("offered", At::Offered { offer, .. }) if line.facts["offer"] == offer.as_str() => {
            one("offer", expert, offer.clone())
        }
        ("accepted", At::Accepted { expert: his, visit })
            if *his == expert && Visit::read(&line.facts["visit"]) == Some(*visit) =>
        {
            one("accepted", customer(), format!("{expert} {}", visit.start_ms))
        }
        ("departed", At::EnRoute { expert: his, .. }) if *his == expert => {
            one("departed", customer(), format!("{expert} {}", now.as_millis()))
        }
        ("reminded", At::Accepted { expert: his, .. }) if *his == expert => {
            one("reminder", expert, now.as_millis().to_string())
        }
        ("late" | "moved", At::Accepted { expert: his, visit } | At::EnRoute { expert: his, visit })
            if *his == expert && ticket.later_due.contains(&(line.seq, visit.start_ms)) =>
        {
            one("later", customer(), format!("{expert} {}", visit.start_ms))
        }
        ("withdrawn" | "released" | "declined", at) if at.holder() != Some(&expert) => {
            let is_lost = line.kind != "declined";
            let lost = is_lost.then(|| Due { kind: "lost", person: expert, about: now.as_millis().to_string() });
            // The customer knew who was to come. What was promised in this very instant they may not know of.
            let promised = match &ticket.was {
                At::Accepted { visit, .. } | At::EnRoute { visit, .. } => Some(visit.start_ms.to_string()),
                At::Waiting | At::Offered { .. } | At::OnSite { .. } | At::OnHold | At::Completed | At::Cancelled => {
                    None
                }
            };
            let is_open = matches!(at, At::Waiting | At::Offered { .. });
            let looking = promised.filter(|_| is_open);
            let looking = looking.map(|about| Due { kind: "looking_again", person: customer(), about });
            lost.into_iter().chain(looking).collect()
        }
        ("cancelled" | "solved_without_visit", _) => {
            let released = line.facts["released"].as_str();
            let lost =
                released.map(|his| Due { kind: "lost", person: his.to_owned(), about: now.as_millis().to_string() });
            // Who cancelled it knows; whom the office or the want of a plan cost it does not.
            let by_us = ["no_plan", "staff"].iter().any(|why| line.facts["why"] == *why);
            let closed = by_us.then(|| Due { kind: "closed", person: customer(), about: String::new() });
            lost.into_iter().chain(closed).collect()
        }
        // What they asked for themselves is no news to them.
        ("held", At::OnHold) if line.facts["why"] != "customer" => {
            one("held", customer(), about("held", &line.facts, now))
        }
        ("completed", At::Completed) => match people.customer(&ticket.customer) {
            Some(who) if who.has_email || who.notify_by != NotifyBy::Call => one("survey", customer(), String::new()),
            Some(_) | None => Vec::new(),
        },
        ("escalated", at) if !at.is_ended() => one("escalated", STAFF.to_owned(), String::new()),
        _ => Vec::new(),
    }
}

/// What sets one telling of a kind apart from another.
fn about(kind: &str, matter: &serde_json::Value, now: Timestamp) -> String {
    let text = |of: &str| matter[of].as_str().unwrap_or_default().to_owned();
    match kind {
        "offer" => text("offer"),
        "accepted" => {
            let start = Visit::read(&matter["visit"]).map(|visit| visit.start_ms).unwrap_or_default();
            format!("{} {start}", text("expert"))
        }
        "later" => {
            let start = matter["start_at"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
            format!("{} {}", text("expert"), start.map(Timestamp::as_millis).unwrap_or_default())
        }
        "held" => format!("{} {}", text("why"), text("until")),
        "looking_again" => {
            let start = matter["start_at"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
            start.map(|at| at.as_millis().to_string()).unwrap_or_default()
        }
        "departed" | "reminder" | "lost" => {
            let at = now.as_millis();
            if kind == "departed" { format!("{} {at}", text("expert")) } else { at.to_string() }
        }
        _ => String::new(),
    }
}

/// A message that left too late, or at night.
fn out_of_place(row: &NoticeRow, ticket: &Followed, people: &People<'_>, now: Timestamp) -> Vec<String> {
    let mut faults = Vec::new();
    let by_his = |at: &At| at.holder().is_some_and(|holder| row.matter["expert"] == holder.as_str());
    let holds = |at: &At| match row.kind.as_str() {
        "accepted" => matches!(at, At::Accepted { .. }) && by_his(at),
        "departed" => matches!(at, At::EnRoute { .. }) && by_his(at),
        "later" => matches!(at, At::Accepted { .. } | At::EnRoute { .. }) && by_his(at),
        "offer" => matches!(at, At::Offered { offer, .. } if row.matter["offer"] == offer.as_str()),
        _ => true,
    };
    // What changed in this very instant may have changed after the message had left.
    if !holds(&ticket.at) && !holds(&ticket.was) {
        faults.push(format!("ticket {}: {} left although the ticket is {}", row.ticket, row.kind, ticket.at.word()));
    }
    let Some(customer) = people.customer(&ticket.customer).filter(|_| row.audience == "customer") else {
        return faults;
    };
    let minute = customer.zone.local(now).minute;
    let can_wait = match row.kind.as_str() {
        "survey" | "survey_again" | "held" | "closed" => true,
        // Whoever comes before the morning is over must be told of now.
        "accepted" if !ticket.urgent => {
            let until_morning = i64::from((AWAKE.start + 1_440 - minute) % 1_440);
            let start = Visit::read(&row.matter["visit"]).map(|visit| visit.start_ms).unwrap_or_default();
            // The night on which the clocks change is an hour longer or shorter.
            start >= now.plus_minutes(until_morning + 2 * 60).as_millis()
        }
        _ => false,
    };
    if can_wait && !AWAKE.contains(&minute) {
        faults.push(format!("ticket {}: {} left at minute {minute} of the customer's day", row.ticket, row.kind));
    }
    faults
}
