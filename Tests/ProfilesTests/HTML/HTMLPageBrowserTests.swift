import ProfileFormats
import ProfileModel
import Profiles
import TestSupport
import Testing

/// The page in Chromium, as a person uses it.
///
/// The graph of `TimedProfile`, from the root: all, worker, main and a truncated part, parse and read_file, value, and
/// skipSpace, which is inlined.
@Suite(.enabled(if: Browser.isInstalled, "needs Debian's chromium and chromium-driver"))
struct HTMLPageBrowserTests {
    @Test(arguments: ["light", "dark"]) func itFitsAllWidths(scheme: String) throws {
        let page = try OpenPage(TimedProfile.profile, scheme: scheme)
        for (width, height) in [(1_400, 900), (800, 900), (390, 844)] {
            try page.browser.resize(width: width, height: height)
            for view in 1...4 {
                try page.browser.press("\(view)")
                #expect(try page.overflow() == 0, "view \(view) at \(width) pixels")
                let unnamed: [String] = try page.browser.value(
                    """
                    return [...document.querySelectorAll("button, input, select, summary, canvas, [tabindex]")]
                      .filter((element) => element.checkVisibility() && element.ariaHidden !== "true")
                      .filter((element) => !(element.ariaLabel || element.textContent.trim() || element.labels?.length))
                      .map((element) => element.outerHTML);
                    """)
                #expect(unnamed == [])
            }
        }
        let colour: String = try page.browser.value("return getComputedStyle(document.body).backgroundColor")
        #expect(colour == (scheme == "dark" ? "rgb(20, 23, 28)" : "rgb(255, 255, 255)"))
        #expect(try page.browser.complaints() == [])
        let requests: [String] = try page.browser.value(
            "return performance.getEntriesByType('resource').map((entry) => entry.name)")
        #expect(requests == [])
    }

