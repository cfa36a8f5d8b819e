import AgentServer
import TestSupport
import Testing

struct RequestHeadParsersTests {
    @Test(
        "Hostile heads are parsed without a trap",
        arguments: [
            "", "\n", ":", "/\nHost: [", "/?limit=%\nHost: ]:\nOrigin: ://", "/?limit=99999999999999999999&limit=1\n",
            "/api/v1/groups/%FF/memory?group=%C3%28\nAuthorization: Basic Og==\nAccept: ,;q=1,*/*;q=;version=\"",
            "/\nAccept-Encoding: gzip;q=1.0000,*;q\nHost: \u{0}\nX-Request-ID: \u{7F}",
        ])
    func hostile(head: String) { RequestHeadParsers.run(on: Array(head.utf8)) }

    @Test("Random bytes are parsed without a trap", arguments: 0..<50 as Range<UInt64>)
    func random(seed: UInt64) {
        var random = SeededGenerator(state: seed)
        let alphabet = Array("\n:;,=?&%[]./*\"q019aZ \u{0}".utf8) + [0x80, 0xC3, 0xFF]
        for _ in 0..<50 {
            let count = Int.random(in: 0..<200, using: &random)
            RequestHeadParsers.run(on: (0..<count).compactMap { _ in alphabet.randomElement(using: &random) })
        }
    }
}
