internal import ProfileModel
internal import Testing

@testable internal import Runtimes

/// Words at addresses, which a test can change.
final class ForgedWords: RuntimeMemory {
    private var words: [UInt64: UInt64] = [:]
    /// Called before each read, with where it is.
    var onRead: ((Address) -> Void)?

    func bytes(at address: Address, count: Int) -> [UInt8] {
        onRead?(address)
        return stored(at: address, count: count)
    }

    private func stored(at address: Address, count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let place = address.rawValue &+ UInt64(bytes.count)
            guard let word = words[place & ~7] else { break }
            bytes += (place & 7..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
        }
        return Array(bytes.prefix(count))
    }

    /// Writes the lowest bytes of a value.
    func put(_ value: UInt64, at address: UInt64, count: UInt64 = 8) {
        for index in 0..<count {
            let (place, shift) = ((address + index) & ~7, 8 * ((address + index) & 7))
            let byte = value >> (8 * index) & 0xFF
            words[place] = words[place, default: 0] & ~(0xFF << shift) | byte << shift
        }
    }

    func put(_ values: [UInt64], at address: UInt64) {
        for (index, value) in values.enumerated() { put(value, at: address + 8 * UInt64(index)) }
    }

    func remove(_ range: Range<UInt64>) { words = words.filter { !range.contains($0.key) } }

    /// All of it, as if it had been copied.
    func copied() -> CopiedMemory { CopiedMemory(windows()) }

    func windows(in range: Range<UInt64> = 0..<UInt64.max) -> [StackWindow] {
        words.keys.filter(range.contains).sorted().map { place in
            StackWindow(base: Address(rawValue: place), bytes: stored(at: Address(rawValue: place), count: 8))
        }.joined()
    }
}

extension [StackWindow] {
    /// Windows that touch each other as one.
    fileprivate func joined() -> [StackWindow] {
        var joined: [StackWindow] = []
        for window in self {
            if let last = joined.last, last.end == window.base {
                joined[joined.count - 1] = StackWindow(base: last.base, bytes: last.bytes + window.bytes)
            } else {
                joined.append(window)
            }
        }
        return joined
    }
}

/// The structures of one thread of an interpreter, made for a test.
struct ForgedInterpreter {
    static let thread: UInt64 = 0x10_0000
    static let code: UInt64 = 0x20_0000

    let layout: CPythonLayout
    let memory = ForgedWords()

    init(_ layout: CPythonLayout) { self.layout = layout }

    /// The layout of 3.8, 3.11, 3.12 or 3.13.
    init(minor: Int) throws {
        let version = CPythonVersion(3, minor, 2)
        let known = CPythonLayout.known(for: version)
        let published = CPythonMeasuredLayout.all.first { $0.version.minor == minor && !$0.version.isFreeThreaded }
        layout = try #require(known ?? published?.layout)
    }

    /// What leads to the innermost frame, or from 3.11 to 3.12 to the innermost control frame.
    func putHead(_ pointer: UInt64, ofThread thread: UInt64 = Self.thread) {
        memory.put(pointer, at: thread + UInt64(layout.thread.frames.offset))
    }

    /// A `_PyCFrame` (3.11 and 3.12).
    func putControl(at address: UInt64, frame: UInt64, previous: UInt64) {
        guard case .controlFrame(_, let currentOffset, let previousOffset) = layout.thread.frames else { return }
        memory.put(frame, at: address + UInt64(currentOffset))
        memory.put(previous, at: address + UInt64(previousOffset))
    }

    /// - Parameter marks: whether it is the mark of a loop (3.12 and later), or the outermost function of one (3.11).
    func putFrame(
        at address: UInt64, code: UInt64 = Self.code, instruction: UInt64 = 0, previous: UInt64, marks: Bool = false
    ) {
        let fields = layout.frame
        memory.put([UInt64](repeating: 0, count: fields.byteCount / 8), at: address)
        memory.put(previous, at: address + UInt64(fields.previous))
        memory.put(code, at: address + UInt64(fields.code))
        switch fields.instruction {
        case .index(let offset, _): memory.put(instruction, at: address + UInt64(offset), count: 4)
        case .pointer(let offset): memory.put(instruction, at: address + UInt64(offset))
        }
        switch fields.entry {
        case .each: break
        case .controlFrame(let isEntry): memory.put(marks ? 1 : 0, at: address + UInt64(isEntry), count: 1)
        case .owner(let offset, let loop):
            memory.put(marks ? UInt64(loop) : 0, at: address + UInt64(offset), count: 1)
        }
    }

    /// A chain of frames in the order given, innermost first; those of `marks` are marked.
    func putFrames(_ addresses: [UInt64], marks: Set<UInt64> = []) {
        for (index, address) in addresses.enumerated() {
            putFrame(
                at: address, previous: index + 1 < addresses.count ? addresses[index + 1] : 0,
                marks: marks.contains(address))
        }
    }

    func chain(ofThread thread: UInt64 = Self.thread) -> CPythonChain? {
        CPythonChain(of: Address(rawValue: thread), layout, in: memory.copied())
    }
}

extension CPythonChain {
    /// The addresses of each loop's functions.
    var functions: [[UInt64]] { loops.map { $0.functions.map(\.address.rawValue) } }
    var anchors: [UInt64?] { loops.map { $0.anchor?.rawValue } }
}
