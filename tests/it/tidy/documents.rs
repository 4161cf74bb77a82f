//! Documents drift. Here every link, every anchor and every path that a document names is looked up.

use super::tree::{exists, text, texts_of};
use super::{Faults, assert_caught, assert_tidy};

/// Without these a stranger cannot start, contribute, reimplement or reuse.
const REQUIRED: [&str; 5] =
    ["README.md", ".github/CONTRIBUTING.md", "ledger/FORMAT.md", "LICENSE-APACHE", "LICENSE-MIT"];

#[test]
fn the_documents_are_there() {
    let missing = REQUIRED.iter().filter(|path| !exists(path));
    assert_tidy(missing.map(|path| format!("{path}: missing; write it")));
}

#[test]
fn links_lead_somewhere() {
    let read = |path: &str| std::fs::read_to_string(super::tree::root().join(path)).ok();
    let documents = texts_of("md");
    assert_tidy(documents.flat_map(|(path, text)| dead_links(path, text, exists, read)));
}

#[test]
fn named_paths_exist() {
    let documents = ["README.md", ".github/CONTRIBUTING.md", "ledger/FORMAT.md"].into_iter();
    let documents = documents.filter(|path| exists(path)).map(|path| (path, text(path)));
    assert_tidy(documents.flat_map(|(path, text)| dead_paths(path, text, exists)));
}

/// A relative link must lead to a file, and its anchor to a heading of that file or to a line it has.
fn dead_links(
    path: &str,
    text: &str,
    exists: impl Fn(&str) -> bool,
    read: impl Fn(&str) -> Option<String>,
) -> Faults {
    let judge = |(line, link): (usize, String)| {
        if link.contains(':') {
            return None; // to elsewhere: https, mailto
        }
        let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
        let target = if file.is_empty() { path.to_owned() } else { beside(path, file) };
        if !exists(&target) {
            return Some(format!("{path}:{line}: `{link}` leads nowhere: there is no {target}"));
        }
        let known =
            anchor.is_empty() || read(&target).is_some_and(|text| has_anchor(&text, anchor));
        (!known)
            .then(|| format!("{path}:{line}: `{link}`: {target} has no heading or line #{anchor}"))
    };
    links(text).into_iter().filter_map(judge).collect()
}

/// A path in backticks that begins with one of our folders must exist: `ledger/FORMAT.md`, `api/src/…`.
fn dead_paths(path: &str, text: &str, exists: impl Fn(&str) -> bool) -> Faults {
    let is_ours = |span: &str| {
        let plain = span.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
        plain
            && span.split_once('/').is_some_and(|(folder, _)| !folder.is_empty() && exists(folder))
    };
    let spans = prose(text).flat_map(|(line, text)| code_spans(text).map(move |span| (line, span)));
    spans
        .filter(|(_, span)| is_ours(span) && !exists(span))
        .map(|(line, span)| format!("{path}:{line}: `{span}` does not exist: name what does"))
        .collect()
}

/// The path of `file` as `document` means it: beside the document, `..` for the folder above, `%20` undone.
fn beside(document: &str, file: &str) -> String {
    let mut parts: Vec<&str> = document.split('/').collect();
    parts.pop();
    let file = without_percents(file);
    for part in file.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

fn without_percents(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match digits.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) if first == b'%' => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The lines outside code fences, with their numbers.
pub(super) fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(before, line)| {
        let is_fence = line.trim_start().starts_with("```");
        fenced ^= is_fence;
        (!fenced && !is_fence).then_some((before + 1, line))
    })
}

/// What stands between single backticks on one line.
pub(super) fn code_spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// Targets of `[words](target)` and of `[label]: target`, with their lines.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    for (number, line) in prose(text) {
        let words: String = line.split('`').step_by(2).collect();
        let inline = words.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let label = words.strip_prefix('[').filter(|rest| !rest.starts_with('^'));
        let defined = label.and_then(|rest| rest.split_once("]: ")).map(|(_, target)| target);
        let targets = inline.chain(defined).filter_map(|target| target.split_whitespace().next());
        links.extend(targets.map(|target| (number, target.trim_matches(['<', '>']).to_owned())));
    }
    links
}

fn has_anchor(text: &str, anchor: &str) -> bool {
    if let Some(line) = anchor.strip_prefix('L').and_then(|line| line.parse::<usize>().ok()) {
        return (1..=text.lines().count()).contains(&line);
    }
    let anchor = without_percents(anchor);
    let marked = [format!("id=\"{anchor}\""), format!("name=\"{anchor}\"")];
    anchors(text).contains(&anchor) || marked.iter().any(|mark| text.contains(mark))
}

/// The anchors of a document's headings: lower case, letters of any script, digits, `-` and `_` kept, spaces to `-`,
/// and `-1`, `-2` … where a heading comes again.
fn anchors(text: &str) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    for (_, line) in prose(text) {
        let heading = line.trim_start_matches('#');
        if heading.len() == line.len() || !heading.starts_with(' ') {
            continue;
        }
        let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || "-_ ".contains(*c));
        let anchor = kept.collect::<String>().to_lowercase().replace(' ', "-");
        let again = anchors.iter().filter(|earlier| **earlier == anchor).count();
        anchors.push(anchor.clone());
        if again > 0 {
            anchors.push(format!("{anchor}-{again}"));
        }
    }
    anchors
}

/// A repository with one document, `ledger/FORMAT.md`, that has the headings of `FORMAT`.
fn planted(path: &str) -> bool {
    ["README.md", "ledger", "ledger/FORMAT.md"].contains(&path)
}

const FORMAT: &str = "# The record, to the byte\n\n## 明账 `v1`\n\n## Twice\n\n## Twice\n\n```sh\n# no heading\n```\n";

fn read_planted(path: &str) -> Option<String> {
    planted(path).then(|| FORMAT.to_owned())
}

#[test]
fn a_dead_link_is_caught() {
    let faults = |path: &str, text: &str| dead_links(path, text, planted, read_planted);
    for dead in [
        "see [it](nowhere.md)",
        "[it]: nowhere.md",
        "![a picture](docs/picture.png)",
        "[it](ledger/FORMAT.md#the-body)",
        "[it](ledger/FORMAT.md#no-heading)",
        "[it](ledger/FORMAT.md#L99)",
        "[it](#nowhere)",
    ] {
        assert_caught(faults("README.md", dead), "README.md:1");
    }
    assert_caught(faults("ledger/FORMAT.md", "\n[it](README.md)"), "no ledger/README.md");
    assert_tidy(faults("ledger/FORMAT.md", "[up](../README.md) [here](#the-record-to-the-byte)"));
    assert_tidy(faults(
        "README.md",
        "[a](ledger/FORMAT.md#明账-v1) [b](ledger/FORMAT.md#twice-1 \"title\") [c](ledger/FORMAT.md#L3)\n\
         [d](https://example.org/x) `[e](nowhere.md)` [f]\n\n[f]: ./ledger/FORMAT%2Emd\n[^1]: a note\n\
         ```\n[g](nowhere.md)\n```",
    ));
}

#[test]
fn a_dead_path_is_caught() {
    let faults = |text: &str| dead_paths("README.md", text, planted);
    assert_caught(faults("Read\n`ledger/GONE.md` first"), "README.md:2");
    assert_tidy(faults(
        "`ledger/FORMAT.md`, `/v1/cases`, `registry/x`, `ledger/*.rs`, ledger/GONE.md",
    ));
}
