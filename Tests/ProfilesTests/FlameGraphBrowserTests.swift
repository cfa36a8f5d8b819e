import Foundation
import ProfileFormats
import ProfileModel
import Profiles
import TestSupport
import Testing

/// The flame graph in Chromium: what a reader does with the mouse and the keys, and what is shown then.
@Suite(.enabled(if: Browser.isInstalled, "needs the Debian packages chromium and chromium-driver"), .serialized)
struct FlameGraphBrowserTests {
    private let browser: Browser
    private let directory: TemporaryDirectory

    init() throws {
        browser = try Browser()
        directory = try TemporaryDirectory()
    }

    // Opening

    @Test(arguments: [FlameGraph.Orientation?.none, .flames, .icicles])
    func aHighGraphOpensAtItsRoot(orientation: FlameGraph.Orientation?) throws {
        let profile = SampleProfiles.profile([((0..<300).map { "f\($0)" }, 1)])
        try open(profile, view: FlameGraph.View(orientation: orientation))
        #expect(try browser.isTrue(Self.isInSight("all (1 sample, 100.00%)")))
    }

    @Test(arguments: [1_400, 800, 390], ["light", "dark"])
    func everythingFitsInTheWidth(width: Int, scheme: String) throws {
        try browser.resize(width: width, height: 800)
        try browser.prefer(scheme: scheme)
        try open(SampleProfiles.everyKind)
        try browser.press("/value")
        #expect(try browser.number("document.documentElement.scrollWidth") <= Double(width))
        let parts = "[...document.querySelectorAll('.bar *, .below *, .boxes rect')]"
        let overhang = "Math.max(...\(parts).map((part) => part.getBoundingClientRect().right))"
        #expect(try browser.number(overhang) <= Double(width))
        let page = try browser.text("getComputedStyle(document.querySelector('.page')).fill")
        #expect(page == (scheme == "light" ? "rgb(255, 255, 255)" : "rgb(20, 23, 28)"))
    }

    @Test func resizingDrawsAnew() throws {
        try open(SampleProfiles.everyKind)
        try browser.resize(width: 390, height: 800)
        #expect(try eventually { try browser.number("\(Self.box("all ")).getBoundingClientRect().right") <= 390 })
        try browser.resize(width: 1_400, height: 800)
        #expect(try eventually { try browser.number("\(Self.box("all ")).getBoundingClientRect().right") > 1_300 })
    }

    // Zoom

    @Test func framesBelowAPixelAppearWhenZoomedInto() throws {
        let few = (0..<50).map { (rootFirst: ["rare", "leaf\($0)"], value: Int64(1)) }
        try open(SampleProfiles.profile(few + [(["common"], 1_000_000)]))
        #expect(try browser.isTrue("\(Self.box("leaf7 ")) === undefined"))
        try browser.press("/^rare$" + Browser.Key.enter)
        #expect(try browser.number("\(Self.box("leaf7 ")).getBoundingClientRect().width") > 5)
        #expect(try details().contains("0.00% · 50 samples · self 0.00% (0 samples) · 0.00% of its caller · rare"))
    }

    @Test func rowsBeyondTheLimitAppearWhenZoomedInto() throws {
        try open(SampleProfiles.profile([((0..<2_000).map { "f\($0)x" }, 1)]))
        #expect(try browser.isTrue("\(Self.box("f900x ")) === undefined"))
        try browser.press("/f900x" + Browser.Key.enter)
        #expect(try browser.isTrue(Self.isInSight("f900x (1 sample, 100.00%)")))
        #expect(try browser.isTrue("\(Self.box("f1300x ")) !== undefined"))
    }

    @Test func clickingZoomsAndEscapeGoesBack() throws {
        try open(SampleProfiles.profile([(["main", "a", "b"], 1), (["main", "c"], 3)]))
        try clickOn("a ")
        #expect(try browser.number("\(Self.box("b ")).getBoundingClientRect().width") > 1_300)
        #expect(try browser.isTrue("\(Self.box("c ")) === undefined"))
        #expect(try browser.text("location.hash").hasPrefix("#zoom="))
        #expect(try details().hasPrefix("25.00% · 1 sample · self 0.00% (0 samples) · 25.00% of its caller · a"))
        try browser.press(Browser.Key.escape)
        #expect(try browser.isTrue("\(Self.box("c ")) !== undefined"))
    }

