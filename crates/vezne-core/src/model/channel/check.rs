//! What of a channel makes no sense, with the names of its parts, so that one look at a file tells
//! everything that is wrong with it.

use std::collections::BTreeSet;

use super::{Channel, FieldKind, FormField};

/// The most banks of one channel.
const MAX_BANKS: usize = 500;
/// The most fields of one form.
const MAX_FIELDS: usize = 40;
/// The most options of one field.
const MAX_OPTIONS: usize = 500;
/// The most rules of one field.
const MAX_RULES: usize = 16;
/// The longest rule, in bytes.
const MAX_RULE: usize = 2048;

/// Names that a field cannot have, because requests carry their signature under them.
const RESERVED: [&str; 2] = ["sign", "key"];

impl Channel {
    /// Everything that makes no sense, in words that name the part.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut claim = |holds: bool, why: &str| {
            if !holds {
                problems.push(why.to_owned());
            }
        };
        let pay_code = |code: &String| is_name(code, 32);
        claim(is_code(self.code.as_str()), "code: it is 1 to 40 of a-z, 0-9 and -");
        claim(
            self.pay_code.as_ref().is_none_or(pay_code),
            "pay_code: it is 1 to 32 of letters, digits, _, - and .",
        );
        claim(is_text(&self.name, 1, 100), "name: it is one line of 1 to 100 characters");
        claim(is_text(&self.description, 0, 200), "description: it is one line of at most 200");
        let most = self.currency.decimals();
        claim(self.decimals <= most, &format!("decimals: {:?} has {most}", self.currency));
        claim(self.amount.is_valid(), "minimum and maximum: they contradict each other");
        claim(self.banks.len() <= MAX_BANKS, "bank: there are more than 500");
        claim(self.fields.len() <= MAX_FIELDS, "field: there are more than 40");
        self.bank_problems(&mut problems);
        self.field_problems(&mut problems);
        problems
    }

    fn bank_problems(&self, problems: &mut Vec<String>) {
        let mut seen = BTreeSet::new();
        for bank in &self.banks {
            if !seen.insert(bank.id) {
                problems.push(format!("bank {}: the id is there twice", bank.id));
            }
            if !is_text(&bank.name, 1, 100) {
                problems.push(format!("bank {}: its name is 1 to 100 characters", bank.id));
            }
        }
    }

    fn field_problems(&self, problems: &mut Vec<String>) {
        let mut seen = BTreeSet::new();
        for field in &self.fields {
            let mut add = |why: &str| problems.push(format!("field {}: {why}", shown(&field.name)));
            if !seen.insert(&field.name) {
                add("the name is there twice");
            }
            if field.kind == FieldKind::Bank && self.banks.is_empty() {
                add("it is chosen from the banks, and the channel has none");
            }
            field.problems(&mut add);
        }
    }
}

impl FormField {
    fn problems(&self, add: &mut impl FnMut(&str)) {
        if !is_name(&self.name, 64) || RESERVED.contains(&self.name.as_str()) {
            add("its name is 1 to 64 of letters, digits, _, - and ., and not sign or key");
        }
        if !is_text(&self.label, 1, 100) {
            add("its label is one line of 1 to 100 characters");
        }
        if !is_text(&self.placeholder, 0, 200) {
            add("its placeholder is one line of at most 200 characters");
        }
        if self.max_length == 0 {
            add("its max_length is above zero");
        }
        if self.rules.len() > MAX_RULES || self.rules.iter().any(|rule| rule.len() > MAX_RULE) {
            add("it has at most 16 rules of at most 2048 bytes");
        }
        self.option_problems(add);
    }

    fn option_problems(&self, add: &mut impl FnMut(&str)) {
        match (self.kind, self.options.len()) {
            (FieldKind::Select, 1..=MAX_OPTIONS) | (FieldKind::Input | FieldKind::Bank, 0) => {}
            (FieldKind::Select, _) => add("it is chosen from 1 to 500 options"),
            (FieldKind::Input | FieldKind::Bank, _) => add("only a select has options"),
        }
        let mut seen = BTreeSet::new();
        for option in &self.options {
            if !is_text(&option.value, 1, 100) || !is_text(&option.label, 1, 100) {
                add("the value and the label of an option are 1 to 100 characters");
            }
            if !seen.insert(&option.value) {
                add("an option is there twice");
            }
        }
    }
}

fn is_code(code: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=40).contains(&code.len()) && code.bytes().all(allowed)
}

/// Letters, digits, `_`, `-` and `.`: none of them separates anything in any protocol.
fn is_name(name: &str, most: usize) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    (1..=most).contains(&name.len()) && name.bytes().all(allowed)
}

fn is_text(text: &str, least: usize, most: usize) -> bool {
    let length = text.trim().chars().count();
    (least..=most).contains(&length) && !text.chars().any(char::is_control)
}

/// A name that may be anything, fit to stand in a line.
fn shown(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_control()).take(64).collect()
}
