//! A real browser by the few commands of WebDriver that the tests need.
//!
//! By hand, over a socket: the crates for it build `serde_json` with `preserve_order`, and the
//! program under test would no longer be the one that ships.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::http::{PATIENCE, request};

const FLAGS: [&str; 10] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=en-US",
];

pub(crate) const TAB: &str = "\u{e004}";
pub(crate) const ENTER: &str = "\u{e007}";

/// The member that names an element in an answer.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser with one window and a fresh profile. It ends when a test drops it.
pub(crate) struct Browser {
    child: Child,
    address: SocketAddr,
    session: String,
    profile: TempDir,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended already. The session first, or the browser outlives its driver.
        drop(request(self.address, "DELETE", &self.session, b""));
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Browser {
    /// Nothing without a driver, which is said loudly: `cargo xtask test` sees to one.
    pub(crate) fn open() -> Option<Self> {
        let Ok(driver) = std::env::var("VEZNE_CHROMEDRIVER") else {
            eprintln!("skipped: VEZNE_CHROMEDRIVER names no chromedriver");
            return None;
        };
        let profile = tempfile::tempdir().expect("a folder");
        let mut command = Command::new(&driver);
        command.arg("--port=0").env("HOME", profile.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{driver}: {error}"));
        let address = SocketAddr::from(([127, 0, 0, 1], port(&mut child)));
        let mut browser = Self { child, address, session: String::new(), profile };
        browser.session = browser.begin();
        Some(browser)
    }

    fn begin(&self) -> String {
        let profile = format!("--user-data-dir={}", self.profile.path().display());
        let flags: Vec<&str> = FLAGS.into_iter().chain([profile.as_str()]).collect();
        let options = json!({ "args": flags });
        let timeouts = json!({ "implicit": 0, "pageLoad": PATIENCE.as_millis() });
        let wanted = json!({ "goog:chromeOptions": options, "timeouts": timeouts });
        let begun = self.post("/session", json!({ "capabilities": { "alwaysMatch": wanted } }));
        format!("/session/{}", begun["sessionId"].as_str().expect("a session"))
    }

    fn post(&self, path: &str, body: Value) -> Value {
        let path = format!("{}{path}", self.session);
        self.ask("POST", &path, &body).unwrap_or_else(|error| panic!("{path} {body}: {error}"))
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let answer = request(self.address, method, path, body.to_string().as_bytes());
        let (status, mut answer) = answer.map_err(|error| error.to_string())?;
        let value = answer["value"].take();
        if status == 200 { Ok(value) } else { Err(value["message"].to_string()) }
    }

    pub(crate) fn visit(&self, url: &str) {
        self.post("/url", json!({ "url": url }));
    }

    pub(crate) fn reload(&self) {
        self.post("/refresh", json!({}));
    }

    /// What a script of the page's returns.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", json!({ "script": script, "args": [] }))
    }

    /// Clicks as a person does: what is covered or out of sight cannot be.
    pub(crate) fn click(&self, selector: &str) {
        let found = self.post("/element", json!({ "using": "css selector", "value": selector }));
        let element = found[ELEMENT].as_str().expect("an element");
        self.post(&format!("/element/{element}/click"), json!({}));
    }

    /// Types on the keyboard, wherever the focus is.
    pub(crate) fn keys(&self, text: &str) {
        let of = |key: char| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key }));
        let actions: Vec<Value> = text.chars().flat_map(of).collect();
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.post("/actions", json!({ "actions": [keyboard] }));
    }

    /// A window of this size, as a telephone (`mobile`) or a desk has it.
    pub(crate) fn window(&self, width: u32, height: u32, mobile: bool) {
        let size = json!({ "width": width, "height": height, "mobile": mobile,
            "deviceScaleFactor": 2 });
        let command = "Emulation.setDeviceMetricsOverride";
        self.post("/goog/cdp/execute", json!({ "cmd": command, "params": size }));
    }

    /// The window as a picture.
    pub(crate) fn picture(&self, file: &Path) {
        let command = json!({ "cmd": "Page.captureScreenshot", "params": {} });
        let picture = self.post("/goog/cdp/execute", command);
        let bytes = BASE64_STANDARD.decode(picture["data"].as_str().expect("a picture"));
        let bytes = bytes.expect("Base64");
        std::fs::write(file, bytes).expect("it is written");
    }
}

/// The port, which the driver chooses and then tells.
fn port(child: &mut Child) -> u16 {
    let lines = BufReader::new(child.stdout.as_mut().expect("it has an output")).lines();
    let told = |line: String| {
        let (_, port) = line.split_once("started successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    };
    lines.map_while(Result::ok).find_map(told).expect("the driver tells its port")
}
