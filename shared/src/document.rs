//! What a phone keeps of a ticket and of its expert: whole documents, so that everything needed in a cellar is there.
//! Fields are only ever added, with a default: a phone must read what older servers wrote, and the other way round.

use crate::article::Solved;
use crate::blob::Sha;
use crate::ids::{ExpertId, NoteId, OfferId, PhotoId, TicketId};
use crate::number::TicketNumber;
use crate::place::Place;
use crate::text::Slug;
use crate::ticket::{Outcome, Phase, VisitPlan};
use crate::time::{Timestamp, Zone};
use serde::{Deserialize, Serialize};

/// A ticket as its holder's phone keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketDoc {
    /// Which.
    pub id: TicketId,
    /// What people call it.
    pub number: TicketNumber,
    /// Grows by one with each change.
    pub ver: i64,
    /// How far the visit is.
    pub phase: Phase,
    /// The open offer, while there is one.
    #[serde(default)]
    pub offer: Option<OfferDoc>,
    /// The visit; none once the ticket was called off.
    #[serde(default)]
    pub visit: Option<VisitPlan>,
    /// What is wrong, in one line.
    pub title: String,
    /// What is wrong, at length.
    #[serde(default)]
    pub description: String,
    /// What is broken.
    pub product: ProductDoc,
    /// Plan or agent made it urgent.
    #[serde(default)]
    pub urgent: bool,
    /// Where.
    pub site: SiteDoc,
    /// Whom to ring.
    pub contact: ContactDoc,
    /// Why this expert, in a sentence or two.
    #[serde(default)]
    pub why_you: Option<String>,
    /// What people wrote, oldest first.
    #[serde(default)]
    pub notes: Vec<NoteDoc>,
    /// Photos, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub photos: Vec<PhotoDoc>,
    /// How it ended.
    #[serde(default)]
    pub end: Option<EndDoc>,
    /// The visit that was to end this trouble: then this ticket is its follow-up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<EarlierDoc>,
    /// How the last tickets like it were solved, by anybody, without anybody's data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub solved: Vec<Solved>,
    /// Another expert reports that it is done: nobody drives there until the office has looked.
    #[serde(default)]
    pub stopped: bool,
}

/// What was done before, in a follow-up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlierDoc {
    /// The ticket that is followed.
    pub number: TicketNumber,
    /// How it had ended.
    pub end: EndDoc,
    /// This expert was there himself.
    #[serde(default)]
    pub by_you: bool,
}

/// An open offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferDoc {
    /// Which.
    pub id: OfferId,
    /// From this instant on it has lapsed, by the server's business clock.
    pub expires_at: Timestamp,
}

/// What is broken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductDoc {
    /// The category's label.
    pub category: String,
    /// The symptom's label, if the customer chose one.
    #[serde(default)]
    pub symptom: Option<String>,
    /// The maker.
    #[serde(default)]
    pub make: Option<String>,
    /// The model.
    #[serde(default)]
    pub model: Option<String>,
    /// The category's word, for looking things up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category_slug: Option<Slug>,
    /// The symptom's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symptom_slug: Option<Slug>,
}

/// Where the product is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteDoc {
    /// The address as the customer wrote it, line by line: navigation opens this.
    pub address: Vec<String>,
    /// The zone in which times of the visit are shown.
    pub zone: Zone,
    /// Middle of the postal code, or the corrected pin. For lists and distances, not for navigation.
    #[serde(default)]
    pub place: Option<Place>,
    /// An expert at the door said that it is exactly there.
    #[serde(default)]
    pub pinned: bool,
    /// How to get in.
    #[serde(default)]
    pub access_note: Option<String>,
    /// The address was corrected since the expert last looked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub corrected: bool,
}

/// Whom the expert rings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactDoc {
    /// Name.
    pub name: String,
    /// Phone in E.164.
    #[serde(default)]
    pub phone: Option<String>,
}

/// A note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteDoc {
    /// Made once by its author.
    pub id: NoteId,
    /// Who wrote it.
    pub author: String,
    /// When the server got it; when it was written, while only the phone has it.
    pub at: Timestamp,
    /// What it says.
    pub text: String,
}

/// A photo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhotoDoc {
    /// Made once by its author.
    pub id: PhotoId,
    /// The hash of the bytes that were sent: by it the phone finds what it has, and asks for what it has not.
    pub sha: Sha,
    /// Who took it.
    pub author: String,
    /// When the server heard of it; when it was taken, while only the phone has it.
    pub at: Timestamp,
    /// What it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// Its bytes have come to the server.
    #[serde(default)]
    pub here: bool,
}

/// How a ticket ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndDoc {
    /// When.
    pub at: Timestamp,
    /// How; nothing when it was called off.
    #[serde(default)]
    pub outcome: Option<Outcome>,
    /// What was done.
    #[serde(default)]
    pub summary: Option<String>,
}

/// The expert himself, as his phone keeps him.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpertDoc {
    /// Who.
    pub id: ExpertId,
    /// Grows by one with each change.
    pub ver: i64,
    /// Name.
    pub name: String,
    /// On duty now.
    pub on_duty: bool,
    /// The zone of his shifts.
    pub zone: Zone,
    /// Shifts in words, like `Mon 08:00-16:00`.
    #[serde(default)]
    pub shifts: Vec<String>,
    /// When he is away, the last first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub away: Vec<AwayDoc>,
}

/// A time in which an expert is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwayDoc {
    /// The first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub until: Timestamp,
}

impl ExpertDoc {
    /// Until when he is away, if he is now.
    pub fn away_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.away.iter().filter(|away| away.from <= now && now < away.until).map(|away| away.until).max()
    }
}
