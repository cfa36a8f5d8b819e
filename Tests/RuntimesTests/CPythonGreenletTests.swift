internal import Foundation
internal import ProfileModel
internal import TestSupport
internal import Testing

@testable internal import Runtimes

@Suite("Greenlets", .enabled(if: !PythonInstallation.withGreenlet.isEmpty, "no CPython has greenlet"))
struct CPythonGreenletTests {
    private struct Facts: Decodable {
        let tasks: [Fact]
    }

    @Test("greenlets are those that there are, with their functions", arguments: PythonInstallation.withGreenlet)
    func readsGreenlets(of python: PythonInstallation) throws {
        let process = try TaskProcess(python, running: "greenlets")
        let expected = try JSONDecoder().decode(Facts.self, from: process.facts).tasks
        try #require(expected.count == 105)
        let (tasks, functions) = try process.tasks()
        #expect(tasks.missing == [])
        #expect(tasks.loops.count == 1)
        #expect(tasks.tasks.allSatisfy { $0.loss == nil && $0.awaited == nil })
        #expect(try Fact.all(of: tasks, functions).sorted() == expected.sorted())
        #expect(tasks.tasks.count { $0.state == .ready } == 1)
        // What the oracle has to say of a function that a generator's caller called in C.
        #expect(expected.contains { $0.frames.map(\.name) == ["level", "level", "level", "level", "through_c"] })
    }

    @Test(
        "greenlets that are switched to all the time have no impossible chain",
        arguments: PythonInstallation.withGreenlet)
    func neverMixesChains(of python: PythonInstallation) throws {
        let process = try TaskProcess(
            python,
            source: """
                import greenlet, itertools
                main = greenlet.getcurrent()
                def left(depth):
                    left(depth - 1) if depth else main.switch()
                def right(depth):
                    right(depth - 1) if depth else main.switch()
                def spin(function):
                    for depth in itertools.cycle(range(20)):
                        function(depth)
                kept = [greenlet.greenlet(spin), greenlet.greenlet(spin)]
                print("{}", flush=True)
                for turn in itertools.count():
                    for one, function in zip(kept, [left, right]):
                        one.switch(function)
                    garbage = [[] for _ in range(turn % 50)]
                    # Now and then they stay where they are for some milliseconds.
                    sum(range(turn % 5 * 100_000))
                """)
        var chains: Set<[String]> = []
        for _ in 0..<100 {
            let (tasks, functions) = try process.tasks()
            for task in tasks.tasks where task.loss == nil && !task.frames.isEmpty {
                chains.insert(task.frames.map { functions[$0.function]?.name ?? "" })
            }
        }
        try #require(chains.contains { $0.count > 2 })
        for chain in chains where chain != ["<module>"] {
            let (name, calls) = (chain.first ?? "", chain.dropLast())
            #expect(chain.last == "spin" && calls.allSatisfy { $0 == name } && calls.count <= 20, "\(chain)")
        }
    }

    @Test(
        "without the lists of the collector, it is said that greenlets are missing",
        arguments: PythonInstallation.withGreenlet)
    func damagedLists(of python: PythonInstallation) throws {
        let process = try TaskProcess(python, running: "greenlets")
        let (tasks, _) = try process.tasks { CyclicMemory(memory: $0) }
        #expect(tasks.missing.contains { $0.hasPrefix("greenlets that the garbage collector's lists") })
    }
}

/// Memory in which objects that the collector follows lead to themselves.
private struct CyclicMemory: RuntimeMemory {
    let memory: any RuntimeMemory

    func bytes(at address: Address, count: Int) -> [UInt8] {
        var bytes = memory.bytes(at: address, count: count)
        // Only nodes of the lists are read by pages.
        guard count == 4096, bytes.count == count else { return bytes }
        for place in stride(from: 0, to: bytes.count, by: 16) {
            let word = address.advanced(by: UInt64(place)).rawValue
            for index in 0..<8 { bytes[place + index] = UInt8(truncatingIfNeeded: word >> (8 * index)) }
        }
        return bytes
    }
}
