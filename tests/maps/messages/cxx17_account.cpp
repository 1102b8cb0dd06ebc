// says: ebb needs C++20
// flags: -std=c++17
#include <ebb/alloc/ledger/account.h>

int main() {
    return 0;
}
