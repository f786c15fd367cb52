//! How well two colours can be told apart, as WCAG 2 measures it: 4.5 for text, 3 for the border of a control.

/// The contrast of two colours like `#1b2429`, from 1 to 21; none if one of them is not written like that.
pub(crate) fn ratio(one: &str, other: &str) -> Option<f64> {
    let (one, other) = (luminance(one)?, luminance(other)?);
    Some((one.max(other) + 0.05) / (one.min(other) + 0.05))
}

fn luminance(colour: &str) -> Option<f64> {
    let digits = colour.strip_prefix('#').filter(|digits| digits.len() == 6)?;
    let part = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok().map(|value| f64::from(value) / 255.0);
    let linear = |value: f64| if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) };
    Some(0.2126 * linear(part(0)?) + 0.7152 * linear(part(2)?) + 0.0722 * linear(part(4)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The colours of some blocks of the tokens; what a later one says counts.
    fn palette(blocks: &[&'static str]) -> Vec<(&'static str, &'static str)> {
        let token = |line: &'static str| line.trim().strip_suffix(';')?.split_once(": ");
        let tokens = blocks.iter().rev().flat_map(|block| block.lines().filter_map(token));
        tokens.filter(|(_, value)| value.starts_with('#')).collect()
    }

    fn palettes() -> [Vec<(&'static str, &'static str)>; 2] {
        [palette(&[crate::by_day()]), palette(&[crate::by_day(), crate::by_night()])]
    }

    #[test]
    fn black_and_white_are_as_far_apart_as_can_be() {
        assert!((ratio("#000000", "#ffffff").unwrap() - 21.0).abs() < 1e-9);
        assert_eq!(ratio("#000", "#ffffff"), None);
    }

    #[test]
    fn every_pair_that_text_is_set_in_can_be_read_by_day_and_by_night() {
        const TEXT: [(&str, &str); 19] = [
            ("--ink", "--paper"),
            ("--ink", "--surface"),
            ("--ink", "--accent-wash"),
            ("--ink", "--good-wash"),
            ("--ink", "--warn-wash"),
            ("--ink", "--bad-wash"),
            ("--ink-soft", "--paper"),
            ("--ink-soft", "--surface"),
            ("--ink-soft", "--accent-wash"),
            ("--accent", "--paper"),
            ("--accent", "--surface"),
            ("--accent", "--accent-wash"),
            ("--on-accent", "--accent"),
            ("--on-accent", "--accent-strong"),
            ("--good", "--good-wash"),
            ("--warn", "--warn-wash"),
            ("--bad", "--bad-wash"),
            ("--bad", "--paper"),
            ("--surface", "--bad"),
        ];
        const LINES: [(&str, &str); 4] = [
            ("--field-line", "--surface"),
            ("--field-line", "--paper"),
            ("--focus", "--paper"),
            ("--focus", "--surface"),
        ];
        for palette in palettes() {
            let colour = |name: &str| palette.iter().find(|(known, _)| *known == name).expect(name).1;
            let pairs = TEXT.map(|pair| (pair, 4.5)).into_iter().chain(LINES.map(|pair| (pair, 3.0)));
            for ((one, other), least) in pairs {
                let found = ratio(colour(one), colour(other)).unwrap();
                assert!(found >= least, "{one} on {other}: {found:.2} is below {least}");
            }
        }
    }

    /// In the sun twice as much is needed, of everything that the app sets in words.
    #[test]
    fn the_app_can_be_read_in_the_sun() {
        const PAIRS: [(&str, &str); 15] = [
            ("--ink", "--paper"),
            ("--ink", "--surface"),
            ("--ink", "--accent-wash"),
            ("--ink", "--bad-wash"),
            ("--ink-soft", "--paper"),
            ("--ink-soft", "--surface"),
            ("--ink-soft", "--accent-wash"),
            ("--accent", "--paper"),
            ("--accent", "--surface"),
            ("--on-accent", "--accent"),
            ("--good", "--good-wash"),
            ("--warn", "--warn-wash"),
            ("--bad", "--bad-wash"),
            ("--bad", "--paper"),
            ("--surface", "--bad"),
        ];
        let palette = palette(&[crate::by_day(), crate::in_the_sun()]);
        let colour = |name: &str| palette.iter().find(|(known, _)| *known == name).expect(name).1;
        for (one, other) in PAIRS {
            let found = ratio(colour(one), colour(other)).unwrap();
            assert!(found >= 7.0, "{one} on {other}: {found:.2} is below 7");
        }
    }

    /// One file says what a colour is; pages, mails and app name it.
    #[test]
    fn no_other_style_names_a_colour_and_every_token_that_is_used_is_there() {
        let known: Vec<&str> =
            crate::by_day().lines().filter_map(|line| line.trim().split_once(':')).map(|(name, _)| name).collect();
        // A phone's corners, and the finger's least with them, are the app's own.
        let own = ["--tap", "--top", "--bottom", "--left", "--right"];
        let styles = [("base.css", crate::BASE_CSS), ("pages.css", crate::PAGES_CSS), ("app.css", crate::APP_CSS)];
        for (name, style) in styles {
            let digits = |part: &&str| part.chars().take_while(char::is_ascii_hexdigit).count();
            let named: Vec<&str> = style.split('#').skip(1).filter(|part| [3, 6, 8].contains(&digits(part))).collect();
            let named: Vec<&str> = named.iter().map(|part| part.get(..12).unwrap_or(part)).collect();
            assert!(named.is_empty() && !style.contains("rgb(") && !style.contains("hsl("), "{name} names {named:?}");
            let used: Vec<&str> =
                style.split("var(").skip(1).filter_map(|part| part.split([')', ',']).next()).collect();
            assert!(used.len() > 20, "{name} uses {used:?}");
            let unknown: Vec<_> = used.iter().filter(|used| !known.contains(*used) && !own.contains(*used)).collect();
            assert!(unknown.is_empty(), "{name} uses {unknown:?}, which no token is");
        }
    }

    #[test]
    fn who_chose_the_night_has_the_same_night_by_day() {
        let styles = crate::app_styles();
        let chosen = styles.split_once(":root[data-theme=\"dark\"] {").and_then(|(_, rest)| rest.split_once('}'));
        let chosen = chosen.expect("it can be chosen").0;
        assert!(crate::by_night().len() > 300 && chosen.ends_with(crate::by_night()), "{chosen}");
        assert_eq!(styles.matches('{').count(), styles.matches('}').count());
    }

    #[test]
    fn a_page_with_all_its_styles_stays_light() {
        let bytes = crate::TOKENS_CSS.len() + crate::BASE_CSS.len() + crate::PAGES_CSS.len();
        assert!(bytes < 24 * 1024, "{bytes} bytes of styles");
    }
}
