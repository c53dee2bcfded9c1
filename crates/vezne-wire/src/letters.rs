//! Letters that are not seen: spaces of any kind, and controls that change how others are shown.

/// A text without white space of any kind. People copy account numbers and telephones out of pages
/// that group digits by no-break spaces (U+00A0, U+2007, U+202F).
#[must_use]
pub fn without_spaces(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace()).collect()
}

/// Whether a letter is not seen, or changes what is: direction controls, zero-width letters and
/// their kin (Unicode's general category Cf), fillers and selectors that show nothing
/// (`Default_Ignorable_Code_Point`), the blank of Braille, and ends of lines that are not ASCII's.
/// A text with one can look like another text.
#[must_use]
pub const fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}'
            | '\u{34f}'
            | '\u{600}'..='\u{605}'
            | '\u{61c}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// The text with what is not seen written as JSON escapes it; nothing where all of it is seen.
#[must_use]
pub fn escaped(text: &str) -> Option<String> {
    use std::fmt::Write as _;

    if !text.chars().any(is_invisible) {
        return None;
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if is_invisible(letter) {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                // Writing to a text does not fail.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(letter);
        }
    }
    Some(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_of_any_kind_go() {
        let spaced = "TR33\u{a0}0006\u{2007}1005\u{202f}1978\u{3000}6457\u{2009}8413 \t26";
        assert_eq!(without_spaces(spaced), "TR330006100519786457841326");
    }

    #[test]
    fn what_is_not_seen_is_written_out() {
        for (text, expected) in [
            ("Ayşe Yılmaz", None),
            ("a\u{202e}b", Some("a\\u202eb")),
            ("\u{200b}\u{feff}", Some("\\u200b\\ufeff")),
            ("7\u{3164}\u{34f}", Some("7\\u3164\\u034f")),
            ("a\u{2028}b\u{fe0f}", Some("a\\u2028b\\ufe0f")),
            ("x\u{e0041}", Some("x\\udb40\\udc41")),
        ] {
            assert_eq!(escaped(text).as_deref(), expected, "{text:?}");
        }
    }
}
