//! What is read from files, and that the demo's files can be read.

use super::*;
use crate::workforce::SmsRule;
use shared::chance::Seeded;

fn known() -> Known {
    let id = |number| Timestamp::from_millis(number);
    let chance = Seeded::new(1);
    let slug = |text: &str| text.parse::<Slug>().unwrap();
    Known {
        skills: [(slug("tv"), Id::new(id(1), &chance)), (slug("router"), Id::new(id(2), &chance))].into(),
        areas: [(slug("manhattan"), Id::new(id(3), &chance))].into(),
    }
}

const HEADER: &str = "name,email,phone,postal_code,languages,skills,areas,shifts,on_call,active";

fn read(lines: &str) -> Result<Vec<ImportedExpert>, Vec<FieldError>> {
    experts(format!("{HEADER}\n{lines}").as_bytes(), &known())
}

#[test]
fn an_expert_is_read_from_a_line() {
    let line = "\"Núñez, Ana\",ana@example.com,(212) 555-0101,2118,en;es,tv:2;Router:3,manhattan,\
                Mon-Tue 08:00-16:00;Sat 10:00-14:00,Sun 00:00-24:00,no";
    let ana = read(line).unwrap().remove(0);
    assert_eq!((ana.details.name.as_str(), ana.details.phone.as_str()), ("Núñez, Ana", "+12125550101"));
    assert_eq!(ana.details.home.postal_code, "02118", "a spreadsheet dropped the nought");
    assert_eq!(ana.details.languages, ["en", "es"]);
    assert_eq!(ana.skills.0.values().map(|level| level.get()).collect::<Vec<_>>(), [2, 3]);
    assert_eq!((ana.shifts.len(), ana.shifts[3].on_call, ana.active), (4, true, false));
}

#[test]
fn how_an_expert_hears_of_offers_and_in_which_language_is_read_too() {
    let header = format!("{HEADER},sms,locale");
    let line = "Ana,ana@example.com,2125550101,10025,en,tv:2,manhattan,Mon 08:00-16:00,,yes";
    let read = |more: &str| experts(format!("{header}\n{line}{more}").as_bytes(), &known());
    let how = |more: &str| read(more).map(|read| (read[0].details.sms, read[0].details.locale.clone())).unwrap();
    assert_eq!(how(",if_unheard,de"), (SmsRule::IfUnheard, "de".to_owned()));
    assert_eq!(how(",,"), (SmsRule::Always, "en".to_owned()), "as where the columns are missing");
    let errors = read(",never,fr").unwrap_err();
    let found: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(found, ["line 2, column sms", "line 2, column locale"]);
}

#[test]
fn every_fault_names_its_line_and_column_in_words() {
    let errors = read(
        "Ana,ana@example.com,2125550101,10025,en,tv:2,manhattan,Mon 08:00-16:00,,yes\n\
         ,mia,12,00000,english,tv;oven:1;router:9,moon,Mon,Tue 8,perhaps\n\
         Eva,ANA@example.com,+1 212 555 0101,10025,,tv:1,manhattan,,,",
    )
    .unwrap_err();
    let found: Vec<_> = errors.iter().map(|error| (error.field.as_str(), error.code.as_str())).collect();
    let expected = [
        ("line 3, column name", "required"),
        ("line 3, column email", "format"),
        ("line 3, column phone", "format"),
        ("line 3, column postal_code", "unknown"),
        ("line 3, column languages", "format"),
        ("line 3, column skills", "format"),
        ("line 3, column skills", "unknown"),
        ("line 3, column skills", "format"),
        ("line 3, column areas", "unknown"),
        ("line 3, column shifts", "format"),
        ("line 3, column on_call", "format"),
        ("line 3, column active", "format"),
        ("line 4, column email", "twice"),
        ("line 4, column phone", "twice"),
    ];
    assert_eq!(found, expected);
    assert_eq!(errors[6].message, "The skill \"oven\" is not known; known are router, tv.");
    assert_eq!(errors[12].message, "Line 2 has the same email.");
}

#[test]
fn needs_begin_with_their_categorys_default() {
    let header = "category,symptom,label,skills,minutes,urgent,danger";
    let read = |lines: &str| needs(format!("{header}\n{lines}").as_bytes(), &known());
    let fine = read("tv,,Television,tv:1,60,,\ntv,smoke,It smokes,tv:2,45,,yes").unwrap();
    assert_eq!((fine.len(), fine[1].danger, fine[1].need.urgent), (2, true, false));
    let errors = read("tv,smoke,It smokes,tv:2,0,,yes\nphone,dead,Dead,tv:1,30,,").unwrap_err();
    let found: Vec<_> = errors.iter().map(|error| (error.field.as_str(), error.code.as_str())).collect();
    assert_eq!(found, [("line 2, column minutes", "format"), ("line 3, column category", "no_default")]);
}

