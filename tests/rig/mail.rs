//! Our mailer and the mail server of the tests: what is taken, refused for now, refused for good, and unknown.

use shared::chance::Seeded;
use shared::ids::Id;
use shared::texts::Language;
use shared::time::Timestamp;
use sync_server::config::{Secret, Smtp};
use sync_server::notify::outside::{Gateway as _, Message, Unsent};
use sync_server::notify::plan::{Channel, Matter};
use sync_server::notify::smtp::gateway::Mailer;
use tests::smtp::MailServer;

fn message(to: &str) -> Message {
    let survey = Id::new(Timestamp::EPOCH, &Seeded::new(2));
    Message {
        notice: Id::new(Timestamp::EPOCH, &Seeded::new(1)),
        channel: Channel::Email,
        to: to.to_owned(),
        matter: Matter::Survey { survey },
        language: Language::English,
        ticket: None,
        subject: Some("Is it working? – Łumen".to_owned()),
        body: "Hello Zoë,\n\n.is it working?\nhttps://help.example.com/survey/abc".to_owned(),
        link: Some("https://help.example.com/survey/abc".to_owned()),
    }
}

fn mailer(url: &str) -> Mailer {
    let settings = Smtp { url: Secret::from(url.to_owned()), from: "help@example.com".parse().unwrap() };
    Mailer::new(&settings, std::time::Duration::from_secs(45)).unwrap_or_else(|why| panic!("{why}"))
}

#[tokio::test]
async fn a_mail_arrives_whole_and_a_refusal_says_whether_to_come_back() {
    let server = MailServer::start().await;
    let mailer = mailer(server.url());
    let id = mailer.send(message("mia@example.com")).await.unwrap();
    let mail = server.taken().pop().unwrap();
    assert_eq!((mail.to.as_str(), mail.subject.as_str()), ("mia@example.com", "Is it working? – Łumen"));
    assert!(mail.id == id && id.ends_with("@example.com>"), "{id}");
    let lines: Vec<&str> = mail.text.lines().collect();
    assert_eq!(lines, ["Hello Zoë,", "", ".is it working?", "https://help.example.com/survey/abc"]);
    assert!(mail.html.contains("href=\"https://help.example.com/survey/abc\""), "{}", mail.html);

    let busy = mailer.send(message("busy+mia@example.com")).await;
    assert!(matches!(&busy, Err(Unsent::Later { why, .. }) if why.starts_with("451")), "{busy:?}");
    let gone = mailer.send(message("gone+mia@example.com")).await;
    assert!(matches!(&gone, Err(Unsent::Never { why }) if why.starts_with("550")), "{gone:?}");
    let dropped = mailer.send(message("drop+mia@example.com")).await;
    assert!(matches!(&dropped, Err(Unsent::Unknown { .. })), "{dropped:?}");
    assert_eq!(mailer.look_up(message("drop+mia@example.com")).await, Ok(None));
    assert_eq!(server.taken().len(), 2);
}

#[tokio::test]
async fn where_nobody_listens_nothing_was_taken() {
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let nobody = mailer(&format!("smtp://127.0.0.1:{port}")).send(message("mia@example.com")).await;
    assert!(matches!(&nobody, Err(Unsent::Later { .. })), "{nobody:?}");
}
