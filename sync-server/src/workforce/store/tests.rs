//! The workforce's tables on both engines.

use super::samples::*;
use super::*;
use crate::db::testing::{START_MS, both_engines};
use crate::db::{Error, Lane};
use crate::feed::{self, Stream};
use crate::workforce::polygon::Polygons;
use crate::workforce::{Absence, Area, Category, Symptom};
use shared::ids::ExpertId;
use shared::place::Place;
use shared::skills::{Level, Skills};
use shared::sync::Location;
use shared::text::Slug;
use shared::time::Timestamp;

const ANA: u64 = 1;

fn now() -> Timestamp {
    Timestamp::from_millis(START_MS)
}

fn ana() -> ExpertId {
    id(ANA)
}

fn slug(text: &str) -> Slug {
    text.parse().unwrap()
}

fn level(level: i64) -> Level {
    Level::try_from(level).unwrap()
}

/// Ana of New York: television and router, one area, a shift, one day away.
async fn a_small_workforce(tx: &mut crate::db::Tx) -> Result<(), Error> {
    create_skill(tx, &a_skill(11, "tv")).await?;
    create_skill(tx, &a_skill(12, "router")).await?;
    create_area(tx, &an_area(21, "manhattan", &["100", "101", "10282"])).await?;
    create_area(tx, &an_area(22, "uptown", &["10025", "10025"])).await?;
    create(tx, ana(), &details("Ana Núñez", 100), now()).await?;
    let skills = Skills([(id(11), level(2)), (id(12), level(1))].into());
    replace_skills(tx, ana(), &skills, now()).await?;
    replace_areas(tx, ana(), &[id(21)].into(), now()).await?;
    let mut all = shifts(31, "Mon-Tue 08:00-16:00; 2026-03-04 22:00-06:00", false);
    all.extend(shifts(41, "Sun 00:00-24:00", true));
    replace_shifts(tx, ana(), &all, now()).await?;
    let absence =
        Absence { id: id(51), from: now(), until: now().plus_minutes(60), reason: Some("dentist".parse().unwrap()) };
    add_absence(tx, ana(), &absence, now()).await
}

