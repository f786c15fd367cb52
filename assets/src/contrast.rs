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

    /// The colour tokens by day and by night.
    fn palettes() -> [Vec<(&'static str, &'static str)>; 2] {
        let (day, night) = crate::TOKENS_CSS.split_once("@media").expect("the night has its own block");
        let token = |line: &'static str| line.trim().strip_suffix(';')?.split_once(": ");
        let is_colour = |(_, value): &(&str, &str)| value.starts_with('#');
        [day, night].map(|block| block.lines().filter_map(token).filter(is_colour).collect())
    }

    #[test]
    fn black_and_white_are_as_far_apart_as_can_be() {
        assert!((ratio("#000000", "#ffffff").unwrap() - 21.0).abs() < 1e-9);
        assert_eq!(ratio("#000", "#ffffff"), None);
    }

    #[test]
    fn every_pair_that_text_is_set_in_can_be_read_by_day_and_by_night() {
        const TEXT: [(&str, &str); 18] = [
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

    #[test]
    fn a_page_with_all_its_styles_stays_light() {
        let bytes = crate::TOKENS_CSS.len() + crate::BASE_CSS.len() + crate::PAGES_CSS.len();
        assert!(bytes < 24 * 1024, "{bytes} bytes of styles");
    }
}
