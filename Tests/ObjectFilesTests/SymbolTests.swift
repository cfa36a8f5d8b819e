import Foundation
import ObjectFiles
import ProfileModel
import TestSupport
import Testing

@Suite("Symbols of real files")
struct SymbolTests {
    private static let libc = "/lib/x86_64-linux-gnu/libc.so.6"

    private static let programs = [libc, "/usr/bin/redis-server"].filter(FileManager.default.fileExists(atPath:))

    @Test("every address has the name that eu-readelf's table gives it", arguments: programs)
    func agreesWithReadelf(path: String) throws {
        let object = try openObject(path)
        let oracle = try SymbolOracle(of: [path] + Self.debugFile(of: object))
        let table = object.symbols()
        var random = SeededGenerator(state: 1)
        let sample = oracle.entries.shuffled(using: &random).prefix(300)
        try #require(sample.count == 300)
        for address in sample.flatMap({ [$0.start, $0.start + $0.size - 1, $0.start + $0.size] }) {
            let expected = oracle.names(at: address)
            let symbol = table.symbol(containing: FileAddress(rawValue: address))
            if let symbol, expected.isEmpty {
                #expect(!oracle.entries.contains { $0.name == symbol.name && $0.start == symbol.address.rawValue })
            } else {
                #expect(symbol.map { expected.contains($0.name) } ?? expected.isEmpty, "\(hexadecimal(address))")
            }
        }
        #expect(table.count > 1000)
    }

    @Test("a few addresses have the same functions as all of them have", arguments: programs)
    func fewAddresses(path: String) throws {
        let whole = try openObject(path).symbols()
        let text = try #require(try openObject(path).section(named: ".text"))
        let code = text.address.rawValue..<text.address.rawValue + text.size
        let oracle = try SymbolOracle(of: [path])
        var random = SeededGenerator(state: 2)
        for count in [1, 2, 60] {
            let places = (0..<count).map { _ in UInt64.random(in: code, using: &random) }
            let borders = oracle.entries.shuffled(using: &random).prefix(1).flatMap { [$0.start, $0.start + $0.size] }
            let addresses = Set((places + borders).map(FileAddress.init(rawValue:)))
            let object = try openObject(path)
            object.prepareSymbols(for: addresses)
            for address in addresses {
                #expect(object.symbol(containing: address) == whole.symbol(containing: address))
            }
        }
    }

    @Test(
        "a stripped library is named from its debug file, and says no more than .dynsym without",
        .enabled(if: (try? openObject(libc)).map { !debugFile(of: $0).isEmpty } ?? false))
    func debugFileByBuildID() throws {
        let with = try openObject(Self.libc).symbols()
        let without = try openObject(Self.libc, debugFilesIn: nil).symbols()
        #expect(with.count > without.count)
    }

