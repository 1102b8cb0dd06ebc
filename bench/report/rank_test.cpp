#include <ebb/bench/report/rank_test.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

namespace ebb::bench {
namespace {

constexpr std::size_t most_exact_pairs = 400;

// Twice the rank of each value, so that the middle of a tie is whole; `a` first. Ties' sizes go to
// `ties`.
std::vector<std::uint64_t> doubled_ranks(const std::vector<double>& a, const std::vector<double>& b,
                                         std::vector<std::uint64_t>& ties) {
    std::vector<double> all = a;
    all.insert(all.end(), b.begin(), b.end());
    std::vector<std::size_t> order(all.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](auto x, auto y) { return all[x] < all[y]; });
    std::vector<std::uint64_t> ranks(all.size());
    for (std::size_t begin = 0; begin < order.size();) {
        std::size_t end = begin;
        while (end < order.size() && all[order[end]] == all[order[begin]]) {
            ++end;
        }
        for (std::size_t i = begin; i < end; ++i) {
            ranks[order[i]] = begin + 1 + end; // twice the mean of begin + 1 ... end
        }
        ties.push_back(end - begin);
        begin = end;
    }
    return ranks;
}

// Of all ways to choose `chosen` of the ranks: how many have a sum as far from the mean as `sum`.
double exact(const std::vector<std::uint64_t>& ranks, std::size_t chosen, std::uint64_t sum) {
    const std::uint64_t total = std::accumulate(ranks.begin(), ranks.end(), std::uint64_t{0});
    // ways[k][s]: k of the ranks so far with the sum s.
    std::vector<std::vector<double>> ways(chosen + 1, std::vector<double>(total + 1, 0.0));
    ways[0][0] = 1;
    for (const std::uint64_t rank : ranks) {
        for (std::size_t k = chosen; k > 0; --k) {
            for (std::uint64_t s = total; s >= rank; --s) {
                ways[k][s] += ways[k - 1][s - rank];
            }
        }
    }
    // The distance from the mean, chosen * total / n, without a fraction.
    const auto distance = [&](std::uint64_t s) {
        const auto left = static_cast<std::int64_t>(s * ranks.size());
        return std::abs(left - static_cast<std::int64_t>(chosen * total));
    };
    double far = 0;
    double all = 0;
    for (std::uint64_t s = 0; s <= total; ++s) {
        all += ways[chosen][s];
        far += distance(s) >= distance(sum) ? ways[chosen][s] : 0;
    }
    return far / all;
}

double approximate(std::size_t of_a, std::size_t of_b, std::uint64_t doubled_sum,
                   const std::vector<std::uint64_t>& ties) {
    const auto a = static_cast<double>(of_a);
    const auto b = static_cast<double>(of_b);
    const double n = a + b;
    double tied = 0;
    for (const std::uint64_t t : ties) {
        const auto size = static_cast<double>(t);
        tied += size * size * size - size;
    }
    const double variance = a * b / 12 * (n + 1 - tied / (n * (n - 1)));
    if (variance <= 0) {
        return 1;
    }
    const double u = static_cast<double>(doubled_sum) / 2 - a * (a + 1) / 2;
    const double distance = std::max(std::abs(u - a * b / 2) - 0.5, 0.0);
    return std::erfc(distance / std::sqrt(variance) / std::sqrt(2.0));
}

} // namespace

double rank_test(const std::vector<double>& a, const std::vector<double>& b) {
    if (a.empty() || b.empty()) {
        return 1;
    }
    std::vector<std::uint64_t> ties;
    const std::vector<std::uint64_t> ranks = doubled_ranks(a, b, ties);
    const auto end_of_a = ranks.begin() + static_cast<std::ptrdiff_t>(a.size());
    const std::uint64_t sum = std::accumulate(ranks.begin(), end_of_a, std::uint64_t{0});
    return a.size() * b.size() <= most_exact_pairs ? exact(ranks, a.size(), sum)
                                                   : approximate(a.size(), b.size(), sum, ties);
}

std::vector<double> holm(const std::vector<double>& p) {
    std::vector<std::size_t> order(p.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](auto x, auto y) { return p[x] < p[y]; });
    std::vector<double> corrected(p.size());
    double so_far = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        so_far = std::max(so_far, p[order[i]] * static_cast<double>(p.size() - i));
        corrected[order[i]] = std::min(so_far, 1.0);
    }
    return corrected;
}

std::size_t fewest_runs(std::size_t comparisons, double level) {
    double ways = 1; // to choose n of 2 n
    std::size_t n = 0;
    do {
        ++n;
        ways *= static_cast<double>(2 * (2 * n - 1)) / static_cast<double>(n);
    } while (static_cast<double>(comparisons) * 2 / ways > level);
    return n;
}

} // namespace ebb::bench