    @Test func framesSayWhatTheyAre() throws {
        let page = try OpenPage(TimedProfile.profile)
        #expect(try page.details(at: 0.3, depth: 0) == "100.00% · 1,000 samples · self 0.00% all")
        #expect(
            try page.details(at: 0.3, depth: 3)
                == "50.00% · 500 samples · self 20.00% · 55.56% of its caller · /usr/bin/worker · /src/worker.cc "
                + "Parser::parse<int>(char const*)")
        #expect(try page.details(at: 0.2, depth: 5).contains("inlined · /usr/bin/worker"))
        #expect(try page.details(at: 0.05, depth: 2).hasSuffix("[truncated: frame_limit]"))
    }

    @Test(arguments: ["light", "dark"]) func `Colours by object and by thread are explained`(scheme: String) throws {
        let page = try OpenPage(ColouredProfile.profile, colours: .object, scheme: scheme)
        #expect(try page.browser.text(of: "#legend") == "workerlibc.so.6[kernel]no object file, or several")
        let shared = try page.colour(at: 0.3, depth: 2)
        #expect(try page.colour(at: 0.3, depth: 3) == shared)
        #expect(try page.colour(at: 0.8, depth: 4) != shared)
        #expect(try page.details(at: 0.8, depth: 4).contains("/usr/lib/x86_64-linux-gnu/libc.so.6"))
        try page.choose("thread", in: "colours")
        #expect(try page.address == "colours=thread")
        #expect(try page.browser.text(of: "#legend") == "worker-4242/4242pool 1-4242/4243several threads")
        #expect(try page.details(at: 0.3, depth: 2).contains("several threads"))
        #expect(try page.details(at: 0.3, depth: 3).contains("thread worker-4242/4242"))
        #expect(try page.colour(at: 0.3, depth: 3) != page.colour(at: 0.9, depth: 3))
    }

    @Test func `Leaves and callers have the threads of the samples that they stand for`() throws {
        let page = try OpenPage(ColouredProfile.sharedCaller, colours: .thread)
        #expect(try page.details(at: 0.3, depth: 2).contains("several threads"))
        try page.browser.press("2")
        #expect(try page.details(at: 0.3, depth: 1).contains("thread worker-4242/4242"))
        #expect(try page.details(at: 0.8, depth: 2).contains("thread pool 1-4242/4243"))
        #expect(try page.details(at: 0.8, depth: 2).hasSuffix("f"))
        #expect(try page.colour(at: 0.3, depth: 1) != "grey")
        try page.browser.press("4")
        try page.browser.click("#main tbody tr[title=g]")
        let caller = try page.point(at: 0.5, depth: 1, in: ".halves .flames[aria-label=Callers]")
        try page.browser.move(to: caller)
        #expect(try page.details.contains("thread pool 1-4242/4243"))
    }

    @Test func `A truncated stack stays with its process`() throws {
        var builder = ProfileBuilder(
            metadata: SampleProfiles.metadata(processes: [4242, 4343]), sampleTypes: [.samples], shown: .samples)
        let place = builder.location(at: .process(Address(rawValue: 0x1000)), frames: [SampleProfiles.frame("f")])
        for (process, truncation) in [(Int32(4242), "frame_limit"), (4343, nil)] {
            let thread = ProfiledThread(SampleProfiles.thread(process: process, thread: process))
            builder.add(stack: [place], thread: thread, truncation: truncation, values: [50])
        }
        let page = try OpenPage(try HTMLPage(builder.finish(), grouping: .processWithID).bytes)
        #expect(try page.details(at: 0.25, depth: 1).contains("50.00% · 50 samples"))
        #expect(try page.details(at: 0.25, depth: 2).hasSuffix("[truncated: frame_limit]"))
        #expect(try page.details(at: 0.75, depth: 1).contains("50.00% · 50 samples"))
        #expect(try page.details(at: 0.75, depth: 2).hasSuffix("f"))
    }

    @Test func `Grey is explained only where something is grey`() throws {
        let page = try OpenPage(ColouredProfile.objects(2), colours: .object)
        #expect(try !page.browser.text(of: "#legend").contains("several"))
        try page.choose("thread", in: "colours")
        #expect(try page.browser.text(of: "#legend") == "worker-4242/4242")
        let many = try OpenPage(ColouredProfile.objects(14), colours: .object)
        #expect(try many.browser.text(of: "#legend").hasSuffix(" and 2 more"))
    }

    @Test(arguments: [
        (SampleType(name: "inuse_space", unit: .bytes), "3.0 MiB"),
        (SampleType(name: "energy", unit: .other("joules")), "3,145,728 joules"),
    ])
    func `Values have the unit of their type`(type: SampleType, text: String) throws {
        let page = try OpenPage(SampleProfiles.profile([(["f"], 3 << 20)], type: type))
        #expect(try page.details(at: 0.3, depth: 1).contains("100.00% · \(text) ·"))
    }

    @Test func clicksZoomAndTheAddressKeepsIt() throws {
        let page = try OpenPage(TimedProfile.profile)
        try page.browser.click(page.point(at: 0.3, depth: 3))
        #expect(try page.address.contains("zoom="))
        #expect(try page.details(at: 0.9, depth: 3).contains("Parser::parse"))
        #expect(try page.details(at: 0.5, depth: 4).contains("60.00% of the zoomed frame"))
        try page.open("#\(page.address)")
        #expect(try page.details(at: 0.9, depth: 3).contains("Parser::parse"))
        try page.browser.press(Browser.Key.escape)
        #expect(try page.address == "")
        #expect(try page.details(at: 0.9, depth: 3).contains("read_file"))
    }

    @Test func keysWalkAndTurn() throws {
        let page = try OpenPage(TimedProfile.profile)
        typealias Key = Browser.Key
        try page.browser.press(Key.up, Key.up, Key.up)
        #expect(try page.details.contains("Parser::parse"))
        try page.browser.press(Key.right)
        #expect(try page.details.contains("read_file"))
        try page.browser.press("i")
        #expect(try page.address == "icicle=1")
        #expect(try page.details(at: 0.9, depth: 3).contains("read_file"))
        try page.browser.press(Key.down, Key.down, Key.down, Key.enter)
        #expect(try page.address.contains("zoom="))
        try page.browser.press("?")
        #expect(try page.browser.value("return document.getElementById('help').open"))
        try page.browser.press(Key.escape)
        #expect(try page.browser.value("return !document.getElementById('help').open"))
    }

    @Test func searchTellsCapitalsApartAndCounts() throws {
        let page = try OpenPage(TimedProfile.profile)
        try page.browser.press("/", "parse")
        #expect(try page.browser.text(of: "#found") == "2 functions, 2 frames, 50.00%")
        try page.browser.press(Browser.Key.enter)
        #expect(try page.details.hasPrefix("Match 1 of 2 drawn · 50.00%"))
        try page.browser.press(Browser.Key.escape, "/", "Read")
        #expect(try page.browser.text(of: "#found") == "no matches")
        try page.browser.press(Browser.Key.escape, "/", "read_file")
        #expect(try page.browser.text(of: "#found") == "1 function, 2 frames, 50.00%")
        try page.browser.press(Browser.Key.escape, "/", "parse<int>(")
        #expect(try page.browser.text(of: "#found") == "As plain text: 1 function, 1 frame, 50.00%")
    }

    @Test func aTimeBecomesAFlameGraph() throws {
        let page = try OpenPage(TimedProfile.profile)
        let caption = try page.browser.text(of: "#heat-caption")
        #expect(caption == "Heat map: a column is 100 ms, a cell 20 ms; at most 2 samples in one")
        try page.browser.drag(from: page.heat(0.501, 0.05), to: page.heat(0.999, 0.95))
        #expect(try page.browser.text(of: "#heat-status").hasSuffix(": 500 samples"))
        #expect(try page.details(at: 0.9, depth: 3).contains("80.00% · 400 samples"))
        try page.browser.drag(from: page.heat(0.001, 0.05), to: page.heat(0.749, 0.95))
        #expect(try page.browser.text(of: "#heat-status").hasSuffix(": 750 samples"))
        #expect(try page.details(at: 0.9, depth: 3).contains("33.33% · 250 samples"))
        try page.browser.press(Browser.Key.escape)
        #expect(try page.details(at: 0.3, depth: 0).contains("1,000 samples"))
        try page.browser.press("h", Browser.Key.right)
        for _ in 0..<4 { try page.browser.press(Browser.Key.up, with: Browser.Key.shift) }
        try page.browser.press(Browser.Key.enter)
        #expect(try page.address == "time=0-100000")
        #expect(try page.browser.text(of: "#heat-status").hasSuffix(": 10 samples"))
    }

    @Test func tablesSortAndOpenTheSandwich() throws {
        let page = try OpenPage(TimedProfile.profile)
        try page.browser.press("4")
        #expect(
            try page.functions.map { $0[4] }
                == [
                    "read_file", "skipSpace", "Parser::parse<int>(char const*)", "main", "Parser::value()",
                    "[truncated: frame_limit]",
                ])
        #expect(try page.functions[0] == ["500", "50.00%", "500", "50.00%", "read_file", "worker"])
        try page.browser.click("th.total button")
        #expect(try page.functions.map { $0[2] } == ["900", "500", "500", "300", "300", "100"])
        try page.browser.click("th.name button")
        #expect(try page.functions.first?[4] == "Parser::parse<int>(char const*)")
        try page.browser.click("#main tbody tr")
        #expect(
            try page.browser.text(of: ".halves h2") == "Parser::parse<int>(char const*) · self 20.00%, total 50.00%")
        #expect(try page.address.contains("view=sandwich"))
        let callers = try page.point(at: 0.5, depth: 1, in: ".halves .flames[aria-label=Callers]")
        try page.browser.move(to: callers)
        #expect(try page.details.hasSuffix("main"))
    }

    @Test func `A label keeps the name of an operator before what it is nested in`() throws {
        let page = try OpenPage(
            SampleProfiles.profile([
                (["main", "std::thread::_Invoker<std::tuple<int, int> >::operator()"], 15),
                (["main", "std::vector<long long, std::allocator<long long> >::operator[]<int, int>"], 15),
                (["main"], 70),
            ]))
        let labels: [String] = try page.browser.value(
            """
            const texts = [];
            const draw = CanvasRenderingContext2D.prototype.fillText;
            CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
              texts.push(text);
              return draw.call(this, text, ...place);
            };
            document.getElementById("icicle").click();
            return new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(texts), 0)));
            """)
        #expect(labels.contains("…::operator()") && labels.contains("…::operator[]<int, int>"), "\(labels)")
    }

    @Test func `A page opens inverted and ordered by weight where that was asked for`() throws {
        let page = try OpenPage(TimedProfile.profile, orientation: .icicles, isInverted: true, order: .weight)
        #expect(try page.details(at: 0.1, depth: 1).hasSuffix("read_file"))
        #expect(try page.address == "")
        try page.browser.press("1")
        #expect(try page.address == "view=flames")
        try page.open("#view=flames&order=name")
        #expect(try page.details(at: 0.1, depth: 1).hasSuffix("worker"))
        #expect(try page.address == "view=flames&order=name")
    }

    @Test func invertedGraphsStartAtTheLeaves() throws {
        let page = try OpenPage(TimedProfile.profile, orientation: .icicles)
        try page.browser.press("2")
        #expect(try page.details(at: 0.1, depth: 1).hasPrefix("20.00% · 200 samples · self 20.00%"))
        #expect(try page.details(at: 0.3, depth: 1).hasSuffix("read_file"))
        #expect(try page.details(at: 0.9, depth: 2).hasSuffix("Parser::value()"))
    }

    @Test func threadsAndFiltersLeaveTheRestOut() throws {
        let page = try OpenPage(TimedProfile.profile)
        try page.browser.press("t")
        try page.browser.click("#thread-list li:nth-child(2) button")
        #expect(try page.browser.text(of: "#thread-summary").hasPrefix("pool 1-4242/4243"))
        #expect(try page.details(at: 0.3, depth: 0).contains("500 samples"))
        try page.browser.press("r")
        try page.browser.click(page.point(at: 0.2, depth: 5), button: 2)
        try page.browser.press("d")
        #expect(try page.browser.text(of: "#filters") == "HideskipSpace✕")
        #expect(try page.details(at: 0.2, depth: 4).contains("self 30.00%"))
        try page.browser.click(page.point(at: 0.9, depth: 3), button: 2)
        try page.browser.press("x")
        #expect(try page.address.hasPrefix("hide=^skipSpace$&ignore=^read_file$"))
        #expect(try page.details(at: 0.5, depth: 0).hasPrefix("100.00% · 500 samples"))
        try page.browser.click("#filters li button")
        #expect(try page.browser.text(of: "#filters") == "Ignoreread_file✕")
    }

    @Test func namesAndStacksAreCopied() throws {
        let page = try OpenPage(TimedProfile.profile)
        try page.browser.evaluate(
            "navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); };")
        try page.browser.click(page.point(at: 0.3, depth: 3))
        try page.browser.press("c")
        #expect(try page.browser.value("return window.copied") == "Parser::parse<int>(char const*)")
        try page.browser.press("C")
        #expect(try page.browser.value("return window.copied") == "Parser::parse<int>(char const*)\nmain\nworker")
    }

    @Test func namesRunNothing() throws {
        let stacks = HostileNames.all.map { name in
            SampleProfiles.Stack(
                locations: [[SampleProfiles.frame(name)], [SampleProfiles.frame("<img src=x onerror=alert(1)>")]],
                thread: SampleProfiles.thread(name), value: 5)
        }
        let page = try OpenPage(SampleProfiles.profile(of: stacks))
        try page.browser.press("4")
        #expect(try page.functions.contains { $0[4] == "<img src=x onerror=alert(1)>" })
        #expect(try page.browser.value("return document.querySelectorAll('img').length") == 0)
        #expect(try page.browser.complaints() == [])
    }

    @Test func whatIsMissingIsSaid() throws {
        let empty = try OpenPage(SampleProfiles.empty)
        #expect(try empty.browser.text(of: "#main") == "no samples")
        let untimed = try OpenPage(SampleProfiles.everyKind)
        #expect(try untimed.browser.value("return !document.getElementById('heat-note').hidden"))
        #expect(try untimed.browser.value("return document.getElementById('heat').hidden"))
        try untimed.browser.press("t", Browser.Key.escape)
        try untimed.browser.click("#threads summary")
        try untimed.browser.click("#threads-none")
        #expect(try untimed.browser.text(of: "#main") == "nothing is left: reset shows everything again")
    }

    @Test func timesOffCPUAreDurations() throws {
        let page = try OpenPage(SampleProfiles.profile([(["f"], 1_234_567), (["g"], 5)], type: .offCPU))
        #expect(try page.details(at: 0.5, depth: 0).contains("1.23 ms"))
    }
}
