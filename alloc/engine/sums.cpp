#include <ebb/alloc/engine/sums.h>

namespace ebb::engine {

constinit shared<std::int64_t> sums::waiting{0};
constinit shared<std::int64_t> sums::needed{0};
constinit shared<std::int64_t> sums::unreturned{0};
constinit shared<std::int64_t> sums::granted{0};
constinit shared<std::int64_t> sums::detoured{0};
constinit shared<std::uint32_t> sums::callers{0};

} // namespace ebb::engine
