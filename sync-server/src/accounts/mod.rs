//! Who signs in: logins, passwords, one-time codes, tokens, roles, and the devices of experts.
//!
//! A person has one login; its handles (e-mail, phone number) are unique over all people. Passwords are argon2id, on two
//! permits so that a wave of sign-ins does not freeze the rest. Tokens are 256 random bits of which only the SHA-256 is
//! kept. A login that nobody has is answered as slowly and with the same words as a wrong password. Names, homes and
//! skills are not here: they belong to the capability of each kind of person, which gives copies of what a greeting needs.

pub mod api;
pub mod change;
pub mod codes;
pub mod devices;
pub mod handle;
pub mod jobs;
pub mod link;
pub mod next;
pub mod pages;
pub mod password;
pub mod sessions;
pub mod sign_in;
pub mod staff;
pub mod store;
pub mod token;

use serde::{Deserialize, Serialize};
use shared::event::Actor;
use shared::ids::{CustomerId, ExpertId, LoginId, NotAnId, StaffId};
use shared::text::{Email, Name, Phone};
use shared::time::{Timestamp, Zone};

/// What a person is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Asks.
    Customer,
    /// Visits.
    Expert,
    /// Call-centre staff who file tickets for callers.
    Agent,
    /// Staff who keep experts, skills, areas, plans and see everything.
    Admin,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 4] = [Self::Customer, Self::Expert, Self::Agent, Self::Admin];

    /// The word in tables and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Expert => "expert",
            Self::Agent => "agent",
            Self::Admin => "admin",
        }
    }

    /// The role of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// Whether it is call-centre staff or an admin.
    pub fn is_staff(self) -> bool {
        match self {
            Self::Agent | Self::Admin => true,
            Self::Customer | Self::Expert => false,
        }
    }
}

/// Somebody who signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Person {
    /// A customer.
    Customer(CustomerId),
    /// An expert.
    Expert(ExpertId),
    /// Call-centre staff.
    Agent(StaffId),
    /// An admin.
    Admin(StaffId),
}

impl Person {
    /// The person of this role with this id.
    pub fn of(role: Role, id: &str) -> Result<Self, NotAnId> {
        Ok(match role {
            Role::Customer => Self::Customer(id.parse()?),
            Role::Expert => Self::Expert(id.parse()?),
            Role::Agent => Self::Agent(id.parse()?),
            Role::Admin => Self::Admin(id.parse()?),
        })
    }

    /// The id, whatever it is of.
    pub fn id_text(self) -> String {
        match self {
            Self::Customer(id) => id.to_string(),
            Self::Expert(id) => id.to_string(),
            Self::Agent(id) | Self::Admin(id) => id.to_string(),
        }
    }

    /// The role.
    pub fn role(self) -> Role {
        match self {
            Self::Customer(_) => Role::Customer,
            Self::Expert(_) => Role::Expert,
            Self::Agent(_) => Role::Agent,
            Self::Admin(_) => Role::Admin,
        }
    }

    /// Who did it, for a ticket's history.
    pub fn actor(self) -> Actor {
        match self {
            Self::Customer(id) => Actor::Customer(id),
            Self::Expert(id) => Actor::Expert(id),
            Self::Agent(id) => Actor::Agent(id),
            Self::Admin(id) => Actor::Admin(id),
        }
    }
}

/// What a greeting and a code need of a person: copies that the person's own table gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// What to call them.
    pub name: Name,
    /// Language and format, like `en`.
    pub locale: String,
    /// Where they live.
    pub zone: Zone,
}

/// A login to create.
#[derive(Clone, Debug)]
pub struct NewLogin {
    /// Its id.
    pub id: LoginId,
    /// Whose.
    pub person: Person,
    /// Name, language and zone.
    pub profile: Profile,
    /// One handle.
    pub email: Option<Email>,
    /// The other. Somebody without either cannot sign in yet.
    pub phone: Option<Phone>,
    /// Without one only codes sign in.
    pub password: Option<password::PasswordHash>,
    /// The real instant.
    pub now: Timestamp,
}

/// Somebody else signs in with this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandleTaken {
    /// The e-mail address.
    #[error("someone else signs in with this e-mail address")]
    Email,
    /// The phone number.
    #[error("someone else signs in with this phone number")]
    Phone,
}

impl HandleTaken {
    /// The field of a form or document that holds it.
    pub fn field(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }
}
