// forged_interpreter [valid | circle | controls | wild | nowhere | deep | long_name | no_code]: spins for ever in what looks
// like the interpreter loop of a CPython 3.11.2, whose structures are traps.
//   valid      Two functions, outer() and inner().
//   circle     All lists, of interpreters, threads and frames, lead back to their beginnings.
//   controls   800 frames, and a control frame that leads to itself.
//   wild       A frame that leads to an address of the kernel's.
//   nowhere    Frames of code that is nowhere.
//   deep       A million frames.
//   long_name  A function whose name has a gigabyte.
//   no_code    Frames of what is no code.
#include "program.h"

#include <stdalign.h>
#include <sys/mman.h>

typedef uint64_t word;

// By offsets in words, as Sources/Runtimes/CPython/CPythonLayoutTables.swift has them.
enum { INTERPRETER_NEXT = 0, INTERPRETER_THREADS = 2 };
enum { THREAD_NEXT = 1, THREAD_INTERPRETER = 2, THREAD_CONTROL = 7, THREAD_ID = 19 };
enum { FRAME_CODE = 4, FRAME_PREVIOUS = 6, FRAME_INSTRUCTION = 7, FRAME_ENTRY = 8, FRAME_WORDS = 10 };
enum { CODE_SIZE = 2, CODE_FIRST_LINE = 9, CODE_FILE = 14, CODE_NAME = 15, CODE_QUALIFIED = 16, CODE_LINES = 17 };
enum { CODE_INSTRUCTIONS = 23 };

// Not to be dropped, and not of one file alone.
#define SHARED __attribute__((used, externally_visible))

SHARED const volatile unsigned long Py_Version = 0x030B02F0;
SHARED alignas(16) volatile word _PyRuntime[512];
SHARED volatile word PyCode_Type[64];
SHARED volatile word PyUnicode_Type[64];

static volatile word interpreter[256], thread[64];

static word *map(size_t size) {
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) fail("mmap");
    return memory;
}

// A text of ASCII characters, the first ones as given.
static word text(const char *characters, word length) {
    word *text = map(length + 4096);
    text[1] = (word)PyUnicode_Type;
    text[2] = length;
    text[4] = 3 << 5 | 1 << 2;
    memset(text + 6, 'n', length < 1 << 20 ? length : 1 << 20);
    memcpy(text + 6, characters, strlen(characters));
    return (word)text;
}

static word code(word name, int line) {
    word *code = map(1 << 12);
    code[1] = (word)PyCode_Type;
    code[CODE_SIZE] = 100;
    code[CODE_FIRST_LINE] = line;
    code[CODE_FILE] = text("/forged.py", 10);
    code[CODE_NAME] = code[CODE_QUALIFIED] = name;
    return (word)code;
}

static void run(word *frame, word code) {
    frame[FRAME_CODE] = code;
    frame[FRAME_INSTRUCTION] = code + (CODE_INSTRUCTIONS + 1) * sizeof(word);
}

// Each leads to the next one; the last is the outermost of its loop.
static word *frames(long count, word code) {
    word *frames = map(count * FRAME_WORDS * sizeof(word));
    for (long index = 0; index < count; index++) {
        word *frame = frames + index * FRAME_WORDS;
        run(frame, code);
        frame[FRAME_PREVIOUS] = (word)(frame + FRAME_WORDS);
    }
    frames[count * FRAME_WORDS - FRAME_WORDS + FRAME_PREVIOUS] = 0;
    // `is_entry` is a byte in the midst of the word.
    frames[count * FRAME_WORDS - FRAME_WORDS + FRAME_ENTRY] = (word)1 << 32;
    return frames;
}

SHARED OWN_FRAME _Noreturn void _PyEval_EvalFrameDefault(word *frame, int leads_to_itself) {
    volatile word control[3] = {0, (word)frame, leads_to_itself ? (word)control : (word)(thread + 40)};
    thread[THREAD_CONTROL] = (word)control;
    volatile word result = 1;
    say_ready();
    for (;;) result = burn(result, 1000000);
}

int main(int count, char **arguments) {
    die_with_parent();
    const char *mode = count > 1 ? arguments[1] : "valid";
    // It is ready, and one of texts.
    PyUnicode_Type[21] = 1 << 12 | 1 << 28;
    PyCode_Type[21] = 1 << 12;
    _PyRuntime[5] = (word)interpreter;
    interpreter[INTERPRETER_THREADS] = (word)thread;
    thread[THREAD_INTERPRETER] = (word)interpreter;
    thread[THREAD_ID] = 1;
    const word outer = code(text("outer", 5), 1), inner = code(text("inner", 5), 10);
    word *chain = frames(2, outer);
    run(chain, inner);
    if (strcmp(mode, "circle") == 0) {
        interpreter[INTERPRETER_NEXT] = (word)interpreter;
        thread[THREAD_NEXT] = (word)thread;
        chain[FRAME_WORDS + FRAME_PREVIOUS] = (word)chain;
        chain[FRAME_WORDS + FRAME_ENTRY] = 0;
    }
    if (strcmp(mode, "controls") == 0) chain = frames(800, outer);
    if (strcmp(mode, "wild") == 0) chain[FRAME_PREVIOUS] = 0xffffffff81000000;
    if (strcmp(mode, "nowhere") == 0) run(chain, UINT64_MAX - 4095);
    if (strcmp(mode, "deep") == 0) chain = frames(1000000, outer);
    if (strcmp(mode, "long_name") == 0) run(chain, code(text("inner", (word)1 << 30), 10));
    if (strcmp(mode, "no_code") == 0) run(chain, text("inner", 5));
    _PyEval_EvalFrameDefault(chain, strcmp(mode, "controls") == 0);
}
