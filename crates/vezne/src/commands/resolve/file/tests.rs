use super::{DoubtResolution, Line, Subject, of};

#[test]
fn every_kind_of_line_is_read() {
    let text = "\u{feff}payout;merchant;reference;outcome;evidence;rail_reference;reason\n\
                7;;;paid;statement 3;EFT 1;\n\
                8;1001;;not-paid;a call;;Closed account\n\
                ;1001;w9;never-sent;\"the bank; its list\";;\n";
    let reference = Subject::Reference { merchant: Some("1001".into()), reference: "w9".into() };
    let of_any = Subject::Payout { merchant: None, payout: 7 };
    let of_one = Subject::Payout { merchant: Some("1001".into()), payout: 8 };
    let expected = [
        (2, of_any, DoubtResolution::Paid(Some("EFT 1".into())), "statement 3"),
        (3, of_one, DoubtResolution::NotPaid("Closed account".into()), "a call"),
        (4, reference, DoubtResolution::NeverSent, "the bank; its list"),
    ];
    let expected = expected.map(|(number, subject, resolution, evidence)| Line {
        number,
        subject,
        resolution,
        evidence: evidence.to_owned(),
    });
    assert_eq!(of(text.as_bytes()).expect("it reads"), expected);
}

#[test]
fn whatever_is_wrong_is_named_by_line() {
    for (text, why) in [
        ("payout,outcome,evidence\n", "there are no lines in it"),
        ("payout,outcome,evidence,amount\n1,paid,seen,1\n", "amount is no column"),
        ("payout,outcome,evidence\n1,paid,seen\n2,maybe,seen\n", "line 3: the outcome is"),
        ("payout,outcome,evidence\nx,paid,seen\n", "line 2: x is no payout id"),
        ("payout,outcome,evidence\n1,paid,\n", "line 2: it says no evidence"),
        ("payout,outcome,evidence\n,paid,seen\n", "line 2: it names neither"),
        ("payout,reference,outcome,evidence\n1,r,paid,seen\n", "line 2: it names a payout and"),
        ("payout,outcome,evidence\n1,not-paid,seen\n", "line 2: not-paid takes a reason"),
        ("payout,outcome,evidence,reason\n1,paid,seen,why\n", "line 2: a reason goes with"),
    ] {
        let error = of(text.as_bytes()).expect_err(text).to_string();
        assert!(error.contains(why), "{text}: {error}");
    }
}

/// Nothing is left for the booking to find: each kind of words is as long as the verb takes.
#[test]
fn words_that_would_not_be_booked_are_named_by_line() {
    let (fits, long) = ("x".repeat(200), "x".repeat(201));
    let row = |cells: [&str; 4]| {
        let [outcome, evidence, rail_reference, reason] = cells;
        let head = "payout,outcome,evidence,rail_reference,reason";
        format!("{head}\n1,paid,seen,,\n2,{outcome},\"{evidence}\",{rail_reference},{reason}\n")
    };
    for cells in [["paid", &fits, &fits, ""], ["not-paid", &fits, "", &fits]] {
        assert_eq!(of(row(cells).as_bytes()).expect("it reads").len(), 2);
    }
    for (cells, why) in [
        (["paid", &long, "", ""], "line 3: the evidence is one line of at most 200"),
        (["never-sent", "a call\nand a letter", "", ""], "line 3: the evidence is one line"),
        (["paid", "seen", &long, ""], "line 3: the rail's reference is one line of at most 200"),
        (["not-paid", "seen", "", &long], "line 3: give a reason of one line and at most 200"),
    ] {
        let error = of(row(cells).as_bytes()).expect_err(why).to_string();
        assert!(error.contains(why), "{error}");
        assert!(error.starts_with("nothing was booked"), "{error}");
    }
}
