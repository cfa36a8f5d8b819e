package import Foundation

/// Chromium without a window, driven through chromedriver: W3C WebDriver, and the DevTools protocol through it.
///
/// Debian's packages `chromium` and `chromium-driver`. The browser ends when this goes.
package final class Browser: Sendable {
    /// Keys that are no characters, as WebDriver writes them.
    package enum Key {
        package static let backspace = "\u{E003}"
        package static let tab = "\u{E004}"
        package static let enter = "\u{E007}"
        package static let shift = "\u{E008}"
        package static let escape = "\u{E00C}"
        package static let left = "\u{E012}"
        package static let up = "\u{E013}"
        package static let right = "\u{E014}"
        package static let down = "\u{E015}"
    }

    /// A point in the window, in CSS pixels.
    package struct Point: Decodable, Sendable {
        package let x: Double
        package let y: Double

        package init(x: Double, y: Double) { (self.x, self.y) = (x, y) }
    }

    /// Why a command was refused.
    package struct Refusal: Error, CustomStringConvertible {
        package let description: String
    }

    private struct Answer<Value: Decodable>: Decodable { let value: Value }
    private struct Session: Decodable { let sessionId: String }
    private struct Message: Decodable { let message: String }
    private struct Nothing: Decodable {}

    private static let programs = ["/usr/bin/chromium", "/usr/bin/chromedriver"]

    package static var isInstalled: Bool { programs.allSatisfy(FileManager.default.isExecutableFile) }

    private let driver: Child
    private let address: String

    /// Starts it with a window of so many CSS pixels.
    package init(width: Int = 1_400, height: Int = 900) throws {
        let port = try LoopbackPort.free()
        driver = try Child(Server.boundToParent([Self.programs[1], "--port=\(port)"]))
        let base = "http://127.0.0.1:\(port)/session"
        guard eventually({ LoopbackPort.answers(port) }) else {
            throw TestSupportError.timedOut(command: driver.command, waitingFor: "connections", output: "")
        }
        let options: [String: Any] = [
            "binary": Self.programs[0],
            // Root has no sandbox of Chromium's. With a pipe to its driver, it ends when that does.
            "args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--force-color-profile=srgb",
                "--remote-debugging-pipe",
            ],
        ]
        let capabilities: [String: Any] = [
            "browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": ["browser": "ALL"],
        ]
        let session: Session = try Self.send("POST", base, ["capabilities": ["alwaysMatch": capabilities]])
        address = "\(base)/\(session.sessionId)"
        try resize(width: width, height: height)
    }

    deinit {
        let _: Nothing?? = try? Self.send("DELETE", address)
    }

    package func resize(width: Int, height: Int) throws {
        try command(
            "Emulation.setDeviceMetricsOverride",
            ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": false])
    }

    package func prefer(scheme: String, media: String = "screen") throws {
        let features = [["name": "prefers-color-scheme", "value": scheme]]
        try command("Emulation.setEmulatedMedia", ["media": media, "features": features])
    }

    package func open(_ url: String) throws { try post("url", ["url": url]) }

    /// The value that a script's body returns, in JSON.
    package func value<Value: Decodable>(_ script: String, as type: Value.Type = Value.self) throws -> Value {
        try Self.send("POST", "\(address)/execute/sync", ["script": script, "args": [String]()])
    }

    package func evaluate(_ script: String) throws { try post("execute/sync", ["script": script, "args": [String]()]) }

    /// Types characters and keys, one after another, to what has the focus.
    package func press(_ keys: String...) throws {
        let characters = keys.joined().map(String.init)
        try act("key", characters.flatMap { [["type": "keyDown", "value": $0], ["type": "keyUp", "value": $0]] })
    }

    /// Presses a key while another one is down.
    package func press(_ key: String, with modifier: String) throws {
        let steps = [("keyDown", modifier), ("keyDown", key), ("keyUp", key), ("keyUp", modifier)]
        try act("key", steps.map { ["type": $0.0, "value": $0.1] })
    }

    package func move(to point: Point) throws { try act("pointer", [Self.moving(to: point)]) }

    /// Clicks with a button: 0 is the left one, 2 the right one.
    package func click(_ point: Point, button: Int = 0) throws {
        try act("pointer", [Self.moving(to: point)] + Self.pressing(button))
    }

    package func drag(from start: Point, to end: Point) throws {
        let press = Self.pressing(0)
        try act("pointer", [Self.moving(to: start), press[0], Self.moving(to: end), press[1]])
    }

    /// The middle of the element that a selector finds first.
    package func middle(of selector: String) throws -> Point {
        try value(
            """
            const element = document.querySelector(\(Self.literal(selector)));
            const box = element.getBoundingClientRect();
            return {x: box.left + box.width / 2, y: box.top + box.height / 2};
            """)
    }

    package func click(_ selector: String) throws { try click(middle(of: selector)) }

    /// The text of the element that a selector finds first.
    package func text(of selector: String) throws -> String {
        try value("return document.querySelector(\(Self.literal(selector))).textContent")
    }

    /// What the console has said since it was asked last: errors, and what a page's policy refused.
    package func complaints() throws -> [String] {
        let messages: [Message] = try Self.send("POST", "\(address)/se/log", ["type": "browser"])
        return messages.map(\.message)
    }

    /// A picture of the window, in PNG.
    package func screenshot() throws -> Data {
        let picture: String = try Self.send("GET", "\(address)/screenshot")
        return Data(base64Encoded: picture) ?? Data()
    }

    private func post(_ path: String, _ body: [String: Any]) throws {
        let _: Nothing? = try Self.send("POST", "\(address)/\(path)", body)
    }

    private func command(_ name: String, _ parameters: [String: Any]) throws {
        try post("goog/cdp/execute", ["cmd": name, "params": parameters])
    }

    private func act(_ source: String, _ steps: [[String: Any]]) throws {
        var actions: [String: Any] = ["type": source, "id": source, "actions": steps]
        if source == "pointer" { actions["parameters"] = ["pointerType": "mouse"] }
        try post("actions", ["actions": [actions]])
    }

    private static func moving(to point: Point) -> [String: Any] {
        ["type": "pointerMove", "duration": 0, "x": Int(point.x), "y": Int(point.y)]
    }

    private static func pressing(_ button: Int) -> [[String: Any]] {
        ["pointerDown", "pointerUp"].map { ["type": $0, "button": button] }
    }

    private static func literal(_ text: String) -> String {
        "'" + text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "'", with: "\\'") + "'"
    }

    private static func send<Value: Decodable>(
        _ method: String, _ address: String, _ body: [String: Any]? = nil
    ) throws -> Value {
        let content = try body.map { String(decoding: try JSONSerialization.data(withJSONObject: $0), as: UTF8.self) }
        // URLSession can't read the driver's response headers.
        let response = try TestSupport.run(
            ["/usr/bin/curl", "--silent", "--show-error", "--fail-with-body", "--request", method]
                + (content.map { ["--header", "Content-Type: application/json", "--data-raw", $0] } ?? []) + [address],
            within: 120)
        guard response.status == .exited(0) else { throw Refusal(description: response.output + response.errors) }
        return try JSONDecoder().decode(Answer<Value>.self, from: response.standardOutput).value
    }
}
