//! Stripe's signature over a telling: an HMAC of its instant and its bytes. Pure.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use shared::time::Timestamp;
use std::fmt::Write as _;
use subtle::ConstantTimeEq as _;

/// An older telling may be somebody's recording.
const TOLERANCE_SECONDS: i64 = 300;
/// Signatures in one header: more than one while a secret is changed.
const SIGNATURES_MAX: usize = 10;

fn of(secret: &str, seconds: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key will do");
    mac.update(format!("{seconds}.").as_bytes());
    mac.update(body);
    mac.finalize().into_bytes().iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The header of a telling that is sent now.
pub fn header(secret: &str, body: &[u8], now: Timestamp) -> String {
    let seconds = now.as_millis() / 1_000;
    format!("t={seconds},v1={}", of(secret, seconds, body))
}

/// Whether Stripe sent this, lately.
pub fn is_genuine(secret: &str, header: &str, body: &[u8], now: Timestamp) -> bool {
    let parts = || header.split(',').filter_map(|part| part.trim().split_once('='));
    let seconds = parts().find(|(name, _)| *name == "t").and_then(|(_, value)| value.parse::<i64>().ok());
    let Some(seconds) =
        seconds.filter(|at| (now.as_millis() / 1_000).abs_diff(*at) <= TOLERANCE_SECONDS.unsigned_abs())
    else {
        return false;
    };
    let right = of(secret, seconds, body);
    let given = parts().filter(|(name, _)| *name == "v1").take(SIGNATURES_MAX);
    given.fold(false, |found, (_, value)| found | bool::from(value.as_bytes().ct_eq(right.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_fresh_bytes_with_the_right_secret_are_genuine() {
        let now = Timestamp::from_millis(1_772_442_000_500);
        let (secret, body) = ("whsec_test", br#"{"id":"evt_1"}"#.as_slice());
        let good = header(secret, body, now);
        assert!(is_genuine(secret, &good, body, now));
        assert!(is_genuine(secret, &format!("{good},v1=00,v0=11"), body, now.plus_seconds(300)));
        assert!(is_genuine(secret, &good.replace(",v1", ",v1=00,v1"), body, now), "a secret is being changed");
        assert!(!is_genuine(secret, &good, body, now.plus_seconds(301)));
        assert!(!is_genuine(secret, &good, br#"{"id":"evt_2"}"#, now));
        assert!(!is_genuine("whsec_other", &good, body, now));
        for bad in ["", "t=,v1=", "v1=00", "t=1772442000", "t=9999999999999999999,v1=00"] {
            assert!(!is_genuine(secret, bad, body, now), "{bad}");
        }
    }
}
