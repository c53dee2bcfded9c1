use super::figures::Figures;
use super::source::{Function, Source};
use super::{Violation, graph, manifest, mark_tests, required, style};

fn parse(path: &str, text: &str) -> Source {
    Source::parse(path, text.to_owned()).expect("Rust")
}

/// The lines and the first words of what is wrong with a shipped file of `package`.
fn found(package: &str, code: &str) -> Vec<(usize, String)> {
    let source = parse(&format!("crates/{package}/src/lib.rs"), &format!("//! Head.\n{code}"));
    let mut found = style::check(&source);
    found.extend(graph::check_source(&source));
    found.into_iter().map(|one| (one.line, one.what)).collect()
}

#[track_caller]
fn clean(package: &str, code: &str) {
    assert_eq!(found(package, code), [], "{code}");
}

#[track_caller]
fn red(package: &str, code: &str, line: usize, what: &str) {
    let found = found(package, code);
    let [(at, text)] = &found[..] else { unreachable!("one violation: {found:?}") };
    assert_eq!(*at, line, "{text}");
    assert!(text.contains(what), "{text}");
}

#[track_caller]
fn one(violations: impl IntoIterator<Item = Violation>, line: usize, what: &str) {
    let violations: Vec<_> = violations.into_iter().collect();
    assert_eq!(violations.len(), 1, "{violations:?}");
    assert_eq!(violations[0].line, line);
    assert!(violations[0].what.contains(what), "{}", violations[0]);
}

fn function(lines: usize) -> String {
    format!("/// Docs.\n#[inline]\npub fn long() {{\n{}}}\n", "    step();\n".repeat(lines - 2))
}

#[test]
fn a_violation_is_printed_as_editors_read_it() {
    assert_eq!(Violation::new("a/b.rs", 7, "wrong: why").to_string(), "a/b.rs:7: wrong: why");
}

#[test]
fn what_is_no_rust_is_told_with_its_line() {
    let broken = Source::parse("crates/vezne/src/x.rs", "//! Head.\nfn f() {\n".to_owned());
    let violation = broken.err().expect("an error");
    assert!(violation.what.contains("cannot be read as Rust"), "{violation}");
    let broken = Source::parse("crates/vezne/src/x.rs", "//! Head.\nfn f( -> x {}\n".to_owned());
    assert_eq!(broken.err().map(|violation| violation.line), Some(2));
}

#[test]
fn functions_are_measured_from_fn_to_brace() {
    let source = parse("crates/vezne/src/lib.rs", &function(12));
    assert_eq!(source.functions, [Function { name: "long".to_owned(), line: 3, lines: 12 }]);
    let methods = "impl A {\n fn a(&self) {}\n}\ntrait B {\n fn b(&self);\n fn c(&self) {\n }\n}\n";
    let lines: Vec<_> = parse("x.rs", methods).functions.iter().map(|one| one.lines).collect();
    assert_eq!(lines, [1, 2]);
}

#[test]
fn functions_over_seventy_lines() {
    clean("vezne", &function(70));
    red("vezne", &function(71), 4, "fn long has 71 lines");
    clean("vezne", &format!("#[cfg(test)]\nmod tests {{\n{}}}\n", function(71)));
    clean("vezne", &format!("#[cfg(all(test, unix))]\n{}", function(71)));
    red("vezne", &format!("#[cfg(not(test))]\n{}", function(71)), 5, "71 lines");
}

#[test]
fn medians() {
    let figures = |functions: &[usize], files: &[usize]| {
        Figures::from_lengths(functions.iter().copied(), files.iter().copied())
    };
    assert_eq!(figures(&[10, 70, 3], &[150, 20, 9000]).violations().len(), 1);
    assert_eq!(figures(&[], &[]).violations(), []);
    one(figures(&[11, 70, 3], &[1]).violations(), 1, "median function has 11 lines");
    one(figures(&[1], &[151, 151, 2]).violations(), 1, "median file has 151 lines");
    let mut files = [100; 10];
    files[8..].fill(451);
    one(figures(&[1], &files).violations(), 1, "ninetieth percentile has 451 lines");
    let text = figures(&[1, 2, 3], &[7]).to_string();
    assert_eq!(
        text,
        "3 functions, lines: median 2, 90% 3, longest 3; 1 files, lines: median 7, 90% 7, longest 7"
    );
}

#[test]
fn only_what_is_shipped_is_measured() {
    let mut sources = [
        parse("crates/a/src/x.rs", "//! Head.\n#[cfg(test)]\nmod fixture;\nfn f() {}\n"),
        parse("crates/a/src/x/fixture.rs", &function(60)),
        parse("crates/a/src/x/fixture/deep.rs", &function(60)),
        parse("crates/a/src/x/tests.rs", &function(60)),
        parse("crates/a/tests/y.rs", &function(60)),
    ];
    mark_tests(&mut sources);
    let text = Figures::of(&sources).to_string();
    assert!(text.starts_with("1 functions") && text.contains("; 1 files"), "{text}");
}

#[test]
fn wide_lines() {
    let (fits, wide) = ("x".repeat(97), "x".repeat(98));
    clean("vezne", &format!("// {fits}\n// https://example.com/{wide}\n"));
    red("vezne", &format!("// {wide}\n"), 2, "101 columns");
    let data = format!("mod data {{\n    const DATA: &str = \"{wide}\";\n}}\n");
    red("vezne", &data, 3, "columns");
    clean("vezne", &format!("#[cfg(test)]\n{data}"));
}

