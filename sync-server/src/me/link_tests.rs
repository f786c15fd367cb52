//! Signing in and setting a password by the link of a mail, through all layers, on both engines. It stands here because
//! it needs the account, its confirmed address and the messages together.

use super::tests::{audited, drain, mia};
use super::{api, pages};
use crate::accounts::codes::CODE_MINUTES;
use crate::accounts::{self, Person, store as logins};
use crate::customers;
use crate::db::testing::both_engines;
use crate::db::{Database, Error, Lane};
use crate::dispatch::world::{World, id};
use crate::http::testing::{Client, Heard};
use crate::notify::plan::Channel;
use crate::notify::samples::sent;
use crate::notify::sandbox::Captured;
use crate::notify::store::no_sms::{self, NoSms};
use serde_json::{Value, json};
use shared::text::{Email, Phone};

const MAIL: &str = "mia@example.com";
const PHONE: &str = "+12125550199";

/// Mia, who signs in with her phone and her mailbox.
struct Story {
    db: Database,
    world: World,
    /// Signed in somewhere else.
    elsewhere: Client,
    /// A browser in which nobody is signed in.
    browser: Client,
}

impl Story {
    /// In which the mailbox is known to be hers, or only what somebody typed; and her phone takes no SMS for a reason.
    async fn new(db: &Database, is_confirmed: bool, takes_no_sms: Option<NoSms>) -> Self {
        let (world, elsewhere) = mia(db).await;
        let (customer, now) = (world.customer, world.now());
        let (email, phone): (Email, Phone) = (MAIL.parse().unwrap(), PHONE.parse().unwrap());
        db.write(Lane::Desk, async move |tx| {
            let known = logins::set_handles(tx, Person::Customer(customer), Some(&email), Some(&phone)).await?;
            known.expect("nobody else signs in with them");
            if is_confirmed {
                customers::store::confirm_email(tx, customer, &email, now).await?;
            }
            match takes_no_sms {
                Some(why) => no_sms::stop(tx, &phone, why).await,
                None => Ok::<_, Error>(()),
            }
        })
        .await
        .unwrap();
        let routes =
            accounts::pages::routes().merge(accounts::api::routes()).merge(api::routes()).merge(pages::routes());
        let browser = Client::new(elsewhere.site.clone(), routes);
        Self { db: db.clone(), world, elsewhere, browser }
    }

    /// Asks on a page, and gives back what went out since the last time.
    async fn asks(&self, page: &str, login: &str) -> Vec<Captured> {
        drain(&self.db).await;
        let before = sent(&self.db).await;
        // Ids that are made later sort later.
        self.db.clock().advance(1_000);
        let answer = self.browser.form(page, &[("login", login)]).await;
        assert!(answer.status.as_u16() == 200 && answer.text().contains("on its way"), "{}", answer.text());
        drain(&self.db).await;
        sent(&self.db).await.into_iter().filter(|message| !before.contains(message)).collect()
    }

    /// The link of the one mail that goes out.
    async fn link(&self, page: &str) -> String {
        let mails = self.asks(page, MAIL).await;
        path(mails.iter().find(|message| message.channel == Channel::Email).expect("there is a mail"))
    }

    async fn signs_in_with(&self, digits: &str) -> u16 {
        self.browser.form("/sign-in", &[("login", PHONE), ("by", "code"), ("code", digits)]).await.status.as_u16()
    }

    /// Opens no door, and says what to do.
    async fn is_over(&self, link: &str) {
        for answer in [self.browser.get(link).await, self.browser.form(link, &[("password", "maple tin rain")]).await] {
            assert_eq!((answer.status.as_u16(), answer.header("set-cookie")), (410, ""), "{}", answer.text());
            assert!(answer.text().contains("no longer works") && answer.text().contains("href=\"/sign-in\""));
        }
    }

    /// Whom an answer signed in, by the cookie that it set.
    async fn whom(&self, answer: &Heard) -> Value {
        let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        self.browser.get_with_cookie("/api/v1/me", &cookie).await.value()["person"].clone()
    }
}

/// The path of the link in a mail.
fn path(mail: &Captured) -> String {
    let link = mail.link.as_ref().expect("the mail has a link");
    format!("/sign-in/link/{}", link.rsplit('/').next().unwrap())
}

/// The digits in an SMS or a mail: three, a space and three.
fn digits(message: &Captured) -> String {
    let words: Vec<&str> = message.body.split_whitespace().map(|word| word.trim_end_matches('.')).collect();
    let is_three = |word: &str| word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_digit());
    let pair = words.windows(2).find(|pair| pair.iter().all(|word| is_three(word)));
    pair.unwrap_or_else(|| panic!("no code: {}", message.body)).concat()
}

