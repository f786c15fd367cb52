//! What becomes of one mutation: the intent read, the move made in the book, the answer. No SQL.

use crate::tickets::{Book, NewNote, NewPhoto};
use shared::article::Text;
use shared::event::{Actor, Fact};
use shared::ids::{ArticleId, ExpertId, MutationId, NoteId, PhotoId, SkillId, TicketId};
use shared::intent::Intent;
use shared::offer::DeclineReason;
use shared::place::Place;
use shared::sync::{Mutation, MutationResult, Unused};
use shared::text::{NoteText, Slug};
use shared::ticket::{Act, CannotFix, HumanReason, Move, Phase, Refusal, State, WithdrawReason};
use shared::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// A mutation as it was read.
#[derive(Clone, Debug)]
pub(super) struct Read {
    pub(super) mutation: Mutation,
    /// Its parts, or why it cannot be used.
    pub(super) parts: Result<Parts, String>,
}

/// The parts of a usable mutation.
#[derive(Clone, Debug)]
pub(super) struct Parts {
    pub(super) mid: MutationId,
    pub(super) ticket: Option<TicketId>,
    pub(super) intent: Intent,
}

/// What became of a mutation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) result: MutationResult,
    pub(super) ticket: Option<TicketId>,
    pub(super) ver: Option<i64>,
    pub(super) late: bool,
}

impl Verdict {
    pub(super) fn plain(result: MutationResult) -> Self {
        Self { result, ticket: None, ver: None, late: false }
    }

    pub(super) fn recorded(why: Unused) -> Self {
        Self::plain(MutationResult::Recorded(why))
    }

    pub(super) fn rejected(why: impl Into<String>) -> Self {
        Self::plain(MutationResult::Rejected(why.into()))
    }
}

/// Reads a mutation's parts, one by one.
pub(super) fn read(mutation: Mutation) -> Read {
    let parts = parts(&mutation);
    Read { mutation, parts }
}

fn parts(mutation: &Mutation) -> Result<Parts, String> {
    let mid = mutation.mid.parse().map_err(|error| format!("its mid is no id: {error}"))?;
    let ticket: Option<TicketId> = match &mutation.ticket {
        Some(text) => Some(text.parse().map_err(|error| format!("its ticket is no id: {error}"))?),
        None => None,
    };
    let intent = Intent::parse(&mutation.kind, mutation.v, &mutation.args).map_err(|error| error.to_string())?;
    if intent.needs_ticket() && ticket.is_none() {
        return Err("it names no ticket".to_owned());
    }
    Ok(Parts { mid, ticket, intent })
}

/// Who acts, when, and what notes and photos are there already.
pub(super) struct Scene<'a> {
    pub(super) expert: ExpertId,
    /// The expert himself, or a person of ours on his word.
    pub(super) actor: Actor,
    pub(super) name: &'a str,
    pub(super) now: Timestamp,
    pub(super) known_notes: &'a mut BTreeSet<NoteId>,
    pub(super) known_photos: &'a mut BTreeSet<PhotoId>,
    /// What the skills are called that these intents name.
    pub(super) skills: &'a BTreeMap<Slug, SkillId>,
}

/// What still has to be done outside the book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing: this is the answer.
    Done(Verdict),
    /// Nobody has the ticket: if a late yes can be granted, grant it and ask again.
    AskLate,
    /// Set duty, then answer.
    Duty(bool),
    /// Keep that he is ill until then, and answer.
    Sick(Timestamp),
    /// Keep that this ticket's site is there, and answer.
    Pin(TicketId, Place),
    /// Keep what he wrote, and answer.
    Draft(ArticleId, Box<Text>, Option<TicketId>),
    /// Count his vote about this ticket, and answer.
    Helped(ArticleId, TicketId, bool),
}

