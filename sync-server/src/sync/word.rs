//! The desk acts for an expert on his word: he rings, and a person of ours records what he did. It takes the same way as
//! a tap on his phone, with the person as the one who did it; his phone's own report joins it later.
//!
//! What cannot be done is refused with the reason, and nothing is kept of it: the person is there to be asked. Repeating
//! a call with the same id gives the first answer.

use super::fold::{Parts, Verdict};
use super::hand::{Acting, Hand};
use super::store::{self, Answer, MutationRow};
use crate::accounts::staff;
use crate::audit;
use crate::db::{Database, Error, Lane, Tx};
use crate::dispatch::Bounds;
use crate::workforce;
use serde_json::json;
use shared::event::Actor;
use shared::ids::{DeviceId, ExpertId, MutationId, StaffId, TicketId};
use shared::intent::{Intent, VERSION};
use shared::sync::{MadeAt, Mutation, MutationResult, Unused};
use shared::time::Timestamp;

/// What the audit calls it.
const ACT: &str = "expert.act";

/// What an expert said, and to whom.
#[derive(Clone, Debug)]
pub struct Said {
    /// Made once by the caller, so that a repeat is the same act.
    pub mid: MutationId,
    /// Who said it.
    pub expert: ExpertId,
    /// About which ticket.
    pub ticket: Option<TicketId>,
    /// What.
    pub intent: Intent,
    /// Who of ours recorded it; none where he wrote it himself.
    pub staff: Option<StaffId>,
    /// Who did it.
    pub actor: Actor,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It was done.
    Done {
        /// The ticket's version from then on.
        ver: Option<i64>,
    },
    /// It was so already: a second click, or his phone was first.
    Already,
}

/// Why it was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotDone {
    /// The database.
    #[error(transparent)]
    Database(#[from] Error),
    /// No such expert.
    #[error("There is no such expert.")]
    NoExpert,
    /// Only his phone can say it.
    #[error("Only the expert's own phone can report this.")]
    OnlyHisPhone,
    /// It names no ticket.
    #[error("Say which ticket it is about.")]
    NoTicket,
    /// It does not fit where the ticket is.
    #[error("{}", sentence(*.0))]
    Unusable(Unused),
    /// It cannot be used as it is.
    #[error("It cannot be recorded: {0}.")]
    Rejected(String),
}

fn sentence(why: Unused) -> &'static str {
    match why {
        Unused::Reassigned => "This ticket is not with this expert now. Offer it to them first.",
        Unused::Lapsed => "This expert's offer has run out and cannot be given again. Offer it to them first.",
        Unused::Cancelled => "This ticket was called off.",
        Unused::UnknownTicket => "There is no such ticket.",
        Unused::IllegalTransition => "This is not possible where the ticket is now.",
        Unused::Rule => "A rule stands against it.",
    }
}

/// Whether a person can record this for an expert. What needs his eyes, his hands or his place is his phone's.
pub fn can_be_said(intent: &Intent) -> bool {
    match intent {
        Intent::OfferAccept {}
        | Intent::OfferDecline { .. }
        | Intent::TicketDepart {}
        | Intent::TicketArrive {}
        | Intent::TicketLate { .. }
        | Intent::TicketComplete { .. }
        | Intent::TicketCannotFix { .. }
        | Intent::DutySet { .. }
        | Intent::ExpertSick { .. } => true,
        Intent::OfferSeen { .. }
        | Intent::TicketSeen { .. }
        | Intent::SitePin(_)
        | Intent::NoteAdd { .. }
        | Intent::PhotoAdd { .. }
        | Intent::ArticleDraft { .. }
        | Intent::ArticleHelped { .. } => false,
    }
}

/// Records what an expert said.
pub async fn record(db: &Database, bounds: &Bounds, said: Said) -> Result<Heard, NotDone> {
    if !can_be_said(&said.intent) {
        return Err(NotDone::OnlyHisPhone);
    }
    if said.intent.needs_ticket() && said.ticket.is_none() {
        return Err(NotDone::NoTicket);
    }
    let (bounds, now) = (bounds.clone(), db.clock().business_now());
    db.write(Lane::Desk, async move |tx| take(tx, &bounds, &said, now).await).await
}

/// Records what an expert answered by SMS, in the caller's transaction: it is his own word, as a tap on his phone would be.
/// That the same message does it once is the caller's.
pub async fn by_sms(
    tx: &mut Tx,
    bounds: &Bounds,
    expert: ExpertId,
    ticket: TicketId,
    intent: Intent,
    now: Timestamp,
) -> Result<Heard, NotDone> {
    let said =
        Said { mid: tx.new_id(), expert, ticket: Some(ticket), intent, actor: Actor::Expert(expert), staff: None };
    take(tx, bounds, &said, now).await
}

async fn take(tx: &mut Tx, bounds: &Bounds, said: &Said, now: Timestamp) -> Result<Heard, NotDone> {
    let Some(expert) = workforce::lock(tx, said.expert).await? else { return Err(NotDone::NoExpert) };
    let key = store::key(&said.mid.to_string());
    if !store::answers(tx, said.expert, std::slice::from_ref(&key)).await?.is_empty() {
        return Ok(Heard::Already);
    }
    let name = match said.staff {
        Some(staff) => {
            let by = staff::store::get(tx, staff).await?.map(|one| one.fields.name.to_string());
            format!("{} for {}", by.unwrap_or_else(|| "The desk".to_owned()), expert.name)
        }
        None => expert.name.to_string(),
    };
    let acting = Acting { actor: said.actor, name, now };
    let parts = Parts { mid: said.mid, ticket: said.ticket, intent: said.intent.clone() };
    let mut hand = Hand::open(tx, bounds, &acting, expert, &[&parts]).await?;
    let verdict = hand.apply(tx, &parts, now).await?;
    let heard = match &verdict.result {
        MutationResult::Applied => Heard::Done { ver: verdict.ver },
        MutationResult::Noop => return Ok(Heard::Already),
        MutationResult::Recorded(why) => return Err(NotDone::Unusable(*why)),
        MutationResult::Rejected(why) => return Err(NotDone::Rejected(why.clone())),
    };
    hand.book.save(tx).await?;
    keep(tx, said, verdict, now).await?;
    Ok(heard)
}

/// Keeps it beside what phones sent, under no device, so that a repeat is known.
async fn keep(tx: &mut Tx, said: &Said, verdict: Verdict, now: Timestamp) -> Result<(), Error> {
    let real_now = tx.real_now();
    let Verdict { result, ticket, ver, late } = verdict;
    let mutation = Mutation {
        n: 0,
        mid: said.mid.to_string(),
        v: VERSION,
        kind: said.intent.kind().to_owned(),
        ticket: said.ticket.map(|id| id.to_string()),
        t: MadeAt { wall: real_now, mono_ms: 0, boot: String::new() },
        args: said.intent.args(),
    };
    let after = json!({ "kind": mutation.kind, "ticket": mutation.ticket, "args": mutation.args });
    let row = MutationRow { key: store::key(&mutation.mid), mutation, answer: Answer { result, ticket, ver, late } };
    let no_device = DeviceId::from_uuid(uuid::Uuid::nil());
    store::insert(tx, said.expert, no_device, 0, &[row], real_now).await?;
    audit::record(tx, said.actor, ACT, &format!("expert:{}", said.expert), None, Some(after), now).await
}
