//! What a ticket asks of an expert, as far as matching must know it. Filled by whoever reads tickets, customers and
//! plans; it holds no names and no addresses, so a stored decision keeps none.

use super::calendar::Period;
use serde::{Deserialize, Serialize};
use shared::ids::{AreaId, CustomerId, ExpertId, SiteId, TicketId};
use shared::place::Place;
use shared::skills::Skills;
use shared::ticket::First;
use shared::time::{Timestamp, Zone};
use std::collections::BTreeSet;

/// What one open ticket needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// Which ticket.
    pub ticket: TicketId,
    /// Whose.
    pub customer: CustomerId,
    /// At which site: its open tickets go to one expert in one way, where somebody can do them.
    #[serde(default)]
    pub site: Option<SiteId>,
    /// Every one of these is needed, at least at its level.
    pub skills: Skills,
    /// How long the work takes.
    pub work_minutes: u32,
    /// Where.
    pub place: Place,
    /// The zone of the site, in which its times are told.
    pub zone: Zone,
    /// The service areas that cover the site; an expert must serve one of them.
    pub areas: BTreeSet<AreaId>,
    /// When the ticket came in.
    pub filed_at: Timestamp,
    /// By when somebody should be there.
    pub due_at: Timestamp,
    /// How much it matters that it is served at all.
    pub priority: Priority,
    /// The visit starts inside one of these; none means at any time. A date before which nothing is to happen is a
    /// window from there on.
    pub windows: Vec<Period>,
    /// The customer's plan was active or in grace when the ticket was filed.
    pub plan_valid: bool,
    /// Who declined this ticket; never asked again.
    pub declined_by: BTreeSet<ExpertId>,
    /// From whom one of us took this ticket to send somebody else; asked again only by a person.
    #[serde(default)]
    pub replaced: BTreeSet<ExpertId>,
    /// Who let an offer of this ticket run out: asked again only when nobody else can come.
    #[serde(default)]
    pub lapsed_with: BTreeSet<ExpertId>,
    /// Who must not visit this customer.
    pub blocked: BTreeSet<ExpertId>,
    /// The customer's language, like `en`.
    pub language: String,
    /// Who was there before, for a second visit or a follow-up.
    pub earlier_expert: Option<ExpertId>,
    /// After a hold: who is asked before anybody else.
    #[serde(default)]
    pub first: Option<First>,
    /// Who has an open offer of this ticket now; kept unless somebody else is better by more than the bound.
    pub offered_to: Option<ExpertId>,
}

/// How much it matters that a ticket is served. Set by plan and agents, never by the customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// As the plan promises.
    Normal,
    /// Ahead in the queue: a follow-up, or an agent's word.
    High,
    /// Danger or great harm.
    Urgent,
}
