//! What no tracked file may hold: markers, machine paths, hosts, tests that assert nothing, rooms without a job.

use super::tree::{File, texts, texts_of};
use super::{Faults, assert_caught, assert_tidy};

#[test]
fn no_leftover_markers() {
    assert_tidy(judge(leftover_markers));
}

#[test]
fn no_machine_paths_and_no_hosts_of_registries() {
    assert_tidy(judge(machine_paths));
    assert_tidy(judge(registry_hosts));
}

#[test]
fn every_matches_is_used() {
    assert_tidy(texts_of("rs").flat_map(|(path, text)| bare_matches(path, text)));
}

#[test]
fn modules_are_named_after_jobs() {
    assert_tidy(texts().flat_map(|(file, _)| jobless_names(&file.path)));
    assert_tidy(texts_of("rs").flat_map(|(path, text)| jobless_modules(path, text)));
}

/// Runs a law over what people wrote: neither the lockfiles nor the licences.
fn judge(law: fn(&str, &str) -> Faults) -> Faults {
    let is_lock = |path: &str| path.rsplit('/').next() == Some("Cargo.lock");
    let written = |file: &File| !is_lock(&file.path) && !file.path.starts_with("LICENSE-");
    let written = texts().filter(|(file, _)| written(file));
    written.flat_map(|(file, text)| law(&file.path, text)).collect()
}

// Put together from halves, so that these files do not accuse themselves.
const MARKERS: [&str; 4] =
    [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("TB", "A")];
const STUBS: [&str; 3] =
    [concat!("dbg", "!("), concat!("todo", "!("), concat!("unimplemented", "!(")];
const MACHINE_PATHS: [&str; 3] =
    [concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];
const SCRATCH_PATH: &str = concat!("/t", "mp/");
const REGISTRY_HOSTS: [&str; 8] = [
    concat!("index.", "crates.io"),
    concat!("static.", "crates.io"),
    concat!("://", "crates.io"),
    concat!("pypi.", "org"),
    concat!("python", "hosted.org"),
    concat!("npmjs.", "org"),
    concat!("deb.", "debian.org"),
    concat!("proxy.", "golang.org"),
];

fn leftover_markers(path: &str, text: &str) -> Faults {
    let marked = |line: &str| {
        let mut words = line.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        words.any(|word| MARKERS.contains(&word)) || STUBS.iter().any(|stub| line.contains(stub))
    };
    faults_by_line(
        path,
        text,
        marked,
        "a leftover: do it now, or open an issue and delete the line",
    )
}

/// Documents and settings name no folder of anyone's machine; code may use the scratch folder in a test.
fn machine_paths(path: &str, text: &str) -> Faults {
    let is_code = matches!(path.rsplit('.').next(), Some("rs" | "js"));
    let foreign = |line: &str| {
        MACHINE_PATHS.iter().any(|folder| line.contains(folder))
            || (!is_code && line.contains(SCRATCH_PATH))
    };
    faults_by_line(path, text, foreign, "a path of one machine: say it relative to the repository")
}

fn registry_hosts(path: &str, text: &str) -> Faults {
    let named = |line: &str| REGISTRY_HOSTS.iter().any(|host| line.contains(host));
    faults_by_line(
        path,
        text,
        named,
        "the host of a registry: say crates.io, and leave hosts to the reader's own settings",
    )
}

fn faults_by_line(path: &str, text: &str, at_fault: impl Fn(&str) -> bool, what: &str) -> Faults {
    let lines = text.lines().enumerate().filter(|(_, line)| at_fault(line));
    lines.map(|(before, _)| format!("{path}:{}: {what}", before + 1)).collect()
}

/// `matches!(…);` on its own throws the answer away, and no compiler or lint says so.
fn bare_matches(path: &str, text: &str) -> Faults {
    let code = without_comments_and_strings(text);
    let stands_alone = |start: usize| {
        let before = code[..start].trim_end().chars().next_back();
        let after = after_parentheses(&code[start..]).trim_start();
        before.is_none_or(|c| ";{}".contains(c)) && after.starts_with(';')
    };
    let found = code.match_indices("matches!(").filter(|(start, _)| stands_alone(*start));
    let say = |(start, _): (usize, _)| {
        let line = code[..start].matches('\n').count() + 1;
        format!(
            "{path}:{line}: a `matches!` whose answer nobody reads: write `assert!(matches!(…))`"
        )
    };
    found.map(say).collect()
}

/// What follows the first balanced pair of parentheses.
fn after_parentheses(code: &str) -> &str {
    let mut depth = 0_usize;
    for (at, c) in code.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth <= 1 => return &code[at + 1..],
            ')' => depth -= 1,
            _ => {}
        }
    }
    ""
}

const JOBLESS: [&str; 6] = ["util", "utils", "helper", "helpers", "common", "misc"];
const NAME_THE_JOB: &str = "a name for anything holds everything: name the job";

fn jobless_names(path: &str) -> Faults {
    let mut names = path.split('/').map(|part| part.split('.').next().unwrap_or(part));
    let jobless = names.any(|name| JOBLESS.contains(&name));
    jobless.then(|| format!("{path}: {NAME_THE_JOB}")).into_iter().collect()
}

