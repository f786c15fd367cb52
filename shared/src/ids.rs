//! Typed ids. A ticket's id cannot stand where an expert's belongs; outside they are plain `UUIDv7` text.

use crate::chance::Chance;
use crate::time::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;
use uuid::Uuid;

/// The id of one `Of`.
pub struct Id<Of> {
    uuid: Uuid,
    of: PhantomData<fn() -> Of>,
}

/// Text that is not an id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not an id: ids look like 0199a3f0-7c1e-7d2a-8b11-5f6e7a8b9c0d")]
pub struct NotAnId;

impl<Of> Id<Of> {
    /// A new id: `UUIDv7`, so that ids made later sort later. Time and chance come from the caller.
    pub fn new(now: Timestamp, chance: &dyn Chance) -> Self {
        let mut random = [0; 10];
        chance.fill(&mut random);
        let millis = u64::try_from(now.as_millis()).unwrap_or(0);
        Self::from_uuid(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// The id that this UUID names.
    pub fn from_uuid(uuid: Uuid) -> Self {
        Self { uuid, of: PhantomData }
    }

    /// The UUID inside.
    pub fn uuid(self) -> Uuid {
        self.uuid
    }
}

impl<Of> Clone for Id<Of> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<Of> Copy for Id<Of> {}
impl<Of> PartialEq for Id<Of> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}
impl<Of> Eq for Id<Of> {}
impl<Of> PartialOrd for Id<Of> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<Of> Ord for Id<Of> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.uuid.cmp(&other.uuid)
    }
}
impl<Of> Hash for Id<Of> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}
impl<Of> fmt::Debug for Id<Of> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl<Of> fmt::Display for Id<Of> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uuid.hyphenated().fmt(f)
    }
}
impl<Of> FromStr for Id<Of> {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        // Only the one spelling: an id is also a key in tables and must have a single text form.
        let uuid = Uuid::try_parse(text).map_err(|_| NotAnId)?;
        if uuid.hyphenated().to_string() == text { Ok(Self::from_uuid(uuid)) } else { Err(NotAnId) }
    }
}
impl<Of> Serialize for Id<Of> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de, Of> Deserialize<'de> for Id<Of> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What ids can be of. Never built: they only tell ids apart.
pub mod of {
    /// One trouble a customer reported.
    pub enum Ticket {}
    /// A person who visits.
    pub enum Expert {}
    /// Call-centre staff or an admin.
    pub enum Staff {}
    /// Who asks.
    pub enum Customer {}
    /// Where.
    pub enum Site {}
    /// What an expert can do.
    pub enum Skill {}
    /// A service area.
    pub enum Area {}
    /// A shift of an expert.
    pub enum Shift {}
    /// An absence of an expert.
    pub enum Absence {}
    /// An invitation of one ticket to one expert.
    pub enum Offer {}
    /// One installation of the app.
    pub enum Device {}
    /// One intent of a phone (`mid` in sync.md).
    pub enum Mutation {}
    /// A note on a ticket.
    pub enum Note {}
    /// A photo on a ticket.
    pub enum Photo {}
    /// A sold plan.
    pub enum Plan {}
    /// What one customer bought.
    pub enum Entitlement {}
    /// A row of background work.
    pub enum Job {}
    /// A line of a ticket's history.
    pub enum Event {}
    /// A stored choice of expert.
    pub enum Decision {}
    /// One round of matching.
    pub enum Batch {}
    /// A message to someone.
    pub enum Notice {}
    /// One attempt at a notice.
    pub enum Delivery {}
    /// A survey.
    pub enum Survey {}
    /// Something that signs in.
    pub enum Login {}
    /// What we know about a trouble.
    pub enum Article {}
    /// The price of one period of an entitlement.
    pub enum Charge {}
    /// A visit to the card provider's page.
    pub enum Checkout {}
    /// Money given back.
    pub enum Refund {}
}

/// Id of a ticket.
pub type TicketId = Id<of::Ticket>;
/// Id of an expert.
pub type ExpertId = Id<of::Expert>;
/// Id of an agent or admin.
pub type StaffId = Id<of::Staff>;
/// Id of a customer.
pub type CustomerId = Id<of::Customer>;
/// Id of a site.
pub type SiteId = Id<of::Site>;
/// Id of a skill.
pub type SkillId = Id<of::Skill>;
/// Id of a service area.
pub type AreaId = Id<of::Area>;
/// Id of a shift.
pub type ShiftId = Id<of::Shift>;
/// Id of an absence.
pub type AbsenceId = Id<of::Absence>;
/// Id of an offer.
pub type OfferId = Id<of::Offer>;
/// Id of a device.
pub type DeviceId = Id<of::Device>;
/// Id of a mutation, made once on the phone and never changed.
pub type MutationId = Id<of::Mutation>;
/// Id of a note.
pub type NoteId = Id<of::Note>;
/// Id of a photo.
pub type PhotoId = Id<of::Photo>;
/// Id of a plan.
pub type PlanId = Id<of::Plan>;
/// Id of an entitlement.
pub type EntitlementId = Id<of::Entitlement>;
/// Id of a job.
pub type JobId = Id<of::Job>;
/// Id of an event.
pub type EventId = Id<of::Event>;
/// Id of a decision.
pub type DecisionId = Id<of::Decision>;
/// Id of a round of matching.
pub type BatchId = Id<of::Batch>;
/// Id of a notice.
pub type NoticeId = Id<of::Notice>;
/// Id of a delivery.
pub type DeliveryId = Id<of::Delivery>;
/// Id of a survey.
pub type SurveyId = Id<of::Survey>;
/// Id of an article.
pub type ArticleId = Id<of::Article>;
/// Id of a charge.
pub type ChargeId = Id<of::Charge>;
/// Id of a visit to the card provider's page.
pub type CheckoutId = Id<of::Checkout>;
/// Id of a refund.
pub type RefundId = Id<of::Refund>;
/// Id of a login.
pub type LoginId = Id<of::Login>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Seeded;

    #[test]
    fn ids_made_later_sort_later_and_survive_text() {
        let chance = Seeded::new(1);
        let early = TicketId::new(Timestamp::from_millis(1_000), &chance);
        let late = TicketId::new(Timestamp::from_millis(2_000), &chance);
        assert!(early < late && early.to_string() < late.to_string());
        assert_eq!(late.to_string().parse(), Ok(late));
    }

    #[test]
    fn an_id_has_one_spelling() {
        let id = TicketId::new(Timestamp::from_millis(1_000), &Seeded::new(1)).to_string();
        for other in [id.to_uppercase(), id.replace('-', ""), format!("{{{id}}}"), String::new()] {
            assert_eq!(other.parse::<TicketId>(), Err(NotAnId), "{other}");
        }
    }
}
