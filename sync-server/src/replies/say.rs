//! What we answer, in the language of whoever wrote. Each answer is one SMS. Pure.

use crate::tickets::Ticket;
use shared::texts::{Language, TextId, Value, gsm};
use shared::time::Zone;

/// Offers that are named when we ask back.
const NAMED_MAX: usize = 4;

/// A text in a language, in the letters of SMS.
pub(super) fn say(language: Language, id: TextId, args: &[(&str, &str)]) -> String {
    let args: Vec<(&str, Value<'_>)> = args.iter().map(|(name, text)| (*name, Value::Text(text))).collect();
    gsm::fold(&language.catalogue().text(id, &args))
}

/// The first group of a ticket's number.
pub(super) fn short(ticket: &Ticket) -> String {
    ticket.number.to_string().chars().take(3).collect()
}

/// The offer is his.
pub(super) fn accepted(language: Language, zone: &Zone, tickets: &[Ticket]) -> String {
    let numbers = numbers(tickets);
    let visit = tickets.first().and_then(|ticket| ticket.life.state.visit());
    let when = visit.map(|visit| language.catalogue().when(zone, visit.start_at)).unwrap_or_default();
    say(language, TextId::ReplyAcceptedSms, &[("number", &numbers), ("when", &when)])
}

/// It goes to somebody else.
pub(super) fn declined(language: Language, tickets: &[Ticket]) -> String {
    say(language, TextId::ReplyDeclinedSms, &[("number", &numbers(tickets))])
}

/// Which of several?
pub(super) fn which(language: Language, tickets: &[Ticket]) -> String {
    let short: Vec<String> = tickets.iter().take(NAMED_MAX).map(short).collect();
    let example = short.first().cloned().unwrap_or_default();
    say(language, TextId::ReplyWhichSms, &[("numbers", &short.join(", ")), ("number", &example)])
}

fn numbers(tickets: &[Ticket]) -> String {
    match tickets {
        [one] => one.number.to_string(),
        several => several.iter().take(NAMED_MAX).map(short).collect::<Vec<_>>().join(", "),
    }
}

/// The provider's document that sends this answer back; an empty one sends nothing.
pub(super) fn document(answer: &str) -> String {
    const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>"#;
    if answer.is_empty() {
        return format!("{HEAD}<Response/>");
    }
    let escaped = answer.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("{HEAD}<Response><Message>{escaped}</Message></Response>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_escaped_and_no_answer_is_an_empty_document() {
        assert!(document("").ends_with("<Response/>"));
        assert!(document("a < b & c").ends_with("<Response><Message>a &lt; b &amp; c</Message></Response>"));
    }
}
