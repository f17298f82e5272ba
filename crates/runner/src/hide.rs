//! Hiding secrets in events.
//!
//! Every event is taken apart by its fields here, so that a new field does not compile until somebody has decided
//! whether it may hold a secret.

use std::borrow::Cow;

use base64::Engine;
use bulla_collection::Mask;
use bytes::Bytes;
use serde_json::Value;

use crate::SHOWN_BODY;
use crate::event::*;

/// `event` with every secret that `mask` knows replaced.
pub(crate) fn hide(event: &mut Event, mask: &Mask) {
    if mask.is_empty() {
        return;
    }
    match event {
        Event::RunStarted(RunStarted { run_id: _, collection, environment, iterations: _, requests: _, at: _ }) => {
            let CollectionName { id: _, name } = collection;
            text(name, mask);
            environment.iter_mut().for_each(|name| text(name, mask));
        }
        Event::IterationStarted(IterationStarted { iteration: _ })
        | Event::IterationFinished(IterationFinished { iteration: _ }) => {}
        Event::ItemStarted(ItemStarted { iteration: _, position: _, item }) => hide_item(item, mask),
        Event::Console(Console { level: _, messages, item, target: _, at: _ }) => {
            messages.iter_mut().for_each(|message| *message = mask.apply_json(message));
            item.iter_mut().for_each(|item| hide_item(item, mask));
        }
        Event::RequestSent(RequestSent { item, exchange: _, source: _, guarded: _, request }) => {
            hide_item(item, mask);
            let SentRequest { method, url, headers, body } = request;
            text(method, mask);
            text(url, mask);
            hide_headers(headers, mask);
            let SentBody { kind: _, text: shown, size: _ } = body;
            shown.iter_mut().for_each(|shown| text(shown, mask));
        }
        Event::ServerSentEvent(ServerSentEvent { item, exchange: _, source: _, index: _, event, id, data }) => {
            hide_item(item, mask);
            text(event, mask);
            id.iter_mut().for_each(|id| text(id, mask));
            text(data, mask);
        }
        Event::ResponseReceived(ResponseReceived { item, exchange: _, source: _, response, redirects }) => {
            hide_item(item, mask);
            hide_response(response, mask);
            for Redirect { method, url, code: _ } in redirects {
                text(method, mask);
                text(url, mask);
            }
        }
        Event::RequestRetried(RequestRetried {
            item,
            exchange: _,
            iteration: _,
            retry: _,
            retries: _,
            pause_ms: _,
            reason,
            status: _,
            code: _,
        }) => {
            hide_item(item, mask);
            text(reason, mask);
        }
        Event::RequestFailed(RequestFailed { item, exchange: _, iteration: _, source: _, method, url, error }) => {
            hide_item(item, mask);
            text(method, mask);
            text(url, mask);
            let RequestError { code: _, phase: _, message, hint } = error;
            text(message, mask);
            hint.iter_mut().for_each(|hint| text(hint, mask));
        }
        Event::Assertion(Assertion { item, iteration: _, target: _, index: _, name, passed: _, skipped: _, error }) => {
            hide_item(item, mask);
            text(name, mask);
            error.iter_mut().for_each(|error| hide_error(error, mask));
        }
        Event::ScriptFailed(ScriptFailed { item, iteration: _, target: _, at, error }) => {
            hide_item(item, mask);
            text(at, mask);
            hide_error(error, mask);
        }
        Event::VariablesChanged(VariablesChanged { item, changes }) => {
            hide_item(item, mask);
            for VariableChange { scope: _, op: _, key, value } in changes {
                key.iter_mut().for_each(|key| text(key, mask));
                value.iter_mut().for_each(|value| *value = mask.apply_json(value));
            }
        }
        Event::ItemFinished(ItemFinished { item, iteration: _, position: _, duration_ms: _, next, skipped: _ }) => {
            hide_item(item, mask);
            next.iter_mut().flatten().for_each(|next| text(next, mask));
        }
        Event::RunFinished(finished) => finished.error.iter_mut().for_each(|error| text(error, mask)),
    }
}

fn text(text: &mut String, mask: &Mask) {
    if let Cow::Owned(masked) = mask.apply(text) {
        *text = masked;
    }
}

fn hide_item(item: &mut ItemName, mask: &Mask) {
    let ItemName { id: _, name, path } = item;
    text(name, mask);
    path.iter_mut().for_each(|folder| text(folder, mask));
}

fn hide_headers(headers: &mut [Header], mask: &Mask) {
    for Header { key, value } in headers {
        text(key, mask);
        text(value, mask);
    }
}

fn hide_error(error: &mut ScriptError, mask: &Mask) {
    let ScriptError { name, message, stack } = error;
    text(name, mask);
    text(message, mask);
    stack.iter_mut().for_each(|stack| text(stack, mask));
}

fn hide_response(response: &mut ReceivedResponse, mask: &Mask) {
    let ReceivedResponse {
        code: _,
        status,
        headers,
        cookies,
        body,
        timing: _,
        sizes: _,
        http_version: _,
        remote_address: _,
        tls,
    } = response;
    text(status, mask);
    hide_headers(headers, mask);
    for ReceivedCookie { name, value, domain, path, expires: _, http_only: _, secure: _ } in cookies {
        [name, value, domain, path].into_iter().for_each(|field| text(field, mask));
    }
    let ReceivedBody { size: _, text: shown, base64: _, truncated: _, id: _, bytes } = body;
    shown.iter_mut().for_each(|shown| text(shown, mask));
    *bytes = hidden_bytes(bytes, mask);
    if let Some(TlsPeer { version: _, cipher: _, protocol: _, chain, verified: _, problem, client_certificate }) = tls {
        problem.iter_mut().for_each(|problem| text(problem, mask));
        for PeerCertificate { subject, issuer, names, not_before: _, not_after: _, fingerprint: _ } in
            chain.iter_mut().chain(client_certificate)
        {
            [subject, issuer].into_iter().chain(names).for_each(|field| text(field, mask));
        }
    }
}

