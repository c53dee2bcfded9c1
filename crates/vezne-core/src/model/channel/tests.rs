use super::{AccountKind, Channel, ChannelBank, FieldKind, FieldOption, FormField, built_in};

fn channel() -> Channel {
    let field = |name: &str, kind| FormField {
        name: name.to_owned(),
        label: "Label".to_owned(),
        kind,
        required: true,
        max_length: 50,
        placeholder: String::new(),
        options: Vec::new(),
        rules: vec!["required".to_owned()],
    };
    let mut channel = built_in().next().expect("there are six");
    channel.code = "kr-bank".into();
    channel.pay_code = Some("1004".to_owned());
    channel.banks = vec![ChannelBank { id: 1001, name: "KB Kookmin Bank".to_owned() }];
    channel.fields = vec![field("bank_id", FieldKind::Bank), field("bank_no", FieldKind::Input)];
    channel
}

#[test]
fn built_in_channels_and_the_sample_make_sense() {
    assert!(built_in().all(|channel| channel.problems().is_empty() && channel.is_built_in()));
    assert_eq!(channel().problems(), [""; 0]);
    assert!(!channel().is_built_in());
}

#[test]
fn codes_read_back() {
    for kind in AccountKind::ALL {
        assert_eq!(AccountKind::parse(kind.code()), Some(kind));
    }
    for kind in FieldKind::ALL {
        assert_eq!(FieldKind::parse(kind.code()), Some(kind));
    }
}

#[test]
fn each_problem_names_its_part() {
    type Edit = fn(&mut Channel);
    let cases: [(Edit, &str); 15] = [
        (|it| it.code = "KR".into(), "code:"),
        (|it| it.code = "x".repeat(41).as_str().into(), "code:"),
        (|it| it.pay_code = Some("10 04".into()), "pay_code:"),
        (|it| it.name = " ".into(), "name:"),
        (|it| it.description = "a\nb".into(), "description:"),
        (|it| it.decimals = 3, "decimals:"),
        (|it| it.amount.minimum_minor = Some(-1), "minimum"),
        (|it| it.banks.push(it.banks[0].clone()), "bank 1001:"),
        (|it| it.banks.clear(), "field bank_id: it is chosen from the banks"),
        (|it| it.fields[1].name = "bank_id".into(), "field bank_id: the name is there twice"),
        (|it| it.fields[1].name = "sign".into(), "field sign:"),
        (|it| it.fields[1].max_length = 0, "field bank_no: its max_length"),
        (|it| it.fields[1].kind = FieldKind::Select, "field bank_no: it is chosen from 1"),
        (|it| it.fields[1].rules = vec!["string".into(); 17], "field bank_no: it has at most"),
        (
            |it| {
                let option = FieldOption { value: "a".into(), label: "A".into() };
                it.fields[1].options = vec![option];
            },
            "field bank_no: only a select",
        ),
    ];
    for (edit, part) in cases {
        let mut channel = channel();
        edit(&mut channel);
        let problems = channel.problems();
        assert!(problems.len() == 1 && problems[0].starts_with(part), "{part}: {problems:?}");
    }
}