/// What is about the expert or an article, and no ticket must be there for it.
fn outside(book: &Book, parts: &Parts) -> Option<Step> {
    if let Intent::DutySet { on } = parts.intent {
        return Some(Step::Duty(on));
    }
    if let Intent::ExpertSick { until } = parts.intent {
        return Some(Step::Sick(until));
    }
    if let Intent::ArticleDraft { article, text } = &parts.intent {
        let ticket = parts.ticket.filter(|id| book.ticket(*id).is_some());
        return Some(Step::Draft(*article, text.clone(), ticket));
    }
    None
}

/// Folds one intent into the book.
pub(super) fn fold(book: &mut Book, scene: &mut Scene<'_>, parts: &Parts, late_asked: bool) -> Step {
    if let Some(step) = outside(book, parts) {
        return step;
    }
    let Some(id) = parts.ticket else { return Step::Done(Verdict::rejected("it names no ticket")) };
    if book.ticket(id).is_none() {
        return Step::Done(Verdict::plain(MutationResult::Recorded(Unused::UnknownTicket)));
    }
    if let Intent::ArticleHelped { article, fixed } = parts.intent {
        let was_there = book.ticket(id).is_some_and(|ticket| ticket.last_expert == Some(scene.expert));
        return if was_there || has(book, id, scene.expert) {
            Step::Helped(article, id, fixed)
        } else {
            Step::Done(Verdict::plain(MutationResult::Recorded(Unused::Reassigned)))
        };
    }
    let actor = scene.actor;
    let before = book.ticket(id).and_then(|ticket| ticket.life.state.phase());
    let (result, late) = match (&parts.intent, parts.intent.act()) {
        (Intent::NoteAdd { note, text }, _) => {
            let late = !has(book, id, scene.expert);
            if scene.known_notes.insert(*note) {
                let (author_name, text) = (scene.name.to_owned(), text.clone());
                let (author, at) = (actor, scene.now);
                book.note(NewNote { id: *note, ticket: id, author, author_name, text, late, at });
                (MutationResult::Applied, late)
            } else {
                (MutationResult::Noop, late)
            }
        }
        (Intent::PhotoAdd { photo, sha, caption, place }, _) => {
            let late = !has(book, id, scene.expert);
            if scene.known_photos.insert(*photo) {
                let (author_name, caption) = (scene.name.to_owned(), caption.clone());
                let (author, at, id, ticket) = (actor, scene.now, *photo, id);
                let (sha, place) = (*sha, *place);
                book.photo(NewPhoto { id, ticket, sha, author, author_name, caption, place, late, at });
                (MutationResult::Applied, late)
            } else {
                (MutationResult::Noop, late)
            }
        }
        (Intent::OfferSeen { offer }, _) => {
            if has(book, id, scene.expert) {
                book.seen(id, *offer, scene.now);
            }
            (MutationResult::Applied, false)
        }
        (Intent::TicketLate { minutes }, _) => (running_late(book, scene, id, parts, minutes.get()), false),
        (Intent::SitePin(place), _) => match pin(book, scene, id, parts) {
            None => return Step::Pin(id, *place),
            Some(result) => (result, false),
        },
        (Intent::TicketSeen { ver }, _) => {
            if has(book, id, scene.expert) {
                book.saw(id, *ver);
            }
            (MutationResult::Applied, false)
        }
        (_, Some(act)) => match status(book, scene, id, parts, act, late_asked) {
            Some(result) => {
                if result == MutationResult::Applied {
                    lacks(book, scene, id, parts, before);
                }
                details(book, scene, id, parts.mid, &parts.intent);
                (result, false)
            }
            None => return Step::AskLate,
        },
        (_, None) => (MutationResult::Applied, false),
    };
    Step::Done(Verdict { result, ticket: Some(id), ver: ver(book, id), late })
}

