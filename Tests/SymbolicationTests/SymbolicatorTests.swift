import DebugInfo
import Foundation
import ObjectFiles
import ProfileModel
import TestSupport
import Testing
import Unwinding

@testable import Symbolication

@Suite("Symbolicator")
struct SymbolicatorTests {
    @Test("programs in four languages: functions have the names that their programmers gave them")
    func languages() throws {
        let workshop = try Workshop()
        let programs = [
            try workshop.build(
                "c", from: "int helper(void) { return 1; } int main(void) { return helper(); }", in: "c.c",
                with: "gcc", "-o", "c", "c.c"),
            try workshop.build(
                "cpp",
                from: """
                    namespace shop { template <class T> struct Cart { T add(T x) { return x; } }; }
                    int main() { return shop::Cart<int>().add(0); }

                    """, in: "cpp.cpp", with: "g++", "-o", "cpp", "cpp.cpp"),
            try workshop.build(
                "rs", from: "mod shop { #[inline(never)] pub fn pay() {} } fn main() { shop::pay(); }", in: "rs.rs",
                with: "rustc", "rs.rs"),
            try workshop.build(
                "sw", from: "struct Shop { @inline(never) func pay(for item: Int) {} }\nShop().pay(for: 1)\n",
                in: "main.swift", with: "swiftc", "-Onone", "-module-name", "sw", "-o", "sw", "main.swift"),
        ]
        let functions = ["helper", "shop::Cart<int>::add", "rs::shop::pay", "Shop.pay(for:)"]
        for (program, function) in zip(programs, functions) {
            let names = try names(of: program, workshop)
            #expect(names.contains(function), "\(program)")
            #expect(names.contains("main"), "\(program)")
        }
    }

