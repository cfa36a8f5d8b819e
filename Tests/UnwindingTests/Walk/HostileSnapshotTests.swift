import Foundation
import ProfileModel
import Testing

@testable import Unwinding

/// Whatever a process shows, unwinding returns, within its bounds.
@Suite struct HostileSnapshotTests {
    /// `push rbp; mov rbp, rsp; call -5; …`: each call goes to the very function.
    private static let recursiveCode: [UInt8] = [0x55, 0x48, 0x89, 0xe5, 0xe8, 0xf7, 0xff, 0xff, 0xff, 0x5d, 0xc3]

    @Test func `A forged chain of a million frame pointers ends at the limit`() throws {
        let count: UInt64 = 1_000_000
        let words = (0..<count).flatMap { [ForgedObject.stack + 16 * ($0 + 1), ForgedObject.address(9)] }
        let object = try ForgedObject(code: Self.recursiveCode)
        let snapshot = ForgedObject.snapshot(at: 9, stack: words, framePointer: ForgedObject.stack)
        #expect(try object.unwind(snapshot, frameLimit: 512).ending == .truncated(.frameLimit(512)))
        #expect(try object.unwind(snapshot, frameLimit: 50_000).frames.count == 50_000)
    }

    @Test func `A frame pointer that points to itself is followed no further`() throws {
        let object = try ForgedObject(code: Self.recursiveCode)
        let words = [ForgedObject.stack, ForgedObject.address(9), 0, 0]
        let stack = try object.unwind(ForgedObject.snapshot(at: 9, stack: words, framePointer: ForgedObject.stack))
        #expect(stack.frames.count <= 2)
        #expect(stack.ending != .rootReached)
    }

    @Test func `Without a stack there is the leaf alone`() throws {
        for frames in [[], ForgedObject.frames([])] {
            let snapshot = ForgedObject.snapshot(at: 16, stack: [], framePointer: ForgedObject.stack)
            let code = [UInt8](repeating: 0x90, count: 32) + [0xc3]
            let stack = try ForgedObject(code: code, frames: frames).unwind(snapshot)
            #expect(stack.frames.count == 1)
            let slot = Address(rawValue: ForgedObject.stack)
            #expect(stack.ending == .truncated(.unreadableMemory(slot)))
        }
    }

    @Test func `A frame pointer of zero is no end of a stack whose code is unknown`() throws {
        var registers = NativeRegisters()
        for name in NativeRegisters.Name.allCases { registers[name] = 0 }
        registers.programCounter = Address(rawValue: 0x7000_0000)
        registers.stackPointer = Address(rawValue: ForgedObject.stack)
        let stack = try ForgedObject().unwind(ForgedObject.snapshot(registers, stack: [1, 2, 3]))
        #expect(stack.ending != .rootReached)
    }

    @Test(arguments: [0, 1, .max] as [UInt64])
    func `A jump to nowhere leaves the leaf alone`(target: UInt64) throws {
        var registers = NativeRegisters()
        for name in NativeRegisters.Name.allCases { registers[name] = ForgedObject.stack }
        registers.programCounter = Address(rawValue: target)
        let stack = try ForgedObject().unwind(ForgedObject.snapshot(registers, stack: [1, 2, 3]))
        #expect(stack.frames.count == 1)
        #expect(stack.ending != .rootReached)
    }

    @Test func `Without registers there is no stack`() throws {
        let stack = try ForgedObject().unwind(ForgedObject.snapshot(NativeRegisters(), stack: [1, 2, 3]))
        #expect(stack.frames.isEmpty)
        #expect(stack.ending == .truncated(.unknownRegister(at: Address(rawValue: 0))))
    }

    @Test(arguments: [.max, .max - 7, .max - 15, 1 << 63, 0xffe0_0000_0000_0000, 0xffe0_0000_0000_0008, 0] as [UInt64])
    func `Wild stack and frame pointers are harmless`(pointer: UInt64) throws {
        for frames in [[], ForgedObject.frames([]), ForgedObject.frames([0x0c, 6, 16])] {
            var registers = NativeRegisters()
            for name in NativeRegisters.Name.allCases { registers[name] = pointer }
            registers.programCounter = Address(rawValue: ForgedObject.address(16))
            let stack = try ForgedObject(frames: frames).unwind(ForgedObject.snapshot(registers, stack: [1, 2]))
            #expect(stack.frames.count < 4)
        }
    }

    @Test(arguments: SnapshotCase.all.map(\.name))
    func `Flipped bits in files and stacks are harmless`(name: String) throws {
        let recorded = try RecordedSnapshot(named: name)
        var numbers = SeededNumbers(seed: 17)
        var unwound = 0
        for _ in 0..<25 {
            let damaged = recorded.damaged(using: &numbers)
            // A file may be damaged so much that it is refused.
            guard let space = try? damaged.addressSpace() else { continue }
            unwound += 1
            let unwinder = try Unwinder(addressSpace: space, tables: UnwindTableCache())
            for _ in 0..<2 { #expect(unwinder.unwind(damaged.snapshot).frames.count <= 512) }
        }
        #expect(unwound > 0)
    }

    @Test func `Random bytes are harmless as call frame information`() throws {
        var numbers = SeededNumbers(seed: 23)
        for _ in 0..<200 {
            let instructions = (0..<Int.random(in: 0..<80, using: &numbers)).map { _ in
                UInt8.random(in: 0...255, using: &numbers)
            }
            let object = try ForgedObject(frames: ForgedObject.frames(instructions))
            let words = (0..<64).map { _ in ForgedObject.address(.random(in: 0..<256, using: &numbers)) }
            #expect(try object.unwind(ForgedObject.snapshot(at: 0x40, stack: words)).frames.count <= 512)
            let random = try ForgedObject(frames: instructions)
            #expect(try random.unwind(ForgedObject.snapshot(at: 0x40, stack: words)).frames.count <= 512)
        }
    }
}

extension RecordedSnapshot {
    /// The same with some bits flipped, in each part of each file and in the stack.
    fileprivate func damaged(using numbers: inout SeededNumbers) -> RecordedSnapshot {
        var files: [File] = []
        for file in self.files {
            var parts: [Bytes] = []
            for part in file.parts {
                // Without its headers it is no object file, which other tests are for.
                let isHeader = part.at == "0x0"
                parts.append(isHeader ? part : part.damaged(using: &numbers))
            }
            files.append(File(path: file.path, size: file.size, parts: parts))
        }
        return RecordedSnapshot(
            registers: registers, stack: stack.damaged(using: &numbers), mappings: mappings, files: files,
            frames: frames, ending: ending)
    }
}

extension RecordedSnapshot.Bytes {
    fileprivate func damaged(using numbers: inout SeededNumbers) -> RecordedSnapshot.Bytes {
        var bytes = [UInt8](base64)
        for _ in 0..<Int.random(in: 0...4, using: &numbers) where !bytes.isEmpty {
            bytes[Int.random(in: 0..<bytes.count, using: &numbers)] ^= 1 << UInt8.random(in: 0..<8, using: &numbers)
        }
        return RecordedSnapshot.Bytes(at: at, base64: Data(bytes))
    }
}
