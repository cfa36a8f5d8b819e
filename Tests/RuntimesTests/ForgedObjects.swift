internal import ProfileModel
internal import Testing

@testable internal import Runtimes

/// Objects of an interpreter, made for a test.
final class ForgedObjects {
    let memory: ForgedWords
    let layout: CPythonObjectLayout
    private var types: [String: UInt64] = [:]
    private var next: UInt64 = 0x100_0000

    init(_ version: CPythonVersion, in memory: ForgedWords) throws {
        layout = try #require(CPythonObjectLayout(version))
        self.memory = memory
    }

    /// Zeros, behind which nothing is.
    func allocate(_ count: Int) -> UInt64 {
        defer { next += (UInt64(count) + 64) & ~15 }
        memory.put([UInt64](repeating: 0, count: (count + 7) / 8), at: next)
        return next
    }

    private func type(_ name: String, _ flags: CPythonType.Flags) -> UInt64 {
        if let known = types[name] { return known }
        let fields = layout.typeObject
        let type = allocate(fields.dictionaryOffset + 8)
        let text = allocate(name.utf8.count + 16)
        for (index, byte) in name.utf8.enumerated() { memory.put(UInt64(byte), at: text + UInt64(index), count: 1) }
        memory.put(text, at: type + UInt64(fields.name))
        memory.put(flags.union(.ready).rawValue, at: type + UInt64(fields.flags))
        types[name] = type
        return type
    }

    private func object(_ name: String, _ flags: CPythonType.Flags = [], size: Int, count: Int = 0) -> UInt64 {
        let object = allocate(size)
        memory.put(type(name, flags), at: object + UInt64(layout.type))
        memory.put(UInt64(count), at: object + UInt64(layout.size))
        return object
    }

    /// Of ASCII characters.
    func text(_ text: String) -> UInt64 {
        let fields = layout.text
        let object = object("str", .text, size: fields.asciiCharacters + text.utf8.count + 8)
        memory.put(UInt64(text.utf8.count), at: object + UInt64(fields.length))
        memory.put(0b11001 << UInt64(fields.kindBit), at: object + UInt64(fields.state), count: 4)
        for (index, byte) in text.utf8.enumerated() {
            memory.put(UInt64(byte), at: object + UInt64(fields.asciiCharacters + index), count: 1)
        }
        return object
    }

    func tuple(_ elements: [UInt64]) -> UInt64 {
        let object = object(
            "tuple", .tuple, size: layout.tuple + 8 * elements.count, count: elements.count)
        memory.put(elements, at: object + UInt64(layout.tuple))
        return object
    }

    func names(_ names: [String]) -> UInt64 { tuple(names.map(text)) }

    func bytes(_ bytes: [UInt8]) -> UInt64 {
        let object = object("bytes", .bytes, size: layout.bytes + bytes.count + 8, count: bytes.count)
        for (index, byte) in bytes.enumerated() {
            memory.put(UInt64(byte), at: object + UInt64(layout.bytes + index), count: 1)
        }
        return object
    }

    func float(_ value: Double) -> UInt64 {
        let object = object("float", size: layout.float + 8)
        memory.put(value.bitPattern, at: object + UInt64(layout.float))
        return object
    }

    /// - Parameter content: 0 for an empty one.
    func cell(_ content: UInt64) -> UInt64 {
        let object = object("cell", size: layout.type + 24)
        memory.put(content, at: object + UInt64(layout.type) + 8)
        return object
    }
}
