//! The page says what was counted.

use std::time::Duration;

use super::Metrics;
use crate::state::DiskRoom;
use vezne_core::model::callback::{AttemptOutcome, Untold};
use vezne_core::model::identifier::MerchantId;
use vezne_core::model::merchant::Mode;
use vezne_core::model::rail::RailAnswer;
use vezne_core::model::retention::KeptCounts;
use vezne_core::model::time::Timestamp;
use vezne_core::port::{Connections, Fault, Overview, SetAsideCounts};

fn assert_lines(metrics: &Metrics, expected: &[&str]) {
    let page = metrics.encode();
    for line in expected {
        assert!(page.lines().any(|found| found == *line), "{line} is not in:\n{page}");
    }
}

#[test]
fn requests_are_counted_by_place_in_the_list() {
    let metrics = Metrics::new();
    let meter = metrics.requests("bankopay", "papara", [200, 20014].into_iter());
    meter.record(1, Duration::from_millis(2));
    meter.record(99, Duration::from_secs(60));
    assert_lines(
        &metrics,
        &[
            concat!("vezne_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
            r#"vezne_requests_total{dialect="bankopay",service="papara",code="200"} 0"#,
            r#"vezne_requests_total{dialect="bankopay",service="papara",code="20014"} 1"#,
            r#"vezne_request_duration_seconds_count{dialect="bankopay",service="papara"} 2"#,
            "# EOF",
        ],
    );
}

#[test]
fn a_state_that_emptied_shows_zero() {
    let metrics = Metrics::new();
    let overview = |payouts: &[(&str, i64)], due: Option<Timestamp>| {
        let payouts = payouts.iter().map(|(code, count)| ((*code).to_owned(), *count)).collect();
        let (callbacks, quarantined) = (Vec::new(), due.is_some());
        let oldest_due_callback = due;
        let most_kept = KeptCounts { refusals: 3, idle_proofs: 0 };
        let untold =
            |since| Untold { merchant: MerchantId(1), since: Timestamp::from_micros(since) };
        let set_aside = SetAsideCounts { payouts: 2, callbacks: 3 };
        Ok(Overview {
            payouts,
            in_doubt: 1,
            callbacks,
            set_aside,
            oldest_approved: due,
            untold: [0, 4_000_000].map(untold).into(),
            oldest_due_callback,
            quarantined,
            most_kept,
        })
    };
    let (due, now) = (Timestamp::from_micros(0), Timestamp::from_micros(90_000_000));
    metrics.show_overview(&overview(&[("approved", 4)], Some(due)), now);
    assert_lines(
        &metrics,
        &[
            r#"vezne_payouts{state="approved"} 4"#,
            "vezne_payouts_in_doubt 1",
            "vezne_payouts_set_aside 2",
            "vezne_callbacks_set_aside 3",
            "vezne_merchants_untold 0",
            r#"vezne_callbacks{state="due"} 0"#,
            "vezne_oldest_due_callback_age_seconds 90",
            "vezne_dispatch_lag_seconds 90",
            "vezne_quarantine 1",
            r#"vezne_kept_most{kind="refusals"} 3"#,
            r#"vezne_kept_most{kind="idle-proofs"} 0"#,
        ],
    );
    metrics.show_overview(&overview(&[], None), now);
    metrics.show_overview(&Err(Fault("down".into())), now);
    assert_lines(
        &metrics,
        &[
            r#"vezne_payouts{state="approved"} 0"#,
            "vezne_oldest_due_callback_age_seconds 0",
            "vezne_quarantine 0",
            "vezne_overview_faults_total 1",
        ],
    );
}

#[test]
fn attempts_and_the_queue_show() {
    let metrics = Metrics::new();
    metrics.attempt(Mode::Live, &AttemptOutcome::Refused);
    metrics.show_queue(7);
    assert_lines(
        &metrics,
        &[
            r#"vezne_callback_attempts_total{class="live",outcome="refused"} 1"#,
            r#"vezne_callback_attempts_total{class="live",outcome="failed"} 0"#,
            r#"vezne_callback_attempts_total{class="sandbox",outcome="refused"} 0"#,
            r#"vezne_rail_answers_unbooked_total{why="contradicts"} 0"#,
            "vezne_engine_queue_length 7",
        ],
    );
}

#[test]
fn what_rails_say_and_how_the_store_stands_show() {
    let metrics = Metrics::new();
    let in_doubt = RailAnswer::InDoubt { detail: "no answer".into() };
    metrics.rail_answered(&"manual".into(), "send", &in_doubt, Duration::from_millis(7));
    metrics.show_disk(Some(DiskRoom { free: 5, size: 70 }));
    metrics.show_disk(None);
    metrics.show_connections(&[Connections { of: "groups", open: 8, idle: 3, waiting: 2 }]);
    assert_lines(
        &metrics,
        &[
            r#"vezne_rail_answers_total{rail="manual",asked="send",answer="in-doubt"} 1"#,
            r#"vezne_rail_duration_seconds_count{rail="manual",asked="send"} 1"#,
            "vezne_disk_free_bytes 5",
            "vezne_disk_size_bytes 70",
            r#"vezne_store_connections{of="groups",state="busy"} 5"#,
            r#"vezne_store_connections{of="groups",state="waiting"} 2"#,
            "vezne_commits_total 0",
        ],
    );
}
