//! Payouts as rows. What identifies a person, and the dialect's note, are sealed together in one
//! value, because sealing costs by the piece.

use std::borrow::Cow;

use vezne_core::engine::view::{FirstAnswer, View};
use vezne_core::model::beneficiary::Beneficiary;
use vezne_core::model::callback::CallbackTarget;
use vezne_core::model::identifier::{MerchantId, PayoutId};
use vezne_core::model::money::{Currency, Money};
use vezne_core::model::payout::{ContentDigest, MerchantReference, Payout};
use vezne_core::model::personal::Personal;
use vezne_core::model::unread::Unread;
use zeroize::Zeroizing;

use super::{
    Result, Row, StoreError, currency, digest, get, ledger, moment, money, of_one_row,
    optional_bytes, optional_text, sealed, state, text,
};
use crate::rail_key;
use crate::seal::{Place, Sealer};

/// The columns of a payout before those of its state, in the order they are read in.
const COLUMNS: &str = "id, merchant_id, dialect, reference, scope, content, channel, currency, \
     amount_minor, commission_minor, name, account, bank, private, created_at, updated_at, \
     receiver_commission_minor, bank_name, callback_to, rail_key, trust, seal, set_aside_at";
const SEAL: usize = 21;
const SET_ASIDE: usize = 22;
pub(super) const STATE_FIRST: usize = 23;

const fn place(id: i64) -> Place {
    Place::new("payout", "private", id)
}

/// The scope as it stands in a unique index, where null would be equal to nothing.
pub(crate) fn scope(reference: &MerchantReference) -> &str {
    reference.scope.as_ref().map_or("", |channel| channel.as_str())
}

/// The reference that rails know a new payout by.
pub(crate) fn rail_key(sealer: &Sealer, payout: &Payout) -> String {
    rail_key::derived(sealer, payout.merchant, scope(&payout.reference), &payout.reference.text)
}

/// A query for whole payouts; `rest` is what follows `FROM payout`.
pub(crate) fn select(rest: &str) -> String {
    format!("SELECT {COLUMNS}, {} FROM payout {rest}", state::COLUMNS)
}

/// The reason of what is booked of a payout beside its hold; nothing while its money is set aside.
/// Of both a settlement and a return it is the return, whose code comes first. Entries are looked
/// for from a day before the payout was accepted, which no clock of a node is behind, so that the
/// months before that are left alone.
const BOOKED: &str = "(SELECT min(posting.reason) FROM posting \
     WHERE posting.payout_id = payout.id AND posting.reason <> 'hold' \
     AND posting.at >= payout.created_at - 86400000000) AS booked";
const BOOKED_AT: usize = STATE_FIRST + state::COUNT;

/// As [`select`], for a group that may move what it finds: with what is booked of each.
pub(crate) fn select_to_move(rest: &str) -> String {
    format!("SELECT {COLUMNS}, {}, {BOOKED} FROM payout {rest}", state::COLUMNS)
}

/// When a row of [`select`] is due, if it is at all.
pub(crate) fn due_at(row: &impl Row) -> Result<Option<i64>> {
    get(row, STATE_FIRST + 1)
}

/// A payout, or why its row does not read.
pub(crate) type Read = std::result::Result<Payout, Unread>;

/// Reads a row of [`select`] that must not keep others from being read.
pub(crate) fn read_one_of_many(row: &impl Row, sealer: &Sealer) -> Result<Read> {
    let set_aside = get::<Option<i64>>(row, SET_ASIDE)?.is_some();
    of_one_row(get(row, 0)?, set_aside, read(row, sealer))
}

/// A payout as a group may see it, and why it must not be moved.
pub(crate) struct Look {
    pub(crate) payout: Option<Payout>,
    pub(crate) unread: Option<Unread>,
    /// What was answered about one that does not read: all that a repeat of its request needs.
    pub(crate) first: Option<FirstAnswer>,
}

impl Look {
    /// Shows it to a group.
    pub(crate) fn show(self, view: &mut View) {
        let id = self.unread.as_ref().map(|unread| PayoutId(unread.id));
        view.first_answers.extend(id.zip(self.first));
        view.show_payout(self.payout, self.unread);
    }

