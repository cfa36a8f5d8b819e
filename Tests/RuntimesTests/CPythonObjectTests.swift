internal import ProfileModel
internal import SystemSupport
internal import Testing

@testable internal import Runtimes

@Suite("Objects of CPython", .enabled(if: !Interpreter.all.isEmpty, "no CPython is installed"))
struct CPythonObjectTests {
    /// What an interpreter knows of its own objects: addresses, and pairs of an address with what is there.
    private struct Facts: Decodable {
        let instances: [String: Pair<UInt64, [Pair<String, UInt64>]>]
        let dictionaries: [String: Pair<UInt64, [Pair<UInt64, UInt64>]>]
        let long: UInt64
        let last: UInt64
        let sets: [String: Pair<UInt64, [UInt64]>]
        let sequences: [String: Pair<UInt64, [UInt64]>]
        let weakSet: UInt64
        let referents: [UInt64]
        let modules: UInt64
        let threads: [Pair<UInt64, String>]
        let values: [Pair<UInt64, String>]
        let wide: UInt64
        let typeOfTypes: UInt64
    }

    @Test("attributes are those that the interpreter has", arguments: Interpreter.all)
    func readsAttributes(of interpreter: Interpreter) throws {
        let (process, facts) = try start(interpreter)
        let objects = process.objects
        try #require(!facts.instances.isEmpty)
        for (kind, instance) in facts.instances {
            let address = Address(rawValue: instance.first)
            let attributes = try objects.attributes(of: address, limit: 1000)
            let found = try attributes.map { (try objects.text(at: $0.key), $0.value.rawValue) }
            let expected = instance.second.map { ($0.first, $0.second) }
            #expect(found.count == expected.count, "\(kind)")
            #expect(Dictionary(found) { $1 } == Dictionary(expected) { $1 }, "\(kind)")
            for (name, value) in expected {
                #expect(try objects.attribute(name, of: address)?.rawValue == value, "\(kind)")
            }
            #expect(try objects.attribute("missing", of: address) == nil)
        }
    }

    @Test("dictionaries have the entries that the interpreter sees, in their order", arguments: Interpreter.all)
    func readsDictionaries(of interpreter: Interpreter) throws {
        let (process, facts) = try start(interpreter)
        try #require(!facts.dictionaries.isEmpty)
        for (kind, dictionary) in facts.dictionaries {
            let address = Address(rawValue: dictionary.first)
            let entries = try process.objects.entries(ofDictionary: address, limit: 1 << 17)
            let expected = dictionary.second.map {
                CPythonEntry(key: Address(rawValue: $0.first), value: Address(rawValue: $0.second))
            }
            #expect(entries == expected, "\(kind)")
            let some = try process.objects.entries(ofDictionary: address, limit: 2)
            #expect(some == Array(expected.prefix(some.count)), "\(kind)")
        }
        let long = Address(rawValue: facts.long)
        #expect(try process.objects.entries(ofDictionary: long, limit: 1 << 17).count == 50_000)
        #expect(try process.objects.value(of: "key49999", inDictionary: long)?.rawValue == facts.last)
        #expect(try process.objects.value(of: "key50000", inDictionary: long) == nil)
        #expect(throws: RuntimeReadError.self) {
            try process.objects.entries(ofDictionary: Address(rawValue: facts.typeOfTypes), limit: 1)
        }
    }

    @Test("sets, lists, tuples and weak sets have the elements that the interpreter sees", arguments: Interpreter.all)
    func readsElements(of interpreter: Interpreter) throws {
        let (process, facts) = try start(interpreter)
        try #require(!facts.sets.isEmpty && !facts.sequences.isEmpty)
        for (kind, set) in facts.sets {
            let elements = try process.objects.elements(ofSet: Address(rawValue: set.first), limit: 1000)
            #expect(elements.map(\.rawValue) == set.second, "\(kind)")
        }
        for (kind, sequence) in facts.sequences {
            let found = try process.objects.elements(ofSequence: Address(rawValue: sequence.first), limit: 2)
            #expect(found.elements.map(\.rawValue) == Array(sequence.second.prefix(2)), "\(kind)")
            #expect(found.count == sequence.second.count, "\(kind)")
        }
        let weak = try process.objects.elements(ofWeakSet: Address(rawValue: facts.weakSet), limit: 10)
        #expect(Set(weak.map(\.rawValue)) == Set(facts.referents))
    }

    @Test("threads have the names that threading gave them", arguments: Interpreter.all)
    func readsThreadNames(of interpreter: Interpreter) throws {
        let (process, facts) = try start(interpreter)
        try #require(facts.threads.count == 4)
        let names = try process.objects.threadNames(modules: Address(rawValue: facts.modules))
        let expected = facts.threads.map { ($0.first, PrintableText.escaped($0.second, limit: 4096)) }
        #expect(names == Dictionary(uniqueKeysWithValues: expected))
    }

    @Test("simple values are shown as Python prints them, bounded", arguments: Interpreter.all)
    func readsValues(of interpreter: Interpreter) throws {
        let (process, facts) = try start(interpreter)
        try #require(!facts.values.isEmpty)
        for value in facts.values {
            #expect(process.objects.value(at: Address(rawValue: value.first)).description == value.second)
        }
        let wide = process.objects.value(at: Address(rawValue: facts.wide)).description
        #expect(wide.count { $0 == "0" } > 100)
        let objects = wide.replacing(/… [0-9]+ more/, with: "")
        #expect(objects.count { $0 == "0" || $0 == "[" } == 200)
        #expect(wide.hasSuffix(" more], … 10 more]"))
    }

    private func start(_ interpreter: Interpreter) throws -> (process: ScriptedPython, facts: Facts) {
        let process = try ScriptedPython(interpreter, running: "objects")
        return (process, try process.facts())
    }
}

/// An array of two in JSON.
private struct Pair<First: Decodable, Second: Decodable>: Decodable {
    let first: First
    let second: Second

    init(from decoder: any Decoder) throws {
        var parts = try decoder.unkeyedContainer()
        first = try parts.decode(First.self)
        second = try parts.decode(Second.self)
    }
}
