//! How many callbacks of one merchant are under way at the same time.
//!
//! The window opens while the merchant's server answers as quickly as it does when few ask, and
//! closes when it does not: a server with ten workers is not asked by a hundred at once, and one
//! that is far away is not asked by eight. One that fails is back at the first few at once.

use std::time::Duration;

/// So many at first, and as long as a server fails.
const FIRST: usize = 8;

/// Later by so much is the machine's own doing, and says nothing about the server.
const SLACK: Duration = Duration::from_millis(25);

/// A merchant's window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    size: usize,
    /// How long the server takes when few ask. It rises a little with every answer, so that a
    /// server that has become slower for good is found out.
    quickest: Duration,
}

impl Default for Window {
    fn default() -> Self {
        Self { size: FIRST, quickest: Duration::MAX }
    }
}

impl Window {
    /// How many may be under way, of `most` that any merchant may have.
    pub(super) fn size(&self, most: usize) -> usize {
        self.size.min(most)
    }

    /// The server answered, after this time, while so many were under way.
    pub(super) fn answered(&mut self, took: Duration, under_way: usize, most: usize) {
        self.quickest = took.min(self.quickest.saturating_add(self.quickest / 256));
        let is_prompt = took <= self.quickest.saturating_mul(2).saturating_add(SLACK);
        if !is_prompt {
            self.size = self.size.saturating_sub(1).max(FIRST);
        } else if under_way >= self.size(most) {
            // One more with every answer doubles it with every round.
            self.size = (self.size + 1).min(most.max(FIRST));
        }
    }

    /// The server failed.
    pub(super) fn failed(&mut self) {
        self.size = (self.size / 2).max(FIRST);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{FIRST, Window};

    const MOST: usize = 256;

    /// A server that takes `base` for each of as many as `at_once`, and lets others wait.
    fn after(rounds: usize, base: Duration, at_once: usize) -> usize {
        let mut window = Window::default();
        for _ in 0..rounds {
            let under_way = window.size(MOST);
            let waits = u32::try_from(under_way.div_ceil(at_once)).expect("few");
            for _ in 0..under_way {
                // As many as may be are under way, because what ends makes room for the next.
                window.answered(base * waits, window.size(MOST), MOST);
            }
        }
        window.size(MOST)
    }

    #[test]
    fn it_opens_as_far_as_the_server_goes_along() {
        let far = Duration::from_millis(50);
        assert_eq!(after(5, far, usize::MAX), MOST, "it doubles with every round");
        assert_eq!(after(50, far, usize::MAX), MOST, "and ends there");
        let small = after(200, far, 10);
        assert!((20..=40).contains(&small), "ten workers are asked by {small}");
    }

    #[test]
    fn it_closes_on_failures_and_opens_again() {
        let mut window = Window::default();
        let prompt = |window: &mut Window, times: usize| {
            (0..times).for_each(|_| window.answered(Duration::from_millis(1), MOST, MOST));
        };
        prompt(&mut window, 500);
        assert_eq!(window.size(MOST), MOST);
        (0..6).for_each(|_| window.failed());
        assert_eq!(window.size(MOST), FIRST);
        prompt(&mut window, 4);
        assert_eq!(window.size(MOST), FIRST + 4);
    }

    #[test]
    fn it_stays_where_nobody_waits_for_it_and_below_what_is_configured() {
        let mut window = Window::default();
        (0..100).for_each(|_| window.answered(Duration::from_millis(1), 1, MOST));
        assert_eq!(window.size(MOST), FIRST);
        assert_eq!(window.size(1), 1, "a merchant may be told one by one");
    }
}
