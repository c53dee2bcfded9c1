//! Room: who gets how many places, said as lists of lines.

use crate::engine::room::{Errand, Line, Room};
use crate::model::identifier::MerchantId;

/// A line in words: `1 bank` sends, `1 bank?` asks.
fn line(words: &str) -> Line {
    let (merchant, rail) = words.split_once(' ').expect("a merchant and a rail");
    let (rail, errand) = match rail.strip_suffix('?') {
        Some(rail) => (rail, Errand::Query),
        None => (rail, Errand::Send),
    };
    let merchant = MerchantId(merchant.parse().expect("a number"));
    Line { merchant, rail: rail.into(), errand }
}

fn shares(room: &Room, lines: &[&str]) -> Vec<usize> {
    room.shares(&lines.iter().map(|words| line(words)).collect::<Vec<_>>())
}

/// Room for ten with each rail and six of a merchant, some of it taken.
fn taken(lines: &[(&str, usize)]) -> Room {
    let mut room = Room::new(10, 6);
    for (words, times) in lines {
        (0..*times).for_each(|_| room.occupy(&line(words)));
    }
    room
}

#[test]
fn places_go_round() {
    for (under_way, lines, expected) in [
        // One alone gets half, and what is left is for others.
        (&[][..], &["1 bank"][..], &[5][..]),
        (&[], &["1 bank", "2 bank"], &[3, 2]),
        (&[], &["1 bank", "2 bank", "3 bank"], &[2, 2, 1]),
        // With half of them taken, those that have none get one.
        (&[("1 bank", 6)], &["1 bank", "2 bank", "3 bank"], &[0, 1, 1]),
        (&[("1 bank", 6), ("2 bank", 1)], &["1 bank", "2 bank", "3 bank"], &[0, 0, 1]),
        // No more than the rail has, whoever waits.
        (&[("1 bank", 6), ("2 bank", 2), ("3 bank", 2)], &["4 bank", "5 bank"], &[0, 0]),
        // A full rail holds up no other, and sends hold up no questions.
        (&[("1 bank", 10)], &["1 bank", "1 card", "1 bank?"], &[0, 5, 5]),
        // Two lines of one merchant with one rail share its places.
        (&[], &["1 bank", "1 bank"], &[3, 2]),
        (&[], &[], &[]),
    ] {
        assert_eq!(shares(&taken(under_way), lines), expected, "{under_way:?} {lines:?}");
    }
}

#[test]
fn the_next_look_begins_after_the_last_one_served() {
    let mut room = taken(&[("9 bank", 8)]);
    let lines = ["1 bank", "2 bank", "3 bank", "4 bank"];
    assert_eq!(shares(&room, &lines), [1, 1, 0, 0]);
    room.serve_after(Errand::Send, MerchantId(2));
    assert_eq!(shares(&room, &lines), [0, 0, 1, 1]);
    room.serve_after(Errand::Send, MerchantId(4));
    assert_eq!(shares(&room, &lines), [1, 1, 0, 0]);
    room.serve_after(Errand::Query, MerchantId(1));
    assert_eq!(shares(&room, &lines), [1, 1, 0, 0], "questions have a turn of their own");
}

#[test]
fn places_come_back() {
    let mut room = Room::undivided(2);
    let one = line("1 bank");
    assert!(room.take(&one) && room.take(&one) && !room.take(&one));
    assert!(!room.has_free(&one.rail, Errand::Send) && room.has_free(&one.rail, Errand::Query));
    room.give_back(&one);
    assert!(room.take(&one));
    (0..3).for_each(|_| room.give_back(&one));
    assert_eq!(shares(&room, &["1 bank"]), [2], "what was never taken does not come back");
}
