// The steps of a trace, and what a map must hold after one that went through or failed.
#pragma once

#include <tests/maps/traces/trace.h>

#include <memory>
#include <vector>

namespace tests {

template <class F, class K, class V>
void trace<F, K, V>::step(unsigned op, unsigned k, unsigned v) {
    now_ = static_cast<operation>(op / 2 % (static_cast<unsigned>(operation::last) + 1));
    const unsigned which = op % 2;
    if (now_ == operation::arm) {
        armed_ = k % 64;
        armed_after_ = v % 64;
        return;
    }
    if (now_ == operation::range) {
        keys_ = 1U << (k % 14);
        return;
    }
    m_ = &*maps_[which];
    other_ = &*maps_[1 - which];
    model_ = &models_[which];
    other_model_ = &models_[1 - which];
    promise_ = promise::all_or_nothing;
    if (armed_ == 0) {
        apply(k, static_cast<int>(v));
    } else {
        const model before_one = *model_;
        const model before_other = *other_model_;
        faults::arm(armed_, armed_after_);
        armed_ = 0;
        bool failed = false;
        try {
            apply(k, static_cast<int>(v));
        } catch (const std::bad_alloc&) {
            failed = true;
        } catch (...) { // a difference: what the trace's end does must not fail, too
            faults::disarm();
            throw;
        }
        faults::disarm();
        if (failed) {
            ++failures_;
            after_a_fault(before_one, before_other);
        }
    }
    check();
}

// The map first, then the model: a step that fails leaves the model as it was.
template <class F, class K, class V>
void trace<F, K, V>::apply(unsigned k, int v) {
    map& m = *m_;
    const int n = number(k);
    const int w = worth(v);
    const bool fresh = model_->count(n) == 0;
    const auto inserted = [&](const auto& result) {
        demand(result.second == fresh, "inserted or not");
        demand(number_of(key_of<map>(*result.first)) == n, "the position of an insert");
        model_->try_emplace(n, w);
    };
    switch (now_) {
    case operation::insert:
        if (v % 2 == 0) {
            inserted(m.insert(pair_of(n, w)));
        } else if constexpr (std::is_copy_constructible_v<K> && std::is_copy_constructible_v<V>) {
            const auto e = pair_of(n, w);
            inserted(m.insert(e));
        }
        break;
    case operation::emplace:
        if constexpr (is_map<map>) {
            inserted(m.emplace(make_value<K>(n), make_value<V>(w)));
        } else {
            inserted(m.emplace(make_value<K>(n)));
        }
        break;
    case operation::try_emplace:
        if constexpr (is_map<map>) {
            inserted(m.try_emplace(make_value<K>(n), make_value<V>(w)));
        }
        break;
    case operation::insert_or_assign:
        if constexpr (is_map<map>) {
            demand(m.insert_or_assign(make_value<K>(n), make_value<V>(w)).second == fresh,
                   "inserted or assigned");
            (*model_)[n] = w;
        }
        break;
    case operation::subscript:
        if constexpr (is_map<map>) {
            V& at = m[make_value<K>(n)];
            model_->try_emplace(n, number_of(at));
            at = make_value<V>(w);
            (*model_)[n] = w;
        }
        break;
    case operation::erase:
        demand(m.erase(make_value<K>(n)) == (fresh ? 0 : 1), "how many were erased");
        model_->erase(n);
        break;
    case operation::find: {
        const K key = make_value<K>(n);
        const map& constant = m;
        demand(constant.contains(key) == !fresh, "contains");
        demand(constant.count(key) == (fresh ? 0 : 1), "count");
        demand((m.find(key) != m.end()) == !fresh, "find");
        break;
    }
    case operation::insert_many:
    case operation::erase_many:
        many(k, v);
        break;
    case operation::erase_if:
    case operation::erase_while_walking:
        walk(v);
        break;
    default:
        apply_between(k);
        break;
    }
}

template <class F, class K, class V>
void trace<F, K, V>::many(unsigned k, int v) {
    const bool in = now_ == operation::insert_many;
    const int count = v * 4;
    for (int i = 0; i < count; ++i) {
        const int n = number(k + static_cast<unsigned>(i));
        if (!in) {
            demand(m_->erase(make_value<K>(n)) == model_->count(n), "how many were erased");
            model_->erase(n);
        } else if (m_->size() < most_) {
            const bool fresh = model_->count(n) == 0;
            demand(m_->insert(pair_of(n, worth(i))).second == fresh, "inserted or not");
            model_->try_emplace(n, worth(i));
        }
    }
}

// Erases by a rule while it walks: each element met once.
template <class F, class K, class V>
void trace<F, K, V>::walk(int v) {
    const auto goes = [&](int n) { return (n ^ v) % 4 < 1 + v % 4; };
    if (now_ == operation::erase_if) {
        if constexpr (erases_if<map>) {
            promise_ = promise::no_loss;
            const auto by = [&](const auto& e) { return goes(number_of(key_of<map>(e))); };
            const std::size_t erased =
                std::erase_if(*model_, [&](const auto& e) { return goes(e.first); });
            demand(erase_if(*m_, by) == erased, "how many erase_if erased");
        }
    } else if constexpr (erases_iterators<map>) {
        promise_ = promise::no_loss;
        const std::size_t all = m_->size();
        model met;
        for (auto it = m_->begin(); it != m_->end();) {
            const int n = number_of(key_of<map>(*it));
            demand(met.try_emplace(n, 0).second, "an element met twice");
            if (goes(n)) {
                it = m_->erase(it);
                model_->erase(n);
            } else {
                ++it;
            }
        }
        demand(met.size() == all, "an element not met");
    }
}

template <class F, class K, class V>
void trace<F, K, V>::apply_between(unsigned k) {
    map& m = *m_;
    const int n = number(k);
    const bool faulty = faults::armed != 0;
    switch (now_) {
    case operation::insert_range:
        if constexpr (inserts_range<map> && std::is_copy_constructible_v<K> &&
                      std::is_copy_constructible_v<V>) {
            if (m.size() + other_->size() <= most_) {
                promise_ = promise::no_loss;
                model after = *model_;
                after.insert(other_model_->begin(), other_model_->end());
                *model_ = after;
                m.insert(other_->begin(), other_->end());
            }
        }
        break;
    case operation::extract:
        if constexpr (extracts<map>) {
            if (!faulty) {
                auto node = m.extract(make_value<K>(n));
                demand(node.empty() == (model_->count(n) == 0), "extracted or not");
                other_->insert(std::move(node));
                if (const auto at = model_->extract(n); !at.empty()) {
                    other_model_->try_emplace(n, at.mapped());
                }
            }
        }
        break;
    case operation::merge:
        if constexpr (merges<map>) {
            if (F::merges_whole || (!faulty && as_ == spread::well)) {
                promise_ = promise::no_loss;
                model_->merge(*other_model_);
                m.merge(*other_);
            }
        }
        break;
    case operation::swap:
        m.swap(*other_);
        model_->swap(*other_model_);
        break;
    case operation::copy:
        if constexpr (copies<map>) {
            promise_ = promise::whole;
            *model_ = *other_model_;
            if (k % 2 == 0) {
                m = *other_;
            } else {
                map copy = copied(*other_);
                m.swap(copy);
            }
        }
        break;
    case operation::move:
        promise_ = promise::whole;
        *model_ = std::move(*other_model_);
        other_model_->clear();
        m = std::move(*other_);
        if (k % 2 == 0) {
            other_->clear();
        } else {
            faults::disarm();
            make(maps_[other_ == &*maps_[1] ? 1 : 0]);
        }
        break;
    case operation::move_construct: {
        map taken(std::move(m));
        m.clear(); // valid: it may hold nothing or anything
        m = std::move(taken);
        break;
    }
    case operation::compare:
        if constexpr (compares<map>) {
            demand((m == *other_) == (*model_ == *other_model_), "equal or not");
        }
        break;
    case operation::clear:
        if (k % 4 == 0) { // not often: large maps are worth more
            m.clear();
            model_->clear();
        }
        break;
    case operation::reserve:
        if constexpr (reserves<map>) {
            m.reserve(k % (2 * most_));
        }
        break;
    case operation::shrink_to_fit:
        if constexpr (shrinks<map>) {
            m.shrink_to_fit();
        }
        break;
    default:
        break;
    }
}

// The models hold what the step would have led to, as far as it got there. What the maps hold
// then must come from before or after it, and by its promise nothing else may be lost.
template <class F, class K, class V>
void trace<F, K, V>::after_a_fault(const model& before_one, const model& before_other) {
    if (promise_ == promise::all_or_nothing) {
        // Steps of many parts took their models along part by part.
        compare(*m_, *model_);
        compare(*other_, *other_model_);
        return;
    }
    const model* const were[] = {&before_one, &before_other};
    model* const are[] = {model_, other_model_};
    std::size_t held = 0;
    for (int i = 0; i < 2; ++i) {
        const map& m = i == 0 ? *m_ : *other_;
        model found;
        for (const auto& e : m) {
            const int n = number_of(key_of<map>(e));
            const int value = value_in(e);
            const auto fits = [&](const model& x) {
                const auto at = x.find(n);
                return at != x.end() && at->second == value;
            };
            if (!fits(*were[i]) && !fits(*are[i])) {
                differs("a fault left what never was: " + std::to_string(n) + " with " +
                        std::to_string(value) + (i == 0 ? ", in the one" : ", in the other"));
            }
            demand(found.try_emplace(n, value).second, "a fault doubled an element");
        }
        if (promise_ == promise::no_loss && now_ != operation::merge) {
            for (const auto& [n, value] : *are[i]) {
                demand(were[i]->count(n) == 0 || found.count(n) == 1, "a fault lost an element");
            }
        }
        held += found.size();
        *are[i] = std::move(found);
    }
    demand(now_ != operation::merge || held == before_one.size() + before_other.size(),
           "a merge that failed lost elements");
    compare_all();
}

template <class F, class K, class V>
void trace<F, K, V>::check() {
    std::uint64_t bytes = 0;
    for (int i = 0; i < 2; ++i) {
        const map& m = *maps_[i];
        demand(m.size() == models_[i].size(), "size");
        demand(m.empty() == models_[i].empty(), "empty");
        largest_ = std::max(largest_, m.size());
        if constexpr (validates<map>) {
            m.validate();
        }
        if constexpr (has_footprint<map>) {
            bytes += m.footprint().total();
        }
        if (m.size() <= 48) {
            compare(m, models_[i]);
        }
    }
    if constexpr (has_footprint<map> && requires { source_.read(); }) {
        const std::uint64_t asked = source_.read().requested;
        if (bytes != asked) {
            differs("footprints of " + std::to_string(bytes) + " bytes, the arena says " +
                    std::to_string(asked));
        }
    }
    if (steps_ % 64 == 0) {
        compare_all();
    }
}

template <class F, class K, class V>
void trace<F, K, V>::compare_all() const {
    for (int i = 0; i < 2; ++i) {
        compare(*maps_[i], models_[i]);
    }
}

template <class F, class K, class V>
void trace<F, K, V>::compare(const map& m, const model& expected) const {
    demand(m.size() == expected.size(), "size");
    std::size_t met = 0;
    for (const auto& e : m) {
        const int n = number_of(key_of<map>(e));
        const auto found = expected.find(n);
        demand(found != expected.end(), "holds what it shouldn't");
        demand(value_in(e) == found->second, "a key has another's value");
        ++met;
    }
    demand(met == expected.size(), "a walk meets too many or too few");
    for (const auto& [n, v] : expected) {
        const auto at = m.find(make_value<K>(n));
        demand(at != m.end(), "doesn't find what it holds");
        demand(number_of(key_of<map>(*at)) == n, "finds another");
    }
}

} // namespace tests
