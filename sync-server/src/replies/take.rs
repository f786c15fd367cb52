//! One message, taken in one transaction with everything that it leads to.

use super::read::{self, Said, is_meant};
use super::say::{self, say};
use super::store::{self, Became};
use crate::customers;
use crate::db::{Error, Tx};
use crate::dispatch::Bounds;
use crate::notify::outside::Pages;
use crate::notify::plan::{Audience, Channel, Matter};
use crate::notify::store::no_sms::{self, NoSms};
use crate::notify::{NewNotice, Recipient, facts, render, store as notices};
use crate::sync::word::{self, Heard as Done, NotDone};
use crate::tickets::{self, Book, NewNote, Ticket};
use crate::workforce::{self, Expert};
use shared::event::Actor;
use shared::ids::{SiteId, TicketId};
use shared::intent::Intent;
use shared::offer::DeclineReason;
use shared::text::{NoteText, Phone};
use shared::texts::{Language, TextId};
use shared::ticket::State;
use shared::time::Timestamp;

/// People whom one number is looked up for.
const PEOPLE_MAX: i64 = 10;
/// Tickets of each that are looked at.
const TICKETS_MAX: i64 = 50;
/// Notes that a ticket keeps; what comes after goes to a person.
const NOTES_MAX: i64 = 100;
/// Messages of one number that anybody reads in a day.
const DAILY_MAX: i64 = 50;
const DAY_MINUTES: i64 = 24 * 60;
/// We thank a number once in so many minutes: two machines would thank each other for ever.
const THANKS_MINUTES: i64 = 10;

/// A message as it came.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    pub(super) sid: String,
    pub(super) phone: Phone,
    pub(super) body: String,
    pub(super) has_media: bool,
    pub(super) now: Timestamp,
}

/// What a message led to, and what we say to it.
struct Outcome {
    became: Became,
    ticket: Option<TicketId>,
    answer: String,
}

impl Outcome {
    fn new(became: Became, answer: String) -> Self {
        Self { became, ticket: None, answer }
    }

    fn about(self, ticket: TicketId) -> Self {
        Self { ticket: Some(ticket), ..self }
    }

    fn silent(became: Became) -> Self {
        Self::new(became, String::new())
    }
}

/// Takes a message; gives back what we say to it, which is the same for a repeat.
pub(super) async fn take(tx: &mut Tx, bounds: &Bounds, pages: &Pages, heard: &Heard) -> Result<String, Error> {
    // Kept before anything else: of two calls at once the later waits here, and then finds what the first one said.
    if !store::keep(tx, &heard.sid, &heard.phone, &heard.body, heard.now).await? {
        return Ok(store::answer_to(tx, &heard.sid).await?.unwrap_or_default());
    }
    let experts = workforce::store::experts_by_phone(tx, &heard.phone, PEOPLE_MAX).await?;
    let Outcome { became, ticket, answer } = judge(tx, bounds, pages, heard, &experts).await?;
    store::settle(tx, &heard.sid, became, ticket, &answer).await?;
    Ok(answer)
}

async fn judge(
    tx: &mut Tx,
    bounds: &Bounds,
    pages: &Pages,
    heard: &Heard,
    experts: &[Expert],
) -> Result<Outcome, Error> {
    let said = read::read(&heard.body);
    let (n_today, _) = store::lately(tx, &heard.phone, heard.now.plus_minutes(-DAY_MINUTES)).await?;
    match said {
        Said::Stop => {
            no_sms::stop(tx, &heard.phone, NoSms::Stop).await?;
            // The provider confirms it itself, and lets nothing of ours through.
            Ok(Outcome::silent(Became::Stopped))
        }
        Said::Start => {
            no_sms::start(tx, &heard.phone).await?;
            let language = language(tx, heard, experts).await?;
            Ok(Outcome::new(Became::Started, say(language, TextId::ReplyStartedSms, &[])))
        }
        Said::Yes(_) | Said::No(_) | Said::Words if n_today > DAILY_MAX => Ok(Outcome::silent(Became::TooMany)),
        Said::Yes(hint) if !experts.is_empty() => answered(tx, bounds, heard, experts, true, hint.as_deref()).await,
        Said::No(hint) if !experts.is_empty() => answered(tx, bounds, heard, experts, false, hint.as_deref()).await,
        Said::Yes(_) | Said::No(_) | Said::Words => noted(tx, bounds, pages, heard, experts).await,
    }
}

/// In which language we answer: the expert's, else the customer's.
async fn language(tx: &mut Tx, heard: &Heard, experts: &[Expert]) -> Result<Language, Error> {
    if let Some(expert) = experts.first() {
        return Ok(Language::of_locale(&expert.locale));
    }
    let people = customers::store::search(tx, heard.phone.as_str(), 1).await?;
    Ok(people.first().map(|one| Language::of_locale(&one.locale)).unwrap_or_default())
}

