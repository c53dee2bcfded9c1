//! Who is paid, and what makes the details believable.
//!
//! Sandbox merchants get structural checks only, because every sample account and identity number
//! of the published documents fails its check digits. Live merchants get the whole check.

use std::fmt;

use super::channel::AccountKind;
use super::merchant::Mode;
use super::personal::{Personal, mask};

/// The details of a payment as a dialect read them.
#[derive(Clone, PartialEq, Eq)]
pub struct Beneficiary {
    /// The holder's name.
    pub name: String,
    /// The IBAN, or the wallet's number.
    pub account: String,
    /// The bank the merchant picked from its bank list.
    pub bank: Option<u32>,
    /// The bank in the merchant's own words, where its dialect has free text for it.
    pub bank_name: Option<String>,
    /// The Turkish identity number.
    pub identity: Option<Personal>,
    /// The birth date, `dd.mm.yyyy`.
    pub birth_date: Option<Personal>,
}

impl fmt::Debug for Beneficiary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Beneficiary")
            .field("account", &self.masked_account())
            .finish_non_exhaustive()
    }
}

/// Which detail is not believable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeneficiaryError {
    /// The account is not an IBAN of its country, or its check digits are wrong.
    Iban,
    /// The account is not a wallet number.
    Wallet,
    /// The account is no line of text.
    Account,
    /// The identity number's check digits are wrong.
    Identity,
    /// The birth date is no past day.
    BirthDate,
}

impl Beneficiary {
    /// Writes the account in its one form and checks the details as strictly as the mode asks.
    /// `today` is the present day as (year, month, day).
    ///
    /// # Errors
    /// The first detail that is not believable.
    pub fn check(
        mut self,
        kind: AccountKind,
        mode: Mode,
        today: (i16, i8, i8),
    ) -> Result<Self, BeneficiaryError> {
        self.account = in_one_form(kind, &self.account);
        match kind {
            AccountKind::Iban => check_iban(&self.account, mode)?,
            AccountKind::Wallet => check_wallet(&self.account)?,
            AccountKind::Free => check_free(&self.account)?,
        }
        if let Some(identity) = &self.identity {
            check_identity(identity.expose(), mode)?;
        }
        if let Some(date) = &self.birth_date {
            check_birth_date(date.expose(), today)?;
        }
        Ok(self)
    }

    /// The account with its middle starred, as lists and logs show it.
    pub fn masked_account(&self) -> String {
        mask(&self.account, 4, 4)
    }
}

/// Spaces, no-break ones among them, group the digits of an IBAN or a number; what a form leaves
/// free may need them.
fn in_one_form(kind: AccountKind, account: &str) -> String {
    let without_spaces = || account.chars().filter(|letter| !letter.is_whitespace());
    match kind {
        AccountKind::Iban => without_spaces().collect::<String>().to_ascii_uppercase(),
        AccountKind::Wallet => without_spaces().collect(),
        AccountKind::Free => account.trim().to_owned(),
    }
}

fn check_iban(account: &str, mode: Mode) -> Result<(), BeneficiaryError> {
    let valid = match mode {
        Mode::Live => account.parse::<iban::Iban>().is_ok(),
        Mode::Sandbox => looks_like_iban(account.as_bytes()),
    };
    if valid { Ok(()) } else { Err(BeneficiaryError::Iban) }
}

/// Two letters, two digits and letters or digits up to the registry's longest.
fn looks_like_iban(account: &[u8]) -> bool {
    let (Some(country), Some(check)) = (account.get(..2), account.get(2..4)) else {
        return false;
    };
    (15..=34).contains(&account.len())
        && country.iter().all(u8::is_ascii_uppercase)
        && check.iter().all(u8::is_ascii_digit)
        && account.iter().all(u8::is_ascii_alphanumeric)
}

/// The issuers publish no format, so this only keeps out what cannot be an account number.
fn check_wallet(account: &str) -> Result<(), BeneficiaryError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"@._+-".contains(&byte);
    let valid = (3..=64).contains(&account.len()) && account.bytes().all(allowed);
    if valid { Ok(()) } else { Err(BeneficiaryError::Wallet) }
}

/// The rules of the channel's form have said what is right; this keeps out what breaks a line.
fn check_free(account: &str) -> Result<(), BeneficiaryError> {
    let length = account.chars().count();
    let valid = (1..=64).contains(&length) && !account.chars().any(char::is_control);
    if valid { Ok(()) } else { Err(BeneficiaryError::Account) }
}

/// Eleven digits; in live mode not starting with zero and with both check digits right.
fn check_identity(identity: &str, mode: Mode) -> Result<(), BeneficiaryError> {
    let digits: Option<Vec<u32>> = identity.chars().map(|letter| letter.to_digit(10)).collect();
    let valid = match digits.as_deref() {
        Some(digits @ [first, ..]) if digits.len() == 11 => {
            mode == Mode::Sandbox || (*first != 0 && check_digits_hold(digits))
        }
        _ => false,
    };
    if valid { Ok(()) } else { Err(BeneficiaryError::Identity) }
}

/// The tenth digit is seven times the odd places less the even ones; the eleventh sums up all.
fn check_digits_hold(digits: &[u32]) -> bool {
    let odd: u32 = digits.iter().take(9).step_by(2).sum();
    let even: u32 = digits.iter().skip(1).take(7).step_by(2).sum();
    // Eight times the largest even sum keeps the difference above zero without changing it mod ten.
    let tenth = (odd * 7 + 10 * 36 - even) % 10;
    let eleventh = digits.iter().take(10).sum::<u32>() % 10;
    digits.get(9..) == Some(&[tenth, eleventh])
}

fn check_birth_date(text: &str, today: (i16, i8, i8)) -> Result<(), BeneficiaryError> {
    let born = parse_date(text).ok_or(BeneficiaryError::BirthDate)?;
    let (year, month, day) = today;
    let today =
        jiff::civil::Date::new(year, month, day).map_err(|_| BeneficiaryError::BirthDate)?;
    let oldest = today.saturating_sub(jiff::Span::new().years(130));
    if born < today && born > oldest { Ok(()) } else { Err(BeneficiaryError::BirthDate) }
}

fn parse_date(text: &str) -> Option<jiff::civil::Date> {
    let mut parts = text.split('.');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let sized = day.len() == 2 && month.len() == 2 && year.len() == 4 && parts.next().is_none();
    let (year, month, day) = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    jiff::civil::Date::new(year, month, day).ok().filter(|_| sized)
}

#[cfg(test)]
mod tests;
