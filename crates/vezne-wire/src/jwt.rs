//! Bearer tokens: JSON web tokens (RFC 7519) signed with RS256, as the dialects that log in with
//! them expect.
//!
//! The claims are those of Laravel Passport, which the original gateways run on. Keys are changed
//! with overlap: a token names the key that signed it, so that tokens of the last key are believed
//! until they expire while the next one signs already.
//!
//! What a token says about itself decides nothing: the algorithm is RS256 or the token is refused,
//! and the key is one of ours. Instants are parameters; the library's own reading of the clock is
//! off.

use std::fmt;
use std::sync::{Arc, LazyLock};

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde::de::IgnoredAny;
use zeroize::Zeroizing;

use crate::json::ObjectWriter;

#[cfg(test)]
mod tests;

/// The most bytes of a token that is looked at.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// For how many seconds before its time a token is believed already: the clock of the node that
/// made it may be ahead (RFC 7519 section 4.1.5).
const LEEWAY: i64 = 60;

const ALGORITHM: &str = "RS256";
const SCHEME: &str = "bearer";

/// A private RSA key with its id. It prints its id only, and is wiped when dropped.
pub struct SigningKey {
    pair: KeyPair,
    der: Zeroizing<Vec<u8>>,
    public: VerifyingKey,
}

impl SigningKey {
    /// Makes a key of 2048 bits. The randomness is the crypto library's, which takes no other.
    ///
    /// # Errors
    ///
    /// [`KeyError::NotGenerated`].
    pub fn generate(id: &str) -> Result<Self, JwtError> {
        let pair = KeyPair::generate(KeySize::Rsa2048);
        Self::of(id, pair.map_err(|_| JwtError::Key(KeyError::NotGenerated))?)
    }

    /// Reads what [`SigningKey::to_der`] wrote.
    ///
    /// # Errors
    ///
    /// [`KeyError::NotPkcs8`] for anything but an RSA key of 2048 bits or more in PKCS#8.
    pub fn from_der(id: &str, pkcs8: &[u8]) -> Result<Self, JwtError> {
        let pair = KeyPair::from_pkcs8(pkcs8);
        Self::of(id, pair.map_err(|_| JwtError::Key(KeyError::NotPkcs8))?)
    }

    /// The key as PKCS#8, to be stored encrypted.
    #[must_use]
    pub fn to_der(&self) -> Zeroizing<Vec<u8>> {
        self.der.clone()
    }

    /// The key as text, to be stored encrypted.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(&*self.der))
    }

    /// Reads what [`SigningKey::to_text`] wrote.
    ///
    /// # Errors
    ///
    /// [`KeyError::NotPkcs8`] for any other text.
    pub fn from_text(id: &str, text: &str) -> Result<Self, JwtError> {
        let der = STANDARD.decode(text).map_err(|_| JwtError::Key(KeyError::NotPkcs8))?;
        Self::from_der(id, &Zeroizing::new(der))
    }

    /// The id that tokens name the key by.
    #[must_use]
    pub fn id(&self) -> &str {
        self.public.id()
    }

    /// The half that verifies.
    #[must_use]
    pub fn public(&self) -> VerifyingKey {
        self.public.clone()
    }

    fn of(id: &str, pair: KeyPair) -> Result<Self, JwtError> {
        let der: Pkcs8V1Der<'_> =
            pair.as_der().map_err(|_| JwtError::Key(KeyError::NotGenerated))?;
        let der = Zeroizing::new(der.as_ref().to_vec());
        let public = VerifyingKey::of(id, pair.public_key().into());
        Ok(Self { pair, der, public })
    }

    fn signature(&self, message: &[u8]) -> Result<Vec<u8>, JwtError> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| JwtError::Key(KeyError::NotSigned))?;
        Ok(signature)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.id()).finish_non_exhaustive()
    }
}

/// A public RSA key with its id. A clone shares it.
#[derive(Clone)]
pub struct VerifyingKey(Arc<Public>);

