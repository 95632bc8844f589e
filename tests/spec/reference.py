#!/usr/bin/env python3
"""A second, slow and independent reading of the rules: writes specification files and the table of assignment.

Nothing here knows how the engine works: truth is looked up in tables, sequences are found by trying every choice,
hashes are written out from their papers. Run it in this folder; what it writes is committed.
"""

import itertools
import json
import math
from fractions import Fraction

NOW = 1_795_348_800_000  # Sunday, 22 November 2026, 12:00 UTC
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def offer(name, weight=1.0, category=""):
    return {"id": name, "weight": weight, "category": category, "content": {"en": {"title": name}}}


def source(campaigns, offers=None, **more):
    return {
        "site": {"holdout_percent": 0, "salt": "spec", **more.pop("site", {})},
        "placements": [{"id": "hero"}],
        "offers": offers or [offer("yes"), offer("no")],
        "campaigns": campaigns,
        **more,
    }


def campaign(name, offers, priority=0, **more):
    return {"id": name, "status": "running", "placements": ["hero"], "offers": offers, "priority": priority, **more}


def told_apart(rule, name="rule"):
    """Two campaigns of which a true rule shows `yes`, a false one `no`, an unknown one neither."""
    return [
        campaign(name, ["yes"], 2, audience=rule),
        campaign("not-" + name, ["no"], 1, audience={"none": [rule]}),
    ]


def case(title, truth, name="rule", **more):
    expect = {
        True: {"reason": "matched", "campaign": name, "offers": ["yes"]},
        False: {"reason": "matched", "campaign": "not-" + name, "offers": ["no"]},
        None: {"reason": "fallback", "offers": []},
    }[truth]
    return {"title": title, "placement": "hero", "now": NOW, "visitor": "anna",
            "consent": {"personalise": "granted"}, **more, "expect": expect}


def write(name, title, files):
    for index, (what, src, cases) in enumerate(files):
        suffix = "" if len(files) == 1 else f"-{index + 1:02}"
        with open(f"decisions/{name}{suffix}.json", "w") as out:
            head = json.dumps({"title": f"{title}{what}", "source": src}, indent=2, ensure_ascii=False)
            lines = ",\n".join("    " + json.dumps(c, ensure_ascii=False) for c in cases)
            out.write(head[:-2] + ',\n  "cases": [\n' + lines + "\n  ]\n}\n")


# --- Tests on values ---------------------------------------------------------------------------------------------

def same_kind(a, b):
    kind = lambda v: "flag" if isinstance(v, bool) else "text" if isinstance(v, str) else "number"
    return kind(a) == kind(b)


def ordered(a, b, holds):
    return None if not same_kind(a, b) or isinstance(a, bool) else holds(a, b)


def equal(a, b):
    return a == b if same_kind(a, b) else None


def either(results):
    return True if True in results else False if False in results else None


def part(a, b, holds):
    return holds(a, b) if isinstance(a, str) else None


TESTS = {
    "is": lambda v, w: equal(v, w),
    "is_not": lambda v, w: None if equal(v, w) is None else not equal(v, w),
    "one_of": lambda v, w: either([equal(v, x) for x in w]),
    "at_least": lambda v, w: ordered(v, w, lambda a, b: a >= b),
    "at_most": lambda v, w: ordered(v, w, lambda a, b: a <= b),
    "more_than": lambda v, w: ordered(v, w, lambda a, b: a > b),
    "less_than": lambda v, w: ordered(v, w, lambda a, b: a < b),
    "starts_with": lambda v, w: part(v, w, str.startswith),
    "contains": lambda v, w: part(v, w, lambda a, b: b in a),
}
OPERANDS = {
    "is": 5, "is_not": "gold", "one_of": ["gold", 5], "at_least": 5, "at_most": "gold", "more_than": 5,
    "less_than": 5, "starts_with": "go", "contains": "ol",
}
VALUES = [None, 4, 5, 5.5, -0.0, "gold", "golden", "old", True]


def operators():
    files = []
    for op, operand in OPERANDS.items():
        cases = []
        for value in VALUES:
            truth = None if value is None else TESTS[op](value, operand)
            more = {} if value is None else {"attributes": {"grade": value}}
            cases.append(case(f"{json.dumps(value)} {op} {json.dumps(operand)}", truth, **more))
        rule = {"attribute": {"name": "grade", op: operand}}
        files.append((op, source(told_apart(rule), attributes=[{"id": "grade"}]), cases))
    rule = {"attribute": {"name": "grade", "known": True}}
    cases = [case("known", True, attributes={"grade": False}), case("not known is false, not unknown", False)]
    files.append(("known", source(told_apart(rule), attributes=[{"id": "grade"}]), cases))
    write("20-tests", "A test on a value: ", files)


