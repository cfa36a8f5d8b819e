/// How one build of CPython lays out its objects: offsets in bytes, for x86-64.
///
/// There are tables by minor version (`CPythonObjectTables.swift`), of what tools/lib/cpython-layouts/objects.c prints.
package struct CPythonObjectLayout: Hashable, Sendable {
    /// `ob_type`.
    package let type: Int
    /// `ob_size`, of objects of variable size.
    package let size: Int
    package let text: Text
    /// Where the contents of a bytes object begin (`ob_sval`).
    package let bytes: Int
    package let integer: Integer
    /// `ob_fval`.
    package let float: Int
    /// The pointer to a list's elements (`ob_item`).
    package let list: Int
    /// Where a tuple's elements begin (`ob_item`).
    package let tuple: Int
    package let dictionary: Dictionary
    package let keys: Keys
    package let set: Set
    package let typeObject: TypeObject
    package let managedDictionary: ManagedDictionary?
    /// The dictionary of a module (`md_dict`).
    package let module: Int
    /// What a weak reference refers to (`wr_object`).
    package let weakReference: Int
    package let lineTable: CPythonLineTable.Format

    /// Of a str that is one block of memory: PyASCIIObject, PyCompactUnicodeObject.
    package struct Text: Hashable, Sendable {
        package let length: Int
        package let state: Int
        /// The lowest of the three bits of `state` that are the bytes of a character; `compact` and `ascii` follow.
        package let kindBit: Int
        /// Where the characters begin if all are ASCII.
        package let asciiCharacters: Int
        /// Where they begin otherwise.
        package let characters: Int
    }

    /// Of PyLongObject, whose digits have 30 bits.
    package struct Integer: Hashable, Sendable {
        package let digits: Int
        /// The sign is in two bits of the word before the digits, and their number above the third (3.12 and later).
        ///
        /// Before, that word is their number, negative for a negative int.
        package let isTagged: Bool
    }

    /// Of PyDictObject.
    package struct Dictionary: Hashable, Sendable {
        package let keys: Int
        /// The values, where the keys are shared with other dictionaries.
        package let values: Int
        /// Where the first value is from the pointer to them.
        package let firstValue: Int
    }

    /// Of PyDictKeysObject.
    package struct Keys: Hashable, Sendable {
        package let tableSize: TableSize
        /// How many entries are in use or were (`dk_nentries`).
        package let entryCount: Int
        /// Where the hash table begins (`dk_indices`), behind which the entries are.
        package let indices: Int
    }

    package enum TableSize: Hashable, Sendable {
        /// The number of its places (`dk_size`); that decides how many bytes each has (up to 3.10).
        case count(Int)
        /// A byte each: the logarithms of its places and of its bytes, and whether the entries have hashes (zero) or not.
        case logarithms(places: Int, bytes: Int, kind: Int)
    }

    /// Of PySetObject.
    package struct Set: Hashable, Sendable {
        /// The number of its places less one.
        package let mask: Int
        package let table: Int
    }

    /// Of PyTypeObject and PyHeapTypeObject.
    package struct TypeObject: Hashable, Sendable {
        package let name: Int
        package let basicSize: Int
        package let itemSize: Int
        package let flags: Int
        package let dictionary: Int
        package let dictionaryOffset: Int
        /// The keys that instances share (`ht_cached_keys`).
        package let cachedKeys: Int
    }

    /// Where instances with `Py_TPFLAGS_MANAGED_DICT` have their attributes: from the object's address.
    package enum ManagedDictionary: Hashable, Sendable {
        /// A pointer to values, or else one to a dictionary (3.11).
        case separate(values: Int, dictionary: Int)
        /// One pointer, to values if it is odd: one less than their address (3.12).
        case tagged(Int)
        /// A pointer to a dictionary; or else the values follow the object (3.13 and later): whether they do is the byte
        /// `valid` of them.
        case inline(dictionary: Int, valid: Int)
    }
}
