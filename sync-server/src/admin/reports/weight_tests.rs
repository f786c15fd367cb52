//! Whether the pages of reports stay light whatever happened: a year with something on every day.

use super::*;
use crate::billing::store::Moved;
use crate::tickets::samples::id;
use shared::ids::PlanId;
use shared::money::Money;
use std::collections::BTreeMap;

/// No page weighs more.
const BYTES_MAX: usize = 60 * 1024;
const DAYS: i64 = 365;

fn window(days: i64) -> Window {
    Window::last(Some(days), Timestamp::from_millis(crate::db::testing::START_MS))
}

/// So many days before the end, for every day of a time.
fn each_day(window: Window) -> impl Iterator<Item = Timestamp> {
    (0..=window.days).map(move |day| window.from.plus_minutes(day * 1_440))
}

fn by_admin() -> Frame {
    Frame::private("/admin/reports").seen_by(Viewer::Admin).in_demo(true).wide()
}

#[test]
fn a_figure_of_a_year_shows_weeks_and_one_of_a_month_its_days() {
    let page = |figure: Figure, days: i64| {
        let window = window(days);
        let points: Vec<figures::Point> = each_day(window).flat_map(|at| [(at, 0), (at, 1), (at, 123_456)]).collect();
        let of = if figure.is_share() { figures::share } else { figures::median };
        let report = figures::Report { is_cut: true, ..figures::by(window.step(), &points, of) };
        FigurePage::of(by_admin(), figure, window, report).render().unwrap()
    };
    for figure in Figure::ALL {
        let year = page(figure, DAYS);
        assert!(year.len() < BYTES_MAX, "{}: {} bytes", figure.word(), year.len());
        // 366 days by the calendar, from a Sunday to a Monday.
        assert_eq!(year.matches("<rect").count(), 54, "{year}");
        assert!(year.contains("Week from 2026-03-02: ") && year.contains(">Week from</th>"), "{year}");
        assert!(year.contains("Each week is named by its Monday") && !year.contains("by day"), "{year}");
        let month = page(figure, 31);
        assert_eq!(month.matches("<rect").count(), 32);
        assert!(month.contains(">Day</th>") && month.contains("by day") && !month.contains("Week from"), "{month}");
    }
}

#[test]
fn the_money_of_a_year_in_every_currency_and_by_hundreds_of_plans_is_a_light_page() {
    let window = window(DAYS);
    let names: BTreeMap<PlanId, String> = (0..500)
        .map(|number| (id(number), format!("Household & garden, everything with a plug, no. {number}")))
        .collect();
    let mut paid = Vec::new();
    for (day, at) in (0..).zip(each_day(window)) {
        for currency in [Currency::Usd, Currency::Eur] {
            for number in [day % 500, (day + 250) % 500] {
                let amount = Money { minor_units: 123_456_789, currency };
                paid.push(Moved { at, amount, plan: id(number), is_renewal: day % 2 == 0 });
            }
        }
    }
    let report = revenue::add_up(&paid, &paid[..paid.len() / 2], &names, window.step());
    let page = RevenuePage::of(by_admin(), window, &report).render().unwrap();
    assert!(page.len() < BYTES_MAX, "{} bytes", page.len());
    assert_eq!(page.matches("<rect").count(), 2 * 54, "every week has its bar in both currencies");
    assert!(page.contains("that left the most of 5") && page.contains("the document has them all"), "{page}");
    assert!(page.contains(">Week from</th>") && page.contains("Each week is named by its Monday"), "{page}");
}

#[test]
fn of_hundreds_of_experts_those_with_the_most_tickets_stand_on_the_page() {
    let line = |number: i64, name: String| {
        let tally =
            first_visit::Tally { n: 1_000 - number, fixed: 400, more_visits: 50, came_back: 30, workaround: 20 };
        Line { id: None, name, tally, fixed_thousandths: Some(400) }
    };
    let lines = |long: &str| (0..500).map(|number| line(number, format!("{long} no. {number}"))).collect::<Vec<_>>();
    let report = first_visit::Report {
        all: first_visit::Tally { n: 500, ..Default::default() },
        by_expert: lines("Maximiliana Öberg"),
        by_skill: lines("Television"),
        // As long as makers and models may be, and of what a page writes in several characters.
        by_product: lines(&"<&>".repeat(110)),
        ..Default::default()
    };
    let page = FirstVisitPage::of(by_admin(), window(DAYS), &report).render().unwrap();
    assert!(page.len() < BYTES_MAX, "{} bytes", page.len());
    assert_eq!(page.matches("The 30 with the most tickets of 500; <a href=\"/api/v1/admin/reports/").count(), 2);
    assert_eq!(page.matches("with the most tickets of 500").count(), 3, "long names stand for fewer rows");
    assert!(page.contains("Öberg no. 29<") && !page.contains("Öberg no. 30<"), "{page}");
    let few = first_visit::Report { by_expert: lines("Ana")[..30].to_vec(), ..report };
    let few = FirstVisitPage::of(by_admin(), window(DAYS), &few).render().unwrap();
    assert_eq!(few.matches("with the most tickets").count(), 2, "a short table is there whole");
}
