//! The parameters that the document marks as not required: who is paid, where, and the remark.
//!
//! Which of them a channel needs is its form rule's business. The limits are those that the
//! family's code list prints (`research/wire-facts.md` 4.1); an account number may be an IBAN.

use std::fmt;

use super::parameters::Parameters;
use super::read;
use crate::field::FieldError;
use crate::json::{Object, ObjectWriter};
use crate::letters::without_spaces;

#[cfg(test)]
mod tests;

/// Expands the list into the struct and the ways to walk it, so that no parameter is forgotten.
macro_rules! details {
    ($($field:ident: $max:literal, $doc:literal;)+) => {
        /// The optional parameters of the table "Basic Parameters"; `None` where absent or empty.
        #[derive(Clone, Default, PartialEq, Eq)]
        pub struct Details {
            $(#[doc = $doc] pub $field: Option<String>,)+
        }

        impl Details {
            /// Each name with its longest value in characters, in the document's order.
            pub const FIELDS: &'static [(&'static str, usize)] =
                &[$((stringify!($field), $max),)+];

            /// Takes the parameters that are there.
            ///
            /// # Errors
            ///
            /// [`FieldError`] for the first that is too long or only white space.
            pub fn decode(parameters: &Parameters) -> Result<Self, FieldError> {
                let read = |field, max| {
                    read::optional(parameters, field, max).map(|text| text.map(String::from))
                };
                Ok(Self { $($field: read(stringify!($field), $max)?,)+ })
            }

            /// The names and values that are there, in the document's order.
            pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
                let all = [$((stringify!($field), self.$field.as_deref()),)+];
                all.into_iter().filter_map(|(name, value)| Some((name, value?)))
            }

            /// Reads what [`Details::write`] wrote.
            pub(super) fn read(object: &Object<'_>) -> Self {
                let text = |name| object.get(name)?.text().map(String::from);
                Self { $($field: text(stringify!($field)),)+ }
            }
        }
    };
}

details! {
    bank_id: 20, "The bank, by its number in the channel's bank list.";
    custom: 100, "The merchant's remark, repeated in the notification.";
    user_name: 50, "The customer's real name.";
    bank_account: 50, "The account holder's name.";
    bank_no: 34, "The account number.";
    bank_name: 50, "The bank's name.";
    bank_province: 20, "The province of the branch.";
    bank_city: 20, "The city of the branch.";
    bank_sub: 20, "The branch.";
    bank_ifsc: 20, "The IFSC of an Indian branch.";
}

impl Details {
    /// Writes what is there into an object.
    pub(super) fn write(&self, writer: &mut ObjectWriter<'_>) {
        for (name, value) in self.iter() {
            writer.text(name, value);
        }
    }

    /// The account number without spaces: a repeat that groups its digits otherwise is the same.
    pub(super) fn plain_account(&self) -> Option<String> {
        self.bank_no.as_deref().map(without_spaces)
    }
}

/// Names and account numbers: only which of them are there is printed.
impl fmt::Debug for Details {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| name)).finish()
    }
}