/// Offers that one answer means: those of one site to one expert at once, of which one message spoke.
fn together(tickets: &[Ticket]) -> Option<&[Ticket]> {
    let one = |ticket: &Ticket| match ticket.life.state {
        State::Offered { expert, expires_at, .. } => Some((expert, ticket.site, expires_at)),
        State::Waiting
        | State::Accepted { .. }
        | State::EnRoute { .. }
        | State::OnSite { .. }
        | State::OnHold { .. }
        | State::Completed { .. }
        | State::Cancelled { .. } => None,
    };
    let first: (_, SiteId, _) = one(tickets.first()?)?;
    tickets.iter().all(|ticket| one(ticket) == Some(first)).then_some(tickets)
}

/// An expert said yes or no.
async fn answered(
    tx: &mut Tx,
    bounds: &Bounds,
    heard: &Heard,
    experts: &[Expert],
    yes: bool,
    hint: Option<&str>,
) -> Result<Outcome, Error> {
    let ids: Vec<_> = experts.iter().map(|expert| expert.id).collect();
    let held = tickets::store::held_by(tx, &ids, TICKETS_MAX).await?;
    let is_open = |ticket: &Ticket| matches!(ticket.life.state, State::Offered { .. });
    let open: Vec<Ticket> = held.into_iter().filter(|one| is_open(one) && is_meant(one.number, hint)).collect();
    let language = language(tx, heard, experts).await?;
    let meant = match open.as_slice() {
        // It may have run out in this minute: a late yes counts while nobody else has it.
        [] => return late(tx, bounds, heard, experts, yes, hint).await,
        several => together(several).map(<[Ticket]>::to_vec),
    };
    let Some(meant) = meant else {
        return Ok(Outcome::new(Became::AskedBack, say::which(language, &open)));
    };
    let holder = meant.first().and_then(|ticket| ticket.life.state.holder());
    let Some(expert) = experts.iter().find(|expert| Some(expert.id) == holder) else {
        return Ok(Outcome::new(Became::Nothing, say(language, TextId::ReplyNothingSms, &[])));
    };
    let mut done = Vec::new();
    for ticket in &meant {
        if tell(tx, bounds, heard, expert, ticket.id, yes).await? {
            done.push(ticket.id);
        }
    }
    let done = tickets::store::many(tx, &done).await?;
    let Some(first) = done.first().map(|ticket| ticket.id) else { return Ok(too_late(language)) };
    let language = Language::of_locale(&expert.locale);
    Ok(if yes {
        Outcome::new(Became::Accepted, say::accepted(language, &expert.zone, &done)).about(first)
    } else {
        Outcome::new(Became::Declined, say::declined(language, &done)).about(first)
    })
}

fn too_late(language: Language) -> Outcome {
    Outcome::new(Became::Nothing, say(language, TextId::ReplyNothingSms, &[]))
}

/// Nothing is open: the yes is to what was offered to this number last, if that is what they mean.
async fn late(
    tx: &mut Tx,
    bounds: &Bounds,
    heard: &Heard,
    experts: &[Expert],
    yes: bool,
    hint: Option<&str>,
) -> Result<Outcome, Error> {
    let language = language(tx, heard, experts).await?;
    let since = heard.now.plus_minutes(-DAY_MINUTES);
    let last = if yes { notices::last_offer_by_sms(tx, &heard.phone, since).await? } else { None };
    let Some((ticket, person)) = last else { return Ok(too_late(language)) };
    let (Some(expert), Some(ticket)) = (
        experts.iter().find(|expert| expert.id.to_string() == person),
        tickets::store::get(tx, ticket).await?.filter(|ticket| is_meant(ticket.number, hint)),
    ) else {
        return Ok(too_late(language));
    };
    let is_his = matches!(ticket.life.state, State::Accepted { expert: his, .. } if his == expert.id);
    if !is_his && !tell(tx, bounds, heard, expert, ticket.id, true).await? {
        return Ok(too_late(language));
    }
    let now = tickets::store::many(tx, &[ticket.id]).await?;
    Ok(Outcome::new(Became::Accepted, say::accepted(language, &expert.zone, &now)).about(ticket.id))
}

/// Does what the expert said, as if he had tapped it. False: it is no longer possible.
async fn tell(
    tx: &mut Tx,
    bounds: &Bounds,
    heard: &Heard,
    expert: &Expert,
    ticket: TicketId,
    yes: bool,
) -> Result<bool, Error> {
    let intent = if yes {
        Intent::OfferAccept {}
    } else {
        Intent::OfferDecline { reason: DeclineReason::Other, skills: Vec::new() }
    };
    match word::by_sms(tx, bounds, expert.id, ticket, intent, heard.now).await {
        Ok(Done::Done { .. } | Done::Already) => Ok(true),
        Err(NotDone::Database(error)) => Err(error),
        Err(
            NotDone::NoExpert | NotDone::OnlyHisPhone | NotDone::NoTicket | NotDone::Unusable(_) | NotDone::Rejected(_),
        ) => Ok(false),
    }
}

