# The expert's app.

# The line on top of every screen: where the work is and how fresh the news are.
line-changes = { $n ->
    [one] 1 change
   *[other] { $n } changes
}
line-photos = { $n ->
    [one] 1 photo
   *[other] { $n } photos
}
line-both = { $changes } and { $photos }
line-switched-off = The office switched this account off. Your unsent work goes to the office.
line-sign-in = Your work is safe on this phone – please sign in again
line-sign-in-unsent = { $work } safe on this phone – please sign in again
line-refused-unsent = { $work } safe on this phone – { $why }
line-offline-unsent = Offline – { $work } safe on this phone, sent when there is network
line-offline-heard = Offline – everything is here · last news { $time }
line-offline-empty = Offline – your tickets come when there is network
line-busy = The server is busy, trying again by itself
line-busy-unsent = { $work } safe on this phone – the server is busy, trying again by itself
line-update = Please update this app to see changes. Your own work still goes out.
line-getting = Getting your tickets …
line-holding-back = The server sent much less than before. Looking again before anything goes away.
line-sending = Sending { $work } …
line-safe-at = Everything is safe on the server · { $time }
line-safe = Everything is safe on the server

# Days and times.
day-today = Today
day-tomorrow = Tomorrow
day-yesterday = Yesterday
day-named = { $weekday ->
    [1] Mon
    [2] Tue
    [3] Wed
    [4] Thu
    [5] Fri
    [6] Sat
   *[7] Sun
} { $day } { $month ->
    [1] Jan
    [2] Feb
    [3] Mar
    [4] Apr
    [5] May
    [6] Jun
    [7] Jul
    [8] Aug
    [9] Sep
    [10] Oct
    [11] Nov
   *[12] Dec
}
day-weekday = { $weekday ->
    [1] Mon
    [2] Tue
    [3] Wed
    [4] Thu
    [5] Fri
    [6] Sat
   *[7] Sun
}
hours-minutes = { $hours } h { $minutes } min

# Where a visit is, and what a tap does.
state-given-back = Given back
state-accepting = Accepting …
state-offered = Offer
state-accepted = Accepted
state-en-route = On the way
state-on-site = On site
state-completed = Done
state-cancelled = Called off
act-accept = Accept
act-decline = Give it back
act-depart = I am leaving now
act-arrive = I have arrived
act-complete = Finish the visit
act-cannot-fix = I cannot fix it
chip-urgent = Urgent
chip-corrected = Address corrected
chip-unsent = Not sent yet

# The frame.
app-name = Sysops Squad
opening = Opening …
stuck-title = The app cannot open
stuck-help = Nothing was deleted. Free some space on this phone, close the app and open it again. If that does not help, ring the office.
salvaged = This phone's storage was damaged. { $n } of your changes could be read and go out as usual; your tickets come again from the server. The office can ask for the damaged file.
screens = Screens
tab-visits = Visits
tab-knowledge = Knowledge
tab-news = News
tab-you = You
n-to-read = { $n } to read
back = Back
ok = OK
one-moment = One moment …
quoted-error = { $what }: { $why }.

# Today.
offers = Offers
visits = Visits
ended = Ended
nothing-fetching = Your tickets are being fetched. They appear here by themselves.
nothing-on-duty = No visit is planned. New offers appear here and ring.
nothing-off-duty = No visit is planned. You are off duty: no offers come.
n-unreadable = { $n } of your tickets need a newer app. Please update it.
travel = { $minutes } min on the way
gap = { $span } free
overlap = No time between these two: say if you will be late.
more-visits = Show more ({ $n } are below)

# An offer.
offer-stands = Stands for
offer-over = The time is up. You may still say yes: it counts if nobody else was found.
offer-accept = Accept
offer-decline = Decline

# Saying no.
decline-title = Decline
give-back-title = Give it back
give-back-warning = You had accepted this visit. Somebody else is looked for at once.
decline-why = Why? One tap and it is done.
decline-busy = No time
decline-busy-more = I am busy then
decline-too-far = Too far
decline-too-far-more = The way is too long
decline-skill = Not my skill
decline-skill-more = The office corrects what this ticket needs
decline-ill = Not well
decline-ill-more = I cannot work now
decline-other = Something else
decline-other-more = The office may ring me

