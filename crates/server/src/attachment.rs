//! Answers that a browser saves as a file.

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};

/// The headers of a JSON file called after `name`, with `ending` after a dot.
pub fn attachment(name: &str, ending: &str) -> HeaderMap {
    let plain: String = name
        .chars()
        .map(|sign| if sign.is_ascii_alphanumeric() || " -_.".contains(sign) { sign } else { '_' })
        .collect();
    // RFC 6266: the second form for whoever understands it.
    let encoded: String = format!("{name}.{ending}")
        .bytes()
        .map(|byte| match byte {
            byte if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect();
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let value = format!("attachment; filename=\"{}.{ending}\"; filename*=UTF-8''{encoded}", plain.trim());
    if let Ok(value) = HeaderValue::from_str(&value) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::attachment;

    #[test]
    fn a_name_cannot_leave_its_header() {
        for (name, expected) in [
            ("Payments", "attachment; filename=\"Payments.x.json\"; filename*=UTF-8''Payments.x.json"),
            ("a\"\r\nb", "attachment; filename=\"a___b.x.json\"; filename*=UTF-8''a%22%0D%0Ab.x.json"),
            ("../é", "attachment; filename=\"..__.x.json\"; filename*=UTF-8''..%2F%C3%A9.x.json"),
        ] {
            assert_eq!(attachment(name, "x.json")["content-disposition"], expected);
        }
    }
}
