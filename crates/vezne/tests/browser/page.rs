//! What any page must be, and what the form's parts are called.

use std::path::Path;

use serde_json::Value;

use super::driver::Browser;
use super::program::until;

/// What nobody could use: inputs that have no label, parts too small for a finger, a width that
/// has to be scrolled, errors that a screen reader does not tell.
const DEFECTS: &str = include_str!("defects.js");

pub(crate) struct Page<'a>(pub(crate) &'a Browser);

impl Page<'_> {
    pub(crate) fn defects(&self) -> Value {
        self.0.run(DEFECTS)
    }

    /// Nobody is kept from using what is shown now.
    pub(crate) fn is_usable(&self, when: &str) {
        let defects = self.defects();
        assert!(defects.as_array().is_some_and(Vec::is_empty), "{when}: {defects:#}");
    }

    /// What a person reads in an element: nothing where there is none, or it is hidden.
    pub(crate) fn text(&self, id: &str) -> String {
        let script = format!(
            "const element = document.getElementById('{id}');
             return element && element.getClientRects().length ? element.innerText.trim() : '';"
        );
        self.0.run(&script).as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn waits_for(&self, id: &str, words: &str) -> String {
        let asked = format!("{words:?} in {id}");
        until(&asked, || {
            Some(self.text(id)).filter(|text| !text.is_empty() && text.contains(words))
        })
    }

    pub(crate) fn language(&self) -> Value {
        self.0.run("return document.documentElement.lang")
    }

    /// The id of what the keyboard is at.
    pub(crate) fn focus(&self) -> String {
        self.0.run("return document.activeElement.id").as_str().unwrap_or_default().to_owned()
    }

    /// The status of the payout, on the page that tells it.
    pub(crate) fn status(&self) -> Option<String> {
        let script = "return document.getElementById('status')?.dataset.status ?? null";
        self.0.run(script).as_str().map(str::to_owned)
    }

    /// Renews a picture of the documentation, only when asked to: the tree stays clean otherwise.
    pub(crate) fn picture(&self, name: &str) {
        if std::env::var("VEZNE_SCREENSHOTS").is_ok_and(|value| value == "1") {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/images");
            std::fs::create_dir_all(&folder).expect("a folder");
            self.0.picture(&folder.join(name));
        }
    }
}
