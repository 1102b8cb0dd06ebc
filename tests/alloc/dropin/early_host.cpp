// A program with libebbmalloc.a inside that needs a library whose constructor starts threads and
// forks (early_forks.cpp). Ends with 0; a child that hangs makes it wait for ctest's limit.
extern "C" int early_forks_that_failed();

int main() {
    return early_forks_that_failed();
}
