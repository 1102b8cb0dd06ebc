// libebbwitness.so: preloaded beside a malloc into a program that isn't ebb's, it tells ebb which
// malloc answers there and what the process holds when it ends.
//
// It must not change the program: it allocates nothing (but two small blocks, freed at once, where
// a malloc's own counter is tried), keeps errno, leaves no descriptor open, writes to no stream of
// the program's, starts no thread and handles no signal. Without EBB_WITNESS it does nothing.
// Cost: to load it, two short writes to a file and a read of /proc/self/status: 0.15 ms a process
// (1500 times /bin/true, with and without); nothing in between.
//
// exit() brings it to its destructor. Shells and forked children leave by _exit(), which runs none:
// that name is taken over here, and the record is made of calls that a signal handler may make. A
// process that ends in any other way, by a signal before all, leaves no `end`.
#include <ebb/alloc/ledger/ebb.h>
#include <ebb/bench/witness/answers.h>
#include <ebb/bench/witness/line_buffer.h>

#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>

extern "C" __attribute__((weak)) int ebb_heap_ledger(struct ebb_ledger*, // NOLINT: ebb's own name
                                                     std::size_t) noexcept;

namespace {

using namespace ebb::bench; // NOLINT: a library's own file

constexpr std::size_t most_variable_bytes = 4 * (most_path_bytes + 1);

// One of each a process: the only writer before main is the constructor, and at the end whoever
// takes `ended` first.
line_buffer line;
char records[most_path_bytes + 1]; // the file; empty: nobody asked
char program_text[most_path_bytes + 1];
char status_text[4096];
std::atomic<bool> ended{true};
pid_t own = 0;    // a child of vfork, which shares this memory, is another
pid_t parent = 0; // at the start: an orphan's changes
const char* malloc_path = "";
int (*ledger_of_malloc)(struct ebb_ledger*, std::size_t) noexcept = nullptr;
unsigned own_blocks = 0; // that the check took and gave back

class errno_kept {
  public:
    errno_kept() noexcept : value_(errno) {}
    errno_kept(const errno_kept&) = delete;
    errno_kept& operator=(const errno_kept&) = delete;
    ~errno_kept() { errno = value_; }

  private:
    int value_;
};

// System calls by number: a program, or another preloaded library, may have an open of its own.
int open_file(const char* path, int flags) noexcept {
    return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, 0));
}

// A limit on files' sizes would end the program by a signal.
bool may_write(int file, std::size_t bytes) noexcept {
    struct rlimit limit {};
    if (::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
        return true;
    }
    const long end = ::syscall(SYS_lseek, file, 0, SEEK_END);
    return end >= 0 && static_cast<std::uint64_t>(end) + bytes <= limit.rlim_cur;
}

void append() noexcept {
    line.end_line();
    const int file = open_file(records, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) {
        return;
    }
    if (may_write(file, line.size())) {
        [[maybe_unused]] const long written = ::syscall(SYS_write, file, line.data(), line.size());
    }
    ::syscall(SYS_close, file);
}

// `kind PID PARENT PROGRAM OBJECT`
void begin_line(const char* kind) noexcept {
    const long length =
        ::syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", program_text, most_path_bytes);
    program_text[length < 0 ? 0 : length] = '\0';
    line.clear();
    line.add(kind);
    line.add('\t');
    line.add(static_cast<std::uint64_t>(own));
    line.add('\t');
    line.add(static_cast<std::uint64_t>(parent));
    line.add('\t');
    line.add_path(program_text);
    line.add('\t');
    line.add_path(malloc_path);
}

// `NAME: n kB` of /proc/self/status, in bytes.
std::optional<std::uint64_t> status_field(const char* name) noexcept {
    const char* at = std::strstr(status_text, name);
    if (at == nullptr) {
        return std::nullopt;
    }
    at += std::strlen(name);
    while (*at == ' ' || *at == '\t') {
        ++at;
    }
    std::uint64_t kilobytes = 0;
    for (; *at >= '0' && *at <= '9'; ++at) {
        kilobytes = kilobytes * 10 + static_cast<std::uint64_t>(*at - '0');
    }
    return kilobytes * 1024;
}

