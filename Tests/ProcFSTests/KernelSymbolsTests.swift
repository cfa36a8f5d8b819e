import Foundation
import ProfileModel
import TestSupport
import Testing

@testable import ProcFS

@Suite struct KernelSymbolsTests {
    private static let listing = """
        ffffffff81000000 T startup_64
        ffffffff81000000 T _text
        ffffffff81001000 t do_work
        ffffffff81001800 D some_data
        ffffffff81002000 W weak_one
        ffffffffc0001000 t helper\t[my_module]
        ffffffffc0002000 t bpf_prog_6deef7357e7b4530\t[bpf]

        """

    private func function(at address: UInt64, _ listing: String = listing) -> KernelSymbols.Function? {
        KernelSymbols(parsing: Array(listing.utf8)).function(at: Address(rawValue: address))
    }

    @Test func `A function covers the addresses up to the next one`() {
        #expect(function(at: 0xffff_ffff_8100_1000)?.name == "do_work")
        #expect(function(at: 0xffff_ffff_8100_1fff) == KernelSymbols.Function(name: "do_work", module: nil))
        #expect(function(at: 0xffff_ffff_8100_2000)?.name == "weak_one")
        #expect(function(at: 0xffff_ffff_80ff_ffff) == nil)
    }

    @Test func `Data is no function`() { #expect(function(at: 0xffff_ffff_8100_1900)?.name == "do_work") }

    @Test func `Of several names the first counts`() {
        #expect(function(at: 0xffff_ffff_8100_0010)?.name == "startup_64")
    }

    @Test func `A module's function names its module`() {
        #expect(function(at: 0xffff_ffff_c000_1004) == KernelSymbols.Function(name: "helper", module: "my_module"))
        #expect(function(at: 0xffff_ffff_c000_2004)?.module == "bpf")
    }

    @Test func `The last function doesn't reach to the end of all addresses`() {
        #expect(function(at: 0xffff_ffff_c000_2000 + (1 << 20) - 1) != nil)
        #expect(function(at: 0xffff_ffff_c000_2000 + (1 << 20)) == nil)
        #expect(function(at: .max) == nil)
    }

    @Test func `Lines may be in any order`() {
        let reversed = Self.listing.split(separator: "\n").reversed().joined(separator: "\n")
        #expect(function(at: 0xffff_ffff_8100_1004, reversed)?.name == "do_work")
        #expect(function(at: 0xffff_ffff_c000_1004, reversed)?.module == "my_module")
    }

    @Test func `Addresses that the reader may not see name nothing`() {
        let hidden = "0000000000000000 T _text\n0000000000000000 t do_work\n"
        #expect(KernelSymbols(parsing: Array(hidden.utf8)).isEmpty)
        #expect(function(at: 0, hidden) == nil && function(at: 0x1000, hidden) == nil)
    }

    @Test(arguments: [
        "", "\n", " ", "1000", "1000 ", "1000 T", "1000 T ", "1000 T \n", "xyz T name\n", "1000T name\n", "T name\n",
        "fffffffffffffffff T name\n", "1000 TT", "\0\0\0\n", "1000\nT name\n",
    ])
    func `Lines that are none are left out`(line: String) {
        let text = line + "\n" + Self.listing
        #expect(function(at: 0xffff_ffff_8100_1000, text)?.name == "do_work")
        #expect(function(at: 0x1000, text) == nil)
    }

    @Test func `Noise is harmless`() {
        var generator = SeededGenerator(state: 8)
        let alphabet = Array("0123456789abcdefTtW \t\n[]\u{FF}".utf8)
        for length in 0..<1000 {
            let noise = (0..<length).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
            let symbols = KernelSymbols(parsing: noise)
            for _ in 0..<10 {
                _ = symbols.function(at: Address(rawValue: .random(in: 0...(.max), using: &generator)))
            }
        }
    }

    /// As `/proc/PID/stack` would: the kernel says where its functions are.
    @Test(.enabled(if: Privileges.isRoot)) func `The running kernel's functions are found`() throws {
        let symbols = try KernelSymbols(of: ProcFS())
        let text = try run(["/bin/cat", "/proc/kallsyms"]).output
        let lines = text.split(separator: "\n").filter { $0.contains(" T ") || $0.contains(" t ") }
        try #require(lines.count > 1000)
        var starts: [UInt64: Set<Substring>] = [:]
        for line in lines {
            let words = line.split { $0 == " " || $0 == "\t" }
            if let address = UInt64(words[0], radix: 16) {
                starts[address, default: []].insert(words[2])
            }
        }
        let found = starts.count { address, names in
            symbols.function(at: Address(rawValue: address)).map { names.contains(Substring($0.name)) } ?? false
        }
        #expect(found == starts.count)
        let call = try #require(starts.first { $0.value.contains("do_syscall_64") || $0.value.contains("vfs_read") })
        #expect(symbols.function(at: Address(rawValue: call.key + 1))?.module == nil)
    }
}
