//! What a command says when it cannot do what it was asked: what happened, why, and what to do next.

use std::error::Error;
use std::io;

use serde_json::{Value, json};

/// How a command ends, as scripts read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything is as it should be.
    Fine,
    /// The ledger refused, a check failed, or an input is damaged.
    Refused,
    /// The command was not understood.
    Usage,
    /// The disk, the network, or another process is in the way.
    Environment,
}

impl Exit {
    /// The number that the process ends with.
    pub fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Refused => 1,
            Self::Usage => 2,
            Self::Environment => 3,
        }
    }
}

/// One sentence on what happened, the chain of causes, one sentence on what to do next.
#[derive(Debug)]
pub struct Failure {
    /// How the command ends.
    pub exit: Exit,
    /// What happened.
    pub what: String,
    /// Why, the nearest cause first.
    pub causes: Vec<String>,
    /// What to do next.
    pub next: String,
    /// More for programs, such as the code of a refusal.
    pub detail: Option<Value>,
    /// What the command found all the same, as programs read it when it succeeds.
    pub result: Option<Box<Value>>,
    /// Whoever read our output has gone: nobody is left to be told anything.
    pub unheard: bool,
}

impl Failure {
    /// The ledger refused, a check failed, or an input is damaged.
    pub fn refused(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self::new(Exit::Refused, what, next)
    }

    /// The command was not understood.
    pub fn usage(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self::new(Exit::Usage, what, next)
    }

    /// The disk, the network, or another process is in the way.
    pub fn environment(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self::new(Exit::Environment, what, next)
    }

    fn new(exit: Exit, what: impl Into<String>, next: impl Into<String>) -> Self {
        let (what, next) = (what.into(), next.into());
        Self { exit, what, causes: Vec::new(), next, detail: None, result: None, unheard: false }
    }

    /// With an error and all that is behind it as causes. A cause that only repeats the one before is left out.
    #[must_use]
    pub fn because(mut self, error: &(dyn Error + 'static)) -> Self {
        let chain = std::iter::successors(Some(error), |error| (**error).source());
        self.causes.extend(chain.map(ToString::to_string));
        self.causes.dedup();
        self
    }

    /// With a cause in words.
    #[must_use]
    pub fn because_of(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// With more for programs.
    #[must_use]
    pub fn with_detail(mut self, detail: Value) -> Self {
        self.detail = Some(detail);
        self
    }

    /// With what the command found all the same.
    #[must_use]
    pub fn with_result(mut self, result: Value) -> Self {
        self.result = Some(Box::new(result));
        self
    }

    /// Our own output cannot be written. A reader that has gone away (`| head`) is no failure.
    pub fn output(error: &io::Error) -> Self {
        let unheard = error.kind() == io::ErrorKind::BrokenPipe;
        let failure = Self::environment(
            "The output cannot be written.",
            "Look whether the disk is full or the reader has gone.",
        );
        Self { unheard, ..failure.because(error) }
    }

    /// For people.
    pub fn to_text(&self) -> String {
        let mut text = format!("error: {}\n", self.what);
        for cause in &self.causes {
            text.extend(["  because: ", cause, "\n"]);
        }
        text.extend(["  next: ", &self.next, "\n"]);
        text
    }

    /// For programs: what the command found, with `error` and `exit` beside it.
    pub fn to_json(&self) -> Value {
        let mut error = json!({"what": self.what, "causes": self.causes, "next": self.next});
        if let (Value::Object(error), Some(detail)) = (&mut error, &self.detail) {
            error.insert("detail".to_owned(), detail.clone());
        }
        let mut json = self.result.as_deref().cloned().unwrap_or_else(|| json!({}));
        if let Value::Object(members) = &mut json {
            members.insert("error".to_owned(), error);
            members.insert("exit".to_owned(), self.exit.code().into());
        }
        json
    }
}

/// Turns an error into a failure on the spot.
pub trait OrFail<T> {
    /// The disk, the network, or another process is in the way.
    fn or_environment(self, what: impl Into<String>, next: &str) -> Result<T, Failure>;

    /// The command was not understood.
    fn or_usage(self, what: impl Into<String>, next: &str) -> Result<T, Failure>;
}

impl<T, E: Error + 'static> OrFail<T> for Result<T, E> {
    fn or_environment(self, what: impl Into<String>, next: &str) -> Result<T, Failure> {
        self.map_err(|error| Failure::environment(what, next).because(&error))
    }

    fn or_usage(self, what: impl Into<String>, next: &str) -> Result<T, Failure> {
        self.map_err(|error| Failure::usage(what, next).because(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_why_and_what_next() {
        let error = io::Error::new(io::ErrorKind::PermissionDenied, "permission denied");
        let failure = Failure::environment("The key cannot be read.", "Ask its owner.");
        let failure = failure.because(&error).with_detail(json!({"code": "x"}));
        let text = "error: The key cannot be read.\n  because: permission denied\n  next: Ask its owner.\n";
        assert_eq!(failure.to_text(), text);
        assert_eq!(failure.to_json()["error"]["detail"]["code"], "x");
        assert_eq!(failure.to_json()["exit"], 3);
        let failure = failure.with_result(json!({"good": false}));
        assert_eq!(failure.to_json()["good"], false);
        assert_eq!(failure.to_json()["error"]["causes"][0], "permission denied");
    }
}
