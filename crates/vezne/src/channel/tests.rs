use super::file::ChannelFile;
use super::starters::{STARTERS, starter};
use super::*;

fn sample() -> ChannelFile {
    toml::from_str(STARTERS[0].1).expect("it is TOML")
}

#[test]
fn every_starter_is_whole_and_goes_by_its_own_name() {
    let channels: Vec<Channel> =
        STARTERS.iter().map(|(name, text)| starter(name, text).expect(name)).collect();
    let mut pay_codes: Vec<_> = channels.iter().filter_map(|one| one.pay_code.clone()).collect();
    pay_codes.sort();
    pay_codes.dedup();
    assert_eq!(pay_codes.len(), STARTERS.len());
    for (channel, (name, _)) in channels.iter().zip(STARTERS) {
        assert_eq!(channel.code.as_str(), name);
    }
}

#[test]
fn the_korean_starter_is_the_documents_sample() {
    let channel = starter("kr-bank", STARTERS[0].1).expect("it is whole");
    assert_eq!(channel.pay_code.as_deref(), Some("1004"));
    assert_eq!(channel.name, "Korea Withdrawal");
    assert_eq!((channel.banks[0].id, channel.banks[0].name.as_str()), (1001, "KB Kookmin Bank"));
    let fields: Vec<_> = channel.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(fields, ["bank_id", "bank_account"]);
    assert_eq!(channel.fields[1].rules, ["required", "string", "max:50"]);
}

#[test]
fn what_is_exported_is_imported_as_the_same() {
    for (name, text) in STARTERS {
        let channel = starter(name, text).expect(name);
        let file = ChannelFile::from(&channel);
        let toml = toml::to_string_pretty(&file).expect("it is written");
        assert_eq!(starter(name, &toml).as_ref(), Ok(&channel), "{toml}");
        let json = serde_json::to_string(&file).expect("it is written");
        let read: ChannelFile = serde_json::from_str(&json).expect("it is read");
        assert_eq!(parse(&read), Ok(channel));
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let mut file = sample();
    file.currency = "ZZZ".to_owned();
    file.account = "cash".to_owned();
    file.minimum = Some("1,5".to_owned());
    file.fields[0].kind = "dropdown".to_owned();
    file.fields[1].rules = vec!["required".to_owned(), "max".to_owned(), "luhn".to_owned()];
    let problems = parse(&file).expect_err("much is wrong");
    let parts =
        ["currency:", "account:", "minimum:", "field bank_id:", "field bank_account: rule max:"];
    for part in parts.into_iter().chain(["field bank_account: rule luhn:"]) {
        assert!(problems.iter().any(|problem| problem.starts_with(part)), "{part}: {problems:?}");
    }
    assert_eq!(problems.len(), 6, "{problems:?}");
}

#[test]
fn a_file_is_read_by_its_extension() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("it is written");
        path
    };
    let json = serde_json::to_string(&sample()).expect("it is written");
    assert_eq!(read(&write("a.json", &json)), Ok(sample()));
    assert_eq!(read(&write("a.toml", STARTERS[0].1)), Ok(sample()));
    let unknown = format!("colour = \"red\"\n{}", STARTERS[0].1);
    let why = read(&write("b.toml", &unknown)).expect_err("no such key");
    assert!(why.contains("colour"), "{why}");
    assert!(read(&folder.path().join("c.toml")).is_err());
}
