"""Gives generated requests the ids of what is there and words that mean something, most of the time, so that they come
further than "not found" and "not valid".

schemathesis loads this file (SCHEMATHESIS_HOOKS). What is chosen depends on the generated request alone, so a run with
the same seed asks the same."""

import datetime
import json
import os
import urllib.request
import zlib

import schemathesis

URL = os.environ["CONTRACT_URL"]
TOKEN = os.environ["CONTRACT_TOKEN"]
V1 = "/api/v1/"
# Where the ids of a kind are listed, for whoever may list them.
LISTS = {
    "customer": "admin/customers",
    "customer_found": "customers?q=mia",
    "expert": "admin/experts",
    "ticket": "admin/tickets",
    "ticket_own": "tickets",
    "skill": "admin/skills",
    "area": "admin/areas",
    "plan": "admin/plans",
    "staff": "admin/staff",
    "article": "admin/articles",
    "charge": "admin/charges",
    "charge_own": "me/charges",
    "entitlement": "me/entitlements",
    "site": "me/sites",
    "banner": "desk/banners",
    "article_public": "knowledge/public?q=tv",
}


def ids(path):
    request = urllib.request.Request(URL + V1 + path, headers={"authorization": f"Bearer {TOKEN}"} if TOKEN else {})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return [row["id"] for row in json.load(answer)["items"]]
    except (OSError, KeyError, ValueError):
        return []


KNOWN = {kind: ids(path) for kind, path in LISTS.items()}
for kind, own in (("customer", "customer_found"), ("ticket", "ticket_own"), ("charge", "charge_own"), ("article", "article_public")):
    KNOWN[kind] = KNOWN[kind] or KNOWN[own]
# Who runs this must not be switched off by it.
KNOWN["staff"] = [one for one in KNOWN["staff"] if one != os.environ["CONTRACT_PERSON"]]
KNOWN["token"] = [token for token in [os.environ.get("CONTRACT_TRACK")] if token]
KNOWN["category"], KNOWN["symptom"] = ["tv", "computer"], ["no_picture", "no_sound"]


def day(n):
    return (datetime.date.today() + datetime.timedelta(days=n)).isoformat()


# Words that a field of this name takes, and `{n}` is a number of the request's own.
WORDS = {
    "email": "someone{n}@example.com",
    "phone": "+1646555{n:04}",
    "contact_phone": "+1646555{n:04}",
    "time_zone": "America/New_York",
    "locale": "en",
    "notify_by": "email",
    "country": "US",
    "postal_code": "10025",
    "prefix": "1{n:04}",
    "category": "tv",
    "symptom": "no_picture",
    "plan": "home_plus",
    "password": "maple-tin-rain",
    "current_password": "maple-tin-rain",
    "currency": "USD",
    "sms": "always",
    "shifts": "Mon-Fri 08:00-16:00",
    "on_call": "",
    "kind": "duty.set",
    "deed": "take",
    "from": f"{day(1)}T08:00:00Z",
    "until": f"{day(2)}T08:00:00Z",
}
# When somebody may come is said by day and part of the day.
WINDOW = {"date": day(2), "part": "morning"}


def kind_of(path, name):
    if name != "id":
        return name if name in KNOWN else None
    before = path.split("/{id}")[0].rsplit("/", 1)[-1]
    return {
        "customers": "customer", "callers": "customer", "experts": "expert", "tickets": "ticket", "skills": "skill",
        "areas": "area", "plans": "plan", "staff": "staff", "articles": "article", "knowledge": "article",
        "public": "article", "charges": "charge", "entitlements": "entitlement", "banners": "banner",
    }.get(before)


def filled(body, chance):
    """The body with words that mean something, where its fields are texts."""
    if isinstance(body, list):
        return [filled(one, chance) for one in body]
    if not isinstance(body, dict):
        return body
    if "part" in body and set(body) <= {"date", "part", "from", "until"}:
        return dict(WINDOW)
    same = {}
    for name, value in body.items():
        if isinstance(value, str) and name in WORDS:
            same[name] = WORDS[name].format(n=chance % 10000)
        elif isinstance(value, str) and KNOWN.get(name):
            same[name] = KNOWN[name][chance % len(KNOWN[name])]
        elif name == "areas" and KNOWN["area"]:
            same[name] = [KNOWN["area"][chance % len(KNOWN["area"])]]
        else:
            same[name] = filled(value, chance)
    return same


@schemathesis.hook
def before_call(context, case, kwargs):
    chance = zlib.crc32(f"{case.path_parameters!r}{case.body!r}".encode())
    for name in list(case.path_parameters or {}):
        known = KNOWN.get(kind_of(case.operation.path, name) or "")
        if known and chance % 4 != 0:
            case.path_parameters[name] = known[chance // 4 % len(known)]
    if isinstance(case.body, dict) and chance // 4 % 4 != 0:
        case.body = filled(case.body, chance // 16)
