//! Who is told what, where and when, and what is not worth saying any more. Pure.
//!
//! A notice keeps the facts of its matter. Before it leaves it is held against the ticket's life as it is then: nobody
//! is told "on the way" by somebody who has arrived, and no phone rings for an offer that is gone.

use super::hours::by_day;
pub use super::hours::{after_quiet_hours, news_at, not_before};
use super::money::MoneyNews;
pub use super::rank::rank;
pub use crate::customers::NotifyBy;
use crate::customers::confirm::About as AboutAccount;
use crate::workforce::SmsRule;
use serde::{Deserialize, Serialize};
use shared::ids::{ExpertId, OfferId, SurveyId};
use shared::text::{Email, Phone};
use shared::texts::Language;
use shared::ticket::{CancelReason, HoldReason, HumanReason, Life, State, VisitPlan};
use shared::time::{Timestamp, Zone};
use uuid::Uuid;

/// What a notice is about, with the facts that decide whether it is still worth sending.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Matter {
    /// An expert is asked.
    Offer {
        /// The offer.
        offer: OfferId,
        /// When it lapses.
        expires_at: Timestamp,
    },
    /// An expert's offer or visit is no longer his.
    Lost {
        /// Who lost it.
        expert: ExpertId,
        /// He had said yes, and may be on his way.
        had_accepted: bool,
    },
    /// An expert should leave now.
    Reminder {
        /// Who.
        expert: ExpertId,
    },
    /// An expert hears that another reports his visit done: he waits until the office has looked.
    Stopped {
        /// Who.
        expert: ExpertId,
    },
    /// An expert who was stopped hears that the visit takes place.
    GoOn {
        /// Who.
        expert: ExpertId,
    },
    /// An expert is told by another way of a visit that no phone of his has received.
    Unheard {
        /// Who.
        expert: ExpertId,
        /// When he should be there.
        start_at: Timestamp,
    },
    /// A customer hears who comes and when.
    Accepted {
        /// Who comes.
        expert: ExpertId,
        /// The promised visit.
        visit: VisitPlan,
    },
    /// A customer hears that the expert left.
    Departed {
        /// Who comes.
        expert: ExpertId,
        /// When he left.
        departed_at: Timestamp,
    },
    /// A customer hears that the same expert comes later.
    Later {
        /// Who comes.
        expert: ExpertId,
        /// When.
        start_at: Timestamp,
    },
    /// A customer hears that a promised visit has to move: somebody else is looked for.
    LookingAgain {
        /// When the expert who will not come was to be there.
        start_at: Timestamp,
        /// By when they hear again.
        news_at: Timestamp,
        /// They asked for another time themselves.
        #[serde(default)]
        as_asked: bool,
    },
    /// A customer hears that the visit could not be finished, and what it waits for.
    Held {
        /// For what.
        why: HoldReason,
        /// Until when.
        until: Timestamp,
    },
    /// A customer hears that we closed the ticket.
    Closed {
        /// Why.
        why: CancelReason,
    },
    /// A customer is asked how it was.
    Survey {
        /// The survey.
        survey: SurveyId,
    },
    /// The same, once more.
    SurveyAgain {
        /// The survey.
        survey: SurveyId,
    },
    /// A customer said that it is not working: somebody rings.
    NotWorking {
        /// The survey.
        survey: SurveyId,
    },
    /// Somebody wrote us an SMS that a person must read.
    Replied {
        /// The provider's name of the message.
        sid: String,
    },
    /// The admins hear that nobody looked.
    Escalated {
        /// What was asked.
        #[serde(flatten)]
        reason: HumanReason,
        /// Since when.
        since: Timestamp,
        /// How often the admins were told, this time included.
        n: u32,
    },
    /// The admins hear of smoke, shock, a burning smell.
    Danger {},
    /// A customer hears something about the account.
    Account {
        /// What.
        about: AboutAccount,
    },
    /// A customer hears about their plan and their money.
    Money {
        /// What.
        news: MoneyNews,
    },
    /// Someone signs in by a code. The code itself is made when it is sent and kept nowhere.
    SignInCode {
        /// The code's row.
        code: Uuid,
        /// By the real clock.
        expires_at: Timestamp,
    },
}

/// Whom a notice is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// An expert.
    Expert,
    /// A customer.
    Customer,
    /// Agents and admins.
    Staff,
}

