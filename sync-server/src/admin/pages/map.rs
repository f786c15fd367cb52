//! The map beside the day as it stands on the page: numbers as text, and what each mark is called.

use super::super::map::{self, Map, Mark, Placed, What};
use super::super::today::{Ours, Today};

/// Names that one mark tells; more are counted.
const NAMES_MAX: usize = 3;

/// The map in text.
pub(super) struct Drawn {
    /// Left, top, width and height of what is seen, in the outline's units.
    pub(super) view: String,
    /// Radius of a circle, and size of its number.
    pub(super) size: String,
    pub(super) marks: Vec<Spot>,
    pub(super) n_off: usize,
}

/// A mark in text.
pub(super) struct Spot {
    pub(super) title: String,
    pub(super) x: String,
    pub(super) y: String,
    /// The corners of a ticket's mark; none for an expert's, which is round.
    pub(super) corners: Option<String>,
    pub(super) n: usize,
}

/// What waits and who is at work, on the map, as many of each as the lists hold; nothing if nothing of it is on the map.
pub(super) fn drawn(today: &Today, n_tickets: usize, n_at_work: usize) -> Option<Drawn> {
    let tickets = today.pressing.iter().take(n_tickets).filter_map(|one| {
        let name = format!("{} {}", one.ticket.number, one.ticket.title);
        Some(Placed { what: What::Ticket, place: one.place?, name })
    });
    let at_work = today.experts.iter().filter(|one| is_at_work(one)).take(n_at_work);
    let experts = at_work.map(|one| Placed { what: What::Expert, place: one.place, name: one.name.clone() });
    let placed: Vec<Placed> = tickets.chain(experts).collect();
    let map = map::draw(&placed)?;
    let Map { left, top, width, height, size, marks, n_off } = map;
    Some(Drawn {
        view: format!("{left:.1} {top:.1} {width:.1} {height:.1}"),
        size: format!("{size:.1}"),
        marks: marks.iter().map(|mark| spot(mark, size)).collect(),
        n_off,
    })
}

/// Works now, or has something to do today.
pub(super) fn is_at_work(one: &Ours) -> bool {
    one.doing.is_working() || !one.chain.is_empty()
}

fn spot(mark: &Mark, size: f64) -> Spot {
    let (x, y, wide) = (mark.x, mark.y, size * 1.3);
    let named = mark.names.iter().take(NAMES_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
    let n_more = mark.names.len().saturating_sub(NAMES_MAX);
    let corners = match mark.what {
        What::Ticket => {
            let (left, right, top, bottom) = (x - wide, x + wide, y - wide, y + wide);
            Some(format!("{left:.1},{y:.1} {x:.1},{top:.1} {right:.1},{y:.1} {x:.1},{bottom:.1}"))
        }
        What::Expert => None,
    };
    Spot {
        title: if n_more > 0 { format!("{named} and {n_more} more") } else { named },
        x: format!("{x:.1}"),
        y: format!("{y:.1}"),
        corners,
        n: mark.names.len(),
    }
}
