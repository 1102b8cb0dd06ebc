"""What the printers need beyond gdb: values at addresses, the layout of a pair, numbers as text."""

import gdb
import gdb.types


def value_at(address, its_type):
    """The object of this type that lies there; of a reference, what it refers to."""
    if its_type.code in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF):
        return value_at(address, its_type.target().pointer()).dereference()
    return gdb.Value(address).cast(its_type.pointer()).dereference()


def memory_at(address, count):
    """So many bytes, as Python's."""
    return bytes(gdb.selected_inferior().read_memory(address, count)) if count else b""


def type_of(value):
    """Its type, without reference, const and typedef."""
    return gdb.types.get_basic_type(value.type)


def name_of(value_or_type):
    """ebb::hash_map of ebb::hash_map<int, int, ...>, and of one with checked iterators."""
    its_type = value_or_type if isinstance(value_or_type, gdb.Type) else type_of(value_or_type)
    return str(its_type.strip_typedefs().unqualified()).split("<")[0].replace("checked_iterators::", "")


def member_bytes(its_type):
    """Of a member of this type: a reference is a pointer."""
    if its_type.code in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF):
        its_type = its_type.target().pointer()
    return its_type.sizeof, its_type.alignof


def up(number, multiple):
    return (number + multiple - 1) // multiple * multiple


def is_empty(its_type):
    """As std::is_empty has it, and std::array<T, 0>."""
    its_type = its_type.strip_typedefs()
    if its_type.code != gdb.TYPE_CODE_STRUCT:
        return False
    if str(its_type.unqualified()).startswith("std::array<") and int(its_type.template_argument(1)) == 0:
        return True
    members = [f for f in its_type.fields() if hasattr(f, "bitpos")]
    return all(f.is_base_class and is_empty(f.type) for f in members)


class Pair:
    """Where std::pair<const Key, Value> has its halves."""

    def __init__(self, key, value):
        self.key, self.value = key, value
        key_bytes, key_alignment = member_bytes(key)
        value_bytes, value_alignment = member_bytes(value)
        self.second_at = up(key_bytes, value_alignment)
        self.bytes = up(self.second_at + value_bytes, max(key_alignment, value_alignment))
        self.alignment = max(key_alignment, value_alignment)

    def parts(self, address):
        return value_at(address, self.key), value_at(address + self.second_at, self.value)


class Key:
    """A set's element."""

    def __init__(self, key):
        self.key = key
        self.bytes, self.alignment = member_bytes(key)

    def parts(self, address):
        return (value_at(address, self.key),)


def counted(number, what):
    """12,345 elements, 1 element."""
    return "{:,} {}{}".format(number, what, "" if number == 1 else "s")


def bytes_text(number, unit=""):
    """1,234 or 5,242,880 (5.0 MiB); with a unit, 5,242,880 bytes (5.0 MiB)."""
    text = "{:,}{}".format(number, unit)
    for size, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (10 << 10, "KiB")):
        if number >= size:
            return "{} ({:.1f} {})".format(text, number / (size if name != "KiB" else 1024), name)
    return text


def alternating(elements):
    """Keys and values in turn, as gdb's hint `map` wants them; a set's keys."""
    number = 0
    for parts in elements:
        for part in parts:
            yield "[%d]" % number, part
            number += 1
