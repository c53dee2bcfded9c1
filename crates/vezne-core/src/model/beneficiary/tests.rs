use super::super::channel::AccountKind::{self, Free, Iban, Wallet};
use super::super::merchant::Mode::{self, Live, Sandbox};
use super::{Beneficiary, BeneficiaryError as Wrong, Personal};

fn check(
    kind: AccountKind,
    mode: Mode,
    account: &str,
    identity: &str,
    born: &str,
    expected: Result<&str, Wrong>,
) {
    let details = Beneficiary {
        name: "Ahmet Demir".into(),
        account: account.into(),
        bank: None,
        bank_name: None,
        identity: (!identity.is_empty()).then(|| Personal::new(identity)),
        birth_date: (!born.is_empty()).then(|| Personal::new(born)),
    };
    let checked = details.check(kind, mode, (2026, 11, 22)).map(|details| details.account);
    assert_eq!(checked.as_deref(), expected.as_ref().map(|text| *text), "{account} {mode:?}");
}

#[test]
fn the_documents_samples_pass_in_the_sandbox_only() {
    let sample = "TR123445678945613245645";
    check(Iban, Sandbox, sample, "12345678910", "16.09.1990", Ok(sample));
    check(Iban, Live, sample, "", "", Err(Wrong::Iban));
    check(Wallet, Sandbox, sample, "", "", Ok(sample));
    check(Wallet, Live, "202400138923", "", "", Ok("202400138923"));
}

#[test]
fn ibans_are_checked_against_the_registry() {
    let valid = "TR330006100519786457841326";
    check(Iban, Live, valid, "", "", Ok(valid));
    check(Iban, Live, "tr33 0006 1005 1978 6457 8413 26", "", "", Ok(valid));
    check(Iban, Live, "GB82WEST12345698765432", "", "", Ok("GB82WEST12345698765432"));
    check(Iban, Live, "TR330006100519786457841327", "", "", Err(Wrong::Iban));
    check(Iban, Live, "TR33000610051978645784132", "", "", Err(Wrong::Iban));
    check(Iban, Sandbox, "1R330006100519786457841327", "", "", Err(Wrong::Iban));
    check(Iban, Sandbox, "TR", "", "", Err(Wrong::Iban));
}

#[test]
fn wallets_cannot_hold_markup_or_spaces() {
    check(Wallet, Live, "ahmet@example.com", "", "", Ok("ahmet@example.com"));
    check(Wallet, Live, "<script>", "", "", Err(Wrong::Wallet));
    check(Wallet, Live, "12", "", "", Err(Wrong::Wallet));
}

#[test]
fn a_free_account_is_one_line() {
    check(Free, Live, " 110-234 567890 ", "", "", Ok("110-234 567890"));
    check(Free, Live, "홍길동", "", "", Ok("홍길동"));
    for wrong in ["", " ", "a\nb", &"9".repeat(65)] {
        check(Free, Sandbox, wrong, "", "", Err(Wrong::Account));
    }
}

#[test]
fn identity_numbers_have_two_check_digits() {
    let account = "TR330006100519786457841326";
    check(Iban, Live, account, "10000000146", "", Ok(account));
    for wrong in ["10000000147", "12345678910", "01234567890", "1000000014", "1000000014x"] {
        check(Iban, Live, account, wrong, "", Err(Wrong::Identity));
    }
    check(Iban, Sandbox, account, "12345678910", "", Ok(account));
    check(Iban, Sandbox, account, "1234567891", "", Err(Wrong::Identity));
}

#[test]
fn birth_dates_lie_in_the_past() {
    let account = "TR330006100519786457841326";
    check(Iban, Live, account, "", "29.02.1992", Ok(account));
    for wrong in ["29.02.1991", "22.11.2026", "01.01.1890", "1.1.1990", "1990-01-01", "00.00.0000"]
    {
        check(Iban, Live, account, "", wrong, Err(Wrong::BirthDate));
    }
}
