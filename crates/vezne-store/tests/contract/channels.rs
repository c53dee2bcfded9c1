//! Channels: every part of them is kept, now and after a restart.

use vezne_core::engine::Failure;
use vezne_core::engine::channel::{PutChannel, RemoveChannel};
use vezne_core::model::approval::Actor;
use vezne_core::model::callback::CallbackTarget;
use vezne_core::model::channel::{
    AccountKind, Channel, ChannelBank, FieldKind, FieldOption, FormField, built_in,
};
use vezne_core::model::limit::AmountLimit;

use crate::support::{Backend, World, submission};

/// A channel in which no part has its usual value.
pub(crate) fn full() -> Channel {
    let option = |value: &str| FieldOption { value: value.into(), label: format!("{value} hesap") };
    let field = |name: &str, kind, options: &[&str]| FormField {
        name: name.to_owned(),
        label: format!("Label of {name}"),
        kind,
        required: kind == FieldKind::Bank,
        max_length: 50,
        placeholder: "Lütfen seçin".to_owned(),
        options: options.iter().map(|value| option(value)).collect(),
        rules: ["string", "regex:[A-Z]{2}\n?"].map(str::to_owned).into(),
    };
    let banks = [(9, "우리은행"), (2, "KB Kookmin Bank")];
    Channel {
        code: "kr-bank".into(),
        pay_code: Some("1004".to_owned()),
        name: "Korea Withdrawal".to_owned(),
        description: "Withdrawal through Korea payment".to_owned(),
        currency: "KWD".parse().expect("a currency"),
        decimals: 2,
        amount: AmountLimit { minimum_minor: Some(5), maximum_minor: Some(900) },
        account: AccountKind::Free,
        banks: banks.map(|(id, name)| ChannelBank { id, name: name.to_owned() }).into(),
        fields: vec![
            field("z_first", FieldKind::Select, &["vadeli", "vadesiz"]),
            field("bank_id", FieldKind::Bank, &[]),
            field("a_last", FieldKind::Input, &[]),
        ],
    }
}

pub(crate) fn put(channel: Channel) -> PutChannel {
    PutChannel { channel, by: Actor::System }
}

fn kept<B: Backend>(world: &World<B>, code: &str) -> Option<Channel> {
    world.store.directory().channel(&code.into()).map(|channel| Channel::clone(channel))
}

pub(crate) async fn every_part_reads_back<B: Backend>() {
    let world = World::<B>::empty().await;
    world.must(put(full())).await;
    assert_eq!(kept(&world, "kr-bank"), Some(full()));
    let world = world.reopen().await;
    assert_eq!(kept(&world, "kr-bank"), Some(full()));
    let directory = world.store.directory();
    assert_eq!(directory.channel_by_pay_code("1004").map(|found| (**found).clone()), Some(full()));
    assert_eq!(directory.channels().count(), 7);
    drop(directory);
    world.finish().await;
}

pub(crate) async fn a_change_replaces_everything<B: Backend>() {
    let world = World::<B>::empty().await;
    let papara = built_in().nth(1).expect("there are six");
    let changed = Channel { pay_code: Some("7".to_owned()), ..papara };
    let plain = Channel { banks: Vec::new(), fields: Vec::new(), ..full() };
    world.group(vec![put(full()), put(plain.clone()), put(changed.clone())]).await;
    let world = world.reopen().await;
    assert_eq!(kept(&world, "kr-bank"), Some(plain));
    assert_eq!(kept(&world, "papara"), Some(changed));
    world.finish().await;
}

pub(crate) async fn a_removed_channel_stays_away<B: Backend>() {
    let world = World::<B>::empty().await;
    world.must(put(full())).await;
    let remove = || RemoveChannel { channel: "kr-bank".into(), by: Actor::System };
    world.must(remove()).await;
    assert_eq!(kept(&world, "kr-bank"), None);
    let world = world.reopen().await;
    assert_eq!(kept(&world, "kr-bank"), None);
    assert!(matches!(world.run(remove()).await, Err(Failure::Refused(_))));
    world.must(put(full())).await;
    world.finish().await;
}

pub(crate) async fn where_callbacks_go_reads_back<B: Backend>() {
    let world = World::<B>::new().await;
    let targets = [
        CallbackTarget::Merchant,
        CallbackTarget::Nowhere,
        CallbackTarget::Endpoint("url:refunds".to_owned()),
        CallbackTarget::Url("https://shop.example/notify?a=1".to_owned()),
    ];
    let mut ids = Vec::new();
    for (at, callback_to) in targets.iter().cloned().enumerate() {
        let details = submission(&format!("ref-{at}"), 100);
        let command =
            world.command(vezne_core::engine::submit::Submission { callback_to, ..details });
        ids.push(world.must(command).await.payout);
    }
    let world = world.reopen().await;
    for (id, target) in ids.into_iter().zip(targets) {
        assert_eq!(world.payout(id).await.callback_to, target);
    }
    world.finish().await;
}