    /// The id of one that may be moved.
    pub(crate) fn movable(&self) -> Option<PayoutId> {
        self.payout.as_ref().filter(|_| self.unread.is_none()).map(|payout| payout.id)
    }
}

/// Reads a row of [`select_to_move`] for a group that may move it.
pub(crate) fn look(row: &impl Row, sealer: &Sealer) -> Result<Look> {
    let set_aside = get::<Option<i64>>(row, SET_ASIDE)?.is_some();
    let payout = read(row, sealer).and_then(|payout| with_its_books(row, payout));
    Ok(match of_one_row(get(row, 0)?, set_aside, payout)? {
        Err(unread) => Look { payout: None, unread: Some(unread), first: first_answer(row).ok() },
        Ok(payout) => {
            let why = sealed::unconfirmed(&payout, optional_bytes(row, SEAL)?);
            let unread = why.map(|why| Unread { id: payout.id.0, why, set_aside });
            Look { payout: Some(payout), unread, first: None }
        }
    })
}

/// The seal in a row of [`select`], right or wrong.
pub(crate) fn seal_in(row: &impl Row) -> Result<Option<Vec<u8>>> {
    Ok(optional_bytes(row, SEAL)?.map(<[u8]>::to_vec))
}

/// Refuses a payout whose books went further than it says. Its own seal of an earlier time is as
/// good as that of now, and the books are what tells them apart.
fn with_its_books(row: &impl Row, payout: Payout) -> Result<Payout> {
    let booked = optional_text(row, BOOKED_AT)?.map(ledger::read_reason).transpose()?;
    if !booked.is_some_and(|booked| payout.state.is_behind(booked)) {
        return Ok(payout);
    }
    let (id, state) = (payout.id, payout.state.code());
    Err(StoreError::Altered(format!("payout {id} is {state}, and its books say that it ended")))
}

/// Reads a row of [`select`]. It must bear the seal of what it says.
pub(crate) fn read(row: &impl Row, sealer: &Sealer) -> Result<Payout> {
    let payout = unpack(row, sealer)?;
    sealed::check(sealer, &payout, optional_bytes(row, SEAL)?)?;
    Ok(payout)
}

/// Reads a row of [`select`], whatever its seal.
pub(crate) fn unpack(row: &impl Row, sealer: &Sealer) -> Result<Payout> {
    let (id, currency) = (get(row, 0)?, currency(row, 7)?);
    let scope = Some(text(row, 4)?).filter(|scope| !scope.is_empty()).map(Into::into);
    let private = Private::open(sealer, id, optional_bytes(row, 13)?)?;
    let (identity, birth_date) = (private.identity, private.birth_date);
    let (name, account, bank) = (get(row, 10)?, get(row, 11)?, get(row, 12)?);
    let bank_name = get(row, 17)?;
    let created_at = moment(row, 14)?;
    let rail_key = optional_text(row, 19)?.map(str::to_owned);
    Ok(Payout {
        id: PayoutId(id),
        merchant: MerchantId(get(row, 1)?),
        dialect: text(row, 2)?.into(),
        reference: MerchantReference { text: get(row, 3)?, scope },
        content: ContentDigest(digest(row, 5)?),
        channel: text(row, 6)?.into(),
        amount: money(row, 8, currency)?,
        commission: money(row, 9, currency)?,
        receiver_commission: receiver_commission(row, currency)?,
        beneficiary: Beneficiary { name, account, bank, bank_name, identity, birth_date },
        note: private.note,
        callback_to: read_target(optional_text(row, 18)?),
        rail_key: Some(rail_key.unwrap_or_else(|| rail_key::dated(id, created_at))),
        trust: get(row, 20)?,
        created_at,
        updated_at: moment(row, 15)?,
        state: state::read(row, STATE_FIRST)?,
    })
}

/// What was answered when the payout in a row of [`select`] was accepted. It is there also where
/// what is sealed, or the state, does not read; but what such a row says refuses nothing.
pub(crate) fn first_answer(row: &impl Row) -> Result<FirstAnswer> {
    let currency = currency(row, 7)?;
    Ok(FirstAnswer {
        content: ContentDigest(digest(row, 5)?),
        created_at: moment(row, 14)?,
        commission: money(row, 9, currency)?,
        receiver_commission: receiver_commission(row, currency)?,
        is_sound: false,
    })
}

