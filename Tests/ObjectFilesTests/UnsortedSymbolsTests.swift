import ObjectFiles
import ProfileModel
import Testing

struct UnsortedSymbolsTests {
    @Test(
        "a few addresses get the same names from unsorted symbols as from the sorted table",
        arguments: ["/usr/lib/x86_64-linux-gnu/libc.so.6", "/usr/bin/python3", "/usr/bin/redis-server"])
    func agreesWithTable(path: String) throws {
        let table = try openObject(path).symbols()
        var object = try openObject(path)
        let code = try #require(object.segments.first { $0.isExecutable })
        let step = max(1, code.fileSize / 240)
        for (number, distance) in stride(from: 0, to: code.fileSize, by: Int(step)).enumerated() {
            // Each object goes over to the sorted table after some look-ups.
            if number % 8 == 0 { object = try openObject(path) }
            let address = FileAddress(rawValue: code.address.rawValue + distance)
            #expect(object.symbol(containing: address) == table.symbol(containing: address), "\(address)")
        }
    }
}
