//! Puts candidates into their one order.

use super::query::Plan;
use std::collections::BTreeMap;

/// Hundredths that make one.
pub(super) const HUNDRED: i64 = 100;

/// How an article fits what is asked about, besides its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Facet {
    /// Another product.
    Other,
    /// Nothing was asked for, or the article is about any product.
    Any,
    /// The product.
    Product,
    /// The product and the symptom.
    Symptom,
}

impl Facet {
    /// Hundredths of its words' worth.
    fn hundredths(self) -> i64 {
        match self {
            Self::Other => 50,
            Self::Any => 100,
            Self::Product => 130,
            Self::Symptom => 170,
        }
    }

    /// What an article about a product and a symptom is to somebody who asks about these.
    pub fn of(article: (Option<&str>, Option<&str>), asked: (Option<&str>, Option<&str>)) -> Self {
        match (article.0, asked.0) {
            (_, None) | (None, Some(_)) => Self::Any,
            (Some(own), Some(asked)) if own != asked => Self::Other,
            (Some(_), Some(_)) if asked.1.is_some() && article.1 == asked.1 => Self::Symptom,
            (Some(_), Some(_)) => Self::Product,
        }
    }
}

/// An article that may be it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate<I> {
    /// Which.
    pub id: I,
    /// What each of the plan's terms says about it ([`super::terms_of`]); those it does not hold are missing.
    pub terms: BTreeMap<i64, i64>,
    /// How it fits.
    pub facet: Facet,
    /// How often it is known to have fixed what it is about, and out of how many.
    pub fixed: (u32, u32),
}

/// The candidates that meet at least one word, the best first with their scores. Of equals the lower id comes first.
pub fn rank<I: Ord>(plan: &Plan, candidates: Vec<Candidate<I>>) -> Vec<(I, i64)> {
    let mut ranked: Vec<(I, i64)> = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let score = score(plan, &candidate);
        if score > 0 {
            ranked.push((candidate.id, score));
        }
    }
    ranked.sort_by(|(a, one), (b, two)| two.cmp(one).then_with(|| a.cmp(b)));
    ranked
}

fn score<I>(plan: &Plan, candidate: &Candidate<I>) -> i64 {
    let n_words = i64::try_from(plan.words.len()).unwrap_or(1).max(1);
    let (mut sum, mut n_met) = (0, 0);
    for ways in &plan.words {
        let best = ways.iter().filter_map(|way| {
            let n = i64::try_from(way.terms.len()).unwrap_or(1).max(1);
            let each = way.terms.iter().map(|(term, weight)| candidate.terms.get(term).map(|says| says * weight));
            Some(each.sum::<Option<i64>>()? / n * way.hundredths / HUNDRED)
        });
        let best = best.max().unwrap_or(0);
        sum += best;
        n_met += i64::from(best > 0);
    }
    let whole = sum + sum * n_met / n_words / 4;
    let (n_fixed, n_tried) = candidate.fixed;
    // At most a tenth more: what fixed it before is likelier to fix it again, but words decide what it is about.
    let proven = 1_000 + 100 * i64::from(n_fixed) / (i64::from(n_tried) + 3);
    whole * candidate.facet.hundredths() / HUNDRED * proven / 1_000
}
