//! The page before it is sent: its fields, its figures, its languages and its head.

mod desk;

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use desk::applyfor::{Order, UID, field, iban_channel, of, open, put, status, with};
use desk::pay_out::{IBAN, assert_page, get, link, times, url};
use vezne_core::model::channel::{Channel, ChannelBank, FieldKind, FieldOption, FormField};
use vezne_core::model::commission::Commission;
use vezne_core::model::merchant::{MerchantStatus, Mode};
use vezne_core::port::Clock as _;
use vezne_web::{Peer, WebSettings};

/// An account number that nobody has, at a bank that is known.
const GARANTI: &str = "TR620006200000000000006298";

/// A channel with a field of every kind, and labels that a browser must not run.
fn rich_channel() -> Channel {
    let shown = |field: FormField, label: &str| FormField {
        label: label.to_owned(),
        placeholder: "\"><script>alert(2)</script>".to_owned(),
        ..field
    };
    let option =
        |value: &str, label: &str| FieldOption { value: value.into(), label: label.into() };
    let purpose = FormField {
        options: vec![option("a\"b", "<b>A</b>"), option("c", "C")],
        ..field("purpose", FieldKind::Select, false, &[])
    };
    Channel {
        name: "Bank & <script>alert(0)</script>".to_owned(),
        banks: vec![ChannelBank { id: 7, name: "<i>Bank</i>".to_owned() }],
        fields: vec![
            shown(field("bank_no", FieldKind::Input, true, &["iban"]), "<script>alert(1)</script>"),
            field("bank_id", FieldKind::Bank, true, &["required"]),
            field("bank_account", FieldKind::Input, true, &["max:20"]),
            field("tckn", FieldKind::Input, false, &["tckn"]),
            field("mail", FieldKind::Input, false, &["email"]),
            field("phone", FieldKind::Input, false, &["phone"]),
            field("pin", FieldKind::Input, false, &["digits:6"]),
            field("x.y-z", FieldKind::Input, false, &["iban"]),
            field("amount", FieldKind::Input, true, &["integer"]),
            shown(purpose, "Purpose"),
        ],
        ..iban_channel()
    }
}

#[tokio::test]
async fn every_field_is_there_once_and_nothing_of_it_runs() {
    let desk = open().await;
    put(&desk, rich_channel()).await;
    let page = get(&desk, &url(&desk, &link("A-1")).await, &[]).await;
    assert_page(&page, 200, "<form id=\"pay-out\" method=\"post\"");
    let names =
        ["bank_no", "bank_id", "bank_account", "tckn", "mail", "phone", "pin", "x.y-z", "purpose"];
    for name in names {
        for text in [
            format!("id=\"field-{name}\" name=\"{name}\""),
            format!("<label for=\"field-{name}\">"),
            format!("<p id=\"error-{name}\" class=\"error\"></p>"),
        ] {
            assert_eq!(times(&page, &text), 1, "{text} in {}", page.body);
        }
    }
    assert_eq!(times(&page, "name=\"amount\""), 0, "the link fixes the amount");
    assert_eq!(times(&page, "<script"), 1, "{}", page.body);
    for wrong in ["<b>", "<i>", "a\"b"] {
        assert!(!page.body.contains(wrong), "{wrong} in {}", page.body);
    }
    for once in ["id=\"bank-echo\"", "id=\"submit\"", "id=\"errors\"", "<h1>"] {
        assert_eq!(times(&page, once), 1, "{once}");
    }
    for help in [
        "maxlength=\"62\"", // 50 characters and the spaces between the groups of an IBAN
        "maxlength=\"20\"",
        "data-digits=\"11\"",
        "data-digits=\"6\"",
        "inputmode=\"numeric\"",
        "type=\"email\"",
        "type=\"tel\"",
        "autocomplete=\"name\"",
        "<option value=\"7\">",
        "aria-describedby=\"error-bank_no bank-echo\"",
        "aria-labelledby=\"errors-title\" hidden>",
    ] {
        assert!(page.body.contains(help), "{help} is not in {}", page.body);
    }
}

#[tokio::test]
async fn amount_commission_and_net_stand_above_the_form() {
    let desk = of(|merchant| {
        let mut terms = merchant.terms.iter_mut();
        let terms = terms.find(|terms| terms.channel.as_str() == "vn-iban").expect("terms");
        terms.receiver_commission = Commission { percent_ppm: 15_000, ..Commission::default() };
    })
    .await;
    let page = get(&desk, &url(&desk, &link("A-1")).await, &[]).await;
    for figure in [
        "<dd id=\"amount\">250000 VND</dd>",
        "<dd id=\"commission\">3750 VND</dd>",
        "<dd id=\"net\">246250 VND</dd>",
    ] {
        assert_page(&page, 200, figure);
    }
    assert_page(&page, 200, "Sample");
    assert_page(&page, 200, "Korea Withdrawal");
}

#[tokio::test]
async fn the_language_is_the_visitors_then_the_links_then_the_browsers() {
    let desk = open().await;
    let plain = url(&desk, &link("A-1")).await;
    let english = url(&desk, &link("A-1").set("lang", "en")).await;
    let browser = [("accept-language", "en-GB,en;q=0.9")];
    for (path, headers, code, title) in [
        (plain.clone(), &[][..], "tr", "Ödemenizi alın"),
        (plain.clone(), &browser[..], "en", "Receive your payment"),
        (english.clone(), &[("accept-language", "tr")][..], "en", "Receive your payment"),
        (format!("{english}?lang=tr"), &browser[..], "tr", "Ödemenizi alın"),
        (format!("{plain}?lang=en"), &[][..], "en", "Receive your payment"),
        (format!("{plain}?lang=de"), &[][..], "tr", "Ödemenizi alın"),
    ] {
        let page = get(&desk, &path, headers).await;
        assert_page(&page, 200, &format!("<html lang=\"{code}\">"));
        assert_page(&page, 200, title);
        for id in ["id=\"lang-tr\" href=\"?lang=tr\"", "id=\"lang-en\" href=\"?lang=en\""] {
            assert_eq!(times(&page, id), 1);
        }
    }
}

