"""What the cases of both compilers share: the same objects, the same programs, the same answers."""
from place import digest


def compile_and_run(place, compiler, ways):
    """Objects under each of `ways` (lists of options), then a program that is linked and run."""
    source = place.inputs / "templates.cpp"
    place.write("templates.cpp", source.read_text())
    answer = []
    for way in ways:
        place.run(compiler, "-std=c++20", *way, "-c", "templates.cpp", "-o", "object.o")
        answer.append(f"{' '.join(way)}: {digest((place.folder / 'object.o').read_bytes())}")
    place.run(compiler, "object.o", "-o", "program")
    answer.append(f"program: {digest((place.folder / 'program').read_bytes())}")
    answer.append(place.run("./program"))
    place.write("wrong.cpp", "#include <map>\n#include <string>\n"
                             "std::map<std::string, int> m{{1, 2, 3}}; auto x = m.fnid(\"\");\n")
    answer.append(place.run(compiler, "-std=c++20", "-c", "wrong.cpp", codes=(1,), both=True))
    return "\n".join(answer)
