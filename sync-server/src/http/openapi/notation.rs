//! The notation of the tables: a call or a type a line, close to how people write them down. Pure.
//!
//! ```text
//! # METHOD PATH WHO "What it does" ?{query} {body} -> STATUS ANSWER | STATUS | …
//! POST /api/v1/admin/skills admin "Adds a skill" {slug: Slug, name: Name} -> 201 Skill | 409
//! Skill = {id: Id, slug: Slug, name: Name, active: bool, ver: int}
//! ```
//! `name?: T` may be left out, `T?` may be null, `[T]` is a list, `<T>` a map by word, `(a b)` one of these words;
//! `id`, `time` and `date` are texts of that form. Bounds stand behind: `text(1..40 /^[a-z]+$/)` by characters,
//! `int(1..5)`, `[T](..5)` by items; `A or csv` is one or the other. A document may hold more fields than its type names:
//! programs ignore what they do not know. What is sent may not, and types named `Typed…` are sent: `!` stands before the body,
//! or the type, that takes other fields too.

use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// How the name of a type begins that is sent and never answered.
const SENT: &str = "Typed";

/// What is sent or answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Nothing.
    None,
    /// A document of this shape.
    Json(Value),
    /// A file of values.
    Csv,
    /// A document of this shape, or a file of values, as was asked.
    JsonOrCsv(Value),
    /// Server-sent events.
    Stream,
    /// Bytes.
    Binary,
    /// A form with files.
    Files,
}

/// A call.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Like `GET`.
    pub method: String,
    /// With `{names}` for what varies.
    pub path: String,
    /// Roles that may call; `all` is without signing in.
    pub who: Vec<String>,
    /// What it does.
    pub summary: String,
    /// It needs an `Idempotency-Key`.
    pub is_keyed: bool,
    /// Name, whether it must be there, and shape.
    pub query: Vec<(String, bool, Value)>,
    /// What is sent.
    pub body: Body,
    /// What is answered when it is done.
    pub answers: Vec<(u16, Body)>,
    /// Refusals of its own.
    pub refuses: Vec<u16>,
}

impl Call {
    /// Whether it is open to nobody signed in.
    pub fn is_public(&self) -> bool {
        self.who.iter().any(|who| who == "all")
    }

    /// A name for programs that are made from the document.
    pub fn id(&self) -> String {
        let mut id = self.method.to_lowercase();
        for part in self.path.trim_start_matches("/api/v1/").split(['/', '-', '.']) {
            write!(id, "_{}", part.trim_matches(['{', '}'])).expect("writing to a string works");
        }
        id
    }
}

/// What is wrong with a table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}: {why}")]
pub struct Wrong {
    line: String,
    why: String,
}

/// Reads the table of calls.
pub fn calls(text: &str) -> Result<Vec<Call>, Wrong> {
    lines(text).map(|line| call(&line).map_err(|why| Wrong { line: line.clone(), why })).collect()
}

/// Reads the table of types.
pub fn types(text: &str) -> Result<Map<String, Value>, Wrong> {
    let one = |line: String| {
        let wrong = |why: String| Wrong { line: line.clone(), why };
        let (name, shape) = line.split_once('=').ok_or_else(|| wrong("a type is NAME = SHAPE".into()))?;
        let mut reader = Reader::of(shape);
        let is_sent = name.starts_with(SENT) && reader.peek() != Some('!');
        if reader.peek() == Some('!') {
            reader.take('!').map_err(wrong)?;
        }
        let schema = reader.shape(!is_sent).map_err(wrong)?;
        Ok((name.trim().to_owned(), schema))
    };
    lines(text).map(one).collect()
}

/// Lines without comments; one that begins with space goes on with the one before.
fn lines(text: &str) -> impl Iterator<Item = String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        match lines.last_mut() {
            Some(last) if line.starts_with(' ') => {
                last.push(' ');
                last.push_str(line.trim());
            }
            Some(_) | None => lines.push(line.trim().to_owned()),
        }
    }
    lines.into_iter()
}

fn call(line: &str) -> Result<Call, String> {
    let (asked, answered) = line.split_once("->").ok_or("a call has an answer after ->")?;
    let (head, rest) = asked.split_once('"').ok_or("a call says what it does in quotes")?;
    let (summary, rest) = rest.split_once('"').ok_or("the quotes do not end")?;
    let mut words = head.split_whitespace();
    let (method, path, who) = (words.next().unwrap_or_default(), words.next().unwrap_or_default(), words.next());
    let who = who.ok_or("a call is METHOD PATH WHO")?.split(',').map(str::to_owned).collect();
    let mut reader = Reader::of(rest);
    let (mut query, mut body, mut is_keyed) = (Vec::new(), Body::None, false);
    while let Some(next) = reader.peek() {
        match next {
            '?' => {
                reader.take('?')?;
                query = reader.fields(true)?;
            }
            '@' => {
                reader.take('@')?;
                is_keyed = true;
            }
            _ => body = reader.body(false)?,
        }
    }
    let (mut answers, mut refuses) = (Vec::new(), Vec::new());
    for part in answered.split('|') {
        let part = part.trim();
        let (status, shape) = part.split_once(' ').unwrap_or((part, ""));
        let status: u16 = status.parse().map_err(|_| format!("{status:?} is no status"))?;
        let mut reader = Reader::of(shape);
        let body = if reader.peek().is_some() { reader.body(true)? } else { Body::None };
        if status >= 400 { refuses.push(status) } else { answers.push((status, body)) }
    }
    Ok(Call {
        method: method.into(),
        path: path.into(),
        who,
        summary: summary.into(),
        is_keyed,
        query,
        body,
        answers,
        refuses,
    })
}

