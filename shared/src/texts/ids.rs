//! The closed list of texts: what the code may ask a catalogue for, and with which arguments.
//!
//! A test renders each with samples in each language, and refuses a catalogue that holds more or less than this list.

/// A text of one of the closed lists.
pub trait Named: Copy + std::fmt::Debug + 'static {
    /// The message's name in the files.
    fn key(self) -> &'static str;
    /// The arguments that its text may use.
    fn args(self) -> &'static [&'static str];
}

macro_rules! texts {
    ($(#[$about:meta])* $list:ident $($(#[$doc:meta])* $name:ident = $key:literal ($($arg:literal),*);)*) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $list {
            $(
                #[doc = concat!("`", $key, "`")]
                $name,
            )*
        }

        impl $list {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The message's name in the files.
            pub fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }

            /// The arguments that its text may use.
            pub fn args(self) -> &'static [&'static str] {
                match self { $(Self::$name => &[$($arg),*],)* }
            }
        }

        impl $crate::texts::Named for $list {
            fn key(self) -> &'static str {
                self.key()
            }

            fn args(self) -> &'static [&'static str] {
                self.args()
            }
        }
    };
}

texts! {
    /// One text of the catalogues.
    TextId
    When = "when" ("weekday", "day", "month", "time");

    OfferTitle = "offer-title" ("number");
    OfferPush = "offer-push" ("title", "place", "when", "until");
    OfferSms = "offer-sms" ("title", "place", "when", "until", "link");
    OffersTitle = "offers-title" ("n");
    OffersPush = "offers-push" ("title", "place", "when", "until");
    OffersSms = "offers-sms" ("n", "place", "when", "until", "link");
    WithdrawnTitle = "withdrawn-title" ("number");
    WithdrawnPush = "withdrawn-push" ("title", "place");
    LostTitle = "lost-title" ("number");
    LostPush = "lost-push" ("title", "place");
    LostSms = "lost-sms" ("number", "title", "place");
    ReminderTitle = "reminder-title" ("number");
    ReminderPush = "reminder-push" ("title", "place", "when");
    ReminderSms = "reminder-sms" ("number", "title", "place", "when", "link");
    StoppedTitle = "stopped-title" ("number");
    StoppedPush = "stopped-push" ("title", "place");
    StoppedSms = "stopped-sms" ("number", "title", "place");
    GoOnTitle = "go-on-title" ("number");
    GoOnPush = "go-on-push" ("title", "place", "when");
    GoOnSms = "go-on-sms" ("number", "title", "place", "when");
    UnheardTitle = "unheard-title" ("number");
    UnheardPush = "unheard-push" ("title", "place", "when");
    UnheardSms = "unheard-sms" ("title", "place", "when", "link");

    AcceptedSubject = "accepted-subject" ("number", "expert", "when");
    AcceptedMail = "accepted-mail" ("name", "number", "title", "expert", "when", "link");
    AcceptedSms = "accepted-sms" ("number", "expert", "when", "link");
    AcceptedCall = "accepted-call" ("name", "phone", "number", "title", "expert", "when");
    ComingSubject = "coming-subject" ("number", "expert", "when");
    ComingMail = "coming-mail" ("name", "number", "title", "expert", "when", "link");
    ComingSms = "coming-sms" ("number", "expert", "when", "link");
    ComingCall = "coming-call" ("name", "phone", "number", "title", "expert", "when");
    DepartedSubject = "departed-subject" ("number", "expert");
    DepartedMail = "departed-mail" ("name", "number", "title", "expert", "when", "link");
    DepartedSms = "departed-sms" ("number", "expert", "when", "link");
    DepartedCall = "departed-call" ("name", "phone", "title", "expert", "when");
    MovedSubject = "moved-subject" ("number");
    MovedMail = "moved-mail" ("name", "number", "title", "was", "when", "link");
    MovedSms = "moved-sms" ("number", "was", "until", "link");
    MovedCall = "moved-call" ("name", "phone", "title", "was", "when");

    LaterSubject = "later-subject" ("number");
    LaterMail = "later-mail" ("name", "number", "title", "expert", "when", "link");
    LaterSms = "later-sms" ("number", "expert", "when", "link");
    LaterCall = "later-call" ("name", "phone", "title", "expert", "when");

    AnotherTimeSubject = "another-time-subject" ("number", "was");
    AnotherTimeMail = "another-time-mail" ("name", "number", "title", "was", "when", "link");
    AnotherTimeSms = "another-time-sms" ("number", "was", "until", "link");
    AnotherTimeCall = "another-time-call" ("name", "phone", "title", "was", "when");

    PartSubject = "part-subject" ("number");
    PartMail = "part-mail" ("name", "number", "title", "when", "link");
    PartSms = "part-sms" ("number", "when", "link");
    PartCall = "part-call" ("name", "phone", "number", "title", "when");
    NoAccessSubject = "no-access-subject" ("number");
    NoAccessMail = "no-access-mail" ("name", "number", "title", "when", "link");
    NoAccessSms = "no-access-sms" ("number", "link");
    NoAccessCall = "no-access-call" ("name", "phone", "number", "title");
    WrongAddressSubject = "wrong-address-subject" ("number");
    WrongAddressMail = "wrong-address-mail" ("name", "number", "title", "when", "link");
    WrongAddressSms = "wrong-address-sms" ("number", "link");
    WrongAddressCall = "wrong-address-call" ("name", "phone", "number", "title");

    ClosedSubject = "closed-subject" ("number");
    ClosedMail = "closed-mail" ("name", "number", "title", "link");
    ClosedSms = "closed-sms" ("number", "link");
    ClosedCall = "closed-call" ("name", "phone", "number", "title");
    CalledOffSubject = "called-off-subject" ("number");
    CalledOffMail = "called-off-mail" ("name", "number", "title", "link");
    CalledOffSms = "called-off-sms" ("number", "link");
    CalledOffCall = "called-off-call" ("name", "phone", "number", "title");

    SurveySubject = "survey-subject" ("number");
    SurveyMail = "survey-mail" ("name", "number", "title", "link");
    SurveySms = "survey-sms" ("number", "link");
    SurveyAgainSubject = "survey-again-subject" ("number");
    SurveyAgainMail = "survey-again-mail" ("name", "title", "link");
    SurveyAgainSms = "survey-again-sms" ("number", "link");
    NotWorkingCall = "not-working-call" ("name", "phone", "number", "title");
    NotWorkingCallComment = "not-working-call-comment" ("name", "phone", "number", "title", "comment");

    EscalatedSubject = "escalated-subject" ("number");
    EscalatedMail = "escalated-mail" ("number", "title", "place", "when", "reason", "n", "link");
    DangerSubject = "danger-subject" ("number");
    DangerMail = "danger-mail" ("number", "title", "place", "link");
    ReasonNoPlan = "reason-no-plan" ();
    ReasonNoCandidate = "reason-no-candidate" ();
    ReasonOffersExhausted = "reason-offers-exhausted" ();
    ReasonNotDelivered = "reason-not-delivered" ();
    ReasonNotDeparted = "reason-not-departed" ();
    ReasonNotArrived = "reason-not-arrived" ();
    ReasonOverEstimate = "reason-over-estimate" ();
    ReasonRunningLate = "reason-running-late" ();
    ReasonCannotFix = "reason-cannot-fix" ();
    ReasonHoldEnded = "reason-hold-ended" ();
    ReasonDoneByOther = "reason-done-by-other" ();
    ReasonDanger = "reason-danger" ();

    CodeSubject = "code-subject" ("code");
    CodeMail = "code-mail" ("code", "when");
    CodeSms = "code-sms" ("code", "until");
    CodeAppSms = "code-app-sms" ("code", "until", "link");
    SignInLinkSubject = "sign-in-link-subject" ();
    SignInLinkMail = "sign-in-link-mail" ("code", "when", "link");
    ResetLinkSubject = "reset-link-subject" ();
    ResetLinkMail = "reset-link-mail" ("code", "when", "link");

    ConfirmSubject = "confirm-subject" ();
    ConfirmMail = "confirm-mail" ("name", "email", "link");
    LeavingSubject = "leaving-subject" ("when");
    LeavingMail = "leaving-mail" ("name", "when", "link");
    LeavingSms = "leaving-sms" ("when", "link");
    LeavingCall = "leaving-call" ("name", "phone", "when");
    ReplyAcceptedSms = "reply-accepted-sms" ("number", "when");
    ReplyDeclinedSms = "reply-declined-sms" ("number");
    ReplyWhichSms = "reply-which-sms" ("numbers", "number");
    ReplyNothingSms = "reply-nothing-sms" ();
    ReplyNotedSms = "reply-noted-sms" ("number");
    ReplyReadSms = "reply-read-sms" ();
    ReplyStartedSms = "reply-started-sms" ();
    ReplyCall = "reply-call" ("phone", "name", "text");
    ReplyUnknown = "reply-unknown" ();
    ReplyEmpty = "reply-empty" ();
    ReplyPicture = "reply-picture" ();
    HelperSubject = "helper-subject" ("customer", "number");
    HelperMail = "helper-mail" ("name", "customer", "title", "link");
    HelperSms = "helper-sms" ("customer", "link");

    SurveyTitle = "survey-title" ();
    SurveyIntro = "survey-intro" ("number", "title");
    SurveyQuestion = "survey-question" ();
    SurveyYes = "survey-yes" ();
    SurveyNo = "survey-no" ();
    SurveyNoHint = "survey-no-hint" ();
    SurveyRating = "survey-rating" ();
    SurveyStars = "survey-stars" ("n");
    SurveyComment = "survey-comment" ();
    SurveySend = "survey-send" ();
    SurveyChoose = "survey-choose" ();
    SurveyTooLong = "survey-too-long" ("n");
    SurveyThanks = "survey-thanks" ();
    SurveyThanksWorking = "survey-thanks-working" ();
    SurveyThanksNotWorking = "survey-thanks-not-working" ();
    SurveyThanksFollowUp = "survey-thanks-follow-up" ("number");
    SurveyFollow = "survey-follow" ("number");
    SurveyAlready = "survey-already" ();
    SurveyAlreadyBody = "survey-already-body" ("answer");
    SurveyMend = "survey-mend" ("when");
    SurveyOver = "survey-over" ();
    SurveyOverBody = "survey-over-body" ();

    Date = "date" ("day", "month", "year");

    SoonSubject = "soon-subject" ("plan", "when");
    SoonMail = "soon-mail" ("name", "plan", "when", "price", "note", "link");
    SoonSms = "soon-sms" ("plan", "when", "price", "page");
    SoonCall = "soon-call" ("name", "phone", "plan", "when", "price", "note");
    PaidSubject = "paid-subject" ("plan", "price");
    PaidMail = "paid-mail" ("name", "price", "plan", "card", "when", "link");
    PaidSms = "paid-sms" ("price", "plan", "when", "page");
    PaidCall = "paid-call" ("name", "phone", "price", "plan", "card", "when");
    UnpaidSubject = "unpaid-subject" ("plan");
    UnpaidMail = "unpaid-mail" ("name", "price", "plan", "note", "when", "link");
    UnpaidSms = "unpaid-sms" ("plan", "when", "page");
    UnpaidCall = "unpaid-call" ("name", "phone", "price", "plan", "note", "when");
    LapsedSubject = "lapsed-subject" ("plan");
    LapsedMail = "lapsed-mail" ("name", "price", "plan", "when", "link");
    LapsedSms = "lapsed-sms" ("plan", "when", "page");
    LapsedCall = "lapsed-call" ("name", "phone", "price", "plan", "when");
    CardExpiresSubject = "card-expires-subject" ("plan");
    CardExpiresMail = "card-expires-mail" ("name", "plan", "card", "when", "link");
    CardExpiresSms = "card-expires-sms" ("plan", "when", "page");
    CardExpiresCall = "card-expires-call" ("name", "phone", "plan", "card", "when");
    RefundedSubject = "refunded-subject" ("price");
    RefundedMail = "refunded-mail" ("name", "when", "price", "plan", "link");
    RefundedSms = "refunded-sms" ("price", "plan", "when", "page");
    RefundedCall = "refunded-call" ("name", "phone", "when", "price", "plan");
    MoneyCardFine = "money-card-fine" ("card");
    MoneyCardExpires = "money-card-expires" ("card");
    MoneyNoCard = "money-no-card" ();
    MoneyDeclined = "money-declined" ();
    MoneyFunds = "money-funds" ();
    MoneyConfirm = "money-confirm" ();
    MoneyExpired = "money-expired" ();
    MoneyBlocked = "money-blocked" ();
    MoneyOurs = "money-ours" ();
}
