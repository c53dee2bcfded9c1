//! The rules of style and structure that a tool can check, each with its reason.
//!
//! A rule is a function from what it looks at to its violations. What it cannot know, it lets pass:
//! a finding here is always something to change.

mod figures;
mod graph;
mod manifest;
mod required;
mod source;
mod style;
mod text;

use std::collections::BTreeSet;
use std::fmt;

use self::figures::Figures;
use self::source::Source;
use crate::workspace::{self, Error};

#[cfg(test)]
mod tests;

/// One place that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Violation {
    path: String,
    line: usize,
    what: String,
}

impl Violation {
    fn new(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// Prints the figures and every violation.
///
/// # Errors
/// When there is a violation, or a file cannot be read.
pub(crate) fn run() -> Result<(), Error> {
    let mut violations = Vec::new();
    let sources = sources(&mut violations)?;
    let figures = Figures::of(&sources);
    println!("tidy: {figures}");
    violations.extend(figures.violations());
    violations.extend(sources.iter().flat_map(style::check));
    violations.extend(sources.iter().flat_map(graph::check_source));
    violations.extend(manifest::check_all()?);
    violations.extend(required::check()?);
    violations.sort();
    for violation in &violations {
        println!("{violation}");
    }
    match violations.len() {
        0 => Ok(()),
        count => Err(format!("tidy: {count} violations").into()),
    }
}

/// Every source file of the workspace, each knowing whether it is a test.
fn sources(violations: &mut Vec<Violation>) -> Result<Vec<Source>, Error> {
    let mut paths = workspace::files("crates", ".rs")?;
    paths.extend(workspace::files("testbed", ".rs")?);
    paths.extend(workspace::files("xtask", ".rs")?);
    let mut sources = Vec::new();
    for path in paths {
        match Source::parse(&path, workspace::read(&path)?) {
            Ok(source) => sources.push(source),
            Err(violation) => violations.push(violation),
        }
    }
    mark_tests(&mut sources);
    Ok(sources)
}

/// Marks the files of modules that another file declares under `#[cfg(test)]`.
fn mark_tests(sources: &mut [Source]) {
    let modules: BTreeSet<String> = sources.iter().flat_map(Source::test_modules).collect();
    for source in sources {
        let module = source.path.trim_end_matches("/mod.rs").trim_end_matches(".rs");
        let mut folders = module.match_indices('/').map(|(at, _)| &module[..at]);
        source.is_test |= modules.contains(module) || folders.any(|above| modules.contains(above));
    }
}
