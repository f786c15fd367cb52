//! What a keyed hash makes: the tokens in links that need no sign-in, the numbers of tickets, and what is kept of a code.
//!
//! A token is the id and the first half of its HMAC-SHA-256, so a link needs no table and cannot be guessed; who has it
//! may see that one page. No link works for ever: a ticket's ends with the ticket and some weeks, a survey's with the
//! survey, the one that confirms an address carries its own end. A ticket's number is a keyed hash of who asked and under which key, so every server gives a
//! repeat the same number without a counter. Both follow from `SYSOPS_SECRET`: with another secret old links end.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use shared::ids::{CustomerId, Id, SurveyId, TicketId};
use shared::number::TicketNumber;
use shared::text::{Email, fold_key};
use shared::time::Timestamp;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

/// Bytes of an id.
const ID_BYTES: usize = 16;
/// Bytes of the hash in a token.
const PROOF_BYTES: usize = 16;

/// Bytes of the hour at which a token ends.
const UNTIL_BYTES: usize = 4;
/// Days for which the link that confirms an address works.
pub const CONFIRM_DAYS: i64 = 7;

/// The hour of an instant, from the epoch on.
fn hour(at: Timestamp) -> u32 {
    u32::try_from(at.as_millis() / 3_600_000).unwrap_or(0)
}

fn confirm_bytes(token: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(token).ok().filter(|bytes| bytes.len() == ID_BYTES + UNTIL_BYTES + PROOF_BYTES)
}

/// The key, and what it makes.
#[derive(Clone)]
pub struct Links {
    key: Vec<u8>,
}

impl Links {
    /// Of the server's secret.
    pub fn new(secret: &[u8]) -> Self {
        Self { key: secret.to_vec() }
    }

    /// The token of a ticket's own page, `/track/{token}`.
    pub fn track(&self, ticket: TicketId) -> String {
        self.token("track", ticket)
    }

    /// Which ticket a token opens.
    pub fn tracked(&self, token: &str) -> Option<TicketId> {
        self.id("track", token)
    }

    /// The token of a survey's page, `/survey/{token}`. That an answer counts once is the survey's own state.
    pub fn survey(&self, survey: SurveyId) -> String {
        self.token("survey", survey)
    }

    /// Which survey a token opens.
    pub fn surveyed(&self, token: &str) -> Option<SurveyId> {
        self.id("survey", token)
    }

    /// The token of the page that confirms this customer's address, `/confirm/{token}`; for another address it is another.
    /// It works for [`CONFIRM_DAYS`] from `now`, by the real clock.
    pub fn confirm(&self, customer: CustomerId, email: &Email, now: Timestamp) -> String {
        self.confirm_until(customer, email, hour(now.plus_minutes(CONFIRM_DAYS * 24 * 60)).saturating_add(1))
    }

