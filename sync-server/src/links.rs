//! What a keyed hash makes: the tokens in links that need no sign-in, the numbers of tickets, and what is kept of a code.
//!
//! A token is the id and the first half of its HMAC-SHA-256, so a link needs no table and cannot be guessed; who has it
//! may see that one page. A ticket's number is a keyed hash of who asked and under which key, so every server gives a
//! repeat the same number without a counter. Both follow from `SYSOPS_SECRET`: with another secret old links end.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use shared::ids::{CustomerId, Id, SurveyId, TicketId};
use shared::number::TicketNumber;
use shared::text::{Email, fold_key};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

/// Bytes of an id.
const ID_BYTES: usize = 16;
/// Bytes of the hash in a token.
const PROOF_BYTES: usize = 16;

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
    pub fn confirm(&self, customer: CustomerId, email: &Email) -> String {
        let mut bytes = customer.uuid().as_bytes().to_vec();
        bytes.extend(&self.address_proof(customer, email)[..PROOF_BYTES]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Whose address a token is about. It proves nothing yet: [`Self::confirms`] does, once the address is known.
    pub fn asked_to_confirm(&self, token: &str) -> Option<CustomerId> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok().filter(|bytes| bytes.len() == ID_BYTES + PROOF_BYTES)?;
        Uuid::from_slice(&bytes[..ID_BYTES]).ok().map(Id::from_uuid)
    }

    /// Whether a token was sent to this address of this customer.
    pub fn confirms(&self, token: &str, customer: CustomerId, email: &Email) -> bool {
        bool::from(self.confirm(customer, email).as_bytes().ct_eq(token.as_bytes()))
    }

    fn address_proof(&self, customer: CustomerId, email: &Email) -> [u8; 32] {
        self.hash("confirm", &[customer.uuid().as_bytes(), fold_key(email.as_str()).as_bytes()])
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
    use shared::time::Timestamp;

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
        let token = links().confirm(mia, &old);
        assert_eq!(links().asked_to_confirm(&token), Some(mia));
        assert!(links().confirms(&token, mia, &"MIA@example.com".parse().unwrap()));
        assert!(!links().confirms(&token, mia, &new) && !links().confirms(&token, ben, &old));
        assert!(!Links::new(b"another secret").confirms(&token, mia, &old));
        assert_eq!(links().asked_to_confirm("x"), None);
    }

    #[test]
    fn a_repeat_gets_the_same_number_and_everything_else_another() {
        let number = |caller, key, attempt| links().ticket_number(caller, key, attempt);
        assert_eq!(number("mia", "k1", 0), number("mia", "k1", 0));
        let others = [number("mia", "k1", 1), number("mia", "k2", 0), number("ben", "k1", 0), number("miak", "1", 0)];
        assert!(others.iter().all(|other| *other != number("mia", "k1", 0)), "{others:?}");
    }
}
