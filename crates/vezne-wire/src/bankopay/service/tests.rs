use super::Service;

#[test]
fn both_spellings_lead_back() {
    let spellings = [
        ("bank-transfer", "BankTransfer"),
        ("papara", "Papara"),
        ("popypara", "Popypara"),
        ("paratim", "Paratim"),
        ("payfix", "PayFix"),
        ("payco", "PayCo"),
    ];
    for (service, (slug, method)) in Service::ALL.into_iter().zip(spellings) {
        assert_eq!((service.slug(), service.method()), (slug, method));
        assert_eq!(Service::from_slug(slug), Some(service));
        assert_eq!(Service::from_method(method), Some(service));
        assert_eq!(service.needs_bank_details(), slug == "bank-transfer");
    }
}

#[test]
fn other_spellings_are_unknown() {
    for slug in ["", "Papara", "bank_transfer", "papara/", "parazula"] {
        assert_eq!(Service::from_slug(slug), None);
    }
    for method in ["", "papara", "PopyPara", "Parazula"] {
        assert_eq!(Service::from_method(method), None);
    }
}
