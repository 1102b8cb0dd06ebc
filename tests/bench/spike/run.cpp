#include <ebb/bench/report/plot.h>
#include <ebb/bench/spike/load.h>
#include <ebb/bench/spike/run.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tests/support/matches.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

using namespace ebb::bench;

TEST(spike_load, peak_hour_brings_exactly_the_peak_and_no_hour_more) {
    spike_load l;
    std::uint64_t most = 0;
    for (std::uint64_t hour = 0; hour < l.days * 24; ++hour) {
        std::uint64_t sum = 0;
        for (std::uint64_t m = 0; m < 60; ++m) {
            sum += arrivals(l, hour * 60 + m);
        }
        most = std::max(most, sum);
        EXPECT_EQ(sum == l.peak, hour + 1 == peak_end_hour(l)) << hour;
        EXPECT_GE(sum, 4'900u) << hour;
    }
    EXPECT_EQ(most, l.peak);
    EXPECT_EQ(peak_end_hour(l), 37u);
}

TEST(spike_sample, line_brings_back_every_field_and_what_is_absent) {
    spike_sample s{10, 20, 2720, 3000, std::nullopt, -4096, 1.5, 250.25, 0.125};
    spike_sample back = sample_from_line(to_line(s));
    EXPECT_EQ(to_line(back), to_line(s));
    EXPECT_EQ(back.minute, 10u);
    EXPECT_EQ(back.live, 3000u);
    EXPECT_EQ(back.dead, std::nullopt);
    EXPECT_EQ(back.resident, -4096);
    EXPECT_EQ(back.worst_us, 1.5);
    s.dead = 7;
    s.resident.reset();
    back = sample_from_line(to_line(s));
    EXPECT_EQ(back.dead, 7u);
    EXPECT_EQ(back.resident, std::nullopt);
    EXPECT_THROW((void)sample_from_line("hello"), std::runtime_error);
    EXPECT_THROW((void)sample_from_line(to_line(s) + " 1"), std::runtime_error);
}

TEST(spike_rows, peak_beyond_memory_is_refused) {
    spike_load l;
    EXPECT_THROW((void)spike_rows({}, {}, l, 1 << 20), refused);
    EXPECT_EQ(spike_rows({}, {"go"}, l, std::nullopt).size(), 4u);
}

TEST(plot, points_lie_inside_of_their_axes_and_labels_apart) {
    plot p{"a < b & c", "", "hours", 10, 5, {}};
    for (const bool logarithmic : {false, true}) {
        p.panels.push_back({"MB", logarithmic, {}, false});
        for (unsigned i = 0; i < 4; ++i) {
            p.panels.back().lines.push_back(
                {"line", i, false, {{0, 0}, {5, 1234.5 * i}, {10, 0.001 * i}}});
        }
    }
    const std::string text = svg(p);
    EXPECT_THAT(text, testing::HasSubstr("a &lt; b &amp; c"));
    std::size_t lines = 0;
    for (const tests::match& line : tests::matches(text, "<polyline[^>]* points=\"([^\"]*)\"")) {
        const double top = lines++ < 4 ? 86 : 338;
        std::size_t count = 0;
        for (const tests::match& point : tests::matches(line[1], "([0-9.-]+),([0-9.-]+)")) {
            const double x = std::stod(point[1]);
            const double y = std::stod(point[2]);
            EXPECT_TRUE(x >= 76 && x <= 800) << x;
            EXPECT_TRUE(y >= top && y <= top + 200) << y;
            ++count;
        }
        EXPECT_EQ(count, 3u);
    }
    EXPECT_EQ(lines, 8u);
    // The labels of a panel's lines, top to bottom: every one its height from the others.
    std::vector<double> places;
    for (const tests::match& label : tests::matches(text, "y=\"([0-9.]+)\">line<")) {
        places.push_back(std::stod(label[1]));
    }
    ASSERT_EQ(places.size(), 8u);
    std::sort(places.begin(), places.end());
    for (std::size_t i = 1; i < places.size(); ++i) {
        EXPECT_GE(places[i] - places[i - 1], 15.8);
    }
}

TEST(plot, axis_of_times_says_their_units_and_no_axis_an_exponent) {
    plot p{"", "", "hours", 10, 5, {}};
    p.panels.push_back({"slowest", true, {{"line", 1, false, {{0, 0.2}, {10, 2e6}}}}, true});
    p.panels.push_back({"bytes", false, {{"line", 1, false, {{0, 0}, {10, 3e6}}}}, false});
    const std::string text = svg(p);
    for (const char* const tick : {">100 ns<", ">1 µs<", ">10 µs<", ">100 µs<", ">1 ms<", ">10 ms<",
                                   ">100 ms<", ">1 s<", ">10 s<", ">3000000<"}) {
        EXPECT_THAT(text, testing::HasSubstr(tick));
    }
    EXPECT_THAT(text, testing::Not(testing::ContainsRegex(">[0-9.]+e[+-]?[0-9]")));
}
