//! A ledger behind HTTP.

use std::time::Duration;

use case_ledger::names::Origin;
use serde_json::Value;
use ureq::Agent;
use ureq::http::{Response, StatusCode};

use crate::answer::{Answer, Recorded, Refused};
use crate::failure::{Failure, OrFail as _};

/// The longest answer that is read.
const ANSWER_MAX: u64 = 64 << 20;
/// How long a server may take for a batch.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often a request is sent again while the server is busy, and how long is waited in between.
const TRIES: u32 = 6;
const PAUSE: Duration = Duration::from_millis(500);

/// A server.
pub struct Remote {
    agent: Agent,
    base: String,
}

impl Remote {
    /// The server at `url`, scheme included.
    pub fn new(url: &str) -> Result<Self, Failure> {
        if !(url.starts_with("http://") || url.starts_with("https://")) {
            return Err(Failure::usage(
                format!("{url:?} is no address of a server."),
                "Give it with its scheme, as in --url http://127.0.0.1:8420.",
            ));
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .user_agent(concat!("caseledger/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self { agent: config.new_agent(), base: url.trim_end_matches('/').to_owned() })
    }

    /// The ledger's origin.
    pub fn origin(&self) -> Result<Origin, Failure> {
        let ledger = self.get_json("/v1/ledger")?;
        let origin = ledger.get("origin").and_then(Value::as_str).and_then(Origin::parse);
        origin.ok_or_else(|| self.strange("/v1/ledger", "it names no origin"))
    }

    /// The receipt of an entry, as text.
    pub fn receipt(&self, seq: u64) -> Result<String, Failure> {
        let path = format!("/v1/entries/{seq}/receipt");
        let (status, text) = self.get(&path)?;
        if status.is_success() { Ok(text) } else { Err(self.problem(&path, status, &text)) }
    }

    /// Sends actions in order.
    pub fn submit(&self, texts: &[String]) -> Result<Vec<Answer>, Failure> {
        let path = "/v1/actions/batch";
        let lines: String = texts.iter().map(|text| format!("{}\n", text.trim_ascii())).collect();
        let (status, text) = self.post(path, &lines)?;
        if !status.is_success() {
            return Err(self.problem(path, status, &text));
        }
        let answer: Value = serde_json::from_str(&text)
            .map_err(|_| self.strange(path, "the answer is not JSON"))?;
        let lines = answer.get("results").and_then(Value::as_array).cloned().unwrap_or_default();
        let answers: Option<Vec<_>> = lines.iter().map(read_answer).collect();
        let answers = answers.ok_or_else(|| self.strange(path, "a line of the answer is unknown"))?;
        if answers.len() == texts.len() {
            Ok(answers)
        } else {
            Err(self.strange(path, "it does not answer every line"))
        }
    }

    fn get_json(&self, path: &str) -> Result<Value, Failure> {
        let (status, text) = self.get(path)?;
        if !status.is_success() {
            return Err(self.problem(path, status, &text));
        }
        serde_json::from_str(&text).map_err(|_| self.strange(path, "the answer is not JSON"))
    }

    fn get(&self, path: &str) -> Result<(StatusCode, String), Failure> {
        let url = format!("{}{path}", self.base);
        self.patiently(|| self.agent.get(&url).call())
    }

    fn post(&self, path: &str, body: &str) -> Result<(StatusCode, String), Failure> {
        let url = format!("{}{path}", self.base);
        self.patiently(|| self.agent.post(&url).content_type("text/plain; charset=utf-8").send(body))
    }

    /// Asks again while the server says that it is busy. That is safe: the same action is never recorded twice.
    fn patiently(
        &self,
        ask: impl Fn() -> Result<Response<ureq::Body>, ureq::Error>,
    ) -> Result<(StatusCode, String), Failure> {
        let mut tries = 0;
        loop {
            tries += 1;
            let mut response = ask().or_environment(
                format!("The server at {} cannot be reached.", self.base),
                "Look whether it is running and the address is right; then run the same command again.",
            )?;
            let status = response.status();
            let busy = matches!(
                status,
                StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
            );
            if busy && tries < TRIES {
                std::thread::sleep(PAUSE * tries);
                continue;
            }
            let text = response.body_mut().with_config().limit(ANSWER_MAX).read_to_string();
            let text = text.or_environment(
                format!("The answer of {} cannot be read.", self.base),
                "Run the same command again: what is there already is not recorded twice.",
            )?;
            return Ok((status, text));
        }
    }

    /// An RFC 9457 problem, or whatever the server says instead.
    fn problem(&self, path: &str, status: StatusCode, text: &str) -> Failure {
        let problem: Value = serde_json::from_str(text).unwrap_or_default();
        let said = |name| problem.get(name).and_then(Value::as_str);
        let sentence = said("detail").or_else(|| said("title")).unwrap_or("it does not say why");
        let what = format!("The server at {} answered {path} with {status}.", self.base);
        let failure = if status.is_client_error() {
            Failure::refused(what, "Correct what it names and run the command again.")
        } else {
            Failure::environment(what, "Look at the server's log, then run the same command again.")
        };
        failure.because_of(sentence).with_detail(problem)
    }

    fn strange(&self, path: &str, what: &str) -> Failure {
        Failure::environment(
            format!("{} answered {path} in a way that this program does not know.", self.base),
            "Look whether the address is that of a caseledger server of this version.",
        )
        .because_of(what)
    }
}

fn read_answer(line: &Value) -> Option<Answer> {
    let text = |value: &Value, name| value.get(name).and_then(Value::as_str).map(str::to_owned);
    if let Some(seq) = line.get("seq").and_then(Value::as_u64) {
        return Some(Answer::Recorded(Recorded {
            seq,
            recorded_at: text(line, "recorded_at")?,
            leaf: text(line, "leaf")?,
            again: line.get("again").and_then(Value::as_bool)?,
        }));
    }
    let problem = line.get("problem")?;
    Some(Answer::Refused(Refused {
        code: text(problem, "code")?,
        detail: text(problem, "detail_code"),
        sentence: text(problem, "detail").unwrap_or_default(),
        sentence_zh: text(problem, "detail_zh").unwrap_or_default(),
        rule: text(problem, "rule").unwrap_or_default(),
    }))
}
