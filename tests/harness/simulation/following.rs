//! A ticket as its history alone tells it.

use super::reading::{LineRow, TicketRow};
use serde_json::Value;
use shared::time::Timestamp;
use std::collections::BTreeSet;

/// A visit by its numbers, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "the unit belongs to the name")]
pub(super) struct Visit {
    pub(super) start_ms: i64,
    travel_ms: i64,
    work_ms: i64,
}

/// Where a ticket is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum At {
    Waiting,
    Offered { expert: String, offer: String, expires_at: i64, visit: Visit },
    Accepted { expert: String, visit: Visit },
    EnRoute { expert: String, visit: Visit },
    OnSite { expert: String, visit: Visit, since: i64 },
    OnHold,
    Completed,
    Cancelled,
}

/// A ticket that is followed.
#[derive(Debug)]
pub(super) struct Followed {
    pub(super) customer: String,
    pub(super) category: String,
    pub(super) urgent: bool,
    pub(super) at: At,
    /// Where it was before this instant.
    pub(super) was: At,
    /// Since when the search of the moment runs, in milliseconds.
    pub(super) waits_since: i64,
    pub(super) covered: bool,
    pub(super) declined_by: BTreeSet<String>,
    /// From whom the office took it to send somebody else.
    pub(super) replaced: BTreeSet<String>,
    /// Who was taken off last, and when in milliseconds; and by which offer of the same deed he made way.
    taken_off: Option<(String, i64)>,
    made_way: Option<(String, String)>,
    pub(super) lapsed_with: BTreeSet<String>,
    /// Its expert said that he comes later, or a person was asked because it no longer fits.
    pub(super) bent: bool,
    /// The last offer of it.
    pub(super) offer: String,
    /// When the customer's expert comes by now, what they heard last, and how often it moved.
    expects: Option<(i64, i64, u32)>,
    /// When the customer lets somebody in, as from and until; none means at any time.
    windows: Vec<(i64, i64)>,
    /// Lines of this instant of which the customer must hear, and the time that they say.
    pub(super) later_due: Vec<(i64, i64)>,
    pub(super) n_lines: i64,
}

impl Visit {
    pub(super) fn read(value: &Value) -> Option<Self> {
        let minutes = |of: &str| value[of].as_i64().map(|minutes| minutes * 60_000);
        let start_ms = value["start_at"].as_str()?.parse::<Timestamp>().ok()?.as_millis();
        Some(Self { start_ms, travel_ms: minutes("travel_minutes")?, work_ms: minutes("work_minutes")? })
    }

    pub(super) fn leave_ms(self) -> i64 {
        self.start_ms - self.travel_ms
    }

    pub(super) fn end_ms(self) -> i64 {
        self.start_ms + self.work_ms
    }
}

impl At {
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Offered { .. } => "offered",
            Self::Accepted { .. } => "accepted",
            Self::EnRoute { .. } => "en_route",
            Self::OnSite { .. } => "on_site",
            Self::OnHold => "on_hold",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }

    pub(super) fn holder(&self) -> Option<&String> {
        match self {
            Self::Offered { expert, .. }
            | Self::Accepted { expert, .. }
            | Self::EnRoute { expert, .. }
            | Self::OnSite { expert, .. } => Some(expert),
            Self::Waiting | Self::OnHold | Self::Completed | Self::Cancelled => None,
        }
    }

    pub(super) fn is_ended(&self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled)
    }

    pub(super) fn is_started(&self) -> bool {
        matches!(self, Self::EnRoute { .. } | Self::OnSite { .. })
    }

    /// A visit that is offered or promised and has not begun.
    pub(super) fn planned(&self) -> Option<(&String, Visit)> {
        match self {
            Self::Offered { expert, visit, .. } | Self::Accepted { expert, visit } => Some((expert, *visit)),
            Self::Waiting
            | Self::EnRoute { .. }
            | Self::OnSite { .. }
            | Self::OnHold
            | Self::Completed
            | Self::Cancelled => None,
        }
    }

    /// Whether the same expert arrived here after he had arrived there.
    pub(super) fn supersedes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::OnSite { expert, since, .. }, Self::OnSite { expert: his, since: before, .. }) => {
                expert == his && before < since
            }
            (_, _) => false,
        }
    }

    /// The time that somebody's visit takes, as it can still happen: who has not left has the whole way before him, and who
    /// is there may be done any moment.
    pub(super) fn taken(&self, now: i64) -> Option<(&String, Visit)> {
        match self {
            Self::OnSite { expert, visit, since } => {
                Some((expert, Visit { start_ms: *since, work_ms: visit.work_ms.max(now - since), ..*visit }))
            }
            Self::EnRoute { expert, visit } => Some((expert, Visit { start_ms: visit.start_ms.max(now), ..*visit })),
            Self::Offered { expert, visit, .. } | Self::Accepted { expert, visit } => {
                Some((expert, Visit { start_ms: visit.start_ms.max(now + visit.travel_ms), ..*visit }))
            }
            Self::Waiting | Self::OnHold | Self::Completed | Self::Cancelled => None,
        }
    }
}