# --- All, any, none (Kleene's strong logic) ----------------------------------------------------------------------

def conjunction(values):
    return False if False in values else None if None in values else True


def disjunction(values):
    return True if True in values else None if None in values else False


def negation(value):
    return None if value is None else not value


def three_valued():
    of = {
        True: {"context": {"name": "path", "is": "/cards"}},
        False: {"context": {"name": "path", "is": "/loans"}},
        None: {"context": {"name": "device", "is": "mobile"}},
    }
    names = {True: "true", False: "false", None: "unknown"}
    groups = {"all": conjunction, "any": disjunction, "none": lambda v: negation(disjunction(v))}
    campaigns, placements, cases = [], [], []

    def add(title, rule, truth):
        name = f"rule-{len(placements)}"
        for one in told_apart(rule, name):
            campaigns.append({**one, "placements": [name]})
        placements.append({"id": name})
        cases.append({**case(title, truth, name, context={"path": "/cards"}), "placement": name})

    for group, meaning in groups.items():
        for members in [()] + list(itertools.product([True, False, None], repeat=2)):
            rule = {group: [of[m] for m in members]}
            title = f"{group} of " + (" and ".join(names[m] for m in members) or "nothing")
            add(title, rule, meaning(members))
            if members:
                add(f"none of any of {title}", {"none": [{"any": [rule]}]}, negation(meaning(members)))
    files = [("", {**source(campaigns), "placements": placements}, cases)]
    write("21-logic", "True, false and unknown, alone and nested", files)


# --- Windows, sums, sequences ------------------------------------------------------------------------------------

def events(*given):
    return [{"name": n, "at": at, **({"properties": p} if p else {})} for n, at, p in given]


def windows():
    def truth(ages, within, older, least, most):
        count = sum(1 for age in ages if older <= age <= within)
        return least <= count <= most

    cases = []
    rule = {"event": {"name": "seen", "within": "7d", "older_than": "2d", "at_least": 2, "at_most": 3}}
    for ages in [[], [DAY], [3 * DAY], [3 * DAY, 4 * DAY], [2 * DAY, 7 * DAY], [2 * DAY - 1, 7 * DAY],
                 [2 * DAY, 7 * DAY + 1], [3 * DAY] * 3, [3 * DAY] * 4, [-HOUR, 3 * DAY, 3 * DAY], [DAY, 3 * DAY, 8 * DAY]]:
        shown = ", ".join(f"{age / DAY:g} d" for age in ages) or "never"
        past = events(*[("seen", NOW - age, None) for age in sorted(ages, reverse=True)])
        cases.append(case(f"seen {shown} ago", truth(ages, 7 * DAY, 2 * DAY, 2, 3), events=past))
    write("22-recency", "Two or three events that are two to seven days old", [("", source(told_apart(rule)), cases)])


def sums():
    rule = {"sum": {"name": "order_placed", "within": "30d", "at_least": 100, "at_most": 250}}
    cases = []
    for orders in [[], [(1, 100)], [(1, 99.99)], [(1, 99.999999), (2, 0.000001)], [(30, 100)], [(31, 100)],
                   [(29, 60), (2, 60)], [(29, 60), (31, 60)], [(1, 250)], [(1, 250.000001)], [(1, 300), (2, -50)],
                   [(1, None), (2, 120)], [(1, 0.1)] * 10, [(d, 8) for d in range(1, 31)], [(-1, 100)]]:
        inside = [worth for day, worth in orders if 0 <= day <= 30 and worth is not None]
        total = math.fsum(inside)
        shown = " + ".join(f"{w} ({d} d)" for d, w in orders) or "nothing"
        past = events(*[("order_placed", NOW - d * DAY, None if w is None else {"value": w})
                        for d, w in sorted(orders, key=lambda o: -o[0])])
        cases.append(case(shown if len(shown) < 60 else f"{len(orders)} orders", 100 <= round(total, 6) <= 250, events=past))
    facet = {"sum": {"name": "order_placed", "where": {"category": "travel"}, "within": "30d", "at_least": 100}}
    travel = [
        case("only travel counts", False, events=events(
            ("order_placed", NOW - DAY, {"category": "dining", "value": 90}),
            ("order_placed", NOW - HOUR, {"category": "travel", "value": 90}))),
        case("enough of travel", True, events=events(
            ("order_placed", NOW - DAY, {"category": "travel", "value": 10}),
            ("order_placed", NOW - HOUR, {"category": "travel", "value": 90}))),
    ]
    write("23-sums", "Orders worth 100 to 250 in thirty days", [("", source(told_apart(rule)), cases),
                                                                 (", travel only", source(told_apart(facet)), travel)])


