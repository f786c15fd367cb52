//! What customers hear about money, and in which words. Pure. It chooses nothing: what happened and what it costs is said
//! by whoever knows.

use super::plan::{Channel, CustomerContact};
use super::render::Words;
use serde::{Deserialize, Serialize};
use shared::ids::{ChargeId, RefundId};
use shared::texts::{TextId, Value, gsm};
use shared::time::Timestamp;

/// Characters of a plan's name in an SMS.
const SMS_PLAN_CHARS: usize = 24;

/// A piece of news about money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "about")]
pub enum MoneyNews {
    /// A period ends soon, and the next one is charged then.
    Soon {
        /// The next period's charge.
        charge: ChargeId,
        /// So many days ahead.
        days: u32,
        /// When it is charged: afterwards this is no news.
        due_at: Timestamp,
    },
    /// A period was paid.
    Paid {
        /// Its charge.
        charge: ChargeId,
    },
    /// A period could not be charged.
    Unpaid {
        /// Its charge.
        charge: ChargeId,
        /// The how-manieth time.
        n: i64,
    },
    /// A plan lapsed, because its next period was not paid.
    Lapsed {
        /// The charge.
        charge: ChargeId,
    },
    /// The card that a plan is charged to expires.
    CardExpires {
        /// With the end of this year's …
        year: u16,
        /// … month.
        month: u8,
    },
    /// Money was given back.
    Refunded {
        /// The refund.
        refund: RefundId,
    },
}

impl MoneyNews {
    /// The word in tables.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Soon { .. } => "renewal_soon",
            Self::Paid { .. } => "paid",
            Self::Unpaid { .. } => "unpaid",
            Self::Lapsed { .. } => "plan_lapsed",
            Self::CardExpires { .. } => "card_expires",
            Self::Refunded { .. } => "refunded",
        }
    }

    /// What sets it apart from others of its kind for the same person.
    pub fn distinction(&self) -> String {
        match self {
            Self::Soon { charge, days, .. } => format!("{charge}:{days}"),
            Self::Paid { charge } | Self::Lapsed { charge } => charge.to_string(),
            Self::Unpaid { charge, n } => format!("{charge}:{n}"),
            Self::CardExpires { year, month } => format!("{year}-{month:02}"),
            Self::Refunded { refund } => refund.to_string(),
        }
    }

    /// Whether it is too late to say.
    pub fn is_past(&self, now: Timestamp) -> bool {
        match self {
            Self::Soon { due_at, .. } => *due_at <= now,
            Self::Paid { .. }
            | Self::Unpaid { .. }
            | Self::Lapsed { .. }
            | Self::CardExpires { .. }
            | Self::Refunded { .. } => false,
        }
    }
}

/// What the words about money are made of. What a text does not use may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MoneyFacts {
    /// The plan's name.
    pub plan: String,
    /// How much.
    pub price: String,
    /// The instant that it is about: of the charge, the end of the period or of the grace.
    pub at: Timestamp,
    /// The card, or why it was not charged.
    pub note: Option<MoneyNote>,
    /// The card as its owner knows it.
    pub card: String,
    /// The page to look at.
    pub link: String,
    /// A page to look at with a short address, for an SMS.
    pub page: String,
}

/// A sentence inside a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoneyNote {
    /// It will be charged to the card.
    CardFine,
    /// The card expires before.
    CardExpires,
    /// There is no card.
    NoCard,
    /// The bank said no.
    Declined,
    /// Not enough money.
    Funds,
    /// The bank wants a confirmation.
    Confirm,
    /// The card has expired.
    Expired,
    /// The card is blocked.
    Blocked,
    /// Ours to mend.
    Ours,
}

impl MoneyNote {
    fn text(self) -> TextId {
        match self {
            Self::CardFine => TextId::MoneyCardFine,
            Self::CardExpires => TextId::MoneyCardExpires,
            Self::NoCard => TextId::MoneyNoCard,
            Self::Declined => TextId::MoneyDeclined,
            Self::Funds => TextId::MoneyFunds,
            Self::Confirm => TextId::MoneyConfirm,
            Self::Expired => TextId::MoneyExpired,
            Self::Blocked => TextId::MoneyBlocked,
            Self::Ours => TextId::MoneyOurs,
        }
    }
}

fn texts(news: &MoneyNews) -> (TextId, TextId, TextId, TextId) {
    match news {
        MoneyNews::Soon { .. } => (TextId::SoonSubject, TextId::SoonMail, TextId::SoonSms, TextId::SoonCall),
        MoneyNews::Paid { .. } => (TextId::PaidSubject, TextId::PaidMail, TextId::PaidSms, TextId::PaidCall),
        MoneyNews::Unpaid { .. } => (TextId::UnpaidSubject, TextId::UnpaidMail, TextId::UnpaidSms, TextId::UnpaidCall),
        MoneyNews::Lapsed { .. } => (TextId::LapsedSubject, TextId::LapsedMail, TextId::LapsedSms, TextId::LapsedCall),
        MoneyNews::CardExpires { .. } => {
            (TextId::CardExpiresSubject, TextId::CardExpiresMail, TextId::CardExpiresSms, TextId::CardExpiresCall)
        }
        MoneyNews::Refunded { .. } => {
            (TextId::RefundedSubject, TextId::RefundedMail, TextId::RefundedSms, TextId::RefundedCall)
        }
    }
}

/// The words of a piece of news on a channel.
pub fn words(news: &MoneyNews, facts: &MoneyFacts, contact: &CustomerContact, channel: Channel) -> Words {
    let catalogue = contact.language.catalogue();
    let when = catalogue.date(&contact.zone, facts.at);
    let plan = match channel {
        Channel::Sms => gsm::shorten(&facts.plan, SMS_PLAN_CHARS),
        Channel::Push | Channel::Email | Channel::Call => facts.plan.clone(),
    };
    let note = facts.note.map(|note| catalogue.text(note.text(), &[("card", Value::Text(&facts.card))]));
    let note = note.unwrap_or_default();
    let args = [
        ("name", Value::Text(&contact.name)),
        ("phone", Value::Text(contact.phone.as_str())),
        ("plan", Value::Text(&plan)),
        ("price", Value::Text(&facts.price)),
        ("when", Value::Text(&when)),
        ("card", Value::Text(&facts.card)),
        ("note", Value::Text(&note)),
        ("link", Value::Text(&facts.link)),
        ("page", Value::Text(&facts.page)),
    ];
    let (subject, mail, sms, call) = texts(news);
    let link = Some(facts.link.clone());
    match channel {
        Channel::Sms => {
            Words { subject: None, body: gsm::fold(&catalogue.text(sms, &args)), link: Some(facts.page.clone()) }
        }
        Channel::Call => Words { subject: None, body: catalogue.text(call, &args), link: None },
        Channel::Email | Channel::Push => {
            Words { subject: Some(catalogue.text(subject, &args)), body: catalogue.text(mail, &args), link }
        }
    }
}