/// Who wrote a note, and on which ticket it belongs.
struct Place {
    ticket: Ticket,
    author: Actor,
    author_name: String,
    language: Language,
}

/// Everything else is a note on the one ticket that it can be about, or a person reads it.
async fn noted(
    tx: &mut Tx,
    bounds: &Bounds,
    pages: &Pages,
    heard: &Heard,
    experts: &[Expert],
) -> Result<Outcome, Error> {
    let mut places = Vec::new();
    for expert in experts {
        for ticket in tickets::store::held_by(tx, &[expert.id], TICKETS_MAX).await? {
            let (author, language) = (Actor::Expert(expert.id), Language::of_locale(&expert.locale));
            places.push(Place { ticket, author, author_name: expert.name.to_string(), language });
        }
    }
    let people = customers::store::search(tx, heard.phone.as_str(), PEOPLE_MAX).await?;
    for one in &people {
        for ticket in tickets::store::of_customer(tx, one.id, None, TICKETS_MAX).await? {
            let (author, language) = (Actor::Customer(one.id), Language::of_locale(&one.locale));
            places.push(Place { ticket, author, author_name: one.name.to_string(), language });
        }
    }
    let named = read::number_in(&heard.body);
    places.retain(|place| named.map_or(!place.ticket.life.state.is_ended(), |number| place.ticket.number == number));
    let text = heard.body.parse::<NoteText>().ok().filter(|_| !heard.has_media);
    if let ([place], Some(text)) = (places.as_slice(), text)
        && write_down(tx, bounds, heard, place, text).await?
    {
        let number = place.ticket.number.to_string();
        let answer = thanks(tx, heard, say(place.language, TextId::ReplyNotedSms, &[("number", &number)])).await?;
        return Ok(Outcome::new(Became::Noted, answer).about(place.ticket.id));
    }
    let names = people.iter().map(|one| one.name.to_string()).chain(experts.iter().map(|one| one.name.to_string()));
    let names: Vec<String> = names.collect();
    let ticket = if let [place] = places.as_slice() { Some(place.ticket.id) } else { None };
    for_a_person(tx, pages, heard, &names, ticket).await?;
    // Whoever we do not know gets no answer: it may be anybody.
    if names.is_empty() {
        return Ok(Outcome::silent(Became::ForAPerson));
    }
    let language = language(tx, heard, experts).await?;
    let answer = thanks(tx, heard, say(language, TextId::ReplyReadSms, &[])).await?;
    Ok(Outcome { became: Became::ForAPerson, ticket, answer })
}

/// What we say unless we said something to this number a moment ago.
async fn thanks(tx: &mut Tx, heard: &Heard, answer: String) -> Result<String, Error> {
    let (_, n_answered) = store::lately(tx, &heard.phone, heard.now.plus_minutes(-THANKS_MINUTES)).await?;
    Ok(if n_answered == 0 { answer } else { String::new() })
}

/// Writes the note. False: the ticket has as many as it keeps.
async fn write_down(tx: &mut Tx, bounds: &Bounds, heard: &Heard, place: &Place, text: NoteText) -> Result<bool, Error> {
    let ticket = place.ticket.id;
    let there = tickets::store::notes(tx, &[ticket], NOTES_MAX).await?.len();
    if i64::try_from(there).is_ok_and(|there| there >= NOTES_MAX) {
        return Ok(false);
    }
    let (id, author, author_name) = (tx.new_id(), place.author, format!("{} (SMS)", place.author_name));
    let mut book = Book::open(tx, &[ticket], bounds.timing.clone()).await?;
    book.note(NewNote { id, ticket, author, author_name, text, late: false, at: heard.now });
    book.save(tx).await?;
    Ok(true)
}

/// A person of ours reads it and rings.
async fn for_a_person(
    tx: &mut Tx,
    pages: &Pages,
    heard: &Heard,
    names: &[String],
    ticket: Option<TicketId>,
) -> Result<(), Error> {
    let words = render::replied(&heard.phone, names, &heard.body, heard.has_media);
    let link = match ticket {
        Some(id) => tickets::store::get(tx, id).await?.map(|ticket| facts::desk_link(pages, &ticket)),
        None => None,
    };
    let notice = NewNotice {
        matter: Matter::Replied { sid: heard.sid.clone() },
        ticket,
        seq: None,
        to: Recipient { audience: Audience::Staff, person: heard.phone.to_string(), language: Language::English },
        way: (Channel::Call, heard.phone.to_string()),
        words: render::Words { link, ..words },
        due_at: heard.now,
    };
    notices::tell(tx, &[notice], heard.now).await?;
    Ok(())
}
