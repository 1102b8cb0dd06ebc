"""go_map, and boxed, its Go pointer."""

from . import values

SLOTS = 8  # in a bucket
MIN_FULL = 5  # tags below say why a slot is empty (maps/go/tags.h)
EMPTY_ONE = 1
SAME_SIZE = 8  # in the header's flags
MOST_IN_PLACE = 128  # bytes of a key or value


class Cell:
    """How a key or a value lives in its slot (maps/go/cell.h)."""

    def __init__(self, its_type, may_be_box):
        self.type = its_type
        self.is_box = may_be_box and values.name_of(its_type) == "ebb::boxed"
        if values.is_empty(its_type):
            self.bytes, self.alignment = 0, 1
        elif its_type.sizeof > MOST_IN_PLACE and not self.is_box:
            self.bytes, self.alignment = 8, 8
        else:
            self.bytes, self.alignment = its_type.sizeof, its_type.alignof
        self.is_spilled = its_type.sizeof > MOST_IN_PLACE and not self.is_box

    def at(self, address):
        if self.is_spilled:
            return values.value_at(address, self.type.pointer()).dereference()
        return values.value_at(address, self.type)


class GoTable:
    """A go_table (maps/go/table.h): its buckets in the order of maps/go/iterator.h."""

    def __init__(self, table, key, value):
        self.header = table["h_"].dereference()
        self.key, self.value = Cell(key, False), Cell(value, True)
        # A bucket: tags, keys, values, the next of its chain (maps/go/layout.h).
        self.keys_at = values.up(SLOTS, self.key.alignment)
        self.values_at = values.up(self.keys_at + SLOTS * self.key.bytes, self.value.alignment)
        self.next_at = values.up(self.values_at + SLOTS * self.value.bytes, 8)
        self.bytes = values.up(self.next_at + 8, max(8, self.key.alignment, self.value.alignment))

    def size(self):
        return int(self.header["count"])

    def buckets(self):
        return 1 << int(self.header["bits"]) if int(self.header["buckets"]) else 0

    def is_growing(self):
        return int(self.header["old_buckets"]) != 0

    def elements(self):
        if self.size() == 0:
            return
        bits = int(self.header["bits"])
        yield from self.array(int(self.header["buckets"]), bits)
        if self.is_growing():
            same = int(self.header["flags"]) & SAME_SIZE
            yield from self.array(int(self.header["old_buckets"]), bits if same else bits - 1)

    def array(self, first, bits):
        for number in range(1 << bits):
            bucket = first + number * self.bytes
            if EMPTY_ONE < values.memory_at(bucket, 1)[0] < MIN_FULL:
                continue  # its chain has moved
            while bucket:
                yield from self.full_slots(bucket)
                bucket = int.from_bytes(values.memory_at(bucket + self.next_at, 8), "little")

    def full_slots(self, bucket):
        for slot, tag in enumerate(values.memory_at(bucket, SLOTS)):
            if tag >= MIN_FULL:
                yield (self.key.at(bucket + self.keys_at + slot * self.key.bytes),
                       self.value.at(bucket + self.values_at + slot * self.value.bytes))


class GoMapPrinter:
    def __init__(self, value):
        of = values.type_of(value)
        self.table = GoTable(value["table_"], of.template_argument(0), of.template_argument(1))

    def to_string(self):
        return "ebb::go_map with %s in %s of %s%s" % (
            values.counted(self.table.size(), "element"),
            values.counted(self.table.buckets(), "bucket"),
            values.bytes_text(self.table.bytes, " bytes"),
            ", growing" if self.table.is_growing() else "")

    def children(self):
        return values.alternating(self.table.elements())

    def display_hint(self):
        return "map"


class BoxedPrinter:
    def __init__(self, value):
        self.object = value["object_"]

    def to_string(self):
        return self.object.dereference()
