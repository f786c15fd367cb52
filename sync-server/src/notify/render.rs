//! The words of a notice, for a matter and a channel, in the reader's language and zone. Pure.

use super::plan::{Channel, CustomerContact, ExpertContact, Matter};
use shared::number::TicketNumber;
use shared::text::Phone;
use shared::texts::{Catalogue, TextId, Value, gsm};
use shared::ticket::{CancelReason, HoldReason, VisitPlan};
use shared::time::{Timestamp, Zone};

/// A message in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// The subject of a mail, the title of a push.
    pub subject: Option<String>,
    /// What it says.
    pub body: String,
    /// Where it leads, when the text has a link.
    pub link: Option<String>,
}

/// What messages say about a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Its number.
    pub number: TicketNumber,
    /// What is wrong, in one line.
    pub title: String,
    /// Postal code and city.
    pub place: String,
    /// How many tickets of the address are offered together, this one among them; 1 for one alone.
    pub n_together: usize,
}

/// Characters of a title in an SMS; the rest is in the app and on the page.
const SMS_TITLE_CHARS: usize = 40;
/// Characters of a title and of the link to the app beside it: a longer link leaves less of the title.
const SMS_TITLE_AND_LINK_CHARS: usize = 65;
/// Less of a title says nothing.
const SMS_TITLE_CHARS_MIN: usize = 12;
/// Characters of a name or a place in an SMS.
const SMS_NAME_CHARS: usize = 24;
/// An expert who should leave within so many minutes is said to be setting off.
const SETS_OFF_MINUTES: i64 = 5;

/// The arguments of a text, with names for the few that every text may need.
struct Speaker<'a> {
    catalogue: &'a Catalogue,
    channel: Channel,
}

impl Speaker<'_> {
    fn new(language: shared::texts::Language, channel: Channel) -> Self {
        Self { catalogue: language.catalogue(), channel }
    }

    /// Text of people's, short enough for the channel.
    fn fit(&self, text: &str, sms_chars: usize) -> String {
        match self.channel {
            Channel::Sms => gsm::shorten(text, sms_chars),
            Channel::Push | Channel::Email | Channel::Call => text.to_owned(),
        }
    }

    fn words(&self, subject: Option<TextId>, body: TextId, args: &[(&str, &str)], link: Option<&str>) -> Words {
        let args: Vec<(&str, Value<'_>)> = args.iter().map(|(name, text)| (*name, Value::Text(text))).collect();
        let body = self.catalogue.text(body, &args);
        let body = if self.channel == Channel::Sms { gsm::fold(&body) } else { body };
        let subject = subject.map(|id| self.catalogue.text(id, &args));
        Words { subject, body, link: link.map(str::to_owned) }
    }
}

/// What an expert is told about an offer, a visit that he lost, or one that he should leave for; an SMS leads to the ticket
/// in the app by `link`. Nothing for a matter that is no expert's.
pub fn to_expert(
    matter: &Matter,
    about: &About,
    visit: Option<VisitPlan>,
    contact: &ExpertContact,
    channel: Channel,
    link: &str,
) -> Option<Words> {
    let speaker = Speaker::new(contact.language, channel);
    let number = about.number.to_string();
    let beside_link = SMS_TITLE_AND_LINK_CHARS.saturating_sub(link.len());
    let title = speaker.fit(&about.title, beside_link.clamp(SMS_TITLE_CHARS_MIN, SMS_TITLE_CHARS));
    let (place, n) = (speaker.fit(&about.place, SMS_NAME_CHARS), about.n_together.to_string());
    let start = visit.map(|visit| speaker.catalogue.when(&contact.zone, visit.start_at)).unwrap_or_default();
    let until = if let Matter::Offer { expires_at, .. } = matter {
        speaker.catalogue.time(&contact.zone, *expires_at)
    } else {
        String::new()
    };
    let args = [
        ("number", &*number),
        ("title", &*title),
        ("place", &*place),
        ("when", &*start),
        ("until", &*until),
        ("n", &*n),
        ("link", link),
    ];
    let (subject, push, sms) = match matter {
        Matter::Offer { .. } if about.n_together > 1 => (TextId::OffersTitle, TextId::OffersPush, TextId::OffersSms),
        Matter::Offer { .. } => (TextId::OfferTitle, TextId::OfferPush, TextId::OfferSms),
        Matter::Lost { had_accepted: true, .. } => (TextId::LostTitle, TextId::LostPush, TextId::LostSms),
        Matter::Lost { had_accepted: false, .. } => {
            (TextId::WithdrawnTitle, TextId::WithdrawnPush, TextId::WithdrawnPush)
        }
        Matter::Reminder { .. } => (TextId::ReminderTitle, TextId::ReminderPush, TextId::ReminderSms),
        Matter::Stopped { .. } => (TextId::StoppedTitle, TextId::StoppedPush, TextId::StoppedSms),
        Matter::GoOn { .. } => (TextId::GoOnTitle, TextId::GoOnPush, TextId::GoOnSms),
        Matter::Unheard { .. } => (TextId::UnheardTitle, TextId::UnheardPush, TextId::UnheardSms),
        Matter::Accepted { .. }
        | Matter::Departed { .. }
        | Matter::Later { .. }
        | Matter::LookingAgain { .. }
        | Matter::Held { .. }
        | Matter::Closed { .. }
        | Matter::Survey { .. }
        | Matter::SurveyAgain { .. }
        | Matter::NotWorking { .. }
        | Matter::Replied { .. }
        | Matter::Escalated { .. }
        | Matter::Danger {}
        | Matter::Account { .. }
        | Matter::Money { .. }
        | Matter::SignInCode { .. } => return None,
    };
    Some(match channel {
        Channel::Sms => speaker.words(None, sms, &args, None),
        Channel::Push | Channel::Email | Channel::Call => speaker.words(Some(subject), push, &args, None),
    })
}

