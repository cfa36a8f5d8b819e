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