    @Test("what was inlined has its readable name and lines, above the function that the symbol table names")
    func inlined() throws {
        let workshop = try Workshop()
        let source = """
            volatile int sink;
            namespace shop {
            template <class T> inline __attribute__((always_inline)) T twice(T x) {
                sink = x;
                return 2 * sink;
            }
            __attribute__((noinline)) int pay(int x) { return twice<int>(x) + 1; }
            }
            int main(int count, char **) { return shop::pay(count); }

            """
        let path = try workshop.build(
            "cpp", from: source, in: "cpp.cpp", with: "g++", "-O2", "-g", "-o", "cpp", "cpp.cpp")
        let object = try openObject(path)
        let symbolicator = Symbolicator(
            object: { $0 == object.id ? object : nil }, debugInformation: DebugInformationStore())
        let text = try #require(object.section(named: ".text"))
        let stacks = (0..<text.size).map { offset in
            symbolicator.frames(
                for: .object(object.id, FileAddress(rawValue: text.address.rawValue + offset)))
        }
        let inlined = try #require(stacks.first { $0.count == 2 && $0[0].source?.line == 5 })
        #expect(inlined.map(\.name) == ["shop::twice<int>", "shop::pay"])
        #expect(inlined.map { $0.source?.line } == [5, 7])
        #expect(inlined.map { $0.source?.functionLine } == [3, 7])
        #expect(inlined[1].systemName == "_ZN4shop3payEi")
        let plain = Symbolicator(object: { $0 == object.id ? object : nil })
        #expect(
            zip(stacks, (0..<text.size)).allSatisfy { stack, offset in
                let address = FileAddress(rawValue: text.address.rawValue + offset)
                return stack.last?.name == plain.frames(for: .object(object.id, address)).last?.name
            })
    }

    @Test(
        "a clone of a kernel function is the function, and a part is another one, as elsewhere",
        arguments: [
            ("schedule", "schedule"), ("finish_task_switch.isra.0", "finish_task_switch"),
            ("vfs_read.constprop.0.cold", "vfs_read"), ("do_softirq.part.0", "do_softirq [clone .part.0]"),
        ])
    func kernelClones(symbol: String, name: String) {
        let frame = Frame(kernelFunction: symbol, module: nil)
        #expect(frame.name == name && frame.name == Demangling.readable(symbol))
        #expect(frame.systemName == (symbol == name ? nil : symbol))
        #expect(frame.kind == .kernel && frame.object == "kernel")
    }

    @Test("a name that a program gives to the linker only is kept beside that which was written")
    func assemblerName() throws {
        let source = """
            volatile int sink;
            int written(int x) __asm__("__GI_written");
            inline __attribute__((always_inline, gnu_inline)) int written(int x) { sink = x; return x + sink; }
            int pay(int x) { return written(x) + 1; }
            int main(int count, char **arguments) { return pay(count); }

            """
        let frames = try allFrames(source, in: "c.c", with: ["gcc", "-O2", "-g", "-o", "program", "c.c"])
        let written = try #require(frames.first { $0.name == "written" })
        #expect(written.systemName == "__GI_written")
    }

    @Test("an inlined C++ function that has no linker's name has its scope, and no long list of template arguments")
    func inlinedWithoutLinkageName() throws {
        let source = """
            volatile int sink;
            #define INLINED inline __attribute__((always_inline))
            namespace shop {
            template <class... Types> struct Till {
                struct Drawer {
                    template <class F> static INLINED void open(F f) { f(sink + 1); }
                };
            };
            namespace { struct Cart { static INLINED void put(int x) { sink = x; sink += 7; } }; }
            }
            int main(int count, char **) {
                auto pay = [&](int x) __attribute__((always_inline)) { sink = x * 3; sink += count; };
                shop::Till<long, unsigned long, long long, unsigned long long>::Drawer::open(pay);
                shop::Cart::put(count);
            }

            """
        let command = ["g++", "-O2", "-g", "-o", "program", "a.cpp"]
        let full = Set(try allFrames(source, in: "a.cpp", with: command).map(\.name))
        #expect(full.isSuperset(of: ["main", "main::{lambda}::operator()"]), "\(full)")
        #expect(full.contains { $0.hasPrefix("shop::Till<long") && $0.contains(">::Drawer::open<main(") }, "\(full)")
        #expect(full.contains { $0.hasPrefix("shop::(anonymous namespace)::Cart::put") }, "\(full)")
        let short = try allFrames(source, in: "a.cpp", with: command, showsTemplateArguments: false).map(\.name)
        #expect(short.contains { $0.hasPrefix("shop::Till<…>::Drawer::open<") }, "\(Set(short))")
    }

    @Test("paths that debug information gives are fit for a terminal")
    func pathsWithControls() throws {
        let source = """
            #line 1 "evil\\033[31m\\nname.c"
            int pay(int x) { return x + 1; }
            int main(int count, char **arguments) { return pay(count); }

            """
        let frames = try allFrames(source, in: "c.c", with: ["gcc", "-g", "-o", "program", "c.c"])
        let files = frames.filter { $0.name == "pay" }.compactMap { $0.source?.file }
        try #require(!files.isEmpty)
        #expect(files.allSatisfy { $0.hasSuffix("evil[31mname.c") })
    }

    /// A call without a name that was inlined into `f`, on line 5; `f` calls it on line 7.
    private static let namelessCall = """
        .text
        .file 1 "a.c"
        .globl f
        .type f, @function
        f: .loc 1 5
        .rept 64
        nop
        .endr
        .size f, .-f
        .section .debug_abbrev
        .byte 1, 0x11, 1, 0x11, 1, 0x12, 7, 0x10, 0x17, 0, 0
        .byte 2, 0x2e, 1, 0x11, 1, 0x12, 7, 0, 0
        .byte 3, 0x1d, 0, 0x11, 1, 0x12, 7, 0x58, 0x0b, 0x59, 0x0b, 0, 0
        .byte 0
        .section .debug_info
        .long last - first
        first: .short 4
        .long 0
        .byte 8
        .byte 1
        .quad f, 64
        .long 0
        .byte 2
        .quad f, 64
        .byte 3
        .quad f, 64
        .byte 1, 7
        .byte 0, 0
        last:

        """

    @Test("a call without a name has its line")
    func namelessCallLine() throws {
        let frames = try allFrames(
            Self.namelessCall, in: "a.s", with: ["gcc", "-shared", "-nostdlib", "-o", "program", "a.s"])
        let places = Set(frames.map { "\($0.name) \($0.source?.line ?? 0)" })
        #expect(places == ["[inlined] 5", "f 7"])
    }

    @Test("what is kept of a Go program's frames is counted with their texts")
    func goTexts() throws {
        let path = Locations.testPrograms.appending(path: "go_stack").path
        let object = try openObject(path)
        let symbolicator = Symbolicator(object: { $0 == object.id ? object : nil })
        let text = try #require(object.section(named: ".text"))
        let frames = (0..<1000).flatMap { offset in
            symbolicator.frames(
                for: .object(object.id, FileAddress(rawValue: text.address.rawValue + 64 * offset)))
        }
        let named = frames.filter { $0.source != nil }
        try #require(named.count > 500)
        let texts = named.flatMap { [$0.name, $0.source?.file ?? ""] }
        #expect(symbolicator.keptBytes >= texts.reduce(0) { $0 + $1.utf8.count })
    }

    /// The frames at each address of a program's code.
    private func allFrames(
        _ source: String, in name: String, with command: [String], showsTemplateArguments: Bool = true
    ) throws -> [Frame] {
        let workshop = try Workshop()
        try workshop.write(source, to: name)
        try workshop.run(command)
        let object = try openObject("\(workshop.directory)/program")
        let symbolicator = Symbolicator(
            object: { $0 == object.id ? object : nil }, debugInformation: DebugInformationStore(),
            showsTemplateArguments: showsTemplateArguments)
        let text = try #require(object.section(named: ".text"))
        return (0..<text.size).flatMap { offset in
            symbolicator.frames(for: .object(object.id, FileAddress(rawValue: text.address.rawValue + offset)))
        }
    }

    @Test("addresses without a symbol show the file and the address, those without code the address alone")
    func withoutSymbol() throws {
        let object = try openObject("/lib/x86_64-linux-gnu/libc.so.6")
        let symbolicator = Symbolicator(object: { $0 == object.id ? object : nil })
        #expect(
            symbolicator.frames(for: .object(object.id, FileAddress(rawValue: 0x10)))
                == [Frame(name: "[libc.so.6+0x10]", kind: .unknown, object: "libc.so.6")])
        let unknown = [Frame(name: "[unknown]", kind: .unknown, object: nil)]
        #expect(
            [0, 0xdead_0000].map { symbolicator.frames(for: .unmapped(Address(rawValue: $0))).map(\.name) }
                == [["0x0"], ["0xdead0000"]])
        #expect(symbolicator.frames(for: .object(ObjectID(rawValue: 99), FileAddress(rawValue: 0))) == unknown)
        #expect(
            symbolicator.frames(for: .anonymous(Address(rawValue: 1)))
                == [Frame(name: "[anonymous]", kind: .unknown, object: nil)])
    }

    @Test("code of a file that isn't an object file shows the file and the offset")
    func plainFile() {
        let symbolicator = Symbolicator(object: { _ in nil }, path: { _ in "/opt/app/code.dll" })
        #expect(
            symbolicator.frames(for: .object(ObjectID(rawValue: 1), FileAddress(rawValue: 0x1005)))
                == [Frame(name: "[code.dll+0x1005]", kind: .unknown, object: "code.dll")])
    }

    /// Functions without sizes, and what lies between them: `first` and `third` have call frame information.
    private static let assembly = """
        .text
        .globl first, second, fourth
        .type first, @function
        first: .cfi_startproc
        nop; nop
        inside: nop
        .cfi_endproc
        nop
        .type second, @function
        second: nop; nop
        .cfi_startproc
        nop; nop
        .cfi_endproc
        nop
        .type third, @function
        third: .cfi_startproc
        nop; nop
        .cfi_endproc
        .type fourth, @function
        fourth: nop; nop
        """

    @Test("a symbol without a size names what call frame information says of it, and what lies between functions")
    func unsizedFunctions() throws {
        let workshop = try Workshop()
        let path = try workshop.build(
            "plain.so", from: Self.assembly, in: "a.s", with: "gcc", "-shared", "-nostdlib", "-o", "plain.so", "a.s")
        let (place, whole) = try names(at: 13, path)
        #expect(
            whole == [
                "first", "first", "first", "[plain.so+\(place(3))]", "second", "second", "[plain.so+\(place(6))]",
                "[plain.so+\(place(6))]", "[plain.so+\(place(8))]", "third", "third", "fourth", "fourth",
            ])
        try workshop.run(["strip", "plain.so"])
        let (_, exported) = try names(at: 13, path)
        #expect(
            exported == [
                "first", "first", "first", "[plain.so+\(place(3))]", "second", "[plain.so+\(place(5))]",
                "[plain.so+\(place(6))]", "[plain.so+\(place(6))]", "[plain.so+\(place(8))]", "[plain.so+\(place(9))]",
                "[plain.so+\(place(9))]", "fourth", "[plain.so+\(place(12))]",
            ])
    }

    /// The names of the first bytes of the code.
    private func names(at count: UInt64, _ path: String) throws -> ((UInt64) -> FileAddress, [String]) {
        let object = try openObject(path)
        let functions = FunctionBounds(tables: UnwindTableCache())
        let symbolicator = Symbolicator(
            object: { $0 == object.id ? object : nil },
            lastFunction: { functions.lastFunction(of: $0, startingBefore: $1) })
        let start = try #require(object.section(named: ".text")).address.rawValue
        let names = (0..<count).map { offset in
            symbolicator.frames(for: .object(object.id, FileAddress(rawValue: start + offset))).map(\.name).joined()
        }
        return ({ FileAddress(rawValue: start + $0) }, names)
    }

    @Test("libc's functions agree with eu-addr2line, or share an address with what it says")
    func agreesWithAddr2line() throws {
        let workshop = try Workshop()
        let path = "/lib/x86_64-linux-gnu/libc.so.6"
        let lines = try workshop.run(["nm", "-D", "--defined-only", path]).split(separator: "\n")
        var random = SeededGenerator(state: 7)
        let addresses = lines.map { $0.split(separator: " ") }.filter { ["T", "W"].contains($0[1]) }
            .compactMap { UInt64($0[0], radix: 16) }.shuffled(using: &random).prefix(300)
        let object = try openObject(path)
        let symbolicator = Symbolicator(object: { $0 == object.id ? object : nil })
        let output = try workshop.run(
            ["eu-addr2line", "-f", "-e", path] + addresses.map { hexadecimal($0 + 1) }
        ).split(separator: "\n")
        for (index, address) in addresses.enumerated() {
            let expected = String(output[index * 2].split(separator: "@")[0])
            let frame = try #require(
                symbolicator.frames(for: .object(object.id, FileAddress(rawValue: address + 1))).first)
            if expected == "??" {
                #expect(frame.kind == .unknown)
                continue
            }
            let sameAddress = lines.contains {
                $0.hasPrefix(String(format: "%016lx", address)) && $0.contains(" \(frame.name)@")
            }
            #expect(frame.name == expected || sameAddress, "\(hexadecimal(address)): \(frame.name), \(expected)")
        }
    }

    @Test("the mangled name is kept beside the one that people read")
    func systemNames() throws {
        let workshop = try Workshop()
        let program = try workshop.build(
            "cpp", from: "namespace shop { int pay(int x) { return x; } } int main() { return shop::pay(0); }\n",
            in: "cpp.cpp", with: "g++", "-o", "cpp", "cpp.cpp")
        let frames = try frames(of: program, workshop)
        #expect(try #require(frames.first { $0.name == "shop::pay" }).systemName == "_ZN4shop3payEi")
        #expect(try #require(frames.first { $0.name == "main" }).systemName == nil)
    }

    /// What the functions of a program's own symbol table are called.
    private func names(of program: String, _ workshop: Workshop) throws -> Set<String> {
        Set(try frames(of: program, workshop).map(\.name))
    }

    /// The frames at the functions of a program's own symbol table.
    private func frames(of program: String, _ workshop: Workshop) throws -> [Frame] {
        let object = try openObject(program)
        let symbolicator = Symbolicator(object: { $0 == object.id ? object : nil })
        let addresses = try workshop.run(["nm", "--defined-only", program]).split(separator: "\n")
            .map { $0.split(separator: " ") }.filter { ["T", "t", "W", "w"].contains($0[1]) }
            .compactMap { UInt64($0[0], radix: 16) }
        return addresses.flatMap { symbolicator.frames(for: .object(object.id, FileAddress(rawValue: $0))) }
    }
}