/// What a customer is told about the visit.
#[derive(Clone, Copy, Debug)]
pub struct Coming<'a> {
    /// Who comes.
    pub expert_name: &'a str,
    /// The promised visit.
    pub visit: VisitPlan,
    /// When he left, if he has.
    pub departed_at: Option<Timestamp>,
    /// Later than was promised.
    pub later: bool,
    /// The ticket's page.
    pub link: &'a str,
}

impl Coming<'_> {
    /// When he should be there: from the departure on, what the way takes.
    fn arrival(&self) -> Timestamp {
        match self.departed_at {
            Some(left) => left.plus_minutes(i64::from(self.visit.travel_minutes)),
            None => self.visit.start_at,
        }
    }
}

/// What a customer is told about who comes and when.
pub fn coming(coming: Coming<'_>, about: &About, contact: &CustomerContact, channel: Channel, now: Timestamp) -> Words {
    let sets_off = coming.visit.leave_at() <= now.plus_minutes(SETS_OFF_MINUTES);
    let (subject, mail, sms, call) = match (coming.departed_at, sets_off) {
        (_, _) if coming.later => (TextId::LaterSubject, TextId::LaterMail, TextId::LaterSms, TextId::LaterCall),
        (Some(_), _) => (TextId::DepartedSubject, TextId::DepartedMail, TextId::DepartedSms, TextId::DepartedCall),
        (None, true) => (TextId::ComingSubject, TextId::ComingMail, TextId::ComingSms, TextId::ComingCall),
        (None, false) => (TextId::AcceptedSubject, TextId::AcceptedMail, TextId::AcceptedSms, TextId::AcceptedCall),
    };
    let speaker = Speaker::new(contact.language, channel);
    let (number, when) = (about.number.to_string(), speaker.catalogue.when(&contact.zone, coming.arrival()));
    let expert = speaker.fit(coming.expert_name, SMS_NAME_CHARS);
    let args = [
        ("name", &*contact.name),
        ("phone", contact.phone.as_str()),
        ("number", &*number),
        ("title", &*about.title),
        ("expert", &*expert),
        ("when", &*when),
        ("link", coming.link),
    ];
    match channel {
        Channel::Sms => speaker.words(None, sms, &args, Some(coming.link)),
        Channel::Call => speaker.words(None, call, &args, None),
        Channel::Email | Channel::Push => speaker.words(Some(subject), mail, &args, Some(coming.link)),
    }
}

/// What a customer is told whose visit has to move; nothing for another matter.
pub fn looking_again(
    matter: &Matter,
    about: &About,
    contact: &CustomerContact,
    channel: Channel,
    link: &str,
) -> Option<Words> {
    let Matter::LookingAgain { start_at, news_at, as_asked } = matter else { return None };
    let (subject, mail, sms, call) = if *as_asked {
        (TextId::AnotherTimeSubject, TextId::AnotherTimeMail, TextId::AnotherTimeSms, TextId::AnotherTimeCall)
    } else {
        (TextId::MovedSubject, TextId::MovedMail, TextId::MovedSms, TextId::MovedCall)
    };
    let speaker = Speaker::new(contact.language, channel);
    let number = about.number.to_string();
    let was = speaker.catalogue.when(&contact.zone, *start_at);
    let when = speaker.catalogue.when(&contact.zone, *news_at);
    let until = speaker.catalogue.time(&contact.zone, *news_at);
    let args = [
        ("name", &*contact.name),
        ("phone", contact.phone.as_str()),
        ("number", &*number),
        ("title", &*about.title),
        ("was", &*was),
        ("when", &*when),
        ("until", &*until),
        ("link", link),
    ];
    Some(match channel {
        Channel::Sms => speaker.words(None, sms, &args, Some(link)),
        Channel::Call => speaker.words(None, call, &args, None),
        Channel::Email | Channel::Push => speaker.words(Some(subject), mail, &args, Some(link)),
    })
}

