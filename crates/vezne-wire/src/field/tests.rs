use super::*;

#[test]
fn a_message_names_the_field_and_what_is_right() {
    for (problem, message) in [
        (Problem::Missing, "amount is required."),
        (Problem::WrongType { expected: "a string" }, "amount must be a string."),
        (Problem::Empty, "amount must not be empty."),
        (Problem::TooShort { min: 11 }, "amount must have at least 11 characters."),
        (Problem::TooLong { max: 64 }, "amount must not be longer than 64."),
        (Problem::BadCharacter, "amount has a control character or is not proper text."),
        (
            Problem::CannotBeSigned,
            "amount must not contain the character |, which separates signed parts.",
        ),
        (Problem::NotANumber, "amount must be a whole number."),
        (
            Problem::NotAnAmount(AmountError::TooManyDecimals { allowed: 2 }),
            "amount is not a valid amount: at most 2 decimals are allowed. Example: 25000.00",
        ),
        (Problem::NotADate, "amount must be a calendar date as dd.mm.yyyy. Example: 16.09.1990"),
        (Problem::NotTogether { with: "id" }, "amount must not be sent together with id."),
        (Problem::NotDigits { min: 7, max: 15 }, "amount must have 7 to 15 digits."),
        (Problem::NotOneOf { allowed: "a, b" }, "amount must be one of: a, b."),
    ] {
        assert_eq!(FieldError::new("amount", problem).to_string(), message);
    }
}
