//! The desk of an /applyfor merchant, with the channel of the document's sample and one to an IBAN.

use std::time::Duration;

use vezne_core::engine::channel::PutChannel;
use vezne_core::model::approval::Actor;
use vezne_core::model::channel::{AccountKind, Channel, ChannelBank, FieldKind, FormField};
use vezne_core::model::limit::AmountLimit;
use vezne_core::model::merchant::{Access, Merchant, ReferenceScope};
use vezne_core::port::Clock;
use vezne_web::WebSettings;
use vezne_wire::applyfor::{Answer as Told, BoolStyle, Envelope, Parameters, SigningKey};
use vezne_wire::json::Object;
use vezne_wire::secret::SecretText;

use super::{Answer, Desk, access, terms};

/// The account of the document's sample, and the secret of the known signatures.
pub(crate) const UID: &str = "test1";
pub(crate) const SECRET: &str = "S3cret";

/// The time of the document's sample, in seconds.
pub(crate) const SAMPLE_SECONDS: i64 = 1_758_210_270;

/// A sandbox merchant in the sample's currency, at the sample's time.
pub(crate) async fn open() -> Desk {
    of(|_| ()).await
}

pub(crate) async fn of(edit: impl FnOnce(&mut Merchant)) -> Desk {
    with(WebSettings::default(), edit).await
}

pub(crate) async fn with(settings: WebSettings, edit: impl FnOnce(&mut Merchant)) -> Desk {
    let desk = Desk::with(settings, |merchant| {
        // As after its first request.
        merchant.options.insert("sign_style".to_owned(), "key".to_owned());
        let access = access(UID, SECRET);
        merchant.access.push(Access { dialect: "applyfor".into(), ..access });
        merchant.currency = "VND".parse().expect("a currency");
        merchant.reference_scope = ReferenceScope::Merchant;
        merchant.terms.extend(["kr-bank", "vn-iban"].map(terms));
        edit(merchant);
    })
    .await;
    for channel in [sample_channel(), iban_channel()] {
        put(&desk, channel).await;
    }
    desk.clock.step(Duration::from_micros(
        u64::try_from(SAMPLE_SECONDS * 1_000_000 - desk.clock.now().micros()).expect("later"),
    ));
    desk
}

pub(crate) async fn put(desk: &Desk, channel: Channel) {
    let put = PutChannel { channel, by: Actor::System };
    desk.web.engine.run(put).await.expect("the channel is put");
}

pub(crate) fn field(name: &str, kind: FieldKind, required: bool, rules: &[&str]) -> FormField {
    FormField {
        name: name.to_owned(),
        label: name.to_owned(),
        kind,
        required,
        max_length: 50,
        placeholder: String::new(),
        options: Vec::new(),
        rules: rules.iter().map(|rule| (*rule).to_owned()).collect(),
    }
}

/// The channel of the document's sample, literally.
pub(crate) fn sample_channel() -> Channel {
    let bank = field("bank_id", FieldKind::Bank, true, &["required", "integer"]);
    let rules = ["required", "string", "max:50"];
    let holder = field("bank_account", FieldKind::Input, true, &rules);
    let shown = |field: FormField, label: &str, placeholder: &str| FormField {
        label: label.to_owned(),
        placeholder: placeholder.to_owned(),
        ..field
    };
    let bank = FormField { max_length: 100, ..bank };
    Channel {
        code: "kr-bank".into(),
        pay_code: Some("1004".to_owned()),
        name: "Korea Withdrawal".to_owned(),
        description: "Withdrawal through Korea payment".to_owned(),
        currency: "VND".parse().expect("a currency"),
        decimals: 0,
        amount: AmountLimit::default(),
        account: AccountKind::Free,
        banks: vec![ChannelBank { id: 1001, name: "KB Kookmin Bank".to_owned() }],
        fields: vec![
            shown(bank, "Bank ID", "Please select Bank ID"),
            shown(holder, "Account Holder Name", "Please enter account holder name"),
        ],
    }
}

/// A channel to an IBAN, with an identity number where there is one.
pub(crate) fn iban_channel() -> Channel {
    Channel {
        code: "vn-iban".into(),
        pay_code: Some("4001".to_owned()),
        account: AccountKind::Iban,
        banks: Vec::new(),
        fields: vec![
            field("bank_no", FieldKind::Input, true, &["required", "iban"]),
            field("tckn", FieldKind::Input, false, &["tckn"]),
        ],
        ..sample_channel()
    }
}

