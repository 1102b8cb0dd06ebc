// The engine's parts, each against a naive model: the page map, free runs, a span's slots and
// pages, the page heap.
#include <ebb/alloc/engine/free_runs.h>
#include <ebb/alloc/engine/metadata.h>
#include <ebb/alloc/engine/page_heap.h>
#include <ebb/alloc/engine/page_map.h>
#include <ebb/alloc/engine/regions.h>
#include <ebb/alloc/engine/span.h>
#include <ebb/alloc/engine/sums.h>
#include <ebb/alloc/os/clock.h>
#include <ebb/alloc/os/pages.h>

#include <gtest/gtest.h>
#include <tests/support/random.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <new>
#include <set>
#include <span>
#include <vector>

namespace {

using namespace ebb; // NOLINT: a test's own file
using engine::block_bytes;
using engine::span;
using tests::below;

#define WITH_SEED(name)                                                                            \
    const std::uint64_t name = tests::new_seed();                                                  \
    SCOPED_TRACE(testing::Message() << "EBB_SEED=" << name)

TEST(page_map, finds_what_was_set_and_nothing_else) {
    static constinit engine::page_map map; // half a MiB
    WITH_SEED(seed);
    tests::random_engine random(seed);
    // Addresses of three leaves, one of them the highest; and of none.
    const std::uintptr_t bases[] = {std::uintptr_t{5} << 32, std::uintptr_t{77} << 32,
                                    std::uintptr_t{0xffff} << 32};
    for (const std::uintptr_t base : bases) {
        EXPECT_EQ(map.find(base).word(), 0U) << "no leaf yet";
        ASSERT_TRUE(map.cover(base, std::size_t{4} << 30));
        EXPECT_EQ(map.find(base).word(), 0U);
    }
    alignas(64) static span owners[8];
    std::map<std::uintptr_t, std::uint64_t> model;
    for (int step = 0; step < 20'000; ++step) {
        const std::uintptr_t block = bases[below(random, 3)] + below(random, 65536) * block_bytes;
        if (below(random, 4) == 0) {
            map.set(block, {});
            model.erase(block);
        } else {
            span* const owner = &owners[below(random, 8)];
            const std::size_t tag = 1 + below(random, engine::page_entry::tag_count - 1);
            const bool blank = below(random, 2) == 0;
            const engine::page_entry entry(owner, tag, blank);
            ASSERT_EQ(entry.owner(), owner);
            ASSERT_EQ(entry.tag(), tag);
            ASSERT_EQ(entry.blank(), blank);
            ASSERT_EQ(entry.is_bin(), tag < engine::bin_count);
            map.set(block, entry);
            model[block] = entry.word();
        }
        const std::uintptr_t asked = bases[below(random, 3)] + below(random, std::size_t{4} << 30);
        const auto at = model.find(align_down(asked, block_bytes));
        ASSERT_EQ(map.find(asked).word(), at == model.end() ? 0 : at->second);
    }
    for (const auto& [block, word] : model) {
        ASSERT_EQ(map.find(block + block_bytes - 1).word(), word);
    }
    for (const std::uintptr_t foreign :
         {std::uintptr_t{0}, std::uintptr_t{6} << 32, std::uintptr_t{1} << 48, UINTPTR_MAX}) {
        EXPECT_EQ(map.find(foreign).word(), 0U) << foreign;
    }
    EXPECT_FALSE(map.cover(std::uintptr_t{1} << 48, block_bytes)) << "above what it maps";
}

TEST(free_runs, finds_a_run_whenever_one_fits_well) {
    static engine::free_runs runs;
    WITH_SEED(seed);
    tests::random_engine random(seed);
    std::vector<std::unique_ptr<span>> model;
    std::uint64_t blocks = 0;
    for (int step = 0; step < (tests::sanitized ? 5'000 : 30'000); ++step) {
        if (model.size() < 40 && below(random, 2) == 0) {
            auto run = std::make_unique<span>();
            run->base = (1 + below(random, 1 << 20)) * block_bytes;
            run->blocks = static_cast<std::uint32_t>(
                1 + below(random, std::size_t{1} << (1 + below(random, 24))));
            runs.insert(run.get());
            blocks += run->blocks;
            model.push_back(std::move(run));
        } else if (!model.empty() && below(random, 2) == 0) {
            const std::size_t i = below(random, model.size());
            runs.remove(model[i].get());
            blocks -= model[i]->blocks;
            model.erase(model.begin() + static_cast<std::ptrdiff_t>(i));
        }
        ASSERT_EQ(runs.blocks(), blocks);
        const std::size_t want = 1 + below(random, std::size_t{1} << (1 + below(random, 24)));
        const std::size_t alignment = std::size_t{1} << below(random, 6);
        const auto fits = [&](const span& run) {
            const std::uintptr_t from = align_up(run.base, alignment * block_bytes);
            return from + want * block_bytes <= run.base + run.bytes();
        };
        const span* const found = runs.find(want, alignment);
        // 40 runs: two lists' worth of looks, so that none is missed.
        const span* least = nullptr;
        for (const auto& run : model) {
            if (fits(*run) && (least == nullptr || run->blocks < least->blocks)) {
                least = run.get();
            }
        }
        ASSERT_EQ(found == nullptr, least == nullptr);
        if (found != nullptr) {
            ASSERT_TRUE(fits(*found));
            // A close fit: of the best's list or the one above it, an eighth apart.
            ASSERT_LE(found->blocks, least->blocks + least->blocks / 8 + 1);
        }
    }
    std::set<const span*> seen;
    runs.for_each([&seen](const span& run) { seen.insert(&run); });
    EXPECT_EQ(seen.size(), model.size());
    for (const auto& run : model) {
        EXPECT_TRUE(seen.contains(run.get()));
        runs.remove(run.get());
    }
    EXPECT_EQ(runs.find(1, 1), nullptr);
    EXPECT_EQ(runs.blocks(), 0U);
}

// A span of slots as the page heap would make it, on pages of its own.
class slot_span {
  public:
    explicit slot_span(std::size_t bin) : bytes_(engine::traits[bin].span_bytes) {
        void* const memory = engine::metadata::allocate(span::descriptor_bytes(bin));
        s = ::new (memory) span;
        s->base = address_of(os::map_as_is(bytes_, bytes_));
        s->blocks = static_cast<std::uint32_t>(bytes_ / block_bytes);
        s->descriptor = static_cast<std::uint32_t>(span::descriptor_bytes(bin));
        s->make_slots(bin);
    }
    slot_span(const slot_span&) = delete;
    slot_span& operator=(const slot_span&) = delete;
    ~slot_span() { os::unmap(s->start(), bytes_); }