    @Test func theAddressKeepsTheState() throws {
        let file = try open(SampleProfiles.everyKind)
        try clickOn("main ")
        try browser.press("ovi/Value" + Browser.Key.escape)
        try browser.press("vi")
        try clickOn("Parser::parse")
        try browser.press("/Value")
        let fragment = try browser.text("location.hash.slice(1)")
        let found = try found()
        try browser.open(file, fragment: fragment)
        #expect(try eventually { try browser.isTrue("document.documentElement.classList.contains('live')") })
        #expect(try self.found() == found)
        #expect(try browser.isTrue("\(Self.box("run_script")) === undefined"))
        #expect(try browser.text("document.querySelector('.bar input').value") == "Value")
    }

    @Test func aGraphThatOpensZoomedSaysWhatItIsZoomedTo() throws {
        let file = try open(SampleProfiles.profile([(["main", "a", "b"], 1), (["main", "c"], 3)]))
        try clickOn("a ")
        let (fragment, details) = (try browser.text("location.hash.slice(1)"), try details())
        try browser.open(file, fragment: fragment)
        #expect(try eventually { try browser.isTrue("document.documentElement.classList.contains('live')") })
        #expect(try self.details() == details)
    }

    @Test func aGraphWithinAPageLeavesThePagesAddressAlone() throws {
        let svg = try FlameGraph(SampleProfiles.everyKind, grouping: .process).svg
        let graph = svg.drop { $0 != "\n" }
        try directory.write("<!DOCTYPE html><body>\(graph)</body>", to: "page.html")
        try browser.open(directory.url.appending(path: "page.html"), fragment: "chapter")
        try #require(try eventually { try browser.isTrue("document.querySelector('svg.live') !== null") })
        let inverted = "[...document.querySelectorAll('button')].find((one) => one.textContent === 'Inverted')"
        try browser.evaluate("\(inverted).click()")
        try browser.evaluate("window.dispatchEvent(new Event('hashchange'))")
        #expect(try browser.text("\(inverted).getAttribute('aria-pressed')") == "true")
        #expect(try browser.text("location.hash") == "#chapter")
    }

    // Search

    @Test func searchCountsAllFramesAndGoesThroughThem() throws {
        let few = (0..<50).map { (rootFirst: ["rare", "leaf\($0)"], value: Int64(1)) }
        try open(SampleProfiles.profile(few + [(["Leaf", "leaf50"], 150), (["other"], 999_800)]))
        try browser.press("/leaf")
        #expect(try found() == "Matched: 52 frames · 0.02%")
        try browser.press(Browser.Key.enter)
        #expect(try found() == "Matched: 1 of 52 frames · 0.02% · 100.00% of the zoomed frame")
        #expect(try details().hasSuffix("· Leaf"))
        try browser.evaluate("document.querySelector('.bar input').value = ''")
        try browser.press("Leaf")
        #expect(try found().hasPrefix("Matched: 1 frame ·"))
        try browser.press(Browser.Key.escape)
        #expect(try found() == "")
    }

    @Test func hitsAreOutlined() throws {
        try open(SampleProfiles.profile([(["a"], 1), (["b"], 1)]))
        try browser.press("/^b$")
        #expect(try browser.isTrue("document.querySelector('.hits path').getBBox().width > 600"))
        #expect(try browser.isTrue("getComputedStyle(document.querySelector('.hits path')).stroke !== 'none'"))
    }

    @Test func aPatternThatIsNoneIsReported() throws {
        try open(SampleProfiles.everyKind)
        try browser.press("/(")
        #expect(try found() == "Not a regular expression")
    }

    /// Each key takes so much less than the drawing of the picture that a slow machine can't fail it.
    @Test func searchOfALargeGraphIsQuick() throws {
        let file = try open(LargeProfile.profile(stacks: 3_000))
        let frames = try browser.number("Number(document.querySelector('.boxes').childElementCount)")
        #expect(frames > 1_000)
        let timing = """
            const field = document.querySelector('.bar input');
            const times = [...'cache'].map((_, index) => {
              field.value = 'cache'.slice(0, index + 1);
              const start = performance.now();
              field.dispatchEvent(new Event('input'));
              return performance.now() - start;
            });
            return Math.max(...times);
            """
        let milliseconds: Double = try browser.value(timing)
        #expect(milliseconds < 2_000, "\(file.lastPathComponent) took \(milliseconds) ms")
        #expect(try found().contains("frames"))
    }

    // Views

