// google::sparse_hash_map with its own default hash, over its own allocator or any std one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <sparsehash/sparse_hash_map>
#include <string>
#include <utility>

namespace ebb::bench::peers {

/// A std allocator with the members that those of C++03 had: the map is older than C++11.
template <template <class> class Allocator>
struct of_cpp03 {
    template <class T>
    class allocator : public Allocator<T> {
      public:
        using size_type = std::size_t;
        using difference_type = std::ptrdiff_t;
        using pointer = T*;
        using const_pointer = const T*;
        using reference = T&;
        using const_reference = const T&;
        template <class U>
        struct rebind { // NOLINT(readability-identifier-naming)
            using other = allocator<U>;
        };

        using Allocator<T>::Allocator;
        template <class U>
        allocator(const allocator<U>& from)
            : Allocator<T>(static_cast<const Allocator<U>&>(from)) {}

        [[nodiscard]] size_type max_size() const {
            return std::numeric_limits<std::ptrdiff_t>::max() / sizeof(T);
        }
    };
};

inline void set_deleted(auto& map, std::int64_t) {
    map.set_deleted_key(std::numeric_limits<std::int64_t>::min());
}
inline void set_deleted(auto& map, const std::string&) {
    map.set_deleted_key("");
}

/// google::sparse_hash_map erases only once it was told of a key that never comes.
template <class Key, class Value, class Allocator>
class sparse : public google::sparse_hash_map<Key, Value, SPARSEHASH_HASH<Key>, std::equal_to<Key>,
                                              Allocator> {
    using base =
        google::sparse_hash_map<Key, Value, SPARSEHASH_HASH<Key>, std::equal_to<Key>, Allocator>;

  public:
    sparse() { set_deleted(*this, Key()); }
    explicit sparse(const Allocator& from)
        : base(0, typename base::hasher(), typename base::key_equal(), from) {
        set_deleted(*this, Key());
    }
};

namespace detail {

template <class Key, class Value, template <class> class Allocator>
struct sparse_over {
    using type =
        sparse<Key, Value,
               typename of_cpp03<Allocator>::template allocator<std::pair<const Key, Value>>>;
};
template <class Key, class Value>
struct sparse_over<Key, Value, google::libc_allocator_with_realloc> {
    using type =
        sparse<Key, Value, google::libc_allocator_with_realloc<std::pair<const Key, Value>>>;
};

} // namespace detail

/// Its own allocator reallocates groups in place; with another they are copied as they grow.
template <class Key, class Value,
          template <class> class Allocator = google::libc_allocator_with_realloc>
using map_over = typename detail::sparse_over<Key, Value, Allocator>::type;

} // namespace ebb::bench::peers
