// A measured program: N system calls and N loops between its marks, others before and after them.
// With a second word there is no end to its marks.
#include <ebb/bench/process/marks.h>

#include <sys/mman.h>

#include <cstdlib>
#include <thread>

namespace {

void ask(long times) {
    for (long i = 0; i < times; ++i) {
        ::getppid();
    }
}

} // namespace

int main(int argc, char** argv) {
    const long count = argc > 1 ? std::atol(argv[1]) : 0;
    ask(7);
    ebb::bench::begin_counting();
    ask(count);
    ::madvise(nullptr, 0, MADV_NORMAL);
    if (argc > 2) {
        return 0;
    }
    ebb::bench::end_counting();
    ask(9);
    std::thread other([] { ask(11); });
    other.join();
    return 0;
}
