// A program that fixes settings when it is built. One of them isn't any, so that the library says
// where it read it.
#include <cstdlib>

extern "C" {
extern const char* ebb_options;
const char* ebb_options = "purge_ms:never,colour:red";
}

int main() {
    std::free(std::malloc(10));
    return 0;
}