/// The way a notice takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// To the app.
    Push,
    /// To a phone number.
    Sms,
    /// To an address.
    Email,
    /// A person of ours rings and says it: the notice waits in the desk's inbox.
    Call,
}

/// Why a notice was dropped before it left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Past {
    /// The offer was answered, taken back or ran out.
    OfferGone,
    /// The visit is another expert's, or further on.
    VisitMovedOn,
    /// He has it again.
    HasItAgain,
    /// A person has looked.
    Settled,
    /// The code no longer works, or the day has come.
    Expired,
    /// A newer notice says more.
    Overtaken,
}

impl Matter {
    /// The word in tables.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Offer { .. } => "offer",
            Self::Lost { .. } => "lost",
            Self::Reminder { .. } => "reminder",
            Self::Stopped { .. } => "stopped",
            Self::GoOn { .. } => "go_on",
            Self::Unheard { .. } => "unheard",
            Self::Accepted { .. } => "accepted",
            Self::Departed { .. } => "departed",
            Self::Later { .. } => "later",
            Self::LookingAgain { .. } => "looking_again",
            Self::Held { .. } => "held",
            Self::Closed { .. } => "closed",
            Self::Survey { .. } => "survey",
            Self::SurveyAgain { .. } => "survey_again",
            Self::NotWorking { .. } => "not_working",
            Self::Replied { .. } => "replied",
            Self::Escalated { .. } => "escalated",
            Self::Danger {} => "danger",
            Self::Account { .. } => "account",
            Self::Money { news } => news.word(),
            Self::SignInCode { .. } => "sign_in_code",
        }
    }

    /// What sets this intent apart from others of its kind about the same ticket: what it would say. Two events that
    /// lead to the same words are told once.
    pub fn distinction(&self) -> String {
        match self {
            Self::Offer { offer, .. } => offer.to_string(),
            Self::Lost { expert, .. } => expert.to_string(),
            Self::Accepted { expert, visit } => format!("{expert}:{}", visit.start_at.as_millis()),
            Self::Reminder { expert } | Self::Stopped { expert } | Self::GoOn { expert } => expert.to_string(),
            Self::Held { why, until } => format!("{}:{}", why.word(), until.as_millis()),
            Self::Closed { why } => why.word().to_owned(),
            Self::Unheard { expert, start_at } | Self::Later { expert, start_at } => {
                format!("{expert}:{}", start_at.as_millis())
            }
            Self::Departed { expert, departed_at } => format!("{expert}:{}", departed_at.as_millis()),
            Self::LookingAgain { start_at, .. } => start_at.as_millis().to_string(),
            Self::Survey { survey } | Self::SurveyAgain { survey } | Self::NotWorking { survey } => survey.to_string(),
            Self::Escalated { since, n, .. } => format!("{}:{n}", since.as_millis()),
            Self::Replied { sid } => sid.clone(),
            Self::Danger {} => String::new(),
            Self::Account { about: AboutAccount::Address { asked_at } } => format!("address:{}", asked_at.as_millis()),
            Self::Account { about: AboutAccount::Leaving { at } } => format!("leaving:{}", at.as_millis()),
            Self::Money { news } => news.distinction(),
            Self::SignInCode { code, .. } => code.to_string(),
        }
    }

    /// Why this is no longer worth saying, if it is not. `life` is the ticket's now, where there is one.
    pub fn past(&self, life: Option<&Life>, now: Timestamp, real_now: Timestamp) -> Option<Past> {
        let state = life.map(|life| &life.state);
        let ok = |holds: bool, otherwise: Past| if holds { None } else { Some(otherwise) };
        match self {
            Self::Offer { offer, expires_at } => {
                let open = matches!(state, Some(State::Offered { offer: open, .. }) if open == offer);
                ok(open && now < *expires_at, Past::OfferGone)
            }
            Self::Lost { expert, .. } => {
                ok(state.and_then(State::holder).is_none_or(|holder| holder != *expert), Past::HasItAgain)
            }
            Self::Stopped { expert } | Self::GoOn { expert } => {
                let asked = life.and_then(|life| life.needs_human.as_ref()).map(|flag| flag.reason);
                let stops = matches!(self, Self::Stopped { .. });
                let his = state.and_then(State::holder) == Some(*expert);
                ok(his && stops == (asked == Some(HumanReason::DoneByOther)), Past::VisitMovedOn)
            }
            Self::Reminder { expert } | Self::Unheard { expert, .. } => {
                let waits = matches!(state, Some(State::Accepted { expert: his, .. }) if his == expert);
                ok(waits, Past::VisitMovedOn)
            }
            Self::Accepted { expert, visit } => {
                let promised = matches!(state, Some(State::Accepted { expert: his, visit: plan, .. })
                    if his == expert && plan.start_at == visit.start_at);
                ok(promised, Past::VisitMovedOn)
            }
            Self::Departed { expert, departed_at } => {
                let on_the_way = matches!(state, Some(State::EnRoute { expert: his, departed_at: left, .. })
                    if his == expert && left == departed_at);
                ok(on_the_way, Past::VisitMovedOn)
            }
            Self::Later { expert, start_at } => {
                let comes = state.and_then(|state| match state {
                    State::Accepted { expert: his, visit, .. } | State::EnRoute { expert: his, visit, .. } => {
                        (his == expert).then_some(visit.start_at)
                    }
                    State::Waiting
                    | State::Offered { .. }
                    | State::OnSite { .. }
                    | State::OnHold { .. }
                    | State::Completed { .. }
                    | State::Cancelled { .. } => None,
                });
                // Moved again by little: this is near enough, and nothing else will be said.
                let still = comes.is_some_and(|comes| !is_news(*start_at, comes));
                ok(still, Past::VisitMovedOn)
            }
            Self::LookingAgain { .. } => {
                // Once somebody has it, who comes and when says more.
                ok(matches!(state, Some(State::Waiting | State::Offered { .. })), Past::VisitMovedOn)
            }
            Self::Held { why, until } => {
                let waits = matches!(state, Some(State::OnHold { why: now, until: then, .. })
                    if now == why && then == until);
                ok(waits, Past::VisitMovedOn)
            }
            Self::Closed { why } => {
                let closed = matches!(state, Some(State::Cancelled { why: now, .. }) if now == why);
                ok(closed, Past::VisitMovedOn)
            }
            Self::Escalated { reason, since, .. } => {
                let flag = life.and_then(|life| life.needs_human.as_ref());
                ok(flag.is_some_and(|flag| flag.reason == *reason && flag.since == *since), Past::Settled)
            }
            Self::Danger {} => {
                let flag = life.and_then(|life| life.needs_human.as_ref());
                ok(flag.is_some_and(|flag| super::reasons::is_open_danger(flag.reason)), Past::Settled)
            }
            Self::Money { news } => ok(!news.is_past(now), Past::Expired),
            Self::SignInCode { expires_at, .. } => ok(real_now < *expires_at, Past::Expired),
            // What was done stays done: these are dropped only by their own survey's state.
            Self::Survey { .. }
            | Self::SurveyAgain { .. }
            | Self::NotWorking { .. }
            | Self::Replied { .. }
            | Self::Account { .. } => None,
        }
    }
}

