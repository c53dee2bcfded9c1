use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use vezne_core::port::Fault;

use super::Pool;

#[tokio::test]
async fn results_and_faults_come_back() {
    let pool = Pool::start(2, 4).unwrap();
    assert_eq!(pool.run(Box::new(|| Ok(vec![1, 2]))).await, Ok(vec![1, 2]));
    let fault = Fault("no key".into());
    let given = fault.clone();
    assert_eq!(pool.run(Box::new(move || Err(given))).await, Err(fault));
}

#[tokio::test]
async fn a_panic_is_one_fault_and_the_threads_live_on() {
    let pool = Pool::start(1, 1).unwrap();
    let failed = pool.run(Box::new(|| panic!("on purpose"))).await;
    assert_eq!(failed, Err(Fault("the work of a hash thread failed".into())));
    assert_eq!(pool.run(Box::new(|| Ok(vec![3]))).await, Ok(vec![3]));
}

#[tokio::test]
async fn work_runs_on_threads_of_its_own_and_no_more_than_those() {
    let pool = Arc::new(Pool::start(2, 1).unwrap());
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let (pool, running, most) = (Arc::clone(&pool), Arc::clone(&running), Arc::clone(&most));
        tasks.push(tokio::spawn(async move {
            let work = move || {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(5));
                running.fetch_sub(1, Ordering::SeqCst);
                let thread = std::thread::current();
                Ok(thread.name().unwrap_or_default().as_bytes().to_vec())
            };
            pool.run(Box::new(work)).await
        }));
    }
    for task in tasks {
        assert!(task.await.unwrap().unwrap().starts_with(b"vezne-hash-"));
    }
    assert!(most.load(Ordering::SeqCst) <= 2);
}

#[tokio::test]
async fn a_full_queue_makes_the_next_one_wait() {
    let pool = Arc::new(Pool::start(1, 1).unwrap());
    let gate = Arc::new(Barrier::new(2));
    let held = Arc::clone(&gate);
    let holding = tokio::spawn({
        let pool = Arc::clone(&pool);
        async move {
            pool.run(Box::new(move || {
                held.wait();
                Ok(Vec::new())
            }))
            .await
        }
    });
    // One more is queued and one waits for its place; none of them may end while the thread is
    // held.
    let waiting: Vec<_> = (0..2)
        .map(|_| {
            let pool = Arc::clone(&pool);
            tokio::spawn(async move { pool.run(Box::new(|| Ok(Vec::new()))).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert!(waiting.iter().all(|task| !task.is_finished()));
    tokio::task::spawn_blocking(move || gate.wait()).await.unwrap();
    holding.await.unwrap().unwrap();
    for task in waiting {
        task.await.unwrap().unwrap();
    }
}
