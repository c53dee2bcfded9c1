//! Reading answers, with no more work than it takes to know that they are whole and say yes.

/// What an accepted payout's answer says.
pub(super) const ACCEPTED: &str = "\"code\":200,";

/// How many bytes the first answer in `received` has, once all of it is there.
///
/// # Errors
/// What the answer says if it is not what it has to: then the bench has failed.
pub(super) fn whole(received: &[u8], says: &str) -> Result<Option<usize>, String> {
    let Some(head) = find(received, b"\r\n\r\n") else { return Ok(None) };
    let (head, body) = received.split_at(head + 4);
    let length = content_length(head).ok_or_else(|| refused("no Content-Length", received))?;
    let Some(body) = body.get(..length) else { return Ok(None) };
    if !head.starts_with(b"HTTP/1.1 200 ") || find(body, says.as_bytes()).is_none() {
        return Err(refused("not accepted", received));
    }
    Ok(Some(head.len() + length))
}

fn content_length(head: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let mut lines = head.split(|byte| *byte == b'\n');
    let is_it = |line: &&[u8]| line.get(..NAME.len()).is_some_and(|n| n.eq_ignore_ascii_case(NAME));
    let line = lines.find(is_it)?;
    std::str::from_utf8(&line[NAME.len()..]).ok()?.trim().parse().ok()
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn refused(why: &str, answer: &[u8]) -> String {
    let answer = String::from_utf8_lossy(&answer[..answer.len().min(600)]).into_owned();
    format!("an answer was {why}:\n{answer}")
}
