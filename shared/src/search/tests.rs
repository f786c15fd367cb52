//! A store in memory, so that the whole way from words to an order is tried here; the stores of server and phone are
//! compared with the same facts beside their SQL.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
struct Memory {
    vocabulary: BTreeMap<String, (i64, i64)>,
    articles: Vec<BTreeMap<i64, i64>>,
}

impl Memory {
    fn of(articles: &[(&str, &str)]) -> Self {
        let mut memory = Self::default();
        for (title, body) in articles {
            let fields = [Field { text: title, weight: 4 }, Field { text: body, weight: 1 }];
            let mut terms = BTreeMap::new();
            for (stem, says) in terms_of(&fields) {
                let next = i64::try_from(memory.vocabulary.len()).unwrap();
                let (term, n) = memory.vocabulary.entry(stem).or_insert((next, 0));
                *n += 1;
                terms.insert(*term, says);
            }
            memory.articles.push(terms);
        }
        memory
    }

    fn known(&self, lookups: &Lookups) -> Vec<Known> {
        let is_asked = |stem: &str| {
            lookups.terms.contains(stem)
                || !typo_keys(stem).is_disjoint(&lookups.typos)
                || lookups.beginning.as_ref().is_some_and(|beginning| stem.starts_with(beginning.as_str()))
        };
        let known = self.vocabulary.iter().filter(|(stem, _)| is_asked(stem));
        known.map(|(stem, (term, n))| Known { term: *term, stem: stem.clone(), n_articles: *n }).collect()
    }

    fn search(&self, text: &str, synonyms: &str) -> Vec<usize> {
        let query = Query::read(text, &Synonyms::read(synonyms).unwrap());
        let plan = query.plan(&self.known(&query.lookups()), i64::try_from(self.articles.len()).unwrap());
        let candidates = self.articles.iter().cloned().enumerate();
        let candidates = candidates.map(|(id, terms)| Candidate { id, terms, facet: Facet::Any, fixed: (0, 0) });
        rank(&plan, candidates.collect()).into_iter().map(|(id, _)| id).collect()
    }
}

const ARTICLES: [(&str, &str); 8] = [
    ("The TV has sound but no picture", "The backlight or the input is wrong. Press Source and choose the input."),
    ("The TV has a picture but no sound", "Speakers may be set to Bluetooth. Open the sound menu."),
    ("Wi-Fi is slow in one room", "Move the router. Use the 5 GHz band near it."),
    ("No internet on any device", "Unplug the router for thirty seconds. Look at the lamps."),
    ("The printer shows paper jam and there is none", "Open the rear door and clean the sensor."),
    ("The computer does not find the printer", "Both must be in the same Wi-Fi. Restart the print queue."),
    ("The phone does not charge", "Clean the charging port with a wooden pick. Try another cable."),
    ("Bluetooth headphones drop out", "Remove the pairing and pair again."),
];

const SAME: &str = "tv = television = telly\nwifi = wireless\nearphones = headphones\nscreen = picture";

#[test]
fn people_find_what_they_mean() {
    let cases: [(&str, &[usize]); 18] = [
        ("no picture tv", &[0, 1]),
        ("my television has no sound", &[1, 0]),
        ("telly screen black", &[0, 1]),
        ("wi fi slow", &[2, 5]),
        ("wifi slow", &[2, 5]),
        ("Wi-Fi slow", &[2, 5]),
        ("wireless slow", &[2, 5]),
        ("slow wiffi", &[2, 5]),
        ("internt on no devise", &[3, 0, 1]),
        ("paper jamm", &[4]),
        ("printr not found", &[5]),
        ("computer cant find printer", &[5, 4]),
        ("phone wont charge", &[6]),
        ("phone is not charging", &[6]),
        ("blutooth earphones", &[7, 1]),
        ("blueto", &[7, 1]),
        ("headfones", &[7]),
        ("zzzz", &[]),
    ];
    let memory = Memory::of(&ARTICLES);
    for (text, expected) in cases {
        let found = memory.search(text, SAME);
        assert!(found.starts_with(expected), "{text}: {found:?}, not {expected:?}");
        assert_eq!(found.is_empty(), expected.is_empty(), "{text}");
    }
}