#[tokio::test]
async fn an_expert_is_read_back_with_everything_that_says_what_he_can_be_asked() {
    both_engines(async |db| {
        db.write(Lane::Desk, a_small_workforce).await.unwrap();
        let (one, all, none, away) = db
            .read(async |conn| {
                let away = absences(conn, ana(), now(), 10).await?;
                Ok::<_, Error>((roster(conn, ana()).await?, rosters(conn).await?, roster(conn, id(99)).await?, away))
            })
            .await
            .unwrap();
        let one = one.unwrap();
        assert_eq!((all, none), (vec![one.clone()], None));
        assert_eq!(one.expert.details(), details("Ana Núñez", 100));
        assert!(one.expert.active && one.expert.on_duty);
        assert_eq!(one.skills, Skills([(id(11), level(2)), (id(12), level(1))].into()));
        assert_eq!(one.areas, [id(21)].into());
        let words: Vec<_> = one.shifts.iter().map(|shift| (shift.spec().words(), shift.on_call)).collect();
        let expected = [
            ("Mon 08:00-16:00", false),
            ("Tue 08:00-16:00", false),
            ("Sun 00:00-24:00", true),
            ("2026-03-04 22:00-06:00", false),
        ];
        assert_eq!(words, expected.map(|(text, on_call)| (text.to_owned(), on_call)));
        assert_eq!(one.absences, [(now(), now().plus_minutes(60))]);
        assert_eq!(away.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_is_switched_off_is_no_longer_asked_of_anybody() {
    both_engines(async |db| {
        db.write(Lane::Desk, a_small_workforce).await.unwrap();
        let write = db.write(Lane::Desk, async |tx| {
            let mut tv = a_skill(11, "tv");
            tv.active = false;
            assert!(put_skill(tx, &tv, now()).await?);
            assert!(!put_skill(tx, &tv, now()).await?, "the version it was read at is gone");
            let mut manhattan = an_area(21, "manhattan", &["100"]);
            manhattan.active = false;
            assert!(put_area(tx, &manhattan, now()).await?);
            assert!(!put_area(tx, &manhattan, now()).await?);
            assert!(!create_skill(tx, &a_skill(13, "tv")).await?, "the word is taken");
            assert!(!create_area(tx, &an_area(23, "uptown", &[])).await?, "the word is taken");
            Ok::<_, Error>(())
        });
        write.await.unwrap();
        let read = db.read(async |conn| {
            let ana = roster(conn, ana()).await?.unwrap();
            let covering = areas_covering(conn, "us", "10025-1234").await?;
            let known = skills_by_slug(conn, &[slug("tv"), slug("router"), slug("oven")]).await?;
            Ok::<_, Error>((ana, covering, known, skills(conn).await?.len()))
        });
        let (ana, covering, known, n_skills) = read.await.unwrap();
        assert_eq!((ana.skills.0.len(), ana.areas.len(), n_skills), (1, 0, 2));
        assert_eq!(covering, [id(22)].into());
        assert_eq!(known, [(slug("router"), id(12))].into());
    })
    .await;
}

#[tokio::test]
async fn a_postal_code_lies_in_every_area_that_has_a_beginning_of_it() {
    both_engines(async |db| {
        db.write(Lane::Desk, a_small_workforce).await.unwrap();
        let read = db.read(async |conn| {
            let mut found = Vec::new();
            for (country, code) in
                [("US", "10025"), ("US", "10282"), ("US", "10281"), ("US", ""), ("DE", "10025"), ("US", "1")]
            {
                found.push(areas_covering(conn, country, code).await?.len());
            }
            Ok::<_, Error>((found, areas(conn).await?, area(conn, id(22)).await?))
        });
        let (found, areas, uptown) = read.await.unwrap();
        assert_eq!(found, [2, 1, 0, 0, 0, 0]);
        let names: Vec<_> = areas.iter().map(|area| (area.slug.as_str(), area.postal.len())).collect();
        assert_eq!(names, [("manhattan", 3), ("uptown", 1)]);
        assert_eq!(uptown.unwrap(), areas[1]);
    })
    .await;
}

#[tokio::test]
async fn every_change_that_a_phone_shows_raises_the_version_and_touches_the_feed_once() {
    both_engines(async |db| {
        db.write(Lane::Desk, a_small_workforce).await.unwrap();
        let stream = Stream::of_expert(ana());
        let position = async |stream: &Stream| {
            let stream = stream.clone();
            db.read(async move |conn| {
                let ver = expert(conn, ana()).await?.unwrap().ver;
                Ok::<_, Error>((feed::position(conn, &stream).await?.seq, ver))
            })
            .await
            .unwrap()
        };
        let (seq, ver) = position(&stream).await;
        assert_eq!(seq, 1, "one transaction is one row");
        let duty = db.write(Lane::Desk, async |tx| {
            Ok::<_, Error>((set_duty(tx, ana(), false, now()).await?, set_duty(tx, ana(), false, now()).await?))
        });
        assert_eq!(duty.await, Ok((true, false)));
        assert_eq!(position(&stream).await, (seq + 1, ver + 1));
        let write = db.write(Lane::Desk, async |tx| {
            assert!(remove_absence(tx, ana(), id(51)).await?);
            assert!(!remove_absence(tx, ana(), id(51)).await?);
            replace(tx, ana(), &details("Ana Núñez-O'Brien", 101), now()).await?;
            set_active(tx, ana(), false, now()).await
        });
        assert_eq!(write.await, Ok(true));
        assert_eq!(position(&stream).await, (seq + 2, ver + 4));
        // Where she is changes nothing that her phone shows.
        let place = Place::from_degrees(40.7, -74.0).unwrap();
        let write = db.write(Lane::Desk, async move |tx| {
            let location = |minutes| Location { place, accuracy_m: 10, at: now().plus_minutes(minutes) };
            set_position(tx, ana(), &location(5)).await?;
            set_position(tx, ana(), &location(1)).await?;
            set_arrival(tx, ana(), place, now()).await
        });
        write.await.unwrap();
        assert_eq!(position(&stream).await, (seq + 2, ver + 4));
        let read = db.read(async |conn| Ok::<_, Error>((expert(conn, ana()).await?, docs(conn, &[ana()]).await?)));
        let (ana, docs) = read.await.unwrap();
        let ana = ana.unwrap();
        assert_eq!(ana.position, Some((place, now().plus_minutes(5))), "an older report does not count");
        assert_eq!((ana.arrival, ana.active), (Some((place, now())), false));
        assert_eq!(docs[0].shifts[2], "Sun 00:00-24:00 (on call)");
        let forget = db.write(Lane::Bulk, async |tx| forget_positions(tx, now().plus_minutes(6), 10).await);
        assert_eq!(forget.await, Ok(1));
    })
    .await;
}

#[tokio::test]
async fn experts_are_listed_by_name_a_page_at_a_time_and_filtered() {
    both_engines(async |db| {
        let write = db.write(Lane::Desk, async |tx| {
            a_small_workforce(tx).await?;
            for (number, name) in (2..).zip(["Łukasz Żak", "ana maria", "Zoë Ångström", "Ólafur Ön"]) {
                create(tx, id(number), &details(name, 200 + number), now()).await?;
            }
            set_active(tx, id(5), false, now()).await?;
            assert_eq!(lock(tx, ana()).await?.map(|ana| ana.id), Some(ana()));
            Ok::<_, Error>(())
        });
        write.await.unwrap();
        let ask = async |wanted: ListExperts| {
            let page = db.read(async move |conn| list(conn, wanted).await).await.unwrap();
            (page.experts.iter().map(|expert| expert.name.to_string()).collect::<Vec<_>>(), page.next)
        };
        let all = ListExperts { limit: 2, ..ListExperts::default() };
        let (first, next) = ask(all.clone()).await;
        assert_eq!(first, ["ana maria", "Ana Núñez"]);
        let (second, next) = ask(ListExperts { after: next, ..all.clone() }).await;
        assert_eq!(second, ["Łukasz Żak", "Ólafur Ön"]);
        let (third, next) = ask(ListExperts { after: next, ..all.clone() }).await;
        assert_eq!((third, next), (vec!["Zoë Ångström".to_owned()], None));
        let named = ListExperts { name_key: Some("nun".to_owned()), ..all.clone() };
        assert_eq!(ask(named).await.0, ["Ana Núñez"]);
        let skilled = ListExperts { skill: Some(id(11)), area: Some(id(21)), ..all.clone() };
        assert_eq!(ask(skilled).await.0, ["Ana Núñez"]);
        assert_eq!(ask(ListExperts { active: Some(false), ..all }).await.0, ["Ólafur Ön"]);
        let some = db.read(async |conn| experts_by_ids(conn, &[id(3), id(99), id(2), id(3)]).await).await.unwrap();
        assert_eq!(some.iter().map(|expert| expert.id).collect::<Vec<_>>(), [id(2), id(3)]);
    })
    .await;
}

#[tokio::test]
async fn a_symptom_without_a_row_of_its_own_needs_what_its_category_needs() {
    both_engines(async |db| {
        let write = db.write(Lane::Desk, async |tx| {
            let tv = Category { slug: slug("tv"), label: "Television".parse().unwrap(), symptoms: vec![] };
            put_category(tx, &tv, 1, true).await?;
            let old = Category { slug: slug("fax"), label: "Fax".parse().unwrap(), symptoms: vec![] };
            put_category(tx, &old, 2, false).await?;
            for (at, (word, danger)) in (1..).zip([("smoke", true), ("no_picture", false), ("no_sound", false)]) {
                let symptom = Symptom { slug: slug(word), label: word.parse().unwrap(), danger };
                put_symptom(tx, &tv.slug, &symptom, at, true).await?;
            }
            let need = |symptom: Option<&str>, work_minutes| NewNeed {
                category: slug("tv"),
                symptom: symptom.map(slug),
                skills: Skills([(id(11), level(1))].into()),
                work_minutes,
                urgent: false,
            };
            let mut versions = Vec::new();
            versions.push(put_need(tx, &need(None, 60), now()).await?);
            versions.push(put_need(tx, &need(Some("smoke"), 45), now()).await?);
            versions.push(put_need(tx, &need(Some("no_picture"), 80), now()).await?);
            versions.push(put_need(tx, &need(Some("no_picture"), 90), now()).await?);
            Ok::<_, Error>(versions)
        });
        assert_eq!(write.await, Ok(vec![1, 1, 1, 2]));
        let read = db.read(async |conn| {
            let mut found = Vec::new();
            for (category, symptom) in [
                ("tv", None),
                ("tv", Some("no_picture")),
                ("tv", Some("no_sound")),
                ("tv", Some("unheard_of")),
                ("tv", Some("smoke")),
                ("fax", None),
                ("oven", None),
            ] {
                let symptom = symptom.map(slug);
                found.push(need(conn, &slug(category), symptom.as_ref()).await?);
            }
            Ok::<_, Error>((found, categories(conn).await?, needs(conn).await?))
        });
        let (found, categories, table) = read.await.unwrap();
        let seen: Vec<_> = found
            .iter()
            .map(|need| need.as_ref().map(|need| (need.work_minutes, need.symptom_label.as_deref(), need.urgent)))
            .collect();
        let expected = [
            Some((60, None, false)),
            Some((90, Some("no_picture"), false)),
            Some((60, Some("no_sound"), false)),
            Some((60, None, false)),
            Some((45, Some("smoke"), true)),
            None,
            None,
        ];
        assert_eq!(seen, expected);
        assert_eq!(categories.len(), 1, "what is switched off is not offered");
        let words: Vec<_> = categories[0].symptoms.iter().map(|symptom| symptom.slug.as_str()).collect();
        assert_eq!(words, ["smoke", "no_picture", "no_sound"]);
        assert_eq!(
            table.iter().map(|(need, ver)| (need.work_minutes, *ver)).collect::<Vec<_>>(),
            [(60, 1), (90, 2), (45, 1)]
        );
    })
    .await;
}

#[tokio::test]
async fn a_site_lies_in_a_drawn_area_by_its_place_and_in_another_by_its_code() {
    both_engines(async |db| {
        db.write(Lane::Desk, a_small_workforce).await.unwrap();
        let around = |lat: f64, lon: f64| {
            let ring = [[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]];
            let ring = ring.map(|[x, y]| [lon + 0.05 * f64::from(x), lat + 0.05 * f64::from(y)]);
            Polygons::read(&serde_json::json!({ "type": "Polygon", "coordinates": [ring] })).unwrap()
        };
        let home = samples::home("10025");
        let drawn = Area { drawing: Some(around(home.place.lat(), home.place.lon())), ..an_area(23, "drawn", &[]) };
        let kept = drawn.clone();
        db.write(Lane::Desk, async move |tx| create_area(tx, &kept).await).await.unwrap();
        let far = samples::home("60614");
        let place = home.place;
        let read = db.read(async move |conn| {
            let near = areas_at(conn, "US", "10025", place).await?;
            let elsewhere = areas_at(conn, "US", "99999", place).await?;
            let away = areas_at(conn, "US", "10025", far.place).await?;
            Ok::<_, Error>((near, elsewhere, away, area(conn, id(23)).await?))
        });
        let (near, elsewhere, away, kept) = read.await.unwrap();
        assert_eq!(near, [id(21), id(22), id(23)].into());
        assert_eq!(elsewhere, [id(23)].into());
        assert_eq!(away, [id(21), id(22)].into());
        assert_eq!(kept, Some(drawn.clone()));
        assert!(drawn.covers("US", "99999", place) && !drawn.covers("US", "10025", samples::home("60614").place));
        assert!(!Area { active: false, ..drawn }.covers("US", "99999", place));
    })
    .await;
}
