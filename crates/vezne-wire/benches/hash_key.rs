//! How long a `hash_key` takes to verify, and whether the time tells why one is refused.
//!
//! `cargo bench -p vezne-wire --bench hash_key` interleaves one bundle of each class over many
//! rounds, so that whatever the machine does falls on all classes alike. The valid class is there
//! twice, with other bundles: how far its two medians lie apart is the noise that the spread of the
//! classes is held against. `ROUNDS=20000` makes it longer; `MACHINE` is printed with the figures.
//! On two shared processors of an AMD EPYC one takes 2.4 µs; the classes in which the secret
//! matters lie 42 ns apart, the two valid ones 42 ns.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a benchmark fails by panicking, reads the clock, and documents nothing"
)]

use std::hint::black_box;
use std::time::Instant;

use vezne_wire::ccpayment::hash_key::{Expected, make, open, plaintext, verify};

const SECRET: &str = "b46a67571aa1e7ef5641dc3fa6f1712a";

const EXPECTED: Expected<'_> = Expected {
    sum_minor: 3000,
    iban: "TR330006100519786457841326",
    amount_minor: 1000,
    currency: "TRY",
    gsm: "905551112233",
};

/// Verifications of one class before the next has its turn.
const BATCH: usize = 16;

/// Bundles of one class. Many, as each costs a little of its own: a `__` more or less in it.
const BUNDLES: usize = 512;

struct Class {
    name: &'static str,
    holds: bool,
    bundles: Vec<String>,
    nanos: Vec<u128>,
}

impl Class {
    fn new(name: &'static str, holds: bool, bundle: impl Fn(&str) -> String) -> Self {
        Self::numbered(name, holds, 0, bundle)
    }

    fn numbered(
        name: &'static str,
        holds: bool,
        first: usize,
        bundle: impl Fn(&str) -> String,
    ) -> Self {
        let numbers = first..first + BUNDLES;
        let bundles = numbers.map(|number| bundle(&valid(number, SECRET))).collect();
        Self { name, holds, bundles, nanos: Vec::new() }
    }

    fn measure(&mut self, round: usize) {
        let batch = self.bundles.chunks(BATCH).nth(round % (BUNDLES / BATCH)).unwrap();
        let started = Instant::now();
        for bundle in batch {
            let holds = verify(black_box(bundle), black_box(SECRET), black_box(&EXPECTED));
            assert_eq!(holds, self.holds, "{}", self.name);
        }
        self.nanos.push(started.elapsed().as_nanos());
    }

    /// A part of a hundred of the batches, in nanoseconds a batch.
    fn percentile(&self, part: usize) -> u128 {
        let mut sorted = self.nanos.clone();
        sorted.sort_unstable();
        sorted[(sorted.len() - 1) * part / 100]
    }
}

/// A right bundle under some secret; each number has its own IV and salt.
fn valid(number: usize, secret: &str) -> String {
    let iv = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
    make(&plaintext(&EXPECTED), secret, iv, [iv[3], iv[5]])
}

/// The same IV and salt, another text.
fn of_text(bundle: &str, text: &str) -> String {
    let byte = |at: usize| u8::from_str_radix(&bundle[at..at + 2], 16).unwrap();
    make(text, SECRET, std::array::from_fn(|at| byte(2 * at)), [byte(17), byte(19)])
}

/// Decrypts to wrong padding. One in 256 would by chance be right; none of these is.
fn bad_padding(bundle: &str) -> String {
    let secrets = (0..).map(|number| format!("wrong-secret-of-the-same-size-{number:02}"));
    let mut others = secrets.map(|secret| {
        let byte = |at: usize| u8::from_str_radix(&bundle[at..at + 2], 16).unwrap();
        let iv = std::array::from_fn(|at| byte(2 * at));
        make(&plaintext(&EXPECTED), &secret, iv, [byte(17), byte(19)])
    });
    others.find(|other| open(other, SECRET).is_err()).unwrap()
}

fn classes() -> Vec<Class> {
    let wrong_fields = "31|TR330006100519786457841327|11|EUR|905551112234";
    let wrong_count = "30;TR330006100519786457841326;10;TRY;905551112233";
    vec![
        Class::new("valid", true, str::to_owned),
        Class::numbered("valid, others", true, BUNDLES, str::to_owned),
        Class::new("wrong secret, bad padding", false, bad_padding),
        Class::new("good padding, wrong fields", false, |bundle| of_text(bundle, wrong_fields)),
        Class::new("good padding, one field", false, |bundle| of_text(bundle, wrong_count)),
        Class::new("malformed: no colons", false, |bundle| bundle.replace(':', "0")),
        Class::new("truncated", false, |bundle| bundle[..bundle.len() - 8].to_owned()),
        Class::new("bad base64", false, |bundle| {
            let middle = bundle.len() / 2;
            format!("{}*{}", &bundle[..middle], &bundle[middle + 1..])
        }),
    ]
}

fn rounds() -> usize {
    std::env::var("ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5000)
}

fn main() {
    let mut classes = classes();
    let rounds = rounds();
    for round in 0..rounds {
        // Another class begins each round, so that none is always the one after the same other.
        classes.rotate_left(round % 3);
        classes.iter_mut().for_each(|class| class.measure(round));
    }
    classes.sort_by_key(|class| class.name);
    report(&classes, rounds);
}

fn report(classes: &[Class], rounds: usize) {
    println!("{}; {rounds} rounds of {BATCH}, nanoseconds for one", machine());
    println!("{:<28} {:>8} {:>8} {:>8}", "class", "median", "10%", "90%");
    let one = |nanos: u128| nanos / BATCH as u128;
    for class in classes {
        let [median, low, high] = [50, 10, 90].map(|part| one(class.percentile(part)));
        println!("{:<28} {median:>8} {low:>8} {high:>8}", class.name);
    }
    let median = |name: &str| {
        classes.iter().find(|class| class.name == name).map_or(0, |class| class.percentile(50))
    };
    let noise = median("valid").abs_diff(median("valid, others"));
    let secret = ["valid", "wrong secret, bad padding", "good padding, wrong fields"];
    let secret = secret.into_iter().chain(["good padding, one field"]).map(median);
    println!("noise (valid against itself): {} ns", one(noise));
    println!("spread where the secret matters: {} ns", one(spread(secret)));
    let all = classes.iter().map(|class| class.percentile(50));
    println!("spread of all classes: {} ns", one(spread(all)));
    let width = median_of_widths(classes);
    println!("width of one class, 10% to 90%: {} ns", one(width));
}

fn spread(medians: impl Iterator<Item = u128> + Clone) -> u128 {
    medians.clone().max().unwrap_or(0) - medians.min().unwrap_or(0)
}

fn median_of_widths(classes: &[Class]) -> u128 {
    let width = |class: &Class| class.percentile(90) - class.percentile(10);
    let mut widths: Vec<u128> = classes.iter().map(width).collect();
    widths.sort_unstable();
    widths[widths.len() / 2]
}

/// What the reader of the figures has to know. The processor's name is for the caller to give.
fn machine() -> String {
    let name = std::env::var("MACHINE").unwrap_or_else(|_| std::env::consts::ARCH.to_owned());
    let count = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{name}, {count} processors")
}
