// Keys and values that keep books: how many live, how often they were copied and moved, and
// whether anyone has read one that was moved from, or moved its bytes behind its back.
#pragma once

#include <ebb/alloc/base/check.h>

#include <tests/maps/contract/faults.h>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace tests {

struct census {
    static inline std::int64_t live = 0;
    static inline std::int64_t copies = 0;
    static inline std::int64_t moves = 0;
};

/// A number with its own address inside. `Throws` holds the faults that it passes.
template <unsigned Throws = 0, bool Copyable = true, std::size_t Alignment = 8,
          std::size_t Bytes = 16>
class tracked {
    static constexpr bool copy_throws = (Throws & faults::copy) != 0;
    static constexpr bool move_throws = (Throws & faults::move) != 0;

  public:
    tracked() : tracked(0) {}
    explicit tracked(int number) : number_(number), self_(this) {
        if constexpr ((Throws & faults::construct) != 0) {
            faults::point(faults::construct);
        }
        ++census::live;
    }
    tracked(const tracked& other) noexcept(!copy_throws) requires Copyable : self_(this) {
        passes<copy_throws>(faults::copy);
        number_ = other.number();
        ++census::copies;
        ++census::live;
    }
    tracked(tracked&& other) noexcept(!move_throws) : self_(this) {
        passes<move_throws>(faults::move);
        number_ = std::exchange(other.checked().number_, moved_from);
        ++census::moves;
        ++census::live;
    }
    tracked& operator=(const tracked& other) noexcept(!copy_throws) requires Copyable {
        passes<copy_throws>(faults::copy);
        checked().number_ = other.number();
        ++census::copies;
        return *this;
    }
    tracked& operator=(tracked&& other) noexcept(!move_throws) {
        passes<move_throws>(faults::move);
        checked().number_ = other.number();
        if (this != &other) {
            other.number_ = moved_from;
        }
        ++census::moves;
        return *this;
    }
    ~tracked() {
        checked().self_ = nullptr;
        --census::live;
    }

    [[nodiscard]] int number() const noexcept {
        EBB_CHECK_AT(self_ == this, "tracked: not an object, or its bytes were moved", this);
        EBB_CHECK_AT(number_ != moved_from, "tracked: read after it was moved from", this);
        return number_;
    }
    friend bool operator==(const tracked& a, const tracked& b) noexcept {
        return a.number() == b.number();
    }

  private:
    static constexpr int moved_from = -0x7fff'0000;

    template <bool Does>
    static void passes(faults::kind kind) noexcept(!Does) {
        if constexpr (Does) {
            faults::point(kind);
        }
    }
    tracked& checked() noexcept {
        EBB_CHECK_AT(self_ == this, "tracked: not an object, or its bytes were moved", this);
        EBB_CHECK_AT(reinterpret_cast<std::uintptr_t>(this) % Alignment == 0,
                     "tracked: not aligned", this);
        return *this;
    }

    alignas(Alignment) int number_;
    const tracked* self_;
    [[no_unique_address]] std::array<std::byte, Bytes - 16> rest_{};
};

using plain = tracked<>;
using move_only = tracked<0, false>;
using throwing = tracked<faults::all>;
using throwing_copy = tracked<faults::copy | faults::construct>;
using large = tracked<0, true, 8, 4096>;
template <std::size_t Alignment>
using aligned = tracked<0, true, Alignment, (Alignment < 16 ? 16 : Alignment)>;

struct empty {
    friend bool operator==(const empty&, const empty&) = default;
};
enum class colour : short { red, green };

template <class T>
concept has_number = requires(const T& t) {
    { t.number() } -> std::same_as<int>;
};

/// The nth value of a type, n >= 0; different for different n, but for `empty`.
template <class T>
T make_value(int n) {
    if constexpr (std::same_as<T, std::string>) {
        return (n % 2 == 0 ? "short " : "a string too long to lie in its place ") +
               std::to_string(n);
    } else if constexpr (std::is_pointer_v<T>) {
        return reinterpret_cast<T>(std::uintptr_t{0x10000} + static_cast<std::uintptr_t>(n) * 16);
    } else if constexpr (std::same_as<T, std::pair<int, int>>) {
        return {n / 16, n % 16};
    } else if constexpr (std::same_as<T, std::unique_ptr<int>>) {
        return std::make_unique<int>(n);
    } else if constexpr (std::same_as<T, empty>) {
        return {};
    } else {
        return static_cast<T>(n);
    }
}

/// The n that `make_value` was called with; 0 for `empty`, -1 for an empty string.
template <class T>
int number_of(const T& t) {
    if constexpr (has_number<T>) {
        return t.number();
    } else if constexpr (std::convertible_to<const T&, std::string_view>) {
        const std::string_view text = t;
        return text.empty() ? -1 : std::stoi(std::string(text.substr(text.rfind(' ') + 1)));
    } else if constexpr (std::is_pointer_v<T>) {
        return static_cast<int>((reinterpret_cast<std::uintptr_t>(t) - 0x10000) / 16);
    } else if constexpr (std::same_as<T, std::pair<int, int>>) {
        return t.first * 16 + t.second;
    } else if constexpr (std::same_as<T, std::unique_ptr<int>>) {
        return *t;
    } else if constexpr (std::same_as<T, empty>) {
        return 0;
    } else {
        return static_cast<int>(t);
    }
}

/// How a hash spreads numbers: well, or in the ways of those that programs really have.
enum class spread : int { well, identity, constant, low_bits, high_bits, few };

/// With a state that a copy must take along.
struct number_hash {
    int id = 0;
    spread as = spread::well;

    template <class T>
    std::size_t operator()(const T& key) const {
        faults::point(faults::hash);
        const auto n = static_cast<std::uint64_t>(number_of(key));
        switch (as) {
        case spread::well:
            break;
        case spread::identity:
            return n;
        case spread::constant:
            return 42;
        case spread::low_bits:
            return n & 0xff;
        case spread::high_bits:
            return n << 48;
        case spread::few:
            return (n % 3) * 0x9e3779b97f4a7c15;
        }
        const std::uint64_t x = (n + 0x632be59bd9b4e019) * 0x9e3779b97f4a7c15;
        return (x ^ x >> 32) * 0xd6e8feb86659fd93;
    }
    friend bool operator==(const number_hash&, const number_hash&) = default;
};

struct number_equal {
    int id = 0;

    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
        faults::point(faults::equal);
        return number_of(a) == number_of(b);
    }
};

/// The same, for look-up by anything that has a number.
struct any_hash : number_hash {
    using is_transparent = void;
};
struct any_equal : number_equal {
    using is_transparent = void;
};

} // namespace tests
