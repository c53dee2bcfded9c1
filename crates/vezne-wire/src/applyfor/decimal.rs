//! Minor units as the text of an amount, for currencies of any number of decimals.

#[cfg(test)]
mod tests;

/// The amount with all of its currency's decimals: 25050 is `250.50` with two, `25050` with none.
#[must_use]
pub fn decimal_text(minor: i64, decimals: u8) -> String {
    let decimals = usize::from(decimals);
    let sign = if minor < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", minor.unsigned_abs(), width = decimals + 1);
    let (whole, fraction) =
        digits.split_at_checked(digits.len() - decimals).unwrap_or((&digits, ""));
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}