/// An expert comes later, or takes longer.
fn running_late(book: &mut Book, scene: &Scene<'_>, id: TicketId, parts: &Parts, minutes: u32) -> MutationResult {
    let to_do = Move::Late { expert: scene.expert, minutes, reported: true };
    match book.make(id, to_do, scene.actor, scene.now) {
        Ok(()) => MutationResult::Applied,
        Err(Refusal::Already) => MutationResult::Noop,
        Err(Refusal::Cancelled) => unused(book, scene, id, parts, Unused::Cancelled),
        Err(Refusal::Lapsed | Refusal::NotHolder) => unused(book, scene, id, parts, Unused::Reassigned),
        Err(Refusal::Illegal) => unused(book, scene, id, parts, Unused::IllegalTransition),
    }
}

/// Keeps an intent as evidence, whatever it would have done: whoever sent it may not act any more.
pub(super) fn evidence(book: &mut Book, scene: &Scene<'_>, parts: &Parts) -> Verdict {
    let Some(id) = parts.ticket else { return Verdict::rejected("it names no ticket") };
    if book.ticket(id).is_none() {
        return Verdict::recorded(Unused::UnknownTicket);
    }
    let result = if parts.intent.is_receipt() {
        MutationResult::Recorded(Unused::Reassigned)
    } else {
        unused(book, scene, id, parts, Unused::Reassigned)
    };
    Verdict { result, ticket: Some(id), ver: ver(book, id), late: true }
}

fn ver(book: &Book, id: TicketId) -> Option<i64> {
    book.ticket(id).map(|ticket| ticket.ver)
}

/// Whether the ticket is this expert's now, or was at its end.
fn has(book: &Book, id: TicketId, expert: ExpertId) -> bool {
    book.ticket(id).is_some_and(|ticket| ticket.stream_of == Some(expert))
}

/// Why a pin is not taken; none where he stands at the site, or has until he finished.
fn pin(book: &mut Book, scene: &Scene<'_>, id: TicketId, parts: &Parts) -> Option<MutationResult> {
    let his = has(book, id, scene.expert);
    let phase = book.ticket(id).and_then(|ticket| ticket.life.state.phase());
    match phase {
        Some(Phase::OnSite | Phase::Completed) if his => None,
        Some(Phase::Offered | Phase::Accepted | Phase::EnRoute) if his => {
            Some(unused(book, scene, id, parts, Unused::IllegalTransition))
        }
        Some(Phase::Cancelled) if his => Some(unused(book, scene, id, parts, Unused::Cancelled)),
        Some(_) | None => Some(unused(book, scene, id, parts, Unused::Reassigned)),
    }
}

/// Makes the move of a status intent. None if a late yes must be looked into first.
fn status(
    book: &mut Book,
    scene: &Scene<'_>,
    id: TicketId,
    parts: &Parts,
    act: Act,
    late_asked: bool,
) -> Option<MutationResult> {
    let (expert, now) = (scene.expert, scene.now);
    let to_do = to_do(&parts.intent, expert)?;
    match book.make(id, to_do, scene.actor, now) {
        Ok(()) => Some(MutationResult::Applied),
        Err(Refusal::Already) => Some(MutationResult::Noop),
        Err(refusal @ (Refusal::Lapsed | Refusal::NotHolder)) => {
            let waits = book.ticket(id).is_some_and(|ticket| match &ticket.life.state {
                State::Waiting => true,
                State::Offered { expert: holder, .. } => *holder == expert,
                State::Accepted { .. }
                | State::EnRoute { .. }
                | State::OnSite { .. }
                | State::OnHold { .. }
                | State::Completed { .. }
                | State::Cancelled { .. } => false,
            });
            let forward = matches!(act, Act::Accept | Act::Depart | Act::Arrive | Act::Complete);
            if waits && forward && !late_asked {
                return None;
            }
            let why = if refusal == Refusal::Lapsed || waits { Unused::Lapsed } else { Unused::Reassigned };
            Some(unused(book, scene, id, parts, why))
        }
        Err(Refusal::Cancelled) => Some(unused(book, scene, id, parts, Unused::Cancelled)),
        Err(Refusal::Illegal) => Some(unused(book, scene, id, parts, Unused::IllegalTransition)),
    }
}