#[tokio::test]
async fn every_page_has_the_same_strict_head() {
    let desk = open().await;
    let path = url(&desk, &link("A-1")).await;
    for path in [path.as_str(), "/pay-out/nothing"] {
        let page = get(&desk, path, &[]).await;
        let header = |name: &str| page.headers.get(name).expect(name).to_str().expect("text");
        assert_eq!(
            header("content-security-policy"),
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
             form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        );
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("content-type"), "text/html; charset=utf-8");
        for inline in [" style=", "<style", " onclick", "javascript:"] {
            assert!(!page.body.contains(inline), "{inline}");
        }
    }
    for (name, kind) in [("form.js", "text/javascript"), ("form.css", "text/css")] {
        let file = get(&desk, &format!("/pay-out/assets/{name}"), &[]).await;
        assert_eq!(file.status.as_u16(), 200);
        assert!(file.headers["content-type"].to_str().expect("text").starts_with(kind));
        assert_eq!(file.headers["x-content-type-options"], "nosniff");
    }
    let put = axum::http::Request::put(&path).body(axum::body::Body::empty()).expect("a request");
    assert_eq!(desk.send(put).await.status.as_u16(), 405);
}

#[tokio::test]
async fn the_bank_of_an_iban_is_shown_back() {
    for (mode, iban, expected) in [
        (Mode::Sandbox, GARANTI, "{\"valid\":true,\"bank\":\""),
        (Mode::Live, IBAN, "{\"valid\":true,\"bank\":null}"),
        (Mode::Live, "tr62%200006%202000%200000%200000%200062%2098", "{\"valid\":true,\"bank\":\""),
        (Mode::Live, "TR620006200000000000006297", "{\"valid\":false,\"bank\":null}"),
        (Mode::Sandbox, "TR620006200000000000006297", "{\"valid\":true,\"bank\":\""),
        (Mode::Live, "DE89370400440532013000", "{\"valid\":true,\"bank\":null}"),
        (Mode::Sandbox, "", "{\"valid\":false,\"bank\":null}"),
        (Mode::Sandbox, "%00%ff", "{\"valid\":false,\"bank\":null}"),
    ] {
        let desk = of(|merchant| merchant.mode = mode).await;
        let path = url(&desk, &link("A-1")).await;
        let answer = get(&desk, &format!("{path}/bank?iban={iban}"), &[]).await;
        assert!(answer.body.starts_with(expected), "{iban}: {}", answer.body);
        assert_eq!(answer.headers["content-type"], "application/json");
        assert_eq!(answer.headers["cache-control"], "no-store");
    }
}

/// Otherwise whoever has a link could have all that its merchant may ask for.
#[tokio::test]
async fn visits_count_against_their_address_and_never_against_the_merchant() {
    let settings = WebSettings { visits_per_minute: 4, ..WebSettings::default() };
    let desk = with(settings, |merchant| merchant.requests_per_second = Some(2)).await;
    let short = url(&desk, &link("A-0").set("expires_in", "60")).await;
    let path = url(&desk, &link("A-1").set("expires_in", "86400")).await;
    desk.clock.step(Duration::from_secs(7 * 86_400 + 60));
    let fresh =
        url(&desk, &link("A-2").set("timestamp", &desk.clock.now().seconds().to_string())).await;
    // One that is forgotten costs nobody anything.
    for _ in 0..10 {
        assert_eq!(get(&desk, &short, &[]).await.status.as_u16(), 410);
    }
    let bank = format!("{fresh}/bank?iban={IBAN}");
    let mut last = 200;
    for _ in 0..5 {
        last = get(&desk, &bank, &[]).await.status.as_u16();
    }
    assert_eq!(last, 429);
    assert_page(&get(&desk, &fresh, &[]).await, 429, "biraz bekleyin");
    assert_page(&get(&desk, &path, &[]).await, 429, "biraz bekleyin");
    // The merchant's own calls, and whoever comes from elsewhere, go on.
    let balance =
        Order::of(&[("uid", UID), ("timestamp", &desk.clock.now().seconds().to_string())]);
    assert_eq!(status(&desk.post("/balance/query", balance.signed()).await), 10000);
    let request = Request::get(&bank).extension(Peer(([192, 0, 2, 2], 4711).into()));
    let other = desk.send(request.body(Body::empty()).expect("a request")).await;
    assert_eq!(other.status.as_u16(), 200);
    desk.clock.step(Duration::from_secs(60));
    assert_eq!(get(&desk, &bank, &[]).await.status.as_u16(), 200);
}

#[tokio::test]
async fn no_form_is_shown_that_leads_nowhere() {
    let desk = open().await;
    let path = url(&desk, &link("A-1")).await;
    desk.edit(|merchant| merchant.status = MerchantStatus::Suspended).await;
    assert_page(&get(&desk, &format!("{path}?lang=en"), &[]).await, 409, "cannot make payments");
    desk.edit(|merchant| {
        merchant.status = MerchantStatus::Active;
        merchant.terms.clear();
    })
    .await;
    assert_page(&get(&desk, &format!("{path}?lang=en"), &[]).await, 409, "not available");
}
