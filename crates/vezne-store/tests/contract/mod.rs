//! What every store must do. Each test drives a store through the engine alone and ends with a
//! clean audit; a backend runs them all by naming itself to [`suite!`], and one that several nodes
//! share to [`shared_suite!`] as well.

pub(crate) mod altered;
pub(crate) mod batches;
pub(crate) mod callbacks;
pub(crate) mod channels;
pub(crate) mod dispatch;
pub(crate) mod groups;
pub(crate) mod histories;
pub(crate) mod keep;
pub(crate) mod life;
pub(crate) mod limits;
pub(crate) mod merchants;
pub(crate) mod quarantine;
pub(crate) mod reads;
pub(crate) mod restart;
pub(crate) mod submit;
pub(crate) mod token_keys;
pub(crate) mod usage;

/// Makes a test of each line for one backend.
macro_rules! suite {
    ($backend:ident) => {
        crate::contract::suite! { $backend:
            submit { accepts_and_books replays_the_same_content refuses_a_reused_reference
                     refusals_in_order_of_precedence a_refusal_is_final retry_refused_opens_again
                     a_lack_may_leave_a_reference_open references_per_channel
                     references_are_each_merchants_own
                     details_may_be_absent }
            limits { a_day_ends_at_midnight_in_istanbul a_rejection_gives_the_day_back
                     the_day_of_all_channels credit_is_spent_to_its_limit
                     a_turnover_beyond_every_number }
            life { rejected settled_and_returned failed unsent_and_sent_again accepted_then_settled
                   in_doubt_and_paid in_doubt_and_not_paid in_doubt_and_sent_again
                   a_lost_lease_is_a_doubt what_is_due_longest_comes_first }
            groups { one_reference_many_times a_refusal_and_its_reopening_in_one_group
                     submitted_and_paid_in_one_group a_fault_is_nobody_elses
                     a_panic_is_nobody_elses ids_leave_no_gap_after_a_fault large_groups }
            callbacks { claimed_oldest_first_within_room a_lease_hides_a_callback
                        outcomes_are_told_in_order the_first_body_is_kept
                        a_body_is_made_afresh_for_other_keys who_takes_nothing_is_known
                        attempts_are_recorded
                        parked_and_sent_again a_late_answer_still_counts
                        claims_see_payout_and_merchant }
            altered { what_was_approved_is_what_is_paid a_state_set_by_hand_sends_nothing
                      a_quarantine_ended_by_hand_goes_on
                      an_old_word_that_is_put_back_is_found_out
                      what_ended_is_altered_too an_older_version_with_its_own_seal_moves_nothing
                      a_repaired_payout_is_taken_up
                      rows_that_do_not_read_stop_nobody a_damaged_body_blocks_no_other
                      old_payouts_wait_for_a_person }
            channels { every_part_reads_back a_change_replaces_everything
                       a_removed_channel_stays_away where_callbacks_go_reads_back }
            merchants { every_field_reads_back edits_replace_everything a_login_passes_on
                        a_taken_login_is_refused ids_are_dense }
            reads { payouts_by_filter pages_follow_ids lists_are_bounded callbacks_by_filter
                    the_overview a_commit_is_proved what_is_not_there }
            restart { a_payout_in_every_state outcomes_are_told_to_whom_they_were_promised
                      the_books_and_the_trail ids_go_on }
            batches { rows_are_committed_together batches_and_others_share_a_commit a_large_batch
                      a_fault_in_a_row_writes_nothing a_proof_is_remembered
                      a_twin_is_seen_over_a_restart }
            token_keys { rotated_keys_are_kept two_that_rotate_together_do_it_once
                         keys_and_merchants_stand_side_by_side }
            dispatch { places_go_round_and_nobody_waits_behind_a_backlog
                       a_full_rail_holds_up_no_other an_approved_payout_is_due_whatever_the_clock
                       a_crowd_of_due_payouts_is_gone_through }
            quarantine { only_claims_for_sending_are_counted it_outlives_a_restart
                         a_release_goes_in_steps a_marker_that_is_ahead_begins_it
                         a_reference_has_one_name_at_its_rail }
            usage { alone_it_hears_nothing }
            keep { ten_years_on what_is_young_stays an_old_refusal_opens_again
                   an_old_refusal_is_of_its_channel it_goes_step_by_step
                   counts_outlive_a_restart proofs_that_bring_nothing_are_counted
                   what_was_emptied_is_sent_again }
            histories { random_histories_stay_clean }
        }
    };
    ($backend:ident: $($module:ident { $($test:ident)+ })+) => {
        $(mod $module {
            $(#[tokio::test]
            async fn $test() {
                crate::contract::$module::$test::<super::$backend>().await;
            })+
        })+
    };
}
pub(crate) use suite;

/// Makes a test of each line for a backend that several nodes share, beside those of [`suite!`].
macro_rules! shared_suite {
    ($backend:ident) => {
        mod shared {
            crate::contract::suite! { $backend:
                merchants { another_node_knows_after_a_look }
                usage { each_hears_of_the_others_once what_is_heard_is_bounded
                        calls_that_overlap_lose_and_double_nothing }
                quarantine { claims_of_two_nodes_are_all_counted what_one_begins_holds_for_all }
                keep { two_tidy_at_once }
            }
            use super::$backend;
        }
    };
}
pub(crate) use shared_suite;
