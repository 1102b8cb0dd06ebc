#include <ebb/bench/mallocs/malloc.h>
#include <ebb/bench/maps/cell.h>
#include <ebb/bench/maps/others.h>
#include <ebb/bench/maps/plan.h>
#include <ebb/bench/maps/record.h>
#include <ebb/bench/process/child.h>
#include <ebb/bench/report/text.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <stdexcept>
#include <string>
#include <vector>

using namespace ebb::bench;
using testing::HasSubstr;

namespace {

record full_record() {
    record r;
    r.step = "full";
    r.requested = 400;
    r.slack = 50;
    r.dead = 25;
    r.idle = 5;
    r.overhead = 20;
    r.mapped = 500;
    r.peak = 480;
    r.resident = -4096;
    r.seconds = 0.125;
    parts p;
    p.payload = 160;
    p.pointers = 80;
    p.empty_slots = 60;
    p.tophash = 40;
    p.overflow = 30;
    p.moved = 20;
    p.header = 10;
    p.rounding = 50;
    p.dead = 25;
    p.allocator = 25;
    r.held = p;
    return r;
}

// The cell of a layout whose figures are exact in every preset: no library is preloaded.
cell cell_of(layout l, std::uint64_t count, std::size_t value_bytes) {
    switch (family_of(l)) {
    case family::go:
        return {l, "go", reclaim::collected, count, value_bytes};
    case family::own:
        return {l, "pages", reclaim::at_once, count, value_bytes};
    default:
        return {l, "glibc", reclaim::at_once, count, value_bytes};
    }
}

std::vector<record> cell_records(const cell& c) {
    command what;
    what.words = {
        program_of(c.way).value(),    std::string(name_of(c.way)), c.malloc,
        std::string(name_of(c.when)), std::to_string(c.count),     std::to_string(c.value_bytes)};
    if (on_a_malloc(c)) {
        what.words.push_back(find_library(*find_malloc(c.malloc)).value());
    }
    std::vector<record> records;
    const outcome end =
        run(what, [&](std::string_view line) { records.push_back(from_line(line)); });
    EXPECT_TRUE(end.good()) << end.reason();
    return records;
}

// How many cells the default list has of layouts that aren't Go's, on so many mallocs.
std::size_t cells_of_others(std::size_t mallocs) {
    std::size_t cells = 2 * (mallocs + 1); // ebb's own: on pages, too
    for (const layout l : {layout::std_map, layout::boost_flat, layout::absl_flat}) {
        cells += program_of(l) ? mallocs : 0;
    }
    return cells;
}

std::string refusal(const choice& c, std::optional<std::uint64_t> available = std::nullopt) {
    try {
        (void)make_plan(c, available);
    } catch (const refused& no) {
        return no.what();
    }
    return "not refused";
}

std::vector<std::string> names(const plan& p) {
    std::vector<std::string> all;
    for (const result& r : p.cells) {
        all.push_back(name_of(r) + ' ' + std::to_string(r.what.value_bytes));
    }
    return all;
}

} // namespace

TEST(figure, megabytes_are_cut_off) {
    EXPECT_EQ(figure(483'562'248, unit::megabytes), "461");
    EXPECT_EQ(figure(484'442'111, unit::megabytes), "461");
    EXPECT_EQ(figure(484'442'112, unit::megabytes), "462");
    EXPECT_EQ(figure(1'048'575, unit::megabytes), "0");
    EXPECT_EQ(figure(std::nullopt, unit::megabytes), "-");
}

