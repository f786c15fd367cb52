# What people are told by push, SMS, e-mail and telephone. An SMS has room for 160 characters of the GSM alphabet;
# a test measures each with samples. A sentence to say is read out by a person at the desk.

# An expert is asked. The link ends with the ticket's number.
offer-title = New ticket { $number }
offer-push = { $title }, { $place }. Start { $when }. Answer by { $until }.
offer-sms = New: { $title }, { $place }, { $when }. YES or NO by { $until }, here or in the app: { $link }

# Several tickets of one address are offered together.
offers-title = { $n } new tickets at one address
offers-push = { $title } and more, { $place }. Start { $when }. Answer by { $until }.
offers-sms = { $n } new tickets at one address: { $place }, { $when }. YES or NO to all by { $until }: { $link }

# An expert's offer was taken back before an answer.
withdrawn-title = { $number } is no longer offered
withdrawn-push = { $title }, { $place }. There is nothing for you to do.

# An expert's accepted visit is gone.
lost-title = Do not go to { $number }
lost-push = { $title }, { $place }. This visit is no longer yours.
lost-sms = Please do not go to { $number }: { $title }, { $place }. This visit is no longer yours. The app shows what is next.

# An expert should leave.
reminder-title = Time to leave for { $number }
reminder-push = { $title }, { $place }. You are expected at { $when }.
reminder-sms = Time to leave for { $number }: { $title }, { $place }, expected { $when }. { $link }

# Another expert reports that the visit is done.
stopped-title = Stop: { $number } may be done
stopped-push = { $title }, { $place }. Another expert reports that it is done. Wait until the office tells you.
stopped-sms = Stop: { $number } ({ $title }, { $place }) may be done by another expert. Wait until the office tells you.

# The visit takes place all the same.
go-on-title = Go on with { $number }
go-on-push = { $title }, { $place }. The visit is yours and takes place. You are expected { $when }.
go-on-sms = Please go on with { $number }: { $title }, { $place }. You are expected { $when }.

# A visit that no phone of the expert has received.
unheard-title = { $number } is yours: open the app
unheard-push = { $title }, { $place }. You are expected { $when }. Your phone has not received it yet.
unheard-sms = Your visit: { $title }, { $place }, { $when }. Please open it in the app: { $link }

# A customer hears who comes and when.
accepted-subject = { $expert } will come on { $when } ({ $number })
accepted-mail = Hello { $name },

    { $expert } will visit you about "{ $title }".
    Expected arrival: { $when }.

    If anything changes, we will tell you. You can follow your ticket { $number } here:
    { $link }

    Penultimate Electronics
accepted-sms = { $expert } will come on { $when } for ticket { $number }: { $link }
accepted-call = Please ring { $name } at { $phone } and say: "{ $expert } will visit you about { $title }. The expected arrival is { $when }. Your ticket number is { $number }."

# The same, when the expert sets off at once.
coming-subject = { $expert } is on the way, arriving about { $when } ({ $number })
coming-mail = Hello { $name },

    { $expert } has taken your ticket "{ $title }" and is setting off now.
    Expected arrival: { $when }.

    You can follow your ticket { $number } here:
    { $link }

    Penultimate Electronics
coming-sms = { $expert } is on the way, arriving { $when }. { $number }: { $link }
coming-call = Please ring { $name } at { $phone } and say: "{ $expert } has taken your ticket about { $title } and is on the way. The expected arrival is { $when }. Your ticket number is { $number }."

# The expert left.
departed-subject = { $expert } is on the way ({ $number })
departed-mail = Hello { $name },

    { $expert } is on the way to you about "{ $title }".
    Expected arrival: { $when }.

    You can follow your ticket { $number } here:
    { $link }

    Penultimate Electronics
departed-sms = { $expert } has left, arriving { $when }. { $number }: { $link }
departed-call = Please ring { $name } at { $phone } and say: "{ $expert } has left and is on the way to you about { $title }. The expected arrival is { $when }."

# A promised visit has to move.
moved-subject = Your visit has to move ({ $number })
moved-mail = Hello { $name },

    we are sorry: the visit about "{ $title }" on { $was } has to move.
    We are looking for another expert and will tell you by { $when }.

    You can follow your ticket { $number } here:
    { $link }

    Penultimate Electronics
moved-sms = Sorry, your visit on { $was } must move. News by { $until }. { $number }: { $link }
moved-call = Please ring { $name } at { $phone } and say: "We are sorry. The visit about { $title } on { $was } has to move. We are looking for another expert and will tell you by { $when }."

# The expert keeps the visit and comes later.
later-subject = Your expert comes later ({ $number })
later-mail = Hello { $name },

    we are sorry: { $expert } is running late with the visit about "{ $title }".
    Expected arrival now: { $when }.

    You can follow your ticket { $number } here:
    { $link }

    Penultimate Electronics
