use super::*;
use crate::field::Problem;

fn list(banks: &[(&str, u32)]) -> BankList {
    let bank = |(name, id): &(&str, u32)| Bank { provider_name: (*name).into(), id: *id };
    BankList(banks.iter().map(bank).collect())
}

#[test]
fn what_is_written_is_read_back() {
    for banks in [list(&[]), list(&[("Garanti \"BBVA\"", 1)]), list(&[("İş", 2), ("Z", u32::MAX)])]
    {
        let mut out = Vec::new();
        banks.encode_into(&mut out);
        assert_eq!(BankList::decode(&out), Ok(banks));
    }
}

#[test]
fn refuses_what_is_no_list() {
    let missing = FieldError::new("id", Problem::Missing);
    let many = format!("{{\"code\":200,\"data\":[{}1]}}", "1,".repeat(MAX_BANKS));
    let refused = BankListError::Refused { code: 20014, message: "no".into() };
    for (body, expected) in [
        (r#"{"data":[]}"#, BankListError::Answer(AnswerError::NoCode)),
        (r#"{"code":20014,"message":"no","type":"error"}"#, refused),
        (r#"{"code":200}"#, BankListError::NoList),
        (r#"{"code":200,"data":{}}"#, BankListError::NoList),
        (r#"{"code":200,"data":[1]}"#, BankListError::NoList),
        (r#"{"code":200,"data":[{"provider_name":"a"}]}"#, BankListError::Bank(missing)),
        (&many, BankListError::NoList),
    ] {
        assert_eq!(BankList::decode(body.as_bytes()), Err(expected), "{}", body.len());
    }
}

#[test]
fn takes_numbers_for_ids() {
    let body = r#"{"code":"200","data":[{"id":3,"provider_name":"a","more":1}]}"#;
    assert_eq!(BankList::decode(body.as_bytes()), Ok(list(&[("a", 3)])));
}
