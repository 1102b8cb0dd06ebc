// charged: an arena whose blocks are charged to an account, beside the arena's own ledger.
//
// Cost: an account's charge or refund a block (alloc/ledger/account.h).
// Terms: an account knows blocks, so what belongs to none (padding in bump, dead bytes) is in the
// arena's ledger alone; the account's requested is the arena's at every quiescent moment.
#pragma once

#if __cplusplus < 201709L // what g++ 10 says of C++20
#error "ebb needs C++20: compile with -std=c++20 or a later standard"
#else

#include <ebb/alloc/arena/arena.h>
#include <ebb/alloc/ledger/account.h>

#include <cstdint>
#include <utility>

namespace ebb {

/// The arena `A`, charging `account`, which must outlive it.
/// Requires: blocks come back one by one. What is still out when the arena ends is refunded then,
/// as one.
template <arena A>
class charged {
  public:
    template <class... Args>
    explicit charged(account& to, Args&&... args)
        : account_(&to), inner_(std::forward<Args>(args)...) {}
    charged(const charged&) = delete;
    charged& operator=(const charged&) = delete;
    ~charged() {
        if (requested_ != 0 || slot_ != 0) {
            account_->refund(requested_, slot_);
        }
    }

    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment = 8) {
        return charge(inner_.allocate(bytes, alignment), bytes, alignment);
    }
    [[nodiscard]] void* allocate_zeroed(std::size_t bytes, std::size_t alignment = 8) {
        return charge(ebb::allocate_zeroed(inner_, bytes, alignment), bytes, alignment);
    }
    void deallocate(void* p, std::size_t bytes, std::size_t alignment = 8) noexcept {
        const std::size_t slot = inner_.slot_bytes(p, bytes, alignment);
        requested_ -= bytes;
        slot_ -= slot;
        account_->refund(bytes, slot);
        inner_.deallocate(p, bytes, alignment);
    }

    [[nodiscard]] std::size_t slot_bytes(const void* p, std::size_t bytes,
                                         std::size_t alignment) const noexcept {
        return inner_.slot_bytes(const_cast<void*>(p), bytes, alignment);
    }

    [[nodiscard]] ledger read() const noexcept { return inner_.read(); }
    void trim() noexcept { inner_.trim(); }
    void validate() const { inner_.validate(); }

    [[nodiscard]] account& charged_to() const noexcept { return *account_; }
    /// For what the arena alone can do, but for giving blocks back.
    [[nodiscard]] A& inner() noexcept { return inner_; }

  private:
    void* charge(void* p, std::size_t bytes, std::size_t alignment) noexcept {
        const std::size_t slot = inner_.slot_bytes(p, bytes, alignment);
        requested_ += bytes;
        slot_ += slot;
        account_->charge(bytes, slot);
        return p;
    }

    account* account_;
    std::uint64_t requested_ = 0;
    std::uint64_t slot_ = 0;
    A inner_;
};

} // namespace ebb

#endif // C++20
