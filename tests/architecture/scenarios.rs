//! The forty faults that the sync must survive, each with the tests that show what happens then. The list is the design's;
//! a fault without a test, or a test that was renamed away, fails here.

use crate::holds;
use crate::readme::tests;
use crate::tree::{Tree, Verdict};

/// Anything at all may happen in it, and the oracle judges.
const MODEL: &str = "nothing_that_an_expert_did_is_lost_doubled_or_anothers_whatever_happens";
/// The same with processes.
const KILLS: &str = "what_a_phone_called_done_survives_kills_of_phones_and_server_and_a_torn_line";
/// Each rule of the protocol taken out is found.
const PLANTED: &str = "the_model_finds_every_planted_bug_and_nothing_without_it";

const SCENARIOS: [(u32, &str, &[&str]); 40] = [
    (1, "killed right after a tap", &["a_tap_is_on_the_disk_when_it_returns", KILLS]),
    (
        2,
        "power lost right after a tap",
        &[
            "what_a_phone_called_done_is_there_after_the_power_was_cut_at_any_moment",
            "drafts_survive_and_go_with_the_act_they_became",
            "a_power_cut_takes_no_tap_that_was_done_and_the_one_under_way_wholly_or_not_at_all",
            "a_tap_that_fails_saved_nothing_and_leaves_no_hole",
        ],
    ),
    (
        3,
        "killed between request and reply",
        &["work_done_offline_comes_in_one_push_and_a_repeat_changes_nothing", MODEL],
    ),
    (4, "a reply cut in its middle", &["a_lost_and_a_cut_reply_leave_one_effect", KILLS]),
    (5, "killed while a page is stored", &[MODEL, KILLS]),
    (6, "a request delivered twice at once", &["a_request_that_comes_twice_at_once_has_one_effect"]),
    (7, "an old reply after a newer one", &[PLANTED, MODEL]),
    (8, "requests in another order", &["a_gap_stops_and_a_number_used_twice_is_a_fork"]),
    (9, "the server dies before its commit", &[MODEL, KILLS]),
    (10, "the server dies after its commit", &[MODEL, KILLS]),
    (
        11,
        "the server restored from a backup",
        &[
            "a_server_from_a_backup_gets_what_it_lost",
            "a_backup_of_one_engine_restores_on_the_other_and_begins_a_new_history",
            "tickets_that_only_a_phone_knows_are_reported_once",
            "a_ticket_that_a_restored_server_gave_to_another_is_not_called_unknown",
        ],
    ),
    (
        12,
        "a replica promoted without the last commits",
        &[
            "a_cursor_of_another_history_starts_anew",
            "an_operator_begins_a_new_history_after_a_replica_was_promoted",
            MODEL,
        ],
    ),
    (
        13,
        "two writers commit out of order",
        &[
            "a_reader_who_polls_by_number_misses_nothing",
            "a_cursor_by_serial_numbers_misses_rows_under_a_load_in_which_ours_misses_none",
        ],
    ),
    (14, "a transaction that stays open", &["a_write_that_stays_open_holds_up_its_own_stream_and_no_other"]),
    (15, "three days without a network", &["three_days_of_work_go_out_in_three_requests_and_its_photos_follow"]),
    (
        16,
        "away past the horizon",
        &[
            "a_phone_that_comes_back_after_120_days_begins_anew_and_all_its_work_counts_or_is_kept",
            "who_was_away_past_the_horizon_begins_anew_and_loses_no_work",
            "old_tombstones_go_and_the_horizon_tells",
            PLANTED,
        ],
    ),
    (
        17,
        "reassigned while it is completed offline",
        &[
            "a_late_yes_and_work_on_a_ticket_that_another_has_are_recorded_and_told_to_the_desk",
            "a_ticket_that_moved_names_who_has_it_and_keeps_the_note_that_came_late",
            "a_ticket_that_moved_is_kept_in_sight_with_who_has_it_and_what_was_kept_on_it",
            "a_ticket_that_moved_while_offline_is_explained_and_its_note_kept",
        ],
    ),
    (
        18,
        "reassigned away and back",
        &["a_ticket_that_went_and_came_back_while_offline_is_one_put_and_work_on_it_counts"],
    ),
    (
        19,
        "called off while he arrives",
        &["arriving_at_a_ticket_that_was_called_off_is_recorded_and_the_phone_hears_why"],
    ),
    (20, "phone and tablet both accept", &["two_devices_of_one_expert_say_yes_once"]),
    (21, "two experts race", &["a_late_yes_and_work_on_a_ticket_that_another_has_are_recorded_and_told_to_the_desk"]),
    (
        22,
        "the phone's clock is wrong",
        &[
            "a_phones_clock_that_is_days_off_and_runs_back_decides_nothing",
            "the_servers_clock_runs_on_whatever_happens_to_the_phones",
            "one_process_syncs_at_a_time_even_if_the_clock_is_set_back",
            MODEL,
        ],
    ),
    (
        23,
        "a mutation that cannot be used",
        &[
            "what_cannot_be_read_is_kept_as_a_dead_letter_and_wedges_nothing",
            "the_desk_looks_at_what_was_handed_in_and_may_take_that_back",
        ],
    ),
    (
        24,
        "the database fails within a batch",
        &[
            "a_disk_that_is_full_within_a_batch_stops_it_there_and_nothing_is_skipped_or_done_twice",
            "a_busy_server_names_the_wait_and_keeps_the_outbox",
        ],
    ),
    (
        25,
        "an update with old work in the outbox",
        &[
            "a_database_of_release_0_1_0_opens_for_ever_with_all_its_work",
            "a_request_of_release_0_1_0_is_taken_for_ever",
            "what_an_old_release_wrote_is_read_as_what_the_present_one_would_have_written",
        ],
    ),
    (
        26,
        "an app too old to pull",
        &["an_app_that_is_too_old_is_heard_and_told_to_update", "an_app_that_is_too_old_keeps_its_place"],
    ),
    (
        27,
        "a phone restored or cloned",
        &[
            "a_database_from_a_copy_asks_for_a_new_incarnation_before_it_sends",
            "a_fork_takes_a_new_incarnation_and_sends_everything_once",
        ],
    ),
    (
        28,
        "signed out with unsent work",
        &[
            "signing_out_with_unsent_work_warns_and_keeps_it",
            "signing_out_with_a_photo_that_waits_is_warned_of",
            "a_revoked_phone_hands_in_its_work_and_asks_to_sign_in",
        ],
    ),
    (
        29,
        "a second expert on the same phone",
        &[
            "screens_hear_of_changes_and_two_experts_never_share_a_database",
            "what_one_expert_left_unsent_waits_for_him_while_another_uses_the_phone",
        ],
    ),
    (
        30,
        "a full disk",
        &[
            "a_full_disk_fails_the_tap_visibly_and_saves_nothing",
            "where_the_disk_is_full_the_knowledge_base_gives_way_before_a_tap_fails",
        ],
    ),
    (
        31,
        "the knowledge base on the phone damaged",
        &[
            "a_damaged_file_is_thrown_away_and_the_experts_work_is_not_touched",
            "knowledge_that_is_damaged_in_its_middle_goes_once_it_is_read_and_work_stays",
        ],
    ),
    (
        32,
        "the phone's database damaged",
        &[
            "a_damaged_file_is_put_aside_and_its_journal_read_out",
            "a_file_that_is_no_database_is_put_aside_too",
            "a_photo_is_on_the_disk_with_its_words_or_not_at_all_and_outlives_a_damaged_database",
        ],
    ),
    (
        33,
        "a photo cut on its way",
        &[
            "a_photo_cut_on_the_way_resumes_by_offset_and_stays_here_until_the_server_has_it",
            "bytes_that_are_not_the_announced_ones_begin_again",
        ],
    ),
    (34, "a photo whose file is gone", &["a_photo_whose_file_is_gone_or_unusable_is_said_so_and_blocks_nothing"]),
    (35, "two syncers at once", &["two_processes_never_sync_at_once"]),
    (
        36,
        "a hint that never comes",
        &[
            "a_visit_that_no_live_phone_has_is_told_again_and_then_a_person_is_asked",
            "it_begins_at_once_and_polls_as_the_server_says",
        ],
    ),
    (37, "a server that shows an empty world", &["only_a_large_part_of_many_rows_is_asked_twice", PLANTED]),
    (
        38,
        "all phones come back at once",
        &[
            "failures_wait_longer_and_longer_up_to_a_bound_and_never_all_alike",
            "nothing_goes_out_before_the_server_allows_it",
            "a_full_lane_refuses_at_once_and_the_other_lanes_stay_open",
        ],
    ),
    (
        39,
        "a portal answers in place of the server",
        &["a_portal_is_no_network_and_changes_nothing", "only_json_is_the_server_speaking"],
    ),
    (
        40,
        "an expert switched off",
        &[
            "a_phone_that_was_switched_off_is_told_to_keep_nothing",
            "unsent_work_of_a_switched_off_phone_is_laid_on_its_tickets_and_moves_nothing",
            PLANTED,
        ],
    ),
];

fn every_fault_has_its_tests(tree: &Tree) -> Verdict {
    let mut verdict = Verdict::default();
    let known = tests(tree);
    for (place, (number, fault, named)) in (1..).zip(SCENARIOS) {
        verdict.seen += 1;
        if number != place || named.is_empty() {
            verdict.find(
                "tests/architecture/scenarios.rs",
                format!("fault {number} ({fault}) is out of place or has no test"),
            );
        }
        for name in named.iter().filter(|name| !known.contains(**name)) {
            verdict.find(
                "tests/architecture/scenarios.rs",
                format!("fault {number} ({fault}) names `{name}`, which is no test"),
            );
        }
    }
    verdict
}

#[test]
fn each_of_forty_faults_of_the_sync_has_its_test() {
    holds(every_fault_has_its_tests);
    // A test that is renamed away is missed.
    let without = Tree::workspace().with("mobile/src/sync/photo_tests.rs", "//! Nothing.\n");
    assert!(every_fault_has_its_tests(&without).findings.len() >= 4);
}
