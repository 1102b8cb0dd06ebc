// What a compiler allocates for: deep templates, many instantiations, much inlining.
#include <algorithm>
#include <array>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>

template <int N>
struct node {
    std::tuple<std::array<int, N>, std::string> value;
    std::map<int, std::vector<node<N - 1>>> below;
    int sum() const {
        int total = N + static_cast<int>(std::get<1>(value).size());
        for (const auto& [key, list] : below) {
            for (const auto& each : list) {
                total += key * each.sum();
            }
        }
        return total;
    }
};
template <>
struct node<0> {
    int sum() const { return 1; }
};

template <std::size_t... I>
int of_each(std::index_sequence<I...>) {
    return (0 + ... + [] {
        node<static_cast<int>(I % 9)> one;
        std::variant<int, std::string, std::vector<std::array<char, I + 1>>> any =
            std::string(I, 'x');
        return one.sum() + static_cast<int>(any.index() * I);
    }());
}

int main() {
    std::unordered_map<std::string, std::function<int(int)>> table;
    for (int i = 0; i < 2000; ++i) {
        table["f" + std::to_string(i)] = [i](int x) { return x * i % 1009; };
    }
    std::vector<std::string> names;
    for (const auto& [name, f] : table) {
        names.push_back(name + ":" + std::to_string(f(77)));
    }
    std::sort(names.begin(), names.end());
    std::ostringstream all;
    for (const auto& name : names) {
        if (name.find("7:") != std::string::npos) {
            all << name << '\n';
        }
    }
    std::cout << all.str().size() << ' ' << std::hash<std::string>{}(all.str()) << ' '
              << of_each(std::make_index_sequence<12>{}) << '\n';
}
