//! Call-centre staff and admins. Whoever is created here signs in; whoever is switched off is signed in nowhere. The last
//! active admin can be neither switched off nor made an agent, else nobody could undo it.

pub mod store;

pub use store::{admins_to_tell, contact, create, get, list, set_active, update};

use super::{Person, Role};
use serde::{Deserialize, Serialize};
use shared::ids::StaffId;
use shared::text::{Email, Name, Phone};
use shared::time::Zone;

/// What staff may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StaffRole {
    /// Files tickets for callers.
    Agent,
    /// Keeps experts, skills, areas, plans, and sees everything.
    Admin,
}

impl StaffRole {
    /// The role among all.
    pub fn role(self) -> Role {
        match self {
            Self::Agent => Role::Agent,
            Self::Admin => Role::Admin,
        }
    }

    /// The person of this role.
    pub fn person(self, id: StaffId) -> Person {
        match self {
            Self::Agent => Person::Agent(id),
            Self::Admin => Person::Admin(id),
        }
    }
}

/// What an admin says about a colleague.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StaffFields {
    /// The name.
    pub name: Name,
    /// Signs in with it.
    pub email: Email,
    /// Signs in with it too.
    pub phone: Option<Phone>,
    /// What they may do.
    pub role: StaffRole,
    /// Language and format.
    pub locale: String,
    /// Where they work.
    pub zone: Zone,
}

/// A member of staff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Staff {
    /// The id.
    pub id: StaffId,
    /// What an admin said.
    #[serde(flatten)]
    pub fields: StaffFields,
    /// Whether they may sign in.
    pub active: bool,
    /// The version, to edit what one has seen.
    pub ver: i64,
}

/// How staff is told something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffContact {
    /// The id.
    pub id: StaffId,
    /// The name.
    pub name: Name,
    /// Where to.
    pub email: Email,
    /// Language and format.
    pub locale: String,
    /// By which clock.
    pub zone: Zone,
}

/// Why a colleague was not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unchanged {
    /// There is nobody with this id.
    #[error("there is nobody with this id")]
    Unknown,
    /// Somebody changed them in the meantime.
    #[error("someone changed this in the meantime")]
    Stale,
    /// Somebody else signs in with this.
    #[error(transparent)]
    Taken(#[from] super::HandleTaken),
    /// Nobody would be left to undo it.
    #[error("this is the last active admin; make someone else an admin first")]
    LastAdmin,
}
