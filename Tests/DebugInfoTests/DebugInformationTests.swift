import DebugInfo
import Foundation
import Glibc
import ObjectFiles
import ProfileModel
import TestSupport
import Testing

/// Lines and inlined calls, wherever compilers and tools put debug information.
@Suite struct DebugInformationTests {
    struct Flavour: CustomTestStringConvertible, Sendable {
        let options: [String]
        var commands: [String] = []

        var testDescription: String { (options + commands).joined(separator: " ") }
    }

    private static let reference = Result { () throws -> [[String]] in try CompiledProgram(["-g", "-gdwarf-5"]).calls()
    }

    static let flavours = [
        Flavour(options: ["-g", "-gdwarf-3"]), Flavour(options: ["-g", "-gdwarf-4"]),
        Flavour(options: ["-g", "-gdwarf64"]), Flavour(options: ["-g", "-gz=zlib"]),
        Flavour(options: ["-g", "-gz=zlib-gnu"]),
        Flavour(options: ["-g"], commands: ["objcopy --compress-debug-sections=zstd program"]),
        Flavour(options: ["-g"], commands: ["objcopy --remove-section=.debug_aranges program"]),
        Flavour(options: ["-g", "-gsplit-dwarf"]), Flavour(options: ["-g", "-gdwarf-4", "-gsplit-dwarf"]),
        Flavour(
            options: ["-g", "-gdwarf-4", "-gsplit-dwarf"],
            commands: ["dwp -e program -o program.dwp 2>/dev/null", "rm *.dwo"]),
        Flavour(
            options: ["-g"],
            commands: [
                "objcopy --only-keep-debug program program.debug", "strip -s program",
                "objcopy --add-gnu-debuglink=program.debug program",
            ]),
        Flavour(
            options: ["-g"],
            commands: ["cp program other", "dwz -m $PWD/common.debug -M $PWD/common.debug program other"]
        ),
    ]

