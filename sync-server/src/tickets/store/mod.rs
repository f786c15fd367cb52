//! The tables `ticket`, `offer`, `note`, `photo` and `need_report`.

#[cfg(test)]
pub(crate) mod faults;
mod follow_ups;
mod forget;
mod lists;
mod offers;
mod photos;
mod read;
mod reports;
mod reviews;
mod write;

pub use follow_ups::{earlier, follow_up_of, may_follow};
pub use forget::forget;
pub use lists::{
    Counts, NoteRow, after, by_number, by_state, counts, get, held_at_sites_of, held_by, inbox, many, matchable, notes,
    of_customer, of_site_open, offered_unseen, on_site, open_of_category, overdue, products_of, unsound,
    versions_in_stream, waiting, waiting_for_plan,
};
pub use offers::{
    OfferRow, TurnedDownBy, asked_about, declined, lapsed, offers_of, replaced, replaced_no_more, seen_at,
};
pub use photos::{PhotoRow, forget_photos, known_photos, of_sha, photo, photos, unnamed};
pub use reports::{Finished, NeedCounts, finished, need_counts};
pub use reviews::{NewReport, Review, open_reviews, reviewed};
pub use write::insert;

pub(super) use lists::to_archive;
pub(super) use offers::change_offers;
pub(super) use photos::add_photos;
pub(super) use reviews::report;
pub use write::known_notes;
pub(super) use write::{add_notes, lock, update};

#[cfg(test)]
mod tests;