#[tokio::test]
async fn a_customer_with_a_landline_signs_in_by_the_link_of_a_mail_once_and_looking_at_it_uses_nothing_up() {
    both_engines(async |db| {
        let story = Story::new(&db, true, Some(NoSms::Landline)).await;
        let messages = story.asks("/sign-in/code", "212 555 0199").await;
        assert_eq!(messages.len(), 1, "nothing is tried on a landline: {messages:?}");
        assert_eq!((messages[0].channel, messages[0].to.as_str()), (Channel::Email, MAIL));
        let (link, notice) = (path(&messages[0]), messages[0].notice);
        for _ in 0..3 {
            let page = story.browser.get(&link).await;
            assert_eq!((page.status.as_u16(), page.header("set-cookie")), (200, ""), "a scanner only looks");
            assert!(page.text().contains("Sign in as ") && page.text().contains("Yes, sign me in"), "{}", page.text());
        }
        let opened = story.browser.form(&link, &[]).await;
        assert_eq!((opened.status.as_u16(), opened.header("location")), (303, "/tickets"));
        assert_eq!(story.whom(&opened).await, json!(story.world.customer));
        story.is_over(&link).await;
        // What is kept of the message names no link and no code.
        let kept = db.read(async move |conn| crate::notify::store::get(conn, notice).await).await.unwrap();
        let (kept, token) = (format!("{kept:?}"), link.rsplit('/').next().unwrap());
        assert!(kept.contains("a sign-in code") && !kept.contains(token) && !kept.contains("/sign-in/link"), "{kept}");
    })
    .await;
}

#[tokio::test]
async fn code_and_link_go_both_ways_and_the_first_that_opens_ends_the_others() {
    both_engines(async |db| {
        let story = Story::new(&db, true, None).await;
        let ask = async || {
            let messages = story.asks("/sign-in/code", MAIL).await;
            assert_eq!(messages.len(), 2, "{messages:?}");
            let of = |channel| messages.iter().find(|one| one.channel == channel).expect("it went there").clone();
            (of(Channel::Sms), of(Channel::Email))
        };
        // The code of the SMS ends the link and the code of the mail.
        let (sms, mail) = ask().await;
        assert_eq!((sms.to.as_str(), sms.link.as_deref()), (PHONE, None));
        assert_eq!(story.signs_in_with(&digits(&sms)).await, 303);
        story.is_over(&path(&mail)).await;
        assert_eq!(story.signs_in_with(&digits(&mail)).await, 401);
        // The link ends both codes.
        let (sms, mail) = ask().await;
        assert_eq!(story.browser.form(&path(&mail), &[]).await.status.as_u16(), 303);
        assert_eq!(story.signs_in_with(&digits(&sms)).await, 401);
        assert_eq!(story.signs_in_with(&digits(&mail)).await, 401);
        // So does the code of the mail, for whoever reads it on another device.
        let (sms, mail) = ask().await;
        assert_eq!(story.signs_in_with(&digits(&mail)).await, 303);
        story.is_over(&path(&mail)).await;
        assert_eq!(story.signs_in_with(&digits(&sms)).await, 401);
    })
    .await;
}

#[tokio::test]
async fn who_sent_stop_gets_the_mail_and_is_asked_for_an_address_that_nobody_confirmed_first() {
    both_engines(async |db| {
        let story = Story::new(&db, false, Some(NoSms::Stop)).await;
        for _ in 0..2 {
            let asked = story.asks("/sign-in/code", PHONE).await;
            assert_eq!(asked.iter().map(|one| one.to.as_str()).collect::<Vec<_>>(), [MAIL]);
            let link = asked[0].link.as_deref().unwrap_or_default();
            assert!(link.contains("/confirm/"), "no code and no way in, a question alone: {link}");
        }
        let (customer, now) = (story.world.customer, story.world.now());
        let confirm = db.write(Lane::Desk, async move |tx| {
            let email: Email = MAIL.parse().expect("it is an address");
            customers::store::confirm_email(tx, customer, &email, now).await
        });
        confirm.await.unwrap();
        let messages = story.asks("/sign-in/code", PHONE).await;
        assert_eq!(messages.iter().map(|one| one.to.as_str()).collect::<Vec<_>>(), [MAIL]);
        assert_eq!(story.browser.form(&path(&messages[0]), &[]).await.status.as_u16(), 303);
    })
    .await;
}

