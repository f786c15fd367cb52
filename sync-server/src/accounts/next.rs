//! Where a browser goes after signing in. Pure.
//!
//! `next` comes from an address that anybody can make up, so it leads to a path of ours or nowhere: `//evil.example`,
//! `/\evil.example` and `https:` would all leave this site with a fresh session behind them.

use super::Role;

/// Longer addresses are not ours.
const BYTES_MAX: usize = 1_000;

/// The path to go to, if it is one of ours.
pub fn safe(next: &str) -> Option<&str> {
    let own = next.starts_with('/') && !next.starts_with("//");
    // Browsers drop tabs and line ends from addresses and read a backslash as a slash.
    let plain = next.chars().all(|char| char != '\\' && !char.is_control());
    let loops =
        next == "/sign-in" || next.starts_with("/sign-in?") || next.starts_with("/sign-in/") || next == "/sign-out";
    (own && plain && !loops && next.len() <= BYTES_MAX).then_some(next)
}

/// Where somebody of this role begins.
pub fn home(role: Role) -> &'static str {
    match role {
        Role::Customer => "/tickets",
        Role::Agent | Role::Admin => "/desk",
        // Experts work in the app.
        Role::Expert => "/",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_to_a_path_of_ours_or_nowhere() {
        for good in ["/", "/tickets?state=open#top", "/track/abc", "/desk/day//x"] {
            assert_eq!(safe(good), Some(good));
        }
        let long = format!("/{}", "x".repeat(BYTES_MAX));
        for bad in [
            "",
            "tickets",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/\t/evil.example",
            "/a\\b",
            "/sign-in?next=/",
            "/sign-in",
            "/sign-out",
            "javascript:alert(1)",
            &long,
        ] {
            assert_eq!(safe(bad), None, "{bad:?}");
        }
    }
}