/// Who says that he cannot do it for want of a skill corrects what the ticket needs.
fn lacks(book: &mut Book, scene: &Scene<'_>, id: TicketId, parts: &Parts, before: Option<Phase>) {
    let Some(named) = lacked(&parts.intent) else { return };
    let skills = scene.skills.iter().filter(|(slug, _)| named.contains(slug));
    let skills: BTreeMap<Slug, SkillId> = skills.map(|(slug, skill)| (slug.clone(), *skill)).collect();
    let visited = matches!(before, Some(Phase::EnRoute | Phase::OnSite));
    book.lacks(id, scene.expert, &skills, visited, scene.now);
}

/// The skills that an intent misses; none where it is about something else.
pub(super) fn lacked(intent: &Intent) -> Option<&[Slug]> {
    match intent {
        Intent::TicketCannotFix { why: CannotFix::Skill, skills, .. }
        | Intent::OfferDecline { reason: DeclineReason::Skill, skills } => Some(skills),
        Intent::TicketCannotFix { .. }
        | Intent::OfferDecline { .. }
        | Intent::OfferAccept {}
        | Intent::OfferSeen { .. }
        | Intent::TicketSeen { .. }
        | Intent::TicketLate { .. }
        | Intent::TicketDepart {}
        | Intent::TicketArrive {}
        | Intent::TicketComplete { .. }
        | Intent::SitePin(_)
        | Intent::NoteAdd { .. }
        | Intent::PhotoAdd { .. }
        | Intent::DutySet { .. }
        | Intent::ExpertSick { .. }
        | Intent::ArticleDraft { .. }
        | Intent::ArticleHelped { .. } => None,
    }
}

/// What a report says beside its reason becomes a note, so that whoever comes next reads it.
pub(super) fn details(book: &mut Book, scene: &mut Scene<'_>, id: TicketId, mid: MutationId, intent: &Intent) {
    let (part, until, skills, called) = match intent {
        Intent::TicketCannotFix { why: _, skills, part, until, called } => (part.as_ref(), *until, skills, *called),
        Intent::OfferDecline { skills, .. } => (None, None, skills, None),
        Intent::OfferAccept {}
        | Intent::OfferSeen { .. }
        | Intent::TicketSeen { .. }
        | Intent::TicketLate { .. }
        | Intent::TicketDepart {}
        | Intent::TicketArrive {}
        | Intent::TicketComplete { .. }
        | Intent::SitePin(_)
        | Intent::NoteAdd { .. }
        | Intent::PhotoAdd { .. }
        | Intent::DutySet { .. }
        | Intent::ExpertSick { .. }
        | Intent::ArticleDraft { .. }
        | Intent::ArticleHelped { .. } => return,
    };
    let mut said: Vec<String> = part.map(|part| format!("Missing part: {part}")).into_iter().collect();
    said.extend(until.map(|until| format!("Expected: {until}")));
    let rang = |called| if called { "Rang the contact, and nobody answered." } else { "Did not ring the contact." };
    said.extend(called.map(rang).map(str::to_owned));
    if !skills.is_empty() {
        let skills: Vec<&str> = skills.iter().map(shared::text::Slug::as_str).collect();
        said.push(format!("Needs the skills: {}", skills.join(", ")));
    }
    write_down(book, scene, id, mid, &said.join("\n"));
}

/// Writes a note that an intent brings along; nothing where there are no words.
pub(super) fn write_down(book: &mut Book, scene: &mut Scene<'_>, id: TicketId, mid: MutationId, words: &str) {
    let Ok(text) = words.parse::<NoteText>() else { return };
    // The mutation's own id: a repeat makes no second note.
    let note = NoteId::from_uuid(mid.uuid());
    if scene.known_notes.insert(note) {
        let late = !has(book, id, scene.expert);
        let (author, at) = (scene.actor, scene.now);
        book.note(NewNote { id: note, ticket: id, author, author_name: scene.name.to_owned(), text, late, at });
    }
}

