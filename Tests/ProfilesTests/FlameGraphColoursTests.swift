import Foundation
import ProfileFormats
import ProfileModel
import Profiles
import TestSupport
import Testing

/// What the colours of flame graphs stand for.
@Suite struct FlameGraphColoursTests {
    private static func svg(
        _ colours: FlameGraph.Colours, of profile: Profile = ColouredProfile.profile, grouping: Grouping = .process,
        isInverted: Bool = false
    ) throws -> String {
        try FlameGraph(
            profile, grouping: grouping, view: FlameGraph.View(isInverted: isInverted, colours: colours)
        ).svg
    }

    /// The colours of the boxes of a function.
    private static func fills(_ name: String, in svg: String) throws -> [String] {
        let box = "<title>\(name) \\([^<]*</title><rect fill=\"(#[0-9a-f]{6})\""
        return try svg.matches(of: Regex(box, as: (Substring, Substring).self)).map { String($0.1) }
    }

    /// The hue in degrees; `nil` of grey.
    private static func hue(_ colour: String) throws -> Int? {
        let value = try #require(UInt32(colour.dropFirst(), radix: 16))
        let parts = [value >> 16, value >> 8 & 255, value & 255].map { Double($0) / 255 }
        let (most, least) = (parts.max() ?? 0, parts.min() ?? 0)
        guard most - least > 0.12 else { return nil }
        let third = parts.firstIndex(of: most) ?? 0
        let turn = (parts[(third + 1) % 3] - parts[(third + 2) % 3]) / (most - least)
        return (Int((60 * (2 * Double(third) + turn)).rounded()) + 360) % 360
    }

    private static func hue(of name: String, in svg: String) throws -> Int? {
        let hues = Set(try fills(name, in: svg).map(hue))
        return try #require(hues.count == 1 ? hues.first : nil)
    }

