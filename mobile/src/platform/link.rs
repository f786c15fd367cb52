//! Links that open a ticket: from an SMS, from a push that was tapped, from the office's page. A link of another server
//! than the one signed in to opens nothing: anybody can write one.

use shared::ids::TicketId;
use shared::number::TicketNumber;
use std::fmt;

/// The app's own kind of link, for a push and for phones whose system does not know the server's links.
pub const SCHEME: &str = "sysops-expert://ticket/";
/// Where the server's own links to a ticket lie; the packages claim this folder.
pub const FOLDER: &str = "/app/ticket/";
/// A longer link is none of ours.
const BYTES_MAX: usize = 500;

/// The ticket that a link speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// By its id, as a push says it.
    Id(TicketId),
    /// By its number, as people write it.
    Number(TicketNumber),
}

impl Target {
    /// What this link wants opened; nothing for a link that is none of ours, or of another server.
    pub fn of(link: &str, server: &str) -> Option<Self> {
        let link = link.trim();
        if link.len() > BYTES_MAX {
            return None;
        }
        let named = match link.strip_prefix(SCHEME) {
            Some(rest) => rest,
            None => link.strip_prefix(server.trim_end_matches('/'))?.strip_prefix(FOLDER)?,
        };
        let named = named.split(['?', '#', '/']).next().unwrap_or_default();
        named.parse().map(Self::Id).or_else(|_| named.parse().map(Self::Number)).ok()
    }

    /// Whether it is this ticket.
    pub fn is(self, id: TicketId, number: Option<TicketNumber>) -> bool {
        match self {
            Self::Id(wanted) => wanted == id,
            Self::Number(wanted) => number == Some(wanted),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "{id}"),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(hash: u8) -> TicketNumber {
        TicketNumber::from_hash([hash; 5])
    }

    #[test]
    fn a_link_opens_a_ticket_of_the_server_that_is_signed_in_to_and_nothing_else() {
        let server = "https://squad.example.com";
        let written = number(1).to_string();
        let id = "0199a3f0-0000-7000-8000-000000000001";
        for link in [
            format!("{SCHEME}{written}"),
            format!("{server}{FOLDER}{}?from=sms", written.replace('-', "").to_lowercase()),
            format!(" {server}{FOLDER}{written}/ "),
        ] {
            assert_eq!(Target::of(&link, server), Some(Target::Number(number(1))), "{link}");
        }
        assert_eq!(Target::of(&format!("{SCHEME}{id}"), server), Some(Target::Id(id.parse().unwrap())));
        for link in [
            format!("https://squad.example.com.evil.example{FOLDER}{written}"),
            format!("https://other.example{FOLDER}{written}"),
            format!("{server}/tickets/{written}"),
            "javascript:alert(1)".into(),
            SCHEME.into(),
            format!("{SCHEME}nonsense-that-is-none"),
            String::new(),
        ] {
            assert_eq!(Target::of(&link, server), None, "{link}");
        }
        assert_eq!(Target::of(&format!("{SCHEME}{}", "7".repeat(600)), server), None);
    }

    #[test]
    fn a_target_knows_its_ticket_by_number_or_id() {
        let id: TicketId = "0199a3f0-0000-7000-8000-000000000001".parse().unwrap();
        assert!(Target::Number(number(1)).is(id, Some(number(1))) && Target::Id(id).is(id, None));
        assert!(!Target::Number(number(9)).is(id, Some(number(1))) && !Target::Number(number(1)).is(id, None));
    }
}
