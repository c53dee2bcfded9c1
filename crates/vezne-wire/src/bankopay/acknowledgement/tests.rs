use proptest::prelude::*;

use super::*;

fn acknowledged(message: &str) -> Acknowledgement {
    Acknowledgement::Acknowledged { message: message.into() }
}

fn refused(code: i64, message: &str) -> Acknowledgement {
    Acknowledgement::Refused { code, message: message.into() }
}

fn unknown(reason: &str) -> Acknowledgement {
    Acknowledgement::NotUnderstood { reason: reason.into() }
}

#[test]
fn only_2xx_with_code_200_acknowledges() {
    for (http, body, expected) in [
        (200, r#"{"code":200,"message":"ok"}"#, acknowledged("ok")),
        (200, r#"{"code":"200"}"#, acknowledged("")),
        (204, r#" {"message":5,"code":200,"more":[]} "#, acknowledged("")),
        (200, r#"{"code":999,"message":"ERROR MESSAGE"}"#, refused(999, "ERROR MESSAGE")),
        (200, r#"{"code":"999","message":"a\u0000b"}"#, refused(999, "a b")),
        (499, r#"{"code":999}"#, refused(999, "")),
        (500, r#"{"code":999}"#, unknown("HTTP 500: the server failed")),
        (200, r#"{"code":0}"#, refused(0, "")),
        (500, r#"{"code":200}"#, unknown("HTTP 500: although the code in the body is 200")),
        (302, r#"{"code":200}"#, unknown("HTTP 302: although the code in the body is 200")),
        (199, r#"{"code":200}"#, unknown("HTTP 199: although the code in the body is 200")),
        (300, r#"{"code":200}"#, unknown("HTTP 300: although the code in the body is 200")),
        (200, "", unknown("HTTP 200: The body is not valid JSON (line 1, byte 0).")),
        (200, "success", unknown("HTTP 200: The body is not valid JSON (line 1, byte 1).")),
        (200, "200", unknown("HTTP 200: The body must be a JSON object.")),
        (200, "{}", unknown("HTTP 200: The body has no code.")),
        (200, r#"{"Code":200}"#, unknown("HTTP 200: The body has no code.")),
        (
            200,
            r#"{"code":200.0}"#,
            unknown("HTTP 200: The code in the body is not a whole number."),
        ),
        (
            200,
            r#"{"code":999,"code":200}"#,
            unknown("HTTP 200: The body has the member code more than once."),
        ),
    ] {
        assert_eq!(acknowledgement(http, body.as_bytes()), expected, "{http} {body}");
    }
}

/// What stands around the code, and how its words are encoded, says nothing about it.
#[test]
fn a_byte_order_mark_and_another_character_set_hide_no_code() {
    for (body, expected) in [
        (&b"\xEF\xBB\xBF{\"code\":200,\"message\":\"ok\"}"[..], acknowledged("ok")),
        (b"\xEF\xBB\xBF {\"code\":200}\r\n", acknowledged("")),
        (
            b"{\"code\":200,\"message\":\"bakiye y\xFCklendi\"}",
            acknowledged("bakiye y\u{fffd}klendi"),
        ),
        (b"{\"code\":999,\"message\":\"\xDDptal\"}", refused(999, "\u{fffd}ptal")),
    ] {
        assert_eq!(acknowledgement(200, body), expected, "{body:?}");
    }
    let twice = acknowledgement(200, b"\xEF\xBB\xBF\xEF\xBB\xBF{\"code\":200}");
    assert!(matches!(twice, Acknowledgement::NotUnderstood { .. }), "{twice:?}");
}

#[test]
fn a_flood_is_not_read() {
    let padding = " ".repeat(MAX_ANSWER - r#"{"code":200}"#.len());
    let fits = format!("{{\"code\":200{padding}}}");
    assert_eq!(acknowledgement(200, fits.as_bytes()), acknowledged(""));
    let reason = "HTTP 200: The body is longer than 65536 bytes.";
    assert_eq!(acknowledgement(200, format!("{fits} ").as_bytes()), unknown(reason));
}

proptest! {
    #[test]
    fn any_answer_is_classified(
        http in any::<u16>(),
        body in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let _ = acknowledgement(http, &body);
    }
}
