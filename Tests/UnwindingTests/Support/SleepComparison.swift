import Foundation
import ObjectFiles
import ProcFS
import ProfileModel
import SystemSupport
import TestSupport
import Unwinding

/// Stacks of sleeping threads, each followed twice from the same bytes: with the two registers that a sleeping thread
/// shows, and with all, for which it was stopped in the same sleep.
struct SleepComparison: CustomStringConvertible {
    private(set) var compared = 0
    /// Followed to the root from two registers.
    private(set) var complete = 0
    /// The same as with all registers, frame by frame, to the same end.
    private(set) var equal = 0
    /// Complete with all registers: more can't be had.
    private(set) var completable = 0
    /// Frames that the stack with all registers doesn't have.
    private(set) var wrong: [String] = []
    /// How many stacks ended where, and how.
    private(set) var truncated: [String: Int] = [:]
    /// Stacks that with all registers don't reach their root.
    private(set) var limited: [String: Int] = [:]

    var description: String {
        "\(compared) compared, \(complete) complete, \(completable) completable, \(equal) equal, \(wrong.count) wrong; "
            + "truncated \(truncated), limited \(limited)"
    }

    /// Compares all sleeping threads of some processes in turn, until `count` were compared.
    init(of processes: [Int32], count: Int, within limit: Double = 60) {
        let deadline = ContinuousClock.now + .seconds(limit)
        var targets: [Int32: Target] = [:]
        while compared < count, ContinuousClock.now < deadline {
            for process in processes where compared < count {
                // A process may end at any time.
                guard let target = targets[process] ?? (try? Target(process)),
                    let threads = try? LiveProgram.threads(of: process)
                else { continue }
                targets[process] = target
                for thread in threads where compared < count {
                    compare(thread, of: target)
                }
            }
        }
    }

    private struct Target {
        let program: LiveProgram
        let unwinder: Unwinder

        init(_ process: Int32) throws {
            program = try LiveProgram(process)
            unwinder = try Unwinder(addressSpace: program.addressSpace, tables: UnwindTableCache())
        }
    }

    private mutating func compare(_ thread: Int32, of target: Target) {
        // A thread may wake up, or end, at any time.
        guard let asleep = try? target.program.snapshot(sleeping: thread),
            let stopped = try? target.program.snapshot(stopping: thread),
            asleep.registers.stackPointer == stopped.registers.stackPointer,
            asleep.registers.programCounter == stopped.registers.programCounter,
            asleep.stack.bytes == stopped.stack.bytes
        else { return }
        let whole = StackSnapshot(
            process: asleep.process, thread: asleep.thread, registers: stopped.registers, stack: asleep.stack)
        let code = ProcessCode(of: asleep.process)
        add(
            target.unwinder.unwind(asleep, generatedCode: code).stack,
            expected: target.unwinder.unwind(whole, generatedCode: code).stack, in: target.program.addressSpace)
    }

    private mutating func add(_ stack: RawStack, expected: RawStack, in map: AddressSpaceMap) {
        compared += 1
        if stack == expected { equal += 1 }
        if expected.ending == .rootReached {
            completable += 1
        } else {
            limited[Self.end(of: expected, in: map), default: 0] += 1
        }
        if stack.ending == .rootReached {
            complete += 1
        } else {
            truncated[Self.end(of: stack, in: map), default: 0] += 1
        }
        let isPrefix = expected.frames.starts(with: stack.frames)
        let isLonger = stack.frames.count > expected.frames.count && stack.frames.starts(with: expected.frames)
        // More than with all registers is right only where those end without reaching the root.
        if !isPrefix, !(isLonger && expected.ending != .rootReached) {
            wrong.append("\(StackText.lines(stack, in: map)) is not \(StackText.lines(expected, in: map))")
        } else if stack.ending == .rootReached, expected.ending == .rootReached, stack != expected {
            wrong.append("ends early: \(StackText.lines(stack, in: map))")
        }
    }

    private static func end(of stack: RawStack, in map: AddressSpaceMap) -> String {
        let last = stack.frames.last.map { "\(symbol($0, in: map)) \(StackText.line($0.address, in: map))" } ?? ""
        return "\(StackText.ending(stack.ending)) at \(last)"
    }

    private static func symbol(_ frame: RawFrame, in map: AddressSpaceMap) -> String {
        guard case .object(_, let address) = frame.location,
            let object = map.object(at: frame.address.instruction)?.object
        else { return "?" }
        return object.symbol(containing: address)?.name ?? "?"
    }
}