def follows(history, steps, absent, within, first_within):
    """Tries every choice of one event for each step."""
    times = [[at for name, at in history if name == step and at <= NOW] for step in steps]
    *chosen_steps, last = times
    if not absent:
        chosen_steps, last = times, None
    for chosen in itertools.product(*chosen_steps):
        near = all(a < b <= a + within for a, b in zip(chosen, chosen[1:]))
        young = first_within is None or chosen[0] >= NOW - first_within
        if near and young:
            if last is None:
                return True
            end = chosen[-1]
            if end + within < NOW and not any(end < at <= end + within for at in last):
                return True
    return False


def sequences():
    histories = [
        [], [("a", 5)], [("a", 5), ("b", 4)], [("b", 5), ("a", 4)], [("a", 5), ("b", 3)], [("a", 5), ("b", 2.99)],
        [("a", 5), ("b", 5)], [("a", 9), ("b", 7.5)], [("a", 10.5), ("b", 9)], [("a", 5), ("a", 3), ("b", 2)],
        [("a", 5), ("b", 1)], [("a", 2)], [("a", 2.001)], [("a", 5), ("b", 4), ("b", 1)], [("a", 5), ("a", 2.5), ("b", 4)],
        [("a", 3), ("b", -1)], [("a", 1), ("b", 0.5)],
    ]
    plain = {"steps": [{"name": "a"}, {"name": "b"}], "within": "2d", "first_within": "10d"}
    absent = {"steps": [{"name": "a"}, {"name": "b", "absent": True}], "within": "2d"}
    chain = {"steps": [{"name": "a"}, {"name": "b"}, {"name": "c"}], "within": "2d"}
    chains = [
        [("a", 6), ("b", 5), ("c", 4)], [("a", 6), ("c", 5), ("b", 4)], [("a", 6), ("b", 5), ("b", 4.5), ("c", 2.5)],
        [("a", 6), ("b", 5), ("c", 2.9)], [("a", 9), ("a", 6), ("b", 7.5), ("c", 6.5)], [("a", 6), ("b", 3.9), ("c", 3)],
        [("a", 6), ("b", 4), ("c", 2)], [("a", 6), ("a", 5), ("b", 3.5), ("c", 3)],
    ]

    def build(rule, all_histories):
        cases = []
        for days in all_histories:
            history = sorted([(name, NOW - round(age * DAY)) for name, age in days], key=lambda e: e[1])
            steps = [step["name"] for step in rule["steps"]]
            first = 10 * DAY if "first_within" in rule else None
            truth = follows(history, steps, rule["steps"][-1].get("absent", False), 2 * DAY, first)
            shown = ", ".join(f"{name} {age:g} d ago" for name, age in days) or "nothing"
            cases.append(case(shown, truth, events=events(*[(n, at, None) for n, at in history])))
        return source(told_apart({"sequence": rule})), cases

    write("24-sequences", "Within two days of each other: ", [
        ("a, then b", *build(plain, histories)),
        ("a, then no b", *build(absent, histories)),
        ("a, b, c", *build(chain, chains)),
    ])


# --- Caps, schedules, lists --------------------------------------------------------------------------------------

