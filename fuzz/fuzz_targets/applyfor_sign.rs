//! No two different accepted parameter maps of /applyfor share a text that is signed
//! (`research/reliability.md` PD3). The input is two bodies with a zero byte between them, each a
//! form or, when it begins with a brace, JSON.

#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use vezne_wire::applyfor::{BoolStyle, EmptyValues, Parameters, canonical};

/// What is signed of a body, and what it says. The values of `sign` and of nothing are no part.
fn signed(body: &[u8], empties: EmptyValues) -> Option<(String, BTreeMap<String, String>)> {
    let json = body.first() == Some(&b'{');
    let kind = if json { "application/json" } else { "application/x-www-form-urlencoded" };
    let parameters = Parameters::from_body(kind, body, BoolStyle::Words).ok()?;
    let text = canonical(&parameters, empties).ok()?;
    let kept = |(name, value): &(&str, &str)| {
        *name != "sign" && (empties == EmptyValues::Included || !value.is_empty())
    };
    let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    Some((text, parameters.iter().filter(kept).map(own).collect()))
}

fuzz_target!(|input: &[u8]| {
    let Some(at) = input.iter().position(|byte| *byte == 0) else { return };
    let (one, other) = (&input[..at], &input[at + 1..]);
    for empties in [EmptyValues::Included, EmptyValues::Skipped] {
        let (Some((text, map)), Some((same, twin))) = (signed(one, empties), signed(other, empties))
        else {
            continue;
        };
        assert_eq!(text == same, map == twin, "{text:?} signs {map:?} and {twin:?}");
    }
});
