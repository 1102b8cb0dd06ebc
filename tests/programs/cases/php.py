"""php: its own small-object pages, and malloc alone (USE_ZEND_ALLOC=0)."""
COMMANDS = ["php"]
EXECUTABLES = ["php"]


def run(place):
    return "".join(place.run("php", "-n", place.inputs / "heap.php", place.scale(120_000, 1_500_000),
                             environment={"USE_ZEND_ALLOC": pages}) for pages in "10")