#[test]
fn a_word_that_is_there_is_never_taken_for_a_misspelt_one() {
    let memory = Memory::of(&[("Screen", ""), ("Scream", ""), ("Router", "")]);
    assert_eq!(memory.search("scream", ""), [1]);
    assert_eq!(memory.search("scren", ""), [0], "the nearer word of the two");
    assert_eq!(memory.search("tv", ""), [] as [usize; 0], "short words must be right");
}

#[test]
fn what_fits_the_product_comes_first_and_proof_breaks_a_near_tie() {
    let memory = Memory::of(&[("No sound", "x"), ("No sound", "x"), ("No sound", "x"), ("No sound", "x")]);
    let query = Query::read("sound", &Synonyms::default());
    let plan = query.plan(&memory.known(&query.lookups()), 4);
    let of = |id: usize, facet, fixed| Candidate { id, terms: memory.articles[id].clone(), facet, fixed };
    let order = |candidates: Vec<_>| rank(&plan, candidates).into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    let facets = [Facet::Other, Facet::Any, Facet::Product, Facet::Symptom];
    assert_eq!(order((0..4).map(|id| of(id, facets[id], (0, 0))).collect()), [3, 2, 1, 0]);
    assert_eq!(
        order(vec![of(0, Facet::Any, (1, 9)), of(1, Facet::Any, (14, 17)), of(2, Facet::Any, (1, 9))]),
        [1, 0, 2]
    );
}

#[test]
fn an_article_fits_by_its_product_and_then_by_its_symptom() {
    let cases = [
        ((Some("tv"), Some("no_sound")), (Some("tv"), Some("no_sound")), Facet::Symptom),
        ((Some("tv"), None), (Some("tv"), Some("no_sound")), Facet::Product),
        ((Some("tv"), None), (Some("tv"), None), Facet::Product),
        ((Some("audio"), Some("no_sound")), (Some("tv"), Some("no_sound")), Facet::Other),
        ((None, None), (Some("tv"), Some("no_sound")), Facet::Any),
        ((Some("tv"), None), (None, None), Facet::Any),
    ];
    for (article, asked, expected) in cases {
        assert_eq!(Facet::of(article, asked), expected, "{article:?} {asked:?}");
    }
}

#[test]
fn what_a_store_sums_is_never_less_than_what_counts() {
    let memory = Memory::of(&ARTICLES);
    let query = Query::read("tv no picture wi-fi", &Synonyms::read(SAME).unwrap());
    let plan = query.plan(&memory.known(&query.lookups()), 8);
    let in_ways: BTreeSet<i64> = plan.words.iter().flatten().flat_map(|way| way.terms.iter().map(|t| t.0)).collect();
    assert_eq!(plan.weights().into_keys().collect::<BTreeSet<_>>(), in_ways);
    assert!(plan.weights().values().all(|weight| *weight > 0));
}

proptest! {
    #[test]
    fn the_order_does_not_depend_on_how_candidates_come(text in "[a-z ]{0,40}", turn in 0usize..8) {
        let memory = Memory::of(&ARTICLES);
        let query = Query::read(&text, &Synonyms::read(SAME).unwrap());
        let plan = query.plan(&memory.known(&query.lookups()), 8);
        let mut candidates: Vec<_> = memory.articles.iter().cloned().enumerate()
            .map(|(id, terms)| Candidate { id, terms, facet: Facet::Any, fixed: (0, 0) }).collect();
        let first = rank(&plan, candidates.clone());
        candidates.rotate_left(turn);
        prop_assert_eq!(&rank(&plan, candidates), &first);
        prop_assert!(first.windows(2).all(|two| two[0].1 > two[1].1 || two[0].1 == two[1].1 && two[0].0 < two[1].0));
    }

    #[test]
    fn any_text_is_a_search(text: String) {
        let query = Query::read(&text, &Synonyms::default());
        let _ = query.lookups();
        prop_assert!(query.plan(&[], 0).is_empty());
    }
}
