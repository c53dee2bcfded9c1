//! A value that knows whether somebody has had it in hand to change it.

use std::ops::{Deref, DerefMut};

/// A value that remembers whether it was given out for changing since it was last asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Watched<T> {
    value: T,
    touched: bool,
}

impl<T> Watched<T> {
    /// A value that nobody has touched.
    pub(super) fn new(value: T) -> Self {
        Self { value, touched: false }
    }

    /// Whether it may have been changed since this was last asked.
    pub(super) fn take_touched(&mut self) -> bool {
        std::mem::take(&mut self.touched)
    }

    /// The value.
    pub(super) fn into_inner(self) -> T {
        self.value
    }
}

impl<T> Deref for Watched<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Watched<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.touched = true;
        &mut self.value
    }
}

#[cfg(test)]
mod tests {
    use super::Watched;

    #[test]
    fn looking_is_no_touch() {
        let mut list = Watched::new(vec![1]);
        assert_eq!((list.len(), list.take_touched()), (1, false));
        list.push(2);
        assert_eq!((list.take_touched(), list.take_touched()), (true, false));
        assert_eq!(list.into_inner(), [1, 2]);
    }
}
