//! The recipes of the documentation, in each language, against the desk's own code.

use std::path::Path;

use serde_json::{Value, json};
use vezne_core::port::Clock as _;
use vezne_wire::applyfor::{BoolStyle, Parameters, SigningKey};
use vezne_wire::ccpayment::Expected;
use vezne_wire::ccpayment::hash_key::verify;
use vezne_wire::json::Object;
use vezne_wire::secret::SecretText;
use vezne_wire::standard_webhooks::{WebhookSecret, sign};

use crate::support::interpreter::{Interpreter, NODE, PHP};

const DOCUMENT: &str = include_str!("../../../../docs/recipes.md");

/// A language: the name of its blocks, what runs them, the file of a block, the test's own file,
/// and whether the two are one.
struct Language {
    name: &'static str,
    interpreter: Interpreter,
    head: &'static str,
    file: &'static str,
    main: &'static str,
    arguments: &'static [&'static str],
}

const LANGUAGES: [Language; 4] = [
    Language {
        name: "php",
        interpreter: PHP,
        head: "<?php\n",
        file: "recipe.php",
        main: include_str!("recipes/main.php"),
        arguments: &["recipe.php"],
    },
    Language {
        name: "python",
        interpreter: Interpreter {
            variable: "VEZNE_PYTHON",
            what: "Python with the cryptography module",
            probe: ["-c", "import cryptography"],
        },
        head: "",
        file: "recipe.py",
        main: include_str!("recipes/main.py"),
        arguments: &["recipe.py"],
    },
    Language {
        name: "javascript",
        interpreter: NODE,
        head: "",
        file: "recipe.js",
        main: include_str!("recipes/main.js"),
        arguments: &["recipe.js"],
    },
    Language {
        name: "go",
        interpreter: Interpreter { variable: "VEZNE_GO", what: "Go", probe: ["env", "GOROOT"] },
        head: "",
        file: "recipe.go",
        main: include_str!("recipes/main.go"),
        arguments: &["run", "recipe.go", "main.go"],
    },
];

impl Language {
    /// The block of the document in this language.
    fn block(&self) -> &'static str {
        let (_, rest) = DOCUMENT.split_once(&format!("```{}\n", self.name)).expect("a block");
        rest.split_once("```").expect("it ends").0
    }

    /// What the recipes make of a case; nothing when this machine lacks the language.
    fn run(&self, folder: &Path, case: &Value) -> Option<Value> {
        let Self { head, file, main, .. } = self;
        let write = |name: &str, text: String| {
            std::fs::write(folder.join(name), text).expect("it is written");
        };
        // Go takes one package from two files, and imports stand first in each.
        if self.name == "go" {
            write(file, self.block().to_owned());
            write("main.go", (*main).to_owned());
        } else {
            write(file, format!("{head}{}{main}", self.block()));
        }
        let place = |name: &&str| match name.contains('.') {
            true => folder.join(name).to_str().expect("a path").to_owned(),
            false => (*name).to_owned(),
        };
        let arguments: Vec<String> = self.arguments.iter().map(place).collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let printed = self.interpreter.run(&arguments, &case.to_string())?;
        Some(serde_json::from_str(&printed).unwrap_or_else(|_| panic!("{}: {printed}", self.name)))
    }
}

#[test]
fn every_recipe_makes_and_checks_what_the_desk_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let (app_secret, secret) = ("b46a67571aa1e7ef5641dc3fa6f1712a", "S3cret of the shop");
    let webhook_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let fields =
        ["277.2", "TR150006247004881217621234", "10.00", "TRY", "901111137653", app_secret];
    let parameters = [
        ("uid", "test1"),
        ("user_name", "Ayşe & Oğulları A.Ş."),
        ("custom", ""),
        ("notify_url", "https://shop.example/cb?a=1&b=2 3"),
        ("bank_account", "123"),
        ("Zeta", "+/="),
    ];
    let now = vezne::SystemClock.now().seconds();
    let body = r#"{"trx":"Müşteri 7","amount":"250.00"}"#;
    let key = WebhookSecret::parse(webhook_secret).expect("a secret");
    let other = WebhookSecret::from_bytes([7; 24]).expect("a secret");
    // As while a secret is being rotated.
    let signature = sign(&[other, key], "vzcb_7", now, body.as_bytes());
    let case = json!({
        "hash_key": fields,
        "parameters": parameters.into_iter().collect::<std::collections::BTreeMap<_, _>>(),
        "secret": secret,
        "headers": {
            "webhook-id": "vzcb_7",
            "webhook-timestamp": now.to_string(),
            "webhook-signature": signature,
        },
        "webhook_secret": webhook_secret,
        "bodies": [body, body.replace("250", "251")],
    });
    let [_, iban, _, currency, gsm, _] = fields;
    let expected = Expected { sum_minor: 27_720, iban, amount_minor: 1_000, currency, gsm };
    for language in LANGUAGES {
        let Some(made) = language.run(folder.path(), &case) else { continue };
        let hash_key = made["hash_key"].as_str().expect("a hash_key");
        assert!(verify(hash_key, app_secret, &expected), "{}: {hash_key}", language.name);
        let mut signed = case["parameters"].clone();
        signed["sign"] = made["sign"].clone();
        let signed = signed.to_string();
        let object = Object::parse(signed.as_bytes()).expect("JSON");
        let request = Parameters::from_json(&object, BoolStyle::Words).expect("parameters");
        let verdict = SigningKey::new(SecretText::new(secret)).verify(&request);
        assert_eq!(verdict, Ok(()), "{}: {signed}", language.name);
        assert_eq!(made["ours"], json!([true, false]), "{}", language.name);
    }
}
