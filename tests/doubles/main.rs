//! Twilio, FCM, a mail server and Stripe as one program: the doubles that the tests use, on ports of this machine, for
//! trying out a server with its real adapters and no account anywhere. It prints the settings that a server needs, one
//! `NAME=value` a line (a file of them is what `SYSOPS_SETTINGS` names), then `ready`, and then does what it is told, a line
//! at a time. What it says itself begins with `#`.

use std::io::{self, Write as _};
use std::process::ExitCode;

use sync_server::clock::Clock;
use tests::fcm::{self, Fcm};
use tests::smtp::MailServer;
use tests::stripe::{self, Stripe};
use tests::twilio::{self, SECRET, Twilio};

/// What may be said to it.
const HELP: &str = "\
# sms hang | sms go                    takes messages and answers none; answers again
# sms NUMBER FAULT…                    the next to that number: too-many, unavailable, break, hang, close, no-such-number
# sms tell STATUS                      tells the server that all messages so far are delivered, undelivered, failed
# push hang | push PHONE FAULT…        unregistered, quota, unavailable, token
# cards hang | cards FAULT…            the next charges: too-many, unavailable, break, close, close-before, in-use, late
# cards answer                         answers what was late
# cards type SESSION NUMBER            somebody pays on the page of this session
# cards confirm INTENT                 somebody confirms at their bank
# cards dispute INTENT STATE           a bank asks a payment back
# cards tell                           tells the server what happened, the newest first and each twice
# taken                                what was taken so far
# Of mails the address decides: busy+…@ (451), gone+…@ (550), hang+…@, drop+…@.";

struct Doubles {
    twilio: Twilio,
    fcm: Fcm,
    mails: MailServer,
    stripe: Stripe,
    /// Where the server is that hears of what happened.
    server: String,
}

impl Doubles {
    async fn start(server: String) -> Self {
        let (twilio, fcm, stripe) = (Twilio::start(), Fcm::start(), Stripe::start(Clock::machine()));
        Self { twilio, fcm, mails: MailServer::start().await, stripe, server }
    }

    fn settings(&self) -> Vec<(&'static str, &str)> {
        let mail = [("SYSOPS_SMTP_URL", self.mails.url()), ("SYSOPS_MAIL_FROM", "help@example.com")];
        let parts = [self.twilio.env(), self.fcm.env(), mail.to_vec(), self.stripe.env()];
        parts.concat()
    }

    /// Does what a line says, and says what came of it.
    async fn obey(&self, line: &str) -> Result<String, String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let done = || Ok(String::new());
        match *words {
            [] => done(),
            ["sms", "hang"] => {
                self.twilio.hangs_at(self.twilio.n_taken());
                done()
            }
            ["sms", "go"] => {
                self.twilio.goes_on();
                done()
            }
            ["sms", "tell", status] => {
                let mut answers = Vec::new();
                for message in self.twilio.taken() {
                    answers.push(self.twilio.tells(&message, status, None, SECRET).await);
                }
                Ok(format!("the server answered {answers:?}"))
            }
            ["sms", number, ref faults @ ..] => {
                self.twilio.fails(number, &each(faults, sms_fault)?);
                done()
            }
            ["push", "hang"] => {
                self.fcm.hangs();
                done()
            }
            ["push", phone, ref faults @ ..] => {
                self.fcm.fails(phone, &each(faults, push_fault)?);
                done()
            }
            ["cards", ref rest @ ..] => self.cards(rest).await,
            ["taken"] => Ok(self.taken()),
            [..] => Err(HELP.to_owned()),
        }
    }

    async fn cards(&self, words: &[&str]) -> Result<String, String> {
        match *words {
            ["hang"] => self.stripe.hangs(),
            ["answer"] => self.stripe.answers(),
            ["type", session, number] => {
                let is_done = self.stripe.types(session, number);
                return Ok(if is_done { "the page is done with" } else { "the page stays open" }.to_owned());
            }
            ["confirm", intent] => self.stripe.confirms(intent),
            ["dispute", intent, state] => self.stripe.disputes(intent, state),
            ["tell"] => return Ok(format!("the server answered {:?}", self.stripe.tells(&self.server).await)),
            [..] => self.stripe.fails(&each(words, card_fault)?),
        }
        Ok(String::new())
    }

    fn taken(&self) -> String {
        let sms = self.twilio.taken().into_iter().map(|sms| format!("# sms {}: {}", sms.to, sms.body));
        let mails = self.mails.taken().into_iter().map(|mail| format!("# mail {}: {}", mail.to, mail.subject));
        let complaints = [self.twilio.complaints(), self.fcm.complaints(), self.stripe.complaints()].concat();
        let complaints = complaints.into_iter().map(|wrong| format!("# complaint: {wrong}"));
        let requests = self.stripe.seen().into_iter().map(|asked| format!("# cards {asked}"));
        sms.chain(mails).chain(requests).chain(complaints).collect::<Vec<_>>().join("\n")
    }
}

fn each<T>(words: &[&str], fault: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, String> {
    if words.is_empty() {
        return Err(HELP.to_owned());
    }
    words.iter().map(|word| fault(word).ok_or_else(|| format!("no fault is called {word}\n{HELP}"))).collect()
}

fn sms_fault(word: &str) -> Option<twilio::Fault> {
    use twilio::Fault;
    Some(match word {
        "too-many" => Fault::TooMany,
        "unavailable" => Fault::Unavailable,
        "break" => Fault::BreakAfterTaking,
        "hang" => Fault::HangAfterTaking,
        "close" => Fault::CloseAfterTaking,
        "no-such-number" => Fault::NoSuchNumber,
        _ => return None,
    })
}

fn push_fault(word: &str) -> Option<fcm::Fault> {
    use fcm::Fault;
    Some(match word {
        "unregistered" => Fault::Unregistered,
        "quota" => Fault::QuotaExceeded,
        "unavailable" => Fault::Unavailable,
        "token" => Fault::TokenExpired,
        _ => return None,
    })
}

fn card_fault(word: &str) -> Option<stripe::Fault> {
    use stripe::Fault;
    Some(match word {
        "too-many" => Fault::TooMany,
        "unavailable" => Fault::Unavailable,
        "break" => Fault::BreakAfterTaking,
        "close" => Fault::CloseAfterTaking,
        "close-before" => Fault::CloseBeforeTaking,
        "in-use" => Fault::InUse,
        "late" => Fault::AnswersLate,
        _ => return None,
    })
}

/// Talks until its input ends.
async fn talk(server: String) -> io::Result<()> {
    let doubles = Doubles::start(server).await;
    let mut out = io::stdout();
    for (name, value) in doubles.settings() {
        writeln!(out, "{name}={value}")?;
    }
    writeln!(out, "{HELP}\n# ready")?;
    out.flush()?;
    let mut line = String::new();
    while tokio::task::block_in_place(|| io::stdin().read_line(&mut line))? > 0 {
        let (Ok(said) | Err(said)) = doubles.obey(&line).await;
        if said.starts_with('#') || said.is_empty() {
            writeln!(out, "{said}")?;
        } else {
            writeln!(out, "# {said}")?;
        }
        out.flush()?;
        line.clear();
    }
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    let server = std::env::args().nth(1).unwrap_or_else(|| "http://127.0.0.1:8080".to_owned());
    match talk(server).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            tests::say(&format!("# {why}"));
            ExitCode::FAILURE
        }
    }
}
