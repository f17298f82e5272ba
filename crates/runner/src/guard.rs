//! Values that are used without being seen.
//!
//! A guarded value stands in no scope: scripts find nothing under its name. It is put into a request when that goes on the
//! wire, if it goes to a host that the value is bound to. The request is prepared a second time without it, and that is what
//! events and scripts get; of the answer they get what is left when every trace of the value is taken out.

use bulla_collection::{Dynamic, Mask, ScopeName, Scopes};
use bulla_transport::{Destination, Exchange};
use bytes::Bytes;

use crate::hide;

/// A value that may be sent to the hosts it is bound to, and be read by nobody. It has no `Debug`, since it is secret.
#[derive(Clone)]
pub struct Guarded {
    /// The scope it belongs to.
    pub scope: ScopeName,
    /// The name of its variable.
    pub key: String,
    /// The value.
    pub value: String,
    /// Where it may be sent; nowhere at all if there are none.
    pub destinations: Vec<Destination>,
}

/// Headers that make an answer, or the end of the request, something else than what they seem. With them a peer could be made
/// to give back a value in pieces, or to pass it on.
const REFUSED_HEADERS: [&str; 5] = ["range", "if-range", "content-length", "transfer-encoding", "upgrade"];

/// The guarded values of a run.
#[derive(Clone, Default)]
pub(crate) struct Guard {
    values: Vec<Guarded>,
    mask: Mask,
}

/// `{{names}}` as a guarded request has them: guarded values first, then dynamic variables; it notes which were used.
struct Opened<'g> {
    values: &'g [Guarded],
    used: &'g mut Vec<usize>,
    dynamic: &'g mut dyn Dynamic,
}

impl Dynamic for Opened<'_> {
    fn value(&mut self, name: &str) -> Option<String> {
        match self.values.iter().position(|guarded| guarded.key == name) {
            Some(index) => {
                if !self.used.contains(&index) {
                    self.used.push(index);
                }
                self.values.get(index).map(|guarded| guarded.value.clone())
            }
            None => self.dynamic.value(name),
        }
    }
}

impl Guard {
    /// `values`, the one that counts of several with one name first.
    pub(crate) fn new(mut values: Vec<Guarded>) -> Self {
        values.sort_by_key(|guarded| guarded.scope);
        let mut mask = Mask::default();
        for guarded in &values {
            learn(&mut mask, &guarded.value);
        }
        Self { values, mask }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// `scopes` without what a guarded value of a narrower scope stands before.
    pub(crate) fn uncovered(&self, scopes: &Scopes) -> Scopes {
        let mut scopes = scopes.clone();
        for guarded in &self.values {
            for wider in [ScopeName::Collection, ScopeName::Globals] {
                let own = guarded.scope < wider && !scopes.scope_mut(guarded.scope).0.contains_key(&guarded.key);
                if own {
                    scopes.scope_mut(wider).0.shift_remove(&guarded.key);
                }
            }
        }
        scopes
    }

    /// Does `work` with what gives the guarded values, and returns which of them were used besides.
    pub(crate) fn opened<T>(
        &self,
        dynamic: &mut dyn Dynamic,
        work: impl FnOnce(&mut dyn Dynamic) -> T,
    ) -> (T, Vec<&Guarded>) {
        let mut used = Vec::new();
        let done = work(&mut Opened { values: &self.values, used: &mut used, dynamic });
        (done, used.into_iter().filter_map(|index| self.values.get(index)).collect())
    }

    /// `text` with every trace of a guarded value taken out.
    pub(crate) fn clean(&self, text: &str) -> String {
        self.mask.apply(text).into_owned()
    }

    /// The same for all that an answer holds.
    pub(crate) fn clean_answer(&self, answer: &mut Exchange) {
        let clean = |text: &mut String| *text = self.clean(text);
        for hop in &mut answer.sent {
            clean(&mut hop.url);
            hop.headers.iter_mut().for_each(|(name, value)| {
                clean(name);
                clean(value);
            });
        }
        let response = &mut answer.response;
        clean(&mut response.reason);
        for (name, value) in &mut response.headers {
            clean(name);
            clean(value);
        }
        let body: Bytes = hide::hidden_bytes(&response.body, &self.mask);
        response.body = body;
    }

    /// Does `text` hold a trace of a guarded value?
    pub(crate) fn is_in(&self, text: &str) -> bool {
        matches!(self.mask.apply(text), std::borrow::Cow::Owned(_))
    }
}

/// Hides `value` in every way in which it may come back.
pub(crate) fn learn(mask: &mut Mask, value: &str) {
    mask.add_thoroughly(value);
    crate::run::learn(mask, value);
}

/// Why a request that holds guarded values is not sent, for the sake of how it is written; where it goes is looked at on the way.
pub(crate) fn objection(url: &str, shut_url: &str, headers: &[(String, String)]) -> Option<String> {
    let authority = |url: &str| bulla_collection::url::authority(url).to_ascii_lowercase();
    if authority(url) != authority(shut_url) {
        return Some("it cannot be a part of the host".to_owned());
    }
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        if REFUSED_HEADERS.contains(&name.as_str()) {
            return Some(format!("a request with the header {name} cannot hold it"));
        }
        // A proxy in front of the host may go by this header rather than by the address.
        let without_port = |host: &str| host.trim_end_matches(":443").trim_end_matches(":80").to_ascii_lowercase();
        if name == "host" && without_port(value.trim()) != without_port(&authority(url)) {
            return Some("the Host header names another host than the address".to_owned());
        }
    }
    None
}
