//! The files of a folder do not use each other in a circle: each can be read after those it uses.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::{code, depth, files, named_after, source};

/// Folders whose files still do.
const NOT_YET: &[&str] = &["sandbox", "sandbox/http", "sandbox/validate", "sandbox/webhooks"];

/// Every folder of the source.
fn folders(folder: &Path) -> Vec<PathBuf> {
    let inner = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let inner = inner.filter(|path| path.is_dir() && !path.ends_with("tests"));
    [folder.to_owned()].into_iter().chain(inner.flat_map(|inner| folders(&inner))).collect()
}

/// Which files and folders of `folder` name which others of it.
fn uses(folder: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let own = folder.strip_prefix(source()).unwrap();
    let mut uses = BTreeMap::<String, BTreeSet<String>>::new();
    for (path, text) in files(folder) {
        let inside = path.strip_prefix(folder).unwrap();
        let name = inside.components().next().unwrap().as_os_str().to_string_lossy();
        let name = name.trim_end_matches(".rs").to_owned();
        // What a folder's own file declares is not a use.
        if name == "mod" {
            continue;
        }
        let up = vec!["super"; depth(&path) - own.components().count()].join("::");
        let from_root: Vec<_> =
            own.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        let down = [&["crate".into()], from_root.as_slice()].concat().join("::");
        let code = code(&text);
        let named = named_after(&format!(r"(?:^|[^:\w])(?:{up}|{down})::"), &code);
        uses.entry(name).or_default().extend(named);
    }
    let known: BTreeSet<_> = uses.keys().cloned().collect();
    for (name, used) in &mut uses {
        used.retain(|used| used != name && known.contains(used));
    }
    uses
}

/// What is left of `uses` once everything that uses nothing of the rest is taken out, again and
/// again.
fn circles(mut uses: BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    while let Some(leaf) =
        uses.iter().find(|(_, used)| used.is_empty()).map(|(name, _)| name.clone())
    {
        uses.remove(&leaf);
        for used in uses.values_mut() {
            used.remove(&leaf);
        }
    }
    uses.into_keys().collect()
}

#[test]
fn the_files_of_a_folder_form_no_circle() {
    for folder in folders(&source()) {
        let name = folder.strip_prefix(source()).unwrap().to_string_lossy().into_owned();
        let circles = circles(uses(&folder));
        if NOT_YET.contains(&name.as_str()) {
            assert!(!circles.is_empty(), "src/{name} has no circle any more: take it off NOT_YET");
        } else {
            assert!(circles.is_empty(), "src/{name}: {circles:?} use each other, or use what does");
        }
    }
}

#[test]
fn a_circle_is_found() {
    let uses = |pairs: &[(&str, &[&str])]| {
        let own = |name: &&str| (*name).to_owned();
        pairs.iter().map(|(name, used)| (own(name), used.iter().map(own).collect())).collect()
    };
    assert_eq!(circles(uses(&[("a", &["b"]), ("b", &[])])), Vec::<String>::new());
    assert_eq!(
        circles(uses(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"]), ("d", &[])])),
        ["a", "b", "c"]
    );
}
