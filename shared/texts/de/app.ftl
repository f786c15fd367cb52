# Die App der Experten.

# Die Zeile über jedem Bildschirm: wo die Arbeit ist und wie frisch die Nachrichten sind.
line-changes = { $n ->
    [one] 1 Änderung
   *[other] { $n } Änderungen
}
line-photos = { $n ->
    [one] 1 Foto
   *[other] { $n } Fotos
}
line-both = { $changes } und { $photos }
line-switched-off = Das Büro hat dieses Konto abgeschaltet. Ihre ungesendete Arbeit geht an das Büro.
line-sign-in = Ihre Arbeit ist sicher auf diesem Telefon – bitte melden Sie sich neu an
line-sign-in-unsent = { $work } sicher auf diesem Telefon – bitte melden Sie sich neu an
line-refused-unsent = { $work } sicher auf diesem Telefon – { $why }
line-offline-unsent = Offline – { $work } sicher auf diesem Telefon, gesendet wird mit Netz
line-offline-heard = Offline – alles ist hier · letzte Nachricht { $time }
line-offline-empty = Offline – Ihre Tickets kommen, sobald Netz da ist
line-busy = Der Server ist ausgelastet, es wird von selbst weiter versucht
line-busy-unsent = { $work } sicher auf diesem Telefon – der Server ist ausgelastet, es wird von selbst weiter versucht
line-update = Bitte aktualisieren Sie diese App, um Änderungen zu sehen. Ihre eigene Arbeit geht weiter hinaus.
line-getting = Ihre Tickets werden geholt …
line-holding-back = Der Server hat viel weniger geschickt als vorher. Bevor etwas verschwindet, wird noch einmal nachgesehen.
line-sending = { $work } werden gesendet …
line-safe-at = Alles ist sicher auf dem Server · { $time }
line-safe = Alles ist sicher auf dem Server

# Tage und Zeiten.
day-today = Heute
day-tomorrow = Morgen
day-yesterday = Gestern
day-named = { $weekday ->
    [1] Mo
    [2] Di
    [3] Mi
    [4] Do
    [5] Fr
    [6] Sa
   *[7] So
} { $day }. { $month ->
    [1] Jan.
    [2] Feb.
    [3] März
    [4] Apr.
    [5] Mai
    [6] Juni
    [7] Juli
    [8] Aug.
    [9] Sept.
    [10] Okt.
    [11] Nov.
   *[12] Dez.
}
day-weekday = { $weekday ->
    [1] Mo
    [2] Di
    [3] Mi
    [4] Do
    [5] Fr
    [6] Sa
   *[7] So
}
hours-minutes = { $hours } Std. { $minutes } Min.

# Wo ein Besuch steht, und was ein Tippen tut.
state-given-back = Zurückgegeben
state-accepting = Wird angenommen …
state-offered = Angebot
state-accepted = Angenommen
state-en-route = Unterwegs
state-on-site = Vor Ort
state-completed = Erledigt
state-cancelled = Abgesagt
act-accept = Annehmen
act-decline = Zurückgeben
act-depart = Ich fahre jetzt los
act-arrive = Ich bin angekommen
act-complete = Besuch abschließen
act-cannot-fix = Ich kann es nicht beheben
chip-urgent = Dringend
chip-corrected = Adresse berichtigt
chip-unsent = Noch nicht gesendet

# Der Rahmen.
app-name = Sysops Squad
opening = Wird geöffnet …
stuck-title = Die App lässt sich nicht öffnen
stuck-help = Es wurde nichts gelöscht. Schaffen Sie etwas Platz auf diesem Telefon, schließen Sie die App und öffnen Sie sie wieder. Wenn das nicht hilft, rufen Sie das Büro an.
salvaged = Der Speicher dieses Telefons war beschädigt. { $n } Ihrer Änderungen waren lesbar und gehen wie immer hinaus; Ihre Tickets kommen neu vom Server. Das Büro kann die beschädigte Datei anfordern.
screens = Bildschirme
tab-visits = Besuche
tab-knowledge = Wissen
tab-news = Neues
tab-you = Sie
n-to-read = { $n } zu lesen
back = Zurück
ok = OK
one-moment = Einen Moment …
quoted-error = { $what }: { $why }.

