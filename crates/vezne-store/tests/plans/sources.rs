//! The texts of statements in the sources, so that none is forgotten.

use std::path::Path;

/// Files whose statements run at a start, in an audit, a move, a migration or the taking out of a
/// month, each of which may go through everything.
const ONCE: [&str; 16] = [
    "clock.rs",
    "connect.rs",
    "hosts.rs",
    "intake.rs",
    "lock.rs",
    "migrate.rs",
    "moved.rs",
    "open.rs",
    "outlet.rs",
    "partition.rs",
    "settings.rs",
    "snapshot.rs",
    "timeline.rs",
    "upkeep.rs",
    "mark.rs",
    "months.rs",
];

/// The beginnings of all statements in a folder's files, each up to where it is filled in.
pub(crate) fn beginnings(folder: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder);
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the sources") {
        let path = entry.expect("a file").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_file() && !ONCE.contains(&name.as_str()) {
            let text = std::fs::read_to_string(&path).expect("a source reads");
            all.extend(literals(&text).iter().filter_map(|literal| beginning(literal)));
        }
    }
    all
}

/// String literals, with lines that go on put together.
fn literals(source: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut rest = source;
    while let Some(start) = rest.find('"') {
        rest = &rest[start + 1..];
        let mut literal = String::new();
        let mut characters = rest.char_indices();
        let mut end = rest.len();
        while let Some((place, character)) = characters.next() {
            match character {
                '"' => {
                    end = place + 1;
                    break;
                }
                '\\' => literal.extend(characters.next().map(|(_, next)| match next {
                    '\n' => ' ',
                    other => other,
                })),
                other => literal.push(other),
            }
        }
        rest = &rest[end..];
        all.push(literal);
    }
    all
}

fn beginning(literal: &str) -> Option<String> {
    let verbs = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH ", "WHERE ", "INDEXED "];
    let text = plain(literal.split('{').next().unwrap_or_default());
    let whole = verbs.iter().any(|verb| text.starts_with(verb));
    (whole && text.len() > 24).then_some(text)
}

/// A text with single spaces.
pub(crate) fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Fails with the statements that were never run.
pub(crate) fn assert_all_run(folder: &str, run: &[String]) {
    let run: Vec<String> = run.iter().map(|sql| plain(sql)).collect();
    let forgotten: Vec<String> = beginnings(folder)
        .into_iter()
        .filter(|beginning| !run.iter().any(|sql| sql.contains(beginning.as_str())))
        .collect();
    assert!(forgotten.is_empty(), "the contract suite never runs {forgotten:#?}");
}