struct Public {
    id: String,
    modulus: Vec<u8>,
    exponent: Vec<u8>,
    decoding: DecodingKey,
}

impl VerifyingKey {
    /// The id that tokens name the key by.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    fn of(id: &str, key: PublicKeyComponents<Vec<u8>>) -> Self {
        let decoding = DecodingKey::from_rsa_raw_components(&key.n, &key.e);
        Self(Arc::new(Public { id: id.to_owned(), modulus: key.n, exponent: key.e, decoding }))
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey").field("id", &self.id()).finish_non_exhaustive()
    }
}

/// What a token says, in the words of RFC 7519 section 4.1. Instants are in Unix seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Whom the token is for (`aud`): the client that logged in.
    pub audience: String,
    /// Whom it speaks for (`sub`).
    pub subject: String,
    /// The token's own id (`jti`).
    pub id: String,
    /// When it was made (`iat`), and from when on it holds (`nbf`).
    pub issued_at: i64,
    /// The first instant at which it no longer holds (`exp`).
    pub expires_at: i64,
}

/// Why a token is not believed or not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JwtError {
    /// It is too long, or no token of ours.
    Malformed,
    /// Its algorithm is not RS256.
    WrongAlgorithm,
    /// It names no key, or none that is known.
    UnknownKey,
    /// The signature is not by the key that it names.
    BadSignature,
    /// It holds from a later instant on.
    NotYetValid,
    /// It no longer holds.
    Expired,
    /// The key is of no use.
    Key(KeyError),
}

/// What is wrong with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// The crypto library made none.
    NotGenerated,
    /// It is no RSA key of 2048 bits or more in PKCS#8.
    NotPkcs8,
    /// The crypto library did not sign with it.
    NotSigned,
}

/// Makes a token, with the claims in the order of Laravel Passport.
///
/// # Errors
///
/// [`KeyError::NotSigned`].
pub fn sign(key: &SigningKey, claims: &Claims) -> Result<String, JwtError> {
    let mut token = encode_object(|head| {
        head.text("typ", "JWT").text("alg", ALGORITHM).text("kid", key.id());
    });
    token.push('.');
    token += &encode_object(|payload| write_claims(payload, claims));
    let signature = key.signature(token.as_bytes())?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token)
}

fn write_claims(payload: &mut ObjectWriter<'_>, claims: &Claims) {
    payload
        .text("aud", &claims.audience)
        .text("jti", &claims.id)
        .integer("iat", claims.issued_at)
        .integer("nbf", claims.issued_at)
        .integer("exp", claims.expires_at)
        .text("sub", &claims.subject)
        .raw("scopes", "[]");
}