#[test]
fn leftovers() {
    clean("vezne", "// A todo!() in words.\nfn ignore(todo: bool) -> bool { !todo }\n");
    red("vezne", "fn f() {\n    todo!()\n}\n", 3, "todo!");
    red("vezne", "fn f() { std::unimplemented!() }\n", 2, "unimplemented!");
    red("vezne", "fn f() { assert!(dbg!(true)); }\n", 2, "dbg!");
    red("vezne", "#[test]\n#[ignore = \"slow\"]\nfn f() {}\n", 3, "#[ignore");
    red("vezne", concat!("// FIX", "ME later\n"), 2, "mended");
    red("vezne", concat!("const A: &str = \"XX", "X\";\n"), 2, "mended");
    clean("vezne", concat!("const A: &str = \"TRXX", "XX\";\n"));
}

#[test]
fn floats() {
    clean("vezne-core", "/// No f64.\nconst A: (i64, &str) = ((1, 2).0, \"1.5 f32\");\n");
    clean("vezne-web", "fn f() -> f64 { 1.5 }\n");
    red("vezne-core", "fn f(x: f64) {}\n", 2, "float");
    red("vezne-wire", "const A: u64 =\n    f32::MAX as u64;\n", 3, "float");
    red("vezne-core", "fn f() { g(1.5) }\n", 2, "float");
}

#[test]
fn headers() {
    let header = |path: &str, text: &str| style::check(&parse(path, text));
    assert_eq!(header("crates/vezne/src/x.rs", "//! What it is.\n"), []);
    assert_eq!(header("crates/vezne/src/x.rs", "#![doc = r\"What it is.\"]\n"), []);
    assert_eq!(header("crates/vezne/src/x/tests.rs", "use super::*;\n"), []);
    one(header("crates/vezne/src/x.rs", "// What it is.\n"), 1, "header");
}

#[test]
fn boundaries() {
    clean("vezne-store", "use rusqlite::{Connection, params};\n");
    red("vezne-web", "use rusqlite::Connection;\n", 2, "knows SQL");
    red("vezne-outbound", "fn f() -> axum::Router { axum() }\n", 2, "answers HTTP");
    red("vezne-outbound", "use hyper_util::{rt::TokioIo,\n    server::conn};\n", 3, "answers HTTP");
    red("vezne-web", "use hyper::client::conn::http1;\n", 2, "sends HTTP");
    red("vezne-store", "use hyper::body::Body;\n", 2, "at the edges");
    red("vezne-core", "use serde::Serialize;\n", 2, "writes it down");
    red("vezne-core", "use std::{net::{IpAddr, TcpStream}, time::Duration};\n", 2, "no I/O");
    red("vezne-wire", "fn f() { g!(::std::fs::read(\"x\")) }\n", 2, "no I/O");
    clean("vezne-core", "use std::net::{IpAddr, Ipv4Addr};\nuse serde_like::Thing;\n");
    clean("vezne-core", "#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n");
    clean("vezne-core", "#[cfg(test)]\nuse serde_json::Value;\n");
}

#[test]
fn the_crate_graph() {
    let check = |package: &str, dependencies: &str| {
        let text = format!(
            "[dependencies]\n{dependencies}\n[dev-dependencies]\nvezne = 1\nvezne-testbed = 1\n"
        );
        manifest::dependencies(&format!("crates/{package}/Cargo.toml"), &text).expect("TOML")
    };
    assert_eq!(check("xtask", "axum = 1\nvezne-testbed.workspace = true"), []);
    one(check("vezne-store", "vezne-testbed.workspace = true"), 2, "may know vezne-core");
    one(check("testbed", "tempfile = 1\nvezne-core = 1"), 3, "depends on none of ours");
    assert_eq!(check("vezne-web", "vezne-core.workspace = true\nserde.workspace = true"), []);
    one(check("vezne-web", "axum = 1\nvezne-store.workspace = true"), 3, "may know vezne-core");
    one(check("vezne-core", "vezne-wire = 1"), 2, "depends on none of ours");
    one(check("vezne-new", "vezne-core = 1"), 2, "not on the map");
    one(check("vezne-core", "serde_json = 1"), 2, "writes it down");
    one(check("vezne", "hyper-util.workspace = true"), 2, "at the edges");
}

#[test]
fn manifests() {
    let good = "[package]\nedition.workspace = true\n[lints]\nworkspace = true\n";
    assert_eq!(manifest::inherits("x", good).expect("TOML"), []);
    let lints = good.replace("workspace = true\n[lints]", "workspace = true\n[lint]");
    one(manifest::inherits("x", &lints).expect("TOML"), 1, "lints");
    let edition = good.replace("edition.workspace = true", "edition = \"2021\"");
    one(manifest::inherits("x", &edition).expect("TOML"), 1, "edition");

    let head = "[workspace.dependencies]\nours = { path = \"ours\" }\n# Why.\nserde = \"1\"\n";
    assert_eq!(manifest::workspace_reasons("x", head).expect("TOML"), []);
    let more = format!("{head}serde_json = {{ version = \"1\" }}\n");
    one(manifest::workspace_reasons("x", &more).expect("TOML"), 5, "serde_json has no comment");

    assert_eq!(manifest::locked("x", &"[[package]]\n".repeat(449)), None);
    one(manifest::locked("x", &"[[package]]\n".repeat(450)), 1, "450 packages");
}

#[test]
fn required_files() {
    assert_eq!(required::missing(|_| true), []);
    let violations = required::missing(|path| path != "SECURITY.md");
    one(violations, 1, "is missing");
}
