import Foundation
import ObjectFiles
import ProfileModel
import TestSupport
import Testing

@testable import DebugInfo

/// Debug information that lies.
@Suite struct HostileDebugInfoTests {
    private static let programs = Result { () throws -> [[UInt8]] in
        try [["-g", "-gdwarf-5"], ["-g", "-gdwarf-4", "-gz=none"]].map { try CompiledProgram($0).bytes() }
            + [CompiledProgram(["-g", "-gz=none", "-x", "c++"], source: scopes).bytes()]
    }

    /// Functions without a linker's name, in scopes within each other.
    private static let scopes = """
        volatile int sink;
        namespace shop { namespace {
        struct Till {
            struct Drawer { static inline __attribute__((always_inline)) void put(int x) { sink = x; sink += 7; } };
        };
        } }
        int main(int count, char **) {
            auto pay = [&](int x) __attribute__((always_inline)) { sink = x * 3; shop::Till::Drawer::put(count); };
            pay(count);
            pay(count + 1);
        }

        """

    @Test func `Functions in scopes within each other have names`() throws {
        let program = try #require(try Self.programs.get().last)
        let object = try ObjectFile(id: ObjectID(rawValue: 1), path: "/program", image: program)
        let store = DebugInformationStore()
        let names = Set(
            CompiledProgram.addresses(of: "main", in: object).flatMap { store.calls(at: $0, in: object) }
                .compactMap(\.name))
        #expect(names.contains("main::{lambda}::operator()"), "\(names)")
        let put = try #require(names.first { $0.hasSuffix("Drawer::put") })
        #expect(put == "shop::(anonymous namespace)::Till::Drawer::put")
    }

    /// Asks for the calls at addresses all over the code.
    private func readAll(_ bytes: [UInt8]) throws {
        let limits = ParsingBudget.Limits(memory: 8 << 20, bytes: 64 << 20, entries: 1 << 18)
        guard let object = try? ObjectFile(id: ObjectID(rawValue: 1), path: "/hostile", image: bytes) else { return }
        let store = DebugInformationStore(budget: ParsingBudget(limits))
        for segment in object.segments where segment.isExecutable {
            for offset in stride(from: 0, to: min(segment.memorySize, 1024), by: 16) {
                let address = FileAddress(rawValue: segment.address.rawValue &+ offset)
                #expect(store.calls(at: address, in: object).count <= 256)
            }
        }
        for resource in ParsingBudget.Resource.allCases { #expect(store.budget.used(resource) >= 0) }
    }

    @Test(arguments: 0..<4) func `Any bytes of the sections may be others`(seed: UInt64) throws {
        var random = SeededGenerator(state: seed)
        for program in try Self.programs.get() {
            let object = try ObjectFile(id: ObjectID(rawValue: 1), path: "/program", image: program)
            let sections = object.sections.filter { $0.name.hasPrefix(".debug_") && $0.size > 0 }
            try #require(sections.count >= 5)
            for _ in 0..<150 {
                var damaged = program
                for _ in 0..<Int.random(in: 1...8, using: &random) {
                    guard let section = sections.randomElement(using: &random) else { continue }
                    let offset = section.fileOffset + UInt64.random(in: 0..<section.size, using: &random)
                    let value = UInt8.random(in: 0...255, using: &random)
                    damaged[Int(offset)] = [0, 1, 0x7f, 0x80, 0xff, value].randomElement(using: &random) ?? value
                }
                try readAll(damaged)
            }
        }
    }

    @Test func `What can't be read is said with its place`() throws {
        let program = try #require(try Self.programs.get().first)
        let object = try ObjectFile(id: ObjectID(rawValue: 1), path: "/program", image: program)
        let info = try #require(object.section(named: ".debug_info"))
        var damaged = program
        // The version, after the length.
        damaged[Int(info.fileOffset) + 4] = 99
        let hostile = try ObjectFile(id: ObjectID(rawValue: 2), path: "/hostile", image: damaged)
        let information = try #require(
            try DebugInformation(of: hostile, budget: ParsingBudget(.debugInfo)))
        #expect(information.calls(at: .init(rawValue: 0)).isEmpty)
        #expect(information.defect == .unsupported(section: ".debug_info", offset: 6, value: 99))
        #expect(information.defect.map { "\($0)" }?.contains(".debug_info") == true)
    }

