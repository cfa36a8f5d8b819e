import ProfileModel
import Testing

@testable import TargetProcess

@Suite struct StackCopierTests {
    /// Gives zeros for every address.
    private struct Zeros: StackMemory {
        func read(at address: Address, into buffer: UnsafeMutableRawBufferPointer) -> Int {
            for index in buffer.indices { unsafe buffer[index] = 0 }
            return buffer.count
        }
    }

    @Test(arguments: [0, 7, 128, UInt64.max - 7, .max], [0, 7, 8, UInt64.max - 7, .max])
    func `Any stack pointer and any plan give copies or none`(stackPointer: UInt64, place: UInt64) throws {
        let copier = StackCopier()
        copier.copy(
            from: Address(rawValue: stackPointer), of: Zeros(), top: nil, limit: StackCopier.smallestWindow)
        let step = CopyPlan.Step(origin: .memory(Address(rawValue: place)), offsets: [-1, .max, .min], byteCount: 64)
        let everywhere = Address(rawValue: 0)..<Address(rawValue: .max)
        let plan = try #require(CopyPlan(stack: everywhere, steps: [step]))
        copier.copy(by: ThreadPlans(stacks: [plan], interpreter: nil), NativeRegisters(), of: Zeros()) { _ in nil }
        #expect(copier.takeOthers().allSatisfy { $0.bytes.count <= 64 })
    }
}
