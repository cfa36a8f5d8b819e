import ProfileFormats
import Profiles
import TestSupport
import Testing

/// The page of a comparison in Chromium.
///
/// `send` grew from 12 to 21 %, and `scan` was inlined into `parse`.
@Suite(.enabled(if: Browser.isInstalled, "needs Debian's chromium and chromium-driver"))
struct DifferentialPageTests {
    private static let before: [PhasedProgram.Stack] = [
        (["main", "serve", "parse", "scan"], 20), (["main", "serve", "parse", "decode"], 8),
        (["main", "serve", "reply", "format"], 15), (["main", "serve", "reply", "send"], 12),
        (["main", "log", "write"], 10), (["main", "cache", "lookup"], 35),
    ]
    private static let after: [PhasedProgram.Stack] = [
        (["main", "serve", "parse"], 20), (["main", "serve", "parse", "decode"], 8),
        (["main", "serve", "reply", "format"], 15), (["main", "serve", "reply", "send"], 24),
        (["main", "log", "write"], 10), (["main", "cache", "lookup"], 35),
    ]

    private static func page(
        _ side: ComparedSide = .after, _ others: [PhasedProgram.Stack] = []
    ) throws -> [UInt8] {
        var random = SeededGenerator(state: 5)
        let first = PhasedProgram(before + others).record(8_000, using: &random)
        let second = PhasedProgram(after + others).record(8_000, using: &random)
        return try DifferentialPage(ProfileComparison(first, second), widths: side).bytes
    }

    @Test(arguments: ["light", "dark"]) func `It fits all widths and sends no request`(scheme: String) throws {
        let page = try OpenPage(Self.page(), scheme: scheme)
        for (width, height) in [(1_400, 900), (800, 900), (390, 844)] {
            try page.browser.resize(width: width, height: height)
            for view in 1...4 {
                try page.browser.press("\(view)")
                #expect(try page.overflow() == 0, "view \(view) at \(width) pixels")
            }
        }
        #expect(try page.browser.complaints() == [])
        let requests: [String] = try page.browser.value(
            "return performance.getEntriesByType('resource').map((entry) => entry.name)")
        #expect(requests == [])
    }

    @Test func `The table has what differs first, with both shares and the result`() throws {
        let page = try OpenPage(Self.page())
        try page.browser.press("4")
        let functions = try page.functions
        #expect(Set(functions.prefix(3).map { $0[5] }) == ["send", "scan", "parse"])
        let send = try #require(functions.first { $0[5] == "send" })
        #expect(send[0].hasSuffix("%") && send[1].hasSuffix("%") && send[2].hasPrefix("+") && send[2].contains("±"))
        #expect(send[3] == "<0.0001" && send[4] == "grew")
        let scan = try #require(functions.first { $0[5] == "scan" })
        #expect(scan[1] == "0.00%" && scan[4] == "moved (to the own code of parse)")
        #expect(functions.dropFirst(3).allSatisfy { $0[4] == "chance" })
    }

    @Test func `On a narrow screen the results stand beside the names`() throws {
        let page = try OpenPage(Self.page(), width: 390, height: 844)
        try page.browser.press("4")
        let left: Double = try page.browser.value(
            "return document.querySelector('#main tbody td.name').getBoundingClientRect().left")
        #expect(left < 260)
    }

    @Test func `Columns sort by what they show`() throws {
        let page = try OpenPage(Self.page())
        try page.browser.press("4")
        try page.browser.click("th.change button")
        let changes = try page.functions.map { Double($0[2].prefix { $0 != " " }) ?? 0 }
        #expect(changes == changes.sorted(by: >) && changes.count > 5)
        try page.browser.click("th.probability button")
        #expect(try page.functions.first?[3] == "<0.0001")
    }

    @Test func `Frames say both shares, the difference and its probability`() throws {
        let page = try OpenPage(Self.page())
        #expect(try page.browser.text(of: "#legend") == "grewmoved within its callerno more than chance")
        // main calls cache, log and serve, in this order; serve calls parse and reply.
        let details = try page.details(at: 0.95, depth: 5)
        #expect(details.hasSuffix("send") && details.contains("%, grew: +") && details.contains("p <0.0001"))
        #expect(try page.colour(at: 0.95, depth: 5) != page.colour(at: 0.1, depth: 4))
        #expect(try page.colour(at: 0.1, depth: 4) == "grey")
        #expect(try page.details(at: 0.1, depth: 4).contains("no more than chance"))
    }

    @Test func `Widths before show what is gone`() throws {
        let page = try OpenPage(Self.page())
        try page.browser.press("/", "scan")
        #expect(try page.browser.text(of: "#found") == "no matches")
        try page.choose("before", in: "widths")
        #expect(try page.address.contains("widths=before"))
        #expect(try page.browser.text(of: "#found").hasPrefix("1 function, 1 frame"))
        let other = try OpenPage(Self.page(.before))
        try other.browser.press("/", "scan")
        #expect(try other.browser.text(of: "#found").hasPrefix("1 function, 1 frame"))
    }

    @Test func `A process among the functions of an inverted graph has no colour of a change`() throws {
        let page = try OpenPage(Self.page(.after, [([], 10)]))
        try page.browser.press("2")
        // Before it are decode, format, lookup, parse and send.
        #expect(try page.details(at: 107.0 / 122, depth: 1).hasSuffix("worker"))
        #expect(try page.colour(at: 107.0 / 122, depth: 1) == "grey")
    }

    @Test func `A function that the profile of the widths doesn't have says where it is`() throws {
        let page = try OpenPage(Self.page())
        try page.browser.press("4")
        try page.browser.click("#main tbody tr[title=scan]")
        let flames = "return document.querySelector('.halves .flames').checkVisibility()"
        #expect(
            try page.browser.text(of: ".halves p")
                == "not in the profile after: choose the shares before as widths")
        #expect(try !page.browser.value(flames))
        try page.choose("before", in: "widths")
        #expect(try page.browser.value(flames))
        #expect(try page.browser.value("return document.querySelector('.halves p').hidden"))
        #expect(try page.browser.complaints() == [])
    }

    @Test func `Widths in an address are those of one of the profiles`() throws {
        let page = try OpenPage(Self.page(), address: "#widths=anything")
        #expect(try page.browser.value("return document.getElementById('widths').value === 'after'"))
        try page.browser.press("i")
        #expect(try page.address == "icicle=1")
    }

    @Test func `A function's callers and callees say what became of it`() throws {
        let page = try OpenPage(Self.page())
        try page.browser.press("4")
        try page.browser.click("#main tbody tr:not(.gap) td.name")
        #expect(try page.address.contains("view=sandwich"))
        #expect(try page.browser.text(of: "#main .halves h2").contains("self"))
        #expect(try page.browser.complaints() == [])
    }
}