/// The columns of what is left of a payout whose month was taken out.
pub(crate) const TAKEN: &str =
    "payout_id, content, created_at, currency, commission_minor, receiver_commission_minor";

/// What was answered about the payout in a row of [`TAKEN`].
pub(crate) fn taken_answer(row: &impl Row) -> Result<FirstAnswer> {
    let currency = currency(row, 3)?;
    Ok(FirstAnswer {
        content: ContentDigest(digest(row, 1)?),
        created_at: moment(row, 2)?,
        commission: money(row, 4, currency)?,
        receiver_commission: money(row, 5, currency)?,
        is_sound: true,
    })
}

/// What the beneficiary bears; nothing stands for nothing.
fn receiver_commission(row: &impl Row, currency: Currency) -> Result<Money> {
    let minor: Option<i64> = get(row, 16)?;
    Ok(Money::new(minor.unwrap_or(0), currency))
}

/// Null for the merchant's URL, which is what nearly every payout has. A URL of the request's own
/// comes after a space, which the name of an endpoint never has.
pub(crate) fn target_code(target: &CallbackTarget) -> Option<Cow<'_, str>> {
    match target {
        CallbackTarget::Merchant => None,
        CallbackTarget::Nowhere => Some("".into()),
        CallbackTarget::Endpoint(name) => Some(name.into()),
        CallbackTarget::Url(url) => Some(format!(" {url}").into()),
    }
}

fn read_target(code: Option<&str>) -> CallbackTarget {
    match code {
        None => CallbackTarget::Merchant,
        Some("") => CallbackTarget::Nowhere,
        Some(code) => match code.strip_prefix(' ') {
            Some(url) => CallbackTarget::Url(url.to_owned()),
            None => CallbackTarget::Endpoint(code.to_owned()),
        },
    }
}

/// What is sealed of a payout.
#[derive(Default)]
struct Private {
    identity: Option<Personal>,
    birth_date: Option<Personal>,
    note: Vec<u8>,
}

/// Length that marks a fact as absent.
const ABSENT: u16 = u16::MAX;

/// Two facts, each after its length, and then the note. Null when there is nothing of it.
pub(crate) fn seal_private(sealer: &Sealer, payout: &Payout) -> Result<Option<Vec<u8>>> {
    let Beneficiary { identity, birth_date, .. } = &payout.beneficiary;
    if identity.is_none() && birth_date.is_none() && payout.note.is_empty() {
        return Ok(None);
    }
    let mut plain = Zeroizing::new(Vec::with_capacity(64 + payout.note.len()));
    for fact in [identity, birth_date] {
        let text = fact.as_ref().map_or("", Personal::expose);
        let length = u16::try_from(text.len()).ok().filter(|length| *length < ABSENT);
        let too_long = || StoreError::Broken("a personal fact of 64 KiB".to_owned());
        let length = length.ok_or_else(too_long)?;
        let length = if fact.is_some() { length } else { ABSENT };
        plain.extend_from_slice(&length.to_le_bytes());
        plain.extend_from_slice(text.as_bytes());
    }
    plain.extend_from_slice(&payout.note);
    Ok(Some(sealer.seal(place(payout.id.0), &plain)?))
}

impl Private {
    fn open(sealer: &Sealer, id: i64, sealed: Option<&[u8]>) -> Result<Self> {
        let Some(sealed) = sealed else { return Ok(Self::default()) };
        let plain = sealer.open(place(id), sealed)?;
        let parsed = take_fact(&plain).and_then(|(identity, rest)| {
            let (birth_date, note) = take_fact(rest)?;
            Some(Self { identity, birth_date, note: note.to_vec() })
        });
        parsed.ok_or_else(|| StoreError::Broken(format!("{} is cut short", place(id))))
    }
}

fn take_fact(bytes: &[u8]) -> Option<(Option<Personal>, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    let length = u16::from_le_bytes(*length);
    if length == ABSENT {
        return Some((None, rest));
    }
    let (text, rest) = rest.split_at_checked(usize::from(length))?;
    Some((Some(Personal::new(std::str::from_utf8(text).ok()?)), rest))
}