    span* s = nullptr;

  private:
    std::size_t bytes_;
};

TEST(span, takes_and_puts_back_each_slot_once_and_purges_free_pages_alone) {
    WITH_SEED(seed);
    tests::random_engine random(seed);
    const std::size_t page = os::page_size();
    for (const std::size_t size : {16U, 48U, 112U, 640U, 1536U, 4096U, 7168U, 28672U, 262144U}) {
        const std::size_t bin = engine::bin_of(size);
        const slot_span owner(bin);
        span& s = *owner.s;
        std::vector<bool> out(s.slot_count, false);
        std::size_t free_slots = s.slot_count;
        std::vector<unsigned char> resident(s.bytes() / page, 0); // by the kernel
        const auto index_of = [&](const void* slot) { return (address_of(slot) - s.base) / size; };
        // The pages that a slot in use lies on.
        const auto used_pages = [&] {
            std::vector<unsigned char> used(s.bytes() / page, 0);
            for (std::size_t i = 0; i < out.size(); ++i) {
                for (std::size_t p = i * size / page; out[i] && p <= ((i + 1) * size - 1) / page;
                     ++p) {
                    used[p] = 1;
                }
            }
            return used;
        };
        for (int step = 0; step < 400; ++step) {
            switch (below(random, 5)) {
            case 0:
            case 1: {
                void* slots[64];
                const std::size_t want = 1 + below(random, 64);
                std::size_t fresh_pages = 0;
                const std::size_t clean =
                    static_cast<std::size_t>(std::count(resident.begin(), resident.end(), 0));
                const std::size_t got = s.take(slots + want, want, fresh_pages);
                ASSERT_EQ(got, std::min(want, free_slots));
                const std::span taken(slots + want - got, got);
                ASSERT_TRUE(std::is_sorted(taken.rbegin(), taken.rend()));
                for (void* const slot : taken) {
                    ASSERT_FALSE(out[index_of(slot)]);
                    ASSERT_EQ(s.base + index_of(slot) * size, address_of(slot));
                    out[index_of(slot)] = true;
                    std::memset(slot, 0xa5, size);
                }
                free_slots -= got;
                ASSERT_TRUE(os::resident_pages(s.start(), s.bytes(), resident.data()));
                ASSERT_EQ(fresh_pages, clean - static_cast<std::size_t>(
                                                   std::count(resident.begin(), resident.end(), 0)))
                    << "pages that are there now, and weren't";
                break;
            }
            case 2:
            case 3:
                for (std::size_t n = below(random, s.slot_count / 2 + 2); n > 0; --n) {
                    const std::size_t i = below(random, s.slot_count);
                    const std::uint32_t idle = s.idle_pages;
                    std::uint32_t became = 0;
                    ASSERT_EQ(s.put_back(i * engine::traits[bin].slot, span::layout(bin), became),
                              out[i])
                        << "a slot that is free already is refused";
                    ASSERT_EQ(s.idle_pages - idle, became);
                    free_slots += out[i] ? 1 : 0;
                    out[i] = false;
                }
                break;
            default: {
                span::page_run runs[span::most_runs];
                const std::size_t idle = s.idle_pages;
                const std::size_t most = 1 + below(random, 2 * idle + 1);
                const std::size_t count = s.take_idle_pages(most, runs);
                std::size_t taken = 0;
                for (std::size_t i = 0; i < count; ++i) {
                    taken += runs[i].count;
                    if (below(random, 8) == 0) {
                        s.keep_refused(runs[i]);
                    } else {
                        os::release(advance(s.start(), runs[i].first * page), runs[i].count * page);
                    }
                }
                ASSERT_EQ(taken, std::min(most, idle));
                ASSERT_EQ(s.idle_pages, idle - taken);
                if (below(random, 2) == 0) {
                    s.forget_refusals();
                    ASSERT_EQ(s.refused_pages, 0U);
                }
                ASSERT_TRUE(os::resident_pages(s.start(), s.bytes(), resident.data()));
            }
            }
            const std::vector<unsigned char> used = used_pages();
            std::size_t idle = 0;
            for (std::size_t p = 0; p < used.size(); ++p) {
                ASSERT_GE(resident[p], used[p]) << "a page in use has gone";
                idle += resident[p] - used[p];
            }
            ASSERT_EQ(s.idle_pages + s.refused_pages, idle) << "the kernel's word";
            ASSERT_EQ(s.free_slots, free_slots);
            std::vector<unsigned char> told(s.bytes() / page);
            s.pages_out(told.data());
            ASSERT_EQ(told, used_pages());
            for (std::size_t i = 0; i < out.size(); ++i) {
                ASSERT_EQ(s.is_free(i), !out[i]);
                ASSERT_TRUE(!out[i] ||
                            *reinterpret_cast<unsigned char*>(s.base + i * size) == 0xa5);
            }
            s.validate();
        }
    }
}

TEST(span, waits_out_its_age_through_the_clocks_wrap) {
    span s;
    s.stamp = UINT32_MAX - 100;
    EXPECT_FALSE(s.aged(UINT32_MAX - 50, 400));
    EXPECT_FALSE(s.aged(200, 400)) << "301 ms, past the wrap";
    EXPECT_TRUE(s.aged(300, 400));
    EXPECT_TRUE(s.aged(UINT32_MAX - 100, 0));
    EXPECT_TRUE(s.aged(UINT32_MAX - 200, 0)) << "a stamp that is younger than the look";
}

std::size_t resident_of_regions() {
    std::size_t bytes = 0;
    for (std::uintptr_t at = engine::spans.next(0); at != 0;) {
        const engine::span* const s = engine::spans.find(at).owner();
        bytes += os::resident(s->start(), s->bytes());
        at = engine::spans.next(at + s->bytes());
    }
    return bytes;
}

// Every step: the free blocks add up, spans don't overlap, validate().
TEST(page_heap, cuts_joins_and_purges_as_a_model_says) {
    WITH_SEED(seed);
    tests::random_engine random(seed);
    struct in_use {
        span* s;
        std::size_t bytes;
    };
    std::vector<in_use> model;
    std::uint64_t used = 0;
    const auto check = [&] {
        const auto free_now = engine::page_heap::free_runs_now();
        ASSERT_EQ(free_now.dirty_bytes + free_now.clean_bytes + used, engine::regions::mapped());
        ASSERT_EQ(free_now.dirty_bytes,
                  static_cast<std::uint64_t>(engine::sums::read(engine::sums::waiting)));
        std::map<std::uintptr_t, std::uintptr_t> ranges;
        for (const in_use& u : model) {
            ASSERT_EQ(u.s->bytes(), u.bytes);
            ranges[u.s->base] = u.s->base + u.bytes;
        }
        ASSERT_EQ(ranges.size(), model.size());
        std::uintptr_t last = 0;
        for (const auto& [from, to] : ranges) {
            ASSERT_LE(last, from) << "two spans overlap";
            last = to;
        }
        engine::page_heap::validate();
    };
    const int steps = tests::sanitized ? 2'000 : 10'000;
    for (int step = 0; step < steps && !testing::Test::HasFatalFailure(); ++step) {
        const std::size_t bytes =
            (1 + below(random, std::size_t{1} << (1 + below(random, 7)))) * block_bytes;
        switch (below(random, 8)) {
        case 0:
        case 1: {
            const std::size_t alignment = block_bytes << below(random, 6);
            span* const s = engine::page_heap::take_large(bytes, alignment);
            ASSERT_NE(s, nullptr);
            ASSERT_TRUE(is_aligned(s->start(), alignment));
            ASSERT_EQ(engine::spans.find(s->base).owner(), s);
            // Zeroes where it says so.
            auto* const words = static_cast<std::uint64_t*>(s->start());
            for (std::size_t i = 0; s->zeroed && i < bytes / 8; i += 512) {
                ASSERT_EQ(words[i], 0U);
            }
            words[0] = words[bytes / 8 - 512] = 1;
            model.push_back({s, bytes});
            used += bytes;
            break;
        }
        case 2: {
            const std::size_t bin = 1 + below(random, engine::bin_count - 1);
            span* const s = engine::page_heap::take_slots(bin);
            ASSERT_NE(s, nullptr);
            ASSERT_EQ(s->free_slots, engine::traits[bin].slots());
            ASSERT_TRUE(is_aligned(s->start(), engine::traits[bin].span_bytes));
            for (std::size_t at = 0; at < s->bytes(); at += block_bytes) {
                ASSERT_EQ(engine::spans.find(s->base + at).tag(), bin);
                ASSERT_EQ(engine::spans.find(s->base + at).owner(), s);
            }
            model.push_back({s, s->bytes()});
            used += s->bytes();
            break;
        }
        case 3: {
            if (model.empty()) {
                break;
            }
            in_use& u = model[below(random, model.size())];
            if (u.s->state != engine::span_state::large) {
                break;
            }
            const void* const start = u.s->start();
            if (engine::page_heap::resize(u.s, bytes)) {
                used += bytes - u.bytes;
                u.bytes = bytes;
            }
            ASSERT_EQ(u.s->start(), start);
            break;
        }
        case 4:
            if (below(random, 8) == 0) {
                const std::uint64_t dirty = engine::page_heap::free_runs_now().dirty_bytes;
                const std::size_t most = below(random, 2 * dirty + 1);
                std::size_t tried = 0;
                while (tried < most) {
                    const std::size_t piece =
                        engine::page_heap::give_back(most - tried, os::coarse_milliseconds(), 0)
                            .bytes;
                    if (piece == 0) {
                        break;
                    }
                    ASSERT_LE(piece, std::max(most - tried, block_bytes));
                    tried += piece;
                }
                ASSERT_EQ(engine::page_heap::free_runs_now().dirty_bytes, dirty - tried);
                if (tried == dirty) {
                    std::size_t resident = resident_of_regions();
                    for (const in_use& u : model) {
                        resident -= os::resident(u.s->start(), u.bytes);
                    }
                    ASSERT_EQ(resident, 0U) << "the kernel's word";
                }
            }
            break;
        default:
            if (!model.empty()) {
                const std::size_t i = below(random, model.size());
                const std::uintptr_t base = model[i].s->base;
                used -= model[i].bytes;
                engine::page_heap::give(model[i].s);
                model[i] = model.back();
                model.pop_back();
                const engine::page_entry entry = engine::spans.find(base);
                ASSERT_TRUE(entry.tag() == engine::page_entry::none ||
                            entry.tag() == engine::page_entry::free_run);
            }
        }
        check();
    }
    for (const in_use& u : model) {
        engine::page_heap::give(u.s);
    }
    model.clear();
    used = 0;
    check();
}

} // namespace
