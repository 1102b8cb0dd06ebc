"""cmake and ninja: a project of many targets configured twice and built, a string worked on."""
from place import digest

COMMANDS = ["cmake", "ninja"]
EXECUTABLES = ["cmake", "ninja"]

PROJECT = """
cmake_minimum_required(VERSION 3.18)
project(many LANGUAGES NONE)
set(all "")
foreach(i RANGE 1 {count})
  math(EXPR before "${{i}} / 2")
  add_custom_command(OUTPUT out${{i}} COMMAND ${{CMAKE_COMMAND}} -E touch out${{i}} DEPENDS in.txt
                     COMMENT "making ${{i}}")
  add_custom_target(target${{i}} DEPENDS out${{i}})
  if(before GREATER 0)
    add_dependencies(target${{i}} target${{before}})
  endif()
  string(SHA256 sum "${{all}}${{i}}")
  string(REGEX REPLACE "[0-3]+" "<\\\\0>" sum "${{sum}}")
  list(APPEND all ${{sum}})
endforeach()
list(SORT all COMPARE NATURAL)
string(JOIN "\\n" text ${{all}})
file(WRITE ${{CMAKE_BINARY_DIR}}/sums.txt "${{text}}")
"""


def run(place):
    place.write("CMakeLists.txt", PROJECT.format(count=place.scale(400, 2_000)))
    place.write("in.txt", "")
    answer = []
    for _ in range(2):
        place.run("cmake", "-G", "Ninja", "-S", ".", "-B", "build")
        answer += [digest((place.folder / "build" / name).read_bytes())
                   for name in ("build.ninja", "sums.txt")]
    answer += [digest(place.run("ninja", "-C", "build", "-n", "-j1", "all", "target7")),
               place.run("ninja", "-C", "build", "target300").splitlines()[-1]]
    return "\n".join(answer)
