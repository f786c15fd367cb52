//! Lanes: whose work goes first, how much of each may wait, and what nobody may take from the others.

/// Who asks for a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Call-centre staff and admins: someone holds a telephone.
    Desk,
    /// The phones of experts: completion reports.
    Sync,
    /// Customers on the web.
    Intake,
    /// Background jobs.
    Work,
    /// Imports, sweeps and trims, which nobody waits for.
    Bulk,
}

/// The number of lanes.
pub(super) const N: usize = 5;

impl Lane {
    /// All lanes, the most urgent first.
    pub(super) const ALL: [Self; N] = [Self::Desk, Self::Sync, Self::Intake, Self::Work, Self::Bulk];

    /// The place in [`Lane::ALL`].
    pub(super) fn index(self) -> usize {
        match self {
            Self::Desk => 0,
            Self::Sync => 1,
            Self::Intake => 2,
            Self::Work => 3,
            Self::Bulk => 4,
        }
    }

    /// How many writes may wait; more are refused at once.
    pub(super) fn waiting_max(self) -> usize {
        match self {
            Self::Desk | Self::Sync => 512,
            Self::Intake => 1_024,
            Self::Work => 256,
            Self::Bulk => 64,
        }
    }

    /// How many run at once on PostgreSQL, of 16 connections.
    pub(super) fn running_max(self) -> usize {
        match self {
            Self::Desk => 16,
            Self::Sync | Self::Intake => 12,
            Self::Work => 6,
            Self::Bulk => 2,
        }
    }

    /// How many times the usual limit one write may take. A file of a thousand lines is one: all of it or
    /// nothing. Less than the age at which what waits behind it is given up.
    pub(super) fn patience(self) -> u32 {
        match self {
            Self::Desk | Self::Sync | Self::Intake | Self::Work => 1,
            Self::Bulk => 8,
        }
    }

    /// What a lane gets of each group of 64 even when more urgent ones are full, so that none starves.
    fn share_min(self) -> usize {
        match self {
            Self::Desk => 64,
            Self::Sync => 12,
            Self::Intake => 12,
            Self::Work => 6,
            Self::Bulk => 2,
        }
    }
}

/// How many to take of each lane when so many wait: first what is guaranteed to each, then by urgency.
pub(super) fn share(waiting: [usize; N], room: usize) -> [usize; N] {
    let mut taken = [0; N];
    let mut left = room;
    for lane in Lane::ALL.iter().rev() {
        let n = waiting[lane.index()].min(lane.share_min()).min(left);
        taken[lane.index()] = n;
        left -= n;
    }
    for lane in Lane::ALL {
        let n = (waiting[lane.index()] - taken[lane.index()]).min(left);
        taken[lane.index()] += n;
        left -= n;
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_desk_goes_first_and_nobody_starves() {
        let cases = [
            ([0, 0, 0, 0, 0], [0, 0, 0, 0, 0]),
            ([1, 1, 1, 1, 1], [1, 1, 1, 1, 1]),
            ([0, 0, 500, 0, 0], [0, 0, 64, 0, 0]),
            ([500, 500, 500, 500, 500], [32, 12, 12, 6, 2]),
            ([10, 0, 500, 50, 50], [10, 0, 46, 6, 2]),
            ([0, 500, 3, 0, 50], [0, 59, 3, 0, 2]),
        ];
        for (waiting, taken) in cases {
            assert_eq!(share(waiting, 64), taken, "{waiting:?}");
        }
    }
}
