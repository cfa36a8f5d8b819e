import ProfileModel
import Testing
import Unwinding

/// Frames that are larger than what was copied of their stack.
@Suite struct LargeFrameTests {
    /// `call -5`: each call goes to the very function; then `call rax; call +0x7fffff00`, to where no code is.
    private static let code: [UInt8] = [0xe8, 0xfb, 0xff, 0xff, 0xff, 0xff, 0xd0, 0xe8, 0, 0xff, 0xff, 0x7f]
    private static let stack = ForgedObject.stack
    /// Of each frame.
    private static let size: UInt64 = 0x10_0000

    private static func frames(_ size: UInt64 = size) -> [UInt8] {
        var (rest, encoded): (UInt64, [UInt8]) = (size, [])
        repeat {
            encoded.append(UInt8(rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
            rest >>= 7
        } while rest > 0
        return ForgedObject.frames([0x0e] + encoded)
    }

    private func unwind(
        _ windows: [StackWindow], copied: Int = 65536, size: UInt64 = size, stackSize: UInt64 = 0x1000_0000
    ) throws -> UnwoundStack {
        let object = try ForgedObject(code: Self.code, frames: Self.frames(size), stackSize: stackSize)
        let leaf = ForgedObject.snapshot(at: 5, stack: [UInt64](repeating: 0, count: copied / 8))
        let snapshot = StackSnapshot(
            process: leaf.process, thread: leaf.thread, registers: leaf.registers, stack: leaf.stack, windows: windows)
        return try Unwinder(addressSpace: object.addressSpace, tables: UnwindTableCache()).unwind(snapshot)
    }

    /// A copy around the return address of the frame with this number, leaf first.
    private func window(
        _ number: UInt64, returningTo offset: UInt64? = 5, count: Int = 4096, size: UInt64 = size
    ) -> StackWindow {
        let slot = Self.stack + (number + 1) * size - 8
        let words = (0..<count / 8).map { $0 == 64 ? offset.map(ForgedObject.address) ?? 0 : 1 }
        return StackWindow(
            base: Address(rawValue: slot - 512), bytes: words.flatMap { ForgedObject.little($0, 8) })
    }

    private func origins(_ plan: CopyPlan?) -> [UInt64] {
        plan?.steps.compactMap { if case .address(let place) = $0.origin { place.rawValue } else { nil } } ?? []
    }

    @Test func `The caller of a large frame is copied next time, from below its return address`() throws {
        let unwound = try unwind([])
        let slot = Self.stack + Self.size - 8
        #expect(unwound.ending == .truncated(.beyondCopiedStack(Address(rawValue: slot))))
        let plan = try #require(unwound.plan)
        #expect(origins(plan) == [(slot - 512) & ~511])
        #expect(plan.steps.map(\.byteCount) == [65536])
        #expect(plan.stack == Address(rawValue: Self.stack)..<Address(rawValue: Self.stack + 1))
    }

    @Test func `The walk goes on in the copy above, and from there to the next one`() throws {
        let one = try unwind([window(0)])
        #expect(one.frames.map(\.address.value.rawValue) == [5, 5].map(ForgedObject.address))
        #expect(origins(one.plan).count == 2 && origins(one.plan).first == window(0).base.rawValue)
        // The copy was shorter than what was asked for.
        #expect(one.plan?.steps.map(\.byteCount) == [65536, 65536])
        let both = try unwind([window(1), window(0)])
        #expect(both.frames.count == 3)
        #expect(origins(both.plan).prefix(2) == [window(0).base.rawValue, window(1).base.rawValue])
    }

    @Test func `There are no more copies than a plan may have`() throws {
        let many = try unwind((0..<6).map { window($0) })
        #expect(many.frames.count == 7 && many.plan == nil)
        let fewer = try unwind((0..<5).map { window($0) })
        #expect(fewer.plan?.steps.count == 6)
    }

    /// At 7, `call rax` ends, which may have gone anywhere; at 12, a call of another place; 6 follows no call.
    @Test func `A word above that no call of the function has left is no caller`() throws {
        #expect(try unwind([window(0, returningTo: 7)]).frames.count == 2)
        for offset: UInt64 in [12, 6] {
            let unwound = try unwind([window(0, returningTo: offset)])
            #expect(unwound.frames.count == 1)
            let target = Address(rawValue: ForgedObject.address(offset))
            #expect(unwound.ending == .truncated(.implausibleReturnAddress(target)))
            #expect(unwound.plan == nil)
        }
    }

    @Test func `A copy that is too short is widened, not left behind`() throws {
        let small: UInt64 = 8192
        // The first frame is a leap; of the others, the next one begins right above the copy.
        let slot = Self.stack + Self.size - 8
        let plan = try #require(try unwind([window(0, count: Int(Self.size))]).plan)
        #expect(plan.steps.map(\.byteCount) == [Int(Self.size), 65536])
        let half = try #require(try unwind([window(0, count: Int(Self.size) / 2 + 8192)]).plan)
        #expect(origins(half) == [slot - 512])
        #expect(half.steps.map(\.byteCount) == [Int(Self.size)])
        // The first copy becomes larger where the caller is near.
        let near = try unwind([], copied: 65528, size: 65536 + small)
        #expect(near.plan == nil)
        #expect(near.ending == .truncated(.beyondCopiedStack(Address(rawValue: Self.stack + 65536 + small - 8))))
    }

    /// As a copy of the kernel's does at a page that the thread has never used.
    @Test func `Above a copy that has ended early with a page, a caller is copied however near it is`() throws {
        let small: UInt64 = 8192
        let slot = Self.stack + small - 8
        let unwound = try unwind([], copied: 4096, size: small)
        #expect(origins(unwound.plan) == [(slot - 512) & ~511])
        // The copy above has ended early, too.
        let next = try unwind([window(0, count: 512 + 8, size: small)], copied: 4096, size: small)
        #expect(origins(next.plan) == [slot - 512, (slot + small - 512) & ~511])
    }

    @Test func `Above the largest copy, a caller is copied however near it is`() throws {
        let unwound = try unwind([], copied: CopyPlan.largestCopy, size: UInt64(CopyPlan.largestCopy) + 8)
        #expect(unwound.plan?.steps.count == 1)
    }

    @Test func `A copy in another mapping is not of this stack`() throws {
        let unwound = try unwind([window(0, returningTo: 7)], stackSize: 65536)
        #expect(unwound.frames.count == 1)
        #expect(unwound.ending == .truncated(.stackNotAscending(Address(rawValue: Self.stack + Self.size))))
        #expect(unwound.plan == nil)
    }

    @Test func `The bottom of a stack is at the very top of its mapping only`() throws {
        let count = 512 + 8 + 8
        let bottom = window(0, returningTo: nil, count: count)
        let size = bottom.end.rawValue - Self.stack
        #expect(try unwind([bottom], stackSize: size).ending == .rootReached)
        let above = try unwind([bottom], stackSize: size + 4096)
        #expect(above.ending == .truncated(.implausibleReturnAddress(Address(rawValue: 0))))
    }

    @Test func `Any copies are harmless`() throws {
        var numbers = SeededNumbers(seed: 41)
        for _ in 0..<300 {
            let windows = (0..<Int.random(in: 0...6, using: &numbers)).map { _ in
                let words = (0..<Int.random(in: 0...64, using: &numbers)).map { _ in
                    ForgedObject.address(.random(in: 0...16, using: &numbers))
                }
                let frame = UInt64.random(in: 0...4, using: &numbers) * Self.size
                let base = Self.stack + frame - .random(in: 0...600, using: &numbers)
                return StackWindow(
                    base: Address(rawValue: base), bytes: words.flatMap { ForgedObject.little($0, 8) })
            }
            let unwound = try unwind(windows, copied: .random(in: 0...32, using: &numbers) * 8)
            #expect(unwound.frames.count <= 512)
            #expect(unwound.ending != .rootReached)
        }
    }
}