    /// One unit of version 5 whose code is a list of ranges: one base address after another, and no range.
    private static let endlessRanges = """
        .text
        .globl f
        .type f, @function
        f: .fill 64, 1, 0x90
        .size f, .-f
        .section .debug_abbrev
        .byte 1, 0x11, 0, 0x11, 1, 0x55, 0x17, 0, 0
        .byte 0
        .section .debug_info
        .long last - first
        first: .short 5
        .byte 1, 8
        .long 0
        .byte 1
        .quad f
        .long 0
        last:
        .section .debug_rnglists
        .rept 100000
        .byte 5
        .quad 0
        .endr
        .byte 0

        """

    @Test func `A list of ranges without a range costs as much as one with ranges`() throws {
        let workshop = try Workshop()
        let path = try workshop.build(
            "hostile.so", from: Self.endlessRanges, in: "a.s", with: "gcc", "-shared", "-nostdlib", "-o",
            "hostile.so", "a.s")
        let object = try openObject(path)
        let start = try #require(object.section(named: ".text")).address
        let store = DebugInformationStore()
        #expect(store.calls(at: start, in: object).isEmpty)
        #expect(store.budget.used(.entries) >= 100_000)
    }

    @Test func `An array reserves memory before it grows, and gives it back`() throws {
        let budget = ParsingBudget(ParsingBudget.Limits(memory: 10_000))
        let reservation = try budget.reserve(0)
        var array = ReservedArray<UInt64>(reservation)
        #expect(throws: DebugInfoError.self) {
            while true {
                try array.append(1)
                #expect(array.elements.capacity * 8 <= budget.used(.memory) + 64)
            }
        }
        #expect((256...1250).contains(array.elements.count))
        array.release()
        #expect(array.elements.isEmpty)
        #expect(budget.used(.memory) == 0)
    }

    @Test(arguments: [".debug_info", ".debug_line"]) func `A section is read when there is memory for it`(
        name: String
    ) throws {
        let object = try CompiledProgram(["-g"]).open()
        let file = try #require(object.debugFile())
        for (memory, isRead) in [(64, false), (1 << 20, true)] {
            let budget = ParsingBudget(ParsingBudget.Limits(memory: memory))
            let section = try #require(try DebugSection(name, of: file, budget: DebugInfoBudget(budget)))
            do {
                let reader = try section.reader(at: 0, count: section.size)
                #expect(budget.used(.memory) >= reader.remaining)
                #expect(isRead)
            } catch {
                #expect(!isRead)
            }
            #expect(budget.used(.memory) == 0)
        }
    }

    /// One unit whose only function refers to itself for its name, with a child for each level of depth.
    private static func assembly(depth: Int) -> String {
        let entries = String(repeating: ".byte 3\n", count: depth)
        return """
            .text
            .globl f
            .type f, @function
            f: .fill 64, 1, 0x90
            end:
            .size f, .-f
            .section .debug_abbrev
            .byte 1, 0x11, 1, 0x11, 1, 0x12, 7, 0, 0
            .byte 2, 0x2e, 1, 0x11, 1, 0x12, 7, 0x31, 0x13, 0, 0
            .byte 3, 0x0b, 1, 0, 0
            .byte 0
            .section .debug_info
            .long last - first
            first: .short 4
            .long 0
            .byte 8
            .byte 1
            .quad f, 64
            function: .byte 2
            .quad f, 64
            .long function - first + 4
            \(entries)
            last:

            """
    }

    @Test(arguments: [0, 100_000]) func `A function that is its own origin, or has children without end, has no name`(
        depth: Int
    ) throws {
        let workshop = try Workshop()
        let path = try workshop.build(
            "hostile.so", from: Self.assembly(depth: depth), in: "a.s", with: "gcc", "-shared", "-nostdlib", "-o",
            "hostile.so", "a.s")
        let object = try openObject(path)
        let start = try #require(object.section(named: ".text")).address
        let calls = DebugInformationStore().calls(at: start, in: object)
        #expect(calls.map(\.name) == [nil])
    }
}
