//! Channels as rows: one of their own, and one per bank, field, option and rule. A change writes
//! all of them anew, as with merchants.

use std::collections::HashMap;

use vezne_core::model::channel::{
    AccountKind, Channel, ChannelBank, ChannelChange, FieldKind, FieldOption, FormField,
};
use vezne_core::model::identifier::ChannelCode;
use vezne_core::model::limit::AmountLimit;

use super::super::{Result, Row, Statement, Value, currency, get, text, unknown};
use super::Rows;

pub(super) const SELECT: &str = "SELECT code, pay_code, name, description, currency, decimals, \
     minimum_minor, maximum_minor, account FROM channel ORDER BY code";

pub(super) const SELECT_FIELDS: &str = "SELECT channel, position, name, label, kind, required, \
     max_length, placeholder FROM channel_field ORDER BY channel, position";

pub(super) const SELECT_OPTIONS: &str = "SELECT channel, field, value, label FROM channel_option \
     ORDER BY channel, field, position";

pub(super) const SELECT_RULES: &str =
    "SELECT channel, field, rule FROM channel_rule ORDER BY channel, field, position";

/// The tables of a channel, those that refer to others first, and the column that names it.
const TABLES: [(&str, &str); 5] = [
    ("channel_rule", "channel"),
    ("channel_option", "channel"),
    ("channel_field", "channel"),
    ("channel_bank", "channel"),
    ("channel", "code"),
];

/// Follows changes, in order.
pub(super) fn change(changes: &[ChannelChange]) -> Vec<Statement> {
    let mut all = Vec::new();
    for change in changes {
        match change {
            ChannelChange::Removed(code) => all.extend(remove(code)),
            ChannelChange::Put(channel) => {
                all.extend(remove(&channel.code));
                all.push(insert(channel));
                all.extend(insert_parts(channel));
            }
        }
    }
    all
}

fn remove(code: &ChannelCode) -> impl Iterator<Item = Statement> {
    TABLES.iter().map(move |(table, column)| {
        let sql = format!("DELETE FROM {table} WHERE {column} = $1");
        Statement::new(sql, vec![code.as_str().into()])
    })
}

fn insert(channel: &Channel) -> Statement {
    let row = vec![
        ("code", channel.code.as_str().into()),
        ("pay_code", channel.pay_code.as_ref().into()),
        ("name", (&channel.name).into()),
        ("description", (&channel.description).into()),
        ("currency", channel.currency.code().into()),
        ("decimals", channel.decimals.into()),
        ("minimum_minor", channel.amount.minimum_minor.into()),
        ("maximum_minor", channel.amount.maximum_minor.into()),
        ("account", channel.account.code().into()),
    ];
    Statement::insert("channel", row)
}

fn insert_parts(channel: &Channel) -> Vec<Statement> {
    let code = channel.code.as_str();
    let mut all = Vec::new();
    for (at, bank) in (0_i64..).zip(&channel.banks) {
        let (id, name) = (("bank", bank.id.into()), ("name", (&bank.name).into()));
        let row = vec![("channel", code.into()), ("position", at.into()), id, name];
        all.push(Statement::insert("channel_bank", row));
    }
    for (at, field) in (0_i64..).zip(&channel.fields) {
        all.push(insert_field(code, at, field));
        all.extend(insert_field_parts(code, at, field));
    }
    all
}

fn insert_field(code: &str, at: i64, field: &FormField) -> Statement {
    let row = vec![
        ("channel", code.into()),
        ("position", at.into()),
        ("name", (&field.name).into()),
        ("label", (&field.label).into()),
        ("kind", field.kind.code().into()),
        ("required", field.required.into()),
        ("max_length", field.max_length.into()),
        ("placeholder", (&field.placeholder).into()),
    ];
    Statement::insert("channel_field", row)
}

fn insert_field_parts(code: &str, at: i64, field: &FormField) -> Vec<Statement> {
    let place = |position: i64| {
        let (field, position) = (("field", at.into()), ("position", position.into()));
        vec![("channel", Value::from(code)), field, position]
    };
    let mut all = Vec::new();
    for (position, option) in (0_i64..).zip(&field.options) {
        let mut row = place(position);
        row.extend([("value", (&option.value).into()), ("label", (&option.label).into())]);
        all.push(Statement::insert("channel_option", row));
    }
    for (position, rule) in (0_i64..).zip(&field.rules) {
        let mut row = place(position);
        row.push(("rule", rule.into()));
        all.push(Statement::insert("channel_rule", row));
    }
    all
}

/// Reads all channels that were put.
pub(super) fn read_all<R: Row>(rows: &Rows<R>) -> Result<Vec<Channel>> {
    let of = |row: &R| get::<String>(row, 0);
    let field = |row: &R| Ok((get::<String>(row, 0)?, get::<i64>(row, 1)?));
    let mut options = rows.by("channel_option", field, read_option)?;
    let mut rules = rows.by("channel_rule", field, |row| get(row, 2))?;
    let mut fields: HashMap<String, Vec<FormField>> = HashMap::new();
    for row in rows.of("channel_field") {
        let key = field(row)?;
        let parts = (options.remove(&key), rules.remove(&key));
        let (options, rules) = (parts.0.unwrap_or_default(), parts.1.unwrap_or_default());
        fields.entry(key.0).or_default().push(read_field(row, options, rules)?);
    }
    let mut banks = rows.by("channel_bank", of, read_bank)?;
    let read = |row: &R| {
        let code = of(row)?;
        let (banks, fields) = (banks.remove(&code), fields.remove(&code));
        read_one(row, banks.unwrap_or_default(), fields.unwrap_or_default())
    };
    rows.of("channel").iter().map(read).collect()
}

fn read_one(row: &impl Row, banks: Vec<ChannelBank>, fields: Vec<FormField>) -> Result<Channel> {
    let account = text(row, 8)?;
    Ok(Channel {
        code: text(row, 0)?.into(),
        pay_code: get(row, 1)?,
        name: get(row, 2)?,
        description: get(row, 3)?,
        currency: currency(row, 4)?,
        decimals: get(row, 5)?,
        amount: AmountLimit { minimum_minor: get(row, 6)?, maximum_minor: get(row, 7)? },
        account: AccountKind::parse(account).ok_or_else(|| unknown("account kind", account))?,
        banks,
        fields,
    })
}

fn read_bank(row: &impl Row) -> Result<ChannelBank> {
    Ok(ChannelBank { id: get(row, 1)?, name: get(row, 2)? })
}

fn read_option(row: &impl Row) -> Result<FieldOption> {
    Ok(FieldOption { value: get(row, 2)?, label: get(row, 3)? })
}

fn read_field(row: &impl Row, options: Vec<FieldOption>, rules: Vec<String>) -> Result<FormField> {
    let kind = text(row, 4)?;
    Ok(FormField {
        name: get(row, 2)?,
        label: get(row, 3)?,
        kind: FieldKind::parse(kind).ok_or_else(|| unknown("field kind", kind))?,
        required: get(row, 5)?,
        max_length: get(row, 6)?,
        placeholder: get(row, 7)?,
        options,
        rules,
    })
}
