import ObjectFiles
import ProfileModel
import TestSupport
import Testing

@testable import PerfMaps

@Suite struct PerfMapLogTests {
    private static let code = Address(rawValue: 0x1010)

    private func log(_ pieces: (String, ClosedRange<UInt64>)...) throws -> PerfMapLog {
        var log = try PerfMapLog(ParsingBudget())
        for (text, written) in pieces { try log.append(Array(text.utf8), written: written) }
        return log
    }

    @Test func `An address is named by the line whose range holds it`() throws {
        let log = try log(("1000 20 a\n1020 20 b\n3000 2000 large\n", 0...5))
        let names = [0xfff, 0x1000, 0x101f, 0x1020, 0x103f, 0x1040, 0x3000, 0x4fff, 0x5000].map { address in
            log.code(at: Address(rawValue: address), when: 10)?.name
        }
        #expect(names == [nil, "a", "a", "b", "b", nil, "large", "large", nil])
    }

    @Test func `Code that takes the place of other code leaves its name to earlier stacks`() throws {
        let log = try log(("1000 20 old\n", 0...10), ("1000 20 new\n", 20...30))
        #expect(log.code(at: Self.code, when: 15)?.name == "old")
        #expect(log.code(at: Self.code, when: 30)?.name == "new")
    }

    @Test func `Where it isn't known which code was meant, there is no name`() throws {
        let log = try log(("1000 20 old\n", 0...10), ("1000 20 new\n", 20...30))
        #expect(log.code(at: Self.code, when: 25) == nil)
        #expect(log.code(at: Self.code, when: 5)?.name == "old")
    }

    @Test func `Code that is written again under its name keeps it all the time`() throws {
        let log = try log(("1000 20 same\n", 0...10), ("1000 30 same\n", 20...30))
        #expect([15, 20, 25, 30].map { log.code(at: Self.code, when: $0)?.name } == ["same", "same", "same", "same"])
    }

    @Test func `Two lines of one reading for one address are distinguished only afterwards`() throws {
        let log = try log(("1000 20 first\n1000 20 second\n", 10...20))
        #expect(log.code(at: Self.code, when: 15) == nil)
        #expect(log.code(at: Self.code, when: 20)?.name == "second")
    }

    @Test func `After many readings, the names of the last ones are still exact`() throws {
        var log = try log()
        for reading in 1...1000 as ClosedRange<UInt64> {
            try log.append(Array("1000 20 code_\(reading)\n".utf8), written: reading * 10...reading * 10 + 5)
        }
        for reading in [990, 999, 1000] as [UInt64] {
            #expect(log.code(at: Self.code, when: reading * 10 + 7)?.name == "code_\(reading)")
        }
        let early = log.code(at: Self.code, when: 17)?.name
        #expect(early == nil || early == "code_1")
    }

    @Test func `Wherever a reading ends, the lines are the same`() throws {
        let bytes = Array("1000 20 eins\n\n1020 20 zwei ö\nkaputt\n2000 10 drei\n3000 1 no end".utf8)
        for cut in bytes.indices {
            var log = try log()
            try log.append(Array(bytes[..<cut]), written: 0...1)
            try log.append(Array(bytes[cut...]), written: 0...1)
            #expect(log.count == 3)
            #expect(log.position == UInt64(bytes.count))
            #expect(log.code(at: Address(rawValue: 0x1021), when: 5)?.name == "zwei ö")
            #expect(log.code(at: Address(rawValue: 0x3000), when: 5) == nil)
            let damage = try #require(log.damage)
            #expect(damage.lines == 1 && damage.firstOffset == 30 && damage.firstProblem == .noAddress)
        }
    }

    @Test func `A line without end takes bounded memory and is reported once`() throws {
        var log = try log(("1000 20 ", 0...1))
        for _ in 0..<100 { try log.append([UInt8](repeating: 0x61, count: 10_000), written: 0...1) }
        try log.append(Array("\n1000 20 next\n".utf8), written: 0...1)
        #expect(log.code(at: Self.code, when: 5)?.name == "next")
        #expect(log.damage == PerfMapDamage(lines: 1, firstOffset: 0, firstProblem: .tooLong))
    }

    @Test func `The number of code is the same in every reading of the file`() throws {
        let first = try log(("1000 20 a\n", 0...1), ("2000 20 b\n", 2...3))
        var second = try log(("1000 20 a\n2000 20 b\n3000 20 c\n", 7...9))
        let code = try #require(first.code(at: Address(rawValue: 0x2000), when: 5))
        #expect(try second.name(of: code.id) == "b")
        #expect(try second.name(of: GeneratedCodeID(rawValue: 1)) == nil)
    }

    @Test func `More lines for one page than are kept lose only the oldest`() throws {
        var log = try log()
        for index in 0..<10_000 { try log.append(Array("1100 20 c\(index)\n".utf8), written: 0...1) }
        #expect(log.code(at: Address(rawValue: 0x1110), when: 5)?.name == "c9999")
        // The line that may have been meant before has gone.
        try log.append(Array("1000 20 new\n".utf8), written: 10...20)
        #expect(log.code(at: Self.code, when: 15) == nil)
        #expect(log.code(at: Self.code, when: 20)?.name == "new")
    }

    @Test func `A log beyond the memory of the budget ends with an error`() throws {
        let budget = ParsingBudget(ParsingBudget.Limits(memory: 100_000))
        var log = try PerfMapLog(budget)
        #expect(throws: BudgetExhausted.self) {
            for index in 0..<100_000 { try log.append(Array("\(index)000 1000 name\n".utf8), written: 0...1) }
        }
        #expect(budget.used(.memory) <= 100_000)
        #expect(budget.refusals[.memory] == 1)
    }
}
