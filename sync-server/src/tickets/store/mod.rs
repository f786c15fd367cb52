//! The tables `ticket`, `offer`, `note` and `need_report`.

mod follow_ups;
mod forget;
mod lists;
mod offers;
mod read;
mod reports;
mod reviews;
mod write;

pub use follow_ups::{earlier, follow_up_of, may_follow};
pub use forget::forget;
pub use lists::{
    Counts, NoteRow, after, by_number, by_state, counts, get, held_at_sites_of, held_by, inbox, many, matchable, notes,
    of_customer, of_site_open, on_site, open_of_category, overdue, products_of, unsound, versions_in_stream, waiting,
    waiting_for_plan,
};
pub use offers::{OfferRow, TurnedDownBy, declined, lapsed, offers_of, seen_at};
pub use reports::{Finished, NeedCounts, finished, need_counts};
pub use reviews::{NewReport, Review, open_reviews, reviewed};
pub use write::insert;

pub(super) use offers::change_offers;
pub(super) use reviews::report;
pub use write::known_notes;
pub(super) use write::{add_notes, lock, update};

#[cfg(test)]
mod tests;
