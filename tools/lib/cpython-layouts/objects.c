// Prints how the CPython of the headers that it is compiled with lays out its objects, as an entry of
// Sources/Runtimes/CPython/CPythonObjectTables.swift:
//   gcc -w -I PREFIX/include/python3.X -I PREFIX/include/python3.X/internal objects.c && ./a.out
// With -DPy_GIL_DISABLED=1, as a build without a global interpreter lock lays them out (3.13 and later).
#define Py_BUILD_CORE 1
#include <Python.h>
#include <frameobject.h>
#include <stddef.h>
#include <stdio.h>
#if PY_VERSION_HEX >= 0x030B0000
#include <internal/pycore_dict.h>
#include <internal/pycore_object.h>
#else
#include <longintrepr.h>
// As in Objects/dict-common.h, which is not installed; the same in 3.6 to 3.10.
struct _dictkeysobject {
    Py_ssize_t dk_refcnt;
    Py_ssize_t dk_size;
    void *dk_lookup;
    Py_ssize_t dk_usable;
    Py_ssize_t dk_nentries;
    char dk_indices[];
};
#endif
#define FIELD(type, field) (int)offsetof(type, field)

// The lowest bit of `state` that changes with the kind of a string.
static int kind_bit(void) {
    PyASCIIObject text;
    memset(&text, 0, sizeof text);
    text.state.kind = 1;
    unsigned state;
    memcpy(&state, &text.state, sizeof state);
    return __builtin_ctz(state);
}

static void print_managed_dictionary(void) {
#if PY_VERSION_HEX >= 0x030D0000
    printf(".inline(dictionary: %d, valid: %d)", (int)MANAGED_DICT_OFFSET, FIELD(struct _dictvalues, valid));
#elif PY_VERSION_HEX >= 0x030C0000
    // As _PyObject_DictOrValuesPointer has it.
    printf(".tagged(-24)");
#elif PY_VERSION_HEX >= 0x030B0000
    // As _PyObject_ValuesPointer and _PyObject_ManagedDictPointer have it.
    printf(".separate(values: -32, dictionary: -24)");
#else
    printf("nil");
#endif
}

int main(void) {
    printf("    static let v%d_%d", PY_MAJOR_VERSION, PY_MINOR_VERSION);
#ifdef Py_GIL_DISABLED
    printf("t");
#endif
    printf(" = CPythonObjectLayout(\n");
    printf("        type: %d, size: %d,\n", FIELD(PyObject, ob_type), FIELD(PyVarObject, ob_size));
    printf("        text: .init(length: %d, state: %d, kindBit: %d, asciiCharacters: %zu, characters: %zu),\n",
           FIELD(PyASCIIObject, length), FIELD(PyASCIIObject, state), kind_bit(), sizeof(PyASCIIObject),
           sizeof(PyCompactUnicodeObject));
    printf("        bytes: %d,", FIELD(PyBytesObject, ob_sval));
#if PY_VERSION_HEX >= 0x030C0000
    printf(" integer: .init(digits: %d, isTagged: true),", FIELD(PyLongObject, long_value.ob_digit));
#else
    printf(" integer: .init(digits: %d, isTagged: false),", FIELD(PyLongObject, ob_digit));
#endif
    printf(" float: %d, list: %d, tuple: %d,\n", FIELD(PyFloatObject, ob_fval), FIELD(PyListObject, ob_item),
           FIELD(PyTupleObject, ob_item));
    printf("        dictionary: .init(keys: %d, values: %d, firstValue: ", FIELD(PyDictObject, ma_keys),
           FIELD(PyDictObject, ma_values));
#if PY_VERSION_HEX >= 0x030B0000
    printf("%d),\n", FIELD(struct _dictvalues, values));
    printf("        keys: .init(tableSize: .logarithms(places: %d, bytes: %d, kind: %d),",
           FIELD(struct _dictkeysobject, dk_log2_size), FIELD(struct _dictkeysobject, dk_log2_index_bytes),
           FIELD(struct _dictkeysobject, dk_kind));
#else
    printf("0),\n        keys: .init(tableSize: .count(%d),", FIELD(struct _dictkeysobject, dk_size));
#endif
    printf(" entryCount: %d, indices: %d),\n", FIELD(struct _dictkeysobject, dk_nentries),
           FIELD(struct _dictkeysobject, dk_indices));
    printf("        set: .init(mask: %d, table: %d),\n", FIELD(PySetObject, mask), FIELD(PySetObject, table));
    printf("        typeObject: .init(\n            name: %d, basicSize: %d, itemSize: %d, flags: %d, dictionary: %d,"
           " dictionaryOffset: %d, cachedKeys: %d),\n",
           FIELD(PyTypeObject, tp_name), FIELD(PyTypeObject, tp_basicsize), FIELD(PyTypeObject, tp_itemsize),
           FIELD(PyTypeObject, tp_flags), FIELD(PyTypeObject, tp_dict), FIELD(PyTypeObject, tp_dictoffset),
           FIELD(PyHeapTypeObject, ht_cached_keys));
    printf("        managedDictionary: ");
    print_managed_dictionary();
    // The first field of a module and of a weak reference.
    printf(",\n        module: %zu, weakReference: %zu, lineTable: ", sizeof(PyObject), sizeof(PyObject));
#if PY_VERSION_HEX >= 0x030B0000
    puts(".locations)");
#elif PY_VERSION_HEX >= 0x030A0000
    puts(".ranges)");
#else
    puts(".deltas)");
#endif
}
