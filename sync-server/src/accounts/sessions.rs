//! Who is signed in, remembered for a moment, so that a busy caller does not cost a read with each request.
//!
//! Whatever ends or changes a sign-in wakes with [`Wake::SignIns`] after its commit, before its caller has an answer: on
//! this server the next request is looked up anew. Other servers on one PostgreSQL hear it too, and forget by themselves
//! after [`KNOWN_MS`] should that wake be lost. Only sessions are remembered, never that there is none.

use super::store::{self, Session};
use super::token::TokenHash;
use crate::db::{Database, Error, Listener, Wake};
use shared::time::Timestamp;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How long a session is taken as known, in milliseconds of the real clock.
const KNOWN_MS: i64 = 2_000;
/// Sessions that are remembered; one more and all are forgotten.
const KNOWN_MAX: usize = 20_000;

/// The memory of one server.
#[derive(Debug)]
pub struct Sessions(Mutex<Known>);

#[derive(Debug)]
struct Known {
    wakes: Listener,
    sessions: HashMap<TokenHash, (Session, Timestamp)>,
    /// Grows each time all are forgotten: what was read before then is not remembered.
    n_forgotten: u64,
}

impl Known {
    fn hear(&mut self) {
        let ended = |wake: &Wake| match wake {
            Wake::SignIns | Wake::Everything => true,
            Wake::Jobs | Wake::Clock | Wake::Dirty(_) => false,
        };
        if self.wakes.drain().iter().any(ended) || self.sessions.len() > KNOWN_MAX {
            self.sessions.clear();
            self.n_forgotten += 1;
        }
    }
}

impl Sessions {
    /// A memory that hears this database's wakes.
    pub fn of(db: &Database) -> Self {
        Self(Mutex::new(Known { wakes: db.listen(), sessions: HashMap::new(), n_forgotten: 0 }))
    }

    /// Whom a token signs in now; an expired one nobody.
    pub async fn find(&self, db: &Database, hash: TokenHash, now_real: Timestamp) -> Result<Option<Session>, Error> {
        let (known, n_forgotten) = {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            known.hear();
            (known.sessions.get(&hash).cloned(), known.n_forgotten)
        };
        if let Some((session, read_at)) = known
            && now_real.millis_since(read_at) < KNOWN_MS
            && session.expires_at.is_none_or(|end| now_real < end)
        {
            return Ok(Some(session));
        }
        let wanted = hash.clone();
        let found = db.read(async move |conn| store::session(conn, &wanted, now_real).await).await?;
        if let Some(session) = &found {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            known.hear();
            if known.n_forgotten == n_forgotten {
                known.sessions.insert(hash, (session.clone(), now_real));
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::store::{TokenKind, add_token, create_login, end_token, set_active};
    use crate::accounts::{NewLogin, Person, Profile};
    use crate::db::testing::both_engines;
    use crate::db::{Lane, Tx};
    use shared::chance::Seeded;
    use shared::ids::Id;

    #[tokio::test]
    async fn whoever_is_signed_out_or_switched_off_is_nobody_at_once() {
        both_engines(async |db| {
            let now = db.clock().real_now();
            let hash = TokenHash::of("a token");
            let login = NewLogin {
                id: Id::new(now, &Seeded::new(1)),
                person: Person::Agent(Id::new(now, &Seeded::new(2))),
                profile: Profile {
                    name: "Émile".parse().unwrap(),
                    locale: "en".into(),
                    zone: "America/Denver".parse().unwrap(),
                },
                email: Some("emile@example.com".parse().unwrap()),
                phone: None,
                password: None,
                now,
            };
            let (id, person) = (login.id, login.person);
            let sessions = Sessions::of(&db);
            let find = async || sessions.find(&db, hash.clone(), now).await.unwrap().map(|session| session.person);
            let sign_in = async || {
                let hash = hash.clone();
                let add = async move |tx: &mut Tx| add_token(tx, id, &hash, TokenKind::Bearer, None).await;
                db.write(Lane::Desk, add).await.unwrap();
            };
            db.write(Lane::Desk, async move |tx| create_login(tx, login.clone()).await).await.unwrap().unwrap();
            assert_eq!(find().await, None);
            sign_in().await;
            assert_eq!(
                (find().await, find().await),
                (Some(person), Some(person)),
                "that there is none is not remembered"
            );

            let ended = hash.clone();
            db.write(Lane::Desk, async move |tx| end_token(tx, &ended).await).await.unwrap();
            assert_eq!(find().await, None, "signed out");

            sign_in().await;
            assert_eq!(find().await, Some(person));
            db.write(Lane::Desk, async move |tx| set_active(tx, person, false, now).await).await.unwrap();
            assert_eq!(find().await, None, "switched off");
        })
        .await;
    }

    #[tokio::test]
    async fn a_session_ends_at_its_instant_though_it_is_remembered_and_is_looked_up_again_after_two_seconds() {
        both_engines(async |db| {
            let now = db.clock().real_now();
            let hash = TokenHash::of("a token");
            let person = Person::Agent(Id::new(now, &Seeded::new(2)));
            let session = Session {
                login: Id::new(now, &Seeded::new(1)),
                person,
                token: hash.clone(),
                device: None,
                expires_at: Some(now.plus_millis(1_000)),
                revoked: false,
            };
            let sessions = Sessions::of(&db);
            let remember = |session: Session| {
                let mut known = sessions.0.lock().unwrap();
                known.sessions.insert(hash.clone(), (session, now));
            };
            // The tables know nobody: what is found comes from the memory.
            let find =
                async |millis| sessions.find(&db, hash.clone(), now.plus_millis(millis)).await.unwrap().is_some();
            remember(session.clone());
            assert_eq!((find(999).await, find(1_000).await), (true, false));
            remember(Session { expires_at: None, ..session });
            assert_eq!((find(KNOWN_MS - 1).await, find(KNOWN_MS).await), (true, false));
        })
        .await;
    }
}