impl Past {
    /// The words in tables.
    pub fn words(self) -> &'static str {
        match self {
            Self::OfferGone => "the offer is no longer open",
            Self::VisitMovedOn => "the visit has moved on",
            Self::HasItAgain => "the expert has it again",
            Self::Settled => "a person has looked",
            Self::Expired => "it has expired",
            Self::Overtaken => "a newer notice says more",
        }
    }
}

macro_rules! words {
    ($type:ty { $($variant:ident = $word:literal),* $(,)? }) => {
        impl $type {
            /// The word in tables and JSON.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// What a word means.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    };
}
words!(Audience { Expert = "expert", Customer = "customer", Staff = "staff" });
words!(Channel { Push = "push", Sms = "sms", Email = "email", Call = "call" });

/// How a customer is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerContact {
    /// Name.
    pub name: String,
    /// E-mail, if there is one.
    pub email: Option<Email>,
    /// Phone.
    pub phone: Phone,
    /// Not a landline, and nobody asked us to stop.
    pub takes_sms: bool,
    /// What they chose.
    pub notify_by: NotifyBy,
    /// Their language.
    pub language: Language,
    /// Their zone.
    pub zone: Zone,
}

/// How an expert is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpertContact {
    /// Who.
    pub id: ExpertId,
    /// Name.
    pub name: String,
    /// Phone.
    pub phone: Phone,
    /// Not a landline, and he did not ask us to stop.
    pub takes_sms: bool,
    /// His language.
    pub language: Language,
    /// His zone.
    pub zone: Zone,
    /// Whether an SMS goes with each offer.
    pub sms: SmsRule,
}

