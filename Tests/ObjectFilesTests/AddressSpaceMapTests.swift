import Foundation
import ObjectFiles
import ProfileModel
import Testing

@Suite("Address-space maps")
struct AddressSpaceMapTests {
    @Test("addresses of this process's own libc lead back to the symbols they came from")
    func liveProcess() throws {
        // Whole: Foundation's one-step readers stop after the first pages of a file in /proc.
        let text = try FileHandle(forReadingFrom: URL(filePath: "/proc/self/maps")).readToEnd()
        let lines = String(decoding: text ?? Data(), as: UTF8.self).split(separator: "\n")
        let path = "/usr/lib/x86_64-linux-gnu/libc.so.6"
        let object = try openObject(path)
        let map = AddressSpaceMap(lines.compactMap { Self.mapping(String($0), object) }.reversed())
        let handle = unsafe dlopen(nil, RTLD_NOW)
        let symbol = unsafe dlsym(handle, "setlogmask")
        let pointer = try unsafe #require(symbol)
        let address = Address(rawValue: UInt64(UInt(bitPattern: pointer)))
        guard case .object(let id, let fileAddress) = map.location(of: address) else {
            Issue.record("not in the object: \(map.location(of: address))")
            return
        }
        #expect(id == object.id)
        #expect(object.symbols().symbol(containing: fileAddress)?.name.contains("setlogmask") == true)
        let found = try #require(map.object(at: address))
        #expect(found.object === object)
        #expect(address.rawValue &- found.bias == fileAddress.rawValue)
    }

    @Test("addresses between, before and after mappings are unmapped; generated code is anonymous")
    func locations() {
        let map = AddressSpaceMap([
            mapping(0x3000..<0x4000, .anonymous, isExecutable: true), mapping(0x1000..<0x2000, .heap),
            mapping(0x5000..<0x6000, .file(path: "/gone", nil), isExecutable: true),
        ])
        #expect(map.mapping(containing: Address(rawValue: 0x1fff))?.backing == .heap)
        for address: UInt64 in [0, 0xfff, 0x1000, 0x2000, 0x2fff, 0x4000, 0x6000, .max] {
            #expect(map.location(of: Address(rawValue: address)) == .unmapped(Address(rawValue: address)))
        }
        for address: UInt64 in [0x3000, 0x3fff, 0x5000] {
            #expect(map.location(of: Address(rawValue: address)) == .anonymous(Address(rawValue: address)))
        }
        #expect(AddressSpaceMap([]).mapping(containing: Address(rawValue: 0)) == nil)
    }

    private func mapping(_ range: Range<UInt64>, _ backing: MappingBacking, isExecutable: Bool = false) -> Mapping {
        Mapping(
            start: Address(rawValue: range.lowerBound), end: Address(rawValue: range.upperBound), isReadable: true,
            isWritable: false, isExecutable: isExecutable, fileOffset: 0, backing: backing)
    }

    // 7f12a3e00000-7f12a3e26000 r-xp 00026000 fe:00 1234   /usr/lib/x86_64-linux-gnu/libc.so.6
    private static func mapping(_ line: String, _ object: ObjectFile) -> Mapping? {
        let fields = line.split(separator: " ")
        let bounds = fields[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
        guard bounds.count == 2, let offset = UInt64(fields[2], radix: 16) else { return nil }
        let isLibc = fields.last.map(String.init) == object.path
        return Mapping(
            start: Address(rawValue: bounds[0]), end: Address(rawValue: bounds[1]),
            isReadable: fields[1].contains("r"), isWritable: fields[1].contains("w"),
            isExecutable: fields[1].contains("x"), fileOffset: offset,
            backing: isLibc ? .file(path: object.path, object) : .anonymous)
    }
}
