"""hash_map, hash_set, node_hash_map, node_hash_set.

All that is known here of how a table lies in memory is in class Table, in the steps of
maps/hash/iterator.h: directory, segments in the order of iteration, elements of a segment.
"""

from . import arenas, values

PAGE = 4096


def pages_of_array(element):
    """As chunk_size::for_array."""
    least = values.up(element, PAGE) // PAGE

    def waste(pages):
        held = pages * PAGE
        return held % element * 1000000 // held + held * 700000 // max(417792, held * 32)

    return least if element > 32768 else min(range(least, 17), key=waste)


def pages_of_slots(group):
    """As chunk_size::for_slots."""
    return 2 if PAGE % group > PAGE // 32 and 2 * PAGE % group < PAGE % group else 1


class Table:
    """A hash_table (maps/hash/table.h), without calling the program."""

    def __init__(self, table):
        self.table = table
        kind = values.type_of(table).template_argument(0)  # flat<...> or node<...>
        elements = kind.template_argument(0)  # pair_elements<Key, Value> or key_elements<Key>
        self.is_node = values.name_of(kind) == "ebb::detail::node"
        if values.name_of(elements) == "ebb::detail::pair_elements":
            self.element = values.Pair(elements.template_argument(0), elements.template_argument(1))
        else:
            self.element = values.Key(elements.template_argument(0))
        self.stride = 8 if self.is_node else self.element.bytes

    def size(self):
        return int(self.table["size_"])

    def elements(self):
        """The parts of each element, in the order of iteration."""
        for segment in self.segments():
            for address in self.slots(segment):
                if self.is_node:  # a node_pointer, its lowest bit a mark
                    address = int.from_bytes(values.memory_at(address, 8), "little") & ~1
                yield self.element.parts(address)

    def segments(self):
        directory = self.table["directory_"]
        at, size = directory["at_"], int(directory["size_"])
        number, highest = 0, (int(self.table["mask_"]) + 1) >> 1
        while True:
            if number < size:
                yield at[number]
            # The next number, counted from its highest bit.
            bit = highest
            while number & bit:
                number ^= bit
                bit >>= 1
            if bit == 0:
                return
            number |= bit

    def slots(self, segment):
        count = int(segment["count"])
        if count == 0:
            return
        # The segment's table of chunks lies before its groups, the first chunk last (maps/hash/segment.h).
        groups, group = int(segment["groups"]), segment["groups"].type.target()
        chunks = {}

        def chunk(number):
            if number not in chunks:
                at = values.memory_at(groups - 8 * (number + 1), 8)
                chunks[number] = int.from_bytes(at, "little")
            return chunks[number]

        tags_at, per_group = self.tags(group)
        per_chunk = self.per_chunk(segment, per_group)
        if self.has_array(segment):
            for number in reversed(range(count)):
                yield chunk(number // per_chunk) + number % per_chunk * self.stride
            return
        tags = values.memory_at(groups, group.sizeof * int(segment["group_count"]))
        for g in range(int(segment["group_count"])):
            for i in range(per_group):
                if tags[g * group.sizeof + tags_at + i]:
                    yield chunk(g // per_chunk) + (g % per_chunk * per_group + i) * self.stride

    @staticmethod
    def has_array(segment):
        return any(field.name == "capacity" for field in segment.type.fields())

    def per_chunk(self, segment, per_group):
        """The elements of an array, or the groups, whose slots lie in a chunk. As maps/hash/segment.h works it
        out: compilers leave constants out of the debug information."""
        if self.has_array(segment):
            return pages_of_array(self.stride) * PAGE // self.stride
        return pages_of_slots(self.stride * per_group) * PAGE // (self.stride * per_group)

    @staticmethod
    def tags(group):
        (field,) = [f for f in group.fields() if f.name == "tags"]
        low, high = field.type.range()
        return field.bitpos // 8, high - low + 1

    def ledger(self):
        """Of its own page_memory; None where the memory isn't its own."""
        memory = self.table["memory_"]
        argument = values.type_of(memory).template_argument(0)
        if values.name_of(argument) != "ebb::page_memory":
            return None
        return arenas.read(memory["own_"])


class MapPrinter:
    """A map of hash_table's, as std::unordered_map's printer shows one."""

    hint = "map"

    def __init__(self, value):
        self.name = values.name_of(value)
        self.table = Table(value["table_"])

    def to_string(self):
        text = "%s with %s" % (self.name, values.counted(self.table.size(), "element"))
        ledger = self.table.ledger()
        if ledger is None:
            return text
        return "%s in %s, %s mapped" % (text, values.bytes_text(ledger["requested"], " bytes"),
                                        values.bytes_text(ledger["mapped"], " bytes"))

    def children(self):
        return values.alternating(self.table.elements())

    def display_hint(self):
        return self.hint


class SetPrinter(MapPrinter):
    hint = "array"
