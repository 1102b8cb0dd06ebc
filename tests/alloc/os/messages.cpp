// What a last message needs: a line on standard error, the frames, and who runs this program.
#include <ebb/alloc/os/frames.h>
#include <ebb/alloc/os/start_up.h>

#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

namespace {

namespace os = ebb::os;

// What `f` writes to standard error.
template <class F>
std::string errors_of(F&& f) {
    testing::internal::CaptureStderr();
    f();
    return testing::internal::GetCapturedStderr();
}

TEST(frames, writes_the_text_and_leaves_errno_alone) {
    errno = 77;
    EXPECT_EQ(errors_of([] { os::write_error("one line\n"); }), "one line\n");
    EXPECT_EQ(errno, 77);
}

TEST(frames, leaves_errno_alone_where_nothing_can_be_written) {
    const int kept = dup(STDERR_FILENO);
    close(STDERR_FILENO);
    errno = 77;
    os::write_error("lost\n");
    const int after = errno;
    dup2(kept, STDERR_FILENO);
    close(kept);
    EXPECT_EQ(after, 77);
}

TEST(frames, names_the_object_of_each_frame) {
    const std::string text = errors_of([] { os::write_frames(); });
    EXPECT_NE(text.find("test_os_messages"), std::string::npos) << text;
    EXPECT_GE(std::count(text.begin(), text.end(), '\n'), 3);
    EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 16);
    EXPECT_NE(text.find("[0x"), std::string::npos) << text;
}

TEST(start_up, knows_ordinary_execution) {
    EXPECT_EQ(os::secure_execution(), getuid() != geteuid() || getgid() != getegid());
}

} // namespace
