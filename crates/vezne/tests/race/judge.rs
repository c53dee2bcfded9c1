//! What a round must look like. Each rule names what breaks it, and is shown to below.

use crate::wire::Answer;

/// Accepted.
pub(crate) const ACCEPTED: i64 = 200;
/// The balance does not cover it.
pub(crate) const NO_BALANCE: i64 = 20026;
/// The trx stands for another withdrawal.
pub(crate) const OTHER_CONTENT: i64 = 20020;

/// The one payout of a round whose balance covers exactly one.
pub(crate) fn one_winner(answers: &[Answer]) -> Result<i64, String> {
    let winners: Vec<_> = answers.iter().filter(|answer| answer.code == ACCEPTED).collect();
    let others = answers.iter().filter(|answer| answer.code != ACCEPTED);
    if let Some(other) = others.into_iter().find(|answer| answer.code != NO_BALANCE) {
        return Err(format!("an answer with code {}", other.code));
    }
    match winners.as_slice() {
        [winner] => winner.id.ok_or_else(|| "an acceptance without an id".to_owned()),
        winners => Err(format!("{} payouts from a balance for one", winners.len())),
    }
}

/// A round whose balance covers none.
pub(crate) fn no_winner(answers: &[Answer]) -> Result<(), String> {
    match answers.iter().find(|answer| answer.code != NO_BALANCE) {
        Some(answer) => Err(format!("code {} from a balance for none", answer.code)),
        None => Ok(()),
    }
}

/// The one payout of many copies of one request: every copy is answered with the same bytes.
pub(crate) fn one_answer(answers: &[Answer]) -> Result<i64, String> {
    let Some(first) = answers.first().filter(|answer| answer.code == ACCEPTED) else {
        return Err("the first copy is not accepted".to_owned());
    };
    if answers.iter().any(|answer| answer.body != first.body) {
        return Err("two copies are answered differently".to_owned());
    }
    first.id.ok_or_else(|| "an acceptance without an id".to_owned())
}

/// Two requests under one trx, each sent many times: one of them is accepted and all its copies
/// answered alike, every copy of the other is refused.
pub(crate) fn one_content(first: &[Answer], second: &[Answer]) -> Result<i64, String> {
    let won = |answers: &[Answer]| answers.iter().any(|answer| answer.code == ACCEPTED);
    let (winner, loser) = match (won(first), won(second)) {
        (true, false) => (first, second),
        (false, true) => (second, first),
        (true, true) => return Err("both contents are accepted under one trx".to_owned()),
        (false, false) => return Err("no content is accepted".to_owned()),
    };
    match loser.iter().find(|answer| answer.code != OTHER_CONTENT) {
        Some(answer) => Err(format!("the other content is answered with code {}", answer.code)),
        None => one_answer(winner),
    }
}

/// The positive control: every rule sees what it is there for.
#[cfg(test)]
mod tests {
    use super::{
        ACCEPTED, NO_BALANCE, OTHER_CONTENT, no_winner, one_answer, one_content, one_winner,
    };
    use crate::wire::Answer;

    fn answer(code: i64, id: i64) -> Answer {
        let id = (code == ACCEPTED).then_some(id);
        Answer { code, id, body: format!("{code} {id:?}").into_bytes() }
    }

    fn round(codes: &[i64]) -> Vec<Answer> {
        codes.iter().zip(1..).map(|(code, id)| answer(*code, id)).collect()
    }

    #[test]
    fn a_round_of_one_winner_passes_and_no_other_does() {
        assert_eq!(one_winner(&round(&[NO_BALANCE, ACCEPTED, NO_BALANCE])), Ok(2));
        for (codes, complaint) in [
            (&[ACCEPTED, NO_BALANCE, ACCEPTED][..], "2 payouts from a balance for one"),
            (&[NO_BALANCE, NO_BALANCE][..], "0 payouts from a balance for one"),
            (&[ACCEPTED, 20009][..], "an answer with code 20009"),
        ] {
            assert_eq!(one_winner(&round(codes)), Err(complaint.to_owned()));
        }
    }

    #[test]
    fn a_payout_from_no_balance_is_seen() {
        assert_eq!(no_winner(&round(&[NO_BALANCE, NO_BALANCE])), Ok(()));
        assert!(no_winner(&round(&[NO_BALANCE, ACCEPTED])).is_err());
    }

    #[test]
    fn copies_that_are_answered_differently_are_seen() {
        let same = answer(ACCEPTED, 7);
        assert_eq!(one_answer(&[same.clone(), same.clone()]), Ok(7));
        for other in [answer(ACCEPTED, 8), answer(OTHER_CONTENT, 7)] {
            assert!(one_answer(&[same.clone(), other]).is_err());
        }
        assert!(one_answer(&[]).is_err());
    }

    #[test]
    fn two_contents_under_one_trx_are_seen() {
        let (won, lost) = (answer(ACCEPTED, 7), answer(OTHER_CONTENT, 7));
        let (all_won, all_lost) = ([won.clone(), won.clone()], [lost.clone(), lost.clone()]);
        assert_eq!(one_content(&all_lost, &all_won), Ok(7));
        assert!(one_content(&all_won, &all_won).is_err());
        assert!(one_content(&all_lost, &all_lost).is_err());
        assert!(one_content(&all_won, &[lost, answer(NO_BALANCE, 7)]).is_err());
        assert!(one_content(&[won, answer(ACCEPTED, 8)], &all_lost).is_err());
    }
}
