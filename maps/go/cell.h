// cell: how a key or a value lives in its slot of a bucket. Four ways, chosen by the type:
//
//   weightless   an empty class: 0 bytes a slot, one shared object (Go's struct{})
//   in place     up to 128 bytes: the slot is the object
//   spilled      above 128 bytes: the slot is a pointer to a block of the arena
//   boxed        a value that is a boxed<T>: the slot is the box, its T a block of the arena
#pragma once

#include <ebb/alloc/arena/arena.h>
#include <ebb/alloc/base/exceptions.h>
#include <ebb/maps/boxed.h>
#include <ebb/maps/pointer_free.h>

#include <array>
#include <concepts>
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace ebb::detail {

/// The largest key or value that Go keeps in the bucket, bytes.
inline constexpr std::size_t go_max_inline = 128;

template <class T>
inline constexpr bool is_empty_array = false;
template <class T>
inline constexpr bool is_empty_array<std::array<T, 0>> = true;

/// A type whose objects are all alike and hold nothing.
template <class T>
concept weightless = (std::is_empty_v<T> || is_empty_array<T>)&&std::is_trivially_copyable_v<
    T>&& std::is_trivially_default_constructible_v<T>;

/// A block of the arena until `release` hands it to a longer-lived owner.
template <class Arena>
class scoped_block {
  public:
    scoped_block(Arena& from, std::size_t bytes, std::size_t alignment)
        : from_(from), p_(from.allocate(bytes, alignment)), bytes_(bytes), alignment_(alignment) {}
    scoped_block(const scoped_block&) = delete;
    scoped_block& operator=(const scoped_block&) = delete;
    ~scoped_block() {
        if (p_ != nullptr) {
            from_.deallocate(p_, bytes_, alignment_);
        }
    }
    [[nodiscard]] void* get() const noexcept { return p_; }
    void* release() noexcept { return std::exchange(p_, nullptr); }

  private:
    Arena& from_;
    void* p_;
    std::size_t bytes_;
    std::size_t alignment_;
};

/// Objects that are a block each. A pointer-free one goes where the arena keeps such.
template <class T>
struct block_of {
    static constexpr std::size_t bytes = weightless<T> ? 0 : sizeof(T);
    static constexpr std::size_t alignment = alignof(T) < 8 && bytes % 8 == 0 ? 8 : alignof(T);

    template <class Arena, class... Args>
    [[nodiscard]] static T* make(Arena& from, Args&&... args) {
        void* const p = allocate(from);
        EBB_TRY {
            return ::new (p) T(std::forward<Args>(args)...);
        }
        EBB_CATCH(...) {
            give_back(from, p);
            EBB_RETHROW;
        }
    }

    template <class Arena>
    static void end(Arena& from, T* object) noexcept {
        std::destroy_at(object);
        give_back(from, object);
    }

  private:
    template <class Arena>
    static void* allocate(Arena& from) {
        if constexpr (pointer_free_arena<Arena> && pointer_free<T>) {
            return from.allocate_pointer_free(bytes, alignment);
        } else {
            return from.allocate(bytes, alignment);
        }
    }
    template <class Arena>
    static void give_back(Arena& from, void* p) noexcept {
        if constexpr (pointer_free_arena<Arena> && pointer_free<T>) {
            from.deallocate_pointer_free(p, bytes, alignment);
        } else {
            from.deallocate(p, bytes, alignment);
        }
    }
};

/// What every kind of cell has. `at` is the slot's address.
///
/// - `bytes`, `alignment`: of the slot; `block_bytes`: of the block beside it, 0 if there is none.
/// - `get(at)`: the object; `end(arena, at)`: destroys it and frees its block.
/// - `transfer(from, to)`: makes the object live at `to`. Where it can't throw, `from` is raw
/// memory
///   after it; else (`leaves_source`) the object at `from` is still there, and whole.
/// - `retract(to, from)`: undoes a transfer.
template <class T>
struct weightless_cell {
    static constexpr std::size_t bytes = 0;
    static constexpr std::size_t alignment = 1;
    static constexpr std::size_t block_bytes = 0;
    static constexpr bool leaves_source = false;
    static constexpr bool trivial_end = true;

    static T& get(std::byte*) noexcept { return shared; }
    template <class Arena>
    static void end(Arena&, std::byte*) noexcept {}
    static void transfer(std::byte*, std::byte*) noexcept {}
    static void retract(std::byte*, std::byte*) noexcept {}

    static inline T shared{};
};

template <class T>
struct in_place_cell {
    static_assert(std::move_constructible<T>, "a bucket's elements move when the map grows");
    static constexpr std::size_t bytes = sizeof(T);
    static constexpr std::size_t alignment = alignof(T);
    static constexpr std::size_t block_bytes = 0;
    static constexpr bool leaves_source = !std::is_nothrow_move_constructible_v<T>;
    static constexpr bool trivial_end = std::is_trivially_destructible_v<T>;

    static T& get(std::byte* at) noexcept { return *std::launder(reinterpret_cast<T*>(at)); }
    template <class Arena>
    static void end(Arena&, std::byte* at) noexcept {
        std::destroy_at(&get(at));
    }
    static void transfer(std::byte* from, std::byte* to) noexcept(!leaves_source) {
        ::new (static_cast<void*>(to)) T(std::move_if_noexcept(get(from)));
        if constexpr (!leaves_source) {
            std::destroy_at(&get(from));
        }
    }
    static void retract(std::byte* to, std::byte* from) noexcept {
        if constexpr (leaves_source) {
            std::destroy_at(&get(to));
        } else {
            transfer(to, from);
        }
    }
};

/// What the two cells whose slot holds a pointer have in common.
template <class T>
struct block_cell {
    static constexpr std::size_t bytes = sizeof(T*);
    static constexpr std::size_t alignment = alignof(T*);
    static constexpr std::size_t block_bytes = block_of<T>::bytes;
    static constexpr bool leaves_source = false;
    static constexpr bool trivial_end = false;
};

template <class T>
struct spilled_cell : block_cell<T> {
    static void put(std::byte* at, T* object) noexcept {
        ::new (static_cast<void*>(at)) T*(object);
    }
    static T& get(std::byte* at) noexcept { return **std::launder(reinterpret_cast<T**>(at)); }
    template <class Arena>
    static void end(Arena& from, std::byte* at) noexcept {
        block_of<T>::end(from, &get(at));
    }
    static void transfer(std::byte* from, std::byte* to) noexcept { put(to, &get(from)); }
    static void retract(std::byte* to, std::byte* from) noexcept { put(from, &get(to)); }
};

template <class T>
struct boxed_cell : block_cell<T> {
    static_assert(sizeof(boxed<T>) == sizeof(T*));
    static void put(std::byte* at, T* object) noexcept { box_access::put(at, object); }
    static boxed<T>& get(std::byte* at) noexcept {
        return *std::launder(reinterpret_cast<boxed<T>*>(at));
    }
    template <class Arena>
    static void end(Arena& from, std::byte* at) noexcept {
        block_of<T>::end(from, get(at).get());
    }
    static void transfer(std::byte* from, std::byte* to) noexcept { put(to, get(from).get()); }
    static void retract(std::byte* to, std::byte* from) noexcept { put(from, get(to).get()); }
};

template <class T>
struct choose_cell {
    using type = std::conditional_t<
        weightless<T>, weightless_cell<T>,
        std::conditional_t<(sizeof(T) > go_max_inline), spilled_cell<T>, in_place_cell<T>>>;
    using block = T;
};
template <class T>
struct choose_cell<boxed<T>> {
    using type = boxed_cell<T>;
    using block = T;
};

template <class T>
using value_cell = typename choose_cell<T>::type;

/// A key is what it is: a box as a key is an object like any other.
template <class T>
using key_cell = std::conditional_t<is_boxed<T>, in_place_cell<T>, value_cell<T>>;

/// A key or a value on its way into the map, made before anything in the map moves: its arguments
/// may refer to elements. A block is made in the arena at once; an object in place is made at
/// `put`, or, where `Early`, here, and moved by `put`.
template <class T, class Cell, bool Early, class Arena>
class staged;

template <class T, class Cell, bool Early, class Arena>
requires std::derived_from<Cell, block_cell<typename choose_cell<T>::block>>
class staged<T, Cell, Early, Arena> {
    using object = typename choose_cell<T>::block;

  public:
    template <class... Args>
    explicit staged(Arena& from, Args&&... args)
        : from_(from), object_(make(from, std::forward<Args>(args)...)) {}
    staged(const staged&) = delete;
    staged& operator=(const staged&) = delete;
    ~staged() {
        if (object_ != nullptr) {
            block_of<object>::end(from_, object_);
        }
    }
    template <class... Args>
    void put(std::byte* at, Args&&...) noexcept {
        Cell::put(at, std::exchange(object_, nullptr));
    }

  private:
    template <class... Args>
    static object* make(Arena& from, Args&&... args) {
        if constexpr (is_boxed<T> && sizeof...(Args) == 1) {
            return make_from(from, std::forward<Args>(args)...);
        } else {
            return block_of<object>::make(from, std::forward<Args>(args)...);
        }
    }
    // From another box: of what is in it.
    template <class Arg>
    static object* make_from(Arena& from, Arg&& arg) {
        if constexpr (std::same_as<std::remove_cvref_t<Arg>, T>) {
            if constexpr (std::is_lvalue_reference_v<Arg>) {
                return block_of<object>::make(from, *arg);
            } else {
                return block_of<object>::make(from, std::move(*arg));
            }
        } else {
            return block_of<object>::make(from, std::forward<Arg>(arg));
        }
    }

    Arena& from_;
    object* object_;
};

template <class T, class Arena>
class staged<T, in_place_cell<T>, true, Arena> {
  public:
    template <class... Args>
    explicit staged(Arena&, Args&&... args) : object_(std::forward<Args>(args)...) {}
    template <class... Args>
    void put(std::byte* at, Args&&...) {
        ::new (static_cast<void*>(at)) T(std::move(object_));
    }

  private:
    T object_;
};

template <class T, class Arena>
class staged<T, in_place_cell<T>, false, Arena> {
  public:
    template <class... Args>
    explicit staged(Arena&, Args&&...) noexcept {}
    template <class... Args>
    void put(std::byte* at, Args&&... args) {
        ::new (static_cast<void*>(at)) T(std::forward<Args>(args)...);
    }
};

template <class T, bool Early, class Arena>
class staged<T, weightless_cell<T>, Early, Arena> {
  public:
    template <class... Args>
    explicit staged(Arena&, Args&&...) noexcept {}
    template <class... Args>
    void put(std::byte*, Args&&...) noexcept {}
};

} // namespace ebb::detail
