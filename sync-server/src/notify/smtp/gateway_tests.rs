//! Which settings a mailer takes. How it speaks is tried against a mail server in `tests/rig`.

use super::*;
use crate::config::{Secret, Smtp};

fn mailer(url: &str) -> Result<Mailer, &'static str> {
    let settings = Smtp { url: Secret::from(url.to_owned()), from: "help@example.com".parse().unwrap() };
    Mailer::new(&settings, Duration::from_secs(45))
}

#[tokio::test]
async fn nothing_leaves_the_machine_in_the_clear() {
    for good in [
        "smtps://user:p%40ss@mail.example.com",
        "smtp://mail.example.com:587?tls=required",
        "smtp://127.0.0.1:2525",
        "smtp://localhost",
    ] {
        assert!(mailer(good).is_ok(), "{good}");
    }
    for bad in ["smtp://mail.example.com", "smtp://localhost.example.com", "smtp://localhost@mail.example.com:25"] {
        assert!(mailer(bad).err().is_some_and(|why| why.contains("in the clear")), "{bad}");
    }
    assert!(mailer("https://mail.example.com").err().is_some_and(|why| why.contains("not understood")));
}
