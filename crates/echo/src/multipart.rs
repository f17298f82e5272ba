//! The parts of a `multipart/form-data` body.

/// One part.
pub(crate) struct Part<'b> {
    pub name: String,
    /// Only files have one.
    pub file_name: Option<String>,
    pub content: &'b [u8],
}

/// The parts of `body`, as far as they can be understood.
pub(crate) fn parts<'b>(content_type: &str, body: &'b [u8]) -> Vec<Part<'b>> {
    let Some(boundary) = parameter(content_type, "boundary") else { return Vec::new() };
    let mark = format!("--{boundary}");
    let mut found = Vec::new();
    let mut rest = match find(body, mark.as_bytes()) {
        Some(at) => &body[at + mark.len()..],
        None => return found,
    };
    let mark = format!("\r\n{mark}");
    while let Some(part) = rest.strip_prefix(b"\r\n") {
        // An empty part has the line break of its head alone before the next mark.
        let Some(end) = find(part, mark.as_bytes()) else { break };
        rest = &part[end + mark.len()..];
        let Some(head) = find(&part[..end], b"\r\n\r\n") else { continue };
        let content = &part[head + 4..end];
        let head = String::from_utf8_lossy(&part[..head]).into_owned();
        let disposition = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case("content-disposition").then(|| value.to_owned())
        });
        let Some(disposition) = disposition else { continue };
        let Some(name) = parameter(&disposition, "name") else { continue };
        found.push(Part { name, file_name: parameter(&disposition, "filename"), content });
    }
    found
}

/// The value of `; name=value` or `; name="value"`.
fn parameter(header: &str, name: &str) -> Option<String> {
    let mut rest = header;
    while let Some(at) = rest.find(';') {
        rest = rest[at + 1..].trim_start();
        let Some((key, value)) = rest.split_once('=') else { continue };
        let (value, more) = match value.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => value.split_at(value.find(';').unwrap_or(value.len())),
        };
        if key.trim().eq_ignore_ascii_case(name) {
            return Some(value.trim().to_owned());
        }
        rest = more;
    }
    None
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_between_their_marks() {
        let body = b"preamble\r\n--x y\r\nContent-Disposition: form-data; name=\"a;b\"\r\n\r\n\r\n--x y\r\n\
            content-disposition: form-data; filename=\"\xc3\xbc.bin\"; name=f\r\n\r\n1\r\n2\0\r\n--x y--\r\nepilogue";
        let parts = parts("multipart/form-data; charset=utf-8; boundary=\"x y\"", body);
        let seen: Vec<_> =
            parts.iter().map(|part| (part.name.as_str(), part.file_name.as_deref(), part.content)).collect();
        assert_eq!(seen, [("a;b", None, &b""[..]), ("f", Some("ü.bin"), b"1\r\n2\0")]);
    }

    #[test]
    fn what_is_cut_off_is_left_out() {
        for body in
            ["", "--b", "--b\r\n", "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx", "--b\r\nx\r\n--b--"]
        {
            assert!(parts("multipart/form-data; boundary=b", body.as_bytes()).is_empty(), "{body}");
        }
        assert!(parts("multipart/form-data", b"--b--").is_empty());
    }
}
