//! What belongs to a ticket as lines of a page: its history, its notes, what was told, and why an expert was chosen.

use super::super::file::{File, Why};
use super::super::words;
use super::{told, when};
use crate::web::cut::weight;
use shared::time::{Timestamp, Zone};

/// Something that was done or written.
pub(super) struct Line {
    pub(super) when: String,
    pub(super) who: String,
    pub(super) words: String,
    pub(super) skipped: bool,
}

/// A notice, and what became of it.
pub(super) struct Told {
    pub(super) when: String,
    pub(super) to: String,
    pub(super) words: String,
    pub(super) state: String,
}

/// A decision in words.
pub(super) struct Reasoned {
    pub(super) when: String,
    pub(super) summary: String,
    /// Who could be sent, the best first.
    pub(super) fit: Vec<String>,
    /// How many more could, each at a higher cost.
    pub(super) n_dearer: usize,
    pub(super) n_excluded: usize,
    /// What stood against the others, with their names.
    pub(super) against: Vec<(String, String)>,
    pub(super) weights_version: i64,
    pub(super) replays: bool,
}

impl Line {
    pub(super) fn weight(&self) -> usize {
        weight(&self.words) + weight(&self.who)
    }
}

impl Told {
    pub(super) fn weight(&self) -> usize {
        weight(&self.words) + weight(&self.to) + weight(&self.state)
    }
}

impl Reasoned {
    pub(super) fn weight(&self) -> usize {
        let against = self.against.iter().map(|(why, names)| weight(why) + weight(names));
        weight(&self.summary) + self.fit.iter().map(|line| weight(line)).chain(against).sum::<usize>()
    }
}

/// The zone that a ticket's times are told in.
pub(super) fn zone_of(file: &File) -> Zone {
    file.place.as_ref().map_or_else(Zone::utc, |place| place.zone.clone())
}

/// What happened, the last first.
pub(super) fn history(file: &File) -> Vec<Line> {
    let zone = zone_of(file);
    let at = |instant: Timestamp| when(&zone, instant);
    let line = |line: &crate::events::Line| Line {
        when: at(line.at),
        who: file.names.actor(line.actor),
        words: words::fact(&line.event.fact, &file.names, &at),
        skipped: line.event.skipped,
    };
    file.history.iter().rev().map(line).collect()
}

/// What was written, the last first.
pub(super) fn notes(file: &File) -> Vec<Line> {
    let zone = zone_of(file);
    let line = |note: &crate::tickets::store::NoteRow| Line {
        when: when(&zone, note.at),
        who: note.author_name.clone(),
        words: note.text.clone(),
        skipped: false,
    };
    file.notes.iter().rev().map(line).collect()
}

/// What was told to whom, the last first.
pub(super) fn told(file: &File) -> Vec<Told> {
    let zone = zone_of(file);
    let one = |notice: &crate::notify::Notice| Told {
        when: when(&zone, notice.ended_at.unwrap_or(notice.due_at)),
        to: format!("{} to {}", words::channel(notice.channel), told::reached(notice, &file.names)),
        words: notice.body.clone(),
        state: words::notice_state(notice),
    };
    file.notices.iter().rev().map(one).collect()
}

/// Why this expert, the last decision first, each with at most so many of those who could be sent.
pub(super) fn decisions(file: &File, fit_max: usize) -> Vec<Reasoned> {
    let zone = zone_of(file);
    let one = |why: &Why| Reasoned {
        when: when(&zone, why.made_at),
        summary: why.explanation.summary.clone(),
        fit: why.explanation.experts.iter().take(why.n_fit.min(fit_max)).cloned().collect(),
        n_dearer: why.n_fit.saturating_sub(fit_max),
        n_excluded: why.explanation.experts.len().saturating_sub(why.n_fit),
        against: why.against.iter().map(|(why, names)| (why.clone(), names.join(", "))).collect(),
        weights_version: why.weights_version,
        replays: why.replays,
    };
    file.decisions.iter().map(one).collect()
}
