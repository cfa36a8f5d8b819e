import Foundation
import ProfileFormats
import Profiles
import TestSupport

/// A page in a browser.
struct OpenPage {
    let browser: Browser
    private let directory: TemporaryDirectory

    /// Opens a profile's page and waits until it is drawn, with its times where it has any.
    init(
        _ profile: Profile, orientation: FlameGraph.Orientation = .flames, isInverted: Bool = false,
        order: FlameGraph.View.Order = .name, colours: FlameGraph.Colours = .kind, address: String = "",
        width: Int = 1_400, height: Int = 900, scheme: String = "light"
    ) throws {
        let view = FlameGraph.View(
            orientation: orientation, isInverted: isInverted, order: order, colours: colours)
        let page = HTMLPage(profile, grouping: .process, view: view)
        try self.init(try page.bytes, address: address, width: width, height: height, scheme: scheme)
    }

    init(
        _ page: [UInt8], address: String = "", width: Int = 1_400, height: Int = 900, scheme: String = "light"
    ) throws {
        directory = try TemporaryDirectory()
        try directory.write(page, to: "page.html")
        browser = try Browser(width: width, height: height)
        try browser.prefer(scheme: scheme)
        try open(address)
    }

    /// By how many pixels the page is wider than the window.
    func overflow() throws -> Int {
        try browser.value("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
    }

    /// Opens it anew, with a part of the address behind `#`.
    func open(_ address: String = "") throws {
        try browser.open("about:blank")
        try browser.open("file://\(directory.path)/page.html\(address)")
        let isReady = try eventually {
            try browser.value(
                """
                const isTimed = document.body.dataset.timed === "true";
                return !document.getElementById("problem").hidden || (!document.getElementById("main").hidden
                  && (!isTimed || document.querySelector("#heat-cells canvas") !== null));
                """)
        }
        guard isReady else {
            throw TestSupportError.timedOut(
                command: "the page", waitingFor: "its graph", output: try browser.complaints().joined(separator: "\n"))
        }
    }

    /// A point in the row `depth` above the root, at a share of the width.
    func point(at share: Double, depth: Int, in selector: String = "#main .flames") throws -> Browser.Point {
        let isIcicle: Bool = try browser.value("return document.getElementById('icicle').checked")
        return try browser.value(
            """
            const box = document.querySelector("\(selector)").getBoundingClientRect();
            const row = (\(depth) + 0.5) * 18;
            return {x: box.left + box.width * \(share), y: \(isIcicle) ? box.top + row : box.bottom - row};
            """)
    }

    /// A point in the heat map, at shares of its width and of its height from the bottom.
    func heat(_ share: Double, _ height: Double) throws -> Browser.Point {
        try browser.value(
            """
            const box = document.querySelector("#heat-cells canvas").getBoundingClientRect();
            return {x: box.left + box.width * \(share), y: box.top + 120 * (1 - \(height))};
            """)
    }

    /// The colour near the left edge of the box in a row, without the shade of its name: hue in steps of 5 degrees.
    func colour(at share: Double, depth: Int) throws -> String {
        let point = try point(at: share, depth: depth)
        return try browser.value(
            """
            return (async () => {
            // The graph is drawn with the next frame.
            await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
            const canvas = document.querySelector("#main .flames canvas");
            const box = canvas.getBoundingClientRect();
            const [x, y] = [\(point.x) - box.left, \(point.y) - box.top - 6];
            const [r, g, b] = canvas.getContext("2d").getImageData(x, y, 1, 1).data;
            const [most, least] = [Math.max(r, g, b), Math.min(r, g, b)];
            if (most - least < 30) return "grey";
            const turn = most === r ? (g - b) / (most - least) : most === g ? 2 + (b - r) / (most - least) : 4 + (r - g) / (most - least);
            return `${Math.round(12 * turn)}`;
            })();
            """)
    }

    /// Chooses an option of a select element.
    func choose(_ option: String, in id: String) throws {
        try browser.evaluate(
            """
            const select = document.getElementById("\(id)");
            select.value = "\(option)";
            select.dispatchEvent(new Event("change"));
            """)
    }

    /// What follows `#` in the address.
    var address: String {
        get throws { try browser.value("return decodeURIComponent(location.hash.slice(1))") }
    }

    /// What the line at the bottom says of the frame at a point.
    func details(at share: Double, depth: Int) throws -> String {
        try browser.move(to: point(at: share, depth: depth))
        return try browser.text(of: "#details")
    }

    var details: String {
        get throws { try browser.text(of: "#details") }
    }

    /// The names and the other cells of the lines in the first table.
    var functions: [[String]] {
        get throws {
            try browser.value(
                """
                return [...document.querySelectorAll("#main tbody tr:not(.gap)")]
                  .map((line) => [...line.children].map((cell) => cell.textContent));
                """)
        }
    }
}