const EXPERTS: &str = include_str!("../../../demo-data/experts.csv");
const SKILLS: &str = include_str!("../../../demo-data/skills.csv");
const AREAS: &str = include_str!("../../../demo-data/areas.csv");
const NEEDS: &str = include_str!("../../../demo-data/needs.csv");

fn demo() -> (Catalogue, Vec<ImportedExpert>) {
    let chance = Seeded::new(1);
    let texts = CatalogueText { skills: SKILLS, areas: AREAS, needs: NEEDS };
    let catalogue = catalogue(texts, &chance, Timestamp::EPOCH).unwrap();
    let known = Known::of(&catalogue.skills, &catalogue.areas);
    (catalogue, experts(EXPERTS.as_bytes(), &known).unwrap())
}

#[test]
fn the_demos_experts_are_read_without_a_fault() {
    let (catalogue, experts) = demo();
    assert_eq!((experts.len(), catalogue.skills.len(), catalogue.areas.len()), (60, 12, 6));
    assert_eq!(experts[0].details.name.as_str(), "Ana Núñez");
    let zones: BTreeSet<&str> = experts.iter().map(|expert| expert.details.home.zone.name()).collect();
    assert_eq!(zones, ["America/Chicago", "America/New_York"].into());
    for area in &catalogue.areas {
        let covers = |code: &str| area.postal.iter().any(|prefix| code.starts_with(&prefix.prefix));
        let home = experts.iter().filter(|expert| covers(&expert.details.home.postal_code)).count();
        assert!(home >= 10, "{}: {home} live there", area.slug);
    }
}

#[test]
fn in_the_demo_every_trouble_finds_somebody_in_every_area_at_every_hour_of_the_week() {
    let (catalogue, experts) = demo();
    let single = catalogue.skills.iter().map(|skill| Skills([(skill.id, Level::LEARNED)].into()));
    let wanted: Vec<Skills> = catalogue.needs.iter().map(|need| need.need.skills.clone()).chain(single).collect();
    let mut gaps = Vec::new();
    for area in &catalogue.areas {
        for skills in &wanted {
            let fit: Vec<&ImportedExpert> = experts
                .iter()
                .filter(|expert| expert.active && expert.areas.contains(&area.id))
                .filter(|expert| expert.skills.missing(skills).is_empty())
                .collect();
            for hour in 0..7 * 24_u16 {
                let weekday = u8::try_from(hour / 24 + 1).unwrap();
                for minute in [0, 30] {
                    let holds = |shift: &ShiftSpec| shift.holds_weekly(weekday, hour % 24 * 60 + minute);
                    if !fit.iter().any(|expert| expert.shifts.iter().any(holds)) {
                        gaps.push(format!("{} {skills:?} day {weekday} {}:{minute:02}", area.slug, hour % 24));
                    }
                }
            }
        }
    }
    assert!(gaps.is_empty(), "{} gaps, the first: {:?}", gaps.len(), &gaps[..gaps.len().min(5)]);
}

#[tokio::test]
async fn the_demos_workforce_is_kept_and_read_back() {
    crate::db::testing::both_engines(async |db| {
        let now = Timestamp::from_millis(crate::db::testing::START_MS);
        let (catalogue, imported) = demo();
        let new = new_experts(imported, &Seeded::new(2), now);
        let expected = new.clone();
        let write = db.write(crate::db::Lane::Bulk, async move |tx| {
            seed_catalogue(tx, &catalogue, now).await?;
            store::create_many(tx, &new, now).await?;
            // Once more, as after an interrupted start.
            seed_catalogue(tx, &catalogue, now).await
        });
        write.await.unwrap();
        let read = db.read(async |conn| {
            let shock = store::need(conn, &"network".parse().unwrap(), Some(&"shock".parse().unwrap())).await?;
            let rosters = store::rosters(conn).await?;
            Ok::<_, crate::db::Error>((rosters, store::categories(conn).await?, shock, store::needs(conn).await?))
        });
        let (rosters, categories, shock, needs) = read.await.unwrap();
        assert_eq!((rosters.len(), categories.len(), needs.len()), (60, 10, 41));
        assert!(needs.iter().all(|(_, ver)| *ver == 1), "a second start adds no version");
        assert!(shock.is_some_and(|need| need.danger && need.urgent && need.skills.0.len() == 2));
        for new in expected {
            let roster = rosters.iter().find(|roster| roster.expert.id == new.id).unwrap();
            assert_eq!(roster.expert.details(), new.details);
            assert_eq!((&roster.skills, &roster.areas), (&new.skills, &new.areas));
            let words = |shifts: &[crate::workforce::ShiftRow]| {
                shifts.iter().map(|shift| (shift.id, shift.spec().words(), shift.on_call)).collect::<BTreeSet<_>>()
            };
            assert_eq!(words(&roster.shifts), words(&new.shifts));
            assert!(roster.expert.on_duty && roster.expert.ver == 1);
        }
    })
    .await;
}