later-sms = Sorry, { $expert } comes later: { $when }. { $number }: { $link }
later-call = Please ring { $name } at { $phone } and say: "We are sorry. { $expert } is running late with the visit about { $title }. The expected arrival is now { $when }."

# A promised visit was taken back because the customer chose another time.
another-time-subject = Your visit on { $was } is taken back, as you asked ({ $number })
another-time-mail = Hello { $name },

    as you asked, the visit about "{ $title }" on { $was } is taken back.
    We are asking an expert for the time that you chose and will tell you by { $when }.

    You can follow your ticket { $number }, and choose again, here:
    { $link }

    Penultimate Electronics
another-time-sms = As you asked, your visit on { $was } is off. News by { $until }. { $number }: { $link }
another-time-call = Please ring { $name } at { $phone } and say: "As you asked, the visit about { $title } on { $was } is taken back. We are asking an expert for the time that you chose and will tell you by { $when }."

# The office called the ticket off.
called-off-subject = Your ticket { $number } was cancelled
called-off-mail = Hello { $name },

    our office cancelled your ticket { $number }, "{ $title }". Nobody will come.
    If that is not what you wanted, ring us, or file it again. Here is what you wrote:
    { $link }

    Penultimate Electronics
called-off-sms = Ticket { $number } was cancelled by our office. Nobody will come. { $link }
called-off-call = Please ring { $name } at { $phone } and say: "Our office cancelled your ticket { $number } about { $title }, and nobody will come. Is that right for you?"

# The visit could not be finished.
part-subject = A part is needed for { $number }
part-mail = Hello { $name },

    our expert could not finish "{ $title }" today: a part is needed. We go on from { $when } and tell you who comes.
    You can follow your ticket { $number } here:
    { $link }

    Penultimate Electronics
part-sms = A part is needed for { $number }. We go on from { $when }: { $link }
part-call = Please ring { $name } at { $phone } and say: "Our expert could not finish { $title } today because a part is needed. We go on from { $when } and tell you who comes. Your ticket number is { $number }."
no-access-subject = Nobody opened for { $number }: when may we come?
no-access-mail = Hello { $name },

    our expert was at your door about "{ $title }" (ticket { $number }) and nobody opened.
    Please choose a time by { $when } on this page, and the same expert is asked first:
    { $link }

    If we do not hear from you, somebody will ring you.

    Penultimate Electronics
no-access-sms = Nobody opened for { $number }. When may we come? Please choose a time: { $link }
no-access-call = Please ring { $name } at { $phone }: our expert was there about { $title } (ticket { $number }) and nobody opened. Ask when we may come and choose that time on the ticket's page.
wrong-address-subject = We could not find you for { $number }
wrong-address-mail = Hello { $name },

    our expert could not find you about "{ $title }" (ticket { $number }): the address seems to be wrong.
    Please correct it by { $when } on this page, and the same expert is asked first:
    { $link }

    If we do not hear from you, somebody will ring you.

    Penultimate Electronics
wrong-address-sms = We could not find you for { $number }. Please correct the address here: { $link }
wrong-address-call = Please ring { $name } at { $phone }: our expert could not find the address for { $title } (ticket { $number }). Ask for the right one and correct it on the ticket's page.

# Nobody comes: no plan was bought in time.
closed-subject = We have closed your ticket { $number }
closed-mail = Hello { $name },

    no valid plan covered "{ $title }", and none was bought in time. We have closed your ticket { $number }; nothing was charged.
    If you still need us, choose a plan and report it again. What you wrote is kept on this page:
    { $link }

    Penultimate Electronics
closed-sms = We closed { $number }: no plan covers it. Nothing was charged. To go on: { $link }
closed-call = Please ring { $name } at { $phone } and say: "No valid plan covered { $title }, and none was bought in time, so we have closed your ticket { $number }. Nothing was charged. If you still need us, I can help you to choose a plan and file it again."

# How was it?
survey-subject = Is it working? ({ $number })
survey-mail = Hello { $name },

    our visit about "{ $title }" (ticket { $number }) is done. Is it working?
    Please tell us here; it takes less than a minute:
    { $link }

    If it is not working, say so there and we will ring you.

    Penultimate Electronics
survey-sms = Our visit for { $number } is done. Is it working? Please tell us: { $link }
survey-again-subject = One question about our visit ({ $number })
survey-again-mail = Hello { $name },

    we have not heard how it went with "{ $title }". Is it working?
    This is the only time we ask again:
    { $link }

    Penultimate Electronics
survey-again-sms = Is it working since our visit for { $number }? Please tell us: { $link }

