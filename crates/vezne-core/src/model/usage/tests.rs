use super::{MAX_USAGES, Usage, UsageSubject, merged};
use crate::model::identifier::MerchantId;

fn of(merchant: i64, count: u32) -> Usage {
    Usage { subject: UsageSubject::Merchant(MerchantId(merchant)), count }
}

fn failed(address: &str, count: u32) -> Usage {
    let network = address.parse().expect("an address");
    Usage { subject: UsageSubject::FailedLogin(network), count }
}

#[test]
fn each_subject_stands_once_in_order() {
    for (usages, expected) in [
        (vec![], vec![]),
        (vec![of(1, 0)], vec![]),
        (vec![of(2, 1), of(1, 2), of(2, 3)], vec![of(1, 2), of(2, 4)]),
        (vec![of(1, u32::MAX), of(1, 2)], vec![of(1, u32::MAX)]),
        (
            vec![failed("2001:db8::", 1), failed("192.0.2.1", 2), of(7, 1), failed("192.0.2.1", 1)],
            vec![of(7, 1), failed("192.0.2.1", 3), failed("2001:db8::", 1)],
        ),
    ] {
        assert_eq!(merged(usages.clone()), expected, "{usages:?}");
    }
}

#[test]
fn of_too_many_those_that_used_most_are_kept_in_order() {
    let most = i64::try_from(MAX_USAGES).expect("small");
    let heavy = |merchant| if merchant % 2 == 0 { 2 } else { 1 };
    let kept = merged((0..2 * most).map(|merchant| of(merchant, heavy(merchant))));
    let expected: Vec<_> = (0..most).map(|half| of(2 * half, 2)).collect();
    assert_eq!(kept, expected);
}