# A ticket.
given-back = You gave this ticket back. It goes as soon as the server has heard of it.
stopped = Stop: another expert reports that this is done. Wait until the office tells you.
gone-title = No longer here
gone-work-safe = What you did on it is safe on this phone and still goes to the office.
gone-orphan = The server was set back to a copy in which this ticket is not yours. The office hears of it and gets your work.
gone-reassigned = Another expert has this ticket now.
gone-to = { $name } has this ticket now.
gone-kept = { $n ->
    [one] The note or photo that you added meanwhile was kept: it is on the ticket.
   *[other] The { $n } notes and photos that you added meanwhile were kept: they are on the ticket.
}
gone-cancelled = This ticket was called off.
gone-lapsed = The offer ran out.
gone-declined = You gave this ticket back.
gone-archived = This ticket is finished and put away.
gone-other = This ticket is no longer yours.
earlier-title = It is still not working
earlier-you = You were there:
earlier-colleague = A colleague was there:
when-title = When
leave-by = Leave by { $when } · { $minutes } min on the way
late-title = Running late?
late-on-site = Takes longer?
late-button = +{ $minutes } min
late-label = { $minutes } minutes later
late-help = The time above moves at once. Everybody who waits for you is told by us.
late-undo = Take the last one back
late-undone = Taken back. Nobody was told.
late-gone = It has already gone to the server. If the visit starts earlier again, ring the office.
where-title = Where
address-corrected = The address was corrected. This is the right one:
navigate = Navigate
no-maps = No app for maps opened. The address is: { $address }
pin-set = The pin was set at the door.
pin-middle = The map may show the middle of the postal code.
pin-again = Set the pin here again
pin-here = I am at the door: set the pin here
pin-no-place = This phone does not know where it is. Allow it to use its location, step outside and try again.
pin-off = The app may not use this phone's place: you switched it off under You, Settings. Switch it on for a moment, and try again.
pin-inexact = This phone knows its place only to within { $metres } m. Step outside and try again.
access-note = How to get in:
contact-title = Contact
call = Call
no-calls = No app for calls opened. The number is { $phone }
what-title = What
why-you-title = Why you
notes-title = Notes
notes-none = No notes yet.
note-add-label = Add a note
note-add = Add note
note-not-added = The note was not added: { $why }.
other-acts = Something else

# Photos.
photos-title = Photos
photos-none = No photos yet.
photo-by = Photo by { $author }
photo-waits = On its way to the server
photo-not-here = This photo is not on this phone yet.
photo-caption = What the next photo shows (may stay empty)
photo-with-place = Say with it where I stand. Otherwise no place is sent.
photo-take = Take a photo
photo-choose = Choose one that is here
photo-not-added = The photo was not added. What it shows: { $why }.
photo-unread = The photo could not be read. Please take it again.

# Finishing.
complete-title = Finish the visit
complete-how = How did it end?
complete-what = What did you do?
complete-kept = Kept on this phone while you type.
complete-finish = Finish
complete-choose = Please choose how it ended.
complete-empty = Please say in a few words what you did. The customer and the next expert read it.
outcome-fixed = Fixed
outcome-workaround = Works another way
outcome-replaced = Replaced
outcome-no-fault = Nothing was wrong
outcome-without-visit = Solved without a visit
cannot-title = I cannot fix it
cannot-skill = It needs another skill
cannot-skill-more = Somebody else is sent at once
cannot-part = A part is missing
cannot-part-more = You choose until when; you are asked first then
cannot-no-access = Nobody opened
cannot-no-access-more = The customer is asked for another time
cannot-address = The address is wrong
cannot-address-more = The customer is asked to correct it
cannot-unsafe = It is not safe here
cannot-unsafe-more = Leave first. The office is told at once
called-title = Did you ring first?
called-yes = Yes, and nobody could help
called-yes-more = The office sees that you tried
called-no = No
called-no-more = The office rings if it must
part-which = Which part? (if you know)
part-when = When should we try again? One tap and it is done.
part-tomorrow = Tomorrow
part-days = In 3 days
part-week = In a week
part-fortnight = In two weeks
part-unknown = I do not know
part-unknown-more = The office orders it and finds a date

# Knowledge.
kb-title = Knowledge
kb-search = What is wrong
kb-fetching = The articles are being fetched. They stay on this phone and work without a network.
kb-no-room = This phone is full, so the articles made room for your work. Free some space, then close the app and open it again: they come back.
kb-count = { $n ->
    [one] 1 article is on this phone. A few words are enough, and they may be misspelt.
   *[other] { $n } articles are on this phone. A few words are enough, and they may be misspelt.
}
kb-none = No article speaks of this. Try fewer words.
kb-not-reviewed = not reviewed, by { $author }
kb-fixed-of = fixed { $fixed } of { $tried }
article-title = Article
article-gone = This article is not on this phone any more. It was retired, or the articles are being fetched again.
article-steps = What to do
article-stop = When to stop
article-helped = Did it fix this ticket?
article-fixed = This fixed it
article-not-fixed = It did not help
article-counts-once = Each ticket counts once. It goes out by itself when there is a network.
known-title = What is known
known-none = No article on this phone speaks of this.
known-write = Write an article from this ticket
solved-title = How the last ones were solved
write-title = Write an article
write-gone = This ticket is no longer on this phone.
write-help = Every expert has it at once, as not reviewed, under your name. Leave out names, addresses and numbers.
write-line = The trouble in one line
write-problem = What somebody sees
write-steps = What to do, a line for each step
write-steps-short = What to do
write-keep = Keep it

