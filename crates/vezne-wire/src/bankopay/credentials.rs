//! Who asks: `site_id` and `site_key`, in every body of the protocol.
//!
//! They are read before all other fields, because a caller that cannot be told apart is not told
//! what else is wrong. The bank list's request is nothing but these two (section "Service:
//! /api/bank-list/").

use crate::field::{self, FieldError, Length};
use crate::json::{Object, ObjectWriter};
use crate::secret::SecretText;

#[cfg(test)]
mod tests;

/// The longest `site_key` that is looked at, in characters.
pub const MAX_SITE_KEY: usize = 128;

/// The two members that prove a site.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The site's number.
    pub site_id: u64,
    /// The site's key as sent, not yet compared with anything.
    pub site_key: SecretText,
}

impl Credentials {
    /// Reads the two members and looks at no other.
    ///
    /// # Errors
    ///
    /// [`FieldError`] when one is missing or of another type.
    pub fn decode(object: &Object<'_>) -> Result<Self, FieldError> {
        let site_id = field::integer(object, "site_id")?;
        let site_key = field::text(object, "site_key", Length::up_to(MAX_SITE_KEY))?;
        Ok(Self { site_id, site_key: SecretText::new(site_key) })
    }

    /// The body of a bank list's request.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(96);
        let mut writer = ObjectWriter::open(&mut body);
        writer.integer("site_id", self.site_id).text("site_key", self.site_key.expose()).close();
        body
    }
}