    @Test func invertedAndIcicleByKey() throws {
        try open(SampleProfiles.profile([(["main", "a", "f"], 3), (["main", "b", "f"], 1)]))
        try browser.press("v")
        #expect(try browser.number("\(Self.box("f ")).getBoundingClientRect().width") > 1_300)
        let above = "\(Self.box("f ")).getBoundingClientRect().y - \(Self.box("a ")).getBoundingClientRect().y"
        #expect(try browser.number(above) == 18)
        try browser.press("i")
        #expect(try browser.number(above) == -18)
        try browser.press("v")
        #expect(try browser.number("document.querySelectorAll('.boxes g').length") == 7)
    }

    @Test func framesOfAnInvertedGraphHaveTheThreadsOfTheirOwnSamples() throws {
        let view = FlameGraph.View(colours: .thread)
        try open(ColouredProfile.sharedCaller, view: view)
        #expect(try browser.text("\(Self.box("f ")).textContent").contains("several threads"))
        try browser.press("v")
        #expect(try browser.text("\(Self.box("f (60")).textContent").contains("thread worker-4242/4242"))
        #expect(try browser.text("\(Self.box("f (40")).textContent").contains("thread pool 1-4242/4243"))
        let fill = { (title: String) in "\(Self.box(title)).querySelector('rect').getAttribute('fill')" }
        #expect(try browser.isTrue("\(fill("f (40")) !== \(fill("f (60"))"))
        let drawn = try FlameGraph(
            ColouredProfile.sharedCaller, grouping: .process,
            view: FlameGraph.View(isInverted: true, colours: .thread)
        ).svg
        for title in ["f (40", "f (60", "g (40"] {
            let colour = try browser.text(fill(title))
            #expect(drawn.contains("fill=\"\(colour)\""))
        }
    }

    @Test func hiddenStacksHaveNoColour() throws {
        try open(ColouredProfile.sharedCaller, view: FlameGraph.View(colours: .thread))
        try clickOn("g (40")
        try browser.press("h")
        #expect(try browser.text("\(Self.box("f ")).textContent").contains("thread worker-4242/4242"))
    }

    @Test func aLegendOfSeveralLinesIsInThePicture() throws {
        let profile = ColouredProfile.objects(12)
        let svg = try FlameGraph(profile, grouping: .process, view: FlameGraph.View(colours: .object)).svg
        let still = try #require(svg.firstRange(of: "<script").map { svg[..<$0.lowerBound] + "</svg>\n" })
        try directory.write(String(still), to: "still.svg")
        try browser.open(directory.url.appending(path: "still.svg"))
        let text = "document.querySelector('.foot text').getBoundingClientRect()"
        #expect(try browser.number("\(text).height") > 30)
        #expect(try browser.number("\(text).right") <= 1_224)
        let height = "document.documentElement.viewBox.baseVal.height"
        #expect(try browser.isTrue("\(text).bottom < \(height)"))
        try open(profile, view: FlameGraph.View(colours: .object))
        #expect(try browser.number("document.querySelectorAll('.below p span').length") == 12)
    }

    @Test func orderByWeightByKey() throws {
        try open(SampleProfiles.profile([(["a"], 1), (["b"], 3)]))
        let left = "\(Self.box("b ")).getBoundingClientRect().x < \(Self.box("a ")).getBoundingClientRect().x"
        #expect(try !browser.isTrue(left))
        try browser.press("o")
        #expect(try browser.isTrue(left))
    }

