# What customers hear about their plan and their money. Amounts and dates are put in as they are written.

# A period ends soon, and the next one is charged then.
soon-subject = Your plan { $plan } renews on { $when }
soon-mail = Hello { $name },

    your plan { $plan } goes on for another period on { $when }. That costs { $price }.
    { $note }

    You can look at your plan, use another card or end the plan here:
    { $link }

    Penultimate Electronics
soon-sms = Your plan { $plan } renews on { $when } for { $price }. Your card, or to end it: { $page }
soon-call = Please ring { $name } at { $phone } and say: "Your plan { $plan } renews on { $when } for { $price }. { $note }"

# A period was paid.
paid-subject = Your receipt: { $plan }, { $price }
paid-mail = Hello { $name },

    thank you. We received { $price } for your plan { $plan } ({ $card }).
    The plan covers you until { $when }. Your receipt:
    { $link }

    Penultimate Electronics
paid-sms = Thank you: { $price } paid for { $plan }, valid until { $when }. Receipt: { $page }
paid-call = Please ring { $name } at { $phone } and say: "We received { $price } for your plan { $plan } ({ $card }). It covers you until { $when }."

# A period could not be charged.
unpaid-subject = Your payment for { $plan } did not go through
unpaid-mail = Hello { $name },

    we could not collect { $price } for your plan { $plan }.
    { $note }

    Your plan still covers you until { $when }. Please pay, confirm or use another card here before that:
    { $link }

    Visits that are planned already take place.

    Penultimate Electronics
unpaid-sms = Your payment for { $plan } did not go through. You are covered until { $when }. Please look here: { $page }
unpaid-call = Please ring { $name } at { $phone } and say: "We could not collect { $price } for your plan { $plan }. { $note } Your plan covers you until { $when }."

# A plan lapsed.
lapsed-subject = Your plan { $plan } has ended
lapsed-mail = Hello { $name },

    we could not collect { $price } for your plan { $plan }, so it ended on { $when }. Nothing was charged.
    Visits that are planned already take place. You can buy a plan again at any time:
    { $link }

    Penultimate Electronics
lapsed-sms = Your plan { $plan } ended on { $when }, because it could not be paid. Nothing was charged. Buy it again: { $page }
lapsed-call = Please ring { $name } at { $phone } and say: "We could not collect { $price } for your plan { $plan }, so it ended on { $when }. Nothing was charged."

# The card expires.
card-expires-subject = Your card expires soon ({ $plan })
card-expires-mail = Hello { $name },

    the card that we charge for your plan { $plan }, { $card }, expires soon. The next payment is due on { $when }.
    Please leave your new card here; nothing is charged today:
    { $link }

    Penultimate Electronics
card-expires-sms = The card for your plan { $plan } expires soon; the next payment is on { $when }. Your new card: { $page }
card-expires-call = Please ring { $name } at { $phone } and say: "The card for your plan { $plan }, { $card }, expires soon. The next payment is due on { $when }. You can leave your new card on our pages."

# Money was given back.
refunded-subject = We gave you { $price } back
refunded-mail = Hello { $name },

    on { $when } we gave you { $price } back for your plan { $plan }. Your bank shows it within a few days.
    Your receipt:
    { $link }

    Penultimate Electronics
refunded-sms = We gave you { $price } back for { $plan } on { $when }; your bank shows it in a few days. { $page }
refunded-call = Please ring { $name } at { $phone } and say: "On { $when } we gave you { $price } back for your plan { $plan }. Your bank shows it within a few days."

# Sentences inside.
money-card-fine = We will charge your { $card }.
money-card-expires = Your { $card } expires before that day, so please leave another card.
money-no-card = There is no card that we can charge.
money-declined = Your bank declined the payment without telling us why.
money-funds = Your bank says that there was not enough money on the account.
money-confirm = Your bank wants you to confirm the payment.
money-expired = Your card has expired.
money-blocked = Your bank says that this card can no longer be used.
money-ours = The payment could not be made, and we are looking into it. Your card was not charged.
