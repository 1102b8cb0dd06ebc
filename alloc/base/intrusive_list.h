// A doubly linked list through its elements: constant-time push, remove and move, no allocation.
#pragma once

namespace ebb {

/// The links that an element carries. An element stands in one list at a time.
template <class T>
struct list_links {
    T* before = nullptr;
    T* after = nullptr;
};

/// A list of `T`, whose member `links` is a `list_links<T>`. Owns nothing.
/// Threads: one at a time.
template <class T>
class intrusive_list {
  public:
    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }
    [[nodiscard]] T* front() const noexcept { return first_; }
    [[nodiscard]] static T* next(const T* element) noexcept { return element->links.after; }

    void push_front(T* element) noexcept {
        element->links = {nullptr, first_};
        (first_ == nullptr ? last_ : first_->links.before) = element;
        first_ = element;
    }

    void push_back(T* element) noexcept {
        element->links = {last_, nullptr};
        (last_ == nullptr ? first_ : last_->links.after) = element;
        last_ = element;
    }

    void remove(T* element) noexcept {
        auto& [before, after] = element->links;
        (before == nullptr ? first_ : before->links.after) = after;
        (after == nullptr ? last_ : after->links.before) = before;
        element->links = {};
    }

  private:
    T* first_ = nullptr;
    T* last_ = nullptr;
};

} // namespace ebb
