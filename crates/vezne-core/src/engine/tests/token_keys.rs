//! Token keys: one signs, those before it verify for a while.

use super::table::check;

#[test]
fn the_first_key_signs_at_once_and_nobody_is_in_its_way() {
    check(
        r"
        token-keys
        rotate-keys k1 overlap=60s young=3600s  => yes
        token-keys k1
        trail operator:ayse token-key.rotated k1
        ",
    );
}

#[test]
fn a_key_that_is_too_young_stays() {
    check(
        r"
        rotate-keys k1 overlap=60s young=3600s  => yes
        rotate-keys k2 overlap=60s young=3600s  => no
        clock +3599s
        rotate-keys k2 overlap=60s young=3600s  => no
        token-keys k1
        clock +1s
        group {
            rotate-keys k2 overlap=60s young=3600s  => yes
            rotate-keys k3 overlap=60s young=3600s  => no
            rotate-keys k4 overlap=60s young=0s     => no   # two keys never begin together
        }
        token-keys k2 k1
        ",
    );
}

#[test]
fn the_key_before_verifies_to_the_end_of_the_overlap() {
    let mut table = check(
        r"
        rotate-keys b overlap=60s               => yes
        clock +1s
        rotate-keys a overlap=60s               => yes
        token-keys a b
        clock +59s
        token-keys a b
        clock +1s
        token-keys a
        rotate-keys c overlap=60s               => yes
        token-keys c a                          # the end of `b` is not put off
        clock +1s
        rotate-keys d overlap=5s                => yes
        token-keys d c a                        # nor is that of `a` brought forward
        clock +5s
        token-keys d a
        clock +86400s
        token-keys d                            # the last one verifies until another follows
        ",
    );
    let keys = table.book.directory.token_keys();
    let ends: Vec<_> = keys.iter().map(|key| (key.id.as_str(), key.until.is_some())).collect();
    assert_eq!(ends, [("d", false), ("c", true), ("a", true), ("b", true)]);
    table.check("clock +1s \n rotate-keys e overlap=0s => yes \n token-keys e");
}

#[test]
fn a_name_is_a_key_s_for_good() {
    let taken = "invalid a key of this name has been in use: give the fresh one a name of its own";
    check(&format!(
        r"
        rotate-keys k1 overlap=60s              => yes
        clock +1s
        rotate-keys k1 overlap=60s              => {taken}
        token-keys k1
        rotate-keys k2 overlap=60s              => yes
        clock +60s
        rotate-keys k1 overlap=60s              => {taken}
        token-keys k2
        "
    ));
}
