//! How long functions and files are, over the whole of what is shipped.

use std::fmt;

use super::Violation;
use super::source::Source;

/// The most lines of the median function.
const FUNCTION_MEDIAN: usize = 10;
/// The most lines of the median file, and of the file that nine in ten are shorter than.
const FILE_MEDIAN: usize = 150;
const FILE_NINETIETH: usize = 450;

/// The lengths in lines, sorted.
#[derive(Debug, Default)]
pub(super) struct Figures {
    functions: Vec<usize>,
    files: Vec<usize>,
}

impl Figures {
    pub(super) fn of(sources: &[Source]) -> Self {
        let shipped = || sources.iter().filter(|source| source.is_shipped());
        let functions = shipped().flat_map(|source| &source.functions).map(|one| one.lines);
        Self::from_lengths(functions, shipped().map(|source| source.text.lines().count()))
    }

    pub(super) fn from_lengths(
        functions: impl IntoIterator<Item = usize>,
        files: impl IntoIterator<Item = usize>,
    ) -> Self {
        let mut figures =
            Self { functions: functions.into_iter().collect(), files: files.into_iter().collect() };
        figures.functions.sort_unstable();
        figures.files.sort_unstable();
        figures
    }

    pub(super) fn violations(&self) -> Vec<Violation> {
        let limits = [
            ("the median function", percentile(&self.functions, 50), FUNCTION_MEDIAN),
            ("the median file", percentile(&self.files, 50), FILE_MEDIAN),
            ("the file at the ninetieth percentile", percentile(&self.files, 90), FILE_NINETIETH),
        ];
        let over = limits.into_iter().filter(|(_, lines, most)| lines > most);
        let violation = |(what, lines, most)| {
            let what = format!(
                "{what} has {lines} lines, more than {most}: short pieces with names are what \
                 makes the code readable"
            );
            Violation::new("crates", 1, what)
        };
        over.map(violation).collect()
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |lengths: &[usize]| {
            let [median, ninetieth, longest] = [50, 90, 100].map(|part| percentile(lengths, part));
            format!("median {median}, 90% {ninetieth}, longest {longest}")
        };
        let (functions, files) = (&self.functions, &self.files);
        write!(f, "{} functions, lines: {}; ", functions.len(), line(functions))?;
        write!(f, "{} files, lines: {}", files.len(), line(files))
    }
}

/// The length that `part` percent of the sorted lengths do not exceed; 0 when there is none.
fn percentile(sorted: &[usize], part: usize) -> usize {
    let rank = (sorted.len() * part).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(0)
}