/// The shape of what stands in a path under this name.
pub fn of_parameter(name: &str) -> Value {
    match name {
        "sha" => json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" }),
        "token" | "name" => json!({ "type": "string", "minLength": 1, "maxLength": 200 }),
        "deed" => json!({ "type": "string", "enum": ["submit", "publish", "return", "retire", "restore"] }),
        "what" => json!({ "type": "string", "enum": ["dead_letter", "rescue", "orphan"] }),
        "category" | "symptom" => json!({ "$ref": "#/components/schemas/Slug" }),
        _ => json!({ "type": "string", "format": "uuid" }),
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn of(text: &'a str) -> Self {
        Self { rest: text.trim() }
    }

    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    fn take(&mut self, sign: char) -> Result<(), String> {
        match self.peek() {
            Some(next) if next == sign => {
                self.rest = &self.rest[sign.len_utf8()..];
                Ok(())
            }
            next => Err(format!("{sign:?} is missing before {next:?}")),
        }
    }

    fn word(&mut self) -> Result<&'a str, String> {
        self.peek();
        let end = self.rest.find(|char: char| !char.is_alphanumeric() && char != '_').unwrap_or(self.rest.len());
        if end == 0 {
            return Err(format!("a word is missing before {:?}", self.rest));
        }
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(word)
    }

    fn body(&mut self, is_answer: bool) -> Result<Body, String> {
        let before = self.rest;
        if self.peek().is_some_and(char::is_lowercase) {
            match self.word()? {
                "csv" => return Ok(Body::Csv),
                "stream" => return Ok(Body::Stream),
                "bytes" => return Ok(Body::Binary),
                "files" => return Ok(Body::Files),
                _ => self.rest = before,
            }
        }
        let is_open = is_answer || self.peek() == Some('!');
        if self.peek() == Some('!') {
            self.take('!')?;
        }
        let shape = self.shape(is_open)?;
        let Some('o') = self.peek() else { return Ok(Body::Json(shape)) };
        match (self.word()?, self.word()?) {
            ("or", "csv") => Ok(Body::JsonOrCsv(shape)),
            (other, _) => Err(format!("{other:?} stands behind a shape")),
        }
    }

    /// Bounds like `(1..40)`, as limits of these names.
    fn bounds(&mut self, schema: &mut Value, least: &str, most: &str) -> Result<(), String> {
        if self.peek() != Some('(') {
            return Ok(());
        }
        self.take('(')?;
        if let Some(number) = self.number()? {
            schema[least] = json!(number);
        }
        self.take('.')?;
        self.take('.')?;
        if let Some(number) = self.number()? {
            schema[most] = json!(number);
        }
        if self.peek() == Some('/') {
            self.take('/')?;
            let (pattern, rest) = self.rest.split_once('/').ok_or("a pattern does not end")?;
            schema["pattern"] = json!(pattern);
            self.rest = rest;
        }
        self.take(')')
    }

    fn number(&mut self) -> Result<Option<i64>, String> {
        self.peek();
        let end = self.rest.find(|char: char| !char.is_ascii_digit()).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        if digits.is_empty() {
            return Ok(None);
        }
        digits.parse().map(Some).map_err(|_| format!("{digits} is no number"))
    }

    /// A type that is a word.
    fn named(&mut self) -> Result<Value, String> {
        let mut schema = match self.word()? {
            "text" => {
                let mut schema = json!({ "type": "string" });
                self.bounds(&mut schema, "minLength", "maxLength")?;
                return Ok(schema);
            }
            "int" => json!({ "type": "integer" }),
            "bool" => return Ok(json!({ "type": "boolean" })),
            "id" => return Ok(json!({ "type": "string", "format": "uuid" })),
            "time" => return Ok(json!({ "type": "string", "format": "date-time" })),
            "date" => return Ok(json!({ "type": "string", "format": "date" })),
            "any" => return Ok(json!({})),
            name if name.starts_with(char::is_uppercase) => {
                return Ok(json!({ "$ref": format!("#/components/schemas/{name}") }));
            }
            other => return Err(format!("{other:?} is no type")),
        };
        self.bounds(&mut schema, "minimum", "maximum")?;
        Ok(schema)
    }

    fn fields(&mut self, is_open: bool) -> Result<Vec<(String, bool, Value)>, String> {
        let mut fields = Vec::new();
        self.take('{')?;
        while self.peek() != Some('}') {
            let name = self.word()?.to_owned();
            let is_optional = self.peek() == Some('?');
            if is_optional {
                self.take('?')?;
            }
            self.take(':')?;
            fields.push((name, !is_optional, self.shape(is_open)?));
            if self.peek() == Some(',') {
                self.take(',')?;
            }
        }
        self.take('}')?;
        Ok(fields)
    }

    fn shape(&mut self, is_open: bool) -> Result<Value, String> {
        let shape = match self.peek() {
            Some('{') => {
                let fields = self.fields(is_open)?;
                let required: Vec<&String> =
                    fields.iter().filter(|(_, must, _)| *must).map(|(name, ..)| name).collect();
                let mut schema = json!({ "type": "object", "required": required });
                schema["properties"] = fields.iter().map(|(name, _, shape)| (name.clone(), shape.clone())).collect();
                if !is_open {
                    schema["additionalProperties"] = Value::Bool(false);
                }
                schema
            }
            Some('[') => {
                self.take('[')?;
                let items = self.shape(is_open)?;
                self.take(']')?;
                let mut schema = json!({ "type": "array", "items": items });
                self.bounds(&mut schema, "minItems", "maxItems")?;
                schema
            }
            Some('<') => {
                self.take('<')?;
                let values = self.shape(is_open)?;
                self.take('>')?;
                json!({ "type": "object", "additionalProperties": values })
            }
            Some('(') => {
                self.take('(')?;
                let mut words = Vec::new();
                while self.peek() != Some(')') {
                    words.push(self.word()?);
                }
                self.take(')')?;
                json!({ "type": "string", "enum": words })
            }
            Some(_) => self.named()?,
            None => return Err("a type is missing".into()),
        };
        if self.peek() == Some('?') {
            self.take('?')?;
            return Ok(json!({ "anyOf": [shape, { "type": "null" }] }));
        }
        Ok(shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_whole() {
        let text = "# calls\nPOST /api/v1/a/{id} admin,agent \"Adds\" @ ?{q?: text} {name: Name, n?: int?}\n  -> 201 {id: Id} | 409\nGET /b all \"Reads\" -> 200 csv";
        let read = calls(text).unwrap();
        let (first, second) = (&read[0], &read[1]);
        assert_eq!((first.id().as_str(), first.is_keyed, first.is_public()), ("post_a_id", true, false));
        assert_eq!(first.query, [("q".into(), false, json!({ "type": "string" }))]);
        let Body::Json(body) = &first.body else { panic!("{first:?}") };
        assert_eq!((&body["required"], &body["additionalProperties"]), (&json!(["name"]), &json!(false)));
        assert_eq!(body["properties"]["n"], json!({ "anyOf": [{ "type": "integer" }, { "type": "null" }] }));
        assert_eq!((first.answers.len(), first.refuses.clone()), (1, vec![409]));
        assert_eq!((second.is_public(), second.answers.clone()), (true, vec![(200, Body::Csv)]));
    }

    #[test]
    fn what_is_wrong_with_a_line_is_told() {
        for wrong in ["GET /a all \"x\"", "GET /a all -> 200", "GET /a all \"x\" -> ok", "GET /a all \"x\" -> 200 {a}"]
        {
            assert!(calls(wrong).is_err(), "{wrong}");
        }
        assert!(types("A {}").is_err());
        for wrong in ["A = text(1", "A = text(1..2 /a)", "A = [text](a..)", "A = text(1..99999999999999999999)"] {
            assert!(types(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn bounds_and_forms_are_read() {
        let read = types("A = text(1..40 /^[a-z]{1,2}$/)\nB = {n: int(0..)?, on: date, all: [id](..5)}").unwrap();
        assert_eq!(read["A"], json!({ "type": "string", "minLength": 1, "maxLength": 40, "pattern": "^[a-z]{1,2}$" }));
        let fields = &read["B"]["properties"];
        assert_eq!(fields["n"]["anyOf"][0], json!({ "type": "integer", "minimum": 0 }));
        assert_eq!(fields["on"]["format"], "date");
        assert_eq!(read["B"].get("additionalProperties"), None);
        let sent = types("TypedA = {n: int}\nTypedB = !{n: int}").unwrap();
        assert_eq!(sent["TypedA"]["additionalProperties"], json!(false));
        assert_eq!(sent["TypedB"].get("additionalProperties"), None);
        assert_eq!(fields["all"]["maxItems"], 5);
        let call = &calls("GET /a all \"x\" -> 200 {n: int} or csv").unwrap()[0];
        assert!(matches!(call.answers[0], (200, Body::JsonOrCsv(_))), "{call:?}");
    }
}
