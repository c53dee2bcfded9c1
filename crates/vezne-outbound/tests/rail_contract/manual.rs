//! The contract for the rail that people are.

use std::sync::Arc;

use vezne_outbound::rail::manual::Manual;

use crate::contract::{Case, Kind, Subject, holds};

#[tokio::test]
async fn the_contract_holds() {
    let cases = &[
        Case { minor: 25_000, first: Kind::Accepted, last: Kind::CannotTell },
        Case { minor: 1, first: Kind::Accepted, last: Kind::CannotTell },
    ];
    let (code, unknown) = ("manual", Kind::CannotTell);
    holds(&Subject { open: || Arc::new(Manual), code, cases, unknown }).await;
}
