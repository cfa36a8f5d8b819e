import Foundation
import ObjectFiles
import ProfileModel
import TestSupport
import Testing

@Suite("Entries of procedure linkage tables")
struct LinkageTests {
    private static let source = """
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        int main(int count, char **arguments) {
            void *(*allocate)(size_t) = malloc;
            printf("%p %zu\\n", allocate(3), strlen(arguments[0]));
            puts("");
            return allocate == 0;
        }
        """

    private static let options = [
        ["-Wl,-z,lazy"], ["-Wl,-z,now"], ["-fcf-protection=full", "-Wl,-z,ibtplt", "-Wl,-z,lazy"],
        ["-no-pie"], ["-fuse-ld=lld"], ["-fuse-ld=lld", "-Wl,-z,force-ibt", "-fcf-protection=full"],
        ["-shared", "-fPIC"],
    ]

    @Test("each is named as objdump names it, from its first byte to its last", arguments: options)
    func agreesWithObjdump(options: [String]) throws {
        let workshop = try Workshop()
        try workshop.write(Self.source, to: "a.c")
        try workshop.run(["gcc", "-O1", "-o", "program"] + options + ["a.c"])
        let path = workshop.directory + "/program"
        let object = try openObject(path)
        let entries = try Self.entries(of: path, workshop)
        #expect(Set(entries.map(\.name)).isSuperset(of: ["puts@plt", "printf@plt", "strlen@plt"]))
        for (address, name, size) in entries {
            for distance in [0, size / 2, size - 1] {
                let symbol = object.symbol(containing: FileAddress(rawValue: address + distance))
                #expect(symbol?.name == name, "\(hexadecimal(address)) + \(distance)")
                #expect(symbol?.address.rawValue == address)
            }
        }
    }

    @Test("the entries that bind lazily beside .plt.sec have the names of their relocations")
    func lazyEntries() throws {
        let workshop = try Workshop()
        let path = try workshop.build(
            "program", from: Self.source, in: "a.c", with: "gcc", "-O1", "-fcf-protection=full", "-Wl,-z,ibtplt",
            "-Wl,-z,lazy", "-o", "program", "a.c")
        let object = try openObject(path)
        let table = try #require(object.section(named: ".plt"))
        let names = stride(from: 0, to: table.size, by: 16).map { offset in
            object.symbol(containing: FileAddress(rawValue: table.address.rawValue + offset + 4))?.name
        }
        // The first one is the resolver's.
        #expect(names.first == .some(nil))
        #expect(names.dropFirst().allSatisfy { $0?.hasSuffix("@plt") == true })
        #expect(Set(names).isSuperset(of: ["puts@plt", "strlen@plt", "printf@plt"]))
    }

    @Test("without section headers, relocations of the dynamic linker tell entries from other code")
    func withoutSections() throws {
        let workshop = try Workshop()
        let path = try workshop.build(
            "program", from: Self.source, in: "a.c", with: "gcc", "-O1", "-o", "program", "a.c")
        let entries = try Self.entries(of: path, workshop).filter { ["puts@plt", "strlen@plt"].contains($0.name) }
        try #require(entries.count == 2)
        var bytes = try bytes(of: path)
        // e_shoff, e_shnum and e_shstrndx.
        for index in Array(40..<48) + Array(60..<64) { bytes[index] = 0 }
        let object = try ObjectFile(id: ObjectID(rawValue: 1), path: path, image: bytes)
        #expect(object.sections.isEmpty)
        for (address, name, size) in entries {
            #expect(object.symbol(containing: FileAddress(rawValue: address + size - 1))?.name == name)
        }
        let main = try workshop.run(["nm", "program"]).split(separator: "\n").first { $0.hasSuffix(" T main") }
        let address = try #require(main.flatMap { UInt64($0.prefix(16), radix: 16) })
        #expect(object.symbol(containing: FileAddress(rawValue: address)) == nil)
    }

    @Test("a function that jumps to another file's function is no entry")
    func tailCall() throws {
        let workshop = try Workshop()
        let source = """
            #include <stdio.h>
            __attribute__((aligned(16))) int call(const char *text) { return puts(text); }
            """
        let path = try workshop.build(
            "plain.so", from: source, in: "a.c", with: "gcc", "-O2", "-fPIC", "-fno-plt", "-shared", "-o", "plain.so",
            "a.c")
        let symbol = try workshop.run(["nm", "plain.so"]).split(separator: "\n").first { $0.hasSuffix(" T call") }
        let address = try #require(symbol.flatMap { UInt64($0.prefix(16), radix: 16) })
        #expect(try openObject(path).symbol(containing: FileAddress(rawValue: address))?.name == "call")
        var bytes = try bytes(of: path)
        for index in Array(40..<48) + Array(60..<64) { bytes[index] = 0 }
        let object = try ObjectFile(id: ObjectID(rawValue: 1), path: path, image: bytes)
        #expect(object.symbol(containing: FileAddress(rawValue: address)) == nil)
    }

    @Test("a statically linked program's entries lead to functions that are chosen when it starts")
    func indirectFunctions() throws {
        let workshop = try Workshop()
        let path = try workshop.build(
            "program", from: Self.source, in: "a.c", with: "gcc", "-O1", "-static", "-o", "program", "a.c")
        let object = try openObject(path)
        let table = try #require(object.section(named: ".plt"))
        let names = stride(from: 0, to: table.size, by: 8).map { offset in
            object.symbol(containing: FileAddress(rawValue: table.address.rawValue + offset + 4))?.name
        }
        var indirect: Set<String> = []
        for line in try workshop.run(["readelf", "-sW", "program"]).split(separator: "\n") {
            let fields = line.split(separator: " ")
            if fields.count == 8, fields[3] == "IFUNC" { indirect.insert(fields[7] + "@plt") }
        }
        #expect(names.count > 10)
        for name in names { #expect(indirect.contains(name ?? ""), "\(name ?? "nil")") }
    }

    /// What `objdump -d` calls the stubs: address, name, and the size to the next one or the section's end.
    private static func entries(of path: String, _ workshop: Workshop) throws -> [(UInt64, name: String, size: UInt64)]
    {
        let object = try openObject(path)
        let ends = object.sections.filter { $0.name.hasPrefix(".plt") }.map { $0.address.rawValue + $0.size }
        let starts = try workshop.run(["objdump", "-d", path]).split(separator: "\n").compactMap { line in
            let parts = line.split(separator: " ")
            guard parts.count == 2, parts[1].hasSuffix("@plt>:"), let address = UInt64(parts[0], radix: 16) else {
                return nil as (UInt64, String)?
            }
            return (address, String(parts[1].dropFirst().dropLast(2)))
        }
        return starts.map { start, name in
            let next = (starts.map(\.0) + ends).filter { $0 > start }.min() ?? start
            return (start, name, next - start)
        }
    }
}
