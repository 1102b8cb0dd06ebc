// A doubly linked list through its elements: constant-time push, remove and move, no allocation.
#pragma once

namespace ebb {

/// The links that an element carries: a member for each list that it can stand in at a time.
template <class T>
struct list_links {
    T* before = nullptr;
    T* after = nullptr;
};

/// Which member links an element: `links`, unless a list names another.
struct own_links {
    template <class T>
    static auto& of(T* element) noexcept {
        return element->links;
    }
};

/// A list of `T` through the member that `Which::of` names, a `list_links<T>`. Owns nothing.
/// Threads: one at a time.
template <class T, class Which = own_links>
class intrusive_list {
  public:
    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }
    [[nodiscard]] T* front() const noexcept { return first_; }
    [[nodiscard]] static T* next(const T* element) noexcept { return Which::of(element).after; }

    void push_front(T* element) noexcept {
        Which::of(element) = {nullptr, first_};
        (first_ == nullptr ? last_ : Which::of(first_).before) = element;
        first_ = element;
    }

    void push_back(T* element) noexcept {
        Which::of(element) = {last_, nullptr};
        (last_ == nullptr ? first_ : Which::of(last_).after) = element;
        last_ = element;
    }

    void remove(T* element) noexcept {
        auto& [before, after] = Which::of(element);
        (before == nullptr ? first_ : Which::of(before).after) = after;
        (after == nullptr ? last_ : Which::of(after).before) = before;
        Which::of(element) = {};
    }

  private:
    T* first_ = nullptr;
    T* last_ = nullptr;
};

} // namespace ebb
