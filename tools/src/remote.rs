//! A ledger behind HTTP.

use std::time::Duration;

use case_ledger::names::Origin;
use case_ledger::refusal::Refusal;
use serde_json::Value;
use ureq::Agent;
use ureq::http::{Response, StatusCode};

use crate::answer::{Answer, Recorded, Refused};
use crate::failure::{Failure, OrFail as _};

/// The longest answer that is read.
const ANSWER_MAX: u64 = 64 << 20;
/// Lines of one request at most. The request is written whole before any of its answers is read, and so many answers the server
/// keeps for whoever does that; with more, both would wait for each other.
const LINES_MAX: usize = 4096;
/// How long a server may take for a batch.
const PATIENCE: Duration = Duration::from_mins(2);
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

    /// Sends one action. Gives the receipt with the answer.
    pub fn submit_one(&self, text: &str) -> Result<(Answer, Option<String>), Failure> {
        let path = "/v1/actions";
        let (status, said) = self.post(path, text.trim_ascii())?;
        let json: Value = serde_json::from_str(&said).unwrap_or_default();
        if let Some(recorded) = read_recorded(&json).filter(|_| status.is_success()) {
            let receipt = json.get("receipt").and_then(Value::as_str).map(str::to_owned);
            return Ok((Answer::Recorded(recorded), receipt));
        }
        match read_refused(&json) {
            Some(refused) => Ok((Answer::Refused(refused), None)),
            None => Err(self.problem(path, status, &said)),
        }
    }

    /// Sends actions in order, in as many requests as it takes. Each is answered before the next is sent: should one fail, what
    /// went before stands, and sending all of it again is safe.
    pub fn submit(&self, texts: &[String]) -> Result<Vec<Answer>, Failure> {
        let mut answers = Vec::with_capacity(texts.len());
        for texts in texts.chunks(LINES_MAX) {
            answers.extend(self.submit_together(texts)?);
        }
        Ok(answers)
    }

    /// Sends actions in one request: one line of it for each, one of the answer.
    fn submit_together(&self, texts: &[String]) -> Result<Vec<Answer>, Failure> {
        let path = "/v1/actions/batch";
        let lines: String = texts.iter().flat_map(|text| [text.trim_ascii(), "\n"]).collect();
        let (status, said) = self.post(path, &lines)?;
        if !status.is_success() {
            return Err(self.problem(path, status, &said));
        }
        let mut answers = Vec::with_capacity(texts.len());
        for line in said.lines() {
            let json: Value = serde_json::from_str(line).unwrap_or_default();
            let answer = read_recorded(&json).map(Answer::Recorded).or_else(|| {
                let problem = json.get("problem")?;
                json.get("line")?;
                read_refused(problem).map(Answer::Refused)
            });
            match (answer, json.get("problem")) {
                (Some(answer), _) => answers.push(answer),
                // The ledger could not take this line, and says so for the rest too: sending it all again is safe.
                (None, Some(problem)) => {
                    return Err(self.problem(
                        path,
                        StatusCode::SERVICE_UNAVAILABLE,
                        &problem.to_string(),
                    ));
                }
                (None, None) => {}
            }
        }
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
        self.patiently(|| self.agent.get(&url).header("Accept-Language", "en").call())
    }

    fn post(&self, path: &str, body: &str) -> Result<(StatusCode, String), Failure> {
        let url = format!("{}{path}", self.base);
        self.patiently(|| {
            let request = self.agent.post(&url).header("Accept-Language", "en");
            request.content_type("text/plain; charset=utf-8").send(body)
        })
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
            let busy =
                matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
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

fn text_in(json: &Value, name: &str) -> Option<String> {
    json.get(name).and_then(Value::as_str).map(str::to_owned)
}

fn read_recorded(json: &Value) -> Option<Recorded> {
    Some(Recorded {
        seq: json.get("seq")?.as_u64()?,
        recorded_at: text_in(json, "recorded_at")?,
        leaf: text_in(json, "leaf")?,
        again: json.get("again")?.as_bool()?,
    })
}

/// A problem that is a refusal of this action, and not a server that cannot take any.
fn read_refused(problem: &Value) -> Option<Refused> {
    let code = text_in(problem, "code")?;
    let is_refusal = Refusal::CODES.contains(&code.as_str()) || code == "too_long";
    is_refusal.then(|| Refused {
        code,
        detail: text_in(problem, "detail_code"),
        sentence: text_in(problem, "detail").unwrap_or_default(),
        sentence_zh: String::new(),
        rule: text_in(problem, "rule").unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};

    use super::*;

    /// Answers every line of every batch with its place among all, and tells how many lines each request had. It goes when its
    /// client has gone.
    fn serve(listener: &TcpListener) -> Vec<usize> {
        let mut connection = BufReader::new(listener.accept().unwrap().0);
        let mut requests = Vec::new();
        let mut seq = 0_usize;
        while let Some(body) = request(&mut connection) {
            let lines = (1..).zip(body.lines()).zip(seq..).map(|((line, _), seq)| {
                let place = format!("\"line\":{line},\"seq\":{seq},\"leaf\":\"\"");
                format!("{{{place},\"recorded_at\":\"\",\"again\":false}}\n")
            });
            let mut answer: String = lines.collect();
            seq += body.lines().count();
            answer += "{\"checkpoint\":\"\"}\n";
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", answer.len());
            connection.get_mut().write_all((head + &answer).as_bytes()).unwrap();
            requests.push(body.lines().count());
        }
        requests
    }

    fn request(connection: &mut BufReader<TcpStream>) -> Option<String> {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if connection.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            let line = line.trim().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        connection.read_exact(&mut body).unwrap();
        Some(String::from_utf8(body).unwrap())
    }

    #[test]
    fn a_long_case_goes_in_as_many_requests_as_it_takes() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || serve(&listener));
        let remote = Remote::new(&url).unwrap();
        let texts: Vec<String> = (0..50_001).map(|action| format!("action-{action}~")).collect();
        let answers = remote.submit(&texts).unwrap();
        drop(remote);
        let places: Vec<_> = answers
            .iter()
            .map(|answer| match answer {
                Answer::Recorded(recorded) => recorded.seq,
                Answer::Refused(refused) => panic!("{refused:?}"),
            })
            .collect();
        assert_eq!(places, (0..50_001).collect::<Vec<_>>());
        let requests = server.join().unwrap();
        assert_eq!(requests.iter().sum::<usize>(), 50_001);
        assert!(requests.iter().all(|lines| *lines <= LINES_MAX), "{requests:?}");
    }
}
