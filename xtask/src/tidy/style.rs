//! The rules about one source file.

use super::Violation;
use super::source::Source;
use super::text;

/// The most lines of a function.
const FUNCTION_MOST: usize = 70;

/// The crates in which no float may exist.
const EXACT: &[&str] = &["vezne-core", "vezne-wire"];

/// What must not stay in the code, and why.
const LEFTOVERS: &[(&str, &str)] = &[
    ("todo!", "what is not done is not merged"),
    ("unimplemented!", "what is not done is not merged"),
    ("dbg!", "a debugging aid prints what must never print"),
    ("#[ignore", "a test that does not run proves nothing: fix it or delete it"),
];

/// All of them.
pub(super) fn check(source: &Source) -> Vec<Violation> {
    let rules = [header, long_functions, leftovers, floats, text::wide_lines, text::markers];
    rules.into_iter().flat_map(|rule| rule(source)).collect()
}

fn header(source: &Source) -> Vec<Violation> {
    let missing = !source.is_test && source.path.contains("/src/") && !source.has_header;
    let what = "begins without a //! header: a reader asks first what a file is for";
    missing.then(|| Violation::new(&source.path, 1, what)).into_iter().collect()
}

fn long_functions(source: &Source) -> Vec<Violation> {
    if source.is_test {
        return Vec::new();
    }
    let long = source.functions.iter().filter(|function| function.lines > FUNCTION_MOST);
    let violation = |function: &super::source::Function| {
        let what = format!(
            "fn {} has {} lines, more than {FUNCTION_MOST}: it does not fit a screen",
            function.name, function.lines
        );
        Violation::new(&source.path, function.line, what)
    };
    long.map(violation).collect()
}

fn leftovers(source: &Source) -> Vec<Violation> {
    let reason = |name: &str| {
        let last = name.rsplit("::").next();
        LEFTOVERS.iter().find(|(leftover, _)| last == Some(leftover))
    };
    let found = source.mentions.iter().filter_map(|mention| {
        let (what, why) = reason(&mention.name)?;
        Some(Violation::new(&source.path, mention.line, format!("{what}: {why}")))
    });
    found.collect()
}

fn floats(source: &Source) -> Vec<Violation> {
    if !EXACT.contains(&source.package()) {
        return Vec::new();
    }
    let is_float = |name: &str| name.split("::").any(|part| matches!(part, "f32" | "f64"));
    let types = source.mentions.iter().filter(|mention| is_float(&mention.name));
    let lines = types.map(|mention| mention.line).chain(source.floats.iter().copied());
    let what = "a float: money is exact, so no float exists here, not for a moment";
    lines.map(|line| Violation::new(&source.path, line, what)).collect()
}
