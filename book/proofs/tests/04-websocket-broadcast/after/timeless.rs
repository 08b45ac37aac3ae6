//! A broadcaster that does not look at the clock.

use std::cell::Cell;
use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};

use super::hall::{Client, Hall, Queue, broadcaster, deadline, for_everyone, runtime};

/// Of a thousand clients nobody answers. Lambda ends the function after 60 seconds.
fn stopped_and_kept(watches_the_clock: bool) -> (bool, usize) {
    let (hall, queue) = (Hall::new(vec![Client::Hangs; 1_000]), Queue::default());
    let stopped = runtime().block_on(async {
        let deadline = deadline(if watches_the_clock { 60 } else { 3_600 });
        let broadcaster = broadcaster(&hall, &queue);
        let lambda = timeout(
            Duration::from_secs(60),
            broadcaster.deliver(for_everyone(), deadline),
        );
        lambda.await.is_err()
    });
    (stopped, queue.messages.take().len())
}

#[test]
fn who_does_not_watch_the_clock_is_stopped_before_the_queue_hears_of_anyone() {
    assert_eq!(stopped_and_kept(false), (true, 0));
    // The ids of those who were tried, and where the rest of the table begins.
    assert_eq!(stopped_and_kept(true), (false, 2));
}

#[test]
fn after_the_deadline_no_work_is_begun_though_a_bare_timeout_would_begin_it() {
    let begun = Cell::new(0);
    let work = async || begun.set(begun.get() + 1);
    runtime().block_on(async {
        let passed = Instant::now();
        let _ = timeout_at(passed, work()).await;
        assert_eq!(begun.take(), 1);

        // Ten seconds are the reserve: nothing is left of them.
        assert_eq!(deadline(10).meet(work()).await, None);
        assert_eq!(begun.take(), 0);
    });
}
