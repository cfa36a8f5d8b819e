import Foundation
import Glibc
import ObjectFiles
import ProfileModel
import TestSupport
import Testing

@Suite("Symbol tables that lie")
struct HostileSymbolTests {
    private typealias Entry = ForgedObject.Entry

    private func open(_ image: [UInt8], _ budget: ParsingBudget = ParsingBudget()) throws -> ObjectFile {
        try ObjectFile(id: ObjectID(rawValue: 1), path: "/forged", image: image, budget: budget)
    }

    private func address(_ offset: UInt64) -> FileAddress { FileAddress(rawValue: ForgedObject.code + offset) }

    /// What an image with so many symbols takes beyond the image itself, at most.
    private func memory(_ count: Int, _ image: [UInt8]) -> Int { image.count + count * 64 + 8192 }

    @Test("many symbols of one address cost as much as those of many addresses, and the plainest name is shown")
    func oneAddress() throws {
        let names = Array("\0__long_internal_name\0name\0".utf8)
        let symbols = (0..<100_000).map { Entry(name: $0 < 4 ? 22 : 1, size: 16 + UInt64($0 % 2)) }
        let budget = ParsingBudget()
        let image = ForgedObject.image(symbols, names: names)
        let object = try open(image, budget)
        #expect(object.symbol(containing: address(16))?.name == "name")
        #expect(object.symbol(containing: address(17)) == nil)
        #expect(object.symbols().count == 1)
        #expect(object.symbolDefect == nil)
        #expect(budget.used(.entries) == symbols.count + ForgedObject.headerCount)
        #expect(budget.used(.memory) <= memory(symbols.count, image))
    }

    @Test("functions nested a hundred thousand deep are cut into twice as many ranges")
    func nested() throws {
        let depth: UInt64 = 100_000
        let symbols = (0..<depth).map { Entry(offset: $0, size: 2 * (depth - $0)) }
        let budget = ParsingBudget()
        let image = ForgedObject.image(symbols, names: Array("\0f\0".utf8))
        let object = try open(image, budget)
        #expect(object.symbols().count == 2 * Int(depth) - 1)
        for offset in [0, 1, 500, depth - 1, depth, depth + 1, 2 * depth - 1] {
            // The innermost that reaches so far: it starts last.
            let start = offset < depth ? offset : 2 * depth - 1 - offset
            #expect(object.symbol(containing: address(offset))?.address == address(start))
        }
        #expect(object.symbol(containing: address(2 * depth)) == nil)
        #expect(budget.used(.memory) <= memory(symbols.count, image))
    }

    @Test("a name without an end is cut, and the names of a million symbols aren't kept")
    func endlessName() throws {
        let names = [0] + [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        let symbols = (0..<1000).map { Entry(name: UInt32(1 + $0), offset: UInt64($0)) }
        let budget = ParsingBudget()
        let image = ForgedObject.image(symbols, names: names)
        let object = try open(image, budget)
        for offset: UInt64 in 0..<100 { #expect(object.symbol(containing: address(offset))?.name.count == 1 << 16) }
        #expect(budget.used(.memory) <= memory(symbols.count, image))
    }

    @Test("a string table that goes beyond the file gives the names that are there")
    func claimedNames() throws {
        let symbols = [Entry(), Entry(name: 1 << 30, offset: 8), Entry(name: .max, offset: 16)]
        let object = try open(ForgedObject.image(symbols, names: Array("\0f\0".utf8), claimedSize: 1 << 40))
        #expect(object.symbol(containing: address(0))?.name == "f")
        #expect(object.symbol(containing: address(8)) == nil)
        #expect(object.symbol(containing: address(16)) == nil)
    }

    @Test("labels, whose names are read one by one, cost more of the budget")
    func labels() throws {
        let symbols = (0..<1000).map { Entry(type: STT_NOTYPE, offset: UInt64($0)) }
        let budget = ParsingBudget()
        let object = try open(ForgedObject.image(symbols, names: Array("\0f\0".utf8)), budget)
        #expect(object.symbols().count == symbols.count)
        #expect(budget.used(.entries) == 17 * symbols.count + ForgedObject.headerCount)
    }

    @Test(
        "what the budget can't afford is not read, and counted",
        arguments: [ParsingBudget.Limits(memory: 1 << 20), ParsingBudget.Limits(entries: 50_000)])
    func exhausted(limits: ParsingBudget.Limits) throws {
        let symbols = (0..<60_000).map { Entry(offset: UInt64($0)) }
        let image = ForgedObject.image(symbols, names: Array("\0f\0".utf8))
        let budget = ParsingBudget(limits)
        let workshop = try Workshop()
        let path = workshop.directory + "/forged"
        try Data(image).write(to: URL(fileURLWithPath: path))
        let object = try ObjectFile(
            id: ObjectID(rawValue: 1), path: path, descriptor: openDescriptor(path), budget: budget)
        #expect(object.symbol(containing: address(0)) == nil)
        let resource = limits.memory < 2 << 20 ? ParsingBudget.Resource.memory : .entries
        guard case .budgetExhausted(path, _, let cause) = object.symbolDefect else {
            Issue.record("\(String(describing: object.symbolDefect))")
            return
        }
        #expect(cause.resource == resource)
        #expect(budget.refusals == [resource: 1])
        #expect(object.symbolDefect?.message.contains("the limit of \(cause.limit)") == true)
    }

    @Test("the memory of an object file that is evicted is available again, and time is after the interval")
    func released() throws {
        let image = ForgedObject.image((0..<1000).map { Entry(offset: $0) }, names: Array("\0f\0".utf8))
        let budget = ParsingBudget()
        do {
            let object = try open(image, budget)
            #expect(object.symbols().count == 1000)
            #expect(budget.used(.memory) > image.count + 1000 * 40)
        }
        #expect(budget.used(.memory) == 0)
        #expect(budget.used(.entries) == 1000 + ForgedObject.headerCount)
        budget.renew()
        #expect(budget.used(.entries) == 0)
    }

    @Test("a sparse file of symbols takes no memory for what isn't there")
    func sparseSymbols() throws {
        let count: UInt64 = 1 << 20
        var image = ForgedObject.image([Entry()], names: Array("\0f\0".utf8), claimedSize: 1 << 29)
        // The symbol table's size in its section header, the third one.
        let position = 128 + 2 * 64 + 32
        unsafe withUnsafeBytes(of: count * 24) { size in
            for byte in 0..<8 { image[position + byte] = unsafe size[byte] }
        }
        let workshop = try Workshop()
        let path = workshop.directory + "/sparse"
        try Data(image).write(to: URL(fileURLWithPath: path))
        try workshop.run(["truncate", "-s", "700M", path])
        let budget = ParsingBudget()
        let object = try ObjectFile(
            id: ObjectID(rawValue: 1), path: path, descriptor: openDescriptor(path), budget: budget)
        #expect(object.symbol(containing: address(0)) != nil)
        #expect(budget.used(.memory) < 1 << 16)
        #expect(budget.used(.entries) == Int(count) + ForgedObject.headerCount)
    }
}