void read_status() noexcept {
    status_text[0] = '\0';
    const int file = open_file("/proc/self/status", O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return;
    }
    const long got = ::syscall(SYS_read, file, status_text, sizeof status_text - 1);
    status_text[got < 0 ? 0 : got] = '\0';
    ::syscall(SYS_close, file);
}

std::optional<std::uint64_t> present(std::uint64_t term) noexcept {
    return term == EBB_ABSENT ? std::nullopt : std::optional(term);
}

void add_ledger() noexcept {
    struct ebb_ledger l {};
    const bool told = ledger_of_malloc != nullptr && ledger_of_malloc(&l, sizeof l) == 0;
    // The check's own blocks aren't the program's.
    for (std::uint64_t* const calls : {&l.allocations, &l.frees}) {
        *calls -= *calls == EBB_ABSENT ? 0 : own_blocks;
    }
    const std::uint64_t terms[] = {l.requested,   l.slack,  l.dead,           l.idle,
                                   l.overhead,    l.mapped, l.peak_requested, l.peak_mapped,
                                   l.allocations, l.frees};
    static_assert(sizeof terms == ledger_terms * sizeof(std::uint64_t));
    for (const std::uint64_t term : terms) {
        line.add('\t');
        line.add(told ? present(term) : std::nullopt);
    }
}

// Async-signal-safe.
void end() noexcept {
    if (::getpid() != own || ended.exchange(true)) {
        return;
    }
    const errno_kept kept;
    read_status();
    begin_line("end");
    for (const char* const field : {"\nVmRSS:", "\nVmHWM:"}) {
        line.add('\t');
        line.add(status_field(field));
    }
    add_ledger();
    append();
}

void in_forked_child() noexcept {
    own = ::getpid();
    parent = ::getppid();
    ended = false;
}

// The next field of EBB_WITNESS; its end is cut off in place.
char* next_field(char*& rest) noexcept {
    char* const field = rest;
    while (*rest != ':' && *rest != '\0') {
        ++rest;
    }
    if (*rest == ':') {
        *rest++ = '\0';
    }
    return field;
}

[[gnu::constructor]] void begin() noexcept {
    const char* const asked = ::secure_getenv(witness_variable);
    if (asked == nullptr) {
        return;
    }
    const errno_kept kept;
    static char fields[most_variable_bytes];
    if (std::strlen(asked) >= sizeof fields) {
        return;
    }
    std::strcpy(fields, asked);
    char* rest = fields;
    const long first_parent = std::strtol(next_field(rest), nullptr, 10);
    const char* const malloc = next_field(rest);
    const char* const file = next_field(rest);
    const char* const front = next_field(rest);
    const expectation wanted{malloc, front, next_field(rest)};
    if (*file == '\0' || std::strlen(file) >= sizeof records) {
        return;
    }
    std::strcpy(records, file);
    own = ::getpid();
    parent = ::getppid();
    malloc_path = object_of_malloc();
    begin_line("start");
    line.add('\t');
    const std::size_t before = line.size();
    check_malloc(wanted, line, &own_blocks);
    const bool refused = line.size() != before;
    append();
    if (refused && parent == first_parent) {
        ::syscall(SYS_exit_group, witness_refuses);
    }
    if (beside_malloc(reinterpret_cast<void*>(ebb_heap_ledger))) {
        ledger_of_malloc = &ebb_heap_ledger;
    }
    ::pthread_atfork(nullptr, nullptr, &in_forked_child);
    ended = false;
}

[[gnu::destructor]] void finish() noexcept {
    end();
}

[[noreturn]] void leave(int status) noexcept {
    end();
    for (;;) {
        ::syscall(SYS_exit_group, status);
    }
}

} // namespace

extern "C" { // NOLINTBEGIN: POSIX's name and C's
__attribute__((visibility("default"))) void _exit(int status) {
    leave(status);
}
__attribute__((visibility("default"))) void _Exit(int status) noexcept {
    leave(status);
}
} // NOLINTEND
