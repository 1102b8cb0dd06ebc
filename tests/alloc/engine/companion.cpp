// ebb's own thread, seen from inside. As a program sees it: tests/alloc/dropin/companion.cpp.
#include <ebb/alloc/engine/companion.h>
#include <ebb/alloc/engine/purge.h>

#include <gtest/gtest.h>
#include <tests/support/forked.h>
#include <tests/support/tasks.h>
#include <tests/support/wait.h>

#include <pthread.h>

namespace {

using namespace ebb::engine; // NOLINT: a test's own file

// A thread of the program's, which the library isn't loaded to see the end of.
void* visit(void*) {
    companion::thread_ends();
    return nullptr;
}

// It is told to end when one thread is left. A sweep then would empty the caches of threads that
// ended, and the program's next thread would fault their pages in again.
TEST(companion, makes_no_sweep_when_it_is_told_to_end) {
    EXPECT_EQ(tests::status_of_child([] {
                  purge::configure(3'600'000);
                  companion::load(pthread_create);
                  companion::count_thread();
                  for (int i = 0; i < 20; ++i) {
                      pthread_t thread{};
                      if (companion::create_thread(&thread, nullptr, visit, nullptr) != 0) {
                          return false;
                      }
                      pthread_join(thread, nullptr);
                      tests::wait_until([] { return tests::ebbs_thread().empty(); });
                  }
                  return purge::sweeps() == 0;
              }),
              0);
}

} // namespace
