//! A merchant's terms, limits, switches and keys, as its requests and callbacks show them.

use crate::support::script::walk;

#[tokio::test]
async fn commission_is_held_and_earned_or_given_back() {
    walk(
        "terms bank-transfer percent 1.5 fixed 0.50 commission_maximum 3.00
         ask w1 100.00  = 200
         money          = available 898.00, held 102.00
         ask w2 200.01  = 200
         money          = available 694.99, held 305.01
         send
         money          = available 898.00, commission-income 2.00, clearing simulator 100.00
         tell           = w1 approved Completed!; w2 reject The simulator turned the payment down.
         ask w3 100.00 papara = 200
         reject w3 No
         tell           = w3 reject No
         money          = available 898.00, commission-income 2.00, clearing simulator 100.00",
    )
    .await;
}

#[tokio::test]
async fn the_balance_must_cover_amount_and_commission() {
    walk(
        "terms bank-transfer percent 1
         ask w1 990.11  = 20026 does not cover 1000.01 TRY, the amount and its commission
         ask w2 990.00  = 200
         money          = available 0.10, held 999.90
         ask w3 0.11 papara = 20026
         ask w4 0.10 papara = 200
         set credit_limit 100.00
         ask w5 100.00 papara = 200
         ask w6 0.01 papara = 20026
         money          = available -100.00, held 1100.00
         send
         money          = available -100.00, commission-income 9.90, clearing simulator 1090.10
         tell           = w2 approved Completed!; w4 approved Completed!; w5 approved Completed!",
    )
    .await;
}

#[tokio::test]
async fn amounts_and_days_have_limits() {
    walk(
        "terms bank-transfer minimum 10.00 maximum 500.00 day_limit 600.00
         set day_limit 700.00
         ask w1 9.99    = 20023 below the minimum of 10.00 TRY
         ask w2 500.01  = 20024 above the maximum of 500.00 TRY
         ask w3 500.00  = 200
         ask w4 100.01  = 20025 daily limit of 600.00 TRY
         ask w5 100.00  = 200
         ask w6 100.01 papara = 20025 daily limit of 700.00 TRY
         ask w7 100.00 papara = 200
         reject w7 No
         ask w8 100.00 papara = 200
         pass 84673
         ask w10 1.00 papara = 20025
         pass 1
         ask w9 100.00 papara = 200
         reject w3 No
         reject w5 No
         reject w8 No
         reject w9 No
         tell           = w3 reject No; w5 reject No; w7 reject No; w8 reject No; w9 reject No
         money          = available 1000.00",
    )
    .await;
}

#[tokio::test]
async fn a_refusal_is_final_for_its_trx() {
    walk(
        "ask w1 1000.01 = 20026 This trx is closed: use a new one.
         set credit_limit 500.00
         ask w1 1000.01 = 20026 This trx is closed: use a new one.
         ask w1 5.00    = 20026
         ask w2 5.00    = 200
         ask w2 6.00    = 20020
         send
         tell           = w2 approved Completed!
         money          = available 995.00, clearing simulator 5.00",
    )
    .await;
}

#[tokio::test]
async fn a_merchants_switch_opens_a_refused_trx_again() {
    walk(
        "set retry_refused true
         ask w1 1000.01 = 20026 The same trx may be sent again later.
         ask w1 1000.01 = 20026
         set credit_limit 500.00
         ask w1 1000.00 = 200
         ask w1 1000.00 = 200
         ask w1 1000.01 = 20020
         send
         tell           = w1 approved Completed!
         money          = clearing simulator 1000.00",
    )
    .await;
}

#[tokio::test]
async fn a_suspended_merchant_gets_what_it_had_and_nothing_new() {
    walk(
        "ask w1 10.00   = 200
         set suspended true
         ask w1 10.00   = 200
         ask w2 10.00   = 20021 The site is suspended.
         send
         tell           = w1 approved Completed!
         set suspended false
         ask w2 10.00   = 20021
         ask w3 10.00   = 200
         send
         tell           = w3 approved Completed!",
    )
    .await;
}

#[tokio::test]
async fn a_channel_that_is_not_offered() {
    walk(
        "terms papara offered false
         ask w1 10.00 papara = 20022 not offered
         terms papara offered true
         ask w1 10.00 papara = 20022
         ask w2 10.00 papara = 200
         reject w2 No
         tell           = w2 reject No",
    )
    .await;
}

#[tokio::test]
async fn a_former_key_is_taken_until_its_time_and_callbacks_show_the_new_one() {
    walk(
        "ask w1 10.00   = 200
         rotate 24
         key former
         ask w2 10.00   = 200
         send
         tell           = w1 approved Completed!; w2 approved Completed!
         pass 86399
         ask w3 10.00   = 200
         pass 1
         ask w4 10.00   = 20014 API credentials are incorrect!
         key present
         ask w4 10.00   = 200
         send
         tell           = w3 approved Completed!; w4 approved Completed!",
    )
    .await;
}

#[tokio::test]
async fn callbacks_may_have_a_key_of_their_own() {
    walk(
        "rotate 0 separate
         key former
         ask w1 10.00   = 20014
         key present
         ask w1 10.00   = 200
         send
         tell           = w1 approved Completed!",
    )
    .await;
}
