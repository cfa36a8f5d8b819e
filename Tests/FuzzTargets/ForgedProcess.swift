import ObjectFiles
import ProfileModel
import Unwinding

/// A process with one object file, which has code at 0x1000 and frame descriptions behind it, and a stack.
struct ForgedProcess {
    enum FrameSection: String {
        case exception = ".eh_frame"
        case debug = ".debug_frame"
        case go = ".gopclntab"
    }

    static let codeAddress: UInt64 = 0x1000
    private static let framesAddress: UInt64 = 0x2000
    private static let imageSize = 0x3000
    private static let bias: UInt64 = 0x7000_0000_0000
    private static let stackAddress: UInt64 = 0x7fff_0000_0000

    private let addressSpace: AddressSpaceMap
    private let object: ObjectFile

    /// - Parameters:
    ///   - code: no more than 4 KiB.
    ///   - frames: the contents of a section, no more than 4 KiB.
    init?(code: [UInt8], frames: [UInt8], in section: FrameSection) {
        let image = Self.image(code: code, frames: frames, in: section)
        guard let object = try? ObjectFile(id: ObjectID(rawValue: 1), path: "/forged", image: image) else { return nil }
        self.object = object
        addressSpace = AddressSpaceMap([
            Mapping(
                start: Address(rawValue: Self.bias), end: Address(rawValue: Self.bias + UInt64(Self.imageSize)),
                isReadable: true, isWritable: false, isExecutable: true, fileOffset: 0,
                backing: .file(path: "/forged", object)),
            Mapping(
                start: Address(rawValue: Self.stackAddress), end: Address(rawValue: Self.stackAddress + 0x1000),
                isReadable: true, isWritable: true, isExecutable: false, fileOffset: 0, backing: .stack),
        ])
    }

    /// How much of a thread's registers is known.
    enum KnownRegisters {
        case all
        /// As of a sleeping thread: the stack pointer and the program counter.
        case two
    }

    /// The stack of a thread; every further unwinding of it gives the same, whatever is cached.
    ///
    /// - Parameters:
    ///   - offset: the program counter's, in the code.
    ///   - words: each a byte: below 0x80 an offset in the code, from there on one of eight bytes in the stack.
    func unwind(at offset: UInt8, stack words: some Collection<UInt8>, framePointer: UInt8, known: KnownRegisters) {
        var registers = NativeRegisters()
        if case .all = known {
            for name in NativeRegisters.Name.allCases { registers[name] = Self.stackAddress }
            registers[.rbp] = Self.word(framePointer)
        }
        registers[.rip] = Self.bias + Self.codeAddress + UInt64(offset)
        registers[.rsp] = Self.stackAddress
        let stack = StackWindow(
            base: Address(rawValue: Self.stackAddress), bytes: words.flatMap { little(Self.word($0), 8) })
        let snapshot = StackSnapshot(
            process: ProcessID(rawValue: 1), thread: ThreadID(rawValue: 1), registers: registers, stack: stack)
        guard let unwinder = try? Unwinder(addressSpace: addressSpace, tables: UnwindTableCache(), frameLimit: 64)
        else { return }
        let first = unwinder.unwind(snapshot)
        precondition(first.frames.count <= 64)
        precondition(unwinder.unwind(snapshot) == first)
    }

    /// Reads the name of the function around each byte of the code.
    func readNames(of count: Int) {
        for offset in 0..<UInt64(count) {
            _ = object.symbol(containing: FileAddress(rawValue: Self.codeAddress + offset))
        }
    }

    private static func word(_ byte: UInt8) -> UInt64 {
        byte < 0x80 ? bias + codeAddress + UInt64(byte) : stackAddress + 8 * UInt64(byte - 0x80)
    }

    // MARK: - ELF

    private static func image(code: [UInt8], frames: [UInt8], in section: FrameSection) -> [UInt8] {
        let names = Array("\0\(section.rawValue)\0.shstrtab\0".utf8)
        var image = [UInt8](repeating: 0, count: imageSize)
        image.put([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1], at: 0)
        image.put(little(3, 2) + little(62, 2) + little(1, 4), at: 16)
        image.put(little(64, 8) + little(0x200, 8), at: 32)
        image.put(little(64, 2) + little(56, 2) + little(1, 2) + little(64, 2) + little(3, 2) + little(2, 2), at: 52)
        // One segment with everything, readable and executable.
        image.put(little(1, 4) + little(5, 4), at: 64)
        image.put(little(UInt64(imageSize), 8) + little(UInt64(imageSize), 8) + little(0x1000, 8), at: 96)
        image.put(names, at: 0x180)
        image.putSection(1, name: 1, type: 1, flags: 2, address: framesAddress, size: frames.count)
        image.putSection(
            2, name: section.rawValue.utf8.count + 2, type: 3, flags: 0, address: 0x180, size: names.count)
        image.put(code, at: Int(codeAddress))
        image.put(frames, at: Int(framesAddress))
        return image
    }

    // MARK: - Call frame information

    /// A common information entry (version 1, absolute addresses), and a description of `length` bytes of the code.
    static func frames(_ instructions: [UInt8], covering length: Int) -> [UInt8] {
        // The frame's address is `rsp + 8`, and the return address just below it.
        let common = record(little(0, 4) + [1, 0, 1, 0x78, 16] + [0x0c, 7, 8, 0x90, 1])
        let description = little(UInt64(common.count + 4), 4) + little(codeAddress, 8) + little(UInt64(length), 8)
        return common + record(description + instructions) + little(0, 4)
    }

    // MARK: - Go's table of functions

    /// A table (of Go 1.20) that has one function, of `length` bytes.
    static func goFunctions(_ depths: [UInt8], covering length: Int) -> [UInt8] {
        let (names, functions, depthsStart): (UInt64, UInt64, UInt64) = (72, 80, 136)
        let header = little(0xffff_fff1, 4) + [0, 0, 1, 8] + little(1, 8) + little(0, 8) + little(codeAddress, 8)
        let offsets = [names, 0, 0, depthsStart, functions].flatMap { little($0, 8) }
        let index = little(0, 4) + little(12, 4) + little(UInt64(length), 4)
        // Its start, its name, two fields, where its depths are from the start of all, and what isn't read.
        let record = [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0].flatMap { little($0, 4) }
        return header + offsets + Array("main.f\0\0".utf8) + index + record + [0] + depths
    }

    private static func record(_ body: [UInt8]) -> [UInt8] { little(UInt64(body.count), 4) + body }
}

/// The lowest `size` bytes of a number, little-endian.
private func little(_ value: UInt64, _ size: Int) -> [UInt8] {
    (0..<size).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
}

extension [UInt8] {
    fileprivate mutating func put(_ bytes: [UInt8], at offset: Int) {
        let bytes = bytes.prefix(count - offset)
        replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }

    /// A section header (elf(5)) in the table at 0x200, of a section whose offset is its address.
    fileprivate mutating func putSection(
        _ index: Int, name: Int, type: UInt64, flags: UInt64, address: UInt64, size: Int
    ) {
        put(little(UInt64(name), 4) + little(type, 4) + little(flags, 8), at: 0x200 + 64 * index)
        put(little(address, 8) + little(address, 8) + little(UInt64(size), 8), at: 0x210 + 64 * index)
    }
}
