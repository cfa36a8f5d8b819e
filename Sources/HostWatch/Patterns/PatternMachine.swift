/// Runs a program over a text, all its threads in step: time is bounded by the product of their lengths.
struct PatternMachine {
    private struct Threads {
        var counters: [Int] = []
        /// The captures of each thread, one after another.
        var slots: [Int] = []
    }

    private enum Step {
        case visit(Int)
        case restore(slot: Int, value: Int)
    }

    private let program: PatternProgram
    private let slotCount: Int
    private var seenAt: [Int]
    private var slots: [Int]
    private var steps: [Step] = []

    init(_ program: PatternProgram, captureCount: Int) {
        self.program = program
        slotCount = 2 * captureCount
        seenAt = Array(repeating: -1, count: program.instructions.count)
        slots = Array(repeating: -1, count: 2 * captureCount)
    }

    /// The first match, and of those that begin there the preferred one: starts and ends of the captures, -1 for those
    /// that took no part.
    mutating func match(in text: [UInt32]) -> [Int]? {
        var current = Threads()
        var upcoming = Threads()
        var found: [Int]?
        for index in 0...text.count {
            if found == nil {
                for slot in slots.indices { slots[slot] = -1 }
                add(0, at: index, in: text, to: &current)
            }
            if current.counters.isEmpty, found != nil { break }
            if let match = advance(current, at: index, in: text, into: &upcoming) {
                found = match
                if slotCount == 0 { break }
            }
            swap(&current, &upcoming)
            upcoming.counters.removeAll(keepingCapacity: true)
            upcoming.slots.removeAll(keepingCapacity: true)
        }
        return found
    }

    /// Returns the captures of a thread that has matched; those of lower priority end with it.
    private mutating func advance(
        _ threads: Threads, at index: Int, in text: [UInt32], into upcoming: inout Threads
    ) -> [Int]? {
        for (position, counter) in threads.counters.enumerated() {
            let own = position * slotCount..<(position + 1) * slotCount
            switch program.instructions[counter] {
            case .match: return Array(threads.slots[own])
            case .set(let set):
                guard index < text.count, program.sets[set].contains(text[index]) else { continue }
                for (slot, value) in threads.slots[own].enumerated() { slots[slot] = value }
                add(counter + 1, at: index + 1, in: text, to: &upcoming)
            case .split, .jump, .save, .assertion: continue
            }
        }
        return nil
    }

    /// Follows all instructions that take no character.
    private mutating func add(_ start: Int, at index: Int, in text: [UInt32], to threads: inout Threads) {
        steps.append(.visit(start))
        while let step = steps.popLast() {
            switch step {
            case .restore(let slot, let value): slots[slot] = value
            case .visit(let counter):
                guard seenAt[counter] != index else { continue }
                seenAt[counter] = index
                visit(counter, at: index, in: text, &threads)
            }
        }
    }

    private mutating func visit(_ counter: Int, at index: Int, in text: [UInt32], _ threads: inout Threads) {
        switch program.instructions[counter] {
        case .jump(let target): steps.append(.visit(target))
        case .split(let first, let second):
            steps.append(.visit(second))
            steps.append(.visit(first))
        case .save(let slot):
            guard slot < slotCount else { return steps.append(.visit(counter + 1)) }
            steps.append(.restore(slot: slot, value: slots[slot]))
            slots[slot] = index
            steps.append(.visit(counter + 1))
        case .assertion(let assertion):
            if assertion.holds(at: index, in: text) { steps.append(.visit(counter + 1)) }
        case .set, .match:
            threads.counters.append(counter)
            threads.slots.append(contentsOf: slots)
        }
    }
}
