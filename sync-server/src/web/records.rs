//! Plain pages for records: a list with filters and a way on, and one record with the forms that change it. What admins
//! keep looks the same everywhere, works without scripts and on a small screen, and is described as data here.

use super::form::{Choice, Form};
use super::frame::Frame;
use askama::Template;

/// A cell of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// Where it leads; empty for nowhere.
    pub to: String,
    /// `number`, `soft`, `state good` and the like.
    pub class: &'static str,
}

impl Cell {
    /// Plain text.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// Text that leads somewhere.
    pub fn link(text: impl Into<String>, to: impl Into<String>) -> Self {
        Self { text: text.into(), to: to.into(), class: "" }
    }

    /// A number, or something read letter by letter.
    pub fn number(text: impl ToString) -> Self {
        Self { text: text.to_string(), class: "number", ..Self::default() }
    }

    /// How something stands.
    pub fn state(text: impl Into<String>, class: &'static str) -> Self {
        Self { text: text.into(), class, ..Self::default() }
    }

    /// Active, or switched off.
    pub fn active(active: bool) -> Self {
        if active { Self::state("active", "state good") } else { Self::state("switched off", "state over") }
    }
}

/// How a field is filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One line of this type: `text`, `email`, `tel`, `search`, `number`, `date`.
    Line(&'static str),
    /// Several lines.
    Prose,
    /// One of these.
    Select(Vec<Choice>),
    /// Yes or no.
    Tick,
}

/// A field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Its name.
    pub name: &'static str,
    /// Its label.
    pub label: &'static str,
    /// A line below the label; may be empty.
    pub hint: String,
    /// How it is filled.
    pub kind: Kind,
    /// It must be filled.
    pub required: bool,
}

impl Input {
    /// A field of this kind that may stay empty.
    pub fn new(name: &'static str, label: &'static str, kind: Kind) -> Self {
        Self { name, label, hint: String::new(), kind, required: false }
    }

    /// A line that must be filled.
    pub fn line(name: &'static str, label: &'static str) -> Self {
        Self::new(name, label, Kind::Line("text")).must()
    }

    /// With a line below the label.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Whether it is a box to tick.
    pub fn is_tick(&self) -> bool {
        self.kind == Kind::Tick
    }

    /// Whether it is one of a list, which always has something.
    pub fn is_select(&self) -> bool {
        matches!(self.kind, Kind::Select(_))
    }

    /// Must be filled.
    #[must_use]
    pub fn must(mut self) -> Self {
        self.required = true;
        self
    }
}

/// A link or a button-like link of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct To {
    /// Its address.
    pub to: String,
    /// Its words.
    pub label: &'static str,
}

impl To {
    /// A link.
    pub fn new(to: impl Into<String>, label: &'static str) -> Self {
        Self { to: to.into(), label }
    }
}

/// A list of records.
#[derive(Clone, Debug, Template)]
#[template(path = "web/records.html")]
pub struct Records {
    /// Around it.
    pub frame: Frame,
    /// Its heading.
    pub title: String,
    /// What it is, in a sentence.
    pub lead: String,
    /// What was done just now; empty for nothing.
    pub said: String,
    /// Fields that choose what is listed, with what they hold.
    pub filters: Vec<Input>,
    /// What the filters hold.
    pub form: Form,
    /// What can be done beside.
    pub actions: Vec<To>,
    /// The headings of the columns.
    pub columns: Vec<&'static str>,
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
    /// What is said where there is no row.
    pub empty: &'static str,
    /// Where the list goes on.
    pub next: Option<String>,
}

/// A form of a record's page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its heading; empty for none.
    pub heading: &'static str,
    /// A sentence below it; may be empty.
    pub lead: String,
    /// Where it is sent.
    pub action: String,
    /// Its button.
    pub button: &'static str,
    /// The button's class: empty, `quiet` or `bad`.
    pub class: &'static str,
    /// Its fields.
    pub inputs: Vec<Input>,
    /// What goes with it unseen.
    pub hidden: Vec<(&'static str, String)>,
}

