#include <ebb/bench/maps/book.h>
#include <ebb/bench/maps/runner.h>
#include <ebb/bench/process/child.h>

#include <fmt/core.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <system_error>

namespace ebb::bench {
namespace {

// {{V}} is the map's value type, {{N}} its bytes, {{ADDRESS}} `&` for a map of pointers.
constexpr std::string_view program = R"go(package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

var (
	start  runtime.MemStats
	before int64
	last   time.Time
	state  uint64 = 0x9e3779b97f4a7c15
)

// By value: nothing of it reaches the heap unless the map holds pointers.
func next() (v [{{N}}]byte) {
	for i := range v {
		state ^= state << 13
		state ^= state >> 7
		state ^= state << 17
		v[i] = byte(state)
	}
	return
}

func resident() int64 {
	f, err := os.Open("/proc/self/smaps_rollup")
	if err != nil {
		return -1
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if w := strings.Fields(s.Text()); len(w) > 1 && w[0] == "Anonymous:" {
			n, _ := strconv.ParseInt(w[1], 10, 64)
			return n * 1024
		}
	}
	return -1
}

func take(step string) {
	seconds := time.Since(last).Seconds()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	alloc := int64(s.Alloc) - int64(start.Alloc)
	heap, idle := "-", "-" // less than at the start: the runtime's own blocks, nothing of the map's
	if alloc >= 0 {
		heap, idle = fmt.Sprint(alloc), fmt.Sprint(int64(s.HeapSys)-alloc)
	}
	fmt.Printf("%s\t%s\t-\t-\t%s\t%d\t%d\t-\t%d\t%.9f\n", step, heap, idle,
		s.Sys-s.HeapSys, s.Sys, resident()-before, seconds)
	last = time.Now()
}

func main() {
	count, _ := strconv.Atoi(os.Args[1])
	remedy := len(os.Args) > 2
	before = resident()
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&start)
	last = time.Now()
	m := make(map[int64]{{V}})
	take("empty")
	for i := 0; i < count; i++ {
		v := next()
		m[int64(i)] = {{ADDRESS}}v
	}
	if !remedy {
		take("full")
		for i := 0; i < count; i++ {
			delete(m, int64(i))
		}
		runtime.GC()
		take("gone")
		runtime.KeepAlive(m)
		return
	}
	for i := 1000; i < count; i++ {
		delete(m, int64(i))
	}
	take("1000 left")
	fresh := make(map[int64]{{V}})
	for k, v := range m {
		fresh[k] = v
	}
	take("copied")
	runtime.KeepAlive(m)
	m = nil
	runtime.GC()
	take("copied+gc")
	runtime.KeepAlive(fresh)
}
)go";

std::string with(std::string text, std::string_view name, std::string_view value) {
    for (std::size_t at = 0; (at = text.find(name, at)) != std::string::npos; at += value.size()) {
        text.replace(at, name.size(), value);
    }
    return text;
}

// A folder that is gone with the program.
class scratch {
  public:
    scratch() {
        std::string pattern = (std::filesystem::temp_directory_path() / "ebb-go-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) {
            throw std::system_error(errno, std::generic_category(), pattern);
        }
        path_ = pattern;
    }
    scratch(const scratch&) = delete;
    scratch& operator=(const scratch&) = delete;
    ~scratch() {
        std::error_code error;
        std::filesystem::remove_all(path_, error);
    }
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  private:
    std::filesystem::path path_;
};

std::string built(bool pointer, std::size_t value_bytes) {
    static const scratch folder;
    static std::map<std::pair<bool, std::size_t>, std::string> programs;
    std::string& path = programs[{pointer, value_bytes}];
    if (!path.empty()) {
        return path;
    }
    const std::string stem =
        (folder.path() / fmt::format("{}{}", pointer ? "p" : "v", value_bytes)).string();
    std::string text(program);
    text = with(text, "{{V}}", fmt::format("{}[{}]byte", pointer ? "*" : "", value_bytes));
    text = with(text, "{{N}}", std::to_string(value_bytes));
    text = with(text, "{{ADDRESS}}", pointer ? "&" : "");
    std::ofstream(stem + ".go") << text;
    command build;
    build.words = {"go", "build", "-o", stem, stem + ".go"};
    build.environment = {"GOFLAGS=", "GO111MODULE=off"};
    if (std::getenv("HOME") == nullptr && std::getenv("GOCACHE") == nullptr) {
        build.environment.push_back("GOCACHE=" + (folder.path() / "cache").string());
    }
    const outcome end = run(build, [](std::string_view) {});
    if (!end.good()) {
        throw cell_failed("go build: " + end.reason(), false);
    }
    return path = stem;
}

} // namespace

std::optional<std::string> book_label() {
    std::string version;
    try {
        command ask;
        ask.words = {"go", "env", "GOVERSION"};
        if (!run(ask, [&](std::string_view line) { version = line; }).good()) {
            return std::nullopt;
        }
    } catch (const std::system_error&) {
        return std::nullopt;
    }
    // go1.24 replaced the map; "devel ..." is newer than that.
    int minor = 0;
    const bool known = std::sscanf(version.c_str(), "go1.%d", &minor) == 1;
    return known && minor < 24 ? version : version + " (another map)";
}

std::vector<record> run_book(const cell& c) {
    command what;
    what.words = {built(c.way == layout::pointer, c.value_bytes), std::to_string(c.count)};
    if (c.way == layout::recreate) {
        what.words.emplace_back("remedy");
    }
    // The collector's pace is the book's, whatever the environment sets.
    what.environment = {"GOGC=100", "GOMEMLIMIT=off"};
    std::vector<record> records;
    const outcome end =
        run(what, [&](std::string_view line) { records.push_back(from_line(line)); });
    if (!end.good()) {
        throw cell_failed(end.reason(), false);
    }
    return records;
}

} // namespace ebb::bench
