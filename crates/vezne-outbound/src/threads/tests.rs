use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use super::Threads;

#[tokio::test]
async fn results_come_back_and_a_panic_is_one_job_s_alone() {
    let threads = Threads::start("vezne-test", 1, 1).unwrap();
    assert_eq!(threads.run(|| 12).await, Some(12));
    assert_eq!(threads.run(|| panic!("on purpose")).await, None::<()>);
    assert_eq!(threads.run(|| "on").await, Some("on"));
}

#[tokio::test]
async fn work_runs_on_threads_of_its_own_and_no_more_than_those() {
    let threads = Arc::new(Threads::start("vezne-test", 2, 1).unwrap());
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let (threads, running, most) =
            (Arc::clone(&threads), Arc::clone(&running), Arc::clone(&most));
        tasks.push(tokio::spawn(async move {
            let work = move || {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(5));
                running.fetch_sub(1, Ordering::SeqCst);
                let thread = std::thread::current();
                thread.name().unwrap_or_default().to_owned()
            };
            threads.run(work).await
        }));
    }
    for task in tasks {
        assert!(task.await.unwrap().unwrap().starts_with("vezne-test-"));
    }
    assert!(most.load(Ordering::SeqCst) <= 2);
}

#[tokio::test]
async fn a_full_queue_makes_the_next_one_wait() {
    let threads = Arc::new(Threads::start("vezne-test", 1, 1).unwrap());
    let gate = Arc::new(Barrier::new(2));
    let held = Arc::clone(&gate);
    let holding = tokio::spawn({
        let threads = Arc::clone(&threads);
        async move { threads.run(move || held.wait().is_leader()).await }
    });
    // One more is queued and one waits for its place; none of them may end while the thread is
    // held.
    let waiting: Vec<_> = (0..2)
        .map(|_| {
            let threads = Arc::clone(&threads);
            tokio::spawn(async move { threads.run(|| ()).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert!(waiting.iter().all(|task| !task.is_finished()));
    std::thread::spawn(move || gate.wait()).join().unwrap();
    holding.await.unwrap().unwrap();
    for task in waiting {
        task.await.unwrap().unwrap();
    }
}
