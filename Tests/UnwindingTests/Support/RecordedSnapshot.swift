import Foundation
import ObjectFiles
import ProfileModel
import Synchronization
import TestSupport
import Unwinding

/// A snapshot with all that unwinding it needs, and the stack that gdb showed when it was recorded.
///
/// `tools/record-snapshots` writes them again.
struct RecordedSnapshot: Codable {
    struct Bytes: Codable {
        let at: String
        let base64: Data
    }

    struct File: Codable {
        let path: String
        let size: Int
        /// What is read of it; the rest is taken as zero.
        let parts: [Bytes]
    }

    struct MappedRange: Codable {
        let start: String
        let end: String
        let permissions: String
        let fileOffset: String
        /// A path of `files`, or the kernel's name of the range.
        let backing: String
    }

    /// By lower-case name; those that are missing are not known.
    let registers: [String: String]
    let stack: Bytes
    let mappings: [MappedRange]
    let files: [File]
    /// Each address with its module, and gdb's name of the function.
    let frames: [String]
    let ending: String
}

extension RecordedSnapshot {
    static let directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Snapshots")

    init(named name: String) throws {
        let file = Self.directory.appending(path: "\(name).json")
        self = try JSONDecoder().decode(Self.self, from: try Data(contentsOf: file))
    }

    func write(named name: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(self).write(to: Self.directory.appending(path: "\(name).json"))
    }

    /// The frames without gdb's names.
    var addresses: [String] { frames.map { $0.split(separator: " ").prefix(2).joined(separator: " ") } }

    var snapshot: StackSnapshot {
        var known = NativeRegisters()
        for name in NativeRegisters.Name.allCases { known[name] = registers["\(name)"].flatMap(Self.number) }
        let window = StackWindow(
            base: Address(rawValue: Self.number(stack.at) ?? 0), bytes: [UInt8](stack.base64))
        return StackSnapshot(
            process: ProcessID(rawValue: 1), thread: ThreadID(rawValue: 1), registers: known, stack: window)
    }

    func addressSpace() throws -> AddressSpaceMap {
        var objects: [String: ObjectFile] = [:]
        for (index, file) in files.enumerated() {
            var image = [UInt8](repeating: 0, count: file.size)
            for part in file.parts {
                let start = Int(Self.number(part.at) ?? 0)
                image.replaceSubrange(start..<start + part.base64.count, with: part.base64)
            }
            let id = ObjectID(rawValue: UInt32(index + 1))
            objects[file.path] = try ObjectFile(id: id, path: file.path, image: image)
        }
        return AddressSpaceMap(mappings.map { $0.mapping(objects) })
    }

    fileprivate static func number(_ text: String) -> UInt64? { UInt64(text.dropFirst(2), radix: 16) }
}

extension RecordedSnapshot.MappedRange {
    fileprivate func mapping(_ objects: [String: ObjectFile]) -> Mapping {
        let backing: MappingBacking =
            switch self.backing {
            case "[vdso]": .vdso(objects[self.backing])
            case "[stack]": .stack
            case "": .anonymous
            default:
                .file(path: self.backing, objects[self.backing])
            }
        return Mapping(
            start: Address(rawValue: RecordedSnapshot.number(start) ?? 0),
            end: Address(rawValue: RecordedSnapshot.number(end) ?? 0),
            isReadable: permissions.contains("r"), isWritable: permissions.contains("w"),
            isExecutable: permissions.contains("x"), fileOffset: RecordedSnapshot.number(fileOffset) ?? 0,
            backing: backing)
    }
}

// MARK: - Recording

extension RecordedSnapshot {
    /// Unwinds what was observed from copies of the files, and keeps what that reads of them.
    init(of observed: Observed) throws {
        let recorded = try Recording(observed)
        let used = observed.snapshot.stack.bytes.prefix(recorded.usedStackSize)
        registers = Dictionary(
            uniqueKeysWithValues: NativeRegisters.Name.allCases.compactMap { name in
                observed.snapshot.registers[name].map { ("\(name)", hexadecimal($0)) }
            })
        stack = Bytes(at: hexadecimal(observed.snapshot.stack.base.rawValue), base64: Data(used))
        mappings = recorded.mappings
        files = recorded.files
        frames = observed.truth.enumerated().map { index, frame in
            let kind = observed.stack.frames[index].address
            return StackText.line(kind.replacingValue(by: frame.address), in: observed.program.addressSpace)
                + " " + frame.function
        }
        ending = StackText.ending(observed.stack.ending)
    }
}

extension FrameAddress {
    fileprivate func replacingValue(by value: UInt64) -> FrameAddress {
        switch self {
        case .programCounter: .programCounter(Address(rawValue: value))
        case .returnAddress: .returnAddress(Address(rawValue: value))
        }
    }
}

/// Unwinds once more over copies of the object files that note what is read.
private struct Recording {
    let mappings: [RecordedSnapshot.MappedRange]
    let files: [RecordedSnapshot.File]
    let usedStackSize: Int

    init(_ observed: Observed) throws {
        var copies: [String: Copy] = [:]
        var mappings: [Mapping] = []
        for mapping in observed.program.addressSpace.mappings where Self.isNeeded(mapping, for: observed) {
            guard let object = mapping.backing.object else {
                mappings.append(mapping)
                continue
            }
            let copy = try copies[object.path] ?? Copy(of: object, id: copies.count + 1, mapping, observed.program.id)
            copies[object.path] = copy
            mappings.append(mapping.replacingObject(by: copy.object))
        }
        let space = AddressSpaceMap(mappings)
        let unwinder = try Unwinder(addressSpace: space, tables: UnwindTableCache())
        _ = unwinder.unwind(observed.snapshot)
        let read = copies.filter { !$0.value.log.ranges.isEmpty }
        files = read.sorted { $0.key < $1.key }.map { $0.value.file }
        self.mappings = mappings.filter { mapping in
            mapping.backing.object.map { read[$0.path] != nil } ?? true
        }.map(\.recorded)
        usedStackSize = Self.usedStackSize(observed.snapshot, of: unwinder)
    }

