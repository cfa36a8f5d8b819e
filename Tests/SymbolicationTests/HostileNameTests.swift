import TestSupport
import Testing

@testable import Symbolication

@Suite("Names that lie")
struct HostileNameTests {
    @Test("a C++ name that would fill the memory is cut", .timeLimit(.minutes(1)))
    func outputThatDoubles() {
        let readable = Demangling.readable("_ZZ1f1A\(Self.doubling(levels: 100))E1gv")
        #expect(readable.utf8.count <= 1 << 16 + 3)
        #expect(readable.hasSuffix("…"))
    }

    @Test("deep nesting doesn't exhaust the stack", arguments: ["_Z1f", "_RIC1a", "$s1a"])
    func deepNesting(prefix: String) {
        for unit in ["P", "I", "S", "N", "RR", "Fv", "y", "Sg", "Ay", "T_", "(", "[", "B_"] {
            let name = prefix + String(repeating: unit, count: 4000 / unit.count)
            #expect(!Demangling.readable(name).isEmpty)
            #expect(!Demangling.readable(String(name.prefix(1000))).isEmpty)
        }
    }

    @Test("names damaged at random are survived", arguments: 0..<4)
    func randomDamage(seed: UInt64) {
        let seeds = [
            "_ZNSt6vectorIiSaIiEE9push_backERKi", "_ZSt4moveIRiEONSt16remove_referenceIT_E4typeEOS2_",
            "_RINvNtCsgEmfK2I1SDS_4core3ptr13drop_in_placeINtNtCsgvbsrvnw3yD_9hashbrown3map7HashMapNtB2_5ShapeEE",
            "_ZN34_$LT$r..Sq$u20$as$u20$r..Shape$GT$4area17h2e91c5350d839167E",
            "$s1a6WorkerC3run_5labelSbSi_SStKFS2iXEfU0_TA",
            "$sSlsE3mapySayqd__Gqd__7ElementQzqd_0_YKXEqd_0_YKs5ErrorRd_0_r0_lF",
        ]
        var random = SeededGenerator(state: seed)
        for _ in 0..<5000 {
            var bytes = Array(seeds.randomElement(using: &random)?.utf8 ?? "".utf8)
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                let position = Int.random(in: 2..<bytes.count, using: &random)
                if Bool.random(using: &random) {
                    bytes[position] = UInt8.random(in: 1...255, using: &random)
                } else {
                    bytes.insert(contentsOf: bytes[position...].prefix(5), at: position)
                }
            }
            #expect(!Demangling.readable(String(decoding: bytes, as: UTF8.self)).isEmpty)
        }
    }

    @Test("terminal escapes, line breaks and text direction marks don't get through")
    func controlCharacters() {
        #expect(DisplayName.cleaned("ma\u{1b}[31mi\nn\u{202e}\u{7f}\u{9b}", maximumLength: 100) == "ma[31min")
        #expect(DisplayName.cleaned("größe", maximumLength: 100) == "größe")
        #expect(DisplayName.cleaned(String(repeating: "é", count: 50), maximumLength: 11) == "ééééé…")
        #expect(DisplayName.base(ofPath: "/lib/lib\u{1b}foo.so") == "libfoo.so")
        #expect(DisplayName.base(ofPath: "[vdso]") == "vdso")
        #expect(DisplayName.base(ofPath: "/") == "")
    }

    /// `A<A<A<int>, A<int>>, …>`: every level is the one before, twice, the second time as a reference.
    private static func doubling(levels: Int) -> String {
        var type = "S_IiE"
        for level in 1..<levels {
            let reference = level == 1 ? "0" : String(level - 1, radix: 36, uppercase: true)
            type = "S_I\(type)S\(reference)_E"
        }
        return type
    }
}