# Heute.
offers = Angebote
visits = Besuche
ended = Beendet
nothing-fetching = Ihre Tickets werden geholt. Sie erscheinen hier von selbst.
nothing-on-duty = Kein Besuch ist geplant. Neue Angebote erscheinen hier und klingeln.
nothing-off-duty = Kein Besuch ist geplant. Sie sind nicht im Dienst: Es kommen keine Angebote.
n-unreadable = { $n } Ihrer Tickets brauchen eine neuere App. Bitte aktualisieren Sie sie.
travel = { $minutes } Min. Fahrt
gap = { $span } frei
overlap = Zwischen diesen beiden ist keine Zeit: Sagen Sie, falls Sie sich verspäten.
more-visits = Mehr zeigen ({ $n } sind darunter)

# Ein Angebot.
offer-stands = Gilt noch
offer-over = Die Zeit ist um. Sie können noch zusagen: Es zählt, wenn niemand anders gefunden wurde.
offer-accept = Annehmen
offer-decline = Ablehnen

# Nein sagen.
decline-title = Ablehnen
give-back-title = Zurückgeben
give-back-warning = Sie hatten diesen Besuch angenommen. Es wird sofort jemand anders gesucht.
decline-why = Warum? Einmal tippen genügt.
decline-busy = Keine Zeit
decline-busy-more = Ich bin dann beschäftigt
decline-too-far = Zu weit
decline-too-far-more = Der Weg ist zu lang
decline-skill = Nicht mein Fach
decline-skill-more = Das Büro berichtigt, was dieses Ticket braucht
decline-ill = Mir geht es nicht gut
decline-ill-more = Ich kann jetzt nicht arbeiten
decline-other = Etwas anderes
decline-other-more = Das Büro darf mich anrufen

# Ein Ticket.
given-back = Sie haben dieses Ticket zurückgegeben. Es verschwindet, sobald der Server davon weiß.
stopped = Halt: Jemand anders meldet, dass dies erledigt ist. Warten Sie, bis das Büro sich meldet.
gone-title = Nicht mehr hier
gone-work-safe = Was Sie daran getan haben, ist sicher auf diesem Telefon und geht noch an das Büro.
gone-orphan = Der Server steht wieder auf einem älteren Stand, und dort haben Sie dieses Ticket nicht. Das Büro erfährt davon und bekommt Ihre Arbeit.
gone-reassigned = Dieses Ticket hat jetzt jemand anders.
gone-to = Dieses Ticket hat jetzt { $name }.
gone-kept = { $n ->
    [one] Die Notiz oder das Foto, das Sie inzwischen hinzugefügt haben, ist am Ticket und blieb erhalten.
   *[other] Die { $n } Notizen und Fotos, die Sie inzwischen hinzugefügt haben, sind am Ticket und blieben erhalten.
}
gone-cancelled = Dieses Ticket wurde abgesagt.
gone-lapsed = Das Angebot ist abgelaufen.
gone-declined = Sie haben dieses Ticket zurückgegeben.
gone-archived = Dieses Ticket ist beendet und abgelegt.
gone-other = Dieses Ticket gehört nicht mehr Ihnen.
earlier-title = Es funktioniert noch immer nicht
earlier-you = Sie waren dort:
earlier-colleague = Jemand von uns war dort:
when-title = Wann
leave-by = Losfahren bis { $when } · { $minutes } Min. Fahrt
late-title = Verspäten Sie sich?
late-on-site = Dauert es länger?
late-button = +{ $minutes } Min.
late-label = { $minutes } Minuten später
late-help = Die Zeit oben verschiebt sich sofort. Allen, die auf Sie warten, sagen wir Bescheid.
late-undo = Die letzte zurücknehmen
late-undone = Zurückgenommen. Niemand wurde benachrichtigt.
late-gone = Das ist schon beim Server. Wenn der Besuch doch früher beginnt, rufen Sie das Büro an.
where-title = Wo
address-corrected = Die Adresse wurde berichtigt. Diese ist richtig:
navigate = Hinfahren
no-maps = Es ließ sich keine Karten-App öffnen. Die Adresse ist: { $address }
pin-set = Der Punkt wurde an der Tür gesetzt.
pin-middle = Die Karte zeigt vielleicht nur die Mitte des Postbezirks.
pin-again = Punkt hier neu setzen
pin-here = Ich stehe an der Tür: Punkt hier setzen
pin-no-place = Dieses Telefon weiß nicht, wo es ist. Erlauben Sie ihm den Standort, gehen Sie nach draußen und versuchen Sie es noch einmal.
pin-off = Die App darf den Standort dieses Telefons nicht lesen: Sie haben das unter Sie, Einstellungen abgeschaltet. Schalten Sie es kurz ein und versuchen Sie es noch einmal.
pin-inexact = Dieses Telefon kennt seinen Ort nur auf { $metres } m genau. Gehen Sie nach draußen und versuchen Sie es noch einmal.
access-note = So kommen Sie hinein:
contact-title = Ansprechpartner
call = Anrufen
no-calls = Es ließ sich keine Telefon-App öffnen. Die Nummer ist { $phone }
what-title = Was
why-you-title = Warum Sie
notes-title = Notizen
notes-none = Noch keine Notizen.
note-add-label = Notiz hinzufügen
note-add = Notiz speichern
note-not-added = Die Notiz wurde nicht gespeichert: { $why }.
other-acts = Etwas anderes

