import ObjectFiles
import ProfileModel
import Unwinding

/// An object file made for one test: code at 0x1000, `.eh_frame` at 0x2000, and no symbols.
struct ForgedObject {
    static let code: UInt64 = 0x1000
    static let frames: UInt64 = 0x2000
    /// What the loader added.
    static let bias: UInt64 = 0x7000_0000_0000
    static let stack: UInt64 = 0x7fff_0000_0000

    let addressSpace: AddressSpaceMap

    /// - Parameters:
    ///   - frames: the contents of `.eh_frame`.
    ///   - stackSize: how large the mapping of the stack is.
    ///   - otherStack: where another stack is mapped.
    init(
        code: [UInt8] = [], frames: [UInt8] = [], stackSize: UInt64 = 0x1000_0000,
        otherStack: Range<UInt64>? = nil, budget: ParsingBudget = ParsingBudget()
    ) throws {
        let image = Self.image(code: code, frames: frames)
        let object = try ObjectFile(id: ObjectID(rawValue: 1), path: "forged", image: image, budget: budget)
        let code = Mapping(
            start: Address(rawValue: Self.bias), end: Address(rawValue: Self.bias + 0x10_0000), isReadable: true,
            isWritable: false, isExecutable: true, fileOffset: 0, backing: .file(path: "forged", object))
        let stack = Mapping(
            start: Address(rawValue: Self.stack), end: Address(rawValue: Self.stack + stackSize), isReadable: true,
            isWritable: true, isExecutable: false, fileOffset: 0, backing: .stack)
        let other = otherStack.map {
            Mapping(
                start: Address(rawValue: $0.lowerBound), end: Address(rawValue: $0.upperBound), isReadable: true,
                isWritable: true, isExecutable: false, fileOffset: 0, backing: .anonymous)
        }
        addressSpace = AddressSpaceMap([code, stack] + (other.map { [$0] } ?? []))
    }

    /// The address in the process of an offset in the code.
    static func address(_ offset: UInt64) -> UInt64 { bias + code + offset }

    /// A thread at an offset in the code, with these words from the stack pointer up and all registers known.
    static func snapshot(at offset: UInt64, stack words: [UInt64], framePointer: UInt64 = 0) -> StackSnapshot {
        var registers = NativeRegisters()
        for name in NativeRegisters.Name.allCases { registers[name] = stack }
        registers.programCounter = Address(rawValue: address(offset))
        registers.framePointer = Address(rawValue: framePointer)
        return snapshot(registers, stack: words)
    }

    static func snapshot(_ registers: NativeRegisters, stack words: [UInt64]) -> StackSnapshot {
        let bytes = words.flatMap { little($0, 8) }
        return StackSnapshot(
            process: ProcessID(rawValue: 1), thread: ThreadID(rawValue: 1), registers: registers,
            stack: StackWindow(base: Address(rawValue: stack), bytes: bytes))
    }

    func unwind(_ snapshot: StackSnapshot, frameLimit: Int = 512) throws -> RawStack {
        try Unwinder(addressSpace: addressSpace, tables: UnwindTableCache(), frameLimit: frameLimit)
            .unwind(snapshot).stack
    }

    // MARK: - Call frame information

    /// A common information entry (version 1, absolute addresses) and a description of the first 256 bytes of code.
    static func frames(
        common: [UInt8] = standard, _ instructions: [UInt8], returnAddressColumn: UInt8 = 16, version: UInt8 = 1
    ) -> [UInt8] {
        let commonEntry = record(little(0, 4) + [version, 0, 1, 0x78, returnAddressColumn] + common)
        let pointer = UInt64(commonEntry.count + 4)
        return commonEntry + record(little(pointer, 4) + little(code, 8) + little(256, 8) + instructions) + little(0, 4)
    }

    /// The frame's address is `rsp + 8`, and the return address just below it.
    static let standard: [UInt8] = [0x0c, 7, 8, 0x90, 1]

    static func record(_ body: [UInt8]) -> [UInt8] { little(UInt64(body.count), 4) + body }

    static func little(_ value: UInt64, _ size: Int) -> [UInt8] {
        (0..<size).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
    }

    // MARK: - ELF

    private static func image(code: [UInt8], frames: [UInt8]) -> [UInt8] {
        // Functions are sought in all of it.
        let size = max(0x1_0000, Int(Self.frames) + frames.count)
        let names = Array("\0.eh_frame\0.shstrtab\0".utf8)
        var image = [UInt8](repeating: 0, count: size)
        image.put([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1], at: 0)
        image.put(little(3, 2) + little(62, 2) + little(1, 4), at: 16)
        image.put(little(64, 8) + little(0x200, 8), at: 32)
        image.put(little(64, 2) + little(56, 2) + little(1, 2) + little(64, 2) + little(3, 2) + little(2, 2), at: 52)
        // One segment with everything, readable and executable.
        image.put(little(1, 4) + little(5, 4), at: 64)
        image.put(little(0, 8) + little(0, 8) + little(0, 8), at: 72)
        image.put(little(UInt64(size), 8) + little(0x10_0000, 8) + little(0x1000, 8), at: 96)
        image.put(names, at: 0x180)
        image.putSection(1, name: 1, type: 1, flags: 2, address: Self.frames, size: frames.count)
        image.putSection(2, name: 11, type: 3, flags: 0, address: 0x180, size: names.count)
        image.put(code, at: Int(Self.code))
        image.put(frames, at: Int(Self.frames))
        return image
    }
}

extension [UInt8] {
    fileprivate mutating func put(_ bytes: [UInt8], at offset: Int) {
        replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }

    /// A section header (elf(5)) in the table at 0x200, of a section whose offset is its address.
    fileprivate mutating func putSection(
        _ index: Int, name: UInt64, type: UInt64, flags: UInt64, address: UInt64, size: Int
    ) {
        let little = ForgedObject.little
        let start = little(name, 4) + little(type, 4) + little(flags, 8) + little(flags == 0 ? 0 : address, 8)
        put(start + little(address, 8) + little(UInt64(size), 8), at: 0x200 + 64 * index)
    }
}

/// Numbers that look random and are the same in each run (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
