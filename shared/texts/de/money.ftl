# Was Kunden über ihren Tarif und ihr Geld hören. Beträge und Tage werden so eingesetzt, wie sie geschrieben sind.

# Ein Zeitraum endet bald, und der nächste wird dann bezahlt.
soon-subject = Ihr Tarif { $plan } verlängert sich am { $when }
soon-mail = Guten Tag { $name },

    Ihr Tarif { $plan } läuft am { $when } für einen weiteren Zeitraum weiter. Das kostet { $price }.
    { $note }

    Hier sehen Sie Ihren Tarif, können eine andere Karte angeben oder den Tarif beenden:
    { $link }

    Penultimate Electronics
soon-sms = Ihr Tarif { $plan } verlängert sich am { $when } für { $price }. Karte ändern oder beenden: { $page }
soon-call = Bitte rufen Sie { $name } unter { $phone } an und sagen Sie: „Ihr Tarif { $plan } verlängert sich am { $when } für { $price }. { $note }“

# Ein Zeitraum wurde bezahlt.
paid-subject = Ihre Quittung: { $plan }, { $price }
paid-mail = Guten Tag { $name },

    vielen Dank. Wir haben { $price } für Ihren Tarif { $plan } erhalten ({ $card }).
    Der Tarif gilt bis zum { $when }. Ihre Quittung:
    { $link }

    Penultimate Electronics
paid-sms = Vielen Dank: { $price } für { $plan } bezahlt, gültig bis { $when }. Quittung: { $page }
paid-call = Bitte rufen Sie { $name } unter { $phone } an und sagen Sie: „Wir haben { $price } für Ihren Tarif { $plan } erhalten ({ $card }). Er gilt bis zum { $when }.“

# Ein Zeitraum konnte nicht abgebucht werden.
unpaid-subject = Ihre Zahlung für { $plan } hat nicht geklappt
unpaid-mail = Guten Tag { $name },

    wir konnten { $price } für Ihren Tarif { $plan } nicht abbuchen.
    { $note }

    Ihr Tarif gilt noch bis zum { $when }. Bitte bezahlen Sie bis dahin, bestätigen Sie die Zahlung oder geben Sie hier eine andere Karte an:
    { $link }

    Besuche, die schon geplant sind, finden statt.

    Penultimate Electronics
unpaid-sms = Ihre Zahlung für { $plan } hat nicht geklappt. Der Tarif gilt noch bis { $when }. Bitte sehen Sie hier nach: { $page }
unpaid-call = Bitte rufen Sie { $name } unter { $phone } an und sagen Sie: „Wir konnten { $price } für Ihren Tarif { $plan } nicht abbuchen. { $note } Ihr Tarif gilt noch bis zum { $when }.“

# Ein Tarif ist abgelaufen.
lapsed-subject = Ihr Tarif { $plan } ist beendet
lapsed-mail = Guten Tag { $name },

    wir konnten { $price } für Ihren Tarif { $plan } nicht abbuchen. Deshalb endete er am { $when }. Es wurde nichts abgebucht.
    Besuche, die schon geplant sind, finden statt. Sie können jederzeit wieder einen Tarif kaufen:
    { $link }

    Penultimate Electronics
lapsed-sms = Ihr Tarif { $plan } endete am { $when }, weil er nicht bezahlt werden konnte. Wieder kaufen: { $page }
lapsed-call = Bitte rufen Sie { $name } unter { $phone } an und sagen Sie: „Wir konnten { $price } für Ihren Tarif { $plan } nicht abbuchen. Deshalb endete er am { $when }. Es wurde nichts abgebucht.“

# Die Karte läuft ab.
card-expires-subject = Ihre Karte läuft bald ab ({ $plan })
card-expires-mail = Guten Tag { $name },

    die Karte, mit der Sie Ihren Tarif { $plan } bezahlen, { $card }, läuft bald ab. Die nächste Zahlung ist am { $when } fällig.
    Bitte geben Sie hier Ihre neue Karte an. Heute wird nichts abgebucht:
    { $link }

    Penultimate Electronics
card-expires-sms = Die Karte für Ihren Tarif { $plan } läuft bald ab; nächste Zahlung am { $when }. Neue Karte: { $page }
card-expires-call = Bitte rufen Sie { $name } unter { $phone } an und sagen Sie: „Die Karte für Ihren Tarif { $plan }, { $card }, läuft bald ab. Die nächste Zahlung ist am { $when } fällig. Ihre neue Karte können Sie auf unseren Seiten angeben.“

# Geld wurde zurückgegeben.
refunded-subject = Wir haben Ihnen { $price } erstattet
refunded-mail = Guten Tag { $name },

    am { $when } haben wir Ihnen { $price } für Ihren Tarif { $plan } erstattet. Ihre Bank zeigt es in einigen Tagen.
    Ihre Quittung:
    { $link }

    Penultimate Electronics
refunded-sms = Wir haben Ihnen am { $when } { $price } für { $plan } erstattet; Ihre Bank zeigt es bald. { $page }
refunded-call = Bitte rufen Sie { $name } unter { $phone } an und sagen Sie: „Am { $when } haben wir Ihnen { $price } für Ihren Tarif { $plan } erstattet. Ihre Bank zeigt es in einigen Tagen.“

# Sätze darin.
money-card-fine = Wir buchen von Ihrer Karte ab: { $card }.
money-card-expires = Ihre Karte ({ $card }) läuft vor diesem Tag ab. Bitte geben Sie eine andere an.
money-no-card = Es gibt keine Karte, von der wir abbuchen können.
money-declined = Ihre Bank hat die Zahlung abgelehnt und uns keinen Grund genannt.
money-funds = Ihre Bank sagt, dass nicht genug Geld auf dem Konto war.
money-confirm = Ihre Bank möchte, dass Sie die Zahlung bestätigen.
money-expired = Ihre Karte ist abgelaufen.
money-blocked = Ihre Bank sagt, dass diese Karte nicht mehr benutzt werden kann.
money-ours = Die Zahlung konnte nicht ausgeführt werden; wir kümmern uns darum. Ihre Karte wurde nicht belastet.
