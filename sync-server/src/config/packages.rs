//! What the server must know of the app's packages so that phones find and trust it. Pure.

/// How phones get the app, and what proves that it is ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packages {
    /// SHA-256 of the certificates that sign the Android package, as `keytool` prints them.
    pub android_certificates: Vec<String>,
    /// Apple's name of our team.
    pub apple_team: Option<String>,
    /// Where Android phones get it.
    pub android_url: Option<String>,
    /// Where iPhones get it.
    pub ios_url: Option<String>,
}

/// A certificate's SHA-256 as `keytool` prints it: 32 pairs of hex digits with colons between.
pub(super) fn is_fingerprint(text: &str) -> bool {
    let pairs: Vec<&str> = text.split(':').collect();
    let is_pair = |pair: &&str| pair.len() == 2 && pair.chars().all(|char| matches!(char, '0'..='9' | 'A'..='F'));
    pairs.len() == 32 && pairs.iter().all(is_pair)
}

/// Apple's name of a team: ten capitals and digits.
pub(super) fn is_team(text: &str) -> bool {
    text.len() == 10 && text.chars().all(|char| char.is_ascii_uppercase() || char.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_and_a_team_are_told_from_what_only_looks_like_them() {
        let certificate = ["AB"; 32].join(":");
        assert!(is_fingerprint(&certificate));
        for wrong in ["", "AB", &certificate.to_lowercase(), &["AB"; 31].join(":"), &["ABC"; 32].join(":")] {
            assert!(!is_fingerprint(wrong), "{wrong}");
        }
        assert!(is_team("A1B2C3D4E5") && !is_team("a1b2c3d4e5") && !is_team("A1B2"));
    }
}
