//! What happens in a run, step by step. A script is drawn from a seed, or written by hand for one planted bug.
//!
//! Steps name phones, tickets and messages by numbers that are taken modulo what there is, so that any part of a script is
//! a script too: that is how a failing one is made short.

use shared::chance::{Chance, Seeded};

/// Phones of the model: two of the first expert, one of the second.
pub(super) const PHONES: usize = 3;
/// Experts of the model.
pub(super) const EXPERTS: usize = 2;

/// What an expert taps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tap {
    /// Writes a note.
    Note,
    /// Says yes.
    Accept,
    /// Leaves.
    Depart,
    /// Arrives.
    Arrive,
    /// Finishes.
    Complete,
    /// Says no, or gives it back.
    Decline,
    /// Goes on or off duty.
    Duty(bool),
    /// Looks at the ticket.
    Look,
    /// Takes a photo.
    Photo,
    /// Writes an article.
    Article,
}

/// How a step of an upload goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upload {
    /// What is left goes out at once.
    Rest,
    /// The half of it.
    Half,
    /// What is left, and the answer is lost.
    Unheard,
    /// The server dies over it.
    Dies(Death),
}

/// Where something of the server dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// Before the so many-th commit of the request.
    BeforeCommit(u32),
    /// After it.
    AfterCommit(u32),
}

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A ticket is filed and offered to this expert.
    File(usize),
    /// A ticket that nobody has is offered to this expert; one that somebody has is taken from him first.
    Offer(usize, usize),
    /// The time of a ticket's offer runs out.
    Lapse(usize),
    /// A ticket is called off.
    Cancel(usize),
    /// So many minutes pass.
    Minutes(u64),
    /// An expert does something on a phone, to one of the tickets that it shows.
    Tap(usize, usize, Tap),
    /// An app with a bug writes down what nobody can read.
    Poison(usize),
    /// A phone speaks to the server; the request is on its way. So many mutations at once, so many bytes of answer.
    Send(usize, usize, u64),
    /// A message arrives; it is delivered again later if the second is true.
    Deliver(usize, bool),
    /// A message arrives and the server dies over it.
    Kill(usize, Death),
    /// A message is lost.
    Lose(usize),
    /// A phone registers anew and the answer is lost.
    LoseRegistration(usize),
    /// An app is killed.
    KillApp(usize),
    /// An app dies at the so many-th step of its next write.
    KillAppIn(usize, u32),
    /// A phone's files are copied into its backup.
    SavePhone(usize),
    /// They come back from there.
    RestorePhone(usize),
    /// The office switches a phone off.
    Revoke(usize),
    /// Its expert signs in again on it, whatever was unsent.
    SignIn(usize),
    /// The server's database is copied.
    Backup,
    /// It comes back from there.
    Restore,
    /// Old tombstones of all streams are forgotten.
    Trim,
    /// A phone sends bytes of the first photo that waits.
    Upload(usize, Upload),
    /// The office begins an article, mends one, or takes one away.
    Article(usize),
    /// A phone fetches the knowledge base, if it has none; the app dies before it is whole if the second is true.
    Fetch(usize, bool),
    /// So many days pass, tickets that ended long ago are put away, and no older backup is kept.
    Days(u64),
}

/// The script of a seed.
pub fn draw(seed: u64) -> Vec<Step> {
    let chance = Seeded::new(seed ^ 0x000f_f11e);
    let n_steps = 40 + below(&chance, 90);
    // Each run leans to some faults, so that rare ones also come together.
    let faulty = 1 + below(&chance, 3);
    let mut steps = vec![Step::File(0), Step::File(below(&chance, EXPERTS))];
    for phone in 0..PHONES {
        steps.extend([Step::Send(phone, 200, 1 << 20), Step::Deliver(0, false), Step::Deliver(0, false)]);
    }
    steps.extend((0..n_steps).map(|_| step(&chance, faulty)));
    steps
}

fn below(chance: &Seeded, bound: usize) -> usize {
    usize::try_from(chance.below(u64::try_from(bound).unwrap_or(1))).unwrap_or_default()
}

fn small(chance: &Seeded, bound: u64) -> u32 {
    u32::try_from(chance.below(bound)).unwrap_or_default()
}

fn step(chance: &Seeded, faulty: usize) -> Step {
    let phone = below(chance, PHONES);
    let any = below(chance, 1_000);
    let expert = below(chance, EXPERTS);
    let fault = below(chance, 100);
    if fault < faulty * 6 {
        return trouble(chance, phone, any);
    }
    match below(chance, 100) {
        0..6 => Step::File(expert),
        6..11 => Step::Offer(any, expert),
        11..13 => Step::Lapse(any),
        13 => Step::Cancel(any),
        14..16 => Step::Minutes(1 + chance.below(9)),
        16..42 => Step::Tap(phone, any, tap(chance)),
        42..45 => Step::Upload(phone, upload(chance)),
        45..47 => Step::Article(any),
        47..50 => Step::Fetch(phone, chance.below(6) == 0),
        50..70 => Step::Send(phone, [1, 2, 200][below(chance, 3)], [1, 900, 1 << 20][below(chance, 3)]),
        _ => Step::Deliver(any, chance.below(8) == 0),
    }
}

fn upload(chance: &Seeded) -> Upload {
    match below(chance, 8) {
        0..3 => Upload::Rest,
        3..5 => Upload::Half,
        5 => Upload::Unheard,
        6 => Upload::Dies(Death::BeforeCommit(small(chance, 3))),
        _ => Upload::Dies(Death::AfterCommit(small(chance, 3))),
    }
}

fn tap(chance: &Seeded) -> Tap {
    match below(chance, 24) {
        20..23 => Tap::Photo,
        23 => Tap::Article,
        0..6 => Tap::Note,
        6..11 => Tap::Accept,
        11..13 => Tap::Depart,
        13..15 => Tap::Arrive,
        15 => Tap::Complete,
        16 => Tap::Decline,
        17 => Tap::Duty(chance.below(2) == 0),
        _ => Tap::Look,
    }
}

fn trouble(chance: &Seeded, phone: usize, any: usize) -> Step {
    let death = |left| if chance.below(2) == 0 { Death::BeforeCommit(left) } else { Death::AfterCommit(left) };
    match below(chance, 25) {
        24 => Step::Days([1, 8, 31, 91][below(chance, 4)]),
        0..6 => Step::Lose(any),
        6..8 => Step::Kill(any, death(small(chance, 2))),
        8..10 => Step::KillApp(phone),
        10..12 => Step::KillAppIn(phone, small(chance, 8)),
        12..14 => Step::SavePhone(phone),
        14 => Step::RestorePhone(phone),
        15 => Step::Revoke(phone),
        16 => Step::SignIn(phone),
        17..19 => Step::Backup,
        19 => Step::Restore,
        20 => Step::Poison(phone),
        21 => Step::LoseRegistration(phone),
        _ => Step::Trim,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_script_and_another_seed_another() {
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        assert!(draw(7).len() > 40);
    }
}