/// The secret as the sample merchant signs with it.
pub(crate) fn key() -> SigningKey {
    SigningKey::new(SecretText::new(SECRET))
}

/// A request as names and texts, to be changed one by one.
#[derive(Clone, Debug)]
pub(crate) struct Order(pub(crate) Vec<(String, String)>);

impl Order {
    pub(crate) fn of(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
    }

    /// An order that the sample's channel takes, made at the sample's time.
    pub(crate) fn new(orderid: &str) -> Self {
        Self::of(&[
            ("uid", UID),
            ("currency", "VND"),
            ("orderid", orderid),
            ("notify_url", "https://merchant.example/notify?a=1&b=2"),
            ("amount", "250000"),
            ("userip", "127.0.0.1"),
            ("timestamp", "1758210270"),
            ("pay_code", "1004"),
            ("bank_id", "1001"),
            ("bank_account", "Kim Minsu"),
            ("bank_no", "110-234-567890"),
        ])
    }

    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        match self.0.iter_mut().find(|(found, _)| found == name) {
            Some((_, own)) => value.clone_into(own),
            None => self.0.push((name.into(), value.into())),
        }
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(found, _)| found != name);
        self
    }

    /// As a JSON object of strings.
    fn json(&self) -> String {
        let quoted = |text: &String| text.replace('\\', "\\\\").replace('"', "\\\"");
        let member = |(name, value): &(String, String)| format!("\"{name}\":\"{}\"", quoted(value));
        format!("{{{}}}", self.0.iter().map(member).collect::<Vec<_>>().join(","))
    }

    pub(crate) fn parameters(&self) -> Parameters {
        let json = self.json();
        let object = Object::parse(json.as_bytes()).expect("an object");
        Parameters::from_json(&object, BoolStyle::Words).expect("parameters")
    }

    /// The body with this `sign`.
    pub(crate) fn with_sign(&self, sign: &str) -> String {
        self.clone().set("sign", sign).json()
    }

    pub(crate) fn signed_by(&self, key: &SigningKey) -> String {
        self.with_sign(&key.sign(&self.parameters()).expect("a signature"))
    }

    pub(crate) fn signed(&self) -> String {
        self.signed_by(&key())
    }
}

/// An answer whose signature holds.
fn verified(answer: &Answer) -> Envelope {
    let envelope = Envelope::decode(answer.body.as_bytes()).expect("an envelope");
    assert_eq!(envelope.verify(&key()), Ok(()), "{}", answer.body);
    envelope
}

/// What an answer says, once its signature is verified.
pub(crate) fn told(answer: &Answer) -> Told {
    Told::of(&verified(answer)).expect("an answer")
}

/// The status of an answer that is signed.
pub(crate) fn status(answer: &Answer) -> u32 {
    verified(answer).status
}

/// The status of an answer that must not be signed.
pub(crate) fn unsigned(answer: &Answer) -> u32 {
    let envelope = Envelope::decode(answer.body.as_bytes()).expect("an envelope");
    assert_eq!(envelope.sign, "", "{}", answer.body);
    envelope.status
}

/// Refused, signed, with this status and a message that has this word.
pub(crate) fn assert_refused(answer: &Answer, expected: u32, word: &str) {
    assert_eq!(status(answer), expected, "{word}: {}", answer.body);
    assert!(answer.body.contains(word), "{word} is not in {}", answer.body);
}

/// Accepted, signed; the `transactionid`.
pub(crate) fn accepted(answer: &Answer) -> String {
    let told = told(answer);
    assert!(matches!(told, Told::Accepted { .. }), "{told:?}");
    match told {
        Told::Accepted { transactionid } => transactionid,
        Told::Refused { message, .. } => message,
    }
}

/// Refused with 10003; the `transactionid` of the order that stands.
pub(crate) fn duplicate(answer: &Answer) -> String {
    assert_eq!(status(answer), 10003, "{}", answer.body);
    match told(answer) {
        Told::Accepted { .. } => String::new(),
        Told::Refused { transactionid, .. } => transactionid.expect("the order that stands"),
    }
}
