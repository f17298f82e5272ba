//! Bytes of a body as text.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use crate::ScriptResponse;

/// The body as text: in the charset its content type names, else UTF-8. A byte order mark is left out.
pub(crate) fn body(response: &ScriptResponse) -> String {
    let content_type = response.headers.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let charset = content_type.and_then(|(_, value)| charset(value)).unwrap_or(UTF_8);
    // Here ISO 8859-1 is itself and not the superset that browsers take for it, as in Node.
    if charset == WINDOWS_1252
        && content_type.is_some_and(|(_, value)| value.to_ascii_lowercase().contains("8859-1"))
        && !response.body.starts_with(b"\xef\xbb\xbf")
    {
        return response.body.iter().map(|byte| char::from(*byte)).collect();
    }
    charset.decode_with_bom_removal(&response.body).0.into_owned()
}

/// `bytes` in the charset of that name; UTF-8 if it is not known.
pub(crate) fn text(bytes: &[u8], charset: &str) -> String {
    named(charset).unwrap_or(UTF_8).decode_with_bom_removal(bytes).0.into_owned()
}

/// The encoding of that name.
pub(crate) fn named(charset: &str) -> Option<&'static Encoding> {
    Encoding::for_label(charset.trim().as_bytes())
}

fn charset(content_type: &str) -> Option<&'static Encoding> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        if !name.trim().eq_ignore_ascii_case("charset") {
            return None;
        }
        named(value.trim().trim_matches(['"', '\'']))
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn a_body_is_read_in_the_charset_it_names() {
        for (content_type, bytes, text) in [
            ("text/plain", "gr\u{fc}n".as_bytes(), "grün"),
            ("text/plain; charset=iso-8859-1", b"gr\xfcn", "grün"),
            ("text/plain; Charset=\"Shift_JIS\"", b"\x93\xfa\x96\x7b", "日本"),
            ("text/plain; charset=nonsense", b"abc", "abc"),
            ("application/json", b"\xef\xbb\xbf{}", "{}"),
            ("text/plain", b"a\xffb", "a\u{fffd}b"),
        ] {
            let response = ScriptResponse {
                code: 200,
                status: "OK".to_owned(),
                headers: vec![("Content-Type".to_owned(), content_type.to_owned())],
                body: Bytes::copy_from_slice(bytes),
                response_time_ms: 0.0,
                response_size: 0,
            };
            assert_eq!(body(&response), text, "{content_type}");
        }
    }
}