fn jobless_modules(path: &str, text: &str) -> Faults {
    let code = without_comments_and_strings(text);
    let jobless = |line: &str| {
        let mut words = line.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        words.any(|word| word == "mod") && words.next().is_some_and(|name| JOBLESS.contains(&name))
    };
    faults_by_line(path, &code, jobless, NAME_THE_JOB)
}

/// Rust with a blank for every comment, string and character literal; every line keeps its number. Enough of a lexer
/// to tell code from talk about code.
fn without_comments_and_strings(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let talk = length_of_talk(rest, code.chars().next_back());
        let (taken, blank) = if talk > 0 { (talk, true) } else { (first.len_utf8(), false) };
        let (piece, after) = rest.split_at(taken);
        if blank {
            code.extend(piece.chars().filter(|c| *c == '\n'));
            code.push(' ');
        } else {
            code.push(first);
        }
        rest = after;
    }
    code
}

/// How many bytes of comment or literal stand at the front of `rest`: 0 where it is code.
fn length_of_talk(rest: &str, before: Option<char>) -> usize {
    let in_a_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return length_of_block_comment(rest);
    }
    if rest.starts_with('"') {
        return length_until(rest, '"');
    }
    if let Some(raw) = rest.strip_prefix('r').filter(|_| !in_a_word || before == Some('b')) {
        let quote = raw.trim_start_matches('#');
        let fence = &raw[..raw.len() - quote.len()];
        if let Some(body) = quote.strip_prefix('"') {
            let end = format!("\"{fence}");
            let opening = rest.len() - body.len();
            return body.find(&end).map_or(rest.len(), |at| opening + at + end.len());
        }
    }
    if let Some(body) = rest.strip_prefix('\'') {
        // `'a` without a closing quote right behind is a lifetime, which is code.
        let is_literal = body.starts_with('\\') || body.chars().nth(1) == Some('\'');
        return if is_literal { length_until(rest, '\'') } else { 0 };
    }
    0
}

/// The length of a literal that begins and ends with `quote`, escapes inside it skipped.
fn length_until(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if !escaped && c == quote {
            return at + 1;
        }
        escaped = !escaped && c == '\\';
    }
    rest.len()
}

/// Block comments nest.
fn length_of_block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

#[test]
fn a_leftover_is_caught() {
    for marker in MARKERS {
        assert_caught(
            leftover_markers("a.rs", &format!("fn f() {{}}\n// {marker}: later")),
            "a.rs:2",
        );
    }
    for stub in STUBS {
        assert_caught(leftover_markers("a.rs", &format!("{stub})")), "leftover");
    }
    assert_tidy(leftover_markers(
        "a.md",
        "A TODOLIST, a `todo` and mktemp's `demo.XXXXXX` are words.",
    ));
}

#[test]
fn a_machine_path_is_caught() {
    for folder in MACHINE_PATHS {
        assert_caught(machine_paths("a.rs", &format!("let at = \"{folder}x\";")), "a.rs:1");
    }
    assert_caught(machine_paths("README.md", &format!("run it in {SCRATCH_PATH}x")), "relative");
    assert_tidy(machine_paths("a.rs", SCRATCH_PATH));
}

#[test]
fn a_registry_host_is_caught() {
    for host in REGISTRY_HOSTS {
        assert_caught(registry_hosts("ci.yml", &format!("see https://{host}/x")), "ci.yml:1");
    }
    assert_tidy(registry_hosts("README.md", "Everything comes from crates.io."));
}

#[test]
fn a_bare_matches_is_caught() {
    for bare in [
        "fn f() { matches!(x, Some(_)); }",
        "fn f() {\n    g();\n    matches!(\n        x,\n        Y { .. }\n    );\n}",
        "fn f() {\n    // Shows that it is refused.\n    matches!(x, Err(Refused(')')));\n}",
    ] {
        assert_caught(bare_matches("a.rs", bare), "assert!");
    }
    for used in [
        "fn f() -> bool { matches!(x, Some(_)) }",
        "assert!(matches!(x, Some(_)));",
        "let yes = matches!(x, Some(_));",
        "// matches!(x, Y);\nlet text = \"; matches!(x, Y);\";",
    ] {
        assert_tidy(bare_matches("a.rs", used));
    }
}

#[test]
fn a_jobless_module_is_caught() {
    for name in JOBLESS {
        assert_caught(jobless_modules("a.rs", &format!("pub(crate) mod {name};")), "name the job");
        assert_caught(jobless_names(&format!("ledger/src/{name}.rs")), "name the job");
        assert_caught(jobless_names(&format!("ledger/src/{name}/x.rs")), "name the job");
    }
    assert_tidy(jobless_modules("a.rs", "mod utilisation; // mod utils;\nlet common = 1;"));
    assert_tidy(jobless_names("projections/src/responsibility.rs"));
}

#[test]
fn talk_is_told_from_code() {
    let check =
        |rust: &str, code: &str| assert_eq!(without_comments_and_strings(rust), code, "of {rust}");
    check("a // b\nc", "a  \nc");
    check("a /* b /* c */ d\n */ e", "a \n  e");
    check(r##"f("x\"y", r#"a"b"#, br"\", 'c', '\'', '"')"##, "f( ,  , b ,  ,  ,  )");
    check("fn f<'a>(x: &'a str)", "fn f<'a>(x: &'a str)");
    check("for r in x { r }", "for r in x { r }");
}
