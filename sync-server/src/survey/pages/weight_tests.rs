//! Whether the page of results stays light whatever was counted and written.

use super::*;
use crate::survey::SurveyState;
use crate::tickets::samples::id;
use crate::web::Viewer;
use shared::time::Timestamp;

/// No page weighs more.
const BYTES_MAX: usize = 60 * 1024;

/// Surveys with long answers, the newest first.
fn answered(n: u64) -> Vec<Survey> {
    let at = Timestamp::from_millis(crate::db::testing::START_MS);
    let survey = |number: u64| Survey {
        id: id(number),
        ticket: id(1_000 + number),
        customer: id(700),
        expert: Some(id(11)),
        state: SurveyState::Answered,
        created_at: at,
        answered_at: Some(at),
        mended_at: None,
        working: Some(false),
        rating: Some(1),
        comment: Some(format!("{number}: {}", "dark again ".repeat(91)).parse().unwrap()),
    };
    (1..=n).rev().map(survey).collect()
}

fn results() -> Results {
    let lines = |name: &str| -> Vec<Line> {
        let line = |number: u32| Line {
            name: format!("{name} no. {number}"),
            n: 2_000 - number,
            n_not_reachable: 100,
            n_answered: 1_000 - number,
            n_working: 300,
            n_rated: 200,
            rating_sum: 800,
        };
        (0..500).map(line).collect()
    };
    Results {
        all: Line { n: 500, n_answered: 400, ..Line::default() },
        by_expert: lines("Maximiliana Öberg"),
        by_skill: lines("Television"),
        by_product: lines(&"<&>".repeat(60)),
    }
}

fn page(results: &Results, surveys: Vec<Survey>) -> String {
    let frame = Frame::private("/admin/surveys").seen_by(Viewer::Admin).in_demo(true).wide();
    let (surveys, is_more) = on_page(surveys);
    ResultsPage::of(frame, DAYS, results, &surveys, is_more, &[]).render().unwrap()
}

#[test]
fn of_hundreds_of_experts_and_long_answers_a_page_holds_what_fits_and_the_rest_is_a_link_away() {
    let page = page(&results(), answered(50));
    assert!(page.len() < BYTES_MAX, "{} bytes", page.len());
    let more = "of 500; <a href=\"/api/v1/admin/surveys/results?days=90&amp;format=csv\">the file has them all</a>";
    assert_eq!(page.matches(more).count(), 3, "{page}");
    assert_eq!(page.matches("The 30 with the most answers of 500").count(), 2, "long names stand for fewer rows");
    assert!(page.contains("Öberg no. 29<") && !page.contains("Öberg no. 30<"), "{page}");
    let n_said = u64::try_from(page.matches("class=\"message\"").count()).unwrap();
    assert!((10..50).contains(&n_said), "{n_said}");
    let last: SurveyId = id(51 - n_said);
    assert!(page.contains(&format!("before={last}\"")), "it goes on after the last one that is shown");
}

#[test]
fn short_answers_fill_the_page_and_where_there_are_no_more_there_is_no_link() {
    let few = page(&Results::default(), answered(3));
    assert_eq!(few.matches("class=\"message\"").count(), 3);
    assert!(!few.contains("Earlier answers"), "{few}");
    let short = |n| answered(n).into_iter().map(|survey| Survey { comment: None, ..survey }).collect::<Vec<_>>();
    let full = page(&Results::default(), short(51));
    assert_eq!(full.matches("It is not working, 1 of 5").count(), 50);
    assert!(full.contains("Earlier answers"), "{full}");
}
