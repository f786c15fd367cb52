//! The first two promises when the power is cut: what was acknowledged had been waited for. A thousand cuts at any moment
//! from the very first start on; and the same with less waiting, to show that the loss would be found.

use tests::power::{Care, Plan, phone, server};

#[tokio::test]
async fn what_the_server_acknowledged_is_there_after_the_power_was_cut_at_any_moment() {
    let report = server::run(Plan { n_commits: 120, n_cuts: 400, care: Care::Ours, seed: 1 }).await;
    assert!(report.held() && report.n_late > 200, "{report:?}");
}

#[tokio::test]
async fn what_a_phone_called_done_is_there_after_the_power_was_cut_at_any_moment() {
    let report = phone::run(Plan { n_commits: 160, n_cuts: 600, care: Care::Ours, seed: 1 }).await;
    assert!(report.held() && report.n_late > 300, "{report:?}");
}

#[tokio::test]
async fn a_store_that_waits_less_for_the_disk_loses_what_it_called_done() {
    for (care, n_cuts) in [(Care::Normal, 40), (Care::Off, 40)] {
        let report = server::run(Plan { n_commits: 120, n_cuts, care, seed: 1 }).await;
        assert!(report.lost > 0, "the server, {care:?}: {report:?}");
    }
    let report = phone::run(Plan { n_commits: 40, n_cuts: 40, care: Care::Normal, seed: 1 }).await;
    assert!(report.lost > 0, "the phone: {report:?}");
}
