//! What we answer, in the language of whoever wrote. Each answer is one SMS. Pure.

use crate::tickets::Ticket;
use shared::texts::{Language, TextId, Value, gsm};
use shared::time::Zone;
use std::collections::BTreeSet;

/// Offers that are named when we ask back.
const NAMED_MAX: usize = 4;

/// A text in a language, in the letters of SMS.
pub(super) fn say(language: Language, id: TextId, args: &[(&str, &str)]) -> String {
    let args: Vec<(&str, Value<'_>)> = args.iter().map(|(name, text)| (*name, Value::Text(text))).collect();
    gsm::fold(&language.catalogue().text(id, &args))
}

/// The beginnings of these tickets' numbers, as long as it takes to tell them apart.
pub(super) fn short(tickets: &[Ticket]) -> Vec<String> {
    let whole: Vec<String> = tickets.iter().map(|ticket| ticket.number.to_string()).collect();
    let cut = |n_chars: usize| whole.iter().map(|number| number[..n_chars].to_owned()).collect::<Vec<_>>();
    // One group, two, all three, with their dashes.
    let distinct = |short: &Vec<String>| short.iter().collect::<BTreeSet<_>>().len() == short.len();
    [3, 7].into_iter().map(cut).find(distinct).unwrap_or(whole.clone())
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
    let mut short = short(tickets);
    short.truncate(NAMED_MAX);
    let example = short.first().cloned().unwrap_or_default();
    say(language, TextId::ReplyWhichSms, &[("numbers", &short.join(", ")), ("number", &example)])
}

fn numbers(tickets: &[Ticket]) -> String {
    match tickets {
        [one] => one.number.to_string(),
        several => {
            let mut short = short(several);
            short.truncate(NAMED_MAX);
            short.join(", ")
        }
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
