// Misuse in a thread for which the constructor of a loading library waits: misuse_while_loading
// PLUGIN. The dynamic linker's lock is held meanwhile, which libc needs to tell the frames. It must
// end in the line and SIGABRT all the same. Ends with 0.
#include <tests/support/forked.h>

#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>

int main(int count, char** words) {
    int told[2];
    if (count != 2 || ::pipe(told) != 0) {
        return 2;
    }
    const int status = tests::status_of_child([&] { // which tells less than a pipe holds
        ::dup2(told[1], STDERR_FILENO);
        static_cast<void>(::dlopen(words[1], RTLD_NOW));
        _exit(0);
    });
    char text[1000] = {};
    const bool is_told = ::read(told[0], text, sizeof text - 1) > 0;
    if (!is_told || std::strncmp(text, "ebb: double free of ", 20) != 0 || !WIFSIGNALED(status) ||
        WTERMSIG(status) != SIGABRT) {
        std::printf("status %d, told: %s\n", status, text);
        return 1;
    }
    return 0;
}
