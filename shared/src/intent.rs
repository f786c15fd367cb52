//! What an expert wants, as his phone writes it down: the mutations of api.md. An intent says what was done, never
//! what a row should become; the server decides what it means by then.

use crate::article::Text;
use crate::blob::Sha;
use crate::ids::{ArticleId, NoteId, OfferId, PhotoId};
use crate::offer::DeclineReason;
use crate::place::Place;
use crate::text::{NoteText, ShortLine, Slug, Summary};
use crate::ticket::{Act, CannotFix, Outcome};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version in which this release writes every intent.
pub const VERSION: u32 = 1;

/// Turns what one version wrote into what the next one would have written: kind and arguments. What it does not concern
/// it gives back as it is.
pub type Upcast = fn(kind: &str, args: Value) -> (String, Value);

/// One for each released version but the present one: the first turns version 1 into 2. Append-only, because an outbox
/// may be older than any release that we still think of; [`VERSION`] is one more than there are.
const UPCASTS: &[Upcast] = &[];

/// An expert's intent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "args")]
pub enum Intent {
    /// Says yes to the ticket's offer. Names no offer: a late yes means the ticket.
    #[serde(rename = "offer.accept")]
    OfferAccept {},
    /// The offer was on the screen.
    #[serde(rename = "offer.seen")]
    OfferSeen {
        /// Which.
        offer: OfferId,
    },
    /// Says no, after acceptance too.
    #[serde(rename = "offer.decline")]
    OfferDecline {
        /// Why.
        reason: DeclineReason,
        /// Which skills it would need.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        skills: Vec<Slug>,
    },
    /// The ticket in this version was on the screen.
    #[serde(rename = "ticket.seen")]
    TicketSeen {
        /// The version.
        ver: i64,
    },
    /// Leaves.
    #[serde(rename = "ticket.depart")]
    TicketDepart {},
    /// Is there.
    #[serde(rename = "ticket.arrive")]
    TicketArrive {},
    /// Finished.
    #[serde(rename = "ticket.complete")]
    TicketComplete {
        /// How it ended.
        outcome: Outcome,
        /// What was done.
        summary: Summary,
    },
    /// Is late: a visit that has not begun takes place so much later, one that has takes so much longer. Adds up.
    #[serde(rename = "ticket.late")]
    TicketLate {
        /// By how much more than was said before.
        minutes: LateMinutes,
    },
    /// Could not finish.
    #[serde(rename = "ticket.cannot_fix")]
    TicketCannotFix {
        /// What was in the way.
        why: CannotFix,
        /// Which skills it would need.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        skills: Vec<Slug>,
        /// Which part is missing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        part: Option<Summary>,
        /// Until when it may take.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
        /// Before a closed door or at a wrong address: whether the site's contact was rung.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        called: Option<bool>,
    },
    /// Stands at the site: this is where it really is.
    #[serde(rename = "site.pin")]
    SitePin(Place),
    /// Writes a note.
    #[serde(rename = "note.add")]
    NoteAdd {
        /// Its id, made once on the phone.
        note: NoteId,
        /// What it says.
        text: NoteText,
    },
    /// Takes a photo. Its bytes travel beside the mutations, so that a slow picture holds up nothing.
    #[serde(rename = "photo.add")]
    PhotoAdd {
        /// Its id, made once on the phone.
        photo: PhotoId,
        /// The hash of its bytes.
        sha: Sha,
        /// What it shows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        caption: Option<ShortLine>,
        /// Where it was taken, if he says so on purpose: what the camera wrote is never kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<Place>,
    },
    /// Goes on or off duty.
    #[serde(rename = "duty.set")]
    DutySet {
        /// On.
        on: bool,
    },
    /// Is ill, from now on.
    #[serde(rename = "expert.sick")]
    ExpertSick {
        /// Until when.
        until: Timestamp,
    },
    /// Writes an article, or its next version. With a ticket, it began from that.
    #[serde(rename = "article.draft")]
    ArticleDraft {
        /// Its id, made once on the phone.
        article: ArticleId,
        /// What it says.
        text: Box<Text>,
    },
    /// Says whether an article fixed the ticket. A ticket says so once.
    #[serde(rename = "article.helped")]
    ArticleHelped {
        /// Which.
        article: ArticleId,
        /// It did.
        fixed: bool,
    },
}

/// By how much somebody says to be late: 1 to 480 minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct LateMinutes(u32);

impl LateMinutes {
    /// The most that one tap can say.
    pub const MAX: u32 = 480;

    /// The minutes.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for LateMinutes {
    type Error = String;

