//! What people answer by SMS: an expert's yes or no to what he was asked, the wish to hear no more, and everything else,
//! which goes on the open ticket or to a person.
//!
//! Nothing is guessed. A yes that could mean two offers is asked back, a note that could belong to two tickets is read by a
//! person, and a word that only begins like an answer is none. A repeated call is answered like the first and does
//! nothing again.

mod read;
mod say;
pub mod store;
mod take;
pub mod webhook;

#[cfg(test)]
mod webhook_tests;
