//! Commands that documents show are commands that the program has.

use super::tree::{text, texts_of};
use super::{Faults, assert_caught, assert_tidy};
use crate::binary::caseledger;

/// What a newcomer types first, and what CI types too.
const TEST: &str = "cargo test --workspace --locked";

#[test]
fn documented_commands_exist() {
    let documents = texts_of("md");
    assert_tidy(documents.flat_map(|(path, text)| strange_commands(path, text, ask_for_help)));
}

#[test]
fn the_readme_tests_what_ci_tests() {
    for path in ["README.md", ".ci/run"] {
        assert!(text(path).contains(TEST), "{path}: the one test command is `{TEST}`");
    }
}

/// In ```` ```sh ```` fences, each call of `caseledger`, by name or by `cargo run … --`, must be one that it understands.
fn strange_commands(
    path: &str,
    text: &str,
    ask: impl Fn(&[String]) -> Result<(), String>,
) -> Faults {
    let judge = |(line, words): (usize, Vec<String>)| {
        let arguments = arguments_of_ours(&words)?;
        let answer = ask(arguments).err()?;
        Some(format!("{path}:{line}: `caseledger {}`: {answer}", arguments.join(" ")))
    };
    shell_calls(text).into_iter().filter_map(judge).collect()
}

/// Asks the program for help behind the given arguments. Clap reads from left to right and stops at the first
/// subcommand, option or value it does not know, so help comes only if all before it is understood.
fn ask_for_help(arguments: &[String]) -> Result<(), String> {
    let options = arguments.iter().position(|argument| argument == "--").unwrap_or(arguments.len());
    let output = caseledger().args(&arguments[..options]).arg("--help").output();
    let output = output.map_err(|error| error.to_string())?;
    let is_help = String::from_utf8_lossy(&output.stdout).contains("Usage:");
    if output.status.success() && is_help {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(said.lines().next().unwrap_or("no help for it").to_owned())
}

fn arguments_of_ours(words: &[String]) -> Option<&[String]> {
    let (program, arguments) = words.split_first()?;
    if program.rsplit('/').next() == Some("caseledger") {
        return Some(arguments);
    }
    let run = program == "cargo" && arguments.first().is_some_and(|verb| verb == "run");
    let behind = words.iter().position(|word| word == "--").filter(|_| run)? + 1;
    words.get(behind..)
}

/// Every call in the text's ```` ```sh ```` fences, as words, with its line.
fn shell_calls(text: &str) -> Vec<(usize, Vec<String>)> {
    let mut calls = Vec::new();
    let mut in_shell = false;
    let mut begun: Option<(usize, String)> = None;
    for (before, line) in text.lines().enumerate() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            in_shell = language.trim() == "sh" && !in_shell;
        } else if in_shell {
            let (number, mut script) = begun.take().unwrap_or((before + 1, String::new()));
            let continued = line.strip_suffix('\\');
            script.push_str(continued.unwrap_or(line));
            if continued.is_some() {
                begun = Some((number, script));
            } else {
                calls.extend(calls_in(&script).into_iter().map(|words| (number, words)));
            }
        }
    }
    calls
}

/// The calls on one line: split at `|`, `&` and `;`, without redirections.
fn calls_in(script: &str) -> Vec<Vec<String>> {
    let mut calls = Vec::new();
    let mut call = Vec::new();
    let mut tokens = tokens(script).into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            Token::Word(word) => call.push(word),
            Token::Operator('<' | '>') => {
                call.pop_if(|word| word == "2");
                while tokens.next_if(|token| matches!(token, Token::Operator(_))).is_some() {}
                tokens.next(); // the file, or the 1 of `2>&1`
            }
            Token::Operator(_) => calls.push(std::mem::take(&mut call)),
        }
    }
    calls.push(call);
    calls.retain(|call| !call.is_empty());
    calls
}

enum Token {
    Word(String),
    Operator(char),
}

/// Words with their quotes taken off, and operators, up to a comment.
fn tokens(script: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in script.chars().chain([' ']) {
        let quotes = c == '"' || c == '\'';
        let ends = c.is_whitespace() || "|&;<>".contains(c);
        match quote {
            Some(open) if c == open => quote = None,
            None if quotes => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if ends => {
                tokens.extend(word.take().map(Token::Word));
                tokens.extend((!c.is_whitespace()).then_some(Token::Operator(c)));
            }
            None if c == '#' && word.is_none() => break,
            _ => word.get_or_insert_default().push(c),
        }
    }
    tokens
}

/// Knows `demo` with `--port`, and nothing else.
fn planted(arguments: &[String]) -> Result<(), String> {
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["demo"] | ["demo", "--port", _] => Ok(()),
        _ => Err("unrecognized".into()),
    }
}

#[test]
fn a_strange_command_is_caught() {
    let faults = |script: &str| {
        strange_commands("README.md", &format!("Try:\n\n```sh\n{script}\n```\n"), planted)
    };
    for strange in [
        "caseledger dance",
        "cargo run --release -p case-tools -- dance",
        "./target/release/caseledger demo --loud",
        "curl localhost/x | caseledger dance",
        "caseledger demo \\\n  --loud",
    ] {
        assert_caught(faults(strange), "README.md:4");
    }
    assert_tidy(faults(
        "caseledger demo --port 0 > log 2>&1 & # caseledger dance\ncargo run -- demo; caseledger demo",
    ));
    assert_tidy(faults(
        "echo 'caseledger dance; caseledger dance'\ncargo test --workspace -- dance",
    ));
    assert_tidy(strange_commands(
        "README.md",
        "```text\ncaseledger dance\n```\ncaseledger dance",
        planted,
    ));
}

#[test]
fn a_script_is_read_as_a_shell_would() {
    let check =
        |script: &str, calls: &[&[&str]]| assert_eq!(calls_in(script), calls, "of {script}");
    check("a 'b c' \"d\"e # f", &[&["a", "b c", "de"]]);
    check("a --x=1 | b && c; d", &[&["a", "--x=1"], &["b"], &["c"], &["d"]]);
    check("a > out 2> err < in b", &[&["a", "b"]]);
    check("a >out b#c", &[&["a", "b#c"]]);
    check("", &[]);
}

#[test]
fn the_program_is_asked_and_answers() {
    let ask = |words: &[&str]| {
        ask_for_help(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(ask(&[]), Ok(()));
    assert!(ask(&["no-such-command"]).is_err());
    assert!(ask(&["--no-such-option"]).is_err());
}
