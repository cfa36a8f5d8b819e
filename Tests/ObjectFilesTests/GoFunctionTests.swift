import Foundation
import ObjectFiles
import ProfileModel
import TestSupport
import Testing

@Suite("Functions of Go programs without symbols")
struct GoFunctionTests {
    /// How a program is built, and its symbols are removed.
    struct Build: CustomTestStringConvertible, Sendable {
        let source: String
        var options: [String] = []

        var testDescription: String { ([source] + options).joined(separator: " ") }
    }

    private static let builds = [
        Build(source: "go_stack"), Build(source: "go_stack", options: ["-buildmode=pie"]),
        Build(source: "go_calls_c"), Build(source: "go_calls_c", options: ["-buildmode=pie"]),
    ]

    private func build(_ build: Build, _ workshop: Workshop) throws -> (whole: String, stripped: String) {
        let source = Locations.checkout.appending(path: "Tests/Programs/\(build.source).go").path
        let (whole, stripped) = (workshop.directory + "/whole", workshop.directory + "/stripped")
        let settings = ["GO111MODULE=off", "GOPROXY=off", "GOFLAGS=", "GOTOOLCHAIN=local"]
        let cache = "GOCACHE=" + Locations.testPrograms.appending(path: "go-cache").path
        try workshop.run(
            ["env"] + settings + [cache, "/usr/bin/go", "build"] + build.options + ["-o", whole, source])
        try workshop.run(["strip", "-o", stripped, whole])
        return (whole, stripped)
    }

    @Test("have the names that they have with symbols, at each of their instructions", arguments: builds)
    func names(example: Build) throws {
        let workshop = try Workshop()
        let (whole, stripped) = try build(example, workshop)
        let oracle = try SymbolOracle(of: [whole])
        let object = try openObject(stripped, debugFilesIn: nil)
        let table = try #require(object.goFunctions)
        #expect(object.goDefect == nil)
        #expect(object.isGo)
        var count = 0
        let names = Dictionary(grouping: oracle.entries, by: \.start).mapValues { Set($0.map(\.name).map(Self.plain)) }
        // The name of a struct has blanks.
        for entry in oracle.entries where !entry.name.hasPrefix("type..eq.struct") {
            guard let function = table.function(covering: FileAddress(rawValue: entry.start)),
                function.range.lowerBound.rawValue == entry.start
            else { continue }
            for distance in [0, entry.size / 2, entry.size - 1] {
                let symbol = object.symbol(containing: FileAddress(rawValue: entry.start + distance))
                #expect(names[entry.start]?.contains(symbol?.name ?? "") == true, "\(entry.name) + \(distance)")
                #expect(symbol?.address.rawValue == entry.start)
            }
            count += 1
        }
        #expect(count > 1000)
        #expect(object.symbol(containing: FileAddress(rawValue: 8)) == nil)
    }

    /// As Go's own table has it: without the calling convention, and without the types of a generic function.
    private static func plain(_ name: String) -> String {
        let name = name.hasSuffix(".abi0") ? String(name.dropLast(5)) : name
        guard let first = name.firstIndex(of: "["), let last = name.lastIndex(of: "]")
        else { return name }
        return name[..<first] + "[...]" + name[name.index(after: last)...]
    }

    @Test("with symbols are named by these, without the calling convention")
    func symbols() throws {
        let object = try openObject(Locations.testPrograms.appending(path: "go_stack").path)
        let table = object.symbols()
        let oracle = try SymbolOracle(of: [object.path])
        let assembly = oracle.entries.filter { $0.name.hasSuffix(".abi0") }
        try #require(!assembly.isEmpty)
        for entry in assembly {
            let address = FileAddress(rawValue: entry.start)
            #expect(table.symbol(containing: address)?.name == entry.name)
            #expect(object.symbol(containing: address)?.name == String(entry.name.dropLast(5)))
        }
    }

    @Test("of a C program are none")
    func without() throws {
        let object = try openObject(Locations.testPrograms.appending(path: "calibrated").path)
        #expect(object.goFunctions == nil)
        #expect(object.goDefect == nil)
        #expect(!object.isGo)
    }
}
