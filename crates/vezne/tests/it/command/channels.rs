//! `vezne channel ...` and merchants of /applyfor, with a server that runs and without.

use crate::support::program::Program;

const SECRET: &str = "S3cretS3cretS3cretS3cret";

fn add(program: &Program, currency: &str, uid: &str) -> serde_json::Value {
    let who = ["merchant", "add", "Shop", "--applyfor", "--uid", uid, "--currency", currency];
    program.json(&who)
}

#[test]
fn a_desk_begins_with_channels_and_they_are_looked_after() {
    for served in [false, true] {
        let program = Program::new().environment("VEZNE_NEW_SECRET", SECRET);
        let server = served.then(|| program.serve());
        let added = add(&program, "VND", "test1");
        assert_eq!(added["credentials"]["secret"], SECRET);
        assert_eq!(added["credentials"]["uid"], "test1");
        let shown = program.ok(&["--json", "merchant", "show", "test1"]).stdout;
        assert!(shown.contains("kr-bank") && shown.contains("vn-bank"), "{shown}");
        assert!(!shown.contains("tr-iban") && !shown.contains(SECRET), "{shown}");
        let list = program.ok(&["channel", "list"]).stdout;
        assert!(list.contains("1004") && list.contains("payfix"), "{list}");
        let plain = program.ok(&["channel", "show", "kr-bank"]).stdout;
        assert!(plain.contains("KB Kookmin Bank") && plain.contains("max:50"), "{plain}");

        program.fails(&["channel", "remove", "vn-bank"], "Shop has terms on it");
        program.fails(&["channel", "remove", "papara"], "always there");
        program.ok(&["channel", "remove", "in-imps"]);
        program.fails(&["channel", "show", "in-imps"], "there is no channel");
        program.fails(&["merchant", "terms", "test1", "papara", "--fixed", "1"], "pays TRY");
        if let Some(server) = server {
            assert_eq!(server.stop().0, 0);
        }
        let again = program.serve();
        program.fails(&["channel", "show", "in-imps"], "there is no channel");
        assert_eq!(again.stop().0, 0);
        program.ok(&["audit"]);
    }
}

#[test]
fn a_channel_travels_as_a_file() {
    let program = Program::new();
    add(&program, "VND", "test1");
    let folder = program.folder();
    let path = |name: &str| folder.join(name).to_str().expect("a path").to_owned();
    let write = |name: &str, text: &str| std::fs::write(path(name), text).expect("it is written");
    let toml = program.ok(&["channel", "export", "kr-bank"]).stdout;
    let won = toml.replace("VND", "KRW").replace("kr-bank", "kr-won").replace("1004", "1005");
    write("won.toml", &won);
    assert!(program.ok(&["channel", "check", &path("won.toml")]).stdout.contains("valid"));
    program.ok(&["channel", "import", &path("won.toml")]);
    program.ok(&["channel", "import", &path("won.toml")]);
    let json = program.ok(&["--json", "channel", "export", "kr-won"]).stdout;
    write("won.json", &json.replace("Korea Withdrawal", "Korea in won"));
    program.ok(&["channel", "import", &path("won.json")]);
    assert!(program.ok(&["channel", "list"]).stdout.contains("Korea in won"));

    write("twice.toml", &won.replace("kr-won", "kr-two"));
    program.fails(&["channel", "import", &path("twice.toml")], "1005 is the channel kr-won");
    write("bad.toml", &won.replace("max:50", "max").replace("\"KRW\"", "\"ZZZ\""));
    let checked = program.run(&["channel", "check", &path("bad.toml")]);
    assert_eq!(checked.code, 1, "{checked:?}");
    for part in ["currency:", "field bank_account: rule max:"] {
        assert!(checked.stdout.contains(part), "{}", checked.stdout);
    }
    program.fails(&["channel", "import", &path("bad.toml")], "field bank_account: rule max:");
    write("worse.toml", "code = 1");
    program.fails(&["channel", "check", &path("worse.toml")], "worse.toml");
}

#[test]
fn the_switches_of_an_applyfor_merchant() {
    let program = Program::new();
    add(&program, "INR", "test1");
    let set = ["merchant", "set", "test1", "--sign-style", "append", "--notify-hosts", "a.example"];
    program.ok(&set);
    let shown = program.ok(&["merchant", "show", "test1"]).stdout;
    assert!(shown.contains("a.example") && shown.contains("in-imps"), "{shown}");
    program.fails(&["merchant", "set", "test1", "--sign-style", "sha"], "sign-style");
    let ran = program.run(&["merchant", "add", "Shop", "--applyfor"]);
    assert!(ran.code == 2 && ran.stderr.contains("--uid"), "{ran:?}");
    program.fails(&["merchant", "add", "Shop", "--applyfor", "--uid", "test1"], "is taken");
    let wrong = ["merchant", "add", "Shop", "--applyfor", "--uid", "t2", "--currency", "lira"];
    program.fails(&wrong, "currency");
}
