"""gdb: the symbols of a C++ program with debug information and its own Python; nothing is traced,
for that is forbidden in many a container."""
COMMANDS = ["gdb", "g++"]
EXECUTABLES = ["gdb"]

PYTHON = """python
import gdb.types
node = gdb.lookup_type('node<5>')
print(node.sizeof, sorted(gdb.types.make_enum_dict(gdb.lookup_type('std::_Rb_tree_color')).items()))
print([(f.name, f.bitpos, f.type.name, f.type.sizeof) for f in node.fields()])
print(sum(len(str([n] * (n % 50))) for n in range(20000)))
end
"""


def run(place):
    place.write("templates.cpp", (place.inputs / "templates.cpp").read_text())
    place.run("g++", "-std=c++20", "-O0", "-g", "templates.cpp", "-o", "program",
              environment={"LD_PRELOAD": ""})
    place.write("script.gdb", "set pagination off\nset width 0\ninfo line main\nlist main\n"
                "info functions of_each\nptype struct node<5>\ninfo types variant\n"
                "info scope main\nmaint check-symtabs\ndisassemble main\n" + PYTHON)
    return place.run("gdb", "-nx", "-batch", "-x", "script.gdb", "program", both=True)