def caps():
    """One exposure is allowed; one happened `ago`. Whether it counts is whether it was in the same period."""
    files = []
    for per, ages in {
        # The site is in Seoul: now is Sunday 21:00 there, the day began 21 hours ago, the week 6 d 21 h ago.
        "day": [(0, True), (21 * HOUR, True), (21 * HOUR + 1, False), (2 * DAY, False)],
        "week": [(DAY, True), (6 * DAY + 21 * HOUR, True), (6 * DAY + 21 * HOUR + 1, False), (8 * DAY, False)],
        "session": [(5 * MINUTE, True), (30 * MINUTE - 1, True), (30 * MINUTE, False), (DAY, False)],
        "lifetime": [(0, True), (300 * DAY, True)],
    }.items():
        for scope, facet in [("campaign", "one"), ("offer", "yes"), ("placement", "hero")]:
            cases = []
            for ago, counts in ages:
                shown = {"campaign": "one", "offer": "yes", "placement": "hero"}
                past = events(("offer_exposed", NOW - ago, shown), ("page_viewed", NOW, None))
                other = events(("offer_exposed", NOW - ago, {**shown, scope: "another"}), ("page_viewed", NOW, None))
                capped = {"reason": "capped", "offers": []}
                matched = {"reason": "matched", "campaign": "one", "offers": ["yes"]}
                base = {"placement": "hero", "now": NOW, "visitor": "anna", "consent": {"personalise": "granted"}}
                cases.append({"title": f"shown {ago / HOUR:g} h ago", **base, "events": past,
                              "expect": capped if counts else matched})
                if counts:
                    cases.append({"title": f"another {scope} shown {ago / HOUR:g} h ago", **base, "events": other,
                                  "expect": matched})
            site = {"utc_offset_minutes": 540}
            one = campaign("one", ["yes"], caps=[{"scope": scope, "per": per, "max": 1}])
            files.append((f"{per}, by {scope}", source([one], site=site), cases))
    write("25-caps", "Once a ", files)


def lists():
    offers = [offer("t1", 9, "travel"), offer("t2", 8, "travel"), offer("t3", 7, "travel"), offer("d1", 6, "dining"),
              offer("d2", 5, "dining"), offer("e1", 4, "everyday")]
    files = []
    for per in [0, 1, 2]:
        cases = []
        for limit in [1, 2, 3, 4, 6, 100]:
            picked, used = [], {}
            for o in offers:
                if len(picked) < limit and (per == 0 or used.get(o["category"], 0) < per):
                    used[o["category"]] = used.get(o["category"], 0) + 1
                    picked.append(o["id"])
            cases.append({"title": f"{limit} wanted", "placement": "hero", "now": NOW, "visitor": "anna", "limit": limit,
                          "consent": {"personalise": "granted"},
                          "expect": {"reason": "ranked", "campaign": "one", "offers": picked}})
        one = campaign("one", [o["id"] for o in reversed(offers)], rank={"weight": 1, "per_category": per})
        files.append((str(per) if per else "any number", source([one], offers), cases))
    write("26-lists", "Most offers of a category in a list: ", files)


def validity():
    cases = []
    for title, at, shown in [("just before", NOW - 1, False), ("at its start", NOW, True),
                             ("just before its end", NOW + DAY - 1, True), ("at its end", NOW + DAY, False)]:
        expect = {"reason": "matched", "campaign": "one", "offers": ["yes"]} if shown else {"reason": "not_eligible"}
        cases.append({"title": title, "placement": "hero", "now": at, "visitor": "anna",
                      "consent": {"personalise": "granted"}, "expect": expect})
    limited = {**offer("yes"), "valid_from": NOW, "valid_until": NOW + DAY}
    write("27-validity", "An offer that is good for a day", [("", source([campaign("one", ["yes"])], [limited]), cases)])


def session_numbers():
    """A session ends after thirty minutes without anything."""
    rule = {"context": {"name": "session_number", "at_least": 2}}
    cases = [case("nobody who did anything", None)]
    for gaps in [[], [29], [30], [31], [29, 29], [10, 45, 10], [60, 60]]:
        number = 1 + sum(1 for gap in gaps if gap >= 30)
        times = [NOW - MINUTE]
        for gap in reversed(gaps):
            times.insert(0, times[0] - gap * MINUTE)
        shown = f"pages {', '.join(map(str, gaps))} minutes apart" if gaps else "one page"
        past = events(*[("page_viewed", at, None) for at in times])
        cases.append(case(f"{shown}: session {number}", number >= 2, events=past))
    write("29-sessions", "The second session or a later one", [("", source(told_apart(rule)), cases)])


# --- Hashes ------------------------------------------------------------------------------------------------------

