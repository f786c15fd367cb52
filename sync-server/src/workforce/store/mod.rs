//! The tables of the workforce. Whoever changes what an expert's phone shows goes through [`experts`] or [`days`],
//! which raise his `ver` and touch his stream.

mod catalogue;
mod coverage;
mod days;
mod experts;
mod limits;
mod many;
mod needs;
mod rosters;

pub use catalogue::{
    area, areas, areas_covering, create_area, create_skill, put_area, put_skill, skill, skills, skills_by_slug,
};
pub use coverage::{Coverage, areas_at, experts_in, experts_with};
pub use days::{absences, add_absence, remove_absence, replace_areas, replace_shifts, replace_skills};
pub use experts::{ListExperts, Page};
pub use experts::{
    create, docs, expert, experts_by_ids, experts_by_phone, forget_positions, list, lock, replace, set_active,
    set_arrival, set_duty, set_position,
};
pub use limits::{block, blocked, blocks, closed_at, forget, holidays, put_holiday, remove_holiday, unblock};
pub use many::{NewExpert, create_many};
pub use needs::{NewNeed, categories, need, needs, put_category, put_need, put_symptom};
pub use rosters::{EXPERTS_MAX, holidays_in, roster, rosters};

/// Binds in one statement, well below what both engines take.
const BINDS_MAX: usize = 2_000;

/// `$1, $2, $3`, beginning at the bind with this number.
fn binds(first: usize, n: usize) -> String {
    let mut text = String::with_capacity(n * 6);
    for bind in first..first + n {
        let comma = if bind == first { "" } else { ", " };
        text.push_str(comma);
        text.push('$');
        text.push_str(&bind.to_string());
    }
    text
}

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