# Fotos.
photos-title = Fotos
photos-none = Noch keine Fotos.
photo-by = Foto von { $author }
photo-waits = Auf dem Weg zum Server
photo-not-here = Dieses Foto ist noch nicht auf diesem Telefon.
photo-caption = Was das nächste Foto zeigt (darf leer bleiben)
photo-with-place = Mitsenden, wo ich stehe. Sonst wird kein Ort gesendet.
photo-take = Foto aufnehmen
photo-choose = Vorhandenes Foto wählen
photo-not-added = Das Foto wurde nicht gespeichert. Was es zeigt: { $why }.
photo-unread = Das Foto ließ sich nicht lesen. Bitte nehmen Sie es noch einmal auf.

# Abschließen.
complete-title = Besuch abschließen
complete-how = Wie ging es aus?
complete-what = Was haben Sie getan?
complete-kept = Bleibt auf diesem Telefon, während Sie tippen.
complete-finish = Abschließen
complete-choose = Bitte wählen Sie, wie es ausging.
complete-empty = Bitte sagen Sie in wenigen Worten, was Sie getan haben. Kunden und die nächsten Experten lesen es.
outcome-fixed = Behoben
outcome-workaround = Geht auf anderem Weg
outcome-replaced = Ausgetauscht
outcome-no-fault = Es fehlte nichts
outcome-without-visit = Ohne Besuch gelöst
cannot-title = Ich kann es nicht beheben
cannot-skill = Es braucht ein anderes Fach
cannot-skill-more = Es wird sofort jemand anders geschickt
cannot-part = Ein Teil fehlt
cannot-part-more = Sie wählen, bis wann; dann werden Sie zuerst gefragt
cannot-no-access = Niemand hat geöffnet
cannot-no-access-more = Der Kunde wird nach einer anderen Zeit gefragt
cannot-address = Die Adresse ist falsch
cannot-address-more = Der Kunde wird gebeten, sie zu berichtigen
cannot-unsafe = Hier ist es nicht sicher
cannot-unsafe-more = Gehen Sie zuerst weg. Das Büro erfährt es sofort
called-title = Haben Sie vorher angerufen?
called-yes = Ja, und niemand konnte helfen
called-yes-more = Das Büro sieht, dass Sie es versucht haben
called-no = Nein
called-no-more = Das Büro ruft an, falls nötig
part-which = Welches Teil? (falls Sie es wissen)
part-when = Wann sollen wir es wieder versuchen? Einmal tippen genügt.
part-tomorrow = Morgen
part-days = In 3 Tagen
part-week = In einer Woche
part-fortnight = In zwei Wochen
part-unknown = Das weiß ich nicht
part-unknown-more = Das Büro bestellt es und findet einen Tag

# Wissen.
kb-title = Wissen
kb-search = Was nicht geht
kb-fetching = Die Artikel werden geholt. Sie bleiben auf diesem Telefon und brauchen kein Netz.
kb-no-room = Dieses Telefon ist voll, deshalb haben die Artikel Ihrer Arbeit Platz gemacht. Geben Sie Speicher frei, schließen Sie die App und öffnen Sie sie wieder: dann kommen sie zurück.
kb-count = { $n ->
    [one] 1 Artikel ist auf diesem Telefon. Wenige Wörter genügen, auch mit Tippfehlern.
   *[other] { $n } Artikel sind auf diesem Telefon. Wenige Wörter genügen, auch mit Tippfehlern.
}
kb-none = Kein Artikel spricht davon. Versuchen Sie es mit weniger Wörtern.
kb-not-reviewed = ungeprüft, von { $author }
kb-fixed-of = half { $fixed } von { $tried } Mal
article-title = Artikel
article-gone = Dieser Artikel ist nicht mehr auf diesem Telefon. Er wurde zurückgezogen, oder die Artikel werden neu geholt.
article-steps = Was zu tun ist
article-stop = Wann aufhören
article-helped = Hat das dieses Ticket gelöst?
article-fixed = Das hat geholfen
article-not-fixed = Es hat nicht geholfen
article-counts-once = Jedes Ticket zählt einmal. Es geht von selbst hinaus, sobald Netz da ist.
known-title = Was bekannt ist
known-none = Kein Artikel auf diesem Telefon spricht davon.
known-write = Aus diesem Ticket einen Artikel schreiben
solved-title = Wie die letzten gelöst wurden
write-title = Artikel schreiben
write-gone = Dieses Ticket ist nicht mehr auf diesem Telefon.
write-help = Alle Experten haben ihn sofort, als ungeprüft, unter Ihrem Namen. Lassen Sie Namen, Adressen und Nummern weg.
write-line = Die Störung in einer Zeile
write-problem = Was man sieht
write-steps = Was zu tun ist, eine Zeile je Schritt
write-steps-short = Was zu tun ist
write-keep = Behalten

