//! The rules about Cargo's files.

use toml::{Table, Value};

use super::{Violation, graph};
use crate::workspace::{self, Error};

/// More packages than this in the lock file, and nobody has looked at them.
const PACKAGES: usize = 450;

/// Checks the workspace's file, every crate's and the lock.
pub(super) fn check_all() -> Result<Vec<Violation>, Error> {
    let mut violations = workspace_reasons("Cargo.toml", &workspace::read("Cargo.toml")?)?;
    violations.extend(locked("Cargo.lock", &workspace::read("Cargo.lock")?));
    let mut paths = workspace::files("crates", "/Cargo.toml")?;
    paths.extend(["testbed/Cargo.toml", "xtask/Cargo.toml"].map(str::to_owned));
    for path in paths {
        let text = workspace::read(&path)?;
        violations.extend(dependencies(&path, &text)?);
        violations.extend(inherits(&path, &text)?);
    }
    Ok(violations)
}

/// Every outside dependency of the workspace has its reason in a comment right above it.
pub(super) fn workspace_reasons(path: &str, text: &str) -> Result<Vec<Violation>, Error> {
    let document: Table = text.parse()?;
    let listed = document.get("workspace").and_then(|workspace| workspace.get("dependencies"));
    let outside = listed.and_then(Value::as_table).into_iter().flatten();
    let outside = outside.filter(|(_, value)| value.get("path").is_none()).map(|(name, _)| name);
    let lines: Vec<&str> = text.lines().collect();
    let violation = |name: &String| {
        let line = line_of(text, name);
        let above = line.checked_sub(2).and_then(|above| lines.get(above));
        let has_reason = above.is_some_and(|above| above.starts_with('#'));
        let what = format!("{name} has no comment above it: each dependency has a stated reason");
        (!has_reason).then(|| Violation::new(path, line, what))
    };
    Ok(outside.filter_map(violation).collect())
}

/// A crate's dependencies keep to the crate graph. What only its tests need is its own affair.
pub(super) fn dependencies(path: &str, text: &str) -> Result<Vec<Violation>, Error> {
    let document: Table = text.parse()?;
    let package = path.trim_start_matches("crates/").trim_end_matches("/Cargo.toml");
    let targets = document.get("target").and_then(Value::as_table).into_iter().flatten();
    let tables = targets.filter_map(|(_, target)| target.get("dependencies"));
    let tables = tables.chain(document.get("dependencies")).filter_map(Value::as_table);
    let violation = |name: &String| {
        let why = graph::check_dependency(package, name)?;
        let what = format!("{package} must not depend on {name}: {why}");
        Some(Violation::new(path, line_of(text, name), what))
    };
    Ok(tables.flat_map(Table::keys).filter_map(violation).collect())
}

/// A crate takes its lints and its edition from the workspace.
pub(super) fn inherits(path: &str, text: &str) -> Result<Vec<Violation>, Error> {
    let document: Table = text.parse()?;
    let from_workspace = |value: Option<&Value>| {
        value.and_then(|value| value.get("workspace")).and_then(Value::as_bool) == Some(true)
    };
    let edition = document.get("package").and_then(|package| package.get("edition"));
    let missing = [("lints", document.get("lints")), ("edition", edition)];
    let missing = missing.into_iter().filter(|(_, value)| !from_workspace(*value));
    let violation = |(name, _)| {
        let what = format!("{name}.workspace is not true: one rule holds for all crates");
        Violation::new(path, 1, what)
    };
    Ok(missing.map(violation).collect())
}

/// The lock file stays within what can be looked after.
pub(super) fn locked(path: &str, text: &str) -> Option<Violation> {
    let packages = text.lines().filter(|line| *line == "[[package]]").count();
    let what = format!("{packages} packages, {PACKAGES} or more: each is code that we answer for");
    (packages >= PACKAGES).then(|| Violation::new(path, 1, what))
}

/// The line that sets a key; the first if there is none.
fn line_of(text: &str, key: &str) -> usize {
    let sets = |line: &str| {
        let rest = line.strip_prefix(key).map(str::trim_start);
        rest.is_some_and(|rest| rest.starts_with(['=', '.']))
    };
    text.lines().position(sets).map_or(1, |at| at + 1)
}
