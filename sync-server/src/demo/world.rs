//! The demo's people. One password for all, hashed once: argon2 is slow on purpose, and a demo starts in a moment.

use crate::accounts::password::Password;
use crate::accounts::staff::{self, StaffFields, StaffRole};
use crate::accounts::store;
use crate::app::StartError;
use crate::db::{Error, Lane, Tx};
use crate::http::Site;
use shared::chance::Seeded;
use shared::ids::Id;
use shared::text::Email;
use shared::time::Timestamp;

/// Everybody's password.
const PASSWORD: &str = "maple-tin-rain";

/// Who can sign in, as it is printed: `role login password`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SignIn {
    role: &'static str,
    login: String,
}

impl std::fmt::Display for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {PASSWORD}", self.role, self.login)
    }
}

const STAFF: [(&str, &str, StaffRole); 2] =
    [("Ada Okafor", "admin@example.com", StaffRole::Admin), ("Émile Roux", "agent@example.com", StaffRole::Agent)];

/// Makes the world where it is not there yet; gives back who can sign in.
pub(super) async fn make(site: &Site, seed: u64) -> Result<Vec<SignIn>, StartError> {
    let chance = Seeded::new(seed);
    let password: Password = PASSWORD.parse().expect("it is long and mixed");
    let mut missing = Vec::new();
    for (name, email, role) in STAFF {
        let fields = StaffFields {
            name: name.parse().expect("it is a name"),
            email: email.parse().expect("it is an address"),
            phone: None,
            role,
            locale: "en".into(),
            zone: "America/New_York".parse().expect("it is a zone"),
        };
        missing.push((Id::new(Timestamp::EPOCH, &chance), fields));
    }
    let handle = |email: &Email| crate::accounts::handle::Handle::read(email.as_str()).expect("it is an address");
    let first = handle(&missing[0].1.email);
    let there = site.db.read(async move |conn| store::by_handle(conn, &first).await).await?.is_some();
    if !there {
        let hash = site.passwords.hash(&password).await.expect("nobody else hashes yet");
        let made = async move |tx: &mut Tx| {
            let now = tx.real_now();
            for (id, fields) in &missing {
                // A handle that is taken is theirs of an earlier, interrupted start.
                let _ = staff::create(tx, *id, fields, Some(hash.clone()), now).await?;
            }
            Ok::<_, Error>(())
        };
        site.db.write(Lane::Desk, made).await?;
    }
    Ok(STAFF.iter().map(|(_, email, role)| SignIn { role: role.role().word(), login: (*email).to_owned() }).collect())
}
