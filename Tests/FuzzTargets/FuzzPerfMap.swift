import ObjectFiles
import PerfMaps
import ProfileModel

/// The first byte is where the map is cut in two readings, the next eight are an address; then follows the map.
///
/// Every byte is counted, and the name that an address has is one that the map holds.
func fuzzPerfMap(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    let cut = Int(input.byte())
    let address = input.bytes(8).reduce(0) { $0 << 8 | UInt64($1) }
    let map = input.rest
    guard var log = try? PerfMapLog(ParsingBudget(ParsingBudget.Limits(memory: 1 << 20))) else { return }
    for (piece, time) in [(map.prefix(cut), 1), (map.dropFirst(cut), 11)] as [(ArraySlice<UInt8>, UInt64)] {
        guard (try? log.append(Array(piece), written: time...time + 8)) != nil else { return }
    }
    precondition(log.position == UInt64(map.count))
    precondition(log.count + (log.damage?.lines ?? 0) <= map.count { $0 == UInt8(ascii: "\n") } + 1)
    for time in [0, 5, 10, 15, 20] as [UInt64] {
        guard let code = log.code(at: Address(rawValue: address), when: time) else { continue }
        precondition((try? log.name(of: code.id)) == code.name)
    }
}