def siphash(data, key=(0, 0)):
    """SipHash-2-4 to 64 bits (Aumasson and Bernstein 2012, section 2)."""
    mask = (1 << 64) - 1
    rotl = lambda x, b: ((x << b) | (x >> (64 - b))) & mask
    v0, v1 = key[0] ^ 0x736F6D6570736575, key[1] ^ 0x646F72616E646F6D
    v2, v3 = key[0] ^ 0x6C7967656E657261, key[1] ^ 0x7465646279746573

    def rounds(count):
        nonlocal v0, v1, v2, v3
        for _ in range(count):
            v0 = (v0 + v1) & mask; v1 = rotl(v1, 13) ^ v0; v0 = rotl(v0, 32)
            v2 = (v2 + v3) & mask; v3 = rotl(v3, 16) ^ v2
            v0 = (v0 + v3) & mask; v3 = rotl(v3, 21) ^ v0
            v2 = (v2 + v1) & mask; v1 = rotl(v1, 17) ^ v2; v2 = rotl(v2, 32)

    end = len(data) - len(data) % 8
    words = [int.from_bytes(data[i:i + 8], "little") for i in range(0, end, 8)]
    words.append(int.from_bytes(data[end:], "little") | (len(data) & 255) << 56)
    for word in words:
        v3 ^= word
        rounds(2)
        v0 ^= word
    v2 ^= 255
    rounds(4)
    return v0 ^ v1 ^ v2 ^ v3


def bucket(salt, key, unit):
    return siphash(salt.encode() + b"\0" + key.encode() + b"\0" + unit.to_bytes(16, "big")) >> 32


def arm(salt, key, unit, arms):
    """Weighted rendezvous hashing: the least of -ln(u) / weight."""
    draws = [(-math.log((bucket(salt, key + "\1" + name, unit) + 0.5) / 2**32) / weight, name)
             for name, weight in arms if weight > 0]
    return min(draws)[1]


def assignment():
    arms = [("control", 50), ("blue", 30), ("green", 20)]
    rows = []
    for n in range(1_000):
        unit = (n * 0x9E3779B97F4A7C15F39CC0605CEDC835 + 1) % 2**128
        rows.append([f"{unit:032x}", bucket("table", "holdout", unit), arm("table", "test", unit, arms)])
    with open("assignment.json", "w") as out:
        lines = ",\n".join("    " + json.dumps(row) for row in rows)
        head = json.dumps({"salt": "table", "bucket_of": "holdout", "arm_of": "test", "arms": arms})
        out.write(head[:-1] + ',\n  "rows": [\n' + lines + "\n  ]}\n")


def samples():
    cases = []
    for n in range(12):
        unit = (n * 0x9E3779B97F4A7C15F39CC0605CEDC835 + 7) % 2**128
        h = f"{unit:032x}"
        visitor = f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"
        inside = bucket("spec", "sample:pilot", unit) < int(0.4 * 2**32)
        one = case(f"visitor {h[:8]}", inside)
        one["visitor"] = visitor
        cases.append(one)
    rule = {"sample": {"name": "pilot", "percent": 40}}
    write("28-samples", "A fixed two fifths of all visitors", [("", source(told_apart(rule)), cases)])