    @Test("a stripped program is named from its debug link when the checksum agrees, and not otherwise")
    func debugFileByLink() throws {
        let workshop = try Workshop()
        let path = try workshop.build(
            "program", from: "static int hidden(void) { return 1; } int main(void) { return hidden(); }", in: "a.c",
            with: "gcc", "-O0", "-Wl,--build-id=none", "-o", "program", "a.c")
        let address = try #require(try Self.address(of: "hidden", in: path))
        try workshop.run(["objcopy", "--only-keep-debug", "program", "program.debug"])
        try workshop.run(["objcopy", "--strip-all", "--add-gnu-debuglink=program.debug", "program"])
        #expect(try openObject(path).symbols().symbol(containing: address)?.name == "hidden")
        #expect(try openObject(path, debugFilesIn: nil).symbols().symbol(containing: address) == nil)
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path + ".debug"))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data([0]))
        #expect(try openObject(path).symbols().symbol(containing: address) == nil)
    }

    @Test("a debug file below the target's root is found")
    func debugFileInRoot() throws {
        let workshop = try Workshop()
        let path = try workshop.build(
            "program", from: "static int hidden(void) { return 1; } int main(void) { return hidden(); }", in: "a.c",
            with: "gcc", "-O0", "-Wl,--build-id=0x0123456789abcdef", "-o", "program", "a.c")
        let address = try #require(try Self.address(of: "hidden", in: path))
        try workshop.run(["mkdir", "-p", "usr/lib/debug/.build-id/01"])
        try workshop.run(["cp", "program", "usr/lib/debug/.build-id/01/23456789abcdef.debug"])
        try workshop.run(["strip", "program"])
        #expect(try openObject(path).symbols().symbol(containing: address) == nil)
        #expect(
            try openObject(path, debugFilesIn: workshop.directory).symbols().symbol(containing: address)?.name
                == "hidden")
    }

    @Test("the xz-compressed table that Fedora puts into .gnu_debugdata is read")
    func embeddedTable() throws {
        let workshop = try Workshop()
        let path = try workshop.build(
            "program", from: "static int hidden(void) { return 1; } int main(void) { return hidden(); }", in: "a.c",
            with: "gcc", "-O0", "-Wl,--build-id=none", "-o", "program", "a.c")
        let address = try #require(try Self.address(of: "hidden", in: path))
        try workshop.run(["objcopy", "--only-keep-debug", "program", "mini"])
        try workshop.run(["xz", "-k", "mini"])
        try workshop.run(["objcopy", "--strip-all", "--add-section", ".gnu_debugdata=mini.xz", "program"])
        #expect(try openObject(path).symbols().symbol(containing: address)?.name == "hidden")
    }

    @Test("assembly: labels without a size reach to the next one, or to the section's end, and no further")
    func unsizedLabels() throws {
        let workshop = try Workshop()
        let source = """
            .text
            .globl first, alias_of_first
            .weak weak_first
            first: alias_of_first: weak_first: nop; nop
            $x: .L1: nop
            second: nop; nop; nop; nop
            .globl sized
            .type sized, @function
            sized: nop; nop
            inner: nop; nop
            .size sized, 4
            nop; nop
            .section .other, "ax"
            third: nop
            """
        let path = try workshop.build(
            "plain.so", from: source, in: "a.s", with: "gcc", "-shared", "-nostdlib", "-o", "plain.so", "a.s")
        let object = try openObject(path)
        let table = object.symbols()
        let start = try #require(object.section(named: ".text")).address.rawValue
        let names = (0..<13).map { table.symbol(containing: FileAddress(rawValue: start + $0))?.name }
        let label = "alias_of_first"
        #expect(
            names == [
                label, label, label, "second", "second", "second", "second", "sized", "sized", "sized", "sized", nil,
                nil,
            ])
        for offset in 0..<UInt64(names.count) {
            let address = FileAddress(rawValue: start + offset)
            let lazy = try openObject(path)
            lazy.prepareSymbols(for: [address])
            #expect(lazy.symbol(containing: address) == table.symbol(containing: address), "\(offset)")
        }
        let other = try #require(object.section(named: ".other")).address.rawValue
        #expect(table.symbol(containing: FileAddress(rawValue: other))?.name == "third")
        #expect(table.symbol(containing: FileAddress(rawValue: other + 1)) == nil)
        #expect(table.symbol(containing: FileAddress(rawValue: other))?.size == 1)
    }

    @Test(
        "labels in a table that lacks the functions that a file keeps to itself name their own address only",
        arguments: [["strip", "plain.so"], ["strip", "-x", "plain.so"], ["objcopy", "--discard-all", "plain.so"]])
    func labelsAmongExportedSymbols(command: [String]) throws {
        let workshop = try Workshop()
        let source = """
            .text
            .globl first
            .type first, @function
            first: nop; nop
            hidden: nop; nop
            .globl sized
            .type sized, @function
            sized: nop; nop
            .size sized, 2
            nop
            """
        let path = try workshop.build(
            "plain.so", from: source, in: "a.s", with: "gcc", "-shared", "-nostdlib", "-o", "plain.so", "a.s")
        let whole = try openObject(path)
        let start = try #require(whole.section(named: ".text")).address.rawValue
        func names(_ object: ObjectFile) -> [String?] {
            (0..<7).map { object.symbol(containing: FileAddress(rawValue: start + $0))?.name }
        }
        #expect(names(whole) == ["first", "first", "hidden", "hidden", "sized", "sized", nil])
        try workshop.run(command)
        #expect(names(try openObject(path)) == ["first", nil, nil, nil, "sized", "sized", nil])
    }

    @Test("functions inside of functions: the one that starts last has the address")
    func nestedFunctions() throws {
        let workshop = try Workshop()
        let source = """
            .text
            .type outer, @function
            outer: nop; nop
            .type middle, @function
            middle: nop
            .type inner, @function
            inner: nop
            .size inner, 1
            nop
            .size middle, 3
            nop
            .size outer, 6
            """
        let path = try workshop.build(
            "plain.so", from: source, in: "a.s", with: "gcc", "-shared", "-nostdlib", "-o", "plain.so", "a.s")
        let object = try openObject(path)
        let start = try #require(object.section(named: ".text")).address.rawValue
        let symbols = (0..<7).map { object.symbols().symbol(containing: FileAddress(rawValue: start + $0)) }
        #expect(symbols.map { $0?.name } == ["outer", "outer", "middle", "inner", "middle", "outer", nil])
        #expect(symbols.map { $0?.size } == [6, 6, 3, 1, 3, 6, nil])
        #expect(symbols[5]?.address.rawValue == start)
    }

    private static func debugFile(of object: ObjectFile) -> [String] {
        guard let digits = object.buildID?.description else { return [] }
        let path = "/usr/lib/debug/.build-id/\(digits.prefix(2))/\(digits.dropFirst(2)).debug"
        return FileManager.default.fileExists(atPath: path) ? [path] : []
    }

    private static func address(of name: String, in path: String) throws -> FileAddress? {
        try SymbolOracle(of: [path]).entries.first { $0.name == name }.map { FileAddress(rawValue: $0.start) }
    }
}
