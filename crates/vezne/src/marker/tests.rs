use vezne_core::model::quarantine::{DeskState, Marker};

use super::MarkerFile;

fn state(incarnation: &str, releases: i64, claims: i64) -> DeskState {
    let incarnation = incarnation.to_owned();
    DeskState { incarnation, releases, claims, sealed: true, ..DeskState::default() }
}

#[test]
fn what_was_seen_is_there_after_a_restart_and_never_goes_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("marker");
    let open = || MarkerFile::open(path.clone()).expect("it reads");
    assert_eq!(open().seen(), None);
    for (seen, taken, then) in [
        (state("a", 0, 3), true, (0, 3)),
        (state("a", 0, 3), true, (0, 3)),
        (state("a", 0, 2), false, (0, 3)),
        (state("b", 0, 9), false, (0, 3)),
        (state("a", 1, 1), true, (1, 1)),
        (state("a", 0, 9), false, (1, 1)),
    ] {
        assert_eq!(open().see(&seen).is_ok(), taken, "{seen:?}");
        let (releases, claims) = then;
        let marker = Marker { incarnation: "a".to_owned(), releases, claims, sealed: true };
        assert_eq!(open().seen(), Some(marker), "{seen:?}");
    }
    let mode = std::os::unix::fs::PermissionsExt::mode;
    let metadata = std::fs::metadata(&path).expect("it is there");
    assert_eq!(mode(&metadata.permissions()) & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "no draft is left");
}

#[test]
fn a_database_that_is_distrusted_is_so_until_its_release() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = MarkerFile::open(folder.path().join("marker")).expect("it reads");
    file.see(&state("a", 0, 9)).expect("it is new");
    let copy = state("a", 0, 2);
    assert_eq!([file.distrust(&copy), file.distrust(&copy)], [Ok(true), Ok(false)]);
    assert!(file.see(&state("a", 0, 100)).is_err());
    file.see(&state("a", 1, 2)).expect("it was released");
}

#[test]
fn what_is_no_marker_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("marker");
    let more = "incarnation a\nreleases 0\nclaims 1\nmore\n";
    for text in ["", "incarnation a\n", "incarnation a\nreleases 0\nclaims many\n", more] {
        std::fs::write(&path, text).expect("it is written");
        assert!(MarkerFile::open(path.clone()).is_err(), "{text:?}");
    }
}

/// One from before desks were sealed gives way to the first sealed desk of the same place.
#[test]
fn an_older_marker_reads_and_learns_of_the_seal() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("marker");
    std::fs::write(&path, "incarnation a\nreleases 0\nclaims 3\n").expect("it is written");
    let file = MarkerFile::open(path.clone()).expect("it reads");
    file.see(&state("a", 0, 3)).expect("it is the same desk");
    let unsealed = DeskState { sealed: false, ..state("a", 0, 4) };
    assert!(MarkerFile::open(path).expect("it reads").see(&unsealed).is_err());
}