    fn try_from(minutes: u32) -> Result<Self, String> {
        if (1..=Self::MAX).contains(&minutes) {
            Ok(Self(minutes))
        } else {
            Err(format!("being late is said in 1 to {} minutes", Self::MAX))
        }
    }
}

impl From<LateMinutes> for u32 {
    fn from(minutes: LateMinutes) -> Self {
        minutes.0
    }
}

/// Why an intent cannot be read. It is kept as a dead letter, never dropped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadIntent {
    /// Written by a newer app.
    #[error("version {0} of intents is not known here")]
    Version(u32),
    /// Not one of ours, or not filled in rightly.
    #[error("this intent cannot be read: {0}")]
    Shape(String),
}

impl Intent {
    /// Reads what a phone wrote, in any version that was ever released.
    pub fn parse(kind: &str, version: u32, args: &Value) -> Result<Self, BadIntent> {
        Self::parse_by(UPCASTS, kind, version, args)
    }

    /// The same with these steps from version to version.
    fn parse_by(upcasts: &[Upcast], kind: &str, version: u32, args: &Value) -> Result<Self, BadIntent> {
        let written = usize::try_from(version).ok().and_then(|version| version.checked_sub(1));
        let steps = written.and_then(|first| upcasts.get(first..)).ok_or(BadIntent::Version(version))?;
        let (kind, args) =
            steps.iter().fold((kind.to_owned(), args.clone()), |(kind, args), upcast| upcast(&kind, args));
        let whole = serde_json::json!({ "kind": kind, "args": args });
        serde_json::from_value(whole).map_err(|error| BadIntent::Shape(error.to_string()))
    }