impl Followed {
    pub(super) fn new(row: &TicketRow) -> Self {
        Self {
            customer: row.customer.clone(),
            category: row.category.clone(),
            urgent: row.urgent,
            at: At::Waiting,
            was: At::Waiting,
            waits_since: 0,
            covered: false,
            declined_by: BTreeSet::new(),
            replaced: BTreeSet::new(),
            taken_off: None,
            made_way: None,
            lapsed_with: BTreeSet::new(),
            bent: false,
            offer: String::new(),
            expects: None,
            windows: Vec::new(),
            later_due: Vec::new(),
            n_lines: 0,
        }
    }

    /// Whether the customer lets somebody in then.
    pub(super) fn lets_in(&self, start_ms: i64) -> bool {
        self.windows.is_empty() || self.windows.iter().any(|(from, until)| (*from..*until).contains(&start_ms))
    }

    /// What a line says about being late.
    fn notes_lateness(&mut self, line: &LineRow, visit: Option<Visit>) {
        match (line.kind.as_str(), visit) {
            ("offered", _) => (self.bent, self.expects) = (false, None),
            ("accepted", Some(visit)) => {
                (self.bent, self.expects) = (false, Some((visit.start_ms, visit.start_ms, 0)));
            }
            ("late" | "moved", Some(visit)) => {
                // His word is not held against the rules; what the server makes of it is.
                self.bent |= line.kind == "late" && matches!(self.at, At::Accepted { .. });
                self.moves_to(line.seq, visit.start_ms);
            }
            ("needs_human", _) if line.facts["reason"] == "running_late" => self.bent = true,
            (_, _) => {}
        }
    }

    /// Whether the customer must hear of a move to this time: of the first one, and then past twenty minutes.
    fn moves_to(&mut self, seq: i64, start_ms: i64) {
        let Some((known, told, n_moves)) = self.expects else { return };
        let is_news = start_ms != known && (n_moves == 0 || (start_ms - told).abs() > 20 * 60_000);
        self.expects = Some(if is_news { (start_ms, start_ms, n_moves + 1) } else { (start_ms, told, n_moves) });
        if is_news {
            self.later_due.push((seq, start_ms));
        }
    }

