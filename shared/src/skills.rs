//! What an expert can do and what a ticket needs, and whether the one covers the other.

use crate::ids::SkillId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How well an expert knows a skill, or how well a ticket needs it known: 1 (learned) to 3 (teaches others).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Level(u8);

/// A level outside 1 to 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a level is 1, 2 or 3")]
pub struct NotALevel;

impl Level {
    /// The lowest.
    pub const LEARNED: Self = Self(1);
    /// The highest.
    pub const TEACHES: Self = Self(3);

    /// 1 to 3.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<i64> for Level {
    type Error = NotALevel;
    fn try_from(level: i64) -> Result<Self, NotALevel> {
        match u8::try_from(level) {
            Ok(level @ 1..=3) => Ok(Self(level)),
            Ok(_) | Err(_) => Err(NotALevel),
        }
    }
}

impl From<Level> for i64 {
    fn from(level: Level) -> Self {
        Self::from(level.0)
    }
}

/// A set of skills, each with a level. As an expert's: what he can do. As a ticket's: the least that is needed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Skills(pub BTreeMap<SkillId, Level>);

impl Skills {
    /// What of `needed` is not covered: absent, or known at too low a level. In the order of the ids.
    pub fn missing(&self, needed: &Self) -> Vec<(SkillId, Level)> {
        let lacks = |skill: &SkillId, level: Level| self.0.get(skill).is_none_or(|known| *known < level);
        needed.0.iter().filter(|(skill, level)| lacks(skill, **level)).map(|(skill, level)| (*skill, *level)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Seeded;
    use crate::time::Timestamp;

    #[test]
    fn a_skill_known_too_little_is_missing_like_one_not_known() {
        let chance = Seeded::new(1);
        let [tv, phone, router] = [1, 2, 3].map(|at| SkillId::new(Timestamp::from_millis(at), &chance));
        let level = |level| Level::try_from(level).unwrap();
        let expert = Skills([(tv, level(1)), (phone, level(3))].into());
        let needed = Skills([(tv, level(2)), (phone, level(2)), (router, level(1))].into());
        assert_eq!(expert.missing(&needed), [(tv, level(2)), (router, level(1))]);
        assert_eq!(expert.missing(&Skills::default()), []);
    }

    #[test]
    fn levels_end_at_three() {
        assert_eq!(Level::try_from(0), Err(NotALevel));
        assert_eq!(Level::try_from(4), Err(NotALevel));
        assert!(serde_json::from_str::<Level>("-1").is_err());
    }
}
