//! What the page of a ticket says beside the ticket: its history and notes, where it is, who comes, what came before and
//! after it.

use super::News;
use crate::db::Error;
use crate::events;
use crate::http::Site;
use crate::survey;
use crate::tickets::{Ticket, store};
use crate::web::cut::weight;
use crate::web::most::Most;
use crate::{customers, plans, workforce};
use shared::place::Place;
use shared::ticket::State as TicketState;
use shared::time::Timestamp;

/// Lines of a history on a page.
const HISTORY_MAX: i64 = 200;
/// What they weigh there.
const NEWS_BYTES_MAX: usize = 9_000;
/// What the notes weigh together with the report itself, and what they may weigh whatever the report does.
const WORDS_BYTES_MAX: usize = 22_000;
const NOTES_BYTES_MIN: usize = 8_000;

/// What the page of a ticket says beside the ticket.
pub(super) struct Around {
    pub(super) lines: Vec<events::Line>,
    pub(super) notes: Vec<store::NoteRow>,
    pub(super) place: Option<customers::Site>,
    pub(super) expert: Option<workforce::Expert>,
    pub(super) uncovered: Option<plans::Uncovered>,
    pub(super) earlier: Option<Ticket>,
    pub(super) follow_up: Option<Ticket>,
    pub(super) survey: Option<survey::Survey>,
}

pub(super) async fn around(site: &Site, ticket: &Ticket) -> Result<Around, Error> {
    let (id, at, holder) = (ticket.id, ticket.site, ticket.life.state.holder().or(ticket.last_expert));
    let (follows, who, category, now) = (ticket.follows, ticket.customer, ticket.category.clone(), site.now());
    let read = site.db.read(async move |conn| {
        let expert = match holder {
            Some(expert) => workforce::store::expert(conn, expert).await?,
            None => None,
        };
        let earlier = match follows {
            Some(earlier) => store::get(conn, earlier).await?,
            None => None,
        };
        let rank = customers::store::rank_of_site(conn, who, at).await?;
        let plans = plans::store::entitlements_of(conn, who).await?;
        Ok::<_, Error>(Around {
            lines: events::history(conn, id, 0, HISTORY_MAX).await?,
            notes: store::notes(conn, &[id], HISTORY_MAX).await?,
            place: customers::store::site(conn, at).await?,
            expert,
            uncovered: plans::uncovered(&plans, &category, rank, now),
            earlier,
            follow_up: store::follow_up_of(conn, id).await?,
            survey: survey::store::of_ticket(conn, id).await?,
        })
    });
    read.await
}

/// Where the expert was last seen on the way to this ticket, with a map of it. Nothing before he leaves or once he is
/// there: where he is then is nobody's business.
pub(super) fn seen(state: &TicketState, position: Option<(Place, Timestamp)>) -> Option<(Timestamp, String)> {
    let TicketState::EnRoute { departed_at, .. } = state else { return None };
    let (place, at) = position.filter(|(_, at)| at >= departed_at)?;
    let (lat, lon) = (place.lat(), place.lon());
    Some((at, format!("https://www.openstreetmap.org/?mlat={lat:.5}&mlon={lon:.5}#map=14/{lat:.5}/{lon:.5}")))
}

impl News {
    fn bytes(&self) -> usize {
        weight(&self.when) + weight(&self.words)
    }
}

/// The last of the history, as much as the page holds; the newest comes first.
pub(super) fn last_news(newest_first: impl Iterator<Item = News>) -> Most<News> {
    Most::that_fit(newest_first.collect::<Vec<_>>().into_iter(), NEWS_BYTES_MAX, News::bytes)
}

/// The last notes, as many as the page holds beside the report; the oldest comes first.
pub(super) fn last_notes(oldest_first: impl DoubleEndedIterator<Item = News>, ticket: &Ticket) -> Most<News> {
    let room = WORDS_BYTES_MAX.saturating_sub(weight(ticket.description.as_str())).max(NOTES_BYTES_MIN);
    let newest_first: Vec<News> = oldest_first.rev().collect();
    let mut last = Most::that_fit(newest_first.into_iter(), room, News::bytes);
    last.rows.reverse();
    last
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tickets::begin;
    use crate::tickets::samples::filing;
    use shared::ticket::Timing;

    fn lines(n: usize, words: &str) -> impl DoubleEndedIterator<Item = News> {
        (0..n).map(move |number| News { when: "Mon 2 Mar, 09:00".into(), words: format!("{number}: {words}") })
    }

    #[test]
    fn of_many_long_notes_the_last_ones_stand_on_the_page_in_their_order() {
        let now = Timestamp::from_millis(crate::db::testing::START_MS);
        let (ticket, _) = begin(filing(1), now, &Timing::default());
        let notes = last_notes(lines(100, &"dark again ".repeat(90)), &ticket);
        assert!(notes.is_cut() && (10..25).contains(&notes.rows.len()), "{}", notes.rows.len());
        assert!(notes.rows.iter().map(News::bytes).sum::<usize>() < WORDS_BYTES_MAX);
        let (first, last) = (notes.rows.first().unwrap(), notes.rows.last().unwrap());
        assert!(last.words.starts_with("99: ") && first.words.starts_with(&format!("{}: ", 100 - notes.rows.len())));
        assert!(!last_notes(lines(3, "Ring twice"), &ticket).is_cut());
        let news = last_news(lines(200, &"The fuse. ".repeat(20)).rev());
        assert!(news.is_cut() && news.rows[0].words.starts_with("199: "), "the newest");
    }
}