    @Test func `Inlined calls have their lines, innermost first`() throws {
        let calls = try Self.reference.get()
        #expect(
            calls.contains([
                "deepest program.c:3 from 2", "middle program.c:7 from 6", "work program.c:12 from 10",
            ]))
        #expect(calls.allSatisfy { $0.last?.hasPrefix("work program.c:") == true })
    }

    @Test(arguments: flavours) func `Every form of debug information says the same`(flavour: Flavour) throws {
        #expect(try CompiledProgram(flavour.options, then: flavour.commands).calls() == Self.reference.get())
    }

    @Test func `Code that the list of units doesn't have, or has in another unit, is found`() throws {
        let expected = try Self.reference.get()
        let program = try CompiledProgram(["-g", "-gz=none"])
        let list = try #require(try program.open().section(named: ".debug_aranges"))
        let whole = try program.bytes()
        // The offset of the unit, and how many bytes of code it has from its first address on.
        for (place, byte) in [(6, 1), (6, 0xff), (24, 1)] as [(Int, UInt8)] {
            var image = whole
            image[Int(list.fileOffset) + place] = byte
            try program.write(image)
            #expect(try program.calls() == expected)
        }
    }

    @Test(arguments: ["none", "zlib"]) func `A unit that isn't asked for is not read`(form: String) throws {
        let program = try CompiledProgram(
            ["-g", "-gz=none", "other.c"], beside: ["other.c": "int other(void) { return 1; }\n"])
        let plain = try program.open()
        let info = try #require(plain.section(named: ".debug_info"))
        var image = try program.bytes()
        // The version of the second unit, program.c, after its length.
        let first = image[Int(info.fileOffset)...].prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) } + 4
        image[Int(info.fileOffset) + first + 4] = 99
        try program.write(image)
        if form != "none" { try program.workshop.run(["objcopy", "--compress-debug-sections=\(form)", "program"]) }
        let object = try program.open()
        let information = try #require(try DebugInformation(of: object, budget: ParsingBudget(.debugInfo)))
        func names(in function: String) -> Set<String?> {
            Set(CompiledProgram.addresses(of: function, in: object).flatMap { information.calls(at: $0) }.map(\.name))
        }
        #expect(names(in: "other") == ["other"])
        #expect(information.defect == nil)
        #expect(names(in: "work").isEmpty)
        #expect(information.defect == .unsupported(section: ".debug_info", offset: UInt64(first) + 6, value: 99))
    }

    @Test func `A program without debug information has no lines`() throws {
        let program = try CompiledProgram(["-g0"])
        #expect(try program.calls().allSatisfy(\.isEmpty))
    }

    @Test func `A split unit that isn't the program's own is not used`() throws {
        let program = try CompiledProgram(["-g", "-gsplit-dwarf"])
        try program.workshop.write(CompiledProgram.source + "int more;\n", to: "program.c")
        try program.workshop.run(["gcc", "-O2", "-g", "-gsplit-dwarf", "-o", "program2", "program.c"])
        try program.workshop.run(["sh", "-c", "mv program2-program.dwo program.dwo"])
        // What remains is the line.
        #expect(try program.calls().allSatisfy { $0.count == 1 && $0[0].hasPrefix("? program.c:") })
    }

    @Test func `A budget that is exhausted costs lines, and is counted`() throws {
        let object = try CompiledProgram(["-g"]).open()
        let addresses = CompiledProgram.addresses(of: "work", in: object)
        try #require(!addresses.isEmpty)
        for limits in [
            ParsingBudget.Limits(memory: 512), ParsingBudget.Limits(bytes: 1024), ParsingBudget.Limits(entries: 20),
        ] {
            let store = DebugInformationStore(budget: ParsingBudget(limits))
            #expect(addresses.allSatisfy { store.calls(at: $0, in: object).isEmpty })
            #expect(store.refusals > 0)
        }
    }

    /// Whatever is left of a budget: a part that can't be afforded is never missing without being counted.
    @Test(arguments: ParsingBudget.Resource.allCases) func `What an exhausted budget costs is always counted`(
        resource: ParsingBudget.Resource
    ) throws {
        let program = try CompiledProgram(["-g", "-gz=zlib", "other.c"], beside: ["other.c": "int other;\n"])
        let object = try program.open()
        let addresses = CompiledProgram.addresses(of: "work", in: object)
        let whole = DebugInformationStore()
        let reference = addresses.map { whole.calls(at: $0, in: object) }
        try #require(reference.contains { $0.count == 3 })
        var affordable = 0
        for part in 0...40 {
            var limits = ParsingBudget.Limits.debugInfo
            let limit = max(whole.budget.used(resource), 1 << 16) * part / 20
            switch resource {
            case .memory: limits.memory = limit
            case .bytes: limits.bytes = limit
            case .entries: limits.entries = limit
            }
            let store = DebugInformationStore(budget: ParsingBudget(limits))
            let calls = addresses.map { store.calls(at: $0, in: object) }
            #expect((calls == reference) != (store.refusals > 0), "\(limit)")
            #expect(store.budget.used(.memory) <= limits.memory)
            affordable += calls == reference ? 1 : 0
        }
        #expect((1...40).contains(affordable))
    }

    @Test func `Decompressed sections of one file make room for those of another`() throws {
        // Text in `.debug_str` that doesn't compress to nothing.
        let names = (0..<4000).map { "int variable_with_a_long_name_\($0 &* 2_654_435_761);\n" }.joined()
        let objects = try (1...2).map { number in
            try CompiledProgram(["-g", "-gz=zlib", "other.c"], beside: ["other.c": names]).open(number: UInt32(number))
        }
        let addresses = CompiledProgram.addresses(of: "work", in: objects[0])
        let whole = DebugInformationStore()
        let reference = addresses.map { whole.calls(at: $0, in: objects[0]).map(\.name) }
        try #require(reference.contains(["deepest", "middle", "work"]))
        let limits = ParsingBudget.Limits(memory: whole.budget.used(.memory) * 3 / 2)
        let store = DebugInformationStore(budget: ParsingBudget(limits))
        for object in [objects[0], objects[1], objects[0]] {
            #expect(addresses.map { store.calls(at: $0, in: object).map(\.name) } == reference)
        }
        #expect(store.refusals == 0)
    }

    @Test func `All calls of a function in a unit are calls of the same function`() throws {
        let object = try CompiledProgram(["-g"], source: CompiledProgram.source + CompiledProgram.more).open()
        let store = DebugInformationStore()
        let calls = ["work", "more"].flatMap { CompiledProgram.addresses(of: $0, in: object) }
            .flatMap { store.calls(at: $0, in: object) }
        let functions = Dictionary(grouping: calls, by: \.name).mapValues { Set($0.map(\.function)) }
        #expect(Set(functions.keys) == ["deepest", "middle", "work", "more"])
        #expect(functions.values.allSatisfy { $0.count == 1 })
        #expect(Set(functions.values).count == functions.count)
    }

    /// GCC splits `total` behind its check, inlines the check into its callers, and the rest into `total` again; calls of
    /// `fib` in itself are inlined too, on the line where it is declared.
    private static let splitSource = """
        #include <stdio.h>
        volatile int sink;
        struct box { int *items; int count; };
        int total(struct box *box) {
            if (box == NULL) return 0;
            int sum = 0;
            for (int i = 0; i < box->count; i++) {
                sum += box->items[i] * 3;
                if (sum > 1000) { sink = sum; sum /= 2; }
            }
            printf("%d", sum);
            return sum;
        }
        int first(struct box *b) { return total(b) + 1; }
        int second(struct box *b) { return total(b) + 2; }
        int third(struct box *b) { return total(b) * sink; }
        int fib(int n) { if (n < 2) return n + sink; return fib(n - 1) + fib(n - 2); }
        int main(int c, char **v) { struct box b = {&c, c}; return first(&b) + second(&b) + third(&b) + fib(c); }

        """

    @Test func `A function that was split and joined again is one call, and recursion is several`() throws {
        let object = try CompiledProgram(["-g"], source: Self.splitSource).open()
        let store = DebugInformationStore()
        func stacks(_ function: String) -> [[String?]] {
            CompiledProgram.addresses(of: function, in: object).map { store.calls(at: $0, in: object).map(\.name) }
        }
        let (first, total) = (stacks("first"), stacks("total"))
        try #require(!first.isEmpty && !total.isEmpty)
        #expect(first.contains(["total", "first"]))
        #expect(first.allSatisfy { $0.filter { $0 == "total" }.count < 2 })
        #expect(total.allSatisfy { $0.last == "total" && $0.filter { $0 == "total" }.count == 1 })
        #expect(stacks("fib").contains { $0.count > 1 && $0.allSatisfy { $0 == "fib" } })
    }

    @Test func `The line of a function that was split and joined is that of the address`() throws {
        let program = try CompiledProgram(["-g"], source: Self.splitSource)
        let object = try program.open()
        let store = DebugInformationStore()
        let addresses = CompiledProgram.addresses(of: "first", in: object)
        let lines = try program.workshop.run(["addr2line", "-e", "program"] + addresses.map { "\($0)" })
            .split(separator: "\n").map { $0.split(separator: " ")[0].split(separator: ":").last.map(String.init) }
        #expect(addresses.count == lines.count)
        for (address, line) in zip(addresses, lines) where line != "?" {
            #expect(store.calls(at: address, in: object).first?.source.map { "\($0.line)" } == line)
        }
    }

    @Test func `What is evicted for want of memory is read again`() throws {
        let object = try CompiledProgram(["-g"]).open()
        let addresses = CompiledProgram.addresses(of: "work", in: object)
        let store = DebugInformationStore()
        let first = addresses.map { store.calls(at: $0, in: object) }
        store.discard([object.id])
        #expect(addresses.map { store.calls(at: $0, in: object) } == first)
        #expect(store.refusals == 0)
    }
}