/// Why the visit could not be finished, and what comes next. Nothing where the customer asked for it.
pub fn held(
    why: HoldReason,
    until: Timestamp,
    link: &str,
    about: &About,
    contact: &CustomerContact,
    channel: Channel,
) -> Option<Words> {
    let (subject, mail, sms, call) = match why {
        HoldReason::Part => (TextId::PartSubject, TextId::PartMail, TextId::PartSms, TextId::PartCall),
        HoldReason::NoAccess => {
            (TextId::NoAccessSubject, TextId::NoAccessMail, TextId::NoAccessSms, TextId::NoAccessCall)
        }
        HoldReason::WrongAddress => {
            (TextId::WrongAddressSubject, TextId::WrongAddressMail, TextId::WrongAddressSms, TextId::WrongAddressCall)
        }
        HoldReason::Customer => return None,
    };
    let speaker = Speaker::new(contact.language, channel);
    let (number, when) = (about.number.to_string(), speaker.catalogue.when(&contact.zone, until));
    let args = [
        ("name", &*contact.name),
        ("phone", contact.phone.as_str()),
        ("number", &*number),
        ("title", &*about.title),
        ("when", &*when),
        ("link", link),
    ];
    Some(match channel {
        Channel::Sms => speaker.words(None, sms, &args, Some(link)),
        Channel::Call => speaker.words(None, call, &args, None),
        Channel::Email | Channel::Push => speaker.words(Some(subject), mail, &args, Some(link)),
    })
}

/// We closed the ticket, and why; nothing where its customer did it.
pub fn closed(
    why: CancelReason,
    link: &str,
    about: &About,
    contact: &CustomerContact,
    channel: Channel,
) -> Option<Words> {
    let (subject, mail, sms, call) = match why {
        CancelReason::NoPlan => (TextId::ClosedSubject, TextId::ClosedMail, TextId::ClosedSms, TextId::ClosedCall),
        CancelReason::Staff => {
            (TextId::CalledOffSubject, TextId::CalledOffMail, TextId::CalledOffSms, TextId::CalledOffCall)
        }
        CancelReason::Customer => return None,
    };
    let speaker = Speaker::new(contact.language, channel);
    let number = about.number.to_string();
    let args = [
        ("name", &*contact.name),
        ("phone", contact.phone.as_str()),
        ("number", &*number),
        ("title", &*about.title),
        ("link", link),
    ];
    Some(match channel {
        Channel::Sms => speaker.words(None, sms, &args, Some(link)),
        Channel::Call => speaker.words(None, call, &args, None),
        Channel::Email | Channel::Push => speaker.words(Some(subject), mail, &args, Some(link)),
    })
}

/// The question how it was; `again` the second and last time.
pub fn survey(again: bool, link: &str, about: &About, contact: &CustomerContact, channel: Channel) -> Words {
    let (subject, mail, sms) = if again {
        (TextId::SurveyAgainSubject, TextId::SurveyAgainMail, TextId::SurveyAgainSms)
    } else {
        (TextId::SurveySubject, TextId::SurveyMail, TextId::SurveySms)
    };
    let speaker = Speaker::new(contact.language, channel);
    let number = about.number.to_string();
    let args = [("name", &*contact.name), ("number", &*number), ("title", &*about.title), ("link", link)];
    match channel {
        Channel::Sms => speaker.words(None, sms, &args, Some(link)),
        Channel::Email | Channel::Push | Channel::Call => speaker.words(Some(subject), mail, &args, Some(link)),
    }
}

/// What the desk does after the answer that it is not working. In English: it is for our own people.
pub fn not_working(comment: Option<&str>, about: &About, contact: &CustomerContact) -> Words {
    let speaker = Speaker::new(shared::texts::Language::English, Channel::Call);
    let number = about.number.to_string();
    let args = [
        ("name", &*contact.name),
        ("phone", contact.phone.as_str()),
        ("number", &*number),
        ("title", &*about.title),
        ("comment", comment.unwrap_or_default()),
    ];
    let id = if comment.is_some() { TextId::NotWorkingCallComment } else { TextId::NotWorkingCall };
    speaker.words(None, id, &args, None)
}