    @Test func theSameFunctionIsMarkedEverywhere() throws {
        try open(SampleProfiles.profile([(["a", "f"], 1), (["b", "f"], 1), (["f"], 2)]))
        try hoverOver("f (2")
        #expect(
            try browser.text("document.querySelector('.same path').getAttribute('d')").split(separator: "M").count == 2)
    }

    @Test func stacksThroughAFunctionAreHiddenOrTheOnlyOnes() throws {
        try open(SampleProfiles.profile([(["main", "wait"], 90), (["main", "a", "f"], 6), (["main", "b"], 4)]))
        try hoverOver("wait ")
        try browser.press("h")
        #expect(
            try browser.isTrue("\(Self.box("wait ")) === undefined && \(Self.box("all (10 samples")) !== undefined"))
        #expect(try browser.text("document.querySelector('.notes').textContent").contains("filters leave out, 90.00%"))
        try hoverOver("f ")
        try browser.press("f")
        #expect(try browser.isTrue("\(Self.box("b ")) === undefined && \(Self.box("all (6 samples")) !== undefined"))
        try browser.evaluate("for (const button of [...document.querySelectorAll('.filters button')]) button.click()")
        try browser.evaluate("document.querySelector('.filters button')?.click()")
        #expect(try browser.isTrue("\(Self.box("all (100 samples")) !== undefined"))
    }

    @Test func idleWaitsAreShownAgain() throws {
        let profile = SampleProfiles.profile([(["main", "epoll_wait"], 9_000), (["main", "f"], 1_000)], type: .wall)
        try open(profile, view: FlameGraph.View(omitsIdleWaits: true))
        #expect(try browser.isTrue("\(Self.box("epoll_wait")) === undefined"))
        try browser.press("w")
        #expect(try browser.isTrue("\(Self.box("epoll_wait (9 µs, 90.00%)")) !== undefined"))
    }

    // Keys

    @Test func arrowsWalkAndTheSelectedFrameIsOutlined() throws {
        try open(
            SampleProfiles.profile([(["main", "a"], 1), (["main", "b"], 3)]),
            view: FlameGraph.View(orientation: .icicles))
        try browser.press(Browser.Key.down + Browser.Key.down + Browser.Key.down)
        #expect(try details().contains(" · b"))
        try browser.press(Browser.Key.left)
        #expect(try details().contains(" · a"))
        #expect(try browser.isTrue("getComputedStyle(document.querySelector('.here path')).strokeWidth === '2.5px'"))
        try browser.press(Browser.Key.up)
        #expect(try details().contains(" · main"))
        try browser.press(Browser.Key.enter)
        #expect(try browser.text("location.hash").hasPrefix("#zoom="))
    }

    @Test func namesAndStacksAreCopied() throws {
        try open(SampleProfiles.profile([(["main", "a::b()", "c"], 1)]))
        try browser.evaluate(
            "Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => { window.copied = text; } } })"
        )
        try hoverOver("c ")
        try browser.press("c")
        #expect(try browser.text("window.copied") == "c")
        try browser.press("C")
        #expect(try browser.text("window.copied") == "c\na::b()\nmain\nworker")
    }

    @Test func onPaperOnlyThePictureIsLeft() throws {
        try open(SampleProfiles.everyKind)
        try browser.prefer(scheme: "dark", media: "print")
        #expect(try browser.isTrue("document.querySelector('.controls').offsetHeight === 0"))
        #expect(try browser.text("getComputedStyle(document.querySelector('.page')).fill") == "rgb(255, 255, 255)")
    }

    @Test func hostileNamesAreText() throws {
        let stacks = HostileNames.all.map { name in
            SampleProfiles.Stack(locations: [[SampleProfiles.frame(name)]], value: 1)
        }
        try open(SampleProfiles.profile(of: stacks, metadata: SampleProfiles.metadata(command: "<b>&\"'")))
        #expect(
            try browser.number("document.querySelectorAll('.boxes title').length")
                == Double(Set(HostileNames.all.map { Array($0.utf8) }).count + 2))
        #expect(try browser.text("document.querySelector('h1').textContent") == "<b>&\"' (PID 4242)")
    }

    // Steps

    @discardableResult
    private func open(_ profile: Profile, view: FlameGraph.View = FlameGraph.View()) throws -> URL {
        try directory.write(try FlameGraph(profile, grouping: .process, view: view).svg, to: "graph.svg")
        let file = directory.url.appending(path: "graph.svg")
        try browser.open(file)
        try #require(try eventually { try browser.isTrue("document.documentElement.classList.contains('live')") })
        return file
    }

    private func found() throws -> String { try browser.text("document.querySelector('.found').textContent") }

    private func details() throws -> String { try browser.text("document.querySelector('.details').textContent") }

    private func clickOn(_ title: String) throws {
        let (x, y) = try middle(of: title)
        try browser.click(Browser.Point(x: x, y: y))
    }

    private func hoverOver(_ title: String) throws {
        let (x, y) = try middle(of: title)
        try browser.move(to: Browser.Point(x: x, y: y))
    }

    private func middle(of title: String) throws -> (x: Double, y: Double) {
        let box = "\(Self.box(title)).getBoundingClientRect()"
        return (
            try browser.number("\(box).x + \(box).width / 2"), try browser.number("\(box).y + \(box).height / 2")
        )
    }

    /// The frame whose title begins so, or `undefined`.
    private static func box(_ title: String) -> String {
        "[...document.querySelectorAll('.boxes g')].find((box) => box.textContent.startsWith('\(title)'))"
    }

    private static func isInSight(_ title: String) -> String {
        """
        (() => {
          const box = \(box(title)).getBoundingClientRect();
          const controls = document.querySelector('.details').getBoundingClientRect();
          return box.top >= controls.top && box.bottom <= window.innerHeight;
        })()
        """
    }
}
