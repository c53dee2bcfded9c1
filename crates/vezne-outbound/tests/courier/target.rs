//! Where the callbacks of a payout go.

use vezne_core::model::callback::AttemptOutcome::{Acknowledged, Failed};
use vezne_core::model::callback::CallbackTarget;
use vezne_outbound::OutboundSettings;
use vezne_outbound::courier::callback_url;

use crate::support::{Receiver, Reply, World, answer, at, settings};

type Make = fn(&OutboundSettings, &str) -> World;

/// Each dialect, with the answer that it takes and where its callbacks go below `/base`.
const DIALECTS: [(&str, Make, &[u8], &str); 3] = [
    ("bankopay", World::new, br#"{"code":200}"#, "POST /base/withdraw/ HTTP/1.1"),
    ("ccpayment", World::ccpayment, b"", "POST /base HTTP/1.1"),
    ("applyfor", World::applyfor, b"success", "POST /base HTTP/1.1"),
];

fn refunds() -> CallbackTarget {
    CallbackTarget::Endpoint("refunds".to_owned())
}

#[tokio::test]
async fn the_merchants_url_is_the_dialects_and_any_other_is_a_whole_one() {
    for (dialect, make, yes, by_default) in DIALECTS {
        let receiver = Receiver::plain(Reply::Bytes(answer("200 OK", "", yes))).await;
        let mut world = make(&settings(), &format!("http://{}/base", receiver.address));
        for (name, path) in [("refunds", "refund.php?shop=1"), ("sales", "sale")] {
            let url = format!("http://{}/{path}", receiver.address);
            world.merchant().endpoints.insert(name.to_owned(), url);
        }
        let named = format!("http://{}/notify.php?order=1", receiver.address);
        for target in [CallbackTarget::Merchant, refunds(), CallbackTarget::Url(named)] {
            world.delivery.payout.callback_to = target;
            assert_eq!(world.deliver(at(1)).await.outcome, Acknowledged, "{dialect}");
        }
        let requests = receiver.requests();
        let lines: Vec<_> = requests.iter().map(|request| request.line()).collect();
        let whole = ["POST /refund.php?shop=1 HTTP/1.1", "POST /notify.php?order=1 HTTP/1.1"];
        assert_eq!(lines, [&[by_default], &whole[..]].concat(), "{dialect}");
    }
}

#[tokio::test]
async fn without_a_url_the_reason_is_told_and_nothing_is_sent() {
    for (dialect, make, _, _) in DIALECTS {
        let receiver = Receiver::plain(Reply::Bytes(answer("200 OK", "", b""))).await;
        let base = format!("http://{}", receiver.address);
        let named = |name: &str| CallbackTarget::Endpoint(name.to_owned());
        for (target, detail) in [
            (CallbackTarget::Merchant, "no callback URL is set"),
            (refunds(), "no endpoint `refunds` is set"),
            (named("Sales"), "no endpoint `Sales` is set"),
            (named("fragment"), "the URL must not have a fragment (#)"),
            (named("broken"), "the URL cannot be read: relative URL without a base"),
            (
                CallbackTarget::Url("localhost".into()),
                "the URL cannot be read: relative URL without a base",
            ),
            (CallbackTarget::Nowhere, "the callbacks of this payout go nowhere"),
        ] {
            let mut world = make(&settings(), &base);
            let merchant = world.merchant();
            merchant.callback_base_url = None;
            for (name, url) in
                [("sales", &*base), ("fragment", &format!("{base}/#a")), ("broken", "localhost")]
            {
                merchant.endpoints.insert(name.to_owned(), url.to_owned());
            }
            world.delivery.payout.callback_to = target;
            let delivered = world.deliver(at(1)).await;
            let found = (delivered.outcome, delivered.http_status, delivered.detail.as_str());
            assert_eq!(found, (Failed, None, detail), "{dialect}");
        }
        assert_eq!(receiver.connections(), 0, "{dialect}");
    }
}

#[tokio::test]
async fn any_other_url_has_to_pass_the_guard_too() {
    let strict = OutboundSettings { sandbox_allow_private: false, ..settings() };
    for (dialect, make, _, _) in DIALECTS {
        let mut world = make(&strict, "https://shop.example");
        let url = "https://169.254.169.254/latest".to_owned();
        world.merchant().endpoints.insert("refunds".to_owned(), url.clone());
        for target in [refunds(), CallbackTarget::Url(url)] {
            world.delivery.payout.callback_to = target;
            let delivered = world.deliver(at(1)).await;
            assert_eq!(delivered.outcome, Failed, "{dialect}");
            assert!(delivered.detail.contains("forbidden address"), "{}", delivered.detail);
        }
    }
}

#[test]
fn the_url_of_each_dialect_is_told_beforehand() {
    for (dialect, base, url) in [
        ("bankopay", "https://a.example/x", Ok("https://a.example/x/withdraw/")),
        ("bankopay", "https://a.example/?b=c", Err("the callback URL must end before any ? or #")),
        ("ccpayment", "https://a.example/?b=c", Ok("https://a.example/?b=c")),
        ("ccpayment", "https://a.example/#", Err("the callback URL must end before any #")),
        ("applyfor", "https://a.example/?b=c", Ok("https://a.example/?b=c")),
        ("applyfor", "https://a.example/#", Err("the callback URL must end before any #")),
        ("telex", "https://a.example/", Err("no callbacks are sent in the dialect telex")),
    ] {
        let found = callback_url(&dialect.into(), base);
        assert_eq!(found.as_deref().map_err(String::as_str), url, "{dialect} {base}");
    }
}
