import CElf
import ObjectFiles
import ProfileModel
import TestSupport
import Testing

@Suite("Symbols by name")
struct SymbolNameTests {
    private static let source = """
        static int hidden_counter = 7;
        long exported_table[5] = {1};
        extern long missing_variable __attribute__((weak));
        static __attribute__((noinline, used)) int hidden(int n) { return hidden_counter += n; }
        __attribute__((noinline)) int long_name_of_exported(int n) { return hidden(n); }
        __attribute__((noinline, alias("long_name_of_exported"))) int name_of_exported(int n);
        __asm__(".globl split\\n split: nop\\n .size split, 1\\n .type split, @function\\n"
                ".local split.cold\\n split.cold: nop; nop\\n .size split.cold, 2\\n .type split.cold, @function\\n"
                ".local split_cold\\n split_cold: nop\\n");
        int main(void) { return name_of_exported(1) + (&missing_variable != 0) + (int)exported_table[0]; }
        """

    @Test("functions and variables are found by their exact names, and functions with the parts split off them")
    func namesOfAllKinds() throws {
        let workshop = try Workshop()
        let path = try Self.build(in: workshop)
        let found = try openObject(path).definitions(
            ofSymbols: [
                "hidden_counter", "exported_table", "missing_variable", "name_of_exported", "exported", "split",
            ], andPartsOf: ["split"])
        #expect(
            Set(found.map(\.name)) == ["hidden_counter", "exported_table", "name_of_exported", "split", "split.cold"])
        let sizes = Dictionary(uniqueKeysWithValues: found.map { ($0.name, $0.size) })
        #expect(sizes["exported_table"] == 40 && sizes["hidden_counter"] == 4 && sizes["split.cold"] == 2)
        let addresses = try Self.addresses(in: path, workshop)
        for definition in found { #expect(addresses[definition.name] == definition.address) }
    }

    @Test("a stripped file has its exported names alone")
    func strippedFile() throws {
        let workshop = try Workshop()
        let path = try Self.build(in: workshop)
        try workshop.run(["strip", "--strip-all", "program"])
        let found = try openObject(path).definitions(
            ofSymbols: ["hidden_counter", "exported_table", "split"], andPartsOf: ["split"])
        #expect(found.map(\.name).sorted() == ["exported_table", "split"])
    }

    @Test("what a stripped file hides comes from its debug file, where the file exports one of the names")
    func debugFile() throws {
        let workshop = try Workshop()
        let path = try Self.build(in: workshop)
        try workshop.run(["objcopy", "--only-keep-debug", "program", "program.debug"])
        try workshop.run(["objcopy", "--strip-all", "--add-gnu-debuglink=program.debug", "program"])
        let object = try openObject(path)
        #expect(try object.definitions(ofSymbols: ["hidden_counter"]).isEmpty)
        let found = try object.definitions(ofSymbols: ["exported_table", "hidden_counter"])
        #expect(found.map(\.name) == ["exported_table", "hidden_counter"])
    }

    @Test("names are found on both sides of where the search cuts a large table of names")
    func cutNames() throws {
        let wanted = Array("_wanted_name\0".utf8)
        for distance in [0, 1, 5, 12, 13, 256, 257] {
            var names = [0] + [UInt8](repeating: UInt8(ascii: "x"), count: (1 << 20) - distance) + wanted
            names[names.count - wanted.count - 1] = 0
            let place = names.count - wanted.count
            let object = try Self.object([.init(name: UInt32(place), size: 3)], names: names)
            let found = try object.definitions(ofSymbols: ["_wanted_name"])
            #expect(found.map(\.size) == [3], "\(distance)")
        }
    }

    @Test("a file whose every symbol has the name yields a bounded number of definitions")
    func repeatedNames() throws {
        let symbols = (0..<10_000).map { ForgedObject.Entry(offset: UInt64($0)) }
        let object = try Self.object(symbols, names: Array("\0same\0".utf8))
        #expect(try object.definitions(ofSymbols: ["same"]).count == 256)
    }

    @Test("a table of names that reaches past the file's end yields what is there")
    func truncatedNames() throws {
        let image = ForgedObject.image([.init()], names: Array("\0same\0".utf8), claimedSize: 1 << 40)
        let object = try ObjectFile(id: ObjectID(rawValue: 1), path: "forged", image: image)
        #expect(try object.definitions(ofSymbols: ["same"]).count <= 1)
    }

    @Test("a search that the budget doesn't allow fails")
    func exhaustedBudget() throws {
        let image = ForgedObject.image([.init()], names: Array("\0same\0".utf8))
        let object = try ObjectFile(
            id: ObjectID(rawValue: 1), path: "forged", image: image, budget: ParsingBudget(.init(bytes: 4)))
        #expect(throws: ObjectFileError.self) { try object.definitions(ofSymbols: ["same"]) }
    }

    private static func build(in workshop: Workshop) throws -> String {
        try workshop.build(
            "program", from: source, in: "a.c", with: "gcc", "-O1", "-rdynamic", "-o", "program", "a.c")
    }

    private static func object(_ symbols: [ForgedObject.Entry], names: [UInt8]) throws -> ObjectFile {
        try ObjectFile(
            id: ObjectID(rawValue: 1), path: "forged", image: ForgedObject.image(symbols, names: names))
    }

    /// As nm(1) prints them.
    private static func addresses(in path: String, _ workshop: Workshop) throws -> [String: FileAddress] {
        let rows = try workshop.run(["nm", path]).split(separator: "\n").map { $0.split(separator: " ") }
        let pairs = rows.compactMap { row in
            row.count == 3 ? UInt64(row[0], radix: 16).map { (String(row[2]), FileAddress(rawValue: $0)) } : nil
        }
        return Dictionary(pairs) { first, _ in first }
    }
}
