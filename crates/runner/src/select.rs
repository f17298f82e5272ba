//! Which requests of a collection a run goes over.

use bulla_collection::{Collection, Item};

use crate::plan::Selection;

/// A folder or request, and which requests (counted through the whole collection) it holds.
struct Node<'c> {
    item: &'c Item,
    first: usize,
    end: usize,
    children: Vec<Node<'c>>,
}

/// The requests in `items` in order: one for each [`bulla_collection::steps::Step`].
pub(crate) fn requests(items: &[Item]) -> Vec<&Item> {
    let mut found = Vec::new();
    for item in items {
        match &item.items {
            Some(children) => found.extend(requests(children)),
            None if item.request().is_some() => found.push(item),
            None => {}
        }
    }
    found
}

fn nodes<'c>(items: &'c [Item], next: &mut usize) -> Vec<Node<'c>> {
    items
        .iter()
        .map(|item| {
            let first = *next;
            let children = match &item.items {
                Some(children) => nodes(children, next),
                None => {
                    *next += usize::from(item.request().is_some());
                    Vec::new()
                }
            };
            Node { item, first, end: *next, children }
        })
        .collect()
}

/// The places of the selected requests in the flattened collection, in the order in which they are run.
///
/// A folder is looked up by id or name as newman does: of several the outermost, first one.
///
/// # Errors
///
/// The name that is neither a folder nor a request.
pub(crate) fn selected(collection: &Collection, ids: &[String], selection: &Selection) -> Result<Vec<usize>, String> {
    match selection {
        Selection::All => Ok((0..ids.len()).collect()),
        Selection::Items(wanted) => {
            wanted.iter().map(|wanted| ids.iter().position(|id| id == wanted).ok_or_else(|| wanted.clone())).collect()
        }
        Selection::Folders(names) => {
            let roots = nodes(&collection.items, &mut 0);
            if let [name] = names.as_slice() {
                let node = outermost(&roots, name).ok_or_else(|| name.clone())?;
                return Ok((node.first..node.end).collect());
            }
            let mut wanted: Vec<&str> = names.iter().map(String::as_str).collect();
            let mut places = Vec::new();
            gather(&roots, &mut wanted, true, &mut places);
            match wanted.first() {
                Some(missing) => Err((*missing).to_owned()),
                None => Ok(places),
            }
        }
    }
}

fn is_called(item: &Item, name: &str) -> bool {
    item.id() == Some(name) || item.name() == name
}

fn outermost<'n, 'c>(nodes: &'n [Node<'c>], name: &str) -> Option<&'n Node<'c>> {
    nodes
        .iter()
        .find(|node| is_called(node.item, name))
        .or_else(|| nodes.iter().find_map(|node| outermost(&node.children, name)))
}

/// Takes each wanted name where it first appears; what lies in a folder that was taken is not taken twice.
fn gather(nodes: &[Node<'_>], wanted: &mut Vec<&str>, takes: bool, places: &mut Vec<usize>) {
    for node in nodes {
        let found = wanted.iter().position(|name| is_called(node.item, name));
        if let Some(at) = found {
            wanted.retain({
                let name = wanted[at];
                move |other| *other != name
            });
            if takes {
                places.extend(node.first..node.end);
            }
        }
        gather(&node.children, wanted, takes && found.is_none(), places);
    }
}

#[cfg(test)]
mod tests {
    use bulla_collection::{Imported, Limits, read};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_folder_is_found_as_newman_finds_it() {
        let file = json!({
            "info": { "name": "c", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" },
            "item": [
                { "name": "A", "item": [{ "id": "a1", "name": "one", "request": "http://x" }, { "name": "B", "item": [
                    { "id": "a2", "name": "two", "request": "http://x" }] }] },
                { "name": "B", "item": [{ "id": "b1", "name": "one", "request": "http://x" }] },
            ]
        });
        let Ok(Imported::Collection(collection)) =
            read(file.to_string().as_bytes(), &Limits::default()).map(|import| import.imported)
        else {
            panic!("the collection is read");
        };
        let ids = ["a1", "a2", "b1"].map(str::to_owned);
        let folders = |names: &[&str]| Selection::Folders(names.iter().map(|name| (*name).to_owned()).collect());
        for (selection, expected) in [
            (Selection::All, Ok(vec![0, 1, 2])),
            (folders(&["A"]), Ok(vec![0, 1])),
            (folders(&["B"]), Ok(vec![2])),
            (folders(&["one"]), Ok(vec![0])),
            (folders(&["B", "A"]), Ok(vec![0, 1])),
            (folders(&["two", "b1"]), Ok(vec![1, 2])),
            (folders(&["nope"]), Err("nope".to_owned())),
            (Selection::Items(vec!["b1".to_owned(), "a1".to_owned()]), Ok(vec![2, 0])),
        ] {
            assert_eq!(selected(&collection, &ids, &selection), expected, "{selection:?}");
        }
    }
}