fn to_do(intent: &Intent, expert: ExpertId) -> Option<Move> {
    match intent {
        Intent::OfferAccept {} => Some(Move::Accept { expert, late: None }),
        Intent::OfferDecline { reason, .. } => Some(Move::Decline { expert, reason: *reason }),
        Intent::TicketDepart {} => Some(Move::Depart { expert }),
        Intent::TicketArrive {} => Some(Move::Arrive { expert }),
        Intent::TicketComplete { outcome, summary } => {
            Some(Move::Complete { expert, outcome: *outcome, summary: summary.clone() })
        }
        Intent::TicketCannotFix { why, part, until, .. } => {
            Some(Move::CannotFix { expert, why: *why, part: part.clone(), until: *until })
        }
        Intent::OfferSeen { .. }
        | Intent::TicketSeen { .. }
        | Intent::TicketLate { .. }
        | Intent::SitePin(_)
        | Intent::NoteAdd { .. }
        | Intent::PhotoAdd { .. }
        | Intent::DutySet { .. }
        | Intent::ExpertSick { .. }
        | Intent::ArticleDraft { .. }
        | Intent::ArticleHelped { .. } => None,
    }
}

/// Keeps work that changes nothing any more as evidence; a report that it is done gets a person's eyes.
fn unused(book: &mut Book, scene: &Scene<'_>, id: TicketId, parts: &Parts, why: Unused) -> MutationResult {
    let actor = scene.actor;
    let summary = match &parts.intent {
        Intent::TicketComplete { summary, .. } => Some(summary.clone()),
        Intent::OfferAccept {}
        | Intent::OfferSeen { .. }
        | Intent::OfferDecline { .. }
        | Intent::TicketSeen { .. }
        | Intent::TicketLate { .. }
        | Intent::TicketDepart {}
        | Intent::TicketArrive {}
        | Intent::TicketCannotFix { .. }
        | Intent::SitePin(_)
        | Intent::NoteAdd { .. }
        | Intent::PhotoAdd { .. }
        | Intent::DutySet { .. }
        | Intent::ExpertSick { .. }
        | Intent::ArticleDraft { .. }
        | Intent::ArticleHelped { .. } => None,
    };
    let done = summary.is_some();
    let outcome = match &parts.intent {
        Intent::TicketComplete { outcome, .. } => Some(*outcome),
        Intent::OfferAccept {}
        | Intent::OfferSeen { .. }
        | Intent::OfferDecline { .. }
        | Intent::TicketSeen { .. }
        | Intent::TicketDepart {}
        | Intent::TicketArrive {}
        | Intent::TicketLate { .. }
        | Intent::TicketCannotFix { .. }
        | Intent::SitePin(_)
        | Intent::NoteAdd { .. }
        | Intent::PhotoAdd { .. }
        | Intent::DutySet { .. }
        | Intent::ExpertSick { .. }
        | Intent::ArticleDraft { .. }
        | Intent::ArticleHelped { .. } => None,
    };
    let (expert, intent) = (scene.expert, parts.intent.kind().to_owned());
    let fact = Fact::WorkRecorded { expert, intent, why, summary, outcome, mutation: Some(parts.mid) };
    book.record(id, fact, actor, scene.now);
    if done {
        // Nobody is asked for what may be done; who has said yes keeps it, and waits for a word.
        if book.ticket(id).is_some_and(|ticket| matches!(ticket.life.state, State::Offered { .. })) {
            let _ = book.make(id, Move::Withdraw { why: WithdrawReason::DoneByOther }, Actor::Server, scene.now);
        }
        // Refused where a person is asked already, or the ticket has ended.
        let _ = book.make(id, Move::AskHuman { reason: HumanReason::DoneByOther }, Actor::Server, scene.now);
    }
    MutationResult::Recorded(why)
}