TEST(figure, bytes_are_exact) {
    EXPECT_EQ(figure(0, unit::bytes), "0");
    EXPECT_EQ(figure(999, unit::bytes), "999");
    EXPECT_EQ(figure(1'000, unit::bytes), "1,000");
    EXPECT_EQ(figure(483'562'248, unit::bytes), "483,562,248");
    EXPECT_EQ(figure(-483'562, unit::bytes), "-483,562");
    EXPECT_EQ(figure(-562, unit::bytes), "-562");
}

TEST(record, line_brings_back_every_field) {
    record r = full_record();
    r.held->table = 7;
    const record back = from_line(to_line(r));
    EXPECT_EQ(back.step, r.step);
    EXPECT_EQ(back.requested, r.requested);
    EXPECT_EQ(back.slack, r.slack);
    EXPECT_EQ(back.dead, r.dead);
    EXPECT_EQ(back.idle, r.idle);
    EXPECT_EQ(back.overhead, r.overhead);
    EXPECT_EQ(back.mapped, r.mapped);
    EXPECT_EQ(back.peak, r.peak);
    EXPECT_EQ(back.resident, r.resident);
    EXPECT_EQ(back.seconds, r.seconds);
    EXPECT_EQ(back.held, r.held);
}

TEST(record, line_keeps_what_is_absent_absent) {
    record r;
    r.step = "1000 left";
    r.mapped = 7;
    const record back = from_line(to_line(r));
    EXPECT_EQ(back.step, "1000 left");
    EXPECT_EQ(back.requested, std::nullopt);
    EXPECT_EQ(back.resident, std::nullopt);
    EXPECT_EQ(back.mapped, 7u);
    EXPECT_EQ(back.held, std::nullopt);
}

TEST(record, other_lines_are_refused) {
    EXPECT_THROW((void)from_line("hello"), std::runtime_error);
    EXPECT_THROW((void)from_line("full\t1\t2\t3\t4\t5\t6\tx\t8\t9"), std::runtime_error);
}

TEST(report, parts_line_sums_to_the_bytes_shown) {
    result r;
    r.label = "go";
    EXPECT_EQ(parts_line(r, full_record()),
              "inline, go: 475 bytes = payload 160 + pointers 80 + empty slots 60 + tophash 40 + "
              "overflow 30 + moved buckets 20 + header 10 + rounding 50 + dead 25; allocator 25 "
              "more\n");
    EXPECT_EQ(full_record().held->in_blocks(), full_record().heap());
}

TEST(report, parts_line_names_what_the_layout_has) {
    result r;
    r.label = "pages";
    r.what.way = layout::hash_map;
    record at = full_record();
    at.held->pointers = at.held->moved = 0;
    EXPECT_EQ(parts_line(r, at),
              "hash_map, pages: 475 bytes = payload 160 + empty slots 60 + tags 40 + numbers 30 + "
              "directory 10 + rounding 50 + dead 25; allocator 25 more\n");
    r.label = "glibc";
    r.what.way = layout::boost_flat;
    parts p;
    p.payload = 160;
    p.table = 240;
    p.rounding = 50;
    p.dead = 25;
    at.held = p;
    EXPECT_EQ(parts_line(r, at), "boost-flat, glibc: 475 bytes = payload 160 + table 240 + "
                                 "rounding 50 + dead 25; allocator: can't tell\n");
}

TEST(report, layouts_of_a_long_table_stand_apart) {
    const auto text = [](std::size_t rows) {
        std::vector<result> all(rows);
        for (result& r : all) {
            r.label = "go";
        }
        all.back().what.way = layout::pointer;
        return table(all, unit::megabytes);
    };
    EXPECT_THAT(text(20), testing::Not(HasSubstr("\n\npointer")));
    EXPECT_THAT(text(21), HasSubstr("\n\npointer"));
}

TEST(report, missing_malloc_keeps_its_row) {
    result r;
    r.what.malloc = r.label = "jemalloc";
    r.missing = "not installed: apt install libjemalloc2";
    EXPECT_THAT(table({r}, unit::megabytes),
                HasSubstr("inline jemalloc collected | not installed: apt install libjemalloc2"));
}

TEST(report, medians_and_their_spread_are_shown) {
    result r;
    r.label = "go";
    for (const std::uint64_t megabytes : std::array<std::uint64_t, 3>{3, 1, 2}) {
        record at;
        at.step = "full";
        at.requested = megabytes << 20;
        at.slack = at.dead = 0;
        r.runs.push_back({at});
    }
    const std::string text = table({r}, unit::megabytes);
    EXPECT_THAT(text, HasSubstr("|    2    2    0    -    - |"));
    EXPECT_THAT(text, HasSubstr("full heap 1 .. 3"));
}

TEST(plan, everything_without_a_choice) {
    const plan p = make_plan({}, std::nullopt);
    // go is collected; every malloc is that and at once. ebb's own is there where it was built.
    const bool own = find_library(*find_malloc("ebb")).has_value();
    const std::size_t mallocs = own ? 5 : 4;
    EXPECT_EQ(p.cells.size(), 4 * (1 + 2 * mallocs) + cells_of_others(mallocs));
    EXPECT_EQ(p.notes.size(), cells_of_others(1) == 4 + 3 ? 0u : 1u); // on those that aren't built
    EXPECT_EQ(names(p).front(), "inline go collected 128");
    EXPECT_THAT(names(p), testing::Contains("spill tcmalloc at-once 129"));
    EXPECT_THAT(names(p), testing::Contains("hash_map pages at-once 128"));
    EXPECT_THAT(names(p), testing::Contains("node_hash_map glibc at-once 128"));
    EXPECT_THAT(names(p), testing::Not(testing::Contains(HasSubstr("robin"))));
}

TEST(plan, malloc_that_is_named_keeps_its_cells_though_it_is_missing) {
    choice c;
    c.mallocs = {"ebb", "jemalloc"};
    EXPECT_EQ(make_plan(c, std::nullopt).cells.size(), 4u * 4 + cells_of_others(2) - 2);
}

TEST(plan, value_bytes_choose_the_layouts_they_fit) {
    choice c;
    c.mallocs = {"go"};
    c.value_bytes = 64;
    EXPECT_EQ(names(make_plan(c, std::nullopt)),
              (std::vector<std::string>{"inline go collected 64", "pointer go collected 64",
                                        "recreate go collected 64"}));
    EXPECT_EQ(make_plan(c, std::nullopt).notes.size(), 1u);
    c.value_bytes = 256;
    EXPECT_EQ(names(make_plan(c, std::nullopt)),
              (std::vector<std::string>{"pointer go collected 256", "spill go collected 256",
                                        "recreate go collected 256"}));
    c.layouts = {layout::in_buckets};
    EXPECT_EQ(names(make_plan(c, std::nullopt)),
              (std::vector<std::string>{"inline go collected 256"}));
    c.layouts = {layout::spill, layout::in_buckets};
    c.value_bytes = 128;
    EXPECT_THAT(refusal(c), HasSubstr("129, 256 or 1024"));
}

TEST(plan, go_at_once_is_refused_or_noted) {
    choice c;
    c.reclaims = {reclaim::at_once};
    const bool own = find_library(*find_malloc("ebb")).has_value();
    const std::size_t mallocs = own ? 5 : 4;
    EXPECT_EQ(make_plan(c, std::nullopt).cells.size(), 4 * mallocs + cells_of_others(mallocs));
    EXPECT_EQ(make_plan(c, std::nullopt).notes.back(), "no go rows: go is always collected");
    c.mallocs = {"go"};
    EXPECT_THAT(refusal(c), HasSubstr("always collected"));
}

TEST(plan, layouts_run_where_they_can) {
    choice c;
    c.layouts = {layout::hash_map, layout::in_buckets};
    c.mallocs = {"pages", "go", "glibc"};
    EXPECT_EQ(names(make_plan(c, std::nullopt)),
              (std::vector<std::string>{"inline go collected 128", "inline glibc collected 128",
                                        "inline glibc at-once 128", "hash_map pages at-once 128",
                                        "hash_map glibc at-once 128"}));
    c.mallocs = {"pages"};
    EXPECT_EQ(names(make_plan(c, std::nullopt)),
              (std::vector<std::string>{"hash_map pages at-once 128"}));
    EXPECT_THAT(make_plan(c, std::nullopt).notes,
                testing::ElementsAre(testing::StartsWith("no inline rows: --malloc pages is for")));
    c.layouts = {layout::pointer};
    EXPECT_THAT(refusal(c), HasSubstr("--malloc pages is for hash_map"));
    c.layouts = {layout::hash_map};
    c.mallocs = {"go"};
    EXPECT_THAT(refusal(c), HasSubstr("--layout hash_map needs another --malloc than go"));
    c.layouts = {layout::std_map};
    c.mallocs = {"pages"};
    EXPECT_THAT(refusal(c), HasSubstr("--layout std needs another --malloc than pages"));
    c.mallocs = {"glibc"};
    c.reclaims = {reclaim::collected};
    EXPECT_THAT(refusal(c), HasSubstr("--reclaim at-once"));
}

TEST(plan, count_beyond_memory_is_refused_with_one_that_fits) {
    choice c;
    c.count = 50'000'000;
    const std::uint64_t available = std::uint64_t{1} << 30;
    const std::string no = refusal(c, available);
    const std::size_t at = no.find("at most --count ");
    ASSERT_NE(at, std::string::npos) << no;
    c.count = std::stoull(no.substr(at + 16));
    EXPECT_EQ(refusal(c, available), "not refused");
    c.count += 1;
    EXPECT_NE(refusal(c, available), "not refused");
}

TEST(cell, bound_covers_what_is_measured_and_is_no_tenfold) {
    for (const layout l : all_layouts) {
        // Just past a doubling, and far from one.
        for (const std::uint64_t count : std::array<std::uint64_t, 2>{106'497, 200'000}) {
            if (!program_of(l)) {
                continue;
            }
            const cell c = cell_of(l, count, l == layout::spill ? 129 : 128);
            const std::vector<record> records = cell_records(c);
            for (const record& r : records) {
                EXPECT_LE(*r.peak, most_bytes(c)) << name_of(l) << ' ' << count;
                EXPECT_LE(*r.resident, static_cast<std::int64_t>(most_bytes(c)));
            }
            EXPECT_GT(*records[1].peak * 4, most_bytes(c)) << name_of(l) << ' ' << count;
        }
    }
}

TEST(cell, parts_sum_to_the_ledger_at_every_step) {
    for (const layout l : all_layouts) {
        for (const std::size_t value_bytes : all_value_bytes) {
            if (!program_of(l)) {
                continue;
            }
            const cell c = cell_of(l, 10'000, value_bytes);
            for (const record& r : cell_records(c)) {
                ASSERT_TRUE(r.held);
                EXPECT_EQ(r.held->in_blocks(), *r.requested + *r.slack + *r.dead)
                    << name_of(l) << ' ' << value_bytes << ' ' << r.step;
                EXPECT_EQ(r.held->in_blocks() + r.held->allocator.value_or(0), *r.mapped);
                EXPECT_EQ(r.held->allocator.has_value(), !on_a_malloc(c));
                if (r.step == "full") {
                    EXPECT_EQ(r.held->payload, 10'000 * (8 + value_bytes));
                }
            }
        }
    }
}

TEST(cell, flat_maps_keep_their_table_and_hash_map_gives_it_back) {
    for (const layout l : all_layouts) {
        if (family_of(l) == family::go || !program_of(l)) {
            continue;
        }
        const std::vector<record> records = cell_records(cell_of(l, 50'000, 128));
        ASSERT_EQ(records.size(), 3u);
        EXPECT_EQ(records[0].step, "empty");
        EXPECT_EQ(records[1].step, "full");
        EXPECT_EQ(records[2].step, "gone");
        EXPECT_EQ(records[2].held->payload, 0u);
        if (l == layout::boost_flat || l == layout::absl_flat || l == layout::robin) {
            EXPECT_EQ(records[2].heap(), records[1].heap()) << name_of(l);
        } else if (l == layout::hash_map) {
            EXPECT_LE(records[2].heap() * 20, records[1].heap());
        }
    }
}

TEST(cell, program_refuses_cells_that_it_has_no_map_for) {
    const auto status = [](layout program, const cell& c) {
        command what;
        what.words = {program_of(program).value(),
                      std::string(name_of(c.way)),
                      c.malloc,
                      std::string(name_of(c.when)),
                      "10",
                      "8"};
        if (on_a_malloc(c)) {
            what.words.push_back(find_library(*find_malloc("glibc")).value());
        }
        return run(what, [](std::string_view line) { ADD_FAILURE() << line; }).status;
    };
    EXPECT_EQ(status(layout::hash_map, {layout::std_map, "glibc", reclaim::at_once, 10, 8}), 2);
    EXPECT_EQ(status(layout::hash_map, {layout::in_buckets, "pages", reclaim::at_once, 10, 8}), 2);
    EXPECT_EQ(status(layout::hash_map, {layout::hash_map, "go", reclaim::at_once, 10, 8}), 2);
    EXPECT_EQ(status(layout::hash_map, {layout::hash_map, "glibc", reclaim::collected, 10, 8}), 2);
    EXPECT_EQ(status(layout::std_map, {layout::hash_map, "glibc", reclaim::at_once, 10, 8}), 2);
    EXPECT_EQ(status(layout::std_map, {layout::std_map, "pages", reclaim::at_once, 10, 8}), 2);
}
