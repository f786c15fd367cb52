//! One-time codes by SMS or e-mail: for a new phone, and for those who have no password.
//!
//! The row is there first and a job is enqueued with it; the digits are made when they are sent and only their keyed
//! hash is kept (`Links::code_digest`), so no table and no queue ever holds a code. A code lives ten minutes, takes five
//! tries, and a newer one replaces it. Who has no such login gets no row, and hears nothing else than who has.
//!
//! A customer gets one by SMS and one by mail, where a link stands beside the digits: whoever has a landline, or stopped
//! our SMS, gets in by that. Whichever of them opens first ends the others. A link is 256 random bits, so wrong digits,
//! which anybody may type, count against codes and not against it.

use super::{Person, Profile, store::Login};
use shared::chance::Chance;
use shared::ids::LoginId;
use shared::text::{Email, Name, Phone};
use shared::time::Timestamp;

pub use super::store::codes::{
    end_older, issue, keep_link, linked, redeem, redeem_link, request, request_all, trim, withhold,
};

/// How long a code is good for, from the moment it was asked for.
pub const CODE_MINUTES: i64 = 10;
/// Wrong tries after which a code is dead.
pub(super) const TRIES_MAX: i64 = 5;

/// On what a code travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeChannel {
    /// To the login's phone number.
    Sms,
    /// To the login's e-mail address.
    Email,
    /// To the login's e-mail address, with a link beside it.
    Link(Wish),
}

/// What somebody asked for, which is where a link leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// To be let in.
    SignIn,
    /// To choose a new password, because the old one is forgotten.
    Reset,
}

/// Whose a link is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// The login.
    pub login: LoginId,
    /// Who.
    pub person: Person,
    /// What to call them.
    pub name: Name,
    /// What they asked for.
    pub wish: Wish,
}

/// Where a code goes, and how it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeTarget {
    /// The channel and the address.
    pub to: CodeAddress,
    /// When the code ends, by the real clock.
    pub expires_at: Timestamp,
    /// Who asked.
    pub person: Person,
    /// Their name, language and zone.
    pub profile: Profile,
    /// For what a link stands beside it, if one does.
    pub link: Option<Wish>,
}

/// The address of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeAddress {
    /// By SMS.
    Sms(Phone),
    /// By e-mail.
    Email(Email),
}

impl CodeChannel {
    /// The word in the table.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Email => "email",
            Self::Link(Wish::SignIn) => "link",
            Self::Link(Wish::Reset) => "reset_link",
        }
    }

    /// What a word means.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        let all = [Self::Sms, Self::Email, Self::Link(Wish::SignIn), Self::Link(Wish::Reset)];
        all.into_iter().find(|channel| channel.word() == word)
    }

    /// What stands beside the code.
    pub(super) fn link(self) -> Option<Wish> {
        match self {
            Self::Sms | Self::Email => None,
            Self::Link(wish) => Some(wish),
        }
    }

    /// The channels for a login. A customer's are all that may be open, and which of them are is asked when it is sent;
    /// for our own people it is the phone that somebody asks from, else the mailbox.
    pub fn of(login: &Login, wish: Wish) -> Vec<Self> {
        let sms = login.phone.as_ref().map(|_| Self::Sms);
        let mail = |channel: Self| login.email.as_ref().map(|_| channel);
        match login.person {
            Person::Customer(_) => sms.into_iter().chain(mail(Self::Link(wish))).collect(),
            Person::Expert(_) | Person::Agent(_) | Person::Admin(_) => {
                sms.or_else(|| mail(Self::Email)).into_iter().collect()
            }
        }
    }
}

/// Six digits.
pub fn digits(chance: &dyn Chance) -> String {
    format!("{:06}", chance.below(1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::chance::Seeded;
    use shared::ids::Id;
    use shared::time::Zone;

    fn login(person: Person, email: Option<&str>, phone: Option<&str>) -> Login {
        Login {
            id: Id::new(Timestamp::from_millis(1), &Seeded::new(1)),
            person,
            profile: Profile { name: "Mia".parse().unwrap(), locale: "en".into(), zone: Zone::utc() },
            email: email.map(|email| email.parse().unwrap()),
            phone: phone.map(|phone| phone.parse().unwrap()),
            password: None,
            active: true,
        }
    }

    #[test]
    fn a_customer_is_sent_a_code_by_every_way_and_our_own_people_by_one() {
        use CodeChannel::{Email, Link, Sms};
        let customer = Person::Customer(Id::new(Timestamp::from_millis(1), &Seeded::new(2)));
        let agent = Person::Agent(Id::new(Timestamp::from_millis(1), &Seeded::new(3)));
        let (mail, phone, wish) = (Some("mia@example.com"), Some("+12125550100"), Wish::Reset);
        let cases = [
            (customer, mail, phone, vec![Sms, Link(wish)]),
            (customer, mail, None, vec![Link(wish)]),
            (customer, None, phone, vec![Sms]),
            (customer, None, None, vec![]),
            (agent, mail, phone, vec![Sms]),
            (agent, mail, None, vec![Email]),
            (agent, None, None, vec![]),
        ];
        for (person, email, phone, channels) in cases {
            assert_eq!(CodeChannel::of(&login(person, email, phone), wish), channels);
        }
        for channel in [Sms, Email, Link(Wish::SignIn), Link(Wish::Reset)] {
            assert_eq!(CodeChannel::from_word(channel.word()), Some(channel));
        }
    }
}
