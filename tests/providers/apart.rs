//! A provider that hangs delays only itself: each channel has its own slots, and after a few attempts that nobody answers
//! only one at a time finds out whether the provider is back. Everything else goes on as if nothing had happened.

use std::time::Duration;

use crate::notices::number;
use crate::push::phone;
use crate::shop::Shop;
use shared::ids::{ExpertId, Id};
use sync_server::billing::buy;
use sync_server::clock::Clock;
use sync_server::config::{Config, Fcm as FcmAccount, Secret, Sending, Smtp, Twilio as TwilioAccount};
use sync_server::db::testing::Fresh;
use sync_server::db::{Engine, Error, Lane};
use sync_server::notify::plan::{Audience, Channel};
use sync_server::notify::store;
use tests::fcm::Fcm;
use tests::notices::asks;
use tests::smtp::MailServer;
use tests::twilio::{ACCOUNT, FROM, SECRET, Twilio};
use tests::wait::{LATER, SOON, eventually};

/// So many messages lie before the provider that hangs: many times its slots.
const LOAD: usize = 200;
/// So many leave by each of the others meanwhile.
const OTHERS: usize = 20;
/// Seconds that the provider that hangs may take: if the others had to wait for all of its attempts in turn, that would
/// be two minutes, twice as long as any wait here.
const WITHIN_SECONDS: u32 = 10;
/// A card that works.
const WORKS: &str = "4242424242424242";
/// A plan's year, and what its sweep needs.
const A_YEAR_MS: u64 = (365 * 24 + 1) * 60 * 60_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Sms,
    Push,
    Mail,
    Cards,
}

/// All providers, and a server with a worker that asks them.
struct Town {
    twilio: Twilio,
    fcm: Fcm,
    mails: MailServer,
    shop: Shop,
    expert: ExpertId,
}

impl Town {
    async fn open(fresh: &Fresh, dead: Part) -> Self {
        let (twilio, fcm, mails) = (Twilio::start(), Fcm::start(), MailServer::start().await);
        let set = |config: &mut Config| {
            config.providers.twilio = Some(TwilioAccount {
                url: twilio.url().to_owned(),
                account_sid: ACCOUNT.to_owned(),
                auth_token: Secret::from(SECRET.to_owned()),
                from: FROM.to_owned(),
            });
            let credentials = fcm.credentials().to_owned();
            config.providers.fcm = Some(FcmAccount { url: fcm.url().to_owned(), credentials });
            let url = Secret::from(mails.url().to_owned());
            config.providers.smtp = Some(Smtp { url, from: "help@example.com".parse().unwrap() });
            let Sending { sms, push, mail } = &mut config.sending;
            for (part, bounds) in [(Part::Sms, sms), (Part::Push, push), (Part::Mail, mail)] {
                bounds.per_second = None;
                if part == dead {
                    bounds.within_seconds = WITHIN_SECONDS;
                }
            }
        };
        let shop = Shop::with(fresh, Clock::machine(), true, set).await;
        let expert = Id::new(shop.site.real_now(), &*shop.site.chance);
        phone(&shop.site.db, expert, "the phone").await;
        Self { twilio, fcm, mails, shop, expert }
    }

    /// Queues so many messages by one way; to addresses at which the mail server hangs, if it should.
    async fn queue(&self, part: Part, n: usize, is_dead: bool) {
        let db = &self.shop.site.db;
        let now = db.clock().business_now();
        let notices = (0..n).map(|n| {
            let number = number(n + if is_dead { LOAD } else { 0 });
            let mut notice = asks(&number, Id::new(now, &*db.chance()), Audience::Expert, now);
            let hangs = if is_dead { "hang+" } else { "" };
            notice.way = match part {
                Part::Sms => (Channel::Sms, number),
                Part::Push => (Channel::Push, self.expert.to_string()),
                Part::Mail => (Channel::Email, format!("{hangs}{n}@example.com")),
                Part::Cards => unreachable!("cards have no messages"),
            };
            notice.words.subject = Some("How was it?".to_owned());
            notice
        });
        let notices: Vec<_> = notices.collect();
        let write =
            db.write(Lane::Work, async move |tx| Ok::<_, Error>(store::tell(tx, &notices, now).await.map(|_| ())?));
        write.await.unwrap();
    }