# News: what became of what was done.
news-title = News
news-none = Nothing new. What goes differently than you thought is said here.
news-again = Write it again
did-accept = You accepted
did-decline = You gave it back
did-depart = You left for the visit
did-arrive = You arrived
did-complete = You finished the visit
did-late = You said that you are late
did-cannot-fix = You could not fix it
did-pin = You set the pin
did-note = You wrote a note
did-photo = You took a photo
did-on-duty = You went on duty
did-off-duty = You went off duty
did-ill = You reported ill
did-article = You wrote an article
did-helped = You said whether an article helped
did-something = You did something
became-reassigned = Meanwhile the ticket had gone to somebody else. Your report was kept and the office has seen to it.
became-to = Meanwhile the ticket had gone to { $name }. Your report was kept and the office has seen to it.
became-lapsed = The offer had run out and somebody else was asked. Nothing to do.
became-cancelled = The ticket had been called off. Your report was kept.
became-unknown = The server does not know this ticket. The office has your report.
became-illegal = The ticket was already further, or not that far. Your report was kept for the office.
became-rule = A rule of the plan or your calendar was against it. The office decides.
became-rejected = The server could not use it: { $why }. Nothing was lost: it is kept here and there.
became-done = It was done.

# You.
you-title = You
on-duty = On duty
off-duty = Off duty
shifts-title = Shifts
shifts-none = No shifts are set. The office keeps them.
shifts-zone = Times of { $zone }
ill-title = Ill?
ill-away = You are away until { $until }. Others take your visits of that time.
ill-sooner = If you can work sooner, tell the office.
ill-help = Others take your offers and visits of that time. Your customers are told.
ill-today = Ill today
ill-tomorrow = Ill today and tomorrow
ill-three = Ill for three days
sync-title = Sync
sync-since = The oldest unsent change is of { $since }.
sync-now = Sync now
phone-title = This phone
storage-title = On this phone
storage-tickets = { $n ->
    [one] 1 ticket
   *[other] { $n } tickets
}
storage-articles = { $n ->
    [one] 1 article
   *[other] { $n } articles
}
storage-help = All of it can be read and worked on without a network.
outbox-empty = Nothing waits here: everything is safe on the server.
outbox-waits = { $work } wait here for the network. They are safe: neither closing the app nor switching this phone off loses them.
sign-out = Sign out
sign-out-unsent = { $n ->
    [one] 1 change has not reached the server. It stays on this phone and goes out when you sign in here again.
   *[other] { $n } changes have not reached the server. They stay on this phone and go out when you sign in here again.
}
sign-out-label = Unsent work
sign-out-stay = Stay signed in
sign-out-anyway = Sign out all the same
version = Version { $version }

# Settings.
settings-title = Settings
settings-open = Language, text size, colours, place
settings-language = Language
settings-system = As on this phone
settings-text = Size of the text
settings-text-normal = Normal
settings-text-large = Large
settings-text-larger = Larger
settings-text-largest = Twice as large
settings-theme = Colours
settings-light = Light
settings-dark = Dark
settings-sunlight = Sunlight
settings-sunlight-help = Sunlight is black on white with thick lines, for outdoors.
settings-motion = Movement
settings-motion-less = Less movement
settings-place = Where I am
settings-place-on = While on duty
settings-place-off = Never
settings-place-help = While you are on duty the office sees who is near; off duty this phone's place is not read at all. Without it you are offered visits by your usual area.
settings-kept = Kept on this phone, for everybody who signs in here.

# Signing in.
sign-in-for = For experts
sign-in-again = Sign in again
sign-in-again-safe = Everything you did is safe on this phone. It goes out when you are signed in again.
sign-in = Sign in
sign-in-network = Signing in needs a network. After that, everything works without one.
sign-in-login = E-mail or phone number
sign-in-how = How to sign in
sign-in-password = Password
sign-in-code = Code
sign-in-send = Send me a code
sign-in-send-again = Send another code
sign-in-sent = If the office knows this address or number, a code is on its way.
sign-in-no-login = Please type your e-mail address or phone number.
sign-in-login-first = Please type your e-mail address or phone number first.
sign-in-no-code = Please type the code that was sent to you.
sign-in-no-password = Please type your password.
sign-in-offline = There is no network, or the server does not answer. Signing in needs a network; everything after it does not.
sign-in-wrong = That did not work. Please check what you typed: your e-mail or phone number, and your password or code.
sign-in-not-expert = This account is not an expert's. Customers and the office sign in on the web page.
sign-in-wait = { $n ->
    [one] Please wait a minute and try again.
   *[other] Please wait { $n } minutes and try again.
}
sign-in-interrupted = That was interrupted. Please try again.
sign-in-nowhere = There is no server to sign in to.

# What the phone could not do.
error-full = This phone's storage is full, so this was not saved. Free some space and try again.
error-no-ticket = This belongs to a ticket, and none was chosen.
error-no-photo = This is not a photo that can be sent: JPEG, PNG and WebP can.
error-photo-large = This photo is larger than 16 MB. Take it again with fewer pixels.
error-closed = The app is closing.
error-bug = The app made a mistake, so this was not saved: { $why }
error-storage = This phone's storage did not take it. Please try again.
error-file = This phone's storage cannot be opened.
bad-empty = please fill this in
bad-long = this is too long: at most { $max } characters
bad-control = this holds a character that cannot be kept; please type it again
link-elsewhere = Ticket { $number } is not on this phone. If it is yours, it comes with the next sync.