/// What the desk reads of an SMS that fits no open ticket, and whom to ring. In English: it is for our own people.
pub fn replied(phone: &Phone, names: &[String], text: &str, has_media: bool) -> Words {
    let speaker = Speaker::new(shared::texts::Language::English, Channel::Call);
    let who = if names.is_empty() { speaker.catalogue.text(TextId::ReplyUnknown, &[]) } else { names.join(", ") };
    let empty = if has_media { TextId::ReplyPicture } else { TextId::ReplyEmpty };
    let text = if text.trim().is_empty() { speaker.catalogue.text(empty, &[]) } else { text.trim().to_owned() };
    let args = [("phone", phone.as_str()), ("name", &*who), ("text", &*text)];
    speaker.words(None, TextId::ReplyCall, &args, None)
}

/// What an admin is told: that nobody looked, or that there is danger. Nothing for other matters.
pub fn to_admin(
    matter: &Matter,
    about: &About,
    language: shared::texts::Language,
    zone: &Zone,
    link: &str,
) -> Option<Words> {
    let speaker = Speaker::new(language, Channel::Email);
    let (mut when, mut why, mut n_told) = (String::new(), String::new(), String::new());
    let (subject, body) = match matter {
        Matter::Escalated { reason, since, n } => {
            when = speaker.catalogue.when(zone, *since);
            why = speaker.catalogue.text(super::reasons::text(*reason), &[]);
            n_told = n.to_string();
            (TextId::EscalatedSubject, TextId::EscalatedMail)
        }
        Matter::Danger {} => (TextId::DangerSubject, TextId::DangerMail),
        Matter::Offer { .. }
        | Matter::Lost { .. }
        | Matter::Reminder { .. }
        | Matter::Stopped { .. }
        | Matter::GoOn { .. }
        | Matter::Unheard { .. }
        | Matter::Accepted { .. }
        | Matter::Departed { .. }
        | Matter::Later { .. }
        | Matter::LookingAgain { .. }
        | Matter::Held { .. }
        | Matter::Closed { .. }
        | Matter::Survey { .. }
        | Matter::SurveyAgain { .. }
        | Matter::NotWorking { .. }
        | Matter::Account { .. }
        | Matter::Replied { .. }
        | Matter::Money { .. }
        | Matter::SignInCode { .. } => return None,
    };
    let number = about.number.to_string();
    let args = [
        ("number", &*number),
        ("title", &*about.title),
        ("place", &*about.place),
        ("when", &*when),
        ("reason", &*why),
        ("n", &*n_told),
        ("link", link),
    ];
    Some(speaker.words(Some(subject), body, &args, Some(link)))
}

/// What stands in a message beside a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Beside {
    /// Nothing.
    Nothing,
    /// Where the app is, which an expert may not have yet.
    App(String),
    /// A link that signs in.
    SignIn(String),
    /// A link to choose a new password.
    Reset(String),
}

/// A sign-in code. Made when it is sent; the digits are kept nowhere else.
pub fn code(
    digits: &str,
    expires_at: Timestamp,
    language: shared::texts::Language,
    zone: &Zone,
    channel: Channel,
    beside: &Beside,
) -> Words {
    let speaker = Speaker::new(language, channel);
    let spaced = match digits.split_at_checked(3) {
        Some((first, rest)) => format!("{first} {rest}"),
        None => digits.to_owned(),
    };
    let (when, until) = (speaker.catalogue.when(zone, expires_at), speaker.catalogue.time(zone, expires_at));
    let link = match beside {
        Beside::Nothing => "",
        Beside::App(link) | Beside::SignIn(link) | Beside::Reset(link) => link.as_str(),
    };
    let args = [("code", &*spaced), ("when", &*when), ("until", &*until), ("link", link)];
    match (channel, beside) {
        (Channel::Email, Beside::SignIn(_)) => {
            speaker.words(Some(TextId::SignInLinkSubject), TextId::SignInLinkMail, &args, Some(link))
        }
        (Channel::Email, Beside::Reset(_)) => {
            speaker.words(Some(TextId::ResetLinkSubject), TextId::ResetLinkMail, &args, Some(link))
        }
        (Channel::Email, Beside::Nothing | Beside::App(_)) => {
            speaker.words(Some(TextId::CodeSubject), TextId::CodeMail, &args, None)
        }
        (Channel::Sms, Beside::App(_)) => speaker.words(None, TextId::CodeAppSms, &args, None),
        (Channel::Sms | Channel::Push | Channel::Call, _) => speaker.words(None, TextId::CodeSms, &args, None),
    }
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