# Neues: was aus dem wurde, was getan wurde.
news-title = Neues
news-none = Nichts Neues. Was anders läuft als gedacht, steht hier.
news-again = Noch einmal schreiben
did-accept = Sie haben angenommen
did-decline = Sie haben zurückgegeben
did-depart = Sie sind losgefahren
did-arrive = Sie sind angekommen
did-complete = Sie haben den Besuch abgeschlossen
did-late = Sie haben eine Verspätung gemeldet
did-cannot-fix = Sie konnten es nicht beheben
did-pin = Sie haben den Punkt gesetzt
did-note = Sie haben eine Notiz geschrieben
did-photo = Sie haben ein Foto aufgenommen
did-on-duty = Sie haben den Dienst begonnen
did-off-duty = Sie haben den Dienst beendet
did-ill = Sie haben sich krank gemeldet
did-article = Sie haben einen Artikel geschrieben
did-helped = Sie haben gesagt, ob ein Artikel half
did-something = Sie haben etwas getan
became-reassigned = Inzwischen war das Ticket bei jemand anderem. Ihre Meldung wurde behalten, und das Büro kümmert sich.
became-to = Inzwischen hatte { $name } das Ticket. Ihre Meldung wurde behalten, und das Büro kümmert sich.
became-lapsed = Das Angebot war abgelaufen, und jemand anders wurde gefragt. Es ist nichts zu tun.
became-cancelled = Das Ticket war abgesagt. Ihre Meldung wurde behalten.
became-unknown = Der Server kennt dieses Ticket nicht. Das Büro hat Ihre Meldung.
became-illegal = Das Ticket war schon weiter oder noch nicht so weit. Ihre Meldung wurde für das Büro behalten.
became-rule = Eine Regel des Plans oder Ihr Kalender sprach dagegen. Das Büro entscheidet.
became-rejected = Der Server konnte es nicht verwenden: { $why }. Nichts ging verloren: Es ist hier und dort aufbewahrt.
became-done = Es ist geschehen.

# Sie.
you-title = Sie
on-duty = Im Dienst
off-duty = Nicht im Dienst
shifts-title = Schichten
shifts-none = Es sind keine Schichten eingetragen. Das Büro pflegt sie.
shifts-zone = Zeiten von { $zone }
ill-title = Krank?
ill-away = Sie fehlen bis { $until }. Andere übernehmen Ihre Besuche dieser Zeit.
ill-sooner = Wenn Sie früher arbeiten können, sagen Sie es dem Büro.
ill-help = Andere übernehmen Ihre Angebote und Besuche dieser Zeit. Ihre Kunden erfahren es.
ill-today = Heute krank
ill-tomorrow = Heute und morgen krank
ill-three = Drei Tage krank
sync-title = Abgleich
sync-since = Die älteste ungesendete Änderung ist von { $since }.
sync-now = Jetzt abgleichen
phone-title = Dieses Telefon
storage-title = Auf diesem Telefon
storage-tickets = { $n ->
    [one] 1 Ticket
   *[other] { $n } Tickets
}
storage-articles = { $n ->
    [one] 1 Artikel
   *[other] { $n } Artikel
}
storage-help = Alles davon lässt sich ohne Netz lesen und bearbeiten.
outbox-empty = Hier wartet nichts: Alles ist sicher auf dem Server.
outbox-waits = { $work } warten hier auf das Netz. Sie sind sicher: Weder das Schließen der App noch das Ausschalten dieses Telefons verliert sie.
sign-out = Abmelden
sign-out-unsent = { $n ->
    [one] 1 Änderung hat den Server nicht erreicht. Sie bleibt auf diesem Telefon und geht hinaus, wenn Sie sich hier wieder anmelden.
   *[other] { $n } Änderungen haben den Server nicht erreicht. Sie bleiben auf diesem Telefon und gehen hinaus, wenn Sie sich hier wieder anmelden.
}
sign-out-label = Ungesendete Arbeit
sign-out-stay = Angemeldet bleiben
sign-out-anyway = Trotzdem abmelden
version = Version { $version }

