//! `POST /api/bank-list/`: the banks that a merchant may name in `provider_id`.

use vezne_core::model::merchant::Merchant;
use vezne_wire::bankopay::{Bank, BankList};

/// The answer's bytes, banks in the merchant's own order.
pub(super) fn encode(merchant: &Merchant) -> Vec<u8> {
    let banks = merchant.banks.iter();
    let bank = |bank: &vezne_core::model::merchant::Bank| Bank {
        provider_name: bank.name.clone(),
        id: bank.id,
    };
    let mut answer = Vec::with_capacity(1024);
    BankList(banks.map(bank).collect()).encode_into(&mut answer);
    answer
}
