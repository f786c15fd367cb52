//! Card numbers in text: what must not be found in anything that we keep or print.

/// Runs of digits, also with spaces or dashes, that pass Luhn's check, begin as cards do, and stand by themselves: what
/// touches a letter is a piece of an id or a hash, and of thousands of those a few pass Luhn's check by chance.
pub fn card_numbers(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let is_part = |char: char| char.is_ascii_digit() || char == ' ' || char == '-';
    let mut rest = text;
    let mut before = None;
    while let Some(begins) = rest.find(is_part) {
        before = rest[..begins].chars().next_back().or(before);
        let run = &rest[begins..];
        let ends = run.find(|char| !is_part(char)).unwrap_or(run.len());
        let (run, after) = run.split_at(ends);
        let touches = |edge: Option<char>, at_edge: Option<char>| {
            edge.is_some_and(|char| char.is_ascii_alphabetic()) && at_edge.is_some_and(|char| char != ' ')
        };
        let stands_alone =
            !touches(before, run.chars().next()) && !touches(after.chars().next(), run.chars().next_back());
        let digits: Vec<u32> = run.chars().filter_map(|char| char.to_digit(10)).collect();
        if stands_alone && is_card(&digits) {
            found.push(digits.iter().map(ToString::to_string).collect());
        }
        before = run.chars().next_back();
        rest = after;
    }
    found
}

/// As long as cards are, beginning as they do, with a last digit that checks the others.
fn is_card(digits: &[u32]) -> bool {
    let doubled = digits.iter().rev().enumerate().map(|(at, digit)| match (at % 2, digit * 2) {
        (0, _) => *digit,
        (_, double) if double > 9 => double - 9,
        (_, double) => double,
    });
    let sum: u32 = doubled.sum();
    (15..=16).contains(&digits.len()) && matches!(digits.first(), Some(3..=6)) && sum.is_multiple_of(10)
}

#[test]
fn a_card_number_is_seen_however_it_is_written_and_others_are_not() {
    for text in ["a 4242 4242-4242 4242, b", "{\"n\":\"4242424242424242\"}", "4242424242424242"] {
        assert_eq!(card_numbers(text), ["4242424242424242"], "{text}");
    }
    assert_eq!(card_numbers("3782 822463 10005"), ["378282246310005"], "fifteen digits too");
    assert_eq!(card_numbers("card 4242424242424242 was typed"), ["4242424242424242"], "a word beside it hides nothing");
    assert_eq!(card_numbers("1,4242424242424242,x,378282246310005"), ["4242424242424242", "378282246310005"]);
    for text in ["a4242424242424242", "4242424242424242f", "01a21ac2-a995-7ac3-b424-242424242424242b"] {
        assert_eq!(card_numbers(text), [""; 0], "{text} is a piece of a hash or an id");
    }
    for text in ["4242424242424241", "pm_4242", "1772442000000", "0199a3f0-7c1e-7d2a-8b11-5f6e7a8b9c0d", "+12125550100"]
    {
        assert_eq!(card_numbers(text), [""; 0], "{text}");
    }
}
