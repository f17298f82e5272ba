//! The cookies of a run, as scripts see and change them.

use bulla_sandbox::CookieCall;
use bulla_transport::{Cookie, CookieJar};
use serde_json::{Value, json};

/// A cookie as scripts have it.
pub(crate) fn shown(cookie: &Cookie) -> Value {
    json!({
        "name": cookie.name,
        "value": cookie.value,
        "domain": cookie.domain,
        "path": cookie.path,
        "expires": cookie.expires,
        "httpOnly": cookie.http_only,
        "secure": cookie.secure,
        "hostOnly": cookie.host_only,
        "sameSite": cookie.same_site,
    })
}

/// Does what a script asks of the jar.
pub(crate) fn answer(jar: &CookieJar, call: CookieCall) -> Result<Value, String> {
    match call {
        CookieCall::List { url, http_only } => {
            let cookies = jar.list(&url);
            Ok(cookies.iter().filter(|cookie| http_only || !cookie.http_only).map(shown).collect())
        }
        CookieCall::Set { url, cookie } => set(jar, &url, &cookie),
        CookieCall::Unset { url, name } => {
            jar.unset(&url, &name);
            Ok(Value::Null)
        }
        CookieCall::Clear { url } => {
            jar.clear(&url);
            Ok(Value::Null)
        }
    }
}

fn set(jar: &CookieJar, url: &str, cookie: &Value) -> Result<Value, String> {
    let kept = match cookie {
        Value::String(line) => jar.store_header(url, line),
        object => jar.set(url, read(object)?),
    };
    kept.map(|cookie| shown(&cookie)).map_err(|error| error.to_string())
}

/// The cookie that a script describes. `maxAge` (seconds) goes before `expires`, as in RFC 6265.
fn read(object: &Value) -> Result<Cookie, String> {
    let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let flag = |key: &str| object.get(key).and_then(Value::as_bool).unwrap_or(false);
    let name = [text("name"), text("key")].into_iter().find(|name| !name.is_empty()).unwrap_or_default();
    let expires = match object.get("maxAge").and_then(Value::as_i64) {
        Some(seconds) => {
            let ends = time::OffsetDateTime::now_utc().checked_add(time::Duration::seconds(seconds));
            let ends = ends.ok_or("maxAge is too long")?;
            Some(ends.format(&time::format_description::well_known::Rfc3339).map_err(|error| error.to_string())?)
        }
        None => Some(text("expires")).filter(|expires| !expires.is_empty() && expires != "Infinity"),
    };
    Ok(Cookie {
        name,
        value: object
            .get("value")
            .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            .unwrap_or_default(),
        domain: text("domain"),
        path: text("path"),
        expires,
        http_only: flag("httpOnly"),
        secure: flag("secure"),
        host_only: flag("hostOnly"),
        same_site: Some(text("sameSite")).filter(|same_site| !same_site.is_empty()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_sets_reads_and_forgets_cookies() {
        let jar = CookieJar::new();
        let url = "http://a.example/x";
        let call = |call| answer(&jar, call);
        let set = |cookie| CookieCall::Set { url: url.to_owned(), cookie };
        let list = |http_only| {
            call(CookieCall::List { url: url.to_owned(), http_only }).map(|list| list.as_array().map(Vec::len))
        };

        assert_eq!(call(set(json!("a=1; Path=/; HttpOnly"))).map(|cookie| cookie["value"].clone()), Ok(json!("1")));
        assert_eq!(
            call(set(json!({ "name": "b", "value": 2, "maxAge": 60 }))).map(|cookie| cookie["value"].clone()),
            Ok(json!("2"))
        );
        assert!(call(set(json!("c=1; Domain=b.example"))).is_err());
        assert_eq!(list(true), Ok(Some(2)));
        assert_eq!(list(false), Ok(Some(1)));
        assert_eq!(call(CookieCall::Unset { url: url.to_owned(), name: "a".to_owned() }), Ok(Value::Null));
        assert_eq!(list(true), Ok(Some(1)));
        assert_eq!(call(CookieCall::Clear { url: url.to_owned() }), Ok(Value::Null));
        assert_eq!(list(true), Ok(Some(0)));
    }
}
