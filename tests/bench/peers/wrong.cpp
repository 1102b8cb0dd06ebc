// A map that is wrong in the way that EBB_WRONG says: the suite must see it.
#include <ebb/bench/peers/peer.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace {

constexpr int every = 100;

bool is(std::string_view how) {
    static const char* const wrong = std::getenv("EBB_WRONG");
    return wrong != nullptr && how == wrong;
}

template <class Key, class Value>
class table : public ebb::bench::peers::standard<std::unordered_map<Key, Value>> {
    using right = ebb::bench::peers::standard<std::unordered_map<Key, Value>>;

  public:
    bool insert(const Key& k, const Value& v) {
        const bool now = ++calls_ % every == 0;
        Value other = v;
        if (is("value") && now) {
            ++other.head; // another's value; always more, or what is wrong could cancel in a sum
        }
        return is("lost") && now ? true : right::insert(k, other); // one that is lost
    }
    bool erase(const Key& k) {
        // One that stays, though it says it went.
        return is("kept") && ++calls_ % every == 0 ? this->find(k) != nullptr : right::erase(k);
    }
    template <class F>
    void each(F&& f) const {
        bool first = true;
        right::each([&](const Key& k, const Value& v) {
            if (!is("iterate") || !std::exchange(first, false)) { // the first isn't seen
                f(k, v);
            }
        });
    }

  private:
    int calls_ = 0;
};

} // namespace

EBB_PEER("wrong", "0", table)
