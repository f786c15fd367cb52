//! What a server lacks it says at its start, and nothing of what it has.

use sync_server::clock::Clock;
use sync_server::db::Engine;
use sync_server::db::testing::Fresh;
use tests::fcm::Fcm;
use tests::server::Server;
use tests::smtp::MailServer;
use tests::stripe::Stripe;
use tests::twilio::Twilio;
use tests::wait::SOON;

const SAID: [&str; 4] = [
    "Push is off: set SYSOPS_FCM_CREDENTIALS",
    "SMS is off: set SYSOPS_TWILIO_ACCOUNT_SID",
    "E-mail is off: set SYSOPS_SMTP_URL",
    "Card payments are off: set SYSOPS_STRIPE_SECRET_KEY",
];

#[tokio::test]
async fn a_server_says_at_its_start_which_providers_are_not_set_up() {
    let fresh = Fresh::new(Engine::Sqlite).await;
    // One that does no work in the background says it too: its pages show it.
    let mut bare = Server::serve_with(&fresh.url, &["--no-worker"], &[]).await;
    for words in SAID {
        bare.process().line(words, SOON, |line| line.contains(words).then_some(())).await;
    }
    drop(bare);
    let (twilio, fcm, stripe) = (Twilio::start(), Fcm::start(), Stripe::start(Clock::machine()));
    let mails = MailServer::start().await;
    let mail = [("SYSOPS_SMTP_URL", mails.url()), ("SYSOPS_MAIL_FROM", "help@example.com")];
    let settings = [&mail[..], &twilio.env(), &fcm.env(), &stripe.env()].concat();
    let whole = Server::serve_with(&fresh.url, &["--no-worker"], &settings).await;
    let printed = whole.printed();
    assert!(!printed.iter().any(|line| line.contains(" is off") || line.contains(" are off")), "{printed:?}");
    drop(whole);
    fresh.remove().await;
}