fn encode_object(write: impl FnOnce(&mut ObjectWriter<'_>)) -> String {
    let mut json = Vec::new();
    let mut object = ObjectWriter::open(&mut json);
    write(&mut object);
    object.close();
    URL_SAFE_NO_PAD.encode(json)
}

#[derive(Deserialize)]
struct Head {
    alg: String,
    kid: Option<String>,
    crit: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Payload {
    aud: String,
    sub: String,
    jti: String,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// Checks the signature only: what the claims mean is checked here, against the instant given.
static VALIDATION: LazyLock<Validation> = LazyLock::new(|| {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
});

/// Reads a token that one of the keys signed and that holds at `now`, in Unix seconds. It may have
/// been made up to a minute ahead of `now`; at its end no leeway is given, which would only
/// lengthen every token's life.
///
/// # Errors
///
/// [`JwtError`] names the first reason not to believe it.
pub fn verify(keys: &[VerifyingKey], token: &str, now: i64) -> Result<Claims, JwtError> {
    let key = key_of(keys, &read_head(token)?)?;
    let payload = jsonwebtoken::decode::<Payload>(token, &key.0.decoding, &VALIDATION);
    let payload = payload.map_err(|error| reason(&error))?.claims;
    if now < payload.nbf.saturating_sub(LEEWAY) {
        return Err(JwtError::NotYetValid);
    }
    if now >= payload.exp {
        return Err(JwtError::Expired);
    }
    let Payload { aud, sub, jti, iat, exp, .. } = payload;
    Ok(Claims { audience: aud, subject: sub, id: jti, issued_at: iat, expires_at: exp })
}

fn read_head(token: &str) -> Result<Head, JwtError> {
    let head = token.split_once('.').filter(|_| token.len() <= MAX_TOKEN_BYTES);
    let head = head.and_then(|(head, _)| URL_SAFE_NO_PAD.decode(head).ok());
    let head: Option<Head> = head.and_then(|json| serde_json::from_slice(&json).ok());
    // RFC 7515 section 4.1.11: whoever does not understand a critical extension refuses the token.
    head.filter(|head| head.crit.is_none()).ok_or(JwtError::Malformed)
}

fn key_of<'k>(keys: &'k [VerifyingKey], head: &Head) -> Result<&'k VerifyingKey, JwtError> {
    if head.alg != ALGORITHM {
        return Err(JwtError::WrongAlgorithm);
    }
    let named = |key: &&VerifyingKey| head.kid.as_deref() == Some(key.id());
    keys.iter().find(named).ok_or(JwtError::UnknownKey)
}

fn reason(error: &jsonwebtoken::errors::Error) -> JwtError {
    // The library may add kinds of errors, and all but this one are about the form.
    if matches!(error.kind(), ErrorKind::InvalidSignature) {
        JwtError::BadSignature
    } else {
        JwtError::Malformed
    }
}

/// The token in the value of an Authorization header. The scheme `Bearer` may be left out: the
/// documents show it, but a client that the gateways publish sends the bare token. `None` for
/// another scheme or no token.
#[must_use]
pub fn bearer(header: &str) -> Option<&str> {
    let mut words = header.split_whitespace();
    let token = match (words.next(), words.next()) {
        (Some(scheme), Some(token)) if scheme.eq_ignore_ascii_case(SCHEME) => token,
        (Some(token), None) if !token.eq_ignore_ascii_case(SCHEME) => token,
        (Some(_) | None, Some(_) | None) => return None,
    };
    words.next().is_none().then_some(token)
}

/// The public keys as a JSON web key set (RFC 7517 section 5, RFC 7518 section 6.3.1).
#[must_use]
pub fn jwks(keys: &[VerifyingKey]) -> Vec<u8> {
    let mut json = Vec::new();
    let mut set = ObjectWriter::open(&mut json);
    set.nested("keys", |out| {
        out.push(b'[');
        for (at, key) in keys.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            write_jwk(out, &key.0);
        }
        out.push(b']');
    });
    set.close();
    json
}

fn write_jwk(out: &mut Vec<u8>, key: &Public) {
    let mut jwk = ObjectWriter::open(out);
    jwk.text("kty", "RSA")
        .text("use", "sig")
        .text("alg", ALGORITHM)
        .text("kid", &key.id)
        .text("n", &URL_SAFE_NO_PAD.encode(&key.modulus))
        .text("e", &URL_SAFE_NO_PAD.encode(&key.exponent));
    jwk.close();
}

impl fmt::Display for JwtError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "The token is not a signed token of the expected form.",
            Self::WrongAlgorithm => "The token is not signed with RS256.",
            Self::UnknownKey => "The token names no known key.",
            Self::BadSignature => "The token's signature does not hold.",
            Self::NotYetValid => "The token is not valid yet.",
            Self::Expired => "The token has expired.",
            Self::Key(error) => return error.fmt(f),
        })
    }
}

impl std::error::Error for JwtError {}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotGenerated => "No signing key could be made.",
            Self::NotPkcs8 => "The signing key is not an RSA key of 2048 bits or more in PKCS#8.",
            Self::NotSigned => "The signing key does not sign.",
        })
    }
}

impl std::error::Error for KeyError {}