def explores():
    """Where all offers are believed the same, each is as likely as the others: all that is left is the draw."""
    files = []
    for names in [["a", "b"], ["a", "b", "c", "d"], ["a", "b", "c", "d", "e"]]:
        for redraw in ["decision", "session", "day", "never"]:
            cases = []
            for n in range(4):
                h = f"{(n * 0x9E3779B97F4A7C15F39CC0605CEDC835 + 7) % 2**128:032x}"
                visitor = f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"
                for now, drawn in [(NOW, 0), (NOW + DAY, 5)]:
                    period = {"decision": now, "session": 0, "day": now // DAY, "never": 0}[redraw]
                    # Equal scores: the order before is by a hash, then by name.
                    rest = sorted(names, key=lambda name: (bucket("spec", name, int(h, 16)), name))
                    picked = []
                    for place in range(len(names)):
                        data = b"spec\0draw\0one\0" + bytes.fromhex(h)
                        for number in [period, drawn if redraw == "decision" else 0, place]:
                            data += number.to_bytes(8, "big")
                        ticket = (siphash(data) >> 11) * 1_000_000 // 2**53
                        index = min(ticket // (1_000_000 // len(rest)), len(rest) - 1)
                        # What division leaves over belongs to the first of them.
                        if len(rest) == 3:
                            index = 0 if ticket < 333_334 else 1 if ticket < 666_667 else 2
                        picked.append(rest.pop(index))
                    cases.append({"title": f"{h[:4]}, draw {drawn}", "placement": "hero", "now": now, "visitor": visitor,
                                  "limit": len(names), "draw": drawn, "consent": {"personalise": "granted"},
                                  "expect": {"reason": "ranked", "campaign": "one", "offers": picked}})
            one = campaign("one", names, explore={"redraw": redraw})
            files.append((f"{len(names)} offers, {redraw}", source([one], [offer(name) for name in names]), cases))
    write("61-explore", "Trying: ", files)


# --- Trends, and interests that are forgotten faster or slower ---------------------------------------------------

def trends():
    def truth(ages, within, before, rising=None, falling=None):
        kept = sorted(ages)[:32]
        known = min(before, math.floor(kept[-1] / DAY) - within) if len(ages) > 32 else before
        if known <= 0:
            return None
        days = {math.floor(age / DAY) for age in kept}
        recent = sum(1 for day in days if 0 <= day < within)
        earlier = sum(1 for day in days if within <= day < within + known)
        now, then = Fraction(recent, within), Fraction(earlier, known)
        if rising:
            return recent >= 2 and now >= Fraction(rising) * then
        return earlier >= 2 and then >= Fraction(falling) * now

    weekly = [d * DAY for d in range(10, 35, 7)]
    histories = {
        "nothing": [],
        "a burst of one day": [HOUR * h for h in range(20)],
        "a burst at midnight": [DAY - 1, DAY, DAY + 1],
        "two days": [HOUR, 3 * DAY],
        "two days after a quiet month": [HOUR, 3 * DAY, 20 * DAY],
        "twice a month before, twice now": [HOUR, 3 * DAY, 9 * DAY, 20 * DAY],
        "weekly, and three days of this week": [HOUR, 2 * DAY, 4 * DAY] + weekly,
        "weekly, and two days of this week": [HOUR, 2 * DAY] + weekly,
        "weekly, then not": weekly,
        "weekly, then once": [DAY] + weekly,
        "the last instant of the week before": [HOUR, 2 * DAY, 7 * DAY],
        "the last instant of this week": [HOUR, 7 * DAY - 1],
        "the last instant of the month before": [HOUR, 2 * DAY] + [35 * DAY - 1, 35 * DAY],
        "something to come": [-HOUR, HOUR, 2 * DAY],
        "forty events of three days": [d * DAY + HOUR + m for d in [0, 2, 3] for m in range(14)],
        "forty events of two weeks": [d * DAY + HOUR + m for d in range(14) for m in range(3)],
        "forty events of forty days": [d * DAY + HOUR for d in range(40)],
    }
    files = []
    for what in [{"rising": 1.0}, {"rising": 2.0}, {"rising": 2.5}, {"falling": 1.0}, {"falling": 2.0}]:
        rule = {"trend": {"name": "seen", "where": {"category": "travel"}, "within": "7d", "before": "28d", **what}}
        cases = []
        for title, ages in histories.items():
            past = events(*[("seen", NOW - age, {"category": "travel"}) for age in sorted(ages, reverse=True)],
                          *[("seen", NOW - d * DAY, {"category": "dining"}) for d in range(3)])
            cases.append(case(title, truth(ages, 7, 28, **what), events=past))
        name, factor = next(iter(what.items()))
        files.append((f"{name} by {factor:g}", source(told_apart(rule)), cases))
    write("62-trend", "Days of a week against the four weeks before: ", files)


def half_lives():
    site = {"affinity": {"half_life": "14d", "half_lives": {"travel": "90d", "snacks": "12h"}, "weights": {"seen": 1}}}
    files = []
    for category, half in [("travel", 90 * DAY), ("snacks", 12 * HOUR), ("dining", 14 * DAY)]:
        rule = {"affinity": {"category": category, "at_least": 0.5}}
        cases = []
        for ages in [[0], [half - 1], [half], [half + MINUTE], [half, half], [3 * half] * 4, [3 * half] * 3]:
            points = math.fsum(0.5 ** (age / half) for age in ages)
            shown = ", ".join(f"{age / half:g}" for age in ages)
            past = events(*[("seen", NOW - age, {"category": category}) for age in ages])
            cases.append(case(f"seen {shown} half-lives ago", points >= 0.5, events=past))
        files.append((f"{category}", source(told_apart(rule), site=site), cases))
    write("63-half-lives", "An interest that counts half is still one: ", files)


if __name__ == "__main__":
    assert siphash(bytes(range(15)), (0x0706050403020100, 0x0F0E0D0C0B0A0908)) == 0xA129CA6149BE45E5  # the paper's
    for part_of in [operators, three_valued, windows, sums, sequences, caps, lists, validity, session_numbers, assignment,
                    samples, explores, trends, half_lives]:
        part_of()
