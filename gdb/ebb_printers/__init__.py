"""Which printer shows which type."""

import gdb.printing

from . import arenas, go_tables, tables

# With EBB_CHECK_ITERATORS hash maps lie in an inline namespace.
HASH = r"^ebb::(checked_iterators::)?"


def collection():
    """All of them, as gdb registers them."""
    all_of_them = gdb.printing.RegexpCollectionPrettyPrinter("ebb")
    for name in ("hash_map", "node_hash_map"):
        all_of_them.add_printer(name, HASH + name + "<", tables.MapPrinter)
    for name in ("hash_set", "node_hash_set"):
        all_of_them.add_printer(name, HASH + name + "<", tables.SetPrinter)
    all_of_them.add_printer("go_map", "^ebb::go_map<", go_tables.GoMapPrinter)
    all_of_them.add_printer("boxed", "^ebb::boxed<", go_tables.BoxedPrinter)
    for name in arenas.READ:
        all_of_them.add_printer(name, "^ebb::" + name + "(<|$)", arenas.ArenaPrinter)
    all_of_them.add_printer("slots", "^ebb::slots$", arenas.SlotsPrinter)
    all_of_them.add_printer("ledger", "^(ebb::ledger|ebb_ledger)$", arenas.LedgerPrinter)
    all_of_them.add_printer("account", "^ebb::account$", arenas.AccountPrinter)
    return all_of_them
