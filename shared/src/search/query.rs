//! What somebody typed, turned into what a store looks up, and then into what it counts.
//!
//! Each word of a search can be met in several ways: as it stands, by a synonym, joined with its neighbour (`wi fi`), and
//! if no article holds it, by its beginning or by what it was likely meant to be. An article is credited with the best
//! way for each word, never with two.

use super::spell::{distance, keys, mistakes_max};
use super::synonyms::{PHRASE_WORDS_MAX, Synonyms};
use super::weigh::idf;
use super::words::{stem, tokens};
use super::{WORDS_MAX, rank::HUNDRED};
use std::collections::{BTreeMap, BTreeSet};

/// A synonym is nearly as good, in hundredths.
const SYNONYM: i64 = 85;
/// A word's beginning.
const BEGINNING: i64 = 70;
/// One letter wrong.
const ONE_MISTAKE: i64 = 80;
/// Two letters wrong.
const TWO_MISTAKES: i64 = 55;
/// From how many characters on a beginning is looked for.
const BEGINNING_CHARS_MIN: usize = 3;
/// How many words a misspelt word can have been meant to be.
const MEANT_MAX: usize = 6;

/// A search, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    words: Vec<Word>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Word {
    folded: String,
    stem: String,
    /// Other ways to meet it: the stems that must all be there, and hundredths.
    others: Vec<(Vec<String>, i64)>,
}

/// What a store looks up in its vocabulary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lookups {
    /// Stems to find as they stand.
    pub terms: BTreeSet<String>,
    /// Keys of misspellings ([`super::typo_keys`]).
    pub typos: BTreeSet<String>,
    /// The beginning of the last word; somebody may still be typing it.
    pub beginning: Option<String>,
}

/// A word of a store's vocabulary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The store's number for it.
    pub term: i64,
    /// The stem.
    pub stem: String,
    /// How many articles hold it.
    pub n_articles: i64,
}

/// One way to meet a word: the terms that must all be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The store's numbers, each with its weight (how rare it is).
    pub terms: Vec<(i64, i64)>,
    /// How good a way it is, in hundredths.
    pub hundredths: i64,
}

/// What a store counts: for each word of the search the ways to meet it. A word that can be met in no way stays, empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// A word each.
    pub words: Vec<Vec<Way>>,
}

impl Query {
    /// Reads what somebody typed.
    pub fn read(text: &str, synonyms: &Synonyms) -> Self {
        let mut words: Vec<Word> = Vec::new();
        for token in tokens(text).into_iter().take(WORDS_MAX) {
            let others = match token.parts.len() {
                0 => vec![],
                _ => vec![(token.parts.iter().map(|part| stem(part)).collect(), ONE_MISTAKE)],
            };
            words.push(Word { stem: stem(&token.whole), folded: token.whole, others });
        }
        let stems: Vec<String> = words.iter().map(|word| word.stem.clone()).collect();
        for from in 0..words.len() {
            for length in 1..=PHRASE_WORDS_MAX.min(words.len() - from) {
                let span = from..from + length;
                for other in synonyms.others(&stems[span.clone()]) {
                    words[span.clone()].iter_mut().for_each(|word| word.others.push((other.clone(), SYNONYM)));
                }
            }
            if from + 1 < words.len() {
                let joined = stem(&format!("{}{}", words[from].folded, words[from + 1].folded));
                words[from..from + 2].iter_mut().for_each(|word| word.others.push((vec![joined.clone()], HUNDRED)));
            }
        }
        Self { words }
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// What to look up.
    pub fn lookups(&self) -> Lookups {
        let mut lookups = Lookups::default();
        for word in &self.words {
            lookups.terms.insert(word.stem.clone());
            lookups.terms.extend(word.others.iter().flat_map(|(stems, _)| stems.clone()));
            if mistakes_max(&word.stem) > 0 || mistakes_max(&word.folded) > 0 {
                lookups.typos.extend(keys(&word.stem));
                lookups.typos.extend(keys(&word.folded));
            }
        }
        let last = self.words.last().filter(|last| last.folded.chars().count() >= BEGINNING_CHARS_MIN);
        lookups.beginning = last.map(|last| last.folded.clone());
        lookups
    }

    /// What to count, from what the vocabulary knows of the lookups. `n_articles` is how many there are in all.
    pub fn plan(&self, known: &[Known], n_articles: i64) -> Plan {
        let by_stem: BTreeMap<&str, &Known> =
            known.iter().filter(|known| known.n_articles > 0).map(|known| (known.stem.as_str(), known)).collect();
        let weight = |known: &Known| (known.term, idf(n_articles, known.n_articles));
        let mut plan = Plan::default();
        for (at, word) in self.words.iter().enumerate() {
            let mut ways: Vec<Way> = Vec::new();
            if let Some(exact) = by_stem.get(word.stem.as_str()) {
                ways.push(Way { terms: vec![weight(exact)], hundredths: HUNDRED });
            }
            for (stems, hundredths) in &word.others {
                let terms: Option<Vec<_>> =
                    stems.iter().map(|stem| by_stem.get(stem.as_str()).map(|k| weight(k))).collect();
                if let Some(terms) = terms.filter(|terms| !terms.is_empty()) {
                    ways.push(Way { terms, hundredths: *hundredths });
                }
            }
            if ways.is_empty() {
                ways = word.meant(by_stem.values().copied(), at + 1 == self.words.len(), weight);
            }
            plan.words.push(ways);
        }
        plan
    }
}

impl Word {
    /// The nearest words of a vocabulary, where it does not hold this one.
    fn meant<'a>(
        &self,
        known: impl Iterator<Item = &'a Known>,
        is_last: bool,
        weight: impl Fn(&Known) -> (i64, i64),
    ) -> Vec<Way> {
        let max = mistakes_max(&self.folded);
        let mut near: Vec<(i64, &Known)> = Vec::new();
        for known in known {
            let begins = is_last
                && self.folded.chars().count() >= BEGINNING_CHARS_MIN
                && known.stem.starts_with(self.folded.as_str());
            let nearest =
                [&self.stem, &self.folded].into_iter().filter_map(|form| distance(form, &known.stem, max)).min();
            // A short word must begin right: that is where people make no mistakes, and where words differ most.
            let same_start = known.stem.chars().next() == self.folded.chars().next() || max > 1;
            let by_mistake = match nearest {
                Some(0 | 1) if same_start => ONE_MISTAKE,
                Some(2) if same_start => TWO_MISTAKES,
                Some(_) | None => 0,
            };
            let hundredths = by_mistake.max(if begins { BEGINNING } else { 0 });
            if hundredths > 0 {
                near.push((hundredths, known));
            }
        }
        near.sort_by(|(one, a), (two, b)| {
            two.cmp(one).then(b.n_articles.cmp(&a.n_articles)).then_with(|| a.stem.cmp(&b.stem))
        });
        near.truncate(MEANT_MAX);
        near.into_iter().map(|(hundredths, known)| Way { terms: vec![weight(known)], hundredths }).collect()
    }
}

impl Plan {
    /// Whether no article can be found.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(Vec::is_empty)
    }

    /// Each term once, with the most that it can add: what a store sums to choose candidates.
    pub fn weights(&self) -> BTreeMap<i64, i64> {
        let mut weights = BTreeMap::new();
        for way in self.words.iter().flatten() {
            let n = i64::try_from(way.terms.len()).unwrap_or(1);
            for (term, weight) in &way.terms {
                let most: &mut i64 = weights.entry(*term).or_default();
                *most = (*most).max(weight * way.hundredths / HUNDRED / n);
            }
        }
        weights
    }
}