    /// Goes on by one line. An error is a line that cannot follow on what was before.
    pub(super) fn take(&mut self, line: &LineRow, now: Timestamp) -> Result<(), String> {
        self.n_lines = line.seq;
        let text = |of: &str| line.facts[of].as_str().unwrap_or_default().to_owned();
        let expert = text("expert");
        let visit = Visit::read(&line.facts["visit"]);
        self.notes_lateness(line, visit);
        let next = match (line.kind.as_str(), &self.at) {
            ("received", At::Waiting) => {
                self.covered = line.facts["covered"] == true;
                At::Waiting
            }
            ("plan_found", At::Waiting) => {
                self.covered = true;
                At::Waiting
            }
            ("offered", At::Waiting) => {
                let expires_at = text("expires_at").parse::<Timestamp>().map_err(|why| why.to_string())?;
                let visit = visit.ok_or("was offered without a visit")?;
                self.is_asked(&expert, line, now);
                At::Offered { expert, offer: text("offer"), expires_at: expires_at.as_millis(), visit }
            }
            ("accepted", At::Waiting | At::Offered { .. }) => {
                At::Accepted { expert, visit: visit.ok_or("was accepted without a visit")? }
            }
            ("declined", at) if at.holder() == Some(&expert) && !matches!(at, At::OnSite { .. }) => {
                self.declined_by.insert(expert);
                At::Waiting
            }
            ("lapsed", At::Offered { expert: asked, expires_at, .. }) if *asked == expert => {
                if now.as_millis() < *expires_at {
                    return Err("lapsed before its time".into());
                }
                self.lapsed_with.insert(expert);
                At::Waiting
            }
            ("released", At::Accepted { .. } | At::EnRoute { .. }) if text("why") == "staff" => {
                self.is_replaced(expert, now)
            }
            ("withdrawn", At::Offered { .. }) if text("why") == "staff" => self.is_taken_back(),
            ("withdrawn", At::Offered { .. }) | ("released", At::Accepted { .. } | At::EnRoute { .. }) => At::Waiting,
            ("departed", At::Accepted { visit, .. }) => At::EnRoute { expert, visit: *visit },
            ("arrived", At::EnRoute { visit, .. }) => At::OnSite { expert, visit: *visit, since: now.as_millis() },
            ("late", At::Accepted { .. }) | ("moved", At::Accepted { .. }) => {
                At::Accepted { expert, visit: visit.ok_or("was moved to no time")? }
            }
            ("late", At::EnRoute { .. }) => At::EnRoute { expert, visit: visit.ok_or("was moved to no time")? },
            ("late", At::OnSite { since, .. }) => {
                At::OnSite { expert, visit: visit.ok_or("takes no time")?, since: *since }
            }
            ("rescheduled", at) if !at.is_ended() && !at.is_started() => {
                self.windows = windows(&line.facts["windows"]).ok_or("names no windows")?;
                self.at.clone()
            }
            ("corrected", At::Offered { expert, offer, expires_at, visit: was }) => At::Offered {
                expert: expert.clone(),
                offer: offer.clone(),
                expires_at: *expires_at,
                visit: visit.unwrap_or(*was),
            },
            ("corrected", At::Accepted { expert, visit: was }) => {
                At::Accepted { expert: expert.clone(), visit: visit.unwrap_or(*was) }
            }
            ("corrected", at) if !at.is_ended() => self.at.clone(),
            ("completed", At::OnSite { .. }) => At::Completed,
            ("cannot_fix", at) if at.holder() == Some(&expert) => At::Waiting,
            ("held", at) if !at.is_ended() => At::OnHold,
            ("resumed", At::OnHold) => At::Waiting,
            ("solved_without_visit", at) if !at.is_ended() => At::Completed,
            ("cancelled", at) if !at.is_ended() => At::Cancelled,
            ("waits_for_shift", At::Waiting) => At::Waiting,
            ("reminded", At::Accepted { .. }) => self.at.clone(),
            (
                "needs_human" | "need_corrected" | "settled" | "escalated" | "site_pinned" | "confirmed" | "note_added"
                | "work_recorded",
                _,
            ) => self.at.clone(),
            // What somebody adds to the business is for the checker to learn, not to guess.
            (kind, at) => return Err(format!("has a line {kind} that cannot follow on {at:?}")),
        };
        self.goes_to(next, &line.kind, now);
        Ok(())
    }

    /// An offer. One that a person made is newer than their word that its expert was to be replaced.
    fn is_asked(&mut self, expert: &str, line: &LineRow, now: Timestamp) {
        line.facts["offer"].as_str().unwrap_or_default().clone_into(&mut self.offer);
        if line.facts["decision"].is_null() {
            self.replaced.remove(expert);
            let with_this = self.taken_off.take_if(|(_, at)| *at == now.as_millis());
            self.made_way = with_this.map(|(who, _)| (who, self.offer.clone()));
        }
    }

    fn is_replaced(&mut self, expert: String, now: Timestamp) -> At {
        self.taken_off = Some((expert.clone(), now.as_millis()));
        self.replaced.insert(expert);
        At::Waiting
    }

    /// Who thinks again about an offer takes back that somebody had to make way for it.
    fn is_taken_back(&mut self) -> At {
        let of_this = self.made_way.take_if(|(_, offer)| *offer == self.offer);
        if let Some((expert, _)) = of_this {
            self.replaced.remove(&expert);
        }
        At::Waiting
    }

    fn goes_to(&mut self, next: At, line: &str, now: Timestamp) {
        // Some lines begin the search anew although nothing else changes.
        let anew = ["received", "plan_found", "rescheduled", "corrected", "need_corrected", "settled", "resumed"];
        if next == At::Waiting && (self.at != At::Waiting || anew.contains(&line)) {
            self.waits_since = now.as_millis();
        }
        self.at = next;
    }
}

fn windows(value: &Value) -> Option<Vec<(i64, i64)>> {
    let at = |value: &Value| Some(value.as_str()?.parse::<Timestamp>().ok()?.as_millis());
    value.as_array()?.iter().map(|one| Some((at(&one["from"])?, at(&one["until"])?))).collect()
}
