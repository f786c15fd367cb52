//! E-mail by SMTP. `mail` writes what is said as plain text and as HTML, `gateway` hands it to the mail server.
//!
//! SMTP has no way to ask whether a message was taken: after an outcome nobody knows, it goes out once more under the same
//! Message-ID, by which mail programs show it once.

pub mod gateway;
mod mail;