impl Part {
    /// A form with fields.
    pub fn new(heading: &'static str, action: impl Into<String>, button: &'static str, inputs: Vec<Input>) -> Self {
        let (lead, action) = (String::new(), action.into());
        Self { heading, lead, action, button, class: "", inputs, hidden: Vec::new() }
    }

    /// A button alone.
    pub fn button(action: impl Into<String>, button: &'static str, class: &'static str) -> Self {
        Self { class, ..Self::new("", action, button, Vec::new()) }
    }

    /// With this unseen.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.hidden.push((name, value.to_string()));
        self
    }

    /// With a sentence below the heading.
    #[must_use]
    pub fn lead(mut self, lead: impl Into<String>) -> Self {
        self.lead = lead.into();
        self
    }
}

/// A table of a record's page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// Its heading.
    pub heading: &'static str,
    /// The headings of its columns.
    pub columns: Vec<&'static str>,
    /// Its rows.
    pub rows: Vec<Vec<Cell>>,
    /// What is said where there is no row.
    pub empty: &'static str,
}

/// One record.
#[derive(Clone, Debug, Template)]
#[template(path = "web/record.html")]
pub struct Record {
    /// Around it.
    pub frame: Frame,
    /// Its heading.
    pub title: String,
    /// Where one came from.
    pub back: To,
    /// What was done just now; empty for nothing.
    pub said: String,
    /// What is known of it.
    pub facts: Vec<(&'static str, String)>,
    /// Buttons alone, and links.
    pub links: Vec<To>,
    /// The forms.
    pub parts: Vec<Part>,
    /// Tables below the forms.
    pub blocks: Vec<Block>,
    /// What the fields hold, and what is wrong with it.
    pub form: Form,
}

/// An address with a query, each value encoded; those that are empty are left out.
pub fn address(path: &str, query: &[(&str, &str)]) -> String {
    let mut address = path.to_owned();
    let mut sign = '?';
    for (name, value) in query.iter().filter(|(_, value)| !value.is_empty()) {
        address.push(sign);
        sign = '&';
        address.push_str(name);
        address.push('=');
        address.push_str(&super::encoded(value));
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_carries_what_was_chosen_and_nothing_else() {
        assert_eq!(
            address("/admin/experts", &[("q", "Núñez & co"), ("active", "")]),
            "/admin/experts?q=N%C3%BA%C3%B1ez%20%26%20co"
        );
        assert_eq!(address("/a", &[]), "/a");
    }

    #[test]
    fn what_was_typed_stays_and_what_is_wrong_stands_beside_it() {
        let mut form = Form::new().with("level", "two").with("sms", "always");
        form.wrong("level", "a level is 1 to 3");
        let inputs = vec![
            Input::line("level", "Level").hint("1 to 3"),
            Input::new(
                "sms",
                "SMS",
                Kind::Select(vec![Choice::new("always", "Always"), Choice::new("never", "Never")]),
            ),
            Input::new("on", "On duty", Kind::Tick),
        ];
        let page = Record {
            frame: Frame::private("/admin"),
            title: "Zoë <b>".into(),
            back: To::new("/admin/experts", "Experts"),
            said: String::new(),
            facts: vec![("Phone", "+1".into())],
            links: Vec::new(),
            parts: vec![Part::new("Change", "/admin/x", "Save", inputs).with("ver", 3)],
            blocks: vec![Block { heading: "Phones", columns: vec!["Name"], rows: vec![], empty: "None." }],
            form,
        };
        let page = page.render().unwrap();
        assert!(page.contains("value=\"two\"") && page.contains("A level is 1 to 3."), "{page}");
        assert!(
            page.contains("<option value=\"always\" selected>") && page.contains("name=\"ver\" value=\"3\""),
            "{page}"
        );
        assert!(!page.contains("<b>") && page.contains("None."), "{page}");
    }
}
