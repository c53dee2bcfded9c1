//! Objects written member by member, in the order of a document's sample.
//!
//! Appending to one buffer keeps the order and the number text that the document shows, and costs
//! no value tree on the way of every answer.

/// Writes one object at the end of a buffer. [`ObjectWriter::close`] writes the closing brace.
#[derive(Debug)]
pub struct ObjectWriter<'o> {
    out: &'o mut Vec<u8>,
    empty: bool,
}

impl<'o> ObjectWriter<'o> {
    /// Opens the object.
    pub fn open(out: &'o mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, empty: true }
    }

    /// A member that is a string.
    pub fn text(&mut self, name: &str, value: &str) -> &mut Self {
        push_string(self.name(name), value.as_bytes());
        self
    }

    /// A member that is a string which holds JSON, as written by another writer.
    pub fn nested_text(&mut self, name: &str, json: &[u8]) -> &mut Self {
        push_string(self.name(name), json);
        self
    }

    /// A member that is a whole number.
    pub fn integer(&mut self, name: &str, value: impl Into<i128>) -> &mut Self {
        let value: i128 = value.into();
        // 128 bits are slow to print and hardly ever needed.
        let digits = i64::try_from(value).map_or_else(|_| value.to_string(), |v| v.to_string());
        self.raw(name, &digits)
    }

    /// A member whose value is JSON text already.
    pub fn raw(&mut self, name: &str, json: &str) -> &mut Self {
        self.name(name).extend_from_slice(json.as_bytes());
        self
    }

    /// A member that `value` writes itself: an object or an array.
    pub fn nested(&mut self, name: &str, value: impl FnOnce(&mut Vec<u8>)) -> &mut Self {
        value(self.name(name));
        self
    }

    /// Closes the object.
    pub fn close(&mut self) {
        self.out.push(b'}');
    }

    fn name(&mut self, name: &str) -> &mut Vec<u8> {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        push_string(self.out, name.as_bytes());
        self.out.push(b':');
        self.out
    }
}

/// Appends a JSON string. `text` is UTF-8; everything but quotes, backslashes and control
/// characters stays as it is, as in the documents' samples.
pub fn push_string(out: &mut Vec<u8>, text: &[u8]) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    let mut plain = 0;
    for (at, byte) in text.iter().enumerate() {
        if ESCAPED[usize::from(*byte)] {
            out.extend_from_slice(&text[plain..at]);
            push_escape(out, *byte);
            plain = at + 1;
        }
    }
    out.extend_from_slice(&text[plain..]);
    out.push(b'"');
}

/// The bytes that JSON does not allow in a string, by lookup, as every byte of every answer is
/// asked.
static ESCAPED: [bool; 256] = {
    let mut escaped = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        escaped[byte] = true;
        byte += 1;
    }
    escaped[b'"' as usize] = true;
    escaped[b'\\' as usize] = true;
    escaped
};

fn push_escape(out: &mut Vec<u8>, byte: u8) {
    match byte {
        b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        _ => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
    }
}

/// JSON text without the white space between its tokens.
#[must_use]
pub fn compact(json: &str) -> String {
    let (mut inside, mut escaped) = (false, false);
    let keep = |c: &char| {
        let kept = inside || !c.is_whitespace();
        if *c == '"' && !escaped {
            inside = !inside;
        }
        escaped = *c == '\\' && !escaped;
        kept
    };
    json.chars().filter(keep).collect()
}
