//! A ticket with more of everything than one page may weigh: its page shows the newest, and the rest is there page by page.

use super::tests::{Desk, desk};
use crate::db::Lane;
use crate::db::testing::on;
use crate::db::{Engine, Error};
use crate::dispatch::world::id;
use crate::http::testing::Client;
use crate::matching::decide::{Considered, Decision, Judged, Outcome, Settled};
use crate::matching::judge::Rule;
use crate::matching::settings::Weights;
use crate::matching::store::{self as decisions, Stored};
use crate::tickets::{Book, NewNote};
use shared::event::Actor;
use shared::ids::TicketId;
use shared::ticket::Timing;
use shared::time::{Timestamp, Zone};

/// What a page may weigh.
const BYTES_MAX: usize = 60 * 1024;
const N_NOTES: u64 = 120;
const N_EXPERTS: u64 = 500;

fn about(ticket: TicketId, number: u64, made_at: Timestamp) -> Stored {
    let rule = |at: u64| match at % 3 {
        0 => Rule::OutsideArea,
        1 => Rule::Absent { until: made_at.plus_minutes(60 + i64::try_from(at % 40).unwrap()) },
        _ => Rule::OffDuty,
    };
    let considered = |at: u64| Considered {
        expert: id(40_000 + at),
        zone: Zone::utc(),
        judged: Judged::Excluded { broken: vec![rule(at)] },
    };
    let decision = Decision {
        batch: id(60_000 + number),
        ticket,
        made_at,
        zone: Zone::utc(),
        weights: Weights::default(),
        unassigned_price: 1,
        winner: None,
        outcome: Outcome::NobodyFits,
        settled: Settled::Optimum,
        together: Vec::new(),
        considered: (0..N_EXPERTS).map(considered).collect(),
    };
    Stored { id: id(61_000 + number), decision }
}

async fn page(desk: &Client, path: &str) -> String {
    let heard = desk.get(path).await;
    assert_eq!(heard.status, 200, "{path}");
    let text = heard.text();
    assert!(text.len() < BYTES_MAX, "{path} weighs {} bytes", text.len());
    text
}

#[tokio::test]
async fn a_ticket_with_hundreds_of_notes_and_choices_weighs_no_more_than_a_page_may_and_nothing_is_out_of_reach() {
    on(Engine::Sqlite, async |db| {
        let Desk { world, emile, .. } = desk(&db).await;
        let ticket = world.ticket().await;
        let now = world.now();
        let filled = db.write(Lane::Desk, async move |tx| {
            let mut book = Book::open(tx, &[ticket], Timing::default()).await?;
            for at in 0..N_NOTES {
                let text = format!("Note {at}: {}", "the ladder is behind the <blue> door; ".repeat(25));
                book.note(NewNote {
                    id: id(50_000 + at),
                    ticket,
                    author: Actor::Agent(id(51)),
                    author_name: "Émile".to_owned(),
                    text: text.parse().unwrap(),
                    late: false,
                    at: now.plus_minutes(i64::try_from(at).unwrap()),
                });
            }
            book.save(tx).await?;
            let all: Vec<Stored> = (0..20).map(|number| about(ticket, number, now.plus_minutes(1))).collect();
            decisions::insert(tx, &all).await?;
            Ok::<_, Error>(())
        });
        filled.await.unwrap();
        let whole = page(&emile, &format!("/desk/tickets/{ticket}")).await;
        assert!(whole.contains("Note 119:") && !whole.contains("Note 3:"), "the newest are shown");
        assert!(whole.contains(&format!("{N_EXPERTS} who could not be sent")));
        for what in ["history", "notes", "told", "why", "photos"] {
            let all = format!("/desk/tickets/{ticket}/all/{what}");
            assert!(what == "told" || what == "photos" || whole.contains(&all), "{what} is a link away");
            page(&emile, &all).await;
        }
        let mut seen = 0;
        for n in 1..=N_NOTES {
            let shown = page(&emile, &format!("/desk/tickets/{ticket}/all/notes?page={n}")).await;
            seen += shown.matches(": the ladder").count();
            if !shown.contains("Earlier") {
                break;
            }
        }
        assert_eq!(seen, usize::try_from(N_NOTES).unwrap(), "every note stands on one of the pages");
        assert_eq!(emile.get(&format!("/desk/tickets/{ticket}/all/secrets")).await.status, 404);
    })
    .await;
}