# Einstellungen.
settings-title = Einstellungen
settings-open = Sprache, Textgröße, Farben, Standort
settings-language = Sprache
settings-system = Wie auf diesem Telefon
settings-text = Größe des Textes
settings-text-normal = Normal
settings-text-large = Groß
settings-text-larger = Größer
settings-text-largest = Doppelt so groß
settings-theme = Farben
settings-light = Hell
settings-dark = Dunkel
settings-sunlight = Sonnenlicht
settings-sunlight-help = Sonnenlicht ist Schwarz auf Weiß mit dicken Linien, für draußen.
settings-motion = Bewegung
settings-motion-less = Weniger Bewegung
settings-place = Wo ich bin
settings-place-on = Während des Dienstes
settings-place-off = Nie
settings-place-help = Während des Dienstes sieht das Büro, wer in der Nähe ist; sonst wird der Ort dieses Telefons gar nicht gelesen. Ohne ihn werden Ihnen Besuche nach Ihrem üblichen Gebiet angeboten.
settings-kept = Bleibt auf diesem Telefon, für alle, die sich hier anmelden.

# Anmelden.
sign-in-for = Für Experten
sign-in-again = Neu anmelden
sign-in-again-safe = Alles, was Sie getan haben, ist sicher auf diesem Telefon. Es geht hinaus, wenn Sie wieder angemeldet sind.
sign-in = Anmelden
sign-in-network = Zum Anmelden braucht es Netz. Danach geht alles auch ohne.
sign-in-login = E-Mail oder Telefonnummer
sign-in-how = Wie Sie sich anmelden
sign-in-password = Passwort
sign-in-code = Code
sign-in-send = Code senden
sign-in-send-again = Noch einen Code senden
sign-in-sent = Wenn das Büro diese Adresse oder Nummer kennt, ist ein Code unterwegs.
sign-in-no-login = Bitte geben Sie Ihre E-Mail-Adresse oder Telefonnummer ein.
sign-in-login-first = Bitte geben Sie zuerst Ihre E-Mail-Adresse oder Telefonnummer ein.
sign-in-no-code = Bitte geben Sie den Code ein, der Ihnen gesendet wurde.
sign-in-no-password = Bitte geben Sie Ihr Passwort ein.
sign-in-offline = Es ist kein Netz da, oder der Server antwortet nicht. Zum Anmelden braucht es Netz, für alles danach nicht.
sign-in-wrong = Das hat nicht geklappt. Bitte prüfen Sie, was Sie eingegeben haben: E-Mail oder Telefonnummer und Passwort oder Code.
sign-in-not-expert = Dieses Konto gehört keinem Experten. Kunden und das Büro melden sich auf der Webseite an.
sign-in-wait = { $n ->
    [one] Bitte warten Sie eine Minute und versuchen Sie es noch einmal.
   *[other] Bitte warten Sie { $n } Minuten und versuchen Sie es noch einmal.
}
sign-in-interrupted = Das wurde unterbrochen. Bitte versuchen Sie es noch einmal.
sign-in-nowhere = Es gibt keinen Server, an dem man sich anmelden könnte.

# Was das Telefon nicht konnte.
error-full = Der Speicher dieses Telefons ist voll, deshalb wurde das nicht gespeichert. Schaffen Sie etwas Platz und versuchen Sie es noch einmal.
error-no-ticket = Das gehört zu einem Ticket, und es wurde keines gewählt.
error-no-photo = Das ist kein Foto, das gesendet werden kann: JPEG, PNG und WebP gehen.
error-photo-large = Dieses Foto ist größer als 16 MB. Nehmen Sie es mit weniger Bildpunkten noch einmal auf.
error-closed = Die App wird geschlossen.
error-bug = Die App hat einen Fehler gemacht, deshalb wurde das nicht gespeichert: { $why }
error-storage = Der Speicher dieses Telefons hat es nicht angenommen. Bitte versuchen Sie es noch einmal.
error-file = Der Speicher dieses Telefons lässt sich nicht öffnen.
bad-empty = bitte füllen Sie das aus
bad-long = das ist zu lang: höchstens { $max } Zeichen
bad-control = das enthält ein Zeichen, das sich nicht speichern lässt; bitte geben Sie es neu ein
link-elsewhere = Ticket { $number } ist nicht auf diesem Telefon. Wenn es Ihres ist, kommt es mit dem nächsten Abgleich.