#[tokio::test]
async fn an_address_that_nobody_confirmed_gets_no_mail_beside_the_sms_and_every_page_says_the_same() {
    both_engines(async |db| {
        let story = Story::new(&db, false, None).await;
        let messages = story.asks("/password/code", MAIL).await;
        assert_eq!(messages.iter().map(|one| one.channel).collect::<Vec<_>>(), [Channel::Sms]);
        assert!(story.asks("/password/code", "nobody@example.com").await.is_empty());
        for page in ["/sign-in/code", "/password/code"] {
            let mut pages = Vec::new();
            for login in [MAIL, "nobody@example.com"] {
                let answer = story.browser.form(page, &[("login", login)]).await;
                pages.push((answer.status, answer.text().replace(login, "")));
            }
            assert_eq!(pages[0], pages[1], "{page} does not tell who is here");
        }
    })
    .await;
}

#[tokio::test]
async fn a_link_lives_as_long_as_a_code_and_a_newer_one_ends_it() {
    both_engines(async |db| {
        let story = Story::new(&db, true, None).await;
        let first = story.link("/sign-in/code").await;
        let second = story.link("/sign-in/code").await;
        story.is_over(&first).await;
        let minutes = u64::try_from(CODE_MINUTES).unwrap();
        db.clock().advance(minutes * 60_000 - 1);
        assert_eq!(story.browser.get(&second).await.status.as_u16(), 200, "to the last moment");
        db.clock().advance(1);
        story.is_over(&second).await;
    })
    .await;
}

#[tokio::test]
async fn a_forgotten_password_is_set_by_the_link_and_a_bad_one_does_not_cost_it() {
    both_engines(async |db| {
        let story = Story::new(&db, true, Some(NoSms::Stop)).await;
        let link = story.link("/password/code").await;
        let page = story.browser.get(&link).await.text();
        assert!(
            page.contains("autocomplete=\"new-password\"") && page.contains("signed out everywhere else"),
            "{page}"
        );
        for bad in ["", "short"] {
            let refused = story.browser.form(&link, &[("password", bad)]).await;
            assert_eq!((refused.status.as_u16(), refused.header("set-cookie")), (422, ""));
            assert!(refused.text().contains("href=\"#f-password\""), "{}", refused.text());
        }
        assert_eq!(story.elsewhere.get("/api/v1/me").await.status.as_u16(), 200);
        let set = story.browser.form(&link, &[("password", "maple tin rain")]).await;
        assert!(set.status.as_u16() == 200 && set.text().contains("Your password is set"), "{}", set.text());
        assert_eq!(story.whom(&set).await, json!(story.world.customer), "signed in here");
        assert_eq!(story.elsewhere.get("/api/v1/me").await.status.as_u16(), 401, "and nowhere else");
        assert_eq!(audited(&db, "login.password").await, [(None, Some(json!({ "by": "a link" })))]);
        story.is_over(&link).await;
        let new = [("login", MAIL), ("password", "maple tin rain")];
        assert_eq!(story.browser.form("/sign-in", &new).await.status.as_u16(), 303);
    })
    .await;
}

#[tokio::test]
async fn a_link_opens_only_the_account_that_it_was_sent_for_and_wrong_digits_do_not_end_it() {
    both_engines(async |db| {
        let story = Story::new(&db, true, None).await;
        let link = story.link("/sign-in/code").await;
        let mut other = link.clone().into_bytes();
        let last = other.last_mut().unwrap();
        *last = if *last == b'A' { b'B' } else { b'A' };
        for wrong in [String::from_utf8(other).unwrap(), "/sign-in/link/x".to_owned()] {
            story.is_over(&wrong).await;
        }
        // Whoever knows her address can type digits for her; her mail still lets her in.
        for _ in 0..6 {
            assert_eq!(story.signs_in_with("999999").await, 401);
        }
        // Ben opens it in his browser: it is Mia whom it signs in, and he stays who he is elsewhere.
        let is_ben = Person::Customer(id(701));
        let ben = story.browser.signed_in(is_ben).await;
        assert!(ben.get(&link).await.text().contains("Sign in as"), "it says whose it is");
        let opened = ben.form(&link, &[]).await;
        assert_eq!(story.whom(&opened).await, json!(story.world.customer));
        assert_eq!(ben.get("/api/v1/me").await.value()["person"], json!(is_ben.id_text()));
    })
    .await;
}

#[tokio::test]
async fn of_two_who_press_the_button_at_once_one_is_let_in() {
    both_engines(async |db| {
        let story = Story::new(&db, true, None).await;
        let link = story.link("/sign-in/code").await;
        let press = async || story.browser.form(&link, &[]).await.status.as_u16();
        let (one, other) = tokio::join!(press(), press());
        assert_eq!([one.min(other), one.max(other)], [303, 410]);
    })
    .await;
}