/// A body with its secrets replaced. In one that is not UTF-8 each byte is taken for a letter, so that values in ASCII
/// are found in any charset that holds it, and in binary data.
pub(crate) fn hidden_bytes(bytes: &Bytes, mask: &Mask) -> Bytes {
    match std::str::from_utf8(bytes) {
        Ok(whole) => match mask.apply(whole) {
            Cow::Owned(masked) => Bytes::from(masked),
            Cow::Borrowed(_) => bytes.clone(),
        },
        Err(_) => {
            let letters: String = bytes.iter().map(|byte| char::from(*byte)).collect();
            match mask.apply(&letters) {
                Cow::Owned(masked) => masked.chars().map(|letter| u8::try_from(letter).unwrap_or(b'*')).collect(),
                Cow::Borrowed(_) => bytes.clone(),
            }
        }
    }
}

/// `value` as the parts of a URL and a form write it: each part encodes other signs, so there is not one percent-encoded
/// spelling but several.
pub(crate) fn spellings(value: &str) -> Vec<String> {
    let parts = |address: String| bulla_collection::url::sent(&bulla_collection::url::parse(&address), &[], false);
    let after = |text: String, sign: char| text.split_once(sign).map(|(_, rest)| rest.to_owned()).unwrap_or_default();
    let path = after(parts(format!("http://h/{value}")).replacen("http://", "", 1), '/');
    let query = after(parts(format!("http://h/?k={value}")), '=');
    // `encodeURIComponent` of JavaScript, and a form with its plus signs.
    let component: String = encoded(value, b"-_.!~*'()");
    let form = encoded(value, b"-_.*").replace("%20", "+");
    // A server that unescapes once more, or not at all, still shows the whole value; a part of it is no secret.
    let mut spellings: Vec<String> =
        [path, query, component, form].into_iter().filter(|text| text.len() >= value.len()).collect();
    spellings.dedup();
    spellings
}

fn encoded(text: &str, kept: &[u8]) -> String {
    text.bytes()
        .map(|byte| match byte {
            byte if byte.is_ascii_alphanumeric() || kept.contains(&byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

/// `value` as it may be shown: hidden if its variable is secret.
pub(crate) fn shown(value: &Value, is_secret: bool, mask: &Mask) -> Value {
    if is_secret { Value::String(bulla_collection::mask::MASKED.to_owned()) } else { mask.apply_json(value) }
}

/// Brings bodies to the length that events show. Called after hiding, so that no part of a secret is left at the cut.
pub(crate) fn cut(event: &mut Event) {
    match event {
        Event::RequestSent(sent) => {
            if let Some(text) = &mut sent.request.body.text {
                text.truncate(text.floor_char_boundary(SHOWN_BODY));
            }
        }
        Event::ServerSentEvent(sent) => sent.data.truncate(sent.data.floor_char_boundary(SHOWN_BODY)),
        Event::ResponseReceived(received) => {
            let body = &mut received.response.body;
            let charset = charset(&received.response.headers);
            let whole = &body.bytes;
            body.truncated = whole.len() > SHOWN_BODY;
            let end = whole.len().min(SHOWN_BODY);
            match (std::str::from_utf8(whole), charset) {
                (Ok(text), _) => body.text = Some(text[..text.floor_char_boundary(SHOWN_BODY)].to_owned()),
                (Err(_), Some(charset)) => body.text = Some(charset.decode(&whole[..end]).0.into_owned()),
                (Err(_), None) => {
                    body.base64 = Some(base64::engine::general_purpose::STANDARD.encode(&whole[..end]));
                }
            }
        }
        _ => {}
    }
}

/// The charset that the answer says its text is in.
fn charset(headers: &[Header]) -> Option<&'static encoding_rs::Encoding> {
    let kind = headers.iter().find(|header| header.key.eq_ignore_ascii_case("content-type"))?;
    let at = kind.value.to_ascii_lowercase().find("charset=")?;
    let label = kind.value.get(at + "charset=".len()..)?.split(';').next()?;
    encoding_rs::Encoding::for_label(label.trim().trim_matches('"').as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_every_part_of_a_url() {
        let spelled = spellings("a b/\"&=+ü");
        for text in ["a%20b/%22&=+%C3%BC", "a%20b%2F%22%26%3D%2B%C3%BC", "a+b%2F%22%26%3D%2B%C3%BC"] {
            assert!(spelled.iter().any(|spelling| spelling == text), "{text} is not in {spelled:?}");
        }
        assert!(spellings("plain").iter().all(|spelling| spelling == "plain"));
    }

    #[test]
    fn a_secret_is_found_in_a_body_of_any_charset() {
        let mut mask = Mask::default();
        mask.add("canary");
        for body in [&b"{\"a\":\"canary\"}"[..], b"gr\xfc\xdfe canary", b"\x00\x01canary\xff"] {
            let hidden = hidden_bytes(&Bytes::copy_from_slice(body), &mask);
            assert!(!hidden.windows(6).any(|piece| piece == b"canary"), "{body:?}");
        }
        let plain = Bytes::from_static(b"\xff\xfe nothing");
        assert_eq!(hidden_bytes(&plain, &mask), plain);
    }
}
