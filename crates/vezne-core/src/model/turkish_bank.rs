//! The banks that Turkish IBANs belong to, and what people write when they mean one.
//!
//! A merchant may name the beneficiary's bank beside the IBAN. The IBAN decides where the money
//! goes, so a name that fits another bank is worth a person's look. The table and its sources are
//! in `turkish_bank/banks.tsv`.

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

#[cfg(test)]
mod tests;

const TABLE: &str = include_str!("turkish_bank/banks.tsv");

/// What separates the further names of a bank in the table.
const BETWEEN_NAMES: &str = "; ";

/// The most bytes of a text that [`named`] looks at: several times the longest name.
const MAX_TEXT: usize = 256;

/// The forms of a company, as they stand at the end of its name.
const COMPANY: [&str; 9] =
    ["as", "tas", "ao", "tao", "anonim", "sirketi", "ortakligi", "spa", "na"];

/// What stands before a name and does not tell banks apart.
const HOME: [&str; 5] = ["turkiye", "cumhuriyeti", "cumhuriyet", "tc", "t"];

/// The word for a bank. The longest comes first, as the shorter ones begin it.
const BANK: [&str; 3] = ["bankasi", "banka", "bank"];

/// A bank, a participation bank or another institution that issues IBANs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TurkishBank {
    /// Its five digits in an IBAN.
    pub code: &'static str,
    /// Its registered name.
    pub name: &'static str,
    /// What people call it.
    pub short: &'static str,
    others: &'static str,
    /// What vouches for the code; the head of the table explains the words.
    pub source: &'static str,
}

impl TurkishBank {
    /// Every name that means this bank, former ones as well.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        let others = self.others.split(BETWEEN_NAMES).filter(|name| !name.is_empty());
        [self.name, self.short].into_iter().chain(others)
    }

    fn read(line: &'static str) -> Option<Self> {
        let mut fields = line.split('\t');
        let mut next = || fields.next();
        let (code, name, short) = (next()?, next()?, next()?);
        Some(Self { code, name, short, others: next()?, source: next()? })
    }
}

static BANKS: LazyLock<Vec<TurkishBank>> =
    LazyLock::new(|| lines().filter_map(TurkishBank::read).collect());

fn lines() -> impl Iterator<Item = &'static str> {
    TABLE.lines().filter(|line| !line.starts_with('#'))
}

/// The banks we know, by code.
pub fn all() -> &'static [TurkishBank] {
    &BANKS
}

/// The bank that a Turkish IBAN belongs to. Spaces and case do not matter, nor does what follows
/// the bank's code: the sample IBANs of a sandbox are too short.
pub fn of_iban(iban: &str) -> Option<&'static TurkishBank> {
    let head: String = iban.chars().filter(|letter| !letter.is_whitespace()).take(9).collect();
    let (country, rest) = head.split_at_checked(2)?;
    let (check, code) = rest.split_at_checked(2)?;
    let is_turkish =
        country.eq_ignore_ascii_case("TR") && check.bytes().all(|byte| byte.is_ascii_digit());
    all().iter().find(|bank| is_turkish && bank.code == code)
}

/// The bank that a text means, whether it writes the registered name, a short or a former one.
/// Case, diacritics, punctuation, spaces, the company's form and the words for Türkiye and for a
/// bank do not matter. `None` when no bank fits, or more than one.
pub fn named(text: &str) -> Option<&'static TurkishBank> {
    if text.len() > MAX_TEXT {
        return None;
    }
    let words = words(text);
    let known = INDEX.whole.get(&words.concat()).or_else(|| INDEX.bare.get(&bare(&words)?));
    *known?
}

/// A text that names another bank than the one the IBAN belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BankMismatch {
    /// The bank that the text means.
    pub named: &'static TurkishBank,
    /// The bank that gets the money.
    pub of_iban: &'static TurkishBank,
}

/// Compares a text with an IBAN. `None` when they agree, or when either is not known.
pub fn mismatch(iban: &str, text: &str) -> Option<BankMismatch> {
    let (named, of_iban) = (named(text)?, of_iban(iban)?);
    (named.code != of_iban.code).then_some(BankMismatch { named, of_iban })
}

impl fmt::Display for BankMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (named, of_iban) = (self.named.short, self.of_iban.short);
        write!(f, "the bank was named as {named}, but the IBAN belongs to {of_iban}")
    }
}

/// Names by their key. A key that fits more than one bank has none.
type Names = HashMap<String, Option<&'static TurkishBank>>;

struct Index {
    /// By all of a name but the company's form.
    whole: Names,
    /// By what is left without the words that most names share. Apart from the whole names, since
    /// "Finansbank" and "Türkiye Finans" are two banks and the same bare name.
    bare: Names,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut index = Index { whole: Names::new(), bare: Names::new() };
    let names = all().iter().flat_map(|bank| bank.names().map(move |name| (bank, name)));
    for (bank, name) in names {
        let words = words(name);
        add(&mut index.whole, words.concat(), bank);
        if let Some(bare) = bare(&words) {
            add(&mut index.bare, bare, bank);
        }
    }
    index
});

fn add(names: &mut Names, key: String, bank: &'static TurkishBank) {
    let entry = names.entry(key).or_insert(Some(bank));
    *entry = entry.filter(|known| *known == bank);
}

/// The words of a name in plain letters, without the company's form. Initials become one word, so
/// that "T. C." is "TC" and "T.A.Ş." is "TAŞ".
fn words(text: &str) -> Vec<String> {
    let plain: String = text.chars().filter(|letter| !is_mark(*letter)).map(plain).collect();
    let mut words: Vec<String> = Vec::new();
    let mut initials = false;
    // "ve" is "and": some write an ampersand for it, or nothing.
    for word in plain.split(' ').filter(|word| !word.is_empty() && *word != "ve") {
        let initial = word.len() == 1;
        match words.last_mut().filter(|_| initial && initials) {
            Some(last) => last.push_str(word),
            None => words.push(word.to_owned()),
        }
        initials = initial;
    }
    while words.last().is_some_and(|last| COMPANY.contains(&last.as_str())) {
        words.pop();
    }
    words
}

/// What sets the name apart. `None` when next to nothing does: a single letter is no name.
fn bare(words: &[String]) -> Option<String> {
    let is_home = |word: &&String| HOME.contains(&word.as_str());
    let is_bank = |word: &&String| BANK.contains(&word.as_str());
    let apart = words.iter().skip_while(is_home).filter(|word| !is_bank(word));
    let name = apart.map(String::as_str).collect::<String>();
    let name = BANK.iter().find_map(|bank| name.strip_suffix(bank)).unwrap_or(&name);
    (name.len() > 1).then(|| name.to_owned())
}

/// A combining accent, cedilla, breve or dot: the letter before it stands for both.
fn is_mark(letter: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&letter)
}

/// The letter without case and diacritics, or a space for what is no letter. Spelled out, because
/// the case mapping of Unicode turns neither I into ı nor İ into a plain i.
fn plain(letter: char) -> char {
    match letter {
        'I' | 'İ' | 'ı' | 'î' | 'Î' => 'i',
        'Ş' | 'ş' => 's',
        'Ğ' | 'ğ' => 'g',
        'Ç' | 'ç' => 'c',
        'Ö' | 'ö' => 'o',
        'Ü' | 'ü' | 'Û' | 'û' => 'u',
        'Â' | 'â' => 'a',
        'É' | 'é' => 'e',
        letter if letter.is_ascii_alphanumeric() => letter.to_ascii_lowercase(),
        _ => ' ',
    }
}
