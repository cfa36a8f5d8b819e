// Three threads that allocate and free blocks of all sizes, and keep some of them in a list, a table and a tree; nothing leaks.
// 2,000 objects of the class Session stay. With an argument, a fourth thread leaks objects of the class Leaked, which stay
// reachable.
#include "program.h"
#include <list>
#include <map>
#include <memory>
#include <pthread.h>
#include <string>
#include <vector>

struct Session {
    std::string name;
    explicit Session(long number) : name("session-with-a-long-name-" + std::to_string(number)) {}
    virtual ~Session() {}
};

struct Entry {
    std::string name;
    explicit Entry(uint64_t number) : name("entry-with-a-long-name-" + std::to_string(number)) {}
    virtual ~Entry() {}
};

struct Leaked {
    long values[10];
    virtual ~Leaked() {}
};

static std::vector<std::unique_ptr<Session>> sessions;
static std::list<Leaked *> leaked;

static void *churn(void *seed) {
    uint64_t state = reinterpret_cast<uint64_t>(seed);
    std::list<std::string> queue;
    std::map<uint64_t, std::unique_ptr<Entry>> tree;
    std::vector<void *> table(256);
    for (;;) {
        state = burn(state, 1);
        uint64_t number = state >> 33;
        queue.push_back(std::string(number % 3000, 'x'));
        if (queue.size() > 200) queue.pop_front();
        queue.splice(queue.begin(), queue, std::prev(queue.end()));
        tree[number % 500] = std::make_unique<Entry>(number);
        if (number % 3 == 0) tree.erase(number % 499);
        free(table[number % 256]);
        table[number % 256] = malloc(number % 2000);
    }
}

static void *leak(void *) {
    for (;;) {
        leaked.push_back(new Leaked);
        sleep_milliseconds(1);
    }
}

int main(int count, char **) {
    die_with_parent();
    for (long number = 0; number < 2000; number++) sessions.push_back(std::make_unique<Session>(number));
    pthread_t thread;
    for (long index = 1; index <= 3; index++) pthread_create(&thread, nullptr, churn, reinterpret_cast<void *>(index));
    if (count > 1) pthread_create(&thread, nullptr, leak, nullptr);
    say_ready();
    for (;;) pause();
}
