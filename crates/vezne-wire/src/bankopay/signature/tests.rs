use proptest::prelude::*;
use serde_json::Value;

use super::*;

const VECTORS: &str = include_str!("../../../tests/vectors/bankopay_bcrypt.json");
const SALT: [u8; 16] = *b"sixteen bytes ok";

fn text_of(user_id: &str, trx: &str, key: &str) -> Result<SignatureText, SignatureError> {
    signature_text(1001, user_id, trx, &SecretText::new(key))
}

fn sample() -> SignatureText {
    text_of("44843155", "9164088", "k62FdW0BaEXn3iUrzuDXcwiNQIYqmorU").unwrap()
}

/// The parts of a joined text, whose ids have no separator.
fn split(text: &str) -> Result<SignatureText, SignatureError> {
    let parts: Vec<&str> = text.splitn(4, '|').collect();
    signature_text(parts[0].parse().unwrap(), parts[1], parts[2], &SecretText::new(parts[3]))
}

#[test]
fn agrees_with_the_independent_vectors() {
    let vectors: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
    assert_eq!(vectors.len(), 5);
    for vector in vectors {
        let text = split(vector["text"].as_str().unwrap());
        let text = text.unwrap();
        let whole = vector["text"].as_str().unwrap().as_bytes();
        assert_eq!(&**text.0, &whole[..whole.len().min(MAX_TEXT)], "{vector}");
        assert_eq!(whole.len() as u64, vector["bytes"]);
        // Nothing is known of the one that is longer than bcrypt reads.
        let Some(hash) = vector["hash"].as_str() else { continue };
        assert_eq!(verify(&text, hash), Ok(()), "{vector}");
        let salt: HashParts = hash.parse().unwrap();
        let cost = hash[4..6].parse().unwrap();
        assert_eq!(sign(&text, cost, salt.get_salt_raw()).as_deref(), Ok(hash));
    }
}

#[test]
fn takes_72_bytes_of_which_16_are_the_keys() {
    // 1001, three separators and the key of 32 leave 33 bytes for both ids.
    let key = "k".repeat(32);
    for (user_id, trx, bytes, taken) in [
        ("u".repeat(17), "t".repeat(14), 70, true),
        ("u".repeat(17), "t".repeat(16), 72, true),
        ("u".repeat(17), "t".repeat(17), 73, true),
        ("ş".repeat(8), "t".repeat(17), 72, true),
        ("ş".repeat(8), "t".repeat(18), 73, true),
        ("€".repeat(11), "t".into(), 73, true),
        // A UUID, as many merchants have it.
        ("1254137".into(), "7f9c24e8-3b12-4fef-91e0-0a1b2c3d4e5f".into(), 82, true),
        ("u".repeat(17), "t".repeat(32), 88, true),
        ("u".repeat(17), "t".repeat(33), 89, false),
        ("u".repeat(36), "t".repeat(36), 111, false),
    ] {
        let found = text_of(&user_id, &trx, &key);
        let too_long = SignatureError::TooLong { bytes };
        let whole = fits_whole(1001, &user_id, &trx, key.len());
        assert_eq!(whole, if bytes <= MAX_TEXT { Ok(()) } else { Err(too_long) });
        match taken {
            true => assert_eq!(found.unwrap().0.len(), bytes.min(MAX_TEXT)),
            false => assert_eq!(found.err(), Some(too_long)),
        }
    }
}

#[test]
fn fit_counts_what_is_joined() {
    for site_id in [0, 1, 9, 10, 1001, 99_999, u64::MAX] {
        let text = signature_text(site_id, "u", "t", &SecretText::new("k")).unwrap();
        let room = MAX_TEXT - text.0.len();
        assert_eq!(fits_whole(site_id, "u", "t", 1 + room), Ok(()));
        let error = SignatureError::TooLong { bytes: 73 };
        assert_eq!(fits_whole(site_id, "u", "t", 2 + room), Err(error));
        let trx = "t".repeat(2 + room - MIN_KEY);
        assert_eq!(fits(site_id, "u", &trx, 99), Ok(()));
        assert!(fits(site_id, "u", &format!("{trx}t"), 99).is_err());
        // A short key has to be within it whole.
        let trx = "t".repeat(2 + room - 4);
        assert_eq!(fits(site_id, "u", &trx, 4), Ok(()));
        assert!(fits(site_id, "u", &trx, 5).is_err());
    }
}