# A customer answered that it is not working.
not-working-call = Please ring { $name } at { $phone }: after our visit for ticket { $number } ({ $title }) the answer to "Is it working?" was no. Say that we are sorry, and file a new ticket.
not-working-call-comment = Please ring { $name } at { $phone }: after our visit for ticket { $number } ({ $title }) the answer to "Is it working?" was no. They wrote: "{ $comment }". Say that we are sorry, and file a new ticket.

# Admins.
escalated-subject = Nobody has looked at { $number } yet
escalated-mail = Ticket { $number } ("{ $title }", { $place }) has needed a person since { $when }, and nobody has acted.
    Reason: { $reason }
    This is reminder number { $n }.
    { $link }
danger-subject = Danger reported on { $number }
danger-mail = Ticket { $number } ("{ $title }", { $place }) shows a sign of danger, reported by the customer or the expert. Somebody should ring now.
    { $link }

# Why a ticket needs a person.
reason-no-plan = It was filed without a valid plan.
reason-no-candidate = No expert fits, or none was found in time.
reason-offers-exhausted = As many experts as allowed were asked, and none took it.
reason-not-delivered = The expert's phone has not received it.
reason-not-departed = The expert should have left and has not.
reason-not-arrived = The expert should have arrived and has not.
reason-over-estimate = The work takes much longer than estimated.
reason-running-late = An earlier visit takes longer, and this one no longer fits the expert's day.
reason-cannot-fix = The expert could not fix it.
reason-hold-ended = What it was on hold for did not happen in time.
reason-done-by-other = An expert who had lost the ticket reports that he finished it.
reason-danger = A sign of danger was reported.

# Signing in.
code-subject = Your sign-in code: { $code }
code-mail = Your sign-in code is { $code }. It works until { $when }.
    If you did not ask for it, you can ignore this message. Never tell the code to anyone.
code-sms = { $code } is your Sysops Squad sign-in code until { $until }. Never tell it to anyone.
# The same for an expert, who may not have the app yet.
code-app-sms = { $code } is your Sysops Squad sign-in code until { $until }. Never tell it to anyone. The app: { $link }
# A customer's mail: the link, and the code for whoever would rather type.
sign-in-link-subject = Your link to sign in
sign-in-link-mail = Open this page and press the button to sign in. It works once, until { $when }:
    { $link }
    Are you asked for a code? Yours is { $code }.
    If you did not ask for this, you can ignore this message. Never give the link or the code to anyone.
reset-link-subject = Choose a new password
reset-link-mail = Open this page to choose a new password. It works once, until { $when }:
    { $link }
    Are you asked for a code? Yours is { $code }.
    If you did not ask for this, you can ignore this message and keep your password. Never give the link or the code to anyone.

# The account.
confirm-subject = Please confirm your e-mail address
confirm-mail = { $name }, is { $email } your address? Open this page and say yes, so that our news reach you there:
    { $link }
    Whoever reads this mailbox can sign in to the account from then on. If it is not yours, or you did not ask for this, ignore this message.
leaving-subject = Your account will be deleted on { $when }
leaving-mail = { $name }, as you asked, we delete your account and your data on { $when }, or when your open tickets have ended.
    If you want to keep it, or did not ask for this, sign in before then and choose "Keep my account":
    { $link }
leaving-sms = Your account is deleted on { $when }. To keep it: { $link }
leaving-call = Please ring { $name } at { $phone } and say: As you asked, we delete your account on { $when }. If you want to keep it, tell me now.
# What we say to an SMS.
reply-accepted-sms = { $number } is yours. You are expected { $when }. Everything else is in the app. If you cannot go after all, say so there.
reply-declined-sms = Thank you. { $number } goes to somebody else.
reply-which-sms = Which one? You have several offers: { $numbers }. Please answer with the number, like YES { $number } or NO { $number }.
reply-nothing-sms = Nothing is open for you now: it ran out, was taken back, or is with somebody else. Please look in the app.
reply-noted-sms = Thank you. Your message is on ticket { $number }. In an emergency please call.
reply-read-sms = Thank you. Somebody will read your message and ring you. In an emergency please call.
reply-started-sms = You get our messages again. Write STOP to end them.
reply-call = Please read and ring { $phone } ({ $name }). They wrote by SMS: "{ $text }"
reply-unknown = nobody we know
reply-empty = (nothing)
reply-picture = (a picture; we cannot take pictures by SMS)

# Who helps a customer.
helper-subject = News for { $customer }: ticket { $number }
helper-mail = { $name }, there is news about a ticket of { $customer } ("{ $title }"). Who comes and when stands here:
    { $link }
    You hear of it because { $customer } named you as a helper.
helper-sms = News about the ticket of { $customer }. Who comes and when: { $link }
