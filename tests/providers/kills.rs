//! The fifth promise: every notice ends in sent, failed for good, or a dead job, whatever the provider does and however
//! often the server is killed between sending and writing that it was sent. Twilio's list can be asked, so nothing is
//! sent twice.

use crate::notices::{number, queue};
use std::collections::BTreeMap;
use std::time::Duration;
use sync_server::clock::Clock;
use sync_server::db::testing::Fresh;
use sync_server::db::{Engine, Error};
use sync_server::jobs::backlog;
use sync_server::notify::plan::Audience;
use tests::server::Server;
use tests::twilio::{Fault, Twilio};
use tests::wait::eventually;

const NOTICES: usize = 1_000;
const KILLS: usize = 20;
/// A stranded job runs again within 45 s; several rounds of that.
const STUCK: Duration = Duration::from_mins(4);

#[tokio::test]
async fn a_thousand_notices_survive_twenty_kills_and_each_is_sent_once() {
    let twilio = Twilio::start();
    let numbers: Vec<String> = (0..NOTICES).map(number).collect();
    for (n, to) in numbers.iter().enumerate() {
        match n % 50 {
            7 => twilio.fails(to, &[Fault::TooMany]),
            17 => twilio.fails(to, &[Fault::BreakAfterTaking]),
            27 => twilio.fails(to, &[Fault::CloseAfterTaking]),
            37 => twilio.fails(to, &[Fault::Unavailable]),
            _ => {}
        }
    }
    let fresh = Fresh::new(Engine::Sqlite).await;
    queue(&fresh, &numbers, Audience::Expert).await;
    let first = NOTICES / (KILLS + 1);
    twilio.hangs_at(first);
    let mut server = Server::serve(&fresh.url, &twilio.env()).await;
    for n_kills in 1..=KILLS {
        // It has taken a message and not answered: the server dies between sending and writing so.
        let n = first * n_kills;
        eventually("so many are taken", STUCK, async || {
            if twilio.n_taken() >= n { Ok(()) } else { Err(format!("{} of {n}", twilio.n_taken())) }
        })
        .await;
        server.kill_9();
        if n_kills < KILLS {
            twilio.hangs_at(first * (n_kills + 1));
        } else {
            twilio.goes_on();
        }
        server.up_again().await;
    }
    let db = fresh.open(Clock::machine()).await;
    eventually("nothing is left to do", STUCK, async || {
        let left = db.read(backlog).await.map_err(|error: Error| error.to_string())?;
        let left: Vec<_> = left.into_iter().filter(|row| row.kind == "send_sms").collect();
        if left.is_empty() { Ok(()) } else { Err(format!("{left:?}")) }
    })
    .await;
    let mut times: BTreeMap<String, usize> = numbers.iter().map(|to| (to.clone(), 0)).collect();
    for taken in twilio.taken() {
        *times.get_mut(&taken.to).unwrap() += 1;
    }
    let missing = times.values().filter(|times| **times == 0).count();
    let doubled = times.values().filter(|times| **times > 1).count();
    assert_eq!((missing, doubled), (0, 0), "missing, doubled");
    drop(server);
    db.close().await;
}
