//! The rules about the lines of a file as text, comments included.

use super::Violation;
use super::source::Source;

/// The most columns of a line.
const COLUMNS: usize = 100;

/// Words that mark what was meant to be done later. Spelled in halves, as this file is checked too.
const MARKERS: [&str; 2] = [concat!("FIX", "ME"), concat!("XX", "X")];

pub(super) fn wide_lines(source: &Source) -> Vec<Violation> {
    let wide = lines(source).filter(|(number, line)| {
        let excused = line.contains("://") || (source.is_test_line(*number) && line.contains('"'));
        line.chars().count() > COLUMNS && !excused
    });
    let violation = |(number, line): (usize, &str)| {
        let columns = line.chars().count();
        let what = format!("{columns} columns, more than {COLUMNS}: two files fit side by side");
        Violation::new(&source.path, number, what)
    };
    wide.map(violation).collect()
}

pub(super) fn markers(source: &Source) -> Vec<Violation> {
    let marked = lines(source).filter_map(|(number, line)| {
        let is_word = |word: &str| MARKERS.iter().find(|marker| **marker == word);
        let words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
        let marker = words.into_iter().find_map(is_word)?;
        let what = format!("{marker}: what is wrong is mended or written down as an issue");
        Some(Violation::new(&source.path, number, what))
    });
    marked.collect()
}

fn lines(source: &Source) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(source.text.lines())
}
