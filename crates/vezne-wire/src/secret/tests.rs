use super::SecretText;

#[test]
fn never_prints() {
    let secret = SecretText::new("k62FdW0BaEXn3iUrzuDXcwiNQIYqmorU");
    assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "[secret] Some([secret])");
}

#[test]
fn compares_whole_texts() {
    for (left, right, same) in
        [("abc", "abc", true), ("abc", "abd", false), ("abc", "ab", false), ("", "", true)]
    {
        assert_eq!(SecretText::new(left).same_as(&SecretText::new(right)), same, "{left} {right}");
    }
}