    @Test func `Functions of an object have one hue, which differs from another's`() throws {
        let svg = try Self.svg(.object)
        let worker = try #require(try Self.hue(of: "main", in: svg))
        for name in ["parse", "write_all"] { #expect(abs(try #require(try Self.hue(of: name, in: svg)) - worker) <= 2) }
        let library = try #require(try Self.hue(of: "memcpy", in: svg))
        #expect(abs(library - worker) > 5)
        #expect(try Self.hue(of: "script", in: svg) == nil)
        for name in ["worker", "libc.so.6", "[kernel]", "no object file, or several"] {
            #expect(svg.contains("■</tspan> \(name)"))
        }
    }

    @Test func `An object has the same colour in every graph where no heavier one has it, wherever it is`() throws {
        var builder = ProfileBuilder(metadata: SampleProfiles.metadata(), sampleTypes: [.samples], shown: .samples)
        let mapping = builder.mapping(path: "/lib64/libc.so.6")
        let location = builder.location(
            at: .object(mapping, FileAddress(rawValue: 7)), frames: [SampleProfiles.frame("memcpy")])
        builder.add(stack: [location], thread: ProfiledThread(SampleProfiles.thread()), values: [1])
        let alone = try Self.fills("memcpy", in: try Self.svg(.object, of: builder.finish()))
        #expect(Set(alone) == Set(try Self.fills("memcpy", in: try Self.svg(.object))))
    }

    @Test func `The program and the kernel have hues far from each other, whatever the program is called`() throws {
        for number in 0..<40 {
            let profile = ColouredProfile.objects(["/usr/bin/program-\(number)", "[kernel]"])
            let svg = try Self.svg(.object, of: profile)
            let hues = try (0...1).map { try #require(try Self.hue(of: "f\($0)", in: svg)) }
            let distance = abs(hues[0] - hues[1])
            #expect(min(distance, 360 - distance) > 20, "program-\(number)")
        }
    }

    @Test func `As many objects as there are hues have one each`() throws {
        let page = try PageFile(
            try HTMLPage(ColouredProfile.objects(20), grouping: .process, view: FlameGraph.View(colours: .object)).bytes
        )
        #expect(Set(page.objectHues).subtracting([0]).count == 20)
        let more = try PageFile(
            try HTMLPage(ColouredProfile.objects(30), grouping: .process, view: FlameGraph.View(colours: .object)).bytes
        )
        #expect(Set(more.objectHues).subtracting([0]) == Set(1...20))
    }

    @Test func `Frames of one thread have its hue, and those of several are grey`() throws {
        let svg = try Self.svg(.thread)
        let first = try #require(try Self.hue(of: "parse", in: svg))
        let second = try #require(try Self.hue(of: "write_all", in: svg))
        #expect(abs(first - second) > 30)
        #expect(try Self.hue(of: "main", in: svg) == nil)
        #expect(Set(try Self.fills("memcpy", in: svg).map(Self.hue)) == [first, second])
        #expect(svg.contains("parse (60 samples, 60.00%)\nthread worker-4242/4242</title>"))
        #expect(svg.contains("main (100 samples, 100.00%)\nseveral threads</title>"))
        for name in ["worker-4242/4242", "pool 1-4242/4243", "several threads"] {
            #expect(svg.contains("■</tspan> \(name)"))
        }
    }

    @Test func `With a row for each thread, every frame has the hue of its thread`() throws {
        let svg = try Self.svg(.thread, grouping: .thread)
        let hues = Set(try Self.fills("main", in: svg).map(Self.hue))
        #expect(hues.count == 2 && !hues.contains(nil))
        #expect(hues == Set(try Self.fills("memcpy", in: svg).map(Self.hue)))
    }

    @Test func `An inverted function that several threads call is grey`() throws {
        let svg = try Self.svg(.thread, isInverted: true)
        #expect(Set(try Self.fills("memcpy", in: svg).map(Self.hue)) == [nil])
        #expect(try Self.hue(of: "vfs_read", in: svg) != nil)
    }

    @Test func `An inverted graph has the threads of the samples that end in a function, not of those in its callees`()
        throws
    {
        let svg = try Self.svg(.thread, of: ColouredProfile.sharedCaller, isInverted: true)
        #expect(svg.contains("f (60 samples, 60.00%)\nthread worker-4242/4242</title>"))
        #expect(svg.contains("g (40 samples, 40.00%)\nthread pool 1-4242/4243</title>"))
        #expect(svg.contains("f (40 samples, 40.00%)\nthread pool 1-4242/4243</title>"))
        #expect(try !Set(Self.fills("f", in: svg).map(Self.hue)).contains(nil))
        #expect(svg.contains("all (100 samples, 100.00%)\nseveral threads</title>"))
    }

    @Test func `A legend has as many lines as it needs, all of them in the picture`() throws {
        let svg = try Self.svg(.object, of: ColouredProfile.objects(14))
        let legend = try #require(svg.firstMatch(of: /<g class="foot".*\n(.+<\/text>)\n/)?.1)
        let lines = legend.split(separator: /<tspan [^>]*x="12" dy="18"/).map { line in
            line.replacing(/<[^>]*>|^[^>]*>/, with: "")
        }
        #expect(lines.count > 1 && lines.allSatisfy { $0.count <= 170 })
        #expect(legend.contains("and 2 more") && legend.matches(of: /■/).count == 12)
        func height(_ svg: String) throws -> Int {
            let height = try #require(svg.firstMatch(of: /\ height="([0-9]+)" role/)?.1)
            return try #require(Int(height))
        }
        let oneLine = try height(Self.svg(.object, of: ColouredProfile.objects(1)))
        #expect(try height(svg) == oneLine + (lines.count - 1) * 18)
    }

    @Test(arguments: [FlameGraph.Colours.object, .thread])
    func `Grey is explained only where something is grey`(colours: FlameGraph.Colours) throws {
        let svg = try Self.svg(colours, of: ColouredProfile.objects(3))
        #expect(!svg.contains("several"))
    }

    @Test(arguments: FlameGraph.Colours.allCases)
    func `Names can be read on every colour`(colours: FlameGraph.Colours) throws {
        func luminance(_ colour: Substring) throws -> Double {
            let value = try #require(UInt32(colour.dropFirst(), radix: 16))
            let parts = [value >> 16, value >> 8 & 255, value & 255].map { part in
                let share = Double(part) / 255
                return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
            }
            return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
        }
        let palette = try #require(try Self.svg(colours).firstMatch(of: /data-palette="([^"]+)"/)).1.split(
            separator: " ")
        #expect(palette.count <= 256)
        let ink = try luminance("#14171c")
        // WCAG 2.2, 1.4.3: at least 4.5.
        for colour in palette { #expect((try luminance(colour) + 0.05) / (ink + 0.05) >= 4.5, "\(colour)") }
    }

    @Test func `A page has the same hues`() throws {
        let page = try PageFile(
            try HTMLPage(ColouredProfile.profile, grouping: .process, view: FlameGraph.View(colours: .object)).bytes)
        #expect(page.attribute("colours") == "object")
        let svg = try Self.svg(.object)
        let palette = try #require(svg.firstMatch(of: /data-palette="([^"]+)"/)).1.split(separator: " ")
        for (row, hue) in zip(page.rows, page.objectHues) where row.kind != 0 {
            let fill = try #require(try Self.fills(row.name, in: svg).first)
            #expect(palette[Int(hue) * 10..<Int(hue) * 10 + 10].contains(Substring(fill)), "\(row.name)")
        }
        #expect(Set(page.objectHues).count == 4)
        #expect(Set(page.threadHues).count == 2)
    }
}
