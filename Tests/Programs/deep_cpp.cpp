// Namespaces, templates, operators, lambdas, virtual calls and exceptions: names that a demangler has to work for. In
// each round an exception crosses three frames; between rounds it spins in store::detail::Digest<unsigned long>::mix.
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

extern "C" {
#include "program.h"
}

namespace store {

struct Refused : std::runtime_error {
    using std::runtime_error::runtime_error;
};

namespace detail {

template <typename Word>
struct Digest {
    Word state = 1;
    OWN_FRAME void mix(const std::vector<Word> &words) {
        for (Word word : words) state = burn(state ^ word, 20000);
        NOT_A_TAIL_CALL;
    }
};

}  // namespace detail

class Shelf {
public:
    virtual ~Shelf() = default;
    virtual unsigned long count(const std::string &title, int depth) const = 0;
};

template <typename Word, int Size>
class Warehouse final : public Shelf {
public:
    OWN_FRAME unsigned long count(const std::string &title, int depth) const override {
        if (depth > 0) {
            unsigned long below = count(title, depth - 1);
            NOT_A_TAIL_CALL;
            return below + 1;
        }
        detail::Digest<Word> digest;
        digest.mix(std::vector<Word>(Size, static_cast<Word>(title.size())));
        if (digest.state % 2 == 0) refuse(title);
        return digest.state;
    }

private:
    OWN_FRAME void refuse(const std::string &title) const {
        throw Refused("no " + title);
    }
};

OWN_FRAME unsigned long apply(const std::function<unsigned long(int)> &visit) {
    unsigned long found = visit(5);
    NOT_A_TAIL_CALL;
    return found;
}

}  // namespace store

static volatile unsigned long result;

OWN_FRAME static void run(const store::Shelf &shelf) {
    for (unsigned round = 0;; round++) {
        std::string title(round % 7 + 1, 'x');
        try {
            result = result + store::apply([&](int depth) {
                unsigned long found = shelf.count(title, depth);
                NOT_A_TAIL_CALL;
                return found;
            });
        } catch (const store::Refused &refused) {
            result = result + std::string(refused.what()).size();
        }
    }
}

int main() {
    die_with_parent();
    say_ready();
    run(store::Warehouse<unsigned long, 16>());
}