    /// The kind, as written in a mutation.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::OfferAccept {} => "offer.accept",
            Self::OfferSeen { .. } => "offer.seen",
            Self::OfferDecline { .. } => "offer.decline",
            Self::TicketSeen { .. } => "ticket.seen",
            Self::TicketDepart {} => "ticket.depart",
            Self::TicketArrive {} => "ticket.arrive",
            Self::TicketComplete { .. } => "ticket.complete",
            Self::TicketLate { .. } => "ticket.late",
            Self::TicketCannotFix { .. } => "ticket.cannot_fix",
            Self::SitePin(_) => "site.pin",
            Self::NoteAdd { .. } => "note.add",
            Self::PhotoAdd { .. } => "photo.add",
            Self::DutySet { .. } => "duty.set",
            Self::ExpertSick { .. } => "expert.sick",
            Self::ArticleDraft { .. } => "article.draft",
            Self::ArticleHelped { .. } => "article.helped",
        }
    }

    /// The arguments, as written in a mutation.
    pub fn args(&self) -> Value {
        let whole = serde_json::to_value(self).expect("an intent has only text keys");
        whole.get("args").cloned().unwrap_or_default()
    }

    /// What it does to the visit; nothing for pins, notes, photos, receipts, articles, duty and illness.
    pub fn act(&self) -> Option<Act> {
        match self {
            Self::OfferAccept {} => Some(Act::Accept),
            Self::OfferDecline { .. } => Some(Act::Decline),
            Self::TicketDepart {} => Some(Act::Depart),
            Self::TicketArrive {} => Some(Act::Arrive),
            Self::TicketComplete { .. } => Some(Act::Complete),
            Self::TicketCannotFix { .. } => Some(Act::CannotFix),
            Self::OfferSeen { .. }
            | Self::TicketSeen { .. }
            | Self::TicketLate { .. }
            | Self::SitePin(_)
            | Self::NoteAdd { .. }
            | Self::PhotoAdd { .. }
            | Self::DutySet { .. }
            | Self::ExpertSick { .. }
            | Self::ArticleDraft { .. }
            | Self::ArticleHelped { .. } => None,
        }
    }

    /// Whether it only says that something was on the screen: it goes out like the rest, and is no work of his.
    pub fn is_receipt(&self) -> bool {
        matches!(self, Self::OfferSeen { .. } | Self::TicketSeen { .. })
    }

    /// Whether it is about one ticket.
    pub fn needs_ticket(&self) -> bool {
        !matches!(self, Self::DutySet { .. } | Self::ExpertSick { .. } | Self::ArticleDraft { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_intent_survives_the_wire() {
        let note = NoteId::new(Timestamp::EPOCH, &crate::chance::Seeded::new(1));
        let summary = |text: &str| text.parse().unwrap();
        let article = ArticleId::new(Timestamp::EPOCH, &crate::chance::Seeded::new(2));
        let text = json!({ "title": "No sound", "problem": "It is quiet.", "steps": "Turn it up.", "category": "tv" });
        let text: Text = serde_json::from_value(text).unwrap();
        let all = [
            Intent::OfferAccept {},
            Intent::OfferDecline { reason: DeclineReason::Skill, skills: vec!["tv".parse().unwrap()] },
            Intent::TicketSeen { ver: 3 },
            Intent::TicketDepart {},
            Intent::TicketLate { minutes: 15.try_into().unwrap() },
            Intent::TicketArrive {},
            Intent::TicketComplete { outcome: Outcome::Fixed, summary: summary("Changed the fuse.") },
            Intent::TicketCannotFix {
                why: CannotFix::Part,
                skills: vec![],
                part: Some(summary("T-con")),
                until: None,
                called: None,
            },
            Intent::SitePin(Place::from_e7(407_127_999, -740_060_001).unwrap()),
            Intent::NoteAdd { note, text: "Ring twice".parse().unwrap() },
            Intent::PhotoAdd {
                photo: PhotoId::from_uuid(note.uuid()),
                sha: Sha::of(b"a picture"),
                caption: "The plate".parse().ok(),
                place: None,
            },
            Intent::DutySet { on: false },
            Intent::ExpertSick { until: Timestamp::from_millis(1_772_460_000_000) },
            Intent::ArticleDraft { article, text: Box::new(text) },
            Intent::ArticleHelped { article, fixed: true },
        ];
        for intent in all {
            assert_eq!(Intent::parse(intent.kind(), VERSION, &intent.args()), Ok(intent));
        }
    }

    #[test]
    fn the_version_is_one_more_than_the_steps_that_lead_to_it() {
        assert_eq!(usize::try_from(VERSION).unwrap(), UPCASTS.len() + 1);
    }

    #[test]
    fn what_an_old_release_wrote_is_read_as_what_the_present_one_would_have_written() {
        // Made up: version 1 said a delay in quarters of an hour, version 2 had another word for leaving.
        let in_quarters: Upcast = |kind, args| match (kind, args.get("quarters").and_then(Value::as_u64)) {
            ("ticket.late", Some(quarters)) => (kind.to_owned(), json!({ "minutes": quarters * 15 })),
            _ => (kind.to_owned(), args),
        };
        let other_word: Upcast =
            |kind, args| (if kind == "ticket.leave" { "ticket.depart" } else { kind }.to_owned(), args);
        let parse = |kind, version, args| Intent::parse_by(&[in_quarters, other_word], kind, version, &args);
        let half_an_hour = Intent::TicketLate { minutes: 30.try_into().unwrap() };
        assert_eq!(parse("ticket.late", 1, json!({"quarters": 2})), Ok(half_an_hour.clone()), "two steps");
        assert_eq!(parse("ticket.late", 2, json!({"minutes": 30})), Ok(half_an_hour.clone()), "one");
        assert_eq!(parse("ticket.late", 3, json!({"minutes": 30})), Ok(half_an_hour), "none");
        for version in [1, 2] {
            assert_eq!(parse("ticket.leave", version, json!({})), Ok(Intent::TicketDepart {}), "{version}");
            assert_eq!(parse("ticket.arrive", version, json!({})), Ok(Intent::TicketArrive {}), "{version}");
        }
        assert!(matches!(parse("ticket.leave", 3, json!({})), Err(BadIntent::Shape(_))), "a word of the past");
        assert!(matches!(parse("ticket.late", 2, json!({"quarters": 2})), Err(BadIntent::Shape(_))));
        for version in [0, 4, u32::MAX] {
            assert_eq!(parse("ticket.depart", version, json!({})), Err(BadIntent::Version(version)));
        }
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let parse = |kind, version, args| Intent::parse(kind, version, &args);
        assert_eq!(parse("offer.accept", 9, json!({})), Err(BadIntent::Version(9)));
        for (kind, args) in [
            ("ticket.explode", json!({})),
            ("ticket.complete", json!({"outcome": "fixed"})),
            ("ticket.late", json!({"minutes": 481})),
        ] {
            assert!(matches!(parse(kind, 1, args), Err(BadIntent::Shape(_))), "{kind}");
        }
        assert!(parse("site.pin", 1, json!({"lat": 91.0, "lon": 0.0})).is_err());
        let nul = json!({"note": "0199a3f0-7c1e-7d2a-8b11-5f6e7a8b9c0d", "text": "a\u{0}b"});
        assert!(parse("note.add", 1, nul).is_err());
    }
}
