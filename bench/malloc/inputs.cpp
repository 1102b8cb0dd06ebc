#include <ebb/bench/malloc/inputs.h>
#include <ebb/bench/process/child.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>
#include <stdexcept>

namespace ebb::bench::suite {
namespace {

std::string write(scratch& in, std::string_view name, const std::string& text) {
    std::string path = in.path(name);
    std::ofstream file(path, std::ios::binary);
    file << text;
    file.close();
    if (!file) {
        throw std::runtime_error("can't write " + path);
    }
    return path;
}

// Every `N` of a script by a number.
std::string with_count(std::string text, unsigned n) {
    for (std::size_t at = 0; (at = text.find('N', at)) != std::string::npos;) {
        text.replace(at, 1, std::to_string(n));
    }
    return text;
}

std::string line_of_words(std::mt19937_64& random) {
    std::string line;
    const auto words = 3 + random() % 10;
    for (std::uint64_t w = 0; w < words; ++w) {
        line += w == 0 ? "" : " ";
        const auto letters = 2 + random() % 9;
        for (std::uint64_t i = 0; i < letters; ++i) {
            line += static_cast<char>('a' + random() % 26);
        }
    }
    return line;
}

} // namespace

std::string write_source(scratch& in, bool quick) {
    std::string text = "#include <algorithm>\n#include <functional>\n#include <map>\n"
                       "#include <memory>\n#include <string>\n#include <vector>\n";
    if (!quick) {
        text += "#include <iostream>\n#include <unordered_map>\n";
    }
    const int types = quick ? 2 : 8;
    for (int i = 0; i < types; ++i) {
        const std::string n = std::to_string(i);
        text += "struct key" + n + " { std::string s; int i = " + n + "; bool operator<(const key" +
                n + "& o) const { return s < o.s; } };\n" + "int use" + n +
                "(const std::vector<key" + n + ">& in) {\n" + "    std::map<key" + n +
                ", std::vector<std::shared_ptr<key" + n + ">>> m;\n" +
                "    for (const auto& k : in) m[k].push_back(std::make_shared<key" + n +
                ">(k));\n" + "    std::vector<key" + n +
                "> v(in);\n    std::sort(v.begin(), v.end());\n" +
                "    std::function<int(int)> f = [&](int x) { return x + int(m.size()); };\n" +
                "    return f(int(v.size()));\n}\n";
    }
    return write(in, "one.cpp", text);
}

std::string write_python(scratch& in, bool quick) {
    return write(in, "work.py",
                 with_count(R"(import json
people = {}
for i in range(N):
    people["name%d" % i] = {"id": i, "tags": ["t%d" % (i % 97), str(i * 31)], "score": i / 7}
for i in range(0, N, 3):
    del people["name%d" % i]
text = json.dumps(people)
back = json.loads(text)
assert back == people
groups = {}
for name, person in back.items():
    groups.setdefault(person["tags"][0], []).append(name.upper())
assert sum(map(len, groups.values())) == len(people)
)",
                            quick ? 15'000 : 80'000));
}

std::string write_sql(scratch& in, bool quick) {
    return write(in, "work.sql",
                 with_count(R"(create table t(id integer primary key, k text, v text);
create index by_k on t(k);
insert into t with recursive c(x) as (select 1 union all select x + 1 from c where x < N)
    select x, 'key' || (x * 7919 % N), 'value ' || x || substr('................', 1, x % 16) from c;
select count(*), sum(length(v)) from t where k > 'key3';
select substr(k, 1, 5) g, count(*), group_concat(v) from t group by g;
delete from t where id % 3 = 0;
select count(*) from t;
)",
                            quick ? 50'000 : 200'000));
}

std::string write_perl(scratch& in, bool quick) {
    return write(in, "work.pl",
                 with_count(R"(use strict;
my (%count, @kept);
for my $i (1 .. N) {
    my $s = "line $i " . ("x" x ($i % 50)) . " of " . ($i * 7919 % 10007);
    my @w = split / /, $s;
    $count{$_}++ for @w;
    $s =~ s/(\d+)/<$1>/g;
    push @kept, uc join("-", reverse @w) if $i % 3 == 0;
    @kept = grep { length($_) % 2 } @kept if $i % 20000 == 0;
}
print scalar(keys %count), " ", scalar(@kept), "\n";
)",
                            quick ? 50'000 : 250'000));
}

std::string write_lines(scratch& in, bool quick) {
    std::mt19937_64 random(1);
    std::string text;
    for (int i = 0; i < (quick ? 200'000 : 1'000'000); ++i) {
        text += line_of_words(random);
        text += '\n';
    }
    return write(in, "lines", text);
}

std::string make_repository(scratch& in, const std::string& git, bool quick) {
    std::mt19937_64 random(1);
    constexpr int files = 40;
    std::vector<std::vector<std::string>> contents(files);
    for (auto& lines : contents) {
        for (int i = 0; i < 400; ++i) {
            lines.push_back(line_of_words(random));
        }
    }
    std::string stream;
    const int commits = quick ? 60 : 300;
    for (int c = 0; c < commits; ++c) {
        stream += "commit refs/heads/main\ncommitter A <a@example.org> " +
                  std::to_string(1'600'000'000 + c * 60) + " +0000\ndata 6\nchange\n";
        for (int changed = 0; changed < (c == 0 ? files : 4); ++changed) {
            const auto file = c == 0 ? static_cast<std::size_t>(changed) : random() % files;
            auto& lines = contents[file];
            for (int n = 0; n < 5; ++n) {
                lines[random() % lines.size()] = line_of_words(random);
            }
            std::string text;
            for (const std::string& line : lines) {
                text += line + '\n';
            }
            stream += "M 644 inline file" + std::to_string(file) + "\ndata " +
                      std::to_string(text.size()) + '\n' + text + '\n';
        }
    }
    const std::string input = write(in, "history", stream);
    std::string path = in.path("repository");
    const auto must = [&](std::vector<std::string> words) {
        command what;
        what.words = std::move(words);
        what.environment = {"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null"};
        const outcome end = run(what, [](std::string_view) {});
        if (!end.good()) {
            throw std::runtime_error("git: " + end.reason());
        }
    };
    must({git, "init", "-q", "--bare", "-b", "main", path});
    must({"/bin/sh", "-c", "exec \"$0\" -C \"$1\" fast-import --quiet <\"$2\"", git, path, input});
    std::filesystem::remove(input);
    return path;
}

} // namespace ebb::bench::suite