    fn n_arrived(&self, part: Part) -> usize {
        match part {
            Part::Sms => self.twilio.n_taken(),
            Part::Push => self.fcm.taken("the phone").len(),
            Part::Mail => self.mails.taken().iter().filter(|mail| !mail.to.starts_with("hang+")).count(),
            Part::Cards => self.shop.n_paid_there(),
        }
    }

    /// A plan is bought on the provider's page, and paid there.
    async fn pays(&self) {
        let shop = &self.shop;
        let home = "home".parse().unwrap();
        let (_, page) = buy::purchase(&shop.site.db, &shop.outside(), shop.customer, &home).await.unwrap();
        assert!(shop.stripe.types(page.rsplit('/').next().unwrap(), WORKS));
        let answers = shop.stripe.tells(&shop.url).await;
        assert!(answers.iter().all(|status| *status == 204), "{answers:?}");
    }

    async fn comes_to(&self, states: &[&str], bound: Duration) {
        eventually(&format!("charges are {states:?}"), bound, async || {
            let are = self.shop.states().await;
            if are == states { Ok(()) } else { Err(format!("{are:?}")) }
        })
        .await;
    }

    /// It hangs, and all its slots are taken by attempts that hang.
    async fn dies(&self, part: Part) {
        match part {
            Part::Sms => self.twilio.hangs_at(0),
            Part::Push => self.fcm.hangs(),
            Part::Mail => {}
            Part::Cards => self.shop.stripe.hangs(),
        }
        if part == Part::Cards {
            return;
        }
        self.queue(part, LOAD, true).await;
        let slots = usize::try_from(self.shop.site.config.sending.sms.at_once).unwrap();
        eventually("its slots are taken", SOON, async || {
            let n = match part {
                Part::Sms => self.twilio.n_taken(),
                // To one phone only the newest of a kind is on its way.
                Part::Push => self.fcm.n_hanging() * slots,
                // What it cannot say is that nothing has come back.
                Part::Mail => slots,
                Part::Cards => slots,
            };
            if n >= slots { Ok(()) } else { Err(format!("{n} of {slots}")) }
        })
        .await;
    }
}

async fn all_but(dead: Part, engine: Engine) {
    let fresh = Fresh::new(engine).await;
    let town = Town::open(&fresh, dead).await;
    town.dies(dead).await;
    let living: Vec<Part> =
        [Part::Sms, Part::Push, Part::Mail, Part::Cards].into_iter().filter(|part| *part != dead).collect();
    for part in &living {
        match part {
            Part::Cards => town.pays().await,
            Part::Sms | Part::Push | Part::Mail => town.queue(*part, OTHERS, false).await,
        }
    }
    for part in &living {
        let wanted = if *part == Part::Cards { 1 } else { OTHERS };
        eventually(&format!("{part:?} goes on while {dead:?} hangs, on {engine:?}"), LATER, async || {
            let n = town.n_arrived(*part);
            if n >= wanted { Ok(()) } else { Err(format!("{n} of {wanted}")) }
        })
        .await;
    }
    if dead == Part::Cards {
        // Whoever would buy now hears so within the time that a page may take, and nothing was begun there.
        let home = "home".parse().unwrap();
        let outside = town.shop.outside();
        let asked = buy::purchase(&town.shop.site.db, &outside, town.shop.customer, &home);
        let asked = tokio::time::timeout(Duration::from_secs(10), asked).await;
        assert!(asked.expect("a page has its bound").is_err());
    } else {
        town.comes_to(&["paid"], LATER).await;
    }
    if dead == Part::Sms {
        // The yearly charge goes too, with nobody there.
        town.shop.site.db.clock().jump(A_YEAR_MS);
        town.comes_to(&["paid", "paid"], LATER).await;
        let slots = usize::try_from(town.shop.site.config.sending.sms.at_once).unwrap();
        let n_asked = town.twilio.n_taken() + town.twilio.n_lists();
        // The first attempts, those that took their places before five had failed, and one look and one attempt after each
        // pause, which doubles; however slow the machine, there are few of those.
        assert!(n_asked <= 2 * slots, "{n_asked} attempts at a provider that does not answer");
    }
    town.shop.stop.cancel();
    fresh.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_sms_provider_hangs_mails_pushes_and_charges_go_on() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        all_but(Part::Sms, engine).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_push_provider_hangs_the_others_go_on() {
    all_but(Part::Push, Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_mail_server_hangs_the_others_go_on() {
    all_but(Part::Mail, Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_card_provider_hangs_messages_go_on_and_a_buyer_hears_so() {
    all_but(Part::Cards, Engine::Sqlite).await;
}
