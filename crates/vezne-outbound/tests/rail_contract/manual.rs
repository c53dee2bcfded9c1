//! The contract for the rail that people are.

use std::sync::Arc;

use vezne_outbound::rail::manual::Manual;

use crate::contract::{Case, Kind, Subject, holds};

#[tokio::test]
async fn the_contract_holds() {
    let cases = &[
        Case { minor: 25_000, first: Kind::Accepted, last: Kind::Accepted },
        Case { minor: 1, first: Kind::Accepted, last: Kind::Accepted },
    ];
    let (code, unknown) = ("manual", Kind::Accepted);
    holds(&Subject { open: || Arc::new(Manual), code, cases, unknown }).await;
}