    fn confirm_until(&self, customer: CustomerId, email: &Email, until_hour: u32) -> String {
        let mut bytes = customer.uuid().as_bytes().to_vec();
        bytes.extend(until_hour.to_be_bytes());
        bytes.extend(&self.address_proof(customer, email, until_hour)[..PROOF_BYTES]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Whose address a token is about. It proves nothing yet: [`Self::confirms`] does, once the address is known.
    pub fn asked_to_confirm(&self, token: &str) -> Option<CustomerId> {
        let bytes = confirm_bytes(token)?;
        Uuid::from_slice(&bytes[..ID_BYTES]).ok().map(Id::from_uuid)
    }

    /// Whether a token was sent to this address of this customer, and still works.
    pub fn confirms(&self, token: &str, customer: CustomerId, email: &Email, now: Timestamp) -> bool {
        let Some(until) = confirm_bytes(token).and_then(|bytes| bytes[ID_BYTES..].first_chunk().copied()) else {
            return false;
        };
        let until_hour = u32::from_be_bytes(until);
        let is_whole = self.confirm_until(customer, email, until_hour).as_bytes().ct_eq(token.as_bytes());
        bool::from(is_whole) && hour(now) < until_hour
    }

    fn address_proof(&self, customer: CustomerId, email: &Email, until_hour: u32) -> [u8; 32] {
        let address = fold_key(email.as_str());
        self.hash("confirm", &[customer.uuid().as_bytes(), address.as_bytes(), &until_hour.to_be_bytes()])
    }

    /// The number of the ticket that `caller` files under `key`; `attempt` counts up when a number is taken.
    pub fn ticket_number(&self, caller: &str, key: &str, attempt: u32) -> TicketNumber {
        let hash = self.hash("number", &[caller.as_bytes(), key.as_bytes(), &attempt.to_be_bytes()]);
        let first = hash.first_chunk().expect("a hash has 32 bytes");
        TicketNumber::from_hash(*first)
    }

    /// What is kept of a one-time code's digits: six digits alone would be found by trying all.
    pub fn code_digest(&self, code: Uuid, digits: &str) -> String {
        let hash = self.hash("code", &[code.as_bytes(), digits.as_bytes()]);
        URL_SAFE_NO_PAD.encode(hash)
    }

    fn token<Of>(&self, purpose: &str, id: Id<Of>) -> String {
        let id = id.uuid();
        let mut bytes = id.as_bytes().to_vec();
        bytes.extend(&self.hash(purpose, &[id.as_bytes()])[..PROOF_BYTES]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn id<Of>(&self, purpose: &str, token: &str) -> Option<Id<Of>> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok().filter(|bytes| bytes.len() == ID_BYTES + PROOF_BYTES)?;
        let (id, proof) = bytes.split_at(ID_BYTES);
        let right = &self.hash(purpose, &[id])[..PROOF_BYTES];
        bool::from(right.ct_eq(proof)).then(|| Uuid::from_slice(id).ok().map(Id::from_uuid))?
    }

    /// The parts are told apart by their lengths.
    fn hash(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("a key of any length will do");
        mac.update(purpose.as_bytes());
        for part in parts {
            mac.update(&u64::try_from(part.len()).expect("texts are short").to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl std::fmt::Debug for Links {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Links")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::chance::Seeded;

    fn links() -> Links {
        Links::new(b"a secret of the server, long enough")
    }

    fn ticket() -> TicketId {
        Id::new(Timestamp::EPOCH, &Seeded::new(1))
    }

    #[test]
    fn a_token_opens_what_it_was_made_for_and_nothing_else() {
        let token = links().track(ticket());
        assert_eq!(links().tracked(&token), Some(ticket()));
        assert_eq!(links().surveyed(&token), None, "made for another page");
        assert_eq!(Links::new(b"another secret").tracked(&token), None);
        for at in 0..token.len() {
            let mut other = token.clone().into_bytes();
            other[at] = if other[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(links().tracked(&String::from_utf8(other).unwrap()), None, "a changed character at {at}");
        }
        for nonsense in ["", "x", &token[1..], "ü"] {
            assert_eq!(links().tracked(nonsense), None);
        }
    }

    #[test]
    fn an_address_is_confirmed_by_the_link_that_was_sent_there_and_by_no_other() {
        let (mia, ben) = (Id::new(Timestamp::EPOCH, &Seeded::new(2)), Id::new(Timestamp::EPOCH, &Seeded::new(3)));
        let (old, new): (Email, Email) = ("mia@example.com".parse().unwrap(), "mia@example.org".parse().unwrap());
        let now: Timestamp = "2026-03-02T09:30:00Z".parse().unwrap();
        let token = links().confirm(mia, &old, now);
        let confirms = |token: &str, whose, address: &Email, at| links().confirms(token, whose, address, at);
        assert_eq!(links().asked_to_confirm(&token), Some(mia));
        assert!(confirms(&token, mia, &"MIA@example.com".parse().unwrap(), now));
        assert!(!confirms(&token, mia, &new, now) && !confirms(&token, ben, &old, now));
        assert!(!Links::new(b"another secret").confirms(&token, mia, &old, now));
        assert_eq!(links().asked_to_confirm("x"), None);
        // It works for seven days, to the end of the hour, and nobody can make it work longer.
        let end = now.plus_minutes(CONFIRM_DAYS * 24 * 60);
        assert!(confirms(&token, mia, &old, end));
        assert!(!confirms(&token, mia, &old, end.plus_minutes(60)));
        let mut bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
        bytes[ID_BYTES + UNTIL_BYTES - 1] = bytes[ID_BYTES + UNTIL_BYTES - 1].wrapping_add(1);
        let longer = URL_SAFE_NO_PAD.encode(bytes);
        assert!(!confirms(&longer, mia, &old, now), "another hour needs another proof");
    }

    #[test]
    fn a_repeat_gets_the_same_number_and_everything_else_another() {
        let number = |caller, key, attempt| links().ticket_number(caller, key, attempt);
        assert_eq!(number("mia", "k1", 0), number("mia", "k1", 0));
        let others = [number("mia", "k1", 1), number("mia", "k2", 0), number("ben", "k1", 0), number("miak", "1", 0)];
        assert!(others.iter().all(|other| *other != number("mia", "k1", 0)), "{others:?}");
    }
}
