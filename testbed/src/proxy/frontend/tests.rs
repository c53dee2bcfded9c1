use super::Frontend;

const STARTUP: &[u8] = b"\0\0\0\x14\0\x03\0\0user\0vezne\0\0";
const SSL: &[u8] = b"\0\0\0\x08\x04\xd2\x16\x2f";

fn message(kind: u8, texts: &[&str]) -> Vec<u8> {
    let body: Vec<u8> = texts.iter().flat_map(|text| [text.as_bytes(), b"\0"].concat()).collect();
    let length = u32::try_from(body.len() + 4).expect("short").to_be_bytes();
    [&[kind][..], &length, &body].concat()
}

/// Where in the bytes of a session COMMITs end, when `chunk` bytes come at once.
fn ends(session: &[u8], chunk: usize) -> Vec<usize> {
    let (mut frontend, mut ends, mut start) = (Frontend::default(), Vec::new(), 0);
    for chunk in session.chunks(chunk) {
        let mut at = 0;
        while let Some(end) = frontend.commit_ends(&chunk[at..]) {
            at += end;
            ends.push(start + at);
        }
        start += chunk.len();
    }
    ends
}

#[test]
fn a_commit_is_known_however_it_comes() {
    let sync = [b'S', 0, 0, 0, 4];
    let no = |kind, texts: &[&str]| (message(kind, texts), false);
    let yes = |kind, texts: &[&str]| (message(kind, texts), true);
    let messages = [
        no(b'Q', &["BEGIN"]),
        yes(b'Q', &["COMMIT"]),
        yes(b'Q', &[" commit ;\n"]),
        yes(b'Q', &["BEGIN; INSERT INTO t VALUES (1); END;"]),
        no(b'Q', &["INSERT INTO t VALUES ('COMMIT')"]),
        no(b'Q', &["COMMIT; BEGIN"]),
        no(b'Q', &[""]),
        no(b'P', &["s1", "COMMIT"]),
        no(b'P', &["", "SELECT 1"]),
        no(b'B', &["", "s1"]),
        yes(b'E', &["", "\0\0\0"]),
        (sync.to_vec(), false),
        no(b'B', &["", ""]),
        no(b'E', &["", "\0\0\0"]),
        no(b'P', &["s1", "SELECT 2"]),
        no(b'B', &["", "s1"]),
        no(b'E', &["", "\0\0\0"]),
        (message(b'd', &[&"COMMIT".repeat(50_000)]), false),
        yes(b'Q', &["COMMIT"]),
    ];
    let (mut session, mut expected) = ([SSL, STARTUP].concat(), Vec::new());
    for (message, commits) in messages {
        session.extend(message);
        expected.extend(commits.then_some(session.len()));
    }
    for chunk in [1, 2, 7, 1_000, session.len()] {
        assert_eq!(ends(&session, chunk), expected, "{chunk}");
    }
}

#[test]
fn what_is_not_understood_passes() {
    assert_eq!(ends(b"GET / HTTP/1.1\r\n\r\n", 3), []);
    assert_eq!(ends(&[STARTUP, b"Q\0\0\0\0COMMIT\0"].concat(), 100), []);
}
