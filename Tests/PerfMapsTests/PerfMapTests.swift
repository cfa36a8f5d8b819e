import Foundation
import ObjectFiles
import ProfileModel
import SystemSupport
import TestSupport
import Testing

@testable import PerfMaps

/// Perf maps in real files, which grow and are written anew.
@Suite struct PerfMapTests {
    private static let code = Address(rawValue: 0x1010)

    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = "\(directory.path)/perf.map"
        try write("")
    }

    private func write(_ text: String) throws {
        let file = try OwnedDescriptor(opening: path, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
        try FileHandle(fileDescriptor: file.release(), closeOnDealloc: true).write(contentsOf: Data(text.utf8))
    }

    private func append(_ text: String) throws {
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        try file.seekToEnd()
        try file.write(contentsOf: Data(text.utf8))
    }

    private func open(budget: ParsingBudget = ParsingBudget()) throws -> PerfMap {
        PerfMap(try OwnedDescriptor(opening: path, flags: O_RDONLY), budget: budget)
    }

    private func name(_ map: PerfMap, at time: UInt64 = SystemClock.monotonic.nanoseconds) -> String? {
        map.code(at: Self.code, when: time).flatMap(map.name(of:))
    }

    @Test func `Code is named as soon as the map that grows has it`() throws {
        let map = try open()
        map.readOn()
        #expect(name(map) == nil)
        try append("1000 20 fi")
        map.readOn()
        #expect(name(map) == nil)
        try append("rst\n")
        map.readOn()
        #expect(name(map) == "first")
    }

    @Test func `A stack keeps the name that its code had at its time`() throws {
        try append("1000 20 first\n")
        let map = try open()
        map.readOn()
        let before = SystemClock.monotonic.nanoseconds
        map.readOn()
        try append("1000 20 second\n")
        map.readOn()
        #expect(name(map, at: before) == "first")
        #expect(name(map) == "second")
    }

    @Test(arguments: ["1000 20 third\n", "1000 20 other\n2000 20 more\n", "1000 20 else\n2000 20 longer than before\n"])
    func `A map that the process writes anew is read from its beginning`(text: String) throws {
        try append("1000 20 first\n3000 20 b\n")
        let map = try open()
        map.readOn()
        let first = try #require(map.code(at: Self.code, when: SystemClock.monotonic.nanoseconds))
        try write(text)
        map.readOn()
        #expect(name(map) == text.split(separator: "\n").first.map { String($0.dropFirst(8)) })
        #expect(map.code(at: Address(rawValue: 0x3000), when: SystemClock.monotonic.nanoseconds) == nil)
        #expect(map.name(of: first) == "first")
    }

    @Test func `Another reader of the file has the names by their numbers`() throws {
        try append("1000 20 first\n")
        let map = try open()
        map.readOn()
        let code = try #require(map.code(at: Self.code, when: SystemClock.monotonic.nanoseconds))
        let other = try open()
        #expect(other.name(of: code) == nil)
        other.readOn()
        #expect(other.name(of: code) == "first")
    }

    @Test func `Beyond the budget, code has no name rather than an old one`() throws {
        let budget = ParsingBudget(ParsingBudget.Limits(memory: 4000))
        try append("1000 20 first\n")
        let map = try open(budget: budget)
        map.readOn()
        #expect(name(map) == "first")
        try append((0..<1000).map { "\($0)000 20 x\n" }.joined() + "1000 20 second\n")
        map.readOn()
        #expect(name(map) == nil)
        #expect(budget.refusals[.memory] == 1)
    }

    @Test func `Bytes of any kind are read or reported`() throws {
        var generator = SeededGenerator(state: 7)
        let alphabet = Array("0123456789abcdefx \n:~*g\0\u{1b}".utf8) + [0xff]
        for _ in 0..<50 {
            let bytes = (0..<5000).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] }
            try Data(bytes).write(to: URL(filePath: path))
            let map = try open()
            map.readOn()
            let damage = try #require(map.damage)
            #expect(damage.lines > 0 && damage.firstOffset < 5000)
        }
    }
}
