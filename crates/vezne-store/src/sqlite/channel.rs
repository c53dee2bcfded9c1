//! Channels as rows: one of their own, and one per bank, field, option and rule. A change writes
//! all of them anew, as with merchants.

use rusqlite::{Connection, Row, params};
use vezne_core::model::channel::{
    AccountKind, Channel, ChannelBank, ChannelChange, FieldKind, FieldOption, FormField,
};
use vezne_core::model::identifier::ChannelCode;
use vezne_core::model::limit::AmountLimit;

use super::error::{Result, currency, get, text, unknown};

const INSERT: &str = "INSERT INTO channel (code, pay_code, name, description, currency, decimals, \
     minimum_minor, maximum_minor, account) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";

const INSERT_FIELD: &str = "INSERT INTO channel_field (channel, position, name, label, kind, \
     required, max_length, placeholder) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";

/// The tables of a channel, those that refer to others first, and the column that names it.
const TABLES: [(&str, &str); 5] = [
    ("channel_rule", "channel"),
    ("channel_option", "channel"),
    ("channel_field", "channel"),
    ("channel_bank", "channel"),
    ("channel", "code"),
];

/// Follows changes, in order.
pub(super) fn change(connection: &Connection, changes: &[ChannelChange]) -> Result<()> {
    for change in changes {
        match change {
            ChannelChange::Removed(code) => remove(connection, code)?,
            ChannelChange::Put(channel) => {
                remove(connection, &channel.code)?;
                insert(connection, channel)?;
            }
        }
    }
    Ok(())
}

fn remove(connection: &Connection, code: &ChannelCode) -> Result<()> {
    for (table, column) in TABLES {
        connection.execute(&format!("DELETE FROM {table} WHERE {column} = ?"), [code.as_str()])?;
    }
    Ok(())
}

fn insert(connection: &Connection, channel: &Channel) -> Result<()> {
    let code = channel.code.as_str();
    connection.execute(
        INSERT,
        params![
            code,
            channel.pay_code,
            channel.name,
            channel.description,
            channel.currency.code(),
            channel.decimals,
            channel.amount.minimum_minor,
            channel.amount.maximum_minor,
            channel.account.code(),
        ],
    )?;
    for (at, bank) in (0_i64..).zip(&channel.banks) {
        let line = params![code, at, bank.id, bank.name];
        connection.execute("INSERT INTO channel_bank VALUES (?, ?, ?, ?)", line)?;
    }
    for (at, field) in (0_i64..).zip(&channel.fields) {
        insert_field(connection, code, at, field)?;
    }
    Ok(())
}

fn insert_field(connection: &Connection, code: &str, at: i64, field: &FormField) -> Result<()> {
    connection.execute(
        INSERT_FIELD,
        params![
            code,
            at,
            field.name,
            field.label,
            field.kind.code(),
            field.required,
            field.max_length,
            field.placeholder,
        ],
    )?;
    for (position, option) in (0_i64..).zip(&field.options) {
        let line = params![code, at, position, option.value, option.label];
        connection.execute("INSERT INTO channel_option VALUES (?, ?, ?, ?, ?)", line)?;
    }
    for (position, rule) in (0_i64..).zip(&field.rules) {
        let line = params![code, at, position, rule];
        connection.execute("INSERT INTO channel_rule VALUES (?, ?, ?, ?)", line)?;
    }
    Ok(())
}

/// Reads all channels that were put.
pub(super) fn read_all(connection: &Connection) -> Result<Vec<Channel>> {
    let mut statement = connection.prepare(
        "SELECT code, pay_code, name, description, currency, decimals, minimum_minor, \
         maximum_minor, account FROM channel ORDER BY code",
    )?;
    let mut rows = statement.query([])?;
    let mut channels = Vec::new();
    while let Some(row) = rows.next()? {
        channels.push(read(connection, row)?);
    }
    Ok(channels)
}

fn read(connection: &Connection, row: &Row<'_>) -> Result<Channel> {
    let (code, account) = (text(row, 0)?, text(row, 8)?);
    let account = AccountKind::parse(account).ok_or_else(|| unknown("account kind", account))?;
    let banks = "bank, name FROM channel_bank";
    let fields = "position, name, label, kind, required, max_length, placeholder \
         FROM channel_field";
    Ok(Channel {
        code: code.into(),
        pay_code: get(row, 1)?,
        name: get(row, 2)?,
        description: get(row, 3)?,
        currency: currency(row, 4)?,
        decimals: get(row, 5)?,
        amount: AmountLimit { minimum_minor: get(row, 6)?, maximum_minor: get(row, 7)? },
        account,
        banks: list(connection, banks, (code, None), read_bank)?,
        fields: list(connection, fields, (code, None), |row| read_field(connection, code, row))?,
    })
}

fn read_bank(row: &Row<'_>) -> Result<ChannelBank> {
    Ok(ChannelBank { id: get(row, 0)?, name: get(row, 1)? })
}

fn read_field(connection: &Connection, code: &str, row: &Row<'_>) -> Result<FormField> {
    let (of, kind) = ((code, Some(get(row, 0)?)), text(row, 3)?);
    let read_option = |row: &Row<'_>| Ok(FieldOption { value: get(row, 0)?, label: get(row, 1)? });
    Ok(FormField {
        name: get(row, 1)?,
        label: get(row, 2)?,
        kind: FieldKind::parse(kind).ok_or_else(|| unknown("field kind", kind))?,
        required: get(row, 4)?,
        max_length: get(row, 5)?,
        placeholder: get(row, 6)?,
        options: list(connection, "value, label FROM channel_option", of, read_option)?,
        rules: list(connection, "rule FROM channel_rule", of, |row| get(row, 0))?,
    })
}

/// The rows of a channel, or of one of its fields, in order. `what` is columns and table.
fn list<T>(
    connection: &Connection,
    what: &str,
    (channel, field): (&str, Option<i64>),
    read: impl Fn(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let of = field.map_or("", |_| "AND field = ?2");
    let sql = format!("SELECT {what} WHERE channel = ?1 {of} ORDER BY position");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = match field {
        None => statement.query([channel])?,
        Some(field) => statement.query(params![channel, field])?,
    };
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}