    /// How much of the stack gives the same result as all of it.
    private static func usedStackSize(_ snapshot: StackSnapshot, of unwinder: Unwinder) -> Int {
        let whole = unwinder.unwind(snapshot)
        var (tooLittle, enough) = (0, snapshot.stack.bytes.count)
        while enough - tooLittle > 8 {
            let size = (tooLittle + enough) / 2
            if unwinder.unwind(snapshot.withStack(of: size)) == whole { enough = size } else { tooLittle = size }
        }
        return enough
    }

    /// Code, and the stack.
    private static func isNeeded(_ mapping: Mapping, for observed: Observed) -> Bool {
        mapping.isExecutable && mapping.backing.object != nil || mapping.contains(observed.snapshot.stack.base)
    }
}

/// A copy of a file that notes what is read of it.
private struct Copy {
    let object: ObjectFile
    let log = ReadLog()
    private let image: [UInt8]

    init(of object: ObjectFile, id: Int, _ mapping: Mapping, _ process: ProcessID) throws {
        if case .vdso = mapping.backing {
            let size = Int(mapping.end.rawValue - mapping.start.rawValue)
            image = ProcessCode(of: process).bytes(at: mapping.start, count: size)
        } else {
            image = [UInt8](try Data(contentsOf: URL(filePath: object.path)))
        }
        self.object = try ObjectFile(
            id: ObjectID(rawValue: UInt32(id)), path: object.path, image: image, observer: log)
    }

    var file: RecordedSnapshot.File {
        let parts = (headers + log.ranges.map { Int($0.lowerBound)..<Int($0.upperBound) }).merged(within: image.count)
        return RecordedSnapshot.File(
            path: object.path.withoutCheckout, size: image.count,
            parts: parts.map { .init(at: hexadecimal(UInt64($0.lowerBound)), base64: Data(image[$0])) })
    }

    /// The ELF header, the program headers, the section headers and the sections' names (elf(5)).
    private var headers: [Range<Int>] {
        let sections = number(at: 0x28, size: 8)
        let sectionSize = number(at: 0x3a, size: 2)
        let names = sections + sectionSize * number(at: 0x3e, size: 2)
        let nameStart = number(at: names + 0x18, size: 8)
        return [
            0..<64,
            number(at: 0x20, size: 8)..<number(at: 0x20, size: 8) + number(at: 0x36, size: 2)
                * number(at: 0x38, size: 2),
            sections..<sections + sectionSize * number(at: 0x3c, size: 2),
            nameStart..<nameStart + number(at: names + 0x20, size: 8),
        ]
    }

    private func number(at offset: Int, size: Int) -> Int {
        guard offset + size <= image.count else { return 0 }
        return image[offset..<offset + size].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}

private final class ReadLog: ReadObserver {
    private let noted = Mutex<[Range<UInt64>]>([])

    var ranges: [Range<UInt64>] { noted.withLock { $0 } }

    func willRead(_ range: Range<UInt64>) { noted.withLock { $0.append(range) } }
}

extension [Range<Int>] {
    /// The same numbers in ascending ranges that don't touch.
    fileprivate func merged(within limit: Int) -> [Range<Int>] {
        var merged: [Range<Int>] = []
        for range in sorted(by: { $0.lowerBound < $1.lowerBound }) {
            let part = range.clamped(to: 0..<limit)
            if let last = merged.last, part.lowerBound <= last.upperBound + 16 {
                merged[merged.count - 1] = last.lowerBound..<Swift.max(last.upperBound, part.upperBound)
            } else if !part.isEmpty {
                merged.append(part)
            }
        }
        return merged
    }
}

extension String {
    /// A test program's path, the same wherever the checkout is.
    fileprivate var withoutCheckout: String {
        let programs = Locations.testPrograms.path + "/"
        return hasPrefix(programs) ? "/srv/test-programs/" + dropFirst(programs.count) : self
    }
}

extension StackSnapshot {
    fileprivate func withStack(of size: Int) -> StackSnapshot {
        StackSnapshot(
            process: process, thread: thread, registers: registers,
            stack: StackWindow(base: stack.base, bytes: Array(stack.bytes.prefix(size))))
    }
}

extension Mapping {
    fileprivate func replacingObject(by object: ObjectFile) -> Mapping {
        let backing: MappingBacking =
            if case .vdso = backing { .vdso(object) } else { .file(path: object.path, object) }
        return Mapping(
            start: start, end: end, isReadable: isReadable, isWritable: isWritable, isExecutable: isExecutable,
            fileOffset: fileOffset, backing: backing)
    }

    fileprivate var recorded: RecordedSnapshot.MappedRange {
        let name =
            switch backing {
            case .file(let path, _), .plainFile(let path, _): path.withoutCheckout
            case .vdso: "[vdso]"
            case .stack: "[stack]"
            case .heap, .anonymous, .named: ""
            }
        let permissions = (isReadable ? "r" : "-") + (isWritable ? "w" : "-") + (isExecutable ? "x" : "-")
        return RecordedSnapshot.MappedRange(
            start: hexadecimal(start.rawValue), end: hexadecimal(end.rawValue), permissions: permissions,
            fileOffset: hexadecimal(fileOffset), backing: name)
    }
}
