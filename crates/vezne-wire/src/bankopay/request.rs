//! The withdrawal request of all six services (sections "Service: /api/withdraw/...").
//!
//! The field table says `amount` is a string, its samples send a number: both are taken. `site_id`
//! and `provider_id` may come as digits in a string. All other fields are strings and nothing else,
//! so that a number never becomes text by somebody's rounding. What is wrong is told field by
//! field, in the document's order. Checksums of IBAN and identity number are not the protocol's
//! business.

use std::fmt;

use super::credentials::Credentials;
use super::service::Service;
use crate::amount;
use crate::digest::ContentDigest;
use crate::extras::Extras;
use crate::field::{self, FieldError, Length};
use crate::json::{Object, ObjectWriter};
use crate::letters::without_spaces;
use crate::secret::SecretText;

#[cfg(test)]
mod tests;

/// The longest `user_id` and `trx`, in characters. The 72 bytes of the signed text bound them
/// further.
pub const MAX_ID: usize = 64;
/// The longest `username`, in characters.
pub const MAX_USERNAME: usize = 100;
/// The longest `fullname`, in characters.
pub const MAX_FULLNAME: usize = 120;
/// The longest `account_number`, in characters: an IBAN has at most 34, wallets have their own
/// forms.
pub const MAX_ACCOUNT_NUMBER: usize = 64;
/// The shortest `identity`, in characters: a Turkish identity number has 11 digits.
pub const MIN_IDENTITY: usize = 11;
/// The longest `identity`, in characters.
pub const MAX_IDENTITY: usize = 32;

const WALLET_FIELDS: &[&str] =
    &["site_id", "site_key", "user_id", "username", "trx", "fullname", "amount", "account_number"];

const BANK_FIELDS: &[&str] = &[
    "site_id",
    "site_key",
    "user_id",
    "username",
    "trx",
    "fullname",
    "amount",
    "account_number",
    "provider_id",
    "identity",
    "birth_date",
];

/// A withdrawal request whose fields have the form that the document asks for.
#[derive(Clone)]
pub struct WithdrawRequest {
    /// The service of the path; not in the body.
    pub service: Service,
    /// The site's number.
    pub site_id: u64,
    /// The site's key as sent.
    pub site_key: SecretText,
    /// The customer's id at the merchant.
    pub user_id: String,
    /// The customer's user name at the merchant.
    pub username: String,
    /// The merchant's id of this withdrawal.
    pub trx: String,
    /// The customer's full name.
    pub fullname: String,
    /// The amount in kurus.
    pub amount: i64,
    /// IBAN or wallet number, as sent.
    pub account_number: String,
    /// There for bank transfers, and only for them.
    pub bank: Option<BankDetails>,
    /// Members that the document does not have, fields of other services among them.
    pub extras: Extras,
}

/// The fields that only a bank transfer has.
#[derive(Clone)]
pub struct BankDetails {
    /// The identity number, as sent.
    pub identity: String,
    /// The date of birth, dd.mm.yyyy, a day that the calendar has.
    pub birth_date: String,
    /// The bank, by its id in the bank list.
    pub provider_id: u32,
}

impl WithdrawRequest {
    /// Reads the fields of `service`; unknown members become `extras`.
    ///
    /// # Errors
    ///
    /// [`FieldError`] for the first field that is wrong.
    pub fn decode(service: Service, object: &Object<'_>) -> Result<Self, FieldError> {
        let Credentials { site_id, site_key } = Credentials::decode(object)?;
        let text = |field, max| field::text(object, field, Length::up_to(max)).map(String::from);
        let bank = service.needs_bank_details();
        Ok(Self {
            service,
            site_id,
            site_key,
            user_id: field::signed_part(object, "user_id", Length::up_to(MAX_ID))?,
            username: text("username", MAX_USERNAME)?,
            trx: field::signed_part(object, "trx", Length::up_to(MAX_ID))?,
            fullname: text("fullname", MAX_FULLNAME)?,
            amount: field::amount(object, "amount")?,
            account_number: text("account_number", MAX_ACCOUNT_NUMBER)?,
            bank: bank.then(|| BankDetails::decode(object)).transpose()?,
            extras: Extras::decode(object, if bank { BANK_FIELDS } else { WALLET_FIELDS })?,
        })
    }

    /// The body as a merchant sends it, members in the document's order, extras last.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(512);
        self.write(&mut body, self.site_key.expose(), &amount::two_decimals(self.amount));
        body
    }

    /// The body with a given key and amount text; `callback_data` shows the same body with others.
    pub(super) fn write(&self, out: &mut Vec<u8>, site_key: &str, amount: &str) {
        let mut writer = ObjectWriter::open(out);
        writer.integer("site_id", self.site_id).text("site_key", site_key);
        self.write_content(&mut writer, amount);
        self.extras.write(&mut writer);
        writer.close();
    }

    /// The members that request and answer have in common, in the order of both.
    pub(super) fn write_content(&self, writer: &mut ObjectWriter<'_>, amount: &str) {
        writer
            .text("user_id", &self.user_id)
            .text("username", &self.username)
            .text("trx", &self.trx)
            .text("fullname", &self.fullname)
            .raw("amount", amount)
            .text("account_number", &self.account_number);
        if let Some(bank) = &self.bank {
            writer
                .text("identity", &bank.identity)
                .text("birth_date", &bank.birth_date)
                .integer("provider_id", bank.provider_id);
        }
    }

    /// The account as it is paid to: without spaces, and an IBAN in capitals. A repeat that spells
    /// it otherwise is the same request.
    fn plain_account(&self) -> String {
        let mut account = without_spaces(&self.account_number);
        if self.bank.is_some() {
            account.make_ascii_uppercase();
        }
        account
    }

    /// A digest of the service and every document field but `site_key`. Two requests with one `trx`
    /// are the same request when their digests are equal: 250 and 250.00 are the same amount, a
    /// changed key or an extra member makes no other withdrawal.
    #[must_use]
    pub fn content_digest(&self) -> [u8; 16] {
        let mut digest = ContentDigest::of(b"vezne bankopay withdraw 1");
        let mut part = |bytes: &[u8]| digest.part(bytes);
        part(self.service.slug().as_bytes());
        part(&self.site_id.to_be_bytes());
        for text in [&self.user_id, &self.username, &self.trx, &self.fullname] {
            part(text.as_bytes());
        }
        part(&self.amount.to_be_bytes());
        part(self.plain_account().as_bytes());
        if let Some(bank) = &self.bank {
            part(bank.identity.as_bytes());
            part(bank.birth_date.as_bytes());
            part(&bank.provider_id.to_be_bytes());
        }
        digest.finish()
    }
}

impl BankDetails {
    fn decode(object: &Object<'_>) -> Result<Self, FieldError> {
        let identity = Length { min: MIN_IDENTITY, max: MAX_IDENTITY };
        Ok(Self {
            provider_id: field::integer(object, "provider_id")?,
            identity: field::id(object, "identity", identity)?,
            birth_date: field::birth_date(object, "birth_date")?,
        })
    }
}

/// The rest of a request is keys and personal data.
impl fmt::Debug for WithdrawRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WithdrawRequest")
            .field("service", &self.service)
            .field("site_id", &self.site_id)
            .field("trx", &self.trx)
            .field("amount", &self.amount)
            .finish_non_exhaustive()
    }
}

/// An identity number, a date of birth: only the bank is printed.
impl fmt::Debug for BankDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BankDetails")
            .field("provider_id", &self.provider_id)
            .finish_non_exhaustive()
    }
}