#[test]
fn refuses_what_would_join_ambiguously() {
    for (user_id, trx, key, part) in [
        ("a|b", "c", "k", "user_id"),
        ("a", "b|c", "k", "trx"),
        ("a\0", "c", "k", "user_id"),
        ("a", "c\0", "k", "trx"),
        ("a\n", "c", "k", "user_id"),
        ("a", "\u{85}", "k", "trx"),
        ("a", "c", "k\0", "site_key"),
    ] {
        let error = SignatureError::BadCharacter { part };
        assert_eq!(text_of(user_id, trx, key).err(), Some(error), "{user_id:?} {trx:?}");
    }
}

#[test]
fn a_hash_holds_for_its_text_only() {
    let hash = sign(&sample(), MIN_COST, SALT).unwrap();
    assert!(hash.starts_with("$2a$04$") && hash.len() == 60, "{hash}");
    assert_eq!(verify(&sample(), &hash), Ok(()));
    for (user_id, trx, key) in [
        ("44843156", "9164088", "k62FdW0BaEXn3iUrzuDXcwiNQIYqmorU"),
        ("44843155", "9164089", "k62FdW0BaEXn3iUrzuDXcwiNQIYqmorU"),
        ("44843155", "9164088", "k62FdW0BaEXn3iUrzuDXcwiNQIYqmorV"),
        ("44843155", "9164088", ""),
    ] {
        let other = text_of(user_id, trx, key).unwrap();
        assert_eq!(verify(&other, &hash), Err(SignatureError::Mismatch));
    }
}

/// With long ids a truncating verifier would take any key (`reliability.md` S1).
#[test]
fn a_key_beyond_the_72nd_byte_cannot_be_forged() {
    let id = "i".repeat(36);
    for key in ["right", "wrong"] {
        let found = text_of(&id, &id, key).err();
        assert_eq!(found, Some(SignatureError::TooLong { bytes: 84 }));
    }
}

#[test]
fn every_version_of_the_same_digest_holds() {
    let hash = sign(&sample(), MIN_COST, SALT).unwrap();
    for (prefix, expected) in [
        ("$2a$", Ok(())),
        ("$2b$", Ok(())),
        ("$2y$", Ok(())),
        ("$2x$", Err(SignatureError::MalformedHash)),
        ("$2c$", Err(SignatureError::MalformedHash)),
        ("$1a$", Err(SignatureError::MalformedHash)),
    ] {
        assert_eq!(verify(&sample(), &hash.replace("$2a$", prefix)), expected, "{prefix}");
    }
}

#[test]
fn a_dear_or_broken_hash_is_not_computed() {
    let hash = sign(&sample(), MIN_COST, SALT).unwrap();
    let malformed = Err(SignatureError::MalformedHash);
    let out_of_range = |cost| Err(SignatureError::CostOutOfRange { cost });
    for (changed, expected) in [
        (hash.replace("$04$", "$31$"), out_of_range(31)),
        (hash.replace("$04$", "$13$"), out_of_range(13)),
        (hash.replace("$04$", "$99$"), out_of_range(99)),
        (hash.replace("$04$", "$03$"), out_of_range(3)),
        (hash.replace("$04$", "$+4$"), malformed),
        (hash.replace("$04$", "$x4$"), malformed),
        (hash.replace("$04$", "$4$"), malformed),
        (format!("{hash} "), malformed),
        (hash[..59].to_owned(), malformed),
        (String::new(), malformed),
        ("ş".repeat(30), malformed),
        (format!("{}!", &hash[..59]), malformed),
    ] {
        // Were one of the dear ones computed, this test would not end.
        for _ in 0..1000 {
            assert_eq!(verify(&sample(), &changed), expected, "{changed}");
        }
    }
}

#[test]
fn signs_at_the_allowed_costs_only() {
    for cost in [0, MIN_COST - 1, MAX_COST + 1, 31, u32::MAX] {
        let error = SignatureError::CostOutOfRange { cost };
        assert_eq!(sign(&sample(), cost, SALT), Err(error));
    }
}

#[test]
fn the_text_never_prints() {
    assert_eq!(format!("{:?}", sample()), "[secret]");
}

proptest! {
    #[test]
    fn different_ids_never_join_to_one_text(
        left in (any::<u8>(), "[ab|]{0,3}", "[ab|]{0,3}", "[ab|]{0,3}"),
        right in (any::<u8>(), "[ab|]{0,3}", "[ab|]{0,3}", "[ab|]{0,3}"),
    ) {
        let join = |(site, user_id, trx, key): &(u8, String, String, String)| {
            signature_text(u64::from(*site), user_id, trx, &SecretText::new(key.as_str()))
        };
        if let (Ok(one), Ok(two)) = (join(&left), join(&right)) {
            prop_assert_eq!(*one.0 == *two.0, left == right);
        }
    }

    #[test]
    fn any_hash_is_judged(hash in any::<String>()) {
        prop_assert_eq!(verify(&sample(), &hash), Err(SignatureError::MalformedHash));
    }
}
