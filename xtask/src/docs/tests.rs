use super::{DOCUMENTS, configuration_of};

#[test]
fn every_document_says_where_it_comes_from() {
    for document in DOCUMENTS {
        let text = document.text().expect(document.path);
        let first = text.lines().next().unwrap_or_default();
        assert!(first.contains("cargo xtask docs") && first.contains(document.source), "{first}");
        assert!(crate::workspace::root().join(document.source).is_file(), "{}", document.source);
    }
}

#[test]
fn the_configuration_keeps_the_words_of_the_sample() {
    let sample = "# What it is.\n# More.\n\n[server]\n# Where.\nlisten = \"127.0.0.1:1\"\n\n\
                  [log]\nlevel = \"info\" # loud\n";
    let text = configuration_of(sample);
    assert!(text.contains("```toml\n# What it is.\n# More.\n```\n\n## server"), "{text}");
    assert!(text.contains("## server\n\n```toml\n[server]\n# Where.\nlisten ="), "{text}");
    assert!(text.contains("| `VEZNE_SERVER_LISTEN` | `\"127.0.0.1:1\"` |"), "{text}");
    assert!(text.contains("| `VEZNE_LOG_LEVEL` |"), "{text}");
}
