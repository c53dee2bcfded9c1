//! The master key: thirty-two bytes from outside the database, from which all others are derived.

use std::fmt;

use zeroize::Zeroizing;

/// The key that secrets and personal facts are sealed under. It never prints and is wiped when
/// dropped.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; 32]>);

/// The text is no master key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadKey;

impl fmt::Display for BadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a master key is 32 bytes, written as 64 hex digits or as base64")
    }
}

impl std::error::Error for BadKey {}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[master key]")
    }
}

impl MasterKey {
    /// A key of these bytes, which must come from a source nobody can predict.
    pub fn generate(random: [u8; 32]) -> Self {
        Self(Zeroizing::new(random))
    }

    /// Reads 64 hex digits, or 32 bytes in base64 with or without padding; white space around is
    /// ignored.
    ///
    /// # Errors
    /// [`BadKey`] for anything else.
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        let text = text.trim();
        let bytes = if text.len() == 64 { hex(text) } else { base64(text) };
        let bytes = Zeroizing::new(bytes.ok_or(BadKey)?);
        let bytes: [u8; 32] = bytes.as_slice().try_into().map_err(|_| BadKey)?;
        Ok(Self(Zeroizing::new(bytes)))
    }

    /// The key as hex, for the file it is kept in and nothing else.
    pub fn to_hex(&self) -> Zeroizing<String> {
        let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
        Zeroizing::new(self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(digit).collect())
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let pair = |pair: &[u8]| {
        let text = std::str::from_utf8(pair).ok()?;
        text.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(())?;
        u8::from_str_radix(text, 16).ok()
    };
    text.as_bytes().chunks(2).map(pair).collect()
}

fn base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_suffix('=').unwrap_or(text);
    let (mut bytes, mut buffer, mut bits) = (Vec::with_capacity(32), 0_u32, 0);
    for letter in digits.bytes() {
        buffer = (buffer << 6) | sextet(letter)?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(buffer >> bits).ok()?);
            buffer &= (1 << bits) - 1;
        }
    }
    // Bits left over would make two texts of one key.
    (buffer == 0).then_some(bytes)
}

fn sextet(letter: u8) -> Option<u32> {
    let value = match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

#[cfg(test)]
mod tests {
    use super::MasterKey;

    const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff";

    #[test]
    fn both_spellings_read_as_one_key() {
        for text in [
            HEX,
            &HEX.to_uppercase(),
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHv8=",
            " AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHv8\n",
        ] {
            let key = MasterKey::parse(text).expect(text);
            assert_eq!(key.to_hex().as_str(), HEX, "{text}");
        }
    }

    #[test]
    fn nothing_else_is_a_key() {
        let sign = HEX.replacen("00", "+1", 1);
        for text in ["", "secret", &HEX[2..], &format!("{HEX}00"), &sign, &"A".repeat(42)] {
            assert!(MasterKey::parse(text).is_err(), "{text}");
        }
        assert!(MasterKey::parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHv9=").is_err());
    }

    #[test]
    fn it_does_not_print() {
        assert_eq!(format!("{:?}", MasterKey::generate([7; 32])), "[master key]");
    }
}
