//! What kinds of background work there are, which share slots, and how long each is worth trying.

/// A kind of job. The subject is the id of what it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Find the expert for a waiting ticket.
    MatchTicket,
    /// An expert is away or was switched off: what he will not do goes back to matching.
    ExpertAway,
    /// An expert is late: what he promised for afterwards moves.
    ExpertLate,
    /// A rule that many share was changed: what is promised against it goes back to matching.
    RuleChanged,
    /// A plan was paid or granted: its customer's tickets that waited for one go on.
    PlanFound,
    /// Tell an expert about an offer, a reminder or a loss. The body names the event.
    NotifyExpert,
    /// Tell a customer what happened. The body names the event.
    NotifyCustomer,
    /// Tell the admins that nobody looked, or of danger. The body names the event.
    NotifyAdmins,
    /// Tell a customer something about the account. The body says what.
    NotifyAccount,
    /// Send somebody a code to sign in with.
    SignInCode,
    /// Hand one delivery to the push provider.
    SendPush,
    /// Hand one delivery to the SMS provider.
    SendSms,
    /// Hand one delivery to the mail server.
    SendMail,
    /// Ask the customer how it was.
    SurveyInvite,
    /// Look how a visit to the card provider's page ended.
    Checkout,
    /// Take the next step of a charge.
    Charge,
    /// Give money back.
    Refund,
    /// A customer left: the card provider forgets them too.
    ForgetPayer,
    /// Run one periodic reconciler; the subject is its name.
    Sweep,
}

/// Kinds that share slots. A lane that is slow delays no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WorkLane {
    /// Matching.
    Matching,
    /// What the ledger waits for beside matching.
    Deadlines,
    /// Notices to experts, and codes: somebody looks at a phone.
    ExpertNotices,
    /// Notices to customers, surveys too.
    CustomerNotices,
    /// The push provider.
    Push,
    /// The SMS provider.
    Sms,
    /// The mail server.
    Mail,
    /// The card provider.
    Cards,
    /// Periodic reconcilers.
    Sweeps,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 19] = [
        Self::MatchTicket,
        Self::ExpertAway,
        Self::ExpertLate,
        Self::RuleChanged,
        Self::PlanFound,
        Self::NotifyExpert,
        Self::NotifyCustomer,
        Self::NotifyAdmins,
        Self::NotifyAccount,
        Self::SignInCode,
        Self::SendPush,
        Self::SendSms,
        Self::SendMail,
        Self::SurveyInvite,
        Self::Checkout,
        Self::Charge,
        Self::Refund,
        Self::ForgetPayer,
        Self::Sweep,
    ];

    /// The word in the table.
    pub fn word(self) -> &'static str {
        match self {
            Self::MatchTicket => "match_ticket",
            Self::ExpertAway => "expert_away",
            Self::ExpertLate => "expert_late",
            Self::RuleChanged => "rule_changed",
            Self::PlanFound => "plan_found",
            Self::NotifyExpert => "notify_expert",
            Self::NotifyCustomer => "notify_customer",
            Self::NotifyAdmins => "notify_admins",
            Self::NotifyAccount => "notify_account",
            Self::SignInCode => "sign_in_code",
            Self::SendPush => "send_push",
            Self::SendSms => "send_sms",
            Self::SendMail => "send_mail",
            Self::SurveyInvite => "survey_invite",
            Self::Checkout => "checkout",
            Self::Charge => "charge",
            Self::Refund => "refund",
            Self::ForgetPayer => "forget_payer",
            Self::Sweep => "sweep",
        }
    }

    /// The kind that a word means; none if only another version of this program knows it.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Whose slots it uses.
    pub fn lane(self) -> WorkLane {
        match self {
            Self::MatchTicket => WorkLane::Matching,
            Self::ExpertAway | Self::ExpertLate | Self::RuleChanged | Self::PlanFound => WorkLane::Deadlines,
            Self::NotifyExpert | Self::SignInCode => WorkLane::ExpertNotices,
            Self::NotifyCustomer | Self::NotifyAdmins | Self::NotifyAccount | Self::SurveyInvite => {
                WorkLane::CustomerNotices
            }
            Self::SendPush => WorkLane::Push,
            Self::SendSms => WorkLane::Sms,
            Self::SendMail => WorkLane::Mail,
            Self::Checkout | Self::Charge | Self::Refund | Self::ForgetPayer => WorkLane::Cards,
            Self::Sweep => WorkLane::Sweeps,
        }
    }

    /// How long after its first attempt a job that keeps failing becomes a dead job.
    pub fn tried_for_minutes(self) -> i64 {
        match self {
            // The ledger depends on these: they are tried for as long as someone could still mend the cause.
            Self::MatchTicket | Self::ExpertAway | Self::ExpertLate | Self::RuleChanged | Self::PlanFound => {
                7 * 24 * 60
            }
            // Money is owed, whoever is down: a sweep asks again for what died here.
            Self::Checkout | Self::Charge | Self::Refund | Self::ForgetPayer => 7 * 24 * 60,
            Self::SendMail | Self::SurveyInvite => 3 * 24 * 60,
            Self::NotifyExpert
            | Self::NotifyCustomer
            | Self::NotifyAdmins
            | Self::NotifyAccount
            | Self::SendPush
            | Self::SendSms => 24 * 60,
            // The code is only good for minutes.
            Self::SignInCode => 10,
            // The next period makes a new one.
            Self::Sweep => 60,
        }
    }
}

impl WorkLane {
    /// All lanes.
    pub const ALL: [Self; 9] = [
        Self::Matching,
        Self::Deadlines,
        Self::ExpertNotices,
        Self::CustomerNotices,
        Self::Push,
        Self::Sms,
        Self::Mail,
        Self::Cards,
        Self::Sweeps,
    ];

    /// The word in the table.
    pub fn word(self) -> &'static str {
        match self {
            Self::Matching => "matching",
            Self::Deadlines => "deadlines",
            Self::ExpertNotices => "expert_notices",
            Self::CustomerNotices => "customer_notices",
            Self::Push => "push",
            Self::Sms => "sms",
            Self::Mail => "mail",
            Self::Cards => "cards",
            Self::Sweeps => "sweeps",
        }
    }

    /// How many of its jobs one server runs at once, unless a setting says otherwise.
    pub fn running_max(self) -> usize {
        match self {
            Self::Matching => 4,
            Self::Deadlines | Self::ExpertNotices | Self::CustomerNotices => 8,
            Self::Push | Self::Sms | Self::Mail => 16,
            Self::Cards => 8,
            Self::Sweeps => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_distinct_and_read_back() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_word(kind.word()), Some(kind));
        }
        let mut lanes: Vec<&str> = WorkLane::ALL.iter().map(|lane| lane.word()).collect();
        lanes.sort_unstable();
        lanes.dedup();
        assert_eq!(lanes.len(), WorkLane::ALL.len());
    }
}
