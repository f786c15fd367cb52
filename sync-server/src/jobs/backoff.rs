//! How long a failed job waits: a second, doubled at each attempt, at most fifteen minutes, of which chance takes any
//! part, so that a thousand jobs that failed together do not come back together.

use shared::chance::Chance;

const FIRST_MS: u64 = 1_000;
const CAP_MS: u64 = 15 * 60 * 1_000;

/// The wait in milliseconds after this many attempts failed.
pub(super) fn wait_ms(n_attempts: i64, chance: &dyn Chance) -> u64 {
    chance.below(bound_ms(n_attempts) + 1)
}

/// The longest wait after this many attempts failed.
fn bound_ms(n_attempts: i64) -> u64 {
    let doublings = u32::try_from((n_attempts - 1).clamp(0, 20)).expect("clamped");
    (FIRST_MS << doublings).min(CAP_MS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use shared::chance::Seeded;

    #[test]
    fn the_bound_doubles_from_a_second_to_fifteen_minutes() {
        let bounds = [(1, 1), (2, 2), (3, 4), (4, 8), (10, 512), (11, 900), (12, 900), (1_000_000, 900)];
        for (n_attempts, seconds) in bounds {
            assert_eq!(bound_ms(n_attempts), seconds * 1_000, "{n_attempts}");
        }
    }

    proptest! {
        #[test]
        fn a_wait_is_within_its_bound_whatever_the_count(n_attempts in any::<i64>().prop_map(|n| n.saturating_add(1)),
                                                         seed in any::<u64>()) {
            let wait = wait_ms(n_attempts, &Seeded::new(seed));
            prop_assert!(wait <= bound_ms(n_attempts) && wait <= CAP_MS);
        }
    }

    #[test]
    fn chance_takes_any_part_of_the_wait() {
        let chance = Seeded::new(1);
        let waits: Vec<u64> = (0..1_000).map(|_| wait_ms(5, &chance)).collect();
        assert!(waits.iter().any(|wait| *wait < 1_000) && waits.iter().any(|wait| *wait > 15_000));
    }
}
