"""Arenas and ledgers: where each arena has its figures, worked out as its read() does."""

from . import values

TERMS = ("requested", "slack", "dead", "idle", "overhead", "mapped", "peak", "peak_requested",
         "peak_mapped")
ABSENT = (1 << 64) - 1  # EBB_ABSENT: a number that the malloc can't tell


def of_tally(t):
    """As tally::read() (alloc/ledger/tally.h)."""
    n = {name: int(t[name + "_"]) for name in ("requested", "occupied", "dead", "overhead", "mapped",
                                               "peak", "peak_requested", "peak_mapped")}
    return {
        "requested": n["requested"],
        "slack": n["occupied"] - n["requested"] - n["dead"],
        "dead": n["dead"],
        "idle": n["mapped"] - n["occupied"] - n["overhead"],
        "overhead": n["overhead"],
        "mapped": n["mapped"],
        "peak": max(n["peak"], n["occupied"]),
        "peak_requested": max(n["peak_requested"], n["requested"]),
        "peak_mapped": max(n["peak_mapped"], n["mapped"]),
    }


def of_counts(arena):
    return of_tally(arena["counts_"])


def of_bump(arena):
    """As bump::read(): a cursor instead of counters."""
    slack, dead, mapped, overhead = (int(arena[name]) for name in
                                     ("slack_", "dead_", "mapped_", "overhead_"))
    occupied = (int(arena["cursor_"]) + int(arena["base_"])) % (1 << 64)
    return {
        "requested": occupied - slack - dead,
        "slack": slack,
        "dead": dead,
        "idle": mapped - overhead - occupied,
        "overhead": overhead,
        "mapped": mapped,
        "peak": max(int(arena["peak_"]), occupied),
        "peak_requested": max(int(arena["peak_requested_"]), occupied - slack - dead),
        "peak_mapped": max(int(arena["peak_mapped_"]), mapped),
    }


def of_collected(arena):
    """The inner arena's ledger, with the dead told from the living, as collected::read()."""
    own, ledger = of_tally(arena["counts_"]), read(arena["inner_"])
    if ledger is None:
        return None
    ledger["slack"] += ledger["requested"] - own["requested"] - own["dead"]
    ledger["requested"] = own["requested"]
    ledger["dead"] += own["dead"]
    ledger["peak_requested"] = own["peak_requested"]
    return ledger


READ = {
    "bump": of_bump,
    "charged": lambda arena: read(arena["inner_"]),
    "collected": of_collected,
    "go_heap": of_counts,
    "malloc_arena": of_counts,
    "page_memory": of_counts,
    "pool": of_counts,
    "sized": of_counts,
    "tally": of_tally,
}


def read(arena):
    """The ledger of an arena, by term; None of a program's own arena inside of one of ebb's, and of
    one that the compiler left out of the debug information."""
    name = values.name_of(arena)
    if not values.type_of(arena).fields():
        return None
    return READ[name[5:]](arena) if name.startswith("ebb::") and name[5:] in READ else None


class LedgerPrinter:
    """ebb::ledger and C's ebb_ledger: every member by its name."""

    def __init__(self, value):
        self.name = values.name_of(value)
        self.members = [(f.name, int(value[f.name])) for f in values.type_of(value).fields()]

    def to_string(self):
        return self.name

    def children(self):
        for name, number in self.members:
            yield name, "absent" if number == ABSENT else values.bytes_text(number)

    def display_hint(self):
        return None


class ArenaPrinter:
    def __init__(self, value):
        self.value = value
        self.ledger = read(value)

    def to_string(self):
        name = values.name_of(self.value)
        if self.ledger is None:
            return name
        if name == "ebb::pool":
            return "%s of %s-byte slots" % (name, "{:,}".format(int(self.value["slots_"]["slot_bytes_"])))
        if name == "ebb::charged":
            return '%s to "%s", of %s' % (name, account_name(self.value["account_"].dereference()),
                                          values.name_of(self.value["inner_"]))
        if name == "ebb::collected":
            return "%s of %s, collected %s" % (name, values.name_of(self.value["inner_"]),
                                               values.counted(int(self.value["collections_"]), "time"))
        if name == "ebb::go_heap":
            return "%s, collected %s" % (name, values.counted(int(self.value["collections_"]), "time"))
        return name

    def children(self):
        for term in TERMS if self.ledger else ():
            yield term, values.bytes_text(self.ledger[term])

    def display_hint(self):
        return None


class SlotsPrinter:
    """The slots of one size, by a walk over their chunks (alloc/arena/slots.h)."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        return "ebb::slots of {:,} bytes".format(int(self.value["slot_bytes_"]))

    def children(self):
        used = retired = 0
        for shelf in ("open", "full", "spare"):
            chunks = 0
            chunk = self.value[shelf + "_"]["first_"]
            while int(chunk):
                chunks += 1
                used += int(chunk["used"])
                retired += int(chunk["retired"])
                chunk = chunk["links"]["after"]
            yield shelf + "_chunks", "{:,}".format(chunks)
        # The slot kept aside is free, and counted as used.
        aside = 1 if int(self.value["hot_"]) else 0
        yield "live_slots", "{:,}".format(used - retired - aside)
        yield "retired_slots", "{:,}".format(retired)

    def display_hint(self):
        return None


def account_name(account):
    return account["name_"].string(length=int(account["name_bytes_"]))


class AccountPrinter:
    """Its name and its parents': the sums are spread over the threads' cells."""

    def __init__(self, value):
        self.names = [account_name(value)]
        parent = value["parent_"]
        while int(parent):
            self.names.append(account_name(parent.dereference()))
            parent = parent["parent_"]

    def to_string(self):
        return 'ebb::account "%s"' % "/".join(reversed(self.names))