/// A channel and the address on it. A push goes to the expert: to which of his phones is known when it is sent.
pub type Way = (Channel, String);

impl ExpertContact {
    /// Where an expert hears of this: what he must not miss goes by push and SMS. Where he wants it, the SMS of an offer
    /// waits until no phone has acknowledged it.
    pub fn ways(&self, matter: &Matter) -> Vec<Way> {
        let push = (Channel::Push, self.id.to_string());
        let may_wait = matches!(matter, Matter::Offer { .. }) && self.sms == SmsRule::IfUnheard;
        if may_wait || !self.takes_sms || matches!(matter, Matter::Lost { had_accepted: false, .. }) {
            vec![push]
        } else {
            vec![push, (Channel::Sms, self.phone.to_string())]
        }
    }
}

impl CustomerContact {
    /// Where a customer hears of their visit: as chosen, by SMS where an address is missing, and by a person who rings
    /// where nothing else is left.
    pub fn way(&self) -> Way {
        match (self.notify_by, &self.email, self.takes_sms) {
            (NotifyBy::Email, Some(email), _) | (NotifyBy::Sms, Some(email), false) => {
                (Channel::Email, email.to_string())
            }
            (NotifyBy::Email, None, true) | (NotifyBy::Sms, _, true) => (Channel::Sms, self.phone.to_string()),
            (NotifyBy::Email | NotifyBy::Sms, None, false) | (NotifyBy::Call, ..) => {
                (Channel::Call, self.phone.to_string())
            }
        }
    }

    /// The way beside one that failed, if there is one.
    pub fn other_way(&self, failed: Channel) -> Option<Way> {
        match failed {
            Channel::Sms => self.email.as_ref().map(|email| (Channel::Email, email.to_string())),
            Channel::Email => self.takes_sms.then(|| (Channel::Sms, self.phone.to_string())),
            Channel::Push | Channel::Call => None,
        }
    }

    /// Where a customer is asked how it was: by e-mail, else by SMS. Who wants to be rung and gave no address cannot
    /// be asked by a link.
    pub fn survey_way(&self) -> Option<Way> {
        match (&self.email, self.notify_by) {
            (Some(email), _) => Some((Channel::Email, email.to_string())),
            (None, NotifyBy::Sms | NotifyBy::Email) if self.takes_sms => Some((Channel::Sms, self.phone.to_string())),
            (None, NotifyBy::Sms | NotifyBy::Email | NotifyBy::Call) => None,
        }
    }
}

/// Once told of a move, customers hear of another only past this.
const MOVED_MINUTES: i64 = 20;

/// Whether a visit moved so far from what its customer was told that they hear of it again.
pub fn is_news(told: Timestamp, comes: Timestamp) -> bool {
    comes.millis_since(told).abs() > MOVED_MINUTES * 60_000
}

/// So long somebody else is looked for before the customer hears that the visit moves.
const LOOKING_MINUTES: i64 = 5;

/// When a customer should hear this. Nobody is woken for what can wait until morning; whoever has an urgent trouble,
/// or someone at the door before then, is told at once.
pub fn due_at(matter: &Matter, urgent: bool, zone: &Zone, now: Timestamp) -> Timestamp {
    match matter {
        Matter::Accepted { visit: VisitPlan { start_at, .. }, .. } | Matter::Later { start_at, .. } => {
            by_day(*start_at, urgent, zone, now)
        }
        // Mostly somebody else is found within minutes, and then only that is told.
        Matter::LookingAgain { start_at, .. } => by_day(*start_at, urgent, zone, now.plus_minutes(LOOKING_MINUTES)),
        // Only the night waits: who was out hears of it on the way home.
        Matter::Held { .. }
        | Matter::Closed { .. }
        | Matter::Survey { .. }
        | Matter::SurveyAgain { .. }
        | Matter::NotWorking { .. }
        | Matter::Money { .. } => after_quiet_hours(zone, now),
        Matter::Offer { .. }
        | Matter::Lost { .. }
        | Matter::Reminder { .. }
        | Matter::Stopped { .. }
        | Matter::GoOn { .. }
        | Matter::Unheard { .. }
        | Matter::Departed { .. }
        | Matter::Replied { .. }
        | Matter::Escalated { .. }
        | Matter::Danger {}
        | Matter::Account { .. }
        | Matter::SignInCode { .. } => now,
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
